//! The two plain doors between the form and the feed: to the payment page, and back from it.

use std::time::Duration;

use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderValue, header};
use kit::PersonId;

use super::service::browser_hash;
use super::steps;
use super::store;
use crate::identity::server as identity;
use crate::payments::server::{self as payments, CheckoutStatus};
use crate::platform::door::{self, Grant, RequestInfo};
use crate::platform::{AppState, Cx, Fault};

/// Without news a waiting request looks again this often.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// `GET /b/{slug}/pay`: leads to the provider's page as soon as the payment engine has opened it; after a short
/// wait, to a page that refreshes itself.
pub async fn pay(State(state): State<AppState>, Path(slug): Path<String>, info: RequestInfo) -> Response {
    let mut news = state.news.subscribe();
    let deadline = tokio::time::Instant::now() + state.config.payment_wait;
    loop {
        match pay_step(&state, &info, &slug).await {
            Ok(Step::Go(url)) => return lead(&url),
            Ok(Step::Wait(tenant)) => {
                if !wait_for_news(&mut news, tenant, deadline).await {
                    return lead(&format!("/b/{slug}/welcome"));
                }
            }
            Err(fault) => return refuse(fault, &info, &slug),
        }
    }
}

/// `GET /b/{slug}/enter`: the payer comes back. Stripe is asked at once; whoever paid from this browser, and is new
/// to us, is signed in once. With `s` (Stripe's address carries it) Stripe is asked whatever it said before; without,
/// as from the page that looks again by itself, an answer that is there is enough.
pub async fn enter(State(state): State<AppState>, Path(slug): Path<String>, RawQuery(query): RawQuery, info: RequestInfo) -> Response {
    let mut news = state.news.subscribe();
    let deadline = tokio::time::Instant::now() + state.config.payment_wait;
    let back = query.unwrap_or_default().split('&').any(|pair| pair.starts_with("s="));
    let mut arrival = if back { Arrival::FromPage } else { Arrival::Looks };
    loop {
        match enter_step(&state, &info, &slug, arrival).await {
            Ok((Step::Go(path), grant)) => return signed_in(&state, lead(&path), grant),
            Ok((Step::Wait(tenant), _)) => {
                arrival = Arrival::Waits;
                if !wait_for_news(&mut news, tenant, deadline).await {
                    return lead(&format!("/b/{slug}/welcome"));
                }
            }
            Err(fault) => return refuse(fault, &info, &slug),
        }
    }
}

/// What brings the browser to `/enter`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Arrival {
    /// Straight from the payment page.
    FromPage,
    /// To see how things stand.
    Looks,
    /// It asked already in this request.
    Waits,
}

enum Step {
    /// Lead the browser here.
    Go(String),
    /// Look again when this tenant has news.
    Wait(uuid::Uuid),
}

async fn pay_step(state: &AppState, info: &RequestInfo, slug: &str) -> Result<Step, Fault> {
    let (mut cx, _) = door::open_for(state, info, slug).await?;
    let step = pay_decision(&mut cx, info, slug).await?;
    cx.commit().await?;
    Ok(step)
}

async fn pay_decision(cx: &mut Cx, info: &RequestInfo, slug: &str) -> Result<Step, Fault> {
    let secret = info.join_secret.as_deref().unwrap_or_default();
    let Some(row) = store::of_browser(cx.db(), &browser_hash(secret)).await? else { return Ok(Step::Go(format!("/b/{slug}/join"))) };
    if row.state != "paying" {
        return Ok(Step::Go(format!("/b/{slug}/enter")));
    }
    let Some(checkout) = payments::latest_for(cx, row.join_id).await? else { return Ok(Step::Go(format!("/b/{slug}/join"))) };
    Ok(match (checkout.status, checkout.url) {
        // It closed while nobody looked: Stripe is asked how it ended.
        (CheckoutStatus::Open, _) if checkout.closes_at.is_some_and(|closes| closes <= cx.now) => Step::Go(format!("/b/{slug}/enter?s=closed")),
        (CheckoutStatus::Open, Some(url)) => {
            let now = cx.now;
            let before = store::times(cx.db(), row.join_id).await?;
            store::payment_opened(cx.db(), row.join_id, now).await?;
            steps::payment_opened(cx, &before);
            Step::Go(url)
        }
        (CheckoutStatus::Intended, _) => Step::Wait(cx.tenant.id.0),
        (CheckoutStatus::Paid, _) => Step::Go(format!("/b/{slug}/enter")),
        _ => Step::Go(format!("/b/{slug}/welcome")),
    })
}

