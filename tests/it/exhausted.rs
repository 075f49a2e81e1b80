//! All connections that pages have are held by others: whoever comes is told so and when to come again, nothing of his is
//! half done, and the first free connection serves the next one. Providers and programs have connections of their own.

use axum::body::Body;
use futures::future::{BoxFuture, join_all};
use http::{Request, StatusCode, header};
use serde_json::{Value, json};
use testkit::{Actor, Answer};

use crate::support::{App, SLUG, WEBHOOK_SECRET};

/// Knocks of each kind while nothing is free.
const TIMES: usize = 15;
/// Of four kinds.
const KNOCKS: usize = 4 * TIMES;

fn webhook(app: &App, id: &str) -> Request<Body> {
    let body = json!({ "id": id, "object": "event", "type": "of.later_times", "data": { "object": {} } }).to_string();
    let signature = hooks::stripe::sign(body.as_bytes(), &[WEBHOOK_SECRET], app.clock_second());
    Request::builder()
        .method("POST")
        .uri("/webhooks/stripe")
        .header(header::CONTENT_TYPE, "application/json")
        .header("stripe-signature", signature)
        .body(Body::from(body))
        .expect("a request")
}

impl App {
    fn clock_second(&self) -> i64 {
        use vantera::platform::Clock;
        self.clock.now().as_second()
    }
}

fn comment(at: usize) -> String {
    format!("שורה {at}")
}

