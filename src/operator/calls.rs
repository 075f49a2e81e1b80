//! The browser's door to the operator's pages.

use kit::AppError;
use leptos::prelude::*;

use super::model::health::HealthPage;
use super::model::inbound::InboundPage;
use super::model::outgoing::OutgoingPage;
use super::model::slow::SlowPage;
use super::model::tenants::TenantsPage;
use super::model::{JoinTimesPage, QueuesPage};

/// Join times across buildings.
#[server(prefix = "/call", endpoint = "operator/join_times")]
pub async fn read_join_times() -> Result<JoinTimesPage, AppError> {
    let mut cx = crate::platform::door::global().await?;
    let claims = crate::platform::door::claims();
    let outcome = super::server::join_times(&mut cx, claims).await;
    cx.finish(outcome).await
}

/// Inbound events, the latest first: of a provider, in a state, with an id; `cursor` is a page's `next`, `open` the event
/// that is looked at.
#[server(name = LoadInbound, prefix = "/call", endpoint = "operator/inbound")]
pub async fn inbound_page(
    #[server(default)] provider: String,
    #[server(default)] state: String,
    #[server(default)] event: String,
    #[server(default)] cursor: String,
    #[server(default)] open: String,
) -> Result<InboundPage, AppError> {
    let mut cx = crate::platform::door::global().await?;
    let claims = crate::platform::door::claims();
    let outcome = super::server::inbound(&mut cx, claims, [provider, state, event, cursor], &open).await;
    cx.finish(outcome).await
}

/// Has one inbound event read again.
#[server(prefix = "/call", endpoint = "operator/replay_inbound")]
pub async fn replay_inbound(inbound: String) -> Result<(), AppError> {
    let mut cx = crate::platform::door::global().await?;
    let claims = crate::platform::door::claims();
    let outcome = super::server::replay_inbound(&mut cx, claims, &inbound).await;
    let next = cx.finish(outcome).await?;
    crate::platform::door::redirect(&next);
    Ok(())
}

/// The queues: lanes, retries, dead letters, schedules.
#[server(name = ReadQueues, prefix = "/call", endpoint = "operator/queues")]
pub async fn read_queues() -> Result<QueuesPage, AppError> {
    let mut cx = crate::platform::door::global().await?;
    let outcome = super::server::queues(&mut cx, crate::platform::door::claims()).await;
    cx.finish(outcome).await
}

/// Puts a dead letter's job in again.
#[server(name = ReplayLetter, prefix = "/call", endpoint = "operator/replay")]
pub async fn replay_letter(letter: String) -> Result<(), AppError> {
    let mut cx = crate::platform::door::global().await?;
    let outcome = super::server::replay(&mut cx, crate::platform::door::claims(), &letter).await;
    let next = cx.finish(outcome).await?;
    crate::platform::door::redirect(&next);
    Ok(())
}

/// The same for all dead letters of a task.
#[server(name = ReplayTask, prefix = "/call", endpoint = "operator/replay_task")]
pub async fn replay_task(task: String) -> Result<(), AppError> {
    let mut cx = crate::platform::door::global().await?;
    let outcome = super::server::replay_task(&mut cx, crate::platform::door::claims(), &task).await;
    let next = cx.finish(outcome).await?;
    crate::platform::door::redirect(&next);
    Ok(())
}

/// Decides that a dead letter's job is not to be done.
#[server(name = DiscardLetter, prefix = "/call", endpoint = "operator/discard")]
pub async fn discard_letter(letter: String) -> Result<(), AppError> {
    let mut cx = crate::platform::door::global().await?;
    let outcome = super::server::discard(&mut cx, crate::platform::door::claims(), &letter).await;
    let next = cx.finish(outcome).await?;
    crate::platform::door::redirect(&next);
    Ok(())
}

/// Takes a discard back.
#[server(name = RestoreLetter, prefix = "/call", endpoint = "operator/restore")]
pub async fn restore_letter(letter: String) -> Result<(), AppError> {
    let mut cx = crate::platform::door::global().await?;
    let outcome = super::server::restore(&mut cx, crate::platform::door::claims(), &letter).await;
    let next = cx.finish(outcome).await?;
    crate::platform::door::redirect(&next);
    Ok(())
}

/// Outgoing webhooks, the latest first: to a partner, in a state, of a type; `cursor` is a page's `next`, `open` the
/// delivery that is looked at.
#[server(name = LoadOutgoing, prefix = "/call", endpoint = "operator/outgoing")]
pub async fn outgoing_page(
    #[server(default)] partner: String,
    #[server(default)] state: String,
    #[server(default)] event: String,
    #[server(default)] cursor: String,
    #[server(default)] open: String,
) -> Result<OutgoingPage, AppError> {
    let mut cx = crate::platform::door::global().await?;
    let claims = crate::platform::door::claims();
    let outcome = super::server::outgoing(&mut cx, claims, [partner, state, event, cursor], &open).await;
    cx.finish(outcome).await
}

/// Has one delivery sent again.
#[server(prefix = "/call", endpoint = "operator/replay_delivery")]
pub async fn replay_delivery(delivery: String) -> Result<(), AppError> {
    let mut cx = crate::platform::door::global().await?;
    let outcome = super::server::replay_delivery(&mut cx, crate::platform::door::claims(), &delivery).await;
    let next = cx.finish(outcome).await?;
    crate::platform::door::redirect(&next);
    Ok(())
}

/// Buildings (or, with `what=companies`, companies), the latest first; `cursor` is a page's `next`.
#[server(name = LoadTenants, prefix = "/call", endpoint = "operator/tenants")]
pub async fn tenants_page(#[server(default)] search: String, #[server(default)] what: String, #[server(default)] cursor: String) -> Result<TenantsPage, AppError> {
    let mut cx = crate::platform::door::global().await?;
    let outcome = super::server::tenants(&mut cx, crate::platform::door::claims(), &search, what == "companies", &cursor).await;
    cx.finish(outcome).await
}

/// What is known of the platform's health.
#[server(name = ReadHealth, prefix = "/call", endpoint = "operator/health")]
pub async fn read_health() -> Result<HealthPage, AppError> {
    let mut cx = crate::platform::door::global().await?;
    let outcome = super::server::health(&mut cx, crate::platform::door::claims(), crate::platform::door::pulse()).await;
    cx.finish(outcome).await
}

/// The slowest requests of the process that answers.
#[server(name = ReadSlow, prefix = "/call", endpoint = "operator/slow")]
pub async fn read_slow() -> Result<SlowPage, AppError> {
    let mut cx = crate::platform::door::global().await?;
    let outcome = super::server::slow(&mut cx, crate::platform::door::claims(), &crate::platform::door::slow_requests()).await;
    cx.finish(outcome).await
}
