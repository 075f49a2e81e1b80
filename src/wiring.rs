//! The only file that knows every room: routes, jobs, schedules. Routes register nowhere else.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, Request, State};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Extension, Json, Router};
use hooks::ask::Askers;
use http::{HeaderValue, Method, StatusCode, header};
use kit::Replay;
use leptos::prelude::*;
use leptos_axum::LeptosRoutes;
use serde_json::json;
use tower_http::csrf::CsrfLayer;
use tower_http::services::ServeDir;

use crate::platform::door::RequestInfo;
use crate::platform::lanes::LaneJob;
use crate::platform::schedules::{Schedule, Zone};
use crate::platform::{AppState, Fault, Job, cookies, forms, gate, meters, security};
use crate::{app, audit, buildings, connections, feed, gateway, identity, intake, job_table, joining, operator, payments, stream, ui};

/// The routes that are not pages: method and path, for doors.rs, which insists on a row for each.
pub const PLAIN_ROUTES: &[(&str, &str)] = &[
    ("POST", "/b/{slug}/posts"),
    ("GET", "/b/{slug}/posts/{post}/card"),
    ("GET", "/b/{slug}/pictures/{picture}"),
    ("GET", "/b/{slug}/stream"),
    ("GET", "/b/{slug}/socket"),
    ("GET", "/b/{slug}/pay"),
    ("GET", "/b/{slug}/enter"),
    ("GET", "/b/{slug}/alarms"),
    ("GET", "/b/{slug}/committee/{page}/now"),
    ("GET", "/b/{slug}/committee/audit/export"),
    ("GET", "/operator/queues/now"),
    ("GET", "/operator/webhooks/now"),
    ("GET", "/operator/inbound/now"),
    ("GET", "/operator/tenants/now"),
    ("GET", "/operator/now"),
    ("GET", "/operator/health/now"),
    ("GET", "/operator/slow/now"),
    ("POST", "/open/preview"),
    ("POST", "/webhooks/stripe"),
    ("GET", "/webhooks/{provider}"),
    ("POST", "/webhooks/{provider}"),
    ("GET", "/webhooks/{provider}/{secret}"),
    ("POST", "/webhooks/{provider}/{secret}"),
    ("GET", "/prefer/{name}/{value}"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/api/v1/openapi.json"),
    ("GET", "/api/v1/me"),
    ("GET", "/api/v1/event-types"),
    ("GET", "/api/v1/event-types/{type}"),
    ("GET", "/api/v1/buildings"),
    ("GET", "/api/v1/endpoints"),
    ("POST", "/api/v1/endpoints"),
    ("GET", "/api/v1/endpoints/{id}"),
    ("PATCH", "/api/v1/endpoints/{id}"),
    ("DELETE", "/api/v1/endpoints/{id}"),
    ("POST", "/api/v1/endpoints/{id}/rotate"),
    ("POST", "/api/v1/endpoints/{id}/test"),
    ("POST", "/api/v1/endpoints/{id}/replay"),
    ("GET", "/api/v1/deliveries"),
    ("GET", "/api/v1/deliveries/{id}"),
    ("POST", "/api/v1/deliveries/{id}/retry"),
    ("ANY", "/api/v1/{*rest}"),
];

/// Every task, its lane and its handler. Lanes are runners of their own (platform/lanes.rs). Those of the platform open no
/// tenant by their payload; every other job must name one.
pub fn jobs() -> Vec<LaneJob> {
    job_table! {
        "payments.open_checkout" in Payments => payments::server::jobs::open_checkout,
        "payments.settle" in Payments => payments::server::jobs::settle,
        "payments.follow_plan" in Payments => payments::server::plans::follow_plan,
        "payments.refund" in Payments => payments::server::jobs::refund,
        "payments.stripe_event" in Payments of platform => payments::server::jobs::stripe_event,
        "payments.sweep" in Payments of platform => payments::server::jobs::sweep,
        "payments.checkout_paid" in Rooms => joining::server::jobs::checkout_paid,
        "payments.plan_ended" in Rooms => joining::server::jobs::plan_ended,
        "identity.phone_proved" in Rooms => buildings::server::jobs::phone_proved,
        "buildings.resident_moved" in Rooms => joining::server::jobs::resident_moved,
        "buildings.resident_removed" in Rooms => joining::server::jobs::resident_removed,
        "identity.send_code" in Messages of platform => identity::server::jobs::send_code,
        "gateway.tell_off" in Messages of platform => gateway::server::switched_off::tell_off,
        "platform.tidy" in Housekeeping of platform => crate::platform::housekeeping::tidy,
        "platform.late_months" in Housekeeping of platform => crate::platform::housekeeping::late_months,
        "gateway.pump" in Webhooks of platform => gateway::server::pump::pump,
        "gateway.sweep" in Webhooks of platform => gateway::server::pump::sweep,
        "intake.confirm" in Webhooks of platform => intake::server::jobs::confirm,
        "intake.route" in Webhooks of platform => intake::server::jobs::route,
        "connections.due" in Webhooks of platform => connections::server::jobs::due,
        "connections.refresh" in Webhooks => connections::server::jobs::refresh,
        "gateway.months" in Housekeeping of platform => gateway::server::pump::months,
        "intake.tidy" in Housekeeping of platform => intake::server::jobs::tidy,
        "audit.hourly" in Housekeeping of platform => audit::server::jobs::hourly,
    }
}

/// What happens by the clock (platform/schedules.rs).
pub const SCHEDULES: &[Schedule] = &[
    // At an hour when few are awake, and after the night's change of clocks.
    ours("platform.tidy", "40 3 * * *", || Job::new("platform.tidy", json!({})).once("platform.tidy")),
    hourly("platform.late_months", "50 * * * *", || Job::new("platform.late_months", json!({})).once("platform.late_months")),
    hourly("audit.hourly", "5 * * * *", || Job::new("audit.hourly", json!({})).once("audit.hourly")),
    hourly("intake.tidy", "20 * * * *", || Job::new("intake.tidy", json!({})).once("intake.tidy")),
    // Five minutes ahead of a token's end, so by the minute.
    hourly("connections.due", "* * * * *", || Job::new("connections.due", json!({})).once("connections.due")),
    hourly("gateway.months", "30 */6 * * *", || Job::new("gateway.months", json!({})).once("gateway.months")),
];

/// Once for the platform, by Israel's clock; of runs that were missed the last is made up for.
const fn ours(name: &'static str, cron: &'static str, job: fn() -> Job) -> Schedule {
    Schedule { name, cron, zone: Zone::Fixed("Asia/Jerusalem"), missed: 1, job }
}

/// By the hour, whatever the clocks on the wall do: an hour that comes twice is run once there, and would be left out here.
const fn hourly(name: &'static str, cron: &'static str, job: fn() -> Job) -> Schedule {
    Schedule { name, cron, zone: Zone::Fixed("UTC"), missed: 1, job }
}

/// The worker's state: it alone asks providers whether what came from them is true.
pub fn worker(state: AppState) -> anyhow::Result<AppState> {
    let askers = Askers::at(&state.config.ask, hooks::ask::LIMIT)?;
    Ok(AppState { askers, ..state })
}

/// The whole web role.
pub fn router(state: AppState) -> Router {
    let pages = pages(state.clone());
    let routes = Router::new()
        .route("/b/{slug}/posts", post(write_post))
        .route("/b/{slug}/posts/{post}/card", get(feed::server::http::card))
        .route("/b/{slug}/pictures/{picture}", get(feed::server::http::picture))
        .route("/b/{slug}/stream", get(stream::server::stream))
        .route("/b/{slug}/socket", get(stream::server::socket))
        .route("/b/{slug}/pay", get(joining::server::http::pay))
        .route("/b/{slug}/enter", get(joining::server::http::enter))
        .route("/b/{slug}/alarms", get(buildings::server::http::alarms))
        .route("/b/{slug}/committee/{page}/now", get(buildings::server::http::now))
        .route("/b/{slug}/committee/audit/export", get(audit::server::http::file))
        .route("/operator/queues/now", get(operator::server::http::queues_now))
        .route("/operator/webhooks/now", get(operator::server::http::outgoing_now))
        .route("/operator/inbound/now", get(operator::server::http::inbound_now))
        .route("/operator/tenants/now", get(operator::server::http::tenants_now))
        .route("/operator/now", get(operator::server::http::join_times_now))
        .route("/operator/health/now", get(operator::server::http::health_now))
        .route("/operator/slow/now", get(operator::server::http::slow_now))
        .route("/open/preview", post(preview))
        .route("/prefer/{name}/{value}", get(prefer))
        .route("/call/{*endpoint}", any(call))
        .with_state((state.clone(), pages.clone()).into())
        .fallback_service(pages);
    let guarded = named(routes)
        .layer(middleware::from_fn_with_state(state.clone(), first_feed))
        .layer(middleware::from_fn_with_state(state.clone(), security::identify))
        .layer(middleware::from_fn_with_state(state.clone(), gate::ceiling));
    let house = Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .with_state(state.clone())
        .merge(webhooks(&apart(&state, "intake", 6)))
        .merge(assets(&state))
        .merge(partner_api(&apart(&state, "partners", 1)))
        .fallback_service(guarded);
    named(house)
        // Over everything that may change something, whoever proves himself how.
        .layer(CsrfLayer::new())
        .layer(middleware::from_fn_with_state(state.clone(), security::headers))
        .layer(tower_http::catch_panic::CatchPanicLayer::new())
        .layer(middleware::from_fn_with_state(state, meters::requests))
}

/// Providers and partners' programs knock as often as they like; pages are read by people. So each has connections to the
/// database of its own, eighths of what pages have, and says 503 when they are taken: a flood at one door is felt at no other.
fn apart(state: &AppState, role: &'static str, eighths: u32) -> AppState {
    let own = state.apart((state.config.pool_size * eighths / 8).max(1));
    state.meters.watch_pool(role, own.pool.clone());
    own
}

/// What providers knock at; its state is the process's one receiver.
fn webhooks(state: &AppState) -> Router {
    Router::new()
        .route("/webhooks/stripe", post(intake::server::http::stripe))
        .route("/webhooks/{provider}", get(intake::server::http::shared_challenge).post(intake::server::http::shared))
        .route("/webhooks/{provider}/{secret}", get(intake::server::http::own_challenge).post(intake::server::http::own))
        .with_state(intake::server::http::Receiver::new(state.clone()))
}

/// The REST API of partners: programs with a key, and no cookie of anybody's.
fn partner_api(state: &AppState) -> Router {
    use gateway::server::api;
    Router::new()
        .route("/api/v1/openapi.json", get(api::openapi))
        .route("/api/v1/me", get(api::me))
        .route("/api/v1/event-types", get(api::event_types))
        .route("/api/v1/event-types/{type}", get(api::event_type))
        .route("/api/v1/buildings", get(api::buildings))
        .route("/api/v1/endpoints", get(api::endpoints).post(api::add_endpoint))
        .route("/api/v1/endpoints/{id}", get(api::endpoint).patch(api::change_endpoint).delete(api::delete_endpoint))
        .route("/api/v1/endpoints/{id}/rotate", post(api::rotate_secret))
        .route("/api/v1/endpoints/{id}/test", post(api::test_endpoint))
        .route("/api/v1/endpoints/{id}/replay", post(api::replay))
        .route("/api/v1/deliveries", get(api::deliveries))
        .route("/api/v1/deliveries/{id}", get(api::delivery))
        .route("/api/v1/deliveries/{id}/retry", post(api::retry))
        .route("/api/v1/{*rest}", any(api::not_there))
        .method_not_allowed_fallback(api::no_such_method)
        .layer(Extension(api::Turns::new(state.pool.options().get_max_connections())))
        .with_state(state.clone())
}

/// Notes which of a router's routes answers, for measures.
fn named(router: Router) -> Router {
    router.layer(middleware::from_fn_with_state(Arc::new(server_function_paths()), meters::name_route))
}

/// What handlers of plain routes are given: the state, the pages to show again, and the process's looks at the live line.
#[derive(Clone)]
pub struct Web {
    state: AppState,
    pages: Router,
    looks: stream::server::Looks,
}

impl From<(AppState, Router)> for Web {
    fn from((state, pages): (AppState, Router)) -> Self {
        Self { looks: stream::server::Looks::new(state.clone()), state, pages }
    }
}

impl axum::extract::FromRef<Web> for AppState {
    fn from_ref(web: &Web) -> Self {
        web.state.clone()
    }
}

impl axum::extract::FromRef<Web> for stream::server::Looks {
    fn from_ref(web: &Web) -> Self {
        web.looks.clone()
    }
}

async fn call(State(web): State<Web>, request: Request) -> Response {
    forms::call(web.state, web.pages, request).await
}

async fn write_post(State(web): State<Web>, request: Request) -> Response {
    feed::server::http::write_post(web.state, web.pages, request).await
}

async fn preview(State(web): State<Web>, request: Request) -> Response {
    buildings::server::http::preview(web.state, web.pages, request).await
}

/// Every page of the app, rendered whole before the first byte, so that it stands without JavaScript.
fn pages(state: AppState) -> Router {
    let routes = leptos_axum::generate_route_list(app::App);
    named(Router::new().leptos_routes_with_handler(routes, get(page)).fallback(page).with_state(state))
}

/// What Prometheus asks, and whoever keeps a process of any role alive, on a listener of its own: it is nothing for who
/// reads pages.
pub fn metrics_router(state: AppState) -> Router {
    Router::new().route("/metrics", get(metrics)).route("/healthz", get(|| async { "ok" })).route("/readyz", get(ready)).with_state(state)
}

/// Tells Prometheus how the rooms stand whose work is everybody's; a worker does, once a minute.
pub async fn measure(state: &AppState) -> Result<(), Fault> {
    gateway::server::overview::measure(state).await?;
    audit::server::jobs::measure(state).await
}

async fn metrics(State(state): State<AppState>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], state.meters.render()).into_response()
}

