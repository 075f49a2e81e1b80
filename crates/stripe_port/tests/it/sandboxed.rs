use kit::{Currency, Money};
use serde_json::{Value, json};
use stripe_checkout::checkout_session::RetrieveCheckoutSession;
use stripe_core::refund::ListRefund;
use stripe_port::{
    CheckoutReading, CheckoutState, Interval, OpenCheckout, RefundReason, RefundRequest, RefundState, Refundable, StripeClient, StripeError, StripePort, SubscriptionState,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::fake::{SECRET, client, membership};

/// The stand-in on a port of its own.
struct Stand {
    host: String,
}

impl Stand {
    async fn start() -> Self {
        Self::start_with(sandbox::Options::default()).await
    }

    async fn start_with(options: sandbox::Options) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let host = listener.local_addr().expect("an address").to_string();
        tokio::spawn(sandbox::serve(listener, options));
        Self { host }
    }

    fn address(&self) -> String {
        format!("http://{}", self.host)
    }

    fn client(&self) -> StripeClient {
        client(&self.address(), 10_000)
    }

    /// One of the stand-in's control doors.
    async fn control(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = body.to_string();
        let length = body.len();
        let mut stream = TcpStream::connect(&self.host).await.expect("connected");
        let request = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}", self.host);
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
        serde_json::from_str(body).expect("json")
    }

    async fn objects(&self, noun: &str) -> Vec<Value> {
        let state = self.control("GET", "/_sandbox/state", &json!({})).await;
        state["objects"][noun].as_array().expect("a list").clone()
    }

    async fn fault(&self, fault: Value) {
        self.control("POST", "/_sandbox/faults", &fault).await;
    }

    /// Opens and pays.
    async fn paid(&self, request: &OpenCheckout) -> CheckoutReading {
        let client = self.client();
        let opened = client.open_checkout(request, "open").await.expect("opened");
        self.control("POST", &format!("/_sandbox/sessions/{}/pay", opened.session_id), &json!({})).await;
        client.read_checkout(&opened.session_id).await.expect("read")
    }
}

fn haircut() -> OpenCheckout {
    OpenCheckout { price: Money::ils(12_050), interval: Interval::Once, product_name: "תספורת".into(), ..membership() }
}

fn refund(of: Option<Refundable>) -> RefundRequest {
    let metadata = vec![("joining".into(), "joining_01".into()), ("why".into(), "second payment".into())];
    RefundRequest { of: of.expect("something to refund"), reason: RefundReason::Duplicate, metadata }
}

#[tokio::test]
async fn a_membership_is_opened_paid_and_given_back() {
    let stand = Stand::start().await;
    let client = stand.client();
    let opened = client.open_checkout(&membership(), "open").await.expect("opened");
    assert!(opened.url.starts_with(&stand.address()), "{}", opened.url);
    let open = client.read_checkout(&opened.session_id).await.expect("read");
    assert_eq!((open.state, open.refundable(), open.url), (CheckoutState::Open, None, Some(opened.url)));

    let paid = stand.paid(&membership()).await;
    assert_eq!((paid.session_id.as_str(), paid.state), (opened.session_id.as_str(), CheckoutState::Paid));
    assert_eq!((paid.amount_total(), paid.client_reference_id.as_deref()), (Money::usd(300), Some("joining_01")));
    assert!(paid.customer.is_some() && paid.payment_intent.is_none());
    let subscription = stand.objects("subscription").await.remove(0);
    let carried = json!({"tenant": "t1", "flat": "7 & ½", "a": "b=c"});
    assert_eq!((&subscription["id"], &subscription["metadata"]), (&json!(paid.subscription), &carried));

    let refunded = client.refund(&refund(paid.refundable()), "refund").await.expect("refunded");
    assert_eq!((refunded.state, refunded.amount_minor, refunded.currency), (RefundState::Succeeded, 300, Currency::Usd));
    assert_eq!(stand.objects("subscription").await[0]["status"], "canceled");
    for key in ["refund", "another-key"] {
        assert_eq!(client.refund(&refund(paid.refundable()), key).await.expect("refunded before"), refunded, "{key}");
    }
    assert_eq!(stand.objects("refund").await.len(), 1);
    client.cancel_subscription(&paid.subscription.expect("a subscription")).await.expect("ended before");
}