async fn enter_step(state: &AppState, info: &RequestInfo, slug: &str, arrival: Arrival) -> Result<(Step, Option<Grant>), Fault> {
    let (mut cx, _) = door::open_for(state, info, slug).await?;
    let outcome = enter_decision(&mut cx, info, slug, arrival).await?;
    cx.commit().await?;
    Ok(outcome)
}

async fn enter_decision(cx: &mut Cx, info: &RequestInfo, slug: &str, arrival: Arrival) -> Result<(Step, Option<Grant>), Fault> {
    let welcome = format!("/b/{slug}/welcome");
    let secret = info.join_secret.as_deref().unwrap_or_default();
    let Some(row) = store::of_browser(cx.db(), &browser_hash(secret)).await? else {
        // Not the browser that began: whoever opens the return address elsewhere is asked for the code.
        let path = if cx.caller.membership.is_some() { format!("/b/{slug}") } else { format!("/signin?next=%2Fb%2F{slug}") };
        return Ok((Step::Go(path), None));
    };
    match row.state.as_str() {
        "admitted" => {
            let now = cx.now;
            let grant = match row.person {
                Some(person) if cx.caller.membership.is_none() && store::sign_in_once(cx.db(), row.join_id, now).await? => {
                    let (ids, agent) = (cx.ids, cx.agent.clone());
                    Some(identity::begin_session(cx.db(), ids, PersonId(person), &agent, now, &welcome).await?)
                }
                _ => None,
            };
            Ok((Step::Go(welcome), grant))
        }
        "paying" => {
            let Some(checkout) = payments::latest_for(cx, row.join_id).await? else { return Ok((Step::Go(format!("/b/{slug}/join")), None)) };
            match checkout.status {
                CheckoutStatus::Open => {
                    let answered = checkout.was_back && !checkout.awaits_answer;
                    match arrival {
                        Arrival::Looks | Arrival::Waits if answered => return Ok((Step::Go(welcome), None)),
                        Arrival::Waits => {}
                        Arrival::FromPage | Arrival::Looks => payments::came_back(cx, checkout.id, arrival == Arrival::FromPage).await?,
                    }
                    Ok((Step::Wait(cx.tenant.id.0), None))
                }
                // The page is not open yet, or it is paid and the admission is on its way.
                CheckoutStatus::Intended | CheckoutStatus::Paid => Ok((Step::Wait(cx.tenant.id.0), None)),
                _ => Ok((Step::Go(welcome), None)),
            }
        }
        "started" => Ok((Step::Go(format!("/b/{slug}/join")), None)),
        _ => Ok((Step::Go(welcome), None)),
    }
}

/// True when it is worth looking again before the deadline: this tenant had news, or for a while nobody had any. The
/// listening connection may be lost and come back; whoever stands here does not wait out his time because of that.
async fn wait_for_news(news: &mut tokio::sync::broadcast::Receiver<uuid::Uuid>, tenant: uuid::Uuid, deadline: tokio::time::Instant) -> bool {
    let look = deadline.min(tokio::time::Instant::now() + LOOK_AGAIN);
    loop {
        match tokio::time::timeout_at(look, news.recv()).await {
            Ok(Ok(who)) if who == tenant || who.is_nil() => return true,
            // Behind on news: look again to be sure.
            Ok(Err(tokio::sync::broadcast::error::RecvError::Lagged(_))) => return true,
            Ok(Ok(_)) => {}
            Err(_) => return look < deadline,
            Ok(Err(tokio::sync::broadcast::error::RecvError::Closed)) => return false,
        }
    }
}

fn lead(to: &str) -> Response {
    Redirect::to(to).into_response()
}

fn signed_in(state: &AppState, mut response: Response, grant: Option<Grant>) -> Response {
    let Some(grant) = grant else { return response };
    match door::grant_cookies(state, &grant, state.clock.now()) {
        Ok(cookies) => {
            for cookie in cookies {
                if let Ok(value) = HeaderValue::from_str(&cookie) {
                    response.headers_mut().append(header::SET_COOKIE, value);
                }
            }
        }
        Err(fault) => tracing::error!(error = ?fault, "a session was begun and could not be handed over"),
    }
    response
}

fn refuse(fault: Fault, info: &RequestInfo, slug: &str) -> Response {
    match fault {
        Fault::NotFound => door::error_response(&Fault::NotFound.into_app(info.lang, &info.trace)),
        fault => {
            // The page of where the attempt stands tells it in words and looks again by itself.
            tracing::error!(error = ?fault, trace = info.trace, "the way to or from the payment page failed");
            lead(&format!("/b/{slug}/welcome"))
        }
    }
}
