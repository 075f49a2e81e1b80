use stripe::{ApiErrors, ApiErrorsType};

/// Why Stripe did not do what was asked. Carries no secret and no card data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StripeError {
    /// The bank or Stripe said no to the payment (HTTP 402, `card_error`). `message` may be shown to the payer.
    #[error("declined ({}): {message}", .decline_code.as_deref().or(.code.as_deref()).unwrap_or("no code"))]
    Declined { code: Option<String>, decline_code: Option<String>, message: String },
    /// The request was wrong, or the thing is not in a state that allows it (HTTP 400). A fault of ours.
    #[error("invalid request ({}, {}): {message}", .code.as_deref().unwrap_or("no code"), .param.as_deref().unwrap_or("no param"))]
    Invalid { code: Option<String>, param: Option<String>, message: String },
    /// The key was used before with other parameters. A fault of ours.
    #[error("idempotency key reused: {0}")]
    Idempotency(String),
    /// The secret key is wrong or may not do this (HTTP 401, 403).
    #[error("Stripe refused the secret key")]
    Auth,
    /// Too many calls, or the object is locked by another one (HTTP 429). Wait at least `retry_after_ms`.
    #[error("rate limited, wait {retry_after_ms} ms")]
    RateLimited { retry_after_ms: u64 },
    /// No answer, or one that says nothing: time-out, connection, HTTP 5xx, a call with this key still running (409).
    /// It may have been done; repeating it with the same key is safe. Stripe keeps a 500 under its key like any other
    /// outcome, so when the repetitions fail for long, read what is there and begin anew with another key.
    #[error("Stripe is unavailable: {0}")]
    Unavailable(String),
    /// No such object in this account and mode (HTTP 404).
    #[error("Stripe knows no such object")]
    NotFound,
    /// Stripe answered with success, but not in a shape that we read.
    #[error("unreadable answer: {0}")]
    Malformed(String),
}

/// The least pause after a refusal for pace. The SDK (1.0.0-rc.10) drops response headers, Retry-After among them;
/// read it instead once the SDK hands it out.
const RATE_LIMIT_PAUSE_MS: u64 = 1_000;

/// The SDK's text for an error status whose body is not Stripe's envelope (client.rs of 1.0.0-rc.10): a proxy's page,
/// an empty 502. It drops the status, so only this sentence tells it from an unreadable success.
const SDK_NO_ENVELOPE: &str = "error deserializing Stripe error";

impl StripeError {
    /// True when the same call with the same key may yet succeed.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::RateLimited { .. } | Self::Unavailable(_))
    }

    /// A refusal of our own, before or beside a call.
    pub(crate) fn invalid(code: &str, param: &str, message: impl Into<String>) -> Self {
        Self::Invalid { code: Some(code.into()), param: Some(param.into()), message: message.into() }
    }
}

impl From<stripe::StripeError> for StripeError {
    fn from(error: stripe::StripeError) -> Self {
        match error {
            stripe::StripeError::Stripe(envelope, status) => from_envelope(*envelope, status),
            stripe::StripeError::JSONDeserialize(text) if text == SDK_NO_ENVELOPE => Self::Unavailable("an error answer without Stripe's envelope".into()),
            stripe::StripeError::JSONDeserialize(text) => Self::Malformed(text),
            stripe::StripeError::ClientError(text) => Self::Unavailable(text),
            stripe::StripeError::ConfigError(text) => Self::invalid("settings", "base_url", text),
            stripe::StripeError::Timeout => Self::Unavailable("no answer in time".into()),
        }
    }
}

/// Source: docs.stripe.com/api/errors and docs.stripe.com/error-low-level.
fn from_envelope(envelope: ApiErrors, status: u16) -> StripeError {
    let code = envelope.code.as_ref().map(|code| code.as_str().to_owned());
    let message = envelope.message.unwrap_or_default();
    let unavailable = || StripeError::Unavailable(format!("HTTP {status}: {message}"));
    match (status, &envelope.type_) {
        (401 | 403, _) => StripeError::Auth,
        (404, _) => StripeError::NotFound,
        (429, _) => StripeError::RateLimited { retry_after_ms: RATE_LIMIT_PAUSE_MS },
        (409 | 424 | 500.., _) => unavailable(),
        (_, ApiErrorsType::IdempotencyError) => StripeError::Idempotency(message),
        (402, _) | (_, ApiErrorsType::CardError) => StripeError::Declined { code, decline_code: envelope.decline_code, message },
        (400..=499, _) => StripeError::Invalid { code, param: envelope.param, message },
        _ => unavailable(),
    }
}