#[tokio::test]
async fn a_web_process_without_a_free_connection_says_so_loses_nothing_and_recovers_at_once() {
    let app = App::with_building().await;
    let noa = app.resident("3", "נועה שגב", "0543182704").await;
    let post = app.text("select post_id::text from posts where kind = 'joined'").await.expect("a post");
    let size = app.web.pool.options().get_max_connections() as usize;
    let held = join_all((0..size).map(|_| app.web.pool.acquire())).await.into_iter().collect::<Result<Vec<_>, _>>().expect("all connections");

    let mut knocks: Vec<BoxFuture<'_, (&str, Answer)>> = Vec::new();
    for at in 0..TIMES {
        let post = post.as_str();
        let actor = || noa.clone();
        let (mut page, mut script, mut form, mut stream): (Actor, Actor, Actor, Actor) = (actor(), actor(), actor(), actor());
        knocks.push(Box::pin(async move { ("page", page.get(&format!("/b/{SLUG}")).await) }));
        knocks.push(Box::pin(async move { ("script", script.call("feed/comment", &[("building", SLUG), ("post", post), ("body", &comment(at))]).await) }));
        knocks.push(Box::pin(async move {
            form.page = format!("/b/{SLUG}/posts/{post}");
            ("form", form.submit("/call/feed/comment", &[("building", SLUG), ("post", post), ("body", &comment(at))]).await)
        }));
        knocks.push(Box::pin(async move { ("stream", stream.get(&format!("/b/{SLUG}/stream")).await) }));
    }
    assert_eq!(knocks.len(), KNOCKS);
    for (kind, answer) in join_all(knocks).await {
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{kind}: {}", answer.text());
        let wait: u64 = answer.headers[header::RETRY_AFTER].to_str().expect("ASCII").parse().expect("seconds");
        assert!((1..=60).contains(&wait), "{kind}: {wait}");
        match kind {
            "page" => assert!(answer.text().contains("<html lang=\"he\" dir=\"rtl\"") && answer.text().contains("חלק מהבניין לא זמין כרגע"), "{}", answer.text()),
            "form" => assert!(answer.text().contains("<html lang=\"he\" dir=\"rtl\"") && answer.text().contains("מחזירה את מה שהוקלד"), "{}", answer.text()),
            "script" | "stream" => {
                let told: Value = serde_json::from_slice(&answer.body).expect("json");
                assert_eq!((told["code"].as_str(), told["incident"].is_null()), (Some("unavailable"), true), "{told}");
            }
            _ => {}
        }
    }
    // Pages starve neither providers nor programs: an event is kept, and a key is looked for.
    for at in 0..TIMES {
        assert_eq!(app.visitor().send(webhook(&app, &format!("evt_{at}"))).await.status, StatusCode::OK);
        let asked = Request::builder().uri("/api/v1/me").header(header::AUTHORIZATION, format!("Bearer vk_{}", "a".repeat(43))).body(Body::empty()).expect("a request");
        assert_eq!(app.visitor().send(asked).await.status, StatusCode::UNAUTHORIZED);
    }
    let kept = "select (select count(*) from comments) + (select count(*) from inbound_events)";
    assert_eq!(app.count(kept).await, TIMES as i64, "each event is there; whoever was sent away left nothing");

    drop(held);
    let mut again = noa.clone();
    for at in 0..TIMES {
        assert_eq!(again.call("feed/comment", &[("building", SLUG), ("post", &post), ("body", &comment(at))]).await.status, StatusCode::OK);
        assert_eq!(app.visitor().send(webhook(&app, &format!("evt_{at}"))).await.status, StatusCode::OK, "what a provider sends again is known");
    }
    assert_eq!(again.get(&format!("/b/{SLUG}")).await.status, StatusCode::OK);
    assert_eq!(app.count(kept).await, 2 * TIMES as i64, "each once");
    println!("all {size} connections held: {KNOCKS} knocks, 0 lost, 0 half done (3/N = {:.3}); served again at once", 3.0 / KNOCKS as f64);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_waits_too_long_for_what_others_hold_is_told_to_come_again() {
    let app = App::with_building().await;
    let noa = app.resident("3", "נועה שגב", "0543182704").await;
    let post = app.text("select post_id::text from posts where kind = 'joined'").await.expect("a post");
    let mut holder = app.all.begin().await.expect("a transaction");
    sqlx::query("select 1 from posts where post_id = $1::uuid for update").bind(&post).execute(&mut *holder).await.expect("held");

    let knocks: Vec<_> = (0..2)
        .map(|at| {
            let (mut actor, post) = (noa.clone(), post.clone());
            tokio::spawn(async move { actor.call("feed/comment", &[("building", SLUG), ("post", &post), ("body", &comment(at))]).await })
        })
        .collect();
    // One of them is stopped as a statement is that takes too long, the other one's lock does not come in time.
    let waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    app.until(waiting, 2).await;
    let stopped = "select count(pg_cancel_backend(pid)) from (select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' limit 1) one";
    assert_eq!(app.count(stopped).await, 1);
    for knock in knocks {
        let answer = knock.await.expect("an answer");
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.text());
        assert!(answer.headers.contains_key(header::RETRY_AFTER));
        let told: Value = serde_json::from_slice(&answer.body).expect("json");
        assert_eq!((told["code"].as_str(), told["incident"].is_null()), (Some("unavailable"), true), "{told}");
    }
    assert_eq!(app.count("select count(*) from comments").await, 0, "nothing is half done");
    holder.rollback().await.expect("let go");
    let mut again = noa.clone();
    assert_eq!(again.call("feed/comment", &[("building", SLUG), ("post", &post), ("body", &comment(2))]).await.status, StatusCode::OK);
    app.finish().await;
}

/// What is remembered for a while is loaded in a transaction of its own: what stops that one is told like anything else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_loads_what_is_remembered_is_told_to_come_again_when_the_load_takes_too_long() {
    let app = App::with_building().await;
    let amit = app.resident("3", "עמית רז", "0520000001").await;
    let mut holder = app.all.begin().await.expect("a transaction");
    sqlx::query("lock table joins in access exclusive mode").execute(&mut *holder).await.expect("held");
    let waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    let stopped = "select count(pg_cancel_backend(pid)) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    for as_page in [true, false] {
        let mut actor = amit.clone();
        let knock = tokio::spawn(async move { if as_page { actor.get("/operator").await } else { actor.call("operator/join_times", &[]).await } });
        app.until(waiting, 1).await;
        assert_eq!(app.count(stopped).await, 1);
        let answer = knock.await.expect("an answer");
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.text());
        assert!(answer.headers.contains_key(header::RETRY_AFTER));
        if !as_page {
            let told: Value = serde_json::from_slice(&answer.body).expect("json");
            assert_eq!((told["code"].as_str(), told["incident"].is_null()), (Some("unavailable"), true), "{told}");
        }
    }
    holder.rollback().await.expect("let go");
    assert_eq!(amit.clone().get("/operator").await.status, StatusCode::OK);
    app.finish().await;
}
