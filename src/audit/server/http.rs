//! The plain door of the log: a file of a period.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;

use super::export::{File, Form, export};
use crate::platform::door::{self, RequestInfo, error_response};
use crate::platform::{AppState, Fault};

/// What is asked for; whatever is absent is the month so far, as CSV.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Period {
    from: String,
    to: String,
    form: String,
}

/// `GET /b/{slug}/committee/audit/export?from=2026-11-01&to=2026-11-30&form=csv|json`. A browser whose period is
/// refused is led back to the page, which says why.
pub async fn file(State(state): State<AppState>, Path(slug): Path<String>, period: Result<Query<Period>, QueryRejection>, headers: HeaderMap, info: RequestInfo) -> Response {
    let period = period.map(|Query(period)| period).unwrap_or_default();
    let form = if period.form == "json" { Form::Json } else { Form::Csv };
    let outcome = async {
        let (mut cx, _) = door::open_for(&state, &info, &slug).await.map_err(|fault: Fault| fault.into_app(info.lang, &info.trace))?;
        let outcome = export(&mut cx, &period.from, &period.to, form).await;
        cx.finish(outcome).await
    };
    match outcome.await {
        Ok(file) => handed_out(file),
        Err(error) => {
            let plain = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|accept| accept.contains("text/html"));
            let why = match error.status() {
                422 => "period",
                413 => "many",
                _ => return error_response(&error),
            };
            if !plain {
                return error_response(&error);
            }
            let back = format!("/b/{slug}/committee/audit?export={why}#export");
            (StatusCode::SEE_OTHER, [(header::LOCATION, door::safe_path(&back).to_owned())]).into_response()
        }
    }
}

fn handed_out(file: File) -> Response {
    let mut response = file.bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Slug and days are plain ASCII, so the name needs no escaping.
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{}\"", file.name)) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}
