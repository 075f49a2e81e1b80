//! Bad input and bad days of joining, one test each, with a Stripe that does as it is told. What Stripe itself says on
//! such days, over its own protocol, is in stand.rs.

use axum::body::Body;
use http::{Request, StatusCode};

use crate::support::{App, SLUG, WEBHOOK_SECRET};

/// Stripe's event about a session, signed and delivered.
async fn event(app: &App, id: &str, session: &str) -> StatusCode {
    use vantera::platform::Clock;
    let body =
        serde_json::json!({ "id": id, "object": "event", "type": "checkout.session.completed", "data": { "object": { "id": session, "object": "checkout.session" } } }).to_string();
    let signature = hooks::stripe::sign(body.as_bytes(), &[WEBHOOK_SECRET], app.clock.now().as_second());
    let request = Request::builder().method("POST").uri("/webhooks/stripe").header("stripe-signature", signature).body(Body::from(body)).expect("a request");
    app.visitor().send(request).await.status
}

#[tokio::test]
async fn a_flat_that_does_not_exist_is_told_with_what_the_building_has() {
    let app = App::with_building().await;
    for typed in ["99", "0", "-3", "14ב", "שלוש"] {
        let answer = app.send_form(&mut app.visitor(), typed, "נועה שגב", "0543182704").await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed}");
        let text = answer.text();
        assert!(text.contains("בבניין יש דירות") && text.contains("value=\"נועה שגב\""), "{typed}: {text}");
    }
    let live = app.visitor().call("joining/flat", &[("building", SLUG), ("flat", "99")]).await;
    assert!(live.text().contains("\"found\":false"), "{}", live.text());
    assert_eq!(app.count("select count(*) from checkouts").await, 0);
    app.finish().await;
}

#[tokio::test]
async fn a_flat_already_full_is_told_before_anybody_pays() {
    let app = App::with_building().await;
    sqlx::query("update buildings set people_per_flat = 1").execute(&app.all).await.expect("a rule");
    app.resident("3", "נועה שגב", "0543182704").await;
    let sessions = app.stripe.sessions().len();
    let mut dan = app.visitor();
    let live = dan.call("joining/flat", &[("building", SLUG), ("flat", "3")]).await;
    assert!(live.text().contains("\"full\":true") && live.text().contains("כבר רשומים"), "{}", live.text());
    let answer = app.send_form(&mut dan, "3", "דן שגב", "0543182705").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text().contains("כבר רשומים") && answer.text().contains("value=\"דן שגב\""));
    app.drain().await;
    assert_eq!(app.stripe.sessions().len(), sessions);
    app.finish().await;
}

#[tokio::test]
async fn a_flat_that_filled_up_while_somebody_paid_gives_the_payment_back() {
    let app = App::with_building().await;
    sqlx::query("update buildings set people_per_flat = 1").execute(&app.all).await.expect("a rule");
    let (mut noa, mut dan) = (app.visitor(), app.visitor());
    app.send_form(&mut noa, "3", "נועה שגב", "0543182704").await;
    app.send_form(&mut dan, "3", "דן שגב", "0543182705").await;
    app.drain().await;
    for session in app.stripe.sessions() {
        app.stripe.pay(&session);
        event(&app, &format!("evt_{session}"), &session).await;
        app.drain().await;
    }
    assert_eq!(app.count("select count(*) from memberships").await, 1);
    assert_eq!(app.count("select count(*) from flat_subscriptions where ended_at is null").await, 1);
    assert_eq!(app.stripe.refunds().len(), 1, "the second payment goes back by itself");
    app.finish().await;
}

#[tokio::test]
async fn a_phone_in_every_usual_way_of_writing_is_the_same_phone() {
    let app = App::with_building().await;
    for typed in [
        "0543182704",
        "054-318-2704",
        "054-318 2704",
        "+972543182704",
        "+972 54 318 2704",
        "972-54-3182704",
        "00972543182704",
        "\u{202a}+972 54-318-2704\u{202c}",
        "  054 3182704  ",
    ] {
        let mut visitor = app.visitor();
        assert_eq!(app.send_form(&mut visitor, "3", "נועה שגב", typed).await.location(), format!("/b/{SLUG}/pay"), "{typed:?}");
        assert_eq!(app.text("select encode(phone_blind, 'hex') from joins order by started_at desc, join_id desc limit 1").await, Some(app.blind("0543182704")), "{typed:?}");
        app.drain().await;
    }
    app.finish().await;
}

