//! An endpoint that was switched off by itself: whoever works for its partner is told by SMS, and not at night.

use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use kit::{Lang, PersonId};
use serde_json::json;
use uuid::Uuid;

use super::partners::ZONE;
use super::store::deliveries::{self as store, NoticeTo};
use crate::platform::jobs::JobRun;
use crate::platform::told::zone_named;
use crate::platform::{Fault, GlobalCx, Job, sms};

/// Between these hours a message may ring, on a Friday until noon and two more hours, and on a Saturday not at all: before any
/// candle is lit, and after the latest of its ends. Holidays are not known here yet.
const FROM_HOUR: i8 = 8;
const UNTIL_HOUR: i8 = 21;
const FRIDAY_UNTIL_HOUR: i8 = 14;

/// Leaves a message for each of them, in the transaction that switched the endpoint off.
pub(super) async fn tell(cx: &mut GlobalCx, notice: Uuid) -> Result<(), Fault> {
    for person in store::notice_staff(cx.db(), notice).await? {
        leave(cx, notice, person).await?;
    }
    Ok(())
}

async fn leave(cx: &mut GlobalCx, notice: Uuid, person: PersonId) -> Result<(), Fault> {
    let job = Job::new("gateway.tell_off", json!({ "notice": notice, "person": person }));
    let job = match rests_until(cx.now, &zone_named(ZONE)) {
        Some(at) => job.at(at),
        None => job,
    };
    cx.enqueue(job).await
}

/// The next morning on which a message may ring, when now it may not.
fn rests_until(now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let local = now.to_zoned(zone.clone());
    let (mut day, hour) = (local.date(), local.hour());
    let over = match day.weekday() {
        Weekday::Friday => hour >= FRIDAY_UNTIL_HOUR,
        Weekday::Saturday => true,
        _ => hour >= UNTIL_HOUR,
    };
    if !over && hour >= FROM_HOUR {
        return None;
    }
    if over {
        day = day.tomorrow().ok()?;
    }
    if day.weekday() == Weekday::Saturday {
        day = day.tomorrow().ok()?;
    }
    day.at(FROM_HOUR, 0, 0, 0).to_zoned(zone.clone()).ok().map(|morning| morning.timestamp())
}

/// `gateway.tell_off`: one message to one person, unless the notice was read, the endpoint is on again, or the partner was told
/// of another one within the hour before. Safe to run twice: the provider is told that it is the same one. A try that comes
/// late, at night, leaves itself to the morning.
pub async fn tell_off(run: JobRun) -> Result<(), Fault> {
    let (notice, person): (Uuid, PersonId) = (run.read("notice")?, run.read("person")?);
    let mut cx = GlobalCx::open(&run.state, Lang::He, run.trace.clone()).await?;
    if rests_until(cx.now, &zone_named(ZONE)).is_some() {
        leave(&mut cx, notice, person).await?;
        return cx.commit().await;
    }
    let Some(to) = store::notice_to(cx.db(), notice, person).await? else { return Ok(()) };
    let phone = cx.read_phone("people", person, &to.sealed_phone)?;
    cx.commit().await?;
    sms::send(&run.state, &phone, &text(&to, &run.state.config.public_url), &format!("{notice}:{person}")).await
}

/// What it says: whose, which, why, and where it is switched on again. In Hebrew, as all messages until people can choose;
/// Latin addresses stand on lines of their own, which every phone puts in order.
fn text(to: &NoticeTo, public_url: &str) -> String {
    let host = to.url.split("://").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or(&to.url);
    let why = if to.kind == "gone" { "הכתובת ענתה שהיא לא קיימת יותר." } else { "כמה ימים שום דבר לא הגיע אליה." };
    let desk = format!("{}/partners/{}", public_url.trim_end_matches('/'), to.code);
    format!("ונטרה: נקודת קצה של {} הושבתה.\n{host}\n{why}\nמה קרה ואיך מפעילים שוב:\n{desk}", to.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_woken_and_no_sabbath_is_broken() {
        let zone = TimeZone::get("Asia/Jerusalem").expect("a zone");
        let at = |text: &str| text.parse::<jiff::civil::DateTime>().and_then(|local| local.to_zoned(zone.clone())).expect("a moment").timestamp();
        for (now, then) in [
            ("2026-11-24T07:59:59", Some("2026-11-24T08:00:00")),
            ("2026-11-24T08:00:00", None),
            ("2026-11-24T20:59:59", None),
            ("2026-11-24T21:00:00", Some("2026-11-25T08:00:00")),
            ("2026-12-31T23:30:00", Some("2027-01-01T08:00:00")),
            // Friday, Saturday, and Thursday's evening before.
            ("2026-11-26T22:00:00", Some("2026-11-27T08:00:00")),
            ("2026-11-27T13:59:59", None),
            ("2026-11-27T14:00:00", Some("2026-11-29T08:00:00")),
            ("2026-11-28T05:00:00", Some("2026-11-29T08:00:00")),
            ("2026-11-28T12:00:00", Some("2026-11-29T08:00:00")),
            ("2026-11-28T23:00:00", Some("2026-11-29T08:00:00")),
            ("2026-11-29T03:00:00", Some("2026-11-29T08:00:00")),
            // The night in which the clock is put forward, and the one in which it is put back.
            ("2026-03-26T23:30:00", Some("2026-03-27T08:00:00")),
            ("2026-10-25T00:30:00", Some("2026-10-25T08:00:00")),
        ] {
            assert_eq!(rests_until(at(now), &zone), then.map(at), "{now}");
        }
    }
}
