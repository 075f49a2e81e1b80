//! Delivery of events to webhook endpoints (docs.stripe.com/webhooks): signed, in order per endpoint, tried
//! again after a failure while later events go ahead, so that order is likely but never promised.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    sync::Weak,
    time::Duration,
};

use bytes::Bytes;
use hmac::{Hmac, Mac};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde::Serialize;
use serde_json::Value;
use sha2::Sha256;
use tokio::{sync::mpsc, time::Instant};

use crate::{state::App, stripe::kinds::Kind};

/// How many deliveries may wait at once.
pub const QUEUE_MAX: usize = 10_000;
const ANSWER_MAX_BYTES: usize = 64 * 1024;
const TIMEOUT: Duration = Duration::from_secs(10);

/// One event on its way to one endpoint.
#[derive(Debug, Clone)]
pub struct Dispatch {
    endpoint: String,
    url: String,
    secret: String,
    event: String,
    event_type: String,
    payload: Bytes,
    due: Instant,
    order: i64,
    attempt: usize,
}

impl Dispatch {
    /// `due`: not before; `order`: smaller first among equal due times.
    pub fn new(event: &Value, endpoint: &Value, due: Instant, order: i64) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut payload = event.clone();
        payload["api_version"] = endpoint["api_version"].clone();
        Self {
            endpoint: text(&endpoint["id"]),
            url: text(&endpoint["url"]),
            secret: text(&endpoint["secret"]),
            event: text(&event["id"]),
            event_type: text(&event["type"]),
            payload: Bytes::from(format!("{payload:#}")),
            due,
            order,
            attempt: 0,
        }
    }
}

impl PartialEq for Dispatch {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
impl Eq for Dispatch {}
impl PartialOrd for Dispatch {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Dispatch {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.due, self.order, self.attempt).cmp(&(other.due, other.order, other.attempt))
    }
}

/// What became of one attempt.
#[derive(Debug, Clone, Serialize)]
pub struct Delivery {
    /// `evt_…`
    pub event: String,
    /// Such as `invoice.paid`.
    pub event_type: String,
    /// `we_…`
    pub endpoint: String,
    /// Where to.
    pub url: String,
    /// 1 for the first.
    pub attempt: usize,
    /// HTTP status, when there was an answer.
    pub status: Option<u16>,
    /// What went wrong, when there was none.
    pub error: Option<String>,
}

/// `Stripe-Signature`: HMAC-SHA256 over `{t}.{payload}` with the whole secret, `whsec_` included
/// (docs.stripe.com/webhooks#verify-manually). `t` in seconds.
pub fn signature(secret: &str, t: i64, payload: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(t.to_string().as_bytes());
    mac.update(b".");
    mac.update(payload);
    format!("t={t},v1={}", hex::encode(mac.finalize().into_bytes()))
}

/// Carries deliveries until the sandbox is gone. One lane per endpoint, so that a slow one delays nobody else.
pub async fn run(mut queue: mpsc::Receiver<Dispatch>, app: Weak<App>) {
    let mut lanes: HashMap<String, mpsc::Sender<Dispatch>> = HashMap::new();
    while let Some(dispatch) = queue.recv().await {
        let lane = lanes.entry(dispatch.endpoint.clone()).or_insert_with(|| {
            let (sender, receiver) = mpsc::channel(QUEUE_MAX);
            tokio::spawn(run_lane(receiver, app.clone()));
            sender
        });
        if lane.send(dispatch).await.is_err() {
            return;
        }
    }
}

async fn run_lane(mut queue: mpsc::Receiver<Dispatch>, app: Weak<App>) {
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let mut waiting: BinaryHeap<Reverse<Dispatch>> = BinaryHeap::new();
    loop {
        let due = waiting.peek().map(|Reverse(next)| next.due);
        tokio::select! {
            // New arrivals first: one of them may belong before what is due.
            biased;
            arrival = queue.recv() => match arrival {
                Some(dispatch) => waiting.push(Reverse(dispatch)),
                None => return,
            },
            () = tokio::time::sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                let Some(Reverse(dispatch)) = waiting.pop() else { continue };
                let Some(signed_at) = app.upgrade().map(|app| (app.state().options().signature_clock)()) else { return };
                let outcome = attempt(&client, &dispatch, signed_at).await;
                let Some(app) = app.upgrade() else { return };
                if let Some(again) = settle(&app, dispatch, outcome) {
                    waiting.push(Reverse(again));
                }
            }
        }
    }
}

async fn attempt(client: &Client<hyper_util::client::legacy::connect::HttpConnector, Full<Bytes>>, dispatch: &Dispatch, t: i64) -> Result<u16, String> {
    let request = http::Request::post(&dispatch.url)
        .header("content-type", "application/json; charset=utf-8")
        .header("user-agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
        .header("stripe-signature", signature(&dispatch.secret, t, &dispatch.payload))
        .body(Full::new(dispatch.payload.clone()))
        .map_err(|error| error.to_string())?;
    let exchange = async {
        let answer = client.request(request).await.map_err(|error| format!("no answer: {error}"))?;
        let status = answer.status().as_u16();
        // Read to the end, so that the connection can carry the next event.
        drop(Limited::new(answer.into_body(), ANSWER_MAX_BYTES).collect().await);
        Ok(status)
    };
    tokio::time::timeout(TIMEOUT, exchange).await.unwrap_or_else(|_| Err("no answer in time".into()))
}

fn settle(app: &App, mut dispatch: Dispatch, outcome: Result<u16, String>) -> Option<Dispatch> {
    let mut state = app.state();
    dispatch.attempt += 1;
    let accepted = matches!(outcome, Ok(status) if (200..300).contains(&status));
    let wait = state.options().retry_delays.get(dispatch.attempt - 1).copied();
    let endpoint_stands = state.get(Kind::WebhookEndpoint, &dispatch.endpoint).is_ok();
    let again = if accepted || !endpoint_stands { None } else { wait };
    if !accepted {
        tracing::info!(event = dispatch.event, event_type = dispatch.event_type, ?outcome, attempt = dispatch.attempt, "a webhook was not accepted");
    }
    let delivery = Delivery {
        event: dispatch.event.clone(),
        event_type: dispatch.event_type.clone(),
        endpoint: dispatch.endpoint.clone(),
        url: dispatch.url.clone(),
        attempt: dispatch.attempt,
        status: outcome.as_ref().ok().copied(),
        error: outcome.err(),
    };
    state.delivered(delivery, again.is_none());
    let due = Instant::now() + again?;
    Some(Dispatch { due, ..dispatch })
}

#[cfg(test)]
mod tests {
    use super::signature;

    #[test]
    fn the_signature_is_the_one_the_official_library_makes() {
        // Made once with stripe.webhooks.generateTestHeaderString({payload: "{}", secret: "whsec_test", timestamp: 1700000000}).
        assert_eq!(signature("whsec_test", 1_700_000_000, b"{}"), EXPECTED);
    }

    const EXPECTED: &str = "t=1700000000,v1=35495024f4ef3f94e5a93e22221544c4b75e9a42300cd965ab81cb85cd994e91";
}
