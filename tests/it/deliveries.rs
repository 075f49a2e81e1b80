//! Outgoing deliveries against a receiver on this machine: told once under one id, tried again, held, given up, never
//! sent without a grant.

mod answers;
mod bad_days;
pub mod desk;
mod rests;
mod switched_off;
mod told;

use desk::{Desk, Receiver, Reply};
use hooks::standard::Secret;
use jiff::SignedDuration;
use serde_json::json;
use vantera::gateway::server::delivery::{self, Again, DeliveryState, LogFilter, Replayed, Tested};

#[tokio::test]
async fn a_granted_partner_is_told_what_happens_signed_and_in_order_and_nothing_about_persons() {
    let desk = Desk::granted(&["resident.*", "payment.succeeded"]).await;
    let receiver = Receiver::start().await;
    let (_, secret) = desk.endpoint(&receiver.url).await;
    desk.app.resident("3", "נועה שגב", "0543182704").await;
    let got = receiver.got();
    let mut told: Vec<serde_json::Value> = got.iter().map(|one| one.json()).collect();
    told.sort_by_key(|body| body["data"]["sequence"].as_i64());
    for body in &told {
        desk.keeps_its_promise(body).await;
    }
    let kinds: Vec<&str> = told.iter().filter_map(|body| body["type"].as_str()).collect();
    assert_eq!(kinds, ["payment.succeeded", "resident.joined"]);
    let building = json!({ "id": desk.tenant, "slug": crate::support::SLUG });
    assert_eq!(told[0]["data"], json!({ "building": building, "sequence": 1, "flat": "3", "amount_minor": 300, "currency": "USD", "purpose": "membership" }));
    assert_eq!(told[1]["data"], json!({ "building": building, "sequence": 2, "flat": "3" }));
    for one in &got {
        assert!(one.proved_by(&secret) && !one.proved_by(&other()), "{one:?}");
        assert!(one.id.starts_with("msg_") && !one.id.contains('.'));
        let text = String::from_utf8_lossy(&one.body).into_owned();
        assert!(!text.contains("נועה") && !text.contains("3182704"), "{text}");
    }
    assert_eq!(desk.in_state("delivered").await, 2);
    assert_eq!(desk.app.count("select count(*) from gateway_attempts where outcome = 'delivered' and status = 200").await, 2);
    desk.app.finish().await;
}

fn other() -> Secret {
    Secret::from_bytes(&[9; 32]).expect("a secret")
}

#[tokio::test]
async fn nothing_is_written_where_nobody_may_hear() {
    let desk = Desk::open().await;
    let receiver = Receiver::start().await;
    let (endpoint, _) = desk.endpoint(&receiver.url).await;
    desk.notices(1).await;
    // A grant of another building, one of another type, one that has ended, an endpoint that wants other types, one that is off.
    let there = desk.app.open_building("other-1", "אחר 1", 4).await;
    desk.grant(there, &["notice.published"]).await;
    desk.notices(1).await;
    desk.grant(desk.tenant, &["hazard.*"]).await;
    desk.notices(1).await;
    let set = |sql: &'static str| sqlx::query(sql).execute(&desk.app.all);
    set("update gateway_grants set event_types = '{notice.published}', ends_at = granted_at").await.expect("a change");
    desk.notices(1).await;
    set("update gateway_grants set ends_at = null").await.expect("a change");
    set("update gateway_endpoints set event_types = '{hazard.raised}'").await.expect("a change");
    desk.notices(1).await;
    set("update gateway_endpoints set event_types = '{}', state = 'disabled'").await.expect("a change");
    desk.notices(1).await;
    let rows = "select (select count(*) from gateway_messages) + (select count(*) from gateway_deliveries) + (select count(*) from gateway_heads)";
    assert_eq!((desk.app.count(rows).await, desk.app.jobs_due().await), (0, 0));
    // Each of these was what was missing.
    set("update gateway_endpoints set state = 'active'").await.expect("a change");
    for state in [&desk.app.web, &desk.app.worker, &desk.app.payments] {
        desk.publish(state, desk.tenant, "notice.published").await;
    }
    desk.pump(endpoint).await;
    let mut sequences: Vec<i64> = receiver.got().iter().filter_map(|one| one.json()["data"]["sequence"].as_i64()).collect();
    sequences.sort_unstable();
    assert_eq!(sequences, [1, 2, 3], "every role of ours may tell, in one line");
}

