//! Lanes, fair shares, dead letters: work is never lost, and nobody's work starves another's.

use std::sync::Mutex;
use std::time::Duration;

use http::StatusCode;
use kit::TenantId;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::Actor;
use vantera::job_table;
use vantera::platform::jobs::{self, JobRun, leave_global, open_tenant};
use vantera::platform::lanes::{self, Lane, LaneJob};
use vantera::platform::{Fault, Job, housekeeping};
use vantera::wiring;

use crate::support::{App, SLUG};

mod fairness;
mod letters;

/// What ran, in the order of running. Each test is a process of its own.
static RAN: Mutex<Vec<String>> = Mutex::new(Vec::new());
/// Whether the job that fails still does.
static BROKEN: Mutex<bool> = Mutex::new(true);

fn ran() -> Vec<String> {
    RAN.lock().expect("nobody panicked").clone()
}

async fn note(run: JobRun) -> Result<(), Fault> {
    RAN.lock().expect("nobody panicked").push(run.read::<String>("who")?);
    Ok(())
}

async fn fail(run: JobRun) -> Result<(), Fault> {
    if *BROKEN.lock().expect("nobody panicked") {
        return Err(anyhow::anyhow!("{} at try {}", run.read::<String>("who")?, run.attempt).into());
    }
    note(run).await
}

/// The jobs of these tests.
fn table() -> Vec<LaneJob> {
    job_table! {
        "tests.note" in Messages of platform => note,
        "tests.fail" in Webhooks => fail,
    }
}

impl App {
    async fn with_lanes() -> Self {
        let app = Self::with_building().await;
        lanes::declare(&app.worker, &table()).await.expect("lanes");
        app
    }

    async fn run_tests_jobs(&self) {
        jobs::worker(&self.worker, lanes::of(&table(), |_| true), 2).await.expect("a runner").run_once().await.expect("jobs run");
    }

    async fn owner(&self) -> PgPool {
        PgPool::connect(self.database.owner()).await.expect("the owner")
    }

    async fn tenant(&self, slug: &str) -> TenantId {
        TenantId(sqlx::query_scalar("select tenant_id from tenants where slug = $1").bind(slug).fetch_one(&self.all).await.expect("a tenant"))
    }

    /// Leaves a job in a tenant, as a room does.
    async fn leave(&self, tenant: TenantId, job: Job) {
        let mut cx = open_tenant(&self.worker, tenant, "test".into()).await.expect("a context");
        cx.enqueue(job).await.expect("a job");
        cx.commit().await.expect("a commit");
    }

    /// Spends a job's three tries.
    async fn spend(&self, who: &str) {
        let tenant = self.tenant(SLUG).await;
        self.leave(tenant, Job { most_attempts: 3, ..Job::new("tests.fail", json!({ "who": who })).keyed(who.chars().take(40).collect::<String>()) }).await;
        for _ in 0..3 {
            self.run_tests_jobs().await;
            self.skip_pauses().await;
        }
    }
}

fn told(who: &str) -> Job {
    Job::new("tests.note", json!({ "who": who }))
}

#[test]
fn every_task_is_on_one_lane_and_payments_alone_holds_the_providers_keys() {
    let table = wiring::jobs();
    let mut tasks: Vec<&str> = table.iter().map(|job| job.task).collect();
    tasks.sort_unstable();
    tasks.dedup();
    assert_eq!(tasks.len(), table.len(), "a task stands twice in the table");
    assert!(table.iter().filter(|job| job.lane == Lane::Payments).all(|job| job.task.starts_with("payments.")));
    let alone: Vec<&str> = table.iter().filter(|job| job.of_platform).map(|job| job.task).collect();
    // An endpoint is a partner's and hears of many buildings; an inbound event finds its tenant on the way; tokens that end are
    // looked for in all tenants at once.
    let expected = "payments.stripe_event payments.sweep identity.send_code gateway.tell_off platform.tidy platform.late_months gateway.pump gateway.sweep intake.confirm intake.route connections.due gateway.months intake.tidy audit.hourly";
    assert_eq!(alone.join(" "), expected, "whoever adds one says here why it has no tenant");
    for lane in Lane::ALL {
        assert!(lanes::LaneSlots::default().of(lane) > 0);
        for lang in [kit::Lang::He, kit::Lang::En] {
            let words = vantera::operator::words::queue_words(lang);
            assert_ne!((words.lane)(lane.word()), (words.lane)(""), "{lane:?} has a name on the console");
        }
    }
}

