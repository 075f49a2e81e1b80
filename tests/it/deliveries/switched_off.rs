//! Whoever works for a partner is told by SMS of an endpoint that was switched off by itself: once, and not at night.

use std::sync::Arc;

use serde_json::Value;
use vantera::gateway::server::{delivery, switched_off};
use vantera::platform::jobs::JobRun;

use super::desk::{Desk, Receiver, Reply};
use crate::support::App;

/// A partner whose endpoint is gone, and the SMS provider. One works there, one did, one never has.
async fn gone() -> (Desk, Receiver, uuid::Uuid) {
    let mut desk = Desk::granted(&["notice.published"]).await;
    let (receiver, provider) = (Receiver::start().await, Receiver::start().await);
    let mut config = (*desk.app.worker.config).clone();
    config.sms.base_url = provider.url.trim_end_matches("/hook").to_owned();
    desk.app.worker.config = Arc::new(config);
    for (name, phone) in [("דנה כהן", "0543550001"), ("גיא לוי", "0543550002"), ("נועה שגב", "0543550003")] {
        desk.app.person(name, phone).await;
    }
    let staff = "insert into partner_staff (staff_id, partner_id, person_id, added_at, ended_at)
        select gen_random_uuid(), $1, person_id, now(), case name when 'גיא לוי' then now() end from people where name in ('דנה כהן', 'גיא לוי')";
    sqlx::query(staff).bind(desk.partner).execute(&desk.app.all).await.expect("staff");
    let (endpoint, _) = desk.endpoint(&receiver.url).await;
    receiver.always(Reply::Status(410));
    (desk, provider, endpoint)
}

fn heard(provider: &Receiver) -> Vec<Value> {
    provider.got().iter().map(|one| serde_json::from_slice(&one.body).expect("JSON")).collect()
}

/// When the message is due, by the clock of the wall there.
async fn due(app: &App) -> Option<String> {
    app.text(
        "select to_char(run_at at time zone 'Asia/Jerusalem', 'DD HH24:MI') from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
         where t.identifier = 'gateway.tell_off' order by j.id desc limit 1",
    )
    .await
}

#[tokio::test]
async fn whoever_works_for_the_partner_hears_of_it_once_and_nobody_else_does() {
    let (desk, provider, _) = gone().await;
    desk.notices(20).await;
    desk.app.drain().await;
    desk.later(3600).await;
    let told = heard(&provider);
    assert_eq!(told.len(), 1, "{told:?}");
    let text = told[0]["text"].as_str().expect("a text");
    assert_eq!(told[0]["to"], "+972543550001");
    for part in ["ביטוח הצפון", "127.0.0.1", "לא קיימת יותר", "http://vantera.test/partners/ABC234"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(text.chars().count() < 300, "{text}");
    desk.app.finish().await;
}

#[tokio::test]
async fn a_message_that_the_provider_did_not_take_goes_again_under_the_same_id() {
    let (desk, provider, _) = gone().await;
    provider.answers([Reply::Status(503)]);
    desk.notices(1).await;
    desk.app.drain().await;
    desk.later(0).await;
    let told = heard(&provider);
    assert!(told.len() == 2 && told[0] == told[1] && told[0]["id"].is_string(), "{told:?}");
    desk.app.finish().await;
}

#[tokio::test]
async fn of_several_within_an_hour_the_first_is_told() {
    let (desk, provider, _) = gone().await;
    let other = Receiver::start().await;
    desk.endpoint(&other.url).await;
    other.always(Reply::Status(410));
    desk.notices(1).await;
    desk.app.drain().await;
    assert_eq!((desk.app.count("select count(*) from gateway_notices").await, heard(&provider).len()), (2, 1));
    // On again and gone again soon after, and once more when the hour is over.
    let on_again = "update gateway_endpoints set state = 'active', disabled_reason = null, disabled_at = null";
    for (seconds, told) in [(1_800, 1), (3_601, 2)] {
        desk.app.advance(seconds);
        sqlx::query(on_again).execute(&desk.app.all).await.expect("on again");
        desk.notices(1).await;
        desk.app.drain().await;
        assert_eq!(heard(&provider).len(), told, "{seconds}");
    }
    desk.app.finish().await;
}

#[tokio::test]
async fn at_night_it_waits_for_the_morning_and_whoever_has_read_it_by_then_hears_nothing() {
    let (desk, provider, endpoint) = gone().await;
    // From eleven in the morning there to ten at night.
    desk.app.advance(11 * 3600);
    desk.notices(1).await;
    desk.pump(endpoint).await;
    assert_eq!(due(&desk.app).await.as_deref(), Some("23 08:00"));
    let mut cx = desk.global().await;
    let notice = delivery::notices(&mut cx, desk.partner).await.expect("notices")[0].id;
    delivery::put_away(&mut cx, desk.partner, notice).await.expect("read");
    cx.commit().await.expect("a commit");
    desk.later(10 * 3600).await;
    assert_eq!((provider.got().len(), due(&desk.app).await), (0, None));
    desk.app.finish().await;
}

#[tokio::test]
async fn a_try_that_comes_late_at_night_waits_for_the_morning_too() {
    let (desk, provider, endpoint) = gone().await;
    desk.notices(1).await;
    desk.pump(endpoint).await;
    desk.app.advance(11 * 3600);
    let payload = desk
        .app
        .text("select j.payload::text from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id where t.identifier = 'gateway.tell_off'");
    let payload = serde_json::from_str(&payload.await.expect("a job")).expect("JSON");
    let late = JobRun { state: desk.app.worker.clone(), payload, trace: "test".into(), attempt: 7, most_attempts: 25 };
    switched_off::tell_off(late).await.expect("it is left for later");
    assert_eq!((provider.got().len(), due(&desk.app).await.as_deref()), (0, Some("23 08:00")));
    desk.later(10 * 3600).await;
    assert!(!heard(&provider).is_empty(), "and told then");
    desk.app.finish().await;
}
