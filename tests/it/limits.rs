//! Limits of an address at the doors: an assembly on one Wi-Fi comes through, a flood does not, and whoever is refused
//! is told when to come back and keeps what he typed. The other tests run with limits so loose that none is met.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use axum::{Extension, Router};
use http::{HeaderName, Request, StatusCode, header};
use testkit::{Actor, Answer};
use vantera::platform::address::TrustedProxies;
use vantera::platform::limits::{Limit, RULES};

use crate::support::{App, SLUG};
use crate::{companies, doors};

/// The lobby's one address.
const LOBBY: &str = "198.51.100.7:4711";

/// An app with the limits of a real one.
async fn strict() -> App {
    App::start_with(|config| config.limits_factor = 1).await
}

/// The router as somebody at this address reaches it.
fn from(app: &App, peer: &str) -> Router {
    let peer: SocketAddr = peer.parse().expect("an address");
    app.router.clone().layer(Extension(ConnectInfo(peer)))
}

fn burst(limit: Limit) -> u32 {
    RULES.iter().find(|rule| rule.limit == limit).expect("a rule").burst
}

fn retry_after(answer: &Answer) -> u64 {
    answer.headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// Calls a server function until it is refused; how often it was not.
async fn until_refused(actor: &mut Actor, endpoint: &str, fields: &[(&str, &str)]) -> (u32, Answer) {
    for count in 0..5_000 {
        let answer = actor.call(endpoint, fields).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            return (count, answer);
        }
    }
    panic!("{endpoint} is never refused");
}

