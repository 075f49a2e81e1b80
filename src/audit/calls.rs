//! The browser's door to the audit log.

use kit::AppError;
use leptos::prelude::*;

use super::model::AuditPage;

/// Lines, the latest first. `filter` is a word of `AuditFilter`, `before` a page's `next`.
#[server(prefix = "/call", endpoint = "audit/page")]
pub async fn read_audit(building: String, #[server(default)] filter: String, #[server(default)] asked: String, #[server(default)] before: String) -> Result<AuditPage, AppError> {
    let mut cx = crate::platform::door::open(&building).await?;
    let outcome = super::server::page(&mut cx, &filter, &asked, &before).await;
    cx.finish(outcome).await
}

/// Reads the whole chain now, when it is short enough to wait for.
#[server(prefix = "/call", endpoint = "audit/check")]
pub async fn check_audit(building: String) -> Result<(), AppError> {
    let mut cx = crate::platform::door::open(&building).await?;
    let outcome = super::server::check_now(&mut cx).await;
    let next = cx.finish(outcome).await?;
    crate::platform::door::redirect(&next);
    Ok(())
}
