//! Access tokens that are not ours, not whole or not alive any more: whoever holds one is signed out, and the house
//! stands. Each is brought to a page, to the page of a building, to a server function and to a plain door.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use testkit::{Actor, Answer};

use crate::support::{App, SLUG};

/// The key of the app under test (support.rs), and its name.
const KEY: [u8; 32] = [0x5a; 32];
const KID: &str = "test";

/// A resident, and the claims of his own living session.
struct Signed {
    app: App,
    claims: Value,
}

impl Signed {
    async fn in_a_building() -> Self {
        let app = App::with_building().await;
        let noa = app.resident("3", "נועה שגב", "0543182704").await;
        let token = noa.cookie("__Host-session").expect("a session");
        let body = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).expect("claims")).expect("base64");
        Self { app, claims: serde_json::from_slice(&body).expect("JSON") }
    }

    fn without(&self, claim: &str) -> Value {
        let mut claims = self.claims.clone();
        claims.as_object_mut().expect("an object").remove(claim).expect("a claim that was there");
        claims
    }

    fn with(&self, claim: &str, value: Value) -> Value {
        let mut claims = self.claims.clone();
        claims[claim] = value;
        claims
    }

    /// What the doors answer to a browser that holds this token and nothing else.
    async fn try_doors(&self, token: &str) -> Vec<(&'static str, Answer)> {
        let mut actor: Actor = self.app.visitor();
        actor.set_cookie("__Host-session", token);
        vec![
            ("the way home", actor.get("/home?stay=1").await),
            ("the board", actor.get(&format!("/b/{SLUG}")).await),
            ("a server function", actor.call("feed/page", &[("building", SLUG)]).await),
            ("a plain form", actor.submit("/call/feed/react", &[("building", SLUG), ("post", "x"), ("on", "true")]).await),
            ("the stream", actor.get(&format!("/b/{SLUG}/stream")).await),
        ]
    }

    #[track_caller]
    fn signed_out(answers: Vec<(&'static str, Answer)>, why: &str) {
        for (door, answer) in answers {
            let to_sign_in = answer.leads().is_some_and(|to| to.starts_with("/signin"));
            assert!(answer.status == StatusCode::UNAUTHORIZED || to_sign_in, "{why}, at {door}: {} {:?} {}", answer.status, answer.leads(), answer.text());
        }
    }

    async fn ends_signed_out(&self, token: &str, why: &str) {
        Self::signed_out(self.try_doors(token).await, why);
    }
}

fn sign(header: &Header, claims: &Value, key: &[u8]) -> String {
    jsonwebtoken::encode(header, claims, &EncodingKey::from_secret(key)).expect("a token")
}

fn named(kid: Option<&str>) -> Header {
    Header { kid: kid.map(str::to_owned), ..Header::new(Algorithm::HS256) }
}

/// A token whose signature is whatever the caller says.
fn unsigned(header: &Value, claims: &Value, signature: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{signature}", part(header), part(claims))
}

/// The other tests would pass for any token; this one says that their claims and key are otherwise right.
#[tokio::test]
async fn the_same_claims_signed_with_our_key_are_signed_in() {
    let noa = Signed::in_a_building().await;
    let mut actor = noa.app.visitor();
    actor.set_cookie("__Host-session", &sign(&named(Some(KID)), &noa.claims, &KEY));
    assert_eq!(actor.get(&format!("/b/{SLUG}")).await.status, StatusCode::OK);
    assert_eq!(actor.call("feed/page", &[("building", SLUG)]).await.status, StatusCode::OK);
    noa.app.finish().await;
}

#[tokio::test]
async fn a_token_with_alg_none_is_signed_out() {
    let noa = Signed::in_a_building().await;
    let signed = sign(&named(Some(KID)), &noa.claims, &KEY);
    let stolen = signed.rsplit('.').next().expect("a signature").to_owned();
    for alg in ["none", "None", "NONE", ""] {
        for signature in ["", "x", &stolen] {
            let token = unsigned(&json!({ "alg": alg, "typ": "JWT", "kid": KID }), &noa.claims, signature);
            noa.ends_signed_out(&token, &format!("alg {alg:?}")).await;
        }
    }
    noa.app.finish().await;
}

#[tokio::test]
async fn a_token_of_another_algorithm_is_signed_out() {
    let noa = Signed::in_a_building().await;
    for algorithm in [Algorithm::HS384, Algorithm::HS512] {
        let header = Header { kid: Some(KID.into()), ..Header::new(algorithm) };
        noa.ends_signed_out(&sign(&header, &noa.claims, &KEY), &format!("{algorithm:?}")).await;
    }
    noa.app.finish().await;
}

#[tokio::test]
async fn a_token_signed_with_a_wrong_key_is_signed_out() {
    let noa = Signed::in_a_building().await;
    for key in [[0x5b_u8; 32].as_slice(), &[0; 32], b"", b"vantera"] {
        noa.ends_signed_out(&sign(&named(Some(KID)), &noa.claims, key), "a wrong key").await;
    }
    noa.app.finish().await;
}

#[tokio::test]
async fn a_token_with_a_wrong_kid_or_without_one_is_signed_out() {
    let noa = Signed::in_a_building().await;
    for kid in [Some("other"), Some(""), Some("../test"), None] {
        noa.ends_signed_out(&sign(&named(kid), &noa.claims, &KEY), &format!("kid {kid:?}")).await;
    }
    noa.app.finish().await;
}