#[tokio::test]
async fn a_killed_workers_job_comes_back_within_45_seconds_at_the_defaults() {
    let app = App::with_lanes().await;
    let beat = app.worker.config.job_heartbeat;
    assert_eq!(beat, Duration::from_secs(5), "the default");
    let [silent, looked_for, rest] = jobs::taken_back(beat);
    // Silent since just after a look, so the next one is a whole turn away; then the rest, and the asking of a slow lane.
    assert!(silent + looked_for + rest + Duration::from_secs(2) <= Duration::from_secs(45));
    // Two workers were killed with a job each: one 21 s ago, beyond the 20 of the defaults, and one 19 s ago.
    for (worker, age) in [("dead", 21), ("perhaps", 19)] {
        leave_global(&app.worker, told(worker)).await.expect("a job");
        let sql =
            "with held as (update graphile_worker._private_jobs set attempts = attempts + 1, locked_by = $1, locked_at = now() - make_interval(secs => $2) where locked_by is null)
                   insert into graphile_worker._private_workers (id, last_heartbeat_at) values ($1, now() - make_interval(secs => $2))";
        sqlx::query(sql).bind(worker).bind(f64::from(age)).execute(&app.owner().await).await.expect("a crash");
    }
    let runner = jobs::worker(&app.worker, Vec::new(), 1).await.expect("a runner");
    let freed = async {
        app.until("select count(*) from (select 1 where not exists (select 1 from graphile_worker._private_jobs where locked_by = 'dead')) free", 1).await;
        runner.request_shutdown();
    };
    let (ended, ()) = tokio::join!(runner.run(), freed);
    ended.expect("a runner ends well");
    assert_eq!(app.count("select count(*) from graphile_worker._private_jobs where locked_by = 'perhaps' and attempts = 1").await, 1, "who was silent for 19 s may live");
    assert_eq!(app.count("select count(*) from graphile_worker._private_jobs where locked_by is null and attempts = 0 and run_at <= now() + interval '1.25 seconds'").await, 1);
    app.skip_pauses().await;
    app.run_tests_jobs().await;
    assert_eq!(ran(), ["dead"], "it is done by another");
    assert_eq!(app.count("select count(*) from jobs_runs").await, 0, "a crash is no failure of the job");
}

#[tokio::test]
async fn a_job_that_names_no_tenant_is_not_run_unless_its_task_is_of_the_platform() {
    let app = App::with_lanes().await;
    *BROKEN.lock().expect("nobody panicked") = false;
    leave_global(&app.worker, Job::new("tests.fail", json!({ "who": "nobody" }))).await.expect("a job");
    app.leave(app.tenant(SLUG).await, Job::new("tests.fail", json!({ "who": "somebody" }))).await;
    app.run_tests_jobs().await;
    assert_eq!(ran(), ["somebody"]);
    assert!(app.text("select error from jobs_runs").await.is_some_and(|error| error.contains("names no tenant")));
}

#[tokio::test]
async fn jobs_left_under_one_key_are_one_job() {
    let app = App::with_lanes().await;
    for who in ["first", "second", "third"] {
        leave_global(&app.worker, told(who).keyed("note")).await.expect("a job");
    }
    app.run_tests_jobs().await;
    assert_eq!(ran(), ["third"], "the latest word counts");
    app.finish().await;
}

