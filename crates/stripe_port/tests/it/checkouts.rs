use std::collections::BTreeMap;

use kit::{Currency, Money};
use serde_json::{Value, json};
use stripe_port::{CheckoutState, Interval, OpenCheckout, Refundable, StripeError, StripePort};

use crate::fake::{Fake, SECRET, membership, refusal, session};

fn form(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test]
async fn a_membership_opens_as_a_monthly_subscription() {
    let fake = Fake::start().await;
    fake.answer(200, session(json!({})));
    let opened = fake.client().open_checkout(&membership(), "join:01:open").await.expect("opened");
    assert_eq!(opened.session_id, "cs_test_a1");
    assert_eq!(opened.url, "https://checkout.stripe.com/c/pay/cs_test_a1");

    let heard = fake.heard().remove(0);
    assert_eq!(heard.line(), "POST /v1/checkout/sessions");
    assert_eq!(heard.header("authorization"), Some(format!("Bearer {SECRET}").as_str()));
    assert_eq!(heard.header("idempotency-key"), Some("join:01:open"));
    assert_eq!(heard.header("stripe-version"), Some("2026-09-30.endive"));
    assert_eq!(heard.header("content-type"), Some("application/x-www-form-urlencoded"));
    let expected = form(&[
        ("mode", "subscription"),
        ("line_items[0][quantity]", "1"),
        ("line_items[0][price_data][currency]", "usd"),
        ("line_items[0][price_data][unit_amount]", "300"),
        ("line_items[0][price_data][recurring][interval]", "month"),
        ("line_items[0][price_data][product_data][name]", "דירה 7, הרצל 12"),
        ("success_url", "https://vantera.test/join/paid?session={CHECKOUT_SESSION_ID}"),
        ("cancel_url", "https://vantera.test/join?step=pay&lang=he"),
        ("client_reference_id", "joining_01"),
        ("metadata[tenant]", "t1"),
        ("metadata[flat]", "7 & ½"),
        ("metadata[a]", "b=c"),
        ("subscription_data[metadata][tenant]", "t1"),
        ("subscription_data[metadata][flat]", "7 & ½"),
        ("subscription_data[metadata][a]", "b=c"),
    ]);
    assert_eq!(heard.form, expected);
}

#[tokio::test]
async fn a_single_payment_carries_its_metadata_to_the_payment_intent() {
    let fake = Fake::start().await;
    fake.answer(200, session(json!({"mode": "payment"})));
    let request = OpenCheckout {
        price: Money::ils(12_050),
        interval: Interval::Once,
        product_name: "Haircut".into(),
        metadata: vec![("booking".into(), "bk_1".into())],
        expires_at_unix: Some(1_795_003_600),
        ..membership()
    };
    fake.client().open_checkout(&request, "k").await.expect("opened");
    let expected = form(&[
        ("mode", "payment"),
        ("line_items[0][quantity]", "1"),
        ("line_items[0][price_data][currency]", "ils"),
        ("line_items[0][price_data][unit_amount]", "12050"),
        ("line_items[0][price_data][product_data][name]", "Haircut"),
        ("success_url", "https://vantera.test/join/paid?session={CHECKOUT_SESSION_ID}"),
        ("cancel_url", "https://vantera.test/join?step=pay&lang=he"),
        ("client_reference_id", "joining_01"),
        ("metadata[booking]", "bk_1"),
        ("payment_intent_data[metadata][booking]", "bk_1"),
        ("expires_at", "1795003600"),
    ]);
    assert_eq!(fake.heard()[0].form, expected);
}

#[tokio::test]
async fn without_metadata_nothing_about_metadata_is_written() {
    let fake = Fake::start().await;
    fake.answer(200, session(json!({})));
    fake.client().open_checkout(&OpenCheckout { metadata: vec![], ..membership() }, "k").await.expect("opened");
    let heard = fake.heard().remove(0);
    assert!(heard.form.keys().all(|name| !name.contains("data[metadata]") && !name.starts_with("metadata")), "{heard:?}");
}

