//! Endpoints: where one is told, which types, and the secrets that sign.

use axum::Json;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use super::door::{ApiError, Caller, Given, Writer, id};
use super::shapes::{EndpointChange, EndpointIn, EndpointMade, EndpointOut, Page, SecretMade};
use crate::gateway::server::endpoints::{self as verbs, Draft};

/// Your endpoints.
#[utoipa::path(get, path = "/api/v1/endpoints", tag = "Endpoints", responses((status = 200, description = "All of them, the oldest first", body = Page<EndpointOut>)))]
pub async fn endpoints(caller: Caller) -> Result<Json<Page<EndpointOut>>, ApiError> {
    let mut cx = caller.open().await?;
    let outcome = verbs::list(&mut cx, &caller.partner).await;
    let lines = cx.finish(outcome).await?;
    Ok(Json(Page { data: lines.into_iter().map(EndpointOut::from).collect(), next_cursor: None }))
}

/// One endpoint.
#[utoipa::path(get, path = "/api/v1/endpoints/{id}", tag = "Endpoints", params(("id" = uuid::Uuid, Path, description = "The endpoint")),
    responses((status = 200, description = "The endpoint", body = EndpointOut)))]
pub async fn endpoint(caller: Caller, Path(endpoint): Path<String>) -> Result<Json<EndpointOut>, ApiError> {
    let endpoint = id(&endpoint)?;
    let mut cx = caller.open().await?;
    let outcome = verbs::one(&mut cx, &caller.partner, endpoint).await;
    Ok(Json(cx.finish(outcome).await?.into()))
}

/// Adds an endpoint. Its secret is in the answer and never again.
#[utoipa::path(post, path = "/api/v1/endpoints", tag = "Endpoints", request_body = EndpointIn,
    responses((status = 201, description = "The endpoint with its secret; Location leads to it", body = EndpointMade), (status = 409, description = "As many as there may be", body = ApiError)))]
pub async fn add_endpoint(Writer(caller): Writer, mut given: Given) -> Result<Response, ApiError> {
    let url = given.text("url");
    if url.is_none() {
        given.wrong("url", "Is needed.");
    }
    let draft = Draft { url, description: given.text("description"), event_types: given.texts("event_types"), per_minute: given.number("per_minute"), active: None };
    given.done()?;
    let mut cx = caller.open().await?;
    let outcome = verbs::add(&mut cx, &caller.partner, caller.reach(), draft).await;
    let (line, secret) = cx.finish(outcome).await?;
    let place = HeaderValue::from_str(&format!("/api/v1/endpoints/{}", line.endpoint_id)).map_err(|_| super::door::nothing_there())?;
    Ok((StatusCode::CREATED, [(header::LOCATION, place)], Json(EndpointMade { endpoint: line.into(), secret: secret.reveal() })).into_response())
}

/// Changes an endpoint; what is not sent stays. `state` pauses it and switches it on again.
#[utoipa::path(patch, path = "/api/v1/endpoints/{id}", tag = "Endpoints", params(("id" = uuid::Uuid, Path, description = "The endpoint")), request_body = EndpointChange,
    responses((status = 200, description = "The endpoint as it is now", body = EndpointOut), (status = 409, description = "Switched off by the platform", body = ApiError)))]
pub async fn change_endpoint(Writer(caller): Writer, Path(endpoint): Path<String>, mut given: Given) -> Result<Json<EndpointOut>, ApiError> {
    let endpoint = id(&endpoint)?;
    let draft = Draft {
        url: given.text("url"),
        description: given.text("description"),
        event_types: given.texts("event_types"),
        per_minute: given.number("per_minute"),
        active: given.word("state", &[("active", true), ("disabled", false)]),
    };
    given.done()?;
    let mut cx = caller.open().await?;
    let outcome = verbs::change(&mut cx, &caller.partner, caller.reach(), endpoint, draft).await;
    Ok(Json(cx.finish(outcome).await?.into()))
}

/// Takes an endpoint away. Nothing is sent there any more.
#[utoipa::path(delete, path = "/api/v1/endpoints/{id}", tag = "Endpoints", params(("id" = uuid::Uuid, Path, description = "The endpoint")),
    responses((status = 204, description = "It is gone")))]
pub async fn delete_endpoint(Writer(caller): Writer, Path(endpoint): Path<String>) -> Result<StatusCode, ApiError> {
    let endpoint = id(&endpoint)?;
    let mut cx = caller.open().await?;
    let outcome = verbs::delete(&mut cx, &caller.partner, endpoint).await;
    cx.finish(outcome).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Replaces the secret. For 24 hours both sign, so that you can change over at leisure.
#[utoipa::path(post, path = "/api/v1/endpoints/{id}/rotate", tag = "Endpoints", params(("id" = uuid::Uuid, Path, description = "The endpoint")),
    responses((status = 200, description = "The new secret, told here and never again", body = SecretMade)))]
pub async fn rotate_secret(Writer(caller): Writer, Path(endpoint): Path<String>) -> Result<Json<SecretMade>, ApiError> {
    let endpoint = id(&endpoint)?;
    let mut cx = caller.open().await?;
    let outcome = verbs::rotate(&mut cx, &caller.partner, endpoint).await;
    let (secret, until) = cx.finish(outcome).await?;
    Ok(Json(SecretMade { secret: secret.reveal(), previous_signs_until: until.to_string() }))
}