#[tokio::test]
async fn foreign_and_false_phones_are_told_apart() {
    let app = App::with_building().await;
    for (typed, sentence) in [
        ("+1 415 555 2671", "מספר מחו״ל"),
        ("0044 20 7946 0958", "מספר מחו״ל"),
        ("03-5551234", "מספר קווי"),
        ("1-700-123456", "מספר קווי"),
        ("05431827", "עשר ספרות"),
        ("054318270455", "עשר ספרות"),
        ("חמש ארבע שלוש", "עשר ספרות"),
        ("' or 1=1 --", "עשר ספרות"),
    ] {
        let answer = app.send_form(&mut app.visitor(), "3", "נועה שגב", typed).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed}");
        assert!(answer.text().contains(sentence), "{typed}: {}", answer.text());
    }
    app.finish().await;
}

#[tokio::test]
async fn the_same_person_twice_pays_once_and_is_asked_to_sign_in() {
    let app = App::with_building().await;
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    assert_eq!(app.send_form(&mut noa, "3", "נועה שגב", "0543182704").await.location(), format!("/b/{SLUG}"), "signed in, he is led home");
    let mut elsewhere = app.visitor();
    for flat in ["3", "4"] {
        let answer = app.send_form(&mut elsewhere, flat, "נועה שגב", "+972 54-318-2704").await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.text().contains("המספר הזה כבר מצורף לבניין") && answer.text().contains("/signin?next="), "{}", answer.text());
    }
    assert_eq!(app.stripe.sessions().len(), 1);
    assert_eq!(app.count("select count(*) from memberships").await, 1);
    app.finish().await;
}

#[tokio::test]
async fn the_same_person_paying_from_two_browsers_is_a_member_once_and_gets_one_payment_back() {
    let app = App::with_building().await;
    let (mut phone, mut laptop) = (app.visitor(), app.visitor());
    app.send_form(&mut phone, "3", "נועה שגב", "0543182704").await;
    app.send_form(&mut laptop, "3", "נועה שגב", "0543182704").await;
    app.drain().await;
    for session in app.stripe.sessions() {
        app.stripe.pay(&session);
        event(&app, &format!("evt_{session}"), &session).await;
        app.drain().await;
    }
    assert_eq!(app.count("select count(*) from memberships").await, 1);
    assert_eq!(app.stripe.refunds().len(), 1);
    app.finish().await;
}

#[tokio::test]
async fn going_back_from_the_payment_page_finds_the_form_filled_and_opens_no_second_page() {
    let app = App::with_building().await;
    let mut noa = app.visitor();
    app.send_form(&mut noa, "3", "נועה שגב", "0543182704").await;
    app.drain().await;
    let first = noa.get(&format!("/b/{SLUG}/pay")).await.location();
    let form = noa.get(&format!("/b/{SLUG}/join")).await.text();
    assert!(form.contains("value=\"3\"") && form.contains("value=\"נועה שגב\"") && form.contains("לא הושלם"), "{form}");
    app.send_form(&mut noa, "3", "נועה שגב-לוי", "0543182704").await;
    app.drain().await;
    assert_eq!(noa.get(&format!("/b/{SLUG}/pay")).await.location(), first, "the same flat is the same payment");
    assert_eq!(app.stripe.sessions().len(), 1);
    app.stripe.pay(&app.last_session());
    noa.get(&format!("/b/{SLUG}/enter?s=back")).await;
    app.drain().await;
    assert_eq!(app.text("select display_name from memberships").await.as_deref(), Some("נועה שגב-לוי"), "the details that were sent last count");
    app.finish().await;
}

#[tokio::test]
async fn going_back_for_another_flat_and_paying_both_pages_keeps_one_payment() {
    let app = App::with_building().await;
    let mut noa = app.visitor();
    for flat in ["3", "4"] {
        app.send_form(&mut noa, flat, "נועה שגב", "0543182704").await;
        app.drain().await;
    }
    assert_eq!(app.stripe.sessions().len(), 2);
    for session in app.stripe.sessions() {
        app.stripe.pay(&session);
        event(&app, &format!("evt_{session}"), &session).await;
        app.drain().await;
    }
    assert_eq!(app.count("select count(*) from memberships m join flats f using (tenant_id, flat_id) where f.number = '4'").await, 1);
    assert_eq!(app.count("select count(*) from flat_subscriptions where ended_at is null").await, 1);
    assert_eq!(app.stripe.refunds().len(), 1);
    app.finish().await;
}

