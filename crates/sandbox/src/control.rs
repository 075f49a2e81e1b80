//! What only tests and people trying things may do: `/_sandbox/…`. None of it exists at the real providers.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, RawQuery, Request, State as Shared},
    middleware::Next,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    errors::ApiError,
    faults::{Fault, Mode},
    google, html, israel,
    serve::CutConnection,
    sms,
    state::App,
    stripe::{self, kinds::Kind},
};

/// The newest objects of each kind that `/_sandbox/state` shows.
const SHOWN_MAX: usize = 200;
const ADVANCE_MAX_S: i64 = 10 * 366 * 86_400;
const SETTLE_MAX_MS: u64 = 60_000;

/// The control doors.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/_sandbox/state", get(state))
        .route("/_sandbox/reset", post(reset))
        .route("/_sandbox/faults", get(faults).post(add_fault).delete(clear_faults))
        .route("/_sandbox/clock", post(advance))
        .route("/_sandbox/settled", get(settled))
        .route("/_sandbox/sms", get(sms::list))
        .route("/_sandbox/records", post(put_records))
        .route("/_sandbox/google/consents", post(google::consent))
        .route("/_sandbox/sessions/{id}/expire", post(expire_session))
        .route("/_sandbox/sessions/{id}/pay", post(pay_session))
        .route("/_sandbox/subscriptions/{id}/renew", post(renew_subscription))
        .route("/_sandbox/events/{id}/redeliver", post(redeliver))
}

fn answer(outcome: Result<Value, ApiError>) -> Response {
    match outcome {
        Ok(value) => Json(value).into_response(),
        Err(error) => (StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), Json(error.body())).into_response(),
    }
}

/// An absent body counts as an empty object.
fn read<T: for<'de> Deserialize<'de>>(body: &Bytes) -> Result<T, ApiError> {
    let text: &[u8] = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(text).map_err(|error| ApiError::invalid(format!("The body is not what this door takes: {error}")))
}

async fn state(Shared(app): Shared<Arc<App>>) -> Json<Value> {
    let mut state = app.state();
    stripe::sweeper::sweep(&mut state);
    let mut objects = Map::new();
    let mut counts = Map::new();
    for kind in Kind::ALL {
        let name = kind.noun().replace(' ', "_").to_ascii_lowercase();
        counts.insert(name.clone(), state.count(kind).into());
        objects.insert(name, state.all(kind).take(SHOWN_MAX).cloned().collect());
    }
    Json(json!({
        "now": state.now(),
        "counts": counts,
        "objects": objects,
        "faults": state.faults.orders(),
        "idempotency_keys": state.keys.len(),
        "pending_deliveries": state.waiting(),
        "deliveries": state.deliveries,
        "sms": state.messages,
        "google": state.google.shown(),
    }))
}

async fn reset(Shared(app): Shared<Arc<App>>) -> Json<Value> {
    app.state().reset();
    Json(json!({ "reset": true }))
}

async fn faults(Shared(app): Shared<Arc<App>>) -> Json<Value> {
    Json(json!(app.state().faults.orders()))
}

async fn add_fault(Shared(app): Shared<Arc<App>>, body: Bytes) -> Response {
    answer(read::<Fault>(&body).and_then(|fault| {
        let mut state = app.state();
        state.faults.add(fault).map_err(ApiError::invalid)?;
        Ok(json!(state.faults.orders()))
    }))
}

async fn clear_faults(Shared(app): Shared<Arc<App>>) -> Json<Value> {
    app.state().faults.clear();
    Json(json!([]))
}

#[derive(Deserialize)]
struct Advance {
    seconds: i64,
}

async fn advance(Shared(app): Shared<Arc<App>>, body: Bytes) -> Response {
    answer(read::<Advance>(&body).and_then(|Advance { seconds }| {
        if !(0..=ADVANCE_MAX_S).contains(&seconds) {
            return Err(ApiError::invalid("seconds must be between 0 and ten years."));
        }
        let mut state = app.state();
        state.advance(seconds);
        stripe::sweeper::sweep(&mut state);
        Ok(json!({ "now": state.now() }))
    }))
}

/// Waits until every delivery has come to an end. 504 when `timeout_ms` (5000 unless given) is over before.
async fn settled(Shared(app): Shared<Arc<App>>, RawQuery(query): RawQuery) -> Response {
    let asked = form_urlencoded::parse(query.unwrap_or_default().as_bytes()).find(|(name, _)| name == "timeout_ms").and_then(|(_, value)| value.parse::<u64>().ok());
    let limit = Duration::from_millis(asked.unwrap_or(5_000).min(SETTLE_MAX_MS));
    let mut waiting = app.waiting();
    let over = tokio::time::timeout(limit, waiting.wait_for(|count| *count == 0)).await.is_ok();
    let pending = *app.waiting().borrow();
    let status = if over { StatusCode::OK } else { StatusCode::GATEWAY_TIMEOUT };
    (status, Json(json!({ "pending_deliveries": pending }))).into_response()
}

