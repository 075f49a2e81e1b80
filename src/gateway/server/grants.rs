//! What a building's committee lets each partner hear, until when. A withdrawal holds at once: delivery reads the grant
//! before every attempt.

use std::collections::HashMap;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use kit::Right;
use serde_json::json;
use uuid::Uuid;

use super::endpoints::known_types;
use super::error::GatewayRefusal;
use super::store::{self, GrantLine, Partner};
use crate::gateway::model::{AccessPage, GrantRow, PastGrant, clean_code, is_grantable};
use crate::platform::told::{day_label, when_label, zone_named};
use crate::platform::{Cx, Fault};

/// Partners whom one building tells.
const MOST_GRANTS: i64 = 50;
/// Withdrawn grants shown.
const PAST_SHOWN: i64 = 20;
/// The longest a grant may be given for, in days; without a last day it stands until it is withdrawn.
const MOST_DAYS: i64 = 5 * 366;

/// The committee's page.
pub async fn access(cx: &mut Cx) -> Result<AccessPage, Fault> {
    cx.require(Right::ManageAccess)?;
    let (now, zone, lang) = (cx.now, zone_named(&cx.tenant.zone), cx.lang);
    let (standing, past) = (store::grants(cx.db(), false, MOST_GRANTS).await?, store::grants(cx.db(), true, PAST_SHOWN).await?);
    let ids: Vec<Uuid> = standing.iter().chain(&past).map(|line| line.partner_id).collect();
    let partners: HashMap<Uuid, Partner> = store::named(cx.db(), &ids).await?.into_iter().map(|partner| (partner.id, partner)).collect();
    let row = |line: GrantLine| {
        let partner = partners.get(&line.partner_id)?;
        // The moment after the last day belongs to the next one.
        let last = line.ends_at.map(|at| at.to_jiff()).and_then(|at| at.checked_sub(SignedDuration::from_secs(1)).ok());
        Some(GrantRow {
            grant: line.grant_id.to_string(),
            name: partner.name.clone(),
            code: partner.code.clone(),
            kind: partner.kind,
            event_types: line.event_types,
            since_label: when_label(now, line.granted_at.to_jiff(), &zone, lang),
            until: last.map(|at| at.to_zoned(zone.clone()).date().to_string()).unwrap_or_default(),
            until_label: last.map(|at| day_label(now, at, &zone, lang)),
            over: line.ends_at.is_some_and(|at| at.to_jiff() <= now),
        })
    };
    let grants = standing.into_iter().filter_map(row).collect();
    let ended = |line: GrantLine| {
        Some(PastGrant {
            name: partners.get(&line.partner_id)?.name.clone(),
            event_types: line.event_types,
            since_label: day_label(now, line.granted_at.to_jiff(), &zone, lang),
            withdrawn_label: when_label(now, line.withdrawn_at?.to_jiff(), &zone, lang),
        })
    };
    let past = past.into_iter().filter_map(ended).collect();
    Ok(AccessPage { slug: cx.tenant.slug.clone(), building: cx.tenant.name.clone(), grants, past })
}

/// Lets the partner of this code hear these types. One who hears something already hears what is said now.
pub async fn grant(cx: &mut Cx, typed: &str, event_types: Vec<String>, until: &str) -> Result<String, Fault> {
    cx.require(Right::ManageAccess)?;
    let (lang, tenant, now) = (cx.lang, cx.tenant.id, cx.now);
    let refuse = |why| Fault::refused(why, lang);
    let by = cx.caller.person.ok_or(Fault::SignedOut)?;
    let code = clean_code(typed).ok_or_else(|| refuse(GatewayRefusal::NoSuchCode))?;
    let event_types = chosen(event_types).map_err(refuse)?;
    let ends_at = end_of(cx, until).map_err(refuse)?;
    let partner = store::by_code(cx.db(), &code).await?.ok_or_else(|| refuse(GatewayRefusal::NoSuchCode))?;
    if let Some(before) = store::standing(cx.db(), None, Some(partner.id)).await? {
        return settle(cx, before, event_types, ends_at).await;
    }
    if store::grants(cx.db(), false, MOST_GRANTS).await?.len() as i64 >= MOST_GRANTS {
        return Err(refuse(GatewayRefusal::TooManyGrants));
    }
    let grant: Uuid = cx.ids.new_id();
    if !store::grant(cx.db(), tenant, &store::NewGrant { grant, partner: partner.id, event_types: &event_types, ends_at }, by, now).await? {
        // Another member of the committee was a moment faster; what is said here is the later word.
        let before = store::standing(cx.db(), None, Some(partner.id)).await?.ok_or(Fault::NotFound)?;
        return settle(cx, before, event_types, ends_at).await;
    }
    cx.audit("partner.granted", grant, json!({ "partner": partner.id, "name": partner.name, "event_types": event_types, "ends_at": written(ends_at) }));
    Ok(here(cx))
}

