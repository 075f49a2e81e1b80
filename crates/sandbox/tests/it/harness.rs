//! A sandbox with a fixed clock, somebody who calls it, and somebody who receives its webhooks.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, routing::post};
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use sandbox::{Options, WebhookTarget};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::mpsc};

/// 2026-11-21T00:00:00Z
pub const NOW: i64 = 1_795_219_200;
pub const SECRET: &str = "whsec_tests";
pub const DAY: i64 = 86_400;
const KEY: &str = "Bearer sk_test_tests";
const PATIENCE: Duration = Duration::from_secs(10);

/// One delivery, as it came in.
pub struct Hook {
    pub signature: String,
    pub body: Bytes,
    pub event: Value,
}

impl Hook {
    pub fn kind(&self) -> &str {
        self.event["type"].as_str().expect("an event has a type")
    }
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("readable"))
    }

    /// The body of a 200.
    pub fn ok(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        self.json()
    }

    /// The `error` of an answer with this status.
    pub fn error(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self.json()["error"].clone()
    }
}

#[derive(Clone)]
struct Receiver {
    hooks: mpsc::UnboundedSender<Hook>,
    /// Statuses to answer with, before answering 200.
    statuses: Arc<Mutex<VecDeque<u16>>>,
}

pub struct Sandbox {
    pub base: String,
    pub receiver: String,
    client: Client<HttpConnector, Full<Bytes>>,
    hooks: mpsc::UnboundedReceiver<Hook>,
    statuses: Arc<Mutex<VecDeque<u16>>>,
}

pub async fn start() -> Sandbox {
    start_with(|_| {}).await
}

pub async fn start_with(change: impl FnOnce(&mut Options)) -> Sandbox {
    let (sender, hooks) = mpsc::unbounded_channel();
    let statuses = Arc::new(Mutex::new(VecDeque::new()));
    let receiver = receive(Receiver { hooks: sender, statuses: Arc::clone(&statuses) }).await;
    let mut options = Options {
        webhooks: vec![WebhookTarget { url: receiver.clone(), secret: SECRET.into() }],
        retry_delays: vec![Duration::from_millis(5); 3],
        clock: Arc::new(|| NOW),
        seed: Some(7),
        ..Options::default()
    };
    change(&mut options);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(sandbox::serve(listener, options));
    let client = Client::builder(TokioExecutor::new()).build_http();
    Sandbox { base, receiver, client, hooks, statuses }
}

