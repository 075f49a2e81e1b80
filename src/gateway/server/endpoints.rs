//! Where a partner is told: addresses, the types each one hears, and the secrets that sign. The desk and the API use the
//! same verbs; who may act for the partner was decided before.

use hooks::address::Reach;
use hooks::standard::Secret;
use jiff::{SignedDuration, Timestamp};
use kit::{TextError, clean_line};
use uuid::Uuid;
use vault::Place;

use super::delivery;
use super::error::GatewayRefusal;
use super::store::{self, EndpointLine, Partner};
use super::urls;
use crate::gateway::model::{DESCRIPTION_LIMIT, is_known};
use crate::platform::{Fault, GlobalCx};

/// Endpoints of one partner.
const MOST_ENDPOINTS: i32 = 20;
/// Entries in an endpoint's list.
const MOST_TYPES: usize = 40;
/// Messages a minute, when nobody says otherwise.
pub(super) const PER_MINUTE: i32 = 600;
/// How long a replaced secret signs beside the new one.
const OVERLAP: SignedDuration = SignedDuration::from_hours(24);

/// What is said of an endpoint; what is not said stays as it is.
#[derive(Debug, Default)]
pub struct Draft {
    pub url: Option<String>,
    pub description: Option<String>,
    pub event_types: Option<Vec<String>>,
    pub per_minute: Option<i32>,
    pub active: Option<bool>,
}

pub async fn list(cx: &mut GlobalCx, partner: &Partner) -> Result<Vec<EndpointLine>, Fault> {
    Ok(store::endpoints(cx.db(), partner.id, None).await?)
}

pub async fn one(cx: &mut GlobalCx, partner: &Partner, endpoint: Uuid) -> Result<EndpointLine, Fault> {
    store::endpoints(cx.db(), partner.id, Some(endpoint)).await?.pop().ok_or(Fault::NotFound)
}

/// Adds an endpoint; its secret is in the answer and never again.
pub async fn add(cx: &mut GlobalCx, partner: &Partner, reach: Reach, draft: Draft) -> Result<(EndpointLine, Secret), Fault> {
    let now = cx.now;
    let draft = Draft { url: Some(draft.url.unwrap_or_default()), ..draft };
    let draft = checked(cx, reach, draft)?;
    let (endpoint, secret): (Uuid, Uuid) = (cx.ids.new_id(), cx.ids.new_id());
    let (fresh, sealed) = fresh_secret(cx, secret)?;
    let new = store::NewEndpoint {
        endpoint,
        partner: partner.id,
        url: draft.url.as_deref().unwrap_or_default(),
        description: draft.description.as_deref().unwrap_or_default(),
        event_types: draft.event_types.as_deref().unwrap_or_default(),
        per_minute: draft.per_minute.unwrap_or(PER_MINUTE),
        secret,
        sealed: &sealed,
        most: MOST_ENDPOINTS,
    };
    if !store::add_endpoint(cx.db(), &new, now).await? {
        return Err(Fault::refused(GatewayRefusal::TooManyEndpoints, cx.lang));
    }
    Ok((one(cx, partner, endpoint).await?, fresh))
}

pub async fn change(cx: &mut GlobalCx, partner: &Partner, reach: Reach, endpoint: Uuid, draft: Draft) -> Result<EndpointLine, Fault> {
    let now = cx.now;
    let before = one(cx, partner, endpoint).await?;
    let draft = checked(cx, reach, draft)?;
    if draft.active == Some(true) && before.disabled_reason.as_deref() == Some("operator") {
        return Err(Fault::refused(GatewayRefusal::SwitchedOff, cx.lang));
    }
    let switched_on = draft.active == Some(true);
    if !store::change_endpoint(cx.db(), partner.id, endpoint, &draft, now).await? {
        return Err(Fault::NotFound);
    }
    if switched_on {
        delivery::settle(cx, partner.id, endpoint).await?;
    }
    one(cx, partner, endpoint).await
}

/// Takes an endpoint away: nothing is sent there any more, and its secrets sign nothing.
pub async fn delete(cx: &mut GlobalCx, partner: &Partner, endpoint: Uuid) -> Result<(), Fault> {
    let now = cx.now;
    if !store::delete_endpoint(cx.db(), partner.id, endpoint, now).await? {
        return Err(Fault::NotFound);
    }
    delivery::settle(cx, partner.id, endpoint).await
}

/// A new secret; until the moment that is returned with it, the one before signs too.
pub async fn rotate(cx: &mut GlobalCx, partner: &Partner, endpoint: Uuid) -> Result<(Secret, Timestamp), Fault> {
    let now = cx.now;
    let until = now.checked_add(OVERLAP).map_err(anyhow::Error::from)?;
    let secret: Uuid = cx.ids.new_id();
    let (fresh, sealed) = fresh_secret(cx, secret)?;
    if !store::rotate_secret(cx.db(), partner.id, endpoint, secret, &sealed, until, now).await? {
        return Err(Fault::NotFound);
    }
    Ok((fresh, until))
}

/// What is kept is the secret's written form, sealed for its own row.
fn fresh_secret(cx: &GlobalCx, secret: Uuid) -> Result<(Secret, Vec<u8>), Fault> {
    let fresh = Secret::from_bytes(&cx.ids.secret::<32>()).map_err(anyhow::Error::from)?;
    let row = secret.to_string();
    let place = Place { tenant: "platform", table: "gateway_secrets", column: "sealed", row: &row };
    let sealed = cx.vault.seal(place, fresh.reveal().as_bytes(), cx.ids.secret()).map_err(anyhow::Error::from)?;
    Ok((fresh, sealed))
}

fn checked(cx: &GlobalCx, reach: Reach, draft: Draft) -> Result<Draft, Fault> {
    let lang = cx.lang;
    let refuse = |why| Fault::refused(why, lang);
    let url = draft.url.map(|url| urls::read(&url, reach)).transpose().map_err(|problem| refuse(GatewayRefusal::Url(problem)))?;
    let description = match draft.description.map(|typed| clean_line(&typed, DESCRIPTION_LIMIT)) {
        Some(Err(TextError::TooLong { .. })) => return Err(refuse(GatewayRefusal::Description)),
        Some(Err(TextError::Empty)) => Some(String::new()),
        Some(Ok(text)) => Some(text),
        None => None,
    };
    let event_types = draft.event_types.map(|list| known_types(list).map_err(refuse)).transpose()?;
    if draft.per_minute.is_some_and(|per_minute| !(1..=6_000).contains(&per_minute)) {
        return Err(refuse(GatewayRefusal::PerMinute));
    }
    Ok(Draft { url, description, event_types, ..draft })
}

/// A list of types and families, each once, all of them of the catalogue.
pub(super) fn known_types(list: Vec<String>) -> Result<Vec<String>, GatewayRefusal> {
    let mut read: Vec<String> = Vec::new();
    for entry in list {
        if !is_known(&entry) {
            return Err(GatewayRefusal::UnknownType(kit::shown_line(&entry).chars().take(60).collect()));
        }
        if !read.contains(&entry) {
            read.push(entry);
        }
    }
    if read.len() > MOST_TYPES { Err(GatewayRefusal::TooManyTypes) } else { Ok(read) }
}
