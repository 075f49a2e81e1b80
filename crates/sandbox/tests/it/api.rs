//! The objects of the API and what lists and answers share.

use serde_json::{Value, json};

use crate::harness::*;

async fn customer(sandbox: &Sandbox, email: &str) -> Value {
    sandbox.post("/v1/customers", &[("email", email)]).await.ok()
}

#[tokio::test]
async fn customers_are_made_changed_found_and_removed() {
    let mut sandbox = start().await;
    let made = sandbox.post("/v1/customers", &[("email", "a@flat.test"), ("metadata[flat]", "14"), ("name", "נועה")]).await.ok();
    let path = format!("/v1/customers/{}", id(&made));
    let changed = sandbox.post(&path, &[("name", ""), ("metadata[flat]", ""), ("metadata[floor]", "4")]).await.ok();
    assert_eq!(changed["name"], Value::Null);
    assert_eq!(changed["metadata"], json!({ "floor": "4" }));
    assert_eq!(ids(&sandbox.get("/v1/customers?email=a%40flat.test").await.ok()), [id(&made)]);
    sandbox.hook().await;
    let updated = sandbox.hook().await;
    assert_eq!(updated.kind(), "customer.updated");
    assert_eq!(updated.event["data"]["previous_attributes"], json!({ "name": "נועה", "metadata": { "flat": "14" } }));
    assert_eq!(sandbox.delete(&path).await.ok()["deleted"], true);
    assert_eq!(sandbox.get(&path).await.ok()["deleted"], true);
    assert!(ids(&sandbox.get("/v1/customers").await.ok()).is_empty());
    let gone = sandbox.post("/v1/payment_intents", &[("amount", "500"), ("currency", "usd"), ("customer", id(&made))]).await.error(400);
    assert_eq!(gone["param"], "customer");
}

#[tokio::test]
async fn pages_go_forward_and_back_without_gaps() {
    let sandbox = start().await;
    let mut made = Vec::new();
    for index in 0..7 {
        made.push(id(&customer(&sandbox, &format!("{index}@flat.test")).await).to_owned());
    }
    made.reverse();
    let first = sandbox.get("/v1/customers?limit=3").await.ok();
    assert_eq!(ids(&first), made[..3]);
    assert_eq!((&first["has_more"], &first["object"], &first["url"]), (&json!(true), &json!("list"), &json!("/v1/customers")));
    let second = sandbox.get(&format!("/v1/customers?limit=3&starting_after={}", made[2])).await.ok();
    assert_eq!(ids(&second), made[3..6]);
    let last = sandbox.get(&format!("/v1/customers?limit=3&starting_after={}", made[5])).await.ok();
    assert_eq!((ids(&last), &last["has_more"]), (made[6..].to_vec(), &json!(false)));
    let back = sandbox.get(&format!("/v1/customers?limit=3&ending_before={}", made[4])).await.ok();
    assert_eq!((ids(&back), &back["has_more"]), (made[1..4].to_vec(), &json!(true)));
    for wrong in ["limit=0", "limit=101", "limit=x", "starting_after=cus_nobody", "starting_after=a&ending_before=b"] {
        sandbox.get(&format!("/v1/customers?{wrong}")).await.error(400);
    }
    assert!(ids(&sandbox.get(&format!("/v1/customers?created[gt]={NOW}")).await.ok()).is_empty());
}

#[tokio::test]
async fn ids_become_objects_where_asked() {
    let sandbox = start().await;
    let made = customer(&sandbox, "a@flat.test").await;
    sandbox.post("/v1/payment_intents", &[("amount", "500"), ("currency", "usd"), ("customer", id(&made)), ("payment_method", "pm_card_visa"), ("confirm", "true")]).await.ok();
    let list = sandbox.get("/v1/payment_intents?expand[]=data.customer&expand[]=data.latest_charge.payment_intent").await.ok();
    let intent = &list["data"][0];
    assert_eq!(intent["customer"]["email"], "a@flat.test");
    assert_eq!(intent["latest_charge"]["payment_intent"]["id"], intent["id"]);
    let error = sandbox.get("/v1/payment_intents?expand[]=data.amount").await.error(400);
    assert_eq!(error["message"], "This property cannot be expanded (data.amount).");
}

