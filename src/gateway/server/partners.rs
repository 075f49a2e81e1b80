//! Partners and who works for them. Whoever does not is told that there is none.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use kit::{PersonId, TextError, clean_line};
use uuid::Uuid;
use vault::Place;

use super::delivery::{self, LogFilter};
use super::error::GatewayRefusal;
use super::store::{self, Partner};
use crate::gateway::model::{
    BuildingRow, CODE_LENGTH, EndpointRow, KeyRow, LogRow, NAME_LIMIT, NoticeRow, OwnPartner, PartnerBrief, PartnerDesk, PartnerKind, PartnerOpening, Scope, ShownOnce, clean_code,
};
use crate::identity::server as identity;
use crate::platform::session::Claims;
use crate::platform::told::{day_label, event_label, when_label, zone_named};
use crate::platform::{Fault, GlobalCx};

/// Partners of one person.
const MOST_PARTNERS: usize = 5;
/// Buildings shown on the desk; the API tells all of them.
const MOST_BUILDINGS: i32 = 100;
/// Deliveries shown on the desk.
const LOG_SHOWN: i32 = 20;
/// Crockford's base 32: no letter is taken for a digit.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// A partner's desk stands in no tenant: its times are told as the house tells them.
pub(super) const ZONE: &str = "Asia/Jerusalem";

pub async fn opening(cx: &mut GlobalCx, claims: Option<Claims>) -> Result<PartnerOpening, Fault> {
    let person = identity::signed_in(cx, claims).await?;
    let mut partners = Vec::new();
    for row in store::partners_of(cx.db(), person).await? {
        let Some(seen) = store::seen_by(cx.db(), &row.code, person).await? else { continue };
        let notices = notices(cx, seen.id).await?;
        partners.extend(brief(row.code, row.name, &row.kind).map(|partner| OwnPartner { partner, notices }));
    }
    Ok(PartnerOpening { partners })
}

/// What a partner's people are told of endpoints that were switched off.
async fn notices(cx: &mut GlobalCx, partner: Uuid) -> Result<Vec<NoticeRow>, Fault> {
    let (now, lang, zone) = (cx.now, cx.lang, zone_named(ZONE));
    let row = |notice: delivery::Notice| NoticeRow { notice: notice.id.to_string(), url: notice.url, kind: notice.kind, when_label: when_label(now, notice.told_at, &zone, lang) };
    Ok(delivery::notices(cx, partner).await?.into_iter().map(row).collect())
}

/// Opens a partner; the path of its desk.
pub async fn open(cx: &mut GlobalCx, claims: Option<Claims>, name: &str, kind: &str) -> Result<String, Fault> {
    let person = identity::signed_in(cx, claims).await?;
    let (lang, now) = (cx.lang, cx.now);
    let refuse = |why| Fault::refused(why, lang);
    let name = named(name).map_err(|error| refuse(GatewayRefusal::PartnerName(error)))?;
    let kind = PartnerKind::from_word(kind).ok_or_else(|| refuse(GatewayRefusal::Kind))?;
    if store::partners_of(cx.db(), person).await?.len() >= MOST_PARTNERS {
        return Err(refuse(GatewayRefusal::TooManyPartners));
    }
    let code = code(cx.ids.secret());
    let new = store::NewPartner { partner: cx.ids.new_id(), code: &code, name: &name, kind, staff: cx.ids.new_id(), person };
    store::open(cx.db(), &new, now).await?;
    Ok(page_of(&code))
}

