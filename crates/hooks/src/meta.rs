//! `X-Hub-Signature-256: sha256=<hex>`: WhatsApp, Messenger and Instagram, one app secret for all numbers and pages of an
//! app. The older `X-Hub-Signature` (SHA-1) is not read.
//!
//! Source: developers.facebook.com, "Webhooks". Meta writes letters beyond ASCII as `\uXXXX` and signs that: the body is
//! hashed as it came and never as a parser would write it again. There is no time in it: a repetition is told by its ids.

use crate::mac::{self, Mac};
use crate::{SignatureError, is_one_of};

const PREFIX: &str = "sha256=";
/// The longest challenge given back, in bytes; Meta's are numbers.
pub const CHALLENGE_MAX_BYTES: usize = 256;

/// Believes `raw_body` when one of `app_secrets` signed it. `header` is empty when there was none. One spelling only: the
/// prefix, then 64 lower-case hex digits.
pub fn verify(raw_body: &[u8], header: &str, app_secrets: &[&str]) -> Result<(), SignatureError> {
    if header.is_empty() {
        return Err(SignatureError::Missing);
    }
    let theirs = header.strip_prefix(PREFIX).and_then(mac::from_hex).ok_or(SignatureError::Malformed)?;
    let ours = app_secrets.iter().filter(|secret| !secret.is_empty()).map(|secret| sign_one(raw_body, secret));
    if mac::any_equal(ours, &[theirs]) { Ok(()) } else { Err(SignatureError::Mismatch) }
}

/// Writes the header as Meta would. For tests and stand-ins.
pub fn sign(raw_body: &[u8], app_secret: &str) -> String {
    format!("{PREFIX}{}", hex::encode(sign_one(raw_body, app_secret)))
}

fn sign_one(raw_body: &[u8], app_secret: &str) -> Mac {
    mac::of(app_secret.as_bytes(), &[raw_body])
}

/// The question with which Meta learns that an address is ours: the query of a GET.
#[derive(Clone, Copy, Debug, Default)]
pub struct Challenge<'a> {
    /// `hub.mode`
    pub mode: &'a str,
    /// `hub.verify_token`
    pub token: &'a str,
    /// `hub.challenge`
    pub challenge: &'a str,
}

impl<'a> Challenge<'a> {
    /// What is answered as plain text with 200 when the token is one of ours. It is given back to whoever asks, so it may
    /// be letters, digits, `_` and `-` only: nothing that a browser could take for markup.
    pub fn answer(self, verify_tokens: &[&str]) -> Result<&'a str, SignatureError> {
        if self.token.is_empty() || self.challenge.is_empty() {
            return Err(SignatureError::Missing);
        }
        let plain = self.challenge.len() <= CHALLENGE_MAX_BYTES && self.challenge.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        if self.mode != "subscribe" || !plain {
            return Err(SignatureError::Malformed);
        }
        if is_one_of(self.token.as_bytes(), verify_tokens) { Ok(self.challenge) } else { Err(SignatureError::Mismatch) }
    }
}
