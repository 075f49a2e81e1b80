//! A flood at one door is felt at no other: partners' programs, providers and people have connections of their own, and who
//! finds them taken is told so at once. (The other way round, pages that take all of theirs: exhausted.rs.)

use std::time::Duration;

use futures::future::join_all;
use http::{Method, StatusCode, header};
use serde_json::json;
use testkit::Answer;

use crate::intake::stripe;
use crate::partners::{ask, key, partner};
use crate::support::{App, SLUG};

/// Somebody who knocks so often.
const FLOOD: usize = 60;

/// Who waits for a lock in this app's database.
const WAITING: &str = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";

/// Told when to come again, and how many were not.
fn sent_away(answers: &[Answer]) -> usize {
    let away: Vec<_> = answers.iter().filter(|answer| answer.status == StatusCode::SERVICE_UNAVAILABLE).collect();
    assert!(away.iter().all(|answer| answer.headers[header::RETRY_AFTER] == "2"));
    away.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_programs_leaves_pages_and_webhooks_theirs() {
    let app = App::with_building().await;
    let (mut dana, code) = partner(&app, "מגן ביטוח", "0543550001").await;
    let text = key(&mut dana, &code, "read").await;
    // Each of them stays with the connection that it has.
    let mut held = app.all.begin().await.expect("a transaction");
    sqlx::query("lock table partner_keys in access exclusive mode").execute(&mut *held).await.expect("the table");
    let flood = join_all((0..FLOOD).map(|_| ask(&app, Method::GET, "/me", &text, None)));
    let others = async {
        app.until(WAITING, 1).await;
        let page = app.visitor().get(&format!("/b/{SLUG}/join")).await;
        assert_eq!(page.status, StatusCode::OK, "a page beside the flood");
        assert_eq!(stripe(&app, "evt_1", "of.later_times", json!({})).await.status, StatusCode::OK, "a webhook beside the flood");
        assert!(app.count(WAITING).await >= 1, "and not because the flood was over");
        held.rollback().await.expect("the table is free");
    };
    let (answers, ()) = tokio::join!(flood, others);
    let served = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
    assert_eq!(served + sent_away(&answers), FLOOD, "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
    assert_eq!(ask(&app, Method::GET, "/me", &text, None).await.status, StatusCode::OK, "and it goes on");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_that_find_no_turn_are_told_within_a_moment_and_when_to_come_again() {
    let app = App::start().await;
    let (mut dana, code) = partner(&app, "מגן ביטוח", "0543550001").await;
    let text = key(&mut dana, &code, "read").await;
    let mut held = app.all.begin().await.expect("a transaction");
    sqlx::query("lock table partner_keys in access exclusive mode").execute(&mut *held).await.expect("the table");
    let (app, text) = (&app, text.as_str());
    let first = ask(app, Method::GET, "/me", text, None);
    let others = async {
        app.until(WAITING, 1).await;
        let begun = tokio::time::Instant::now();
        let answers = join_all((1..FLOOD).map(|_| ask(app, Method::GET, "/me", text, None))).await;
        assert_eq!(sent_away(&answers), FLOOD - 1);
        assert!(begun.elapsed() < Duration::from_secs(3), "long before the database gives up: {:?}", begun.elapsed());
        let body: serde_json::Value = serde_json::from_slice(&answers[0].body).expect("json");
        assert_eq!(body["code"], "unavailable");
        held.rollback().await.expect("the table is free");
    };
    let (first, ()) = tokio::join!(first, others);
    assert_eq!(first.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_webhooks_leaves_pages_and_programs_theirs() {
    let app = App::with_building().await;
    let (mut dana, code) = partner(&app, "מגן ביטוח", "0543550001").await;
    let text = key(&mut dana, &code, "read").await;
    let mut held = app.all.begin().await.expect("a transaction");
    sqlx::query("lock table inbound_ids in access exclusive mode").execute(&mut *held).await.expect("the table");
    let names: Vec<String> = (0..FLOOD).map(|at| format!("evt_{at}")).collect();
    let flood = join_all(names.iter().map(|name| stripe(&app, name, "of.later_times", json!({}))));
    let others = async {
        app.until(WAITING, 4).await;
        let page = app.visitor().get(&format!("/b/{SLUG}/join")).await;
        assert_eq!(page.status, StatusCode::OK, "a page beside the flood");
        assert_eq!(ask(&app, Method::GET, "/me", &text, None).await.status, StatusCode::OK, "a program beside the flood");
        // The first of the flood to give up would have left his connection to them.
        let gave_up = |line: &str| line.starts_with("vantera_inbound_total") && line.contains("\"failed\"");
        assert!(!app.web.meters.render().lines().any(gave_up), "and not because the flood was over");
        held.rollback().await.expect("the table is free");
    };
    let (answers, ()) = tokio::join!(flood, others);
    let kept = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
    assert_eq!(kept + sent_away(&answers), FLOOD);
    assert_eq!(app.count("select count(*) from inbound_events").await, kept as i64);
    app.finish().await;
}
