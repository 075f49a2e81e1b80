//! What the receiver may answer, and what comes of it.

use vantera::gateway::server::delivery::{self, Again};

use super::desk::{Desk, Receiver, Reply};

#[tokio::test]
async fn an_answer_that_is_no_yes_is_tried_again_under_the_same_id() {
    let cases: &[(Reply, Option<i32>, &str)] = &[
        (Reply::Status(500), Some(500), "server_error"),
        (Reply::Status(404), Some(404), "refused"),
        (Reply::Status(503), Some(503), "unavailable"),
        (Reply::Redirect, Some(302), "redirected"),
        (Reply::Hang, None, "timeout"),
    ];
    for (reply, status, outcome) in cases {
        let desk = Desk::granted(&["notice.published"]).await;
        let receiver = Receiver::start().await;
        let (_, secret) = desk.endpoint(&receiver.url).await;
        receiver.answers([reply.clone()]);
        desk.notices(1).await;
        desk.app.drain().await;
        let kept: (String, i32, Option<i32>, Option<String>) =
            sqlx::query_as("select state, attempts, last_status, last_outcome from gateway_deliveries").fetch_one(&desk.app.all).await.expect("a delivery");
        assert_eq!(kept, ("pending".into(), 1, *status, Some((*outcome).into())), "{reply:?}");
        desk.later(4).await;
        assert_eq!(receiver.got().len(), 1, "{reply:?}: not before its time");
        desk.later(2).await;
        let got = receiver.got();
        assert_eq!((got.len(), desk.in_state("delivered").await), (2, 1), "{reply:?}");
        assert!(got[0].id == got[1].id && got[0].body == got[1].body && got[0].timestamp < got[1].timestamp, "{reply:?}");
        assert!(got.iter().all(|one| one.proved_by(&secret)), "{reply:?}");
        desk.app.finish().await;
    }
}

#[tokio::test]
async fn a_yes_with_an_endless_or_huge_body_is_a_yes() {
    for reply in [Reply::Drip, Reply::Huge, Reply::Status(204)] {
        let desk = Desk::granted(&["notice.published"]).await;
        let receiver = Receiver::start().await;
        desk.endpoint(&receiver.url).await;
        receiver.always(reply.clone());
        desk.notices(1).await;
        desk.app.drain().await;
        assert_eq!((desk.in_state("delivered").await, receiver.got().len()), (1, 1), "{reply:?}");
        assert_eq!(desk.app.count("select count(*) from gateway_attempts where char_length(snippet) <= 500").await, 1);
        desk.app.finish().await;
    }
}

#[tokio::test]
async fn after_ten_attempts_over_three_days_a_delivery_is_a_dead_letter_and_can_be_raised() {
    let desk = Desk::granted(&["notice.published"]).await;
    let receiver = Receiver::start().await;
    desk.endpoint(&receiver.url).await;
    receiver.always(Reply::Status(500));
    desk.notices(1).await;
    desk.app.drain().await;
    for (tried, hours) in (2..).zip([1, 1, 1, 3, 6, 11, 16, 23, 27]) {
        desk.later(hours * 3600).await;
        assert_eq!(receiver.got().len(), tried, "attempt {tried}");
    }
    assert_eq!((desk.in_state("failed").await, desk.app.count("select count(*) from gateway_attempts").await), (1, 10));
    desk.later(100 * 3600).await;
    let ids: std::collections::BTreeSet<String> = receiver.got().into_iter().map(|one| one.id).collect();
    assert_eq!((receiver.got().len(), ids.len()), (10, 1), "tried no more, and always under one id");
    receiver.always(Reply::Status(200));
    let mut cx = desk.global().await;
    let line = delivery::log(&mut cx, desk.partner, &Default::default()).await.expect("a page").lines.remove(0);
    assert!(matches!(delivery::retry(&mut cx, desk.partner, line.id).await.expect("again"), Again::Fresh(_)));
    cx.commit().await.expect("a commit");
    desk.app.drain().await;
    assert_eq!((desk.in_state("delivered").await, desk.in_state("failed").await), (1, 1));
    assert_eq!(desk.app.count("select count(*) from gateway_endpoints where failures_in_a_row = 0 and failing_since is null and hold_until is null").await, 1, "it is well again");
    desk.app.finish().await;
}

