//! What was sent: the log, one delivery with its attempts, and what one may wish to have again.

use std::str::FromStr;

use axum::Json;
use axum::extract::Path;
use http::StatusCode;
use jiff::Timestamp;

use super::door::{ApiError, Caller, Given, Writer, id, nothing_there};
use super::shapes::{AttemptOut, DeliveryOut, DeliveryWhole, Made, Page, ReplayIn, Replaying};
use crate::gateway::server::delivery::{self as verbs, Again, DeliveryLine, DeliveryState, LogFilter, Replayed, Tested};
use crate::gateway::server::sending::message_name;
use crate::gateway::server::store::{self, DeliveryRow};

/// Your deliveries, the newest first.
#[utoipa::path(get, path = "/api/v1/deliveries", tag = "Deliveries",
    params(
        ("endpoint" = Option<uuid::Uuid>, Query, description = "Of this endpoint alone"),
        ("state" = Option<String>, Query, description = "pending, delivered, failed or cancelled"),
        ("type" = Option<String>, Query, description = "Of this type alone"),
        ("limit" = Option<i32>, Query, description = "1 to 100; 50 when absent", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "The next_cursor of the page before")
    ),
    responses((status = 200, description = "A page of the log", body = Page<DeliveryOut>)))]
pub async fn deliveries(caller: Caller) -> Result<Json<Page<DeliveryOut>>, ApiError> {
    let (limit, cursor) = caller.page()?;
    let endpoint = caller.param("endpoint").map(|text| text.parse().map_err(|_| ApiError::field("endpoint", "An endpoint's id."))).transpose()?;
    let wrong_state = || ApiError::field("state", "One of: pending, delivered, failed, cancelled.");
    let state = caller.param("state").map(|word| DeliveryState::from_word(&word).ok_or_else(wrong_state)).transpose()?;
    let filter = LogFilter { endpoint, state, event_type: caller.param("type"), cursor: cursor.unwrap_or_default(), limit };
    let mut cx = caller.open().await?;
    let outcome = verbs::log(&mut cx, caller.partner.id, &filter).await;
    let page = cx.finish(outcome).await?;
    Ok(Json(Page { data: page.lines.into_iter().map(DeliveryOut::from).collect(), next_cursor: page.next }))
}

/// One delivery, with its attempts and with what was sent.
#[utoipa::path(get, path = "/api/v1/deliveries/{id}", tag = "Deliveries", params(("id" = uuid::Uuid, Path, description = "The delivery")),
    responses((status = 200, description = "The delivery, its attempts in order", body = DeliveryWhole)))]
pub async fn delivery(caller: Caller, Path(delivery): Path<String>) -> Result<Json<DeliveryWhole>, ApiError> {
    let delivery = id(&delivery)?;
    let mut cx = caller.open().await?;
    let outcome = match store::delivery(cx.db(), caller.partner.id, delivery).await {
        Ok(Some(row)) => verbs::attempts(&mut cx, caller.partner.id, delivery).await.map(|attempts| (row, attempts)),
        Ok(None) => Err(crate::platform::Fault::NotFound),
        Err(error) => Err(error.into()),
    };
    let (mut row, attempts) = cx.finish(outcome).await?;
    let body = row.body.take().and_then(|body| serde_json::from_str(&body).ok());
    let line = line(row).ok_or_else(nothing_there)?;
    Ok(Json(DeliveryWhole { delivery: line.into(), body, attempts: attempts.into_iter().map(AttemptOut::from).collect() }))
}

/// One delivery again, under its message's own id: what waits is tried now, what has ended gets a delivery of its own.
#[utoipa::path(post, path = "/api/v1/deliveries/{id}/retry", tag = "Deliveries", params(("id" = uuid::Uuid, Path, description = "The delivery")),
    responses((status = 202, description = "On its way, as the delivery of this id", body = Made), (status = 409, description = "Its endpoint is off, its building withdrew, or the message is kept no more", body = ApiError)))]
