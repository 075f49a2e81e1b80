//! The browser's door to the gateway: a partner's desk, and what a committee grants.

use kit::AppError;
use leptos::prelude::*;

use super::model::{AccessPage, DevelopersPage, PartnerDesk, PartnerOpening};

/// The form that opens a partner, and the partners of whoever is signed in.
#[server(name = ReadPartnerOpening, prefix = "/call", endpoint = "gateway/opening")]
pub async fn read_opening() -> Result<PartnerOpening, AppError> {
    let mut cx = crate::platform::door::global().await?;
    let outcome = super::server::opening(&mut cx, crate::platform::door::claims()).await;
    cx.finish(outcome).await
}

/// Opens a partner, for whom the caller works from then on.
#[server(prefix = "/call", endpoint = "gateway/open")]
pub async fn open_partner(name: String, #[server(default)] kind: String) -> Result<(), AppError> {
    let mut cx = crate::platform::door::global().await?;
    let outcome = super::server::open(&mut cx, crate::platform::door::claims(), &name, &kind).await;
    let next = cx.finish(outcome).await?;
    crate::platform::door::redirect(&next);
    Ok(())
}

/// A partner's desk, for who works there.
#[server(name = ReadPartnerDesk, prefix = "/call", endpoint = "gateway/desk")]
pub async fn read_desk(partner: String) -> Result<PartnerDesk, AppError> {
    let mut cx = crate::platform::door::global().await?;
    let shown = crate::platform::door::take_shown();
    let outcome = super::server::desk(&mut cx, crate::platform::door::claims(), &partner, shown.as_deref()).await;
    cx.finish(outcome).await
}

/// Makes a key of the REST API.
#[server(prefix = "/call", endpoint = "gateway/add_key")]
pub async fn add_key(partner: String, key_name: String, #[server(default)] scope: String) -> Result<(), AppError> {
    let mut cx = crate::platform::door::global().await?;
    let outcome = super::server::add_key(&mut cx, crate::platform::door::claims(), &partner, &key_name, &scope).await;
    let made = cx.finish(outcome).await?;
    crate::platform::door::show_once(&made.sealed);
    crate::platform::door::redirect(&made.next);
    Ok(())
}

/// Revokes a key: the next request with it is refused.
#[server(prefix = "/call", endpoint = "gateway/revoke_key")]
pub async fn revoke_key(partner: String, key: String) -> Result<(), AppError> {
    let mut cx = crate::platform::door::global().await?;
    let outcome = super::server::revoke_key(&mut cx, crate::platform::door::claims(), &partner, &key).await;
    let next = cx.finish(outcome).await?;
    crate::platform::door::redirect(&next);
    Ok(())
}

/// Adds an endpoint.
#[server(prefix = "/call", endpoint = "gateway/add_endpoint")]
pub async fn add_endpoint(partner: String, url: String, #[server(default)] description: String, #[server(default)] event_types: Vec<String>) -> Result<(), AppError> {
    let reach = super::server::reach(crate::platform::door::may_loop_back());
    let mut cx = crate::platform::door::global().await?;
    let outcome = super::server::add_endpoint(&mut cx, crate::platform::door::claims(), &partner, reach, url, description, event_types).await;
    let made = cx.finish(outcome).await?;
    crate::platform::door::show_once(&made.sealed);
    crate::platform::door::redirect(&made.next);
    Ok(())
}

/// Changes what an endpoint hears.
#[server(prefix = "/call", endpoint = "gateway/change_endpoint")]
pub async fn change_endpoint(partner: String, endpoint: String, #[server(default)] event_types: Vec<String>) -> Result<(), AppError> {
    let reach = super::server::reach(crate::platform::door::may_loop_back());
    let mut cx = crate::platform::door::global().await?;
    let outcome = super::server::change_endpoint(&mut cx, crate::platform::door::claims(), &partner, reach, &endpoint, event_types).await;
    let next = cx.finish(outcome).await?;
    crate::platform::door::redirect(&next);
    Ok(())
}

/// Pauses an endpoint, or switches it on again.
#[server(prefix = "/call", endpoint = "gateway/pause_endpoint")]
pub async fn pause_endpoint(partner: String, endpoint: String, #[server(default)] on: bool) -> Result<(), AppError> {
    let reach = super::server::reach(crate::platform::door::may_loop_back());
    let mut cx = crate::platform::door::global().await?;
    let outcome = super::server::pause_endpoint(&mut cx, crate::platform::door::claims(), &partner, reach, &endpoint, on).await;
    let next = cx.finish(outcome).await?;
    crate::platform::door::redirect(&next);
    Ok(())
}