#[tokio::test]
async fn an_endpoint_that_is_gone_is_switched_off_at_once_and_its_owner_told() {
    let desk = Desk::granted(&["notice.published"]).await;
    let receiver = Receiver::start().await;
    let (endpoint, _) = desk.endpoint(&receiver.url).await;
    receiver.always(Reply::Status(410));
    desk.notices(30).await;
    desk.app.drain().await;
    let sent = receiver.got().len();
    assert!((1..=8).contains(&sent), "{sent} were under way at once");
    assert_eq!(desk.app.text("select disabled_reason from gateway_endpoints where state = 'disabled'").await.as_deref(), Some("gone"));
    assert_eq!(desk.in_state("pending").await, 0);
    let mut cx = desk.global().await;
    let notices = delivery::notices(&mut cx, desk.partner).await.expect("notices");
    assert_eq!(notices.iter().map(|one| (one.endpoint, one.kind.as_str())).collect::<Vec<_>>(), [(endpoint, "gone")]);
    delivery::put_away(&mut cx, desk.partner, notices[0].id).await.expect("put away");
    assert_eq!(delivery::notices(&mut cx, desk.partner).await.expect("notices"), []);
    desk.notices(1).await;
    desk.app.drain().await;
    assert_eq!(receiver.got().len(), sent);
    desk.app.finish().await;
}

#[tokio::test]
async fn retry_after_holds_the_endpoint_as_long_as_it_asks_and_no_other() {
    let desk = Desk::granted(&["notice.published"]).await;
    let (busy, calm) = (Receiver::start().await, Receiver::start().await);
    desk.endpoint(&busy.url).await;
    desk.endpoint(&calm.url).await;
    for status in [429, 503] {
        busy.answers([Reply::Later(status, "120")]);
        let (before, calm_before) = (busy.got().len(), calm.got().len());
        desk.notices(1).await;
        desk.app.drain().await;
        desk.notices(3).await;
        desk.later(110).await;
        assert_eq!((busy.got().len() - before, calm.got().len() - calm_before), (1, 4), "{status}");
        desk.later(11).await;
        assert_eq!((busy.got().len() - before, desk.in_state("pending").await), (5, 0), "{status}");
    }
    // A year is bounded to a day.
    busy.answers([Reply::Later(429, "31536000")]);
    desk.notices(1).await;
    desk.app.drain().await;
    desk.later(24 * 3600 + 1).await;
    assert_eq!(desk.in_state("pending").await, 0);
    desk.app.finish().await;
}

#[tokio::test]
async fn an_endpoint_at_which_nothing_arrives_for_five_days_is_switched_off() {
    let desk = Desk::granted(&["notice.published"]).await;
    let (dead, well) = (Receiver::start().await, Receiver::start().await);
    let (endpoint, _) = desk.endpoint(&dead.url).await;
    desk.endpoint(&well.url).await;
    dead.always(Reply::Status(500));
    for day in 0..5 {
        desk.notices(1).await;
        desk.app.drain().await;
        assert_eq!(desk.app.count("select count(*) from gateway_endpoints where state = 'active'").await, 2, "day {day}");
        desk.later(24 * 3600).await;
    }
    desk.later(3600).await;
    let off: Vec<uuid::Uuid> =
        sqlx::query_scalar("select endpoint_id from gateway_endpoints where state = 'disabled' and disabled_reason = 'failing'").fetch_all(&desk.app.all).await.expect("endpoints");
    assert_eq!(off, [endpoint]);
    let mut cx = desk.global().await;
    assert_eq!(delivery::notices(&mut cx, desk.partner).await.expect("notices")[0].kind, "failing");
    assert_eq!(well.got().len(), 5);
    desk.app.finish().await;
}

#[tokio::test]
async fn an_address_that_is_not_public_is_never_called() {
    let mut desk = Desk::granted(&["notice.published"]).await;
    let receiver = Receiver::start().await;
    // As in production: this machine is no place to send to.
    let strict = hooks::sender::Settings::new(hooks::address::Reach::Public);
    desk.app.worker.sender = std::sync::Arc::new(hooks::sender::Sender::new(strict).expect("a sender"));
    let port = receiver.url.rsplit(':').next().expect("a port").to_owned();
    let urls: [String; 8] = [
        receiver.url.clone(),
        format!("https://127.0.0.1:{port}"),
        format!("https://localhost:{port}"),
        format!("https://2130706433:{port}"),
        format!("https://[::ffff:127.0.0.1]:{port}"),
        format!("https://0x7f.1:{port}"),
        "https://169.254.169.254/latest/meta-data".into(),
        "https://metadata.google.internal/".into(),
    ];
    for url in &urls {
        desk.endpoint(url).await;
    }
    desk.notices(1).await;
    desk.app.drain().await;
    let outcomes: Vec<String> = sqlx::query_scalar("select last_outcome from gateway_deliveries").fetch_all(&desk.app.all).await.expect("outcomes");
    assert_eq!(outcomes, vec!["bad_url"; urls.len()]);
    assert_eq!(receiver.got().len(), 0, "nothing knocked");
    desk.close().await;
}
