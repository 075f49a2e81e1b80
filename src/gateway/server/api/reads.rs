//! Who one is, what the catalogue holds, and which buildings tell one something.

use axum::Json;
use axum::extract::Path;
use axum::response::IntoResponse;
use http::{HeaderName, header};

use super::door::{Anybody, ApiError, Caller, nothing_there, wrong_cursor};
use super::shapes::{BuildingOut, EventTypeOut, MeOut, Page};
use crate::gateway::server::catalogue;
use crate::gateway::server::store;

/// Whose key this is.
#[utoipa::path(get, path = "/api/v1/me", tag = "Account", responses((status = 200, description = "The partner, and what this key may do", body = MeOut)))]
pub async fn me(caller: Caller) -> Json<MeOut> {
    let partner = caller.partner;
    Json(MeOut { code: partner.code, name: partner.name, kind: partner.kind.word(), scope: caller.scope.word() })
}

/// What is public may be kept for a while by whoever asked.
const KEPT: [(HeaderName, &str); 1] = [(header::CACHE_CONTROL, "public, max-age=300")];

/// The whole catalogue of events. It needs no key.
#[utoipa::path(get, path = "/api/v1/event-types", tag = "Events", security(()), responses((status = 200, description = "Every type, with its schema and an example", body = Page<EventTypeOut>)))]
pub async fn event_types(_: Anybody) -> impl IntoResponse {
    (KEPT, Json(Page { data: catalogue::all().into_iter().map(EventTypeOut::from).collect(), next_cursor: None }))
}

/// One type of the catalogue. It needs no key.
#[utoipa::path(get, path = "/api/v1/event-types/{type}", tag = "Events", security(()), params(("type" = String, Path, description = "Such as hazard.raised")),
    responses((status = 200, description = "The type, with its schema and an example", body = EventTypeOut)))]
pub async fn event_type(_: Anybody, Path(event_type): Path<String>) -> Result<impl IntoResponse, ApiError> {
    let event = catalogue::event(&event_type).ok_or_else(nothing_there)?;
    Ok((KEPT, Json(EventTypeOut::from(event))))
}

/// The buildings that let you hear something now.
#[utoipa::path(get, path = "/api/v1/buildings", tag = "Buildings",
    params(("limit" = Option<i32>, Query, description = "1 to 100; 50 when absent", minimum = 1, maximum = 100), ("cursor" = Option<String>, Query, description = "The next_cursor of the page before")),
    responses((status = 200, description = "By id; with x-tenant-id that one alone", body = Page<BuildingOut>)))]
pub async fn buildings(caller: Caller) -> Result<Json<Page<BuildingOut>>, ApiError> {
    let (limit, cursor) = caller.page()?;
    let after = cursor.map(|cursor| cursor.parse().map_err(|_| wrong_cursor())).transpose()?;
    let mut cx = caller.open().await?;
    let now = cx.now;
    let outcome = store::buildings(cx.db(), caller.partner.id, caller.building, after, limit + 1, now).await.map_err(Into::into);
    let mut lines = cx.finish(outcome).await?;
    let more = lines.len() > limit as usize;
    lines.truncate(limit as usize);
    let next_cursor = lines.last().filter(|_| more).map(|line| line.tenant_id.to_string());
    Ok(Json(Page { data: lines.into_iter().map(BuildingOut::from).collect(), next_cursor }))
}
