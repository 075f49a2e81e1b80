//! Standard Webhooks 1.0.0: the headers `webhook-id`, `webhook-timestamp` and `webhook-signature`, the last a list of
//! `v1,<base64>` with spaces between.
//!
//! Source: github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md. The asymmetric `v1a` is neither
//! made nor read.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::mac::{self, Mac};
use crate::{SignatureError, check_age, read_seconds};

/// The longest `webhook-signature` read, in bytes: about twenty signatures.
pub const HEADER_MAX_BYTES: usize = 1_024;
/// The longest `webhook-id`, in bytes.
pub const ID_MAX_BYTES: usize = 255;

const PREFIX: &str = "whsec_";

/// A symmetric key of 24 to 64 bytes, written `whsec_` and base64. Never printed by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

/// The text is not a secret of this kind, or of another length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a webhook secret is whsec_ and the base64 of 24 to 64 bytes")]
pub struct SecretError;

/// The three headers as they came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Headers<'a> {
    /// `webhook-id`: the same for every attempt at one message; remember it to spot repetitions.
    pub id: &'a str,
    /// `webhook-timestamp`: Unix seconds of this attempt.
    pub timestamp: &'a str,
    /// `webhook-signature`
    pub signature: &'a str,
}

impl Secret {
    /// Takes fresh random bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SecretError> {
        if (24..=64).contains(&bytes.len()) { Ok(Self(bytes.to_vec())) } else { Err(SecretError) }
    }

    /// Reads the written form; the prefix may be missing, as the specification allows.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let bytes = STANDARD.decode(text.strip_prefix(PREFIX).unwrap_or(text)).map_err(|_| SecretError)?;
        Self::from_bytes(&bytes)
    }

    /// The written form, to be shown to its owner once.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.0))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(hidden)")
    }
}

/// Writes `webhook-signature` for a message, with one signature for each secret (two while one is being replaced).
/// `id` must not hold a dot, or another message could share the signed bytes.
pub fn sign(id: &str, sent_at_unix: i64, raw_body: &[u8], secrets: &[&Secret]) -> String {
    let timestamp = sent_at_unix.to_string();
    let signatures = secrets.iter().map(|secret| sign_one(id, &timestamp, raw_body, secret));
    signatures.map(|mac| format!("v1,{}", STANDARD.encode(mac))).collect::<Vec<_>>().join(" ")
}

/// Believes `raw_body` when one of `secrets` signed it under these headers, not longer than `tolerance_s` seconds
/// from `now_unix`, before or after.
pub fn verify(raw_body: &[u8], headers: Headers<'_>, secrets: &[&Secret], now_unix: i64, tolerance_s: i64) -> Result<(), SignatureError> {
    let Headers { id, timestamp, signature } = headers;
    if id.is_empty() || timestamp.is_empty() || signature.is_empty() {
        return Err(SignatureError::Missing);
    }
    if id.len() > ID_MAX_BYTES || id.contains('.') || signature.len() > HEADER_MAX_BYTES {
        return Err(SignatureError::Malformed);
    }
    let sent_at_unix = read_seconds(timestamp)?;
    let theirs: Vec<&str> = signature.split(' ').filter_map(|item| item.strip_prefix("v1,")).collect();
    if theirs.is_empty() {
        return Err(SignatureError::Malformed);
    }
    let theirs: Vec<Mac> = theirs.into_iter().filter_map(|text| STANDARD.decode(text).ok()?.try_into().ok()).collect();
    let ours = secrets.iter().map(|secret| sign_one(id, timestamp, raw_body, secret));
    if !mac::any_equal(ours, &theirs) {
        return Err(SignatureError::Mismatch);
    }
    check_age(sent_at_unix, now_unix, tolerance_s)
}

fn sign_one(id: &str, timestamp: &str, raw_body: &[u8], secret: &Secret) -> Mac {
    mac::of(&secret.0, &[id.as_bytes(), b".", timestamp.as_bytes(), b".", raw_body])
}
