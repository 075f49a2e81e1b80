use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use stripe_port::{Interval, OpenCheckout, StripeClient, StripeSettings};
use tokio::net::TcpListener;

pub const SECRET: &str = "sk_test_Very0Hidden1Indeed2";

/// One request as it came over the wire, its form and query decoded.
#[derive(Clone, Debug)]
pub struct Heard {
    pub method: Method,
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub form: BTreeMap<String, String>,
    pub body: Bytes,
    pub headers: HeaderMap,
}

impl Heard {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// `POST /v1/refunds`
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

enum Answer {
    Say(StatusCode, String),
    Silence,
}

#[derive(Default)]
struct Script {
    answers: VecDeque<Answer>,
    heard: Vec<Heard>,
}

/// A Stripe that says what it is told to, in that order; a request too many gets HTTP 500.
#[derive(Clone)]
pub struct Fake {
    script: Arc<Mutex<Script>>,
    pub address: String,
}

impl Fake {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let fake = Self { script: Arc::default(), address };
        let router = Router::new().fallback(hear).with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        fake
    }

    pub fn answer(&self, status: u16, body: impl ToString) -> &Self {
        let status = StatusCode::from_u16(status).expect("a status");
        self.push(Answer::Say(status, body.to_string()))
    }

    /// Takes the next request and never answers it.
    pub fn keep_silent(&self) -> &Self {
        self.push(Answer::Silence)
    }

    fn push(&self, answer: Answer) -> &Self {
        self.script.lock().expect("script").answers.push_back(answer);
        self
    }

    pub fn heard(&self) -> Vec<Heard> {
        self.script.lock().expect("script").heard.clone()
    }

    pub fn lines(&self) -> Vec<String> {
        self.heard().iter().map(Heard::line).collect()
    }

    pub fn client(&self) -> StripeClient {
        client(&self.address, 5_000)
    }
}

async fn hear(State(fake): State<Fake>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let answer = {
        let mut script = fake.script.lock().expect("script");
        script.heard.push(Heard { method, path: uri.path().to_owned(), query: pairs(uri.query().unwrap_or_default().as_bytes()), form: pairs(&body), body, headers });
        script.answers.pop_front()
    };
    match answer {
        Some(Answer::Say(status, body)) => (status, [("content-type", "application/json")], body).into_response(),
        Some(Answer::Silence) => std::future::pending().await,
        None => (StatusCode::INTERNAL_SERVER_ERROR, "nothing left to say").into_response(),
    }
}

fn pairs(form: &[u8]) -> BTreeMap<String, String> {
    form_urlencoded::parse(form).into_owned().collect()
}

pub fn client(address: &str, timeout_ms: u64) -> StripeClient {
    let settings = StripeSettings { base_url: address.to_owned(), secret_key: SECRET.to_owned(), timeout_ms };
    StripeClient::new(settings).expect("usable settings")
}

/// The membership of a flat: three dollars a month.
pub fn membership() -> OpenCheckout {
    OpenCheckout {
        price: kit::Money::usd(300),
        interval: Interval::Month,
        product_name: "דירה 7, הרצל 12".into(),
        success_url: "https://vantera.test/join/paid?session={CHECKOUT_SESSION_ID}".into(),
        cancel_url: "https://vantera.test/join?step=pay&lang=he".into(),
        client_reference_id: "joining_01".into(),
        metadata: vec![("tenant".into(), "t1".into()), ("flat".into(), "7 & ½".into()), ("a".into(), "b=c".into())],
        expires_at_unix: None,
    }
}

/// A session as Stripe sends it, changed by `changes`. The fields follow docs.stripe.com/api/checkout/sessions/object.
pub fn session(changes: Value) -> Value {
    let mut session = json!({
        "id": "cs_test_a1", "object": "checkout.session", "adaptive_pricing": null, "after_expiration": null,
        "allow_promotion_codes": null, "amount_subtotal": 300, "amount_total": 300,
        "automatic_tax": {"enabled": false, "liability": null, "provider": null, "status": null},
        "billing_address_collection": null, "cancel_url": "https://vantera.test/join",
        "client_reference_id": "joining_01", "client_secret": null, "created": 1_795_000_000, "currency": "usd",
        "custom_fields": [], "customer": null, "customer_details": null, "customer_email": null,
        "expires_at": 1_795_086_400, "invoice": null, "livemode": false, "locale": null,
        "metadata": {"tenant": "t1"}, "mode": "subscription", "payment_intent": null,
        "payment_method_types": ["card"], "payment_status": "unpaid", "shipping_options": [], "status": "open",
        "subscription": null, "success_url": "https://vantera.test/join/paid", "total_details": {"amount_discount": 0,
        "amount_shipping": 0, "amount_tax": 0}, "ui_mode": "hosted_page",
        "url": "https://checkout.stripe.com/c/pay/cs_test_a1",
    });
    let target = session.as_object_mut().expect("an object");
    target.extend(changes.as_object().expect("an object").clone());
    session
}

/// Stripe's error envelope (docs.stripe.com/api/errors).
pub fn refusal(kind: &str, code: &str, message: &str) -> Value {
    json!({"error": {"type": kind, "code": code, "message": message, "param": "line_items[0]",
        "doc_url": format!("https://stripe.com/docs/error-codes/{code}"),
        "request_log_url": "https://dashboard.stripe.com/test/logs/req_1"}})
}
