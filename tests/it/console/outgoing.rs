use http::StatusCode;
use uuid::Uuid;
use vantera::operator::model::outgoing::OutgoingPage;

use super::{closed_to_others, next_page, operator};
use crate::deliveries::desk::{Desk, Receiver, Reply};

const PAGE: &str = "/operator/webhooks";

async fn read(operator: &mut testkit::Actor, fields: &[(&str, &str)]) -> OutgoingPage {
    serde_json::from_str(&operator.call("operator/outgoing", fields).await.text()).expect("a page")
}

#[tokio::test]
async fn the_operator_sees_deliveries_of_all_partners_with_status_and_latency_and_no_secret_of_theirs() {
    let desk = Desk::granted(&["notice.published", "hazard.*"]).await;
    let mut amit = operator(&desk.app).await;
    let receiver = Receiver::start().await;
    let (good, _) = desk.endpoint(&receiver.url).await;
    desk.publish(&desk.app.web, desk.tenant, "hazard.raised").await;
    desk.pump(good).await;
    desk.app.advance(1);
    receiver.answers([Reply::Status(500)]);
    desk.notices(1).await;
    desk.pump(good).await;
    let page = read(&mut amit, &[]).await;
    let told: Vec<_> = page.sent.iter().map(|row| (row.event.as_str(), row.state.as_str(), row.status, row.attempts)).collect();
    assert_eq!(told, [("notice.published", "pending", Some(500), 1), ("hazard.raised", "delivered", Some(200), 1)], "the latest first");
    assert!(page.sent.iter().all(|row| row.took_ms.is_some() && row.code == "ABC234" && row.building.as_deref() == Some(crate::support::SLUG)));
    assert_eq!((page.waiting, page.dead), (1, 0));
    let html = amit.get(PAGE).await.text();
    assert!(html.contains("ביטוח הצפון") && html.contains("127.0.0.1") && html.contains("hazard.raised"), "{html}");
    assert!(!html.contains("/hook"), "the path of an endpoint may hold a secret");
    for (field, value, count) in
        [("state", "delivered", 1), ("event", "hazard.raised", 1), ("partner", "abc-234", 2), ("partner", "ZZZ999", 0), ("state", "nothing", 2), ("event", "x'y", 2)]
    {
        assert_eq!(read(&mut amit, &[(field, value)]).await.sent.len(), count, "{field} {value}");
    }
    let now = amit.get(&format!("{PAGE}/now?state=delivered")).await.text();
    assert!(now.contains("hazard.raised") && !now.contains("notice.published") && !now.contains("<html"), "the parts, filtered as the page was");
    for part in ["console-stands", "console-sent", "console-endpoints"] {
        assert!(now.contains(&format!("id=\"{part}\"")), "{part}");
    }
    desk.close().await;
}

#[tokio::test]
async fn one_delivery_shows_its_tries_and_its_body_masked_and_nothing_a_receiver_wrote() {
    let desk = Desk::granted(&["resident.joined"]).await;
    let receiver = Receiver::start().await;
    desk.endpoint(&receiver.url).await;
    receiver.answers([Reply::Status(500), Reply::Status(200)]);
    let mut amit = operator(&desk.app).await;
    desk.later(60).await;
    let page = read(&mut amit, &[]).await;
    let look = amit.get(&format!("{PAGE}?open={}", page.sent[0].id)).await.text();
    let open = read(&mut amit, &[("open", &page.sent[0].id)]).await.open.expect("one");
    assert_eq!(open.tries.iter().map(|one| (one.number, one.status)).collect::<Vec<_>>(), [(1, Some(500)), (2, Some(200))]);
    assert!(open.message.starts_with("msg_") && open.finished_label.is_some());
    assert!(open.preview.contains("resident.joined") && open.preview.contains("•••"), "{}", open.preview);
    for hidden in ["עמית רז", "520000001", "as told"] {
        assert!(!look.contains(hidden), "{hidden}");
    }
    // What the building has withdrawn is not shown again.
    desk.withdraw().await;
    assert_eq!(read(&mut amit, &[("open", &page.sent[0].id)]).await.open.expect("one").preview, "");
    assert_eq!(amit.get(&format!("{PAGE}?open={}", Uuid::nil())).await.status, StatusCode::NOT_FOUND);
    desk.close().await;
}

