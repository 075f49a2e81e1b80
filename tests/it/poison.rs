//! A job that kills its own worker: crashes cost no tries, so they are counted by themselves.

use serde_json::json;
use sqlx::PgPool;
use vantera::platform::Job;
use vantera::platform::jobs::leave_global;

use crate::support::App;

/// Jobs that are only ever in the same hands.
const INNOCENT: usize = 20;
/// As migrations/0125_crashes.sql says.
const DEATHS: i64 = 50;

/// A worker takes whatever is due and is killed with all of it in its hands.
async fn killed_with_what_is_due(owner: &PgPool) {
    let sql = "with held as (update graphile_worker._private_jobs set attempts = attempts + 1, locked_by = 'killed', locked_at = now() where locked_at is null and run_at <= now() returning id)
               insert into graphile_worker._private_workers (id, last_heartbeat_at) values ('killed', now() - interval '1 hour') on conflict (id) do nothing";
    sqlx::query(sql).execute(owner).await.expect("a crash");
}

/// Time goes on until something is due, and then for a tenth of a second more: a worker begins all of that together.
async fn next_is_due(owner: &PgPool) {
    let sql = "update graphile_worker._private_jobs set run_at = now() where run_at <= greatest(now(), (select min(run_at) from graphile_worker._private_jobs)) + interval '100 milliseconds'";
    sqlx::query(sql).execute(owner).await.expect("time");
}

#[tokio::test]
async fn a_job_that_kills_its_worker_goes_to_the_dead_letters_and_those_beside_it_are_done() {
    let app = App::with_building().await;
    let owner = PgPool::connect(app.database.owner()).await.expect("the owner");
    leave_global(&app.payments, Job { most_attempts: 3, ..Job::new("payments.sweep", json!({ "kills": true })).keyed("kills") }).await.expect("a job");
    for _ in 0..INNOCENT {
        leave_global(&app.payments, Job { most_attempts: 3, ..Job::new("payments.sweep", json!({})) }).await.expect("a job");
    }
    let (mut deaths, mut met) = (0, 0);
    while app.count("select count(*) from jobs_dead").await == 0 {
        assert!(deaths < DEATHS, "it is tried for ever");
        next_is_due(&owner).await;
        if app.count("select count(*) from graphile_worker._private_jobs where key = 'kills' and run_at <= now()").await == 1 {
            killed_with_what_is_due(&owner).await;
            crate::queue::others_notice(&app).await;
            deaths += 1;
            met = met
                .max(app.count("select coalesce(max(c.crashes), 0)::bigint from jobs_crashes c join graphile_worker._private_jobs j on j.id = c.job_id where j.key is null").await);
        } else {
            app.run_once(vantera::platform::lanes::Runs::Payments, 2).await;
        }
    }
    assert_eq!(deaths, DEATHS);
    let letter: (Option<String>, i32, String) = sqlx::query_as("select last_error, attempts, key from jobs_dead").fetch_one(&app.all).await.expect("a letter");
    assert_eq!(letter, (Some("its worker died 50 times".to_owned()), 0, "kills".to_owned()), "told why, and it cost no try");
    println!("a job that kills its worker: dead after {deaths} deaths; of {INNOCENT} jobs beside it none is lost, and none was there more than {met} times");
    assert!(met < DEATHS / 2, "an innocent job stays far from the bound");
    app.skip_pauses().await;
    app.drain().await;
    sqlx::query("select jobs.forget_crashes()").execute(&app.worker.pool).await.expect("tidied");
    assert_eq!(app.count("select count(*) from jobs_crashes").await, 0, "counts go with their jobs");
    app.finish().await;
}

/// Whoever decided that it may run again lets it begin anew.
#[tokio::test]
async fn a_dead_letter_that_is_run_again_begins_with_no_deaths() {
    let app = App::with_building().await;
    let owner = PgPool::connect(app.database.owner()).await.expect("the owner");
    leave_global(&app.payments, Job::new("payments.sweep", json!({})).keyed("kills")).await.expect("a job");
    for _ in 0..DEATHS {
        app.skip_pauses().await;
        killed_with_what_is_due(&owner).await;
        crate::queue::others_notice(&app).await;
    }
    assert_eq!(app.count("select count(*) from jobs_dead").await, 1);
    assert_eq!(app.jobs_left().await, Vec::new());
    sqlx::query("select jobs.replay(dead_id, null) from jobs_dead").execute(&app.web.pool).await.expect_err("letters are read by nobody");
    let dead = app.count("select dead_id from jobs_dead").await;
    sqlx::query("select jobs.replay($1, null)").bind(dead).execute(&app.web.pool).await.expect("run again");
    killed_with_what_is_due(&owner).await;
    crate::queue::others_notice(&app).await;
    assert_eq!((app.count("select crashes::bigint from jobs_crashes").await, app.jobs_left().await.len()), (1, 1));
    app.skip_pauses().await;
    app.drain().await;
    app.finish().await;
}

/// What a lane took ahead and had no slot for goes back with its try, as often as it takes; nobody died of it.
#[tokio::test]
async fn a_job_that_a_living_worker_gives_back_has_met_no_death() {
    let app = App::with_building().await;
    let owner = PgPool::connect(app.database.owner()).await.expect("the owner");
    leave_global(&app.payments, Job::new("payments.sweep", json!({})).keyed("ahead")).await.expect("a job");
    let due = "select run_at::text from graphile_worker._private_jobs";
    let before = app.text(due).await;
    let taken = "update graphile_worker._private_jobs set attempts = attempts + 1, locked_by = 'lives', locked_at = now() - interval '1 hour'";
    for _ in 0..=DEATHS {
        sqlx::query(taken).execute(&owner).await.expect("taken ahead");
        assert_eq!(app.count("select jobs.give_back('lives', '{}', 0)").await, 1);
    }
    assert_eq!((app.count("select count(*) from jobs_crashes").await, app.count("select count(*) from jobs_dead").await), (0, 0));
    assert_eq!((app.text(due).await, app.count("select attempts::bigint from graphile_worker._private_jobs").await), (before, 0), "it waits as it did");
    app.drain().await;
    app.finish().await;
}
