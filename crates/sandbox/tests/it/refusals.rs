//! What Stripe refuses, the stand-in refuses in the same words a client would act on.

use crate::harness::*;

/// The fields of a session, some of them replaced or added.
fn with<'a>(fields: &[(&'a str, &'a str)], changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut changed: Vec<(&str, &str)> = fields.iter().filter(|(name, _)| changes.iter().all(|(other, _)| name != other)).copied().collect();
    changed.extend(changes);
    changed
}

#[tokio::test]
async fn a_session_that_makes_no_sense_is_refused_at_its_parameter() {
    let sandbox = start().await;
    let soon = (NOW + 60).to_string();
    let late = (NOW + 3 * DAY).to_string();
    let long = "x".repeat(201);
    for (fields, param) in [
        (with(PURCHASE, &[("mode", "")]), "mode"),
        (with(PURCHASE, &[("mode", "gift")]), "mode"),
        (with(PURCHASE, &[("success_url", "")]), "success_url"),
        (with(PURCHASE, &[("success_url", "not a url")]), "success_url"),
        (with(PURCHASE, &[("cancel_url", "javascript:alert(1)")]), "cancel_url"),
        // Stripe has no Hebrew; sending it is a mistake that must show.
        (with(PURCHASE, &[("locale", "he")]), "locale"),
        (with(PURCHASE, &[("ui_mode", "hosted")]), "ui_mode"),
        (with(PURCHASE, &[("expires_at", &soon)]), "expires_at"),
        (with(PURCHASE, &[("expires_at", &late)]), "expires_at"),
        (with(PURCHASE, &[("client_reference_id", &long)]), "client_reference_id"),
        (with(PURCHASE, &[("customer", "cus_nobody")]), "customer"),
        (with(PURCHASE, &[("customer_email", "nobody")]), "customer_email"),
        (with(PURCHASE, &[("sucess_url", "http://x.test")]), "sucess_url"),
        (with(PURCHASE, &[("line_items[0][price_data][product_data][nmae]", "x")]), "line_items[0][price_data][product_data][nmae]"),
        (with(PURCHASE, &[("line_items[0][price_data][unit_amount]", "12.5")]), "line_items[0][price_data][unit_amount]"),
        (with(PURCHASE, &[("line_items[0][price_data][currency]", "shekel")]), "line_items[0][price_data][currency]"),
        (with(PURCHASE, &[("line_items[0][quantity]", "0")]), "line_items[0][quantity]"),
        (with(PURCHASE, &[("line_items[0][quantity]", "")]), "line_items[0][quantity]"),
        (with(PURCHASE, &[("line_items[0][price_data][recurring][interval]", "month")]), "line_items[0][price]"),
        (with(PURCHASE, &[("subscription_data[metadata][a]", "b")]), "subscription_data"),
        (with(PURCHASE, &[("payment_intent_data[application_fee_amount]", "12001")]), "payment_intent_data[application_fee_amount]"),
        (with(MEMBERSHIP, &[("payment_intent_data[metadata][a]", "b")]), "payment_intent_data"),
        (with(MEMBERSHIP, &[("customer_creation", "always")]), "customer_creation"),
        (with(MEMBERSHIP, &[("line_items[0][price_data][recurring][interval]", "fortnight")]), "line_items[0][price_data][recurring][interval]"),
        (with(MEMBERSHIP, &[("line_items[0][price_data][unit_amount]", "49")]), "line_items"),
    ] {
        let error = sandbox.post("/v1/checkout/sessions", &fields).await.error(400);
        assert_eq!(error["param"], param, "{error}");
        assert_eq!(error["type"], "invalid_request_error");
    }
    assert_eq!(sandbox.state().await["counts"]["checkout.session"], 0);
}

#[tokio::test]
async fn nobody_comes_in_without_a_test_key() {
    let sandbox = start_with(|options| options.api_key = Some("sk_test_mine".into())).await;
    for header in [None, Some("Bearer "), Some("Bearer sk_test_other"), Some("Bearer sk_live_real"), Some("Digest x")] {
        let headers: Vec<(&str, &str)> = header.iter().map(|value| ("authorization", *value)).collect();
        let answer = sandbox.send(http::Method::GET, "/v1/customers", &headers, String::new()).await.expect("an answer");
        let error = answer.error(401);
        assert_eq!(error["type"], "invalid_request_error");
        assert!(!error.to_string().contains("sk_live_real"));
        assert!(answer.header("request-id").starts_with("req_"));
    }
    // Basic, with the key as the user name: `sk_test_mine:`.
    for header in ["Bearer sk_test_mine", "Basic c2tfdGVzdF9taW5lOg=="] {
        sandbox.send(http::Method::GET, "/v1/customers", &[("authorization", header)], String::new()).await.expect("an answer").ok();
    }
}

#[tokio::test]
async fn only_known_versions_are_spoken_and_the_spoken_one_is_told() {
    let sandbox = start().await;
    for version in ["2026-09-30.endive", "2026-10-28.endive"] {
        let answer = sandbox.send(http::Method::GET, "/v1/events", &[("authorization", "Bearer sk_test_x"), ("stripe-version", version)], String::new()).await.expect("an answer");
        answer.ok();
        assert_eq!(answer.header("stripe-version"), version);
    }
    sandbox.send(http::Method::GET, "/v1/events", &[("authorization", "Bearer sk_test_x"), ("stripe-version", "2019-01-01")], String::new()).await.expect("an answer").error(400);
}

#[tokio::test]
async fn what_is_not_there_is_said_so() {
    let sandbox = start().await;
    for path in ["/v1/customers/cus_x", "/v1/checkout/sessions/cs_x", "/v1/events/evt_x", "/v1/subscriptions/sub_x", "/v1/invoices/in_x", "/v1/refunds/re_x"] {
        let error = sandbox.get(path).await.error(404);
        assert_eq!(error["code"], "resource_missing", "{path}");
    }
    sandbox.get("/v1/rockets").await.error(404);
    assert_eq!(sandbox.browse("/c/pay/cs_x").await.status, 404);
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused() {
    let sandbox = start().await;
    let huge = "a".repeat(300 * 1024);
    sandbox.post("/v1/customers", &[("name", &huge)]).await.error(400);
    let long = "a".repeat(6_000);
    sandbox.post("/v1/customers", &[("name", &long)]).await.error(400);
    let many: Vec<(String, String)> = (0..51).map(|index| (format!("metadata[k{index}]"), "v".to_owned())).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    sandbox.post("/v1/customers", &many).await.error(400);
}
