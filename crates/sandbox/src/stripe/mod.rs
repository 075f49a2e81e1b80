//! The Stripe stand-in: the wire protocol of `api.stripe.com/v1` as far as the product uses it.
//!
//! A request passes, in this order: the key, the version, the body's limits, the idempotency key, the faults,
//! and then one function per endpoint that works on the memory under its lock. Sources: docs.stripe.com/api
//! and the public OpenAPI description; shapes are held to the official Node library by end2end/sdk.

mod attempts;
pub mod cards;
mod charges;
pub mod checkout;
mod checkout_create;
mod customers;
mod events;
mod invoices;
pub mod kinds;
mod lists;
pub mod page;
mod page_view;
mod payment_intents;
mod payment_methods;
mod periods;
mod prices;
mod products;
mod refunds;
mod renewals;
mod subscriptions;
mod subscriptions_edit;
pub mod sweeper;
pub mod webhooks;

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{Request, State as Shared},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde_json::{Value, json};

use crate::{
    BODY_MAX_BYTES,
    errors::ApiError,
    faults::Mode,
    form::Params,
    idempotency::{Answer, Begun, fingerprint},
    serve::CutConnection,
    state::{App, Cause, State},
};

/// The version events are written in, and the one an unpinned caller gets.
pub const API_VERSION: &str = "2026-10-28.endive";
const VERSIONS: [&str; 2] = ["2026-09-30.endive", API_VERSION];

/// Everything below `/v1`.
pub async fn door(Shared(app): Shared<Arc<App>>, request: Request) -> Response {
    let request_id = app.state().ids.sized("req_", 14);
    let (parts, body) = request.into_parts();
    let version = match version(&parts.headers) {
        Ok(version) => version,
        Err(error) => return answer_error(&error, &request_id, API_VERSION),
    };
    let Ok(body) = axum::body::to_bytes(body, BODY_MAX_BYTES).await else {
        return answer_error(&ApiError::invalid(format!("The request body is larger than {BODY_MAX_BYTES} bytes.")), &request_id, version);
    };
    let account = match authenticate(&app, &parts.headers) {
        Ok(account) => account,
        Err(error) => return answer_error(&error, &request_id, version),
    };
    let key = (parts.method == Method::POST).then(|| header_text(&parts.headers, "idempotency-key")).flatten();
    let call = Call { method: parts.method, path: parts.uri.path().to_owned(), query: parts.uri.query().unwrap_or_default().to_owned(), body, account, key, request_id };
    let mut response = call.carry_out(&app).await;
    set(&mut response, "stripe-version", version);
    response
}

struct Call {
    method: Method,
    path: String,
    query: String,
    body: bytes::Bytes,
    account: String,
    key: Option<String>,
    request_id: String,
}

impl Call {
    async fn carry_out(&self, app: &App) -> Response {
        if let Some(key) = &self.key {
            let print = fingerprint(self.method.as_str(), &self.path, &self.body);
            let begun = app.state().keys.begin(&self.account, key, print);
            match begun {
                Ok(Begun::Fresh) => {}
                Ok(Begun::Replay(answer)) => return self.replay(&answer),
                Err(error) => return self.respond(error.status, &error.body().to_string(), Some(error.should_retry)),
            }
        }
        // Released even when the caller hangs up while a slow fault is running.
        let mut hold = Hold { app, call: self, settled: false };
        let fault = app.state().faults.strike(self.method.as_str(), &self.path);
        match fault {
            Some(Mode::SlowMs { ms }) => tokio::time::sleep(Duration::from_millis(ms)).await,
            Some(Mode::Drop) => return CutConnection::response(),
            Some(Mode::Status { status }) => {
                let error = ApiError::outage(status);
                hold.settle(error.began, error.status, &error.body().to_string());
                return self.respond(error.status, &error.body().to_string(), Some(error.should_retry));
            }
            _ => {}
        }
        let outcome = self.execute(app);
        let (status, body, began, should_retry) = match &outcome {
            Ok(object) => (200, format!("{object:#}"), true, None),
            Err(error) => (error.status, format!("{:#}", error.body()), error.began, Some(error.should_retry)),
        };
        hold.settle(began, status, &body);
        match fault {
            Some(Mode::ChargeThenDrop { status: None }) => CutConnection::response(),
            Some(Mode::ChargeThenDrop { status: Some(status) }) => {
                let error = ApiError::outage(status);
                self.respond(status, &error.body().to_string(), Some(true))
            }
            _ => self.respond(status, &body, should_retry),
        }
    }

    fn execute(&self, app: &App) -> Result<Value, ApiError> {
        let encoded = if self.method == Method::POST { &self.body } else { self.query.as_bytes() };
        let mut params = Params::parse(encoded)?;
        let paths = lists::take_expand(&mut params)?;
        let mut guard = app.state();
        let state = &mut *guard;
        sweeper::sweep(state);
        state.cause = Cause { request_id: Some(self.request_id.clone()), idempotency_key: self.key.clone() };
        let outcome = dispatch(state, &self.method, &self.path, params);
        state.cause = Cause::default();
        let mut object = outcome?;
        lists::expand(state, &mut object, &paths).map_err(|error| ApiError { began: self.method == Method::POST, ..error })?;
        Ok(object)
    }