async fn page(State(state): State<AppState>, request: Request) -> Response {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let options = state.leptos.clone();
    let info = request.extensions().get::<RequestInfo>().cloned();
    let replayed = request.extensions().get::<Replay>().cloned();
    let contexts = move || {
        provide_context(state.clone());
        provide_context(ui::Demo(state.config.demo));
        provide_context(feed::server::WhoWaits(|cx| Box::pin(joining::server::waiting_in_flat(cx))));
        provide_context(feed::server::WhoIsNew(|cx| Box::pin(joining::server::newcomers(cx))));
        provide_context(feed::server::WhatIsDue(|cx| Box::pin(joining::server::charge_of_flat(cx))));
        provide_context(ui::Alarms::default());
        provide_context(crate::platform::door::Beside(|cx| Box::pin(buildings::server::http::tell_page(cx))));
        provide_context(ui::FormKey(crate::platform::Ids.new_id::<uuid::Uuid>().to_string()));
        if let Some(info) = &info {
            provide_context(info.lang);
            provide_context(ui::Theme(info.theme.clone()));
        }
        if let Some(replayed) = &replayed {
            provide_context(replayed.clone());
        }
        let nonce = leptos::nonce::use_nonce().map(|nonce| nonce.to_string()).unwrap_or_default();
        let policy = security::content_policy(&nonce, &state.config.stripe.checkout_origin);
        if let (Some(response), Ok(policy)) = (use_context::<leptos_axum::ResponseOptions>(), HeaderValue::from_str(&policy)) {
            response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
        }
    };
    let render = leptos_axum::render_app_async_with_context(contexts, move || app::shell(options.clone()));
    render(request).await
}

