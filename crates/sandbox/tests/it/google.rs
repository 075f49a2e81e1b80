//! Google's token endpoint: who may ask, what a code and a refresh token give, and how it refuses.

use base64::Engine as _;
use http::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::harness::*;

const BACK: &str = "https://vantera.test/connected";

async fn consents(sandbox: &Sandbox, more: Value) -> String {
    let mut consent = json!({ "account": "1098", "scope": "calendar", "redirect_uri": BACK, "client_id": "ours" });
    consent.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    let told = sandbox.send(Method::POST, "/_sandbox/google/consents", &[("content-type", "application/json")], consent.to_string()).await.expect("an answer");
    told.ok()["code"].as_str().expect("a code").to_owned()
}

async fn asks(sandbox: &Sandbox, door: &str, headers: &[(&str, &str)], fields: &[(&str, &str)]) -> Answer {
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let headers: Vec<(&str, &str)> = [("content-type", "application/x-www-form-urlencoded")].iter().chain(headers).copied().collect();
    sandbox.send(Method::POST, door, &headers, form).await.expect("an answer")
}

const OURS: [(&str, &str); 2] = [("client_id", "ours"), ("client_secret", "s3cret")];

async fn exchanges(sandbox: &Sandbox, code: &str, more: &[(&str, &str)]) -> Answer {
    let fields: Vec<(&str, &str)> = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", BACK)].iter().chain(&OURS).chain(more).copied().collect();
    asks(sandbox, "/token", &[], &fields).await
}

async fn refreshes(sandbox: &Sandbox, token: &str) -> Answer {
    asks(sandbox, "/token", &[], &[&[("grant_type", "refresh_token"), ("refresh_token", token)][..], &OURS].concat()).await
}

fn text<'a>(told: &'a Value, field: &str) -> &'a str {
    told[field].as_str().unwrap_or_else(|| panic!("no {field} in {told}"))
}

#[tokio::test]
async fn a_code_gives_tokens_once_and_a_refresh_token_gives_access_again() {
    let sandbox = start().await;
    let code = consents(&sandbox, json!({})).await;
    let given = exchanges(&sandbox, &code, &[]).await;
    assert_eq!(given.header("cache-control"), "no-store");
    let given = given.ok();
    assert_eq!((text(&given, "token_type"), text(&given, "scope"), given["expires_in"].as_i64()), ("Bearer", "calendar", Some(3599)));
    assert_eq!(exchanges(&sandbox, &code, &[]).await.error(400), "invalid_grant", "a code is good once");
    let again = refreshes(&sandbox, text(&given, "refresh_token")).await.ok();
    assert!(again.get("refresh_token").is_none() && again["access_token"] != given["access_token"]);
    // Who said yes before and is not asked again gives no refresh token.
    let code = consents(&sandbox, json!({ "prompt_consent": false })).await;
    assert!(exchanges(&sandbox, &code, &[]).await.ok().get("refresh_token").is_none());
    let state = sandbox.browse("/_sandbox/state").await.ok();
    assert_eq!((&state["google"]["token_requests"], &state["google"]["refresh_requests"], &state["google"]["grants"][0]["refreshes"]), (&json!(4), &json!(1), &json!(1)));
}

#[tokio::test]
async fn a_grant_that_rotates_spends_its_refresh_token_and_ends_when_a_spent_one_comes() {
    let sandbox = start().await;
    let code = consents(&sandbox, json!({ "rotates": true })).await;
    let first = exchanges(&sandbox, &code, &[]).await.ok();
    let second = refreshes(&sandbox, text(&first, "refresh_token")).await.ok();
    let third = refreshes(&sandbox, text(&second, "refresh_token")).await.ok();
    assert_eq!(refreshes(&sandbox, text(&first, "refresh_token")).await.error(400), "invalid_grant");
    assert_eq!(refreshes(&sandbox, text(&third, "refresh_token")).await.error(400), "invalid_grant", "the whole grant is over");
}

#[tokio::test]
async fn whoever_is_not_the_client_gets_nothing() {
    let sandbox = start_with(|options| options.google_client = Some(("ours".into(), "s3cret".into()))).await;
    let token = [("grant_type", "refresh_token"), ("refresh_token", "1//x")];
    let ask = async |headers: &[(&str, &str)], fields: &[(&str, &str)]| asks(&sandbox, "/token", headers, fields).await;
    assert_eq!(ask(&[], &[&token[..], &[("client_id", "ours"), ("client_secret", "no")]].concat()).await.error(401), "invalid_client");
    assert_eq!(ask(&[], &[&token[..], &[("client_id", "other"), ("client_secret", "s3cret")]].concat()).await.error(401), "invalid_client");
    assert_eq!(ask(&[], &token).await.error(400), "invalid_request");
    let basic = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode("ours:s3cret"));
    assert_eq!(ask(&[("authorization", &basic)], &token).await.error(400), "invalid_grant", "Basic is as good as the body");
    assert_eq!(ask(&[], &[&[("grant_type", "password")][..], &OURS].concat()).await.error(400), "unsupported_grant_type");
    assert_eq!(ask(&[], &OURS).await.error(400), "invalid_request");
    assert_eq!(ask(&[], &[&OURS[..], &OURS].concat()).await.error(400), "invalid_request", "a name stands once");
}

#[tokio::test]
async fn a_code_belongs_to_its_address_and_its_challenge_and_ends() {
    let sandbox = start().await;
    let challenge = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(Sha256::digest(b"verifier"));
    let with = json!({ "code_challenge": challenge });
    for (fields, refused) in [(&[][..], "invalid_grant"), (&[("code_verifier", "another")][..], "invalid_grant")] {
        let code = consents(&sandbox, with.clone()).await;
        assert_eq!(exchanges(&sandbox, &code, fields).await.error(400), refused);
    }
    let code = consents(&sandbox, with).await;
    exchanges(&sandbox, &code, &[("code_verifier", "verifier")]).await.ok();
    let code = consents(&sandbox, json!({ "redirect_uri": "https://elsewhere.test/" })).await;
    assert_eq!(exchanges(&sandbox, &code, &[]).await.error(400), "redirect_uri_mismatch");
    let code = consents(&sandbox, json!({})).await;
    sandbox.send(Method::POST, "/_sandbox/clock", &[("content-type", "application/json")], json!({ "seconds": 601 }).to_string()).await.expect("an answer");
    assert_eq!(exchanges(&sandbox, &code, &[]).await.error(400), "invalid_grant");
}

#[tokio::test]
async fn a_grant_is_taken_back_and_google_may_fail() {
    let sandbox = start().await;
    let code = consents(&sandbox, json!({})).await;
    let given = exchanges(&sandbox, &code, &[]).await.ok();
    let token = text(&given, "refresh_token");
    for (status, code) in [(503, "internal_failure"), (400, "invalid_grant"), (429, "rate_limit_exceeded")] {
        sandbox.fault(json!({ "path": "/token", "mode": "status", "status": status })).await;
        assert_eq!(refreshes(&sandbox, token).await.error(status), code);
    }
    refreshes(&sandbox, token).await.ok();
    assert_eq!(asks(&sandbox, "/revoke", &[], &[("token", token)]).await.status, 200);
    assert_eq!(asks(&sandbox, "/revoke", &[], &[("token", token)]).await.error(400), "invalid_token");
    assert_eq!(refreshes(&sandbox, token).await.error(400), "invalid_grant");
}
