//! Workers that end with a job in hand, of the real program at its default settings: killed, and told to end while the job
//! takes longer than the process may.

use std::time::Duration;

use serde_json::json;
use sqlx::Connection;
use vantera::platform::Job;
use vantera::platform::jobs::leave_global;

use super::around::{Program, web_on_a_taken_port};
use crate::deliveries::desk::{Receiver, Reply};
use crate::support::App;

/// From the kill to the end of the job in other hands, at the most.
const COMES_BACK: Duration = Duration::from_secs(45);
/// From the signal to the end of the process, at the most; and for how long it waits for its jobs.
const END: Duration = Duration::from_secs(25);
const GRACE: Duration = Duration::from_secs(20);
const CODES_LEFT: &str = "select count(*) from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id where t.identifier = 'identity.send_code'";
const MONTHS_LEFT: &str =
    "select count(*) from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id where t.identifier = 'platform.late_months'";
/// Such jobs that cost a try, or that somebody holds.
const MONTHS_TRIED: &str = "select count(*) from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id where t.identifier = 'platform.late_months' and (attempts > 0 or locked_by is not null)";
/// Of the job that met the most: a killed worker had whatever else was due in hand too.
const DEATHS: &str = "select coalesce(max(crashes), 0)::bigint from jobs_crashes";
const GIVEN_UP: &str = "select (select count(*) from jobs_runs where task <> 'tests.fail') + (select count(*) from jobs_dead)";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_workers_job_is_done_by_another_within_45_seconds_of_the_kill() {
    let app = App::with_building().await;
    app.clock_of_the_machine();
    app.resident("3", "נועה שגב", "0543182704").await;
    let phone = Receiver::start().await;
    // Demo only because the phone is on this machine.
    let settings = [("VANTERA_DEMO", "1"), ("SMS_BASE_URL", phone.url.trim_end_matches("/hook"))];
    phone.answers([Reply::Hang]);
    let first = Program::worker(&app, &settings).await;
    app.visitor().submit("/call/identity/send_code", &[("phone", "0543182704")]).await;
    phone.has(1).await;
    let killed = tokio::time::Instant::now();
    first.dies().await;
    let second = Program::worker(&app, &settings).await;
    assert_eq!(app.count(CODES_LEFT).await, 1, "nobody has done it");
    let done = async {
        let mut look = tokio::time::interval(Duration::from_millis(100));
        while app.count(CODES_LEFT).await != 0 {
            look.tick().await;
        }
    };
    tokio::time::timeout_at(killed + COMES_BACK, done).await.expect("it is done by another in time");
    let took = killed.elapsed();
    assert_eq!((phone.got().len(), app.count(DEATHS).await, app.count(GIVEN_UP).await), (2, 1, 0), "sent again, one death, no failure");
    println!("a worker was killed with a job in hand: another had done it {took:?} after the kill, at the default settings");
    second.ends_well(END).await;
}

/// The job moves a row and is held up over it until the test lets go, as a month of many rows would hold it up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_takes_longer_than_its_process_may_is_run_to_its_end_by_another_and_nobody_died_of_it() {
    let app = App::with_building().await;
    app.clock_of_the_machine();
    let gate = "create function held_up() returns trigger language plpgsql as $$ begin perform set_config('lock_timeout', '0', true); perform pg_advisory_xact_lock_shared(4711); return old; end $$;
                create trigger held_up before delete on jobs_runs_other for each row execute function held_up();
                insert into jobs_runs (job_id, revision, task, attempt, outcome, ended_at, error) values (1, 0, 'tests.fail', 1, 'failed', now() + interval '3 years', 'x');";
    sqlx::raw_sql(gate).execute(&app.all).await.expect("a gate");
    let mut holder = sqlx::PgConnection::connect(app.database.all_seeing()).await.expect("a connection");
    sqlx::query("select pg_advisory_lock(4711)").execute(&mut holder).await.expect("closed");
    let settings = [("SMS_BASE_URL", "https://sms.example")];
    let first = Program::worker(&app, &settings).await;
    leave_global(&app.worker, Job::new("platform.late_months", json!({}))).await.expect("a job");
    let held_up = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and wait_event = 'advisory'";
    app.until_exactly(held_up, 1).await;

    first.terminate();
    first.says_not_ready().await;
    let took = first.ends_well(END).await;
    assert!(took > GRACE - Duration::from_secs(3), "it waited for its job: {took:?}");
    assert_eq!((app.count(MONTHS_LEFT).await, app.count(MONTHS_TRIED).await), (1, 0), "it waits for another, with all its tries");
    assert_eq!(app.count(DEATHS).await, 0, "nobody died of it");
    sqlx::query("select pg_advisory_unlock(4711)").execute(&mut holder).await.expect("open");
    // What the first one had begun is undone by the database, which hears of its end only now.
    let begun = "select count(*) from pg_locks l join pg_database d on d.oid = l.database where d.datname = current_database() and l.relation = 'jobs_runs'::regclass and l.mode = 'AccessExclusiveLock'";
    app.until_exactly(begun, 0).await;
    assert_eq!(app.count("select count(*) from jobs_runs_other").await, 1, "nothing of it was done");

    let second = Program::worker(&app, &settings).await;
    app.until_exactly(MONTHS_LEFT, 0).await;
    assert_eq!((app.count("select count(*) from jobs_runs_other").await, app.count("select count(*) from jobs_runs").await), (0, 1), "the row lies in its month");
    assert_eq!((app.count(DEATHS).await, app.count(GIVEN_UP).await), (0, 0));
    println!("SIGTERM to a worker with a job that does not end: the process was gone in {took:?}, another ran the job to its end");
    second.ends_well(END).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_of_which_a_part_ends_by_itself_says_which_and_ends_as_failed() {
    let app = App::start().await;
    let (code, said) = web_on_a_taken_port(&app).await;
    assert!(code == Some(1) && said.contains("cannot be listened on") && said.contains("the rest ends too"), "{code:?}: {said}");
}
