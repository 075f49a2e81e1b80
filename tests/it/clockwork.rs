//! What happens by the clock: once in every tenant by its own clock, made up for after a pause, and never twice.

use serde_json::json;
use vantera::platform::schedules::{self, Schedule, Zone};
use vantera::platform::{Clock, Job};

use crate::support::App;

fn digest() -> Job {
    Job::new("tests.digest", json!({}))
}

const DAILY: Schedule = Schedule { name: "tests.digest", cron: "0 8 * * *", zone: Zone::Tenant, missed: 2, job: digest };
const HOURLY: Schedule = Schedule { name: "tests.hourly", cron: "5 * * * *", zone: Zone::Fixed("Asia/Jerusalem"), missed: 1, job: digest };

impl App {
    /// Moments for which a job was left, with the zone of its tenant.
    async fn left_for(&self) -> Vec<(String, String)> {
        sqlx::query_as(
            "select coalesce(t.time_zone, 'platform'), j.payload ->> 'due' from graphile_worker._private_jobs j left join tenants t on t.tenant_id::text = j.payload ->> 'tenant' order by 2, 1",
        )
        .fetch_all(&self.all)
        .await
        .expect("jobs")
    }

    async fn tick(&self, schedules: &[Schedule]) -> usize {
        schedules::tick(&self.worker, schedules).await.expect("a tick")
    }
}

#[tokio::test]
async fn a_schedule_runs_in_every_tenant_by_its_own_clock() {
    let app = App::with_building().await;
    app.open_building("paris-1", "פריז 1", 2).await;
    sqlx::query("update tenants set time_zone = 'Europe/Paris' where slug = 'paris-1'").execute(&app.all).await.expect("a zone");
    assert_eq!(app.tick(&[DAILY]).await, 0, "it begins now, and makes up for nothing before");
    app.advance(21 * 3600);
    // 06:00 in UTC: eight in Israel, seven in Paris.
    assert_eq!((app.tick(&[DAILY]).await, app.tick(&[DAILY]).await), (1, 0));
    app.advance(3600);
    assert_eq!(app.tick(&[DAILY]).await, 1);
    let told = [("Asia/Jerusalem", "2026-11-23T06:00:00Z"), ("Europe/Paris", "2026-11-23T07:00:00Z")];
    assert_eq!(app.left_for().await, told.map(|(zone, due)| (zone.to_owned(), due.to_owned())));
}

#[tokio::test]
async fn runs_that_a_pause_missed_are_made_up_for_within_bounds() {
    let app = App::with_building().await;
    app.tick(&[DAILY, HOURLY]).await;
    app.advance(5 * 24 * 3600);
    assert_eq!(app.tick(&[DAILY, HOURLY]).await, 3, "two days of the daily one, the latest hour of the other");
    let due: Vec<String> = app.left_for().await.into_iter().map(|(_, due)| due).collect();
    assert_eq!(due, ["2026-11-26T06:00:00Z", "2026-11-27T06:00:00Z", "2026-11-27T08:05:00Z"]);
    assert_eq!(app.tick(&[DAILY, HOURLY]).await, 0);
}

#[tokio::test]
async fn a_schedule_whose_line_or_zone_changes_goes_by_the_new_one() {
    let app = App::with_building().await;
    app.tick(&[DAILY]).await;
    let earlier = Schedule { cron: "0 12 * * *", ..DAILY };
    assert_eq!(app.tick(&[earlier]).await, 0);
    assert_eq!(app.text("select (next_run at time zone 'UTC')::text from schedule_runs").await.as_deref(), Some("2026-11-22 10:00:00"), "noon in Israel is two hours away");
    app.advance(2 * 3600);
    assert_eq!(app.tick(&[Schedule { cron: "0 12 * * *", ..DAILY }]).await, 1);
}

#[tokio::test]
async fn two_schedulers_leave_one_run() {
    let app = App::with_building().await;
    app.tick(&[HOURLY]).await;
    for _ in 0..20 {
        app.advance(3600);
        let hourly = [HOURLY];
        let ticks = futures::future::join_all((0..4).map(|_| schedules::tick(&app.worker, &hourly))).await;
        assert_eq!(ticks.into_iter().map(|left| left.expect("a tick")).sum::<usize>(), 1);
    }
    let mut due = app.left_for().await;
    let all = due.len();
    due.dedup();
    assert_eq!((all, due.len()), (20, 20));
}

#[tokio::test]
async fn the_two_nights_that_change_clocks_run_each_line_once() {
    for (from, cron, expected) in [
        // 27 March 2026, 02:00 becomes 03:00: half past two is not there, and runs at half past three.
        ("2026-03-26T12:00:00Z", "30 2 * * *", "2026-03-27T00:30:00Z"),
        // 25 October 2026, 02:00 becomes 01:00: half past one is there twice, and runs the first time.
        ("2026-10-24T12:00:00Z", "30 1 * * *", "2026-10-24T22:30:00Z"),
    ] {
        let app = App::with_building().await;
        let from: jiff::Timestamp = from.parse().expect("a moment");
        app.clock.advance(from.duration_since(app.clock.now()));
        let nightly = [Schedule { cron, missed: 10, ..DAILY }];
        app.tick(&nightly).await;
        // Looked at every quarter of an hour, as a process does.
        for _ in 0..(24 * 4) {
            app.advance(900);
            app.tick(&nightly).await;
        }
        assert_eq!(app.left_for().await, [("Asia/Jerusalem".to_owned(), expected.to_owned())]);
    }
}

