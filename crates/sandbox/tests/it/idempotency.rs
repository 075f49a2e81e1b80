//! The same key gives the same answer, whatever happened to it on the way.

use serde_json::json;

use crate::harness::*;

#[tokio::test]
async fn a_key_gives_its_first_answer_again() {
    let sandbox = start().await;
    let fields = [("email", "a@flat.test")];
    let first = sandbox.post_with_key("/v1/customers", &fields, "k1").await.expect("an answer");
    assert_eq!(first.header("idempotent-replayed"), "");
    assert_eq!(first.header("idempotency-key"), "k1");
    let again = sandbox.post_with_key("/v1/customers", &fields, "k1").await.expect("an answer");
    assert_eq!(again.text, first.text);
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(again.header("original-request"), first.header("request-id"));
    assert_eq!(sandbox.state().await["counts"]["customer"], 1);
}

#[tokio::test]
async fn a_key_with_other_parameters_is_refused() {
    let sandbox = start().await;
    let send = |path, email| sandbox.post_with_key(path, email, "k1");
    send("/v1/customers", &[("email", "a@flat.test")]).await.expect("an answer").ok();
    for (path, fields) in [("/v1/customers", [("email", "b@flat.test")]), ("/v1/products", [("email", "a@flat.test")])] {
        let error = sandbox.post_with_key(path, &fields, "k1").await.expect("an answer").error(400);
        assert_eq!(error["type"], "idempotency_error");
    }
}

#[tokio::test]
async fn a_refusal_before_the_work_is_not_kept_and_a_declined_card_is() {
    let sandbox = start().await;
    sandbox.post_with_key("/v1/customers", &[("emial", "a@flat.test")], "k1").await.expect("an answer").error(400);
    sandbox.post_with_key("/v1/customers", &[("email", "a@flat.test")], "k1").await.expect("an answer").ok();
    let declined = [("amount", "500"), ("currency", "usd"), ("payment_method", "pm_card_chargeDeclined"), ("confirm", "true")];
    for replayed in ["", "true"] {
        let answer = sandbox.post_with_key("/v1/payment_intents", &declined, "k2").await.expect("an answer");
        answer.error(402);
        assert_eq!(answer.header("idempotent-replayed"), replayed);
        assert_eq!(answer.header("stripe-should-retry"), "false");
    }
    assert_eq!(sandbox.state().await["counts"]["charge"], 1);
}

#[tokio::test]
async fn a_second_request_while_the_first_is_running_is_a_conflict() {
    let sandbox = start().await;
    sandbox.fault(json!({ "path": "/v1/customers", "mode": "slow_ms", "ms": 300 })).await;
    let fields = [("email", "a@flat.test")];
    let (one, two) = tokio::join!(sandbox.post_with_key("/v1/customers", &fields, "k1"), sandbox.post_with_key("/v1/customers", &fields, "k1"));
    let mut answers = [one.expect("an answer"), two.expect("an answer")];
    answers.sort_by_key(|answer| answer.status);
    answers[0].ok();
    assert_eq!(answers[1].error(409)["code"], "idempotency_key_in_use");
    assert_eq!(answers[1].header("stripe-should-retry"), "true");
    assert_eq!(sandbox.state().await["counts"]["customer"], 1);
}

#[tokio::test]
async fn a_key_is_one_accounts_own_and_not_too_long() {
    let sandbox = start().await;
    for account in ["Bearer sk_test_one", "Bearer sk_test_two"] {
        let headers = [("authorization", account), ("idempotency-key", "k1")];
        let sent = sandbox.send(http::Method::POST, "/v1/customers", &headers, form(&[("name", account)])).await;
        sent.expect("an answer").ok();
    }
    assert_eq!(sandbox.state().await["counts"]["customer"], 2);
    let long = "k".repeat(256);
    let refused = sandbox.post_with_key("/v1/customers", &[], &long).await;
    refused.expect("an answer").error(400);
}
