//! Webhook signatures in both directions: what others sign for us, and what we sign for our customers.
//!
//! Signatures are pure: the caller brings the raw bytes, the secrets and the clock. [`sender`] alone goes out, and only to
//! where [`address`] lets it. Every comparison with a signature takes the same
//! time whatever it finds, every secret is tried, and a signature is judged before its age, so that
//! [`SignatureError::TooOld`] means "authentic but late".
//!
//! | sender | module | key | signed bytes | written as |
//! |---|---|---|---|---|
//! | Stripe | [`stripe`] | the secret's own characters | `t.body` | hex, `v1=` |
//! | Standard Webhooks, Svix, ourselves | [`standard`] | the secret decoded from base64 | `id.t.body` | base64, `v1,` |

pub mod address;
mod mac;
pub mod sender;
pub mod standard;
pub mod stripe;

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
