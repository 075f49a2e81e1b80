//! Text messages land in the inbox and nowhere else.

use http::Method;
use serde_json::{Value, json};

use crate::harness::*;

async fn text(sandbox: &Sandbox, key: &str, order: Value) -> Answer {
    sandbox.send(Method::POST, "/sms/messages", &[("authorization", key), ("content-type", "application/json")], order.to_string()).await.expect("an answer")
}

#[tokio::test]
async fn messages_are_listed_newest_first_by_number() {
    let sandbox = start().await;
    for (to, words) in [("+972501234567", "הקוד: 111111"), ("+972521111111", "אחר"), ("+972501234567", "הקוד: <222222>")] {
        let sent = text(&sandbox, "Bearer k", json!({ "to": to, "from": "Vantera", "text": words })).await;
        assert_eq!(sent.status, 201);
        assert_eq!(sent.json()["status"], "queued");
    }
    for query in ["to=%2B972501234567", "to=+972501234567"] {
        let listed = sandbox.browse(&format!("/_sandbox/sms?{query}")).await.ok();
        let words: Vec<&Value> = listed.as_array().expect("a list").iter().map(|message| &message["text"]).collect();
        assert_eq!(words, ["הקוד: <222222>", "הקוד: 111111"], "{query}");
    }
    let page = sandbox.browse("/sms").await;
    assert!(page.text.contains("הקוד: &lt;222222&gt;"));
}

#[tokio::test]
async fn a_message_sent_again_under_its_id_is_the_same_one() {
    let sandbox = start().await;
    let order = |id: &str| json!({ "id": id, "to": "+972501234567", "from": "Vantera", "text": "שלום" });
    let (first, again, other) = (text(&sandbox, "Bearer k", order("a")).await, text(&sandbox, "Bearer k", order("a")).await, text(&sandbox, "Bearer k", order("b")).await);
    assert_eq!([&first, &again, &other].map(|answer| answer.status.as_u16()), [201, 200, 201]);
    assert!(first.json()["id"] == again.json()["id"] && first.json()["id"] != other.json()["id"]);
    assert_eq!(sandbox.browse("/_sandbox/sms").await.ok().as_array().expect("a list").len(), 2);
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused() {
    let sandbox = start_with(|options| options.sms_key = Some("mine".into())).await;
    let good = json!({ "to": "+972501234567", "from": "Vantera", "text": "שלום" });
    assert_eq!(text(&sandbox, "Bearer other", good.clone()).await.status, 401);
    assert_eq!(text(&sandbox, "Bearer mine", good.clone()).await.status, 201);
    for (field, value, code) in [
        ("to", json!("0501234567"), "invalid_number"),
        ("from", json!("a name that is too long"), "invalid_sender"),
        ("text", json!(""), "invalid_text"),
        ("text", json!("א".repeat(671)), "invalid_text"),
        ("text", Value::Null, "invalid_body"),
    ] {
        let mut order = good.clone();
        order[field] = value;
        assert_eq!(text(&sandbox, "Bearer mine", order).await.error(400)["code"], code);
    }
}

#[tokio::test]
async fn the_provider_can_fail() {
    let sandbox = start().await;
    sandbox.fault(json!({ "path": "/sms/messages", "mode": "status", "status": 503 })).await;
    let good = json!({ "to": "+972501234567", "from": "Vantera", "text": "שלום" });
    assert_eq!(text(&sandbox, "Bearer k", good.clone()).await.status, 503);
    assert_eq!(text(&sandbox, "Bearer k", good).await.status, 201);
}
