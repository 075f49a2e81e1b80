//! What was sent, as the partner sees it: over the API and on the desk, with a receiver that really listens.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use http::{HeaderMap, Method, StatusCode};
use serde_json::json as value;

use super::{ask, grant, json, key, partner};
use crate::support::{App, SLUG};

type Heard = Arc<Mutex<Vec<(HeaderMap, Vec<u8>)>>>;

/// A partner's own server on this machine.
async fn receiver() -> (String, Heard) {
    let heard = Heard::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
    let hook = async |State(heard): State<Heard>, headers: HeaderMap, body: Bytes| {
        heard.lock().expect("nobody fell").push((headers, body.to_vec()));
        StatusCode::NO_CONTENT
    };
    let router = Router::new().fallback(hook).with_state(heard.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, heard)
}

/// Whether the newest message was signed with this secret, and what it tells.
fn believed(app: &App, heard: &Heard, secret: &str) -> serde_json::Value {
    let (headers, body) = heard.lock().expect("nobody fell").pop().expect("a message came");
    let text = |name: &str| headers[name].to_str().expect("text").to_owned();
    let (id, timestamp, signature) = (text("webhook-id"), text("webhook-timestamp"), text("webhook-signature"));
    let secret = hooks::standard::Secret::parse(secret).expect("a secret");
    let now = app.clock_now().to_jiff().as_second();
    hooks::standard::verify(&body, hooks::standard::Headers { id: &id, timestamp: &timestamp, signature: &signature }, &[&secret], now, 300).expect("it is ours");
    serde_json::from_slice(&body).expect("JSON")
}

async fn loose() -> App {
    App::start_with(|config| config.webhooks_loopback = true).await
}

