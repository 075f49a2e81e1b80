//! The page of one's devices: what each is called, which one is in hand, and ending them.

use axum::body::Body;
use http::{HeaderValue, Request, StatusCode, header};
use testkit::Actor;
use tower_http::set_header::SetRequestHeaderLayer;

use crate::support::{App, SLUG};

const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1";
const WINDOWS: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";

/// A browser that calls itself so.
fn browser(app: &App, agent: &'static str) -> Actor {
    Actor::new(app.router.clone().layer(SetRequestHeaderLayer::overriding(header::USER_AGENT, HeaderValue::from_static(agent))))
}

/// Signs in with a code.
async fn sign_in(app: &App, agent: &'static str, phone: &str) -> Actor {
    let mut actor = browser(app, agent);
    actor.submit("/call/identity/send_code", &[("phone", phone)]).await;
    let code = app.code_of(phone).await;
    let answer = actor.submit("/call/identity/answer_code", &[("code", &code)]).await;
    assert!(actor.cookie("__Host-session").is_some(), "{}", answer.text());
    // The message itself has nowhere to go in tests; its job stays behind and is none of theirs.
    sqlx::query("delete from graphile_worker._private_jobs").execute(&sqlx::PgPool::connect(app.database.owner()).await.expect("the owner")).await.expect("jobs");
    actor
}

/// Noa joined on a computer, and has her phone in her hand.
async fn two_devices(app: &App) -> (Actor, Actor) {
    let mut computer = browser(app, WINDOWS);
    app.send_form(&mut computer, "3", "נועה שגב", "0543182704").await;
    app.drain().await;
    computer.get(&format!("/b/{SLUG}/pay")).await;
    app.stripe.pay(&app.last_session());
    computer.get(&format!("/b/{SLUG}/enter")).await;
    app.drain().await;
    computer.get(&format!("/b/{SLUG}/enter")).await;
    app.advance(2 * 3_600);
    let phone = sign_in(app, IPHONE, "0543182704").await;
    (computer, phone)
}

async fn session_of(app: &App, device: &str) -> String {
    sqlx::query_scalar("select session_id::text from sessions where device = $1 and ended_at is null").bind(device).fetch_one(&app.all).await.expect("a session")
}

#[tokio::test]
async fn ones_devices_are_told_in_plain_words_and_this_one_is_marked() {
    let app = App::with_building().await;
    let (mut computer, mut phone) = two_devices(&app).await;
    let page = phone.get("/home/devices").await;
    assert_eq!(page.status, StatusCode::OK);
    let text = page.text();
    for told in ["מכשירים מחוברים", "2 מכשירים", "נועה שגב", "iPhone", "ספארי", "מחשב Windows", "כרום", "כאן", "היום, 11:00", "ניתוק כל המכשירים האחרים"]
    {
        assert!(text.contains(told), "{told}");
    }
    assert_eq!(text.matches("action=\"/call/identity/end_device\"").count(), 1, "the one in hand is not ended here");
    assert!(!text.contains("Mozilla"), "nothing of what a browser writes about itself stands on the page");
    phone.set_cookie("lang", "en");
    let english = phone.get("/home/devices").await.text();
    for told in ["Signed-in devices", "2 devices", "Windows computer", "Today, 11:00"] {
        assert!(english.contains(told), "{told}");
    }
    let other_side = computer.get("/home/devices").await.text();
    assert!(other_side.contains("היום, 13:00"), "the phone as the computer sees it");
    assert!(computer.get("/home?stay=1").await.text().contains("href=\"/home/devices\""));
}

