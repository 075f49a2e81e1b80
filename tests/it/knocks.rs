//! A stranger who knocks at a building again and again: the building's log tells of him by the hour.

use http::{Method, Request, StatusCode, header};
use serde_json::json;
use testkit::Actor;
use vantera::audit::server::read_all;
use vantera::platform::jobs::{Job, leave_global};

use crate::partners::{key, partner, send};
use crate::support::{App, SLUG};

/// Tries of each kind in one hour.
const KNOCKS: usize = 40;
const LINES: &str = "select count(*) from audit_log a join tenants t using (tenant_id) where t.slug = 'other-1' and a.act like '%.hop'";

async fn by_header(app: &App, actor: &mut Actor) {
    for at in 0..KNOCKS {
        let request = Request::builder()
            .method("POST")
            .uri("/call/feed/page")
            .header("accept", "application/json")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .header(if at % 2 == 0 { "x-tenant-id" } else { "x-building-id" }, SLUG)
            .body(axum::body::Body::from("building=other-1"))
            .expect("a request");
        assert_eq!(actor.send(request).await.status, StatusCode::FORBIDDEN);
    }
    app.advance(1);
}

async fn an_hour_passes(app: &App) {
    app.advance(3600);
    leave_global(&app.worker, Job::new("audit.hourly", json!({})).once("audit.hourly")).await.expect("a job");
    app.drain().await;
}

#[tokio::test]
async fn whoever_knocks_a_thousand_times_is_one_line_an_hour_and_a_count_at_its_end() {
    let app = App::with_building().await;
    app.open_building("other-1", "אחר 1", 4).await;
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    by_header(&app, &mut noa).await;
    for _ in 0..KNOCKS {
        assert_eq!(noa.get("/b/other-1").await.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(app.count(LINES).await, 1, "one person, one building, one hour");
    // Everybody who is not signed in is one, however many addresses he has.
    for _ in 0..3 {
        by_header(&app, &mut app.visitor()).await;
    }
    assert_eq!(app.count(LINES).await, 2);
    an_hour_passes(&app).await;
    let told: Vec<i64> =
        sqlx::query_scalar("select (detail ->> 'times')::bigint from audit_log where act = 'tenant.hop' and detail ? 'times' order by 1").fetch_all(&app.all).await.expect("lines");
    assert_eq!(told, [2 * KNOCKS as i64, 3 * KNOCKS as i64], "and how often it was, once the hour is over");
    an_hour_passes(&app).await;
    assert_eq!((app.count(LINES).await, app.count("select count(*) from audit_knocks").await), (4, 0), "it is told once");
    // The next hour begins anew; a single knock needs no count.
    assert_eq!(noa.get("/b/other-1").await.status, StatusCode::NOT_FOUND);
    an_hour_passes(&app).await;
    assert_eq!(app.count(LINES).await, 5);
    assert!(read_all(&app.worker.pool, None).await.expect("read").expect("chains").is_whole());
    app.finish().await;
}

#[tokio::test]
async fn a_partners_program_that_names_a_strange_building_is_one_line_an_hour_too() {
    let app = App::with_building().await;
    app.open_building("other-1", "אחר 1", 4).await;
    let (mut dana, code) = partner(&app, "מגן ביטוח", "0543550001").await;
    let text = key(&mut dana, &code, "read").await;
    for _ in 0..KNOCKS {
        let request = Request::builder().method(Method::GET).uri("/api/v1/me").header(header::AUTHORIZATION, format!("Bearer {text}")).header("x-tenant-id", "other-1");
        assert_eq!(send(&app, request.body(axum::body::Body::empty()).expect("a request")).await.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(app.count(LINES).await, 1);
    an_hour_passes(&app).await;
    let told = app.text("select concat(subject, ' ', detail ->> 'times') from audit_log where act = 'partner.hop' and detail ? 'times'").await;
    assert_eq!(told, Some(format!("{code} {KNOCKS}")));
    app.finish().await;
}
