//! The browser's door to the operator's pages.

use kit::AppError;
use leptos::prelude::*;

use super::model::JoinTimesPage;

/// Join times across buildings.
#[server(prefix = "/call", endpoint = "operator/join_times")]
pub async fn read_join_times() -> Result<JoinTimesPage, AppError> {
    let mut cx = crate::platform::door::global().await?;
    let claims = crate::platform::door::claims();
    let outcome = super::server::join_times(&mut cx, claims).await;
    cx.finish(outcome).await
}