pub async fn retry(Writer(caller): Writer, Path(delivery): Path<String>) -> Result<(StatusCode, Json<Made>), ApiError> {
    let delivery = id(&delivery)?;
    let mut cx = caller.open().await?;
    let outcome = verbs::retry(&mut cx, caller.partner.id, delivery).await;
    let conflict = |why: &str| Err(ApiError::new(StatusCode::CONFLICT, "conflict", why));
    match cx.finish(outcome).await? {
        Again::Due => Ok((StatusCode::ACCEPTED, Json(Made { id: delivery.to_string() }))),
        Again::Fresh(fresh) => Ok((StatusCode::ACCEPTED, Json(Made { id: fresh.to_string() }))),
        Again::EndpointOff => conflict("Its endpoint is switched off."),
        Again::Withdrawn => conflict("The building does not let you hear this any more."),
        Again::KeptNoMore => conflict("The message is kept no more."),
    }
}

/// What was published in a span again, to one endpoint, of buildings that still let you hear it.
#[utoipa::path(post, path = "/api/v1/endpoints/{id}/replay", tag = "Endpoints", params(("id" = uuid::Uuid, Path, description = "The endpoint")), request_body = ReplayIn,
    responses((status = 202, description = "So many messages are on their way", body = Replaying)))]
pub async fn replay(Writer(caller): Writer, Path(endpoint): Path<String>, mut given: Given) -> Result<(StatusCode, Json<Replaying>), ApiError> {
    let endpoint = id(&endpoint)?;
    let (since, until) = (moment(&mut given, "since"), moment(&mut given, "until"));
    given.done()?;
    let (Some(since), Some(until)) = (since, until) else { return Err(nothing_there()) };
    let mut cx = caller.open().await?;
    let outcome = verbs::replay(&mut cx, caller.partner.id, endpoint, since, until).await;
    match cx.finish(outcome).await? {
        Replayed::Messages(messages) => Ok((StatusCode::ACCEPTED, Json(Replaying { messages }))),
        Replayed::BadSpan => Err(ApiError::field("until", "Later than since, by 31 days at most.")),
        Replayed::NoEndpoint => Err(nothing_there()),
    }
}

/// A gateway.test event to one endpoint, signed, tried and logged like any other.
#[utoipa::path(post, path = "/api/v1/endpoints/{id}/test", tag = "Endpoints", params(("id" = uuid::Uuid, Path, description = "The endpoint")),
    responses((status = 202, description = "On its way, as the delivery of this id", body = Made)))]
pub async fn test_endpoint(Writer(caller): Writer, Path(endpoint): Path<String>) -> Result<(StatusCode, Json<Made>), ApiError> {
    let endpoint = id(&endpoint)?;
    let mut cx = caller.open().await?;
    let outcome = verbs::test(&mut cx, caller.partner.id, endpoint).await;
    match cx.finish(outcome).await? {
        Tested::Sent(delivery) => Ok((StatusCode::ACCEPTED, Json(Made { id: delivery.to_string() }))),
        Tested::TooMany => Err(ApiError::too_often(60, "Ten tests a minute of one endpoint and no more.")),
        Tested::NoEndpoint => Err(nothing_there()),
    }
}

fn moment(given: &mut Given, name: &str) -> Option<Timestamp> {
    let Some(text) = given.text(name) else {
        given.wrong(name, "Is needed: a moment such as 2026-11-25T17:00:00Z.");
        return None;
    };
    let read = Timestamp::from_str(&text).ok();
    if read.is_none() {
        given.wrong(name, "Must be a moment such as 2026-11-25T17:00:00Z.");
    }
    read
}

fn line(row: DeliveryRow) -> Option<DeliveryLine> {
    let state = DeliveryState::from_word(&row.state)?;
    Some(DeliveryLine {
        id: row.delivery_id,
        message: message_name(row.message_id),
        endpoint: row.endpoint_id,
        building: row.building_slug.zip(row.building_name).map(|(slug, name)| verbs::Building { slug, name }),
        event_type: row.event_type,
        sequence: row.sequence,
        state,
        attempts: row.attempts,
        next_at: (state == DeliveryState::Pending).then(|| row.next_at.to_jiff()),
        last_status: row.last_status,
        last_ms: row.last_ms,
        last_outcome: row.last_outcome,
        replay_of: row.replay_of,
        created_at: row.created_at.to_jiff(),
        finished_at: row.finished_at.map(|at| at.to_jiff()),
    })
}