#[tokio::test]
async fn returning_in_two_tabs_brings_both_in_and_admits_once() {
    let app = App::with_building().await;
    let mut noa = app.visitor();
    app.send_form(&mut noa, "3", "נועה שגב", "0543182704").await;
    app.drain().await;
    app.stripe.pay(&app.last_session());
    let path = format!("/b/{SLUG}/enter?s={}", app.last_session());
    let (mut left, mut right) = (noa.clone(), noa.clone());
    tokio::join!(left.get(&path), right.get(&path));
    app.drain().await;
    let (a, b) = tokio::join!(left.get(&path), right.get(&path));
    assert_eq!((a.location(), b.location()), (format!("/b/{SLUG}/welcome"), format!("/b/{SLUG}/welcome")));
    let signed_in: Vec<_> = [&left, &right].into_iter().filter_map(|tab| tab.cookie("__Host-session")).collect();
    assert_eq!(signed_in.len(), 1, "one answer carries the session; in a browser both tabs share it");
    assert_eq!(app.count("select count(*) from sessions").await, 1);
    assert_eq!(app.count("select count(*) from memberships").await, 1);
    app.finish().await;
}

#[tokio::test]
async fn two_buildings_in_two_tabs_are_two_ways_in() {
    let app = App::with_building().await;
    app.open_building("other-1", "אחר 1", 4).await;
    let mut noa = app.visitor();
    noa.get(&format!("/b/{SLUG}/join")).await;
    noa.get("/b/other-1/join").await;
    // Both forms stand open in one browser; the second is sent first.
    for (slug, flat) in [("other-1", "2"), (SLUG, "3")] {
        noa.page = format!("/b/{slug}/join");
        let fields = [("building", slug), ("flat", flat), ("name", "נועה שגב"), ("phone", "0543182704"), ("consent_version", "2026-11")];
        assert_eq!(noa.submit("/call/joining/submit", &fields).await.location(), format!("/b/{slug}/pay"));
        app.drain().await;
    }
    for session in app.stripe.sessions() {
        app.stripe.pay(&session);
        event(&app, &format!("evt_{session}"), &session).await;
    }
    app.drain().await;
    for slug in [SLUG, "other-1"] {
        noa.get(&format!("/b/{slug}/enter?s=back")).await;
    }
    for (slug, name) in [(SLUG, "הרצל 7"), ("other-1", "אחר 1")] {
        let feed = noa.get(&format!("/b/{slug}")).await;
        assert_eq!(feed.status, StatusCode::OK, "{slug}");
        assert!(feed.text().contains(name));
    }
    assert_eq!(app.count("select count(*) from people").await, 1);
    assert_eq!(app.count("select count(*) from memberships").await, 2);
    app.finish().await;
}

#[tokio::test]
async fn the_return_before_the_webhook_admits_and_the_webhook_finds_it_done() {
    let app = App::with_building().await;
    app.resident("3", "נועה שגב", "0543182704").await;
    assert_eq!(app.text("select settled_by from checkouts").await.as_deref(), Some("return"));
    assert_eq!(event(&app, "evt_late", &app.last_session()).await, StatusCode::OK);
    app.drain().await;
    assert_eq!(app.text("select state from inbound_events").await.as_deref(), Some("processed"));
    assert_eq!(app.count("select count(*) from memberships").await, 1);
    assert_eq!(app.count("select count(*) from audit_log where act = 'payment.settled'").await, 1);
    assert_eq!(app.count("select count(*) from posts where kind = 'joined'").await, 1);
    app.finish().await;
}

#[tokio::test]
async fn an_event_faster_than_our_own_note_of_the_session_waits_for_it() {
    let app = App::with_building().await;
    let mut noa = app.visitor();
    app.send_form(&mut noa, "3", "נועה שגב", "0543182704").await;
    app.drain().await;
    let session = app.last_session();
    sqlx::query("update checkouts set state = 'intended', provider_session = null, provider_url = null").execute(&app.all).await.expect("not noted yet");
    app.stripe.pay(&session);
    assert_eq!(event(&app, "evt_early", &session).await, StatusCode::OK);
    app.drain().await;
    assert_eq!(app.text("select state from inbound_events").await.as_deref(), Some("received"), "kept, and looked at again");
    sqlx::query("update checkouts set state = 'open', provider_session = $1").bind(&session).execute(&app.all).await.expect("noted");
    app.skip_pauses().await;
    app.drain().await;
    assert_eq!(app.count("select count(*) from memberships").await, 1);
    app.finish().await;
}

#[tokio::test]
async fn an_event_of_somebody_elses_session_is_kept_and_means_nothing() {
    let app = App::with_building().await;
    assert_eq!(event(&app, "evt_strange", "cs_test_of_nobody").await, StatusCode::OK);
    for _ in 0..4 {
        app.drain().await;
        app.skip_pauses().await;
    }
    assert_eq!(app.text("select state from inbound_events").await.as_deref(), Some("ignored"));
    app.finish().await;
}
