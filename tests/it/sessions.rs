//! Signing in by code, the life of a session, and what ends it.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use vantera::platform::jobs::JobRun;
use vantera::platform::session::TokenKeys;
use vantera::platform::{AppState, Config};
use vantera::wiring;

use crate::support::{App, SLUG};

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

/// New signing keys come to one process after the other: whoever asks, sends and answers may be on either side of it.
#[tokio::test]
async fn a_code_is_good_at_a_process_with_newer_keys_than_the_one_it_was_asked_for_at() {
    const NOA: &str = "0543182704";
    let app = App::with_building().await;
    app.resident("3", "נועה שגב", NOA).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(sandbox::serve(listener, sandbox::Options::default()));
    let mut config: Config = (*app.worker.config).clone();
    config.sms.base_url = base.clone();
    let config = Arc::new(config);
    let keys = Arc::new(TokenKeys::parse(&format!("newer:{},test:{}", "11".repeat(32), "5a".repeat(32))).expect("keys"));
    let newer = |state: &AppState| AppState { keys: keys.clone(), config: config.clone(), ..state.clone() };
    let older = |state: &AppState| AppState { config: config.clone(), ..state.clone() };
    let (web, ahead) = (app.router.clone(), wiring::router(newer(&app.web)));
    let mut seen: Vec<String> = Vec::new();
    for (asked_at, sends, answered_at) in [(&web, newer(&app.worker), &ahead), (&ahead, older(&app.worker), &web)] {
        let mut noa = app.visitor().at(asked_at.clone());
        noa.submit("/call/identity/send_code", &[("phone", NOA)]).await;
        let id: uuid::Uuid = sqlx::query_scalar("select code_id from login_codes where used_at is null").fetch_one(&app.all).await.expect("a code");
        let run = JobRun { state: sends, payload: json!({ "code": id }), trace: "test".into(), attempt: 1, most_attempts: 3 };
        vantera::identity::server::jobs::send_code(run).await.expect("sent");
        let told: Value = app.web.http.get(format!("{base}/_sandbox/state")).send().await.expect("an answer").json().await.expect("json");
        let digits = told["sms"]
            .as_array()
            .expect("messages")
            .iter()
            .filter_map(|one| one["text"].as_str()?.rsplit_once('#'))
            .map(|(_, digits)| digits.to_owned())
            .find(|digits| !seen.contains(digits))
            .expect("a new message");
        let mut noa = noa.at(answered_at.clone());
        let answer = noa.submit("/call/identity/answer_code", &[("code", &digits)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
        assert!(noa.cookie("__Host-session").is_some());
        seen.push(digits);
    }
}