#[tokio::test]
async fn the_houses_own_schedules_can_be_read_and_have_a_lane() {
    let app = App::start().await;
    assert_eq!(app.tick(vantera::wiring::SCHEDULES).await, 0);
    for schedule in vantera::wiring::SCHEDULES {
        let task = (schedule.job)().task;
        assert!(vantera::wiring::jobs().iter().any(|job| job.task == task), "{task} has no lane");
    }
    app.advance(26 * 3600);
    assert_eq!(app.tick(vantera::wiring::SCHEDULES).await, vantera::wiring::SCHEDULES.len());
    app.drain().await;
    app.finish().await;
}

/// What runs by the hour would leave one out in autumn by any clock that is set back.
#[test]
fn what_runs_by_the_hour_goes_by_a_clock_that_is_never_set_back() {
    let mut hourly = 0;
    for schedule in vantera::wiring::SCHEDULES.iter().filter(|one| one.cron.split(' ').nth(1).is_some_and(|hours| hours.contains('*'))) {
        assert!(matches!(schedule.zone, Zone::Fixed("UTC")), "{} skips an hour each autumn", schedule.name);
        hourly += 1;
    }
    assert!(hourly >= 3);
}

#[tokio::test]
async fn a_clock_that_jumps_ahead_and_back_stops_nothing_and_runs_nothing_twice() {
    let app = App::with_building().await;
    let hourly = [HOURLY];
    app.tick(&hourly).await;
    app.advance(3600);
    assert_eq!(app.tick(&hourly).await, 1);
    for ahead in [2 * 3600, 366 * 86_400] {
        app.advance(ahead);
        // What is due by the wrong clock is left, once.
        assert_eq!(app.tick(&hourly).await, 1, "{ahead}");
        app.advance(-ahead);
        assert_eq!(app.tick(&hourly).await, 0, "it goes on from now: {ahead}");
        assert_eq!(app.tick(&hourly).await, 0);
        app.advance(3600);
        assert_eq!((app.tick(&hourly).await, app.tick(&hourly).await), (1, 0), "the next hour is not missed: {ahead}");
    }
    // Two processes whose clocks differ by seconds do not undo each other's runs.
    app.advance(3600);
    assert_eq!(app.tick(&hourly).await, 1);
    app.advance(-60);
    assert_eq!(app.tick(&hourly).await, 0);
    app.advance(60);
    assert_eq!(app.tick(&hourly).await, 0, "not a second time");
}

#[tokio::test]
async fn one_place_whose_schedule_cannot_be_run_stops_no_other() {
    let app = App::with_building().await;
    app.tick(&[DAILY, HOURLY]).await;
    app.advance(24 * 3600);
    // A tenant's place is refused; the platform's comes after it.
    let broken = "create function refuse() returns trigger language plpgsql as $$ begin if new.tenant_id is not null then raise exception 'refused'; end if; return new; end $$;
        create trigger refuse before update on schedule_runs for each row execute function refuse()";
    sqlx::raw_sql(broken).execute(&app.all).await.expect("a trigger");
    assert!(schedules::tick(&app.worker, &[DAILY, HOURLY]).await.is_err(), "it is told");
    assert_eq!(app.left_for().await.len(), 1, "and the others ran");
}

#[tokio::test]
async fn a_process_whose_clock_is_wrong_lets_go_of_nothing() {
    // The tests' clock is far from the database's.
    let app = App::start_with(|config| config.clock_slack = Some(std::time::Duration::from_secs(60))).await;
    app.advance(3 * 366 * 86_400);
    assert!(!vantera::platform::housekeeping::clock_is_right(&app.worker).await.expect("an answer"));
    let ahead = app.worker.meters.render().lines().find_map(|line| line.strip_prefix("vantera_clock_ahead_seconds ")?.parse::<f64>().ok());
    assert!(ahead.is_some_and(|ahead| ahead.abs() > 86_400.0), "it is measured: {ahead:?}");
    let months = "select count(*) from pg_inherits i join pg_class c on c.oid = i.inhrelid where c.relname ~ '[0-9]{4}_?[0-9]{2}$' and c.relkind = 'r'";
    let before = app.count(months).await;
    let run = || vantera::platform::jobs::JobRun { state: app.worker.clone(), payload: json!({}), trace: "test".into(), attempt: 1, most_attempts: 3 };
    let outcomes = [vantera::platform::housekeeping::tidy(run()).await, vantera::gateway::server::pump::months(run()).await, vantera::intake::server::jobs::tidy(run()).await];
    for refused in outcomes {
        assert!(refused.as_ref().is_err_and(|fault| format!("{fault:?}").contains("clock")), "it is tried again, perhaps elsewhere: {refused:?}");
    }
    assert_eq!(app.count(months).await, before);
}
