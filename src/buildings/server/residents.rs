//! Who joined: the committee's list, its yes, and its no.

use jiff_sqlx::Timestamp as Moment;
use kit::{FlatId, JoinId, MembershipId, PersonId, Right, Role, TextError, Trust, clean_text};
use serde_json::json;

use super::error::BuildingRefusal;
use super::places::VerifiedBy;
use super::store::{self, MemberRow};
use crate::buildings::model::{BuildingBrief, PosterPage, REASON_LIMIT, Reader, RemovedRow, ResidentRow, ResidentsPage, WaitingRow};
use crate::platform::told::{when_label, zone_named};
use crate::platform::{Activity, Audience, Cx, Fault, Job};

/// Everything the committee's page shows. `public_url` begins the link that is handed out.
pub async fn residents(cx: &mut Cx, public_url: &str) -> Result<ResidentsPage, Fault> {
    cx.require(Right::ManageResidents)?;
    let seq = super::dashboard::head(cx).await?;
    let building = super::brief(cx).await?;
    let residents = rows(cx).await?;
    let removed = removed(cx).await?;
    let waiting = waiting(cx).await?;
    let invite_code = super::rules(cx).await?.invite_code;
    let invite_url = invite_url(&building, invite_code.as_deref(), public_url);
    Ok(ResidentsPage { reader: reader(cx), building, residents, removed, waiting, invite_url, invite_code, seq })
}

/// The sheet for the lobby: the link as a QR code.
pub async fn poster(cx: &mut Cx, public_url: &str) -> Result<PosterPage, Fault> {
    cx.require(Right::ManageResidents)?;
    let building = super::brief(cx).await?;
    let invite_code = super::rules(cx).await?.invite_code;
    let invite_url = invite_url(&building, invite_code.as_deref(), public_url);
    let (side, path) = super::qr::squares(&invite_url)?;
    Ok(PosterPage { building, invite_url, invite_code, side, path })
}

/// The link to hand out, with the code when the building asks for one: whoever was given the link was given the code.
pub(super) fn invite_url(building: &BuildingBrief, code: Option<&str>, public_url: &str) -> String {
    match code {
        Some(code) => format!("{public_url}/b/{}/join?code={code}", building.slug),
        None => format!("{public_url}/b/{}/join", building.slug),
    }
}

/// Who reads, for the committee's frame.
pub fn reader(cx: &Cx) -> Reader {
    let tone = cx.caller.person.map_or(1, |person| person.tone());
    Reader { name: cx.caller.name.clone(), role: cx.caller.role, tone, membership: cx.caller.membership }
}

/// Active people, the latest first.
pub(super) async fn rows(cx: &mut Cx) -> Result<Vec<ResidentRow>, Fault> {
    let (now, zone, lang) = (cx.now, zone_named(&cx.tenant.zone), cx.lang);
    let members = store::members(cx.db()).await?;
    let told = |row: MemberRow| ResidentRow {
        membership: MembershipId(row.membership_id),
        tone: PersonId(row.person_id).tone(),
        name: row.name,
        role: Role::from_word(&row.role).unwrap_or(Role::Resident),
        trust: Trust::from_word(&row.trust).unwrap_or(Trust::Paid),
        flat: row.flat_id.map(FlatId),
        flat_number: row.flat_number.unwrap_or_default(),
        floor: row.floor.unwrap_or_default(),
        phone: cx.shown_phone("memberships", row.membership_id, row.sealed_phone.as_deref()),
        joined_label: when_label(now, row.joined_at.to_jiff(), &zone, lang),
        on_roster: row.on_roster,
        join_ms: row.join_ms,
        vouched_by: Vec::new(),
    };
    let mut rows: Vec<ResidentRow> = members.into_iter().map(told).collect();
    for (candidate, neighbour) in store::vouchers(cx.db()).await? {
        if let Some(row) = rows.iter_mut().find(|row| row.membership.0 == candidate) {
            row.vouched_by.push(neighbour);
        }
    }
    Ok(rows)
}

