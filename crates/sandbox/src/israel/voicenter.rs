//! Voicenter: the call log of an account, by its code, over a span of GMT. Every answer is HTTP 200 with a number.

use std::sync::Arc;

use axum::{Json, body::Bytes, extract::State as Shared};
use http::StatusCode;
use serde_json::{Value, json};

use super::{Answer, Provider, read, word};
use crate::state::App;

fn answer(number: i64, words: &str, calls: Vec<Value>) -> Answer {
    let hits = calls.len();
    (StatusCode::OK, Json(json!({ "ERROR_NUMBER": number, "ERROR_DESCRIPTION": words, "STATUS_CODE": 200, "TOTAL_HITS": hits, "RETURN_HITS": hits, "CDR_LIST": calls })))
}

/// A date as the log writes it; times of one length sort as texts do.
fn is_date(text: &str) -> bool {
    text.len() == 19 && text.parse::<jiff::civil::DateTime>().is_ok()
}

pub async fn calls(Shared(app): Shared<Arc<App>>, body: Bytes) -> Answer {
    let (asked, state) = (read(&body), app.state());
    let Some(place) = state.israel.open(Provider::Voicenter, &[("code", &word(&asked["code"]))]) else { return answer(2, "Authentication failed", Vec::new()) };
    let search = &asked["search"];
    let (from, to, call) = (word(&search["fromdate"]), word(&search["todate"]), word(&search["callID"]));
    if !is_date(&from) || !is_date(&to) || from > to {
        return answer(5, "Invalid date range", Vec::new());
    }
    let wanted: Vec<String> = asked["fields"].as_array().map(|fields| fields.iter().map(word).collect()).unwrap_or_default();
    let fits = |leg: &&Value| (call.is_empty() || word(&leg["CallID"]) == call) && (from.as_str()..=to.as_str()).contains(&word(&leg["Date"]).as_str());
    let shown = |leg: &Value| wanted.iter().filter_map(|name| Some((name.clone(), leg.get(name)?.clone()))).collect::<serde_json::Map<_, _>>().into();
    answer(0, "OK", state.israel.records(place).iter().filter(fits).map(shown).collect())
}
