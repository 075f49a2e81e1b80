//! Ten times each, in every order, by the thousand, and more than can be done.

use std::sync::Arc;

use futures::future::join_all;
use http::StatusCode;
use kit::{CheckoutId, Currency, Money};
use serde_json::json;
use stripe_port::{Interval, OpenCheckout, StripePort};
use testkit::Actor;
use tower::ServiceExt;
use vantera::platform::{Ids, Job, jobs};

use super::*;

/// Payments of one run, each with an event of its own.
const EVENTS: usize = 10_000;
/// How often each event is sent.
const TIMES: usize = 10;
/// As many at once as the receiver lets to the database, so that none is sent away.
const SENDERS: usize = 4;

fn how_many() -> usize {
    std::env::var("INTAKE_EVENTS").map_or(EVENTS, |number| number.parse().expect("INTAKE_EVENTS is a number of events"))
}

/// How often the reader of Stripe's events ran to its end, as Prometheus is told.
async fn readings(app: &App) -> f64 {
    let scrape = Actor::new(vantera::wiring::metrics_router(app.web.clone())).get("/metrics").await.text();
    let line = |line: &&str| line.starts_with("vantera_jobs_total") && line.contains("payments.stripe_event") && line.contains("\"done\"");
    scrape.lines().filter(line).filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}

