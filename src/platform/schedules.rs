//! Schedules of our own: a cron line in a tenant's zone, or one for the platform.
//!
//! A run is noted in the transaction that leaves its job: two processes never leave it twice, and a crash between the two
//! leaves neither. What a pause of ours missed is made up for, within bounds. A line is read on the wall clock: an hour
//! that a night skips runs right after it, and an hour that a night has twice runs once.

use std::collections::VecDeque;

use anyhow::Context;
use croner::Cron;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::{Timestamp as SqlTimestamp, ToSqlx};
use kit::TenantId;
use uuid::Uuid;

use super::fault::Fault;
use super::jobs::Job;
use super::state::AppState;
use super::told::zone_named;

/// What a pause is looked back over, whatever the line says.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(62 * 24);

/// Something that happens by the clock.
pub struct Schedule {
    /// What its runs are noted under; it never changes.
    pub name: &'static str,
    /// Minute, hour, day, month, day of the week.
    pub cron: &'static str,
    pub zone: Zone,
    /// How many runs of a pause are made up for: the latest ones.
    pub missed: usize,
    /// The job of one run. `due` is added to its payload; in a tenant's zone, the tenant too.
    pub job: fn() -> Job,
}

/// Whose wall clock a schedule goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// Once in every tenant, by its own clock.
    Tenant,
    /// Once for the platform, in the zone of this name.
    Fixed(&'static str),
}

/// A run that is noted further ahead than this was noted by a clock that was wrong (migration 0176 says the same).
const AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// Leaves the jobs of everything that is due. Answers how many. What fails in one place stops no other, and is told at the
/// end.
pub async fn tick(state: &AppState, schedules: &[Schedule]) -> Result<usize, Fault> {
    let now = state.clock.now();
    let (mut left, mut failed) = (0, None);
    for schedule in schedules {
        let cron: Cron = schedule.cron.parse().with_context(|| format!("{} is no cron line", schedule.cron))?;
        let fixed = match schedule.zone {
            Zone::Tenant => None,
            Zone::Fixed(zone) => Some(zone),
        };
        let places = sqlx::query!(
            r#"select tenant_id, time_zone as "time_zone!", last_run as "last_run: SqlTimestamp" from directory.schedule_places($1, $2, $3, $4)"#,
            schedule.name,
            schedule.cron,
            fixed,
            now.to_sqlx() as _
        )
        .fetch_all(&state.pool)
        .await?;
        for place in places {
            // A database that goes away in between lets each place wait for it.
            if state.stopping.is_cancelled() {
                return failed.map_or(Ok(left), Err);
            }
            let here = Place { tenant: place.tenant_id, zone: place.time_zone, last: place.last_run.map(SqlTimestamp::to_jiff) };
            let tenant = here.tenant;
            match run_in(state, schedule, &cron, here, now).await {
                Ok(some) => left += some,
                Err(fault) => {
                    tracing::warn!(schedule = schedule.name, ?tenant, error = ?fault, "a schedule could not be run");
                    failed = Some(fault);
                }
            }
        }
    }
    failed.map_or(Ok(left), Err)
}

/// One tenant of a schedule, or its one place in the platform.
struct Place {
    tenant: Option<Uuid>,
    zone: String,
    /// The last run; none where the schedule was never seen, and begins now.
    last: Option<Timestamp>,
}

async fn run_in(state: &AppState, schedule: &Schedule, cron: &Cron, place: Place, now: Timestamp) -> Result<usize, Fault> {
    let zone = zone_named(&place.zone);
    // Of a clock that had gone ahead nothing is believed: it goes on from now.
    let is_wrong = place.last.is_some_and(|last| now.duration_until(last) > AHEAD);
    if is_wrong {
        tracing::warn!(schedule = schedule.name, tenant = ?place.tenant, noted = ?place.last, "a schedule was noted in the future, by a clock that had gone ahead");
    }
    let last = place.last.filter(|_| !is_wrong);
    let due = last.map_or_else(|| Ok(Vec::new()), |last| due_between(cron, &zone, last, now, schedule.missed))?;
    let next = next_after(cron, &zone, now)?;
    let noted = due.last().copied().or(last).unwrap_or(now);
    let mut tx = state.pool.begin().await?;
    let ours = sqlx::query_scalar!(
        "select jobs.note_run($1, $2, $3, $4, $5, $6)",
        schedule.name,
        place.tenant,
        place.last.map(ToSqlx::to_sqlx) as _,
        noted.to_sqlx() as _,
        next.to_sqlx() as _,
        format!("{} {}", schedule.cron, place.zone)
    )
    .fetch_one(&mut *tx)
    .await?;
    if ours != Some(true) {
        return Ok(0);
    }
    for moment in &due {
        let mut job = (schedule.job)();
        if let Some(map) = job.payload.as_object_mut() {
            map.insert("due".into(), moment.to_string().into());
        }
        job.leave(&mut tx, place.tenant.map(TenantId)).await?;
    }
    tx.commit().await?;
    Ok(due.len())
}