/// The desk. `shown` is what this browser was told to show once, still sealed.
pub async fn desk(cx: &mut GlobalCx, claims: Option<Claims>, typed: &str, shown: Option<&str>) -> Result<PartnerDesk, Fault> {
    let (person, partner) = seen(cx, claims, typed).await?;
    let (now, lang, zone) = (cx.now, cx.lang, zone_named(ZONE));
    let told = |at: Timestamp| when_label(now, at, &zone, lang);
    let secrets: HashMap<Uuid, store::SecretTimes> = store::secrets(cx.db(), partner.id, now).await?.into_iter().map(|row| (row.endpoint_id, row)).collect();
    let endpoints = store::endpoints(cx.db(), partner.id, None).await?.into_iter().map(|row| {
        let times = secrets.get(&row.endpoint_id);
        EndpointRow {
            endpoint: row.endpoint_id.to_string(),
            active: row.state == "active",
            secret_label: times.and_then(|times| times.since).map(|at| told(at.to_jiff())).unwrap_or_default(),
            overlap_label: times.and_then(|times| times.overlap_until).map(|at| event_label(now, at.to_jiff(), &zone, lang)),
            url: row.url,
            description: row.description,
            event_types: row.event_types,
            disabled_reason: row.disabled_reason,
        }
    });
    let endpoints = endpoints.collect();
    let keys = store::keys(cx.db(), partner.id).await?.into_iter().filter_map(|row| {
        Some(KeyRow {
            key: row.key_id.to_string(),
            name: row.name,
            prefix: row.prefix,
            scope: Scope::from_word(&row.scope)?,
            made_label: told(row.created_at.to_jiff()),
            used_label: row.last_used_at.map(|at| told(at.to_jiff())),
            revoked: row.revoked_at.is_some(),
        })
    });
    let keys = keys.collect();
    let buildings = store::buildings(cx.db(), partner.id, None, None, MOST_BUILDINGS, now).await?.into_iter().map(|row| BuildingRow {
        slug: row.slug,
        name: row.name,
        event_types: row.event_types,
        since_label: told(row.granted_at.to_jiff()),
        until_label: row.ends_at.map(|at| day_label(now, at.to_jiff(), &zone, lang)),
    });
    let buildings = buildings.collect();
    let filter = LogFilter { limit: LOG_SHOWN, ..LogFilter::default() };
    let log = delivery::log(cx, partner.id, &filter).await?.lines.into_iter().map(|line| LogRow {
        delivery: line.id.to_string(),
        event_type: line.event_type,
        building: line.building.map(|building| building.name),
        state: line.state.word().to_owned(),
        attempts: line.attempts,
        status: line.last_status,
        took_ms: line.last_ms,
        when_label: told(line.created_at),
        next_label: line.next_at.filter(|at| *at > now).map(|at| event_label(now, at, &zone, lang)),
    });
    let log = log.collect();
    let notices = notices(cx, partner.id).await?;
    let shown_once = shown.and_then(|sealed| unseal(cx, &partner, person, sealed));
    let partner = brief(partner.code, partner.name, partner.kind.word()).ok_or(Fault::NotFound)?;
    Ok(PartnerDesk { partner, endpoints, keys, buildings, log, notices, shown_once })
}

/// A partner, for one who works there.
pub(super) async fn seen(cx: &mut GlobalCx, claims: Option<Claims>, typed: &str) -> Result<(PersonId, Partner), Fault> {
    let person = identity::signed_in(cx, claims).await?;
    let code = clean_code(typed).ok_or(Fault::NotFound)?;
    let partner = store::seen_by(cx.db(), &code, person).await?.ok_or(Fault::NotFound)?;
    Ok((person, partner))
}

/// Seals what is shown once, for the way over the browser to the desk: only this person's next look at this desk opens it.
pub(super) fn seal_shown(cx: &GlobalCx, partner: &Partner, person: PersonId, shown: &ShownOnce) -> Result<String, Fault> {
    let (row, word) = (format!("{}:{person}", partner.id), if shown.is_key { "key" } else { "secret" });
    let plain = format!("{word} {}", shown.text);
    let sealed = cx.vault.seal(shown_place(&row), plain.as_bytes(), cx.ids.secret()).map_err(anyhow::Error::from)?;
    Ok(URL_SAFE_NO_PAD.encode(sealed))
}

fn unseal(cx: &GlobalCx, partner: &Partner, person: PersonId, sealed: &str) -> Option<ShownOnce> {
    let row = format!("{}:{person}", partner.id);
    let opened = cx.vault.open(shown_place(&row), &URL_SAFE_NO_PAD.decode(sealed).ok()?).ok()?;
    let (word, text) = std::str::from_utf8(&opened).ok()?.split_once(' ')?;
    Some(ShownOnce { is_key: word == "key", text: text.to_owned() })
}

fn shown_place(row: &str) -> Place<'_> {
    Place { tenant: "platform", table: "partners", column: "shown_once", row }
}

pub(super) fn page_of(code: &str) -> String {
    format!("/partners/{code}")
}

fn brief(code: String, name: String, kind: &str) -> Option<PartnerBrief> {
    Some(PartnerBrief { code, name, kind: PartnerKind::from_word(kind)? })
}

fn named(typed: &str) -> Result<String, TextError> {
    let name = clean_line(typed, NAME_LIMIT)?;
    if name.chars().count() < 2 { Err(TextError::Empty) } else { Ok(name) }
}

/// Thirty random bits as six letters and digits.
fn code(random: [u8; CODE_LENGTH]) -> String {
    random.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect()
}
