//! Joining: the good way, and the bad days, each with its sentence and nothing lost.

use crate::support::{App, SLUG, WEBHOOK_SECRET};
use axum::body::Body;
use http::{Request, StatusCode};
use testkit::Fault;

fn event(id: &str, kind: &str, session: &str) -> String {
    serde_json::json!({ "id": id, "object": "event", "type": kind, "data": { "object": { "id": session, "object": "checkout.session" } } }).to_string()
}

async fn webhook(app: &App, body: &str, secret: &str, at: i64) -> StatusCode {
    let header = hooks::stripe::sign(body.as_bytes(), &[secret], at);
    let request = Request::builder().method("POST").uri("/webhooks/stripe").header("stripe-signature", header).body(Body::from(body.to_owned())).expect("a request");
    app.visitor().send(request).await.status
}

fn now(app: &App) -> i64 {
    use vantera::platform::Clock;
    app.clock.now().as_second()
}

#[tokio::test]
async fn a_resident_joins_pays_and_stands_in_the_feed() {
    let app = App::with_building().await;
    let mut noa = app.resident("3", "נועה שגב", "054-318 2704").await;
    let feed = noa.get(&format!("/b/{SLUG}")).await;
    assert_eq!(feed.status, StatusCode::OK, "{}", feed.text());
    assert!(feed.text().contains("נועה שגב"), "the joined post tells it");
    assert_eq!(app.count("select count(*) from memberships where state = 'active' and trust = 'paid'").await, 1);
    assert_eq!(app.count("select count(*) from flat_subscriptions where ended_at is null").await, 1);
    assert_eq!(app.count("select count(*) from joins where started_at is not null and sent_at is not null and payment_opened_at is not null and confirmed_at is not null and first_feed_at is not null").await, 1);
    app.finish().await;
}

#[tokio::test]
async fn wrong_details_come_back_with_a_sentence_each_and_nothing_is_lost() {
    let app = App::with_building().await;
    for (flat, name, phone, sentence) in [
        ("99", "נועה שגב", "0543182704", "בבניין יש דירות"),
        ("", "נועה שגב", "0543182704", "כדאי להוסיף את מספר הדירה"),
        ("3", "", "0543182704", "כדאי להוסיף שם"),
        ("3", "נועה שגב", "03-5551234", "מספר קווי"),
        ("3", "נועה שגב", "+1 415 555 2671", "מספר מחו״ל"),
        ("3", "נועה שגב", "12", "עשר ספרות"),
    ] {
        let mut visitor = app.visitor();
        let answer = app.send_form(&mut visitor, flat, name, phone).await;
        let text = answer.text();
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{sentence}");
        assert!(text.contains(sentence), "{sentence} is told");
        for typed in [flat, name, phone].into_iter().filter(|typed| !typed.is_empty()) {
            assert!(text.contains(&format!("value=\"{typed}\"")), "{typed} is kept");
        }
    }
    // Failing twice from one page, and from two buildings in two tabs, shows the form of the right building each time.
    app.open_building("other-1", "אחר 1", 4).await;
    let mut tab = app.visitor();
    app.send_form(&mut tab, "99", "נועה שגב", "0543182704").await;
    let mut second = tab.clone();
    app.send_form_of("other-1", &mut second, "99", "נועה שגב", "0543182704").await;
    tab.set_cookie("__Host-form-page", second.cookie("__Host-form-page").expect("noted"));
    let fields = [("building", SLUG), ("flat", "98"), ("name", "נועה שגב"), ("phone", "0543182704"), ("consent_version", "2026-11")];
    let again = tab.submit("/call/joining/submit", &fields).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.text().contains("value=\"98\"") && again.text().contains("הרצל 7"), "{}", again.text());
    assert_eq!(app.count("select count(*) from checkouts").await, 0);
    app.finish().await;
}