    fn respond(&self, status: u16, body: &str, should_retry: Option<bool>) -> Response {
        let mut response = json_response(status, body, &self.request_id);
        if let Some(should_retry) = should_retry {
            set(&mut response, "stripe-should-retry", if should_retry { "true" } else { "false" });
        }
        if let Some(key) = &self.key {
            set(&mut response, "idempotency-key", key);
        }
        response
    }

    fn replay(&self, answer: &Answer) -> Response {
        let should_retry = (answer.status >= 400).then_some(false);
        let mut response = self.respond(answer.status, &answer.body, should_retry);
        set(&mut response, "idempotent-replayed", "true");
        set(&mut response, "original-request", &answer.request_id);
        response
    }
}

struct Hold<'a> {
    app: &'a App,
    call: &'a Call,
    settled: bool,
}

impl Hold<'_> {
    fn settle(&mut self, keep: bool, status: u16, body: &str) {
        self.settled = keep;
        if let (true, Some(key)) = (keep, &self.call.key) {
            let answer = Answer { status, body: body.to_owned(), request_id: self.call.request_id.clone() };
            self.app.state().keys.finish(&self.call.account, key, answer);
        }
    }
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        if let (false, Some(key)) = (self.settled, &self.call.key) {
            self.app.state().keys.forget(&self.call.account, key);
        }
    }
}

fn dispatch(state: &mut State, method: &Method, path: &str, params: Params) -> Result<Value, ApiError> {
    let segments: Vec<&str> = path.trim_start_matches("/v1").split('/').filter(|segment| !segment.is_empty()).collect();
    match (method.as_str(), segments.as_slice()) {
        ("POST", ["checkout", "sessions"]) => checkout_create::create(state, params),
        ("GET", ["checkout", "sessions"]) => checkout::list(state, params),
        ("GET", ["checkout", "sessions", id]) => retrieve(state, kinds::Kind::Session, id, params),
        ("POST", ["checkout", "sessions", id]) => checkout::update(state, id, params),
        ("POST", ["checkout", "sessions", id, "expire"]) => checkout::expire(state, id, params),
        ("GET", ["checkout", "sessions", id, "line_items"]) => checkout::line_items(state, id, params),
        ("POST", ["customers"]) => customers::create(state, params),
        ("GET", ["customers"]) => customers::list(state, params),
        ("GET", ["customers", id]) => retrieve(state, kinds::Kind::Customer, id, params),
        ("POST", ["customers", id]) => customers::update(state, id, params),
        ("DELETE", ["customers", id]) => customers::delete(state, id, params),
        ("GET", ["customers", id, "payment_methods"]) => payment_methods::list(state, Some(id), params),
        ("POST", ["products"]) => products::create(state, params),
        ("GET", ["products"]) => products::list(state, params),
        ("GET", ["products", id]) => retrieve(state, kinds::Kind::Product, id, params),
        ("POST", ["products", id]) => products::update(state, id, params),
        ("POST", ["prices"]) => prices::create(state, params),
        ("GET", ["prices"]) => prices::list(state, params),
        ("GET", ["prices", id]) => retrieve(state, kinds::Kind::Price, id, params),
        ("POST", ["prices", id]) => prices::update(state, id, params),
        ("GET", ["payment_methods"]) => payment_methods::list(state, None, params),
        ("GET", ["payment_methods", id]) => retrieve(state, kinds::Kind::PaymentMethod, id, params),
        ("POST", ["payment_methods", id, "attach"]) => payment_methods::attach(state, id, params),
        ("POST", ["payment_methods", id, "detach"]) => payment_methods::detach(state, id, params),
        ("POST", ["payment_intents"]) => payment_intents::create(state, params),
        ("GET", ["payment_intents"]) => payment_intents::list(state, params),
        ("GET", ["payment_intents", id]) => payment_intents::retrieve(state, id, params),
        ("POST", ["payment_intents", id]) => payment_intents::update(state, id, params),
        ("POST", ["payment_intents", id, "confirm"]) => payment_intents::confirm(state, id, params),
        ("POST", ["payment_intents", id, "capture"]) => payment_intents::capture(state, id, params),
        ("POST", ["payment_intents", id, "cancel"]) => payment_intents::cancel(state, id, params),
        ("GET", ["charges"]) => charges::list(state, params),
        ("GET", ["charges", id]) => retrieve(state, kinds::Kind::Charge, id, params),
        ("POST", ["refunds"]) => refunds::create(state, params),
        ("GET", ["refunds"]) => refunds::list(state, params),
        ("GET", ["refunds", id]) => retrieve(state, kinds::Kind::Refund, id, params),
        ("POST", ["refunds", id]) => refunds::update(state, id, params),
        ("POST", ["subscriptions"]) => subscriptions::create(state, params),
        ("GET", ["subscriptions"]) => subscriptions::list(state, params),
        ("GET", ["subscriptions", id]) => retrieve(state, kinds::Kind::Subscription, id, params),
        ("POST", ["subscriptions", id]) => subscriptions_edit::update(state, id, params),
        ("DELETE", ["subscriptions", id]) => subscriptions_edit::cancel(state, id, params),
        ("GET", ["invoices"]) => invoices::list(state, params),
        ("GET", ["invoices", id]) => retrieve(state, kinds::Kind::Invoice, id, params),
        ("POST", ["invoices", id, "pay"]) => invoices::pay(state, id, params),
        ("POST", ["invoices", id, "void"]) => invoices::void(state, id, params),
        ("GET", ["invoices", id, "lines"]) => invoices::lines(state, id, params),
        ("GET", ["invoice_payments"]) => invoices::list_payments(state, params),
        ("GET", ["events"]) => events::list(state, params),
        ("GET", ["events", id]) => retrieve(state, kinds::Kind::Event, id, params),
        ("POST", ["webhook_endpoints"]) => webhooks::create(state, params),
        ("GET", ["webhook_endpoints"]) => webhooks::list(state, params),
        ("GET", ["webhook_endpoints", id]) => webhooks::retrieve(state, id, params),
        ("POST", ["webhook_endpoints", id]) => webhooks::update(state, id, params),
        ("DELETE", ["webhook_endpoints", id]) => webhooks::delete(state, id, params),
        (method, _) => Err(ApiError::no_route(method, path)),
    }
}

