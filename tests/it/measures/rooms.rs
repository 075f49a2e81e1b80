//! What rooms count and measure of themselves: made to happen through their doors, and read from the scrape.

use axum::body::Body;
use futures::StreamExt;
use http::{Request, StatusCode, header};
use serde_json::json;
use sqlx::{Connection, PgConnection};
use tower::ServiceExt;
use vantera::connections::server::{AHEAD, refresh};
use vantera::platform::Job;
use vantera::platform::jobs::leave_global;
use vantera::platform::quotas::Meter;
use vantera::wiring;

use super::Scrape;
use crate::connections::desk::Desk as Accounts;
use crate::deliveries::desk::{Desk, Receiver, Reply};
use crate::support::{App, SLUG};

async fn change(app: &App, sql: &'static str) {
    let changed = sqlx::query(sql).execute(&app.all).await.expect("a change");
    assert!(changed.rows_affected() > 0, "{sql}");
}

#[tokio::test]
async fn what_the_gateway_sends_and_cannot_send_is_told() {
    let desk = Desk::granted(&["notice.published"]).await;
    let receiver = Receiver::start().await;
    let (endpoint, _) = desk.endpoint(&receiver.url).await;
    let send = async || {
        desk.notices(1).await;
        desk.pump(endpoint).await;
    };
    send().await;
    receiver.answers([Reply::Hang]);
    send().await;
    receiver.answers([Reply::Status(500)]);
    send().await;
    // Nine times in vain, and once more; what said nothing is due again beside it.
    change(&desk.app, "update gateway_deliveries set attempts = 9 where last_outcome = 'server_error'").await;
    receiver.always(Reply::Status(400));
    desk.app.advance(6);
    desk.pump(endpoint).await;
    change(&desk.app, "update gateway_secrets set sealed = set_byte(sealed, octet_length(sealed) - 1, get_byte(sealed, octet_length(sealed) - 1) # 1)").await;
    send().await;
    let gone = Receiver::start().await;
    gone.always(Reply::Status(410));
    let (over, _) = desk.endpoint(&gone.url).await;
    desk.notices(1).await;
    desk.pump(over).await;

    wiring::measure(&desk.app.worker).await.expect("measured");
    let scrape = Scrape::of(&desk.app).await;
    for (outcome, times) in [("delivered", 1.0), ("timeout", 1.0), ("server_error", 1.0), ("refused", 2.0), ("unsigned", 1.0), ("gone", 1.0)] {
        assert_eq!(scrape.value("vantera_gateway_attempts_total", &[("outcome", outcome)]), times, "{outcome}\n{}", scrape.0);
    }
    assert_eq!(scrape.value("vantera_gateway_attempts_total", &[]), 7.0);
    assert_eq!(scrape.value("vantera_gateway_attempt_seconds_count", &[]), 6.0, "for what was not signed nobody was asked");
    assert!(scrape.value("vantera_gateway_attempt_seconds_sum", &[]) >= 0.6, "one was waited for");
    assert_eq!(scrape.value("vantera_vault_unopened_total", &[("table", "gateway_secrets")]), 1.0);
    // What said nothing, what could not be signed, and the last notice at the first endpoint; what was tried ten times, and
    // what is not wanted any more.
    assert_eq!((scrape.value("vantera_gateway_waiting", &[]), scrape.value("vantera_gateway_dead", &[])), (3.0, 2.0));
    for (reason, endpoints) in [("gone", 1.0), ("owner", 0.0), ("failing", 0.0), ("operator", 0.0)] {
        assert!(scrape.0.contains(&format!("vantera_gateway_endpoints_off{{reason=\"{reason}\"}} {endpoints}\n")), "{reason}\n{}", scrape.0);
    }
    for secret in ["127.0.0.1", "ABC234", &endpoint.to_string(), &over.to_string()] {
        assert!(!scrape.0.contains(secret), "{secret} is told");
    }
}