#[tokio::test]
async fn markup_in_a_name_is_shown_and_never_run() {
    let app = App::with_building().await;
    let mut visitor = app.visitor();
    let answer = app.send_form(&mut visitor, "99", "<script>alert(1)</script>\"><img src=x>", "0543182704").await;
    assert!(!answer.text().contains("<script>alert(1)"), "the typed markup is escaped where it is shown again");
    let mut actor = app.resident("3", "<b>נועה</b>\u{202e}", "0543182704").await;
    let feed = actor.get(&format!("/b/{SLUG}")).await.text();
    assert!(feed.contains("&lt;b&gt;נועה"), "the name is shown as typed");
    assert!(!feed.contains("<b>נועה") && !feed.contains('\u{202e}'));
    app.finish().await;
}

#[tokio::test]
async fn the_webhook_alone_admits_and_the_return_after_it_signs_in() {
    let app = App::with_building().await;
    let mut noa = app.visitor();
    app.send_form(&mut noa, "3", "נועה שגב", "0543182704").await;
    app.drain().await;
    app.stripe.pay(&app.last_session());
    let body = event("evt_1", "checkout.session.completed", &app.last_session());
    assert_eq!(webhook(&app, &body, WEBHOOK_SECRET, now(&app)).await, StatusCode::OK);
    app.drain().await;
    assert_eq!(app.text("select settled_by from checkouts").await.as_deref(), Some("webhook"));
    assert_eq!(app.count("select count(*) from memberships").await, 1);
    noa.get(&format!("/b/{SLUG}/enter")).await;
    assert!(noa.cookie("__Host-session").is_some());
    app.finish().await;
}

#[tokio::test]
async fn ten_webhooks_out_of_order_and_the_return_admit_once() {
    let app = App::with_building().await;
    let mut noa = app.visitor();
    app.send_form(&mut noa, "3", "נועה שגב", "0543182704").await;
    app.drain().await;
    let session = app.last_session();
    app.stripe.pay(&session);
    for n in (0..10).rev() {
        let kind = if n % 2 == 0 { "checkout.session.completed" } else { "checkout.session.expired" };
        assert_eq!(webhook(&app, &event(&format!("evt_{n}"), kind, &session), WEBHOOK_SECRET, now(&app)).await, StatusCode::OK);
        assert_eq!(webhook(&app, &event(&format!("evt_{n}"), kind, &session), WEBHOOK_SECRET, now(&app)).await, StatusCode::OK, "a repeated event is fine");
    }
    noa.get(&format!("/b/{SLUG}/enter?s={session}")).await;
    app.drain().await;
    assert_eq!(app.count("select count(*) from inbound_events").await, 10);
    assert_eq!(app.count("select count(*) from memberships").await, 1);
    assert_eq!(app.count("select count(*) from posts where kind = 'joined'").await, 1);
    assert_eq!(app.count("select count(*) from flat_subscriptions").await, 1);
    assert!(app.stripe.refunds().is_empty());
    app.finish().await;
}

#[tokio::test]
async fn a_payment_that_nobody_reports_is_found_by_the_sweeper() {
    let app = App::with_building().await;
    let mut noa = app.visitor();
    app.send_form(&mut noa, "3", "נועה שגב", "0543182704").await;
    app.drain().await;
    app.stripe.pay(&app.last_session());
    app.advance(180);
    vantera::platform::jobs::leave_global(&app.payments, vantera::platform::Job::new("payments.sweep", serde_json::json!({}))).await.expect("a job");
    app.drain().await;
    assert_eq!(app.text("select settled_by from checkouts").await.as_deref(), Some("sweep"));
    assert_eq!(app.count("select count(*) from memberships").await, 1);
    app.finish().await;
}