#[tokio::test]
async fn a_single_payment_is_opened_paid_and_given_back() {
    let stand = Stand::start().await;
    let paid = stand.paid(&haircut()).await;
    assert_eq!((paid.state, paid.amount_total(), &paid.subscription), (CheckoutState::Paid, Money::ils(12_050), &None));
    let intent = stand.objects("payment_intent").await.remove(0);
    assert_eq!((&intent["id"], &intent["metadata"]["tenant"]), (&json!(paid.payment_intent), &json!("t1")));
    let refunded = stand.client().refund(&refund(paid.refundable()), "refund").await.expect("refunded");
    assert_eq!((refunded.amount_minor, refunded.currency), (12_050, Currency::Ils));
    assert_eq!(Some(refunded.payment_intent), paid.payment_intent);
}

#[tokio::test]
async fn a_subscription_is_cancelled_twice_and_an_unknown_one_not_at_all() {
    let stand = Stand::start().await;
    let subscription = stand.paid(&membership()).await.subscription.expect("a subscription");
    for _ in 0..2 {
        stand.client().cancel_subscription(&subscription).await.expect("cancelled");
    }
    assert_eq!(stand.client().cancel_subscription("sub_unknown").await, Err(StripeError::NotFound));
}

#[tokio::test]
async fn a_subscription_tells_its_next_charge_a_failed_one_and_its_end() {
    let stand = Stand::start().await;
    let client = stand.client();
    let id = stand.paid(&membership()).await.subscription.expect("a subscription");
    let first = client.read_subscription(&id).await.expect("read");
    assert_eq!((first.state, first.price, first.ends_at_unix, &first.mend_url), (SubscriptionState::Active, Money::usd(300), None, &None));
    let next = first.next_charge_unix.expect("a next charge");
    stand.control("POST", &format!("/_sandbox/subscriptions/{id}/renew"), &json!({})).await;
    let second = client.read_subscription(&id).await.expect("read");
    assert!(second.next_charge_unix.expect("a next charge") > next + 27 * 86_400, "a month later: {second:?}");
    stand.control("POST", &format!("/_sandbox/subscriptions/{id}/renew"), &json!({ "card": "4000000000000341" })).await;
    let late = client.read_subscription(&id).await.expect("read");
    assert_eq!((late.state, late.price), (SubscriptionState::Late, Money::usd(300)));
    assert!(late.mend_url.expect("Stripe's own page").starts_with(&stand.address()));
    client.cancel_subscription(&id).await.expect("ended");
    let ended = client.read_subscription(&id).await.expect("read");
    assert_eq!((ended.state, ended.next_charge_unix, ended.mend_url), (SubscriptionState::Ended, None, None));
    assert!(ended.ends_at_unix.is_some());
    assert_eq!(client.read_subscription("sub_unknown").await, Err(StripeError::NotFound));
}

#[tokio::test]
async fn a_page_expires_unless_the_customer_was_faster() {
    let stand = Stand::start().await;
    let client = stand.client();
    let opened = client.open_checkout(&haircut(), "another").await.expect("opened");
    for _ in 0..2 {
        let reading = client.expire_checkout(&opened.session_id).await.expect("expired");
        assert_eq!(reading.state, CheckoutState::Expired);
    }
    let paid = stand.paid(&haircut()).await;
    assert_eq!(client.expire_checkout(&paid.session_id).await.expect("a reading"), paid);
    assert_eq!(client.expire_checkout("cs_test_unknown").await, Err(StripeError::NotFound));
}

#[tokio::test]
async fn an_answer_lost_on_the_way_is_given_again_for_the_same_key() {
    let stand = Stand::start().await;
    let client = stand.client();
    stand.fault(json!({"path": "/v1/checkout/sessions", "method": "POST", "mode": "charge_then_drop"})).await;
    let lost = client.open_checkout(&membership(), "k").await.expect_err("cut off");
    assert!(matches!(lost, StripeError::Unavailable(_)), "{lost:?}");
    let opened = client.open_checkout(&membership(), "k").await.expect("given again");
    assert_eq!(client.open_checkout(&membership(), "k").await.expect("and again"), opened);
    assert_eq!(stand.objects("checkout.session").await.len(), 1);
    let other = client.open_checkout(&haircut(), "k").await.expect_err("another request");
    assert!(matches!(other, StripeError::Idempotency(_)), "{other:?}");
}

