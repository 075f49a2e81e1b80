//! iCount: one document by type and number. Every answer is HTTP 200; what went wrong stands in `status` and `reason`.

use std::sync::Arc;

use axum::{Json, body::Bytes, extract::State as Shared};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::{Answer, Provider, bearer, read, word};
use crate::state::App;

fn refuse(reason: &str, words: &str) -> Answer {
    (StatusCode::OK, Json(json!({ "status": false, "reason": reason, "error_description": words, "error_details": [] })))
}

pub async fn info(Shared(app): Shared<Arc<App>>, headers: HeaderMap, body: Bytes) -> Answer {
    let (asked, state) = (read(&body), app.state());
    let Some(place) = state.israel.open(Provider::ICount, &[("token", bearer(&headers))]) else { return refuse("bad_login", "שם המשתמש או הסיסמה שגויים") };
    let (kind, number) = (word(&asked["doctype"]), word(&asked["docnum"]));
    if kind.is_empty() || number.is_empty() {
        return refuse("missing_parameter", "חסר סוג מסמך או מספר מסמך");
    }
    let found = state.israel.records(place).iter().find(|document: &&Value| word(&document["doctype"]) == kind && word(&document["docnum"]) == number);
    match found {
        Some(document) => (StatusCode::OK, Json(json!({ "status": true, "doc_info": document }))),
        None => refuse("doc_not_found", "המסמך לא נמצא"),
    }
}
