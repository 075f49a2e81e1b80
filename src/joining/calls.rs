//! The browser's door to joining.

use kit::AppError;
use leptos::prelude::*;

use super::model::{FlatCheck, JoinPage, WelcomePage};

/// What the form of one building needs. Also notes that an attempt began.
#[server(name = LoadJoinPage, prefix = "/call", endpoint = "joining/page")]
pub async fn join_page(building: String) -> Result<JoinPage, AppError> {
    let mut cx = crate::platform::door::open(&building).await?;
    let browser = crate::platform::door::join_cookie(&cx);
    let outcome = super::server::page(&mut cx, &browser).await;
    cx.finish(outcome).await
}

/// Whether a flat of that number exists and may be joined; asked while it is typed.
#[server(prefix = "/call", endpoint = "joining/flat")]
pub async fn check_flat(building: String, flat: String) -> Result<FlatCheck, AppError> {
    let mut cx = crate::platform::door::open(&building).await?;
    let outcome = super::server::check_flat(&mut cx, &flat).await;
    cx.finish(outcome).await
}

/// Sends the form. Leads to the payment page, or to the waiting page when the flat already pays.
#[server(prefix = "/call", endpoint = "joining/submit")]
pub async fn submit(building: String, flat: String, name: String, phone: String, consent_version: String, #[server(default)] code: String) -> Result<(), AppError> {
    let mut cx = crate::platform::door::open(&building).await?;
    let browser = crate::platform::door::join_cookie(&cx);
    let outcome = super::server::submit(&mut cx, &browser, super::server::Typed { flat, name, phone, consent_version, code }).await;
    let next = cx.finish(outcome).await?;
    crate::platform::door::redirect(&next);
    Ok(())
}

/// Where this browser's attempt stands: the success screen, and the page that waits for a yes.
#[server(name = LoadWelcomePage, prefix = "/call", endpoint = "joining/welcome")]
pub async fn welcome_page(building: String) -> Result<WelcomePage, AppError> {
    let mut cx = crate::platform::door::open(&building).await?;
    let browser = crate::platform::door::join_cookie(&cx);
    let outcome = super::server::welcome(&mut cx, &browser).await;
    cx.finish(outcome).await
}

/// A flatmate or the committee says yes or no to somebody who waits.
#[server(prefix = "/call", endpoint = "joining/answer")]
pub async fn answer(building: String, join: String, yes: bool) -> Result<(), AppError> {
    let mut cx = crate::platform::door::open(&building).await?;
    let outcome = super::server::answer(&mut cx, &join, yes).await;
    cx.finish(outcome).await
}