#[tokio::test]
async fn a_repeated_request_is_the_same_bytes() {
    let fake = Fake::start().await;
    for _ in 0..8 {
        fake.answer(200, session(json!({})));
        fake.client().open_checkout(&membership(), "k").await.expect("opened");
    }
    let bodies: Vec<_> = fake.heard().into_iter().map(|heard| heard.body).collect();
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]));
}

#[tokio::test]
async fn a_session_is_read_in_each_of_its_states() {
    let paid = json!({"status": "complete", "payment_status": "paid", "subscription": "sub_1", "customer": "cus_1", "url": null});
    let single = json!({"status": "complete", "payment_status": "paid", "payment_intent": "pi_1", "mode": "payment"});
    let cases = [
        (json!({}), CheckoutState::Open, None),
        (paid, CheckoutState::Paid, Some(Refundable::Subscription("sub_1".into()))),
        (single, CheckoutState::Paid, Some(Refundable::PaymentIntent("pi_1".into()))),
        (json!({"status": "complete", "payment_intent": "pi_2"}), CheckoutState::Processing, Some(Refundable::PaymentIntent("pi_2".into()))),
        (json!({"status": "expired", "url": null}), CheckoutState::Expired, None),
    ];
    let fake = Fake::start().await;
    let client = fake.client();
    for (changes, state, refundable) in cases {
        fake.answer(200, session(changes));
        let reading = client.read_checkout("cs_test_a1").await.expect("read");
        assert_eq!((reading.state, reading.refundable()), (state, refundable));
        assert_eq!((reading.amount_total(), reading.currency), (Money::usd(300), Currency::Usd));
        assert_eq!(reading.client_reference_id.as_deref(), Some("joining_01"));
    }
    let heard = fake.heard().remove(0);
    assert_eq!(heard.line(), "GET /v1/checkout/sessions/cs_test_a1");
    assert_eq!(heard.header("idempotency-key"), None);
}

#[tokio::test]
async fn an_answer_that_cannot_be_understood_is_malformed() {
    let answers: [Value; 6] = [
        session(json!({"currency": "eur"})),
        session(json!({"currency": null})),
        session(json!({"amount_total": null})),
        session(json!({"amount_total": 1.5})),
        session(json!({"payment_status": "bartered", "status": "complete"})),
        json!({"object": "checkout.session"}),
    ];
    let fake = Fake::start().await;
    for answer in answers {
        fake.answer(200, &answer);
        let error = fake.client().read_checkout("cs_test_a1").await.expect_err("refused");
        assert!(matches!(error, StripeError::Malformed(_)), "{answer}: {error:?}");
        assert!(!error.is_retryable());
    }
    fake.answer(200, session(json!({"url": null})));
    let error = fake.client().open_checkout(&membership(), "k").await.expect_err("no page to go to");
    assert!(matches!(error, StripeError::Malformed(_)), "{error:?}");
}

#[tokio::test]
async fn an_open_session_expires() {
    let fake = Fake::start().await;
    fake.answer(200, session(json!({"status": "expired", "url": null})));
    let reading = fake.client().expire_checkout("cs_test_a1").await.expect("expired");
    assert_eq!(reading.state, CheckoutState::Expired);
    assert_eq!(fake.lines(), ["POST /v1/checkout/sessions/cs_test_a1/expire"]);
}

#[tokio::test]
async fn expiring_a_finished_session_tells_how_it_ended() {
    let too_late = refusal("invalid_request_error", "", "Only Checkout Sessions with a status in [\"open\"] can be expired.");
    for (status, state) in [("complete", CheckoutState::Paid), ("expired", CheckoutState::Expired)] {
        let fake = Fake::start().await;
        fake.answer(400, &too_late).answer(200, session(json!({"status": status, "payment_status": "paid"})));
        let reading = fake.client().expire_checkout("cs_test_a1").await.expect("a reading");
        assert_eq!(reading.state, state);
    }
    let fake = Fake::start().await;
    fake.answer(400, &too_late).answer(200, session(json!({})));
    let error = fake.client().expire_checkout("cs_test_a1").await.expect_err("still open");
    assert!(matches!(error, StripeError::Invalid { .. }), "{error:?}");
}
