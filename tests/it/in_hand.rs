//! What a living worker holds without knowing of it is given back, and a lane that takes ahead loses nothing.

use std::sync::Mutex;
use std::time::Duration;

use serde_json::json;
use sqlx::PgPool;
use vantera::job_table;
use vantera::platform::jobs::{JobRun, leave_global};
use vantera::platform::lanes::{self, Lane, LaneJob};
use vantera::platform::{AppState, Config, Fault, Job};

use crate::support::App;

/// What ran, in the order of running. Each test is a process of its own.
static RAN: Mutex<Vec<i64>> = Mutex::new(Vec::new());

fn ran() -> Vec<i64> {
    RAN.lock().expect("nobody panicked").clone()
}

async fn note(run: JobRun) -> Result<(), Fault> {
    RAN.lock().expect("nobody panicked").push(run.read::<i64>("n")?);
    Ok(())
}

fn table() -> Vec<LaneJob> {
    job_table! {
        "tests.quick" in Rooms of platform => note,
        "tests.slow" in Messages of platform => note,
    }
}

async fn with_beat(app: &App, beat: Duration) -> AppState {
    let config = Config { job_heartbeat: beat, ..(*app.worker.config).clone() };
    let state = AppState { config: std::sync::Arc::new(config), ..app.worker.clone() };
    lanes::declare(&state, &table()).await.expect("lanes");
    state
}

/// Whose claim was committed and whose answer never came: the worker lives, and knows of nothing.
async fn claims_whose_answer_was_lost(lane: Lane, task: &'static str) {
    let app = App::start().await;
    let state = with_beat(&app, Duration::from_millis(100)).await;
    let owner = PgPool::connect(app.database.owner()).await.expect("the owner");
    let runner = lanes::runner(&state, lane, &table()).await.expect("a runner");
    for n in 0..5 {
        leave_global(&app.payments, Job::new(task, json!({ "n": n }))).await.expect("a job");
    }
    sqlx::query("update graphile_worker._private_jobs set attempts = attempts + 1, locked_by = $1, locked_at = now()")
        .bind(runner.worker_id())
        .execute(&owner)
        .await
        .expect("claims");
    let all_ran = async {
        app.until("select count(*) from (select 1 where not exists (select 1 from graphile_worker._private_jobs)) none", 1).await;
        runner.request_shutdown();
    };
    let (ended, ()) = tokio::join!(lanes::work(&state, lane, &runner), all_ran);
    ended.expect("a runner ends well");
    let mut ran = ran();
    ran.sort_unstable();
    assert_eq!(ran, [0, 1, 2, 3, 4], "each once");
    app.finish().await;
}

#[tokio::test]
async fn a_claim_whose_answer_was_lost_is_given_back_by_its_living_worker() {
    claims_whose_answer_was_lost(Lane::Messages, "tests.slow").await;
}

#[tokio::test]
async fn a_claim_whose_answer_was_lost_is_given_back_in_a_lane_that_takes_ahead() {
    claims_whose_answer_was_lost(Lane::Rooms, "tests.quick").await;
}

/// Until the test says so.
static HELD_UP: tokio::sync::Notify = tokio::sync::Notify::const_new();

async fn wait_or_note(run: JobRun) -> Result<(), Fault> {
    if run.read::<i64>("n")? < 0 {
        HELD_UP.notified().await;
    }
    note(run).await
}

/// Pauses and delays end by the clock, and nothing tells of it: the lane must go on asking while a slow job runs.
#[tokio::test]
async fn a_delayed_job_is_begun_in_time_though_others_of_its_lane_hang() {
    let app = App::start().await;
    let state = with_beat(&app, Duration::from_secs(5)).await;
    let table: Vec<LaneJob> = job_table! { "tests.hangs" in Webhooks of platform => wait_or_note };
    lanes::declare(&state, &table).await.expect("lanes");
    // Two that wait since before the runner came: it finds them by asking, as it will the delayed one.
    for n in [-1, -2] {
        leave_global(&app.payments, Job::new("tests.hangs", json!({ "n": n }))).await.expect("a job");
    }
    let runner = lanes::runner(&state, Lane::Webhooks, &table).await.expect("a runner");
    let delayed = async {
        app.until("select count(*) from graphile_worker._private_jobs where locked_by is not null", 2).await;
        // The queue goes by the database's clock.
        let soon = app.text("select (now() at time zone 'utc' + interval '1500 ms')::text || 'Z'").await.expect("a moment").parse().expect("a moment");
        leave_global(&app.payments, Job::new("tests.hangs", json!({ "n": 1 })).at(soon)).await.expect("a job");
        app.until("select count(*) from (select 1 where not exists (select 1 from graphile_worker._private_jobs where payload ->> 'n' = '1')) done", 1).await;
        assert_eq!(ran(), [1], "the others still hang");
        for _ in 0..2 {
            HELD_UP.notify_one();
            tokio::task::yield_now().await;
        }
        app.until("select count(*) from (select 1 where not exists (select 1 from graphile_worker._private_jobs)) none", 1).await;
        runner.request_shutdown();
    };
    let (ended, ()) = tokio::join!(lanes::work(&state, Lane::Webhooks, &runner), delayed);
    ended.expect("a runner ends well");
    app.finish().await;
}

