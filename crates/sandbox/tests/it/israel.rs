//! Israel's providers as they answer a question: who may ask, what they know, and each one's own way to say no.

use http::Method;
use serde_json::{Value, json};

use crate::harness::*;

const JSON: (&str, &str) = ("content-type", "application/json");

async fn put(sandbox: &Sandbox, provider: &str, keys: Value, records: Value) -> Value {
    sandbox.control("records", json!({ "provider": provider, "keys": keys, "records": records })).await.ok()
}

async fn ask(sandbox: &Sandbox, path: &str, body: Value) -> Answer {
    sandbox.send(Method::POST, path, &[JSON], body.to_string()).await.expect("an answer")
}

#[tokio::test]
async fn morning_answers_a_token_and_says_no_in_hebrew() {
    let sandbox = start().await;
    put(&sandbox, "morning", json!({ "id": "a", "secret": "s" }), json!([{ "id": "d-1", "amount": 118 }])).await;
    let refused = ask(&sandbox, "/morning/api/v1/account/token", json!({ "id": "a", "secret": "t" })).await;
    assert_eq!((refused.status.as_u16(), refused.json()["errorCode"].is_i64()), (401, true));
    let token = ask(&sandbox, "/morning/api/v1/account/token", json!({ "id": "a", "secret": "s" })).await.ok();
    assert_eq!(token["expires"], NOW + 1_800);
    let bearer = format!("Bearer {}", token["token"].as_str().expect("a token"));
    let get = async |path: &str, bearer: &str| sandbox.send(Method::GET, path, &[("authorization", bearer)], String::new()).await.expect("an answer");
    assert_eq!(get("/morning/api/v1/documents/d-1", &bearer).await.ok()["amount"], 118);
    let none = get("/morning/api/v1/documents/d-2", &bearer).await;
    assert_eq!(none.status, 404);
    assert!(none.json()["errorMessage"].as_str().expect("words").contains('ה'));
    assert_eq!(get("/morning/api/v1/documents/d-1", "Bearer of-nobody").await.status, 401);
    sandbox.advance(1_800).await;
    assert_eq!(get("/morning/api/v1/documents/d-1", &bearer).await.status, 401, "a token ends");
}

#[tokio::test]
async fn icount_says_everything_with_200() {
    let sandbox = start().await;
    put(&sandbox, "icount", json!({ "token": "k" }), json!([{ "doctype": "invrec", "docnum": 1, "totalwithvat": 118 }])).await;
    let ask = async |bearer: &str, body: Value| {
        sandbox.send(Method::POST, "/icount/api/v3.php/doc/info", &[JSON, ("authorization", bearer)], body.to_string()).await.expect("an answer").ok()
    };
    assert_eq!(ask("Bearer k", json!({ "doctype": "invrec", "docnum": "1" })).await["doc_info"]["totalwithvat"], 118);
    for (bearer, body, reason) in [
        ("Bearer other", json!({ "doctype": "invrec", "docnum": "1" }), "bad_login"),
        ("Bearer k", json!({ "doctype": "invrec" }), "missing_parameter"),
        ("Bearer k", json!({ "doctype": "receipt", "docnum": "1" }), "doc_not_found"),
    ] {
        let refused = ask(bearer, body).await;
        assert_eq!((&refused["status"], &refused["reason"]), (&json!(false), &json!(reason)));
    }
}

#[tokio::test]
async fn payme_lists_a_sellers_sales_and_fails_with_500() {
    let sandbox = start().await;
    put(&sandbox, "payme", json!({ "seller_payme_id": "MPL1" }), json!([{ "sale_payme_id": "A", "sale_price": 1 }, { "sale_payme_id": "B", "sale_price": 2 }])).await;
    let of = async |body: Value| ask(&sandbox, "/payme/api/get-sales", body).await;
    assert_eq!(of(json!({ "seller_payme_id": "MPL1" })).await.ok()["items_count"], 2);
    let one = of(json!({ "seller_payme_id": "MPL1", "sale_payme_id": "B" })).await.ok();
    assert_eq!((&one["status_code"], &one["items"]), (&json!(0), &json!([{ "sale_payme_id": "B", "sale_price": 2 }])));
    assert_eq!(of(json!({ "seller_payme_id": "MPL1", "sale_payme_id": "C" })).await.ok()["items_count"], 0);
    let refused = of(json!({ "seller_payme_id": "MPL2" })).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["status_code"]), (500, &json!(1)));
}