#[tokio::test]
async fn a_failed_job_rests_longer_each_time_never_over_an_hour_and_not_with_all_the_others() {
    let app = App::with_lanes().await;
    let owner = app.owner().await;
    for n in 0..40 {
        leave_global(&app.worker, told(&n.to_string())).await.expect("a job");
    }
    for (attempts, least, most) in [(1, 2.0, 2.72), (4, 40.9, 54.6), (7, 822.0, 1096.7), (9, 2700.0, 3600.0), (24, 2700.0, 3600.0)] {
        sqlx::query("update graphile_worker._private_jobs set locked_by = 'x', locked_at = now(), attempts = $1, run_at = now()")
            .bind(attempts)
            .execute(&owner)
            .await
            .expect("claimed");
        let sql = "update graphile_worker._private_jobs set locked_by = null, locked_at = null, last_error = 'told to fail' returning extract(epoch from run_at - now())::float8";
        let mut rests: Vec<f64> = sqlx::query_scalar(sql).fetch_all(&owner).await.expect("failed");
        assert!(rests.iter().all(|rest| (least..=most).contains(rest)), "after try {attempts}: {rests:?}");
        rests.sort_by(f64::total_cmp);
        rests.dedup();
        assert!(rests.len() > 30, "they do not all come back at once: {rests:?}");
    }
}

#[tokio::test]
async fn a_spent_job_is_a_dead_letter_with_the_error_of_each_try_and_is_run_again_under_its_key() {
    let app = App::with_lanes().await;
    let mut operator = app.resident("3", "עמית רז", "0520000001").await;
    app.spend("printer").await;
    assert_eq!(app.jobs_left().await, Vec::new(), "it is out of the queue");
    let (letter, key, first, last, errors): (i64, String, String, String, Value) =
        sqlx::query_as("select dead_id, key, first_error, last_error, errors from jobs_dead").fetch_one(&app.all).await.expect("a letter");
    assert_eq!(key, "printer");
    assert_eq!((first.as_str(), last.as_str()), ("printer at try 1", "printer at try 3"), "the words and nothing around them");
    let tries: Vec<(i64, bool)> = errors.as_array().expect("tries").iter().map(|one| (one["attempt"].as_i64().unwrap_or(0), one["ms"].is_i64() && one["at"].is_string())).collect();
    assert_eq!(tries, [(1, true), (2, true), (3, true)]);
    assert_eq!(app.count("select count(*) from jobs_runs where outcome = 'failed'").await, 2);
    assert_eq!(app.count("select count(*) from jobs_runs where outcome = 'spent'").await, 1);

    let page = operator.get("/operator/queues").await.text();
    for shown in ["tests.fail", "הרצל 7", "printer at try 3", "printer at try 1", "3/3"] {
        assert!(page.contains(shown), "the console shows {shown}");
    }
    *BROKEN.lock().expect("nobody panicked") = false;
    let letter = letter.to_string();
    assert!(operator.submit("/call/operator/replay", &[("letter", &letter)]).await.location().ends_with("did=replayed"));
    assert_eq!(app.text("select key from graphile_worker._private_jobs where attempts = 0 and max_attempts = 3").await.as_deref(), Some("printer"));
    assert!(operator.submit("/call/operator/replay", &[("letter", &letter)]).await.location().ends_with("did=late"), "it is put in once");
    app.run_tests_jobs().await;
    assert_eq!(ran(), ["printer"]);
    assert_eq!(app.count("select count(*) from jobs_dead where settled = 'replayed' and settled_by is not null").await, 1);
    app.finish().await;
}

#[tokio::test]
async fn an_operator_discards_takes_it_back_and_runs_all_of_a_task_again() {
    let app = App::with_lanes().await;
    let mut operator = app.resident("3", "עמית רז", "0520000001").await;
    for who in ["one", "two", "three"] {
        app.spend(who).await;
    }
    let letter = app.text("select min(dead_id)::text from jobs_dead").await.expect("a letter");
    let discarded = operator.submit("/call/operator/discard", &[("letter", &letter)]).await;
    assert!(discarded.location().ends_with(&format!("did=discarded&letter={letter}")), "{}", discarded.location());
    let toast = operator.get(&discarded.location()).await.text();
    assert!(toast.contains("/call/operator/restore") && toast.contains("ויתרנו על העבודה"), "there is a way back");
    assert!(operator.submit("/call/operator/restore", &[("letter", &letter)]).await.location().ends_with("did=restored"));
    operator.submit("/call/operator/discard", &[("letter", &letter)]).await;
    *BROKEN.lock().expect("nobody panicked") = false;
    assert!(operator.submit("/call/operator/replay_task", &[("task", "tests.fail")]).await.location().ends_with("did=replayed"));
    app.run_tests_jobs().await;
    assert_eq!(ran().len(), 2, "the discarded one is not done: {:?}", ran());
    app.finish().await;
}

