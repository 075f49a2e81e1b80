//! Deliveries: signed, tried again, and as disorderly as asked.

use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::harness::*;

async fn customers(sandbox: &Sandbox, count: usize) -> Vec<String> {
    let mut made = Vec::new();
    for _ in 0..count {
        made.push(id(&sandbox.post("/v1/customers", &[]).await.ok()).to_owned());
    }
    made
}

async fn received(sandbox: &mut Sandbox, count: usize) -> Vec<String> {
    let mut seen = Vec::new();
    for _ in 0..count {
        let hook = sandbox.hook().await;
        seen.push(id(&hook.event["data"]["object"]).to_owned());
    }
    seen
}

#[tokio::test]
async fn a_delivery_is_signed_over_its_time_and_its_body() {
    let mut sandbox = start().await;
    customers(&sandbox, 1).await;
    let hook = sandbox.hook().await;
    let (t, v1) = hook.signature.strip_prefix("t=").and_then(|rest| rest.split_once(",v1=")).expect("t and v1");
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key");
    mac.update(format!("{t}.").as_bytes());
    mac.update(&hook.body);
    assert_eq!(v1, hex::encode(mac.finalize().into_bytes()));
    assert_eq!(hook.event["object"], "event");
    assert_eq!(hook.event["api_version"], "2026-10-28.endive");
    assert_eq!(hook.event["pending_webhooks"], 1);
    sandbox.settle().await;
    let event = sandbox.get(&format!("/v1/events/{}", id(&hook.event))).await.ok();
    assert_eq!(event["pending_webhooks"], 0);
}

#[tokio::test]
async fn a_delivery_that_was_not_accepted_is_tried_three_times_more() {
    let mut sandbox = start().await;
    sandbox.refuse_with(&[500, 302]);
    customers(&sandbox, 1).await;
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(id(&sandbox.hook().await.event).to_owned());
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "the same event each time");
    sandbox.refuse_with(&[500; 9]);
    customers(&sandbox, 1).await;
    sandbox.settle().await;
    let attempts: Vec<Value> =
        sandbox.state().await["deliveries"].as_array().expect("deliveries").iter().map(|delivery| json!([delivery["attempt"], delivery["status"]])).collect();
    assert_eq!(attempts, [json!([1, 500]), json!([2, 302]), json!([3, 200]), json!([1, 500]), json!([2, 500]), json!([3, 500]), json!([4, 500])]);
}

#[tokio::test]
async fn duplicates_arrive_twice() {
    let mut sandbox = start().await;
    sandbox.fault(json!({ "mode": "duplicates" })).await;
    let made = customers(&sandbox, 2).await;
    assert_eq!(received(&mut sandbox, 3).await, [&*made[0], &*made[0], &*made[1]]);
}

#[tokio::test]
async fn disorder_turns_the_next_ones_round() {
    let mut sandbox = start().await;
    sandbox.fault(json!({ "mode": "disorder", "times": 3, "hold_ms": 400 })).await;
    let made = customers(&sandbox, 3).await;
    assert_eq!(received(&mut sandbox, 3).await, [&*made[2], &*made[1], &*made[0]]);
}

#[tokio::test]
async fn silence_swallows_and_the_api_still_tells() {
    let mut sandbox = start().await;
    sandbox.fault(json!({ "mode": "silence", "event": "customer.", "times": 1 })).await;
    let made = customers(&sandbox, 2).await;
    assert_eq!(sandbox.kinds().await.len(), 1);
    let events = sandbox.get("/v1/events").await.ok();
    let told = events["data"].as_array().expect("a list");
    assert_eq!(told[1]["data"]["object"]["id"], *made[0]);
    let swallowed = id(&told[1]).to_owned();
    sandbox.control(&format!("events/{swallowed}/redeliver"), json!({})).await.ok();
    assert_eq!(id(&sandbox.hook().await.event), swallowed);
}

#[tokio::test]
async fn delay_lets_later_ones_go_ahead() {
    let mut sandbox = start().await;
    sandbox.fault(json!({ "mode": "delay", "ms": 400 })).await;
    let made = customers(&sandbox, 2).await;
    assert_eq!(received(&mut sandbox, 2).await, [&*made[1], &*made[0]]);
}

#[tokio::test]
async fn endpoints_get_what_they_asked_for_and_show_their_secret_once() {
    let mut sandbox = start_with(|options| options.webhooks.clear()).await;
    let made =
        sandbox.post("/v1/webhook_endpoints", &[("url", &sandbox.receiver.clone()), ("enabled_events[0]", "product.created"), ("api_version", "2026-09-30.endive")]).await.ok();
    assert!(made["secret"].as_str().is_some_and(|secret| secret.starts_with("whsec_")));
    let path = format!("/v1/webhook_endpoints/{}", id(&made));
    assert_eq!(sandbox.get(&path).await.ok()["secret"], Value::Null);
    customers(&sandbox, 1).await;
    sandbox.post("/v1/products", &[("name", "חברות")]).await.ok();
    let hook = sandbox.hook().await;
    assert_eq!(hook.kind(), "product.created");
    assert_eq!(hook.event["api_version"], "2026-09-30.endive");
    sandbox.post(&path, &[("disabled", "true")]).await.ok();
    sandbox.post("/v1/products", &[("name", "ועוד")]).await.ok();
    assert!(sandbox.kinds().await.is_empty());
    assert_eq!(sandbox.delete(&path).await.ok()["deleted"], true);
    assert!(ids(&sandbox.get("/v1/webhook_endpoints").await.ok()).is_empty());
    for (url, event, param) in [("ftp://x.test", "*", "url"), ("https://x.test", "*", "url"), ("http://x.test", "", "enabled_events")] {
        let mut fields = vec![("url", url)];
        if !event.is_empty() {
            fields.push(("enabled_events[0]", event));
        }
        let error = sandbox.post("/v1/webhook_endpoints", &fields).await.error(400);
        assert_eq!(error["param"], param);
    }
}

#[tokio::test]
async fn a_receiver_that_is_not_there_holds_nobody_up() {
    let mut sandbox = start().await;
    sandbox.post("/v1/webhook_endpoints", &[("url", "http://127.0.0.1:1/nobody"), ("enabled_events[0]", "*")]).await.ok();
    customers(&sandbox, 1).await;
    assert_eq!(sandbox.hook().await.kind(), "customer.created");
    sandbox.settle().await;
    let deliveries = sandbox.state().await["deliveries"].clone();
    assert!(deliveries.as_array().expect("deliveries").iter().any(|delivery| delivery["error"].is_string() && delivery["attempt"] == 4));
}
