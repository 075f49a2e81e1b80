//! Whether a request comes from whom it says. Pure: headers, bytes, secrets and the moment come in.

use hooks::{Belief, SignatureError};
use http::HeaderMap;
use serde_json::Value;

use super::accounts::Secrets;
use super::providers::{Provider, Written};

/// How old Stripe's signature may be, in seconds (its own libraries' default). The others sign no time.
const TOLERANCE_SECONDS: i64 = 300;

/// Believes a body under these secrets: the account's, or the platform's where one address serves all.
pub fn believe(provider: Provider, written: Written, headers: &HeaderMap, body: &[u8], secrets: &Secrets, now_unix: i64) -> Result<Belief, SignatureError> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let ours: Vec<&str> = secrets.secrets.iter().map(String::as_str).collect();
    match provider {
        Provider::Stripe => hooks::stripe::verify(body, header("stripe-signature"), &ours, now_unix, TOLERANCE_SECONDS).map(|()| Belief::Proven),
        Provider::WhatsApp | Provider::Messenger => hooks::meta::verify(body, header("x-hub-signature-256"), &ours).map(|()| Belief::Proven),
        Provider::Telegram => hooks::telegram::verify(header("x-telegram-bot-api-secret-token"), &ours),
        Provider::ICount => hooks::icount::verify(header("x-icount-secret"), &ours),
        Provider::Google => {
            let knock = hooks::google::Headers {
                channel: header("x-goog-channel-id"),
                token: header("x-goog-channel-token"),
                resource: header("x-goog-resource-id"),
                state: header("x-goog-resource-state"),
                number: header("x-goog-message-number"),
            };
            hooks::google::verify(knock, &ours).map(|(_, belief)| belief)
        }
        // The payment form's callback is an unsigned form of its own: only its address speaks for it.
        Provider::Morning if written == Written::Form => Ok(Belief::AskBack),
        Provider::Morning => {
            let (spelling, belief) = hooks::morning::verify(body, header("x-data-signature"), &ours)?;
            tracing::info!(?spelling, "a webhook of Morning's was signed in this spelling");
            Ok(belief)
        }
        Provider::PayMe => {
            let pairs: Vec<_> = secrets.pairs.iter().map(|(key, secret)| hooks::payme::Pair { key, secret }).collect();
            hooks::payme::verify(body, &pairs).map(|(_, belief)| belief)
        }
        Provider::Grow if written == Written::Json && !ours.is_empty() => {
            let value: Value = serde_json::from_slice(body).map_err(|_| SignatureError::Malformed)?;
            hooks::grow::verify(value["webhookKey"].as_str().unwrap_or_default(), &ours)
        }
        Provider::Grow | Provider::Voicenter => Ok(Belief::AskBack),
    }
}

/// The word under which a forgery is counted.
pub fn reason(error: SignatureError) -> &'static str {
    match error {
        SignatureError::Missing => "missing",
        SignatureError::Malformed => "malformed",
        SignatureError::Mismatch => "mismatch",
        SignatureError::TooOld => "old",
        SignatureError::FromFuture => "future",
    }
}