#[tokio::test]
async fn what_became_of_tokens_of_accounts_outside_is_told() {
    let desk = Accounts::open().await;
    let mine = desk.connect("1098", json!({})).await;
    let again = async || refresh(&desk.app.worker, desk.tenant, mine, AHEAD, "test").await;
    desk.nearly_over().await;
    again().await.expect("refreshed");
    for fault in [json!({ "mode": "status", "status": 503 }), json!({ "mode": "status", "status": 401 })] {
        desk.nearly_over().await;
        desk.fault(fault).await;
        again().await.expect_err("no token");
    }
    // While the provider thinks, the account is connected anew.
    desk.nearly_over().await;
    desk.fault(json!({ "mode": "slow_ms", "ms": 300 })).await;
    let anew = async {
        desk.struck().await;
        desk.connect("1098", json!({})).await
    };
    let (late, _) = tokio::join!(again(), anew);
    late.expect("nothing is written");
    // Somebody wrote into the table.
    desk.nearly_over().await;
    change(&desk.app, "update connections set sealed_refresh = sealed_access").await;
    again().await.expect_err("it does not open");
    let theirs = desk.connect("2098", json!({})).await;
    let token = desk.grant("2098").await["refresh_token"].as_str().expect("a token").to_owned();
    let revoked = desk.app.web.http.post(format!("{}/revoke", desk.base)).form(&[("token", &token)]).send().await.expect("an answer");
    assert!(revoked.status().is_success());
    desk.nearly_over().await;
    refresh(&desk.app.worker, desk.tenant, theirs, AHEAD, "test").await.expect("known");

    let scrape = Scrape::of(&desk.app).await;
    for outcome in ["refreshed", "unavailable", "refused", "late", "consent_needed"] {
        assert_eq!(scrape.value("vantera_connections_total", &[("outcome", outcome)]), 1.0, "{outcome}\n{}", scrape.0);
    }
    assert_eq!(scrape.value("vantera_connections_total", &[]), 5.0);
    assert_eq!(scrape.value("vantera_vault_unopened_total", &[("table", "connections")]), 1.0);
}

#[tokio::test]
async fn seals_broken_logs_lines_told_and_spent_quotas_are_told() {
    let app = App::with_building().await;
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    wiring::measure(&app.worker).await.expect("measured");
    let scrape = Scrape::of(&app).await;
    assert!(!scrape.0.contains("vantera_audit_seal_age_seconds "), "nothing is sealed yet");
    assert!(scrape.0.contains("vantera_audit_chains_broken 0\n"));

    let hour = async || {
        app.advance(3_600);
        leave_global(&app.worker, Job::new("audit.hourly", json!({})).once("audit.hourly")).await.expect("a job");
        app.drain().await;
        app.advance(600);
        wiring::measure(&app.worker).await.expect("measured");
        let scrape = Scrape::of(&app).await;
        (scrape.value("vantera_audit_seal_age_seconds", &[]), scrape.value("vantera_audit_chains_broken", &[]))
    };
    assert_eq!(hour().await, (600.0, 0.0));
    let mut superuser = PgConnection::connect(app.database.all_seeing()).await.expect("the superuser");
    sqlx::raw_sql("set session_replication_role = replica; update audit_log set address = '10.1.1.1' where seq = 1").execute(&mut superuser).await.expect("a change");
    assert_eq!(hour().await, (600.0, 1.0));

    // Hours have gone by: the browser's access token is renewed.
    assert_eq!(noa.get(&format!("/b/{SLUG}")).await.status, StatusCode::OK);
    let request = Request::builder().uri(format!("/b/{SLUG}/stream")).header(header::HOST, testkit::HOST);
    let request = request.header(header::COOKIE, format!("__Host-session={}", noa.cookie("__Host-session").expect("a session")));
    let answer = app.router.clone().oneshot(request.body(Body::empty()).expect("a request")).await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    let mut heard = answer.into_body().into_data_stream();
    assert_eq!(crate::quotas::post(&mut noa, 1).await.0, StatusCode::SEE_OTHER);
    let told = async {
        let mut text = String::new();
        while !text.contains("event: post") {
            text.push_str(&String::from_utf8_lossy(&heard.next().await.expect("the stream goes on").expect("a chunk")));
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), told).await.expect("the post is heard");
    let scrape = Scrape::of(&app).await;
    let kind = |kind| [("kind", kind)];
    assert_eq!((scrape.value("vantera_streams_open", &kind("sse")), scrape.value("vantera_stream_lines_total", &kind("sse"))), (1.0, 1.0));
    assert_eq!((scrape.value("vantera_streams_open", &kind("socket")), scrape.value("vantera_stream_lines_total", &kind("socket"))), (0.0, 0.0));

    assert_eq!(scrape.value("vantera_quotas_refused_total", &[]), 0.0);
    sqlx::query("update quota_uses set used = $1").bind(i64::from(Meter::FeedPictures.included())).execute(&app.all).await.expect("the month is used up");
    assert_eq!(crate::quotas::post(&mut noa, 1).await.0, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(Scrape::of(&app).await.value("vantera_quotas_refused_total", &[("meter", "feed.pictures")]), 1.0);

    // A neighbour's phone that was moved from elsewhere: the committee's list shows no number, and it is counted.
    change(&app, "update memberships set role = 'chair', sealed_phone = (select sealed_phone from people where sealed_phone is not null limit 1) where sealed_phone is not null")
        .await;
    assert_eq!(noa.get(&format!("/b/{SLUG}/committee/residents")).await.status, StatusCode::OK);
    assert_eq!(Scrape::of(&app).await.value("vantera_vault_unopened_total", &[("table", "memberships")]), 1.0);
}