#[tokio::test]
async fn a_test_event_arrives_signed_and_stands_in_the_log_of_its_partner_alone() {
    let app = loose().await;
    let (url, heard) = receiver().await;
    let (mut dana, code) = partner(&app, "מגן ביטוח", "0543550001").await;
    let (mut gai, other) = partner(&app, "תחזוקת הצפון", "0543550002").await;
    let (text, theirs) = (key(&mut dana, &code, "write").await, key(&mut gai, &other, "write").await);
    let made = json(&ask(&app, Method::POST, "/endpoints", &text, Some(value!({ "url": url }))).await);
    let path = format!("/endpoints/{}", made["id"].as_str().expect("an id"));
    assert_eq!(ask(&app, Method::POST, &format!("{path}/test"), &theirs, None).await.status, StatusCode::NOT_FOUND);
    let sent = ask(&app, Method::POST, &format!("{path}/test"), &text, None).await;
    assert_eq!(sent.status, StatusCode::ACCEPTED, "{}", sent.text());
    let delivery = format!("/deliveries/{}", json(&sent)["id"].as_str().expect("an id"));
    assert_eq!(json(&ask(&app, Method::GET, &delivery, &text, None).await)["state"], "pending");
    app.drain().await;

    let told = believed(&app, &heard, made["secret"].as_str().expect("a secret"));
    assert_eq!((told["type"].as_str(), told["data"]["test"].as_bool()), (Some("gateway.test"), Some(true)));
    let whole = json(&ask(&app, Method::GET, &delivery, &text, None).await);
    assert_eq!((whole["state"].clone(), whole["last_status"].clone(), whole["attempts"][0]["status"].clone()), (value!("delivered"), value!(204), value!(204)));
    assert_eq!((whole["attempt_count"].clone(), whole["attempts"].as_array().map(Vec::len)), (value!(1), Some(1)), "the count and the list are two fields");
    assert_eq!(whole["body"], told, "the log shows what was sent");
    assert_eq!(json(&ask(&app, Method::GET, "/deliveries?state=delivered&type=gateway.test", &text, None).await)["data"][0]["id"], whole["id"]);
    assert_eq!(json(&ask(&app, Method::GET, "/deliveries?state=failed", &text, None).await)["data"], value!([]));
    assert_eq!(ask(&app, Method::GET, "/deliveries?state=lost", &text, None).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(ask(&app, Method::GET, &delivery, &theirs, None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(json(&ask(&app, Method::GET, "/deliveries", &theirs, None).await)["data"], value!([]));
    assert_eq!(ask(&app, Method::POST, &format!("{delivery}/retry"), &theirs, None).await.status, StatusCode::NOT_FOUND);

    let again = ask(&app, Method::POST, &format!("{delivery}/retry"), &text, None).await;
    assert_eq!(again.status, StatusCode::ACCEPTED);
    assert_ne!(json(&again)["id"], whole["id"], "what has ended gets a delivery of its own");
    app.drain().await;
    assert_eq!(believed(&app, &heard, made["secret"].as_str().expect("a secret")), told);
    let desk = dana.get(&format!("/partners/{code}")).await.text();
    assert!(desk.contains("id=\"log\"") && desk.contains("gateway.test") && desk.contains("data-s=\"ok\""), "{desk}");
    app.finish().await;
}

#[tokio::test]
async fn a_desk_tries_an_endpoint_and_sends_again() {
    let app = loose().await;
    let (url, heard) = receiver().await;
    let (mut dana, code) = partner(&app, "מגן ביטוח", "0543550001").await;
    let desk = format!("/partners/{code}");
    dana.get(&desk).await;
    dana.submit("/call/gateway/add_endpoint", &[("partner", &code), ("url", &url)]).await;
    let endpoint = app.text("select endpoint_id::text from gateway_endpoints").await.expect("an endpoint");
    dana.get(&desk).await;
    assert_eq!(dana.submit("/call/gateway/test_endpoint", &[("partner", &code), ("endpoint", &endpoint)]).await.location(), format!("{desk}#log"));
    app.drain().await;
    let delivery = app.text("select delivery_id::text from gateway_deliveries").await.expect("a delivery");
    assert_eq!(dana.submit("/call/gateway/retry", &[("partner", &code), ("delivery", &delivery)]).await.location(), format!("{desk}#log"));
    app.drain().await;
    assert_eq!(heard.lock().expect("nobody fell").len(), 2);
    dana.submit("/call/gateway/pause_endpoint", &[("partner", &code), ("endpoint", &endpoint), ("on", "false")]).await;
    let refused = dana.submit("/call/gateway/retry", &[("partner", &code), ("delivery", &delivery)]).await;
    assert!(refused.status == StatusCode::CONFLICT && refused.text().contains("אי אפשר לשלוח שוב"), "{}", refused.text());
    app.finish().await;
}

#[tokio::test]
async fn a_building_that_withdrew_is_told_of_no_more_and_its_words_leave_the_log() {
    let app = loose().await;
    app.open_building(SLUG, "הרצל 7", 8).await;
    let mut chair = app.resident("3", "יעל ברק", "0543182704").await;
    sqlx::query("update memberships set role = 'chair'").execute(&app.all).await.expect("a chair");
    let (url, heard) = receiver().await;
    let (mut dana, code) = partner(&app, "מגן ביטוח", "0543550001").await;
    let text = key(&mut dana, &code, "write").await;
    let made = json(&ask(&app, Method::POST, "/endpoints", &text, Some(value!({ "url": url }))).await);
    grant(&mut chair, &code, &["resident.joined"], "").await;
    app.resident("5", "נועה שגב", "0543182706").await;
    let told = believed(&app, &heard, made["secret"].as_str().expect("a secret"));
    assert_eq!((told["data"]["flat"].as_str(), told["data"]["building"]["slug"].as_str()), (Some("5"), Some(SLUG)));
    assert!(!told.to_string().contains("נועה"));
    let first = json(&ask(&app, Method::GET, "/deliveries", &text, None).await)["data"][0].clone();
    let path = format!("/deliveries/{}", first["id"].as_str().expect("an id"));
    assert_eq!(json(&ask(&app, Method::GET, &path, &text, None).await)["body"], told);

    let id = app.text("select grant_id::text from gateway_grants").await.expect("a grant");
    chair.get(super::ACCESS).await;
    chair.submit("/call/gateway/withdraw", &[("building", SLUG), ("grant", &id)]).await;
    app.resident("6", "תמר גל", "0543182707").await;
    assert!(heard.lock().expect("nobody fell").is_empty(), "nothing more is told");
    assert_eq!(json(&ask(&app, Method::GET, &path, &text, None).await)["body"], value!(null));
    assert_eq!(ask(&app, Method::POST, &format!("{path}/retry"), &text, None).await.status, StatusCode::CONFLICT);
    let span = value!({ "since": "2026-11-22T00:00:00Z", "until": "2026-11-23T00:00:00Z" });
    let replayed = ask(&app, Method::POST, &format!("/endpoints/{}/replay", made["id"].as_str().expect("an id")), &text, Some(span)).await;
    assert_eq!((replayed.status, json(&replayed)["messages"].clone()), (StatusCode::ACCEPTED, value!(0)));
    app.finish().await;
}

#[tokio::test]
async fn a_span_is_replayed_to_one_endpoint_and_a_span_that_is_none_is_told() {
    let app = loose().await;
    app.open_building(SLUG, "הרצל 7", 8).await;
    let mut chair = app.resident("3", "יעל ברק", "0543182704").await;
    sqlx::query("update memberships set role = 'chair'").execute(&app.all).await.expect("a chair");
    let (url, heard) = receiver().await;
    let (mut dana, code) = partner(&app, "מגן ביטוח", "0543550001").await;
    let text = key(&mut dana, &code, "write").await;
    let made = json(&ask(&app, Method::POST, "/endpoints", &text, Some(value!({ "url": url }))).await);
    grant(&mut chair, &code, &["resident.joined"], "").await;
    app.resident("5", "נועה שגב", "0543182706").await;
    let once = heard.lock().expect("nobody fell").pop().expect("a message");
    let path = format!("/endpoints/{}/replay", made["id"].as_str().expect("an id"));
    let replayed = ask(&app, Method::POST, &path, &text, Some(value!({ "since": "2026-11-22T00:00:00Z", "until": "2026-11-23T00:00:00Z" }))).await;
    assert_eq!((replayed.status, json(&replayed)["messages"].clone()), (StatusCode::ACCEPTED, value!(1)), "{}", replayed.text());
    app.drain().await;
    let again = heard.lock().expect("nobody fell").pop().expect("it came again");
    assert_eq!((&again.0["webhook-id"], &again.1), (&once.0["webhook-id"], &once.1), "under its own id, with its own bytes");
    for (since, until, field) in
        [("2026-11-23T00:00:00Z", "2026-11-22T00:00:00Z", "until"), ("2026-01-01T00:00:00Z", "2026-11-22T00:00:00Z", "until"), ("yesterday", "2026-11-22T00:00:00Z", "since")]
    {
        let answer = ask(&app, Method::POST, &path, &text, Some(value!({ "since": since, "until": until }))).await;
        assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && json(&answer)["fields"][field].is_string(), "{since} {until}: {}", answer.text());
    }
    app.finish().await;
}
