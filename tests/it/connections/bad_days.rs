//! Holders that die, providers that fail, owners who take their consent back.

use std::time::Duration;

use serde_json::json;
use vantera::connections::server::{self, AHEAD, LEASE, NoToken, Refreshed};
use vantera::platform::Job;
use vantera::platform::jobs::open_tenant;

use super::LIFE;
use super::desk::{Desk, WAITING};
use crate::processes::around::Program;

const HELD: &str = "select count(*) from connections where lease is not null";
const DEATHS: u64 = 20;
/// Tokens that two processes of the program race for.
const RACES: usize = 50;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_dies_while_the_provider_is_asked_is_taken_over_once_his_lease_has_ended() {
    let desk = Desk::open().await;
    let (one, two) = (desk.app.worker.clone(), desk.another_worker().await);
    let connection = desk.connect("1098", json!({})).await;
    for round in 0..DEATHS {
        desk.app.advance(LIFE - 300);
        desk.fault(json!({ "mode": "slow_ms", "ms": 60_000 })).await;
        let dying = tokio::spawn(server::jobs::refresh(desk.run(&one, connection)));
        desk.app.until(HELD, 1).await;
        desk.struck().await;
        dying.abort();
        assert!(dying.await.is_err_and(|ended| ended.is_cancelled()));
        // While the lease stands, nobody else asks, nor is left a job to.
        desk.refresh(&two, connection).await.expect("not its turn");
        desk.look().await;
        assert_eq!((desk.asked().await, desk.waiting().await), (round, 0));
        desk.app.advance(LEASE.as_secs());
        desk.look().await;
        desk.app.drain().await;
        assert_eq!(desk.asked().await, round + 1);
        assert_eq!(desk.text(&two, connection).await, desk.newest("1098").await);
        assert_eq!(desk.app.count(HELD).await, 0);
    }
    println!("{DEATHS} holders died while the provider was asked (3/N = {:.2}): each taken over by one other", 3.0 / DEATHS as f64);
    desk.app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_comes_after_the_lease_was_taken_over_writes_nothing() {
    let desk = Desk::open().await;
    let (one, two) = (desk.app.worker.clone(), desk.another_worker().await);
    let connection = desk.connect("1098", json!({})).await;
    desk.app.advance(LIFE - 300);
    desk.fault(json!({ "mode": "slow_ms", "ms": 1_000 })).await;
    let (slow, tenant) = (one.clone(), desk.tenant);
    let late = tokio::spawn(async move { server::refresh(&slow, tenant, connection, AHEAD, "job-late").await });
    desk.struck().await;
    desk.app.advance(LEASE.as_secs());
    assert_eq!(server::refresh(&two, tenant, connection, AHEAD, "job-two").await.expect("an outcome"), Refreshed::Fresh);
    let kept = desk.text(&two, connection).await;
    assert_eq!(late.await.expect("it lives").expect("an outcome"), Refreshed::Late);
    assert_eq!(desk.asked().await, 2, "both asked");
    assert_eq!(desk.text(&one, connection).await, kept, "and the one whose lease stood wrote");
    assert_ne!(desk.newest("1098").await, kept);
    // The same when the account is connected anew meanwhile: the newer consent's tokens stay.
    desk.app.advance(LIFE - 300);
    desk.fault(json!({ "mode": "slow_ms", "ms": 1_000 })).await;
    let slow = one.clone();
    let late = tokio::spawn(async move { server::refresh(&slow, tenant, connection, AHEAD, "job-late").await });
    desk.struck().await;
    desk.connect("1098", json!({})).await;
    let renewed = desk.text(&two, connection).await;
    assert_eq!(late.await.expect("it lives").expect("an outcome"), Refreshed::Late);
    assert_eq!(desk.text(&two, connection).await, renewed);
}

#[tokio::test]
async fn a_consent_that_was_taken_back_is_asked_for_once_and_written_down() {
    let desk = Desk::open().await;
    let connection = desk.connect("1098", json!({})).await;
    let refresh = desk.grant("1098").await["refresh_token"].as_str().expect("a token").to_owned();
    let client = reqwest::Client::builder().timeout(Duration::from_secs(5)).build().expect("a client");
    client.post(format!("{}/revoke", desk.base)).form(&[("token", &refresh)]).send().await.expect("an answer").error_for_status().expect("revoked");
    desk.app.advance(LIFE - 300);
    desk.look().await;
    desk.app.drain().await;
    assert_eq!((desk.asked().await, desk.waiting().await), (1, 0), "asked once, and not tried again");
    for _ in 0..3 {
        desk.app.advance(60);
        desk.look().await;
    }
    assert!(matches!(desk.token(&desk.app.worker, connection).await, Err(NoToken::NeedsConsent)));
    assert_eq!((desk.asked().await, desk.waiting().await), (1, 0));
    assert_eq!(desk.app.count("select count(*) from connections where state = 'consent' and sealed_access is null and sealed_refresh is null and lease is null").await, 1);
    let lines: Vec<(String, String)> =
        sqlx::query_as("select subject, actor_role from audit_log where act = 'connection.consent_needed'").fetch_all(&desk.app.all).await.expect("lines");
    assert_eq!(lines, [(connection.to_string(), "system".to_owned())]);
    // The owner consents again: the same connection lives.
    assert_eq!(desk.connect("1098", json!({})).await, connection);
    assert_eq!(desk.text(&desk.app.worker, connection).await, desk.newest("1098").await);
    desk.app.finish().await;
}

#[tokio::test]
async fn a_provider_that_fails_is_asked_again_after_a_pause_and_the_token_that_is_good_is_given_meanwhile() {
    let desk = Desk::open().await;
    let connection = desk.connect("1098", json!({})).await;
    let old = desk.newest("1098").await;
    desk.app.advance(LIFE - 300);
    desk.look().await;
    let faults = [json!({ "mode": "status", "status": 500 }), json!({ "mode": "status", "status": 429 }), json!({ "mode": "drop" }), json!({ "mode": "status", "status": 401 })];
    for (tries, fault) in (1..).zip(faults) {
        desk.fault(fault).await;
        desk.app.drain().await;
        let (attempts, rests): (i32, bool) =
            sqlx::query_as("select attempts::int, run_at > now() from graphile_worker._private_jobs where key like 'refresh-%'").fetch_one(&desk.app.all).await.expect("the job");
        assert_eq!((attempts, rests, desk.app.count(HELD).await), (tries, true, 0));
        assert_eq!(desk.text(&desk.app.worker, connection).await, old);
        desk.app.skip_pauses().await;
    }
    assert_eq!(desk.asked().await, 0);
    // Who needs a token that has ended is told so at once while the provider fails.
    desk.app.advance(300);
    desk.fault(json!({ "mode": "status", "status": 503 })).await;
    assert!(matches!(desk.token(&desk.app.worker, connection).await, Err(NoToken::Unavailable)));
    desk.app.drain().await;
    assert_eq!(desk.text(&desk.app.worker, connection).await, desk.newest("1098").await);
    assert_eq!(desk.asked().await, 1);
    desk.app.finish().await;
}

/// The provider did it, and its answer was lost with the process or the connection.
#[tokio::test]
async fn an_answer_that_is_lost_costs_nothing_at_google_and_a_consent_where_refresh_tokens_are_spent() {
    let desk = Desk::open().await;
    for (account, rotates) in [("1098", false), ("2098", true)] {
        let connection = desk.connect(account, json!({ "rotates": rotates })).await;
        desk.app.advance(LIFE - 300);
        desk.fault(json!({ "mode": "charge_then_drop" })).await;
        desk.refresh(&desk.app.worker, connection).await.expect_err("no answer");
        assert_eq!(desk.grant(account).await["refreshes"], 1, "the provider did it");
        desk.refresh(&desk.app.worker, connection).await.expect("an outcome");
        match desk.token(&desk.app.worker, connection).await {
            Ok(token) => assert!(!rotates && token.value.reveal() == desk.newest(account).await),
            Err(NoToken::NeedsConsent) => assert!(rotates),
            Err(other) => panic!("{other:?}"),
        }
    }
}

/// Two processes of the program, each with two jobs for the same token wherever they meet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_worker_processes_ask_once_for_each_of_fifty_tokens() {
    let desk = Desk::open().await;
    desk.app.clock_of_the_machine();
    let settings =
        [("VANTERA_DEMO", "1"), ("GOOGLE_OAUTH_BASE_URL", desk.base.as_str()), ("GOOGLE_CLIENT_ID", super::desk::CLIENT), ("GOOGLE_CLIENT_SECRET", super::desk::CLIENT_SECRET)];
    let mut connections = Vec::new();
    for number in 0..RACES {
        connections.push(desk.connect(&format!("account-{number}"), json!({})).await);
    }
    desk.nearly_over().await;
    let (one, two) = (Program::worker(&desk.app, &settings).await, Program::worker(&desk.app, &settings).await);
    desk.fault(json!({ "mode": "slow_ms", "ms": 40, "times": 2 * RACES })).await;
    let mut cx = open_tenant(&desk.app.worker, desk.tenant, "test".into()).await.expect("a context");
    for connection in &connections {
        for _ in 0..2 {
            cx.enqueue(Job::new("connections.refresh", json!({ "connection": connection }))).await.expect("a job");
        }
    }
    // The jobs stand there all at once, and the two processes take turns at them.
    cx.commit().await.expect("a commit");
    desk.app.until_exactly(WAITING, 0).await;
    let by: Vec<i64> = sqlx::query_scalar("select count(*) from jobs_dead union all select count(*) from jobs_runs").fetch_all(&desk.app.all).await.expect("counts");
    assert_eq!(by, [0, 0], "no job failed");
    let refreshed = desk.app.count("select count(*) from connections where refreshed_at is not null and lease is null").await;
    assert_eq!((refreshed, desk.asked().await), (RACES as i64, RACES as u64));
    assert!(desk.grants().await.iter().all(|grant| grant["refreshes"] == 1));
    println!("two worker processes, {} jobs for {RACES} tokens (3/N = {:.2}): each token asked for once", 2 * RACES, 3.0 / RACES as f64);
    for program in [one, two] {
        program.ends_well(Duration::from_secs(25)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_process_that_is_killed_while_it_asks_is_taken_over_by_another() {
    let desk = Desk::open().await;
    desk.app.clock_of_the_machine();
    let connection = desk.connect("1098", json!({})).await;
    desk.nearly_over().await;
    let settings =
        [("VANTERA_DEMO", "1"), ("GOOGLE_OAUTH_BASE_URL", desk.base.as_str()), ("GOOGLE_CLIENT_ID", super::desk::CLIENT), ("GOOGLE_CLIENT_SECRET", super::desk::CLIENT_SECRET)];
    let program = Program::worker(&desk.app, &settings).await;
    desk.fault(json!({ "mode": "slow_ms", "ms": 60_000 })).await;
    let mut cx = open_tenant(&desk.app.worker, desk.tenant, "test".into()).await.expect("a context");
    cx.enqueue(Job::new("connections.refresh", json!({ "connection": connection }))).await.expect("a job");
    cx.commit().await.expect("a commit");
    desk.struck().await;
    program.dies().await;
    assert_eq!(server::refresh(&desk.app.worker, desk.tenant, connection, AHEAD, "job-two").await.expect("an outcome"), Refreshed::NotOurs, "its lease stands");
    desk.app.clock_of_the_machine();
    desk.app.advance(LEASE.as_secs() + 1);
    assert_eq!(server::refresh(&desk.app.worker, desk.tenant, connection, AHEAD, "job-two").await.expect("an outcome"), Refreshed::Fresh);
    assert_eq!(desk.text(&desk.app.worker, connection).await, desk.newest("1098").await);
    assert_eq!(desk.asked().await, 1);
}