#[tokio::test]
async fn forged_old_and_oversized_webhooks_are_refused() {
    let app = App::with_building().await;
    let body = event("evt_1", "checkout.session.completed", "cs_test_0001");
    assert_eq!(webhook(&app, &body, "whsec_forged", now(&app)).await, StatusCode::BAD_REQUEST);
    assert_eq!(webhook(&app, &body, WEBHOOK_SECRET, now(&app) - 301).await, StatusCode::BAD_REQUEST, "replayed after the tolerance");
    let large = format!("{{\"id\":\"evt_2\",\"type\":\"x\",\"pad\":\"{}\"}}", "a".repeat(1024 * 1024));
    assert_eq!(webhook(&app, &large, WEBHOOK_SECRET, now(&app)).await, StatusCode::PAYLOAD_TOO_LARGE);
    let unsigned = Request::builder().method("POST").uri("/webhooks/stripe").body(Body::from(body)).expect("a request");
    assert_eq!(app.visitor().send(unsigned).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(app.count("select count(*) from inbound_events").await, 0);
    app.finish().await;
}

#[tokio::test]
async fn stripe_away_slow_to_come_back_or_gone_after_the_work_opens_one_page() {
    let app = App::with_building().await;
    let mut noa = app.visitor();
    app.stripe.fail_next(&[Fault::Unavailable, Fault::GoneAfter]);
    app.send_form(&mut noa, "3", "נועה שגב", "0543182704").await;
    for _ in 0..3 {
        app.skip_pauses().await;
        app.drain().await;
    }
    assert_eq!(app.stripe.sessions().len(), 1, "the repeated call is the same call");
    let page = noa.get(&format!("/b/{SLUG}/pay")).await;
    assert!(page.location().starts_with("http://stripe.test/"));
    app.finish().await;
}

#[tokio::test]
async fn a_page_that_cannot_be_opened_leads_back_with_nothing_lost() {
    let app = App::with_building().await;
    let mut noa = app.visitor();
    app.stripe.fail_next(&[Fault::Invalid]);
    app.send_form(&mut noa, "3", "נועה שגב", "0543182704").await;
    app.drain().await;
    assert_eq!(noa.get(&format!("/b/{SLUG}/pay")).await.location(), format!("/b/{SLUG}/welcome"));
    let form = noa.get(&format!("/b/{SLUG}/join")).await.text();
    assert!(form.contains("נועה שגב") && form.contains("054-318 2704"), "the form holds what was typed");
    app.finish().await;
}

#[tokio::test]
async fn sent_twice_from_two_tabs_it_is_one_attempt_and_one_payment() {
    let app = App::with_building().await;
    let mut noa = app.visitor();
    noa.get(&format!("/b/{SLUG}/join")).await;
    let fields = [("building", SLUG), ("flat", "3"), ("name", "נועה שגב"), ("phone", "0543182704"), ("consent_version", "2026-11")];
    let (mut left, mut right) = (noa.clone(), noa.clone());
    let (a, b) = tokio::join!(left.submit("/call/joining/submit", &fields), right.submit("/call/joining/submit", &fields));
    assert_eq!((a.location(), b.location()), (format!("/b/{SLUG}/pay"), format!("/b/{SLUG}/pay")));
    app.drain().await;
    assert_eq!(app.count("select count(*) from checkouts").await, 1);
    assert_eq!(app.stripe.sessions().len(), 1);
    app.finish().await;
}

#[tokio::test]
async fn two_people_racing_for_one_flat_leave_one_subscription_and_one_refund() {
    let app = App::with_building().await;
    let (mut noa, mut dan) = (app.visitor(), app.visitor());
    app.send_form(&mut noa, "3", "נועה שגב", "0543182704").await;
    app.send_form(&mut dan, "3", "דן שגב", "0543182705").await;
    app.drain().await;
    for session in app.stripe.sessions() {
        app.stripe.pay(&session);
        webhook(&app, &event(&format!("evt_{session}"), "checkout.session.completed", &session), WEBHOOK_SECRET, now(&app)).await;
    }
    app.drain().await;
    assert_eq!(app.count("select count(*) from flat_subscriptions where ended_at is null").await, 1);
    assert_eq!(app.count("select count(*) from memberships").await, 1);
    assert_eq!(app.count("select count(*) from joins where state = 'waiting'").await, 1, "the second joins free after a yes");
    assert_eq!(app.stripe.refunds().len(), 1);
    app.finish().await;
}

#[tokio::test]
async fn a_payment_of_another_amount_admits_nobody() {
    let app = App::with_building().await;
    let mut noa = app.visitor();
    app.send_form(&mut noa, "3", "נועה שגב", "0543182704").await;
    app.drain().await;
    app.stripe.pay(&app.last_session());
    app.stripe.tamper(&app.last_session(), 1);
    noa.get(&format!("/b/{SLUG}/enter")).await;
    app.drain().await;
    assert_eq!(app.count("select count(*) from memberships").await, 0);
    assert_eq!(app.count("select count(*) from audit_log where act = 'payment.mismatch'").await, 1);
    app.finish().await;
}

#[tokio::test]
async fn a_flatmate_joins_free_after_a_yes() {
    let app = App::with_building().await;
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    let mut dan = app.visitor();
    let sent = app.send_form(&mut dan, "3", "דן שגב", "0543182705").await;
    assert_eq!(sent.location(), format!("/b/{SLUG}/welcome"));
    let join = app.text("select join_id::text from joins where state = 'waiting'").await.expect("somebody waits");
    let mut stranger = app.visitor();
    assert_ne!(stranger.call("joining/answer", &[("building", SLUG), ("join", &join), ("yes", "true")]).await.status, StatusCode::OK);
    assert_eq!(noa.call("joining/answer", &[("building", SLUG), ("join", &join), ("yes", "true")]).await.status, StatusCode::OK);
    dan.get(&format!("/b/{SLUG}/enter")).await;
    assert!(dan.cookie("__Host-session").is_some());
    assert_eq!(dan.get(&format!("/b/{SLUG}")).await.status, StatusCode::OK);
    assert_eq!(app.stripe.sessions().len(), 1, "nobody paid twice");
    app.finish().await;
}

#[tokio::test]
async fn a_neighbours_phone_typed_by_a_stranger_opens_nothing() {
    let app = App::with_building().await;
    app.resident("3", "נועה שגב", "0543182704").await;
    let mut stranger = app.visitor();
    let answer = app.send_form(&mut stranger, "4", "מתחזה", "054-3182704").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text().contains("המספר הזה כבר מצורף לבניין"));
    // In another building the phone is not known as a member; paying there must not open the account that exists.
    app.open_building("other-1", "אחר 1", 4).await;
    app.send_form_of("other-1", &mut stranger, "1", "מתחזה", "0543182704").await;
    app.drain().await;
    app.stripe.pay(&app.last_session());
    stranger.get("/b/other-1/enter").await;
    app.drain().await;
    stranger.get("/b/other-1/enter").await;
    assert!(stranger.cookie("__Host-session").is_none(), "never signed into an account that existed before");
    app.finish().await;
}

