//! The plain door: hands an open console its moving parts.

use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use leptos::prelude::*;

use crate::operator::ui::QueuesNow;
use crate::platform::door::{RequestInfo, error_response};
use crate::platform::{AppState, GlobalCx};

/// `GET /operator/queues/now`: the parts of the queues' page, as HTML.
pub async fn queues_now(State(state): State<AppState>, info: RequestInfo) -> Response {
    let mut cx = match GlobalCx::open(&state, info.lang, info.trace.clone()).await {
        Ok(cx) => cx,
        Err(fault) => return error_response(&fault.into_app(info.lang, &info.trace)),
    };
    let outcome = super::queues(&mut cx, info.claims.clone()).await;
    match cx.finish(outcome).await {
        Ok(page) => {
            let owner = Owner::new_root(None);
            let html = owner.with(|| {
                provide_context(info.lang);
                view! { <QueuesNow page=page/> }.to_html()
            });
            owner.cleanup();
            Html(html).into_response()
        }
        Err(error) => error_response(&error),
    }
}
