//! Crisis status: the committee says that there is a danger and that it is over. Every page of the building tells it to
//! whoever may read it, and partners hear of it as the building lets them.

use kit::{Right, TextError, clean_text};
use serde_json::json;
use uuid::Uuid;

use super::error::BuildingRefusal;
use super::store::{self, HazardRow, NewHazard};
use crate::buildings::model::hazards::{HAZARD_LIMIT, HazardKind, HazardLine, HazardPage, Severity};
use crate::platform::publish::moment;
use crate::platform::told::{when_label, zone_named};
use crate::platform::{Activity, Audience, Cx, Fault};

/// The committee's page.
pub async fn hazards(cx: &mut Cx) -> Result<HazardPage, Fault> {
    cx.require(Right::RaiseHazard)?;
    let standing = standing(cx).await?;
    Ok(HazardPage { slug: cx.tenant.slug.clone(), building: cx.tenant.name.clone(), standing })
}

async fn standing(cx: &mut Cx) -> Result<Vec<HazardLine>, Fault> {
    let (now, zone, lang) = (cx.now, zone_named(&cx.tenant.zone), cx.lang);
    let line = |row: HazardRow| {
        Some(HazardLine {
            id: row.hazard_id.to_string(),
            kind: HazardKind::from_word(&row.kind)?,
            severity: Severity::from_word(&row.severity)?,
            body: row.body,
            shared: row.shared,
            since_label: when_label(now, row.raised_at.to_jiff(), &zone, lang),
        })
    };
    Ok(store::standing_hazards(cx.db()).await?.into_iter().filter_map(line).collect())
}

/// Dangers for a page of the building, if its reader belongs there, and where they are mended, if he may.
pub(super) async fn for_page(cx: &mut Cx) -> Result<(Vec<HazardLine>, Option<String>), Fault> {
    if !Right::ReadFeed.held_by(cx.caller.role) {
        return Ok((Vec::new(), None));
    }
    let mends = Right::RaiseHazard.held_by(cx.caller.role).then(|| page_path(cx));
    Ok((standing(cx).await?, mends))
}

/// The same, for who asks for nothing else.
pub(super) async fn standing_now(cx: &mut Cx) -> Result<(Vec<HazardLine>, Option<String>), Fault> {
    cx.require(Right::ReadFeed)?;
    for_page(cx).await
}

/// A danger as it was typed.
pub struct Typed<'a> {
    pub kind: &'a str,
    pub severity: &'a str,
    pub body: &'a str,
    pub shared: bool,
}

/// Says that there is a danger, or what has become of one of the same kind that stands; saying the same again changes nothing.
pub async fn raise_hazard(cx: &mut Cx, typed: Typed<'_>) -> Result<String, Fault> {
    cx.require(Right::RaiseHazard)?;
    let (member, lang, now, hazard) = (cx.member()?, cx.lang, cx.now, cx.ids.new_id::<Uuid>());
    let refuse = |why| Fault::refused(why, lang);
    let kind = HazardKind::from_word(typed.kind).ok_or_else(|| refuse(BuildingRefusal::NoSuchHazard))?;
    let severity = Severity::from_word(typed.severity).ok_or_else(|| refuse(BuildingRefusal::NoSuchSeverity))?;
    let body = match clean_text(typed.body, HAZARD_LIMIT) {
        Ok(text) => text,
        Err(TextError::Empty) => String::new(),
        Err(TextError::TooLong { limit }) => return Err(refuse(BuildingRefusal::LongHazard { limit })),
    };
    let new = NewHazard { id: hazard, kind: kind.word(), severity: severity.word(), body: &body, shared: typed.shared, by: member };
    let Some((hazard, since)) = store::raise_hazard(cx.db(), &new, now).await? else { return Ok(page_path(cx)) };
    let facts = json!({ "kind": kind.word(), "severity": severity.word() });
    cx.audit("hazard.raised", hazard, facts.clone());
    cx.record(Activity { kind: "hazard.raised", audience: Audience::Everyone, subject: Some(hazard), payload: facts });
    let mut told = json!({ "hazard_id": hazard, "kind": kind.word(), "severity": severity.word(), "since": moment(since) });
    if typed.shared && !body.is_empty() {
        told["message"] = json!(body);
    }
    cx.publish("hazard.raised", told);
    Ok(page_path(cx))
}

/// Says that it is over; twice is once.
pub async fn clear_hazard(cx: &mut Cx, hazard: &str) -> Result<String, Fault> {
    cx.require(Right::RaiseHazard)?;
    let (member, now) = (cx.member()?, cx.now);
    let hazard: Uuid = hazard.parse().map_err(|_| Fault::NotFound)?;
    match store::clear_hazard(cx.db(), hazard, member, now).await? {
        Some((kind, since)) => {
            cx.audit("hazard.cleared", hazard, json!({ "kind": kind }));
            cx.record(Activity { kind: "hazard.cleared", audience: Audience::Everyone, subject: Some(hazard), payload: json!({ "kind": kind }) });
            cx.publish("hazard.cleared", json!({ "hazard_id": hazard, "kind": kind, "since": moment(since) }));
        }
        None if store::hazard_exists(cx.db(), hazard).await? => {}
        None => return Err(Fault::NotFound),
    }
    Ok(page_path(cx))
}

fn page_path(cx: &Cx) -> String {
    format!("/b/{}/committee/hazards", cx.tenant.slug)
}