#[tokio::test]
async fn what_is_undone_is_told_to_nobody() {
    let desk = Desk::granted(&["notice.published"]).await;
    desk.endpoint("http://127.0.0.1:9/hook").await;
    let mut cx = vantera::platform::jobs::open_tenant(&desk.app.web, desk.tenant, "test".into()).await.expect("a context");
    cx.publish("notice.published", json!({}));
    cx.roll_back().await.expect("an end");
    let mut cx = vantera::platform::jobs::open_tenant(&desk.app.web, desk.tenant, "test".into()).await.expect("a context");
    cx.publish("notice.published", json!("no object"));
    assert!(cx.commit().await.is_err(), "data that is no object is refused, with all that was to be committed");
    assert_eq!(desk.app.count("select count(*) from gateway_messages").await, 0);
    desk.app.finish().await;
}

#[tokio::test]
async fn two_secrets_sign_while_one_replaces_the_other() {
    let desk = Desk::granted(&["notice.published"]).await;
    let receiver = Receiver::start().await;
    let (endpoint, old) = desk.endpoint(&receiver.url).await;
    desk.app.advance(1);
    let new = desk.secret(endpoint).await;
    sqlx::query("update gateway_secrets set expires_at = created_at + interval '1 day' where created_at = (select min(created_at) from gateway_secrets)")
        .execute(&desk.app.all)
        .await
        .expect("a rotation");
    desk.notices(1).await;
    desk.pump(endpoint).await;
    desk.app.advance(24 * 3600);
    desk.notices(1).await;
    desk.pump(endpoint).await;
    let got = receiver.got();
    assert_eq!(got[0].signature.split(' ').count(), 2);
    assert!(got[0].proved_by(&old) && got[0].proved_by(&new));
    assert_eq!(got[1].signature.split(' ').count(), 1);
    assert!(got[1].proved_by(&new) && !got[1].proved_by(&old));
    // Sealed for another row, a secret is none: nothing leaves unsigned.
    sqlx::query("update gateway_secrets set secret_id = gen_random_uuid()").execute(&desk.app.all).await.expect("a swap");
    desk.notices(1).await;
    desk.pump(endpoint).await;
    assert_eq!(receiver.got().len(), 2);
    assert_eq!(desk.app.text("select last_outcome from gateway_deliveries where state = 'pending'").await.as_deref(), Some("unsigned"));
}

#[tokio::test]
async fn no_more_than_allowed_a_minute_is_sent() {
    let desk = Desk::granted(&["notice.published"]).await;
    let receiver = Receiver::start().await;
    let (endpoint, _) = desk.endpoint(&receiver.url).await;
    sqlx::query("update gateway_endpoints set per_minute = 3").execute(&desk.app.all).await.expect("a limit");
    desk.notices(8).await;
    for expected in [3, 3, 6, 6, 8] {
        desk.pump(endpoint).await;
        assert_eq!(receiver.got().len(), expected);
        desk.app.advance(31);
    }
    desk.close().await;
}

#[tokio::test]
async fn a_test_event_is_signed_tried_and_logged_like_any_other() {
    let desk = Desk::open().await;
    let receiver = Receiver::start().await;
    let (endpoint, secret) = desk.endpoint(&receiver.url).await;
    let mut cx = desk.global().await;
    let Tested::Sent(sent) = delivery::test(&mut cx, desk.partner, endpoint).await.expect("a test") else { panic!("not sent") };
    assert_eq!(delivery::test(&mut cx, uuid::Uuid::nil(), endpoint).await.expect("an answer"), Tested::NoEndpoint);
    for _ in 1..delivery::TESTS_A_MINUTE {
        assert!(matches!(delivery::test(&mut cx, desk.partner, endpoint).await.expect("a test"), Tested::Sent(_)));
    }
    assert_eq!(delivery::test(&mut cx, desk.partner, endpoint).await.expect("an answer"), Tested::TooMany);
    cx.commit().await.expect("a commit");
    desk.app.drain().await;
    let got = receiver.got();
    assert_eq!(got.len(), usize::try_from(delivery::TESTS_A_MINUTE).expect("a number"));
    assert!(got[0].proved_by(&secret));
    assert_eq!((got[0].json()["type"].clone(), got[0].json()["data"].clone()), (json!("gateway.test"), json!({ "test": true })));
    desk.keeps_its_promise(&got[0].json()).await;
    let mut cx = desk.global().await;
    let attempts = delivery::attempts(&mut cx, desk.partner, sent).await.expect("attempts");
    assert_eq!(attempts.iter().map(|one| (one.number, one.status, one.outcome.as_str(), one.snippet.as_str())).collect::<Vec<_>>(), [(1, Some(200), "delivered", "as told")]);
    assert_eq!(delivery::attempts(&mut cx, uuid::Uuid::nil(), sent).await.expect("nothing"), []);
    desk.app.finish().await;
}