#[tokio::test]
async fn a_catalogue_of_products_and_prices_sells_a_membership() {
    let sandbox = start().await;
    let product = sandbox.post("/v1/products", &[("name", "חברות")]).await.ok();
    let price =
        sandbox.post("/v1/prices", &[("product", id(&product)), ("currency", "usd"), ("unit_amount", "300"), ("recurring[interval]", "month"), ("lookup_key", "flat")]).await.ok();
    assert_eq!(price["type"], "recurring");
    assert_eq!(ids(&sandbox.get("/v1/prices?lookup_keys[]=flat").await.ok()), [id(&price)]);
    let session = sandbox
        .post("/v1/checkout/sessions", &[("mode", "subscription"), ("success_url", "http://shop.test/ok"), ("line_items[0][price]", id(&price)), ("line_items[0][quantity]", "2")])
        .await
        .ok();
    assert_eq!(session["amount_total"], 600);
    let lines = sandbox.get(&format!("{}/line_items?expand[]=data.price.product", session_path(&session))).await.ok();
    assert_eq!(lines["data"][0]["price"]["product"]["name"], "חברות");
    sandbox.post(&format!("/v1/prices/{}", id(&price)), &[("active", "false")]).await.ok();
    let inactive = sandbox
        .post("/v1/checkout/sessions", &[("mode", "subscription"), ("success_url", "http://shop.test/ok"), ("line_items[0][price]", id(&price)), ("line_items[0][quantity]", "1")])
        .await
        .error(400);
    assert_eq!(inactive["param"], "line_items[0][price]");
}

#[tokio::test]
async fn a_payment_intent_goes_through_its_states() {
    let mut sandbox = start().await;
    let base = [("amount", "1050"), ("currency", "ils"), ("capture_method", "manual")];
    let made = sandbox.post("/v1/payment_intents", &base).await.ok();
    assert_eq!(made["status"], "requires_payment_method");
    let path = format!("/v1/payment_intents/{}", id(&made));
    let missing = sandbox.post(&format!("{path}/confirm"), &[]).await.error(400);
    assert_eq!(missing["code"], "payment_intent_unexpected_state");
    let declined = sandbox.post(&format!("{path}/confirm"), &[("payment_method", "pm_card_chargeDeclined")]).await.error(402);
    assert_eq!((&declined["type"], &declined["code"], &declined["decline_code"]), (&json!("card_error"), &json!("card_declined"), &json!("generic_decline")));
    assert_eq!(declined["payment_intent"]["last_payment_error"]["code"], "card_declined");
    let held = sandbox.post(&format!("{path}/confirm"), &[("payment_method", "pm_card_visa")]).await.ok();
    assert_eq!((&held["status"], &held["amount_capturable"]), (&json!("requires_capture"), &json!(1050)));
    sandbox.post(&format!("{path}/capture"), &[("amount_to_capture", "1051")]).await.error(400);
    let taken = sandbox.post(&format!("{path}/capture"), &[("amount_to_capture", "1000")]).await.ok();
    assert_eq!((&taken["status"], &taken["amount_received"]), (&json!("succeeded"), &json!(1000)));
    sandbox.post(&format!("{path}/cancel"), &[]).await.error(400);
    assert_eq!(
        sandbox.kinds().await,
        [
            "payment_intent.created",
            "charge.failed",
            "payment_intent.payment_failed",
            "charge.succeeded",
            "payment_intent.amount_capturable_updated",
            "charge.captured",
            "payment_intent.succeeded"
        ]
    );
    let other = sandbox.post("/v1/payment_intents", &base).await.ok();
    let canceled = sandbox.post(&format!("/v1/payment_intents/{}/cancel", id(&other)), &[("cancellation_reason", "abandoned")]).await.ok();
    assert_eq!(canceled["status"], "canceled");
}

#[tokio::test]
async fn a_payment_intent_with_3d_secure_sends_the_payer_to_the_bank_and_back() {
    let sandbox = start().await;
    let fields = [("amount", "500"), ("currency", "usd"), ("payment_method", "pm_card_threeDSecure2Required"), ("confirm", "true")];
    let made = sandbox.post("/v1/payment_intents", &[&fields[..], &[("return_url", "http://shop.test/back?a=1")]].concat()).await.ok();
    assert_eq!(made["status"], "requires_action");
    let bank = made["next_action"]["redirect_to_url"]["url"].as_str().expect("an address");
    let back = sandbox.submit(bank, &[("outcome", "confirm")]).await;
    assert!(back.header("location").starts_with("http://shop.test/back?a=1&payment_intent=pi_"));
    assert!(back.header("location").ends_with("redirect_status=succeeded"));
    let away = sandbox.post("/v1/payment_intents", &[&fields[..], &[("off_session", "true")]].concat()).await.error(402);
    assert_eq!(away["code"], "authentication_required");
}

