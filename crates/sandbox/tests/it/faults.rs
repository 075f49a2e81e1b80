//! Bad days on request.

use serde_json::json;

use crate::harness::*;

const INTENT: [(&str, &str); 4] = [("amount", "500"), ("currency", "usd"), ("payment_method", "pm_card_visa"), ("confirm", "true")];

#[tokio::test]
async fn the_charge_goes_through_and_its_answer_is_lost() {
    let sandbox = start().await;
    sandbox.fault(json!({ "path": "/v1/payment_intents", "method": "POST", "mode": "charge_then_drop" })).await;
    let lost = sandbox.post_with_key("/v1/payment_intents", &INTENT, "k1").await;
    assert!(lost.is_err(), "the connection is cut");
    assert_eq!(sandbox.state().await["counts"]["charge"], 1);
    let again = sandbox.post_with_key("/v1/payment_intents", &INTENT, "k1").await.expect("an answer");
    assert_eq!(again.ok()["status"], "succeeded");
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(sandbox.state().await["counts"]["charge"], 1, "and is not charged twice");
}

#[tokio::test]
async fn the_charge_goes_through_and_a_gateway_says_otherwise() {
    let sandbox = start().await;
    sandbox.fault(json!({ "path": "/v1/payment_intents", "mode": "charge_then_drop", "status": 502 })).await;
    let lost = sandbox.post_with_key("/v1/payment_intents", &INTENT, "k1").await.expect("an answer");
    lost.error(502);
    assert_eq!(lost.header("stripe-should-retry"), "true");
    sandbox.post_with_key("/v1/payment_intents", &INTENT, "k1").await.expect("an answer").ok();
    assert_eq!(sandbox.state().await["counts"]["charge"], 1);
}

#[tokio::test]
async fn a_connection_cut_early_has_done_nothing() {
    let sandbox = start().await;
    sandbox.fault(json!({ "path": "/v1/payment_intents", "mode": "drop" })).await;
    assert!(sandbox.post_with_key("/v1/payment_intents", &INTENT, "k1").await.is_err());
    assert_eq!(sandbox.state().await["counts"]["charge"], 0);
    sandbox.post_with_key("/v1/payment_intents", &INTENT, "k1").await.expect("an answer").ok();
}

#[tokio::test]
async fn an_outage_is_replayed_only_when_the_endpoint_had_begun() {
    let sandbox = start().await;
    for (status, replayed, retry) in [(500, true, "false"), (503, false, "true"), (429, false, "true")] {
        sandbox.fault(json!({ "path": "/v1/customers", "mode": "status", "status": status })).await;
        let key = format!("k{status}");
        let first = sandbox.post_with_key("/v1/customers", &[], &key).await.expect("an answer");
        first.error(status);
        assert_eq!(first.header("stripe-should-retry"), retry);
        let second = sandbox.post_with_key("/v1/customers", &[], &key).await.expect("an answer");
        assert_eq!(second.status.as_u16(), if replayed { status } else { 200 });
    }
}

#[tokio::test]
async fn the_page_can_lose_its_answer_too() {
    let sandbox = start().await;
    let session = sandbox.purchase().await;
    sandbox.fault(json!({ "path": "/c/pay", "method": "POST", "mode": "charge_then_drop" })).await;
    let lost = sandbox.send(http::Method::POST, &pay_path(&session), &[], form(&[("cardNumber", "4242424242424242"), ("cardExpiry", "0829"), ("cardCvc", "417")])).await;
    assert!(lost.is_err());
    let page = sandbox.browse(&pay_path(&session)).await;
    assert_eq!(page.status, 303, "the payer reloads and finds it paid");
}

#[tokio::test]
async fn orders_are_listed_refused_and_cleared() {
    let sandbox = start().await;
    sandbox.control("faults", json!({ "mode": "explode" })).await.error(400);
    sandbox.control("faults", json!({ "mode": "slow_ms", "ms": 60_001 })).await.error(400);
    sandbox.fault(json!({ "mode": "status", "status": 503, "times": 9 })).await;
    assert_eq!(sandbox.browse("/_sandbox/faults").await.ok()[0]["times"], 9);
    assert_eq!(sandbox.browse("/healthz").await.status, 200);
    sandbox.delete("/_sandbox/faults").await.ok();
    sandbox.get("/v1/customers").await.ok();
}