#[tokio::test]
async fn the_return_address_opened_in_another_browser_signs_nobody_in() {
    let app = App::with_building().await;
    let mut noa = app.visitor();
    app.send_form(&mut noa, "3", "נועה שגב", "0543182704").await;
    app.drain().await;
    app.stripe.pay(&app.last_session());
    let mut thief = app.visitor();
    let answer = thief.get(&format!("/b/{SLUG}/enter?s={}", app.last_session())).await;
    assert!(answer.location().starts_with("/signin"));
    app.drain().await;
    assert!(thief.cookie("__Host-session").is_none());
    app.advance(180);
    vantera::platform::jobs::leave_global(&app.payments, vantera::platform::Job::new("payments.sweep", serde_json::json!({}))).await.expect("a job");
    app.drain().await;
    noa.get(&format!("/b/{SLUG}/enter")).await;
    assert!(noa.cookie("__Host-session").is_some(), "the payer is let in all the same");
    app.finish().await;
}

#[tokio::test]
async fn a_full_flat_and_an_abandoned_payment_are_told() {
    let app = App::with_building().await;
    sqlx::query("update buildings set people_per_flat = 1").execute(&app.all).await.expect("a rule");
    app.resident("3", "נועה שגב", "0543182704").await;
    let mut dan = app.visitor();
    let full = app.send_form(&mut dan, "3", "דן שגב", "0543182705").await;
    assert!(full.text().contains("כבר רשומים"), "{}", full.text());
    app.send_form(&mut dan, "4", "דן שגב", "0543182705").await;
    app.drain().await;
    app.stripe.expire(&app.last_session());
    webhook(&app, &event("evt_x", "checkout.session.expired", &app.last_session()), WEBHOOK_SECRET, now(&app)).await;
    app.drain().await;
    assert_eq!(app.count("select count(*) from checkouts where state = 'expired'").await, 1);
    let again = app.send_form(&mut dan, "4", "דן שגב", "0543182705").await;
    assert_eq!(again.location(), format!("/b/{SLUG}/pay"));
    app.drain().await;
    assert_eq!(app.count("select count(*) from checkouts where state = 'open'").await, 1, "a fresh page is opened");
    app.finish().await;
}