/// Takes an endpoint away.
#[server(prefix = "/call", endpoint = "gateway/delete_endpoint")]
pub async fn delete_endpoint(partner: String, endpoint: String) -> Result<(), AppError> {
    let mut cx = crate::platform::door::global().await?;
    let outcome = super::server::delete_endpoint(&mut cx, crate::platform::door::claims(), &partner, &endpoint).await;
    let next = cx.finish(outcome).await?;
    crate::platform::door::redirect(&next);
    Ok(())
}

/// Replaces an endpoint's secret; the one before signs for a day more.
#[server(prefix = "/call", endpoint = "gateway/rotate_secret")]
pub async fn rotate_secret(partner: String, endpoint: String) -> Result<(), AppError> {
    let mut cx = crate::platform::door::global().await?;
    let outcome = super::server::rotate_secret(&mut cx, crate::platform::door::claims(), &partner, &endpoint).await;
    let made = cx.finish(outcome).await?;
    crate::platform::door::show_once(&made.sealed);
    crate::platform::door::redirect(&made.next);
    Ok(())
}

/// Sends an endpoint a test event.
#[server(prefix = "/call", endpoint = "gateway/test_endpoint")]
pub async fn test_endpoint(partner: String, endpoint: String) -> Result<(), AppError> {
    let mut cx = crate::platform::door::global().await?;
    let outcome = super::server::test_endpoint(&mut cx, crate::platform::door::claims(), &partner, &endpoint).await;
    let next = cx.finish(outcome).await?;
    crate::platform::door::redirect(&next);
    Ok(())
}

/// Makes a delivery again, or now.
#[server(prefix = "/call", endpoint = "gateway/retry")]
pub async fn retry_delivery(partner: String, delivery: String) -> Result<(), AppError> {
    let mut cx = crate::platform::door::global().await?;
    let outcome = super::server::retry_delivery(&mut cx, crate::platform::door::claims(), &partner, &delivery).await;
    let next = cx.finish(outcome).await?;
    crate::platform::door::redirect(&next);
    Ok(())
}

/// Puts away what the desk told of an endpoint that was switched off.
#[server(prefix = "/call", endpoint = "gateway/put_away")]
pub async fn put_away(partner: String, notice: String) -> Result<(), AppError> {
    let mut cx = crate::platform::door::global().await?;
    let outcome = super::server::put_away(&mut cx, crate::platform::door::claims(), &partner, &notice).await;
    let next = cx.finish(outcome).await?;
    crate::platform::door::redirect(&next);
    Ok(())
}

/// Who is told what of a building, for its committee.
#[server(name = ReadAccess, prefix = "/call", endpoint = "gateway/access")]
pub async fn read_access(building: String) -> Result<AccessPage, AppError> {
    let mut cx = crate::platform::door::open(&building).await?;
    let outcome = super::server::access(&mut cx).await;
    cx.finish(outcome).await
}

/// The committee lets a partner hear something.
#[server(prefix = "/call", endpoint = "gateway/grant")]
pub async fn grant_access(building: String, code: String, #[server(default)] event_types: Vec<String>, #[server(default)] until: String) -> Result<(), AppError> {
    let mut cx = crate::platform::door::open(&building).await?;
    let outcome = super::server::grant(&mut cx, &code, event_types, &until).await;
    let next = cx.finish(outcome).await?;
    crate::platform::door::redirect(&next);
    Ok(())
}

/// The committee changes what a partner hears, or until when.
#[server(prefix = "/call", endpoint = "gateway/change_grant")]
pub async fn change_access(building: String, grant: String, #[server(default)] event_types: Vec<String>, #[server(default)] until: String) -> Result<(), AppError> {
    let mut cx = crate::platform::door::open(&building).await?;
    let outcome = super::server::change(&mut cx, &grant, event_types, &until).await;
    let next = cx.finish(outcome).await?;
    crate::platform::door::redirect(&next);
    Ok(())
}

/// The committee takes the access back: nothing is told from this moment on.
#[server(prefix = "/call", endpoint = "gateway/withdraw")]
pub async fn withdraw_access(building: String, grant: String) -> Result<(), AppError> {
    let mut cx = crate::platform::door::open(&building).await?;
    let outcome = super::server::withdraw(&mut cx, &grant).await;
    let next = cx.finish(outcome).await?;
    crate::platform::door::redirect(&next);
    Ok(())
}

/// The catalogue and the samples, for those who write the other side. It says nothing of anybody.
#[server(name = ReadDevelopers, prefix = "/call", endpoint = "gateway/developers")]
pub async fn read_developers() -> Result<DevelopersPage, AppError> {
    Ok(super::server::developers(&crate::platform::door::public_url()))
}