#[tokio::test]
async fn sixty_neighbours_behind_one_address_join_in_one_evening() {
    let app = strict().await;
    app.open_building(SLUG, "הרצל 7", 60).await;
    let lobby = from(&app, LOBBY);
    let mut neighbours: Vec<(String, Actor)> = (1..=60).map(|flat| (flat.to_string(), Actor::new(lobby.clone()))).collect();
    for (flat, neighbour) in &mut neighbours {
        // A minute each would be the hour; an assembly that is told "now, everybody" takes ten.
        app.advance(10);
        neighbour.get(&format!("/b/{SLUG}/join")).await;
        for typed in ["", "x", "6", "61", flat.as_str()] {
            assert_eq!(neighbour.call("joining/flat", &[("building", SLUG), ("flat", typed)]).await.status, StatusCode::OK);
        }
        let phone = format!("05431827{flat:0>2}");
        let fields = [("building", SLUG), ("flat", flat.as_str()), ("name", "נועה שגב"), ("consent_version", "2026-11")];
        // Everybody mistypes his phone once.
        let typed = neighbour.submit("/call/joining/submit", &[&fields[..], &[("phone", "054")]].concat()).await;
        assert_eq!(typed.status, StatusCode::UNPROCESSABLE_ENTITY);
        let sent = neighbour.submit("/call/joining/submit", &[&fields[..], &[("phone", phone.as_str())]].concat()).await;
        assert_eq!(sent.location(), format!("/b/{SLUG}/pay"), "flat {flat}: {}", sent.text());
        // And waits for the payment page, which looks again by itself.
        for _ in 0..3 {
            assert_eq!(neighbour.get(&format!("/b/{SLUG}/welcome")).await.status, StatusCode::OK);
        }
    }
    app.drain().await;
    for (flat, neighbour) in &mut neighbours {
        assert!(neighbour.get(&format!("/b/{SLUG}/pay")).await.location().starts_with("http://stripe.test/"), "flat {flat}");
    }
    app.stripe.sessions().iter().for_each(|session| app.stripe.pay(session));
    for (_, neighbour) in &mut neighbours {
        neighbour.get(&format!("/b/{SLUG}/enter")).await;
    }
    app.drain().await;
    for (flat, neighbour) in &mut neighbours {
        assert_eq!(neighbour.get(&format!("/b/{SLUG}/enter")).await.location(), format!("/b/{SLUG}/welcome"), "flat {flat}");
        assert_eq!(neighbour.get(&format!("/b/{SLUG}")).await.status, StatusCode::OK, "flat {flat}");
    }
    assert_eq!(app.count("select count(*) from memberships where state = 'active'").await, 60);
    // The next evening they come back with codes, all at once.
    app.advance(86_400);
    for (flat, _) in &neighbours {
        let mut phone = Actor::new(lobby.clone());
        let asked = phone.submit("/call/identity/send_code", &[("phone", &format!("05431827{flat:0>2}"))]).await;
        assert_eq!(asked.status, StatusCode::SEE_OTHER, "flat {flat}");
        assert_eq!(phone.call("identity/answer_code", &[("code", "000000")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
}

#[tokio::test]
async fn a_flood_of_codes_from_one_address_is_refused_and_another_address_is_not() {
    let app = strict().await;
    let mut flood = Actor::new(from(&app, LOBBY));
    let mut sent = 0;
    let refused = loop {
        // Another phone each time: the limit of a phone is met by none.
        let answer = flood.call("identity/send_code", &[("phone", &format!("05{:08}", 40_000_000 + sent))]).await;
        if answer.status != StatusCode::OK {
            break answer;
        }
        sent += 1;
    };
    assert_eq!((refused.status, sent), (StatusCode::TOO_MANY_REQUESTS, burst(Limit::AskCode)));
    assert!((1..=60).contains(&retry_after(&refused)), "{}", retry_after(&refused));
    assert_eq!(app.count("select count(*) from login_codes").await, i64::from(sent), "the refused one left nothing");
    let told: serde_json::Value = serde_json::from_slice(&refused.body).expect("JSON");
    assert_eq!(told["code"], "too_many");
    assert!(told["message"].as_str().is_some_and(|text| text.contains("אפשר לנסות שוב")), "{told}");
    let mut neighbour = Actor::new(from(&app, "198.51.100.8:4711"));
    assert_eq!(neighbour.call("identity/send_code", &[("phone", "0521112233")]).await.status, StatusCode::OK);
    app.advance(retry_after(&refused) as i64);
    assert_eq!(flood.call("identity/send_code", &[("phone", "0521112244")]).await.status, StatusCode::OK, "after the time it was told");
}

#[tokio::test]
async fn guessing_codes_from_one_address_is_refused() {
    let app = strict().await;
    let mut guesser = Actor::new(from(&app, LOBBY));
    let (tries, refused) = until_refused(&mut guesser, "identity/answer_code", &[("code", "000000")]).await;
    assert_eq!(tries, burst(Limit::AnswerCode));
    assert!(retry_after(&refused) > 0);
}

#[tokio::test]
async fn a_flood_at_the_join_form_is_refused_and_what_was_typed_is_kept() {
    let app = strict().await;
    app.open_building(SLUG, "הרצל 7", 8).await;
    let mut flood = Actor::new(from(&app, LOBBY));
    let (tries, _) = until_refused(&mut flood, "joining/flat", &[("building", SLUG), ("flat", "3")]).await;
    assert_eq!(tries, burst(Limit::LookUpFlat));
    let (tries, _) = until_refused(&mut flood, "joining/submit", &[("building", SLUG), ("flat", "99"), ("name", ""), ("phone", ""), ("consent_version", "")]).await;
    assert_eq!(tries, burst(Limit::SendJoin));
    flood.get(&format!("/b/{SLUG}/join")).await;
    let typed = [("building", SLUG), ("flat", "3"), ("name", "נועה שגב"), ("phone", "0543182704"), ("consent_version", "2026-11")];
    let form = flood.submit("/call/joining/submit", &typed).await;
    assert_eq!(form.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(retry_after(&form) > 0);
    let page = form.text();
    for kept in ["נועה שגב", "0543182704", "הגיעו מהרשת הזאת הרבה בקשות", "מה שהוקלד נשמר כאן"] {
        assert!(page.contains(kept), "{kept} is on the page");
    }
    flood.set_cookie("lang", "en");
    let form = flood.submit("/call/joining/submit", &typed).await.text();
    assert!(form.contains("Many requests came from this network") && form.contains("נועה שגב"));
    // Being shown the form again has its own end; then one sentence must do.
    let mut last = flood.submit("/call/joining/submit", &typed).await;
    for _ in 0..burst(Limit::ShownAgain) {
        last = flood.submit("/call/joining/submit", &typed).await;
    }
    assert_eq!((last.status, last.text().contains("נועה שגב")), (StatusCode::TOO_MANY_REQUESTS, false));
    assert!(last.text().contains("Going back in the browser brings back what you typed") && last.text().len() < 2_000);
    assert_eq!(app.count("select count(*) from joins where state <> 'started'").await, 0, "nothing was sent");
}

#[tokio::test]
async fn strangers_who_open_buildings_without_end_are_refused_and_who_is_signed_in_is_not() {
    let app = strict().await;
    app.open_building(SLUG, "הרצל 7", 8).await;
    let mut stranger = Actor::new(from(&app, LOBBY));
    let form = [("street", "ויצמן 3"), ("city", "חולון"), ("name", "רות לוי"), ("phone", "0541112233"), ("last_flat", "0"), ("consent_version", "2026-11")];
    let (tries, _) = until_refused(&mut stranger, "buildings/open", &form).await;
    assert_eq!(tries, burst(Limit::OpenBuilding));
    stranger.get("/open").await;
    let again = stranger.submit("/call/buildings/open", &form).await;
    assert_eq!(again.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(again.text().contains("ויצמן 3"), "what was typed is kept");
    let noa = app.resident("3", "נועה שגב", "0543182704").await;
    let mut at_home = Actor::new(from(&app, LOBBY));
    at_home.set_cookie("__Host-session", noa.cookie("__Host-session").expect("a session"));
    assert_eq!(at_home.call("buildings/open", &form).await.status, StatusCode::UNPROCESSABLE_ENTITY, "somebody known behind the same address");
}

#[tokio::test]
async fn strangers_who_preview_lists_without_end_are_refused_and_keep_their_list() {
    let app = strict().await;
    let mut stranger = Actor::new(from(&app, LOBBY));
    let list = |router: &mut Actor| {
        let body = "--edge\r\nContent-Disposition: form-data; name=\"street\"\r\n\r\nויצמן 3\r\n--edge\r\nContent-Disposition: form-data; name=\"flats_csv\"\r\n\r\n1,0\n2,0\r\n--edge--\r\n";
        let request = Request::builder()
            .method("POST")
            .uri("/open/preview")
            .header(header::ACCEPT, "text/html")
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge")
            .header("sec-fetch-site", "same-origin")
            .body(axum::body::Body::from(body))
            .expect("a request");
        let mut actor = router.clone();
        async move { actor.send(request).await }
    };
    for _ in 0..burst(Limit::PreviewList) {
        assert_eq!(list(&mut stranger).await.status, StatusCode::OK);
    }
    let refused = list(&mut stranger).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(retry_after(&refused) > 0 && refused.text().contains("ויצמן 3"), "{}", refused.text());
}

#[tokio::test]
async fn webhooks_with_wrong_signatures_are_refused_and_good_ones_from_the_same_address_are_kept() {
    let app = strict().await;
    let mut sender = Actor::new(from(&app, "203.0.113.5:443"));
    let hook =
        |signature: String| Request::builder().method("POST").uri("/webhooks/stripe").header("stripe-signature", signature).body(axum::body::Body::from(EVENT)).expect("a request");
    const EVENT: &str = r#"{"id":"evt_1","type":"charge.updated","data":{"object":{"id":"ch_1"}}}"#;
    for _ in 0..burst(Limit::BadWebhook) {
        assert_eq!(sender.send(hook("t=1,v1=00".into())).await.status, StatusCode::BAD_REQUEST);
    }
    let refused = sender.send(hook("t=1,v1=00".into())).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(retry_after(&refused) > 0);
    let now = vantera::platform::Clock::now(&*app.clock).as_second();
    let signature = hooks::stripe::sign(EVENT.as_bytes(), &[crate::support::WEBHOOK_SECRET], now);
    assert_eq!(sender.send(hook(signature)).await.status, StatusCode::OK, "a good signature always passes");
    app.drain().await;
    app.finish().await;
}

#[tokio::test]
async fn a_general_flood_is_refused_with_a_sentence_and_who_is_signed_in_is_counted_by_his_session() {
    let app = strict().await;
    app.open_building(SLUG, "הרצל 7", 8).await;
    let noa = app.resident("3", "נועה שגב", "0543182704").await;
    let mut flood = Actor::new(from(&app, LOBBY));
    for count in 0..burst(Limit::Requests) {
        assert_eq!(flood.get("/prefer/nothing/here").await.status, StatusCode::NOT_FOUND, "{count}");
    }
    let page = flood.get(&format!("/b/{SLUG}/join")).await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(retry_after(&page) > 0);
    assert!(page.text().contains("dir=\"rtl\"") && page.text().contains("אפשר לנסות שוב בעוד כמה שניות"), "{}", page.text());
    let called = flood.call("joining/page", &[("building", SLUG)]).await;
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&called.body).expect("JSON")["code"], "too_many");
    // A form sent over the ceiling is shown again.
    flood.page = format!("/b/{SLUG}/join");
    let form = flood.submit("/call/joining/submit", &[("building", SLUG), ("flat", "3"), ("name", "רות לוי"), ("phone", "0543182709"), ("consent_version", "2026-11")]).await;
    assert_eq!(form.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(form.text().contains("רות לוי"), "what was typed is kept");
    // The resident sits in the same lobby.
    let mut at_home = Actor::new(from(&app, LOBBY));
    at_home.set_cookie("__Host-session", noa.cookie("__Host-session").expect("a session"));
    assert_eq!(at_home.get(&format!("/b/{SLUG}")).await.status, StatusCode::OK);
    // Health and files are not counted.
    assert_eq!(flood.get("/healthz").await.status, StatusCode::OK);
    app.advance(1);
    assert_eq!(flood.get(&format!("/b/{SLUG}/join")).await.status, StatusCode::OK);
}

/// Knocks in this session until it is refused; how often it was let in.
async fn let_in(actor: &mut Actor) -> (u32, Answer) {
    for count in 0..5_000 {
        let answer = actor.get("/prefer/nothing/here").await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            return (count, answer);
        }
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{count}");
    }
    panic!("it is never refused");
}

/// This limit refused and no other, and said whose share is spent.
fn refused_by(app: &App, limit: Limit, whence: &str, answer: &Answer) {
    assert_eq!((answer.status, retry_after(answer)), (StatusCode::TOO_MANY_REQUESTS, 1));
    assert!(answer.text().contains(&format!("הגיעו {whence} הרבה בקשות בזמן קצר. אפשר לנסות שוב בעוד כמה שניות.")), "{}", answer.text());
    let measured = format!("vantera_limits_refused_total{{limit=\"{}\"}} 1\n", limit.rule().name);
    assert!(app.web.meters.render().contains(&measured), "{measured}{}", app.web.meters.render());
}

#[tokio::test]
async fn all_sessions_of_a_person_have_one_share_and_one_of_them_cannot_spend_what_it_is_refused() {
    let app = strict().await;
    app.open_building(SLUG, "הרצל 7", 8).await;
    let mut first = app.resident("3", "נועה שגב", "0543182704").await;
    let mut neighbour = app.resident("4", "רות לוי", "0543182709").await;
    let (mut second, mut third) = (companies::sign_in(&app, "0543182704").await, companies::sign_in(&app, "0543182704").await);
    // What they did on their way in has come back.
    app.advance(60);
    let (count, refused) = let_in(&mut first).await;
    assert_eq!(count, burst(Limit::SignedIn));
    refused_by(&app, Limit::SignedIn, "מהחשבון הזה", &refused);
    for _ in 0..100 {
        assert_eq!(first.get("/prefer/nothing/here").await.status, StatusCode::TOO_MANY_REQUESTS);
    }
    assert_eq!((let_in(&mut second).await.0, 2 * burst(Limit::SignedIn)), (burst(Limit::SignedIn), burst(Limit::Person)));
    // A third device has said nothing yet.
    let refused = third.get(&format!("/b/{SLUG}")).await;
    refused_by(&app, Limit::Person, "מהחשבון הזה", &refused);
    let called = third.call("joining/page", &[("building", SLUG)]).await;
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&called.body).expect("JSON")["code"], "too_many");
    assert_eq!(neighbour.get(&format!("/b/{SLUG}")).await.status, StatusCode::OK, "the neighbour's share is his own");
    assert_eq!(app.visitor().get(&format!("/b/{SLUG}/join")).await.status, StatusCode::OK);
    app.advance(retry_after(&refused) as i64);
    assert_eq!(third.get(&format!("/b/{SLUG}")).await.status, StatusCode::OK, "after the time it was told");
}

/// Nobody comes that far alone or with one neighbour: a person is held at less than a third of it.
#[tokio::test]
async fn all_who_are_signed_in_to_a_building_have_one_share_and_other_buildings_lose_nothing_by_it() {
    let app = strict().await;
    app.open_building(SLUG, "הרצל 7", 8).await;
    app.open_building("other-1", "אחר 1", 4).await;
    let mut sessions = Vec::new();
    for (flat, name, phone) in [("3", "נועה שגב", "0543182703"), ("4", "רות לוי", "0543182704"), ("5", "דן לוי", "0543182705"), ("6", "תמר גל", "0543182706")]
    {
        sessions.push(app.resident(flat, name, phone).await);
        sessions.push(companies::sign_in(&app, phone).await);
    }
    let mut quiet = app.resident("7", "ליאת מור", "0543182707").await;
    let mut elsewhere = doors::member_of(&app, "other-1", "רמי שלו", "0543182708").await;
    // A session is the building's from its first look at it on.
    for session in sessions.iter_mut().chain([&mut quiet]) {
        assert_eq!(session.get(&format!("/b/{SLUG}")).await.status, StatusCode::OK);
    }
    assert_eq!(elsewhere.get("/b/other-1").await.status, StatusCode::OK);
    app.advance(60);
    let mut count = 0;
    for session in &mut sessions {
        count += let_in(session).await.0;
    }
    assert_eq!(count, burst(Limit::Tenant), "the last but one was stopped before its own end");
    let refused = quiet.get(&format!("/b/{SLUG}")).await;
    assert!(refused.text().contains("הגיעו מהבניין הזה הרבה בקשות בזמן קצר. אפשר לנסות שוב בעוד כמה שניות."), "{}", refused.text());
    assert_eq!((refused.status, retry_after(&refused)), (StatusCode::TOO_MANY_REQUESTS, 1));
    let measured = "vantera_limits_refused_total{limit=\"tenant\"} 3\n";
    assert!(app.web.meters.render().contains(measured), "the last two of the flood, and he: {}", app.web.meters.render());
    assert_eq!(elsewhere.get("/b/other-1").await.status, StatusCode::OK, "another building's share is its own");
    assert_eq!(app.visitor().get(&format!("/b/{SLUG}/join")).await.status, StatusCode::OK, "whoever is not signed in is counted by his address");
    app.advance(retry_after(&refused) as i64);
    assert_eq!(quiet.get(&format!("/b/{SLUG}")).await.status, StatusCode::OK, "after the time he was told");
}

#[tokio::test]
async fn a_proxy_of_ours_tells_the_address_and_nobody_else_does() {
    let app = App::start_with(|config| {
        config.limits_factor = 1;
        config.trusted_proxies = TrustedProxies::parse("10.0.0.0/8").expect("a network");
    })
    .await;
    let told = |client: &str| {
        let request = Request::builder().method("POST").uri("/webhooks/stripe").header(HeaderName::from_static("x-forwarded-for"), client);
        request.body(axum::body::Body::from("{}")).expect("a request")
    };
    let mut proxy = Actor::new(from(&app, "10.1.2.3:80"));
    for _ in 0..burst(Limit::BadWebhook) {
        assert_eq!(proxy.send(told("198.51.100.7")).await.status, StatusCode::BAD_REQUEST);
    }
    assert_eq!(proxy.send(told("198.51.100.7")).await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(proxy.send(told("9.9.9.9, 198.51.100.7")).await.status, StatusCode::TOO_MANY_REQUESTS, "what the sender wrote himself changes nothing");
    assert_eq!(proxy.send(told("198.51.100.8")).await.status, StatusCode::BAD_REQUEST, "another client behind the same proxy");
    let mut liar = Actor::new(from(&app, "198.51.100.9:80"));
    for at in 0..burst(Limit::BadWebhook) {
        assert_eq!(liar.send(told(&format!("192.0.2.{at}"))).await.status, StatusCode::BAD_REQUEST);
    }
    assert_eq!(liar.send(told("192.0.2.250")).await.status, StatusCode::TOO_MANY_REQUESTS, "he is counted by his own address");
}

/// A rule whose door was renamed would count nothing.
#[test]
fn every_limited_door_is_a_door_of_the_house() {
    let calls = vantera::wiring::server_function_paths();
    for door in RULES.iter().flat_map(|rule| rule.doors) {
        let plain = vantera::wiring::PLAIN_ROUTES.iter().any(|(_, path)| path == door);
        assert!(plain || calls.iter().any(|path| path == door), "{door}");
    }
}

/// docs/operations.md tells whoever runs it every limit as it is.
#[test]
fn every_limit_is_written_down() {
    let paper = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/operations.md")).expect("the paper");
    let told = |number: u32| if number < 1_000 { number.to_string() } else { format!("{},{:03}", number / 1_000, number % 1_000) };
    for rule in RULES {
        let line = format!("| `{}` | {} | {} | ", rule.name, told(rule.burst), told(rule.an_hour));
        assert!(paper.contains(&line), "docs/operations.md lacks: {line}");
    }
}
