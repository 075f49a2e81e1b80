use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{Request, StatusCode};
use kit::Lang;
use serde::Deserialize;

use super::service;
use crate::platform::limits::Limit;
use crate::platform::{AppState, Fault, GlobalCx, gate};

/// The largest event kept, in bytes; Stripe's are a few kilobytes.
const BODY_LIMIT: usize = 256 * 1024;
/// How old a signature may be, in seconds (Stripe's own libraries' default).
const TOLERANCE_SECONDS: i64 = 300;

/// The part of Stripe's envelope that intake reads.
#[derive(Deserialize)]
struct Envelope {
    id: String,
    #[serde(rename = "type")]
    kind: String,
}

/// `POST /webhooks/stripe`: 200 when kept (or kept before), 400 on a bad signature or body, 413 when too large, 429 when
/// an address sends too many bad signatures,
/// 503 when the database is away (Stripe tries again).
pub async fn stripe(State(state): State<AppState>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    let header = parts.headers.get("stripe-signature").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let secrets: Vec<&str> = state.config.stripe.webhook_secrets.iter().map(String::as_str).collect();
    let now = state.clock.now().as_second();
    if let Err(error) = hooks::stripe::verify(&body, header, &secrets, now, TOLERANCE_SECONDS) {
        // A good signature always passes; whoever has none is told to wait, and no longer written down.
        if let Some(wait) = gate::note(&state, Limit::BadWebhook, &parts) {
            return gate::refuse(&parts, wait);
        }
        tracing::warn!(?error, "a webhook with a bad signature was refused");
        return (StatusCode::BAD_REQUEST, "signature").into_response();
    }
    let Ok(envelope) = serde_json::from_slice::<Envelope>(&body) else { return (StatusCode::BAD_REQUEST, "body").into_response() };
    if envelope.id.len() > 255 || envelope.kind.len() > 120 {
        return (StatusCode::BAD_REQUEST, "body").into_response();
    }
    match keep(&state, &envelope, &body).await {
        Ok(new) => (StatusCode::OK, if new { "kept" } else { "known" }).into_response(),
        Err(fault) => {
            tracing::error!(error = ?fault, "an inbound event could not be kept");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

async fn keep(state: &AppState, envelope: &Envelope, body: &[u8]) -> Result<bool, Fault> {
    let mut cx = GlobalCx::open(state, Lang::He, "stripe-webhook".into()).await?;
    let new = service::keep(&mut cx, "stripe", &envelope.id, &envelope.kind, body, "payments.stripe_event").await?;
    cx.commit().await?;
    Ok(new)
}