#[tokio::test]
async fn a_single_device_is_ended_and_is_out_at_once() {
    let app = App::with_building().await;
    let (mut computer, mut phone) = two_devices(&app).await;
    phone.get("/home/devices").await;
    let ended = phone.submit("/call/identity/end_device", &[("session", &session_of(&app, "windows/chrome").await)]).await;
    assert_eq!((ended.status, ended.location().as_str()), (StatusCode::SEE_OTHER, "/home/devices"));
    assert!(computer.get(&format!("/b/{SLUG}")).await.leads().is_some_and(|to| to.starts_with("/signin")), "its token still lives, and opens nothing");
    app.advance(16 * 60);
    assert!(computer.get(&format!("/b/{SLUG}")).await.leads().is_some_and(|to| to.starts_with("/signin")), "and is not renewed");
    let page = phone.get("/home/devices").await.text();
    assert!(page.contains("מכשיר אחד") && !page.contains("מחשב Windows") && !page.contains("ניתוק כל המכשירים האחרים"));
    assert_eq!(app.text("select end_reason from sessions where ended_at is not null").await.as_deref(), Some("device"));
}

#[tokio::test]
async fn ending_the_device_in_hand_is_signing_out() {
    let app = App::with_building().await;
    let (mut computer, mut phone) = two_devices(&app).await;
    let ended = phone.submit("/call/identity/end_device", &[("session", &session_of(&app, "iphone/safari").await)]).await;
    assert_eq!(ended.location(), "/");
    assert!(phone.cookie("__Host-session").is_none() && phone.cookie("__Host-refresh").is_none());
    assert_eq!(computer.get(&format!("/b/{SLUG}")).await.status, StatusCode::OK, "the other stays");
}

#[tokio::test]
async fn all_other_devices_are_ended_and_the_one_in_hand_stays() {
    let app = App::with_building().await;
    let (mut computer, mut phone) = two_devices(&app).await;
    let mut third = sign_in(&app, "", "0543182704").await;
    let mut yael = app.resident("4", "יעל ברק", "0543182705").await;
    assert_eq!(phone.submit("/call/identity/end_other_devices", &[]).await.location(), "/home/devices");
    for gone in [&mut computer, &mut third] {
        assert!(gone.get("/home?stay=1").await.leads().is_some_and(|to| to.starts_with("/signin")));
    }
    assert_eq!(phone.get(&format!("/b/{SLUG}")).await.status, StatusCode::OK);
    assert_eq!(yael.get(&format!("/b/{SLUG}")).await.status, StatusCode::OK, "a neighbour is none of hers");
}

#[tokio::test]
async fn nobody_ends_somebody_elses_device() {
    let app = App::with_building().await;
    let (mut computer, _) = two_devices(&app).await;
    let mut yael = app.resident("4", "יעל ברק", "0543182705").await;
    let noas = session_of(&app, "windows/chrome").await;
    for session in [noas.as_str(), "", "x", "00000000-0000-0000-0000-000000000000"] {
        assert_eq!(yael.call("identity/end_device", &[("session", session)]).await.status, StatusCode::NOT_FOUND, "{session}");
        assert_eq!(app.visitor().call("identity/end_device", &[("session", session)]).await.status, StatusCode::UNAUTHORIZED, "{session}");
    }
    assert_eq!(computer.get(&format!("/b/{SLUG}")).await.status, StatusCode::OK);
    let page = yael.get("/home/devices").await.text();
    assert!(page.contains("מכשיר אחד") && !page.contains(&noas), "and sees her own only");
}

#[tokio::test]
async fn a_browser_that_calls_itself_strange_things_is_unknown() {
    let app = App::with_building().await;
    app.resident("3", "נועה שגב", "0543182704").await;
    let mut strange = sign_in(&app, "<script>alert(1)</script>", "0543182704").await;
    let page = strange.get("/home/devices").await.text();
    assert!(page.contains("מכשיר לא מזוהה") && !page.contains("alert(1)"));
    // Bytes that are no text are no reason to refuse anybody.
    let mut request = Request::builder().uri("/home/devices").header(header::ACCEPT, "text/html").body(Body::empty()).expect("a request");
    request.headers_mut().insert(header::USER_AGENT, HeaderValue::from_bytes(b"\xff\xfe").expect("bytes"));
    assert!(app.visitor().send(request).await.leads().is_some_and(|to| to.starts_with("/signin")));
}
