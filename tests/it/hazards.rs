//! Crisis status: said by the committee, seen on every screen of its building, told to partners as the building lets them.

use serde_json::Value;
use sqlx::types::Json;

use crate::deliveries::desk::{Desk, Receiver};
use crate::support::{App, SLUG};

const WORDS: &str = "ריח גז <b>בחדר</b> המדרגות";

async fn chair(app: &App) -> testkit::Actor {
    let mut chair = app.resident("1", "דנה כהן", "0543182701").await;
    sqlx::query("update memberships set role = 'chair', trust = 'verified' where display_name = 'דנה כהן'").execute(&app.all).await.expect("a chair");
    chair.get(&format!("/b/{SLUG}/committee/hazards")).await;
    chair
}

fn raising<'a>(severity: &'a str, shared: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![("building", SLUG), ("kind", "gas"), ("severity", severity), ("body", WORDS), ("shared", shared)]
}

#[tokio::test]
async fn a_danger_stands_on_every_screen_of_its_building_until_it_is_cleared() {
    let app = App::with_building().await;
    app.open_building("other-1", "אחר 1", 4).await;
    let mut chair = chair(&app).await;
    let mut resident = app.resident("3", "נועה שגב", "0543182704").await;
    let sent = chair.submit("/call/buildings/raise_hazard", &raising("emergency", "false")).await;
    assert_eq!(sent.location(), format!("/b/{SLUG}/committee/hazards"));
    let post: uuid::Uuid = sqlx::query_scalar("select post_id from posts limit 1").fetch_one(&app.all).await.expect("a post");
    let shown = "ריח גז &lt;b&gt;בחדר&lt;/b&gt; המדרגות";
    for page in [String::new(), "/search".into(), format!("/posts/{post}")] {
        let told = resident.get(&format!("/b/{SLUG}{page}")).await.text();
        assert!(told.contains("חירום: גז") && told.contains(shown) && told.contains("role=\"alert\""), "{page}: {told}");
        assert!(!told.contains("/committee/hazards"), "{page}: who may not mend it is not led there");
    }
    // An open page hears that there is news, and asks for the banner alone.
    assert!(resident.get(&format!("/b/{SLUG}")).await.text().contains(&format!("id=\"alarms\" data-building=\"/b/{SLUG}\"")));
    let banner = resident.get(&format!("/b/{SLUG}/alarms")).await.text();
    assert!(banner.contains("חירום: גז") && banner.contains(shown) && banner.contains("role=\"alert\"") && !banner.contains("<main"), "{banner}");
    for page in ["/committee", "/committee/residents", "/committee/hazards", ""] {
        let told = chair.get(&format!("/b/{SLUG}{page}")).await.text();
        assert!(told.contains("חירום: גז") && told.contains(shown), "{page}");
        assert!(page == "/committee/hazards" || told.contains("/committee/hazards"), "{page}: who may mend it is led there");
    }
    // A visitor's pages tell nothing.
    assert!(!app.visitor().get(&format!("/b/{SLUG}/join")).await.text().contains("ריח גז"));
    let hazard: uuid::Uuid = sqlx::query_scalar("select hazard_id from hazards").fetch_one(&app.all).await.expect("a hazard");
    for _ in 0..2 {
        let cleared = chair.submit("/call/buildings/clear_hazard", &[("building", SLUG), ("hazard", &hazard.to_string())]).await;
        assert_eq!(cleared.location(), format!("/b/{SLUG}/committee/hazards"));
    }
    assert!(!resident.get(&format!("/b/{SLUG}")).await.text().contains("ריח גז"));
    let banner = resident.get(&format!("/b/{SLUG}/alarms")).await;
    assert!(banner.status.is_success() && !banner.text().contains("<p"), "what is over is nowhere: {}", banner.text());
    assert!(chair.get(&format!("/b/{SLUG}/committee")).await.text().contains("סכנה בבניין חלפה"), "the committee's activity tells it");
    assert_eq!(app.count("select count(*) from audit_log where act in ('hazard.raised', 'hazard.cleared')").await, 2, "each is written down once");
    assert_eq!(app.count("select count(*) from activity where kind in ('hazard.raised', 'hazard.cleared') and audience = 'everyone'").await, 2);
    app.finish().await;
}

#[tokio::test]
async fn only_the_committee_tells_of_a_danger_and_what_it_typed_is_kept_when_something_is_wrong() {
    let app = App::with_building().await;
    let mut chair = chair(&app).await;
    let mut resident = app.resident("3", "נועה שגב", "0543182704").await;
    let refused = resident.call("buildings/raise_hazard", &raising("warning", "true")).await;
    assert_eq!(refused.status, 404);
    let long = "א".repeat(301);
    for (kind, severity, body) in [("flood", "warning", "x"), ("gas", "mild", "x"), ("gas", "warning", long.as_str())] {
        let again = chair.submit("/call/buildings/raise_hazard", &[("building", SLUG), ("kind", kind), ("severity", severity), ("body", body), ("shared", "true")]).await;
        assert_eq!(again.status, 422, "{kind} {severity}");
        assert!(again.text().contains(body));
    }
    assert_eq!(app.count("select count(*) from hazards").await, 0);
    app.finish().await;
}

#[tokio::test]
async fn partners_hear_of_a_danger_and_read_the_words_only_when_the_committee_says_so() {
    let desk = Desk::granted(&["hazard.*"]).await;
    let receiver = Receiver::start().await;
    let (_, secret) = desk.endpoint(&receiver.url).await;
    let mut chair = chair(&desk.app).await;
    chair.submit("/call/buildings/raise_hazard", &raising("watch", "false")).await;
    // The same again changes nothing; worse is told again, of the same danger.
    chair.submit("/call/buildings/raise_hazard", &raising("watch", "false")).await;
    chair.submit("/call/buildings/raise_hazard", &raising("emergency", "true")).await;
    let hazard: uuid::Uuid = sqlx::query_scalar("select hazard_id from hazards").fetch_one(&desk.app.all).await.expect("a hazard");
    chair.submit("/call/buildings/clear_hazard", &[("building", SLUG), ("hazard", &hazard.to_string())]).await;
    desk.app.drain().await;
    let mut told: Vec<Value> = receiver.got().iter().inspect(|one| assert!(one.proved_by(&secret))).map(|one| one.json()).collect();
    told.sort_by_key(|body| body["data"]["sequence"].as_i64());
    for body in &told {
        desk.keeps_its_promise(body).await;
    }
    let facts: Vec<(&str, &str, &str)> = told
        .iter()
        .map(|body| (body["type"].as_str().unwrap_or_default(), body["data"]["severity"].as_str().unwrap_or_default(), body["data"]["message"].as_str().unwrap_or_default()))
        .collect();
    assert_eq!(facts, [("hazard.raised", "watch", ""), ("hazard.raised", "emergency", WORDS), ("hazard.cleared", "", "")]);
    assert!(told.iter().all(|body| body["data"]["hazard_id"] == hazard.to_string() && body["data"]["kind"] == "gas" && body["data"]["since"] == told[0]["data"]["since"]));
    let Json(kept): Json<Value> = sqlx::query_scalar("select payload from activity where kind = 'hazard.raised' limit 1").fetch_one(&desk.app.all).await.expect("a line");
    assert!(!kept.to_string().contains("ריח"), "the line of activity holds no words");
    desk.app.finish().await;
}