/// So many people have paid, and nobody was told: open checkouts of one flat, and their sessions at Stripe, in order.
async fn payments(app: &App, count: usize) -> Vec<String> {
    let (mut checkouts, mut sessions): (Vec<uuid::Uuid>, Vec<String>) = Default::default();
    for _ in 0..count {
        let checkout: CheckoutId = Ids.new_id();
        let request = OpenCheckout {
            price: Money { amount_minor: 300, currency: Currency::Usd },
            interval: Interval::Month,
            product_name: "membership".into(),
            success_url: "http://vantera.test/".into(),
            cancel_url: "http://vantera.test/".into(),
            client_reference_id: checkout.to_string(),
            metadata: Vec::new(),
            expires_at_unix: None,
        };
        let opened = app.stripe.open_checkout(&request, &checkout.to_string()).await.expect("a page");
        app.stripe.pay(&opened.session_id);
        checkouts.push(checkout.0);
        sessions.push(opened.session_id);
    }
    let sql = "insert into checkouts (tenant_id, checkout_id, purpose, subject_id, flat_id, state, amount_minor, currency, idempotency_key, return_path, cancel_path, product_name, provider_session, created_at)
               select f.tenant_id, id, 'membership', gen_random_uuid(), f.flat_id, 'open', 300, 'usd', id::text, '/', '/', 'membership', session, now()
               from unnest($1::uuid[], $2::text[]) as one (id, session), (select tenant_id, flat_id from flats limit 1) f";
    sqlx::query(sql).bind(&checkouts).bind(&sessions).execute(&app.all).await.expect("checkouts");
    sessions
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_sent_ten_times_has_exactly_one_effect() {
    let app = Arc::new(App::with_building().await);
    let events = how_many();
    let sessions = Arc::new(payments(&app, events).await);
    // In an order that mixes first and tenth times.
    let senders = (0..SENDERS).map(|lane| {
        let (app, sessions) = (app.clone(), sessions.clone());
        tokio::spawn(async move {
            for sent in (lane..events * TIMES).step_by(SENDERS) {
                let event = sent * 7_919 % events;
                let object = json!({ "id": sessions[event], "object": "checkout.session" });
                let body = json!({ "id": format!("evt_{event}"), "object": "event", "type": "checkout.session.completed", "data": { "object": object } }).to_string();
                let request = request("/webhooks/stripe", &[stripe_header(&app, &body)], body);
                let answer = app.router.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
                assert_eq!(answer.status(), StatusCode::OK);
            }
        })
    });
    for sender in join_all(senders).await {
        sender.expect("all are taken");
    }
    let rows = i64::try_from(events).expect("a count");
    assert_eq!(app.count("select count(*) from inbound_events").await, rows);
    assert_eq!(app.count("select count(*) from inbound_ids").await, rows);
    assert_eq!(app.jobs_left().await.len(), events, "one reading each");
    // The readers alone: what they leave to others is counted below, where it waits.
    let readers = vantera::wiring::jobs().into_iter().filter(|job| job.task == "payments.stripe_event").map(|job| job.definition).collect();
    jobs::worker(&app.payments, readers, SENDERS).await.expect("a runner").run_once().await.expect("jobs run");
    assert_eq!(readings(&app).await, events as f64, "each was read once");
    for (what, sql) in [
        ("events that had their effect", "select count(*) from inbound_events where state = 'processed'"),
        ("settled payments", "select count(*) from checkouts where state = 'paid' and settled_by = 'webhook'"),
        ("lines of the audit log", "select count(*) from audit_log where act = 'payment.settled'"),
        ("payments that the audit log names", "select count(distinct subject) from audit_log where act = 'payment.settled'"),
        (
            "admissions that wait",
            "select count(*) from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id where t.identifier = 'payments.checkout_paid'",
        ),
        (
            "payments with an admission",
            "select count(distinct payload ->> 'checkout') from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id where t.identifier = 'payments.checkout_paid'",
        ),
    ] {
        assert_eq!(app.count(sql).await, rows, "{what}");
    }
    println!("{events} payments told {TIMES} times each: 0 with no effect, 0 with two (3/N = {:.4})", 3.0 / events as f64);
}

fn permutations(items: Vec<usize>) -> Vec<Vec<usize>> {
    if items.len() < 2 {
        return vec![items];
    }
    let with = |at: usize| {
        let mut rest = items.clone();
        let first = rest.remove(at);
        permutations(rest).into_iter().map(move |order| [vec![first], order].concat())
    };
    (0..items.len()).flat_map(with).collect()
}

#[tokio::test]
async fn the_four_events_of_a_payment_lead_to_one_end_in_all_twenty_four_orders() {
    let app = App::start().await;
    app.open_building(SLUG, "הרצל 7", 24).await;
    let orders = permutations((0..4).collect());
    assert_eq!(orders.len(), 24);
    for (at, order) in orders.iter().enumerate() {
        let flat = (at + 1).to_string();
        app.send_form(&mut app.visitor(), &flat, "נועה שגב", &format!("05431827{at:02}")).await;
        app.drain().await;
        let checkout = app.text("select checkout_id::text from checkouts order by checkout_id desc limit 1").await.expect("a checkout");
        let session = app.stripe.session_of(&checkout).expect("a session");
        app.stripe.pay(&session);
        let subscription = format!("sub_{session}");
        let told = [
            ("checkout.session.completed", json!({ "id": session, "object": "checkout.session" })),
            ("customer.subscription.created", json!({ "id": subscription, "object": "subscription" })),
            ("invoice.paid", json!({ "id": format!("in_{session}"), "object": "invoice", "parent": { "subscription_details": { "subscription": subscription } } })),
            ("payment_intent.succeeded", json!({ "id": format!("pi_{session}"), "object": "payment_intent" })),
        ];
        for event in order {
            let (kind, object) = &told[*event];
            assert_eq!(stripe(&app, &format!("evt_{at}_{event}"), kind, object.clone()).await.status, StatusCode::OK);
            app.drain().await;
        }
        assert_eq!(app.count("select count(*) from memberships").await, at as i64 + 1, "{order:?}");
    }
    for (what, sql, wanted) in [
        ("members", "select count(*) from memberships where state = 'active'", 24),
        ("ends of a payment", "select count(distinct (state, plan_state, plan_amount_minor, next_charge_at)) from checkouts", 1),
        ("subscriptions", "select count(*) from flat_subscriptions where ended_at is null", 24),
        ("posts", "select count(*) from posts where kind = 'joined'", 24),
        ("settled", "select count(*) from audit_log where act = 'payment.settled'", 24),
        ("events", "select count(*) from inbound_events where state in ('processed', 'kept', 'ignored')", 96),
    ] {
        assert_eq!(app.count(sql).await, wanted, "{what}");
    }
    assert!(app.stripe.refunds().is_empty());
    app.finish().await;
}

#[tokio::test]
async fn a_receiver_that_is_full_says_so_at_once_and_what_it_took_is_kept() {
    let app = start().await;
    // Somebody else holds the table: nothing can be kept, and whoever tries keeps his connection.
    let mut held = app.all.begin().await.expect("a transaction");
    sqlx::query("lock table inbound_ids in access exclusive mode").execute(&mut *held).await.expect("the table");
    let bodies: Vec<String> = (0..200).map(|n| whatsapp("PN1", &format!("wamid.{n}"))).collect();
    let headers: Vec<_> = bodies.iter().map(|body| [meta_header(body, APP_SECRET)]).collect();
    let sent = bodies.iter().zip(&headers).map(|(body, headers)| post(&app, "/webhooks/whatsapp", headers, body.clone()));
    let free = async {
        // Whoever waits for his turn has been sent away by the time that the others have theirs.
        app.until_refused(196).await;
        held.rollback().await.expect("the table is free");
    };
    let (answers, ()) = tokio::join!(join_all(sent), free);
    let of = |status| answers.iter().filter(|answer| answer.status == status).collect::<Vec<_>>();
    assert_eq!((of(StatusCode::OK).len(), of(StatusCode::SERVICE_UNAVAILABLE).len()), (4, 196));
    assert!(of(StatusCode::SERVICE_UNAVAILABLE).iter().all(|answer| answer.headers[http::header::RETRY_AFTER] == "2"));
    assert_eq!(app.count("select count(*) from inbound_events").await, 4, "each 200 has its row, and nothing else has");
    // What was sent away comes again, and is taken.
    assert_eq!(post(&app, "/webhooks/whatsapp", &[meta_header(&bodies[199], APP_SECRET)], bodies[199].clone()).await.status, StatusCode::OK);
    app.finish().await;
}

#[tokio::test]
async fn a_crowd_that_sends_slowly_keeps_nobody_else_out() {
    let app = App::with_building().await;
    let (router, (begun, mut heard)) = (app.router.clone(), tokio::sync::mpsc::unbounded_channel());
    let slow: Vec<_> = (0..500)
        .map(|_| {
            let (router, begun) = (router.clone(), begun.clone());
            // One byte, and then nothing for ever.
            let first = futures::stream::once(async move {
                begun.send(()).expect("somebody listens");
                Ok::<_, std::io::Error>("{")
            });
            let body = Body::from_stream(futures::StreamExt::chain(first, futures::stream::pending()));
            let request = Request::builder().method("POST").uri("/webhooks/stripe").header(header::CONTENT_LENGTH, "200000").body(body).expect("a request");
            tokio::spawn(router.oneshot(request))
        })
        .collect();
    for _ in 0..500 {
        heard.recv().await.expect("it is being read");
    }
    assert_eq!(stripe(&app, "evt_1", "of.later_times", json!({})).await.status, StatusCode::OK);
    slow.iter().for_each(tokio::task::JoinHandle::abort);
    app.finish().await;
}

impl App {
    /// Waits until so many webhooks were told that the receiver is full.
    async fn until_refused(&self, wanted: u32) {
        let line = |line: &&str| line.starts_with("vantera_inbound_total") && line.contains("\"full\"");
        let reached = async {
            loop {
                let scrape = self.web.meters.render();
                let refused: f64 = scrape.lines().filter(line).filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum();
                if refused >= f64::from(wanted) {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(10), reached).await.expect("the receiver says that it is full");
    }
}

#[tokio::test]
async fn who_forges_too_often_waits_and_is_counted_on() {
    let app = App::start_with(|config| config.limits_factor = 1).await;
    let mut waits = 0;
    for _ in 0..40 {
        let answer = post(&app, "/webhooks/stripe", &[("stripe-signature", "t=1,v1=00".into())], "{}").await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            assert!(answer.headers.contains_key(http::header::RETRY_AFTER));
            waits += 1;
        }
    }
    assert_eq!((waits, forged(&app).await), (10, 40));
    // What is signed passes all the same.
    assert_eq!(stripe(&app, "evt_1", "of.later_times", json!({})).await.status, StatusCode::OK);
    app.finish().await;
}

#[tokio::test]
async fn months_are_made_ahead_and_let_go_and_an_event_outside_them_is_not_lost() {
    let app = App::with_building().await;
    for (at, id) in [("2020-01-15T00:00:00Z", "evt_of_2020"), ("2026-02-10T00:00:00Z", "evt_of_february"), ("2026-11-22T09:00:00Z", "evt_of_now")] {
        let moment: jiff::Timestamp = at.parse().expect("a moment");
        app.clock.advance(moment.duration_since(app.clock.now()));
        if id == "evt_of_february" {
            tidy(&app).await;
        }
        assert_eq!(stripe(&app, id, "of.later_times", json!({})).await.status, StatusCode::OK, "{id}");
    }
    let months = "select count(*) from pg_inherits where inhparent = 'inbound_events'::regclass and inhrelid::regclass::text ~ '_20(26|27)_'";
    assert!(app.count(months).await >= 6, "February to April of its year, and this month with two ahead");
    tidy(&app).await;
    let left: Vec<String> = sqlx::query_scalar("select event_id from inbound_events order by received_at").fetch_all(&app.all).await.expect("events");
    assert_eq!(left, ["evt_of_now"], "what is older than it is kept for is gone, with its month or without");
    assert_eq!(app.count("select count(*) from inbound_ids").await, 1);
    assert_eq!(app.count("select count(*) from pg_class where relname = 'inbound_events_2026_02'").await, 0);
    app.finish().await;
}

async fn tidy(app: &App) {
    jobs::leave_global(&app.worker, Job::new("intake.tidy", json!({}))).await.expect("a job");
    app.drain().await;
}