/// Changes what a partner hears, or until when.
pub async fn change(cx: &mut Cx, grant: &str, event_types: Vec<String>, until: &str) -> Result<String, Fault> {
    cx.require(Right::ManageAccess)?;
    let lang = cx.lang;
    let refuse = |why| Fault::refused(why, lang);
    let grant: Uuid = grant.parse().map_err(|_| Fault::NotFound)?;
    let event_types = chosen(event_types).map_err(refuse)?;
    let ends_at = end_of(cx, until).map_err(refuse)?;
    let before = store::standing(cx.db(), Some(grant), None).await?.ok_or(Fault::NotFound)?;
    settle(cx, before, event_types, ends_at).await
}

/// Takes the access back: nothing is told from this moment on. Doing it twice does it once.
pub async fn withdraw(cx: &mut Cx, grant: &str) -> Result<String, Fault> {
    cx.require(Right::ManageAccess)?;
    let (now, by) = (cx.now, cx.caller.person.ok_or(Fault::SignedOut)?);
    let grant: Uuid = grant.parse().map_err(|_| Fault::NotFound)?;
    if let Some(before) = store::standing(cx.db(), Some(grant), None).await? {
        store::withdraw_grant(cx.db(), grant, by, now).await?;
        cx.audit("partner.withdrawn", grant, json!({ "partner": before.partner_id, "event_types": before.event_types }));
    }
    Ok(here(cx))
}

async fn settle(cx: &mut Cx, before: GrantLine, event_types: Vec<String>, ends_at: Option<Timestamp>) -> Result<String, Fault> {
    let was = before.ends_at.map(|at| at.to_jiff());
    if before.event_types != event_types || was != ends_at {
        store::change_grant(cx.db(), before.grant_id, &event_types, ends_at).await?;
        let (then, now) = (json!({ "event_types": before.event_types, "ends_at": written(was) }), json!({ "event_types": event_types, "ends_at": written(ends_at) }));
        cx.audit("partner.grant_changed", before.grant_id, json!({ "partner": before.partner_id, "before": then, "after": now }));
    }
    Ok(here(cx))
}

fn chosen(list: Vec<String>) -> Result<Vec<String>, GatewayRefusal> {
    let list = known_types(list)?;
    match list.iter().find(|entry| !is_grantable(entry)) {
        _ if list.is_empty() => Err(GatewayRefusal::NothingChosen),
        Some(entry) => Err(GatewayRefusal::UnknownType(entry.clone())),
        None => Ok(list),
    }
}

/// The moment after the last day, in the building's zone; nothing when there is no last day.
fn end_of(cx: &Cx, until: &str) -> Result<Option<Timestamp>, GatewayRefusal> {
    let until = until.trim();
    if until.is_empty() {
        return Ok(None);
    }
    let wrong = |_| GatewayRefusal::Until;
    let day: Date = until.parse().map_err(wrong)?;
    let end = day.tomorrow().and_then(|next| next.to_zoned(zone_named(&cx.tenant.zone))).map_err(wrong)?.timestamp();
    let latest = cx.now.checked_add(SignedDuration::from_hours(24 * MOST_DAYS)).map_err(wrong)?;
    if end > cx.now && end <= latest { Ok(Some(end)) } else { Err(GatewayRefusal::Until) }
}

fn written(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.to_string())
}

fn here(cx: &Cx) -> String {
    format!("/b/{}/committee/access", cx.tenant.slug)
}