fn retrieve(state: &State, kind: kinds::Kind, id: &str, params: Params) -> Result<Value, ApiError> {
    params.finish()?;
    state.get(kind, id).cloned()
}

fn authenticate(app: &App, headers: &HeaderMap) -> Result<String, ApiError> {
    let given = header_text(headers, "authorization").and_then(|text| {
        if let Some(key) = text.strip_prefix("Bearer ") {
            return Some(key.trim().to_owned());
        }
        // Basic, with the key as the user name and no password (docs.stripe.com/api/authentication).
        let pair = String::from_utf8(BASE64_STANDARD.decode(text.strip_prefix("Basic ")?.trim()).ok()?).ok()?;
        Some(pair.split(':').next().unwrap_or_default().to_owned())
    });
    let Some(key) = given.filter(|key| !key.is_empty()) else {
        return Err(ApiError::unauthenticated(
            "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details, or we can help at https://support.stripe.com/.",
        ));
    };
    let expected = app.state().options().api_key.clone();
    // A live key has no business here, whatever the settings say.
    let in_test_mode = key.starts_with("sk_test_") || key.starts_with("rk_test_");
    if !in_test_mode || expected.is_some_and(|expected| expected != key) {
        let tail: String = key.chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
        return Err(ApiError::unauthenticated(format!("Invalid API Key provided: {}****{tail}", key.chars().take(8).collect::<String>())));
    }
    Ok(key)
}

fn version(headers: &HeaderMap) -> Result<&'static str, ApiError> {
    match header_text(headers, "stripe-version") {
        None => Ok(API_VERSION),
        Some(asked) => VERSIONS.iter().find(|known| **known == asked).copied().ok_or_else(|| ApiError::invalid(format!("Invalid Stripe API version: {asked}"))),
    }
}

fn header_text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

fn answer_error(error: &ApiError, request_id: &str, version: &str) -> Response {
    let mut response = json_response(error.status, &format!("{:#}", error.body()), request_id);
    set(&mut response, "stripe-should-retry", if error.should_retry { "true" } else { "false" });
    set(&mut response, "stripe-version", version);
    response
}

fn json_response(status: u16, body: &str, request_id: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache, no-store")], Body::from(body.to_owned())).into_response();
    set(&mut response, "request-id", request_id);
    response
}

fn set(response: &mut Response, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// Whether a field equals what a list was filtered by; anything matches no filter.
fn matches(object: &Value, field: &str, wanted: Option<&str>) -> bool {
    wanted.is_none_or(|wanted| object[field] == wanted)
}

/// An address nobody gave.
fn empty_address() -> Value {
    json!({ "city": null, "country": null, "line1": null, "line2": null, "postal_code": null, "state": null })
}

/// Takes an `address` hash.
fn take_address(params: &mut Params) -> Result<Option<Value>, ApiError> {
    let Some(mut given) = params.tree("address")? else { return Ok(None) };
    let mut address = empty_address();
    for part in ["city", "country", "line1", "line2", "postal_code", "state"] {
        if let Some(value) = given.change(part)? {
            address[part] = value;
        }
    }
    given.finish()?;
    Ok(Some(address))
}

/// Begins a subscription's next period, charged to a test card when one is given.
pub fn renew_with_card(state: &mut State, id: &str, number: Option<&str>) -> Result<Value, ApiError> {
    if !state.get(kinds::Kind::Subscription, id)?["ended_at"].is_null() {
        return Err(ApiError::invalid("The subscription has ended."));
    }
    let method = match number.map(cards::read) {
        None => None,
        Some(cards::Number::Test(card)) => Some(payment_methods::add(state, card, None, None, None)?),
        Some(_) => return Err(ApiError::invalid("card must be a test card.")),
    };
    renewals::renew(state, id, method.as_deref())
}
