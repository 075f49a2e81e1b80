//! Signing in by code, the life of a session, and what ends it.

use crate::support::{App, SLUG};
use http::StatusCode;

#[tokio::test]
async fn a_spent_refresh_token_that_comes_back_ends_the_family() {
    let app = App::with_building().await;
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    let mut thief = app.visitor();
    thief.set_cookie("__Host-refresh", noa.cookie("__Host-refresh").expect("a refresh token"));
    app.advance(16 * 60);
    assert_eq!(noa.get(&format!("/b/{SLUG}")).await.status, StatusCode::OK, "the token is renewed on the way");
    let mut tab = noa.clone();
    tab.set_cookie("__Host-refresh", thief.cookie("__Host-refresh").expect("the old one"));
    tab.forget_cookie("__Host-session");
    assert_eq!(tab.get(&format!("/b/{SLUG}")).await.status, StatusCode::OK, "a parallel tab has a short grace");
    app.advance(60);
    thief.get(&format!("/b/{SLUG}")).await;
    assert!(thief.cookie("__Host-session").is_none(), "the thief gets nothing");
    noa.forget_cookie("__Host-session");
    noa.get(&format!("/b/{SLUG}")).await;
    assert!(noa.cookie("__Host-session").is_none(), "and the family is over");
    app.finish().await;
}

#[tokio::test]
async fn somebody_who_comes_by_every_month_stays_signed_in_and_who_stays_away_does_not() {
    let app = App::with_building().await;
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    for _ in 0..3 {
        app.advance(40 * 86_400);
        assert_eq!(noa.get(&format!("/b/{SLUG}")).await.status, StatusCode::OK);
    }
    app.advance(61 * 86_400);
    noa.forget_cookie("__Host-session");
    noa.get(&format!("/b/{SLUG}")).await;
    assert!(noa.cookie("__Host-session").is_none(), "two months away end it");
    app.finish().await;
}

#[tokio::test]
async fn somebody_removed_while_signed_in_is_out_at_once() {
    let app = App::with_building().await;
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    assert_eq!(noa.get(&format!("/b/{SLUG}")).await.status, StatusCode::OK);
    sqlx::query("update memberships set state = 'removed'").execute(&app.all).await.expect("an update");
    assert_ne!(noa.get(&format!("/b/{SLUG}")).await.status, StatusCode::OK);
    app.finish().await;
}

#[tokio::test]
async fn hopping_to_another_building_is_not_found_and_is_written_down() {
    let app = App::with_building().await;
    app.open_building("other-1", "אחר 1", 4).await;
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    assert_eq!(noa.get("/b/other-1").await.status, StatusCode::NOT_FOUND);
    assert_eq!(app.count("select count(*) from audit_log a join tenants t using (tenant_id) where a.act = 'tenant.hop' and t.slug = 'other-1'").await, 1);
    assert_eq!(noa.get("/b/no-such-building").await.status, StatusCode::NOT_FOUND);
    app.finish().await;
}

#[tokio::test]
async fn an_api_header_that_names_another_building_is_forbidden_and_written_down() {
    let app = App::with_building().await;
    app.open_building("other-1", "אחר 1", 4).await;
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    for (header, value, status) in [("x-tenant-id", "other-1", StatusCode::FORBIDDEN), ("x-building-id", "other-1", StatusCode::FORBIDDEN), ("x-tenant-id", SLUG, StatusCode::OK)] {
        let request = http::Request::builder()
            .method("POST")
            .uri("/call/feed/page")
            .header("accept", "application/json")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .header(header, value)
            .body(axum::body::Body::from(format!("building={SLUG}")))
            .expect("a request");
        assert_eq!(noa.send(request).await.status, status, "{header}: {value}");
    }
    assert_eq!(app.count("select count(*) from audit_log where act = 'tenant.hop'").await, 1, "one line an hour");
    assert_eq!(app.count("select sum(times)::bigint from audit_knocks").await, 2);
    app.finish().await;
}