#[tokio::test]
async fn grow_reads_forms_and_changes_the_type_of_its_error() {
    let sandbox = start().await;
    let process = json!({ "processId": "P1", "processToken": "T1", "transactions": [{ "transactionId": 9, "transactionToken": "X", "sum": "1" }] });
    put(&sandbox, "grow", json!({ "userId": "u", "pageCode": "p" }), json!([process])).await;
    let of = async |method: &str, fields: &[(&str, &str)]| {
        let answer = sandbox.submit(&format!("/grow/api/light/server/1.0/{method}"), fields).await.ok();
        (answer["status"].clone(), answer["err"].is_string(), answer["data"].clone())
    };
    let known = [("userId", "u"), ("pageCode", "p"), ("processId", "P1"), ("processToken", "T1"), ("transactionId", "9"), ("transactionToken", "X")];
    assert_eq!(of("getPaymentProcessInfo", &known).await, (json!(1), true, process.clone()));
    assert_eq!(of("getTransactionInfo", &known).await, (json!(1), true, process["transactions"][0].clone()));
    for wrong in 0..6 {
        let mut fields = known;
        fields[wrong].1 = "wrong";
        let method = if wrong < 4 { "getPaymentProcessInfo" } else { "getTransactionInfo" };
        assert_eq!(of(method, &fields).await, (json!(0), false, json!("")), "{wrong}");
    }
}

#[tokio::test]
async fn voicenter_looks_for_calls_in_a_span_and_shows_the_fields_that_are_asked_for() {
    let sandbox = start().await;
    put(&sandbox, "voicenter", json!({ "code": "c" }), json!([{ "CallID": "1", "Date": "2026-12-01T10:00:00", "Duration": 5, "Price": 7 }])).await;
    let of = async |code: &str, from: &str, call: &str| {
        let search = json!({ "fromdate": from, "todate": "2026-12-01T23:00:00", "callID": call });
        ask(&sandbox, "/voicenter/hub/cdr/", json!({ "code": code, "fields": ["CallID", "Duration"], "search": search })).await.ok()
    };
    let found = of("c", "2026-12-01T09:00:00", "1").await;
    assert_eq!((&found["ERROR_NUMBER"], &found["CDR_LIST"]), (&json!(0), &json!([{ "CallID": "1", "Duration": 5 }])));
    for (from, call) in [("2026-12-01T11:00:00", "1"), ("2026-12-01T09:00:00", "2")] {
        assert_eq!(of("c", from, call).await["TOTAL_HITS"], 0, "{from} {call}");
    }
    for (code, from, number) in [("other", "2026-12-01T09:00:00", 2), ("c", "2026-12-02T09:00:00", 5), ("c", "yesterday", 5)] {
        assert_eq!(of(code, from, "1").await["ERROR_NUMBER"], number, "{code} {from}");
    }
}

#[tokio::test]
async fn a_record_replaces_the_former_of_its_name_and_a_reset_forgets_all() {
    let sandbox = start().await;
    let keys = json!({ "seller_payme_id": "MPL1" });
    assert_eq!(put(&sandbox, "payme", keys.clone(), json!([{ "sale_payme_id": "A", "sale_price": 1 }])).await["records"], 1);
    assert_eq!(put(&sandbox, "payme", keys.clone(), json!([{ "sale_payme_id": "A", "sale_price": 2 }])).await["records"], 1);
    let all = ask(&sandbox, "/payme/api/get-sales", json!({ "seller_payme_id": "MPL1" })).await.ok();
    assert_eq!(all["items"], json!([{ "sale_payme_id": "A", "sale_price": 2 }]));
    assert_eq!(sandbox.control("records", json!({ "provider": "stripe", "keys": {}, "records": [] })).await.status, 400);
    sandbox.control("reset", json!({})).await.ok();
    assert_eq!(ask(&sandbox, "/payme/api/get-sales", json!({ "seller_payme_id": "MPL1" })).await.status, 500);
}

#[tokio::test]
async fn they_fail_as_asked() {
    let sandbox = start().await;
    let of = async || sandbox.send(Method::POST, "/payme/api/get-sales", &[JSON], "{}".into()).await;
    sandbox.fault(json!({ "path": "/payme", "mode": "garble" })).await;
    let garbled = of().await.expect("an answer");
    assert!(garbled.status == 200 && serde_json::from_str::<Value>(&garbled.text).is_err());
    sandbox.fault(json!({ "path": "/payme", "mode": "flood", "kib": 2_000 })).await;
    assert_eq!(of().await.expect("an answer").text.len(), 2_000 * 1_024);
    sandbox.fault(json!({ "path": "/payme", "mode": "drop" })).await;
    assert!(of().await.is_err());
    assert_eq!(sandbox.control("faults", json!({ "mode": "flood", "kib": 100_000 })).await.status, 400);
}
