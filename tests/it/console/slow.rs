use http::StatusCode;
use testkit::Actor;
use vantera::operator::model::slow::SlowPage;

use super::{closed_to_others, operator};
use crate::support::{App, SLUG};

const PAGE: &str = "/operator/slow";

async fn read(operator: &mut Actor) -> SlowPage {
    serde_json::from_str(&operator.call("operator/slow", &[]).await.text()).expect("a page")
}

#[tokio::test]
async fn a_request_that_waited_is_told_by_its_route_with_its_ids_and_nothing_that_was_asked() {
    let app = App::with_building().await;
    let mut amit = operator(&app).await;
    let tenant = app.text("select tenant_id::text from tenants").await.expect("a building");
    // Whoever reads the building's people waits for as long as somebody else holds them, and for more than is fast.
    let mut held = app.all.begin().await.expect("a transaction");
    sqlx::query("lock table tenants in access exclusive mode").execute(&mut *held).await.expect("a lock");
    let (mut reader, page) = (amit.clone(), format!("/b/{SLUG}/search?asked=0543182704"));
    let waiting = tokio::spawn(async move { reader.get(&page).await.status });
    app.until("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and clock_timestamp() - query_start > interval '80 ms'", 1)
        .await;
    held.rollback().await.expect("an end");
    assert_eq!(waiting.await.expect("an answer"), StatusCode::OK);
    let told = read(&mut amit).await;
    let row = told.requests.iter().find(|row| row.route == "/b/{slug}/search").unwrap_or_else(|| panic!("{told:?}"));
    assert_eq!((row.method.as_str(), row.status, row.tenant.as_deref(), row.building.as_deref()), ("GET", 200, Some(tenant.as_str()), Some("הרצל 7")));
    assert!(row.took_ms >= 80 && row.took_ms >= told.from_ms, "{row:?}");
    assert_eq!(row.trace.as_deref().map(str::len), Some(32), "as log lines name it");
    let html = amit.get(PAGE).await.text();
    assert!(html.contains("/b/{slug}/search") && html.contains(&told.process), "which process it is stands on the page");
    for hidden in ["0543182704", "asked", "עמית"] {
        assert!(!html.contains(hidden), "{hidden}");
    }
    let now = amit.get(&format!("{PAGE}/now")).await.text();
    assert!(now.contains("id=\"console-slow\"") && !now.contains("<html"));
    app.advance(3601);
    let mut amit = crate::companies::sign_in(&app, "0520000001").await;
    assert!(read(&mut amit).await.requests.iter().all(|row| row.route != "/b/{slug}/search"), "an hour later it is forgotten");
    app.drain().await;
    app.finish().await;
}

#[tokio::test]
async fn only_operators_see_the_slow_requests() {
    let app = App::with_building().await;
    closed_to_others(&app, PAGE, "operator/slow").await;
    app.drain().await;
    app.finish().await;
}
