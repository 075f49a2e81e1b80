use serde_json::json;
use stripe_port::{RefundReason, RefundRequest, Refundable, StripeError, StripePort};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use crate::fake::{Fake, client, membership, refusal};

#[tokio::test]
async fn each_refusal_of_stripe_becomes_the_error_that_says_what_to_do() {
    let some = |text: &str| Some(text.to_owned());
    let text = "the reason".to_owned();
    let invalid = StripeError::Invalid { code: some("parameter_missing"), param: some("line_items[0]"), message: text.clone() };
    let declined = StripeError::Declined { code: some("card_declined"), decline_code: None, message: text.clone() };
    let unavailable = |status: u16| StripeError::Unavailable(format!("HTTP {status}: the reason"));
    let paced = StripeError::RateLimited { retry_after_ms: 1_000 };
    let cases = [
        (400, "invalid_request_error", "parameter_missing", invalid, false),
        (402, "card_error", "card_declined", declined, false),
        (401, "invalid_request_error", "api_key_expired", StripeError::Auth, false),
        (403, "invalid_request_error", "", StripeError::Auth, false),
        (404, "invalid_request_error", "resource_missing", StripeError::NotFound, false),
        (400, "idempotency_error", "", StripeError::Idempotency(text), false),
        (409, "idempotency_error", "idempotency_key_in_use", unavailable(409), true),
        (429, "invalid_request_error", "rate_limit", paced.clone(), true),
        (429, "invalid_request_error", "lock_timeout", paced, true),
        (424, "api_error", "", unavailable(424), true),
        (500, "api_error", "", unavailable(500), true),
        (503, "a_new_type_of_error", "a_new_code", unavailable(503), true),
    ];
    let fake = Fake::start().await;
    for (status, kind, code, expected, retryable) in cases {
        fake.answer(status, refusal(kind, code, "the reason"));
        let error = fake.client().open_checkout(&membership(), "k").await.expect_err("refused");
        assert_eq!((&error, error.is_retryable()), (&expected, retryable), "{status} {kind} {code}");
    }
    assert_eq!(fake.heard().len(), 12, "nothing is repeated in here");
}

#[tokio::test]
async fn a_decline_carries_the_banks_reason() {
    let fake = Fake::start().await;
    fake.answer(
        402,
        json!({"error": {"type": "card_error", "code": "card_declined", "charge": "ch_1",
        "decline_code": "insufficient_funds", "message": "Your card has insufficient funds."}}),
    );
    let error = fake.client().open_checkout(&membership(), "k").await.expect_err("declined");
    assert_eq!(error.to_string(), "declined (insufficient_funds): Your card has insufficient funds.");
}

#[tokio::test]
async fn a_proxys_page_in_place_of_stripes_answer_is_worth_another_try() {
    let fake = Fake::start().await;
    for (status, body) in [(502, "<html>Bad Gateway</html>"), (503, ""), (500, "{}"), (504, "null")] {
        fake.answer(status, body);
        let error = fake.client().open_checkout(&membership(), "k").await.expect_err("no answer");
        assert!(error.is_retryable(), "{status} {body}: {error:?}");
    }
}

#[tokio::test]
async fn success_in_another_shape_is_not_repeated() {
    let fake = Fake::start().await;
    for body in ["", "null", "[]", "<html></html>", r#"{"id":7}"#] {
        fake.answer(200, body);
        let error = fake.client().open_checkout(&membership(), "k").await.expect_err("unreadable");
        assert!(matches!(error, StripeError::Malformed(_)), "{body}: {error:?}");
    }
}

#[tokio::test]
async fn silence_ends_with_the_time_out() {
    let fake = Fake::start().await;
    fake.keep_silent();
    let error = client(&fake.address, 50).open_checkout(&membership(), "k").await.expect_err("no answer");
    assert_eq!(error, StripeError::Unavailable("no answer within 50 ms".into()));
    assert_eq!(fake.heard().len(), 1);
}

#[tokio::test]
async fn the_time_out_covers_all_requests_of_one_verb() {
    let fake = Fake::start().await;
    fake.answer(400, refusal("invalid_request_error", "", "not open")).keep_silent();
    let error = client(&fake.address, 1_000).expire_checkout("cs_1").await.expect_err("no answer");
    assert_eq!(error, StripeError::Unavailable("no answer within 1000 ms".into()));
    assert_eq!(fake.heard().len(), 2);
}

#[tokio::test]
async fn a_dropped_connection_is_worth_another_try() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let peer = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a caller");
        let mut first = [0_u8; 16];
        stream.read_exact(&mut first).await.expect("the request's beginning");
        // The listener goes with the stream: the second call finds nobody.
    });
    let client = client(&address, 5_000);
    let dropped = client.open_checkout(&membership(), "k").await.expect_err("cut off");
    assert!(matches!(dropped, StripeError::Unavailable(_)), "{dropped:?}");
    peer.await.expect("the peer is done");
    let refused = client.open_checkout(&membership(), "k").await.expect_err("nobody there");
    assert!(matches!(refused, StripeError::Unavailable(_)), "{refused:?}");
}

#[tokio::test]
async fn ids_and_keys_that_cannot_be_are_refused_without_a_call() {
    let fake = Fake::start().await;
    let client = fake.client();
    let long = "a".repeat(256);
    for id in ["", "cs_1/expire", "../refunds", "cs_1?x=1", "cs 1", "cs_é", long.as_str()] {
        assert_eq!(client.read_checkout(id).await, Err(StripeError::NotFound), "{id}");
        assert_eq!(client.expire_checkout(id).await, Err(StripeError::NotFound), "{id}");
        assert_eq!(client.cancel_subscription(id).await, Err(StripeError::NotFound), "{id}");
        for of in [Refundable::PaymentIntent(id.into()), Refundable::Subscription(id.into())] {
            let request = RefundRequest { of, reason: RefundReason::RequestedByCustomer, metadata: vec![] };
            assert_eq!(client.refund(&request, "k").await, Err(StripeError::NotFound), "{id}");
        }
    }
    let of = Refundable::Subscription("sub_1".into());
    let request = RefundRequest { of, reason: RefundReason::RequestedByCustomer, metadata: vec![] };
    for key in ["", "a key", "clé", "line\nbreak", long.as_str()] {
        let error = client.open_checkout(&membership(), key).await.expect_err("refused");
        assert!(matches!(error, StripeError::Invalid { .. }), "{key}: {error:?}");
        let error = client.refund(&request, key).await.expect_err("refused");
        assert!(matches!(error, StripeError::Invalid { .. }), "{key}: {error:?}");
    }
    assert!(fake.heard().is_empty());
}
