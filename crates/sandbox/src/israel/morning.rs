//! Morning: a token for an id and a secret, which ends after half an hour, and documents for the token. Errors are 4xx
//! with a number and a Hebrew sentence.

use std::sync::Arc;

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State as Shared},
};
use http::{HeaderMap, StatusCode};
use serde_json::json;

use super::{Answer, Provider, bearer, read, word};
use crate::state::App;

const TOKEN_LIVES_S: i64 = 1_800;
const TOKENS_MAX: usize = 1_000;

fn error(status: StatusCode, code: i64, message: &str) -> Answer {
    (status, Json(json!({ "errorCode": code, "errorMessage": message })))
}

pub async fn token(Shared(app): Shared<Arc<App>>, body: Bytes) -> Answer {
    let (asked, mut state) = (read(&body), app.state());
    let (id, secret) = (word(&asked["id"]), word(&asked["secret"]));
    let Some(place) = state.israel.open(Provider::Morning, &[("id", &id), ("secret", &secret)]) else {
        return error(StatusCode::UNAUTHORIZED, 1012, "פרטי ההתחברות שגויים");
    };
    let (token, ends) = (state.ids.next("jwt_"), state.now() + TOKEN_LIVES_S);
    if state.israel.tokens.len() >= TOKENS_MAX {
        state.israel.tokens.clear();
    }
    state.israel.tokens.insert(token.clone(), (place, ends));
    (StatusCode::OK, Json(json!({ "token": token, "expires": ends })))
}

pub async fn document(Shared(app): Shared<Arc<App>>, Path(id): Path<String>, headers: HeaderMap) -> Answer {
    let state = app.state();
    let Some((place, _)) = state.israel.tokens.get(bearer(&headers)).copied().filter(|(_, ends)| state.now() < *ends) else {
        return error(StatusCode::UNAUTHORIZED, 401, "ההרשאה פגה או אינה תקינה");
    };
    match state.israel.records(place).iter().find(|document| word(&document["id"]) == id) {
        Some(document) => (StatusCode::OK, Json(document.clone())),
        None => error(StatusCode::NOT_FOUND, 1003, "המסמך לא נמצא"),
    }
}