#[tokio::test]
async fn a_removed_impostor_leaves_no_post_and_gets_the_payment_back() {
    let app = App::with_building().await;
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    let mut chair = app.resident("4", "רונית אלמוג", "0543182705").await;
    sqlx::query("update memberships set role = 'chair' where display_name = 'רונית אלמוג'").execute(&app.all).await.expect("a chair");
    let membership = app.text("select membership_id::text from memberships where display_name = 'נועה שגב'").await.expect("a membership");
    let removed = chair.call("buildings/remove_resident", &[("building", SLUG), ("membership", &membership), ("reason", "לא גרה כאן")]).await;
    assert_eq!(removed.status, StatusCode::OK, "{}", removed.text());
    assert_ne!(noa.get(&format!("/b/{SLUG}")).await.status, StatusCode::OK, "out at once");
    app.drain().await;
    assert_eq!(app.count("select count(*) from posts where kind = 'joined' and removed_at is null").await, 1);
    assert_eq!(app.count("select count(*) from flat_subscriptions where ended_at is null").await, 1);
    assert_eq!(app.stripe.refunds().len(), 1);
    app.finish().await;
}

#[tokio::test]
async fn a_building_that_approves_says_yes_or_gives_the_payment_back() {
    let app = App::with_building().await;
    let mut chair = app.resident("4", "רונית אלמוג", "0543182705").await;
    sqlx::query("update memberships set role = 'chair'").execute(&app.all).await.expect("a chair");
    sqlx::query("update buildings set needs_approval = true").execute(&app.all).await.expect("a rule");
    for (flat, phone, yes) in [("1", "0543182701", "true"), ("2", "0543182702", "false")] {
        let mut visitor = app.visitor();
        app.send_form(&mut visitor, flat, "נועה שגב", phone).await;
        app.drain().await;
        app.stripe.pay(&app.last_session());
        visitor.get(&format!("/b/{SLUG}/enter")).await;
        app.drain().await;
        visitor.get(&format!("/b/{SLUG}/enter")).await;
        assert!(visitor.cookie("__Host-session").is_none(), "not before the committee's yes");
        let join = app.text("select join_id::text from joins where state = 'waiting'").await.expect("somebody waits");
        assert_eq!(chair.call("joining/answer", &[("building", SLUG), ("join", &join), ("yes", yes)]).await.status, StatusCode::OK);
        app.drain().await;
        visitor.get(&format!("/b/{SLUG}/enter")).await;
        assert_eq!(visitor.cookie("__Host-session").is_some(), yes == "true");
    }
    assert_eq!(app.stripe.refunds().len(), 1);
    assert_eq!(app.count("select count(*) from flat_subscriptions where ended_at is null").await, 2);
    app.finish().await;
}
