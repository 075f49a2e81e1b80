use kit::Currency;
use serde_json::{Value, json};
use stripe_port::{RefundReason, RefundRequest, RefundState, Refundable, StripeError, StripePort};

use crate::fake::{Fake, refusal};

/// docs.stripe.com/api/refunds/object
fn refund(id: &str, status: &str) -> Value {
    json!({"id": id, "object": "refund", "amount": 300, "balance_transaction": "txn_1", "charge": "ch_1",
        "created": 1_795_000_000, "currency": "usd", "metadata": {}, "payment_intent": "pi_1",
        "reason": "duplicate", "receipt_number": null, "status": status})
}

/// docs.stripe.com/api/subscriptions/object with `latest_invoice.payments` expanded.
fn subscription(status: &str, payments: Value) -> Value {
    json!({"id": "sub_1", "object": "subscription", "status": status, "customer": "cus_1", "items": {"object": "list",
        "data": [], "has_more": false, "url": "/v1/subscription_items"}, "latest_invoice": {"id": "in_1",
        "object": "invoice", "status": "paid", "payments": {"object": "list", "data": payments, "has_more": false,
        "url": "/v1/invoices/in_1/payments"}}})
}

fn payment(status: &str, intent: &str) -> Value {
    json!({"id": "inpay_1", "object": "invoice_payment", "amount_paid": 300, "currency": "usd", "invoice": "in_1",
        "is_default": true, "payment": {"type": "payment_intent", "payment_intent": intent}, "status": status})
}

fn request(of: Refundable) -> RefundRequest {
    RefundRequest { of, reason: RefundReason::Duplicate, metadata: vec![("joining".into(), "joining_01".into())] }
}

fn single() -> RefundRequest {
    request(Refundable::PaymentIntent("pi_1".into()))
}

fn membership() -> RefundRequest {
    request(Refundable::Subscription("sub_1".into()))
}

#[tokio::test]
async fn a_single_payment_is_given_back() {
    let cases = [
        ("succeeded", RefundState::Succeeded),
        ("pending", RefundState::Pending),
        ("requires_action", RefundState::Pending),
        ("failed", RefundState::Failed),
        ("canceled", RefundState::Failed),
    ];
    for (status, state) in cases {
        let fake = Fake::start().await;
        fake.answer(200, refund("re_1", status));
        let refunded = fake.client().refund(&single(), "join:01:refund").await.expect("refunded");
        assert_eq!((refunded.refund_id.as_str(), refunded.state), ("re_1", state));
        assert_eq!((refunded.amount_minor, refunded.currency), (300, Currency::Usd));
        assert_eq!(refunded.payment_intent, "pi_1");
        let heard = fake.heard().remove(0);
        assert_eq!(heard.line(), "POST /v1/refunds");
        assert_eq!(heard.header("idempotency-key"), Some("join:01:refund"));
        let form: Vec<_> = heard.form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(form, [("metadata[joining]", "joining_01"), ("payment_intent", "pi_1"), ("reason", "duplicate")]);
    }
}

#[tokio::test]
async fn a_membership_is_cancelled_and_then_given_back() {
    let fake = Fake::start().await;
    let payments = json!([payment("canceled", "pi_0"), payment("paid", "pi_1")]);
    fake.answer(200, subscription("active", payments.clone())).answer(200, subscription("canceled", payments)).answer(200, refund("re_1", "succeeded"));
    let refunded = fake.client().refund(&membership(), "k").await.expect("refunded");
    assert_eq!(refunded.payment_intent, "pi_1");
    let lines = ["GET /v1/subscriptions/sub_1", "DELETE /v1/subscriptions/sub_1", "POST /v1/refunds"];
    assert_eq!(fake.lines(), lines);
    let heard = fake.heard();
    assert_eq!(heard[0].query.get("expand[0]").map(String::as_str), Some("latest_invoice.payments"));
    let keys: Vec<_> = heard.iter().map(|one| one.header("idempotency-key")).collect();
    assert_eq!(keys, [None, None, Some("k")]);
    assert_eq!(heard[2].form.get("payment_intent").map(String::as_str), Some("pi_1"));
}

#[tokio::test]
async fn a_refund_repeated_after_the_cancellation_still_gives_the_money_back() {
    let fake = Fake::start().await;
    let cancelled = subscription("canceled", json!([payment("paid", "pi_1")]));
    fake.answer(200, &cancelled)
        .answer(404, refusal("invalid_request_error", "resource_missing", "No such subscription: 'sub_1'"))
        .answer(200, &cancelled)
        .answer(200, refund("re_1", "succeeded"));
    let refunded = fake.client().refund(&membership(), "k").await.expect("refunded");
    assert_eq!(refunded.state, RefundState::Succeeded);
}

#[tokio::test]
async fn an_unpaid_membership_is_cancelled_and_says_that_nothing_was_paid() {
    let mut never_invoiced = subscription("incomplete", json!([]));
    never_invoiced["latest_invoice"] = Value::Null;
    for answer in [never_invoiced, subscription("incomplete", json!([payment("open", "pi_1")]))] {
        let fake = Fake::start().await;
        fake.answer(200, &answer).answer(200, &answer);
        let error = fake.client().refund(&membership(), "k").await.expect_err("nothing paid");
        assert!(matches!(&error, StripeError::Invalid { code: Some(code), .. } if code == "nothing_paid"), "{error:?}");
        assert_eq!(fake.lines(), ["GET /v1/subscriptions/sub_1", "DELETE /v1/subscriptions/sub_1"]);
    }
}

#[tokio::test]
async fn a_payment_given_back_before_answers_with_that_refund() {
    let already = refusal("invalid_request_error", "charge_already_refunded", "Charge ch_1 has already been refunded.");
    let fake = Fake::start().await;
    let earlier = json!({"object": "list", "url": "/v1/refunds", "has_more": false,
        "data": [refund("re_9", "failed"), refund("re_8", "succeeded")]});
    fake.answer(400, &already).answer(200, earlier);
    let refunded = fake.client().refund(&single(), "k").await.expect("the earlier one");
    assert_eq!((refunded.refund_id.as_str(), refunded.state), ("re_8", RefundState::Succeeded));
    let heard = fake.heard().remove(1);
    assert_eq!((heard.line().as_str(), heard.query["payment_intent"].as_str()), ("GET /v1/refunds", "pi_1"));

    let fake = Fake::start().await;
    fake.answer(400, already).answer(200, json!({"object": "list", "data": []}));
    let error = fake.client().refund(&single(), "k").await.expect_err("nothing found");
    assert!(matches!(&error, StripeError::Invalid { code: Some(code), .. } if code == "charge_already_refunded"));
}

#[tokio::test]
async fn a_subscription_ends_once_and_stays_ended() {
    let fake = Fake::start().await;
    let missing = refusal("invalid_request_error", "resource_missing", "No such subscription: 'sub_1'");
    fake.answer(200, subscription("canceled", json!([])));
    fake.client().cancel_subscription("sub_1").await.expect("cancelled");
    assert_eq!(fake.lines(), ["DELETE /v1/subscriptions/sub_1"]);

    fake.answer(404, &missing).answer(200, subscription("canceled", json!([])));
    fake.client().cancel_subscription("sub_1").await.expect("was cancelled before");

    fake.answer(404, &missing).answer(404, &missing);
    assert_eq!(fake.client().cancel_subscription("sub_1").await, Err(StripeError::NotFound));

    fake.answer(404, &missing).answer(200, subscription("active", json!([])));
    assert_eq!(fake.client().cancel_subscription("sub_1").await, Err(StripeError::NotFound));
}