#[tokio::test]
async fn an_error_is_kept_to_two_kilobytes_whatever_its_letters_weigh() {
    let app = App::with_lanes().await;
    for long in ["x".repeat(50_000), "א".repeat(50_000), "👷".repeat(5_000)] {
        app.spend(&long[..long.char_indices().nth(3_000).map_or(long.len(), |(at, _)| at)]).await;
    }
    assert_eq!(app.count("select count(*) from jobs_runs where octet_length(error) between 500 and 2048").await, 9);
    assert_eq!(app.count("select count(*) from jobs_dead where octet_length(last_error) <= 2048").await, 3);
}

#[tokio::test]
async fn a_backlog_is_worked_off_at_once_and_not_at_the_pace_of_asking() {
    let app = App::with_lanes().await;
    let runner = lanes::runner(&app.worker, Lane::Messages, &table()).await.expect("a runner");
    // As it lies there when a process starts: nobody is told of it any more.
    let sql = "insert into graphile_worker._private_jobs (task_id, payload) select t.id, json_build_object('who', n::text) from graphile_worker._private_tasks t, generate_series(1, 400) n where t.identifier = 'tests.note'";
    sqlx::query(sql).execute(&app.owner().await).await.expect("jobs");
    let begun = tokio::time::Instant::now();
    let gone = async {
        app.until("select count(*) from (select 1 where not exists (select 1 from graphile_worker._private_jobs)) gone", 1).await;
        runner.request_shutdown();
    };
    let (ended, ()) = tokio::join!(lanes::work(&app.worker, Lane::Messages, &runner), gone);
    ended.expect("a runner ends well");
    let mut ran = ran();
    ran.sort_unstable();
    ran.dedup();
    assert_eq!(ran.len(), 400, "each once");
    assert!(begun.elapsed() < Duration::from_secs(10), "four slots that ask twice a second would have taken fifty");
    app.finish().await;
}

#[tokio::test]
async fn whoever_comes_while_others_are_served_stands_where_they_are_and_not_before_them() {
    let app = App::with_lanes().await;
    let (first, second) = (app.tenant(SLUG).await, app.open_building("second-1", "שני 1", 4).await);
    let owner = app.owner().await;
    let places = |tenant: TenantId| {
        let all = app.all.clone();
        async move {
            let places: Vec<i16> = sqlx::query_scalar("select priority from graphile_worker._private_jobs where payload ->> 'tenant' = $1 order by id")
                .bind(tenant.0.to_string())
                .fetch_all(&all)
                .await
                .expect("places");
            places
        }
    };
    for _ in 0..25 {
        app.leave(first, told("first")).await;
    }
    let expected: Vec<i16> = (0..25).map(|n| n / 10).collect();
    assert_eq!(places(first).await, expected, "ten share a place");
    // The first fifteen were served; the sixteenth runs.
    sqlx::query("delete from graphile_worker._private_jobs where id in (select id from graphile_worker._private_jobs order by id limit 15)").execute(&owner).await.expect("served");
    sqlx::query("update graphile_worker._private_jobs set locked_by = 'x', locked_at = now() where id = (select min(id) from graphile_worker._private_jobs)")
        .execute(&owner)
        .await
        .expect("running");
    app.leave(second, told("second")).await;
    assert_eq!(places(second).await, [1], "beside those that come next");
    // What somebody waits for before his screen stands before all of that.
    app.leave(second, told("second").watched()).await;
    assert_eq!(places(second).await, [1, -10]);
}

