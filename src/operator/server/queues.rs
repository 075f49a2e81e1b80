//! The queues, and what becomes of a dead letter.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use kit::Lang;
use serde::Deserialize;
use uuid::Uuid;

use super::store::{self, LetterRow};
use crate::operator::model::{DeadLetter, DeadTry, LaneRow, QueuesPage, RetryRow, ScheduleRow};
use crate::platform::lanes::Lane;
use crate::platform::session::Claims;
use crate::platform::{Fault, GlobalCx, told};

/// The console's own page.
const HERE: &str = "/operator/queues";
/// Rows shown of each kind.
const RETRIES: i32 = 20;
const LETTERS: i32 = 50;
/// Operators' clocks.
const ZONE: &str = "Asia/Jerusalem";

/// The queues as they stand now.
pub async fn queues(cx: &mut GlobalCx, claims: Option<Claims>) -> Result<QueuesPage, Fault> {
    cx.require_operator(claims).await?;
    let (now, lang, zone) = (cx.now, cx.lang, told::zone_named(ZONE));
    let mut known: BTreeMap<String, LaneRow> = store::lanes(cx.db()).await?.into_iter().map(|row| (row.lane.clone(), row)).collect();
    let mut lanes: Vec<LaneRow> =
        Lane::ALL.iter().map(|lane| known.remove(lane.word()).unwrap_or_else(|| LaneRow { lane: lane.word().into(), pace: vec![0; 12], ..LaneRow::default() })).collect();
    // Tasks that no program has told a lane for stand last, when there are any.
    lanes.extend(known.into_values());
    let (retries, letters) = (store::retrying(cx.db(), RETRIES).await?, store::dead_letters(cx.db(), LETTERS).await?);
    let mut tenants: Vec<Uuid> = retries.iter().filter_map(|row| row.tenant_id).chain(letters.iter().filter_map(|row| row.tenant_id)).collect();
    tenants.sort_unstable();
    tenants.dedup();
    let names: BTreeMap<Uuid, String> = store::tenant_names(cx.db(), &tenants).await?.into_iter().collect();
    let named = |tenant: Option<Uuid>| tenant.and_then(|tenant| names.get(&tenant).cloned());
    let retrying = retries
        .into_iter()
        .map(|row| RetryRow { task: row.task, tenant: named(row.tenant_id), attempts: row.attempts, most_attempts: row.most_attempts, in_s: row.in_s, error: row.error })
        .collect();
    let (discarded, dead): (Vec<LetterRow>, Vec<LetterRow>) = letters.into_iter().partition(|row| row.discarded);
    let shown = |row: LetterRow| {
        let tenant = named(row.tenant_id);
        letter(row, tenant, now, &zone, lang)
    };
    let schedules = store::schedules(cx.db()).await?;
    let schedules = schedules
        .into_iter()
        .map(|row| ScheduleRow {
            name: row.schedule,
            places: row.places,
            last_label: told::when_label(now, row.last_run.to_jiff(), &zone, lang),
            next_label: row.next_run.map(|at| told::event_label(now, at.to_jiff(), &zone, lang)).unwrap_or_default(),
        })
        .collect();
    Ok(QueuesPage { lanes, retrying, dead: dead.into_iter().map(shown).collect(), discarded: discarded.into_iter().map(shown).collect(), schedules })
}

/// A try as the database keeps it.
#[derive(Deserialize)]
struct Kept {
    attempt: i32,
    at: String,
    ms: Option<i64>,
    error: String,
}

fn letter(row: LetterRow, tenant: Option<String>, now: Timestamp, zone: &TimeZone, lang: Lang) -> DeadLetter {
    let kept: Vec<Kept> = serde_json::from_value(row.errors).unwrap_or_default();
    let when = |at: &str| at.parse().map(|at| told::event_label(now, at, zone, lang)).unwrap_or_default();
    let tries = kept.into_iter().map(|one| DeadTry { attempt: one.attempt, at_label: when(&one.at), took_ms: one.ms.unwrap_or_default(), error: one.error });
    DeadLetter {
        letter: row.dead_id,
        task: row.task,
        tenant,
        attempts: row.attempts,
        most_attempts: row.most_attempts,
        ago_s: row.ago_s,
        reason: row.last_error,
        tries: tries.collect(),
    }
}

/// Who decides about a letter, and which one.
async fn deciding(cx: &mut GlobalCx, claims: Option<Claims>) -> Result<Uuid, Fault> {
    let person = claims.as_ref().map(|claims| claims.sub);
    cx.require_operator(claims).await?;
    person.ok_or(Fault::SignedOut)
}

fn read_letter(typed: &str) -> Result<i64, Fault> {
    typed.trim().parse().map_err(|_| Fault::NotFound)
}

/// Puts a letter's job in again; answers where to go.
pub async fn replay(cx: &mut GlobalCx, claims: Option<Claims>, typed: &str) -> Result<String, Fault> {
    let by = deciding(cx, claims).await?;
    let letter = read_letter(typed)?;
    let became = store::replay(cx.db(), letter, by).await?;
    tracing::info!(letter, %by, became, "an operator asked for a dead letter's job to be put in again");
    Ok(format!("{HERE}?did={became}"))
}

/// The same for all letters of a task, a thousand at a time.
pub async fn replay_task(cx: &mut GlobalCx, claims: Option<Claims>, task: &str) -> Result<String, Fault> {
    let by = deciding(cx, claims).await?;
    let named = (3..=80).contains(&task.len()) && task.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'.'));
    if !named {
        return Err(Fault::NotFound);
    }
    let (replayed, waiting) = store::replay_task(cx.db(), task, by).await?;
    tracing::info!(task, %by, replayed, waiting, "an operator put all dead letters of a task in again");
    let did = match (replayed, waiting) {
        (0, 0) => "late",
        (0, _) => "waits",
        (_, 0) => "replayed",
        _ => "some",
    };
    Ok(format!("{HERE}?did={did}"))
}

/// Decides that a letter's job is not to be done; it can be taken back for a day.
pub async fn discard(cx: &mut GlobalCx, claims: Option<Claims>, typed: &str) -> Result<String, Fault> {
    let by = deciding(cx, claims).await?;
    let letter = read_letter(typed)?;
    let done = store::discard(cx.db(), letter, by).await?;
    tracing::info!(letter, %by, done, "an operator discarded a dead letter");
    Ok(if done { format!("{HERE}?did=discarded&letter={letter}") } else { format!("{HERE}?did=late") })
}

/// Takes a discard back.
pub async fn restore(cx: &mut GlobalCx, claims: Option<Claims>, typed: &str) -> Result<String, Fault> {
    let by = deciding(cx, claims).await?;
    let letter = read_letter(typed)?;
    let done = store::restore(cx.db(), letter).await?;
    tracing::info!(letter, %by, done, "an operator took a discard back");
    Ok(format!("{HERE}?did={}", if done { "restored" } else { "late" }))
}