#[tokio::test]
async fn a_dead_letter_is_sent_again_once_and_says_why_when_it_cannot() {
    let desk = Desk::granted(&["notice.published"]).await;
    let mut amit = operator(&desk.app).await;
    let receiver = Receiver::start().await;
    let (endpoint, _) = desk.endpoint(&receiver.url).await;
    desk.notices(1).await;
    let spent = "update gateway_deliveries set state = 'failed', attempts = 10, finished_at = created_at, last_status = 500, last_ms = 3, last_outcome = 'server_error'";
    sqlx::query(spent).execute(&desk.app.all).await.expect("given up");
    let page = read(&mut amit, &[("state", "failed")]).await;
    assert_eq!((page.sent.len(), page.dead), (1, 1));
    let dead = page.sent[0].id.clone();
    amit.get(&format!("{PAGE}?open={dead}")).await;
    let answer = amit.submit("/call/operator/replay_delivery", &[("delivery", &dead)]).await;
    desk.pump(endpoint).await;
    assert_eq!(receiver.got().len(), 1);
    let fresh = answer.location().strip_prefix(&format!("{PAGE}?open=")).expect("the one under way").to_owned();
    let open = read(&mut amit, &[("open", &fresh)]).await;
    assert_eq!(open.open.expect("one").replay_of, Some(dead.clone()));
    assert_eq!((open.dead, desk.in_state("delivered").await), (0, 1), "what was sent again waits for nobody");
    desk.withdraw().await;
    let refused = amit.submit("/call/operator/replay_delivery", &[("delivery", &dead)]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text().contains("אי אפשר לשלוח שוב"), "{}", refused.text());
    desk.close().await;
}

#[tokio::test]
async fn endpoints_that_are_off_held_or_failing_say_why_and_until_when() {
    let desk = Desk::granted(&["notice.published"]).await;
    let mut amit = operator(&desk.app).await;
    assert!(amit.get(PAGE).await.text().contains("כל נקודות הקצה פועלות"));
    let receiver = Receiver::start().await;
    let (asked, _) = desk.endpoint(&receiver.url).await;
    receiver.answers([Reply::Later(429, "120")]);
    desk.notices(1).await;
    desk.pump(asked).await;
    for (state, reason, failures, held) in
        [("disabled", "'gone'", 0, false), ("disabled", "'failing'", 9, false), ("disabled", "'owner'", 0, false), ("active", "null", 7, true), ("active", "null", 2, false)]
    {
        let (endpoint, _) = desk.endpoint("https://hooks.example/in").await;
        let sql = format!(
            "update gateway_endpoints set state = '{state}', disabled_reason = {reason}, disabled_at = case when '{state}' = 'disabled' then created_at end, failures_in_a_row = {failures},
             failing_since = case when {failures} > 0 then created_at end, hold_until = case when {held} then created_at + interval '1 hour' end where endpoint_id = $1"
        );
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(endpoint).execute(&desk.app.all).await.expect("trouble");
    }
    let page = read(&mut amit, &[]).await;
    let mut told: Vec<_> = page.endpoints.iter().map(|row| (row.trouble.as_str(), row.until_label.is_some(), row.waiting)).collect();
    told.sort_unstable();
    let expected = [("asked", true, 1), ("failing", false, 0), ("given_up", false, 0), ("gone", false, 0), ("owner", false, 0), ("paused", true, 0)];
    assert_eq!(told, expected);
    let html = amit.get(PAGE).await.text();
    for sentence in ["Retry-After", "410", "7 כישלונות ברצף"] {
        assert!(html.contains(sentence), "{sentence}");
    }
    desk.close().await;
}

#[tokio::test]
async fn the_list_of_deliveries_goes_on_page_by_page_and_misses_nothing() {
    let desk = Desk::granted(&["notice.published"]).await;
    let mut amit = operator(&desk.app).await;
    assert!(amit.get(PAGE).await.text().contains("אין משלוחים כאלה"), "nothing was sent yet");
    desk.endpoint("https://hooks.example/in").await;
    desk.notices(120).await;
    let (mut seen, mut page) = (Vec::new(), Some(PAGE.to_owned()));
    while let Some(here) = page {
        let text = amit.get(&here).await.text();
        seen.extend(text.split("open=").skip(1).map(|rest| rest[..36].to_owned()));
        page = next_page(&text);
        assert!(seen.len() <= 120, "it ends");
    }
    let all: Vec<String> =
        sqlx::query_scalar("select delivery_id::text from gateway_deliveries order by created_at desc, delivery_id desc").fetch_all(&desk.app.all).await.expect("all");
    assert_eq!(seen, all);
    desk.close().await;
}

#[tokio::test]
async fn only_operators_see_what_is_sent() {
    let desk = Desk::open().await;
    closed_to_others(&desk.app, PAGE, "operator/outgoing").await;
    let mut noa = desk.app.resident("5", "תמר גל", "0543182707").await;
    assert_eq!(noa.call("operator/replay_delivery", &[("delivery", &Uuid::nil().to_string())]).await.status, StatusCode::NOT_FOUND);
    desk.app.drain().await;
    desk.app.finish().await;
}
