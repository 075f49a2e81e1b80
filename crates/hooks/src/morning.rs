//! `X-Data-Signature`: Green Invoice, now Morning. HMAC-SHA256 with the webhook's secret.
//!
//! Not confirmed by its maker: public clients disagree on how it is written. Read here: hex or base64 over the body as it
//! came, with or without `sha256=`. Not read: the third claim, hex over a JSON written anew beside `X-Data-Timestamp`,
//! because it would let two different bodies pass as one. Until the sandbox of the provider has shown which it is, a
//! webhook that passes is a hint, and the document is asked for (`GET /documents/{id}`) before anything is done.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::mac::{self, Mac};
use crate::{Belief, SignatureError};

/// How the signature was written; worth a line in the log, for it tells which claim is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    Hex,
    Base64,
}

/// Compares the header with HMAC-SHA256 of the body under each secret.
pub fn verify(raw_body: &[u8], header: &str, secrets: &[&str]) -> Result<(Spelling, Belief), SignatureError> {
    if header.is_empty() {
        return Err(SignatureError::Missing);
    }
    let (theirs, spelling) = read(header.strip_prefix("sha256=").unwrap_or(header)).ok_or(SignatureError::Malformed)?;
    let ours = secrets.iter().filter(|secret| !secret.is_empty()).map(|secret| mac::of(secret.as_bytes(), &[raw_body]));
    if mac::any_equal(ours, &[theirs]) { Ok((spelling, Belief::AskBack)) } else { Err(SignatureError::Mismatch) }
}

/// 64 characters are hex, 44 are base64: nothing is both.
fn read(text: &str) -> Option<(Mac, Spelling)> {
    match text.len() {
        64 => Some((mac::from_hex(text)?, Spelling::Hex)),
        44 => Some((STANDARD.decode(text).ok()?.try_into().ok()?, Spelling::Base64)),
        _ => None,
    }
}

/// Writes the header. For tests and stand-ins.
pub fn sign(raw_body: &[u8], secret: &str, spelling: Spelling) -> String {
    let mac = mac::of(secret.as_bytes(), &[raw_body]);
    match spelling {
        Spelling::Hex => hex::encode(mac),
        Spelling::Base64 => STANDARD.encode(mac),
    }
}