/// A process whose slots are all taken takes one more ahead; it must not keep it from one that is idle.
#[tokio::test]
async fn what_a_busy_process_took_ahead_is_run_by_an_idle_one() {
    let app = App::start().await;
    // Only what is said of waiting ahead gives a job back here: the next heartbeat is an hour away.
    let hourly = with_beat(&app, Duration::from_secs(3600)).await;
    let config = Config { lane_slots: lanes::LaneSlots::parse("messages=1").expect("slots"), ..(*hourly.config).clone() };
    let state = AppState { config: std::sync::Arc::new(config), ..hourly };
    let table: Vec<LaneJob> = job_table! { "tests.hangs" in Messages of platform => wait_or_note };
    lanes::declare(&state, &table).await.expect("lanes");
    let busy = lanes::runner(&state, Lane::Messages, &table).await.expect("a runner");
    let idle = lanes::runner(&state, Lane::Messages, &table).await.expect("a runner");
    leave_global(&app.payments, Job::new("tests.hangs", json!({ "n": -1 }))).await.expect("a job");
    let second = async {
        app.until("select count(*) from graphile_worker._private_jobs where locked_by is not null", 1).await;
        let others = async {
            for n in 0..40 {
                leave_global(&app.payments, Job::new("tests.hangs", json!({ "n": n }))).await.expect("a job");
            }
            app.until("select count(*) from (select 1 where not exists (select 1 from graphile_worker._private_jobs where payload ->> 'n' <> '-1')) done", 1).await;
            assert_eq!(ran().len(), 40, "the first still hangs");
            HELD_UP.notify_one();
            app.until("select count(*) from (select 1 where not exists (select 1 from graphile_worker._private_jobs)) none", 1).await;
            busy.request_shutdown();
            idle.request_shutdown();
        };
        let (ended, ()) = tokio::join!(lanes::work(&state, Lane::Messages, &idle), others);
        ended.expect("a runner ends well");
    };
    let (ended, ()) = tokio::join!(lanes::work(&state, Lane::Messages, &busy), second);
    ended.expect("a runner ends well");
    app.finish().await;
}

#[tokio::test]
async fn a_lane_that_takes_ahead_runs_each_of_a_thousand_once_and_gives_the_rest_back_when_it_stops() {
    let app = App::start().await;
    let state = with_beat(&app, Duration::from_secs(5)).await;
    let owner = PgPool::connect(app.database.owner()).await.expect("the owner");
    let fill = "insert into graphile_worker._private_jobs (task_id, payload) select t.id, json_build_object('n', n) from graphile_worker._private_tasks t, generate_series(1, 1000) n where t.identifier = 'tests.quick'";
    leave_global(&app.payments, Job::new("tests.quick", json!({ "n": 0 }))).await.expect("the task is known");
    sqlx::query(fill).execute(&owner).await.expect("jobs");

    // Stopped in the middle: whatever was taken ahead and did not run is nobody's, with its try.
    let runner = lanes::runner(&state, Lane::Rooms, &table()).await.expect("a runner");
    let some_ran = async {
        while ran().len() < 100 {
            tokio::task::yield_now().await;
        }
        runner.request_shutdown();
    };
    let (ended, ()) = tokio::join!(lanes::work(&state, Lane::Rooms, &runner), some_ran);
    ended.expect("a runner ends well");
    let done = ran().len();
    assert_eq!(app.count("select count(*) from graphile_worker._private_jobs where locked_by is not null or attempts > 0").await, 0, "held by nobody");
    assert_eq!(app.count("select count(*) from graphile_worker._private_jobs").await, 1_001 - done as i64);

    let runner = lanes::runner(&state, Lane::Rooms, &table()).await.expect("another runner");
    let all_ran = async {
        app.until("select count(*) from (select 1 where not exists (select 1 from graphile_worker._private_jobs)) none", 1).await;
        runner.request_shutdown();
    };
    let (ended, ()) = tokio::join!(lanes::work(&state, Lane::Rooms, &runner), all_ran);
    ended.expect("a runner ends well");
    let mut ran = ran();
    ran.sort_unstable();
    assert_eq!(ran, (0..=1_000).collect::<Vec<i64>>(), "each once");
    app.finish().await;
}