#[tokio::test]
async fn the_log_is_read_page_by_page_by_its_own_partner_only() {
    let desk = Desk::granted(&["notice.published"]).await;
    let receiver = Receiver::start().await;
    let (endpoint, _) = desk.endpoint(&receiver.url).await;
    receiver.answers([Reply::Status(200), Reply::Status(410)]);
    for _ in 0..7 {
        desk.notices(1).await;
        desk.app.advance(1);
    }
    // One after the other: the first is taken, the second switches the endpoint off.
    sqlx::query("update gateway_endpoints set per_minute = 1").execute(&desk.app.all).await.expect("a limit");
    for _ in 0..2 {
        desk.pump(endpoint).await;
        desk.app.advance(61);
    }
    let mut cx = desk.global().await;
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let filter = LogFilter { limit: 3, cursor: cursor.clone(), ..LogFilter::default() };
        let page = delivery::log(&mut cx, desk.partner, &filter).await.expect("a page");
        seen.extend(page.lines);
        match page.next {
            Some(next) => cursor = next,
            None => break,
        }
    }
    let sequences: Vec<i64> = seen.iter().map(|line| line.sequence).collect();
    assert_eq!(sequences, [7, 6, 5, 4, 3, 2, 1]);
    assert!(seen.iter().all(|line| line.building.as_ref().is_some_and(|building| building.slug == crate::support::SLUG)));
    let states: Vec<DeliveryState> = seen.iter().map(|line| line.state).collect();
    let mut expected = vec![DeliveryState::Cancelled; 5];
    expected.extend([DeliveryState::Failed, DeliveryState::Delivered]);
    assert_eq!(states, expected);
    let failed = LogFilter { state: Some(DeliveryState::Failed), endpoint: Some(endpoint), event_type: Some("notice.published".into()), ..LogFilter::default() };
    assert_eq!(delivery::log(&mut cx, desk.partner, &failed).await.expect("a page").lines.len(), 1);
    for filter in [LogFilter { event_type: Some("x.y".into()), ..LogFilter::default() }, LogFilter { endpoint: Some(uuid::Uuid::nil()), ..LogFilter::default() }] {
        assert_eq!(delivery::log(&mut cx, desk.partner, &filter).await.expect("a page").lines, []);
    }
    assert_eq!(delivery::log(&mut cx, uuid::Uuid::nil(), &LogFilter::default()).await.expect("a page").lines, [], "another partner sees nothing");
}

#[tokio::test]
async fn one_delivery_or_a_span_comes_again_under_the_messages_own_id() {
    let desk = Desk::granted(&["notice.published"]).await;
    let receiver = Receiver::start().await;
    let (endpoint, _) = desk.endpoint(&receiver.url).await;
    let since = desk.app.web.clock.now();
    desk.notices(5).await;
    desk.pump(endpoint).await;
    let first: Vec<String> = receiver.got().iter().map(|one| one.id.clone()).collect();
    desk.app.advance(60);
    let mut cx = desk.global().await;
    let line = delivery::log(&mut cx, desk.partner, &LogFilter::default()).await.expect("a page").lines.remove(0);
    let Again::Fresh(again) = delivery::retry(&mut cx, desk.partner, line.id).await.expect("again") else { panic!("not again") };
    assert!(delivery::retry(&mut cx, uuid::Uuid::nil(), line.id).await.is_err());
    let now = cx.now;
    let span = |to: i64| now.checked_add(SignedDuration::from_secs(to)).expect("a moment");
    assert_eq!(delivery::replay(&mut cx, desk.partner, endpoint, since, since).await.expect("an answer"), Replayed::BadSpan);
    assert_eq!(delivery::replay(&mut cx, desk.partner, endpoint, since, span(40 * 86_400)).await.expect("an answer"), Replayed::BadSpan);
    assert_eq!(delivery::replay(&mut cx, uuid::Uuid::nil(), endpoint, since, span(1)).await.expect("an answer"), Replayed::NoEndpoint);
    // The one that waits already is not doubled.
    assert_eq!(delivery::replay(&mut cx, desk.partner, endpoint, since, span(1)).await.expect("an answer"), Replayed::Messages(4));
    cx.commit().await.expect("a commit");
    desk.app.drain().await;
    let mut second: Vec<String> = receiver.got().iter().skip(5).map(|one| one.id.clone()).collect();
    let mut expected = first.clone();
    second.sort();
    expected.sort();
    assert_eq!(second, expected, "the same five ids");
    let mut cx = desk.global().await;
    let page = delivery::log(&mut cx, desk.partner, &LogFilter::default()).await.expect("a page");
    assert!(page.lines.iter().any(|one| one.id == again && one.replay_of == Some(line.id)));
    // Once the building has taken the grant back, neither brings anything.
    desk.withdraw().await;
    assert_eq!(delivery::retry(&mut cx, desk.partner, line.id).await.expect("an answer"), Again::Withdrawn);
    assert_eq!(delivery::replay(&mut cx, desk.partner, endpoint, since, span(1)).await.expect("an answer"), Replayed::Messages(0));
    desk.app.finish().await;
}