/// Notes the first view of the feed by the browser that joined; the end of the join time we measure.
async fn first_feed(State(state): State<AppState>, request: Request, next: middleware::Next) -> Response {
    let slug = request.uri().path().strip_prefix("/b/").filter(|rest| !rest.contains('/')).map(str::to_owned);
    let info = request.extensions().get::<RequestInfo>().cloned();
    let mut response = next.run(request).await;
    if let (Some(slug), Some(info), StatusCode::OK) = (slug, info, response.status())
        && let Some(secret) = info.join_secret.clone()
    {
        let noted = async {
            let (mut cx, _) = crate::platform::door::open_for(&state, &info, &slug).await?;
            let noted = joining::server::note_first_feed(&mut cx, &secret).await?;
            cx.commit().await.map(|()| noted)
        };
        match noted.await {
            Ok(true) => {
                if let Ok(value) = HeaderValue::from_str(&cookies::remove(cookies::JOIN)) {
                    response.headers_mut().append(header::SET_COOKIE, value);
                }
            }
            Ok(false) => {}
            Err(fault) => tracing::warn!(error = ?fault, "the first view of the feed could not be noted"),
        }
    }
    response
}

/// Remembers language or theme in a cookie and leads back.
async fn prefer(Path((name, value)): Path<(String, String)>, request: Request) -> Response {
    let known = matches!((name.as_str(), value.as_str()), ("lang", "he" | "en") | ("theme", "light" | "dark" | "auto"));
    if !known {
        return StatusCode::NOT_FOUND.into_response();
    }
    let cookie = if value == "auto" { format!("{name}=; Path=/; Max-Age=0; SameSite=Lax") } else { cookies::write_preference(&name, &value) };
    let (parts, _) = request.into_parts();
    let back = forms::page_of(&parts).unwrap_or_else(|| "/".into());
    (StatusCode::SEE_OTHER, [(header::LOCATION, back), (header::SET_COOKIE, cookie)]).into_response()
}