#[tokio::test]
async fn an_expired_token_is_signed_out() {
    let noa = Signed::in_a_building().await;
    let now = noa.claims["iat"].as_i64().expect("a moment");
    for exp in [json!(now - 1), json!(now), json!(0), json!(-1), json!("tomorrow")] {
        let token = sign(&named(Some(KID)), &noa.with("exp", exp.clone()), &KEY);
        noa.ends_signed_out(&token, &format!("exp {exp}")).await;
    }
    let token = sign(&named(Some(KID)), &noa.claims, &KEY);
    noa.app.advance(15 * 60);
    noa.ends_signed_out(&token, "fifteen minutes later").await;
    noa.app.finish().await;
}

#[tokio::test]
async fn a_token_without_one_of_its_claims_is_signed_out() {
    let noa = Signed::in_a_building().await;
    for claim in ["sub", "sid", "exp", "iat", "aud", "iss"] {
        noa.ends_signed_out(&sign(&named(Some(KID)), &noa.without(claim), &KEY), &format!("without {claim}")).await;
    }
    noa.ends_signed_out(&sign(&named(Some(KID)), &json!({}), &KEY), "without any claim").await;
    noa.app.finish().await;
}

#[tokio::test]
async fn a_token_for_somebody_else_is_signed_out() {
    let noa = Signed::in_a_building().await;
    for (claim, value) in [
        ("aud", json!("vantera-api")),
        ("iss", json!("evil")),
        ("sid", json!("not-an-id")),
        ("sid", json!("00000000-0000-0000-0000-000000000000")),
        ("sub", json!(7)),
        ("iat", json!(4_000_000_000_i64)),
    ] {
        let token = sign(&named(Some(KID)), &noa.with(claim, value.clone()), &KEY);
        noa.ends_signed_out(&token, &format!("{claim} {value}")).await;
    }
    noa.app.finish().await;
}

#[tokio::test]
async fn what_is_no_token_at_all_is_signed_out() {
    let noa = Signed::in_a_building().await;
    let long = "a".repeat(7_000);
    for text in ["", ".", "..", "a.b.c", "e30.e30.", "e30.e30.e30", "null", "%00", long.as_str()] {
        noa.ends_signed_out(text, text.get(..12).unwrap_or(text)).await;
    }
    noa.app.finish().await;
}

/// A refresh token of a browser whose access token is rubbish is spent as usual: rubbish is nobody, not an error.
#[tokio::test]
async fn a_bad_access_token_beside_a_good_refresh_token_is_renewed() {
    let app = App::with_building().await;
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    noa.set_cookie("__Host-session", "rubbish");
    assert_eq!(noa.get(&format!("/b/{SLUG}")).await.status, StatusCode::OK);
    assert!(noa.cookie("__Host-session").is_some_and(|token| token != "rubbish"));
    app.finish().await;
}

#[tokio::test]
async fn what_is_no_refresh_token_is_signed_out() {
    let app = App::with_building().await;
    let long = "ab".repeat(3_000);
    for text in ["", "zz", "00", &"0".repeat(63), &"0".repeat(64), &"f".repeat(128), long.as_str()] {
        let mut actor = app.visitor();
        actor.set_cookie("__Host-refresh", text);
        let answer = actor.get(&format!("/b/{SLUG}")).await;
        assert!(answer.leads().is_some_and(|to| to.starts_with("/signin")), "{}: {}", text.get(..8).unwrap_or(text), answer.status);
    }
    app.finish().await;
}

/// Two tabs wake at once after the access token has run out: both bring the same refresh token, and neither is a thief.
#[tokio::test]
async fn parallel_tabs_within_the_grace_stay_signed_in() {
    let app = App::with_building().await;
    let noa = app.resident("3", "נועה שגב", "0543182704").await;
    app.advance(16 * 60);
    let board = format!("/b/{SLUG}");
    let (mut one, mut two, mut three) = (noa.clone(), noa.clone(), noa.clone());
    let (first, second) = tokio::join!(one.get(&board), two.get(&board));
    assert_eq!((first.status, second.status), (StatusCode::OK, StatusCode::OK));
    app.advance(29);
    three.forget_cookie("__Host-session");
    assert_eq!(three.get(&board).await.status, StatusCode::OK, "just inside the grace");
    // One of them got the new refresh token; the browser keeps one jar, and goes on with it.
    let spent = noa.cookie("__Host-refresh").expect("the old one").to_owned();
    let kept = [&one, &two].into_iter().filter_map(|tab| tab.cookie("__Host-refresh")).find(|token| *token != spent).expect("one tab was given the next").to_owned();
    let mut browser = noa.clone();
    browser.set_cookie("__Host-refresh", &kept);
    app.advance(16 * 60);
    assert_eq!(browser.get(&board).await.status, StatusCode::OK);
    app.finish().await;
}

/// A thief who comes after the grace ends the family, whichever of the two held the newer token.
#[tokio::test]
async fn a_stolen_refresh_token_reused_after_the_grace_ends_every_tab() {
    let app = App::with_building().await;
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    let mut thief = app.visitor();
    thief.set_cookie("__Host-refresh", noa.cookie("__Host-refresh").expect("a refresh token"));
    app.advance(16 * 60);
    let board = format!("/b/{SLUG}");
    assert_eq!(noa.get(&board).await.status, StatusCode::OK);
    app.advance(31);
    assert!(thief.get(&board).await.leads().is_some_and(|to| to.starts_with("/signin")));
    // The access token that is still alive opens nothing: the session is read at every opening.
    assert!(noa.get(&board).await.leads().is_some_and(|to| to.starts_with("/signin")), "the family is over at once");
    assert_eq!(app.text("select end_reason from sessions where ended_at is not null").await.as_deref(), Some("reuse"));
    app.finish().await;
}
