//! What people do on a partner's desk: the verbs of endpoints, behind who works there.

use hooks::address::Reach;
use uuid::Uuid;

use super::delivery::{self, Again, Tested};
use super::endpoints::{self, Draft};
use super::error::GatewayRefusal;
use super::keys::Made;
use super::partners::{page_of, seal_shown, seen};
use crate::gateway::model::ShownOnce;
use crate::platform::session::Claims;
use crate::platform::{Fault, GlobalCx};

/// Adds an endpoint; its secret travels sealed to the desk, which shows it once.
pub async fn add_endpoint(
    cx: &mut GlobalCx,
    claims: Option<Claims>,
    partner: &str,
    reach: Reach,
    url: String,
    description: String,
    event_types: Vec<String>,
) -> Result<Made, Fault> {
    let (person, partner) = seen(cx, claims, partner).await?;
    let draft = Draft { url: Some(url), description: Some(description), event_types: Some(event_types), ..Draft::default() };
    let (_, secret) = endpoints::add(cx, &partner, reach, draft).await?;
    let sealed = seal_shown(cx, &partner, person, &ShownOnce { is_key: false, text: secret.reveal() })?;
    Ok(Made { next: page_of(&partner.code), sealed })
}

/// Changes what an endpoint hears.
pub async fn change_endpoint(cx: &mut GlobalCx, claims: Option<Claims>, partner: &str, reach: Reach, endpoint: &str, event_types: Vec<String>) -> Result<String, Fault> {
    let draft = Draft { event_types: Some(event_types), ..Draft::default() };
    changed(cx, claims, partner, reach, endpoint, draft).await
}

/// Pauses an endpoint, or switches it on again.
pub async fn pause_endpoint(cx: &mut GlobalCx, claims: Option<Claims>, partner: &str, reach: Reach, endpoint: &str, on: bool) -> Result<String, Fault> {
    changed(cx, claims, partner, reach, endpoint, Draft { active: Some(on), ..Draft::default() }).await
}

pub async fn delete_endpoint(cx: &mut GlobalCx, claims: Option<Claims>, partner: &str, endpoint: &str) -> Result<String, Fault> {
    let (_, partner) = seen(cx, claims, partner).await?;
    endpoints::delete(cx, &partner, id(endpoint)?).await?;
    Ok(page_of(&partner.code))
}

pub async fn rotate_secret(cx: &mut GlobalCx, claims: Option<Claims>, partner: &str, endpoint: &str) -> Result<Made, Fault> {
    let (person, partner) = seen(cx, claims, partner).await?;
    let (secret, _) = endpoints::rotate(cx, &partner, id(endpoint)?).await?;
    let sealed = seal_shown(cx, &partner, person, &ShownOnce { is_key: false, text: secret.reveal() })?;
    Ok(Made { next: page_of(&partner.code), sealed })
}

/// Sends a test event; what becomes of it stands in the log.
pub async fn test_endpoint(cx: &mut GlobalCx, claims: Option<Claims>, partner: &str, endpoint: &str) -> Result<String, Fault> {
    let (_, partner) = seen(cx, claims, partner).await?;
    match delivery::test(cx, partner.id, id(endpoint)?).await? {
        Tested::Sent(_) => Ok(format!("{}#log", page_of(&partner.code))),
        Tested::TooMany => Err(Fault::refused(GatewayRefusal::TooManyTests, cx.lang)),
        Tested::NoEndpoint => Err(Fault::NotFound),
    }
}

/// Makes a delivery again, or now when it waits.
pub async fn retry_delivery(cx: &mut GlobalCx, claims: Option<Claims>, partner: &str, delivery: &str) -> Result<String, Fault> {
    let (_, partner) = seen(cx, claims, partner).await?;
    match delivery::retry(cx, partner.id, id(delivery)?).await? {
        Again::Due | Again::Fresh(_) => Ok(format!("{}#log", page_of(&partner.code))),
        Again::EndpointOff | Again::Withdrawn | Again::KeptNoMore => Err(Fault::refused(GatewayRefusal::NotAgain, cx.lang)),
    }
}

/// Puts a notice away; doing it twice does it once.
pub async fn put_away(cx: &mut GlobalCx, claims: Option<Claims>, partner: &str, notice: &str) -> Result<String, Fault> {
    let (_, partner) = seen(cx, claims, partner).await?;
    delivery::put_away(cx, partner.id, id(notice)?).await?;
    Ok(page_of(&partner.code))
}

async fn changed(cx: &mut GlobalCx, claims: Option<Claims>, partner: &str, reach: Reach, endpoint: &str, draft: Draft) -> Result<String, Fault> {
    let (_, partner) = seen(cx, claims, partner).await?;
    endpoints::change(cx, &partner, reach, id(endpoint)?, draft).await?;
    Ok(page_of(&partner.code))
}

fn id(text: &str) -> Result<Uuid, Fault> {
    text.parse().map_err(|_| Fault::NotFound)
}
