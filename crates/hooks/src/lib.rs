//! Webhook signatures in both directions: what others sign for us, and what we sign for our customers.
//!
//! Signatures are pure: the caller brings the raw bytes, the secrets and the clock. [`sender`] alone goes out, and only to
//! where [`address`] lets it. Every comparison with a signature takes the same
//! time whatever it finds, every secret is tried, and a signature is judged before its age, so that
//! [`SignatureError::TooOld`] means "authentic but late".
//!
//! | sender | module | key | what is compared | written as |
//! |---|---|---|---|---|
//! | Stripe | [`stripe`] | the secret's own characters | HMAC of `t.body` | hex, `v1=` |
//! | Standard Webhooks, Svix, ourselves | [`standard`] | the secret decoded from base64 | HMAC of `id.t.body` | base64, `v1,` |
//! | WhatsApp, Messenger, Instagram | [`meta`] | the app's secret | HMAC of the body | hex, `sha256=` |
//! | Green Invoice (Morning) | [`morning`] | the webhook's secret | HMAC of the body (not confirmed by its maker) | hex or base64 |
//! | PayMe | [`payme`] | client key and secret | MD5 over two ids; neither sum nor state | hex, in the body |
//! | Telegram, Google Calendar, iCount | [`telegram`], [`google`], [`icount`] | none | a secret that comes along as it is | a header |
//! | Grow, Voicenter | [`path`] | none | a secret in the address | the path |
//!
//! What is compared decides how far a webhook may be believed: see [`Belief`] and [`ask`].

pub mod address;
pub mod ask;
pub mod google;
pub mod grow;
pub mod icount;
mod mac;
pub mod meta;
pub mod morning;
pub mod path;
pub mod payme;
pub mod sender;
pub mod standard;
pub mod stripe;
pub mod telegram;

use subtle::{Choice, ConstantTimeEq};

/// How far a webhook that passed may be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "what is not proven is a hint: ask the provider before anything is done"]
pub enum Belief {
    /// Every byte was signed, or nothing in it counts but that it came (a Telegram update, a calendar's knock).
    Proven,
    /// Somebody knew a secret, but the words were not signed: true only once the provider, asked back, says the same.
    AskBack,
}

/// Why a webhook was not believed. Answer all of them with HTTP 400 and say no more than that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The header is absent or empty.
    #[error("the signature header is missing")]
    Missing,
    /// The header is too long, or lacks one readable time or any signature of a scheme that we know.
    #[error("the signature header is malformed")]
    Malformed,
    /// No signature was made with any of our secrets over these bytes.
    #[error("no signature matches")]
    Mismatch,
    /// Authentic, and older than the tolerance: a replay, or a clock that is wrong.
    #[error("the signature is too old")]
    TooOld,
    /// Authentic, and dated later than the tolerance allows: a clock that is wrong.
    #[error("the signature is from the future")]
    FromFuture,
}

/// True when what came is one of ours. Each of ours is compared to its end; empty ones are passed over, for anybody
/// brings nothing. Lengths are no secret: ours are long and made by us or by the provider.
pub(crate) fn is_one_of(given: &[u8], ours: &[&str]) -> bool {
    let mut found = Choice::from(0);
    for secret in ours.iter().filter(|secret| !secret.is_empty()) {
        found |= secret.as_bytes().ct_eq(given);
    }
    found.into()
}

/// A header that is a shared secret itself: absent, longer than any of them is, wrong, or right.
pub(crate) fn check_shared(given: &str, ours: &[&str]) -> Result<(), SignatureError> {
    match given.len() {
        0 => Err(SignatureError::Missing),
        1..=SHARED_MAX_BYTES if is_one_of(given.as_bytes(), ours) => Ok(()),
        1..=SHARED_MAX_BYTES => Err(SignatureError::Mismatch),
        _ => Err(SignatureError::Malformed),
    }
}

/// The longest shared secret read from a header, in bytes (Telegram's own bound).
pub const SHARED_MAX_BYTES: usize = 256;

/// Both edges belong to the allowed span. Seconds.
fn check_age(signed_at_unix: i64, now_unix: i64, tolerance_s: i64) -> Result<(), SignatureError> {
    let age_s = now_unix.saturating_sub(signed_at_unix);
    let tolerance_s = tolerance_s.max(0);
    if age_s > tolerance_s {
        Err(SignatureError::TooOld)
    } else if age_s < -tolerance_s {
        Err(SignatureError::FromFuture)
    } else {
        Ok(())
    }
}

/// Unix seconds as digits alone: no sign, no spaces, at most twelve.
fn read_seconds(text: &str) -> Result<i64, SignatureError> {
    let digits = (1..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().map_err(|_| SignatureError::Malformed) } else { Err(SignatureError::Malformed) }
}