async fn expire_session(Shared(app): Shared<Arc<App>>, Path(id): Path<String>) -> Response {
    let mut state = app.state();
    let open = state.get(Kind::Session, &id).map(|session| session["status"] == "open");
    answer(open.and_then(|open| if open { stripe::checkout::run_out(&mut state, &id) } else { Err(ApiError::invalid("The session is not open.")) }))
}

#[derive(Deserialize)]
struct Payment {
    #[serde(default)]
    card: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    email: Option<String>,
}

/// Pays a session as the page would: `{"card": "4242424242424242"}`, all of it optional. Gives what the page
/// would do and the session as it then is.
async fn pay_session(Shared(app): Shared<Arc<App>>, Path(id): Path<String>, body: Bytes) -> Response {
    answer(read::<Payment>(&body).and_then(|payment| {
        let number = payment.card.as_deref().unwrap_or("4242424242424242");
        let stripe::cards::Number::Test(card) = stripe::cards::read(number) else { return Err(ApiError::invalid("card must be a test card.")) };
        let mut state = app.state();
        stripe::sweeper::sweep(&mut state);
        let payer = stripe::checkout::Payer { name: payment.name, email: payment.email, expiry: None };
        let outcome = stripe::checkout::pay(&mut state, &id, card, payer)?;
        let (word, detail) = match outcome {
            stripe::checkout::Outcome::Paid(address) => ("paid", json!(address)),
            stripe::checkout::Outcome::NeedsAuthentication => ("requires_action", Value::Null),
            stripe::checkout::Outcome::Declined(decline) => ("declined", json!(decline.decline_code.unwrap_or(decline.code))),
            stripe::checkout::Outcome::Expired => ("expired", Value::Null),
        };
        Ok(json!({ "outcome": word, "detail": detail, "session": state.get(Kind::Session, &id)? }))
    }))
}

#[derive(Deserialize)]
struct Renewal {
    #[serde(default)]
    card: Option<String>,
}

/// Begins a subscription's next period now: `{"card": "4000000000000341"}` has it charged to that card instead.
async fn renew_subscription(Shared(app): Shared<Arc<App>>, Path(id): Path<String>, body: Bytes) -> Response {
    answer(read::<Renewal>(&body).and_then(|renewal| {
        let mut state = app.state();
        stripe::renew_with_card(&mut state, &id, renewal.card.as_deref())
    }))
}

/// Puts records into an account at one of Israel's providers.
async fn put_records(Shared(app): Shared<Arc<App>>, body: Bytes) -> Response {
    answer(read::<israel::Order>(&body).and_then(|order| app.state().israel.put(order).map(|records| json!({ "records": records }))))
}

async fn redeliver(Shared(app): Shared<Arc<App>>, Path(id): Path<String>) -> Response {
    answer(app.state().redeliver(&id).map(|endpoints| json!({ "endpoints": endpoints })))
}

/// Faults for everything but the API, whose own door places them inside the idempotency key.
pub async fn strike(Shared(app): Shared<Arc<App>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if path.starts_with("/v1") || path == "/healthz" {
        return next.run(request).await;
    }
    let fault = app.state().faults.strike(request.method().as_str(), path);
    let fails: fn(u16) -> Response = if google::is_ours(path) { google::outage } else { |status| answer(Err(ApiError::outage(status))) };
    match fault {
        Some(Mode::SlowMs { ms }) => tokio::time::sleep(Duration::from_millis(ms)).await,
        Some(Mode::Drop) => return CutConnection::response(),
        Some(Mode::Status { status }) => return fails(status),
        Some(Mode::Garble) => return "<html><body>502 Bad Gateway".into_response(),
        Some(Mode::Flood { kib }) => return vec![b' '; kib * 1024].into_response(),
        Some(Mode::ChargeThenDrop { status }) => {
            drop(next.run(request).await);
            return status.map_or_else(CutConnection::response, fails);
        }
        _ => {}
    }
    next.run(request).await
}

/// The front page: what is here.
pub async fn index() -> Response {
    html::page(
        StatusCode::OK,
        "ארגז החול",
        "<main class=\"center\"><section class=\"card\"><h1>העולם שבחוץ, על מחשב אחד</h1><p>תחליפים לשירותים שהמוצר מדבר איתם. שום דבר כאן לא יוצא מהמחשב.</p><a class=\"btn btn-wide\" href=\"/sms\">הודעות שנשלחו</a><a class=\"btn btn-wide\" href=\"/_sandbox/state\">כל מה שזכור כאן</a></section></main>",
    )
}
