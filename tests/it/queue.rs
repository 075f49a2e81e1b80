//! The queue: nothing piles up, and a crash costs a job nothing.

use std::time::Duration;

use serde_json::json;
use sqlx::PgPool;
use vantera::platform::jobs::{self, leave_global};
use vantera::platform::{AppState, Config, Job, housekeeping};

use crate::support::App;

/// What a process did that took every job and was killed with them in its hands, some time ago.
async fn killed_while_running(app: &App) {
    let owner = PgPool::connect(app.database.owner()).await.expect("the owner");
    let sql = "with held as (update graphile_worker._private_jobs set attempts = attempts + 1, locked_by = 'killed', locked_at = now() - interval '1 hour' where locked_at is null and attempts < max_attempts returning id)
               insert into graphile_worker._private_workers (id, last_heartbeat_at) values ('killed', now() - interval '1 hour') on conflict (id) do nothing";
    sqlx::query(sql).execute(&owner).await.expect("a crash");
}

/// A runner beside it lives on and takes no jobs itself; it ends when the dead one's jobs are free again.
pub async fn others_notice(app: &App) {
    let config = Config { job_heartbeat: Duration::from_millis(20), ..(*app.payments.config).clone() };
    let state = AppState { config: std::sync::Arc::new(config), ..app.payments.clone() };
    let runner = jobs::worker(&state, Vec::new(), 1).await.expect("a runner");
    let freed = async {
        app.until("select count(*) from (select 1 where not exists (select 1 from graphile_worker._private_jobs where locked_by = 'killed')) free", 1).await;
        runner.request_shutdown();
    };
    let (ran, ()) = tokio::join!(runner.run(), freed);
    ran.expect("a runner ends well");
}

fn sweep() -> Job {
    Job::new("payments.sweep", json!({}))
}

#[tokio::test]
async fn a_job_whose_process_was_killed_thirty_times_is_done_all_the_same() {
    let app = App::with_building().await;
    leave_global(&app.payments, Job { most_attempts: 3, ..sweep() }).await.expect("a job");
    for _ in 0..30 {
        killed_while_running(&app).await;
        others_notice(&app).await;
        app.skip_pauses().await;
    }
    assert_eq!(app.count("select count(*) from graphile_worker._private_jobs where attempts = 0").await, 1, "a crash gives the try back");
    app.drain().await;
    app.finish().await;
}

#[tokio::test]
async fn a_job_replaced_while_it_ran_in_a_process_that_died_leaves_nothing_behind() {
    let app = App::with_building().await;
    for _ in 0..3 {
        leave_global(&app.payments, sweep().keyed("sweep")).await.expect("a job");
        killed_while_running(&app).await;
    }
    leave_global(&app.payments, sweep().keyed("sweep")).await.expect("a job");
    assert_eq!(app.jobs_left().await.len(), 4, "what was replaced is still held");
    others_notice(&app).await;
    assert_eq!(app.jobs_left().await.len(), 1, "the library would keep what was replaced for ever; ours goes when it is let go of");
    app.drain().await;
    assert_eq!(app.count("select count(*) from jobs_dead").await, 0, "nobody has to decide about it");
    app.finish().await;
}

#[tokio::test]
async fn what_is_under_way_is_not_left_a_second_time() {
    let app = App::with_building().await;
    for _ in 0..3 {
        leave_global(&app.payments, sweep().once("sweep")).await.expect("a job");
    }
    assert_eq!(app.jobs_left().await.len(), 1, "one waits");
    killed_while_running(&app).await;
    leave_global(&app.payments, sweep().once("sweep")).await.expect("a job");
    assert_eq!(app.jobs_left().await.len(), 1, "one runs, as far as anybody knows");
    others_notice(&app).await;
    app.skip_pauses().await;
    app.drain().await;
    assert_eq!(app.jobs_left().await, Vec::new());
    leave_global(&app.payments, sweep().once("sweep")).await.expect("a job");
    assert_eq!(app.jobs_left().await.len(), 1, "it was done, and may be left again");
    app.drain().await;
    app.finish().await;
}

#[tokio::test]
async fn a_job_that_was_given_up_by_hand_goes_to_the_dead_letters_and_its_key_is_free() {
    let app = App::with_building().await;
    let owner = PgPool::connect(app.database.owner()).await.expect("the owner");
    leave_global(&app.payments, sweep().keyed("one")).await.expect("a job");
    sqlx::query("update graphile_worker._private_jobs set attempts = max_attempts, last_error = 'told to fail', run_at = '2026-11-22T08:00:00Z'")
        .execute(&owner)
        .await
        .expect("given up");
    assert_eq!(housekeeping::sweep_queue(&app.payments).await.expect("tidied"), 1);
    assert_eq!(app.text("select last_error || ' ' || key from jobs_dead").await.as_deref(), Some("told to fail one"));
    leave_global(&app.payments, sweep().once("one")).await.expect("a job");
    assert_eq!(app.jobs_left().await.len(), 1);
    app.drain().await;
    app.finish().await;
}

#[tokio::test]
async fn the_web_role_cannot_take_jobs_away() {
    let app = App::with_building().await;
    housekeeping::sweep_queue(&app.web).await.expect_err("only who takes jobs may tidy them");
}