#[tokio::test]
async fn only_operators_see_the_queues_and_no_role_reads_the_letters_by_itself() {
    let app = App::with_lanes().await;
    let mut resident = app.resident("3", "נועה שגב", "0543182704").await;
    let mut passer_by: Actor = app.visitor();
    for call in ["operator/queues", "operator/replay", "operator/replay_task", "operator/discard", "operator/restore"] {
        let fields = [("letter", "1"), ("task", "payments.sweep")];
        assert_eq!(resident.call(call, &fields).await.status, StatusCode::NOT_FOUND, "{call}");
        assert_eq!(passer_by.call(call, &fields).await.status, StatusCode::UNAUTHORIZED, "{call}");
    }
    assert_eq!(resident.get("/operator/queues/now").await.status, StatusCode::NOT_FOUND);
    for state in [&app.web, &app.worker, &app.payments] {
        for table in ["jobs_dead", "jobs_runs", "jobs_done", "job_lanes", "schedule_runs"] {
            let refused = sqlx::query(sqlx::AssertSqlSafe(format!("select 1 from {table}"))).execute(&state.pool).await;
            assert!(refused.is_err_and(|error| error.to_string().contains("permission denied")), "{table}");
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn an_open_console_is_handed_its_numbers_anew() {
    let app = App::with_lanes().await;
    let mut operator = app.resident("3", "עמית רז", "0520000001").await;
    leave_global(&app.worker, told("one")).await.expect("a job");
    let now = operator.get("/operator/queues/now").await.text();
    for part in ["console-lanes", "console-dead", "console-retries", "console-discarded", "console-schedules"] {
        assert!(now.contains(&format!("id=\"{part}\"")), "{part}");
    }
    assert!(!now.contains("<html"), "parts, and no page");
    app.run_tests_jobs().await;
    housekeeping::count_done(&app.worker).await.expect("counted");
    let answer = operator.call("operator/queues", &[]).await;
    let page: vantera::operator::model::QueuesPage = serde_json::from_str(&answer.text()).expect("a page");
    let messages = page.lanes.iter().find(|lane| lane.lane == "messages").expect("a lane");
    assert_eq!((messages.waiting, messages.done_hour, messages.pace.iter().sum::<i64>()), (0, 1, 1));
    assert_eq!(page.lanes.iter().map(|lane| lane.lane.as_str()).collect::<Vec<_>>(), Lane::ALL.map(Lane::word), "every lane, in the order of the house");
    app.finish().await;
}

#[tokio::test]
async fn prometheus_is_told_how_each_lane_stands() {
    let app = App::with_lanes().await;
    app.spend("lost").await;
    leave_global(&app.worker, told("one")).await.expect("a job");
    housekeeping::measure_lanes(&app.worker).await.expect("measured");
    let told = app.worker.meters.render();
    for line in ["vantera_lane_waiting{lane=\"messages\"} 1", "vantera_lane_dead{lane=\"webhooks\"} 1", "vantera_lane_running{lane=\"payments\"} 0"] {
        assert!(told.contains(line), "{line} in\n{told}");
    }
}

#[tokio::test]
async fn failures_are_kept_by_the_month_and_go_with_it() {
    let app = App::with_lanes().await;
    let owner = app.owner().await;
    let months = "select count(*) from pg_inherits where inhparent = 'jobs_runs'::regclass";
    let before = app.count(months).await;
    let sql = "insert into jobs_runs (job_id, revision, task, attempt, outcome, ended_at, error) values (1, 0, 'tests.fail', 1, 'failed', $1::timestamptz, 'x')";
    for at in ["2026-11-20T10:00:00Z", "2027-06-10T10:00:00Z"] {
        sqlx::query(sql).bind(at).execute(&owner).await.expect("a failure");
    }
    assert_eq!(app.count("select count(*) from jobs_runs_other").await, 1, "no month was made for it, and it is kept all the same");
    sqlx::query("insert into jobs_done (task, minute, done, took_ms) values ('tests.fail', '2026-11-22T08:00:00Z', 1, 1)").execute(&owner).await.expect("a count");
    app.advance(200 * 24 * 3600);
    futures::future::try_join_all(["platform.late_months", "platform.tidy"].map(|task| leave_global(&app.worker, Job::new(task, json!({}))))).await.expect("jobs");
    app.drain().await;
    assert_eq!(app.count("select count(*) from jobs_runs_other").await, 0);
    assert_eq!(app.count("select count(*) from jobs_runs_2027_06").await, 1, "moved into its month");
    assert_eq!(app.count("select count(*) from jobs_runs").await, 1, "what is older than three months is gone");
    assert_eq!(app.count("select count(*) from jobs_done").await, 0);
    assert!(app.count(months).await <= before + 3);
    app.finish().await;
}
