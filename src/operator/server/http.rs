//! The plain doors: each hands an open page of the console its moving parts, as HTML.

use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Response};
use kit::{AppError, Lang};
use leptos::prelude::*;
use serde::Deserialize;

use crate::operator::ui::{HealthNow, InboundNow, JoinTimesNow, OutgoingNow, QueuesNow, SlowNow, TenantsNow};
use crate::platform::door::{RequestInfo, error_response};
use crate::platform::{AppState, GlobalCx};

/// `GET /operator/queues/now`: the parts of the queues' page.
pub async fn queues_now(State(state): State<AppState>, info: RequestInfo) -> Response {
    let mut cx = match open(&state, &info).await {
        Ok(cx) => cx,
        Err(error) => return error_response(&error),
    };
    let outcome = super::queues(&mut cx, info.claims.clone()).await;
    parts(info.lang, cx.finish(outcome).await, |page| view! { <QueuesNow page=page/> })
}

/// What a page of outgoing webhooks was asked for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct OutgoingAsked {
    partner: String,
    state: String,
    event: String,
    cursor: String,
    open: String,
}

/// `GET /operator/webhooks/now`: the parts of the page of outgoing webhooks, as it was asked for.
pub async fn outgoing_now(State(state): State<AppState>, info: RequestInfo, Query(asked): Query<OutgoingAsked>) -> Response {
    let mut cx = match open(&state, &info).await {
        Ok(cx) => cx,
        Err(error) => return error_response(&error),
    };
    let outcome = super::outgoing(&mut cx, info.claims.clone(), [asked.partner, asked.state, asked.event, asked.cursor], &asked.open).await;
    parts(info.lang, cx.finish(outcome).await, |page| view! { <OutgoingNow page=page/> })
}

/// What a page of inbound events was asked for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct InboundAsked {
    provider: String,
    state: String,
    event: String,
    cursor: String,
    open: String,
}

/// `GET /operator/inbound/now`: the parts of the page of inbound events, as it was asked for.
pub async fn inbound_now(State(state): State<AppState>, info: RequestInfo, Query(asked): Query<InboundAsked>) -> Response {
    let mut cx = match open(&state, &info).await {
        Ok(cx) => cx,
        Err(error) => return error_response(&error),
    };
    let outcome = super::inbound(&mut cx, info.claims.clone(), [asked.provider, asked.state, asked.event, asked.cursor], &asked.open).await;
    parts(info.lang, cx.finish(outcome).await, |page| view! { <InboundNow page=page/> })
}

/// What a page of tenants was asked for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct TenantsAsked {
    search: String,
    what: String,
    cursor: String,
}

/// `GET /operator/tenants/now`: the list of the page of tenants, as it was asked for.
pub async fn tenants_now(State(state): State<AppState>, info: RequestInfo, Query(asked): Query<TenantsAsked>) -> Response {
    let mut cx = match open(&state, &info).await {
        Ok(cx) => cx,
        Err(error) => return error_response(&error),
    };
    let outcome = super::tenants(&mut cx, info.claims.clone(), &asked.search, asked.what == "companies", &asked.cursor).await;
    parts(info.lang, cx.finish(outcome).await, |page| view! { <TenantsNow page=page/> })
}

/// `GET /operator/now`: the times of joining.
pub async fn join_times_now(State(state): State<AppState>, info: RequestInfo) -> Response {
    let mut cx = match open(&state, &info).await {
        Ok(cx) => cx,
        Err(error) => return error_response(&error),
    };
    let outcome = super::join_times(&mut cx, info.claims.clone()).await;
    parts(info.lang, cx.finish(outcome).await, |page| view! { <JoinTimesNow page=page/> })
}

/// `GET /operator/health/now`: the parts of the page of health.
pub async fn health_now(State(state): State<AppState>, info: RequestInfo) -> Response {
    let mut cx = match open(&state, &info).await {
        Ok(cx) => cx,
        Err(error) => return error_response(&error),
    };
    let outcome = super::health(&mut cx, info.claims.clone(), state.pulse()).await;
    parts(info.lang, cx.finish(outcome).await, |page| view! { <HealthNow page=page/> })
}

/// `GET /operator/slow/now`: the list of the page of slow requests.
pub async fn slow_now(State(state): State<AppState>, info: RequestInfo) -> Response {
    let mut cx = match open(&state, &info).await {
        Ok(cx) => cx,
        Err(error) => return error_response(&error),
    };
    let outcome = super::slow(&mut cx, info.claims.clone(), &state.slow).await;
    parts(info.lang, cx.finish(outcome).await, |page| view! { <SlowNow page=page/> })
}

async fn open(state: &AppState, info: &RequestInfo) -> Result<GlobalCx, AppError> {
    GlobalCx::open(state, info.lang, info.trace.clone()).await.map_err(|fault| fault.into_app(info.lang, &info.trace))
}

fn parts<T, V: IntoView>(lang: Lang, told: Result<T, AppError>, shown: impl FnOnce(T) -> V) -> Response {
    match told {
        Ok(page) => {
            let owner = Owner::new_root(None);
            let html = owner.with(|| {
                provide_context(lang);
                shown(page).into_view().to_html()
            });
            owner.cleanup();
            Html(html).into_response()
        }
        Err(error) => error_response(&error),
    }
}