/// The runs after `last` up to `now`, at most so many: the latest.
pub fn due_between(cron: &Cron, zone: &TimeZone, last: Timestamp, now: Timestamp, most: usize) -> Result<Vec<Timestamp>, Fault> {
    let mut due = VecDeque::new();
    let mut at = last.max(now.checked_sub(LOOK_BACK).map_err(anyhow::Error::from)?);
    loop {
        at = next_after(cron, zone, at)?;
        if at > now {
            return Ok(due.into());
        }
        due.push_back(at);
        if due.len() > most {
            due.pop_front();
        }
    }
}

/// The first run after a moment.
pub fn next_after(cron: &Cron, zone: &TimeZone, after: Timestamp) -> Result<Timestamp, Fault> {
    let mut wall = zone.to_datetime(after);
    // Twice at most: an hour that comes twice is found again in its second half, and passed over.
    loop {
        wall = cron.find_next_occurrence(&wall, false).with_context(|| format!("{} never comes again", cron.as_str()))?;
        let moment = zone.to_ambiguous_timestamp(wall).compatible().map_err(anyhow::Error::from)?;
        if moment > after {
            return Ok(moment);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(line: &str, from: &str, to: &str) -> Vec<String> {
        let zone = TimeZone::get("Asia/Jerusalem").expect("a zone");
        let cron: Cron = line.parse().expect("a line");
        let moment = |text: &str| text.parse::<Timestamp>().expect("a moment");
        let due = due_between(&cron, &zone, moment(from), moment(to), 100).expect("runs");
        due.into_iter().map(|at| at.to_zoned(zone.clone()).strftime("%m-%d %H:%M%:z").to_string()).collect()
    }

    #[test]
    fn an_hour_that_a_night_skips_runs_once_right_after_it() {
        // On 27 March 2026 clocks in Israel go from 02:00 to 03:00.
        assert_eq!(runs("30 2 * * *", "2026-03-25T12:00:00Z", "2026-03-28T12:00:00Z"), ["03-26 02:30+02:00", "03-27 03:30+03:00", "03-28 02:30+03:00"]);
        assert_eq!(runs("*/30 * * * *", "2026-03-26T23:15:00Z", "2026-03-27T01:00:00Z"), ["03-27 01:30+02:00", "03-27 03:00+03:00", "03-27 03:30+03:00", "03-27 04:00+03:00"]);
    }

    #[test]
    fn an_hour_that_a_night_has_twice_runs_once() {
        // On 25 October 2026 clocks in Israel go from 02:00 back to 01:00.
        assert_eq!(runs("30 1 * * *", "2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z"), ["10-25 01:30+03:00", "10-26 01:30+02:00"]);
        assert_eq!(runs("0 * * * *", "2026-10-24T21:30:00Z", "2026-10-25T00:00:00Z"), ["10-25 01:00+03:00", "10-25 02:00+02:00"]);
    }

    #[test]
    fn of_a_long_pause_the_latest_runs_are_made_up_for() {
        let zone = TimeZone::get("Asia/Jerusalem").expect("a zone");
        let cron: Cron = "0 8 * * *".parse().expect("a line");
        let (from, to) = ("2026-01-01T00:00:00Z".parse().expect("a moment"), "2026-11-22T09:00:00Z".parse().expect("a moment"));
        let due = due_between(&cron, &zone, from, to, 3).expect("runs");
        assert_eq!(due.iter().map(ToString::to_string).collect::<Vec<_>>(), ["2026-11-20T06:00:00Z", "2026-11-21T06:00:00Z", "2026-11-22T06:00:00Z"]);
    }
}