/// The longest that the database is waited for by who asks whether we are ready.
const READY_TIME: Duration = Duration::from_secs(2);

/// Ready: the database answers, and nobody has told us to stop. `/healthz` says only that the process lives: one whose
/// database is away must not be started anew for it.
async fn ready(State(state): State<AppState>) -> Response {
    let not = |why: &str| (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "ready": false, "why": why }))).into_response();
    if state.leaving.is_cancelled() {
        return not("leaving");
    }
    match tokio::time::timeout(READY_TIME, sqlx::query_scalar!("select 1").fetch_one(&state.pool)).await {
        Ok(Ok(_)) => Json(json!({ "ready": true })).into_response(),
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready: the database does not answer");
            not("database")
        }
        Err(_) => not("database"),
    }
}

/// Built files: hashed ones may be kept for ever, fonts for a year, the rest asks again.
fn assets(state: &AppState) -> Router {
    let root = std::path::PathBuf::from(state.leptos.site_root.as_ref());
    let keep = |value: &'static str| tower_http::set_header::SetResponseHeaderLayer::overriding(header::CACHE_CONTROL, HeaderValue::from_static(value));
    let folder = |name: &str| ServeDir::new(root.join(name)).precompressed_br().precompressed_gzip();
    let mut router = Router::new()
        .nest_service("/pkg", tower::ServiceBuilder::new().layer(keep("public, max-age=31536000, immutable")).service(folder(state.leptos.site_pkg_dir.as_ref())))
        .nest_service("/fonts", tower::ServiceBuilder::new().layer(keep("public, max-age=31536000, immutable")).service(folder("fonts")))
        .nest_service("/icons", tower::ServiceBuilder::new().layer(keep("public, max-age=86400")).service(folder("icons")));
    for file in ["manifest.webmanifest", "sw.js", "boot.js", "favicon.svg", "favicon.ico", "robots.txt"] {
        let service = tower::ServiceBuilder::new().layer(keep("no-cache")).service(tower_http::services::ServeFile::new(root.join(file)).precompressed_br());
        router = router.route_service(&format!("/{file}"), service);
    }
    router
}

/// The paths of all server functions, for tests that insist on a row for each.
pub fn server_function_paths() -> Vec<String> {
    let mut paths: Vec<String> = leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path.to_owned()).collect();
    paths.sort();
    paths
}
