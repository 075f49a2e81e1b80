//! Text messages: a provider that takes them and an inbox that shows them. Nothing leaves the machine.
//!
//! `POST /sms/messages` with a bearer key and `{"to": "+9725…", "from": "…", "text": "…"}` gives `{id, status}`; with an `id` of the
//! sender's own a second one of the same is the same message.
//! `GET /_sandbox/sms?to=+9725…` lists them newest first; `/sms` is the same for people.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{RawQuery, State as Shared},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    html::{self, escape},
    state::App,
};

const MESSAGES_MAX: usize = 1_000;
/// Ten parts of a concatenated message in Hebrew (67 characters each).
const TEXT_MAX: usize = 670;
const FROM_MAX: usize = 15;
const SHOWN_MAX: usize = 100;

/// One message.
#[derive(Debug, Clone, Serialize)]
pub struct Message {
    /// `sms_…`
    pub id: String,
    #[serde(skip)]
    own_id: Option<String>,
    /// E.164.
    pub to: String,
    /// A number, or a name of up to 15 characters.
    pub from: String,
    pub text: String,
    /// Seconds since 1970.
    pub created: i64,
    /// Always `delivered`: the inbox has it.
    pub status: &'static str,
}

#[derive(Deserialize)]
struct Order {
    /// The sender's own name for it: a second one of the same id is the same message.
    #[serde(default)]
    id: Option<String>,
    to: String,
    from: String,
    text: String,
}

/// The provider's door and the inbox for people.
pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/sms/messages", post(take)).route("/sms", get(show))
}

fn refuse(status: StatusCode, code: &str, message: &str) -> Response {
    (status, Json(json!({ "error": { "code": code, "message": message } }))).into_response()
}

/// E.164: a plus, and up to 15 digits of which the first is not nought.
fn is_number(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| (8..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit()))
}

async fn take(Shared(app): Shared<Arc<App>>, headers: HeaderMap, body: Bytes) -> Response {
    let key = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|text| text.strip_prefix("Bearer ")).map(str::trim).unwrap_or_default().to_owned();
    let Ok(order) = serde_json::from_slice::<Order>(&body) else {
        return refuse(StatusCode::BAD_REQUEST, "invalid_body", "The body must be JSON with the texts to, from and text.");
    };
    let mut state = app.state();
    if key.is_empty() || state.options().sms_key.as_ref().is_some_and(|expected| *expected != key) {
        return refuse(StatusCode::UNAUTHORIZED, "unauthorized", "A bearer key is needed.");
    }
    if !is_number(&order.to) {
        return refuse(StatusCode::BAD_REQUEST, "invalid_number", "`to` must be a number such as +972501234567.");
    }
    if order.from.is_empty() || order.from.chars().count() > FROM_MAX {
        return refuse(StatusCode::BAD_REQUEST, "invalid_sender", "`from` must have 1 to 15 characters.");
    }
    if order.text.is_empty() || order.text.chars().count() > TEXT_MAX {
        return refuse(StatusCode::BAD_REQUEST, "invalid_text", "`text` must have 1 to 670 characters.");
    }
    if let Some(earlier) = state.messages.iter().find(|earlier| order.id.is_some() && earlier.own_id == order.id) {
        return (StatusCode::OK, Json(json!({ "id": earlier.id, "status": earlier.status }))).into_response();
    }
    let message = Message { own_id: order.id, id: state.ids.next("sms_"), to: order.to, from: order.from, text: order.text, created: state.now(), status: "delivered" };
    let answer = json!({ "id": message.id, "status": "queued" });
    if state.messages.len() >= MESSAGES_MAX {
        state.messages.pop_front();
    }
    state.messages.push_back(message);
    (StatusCode::CREATED, Json(answer)).into_response()
}

/// `GET /_sandbox/sms`
pub async fn list(Shared(app): Shared<Arc<App>>, RawQuery(query): RawQuery) -> Json<Vec<Message>> {
    // A plus that was not written as %2B reads as a space; nobody means a space here.
    let to = form_urlencoded::parse(query.unwrap_or_default().as_bytes()).find(|(name, _)| name == "to").map(|(_, value)| value.replace(' ', "+"));
    let state = app.state();
    Json(state.messages.iter().rev().filter(|message| to.as_ref().is_none_or(|to| message.to == *to)).cloned().collect())
}

async fn show(Shared(app): Shared<Arc<App>>) -> Response {
    let state = app.state();
    let messages: String = state
        .messages
        .iter()
        .rev()
        .take(SHOWN_MAX)
        .map(|message| {
            let at = jiff::Timestamp::from_second(message.created).map(|at| at.strftime("%H:%M:%S").to_string()).unwrap_or_default();
            format!(
                "<article class=\"sms\"><header><bdi class=\"ltr\">{}</bdi><span>{} · <bdi class=\"ltr\">{at} UTC</bdi></span></header><p>{}</p></article>",
                escape(&message.to),
                escape(&message.from),
                escape(&message.text)
            )
        })
        .collect();
    let body = if messages.is_empty() { "<p>עוד לא נשלחו הודעות.</p>" } else { &messages };
    html::page(StatusCode::OK, "הודעות שנשלחו", &format!("<main class=\"center wide\"><h1>הודעות שנשלחו</h1>{body}</main>"))
}

#[cfg(test)]
mod tests {
    use super::is_number;

    #[test]
    fn only_international_numbers_are_taken() {
        assert!(is_number("+972501234567"));
        for wrong in ["0501234567", "+0501234567", "+97250", "+9725012345678901", "+97250123456x", ""] {
            assert!(!is_number(wrong), "{wrong}");
        }
    }
}
