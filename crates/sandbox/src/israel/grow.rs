//! Grow: a payment's process, or one of its transactions, by id and token. Bodies are forms; every answer is HTTP 200,
//! and `err` and `data` change their type with `status`.

use std::sync::Arc;

use axum::{Json, body::Bytes, extract::State as Shared};
use http::StatusCode;
use serde_json::{Value, json};

use super::{Answer, Provider, word};
use crate::state::App;

fn refuse(id: i64, message: &str) -> Answer {
    (StatusCode::OK, Json(json!({ "status": 0, "err": { "id": id, "message": message }, "data": "" })))
}

type Fields = Vec<(String, String)>;

/// The fields of a body, and the processes of the account that they open.
fn opened(app: &App, body: &[u8]) -> Result<(Fields, Vec<Value>), Answer> {
    let fields: Fields = form_urlencoded::parse(body).take(50).map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    if ["pageCode", "userId"].iter().any(|name| field(&fields, name).is_empty()) {
        return Err(refuse(54, "חסרים שדות חובה: pageCode"));
    }
    let given: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let state = app.state();
    match state.israel.open(Provider::Grow, &given) {
        Some(place) => Ok((fields, state.israel.records(place).to_vec())),
        None => Err(refuse(3, "פרטי העסק שגויים")),
    }
}

fn field<'a>(fields: &'a [(String, String)], name: &str) -> &'a str {
    fields.iter().find(|(given, _)| given == name).map_or("", |(_, value)| value.as_str())
}

pub async fn process(Shared(app): Shared<Arc<App>>, body: Bytes) -> Answer {
    let (fields, records) = match opened(&app, &body) {
        Ok(opened) => opened,
        Err(refused) => return refused,
    };
    let named = |record: &&Value| ["processId", "processToken"].iter().all(|name| word(&record[*name]) == field(&fields, name));
    match records.iter().find(named) {
        Some(record) => (StatusCode::OK, Json(json!({ "status": 1, "err": "", "data": record }))),
        None => refuse(400, "התהליך לא נמצא"),
    }
}

pub async fn transaction(Shared(app): Shared<Arc<App>>, body: Bytes) -> Answer {
    let (fields, records) = match opened(&app, &body) {
        Ok(opened) => opened,
        Err(refused) => return refused,
    };
    let named = |one: &&Value| ["transactionId", "transactionToken"].iter().all(|name| word(&one[*name]) == field(&fields, name));
    match records.iter().filter_map(|record| record["transactions"].as_array()).flatten().find(named) {
        Some(one) => (StatusCode::OK, Json(json!({ "status": 1, "err": "", "data": one }))),
        None => refuse(400, "העסקה לא נמצאה"),
    }
}