#[tokio::test]
async fn a_subscription_through_the_api_needs_a_card_and_lives_by_it() {
    let mut sandbox = start().await;
    let made = customer(&sandbox, "a@flat.test").await;
    let price = sandbox.post("/v1/prices", &[("product_data[name]", "חברות"), ("currency", "usd"), ("unit_amount", "300"), ("recurring[interval]", "month")]).await.ok();
    let fields = [("customer", id(&made)), ("items[0][price]", id(&price)), ("metadata[flat]", "14")];
    sandbox.post("/v1/subscriptions", &fields).await.error(400);
    let active = sandbox.post("/v1/subscriptions", &[&fields[..], &[("default_payment_method", "pm_card_visa")]].concat()).await.ok();
    assert_eq!(active["status"], "active");
    let incomplete = sandbox.post("/v1/subscriptions", &[&fields[..], &[("default_payment_method", "pm_card_chargeCustomerFail")]].concat()).await.ok();
    assert_eq!(incomplete["status"], "incomplete");
    let refused = sandbox
        .post("/v1/subscriptions", &[&fields[..], &[("default_payment_method", "pm_card_chargeCustomerFail"), ("payment_behavior", "error_if_incomplete")]].concat())
        .await
        .error(402);
    assert_eq!(refused["code"], "card_declined");
    let path = format!("/v1/subscriptions/{}", id(&active));
    let item = active["items"]["data"][0]["id"].as_str().expect("an item");
    let changed = sandbox.post(&path, &[("items[0][id]", item), ("items[0][quantity]", "3")]).await.ok();
    assert_eq!(changed["items"]["data"][0]["quantity"], 3);
    sandbox.kinds().await;
    let ended = sandbox.delete(&path).await.ok();
    assert_eq!(ended["status"], "canceled");
    assert_eq!(sandbox.kinds().await, ["customer.subscription.deleted"]);
    sandbox.delete(&path).await.error(404);
    let listed = sandbox.get(&format!("/v1/subscriptions?customer={}", id(&made))).await.ok();
    assert_eq!(ids(&listed), [id(&incomplete)]);
    sandbox.advance(23 * 3_600).await;
    let expired = sandbox.get(&format!("/v1/subscriptions/{}", id(&incomplete))).await.ok();
    assert_eq!(expired["status"], "incomplete_expired");
}

#[tokio::test]
async fn money_is_given_back_up_to_what_was_taken() {
    let mut sandbox = start().await;
    let intent = sandbox.post("/v1/payment_intents", &[("amount", "1000"), ("currency", "usd"), ("payment_method", "pm_card_visa"), ("confirm", "true")]).await.ok();
    sandbox.kinds().await;
    let part = sandbox.post("/v1/refunds", &[("payment_intent", id(&intent)), ("amount", "400"), ("reason", "requested_by_customer")]).await.ok();
    assert_eq!((&part["status"], &part["amount"]), (&json!("succeeded"), &json!(400)));
    let too_much = sandbox.post("/v1/refunds", &[("payment_intent", id(&intent)), ("amount", "601")]).await.error(400);
    assert_eq!(too_much["param"], "amount");
    let rest = sandbox.post("/v1/refunds", &[("charge", id(&intent["latest_charge"]))]).await.ok();
    assert_eq!(rest["amount"], 600);
    let none_left = sandbox.post("/v1/refunds", &[("payment_intent", id(&intent))]).await.error(400);
    assert_eq!(none_left["code"], "charge_already_refunded");
    assert_eq!(ids(&sandbox.get(&format!("/v1/refunds?payment_intent={}", id(&intent))).await.ok()), [id(&rest), id(&part)]);
    assert_eq!(sandbox.kinds().await, ["refund.created", "charge.refunded", "refund.updated"].repeat(2));
}

#[tokio::test]
async fn events_can_be_read_again() {
    let sandbox = start().await;
    let made = customer(&sandbox, "a@flat.test").await;
    sandbox.purchase().await;
    let list = sandbox.get("/v1/events?type=customer.*").await.ok();
    let event = sandbox.get(&format!("/v1/events/{}", ids(&list)[0])).await.ok();
    assert_eq!(event["data"]["object"]["id"], made["id"]);
    assert!(event["request"]["id"].as_str().is_some_and(|id| id.starts_with("req_")));
    assert!(ids(&sandbox.get("/v1/events?type=invoice.paid").await.ok()).is_empty());
}

#[tokio::test]
async fn a_reset_forgets_everything_but_the_endpoints_of_the_start() {
    let sandbox = start().await;
    sandbox.purchase().await;
    sandbox.control("reset", json!({})).await.ok();
    let counts = sandbox.state().await["counts"].clone();
    assert_eq!((&counts["checkout.session"], &counts["webhook_endpoint"]), (&json!(0), &json!(1)));
    assert_eq!(sandbox.browse("/healthz").await.text, "ok\n");
}