async fn receive(receiver: Receiver) -> String {
    let take = |State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes| async move {
        let status = receiver.statuses.lock().expect("a lock").pop_front().unwrap_or(200);
        let signature = headers.get("stripe-signature").map_or("", |value| value.to_str().expect("readable")).to_owned();
        let event = serde_json::from_slice(&body).expect("an event is JSON");
        // Nobody listens any more once the test is over.
        let _ = receiver.hooks.send(Hook { signature, body, event });
        StatusCode::from_u16(status).expect("a status")
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let router = Router::new().route("/hooks", post(take)).with_state(receiver);
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/hooks")
}

impl Sandbox {
    /// Sends a request as it is; an error when the connection was cut.
    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: String) -> Result<Answer, String> {
        let address = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) };
        let mut request = Request::builder().method(method).uri(address);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::from(body))).expect("a request");
        let answer = tokio::time::timeout(PATIENCE, self.client.request(request)).await.expect("an answer in time").map_err(|error| error.to_string())?;
        let (parts, body) = answer.into_parts();
        let bytes = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
        Ok(Answer { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes.to_vec()).expect("UTF-8") })
    }

    /// An API call with the key; `body` is what goes over the wire.
    pub async fn call(&self, method: Method, path: &str, body: &str) -> Answer {
        self.send(method, path, &[("authorization", KEY)], body.to_owned()).await.expect("an answer")
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, "").await
    }

    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.call(Method::POST, path, &form(fields)).await
    }

    pub async fn post_with_key(&self, path: &str, fields: &[(&str, &str)], key: &str) -> Result<Answer, String> {
        self.send(Method::POST, path, &[("authorization", KEY), ("idempotency-key", key)], form(fields)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, "").await
    }

    /// A control door.
    pub async fn control(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, &format!("/_sandbox/{path}"), &[], body.to_string()).await.expect("an answer")
    }

    pub async fn fault(&self, order: Value) {
        self.control("faults", order).await.ok();
    }

    pub async fn advance(&self, seconds: i64) {
        self.control("clock", json!({ "seconds": seconds })).await.ok();
    }

    /// What the payer does: no key, no script, no following of redirects.
    pub async fn browse(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], String::new()).await.expect("a page")
    }

    pub async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(Method::POST, path, &[], form(fields)).await.expect("a page")
    }

    /// The form of a session, filled with a card and sent.
    pub async fn pay(&self, session: &Value, number: &str) -> Answer {
        self.submit(&pay_path(session), &[("cardNumber", number), ("cardExpiry", "08 / 29"), ("cardCvc", "417"), ("billingName", "נועה שגב")]).await
    }

    /// The next delivery.
    pub async fn hook(&mut self) -> Hook {
        tokio::time::timeout(PATIENCE, self.hooks.recv()).await.expect("a delivery in time").expect("a receiver")
    }

    /// Waits until nothing is on its way and gives the types that came, in order.
    pub async fn kinds(&mut self) -> Vec<String> {
        self.settle().await;
        let mut kinds = Vec::new();
        while let Ok(hook) = self.hooks.try_recv() {
            kinds.push(hook.kind().to_owned());
        }
        kinds
    }

    pub async fn settle(&self) {
        self.browse("/_sandbox/settled").await.ok();
    }

    pub async fn state(&self) -> Value {
        self.browse("/_sandbox/state").await.ok()
    }

    /// Has the receiver answer with these before it answers 200 again.
    pub fn refuse_with(&self, statuses: &[u16]) {
        self.statuses.lock().expect("a lock").extend(statuses);
    }

    /// A session for three dollars a month.
    pub async fn membership(&self) -> Value {
        self.post("/v1/checkout/sessions", MEMBERSHIP).await.ok()
    }

    /// A session for ₪120, once.
    pub async fn purchase(&self) -> Value {
        self.post("/v1/checkout/sessions", PURCHASE).await.ok()
    }

    /// A paid membership; gives the subscription.
    pub async fn member(&self) -> Value {
        let session = self.membership().await;
        assert_eq!(self.pay(&session, "4242424242424242").await.status, StatusCode::SEE_OTHER);
        let session = self.get(&session_path(&session)).await.ok();
        self.get(&format!("/v1/subscriptions/{}", id(&session["subscription"]))).await.ok()
    }
}

pub const MEMBERSHIP: &[(&str, &str)] = &[
    ("mode", "subscription"),
    ("success_url", "http://shop.test/ok?s={CHECKOUT_SESSION_ID}&x=1"),
    ("cancel_url", "http://shop.test/no"),
    ("client_reference_id", "flat-14"),
    ("metadata[on]", "session"),
    ("subscription_data[metadata][on]", "subscription"),
    ("line_items[0][quantity]", "1"),
    ("line_items[0][price_data][currency]", "usd"),
    ("line_items[0][price_data][unit_amount]", "300"),
    ("line_items[0][price_data][recurring][interval]", "month"),
    ("line_items[0][price_data][product_data][name]", "חברות בבניין"),
];

pub const PURCHASE: &[(&str, &str)] = &[
    ("mode", "payment"),
    ("success_url", "http://shop.test/ok"),
    ("metadata[on]", "session"),
    ("payment_intent_data[metadata][on]", "intent"),
    ("line_items[0][quantity]", "2"),
    ("line_items[0][price_data][currency]", "ILS"),
    ("line_items[0][price_data][unit_amount]", "6000"),
    ("line_items[0][price_data][product_data][name]", "תספורת"),
];

pub fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

pub fn id(value: &Value) -> &str {
    value["id"].as_str().or(value.as_str()).expect("an object or an id")
}

pub fn pay_path(session: &Value) -> String {
    format!("/c/pay/{}", id(session))
}

pub fn session_path(session: &Value) -> String {
    format!("/v1/checkout/sessions/{}", id(session))
}

/// The ids of a list.
pub fn ids(list: &Value) -> Vec<String> {
    list["data"].as_array().expect("a list").iter().map(|object| id(object).to_owned()).collect()
}