#[tokio::test]
async fn a_refund_cut_off_halfway_is_completed_by_repeating_it() {
    let stand = Stand::start().await;
    let paid = stand.paid(&membership()).await;
    let request = refund(paid.refundable());
    for (method, path) in [("GET", "/v1/subscriptions"), ("DELETE", "/v1/subscriptions"), ("POST", "/v1/refunds")] {
        stand.fault(json!({"path": path, "method": method, "mode": "charge_then_drop"})).await;
        let cut = stand.client().refund(&request, "k").await.expect_err("cut off");
        assert!(cut.is_retryable(), "{method} {path}: {cut:?}");
    }
    let refunded = stand.client().refund(&request, "k").await.expect("refunded");
    assert_eq!(refunded.state, RefundState::Succeeded);
    assert_eq!(stand.objects("refund").await.len(), 1);
}

#[tokio::test]
async fn bad_days_are_told_apart() {
    let stand = Stand::start().await;
    let client = stand.client();
    let cases = [("status", 429, StripeError::RateLimited { retry_after_ms: 1_000 }), ("status", 401, StripeError::Auth)];
    for (mode, status, expected) in cases {
        stand.fault(json!({"path": "/v1/checkout", "mode": mode, "status": status})).await;
        assert_eq!(client.open_checkout(&membership(), "k").await, Err(expected));
    }
    for fault in [json!({"mode": "status", "status": 503}), json!({"mode": "drop"})] {
        stand.fault(fault.clone()).await;
        let error = client.open_checkout(&membership(), "k").await.expect_err("a bad day");
        assert!(matches!(error, StripeError::Unavailable(_)), "{fault}: {error:?}");
    }
    stand.fault(json!({"path": "/v1/checkout", "mode": "slow_ms", "ms": 60_000})).await;
    let late = crate::fake::client(&stand.address(), 200).open_checkout(&membership(), "slow").await;
    assert_eq!(late, Err(StripeError::Unavailable("no answer within 200 ms".into())));
    client.open_checkout(&membership(), "k").await.expect("a better day");
    let strange = OpenCheckout { price: Money::usd(-1), ..membership() };
    let error = client.open_checkout(&strange, "strange").await.expect_err("refused");
    assert!(matches!(error, StripeError::Invalid { .. }), "{error:?}");
}

#[tokio::test]
async fn a_wrong_secret_key_is_refused() {
    let options = sandbox::Options { api_key: Some("sk_test_the_right_one".into()), ..sandbox::Options::default() };
    let stand = Stand::start_with(options).await;
    assert_eq!(stand.client().read_checkout("cs_test_1").await, Err(StripeError::Auth));
}

/// Our own readings take a few fields each; this holds the stand-in to every field that the SDK wants.
#[tokio::test]
async fn the_sdks_own_types_read_the_stand_in() {
    let stand = Stand::start().await;
    let sdk = stripe::ClientBuilder::new(SECRET).url(stand.address()).build().expect("a client");
    let paid = stand.paid(&membership()).await;
    stand.client().refund(&refund(paid.refundable()), "refund").await.expect("refunded");
    let session = RetrieveCheckoutSession::new(paid.session_id.as_str()).send(&sdk).await.expect("a session");
    assert_eq!(session.amount_total, Some(300));
    assert_eq!(ListRefund::new().send(&sdk).await.expect("refunds").data.len(), 1);
    let mut invoice = stand.objects("invoice").await.remove(0);
    let payments = stand.objects("invoice_payment").await;
    invoice["payments"] = json!({"object": "list", "data": payments, "has_more": false, "url": "/v1/invoice_payments"});
    let invoice: stripe_shared::Invoice = miniserde::json::from_str(&invoice.to_string()).expect("an invoice");
    assert_eq!((invoice.amount_paid, invoice.payments.map(|list| list.data.len())), (300, Some(1)));
}
