//! Every type that is published, as its room really tells it, held to the schema that partners read.

use vantera::buildings::model::hazards::HAZARD_LIMIT;
use vantera::feed::model::{POST_LIMIT, TITLE_LIMIT};
use vantera::gateway::model::PUBLISHED;

use super::desk::{Desk, Receiver};
use crate::feed::{Part::Text, write};
use crate::support::SLUG;

#[tokio::test]
async fn what_is_really_sent_keeps_to_the_schema_of_its_type() {
    let desk = Desk::granted(&PUBLISHED).await;
    let receiver = Receiver::start().await;
    desk.endpoint(&receiver.url).await;
    let mut chair = desk.app.resident("1", "דנה כהן", "0543182701").await;
    sqlx::query("update memberships set role = 'chair', trust = 'verified'").execute(&desk.app.all).await.expect("a chair");
    // The shortest and the longest of each: bounds of a schema are bounds of what may be typed.
    let (title, body, words) = ("כ".repeat(TITLE_LIMIT), "ת".repeat(POST_LIMIT), "ס".repeat(HAZARD_LIMIT));
    for parts in [vec![Text("kind", "notice"), Text("body", "09:00")], vec![Text("kind", "notice"), Text("title", &title), Text("body", &body)]] {
        assert!(write(&mut chair, SLUG, &parts).await.status.is_redirection());
    }
    chair.get(&format!("/b/{SLUG}/committee/hazards")).await;
    for (kind, severity, body, shared) in [("gas", "watch", "", "false"), ("lift", "emergency", words.as_str(), "true")] {
        chair.submit("/call/buildings/raise_hazard", &[("building", SLUG), ("kind", kind), ("severity", severity), ("body", body), ("shared", shared)]).await;
    }
    let hazard = desk.app.text("select hazard_id::text from hazards limit 1").await.expect("a hazard");
    chair.submit("/call/buildings/clear_hazard", &[("building", SLUG), ("hazard", &hazard)]).await;
    desk.app.drain().await;
    let told: Vec<serde_json::Value> = receiver.got().iter().map(|one| one.json()).collect();
    for body in &told {
        desk.keeps_its_promise(body).await;
    }
    let mut types: Vec<&str> = told.iter().filter_map(|body| body["type"].as_str()).collect();
    types.sort_unstable();
    assert_eq!(types, ["hazard.cleared", "hazard.raised", "hazard.raised", "notice.published", "notice.published", "payment.succeeded", "resident.joined"]);
    types.dedup();
    assert_eq!(types.len(), PUBLISHED.len(), "a type that is published is told here");
    desk.app.finish().await;
}