async fn removed(cx: &mut Cx) -> Result<Vec<RemovedRow>, Fault> {
    let (now, zone, lang) = (cx.now, zone_named(&cx.tenant.zone), cx.lang);
    let told = |row: store::RemovedMember| RemovedRow {
        membership: MembershipId(row.membership_id),
        name: row.name,
        flat_number: row.flat_number.unwrap_or_default(),
        reason: row.reason.unwrap_or_default(),
        when_label: row.removed_at.map(|at| when_label(now, at.to_jiff(), &zone, lang)).unwrap_or_default(),
    };
    Ok(store::removed(cx.db()).await?.into_iter().map(told).collect())
}

/// Who asked to join and waits for a yes, the longest first.
pub(super) async fn waiting(cx: &mut Cx) -> Result<Vec<WaitingRow>, Fault> {
    let (now, zone, lang) = (cx.now, zone_named(&cx.tenant.zone), cx.lang);
    let label = |at: Option<Moment>| at.map(|at| when_label(now, at.to_jiff(), &zone, lang)).unwrap_or_default();
    let waiting = store::waiting(cx.db()).await?;
    let told = |row: store::WaitingJoin| WaitingRow {
        join: JoinId(row.join_id),
        name: row.name.unwrap_or_default(),
        flat_number: row.flat_number.unwrap_or_default(),
        phone: cx.shown_phone("joins", row.join_id, row.sealed_phone.as_deref()),
        asked_label: label(row.sent_at),
        on_roster: row.on_roster,
    };
    Ok(waiting.into_iter().map(told).collect())
}

/// The committee says that somebody belongs to his flat. Saying it twice says it once.
pub async fn confirm(cx: &mut Cx, membership: &str) -> Result<String, Fault> {
    cx.require(Right::ManageResidents)?;
    let membership: MembershipId = membership.parse().map_err(|_| Fault::NotFound)?;
    store::member(cx.db(), membership).await?.filter(|member| member.state == "active").ok_or(Fault::NotFound)?;
    if store::verify(cx.db(), membership, VerifiedBy::Committee.word()).await? {
        cx.audit("resident.verified", membership, json!({ "by": VerifiedBy::Committee.word() }));
        cx.record(Activity { kind: "resident.verified", audience: Audience::Committee, subject: Some(membership.0), payload: json!({ "by": VerifiedBy::Committee.word() }) });
    }
    Ok(residents_path(cx))
}

/// The committee takes somebody out. He is out at once and on every device, because every opening of the building
/// reads his place; his sessions stay his own, for the other buildings he may live in. His place in the flat is free.
pub async fn remove(cx: &mut Cx, membership: &str, reason: &str) -> Result<String, Fault> {
    cx.require(Right::ManageResidents)?;
    let membership: MembershipId = membership.parse().map_err(|_| Fault::NotFound)?;
    let lang = cx.lang;
    let member = store::member(cx.db(), membership).await?.ok_or(Fault::NotFound)?;
    if member.state != "active" {
        return Ok(residents_path(cx));
    }
    if cx.caller.membership == Some(membership) {
        return Err(Fault::refused(BuildingRefusal::Oneself, lang));
    }
    if member.role != "resident" {
        return Err(Fault::refused(BuildingRefusal::InOffice, lang));
    }
    let reason = clean_text(reason, REASON_LIMIT).map_err(|error| {
        let why = match error {
            TextError::Empty => BuildingRefusal::NoReason,
            TextError::TooLong { limit } => BuildingRefusal::LongReason { limit },
        };
        Fault::refused(why, lang)
    })?;
    let now = cx.now;
    store::remove(cx.db(), membership, &reason, now).await?;
    cx.audit("resident.removed", membership, json!({ "person": member.person_id, "flat": member.flat_id, "reason": reason }));
    cx.record(Activity { kind: "resident.removed", audience: Audience::Committee, subject: Some(membership.0), payload: json!({ "flat": member.flat_id }) });
    // What his joining brought (a post, a payment) is undone by the rooms that made it.
    cx.enqueue(Job::new("buildings.resident_removed", json!({ "membership": membership }))).await?;
    Ok(residents_path(cx))
}

pub(super) fn residents_path(cx: &Cx) -> String {
    format!("/b/{}/committee/residents", cx.tenant.slug)
}
