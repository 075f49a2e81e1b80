//! PayMe: the sales of a seller. What its business refuses is HTTP 500 with a number.

use std::sync::Arc;

use axum::{Json, body::Bytes, extract::State as Shared};
use http::StatusCode;
use serde_json::{Value, json};

use super::{Answer, Provider, read, word};
use crate::state::App;

pub async fn sales(Shared(app): Shared<Arc<App>>, body: Bytes) -> Answer {
    let (asked, state) = (read(&body), app.state());
    let (seller, key) = (word(&asked["seller_payme_id"]), word(&asked["payme_client_key"]));
    let Some(place) = state.israel.open(Provider::PayMe, &[("seller_payme_id", &seller), ("payme_client_key", &key)]) else {
        let refused = json!({ "status_code": 1, "status_error_code": 2, "status_error_details": "המוכר לא נמצא", "status_additional_info": null });
        return (StatusCode::INTERNAL_SERVER_ERROR, Json(refused));
    };
    let wanted = ["sale_payme_id", "transaction_id", "sale_status"].map(|name| (name, word(&asked[name])));
    let fits = |sale: &&Value| wanted.iter().all(|(name, value)| value.is_empty() || word(&sale[*name]) == *value);
    let items: Vec<Value> = state.israel.records(place).iter().filter(fits).cloned().collect();
    (StatusCode::OK, Json(json!({ "status_code": 0, "items_count": items.len(), "items": items })))
}
