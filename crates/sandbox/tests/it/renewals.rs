//! What happens to memberships as months pass.

use serde_json::{Value, json};

use crate::harness::*;

#[tokio::test]
async fn a_month_later_the_next_month_is_paid() {
    let mut sandbox = start().await;
    let subscription = sandbox.member().await;
    sandbox.kinds().await;
    sandbox.advance(30 * DAY).await;
    assert_eq!(
        sandbox.kinds().await,
        [
            "customer.subscription.updated",
            "invoice.created",
            "invoice.finalized",
            "payment_intent.created",
            "charge.succeeded",
            "payment_intent.succeeded",
            "invoice_payment.paid",
            "invoice.paid",
            "invoice.payment_succeeded",
        ]
    );
    let invoices = sandbox.get(&format!("/v1/invoices?subscription={}", id(&subscription))).await.ok();
    let reasons: Vec<&Value> = invoices["data"].as_array().expect("a list").iter().map(|invoice| &invoice["billing_reason"]).collect();
    assert_eq!(reasons, ["subscription_cycle", "subscription_create"]);
    let renewed = sandbox.get(&format!("/v1/subscriptions/{}", id(&subscription))).await.ok();
    assert_eq!(renewed["items"]["data"][0]["current_period_start"], NOW + 30 * DAY);
    assert_eq!(renewed["items"]["data"][0]["current_period_end"], NOW + 61 * DAY);
}

#[tokio::test]
async fn an_unpaid_month_is_tried_again_and_ends_the_membership_at_last() {
    let mut sandbox = start().await;
    let subscription = sandbox.member().await;
    let path = format!("/v1/subscriptions/{}", id(&subscription));
    sandbox.post(&path, &[("default_payment_method", "pm_card_chargeCustomerFail")]).await.ok();
    sandbox.kinds().await;
    sandbox.advance(30 * DAY).await;
    let kinds = sandbox.kinds().await;
    assert!(kinds.contains(&"invoice.payment_failed".to_owned()));
    assert!(!kinds.contains(&"invoice.paid".to_owned()));
    let unpaid = sandbox.get(&format!("{path}?expand[]=latest_invoice")).await.ok();
    assert_eq!(unpaid["status"], "past_due");
    assert_eq!(unpaid["latest_invoice"]["attempt_count"], 1);
    assert_eq!(unpaid["latest_invoice"]["next_payment_attempt"], NOW + 33 * DAY);
    for _ in 0..3 {
        sandbox.advance(3 * DAY).await;
    }
    let ended = sandbox.get(&path).await.ok();
    assert_eq!(ended["status"], "canceled");
    assert_eq!(ended["cancellation_details"]["reason"], "payment_failed");
    assert_eq!(sandbox.kinds().await.last().map(String::as_str), Some("customer.subscription.deleted"));
}

#[tokio::test]
async fn another_card_pays_the_open_invoice_and_the_membership_is_active_again() {
    let mut sandbox = start().await;
    let subscription = sandbox.member().await;
    let renewed = sandbox.control(&format!("subscriptions/{}/renew", id(&subscription)), json!({ "card": "4000000000000341" })).await.ok();
    assert_eq!(renewed["status"], "past_due");
    let invoice = id(&renewed["latest_invoice"]).to_owned();
    let refused = sandbox.post(&format!("/v1/invoices/{invoice}/pay"), &[("payment_method", "pm_card_visa_chargeDeclinedInsufficientFunds")]).await.error(402);
    assert_eq!(refused["decline_code"], "insufficient_funds");
    sandbox.kinds().await;
    let paid = sandbox.post(&format!("/v1/invoices/{invoice}/pay"), &[("payment_method", "pm_card_visa")]).await.ok();
    assert_eq!(paid["status"], "paid");
    let again = sandbox.post(&format!("/v1/invoices/{invoice}/pay"), &[]).await.error(400);
    assert_eq!(again["code"], "invoice_already_paid");
    let hooks = sandbox.kinds().await;
    assert_eq!(hooks.last().map(String::as_str), Some("customer.subscription.updated"));
    let subscription = sandbox.get(&format!("/v1/subscriptions/{}", id(&subscription))).await.ok();
    assert_eq!(subscription["status"], "active");
}

#[tokio::test]
async fn a_membership_that_is_to_end_ends_with_its_month() {
    let mut sandbox = start().await;
    let subscription = sandbox.member().await;
    let path = format!("/v1/subscriptions/{}", id(&subscription));
    let ending = sandbox.post(&path, &[("cancel_at_period_end", "true")]).await.ok();
    assert_eq!(ending["status"], "active");
    assert_eq!(ending["cancel_at"], NOW + 30 * DAY);
    sandbox.kinds().await;
    sandbox.advance(30 * DAY).await;
    assert_eq!(sandbox.kinds().await, ["customer.subscription.deleted"], "nothing is charged any more");
    assert_eq!(sandbox.get(&path).await.ok()["status"], "canceled");
}

#[tokio::test]
async fn a_card_that_was_authenticated_once_renews_by_itself() {
    let sandbox = start().await;
    for (number, status) in [("4000002500003155", "active"), ("4000002760003184", "past_due")] {
        let session = sandbox.membership().await;
        sandbox.pay(&session, number).await;
        sandbox.submit(&format!("{}/verify", pay_path(&session)), &[("outcome", "confirm")]).await;
        let session = sandbox.get(&session_path(&session)).await.ok();
        let renewed = sandbox.control(&format!("subscriptions/{}/renew", id(&session["subscription"])), json!({})).await.ok();
        assert_eq!(renewed["status"], status, "{number}");
    }
}

#[tokio::test]
async fn years_pass_in_one_step_without_losing_a_month() {
    let sandbox = start().await;
    let subscription = sandbox.member().await;
    sandbox.advance(366 * DAY).await;
    let state = sandbox.state().await;
    assert_eq!(state["counts"]["invoice"], 13);
    let renewed = sandbox.get(&format!("/v1/subscriptions/{}", id(&subscription))).await.ok();
    assert!(renewed["items"]["data"][0]["current_period_end"].as_i64().expect("a time") > NOW + 366 * DAY);
}

#[tokio::test]
async fn the_page_of_an_open_invoice_takes_another_card() {
    let sandbox = start().await;
    let subscription = sandbox.member().await;
    let renewed = sandbox.control(&format!("subscriptions/{}/renew", id(&subscription)), json!({ "card": "4000000000000341" })).await.ok();
    let path = format!("/i/{}", id(&renewed["latest_invoice"]));
    assert!(sandbox.browse(&path).await.text.contains("name=\"cardNumber\""));
    let card = |number| [("cardNumber", number), ("cardExpiry", "08 / 29"), ("cardCvc", "417")];
    let refused = sandbox.submit(&path, &card("4000000000000002")).await;
    assert!(refused.text.contains("role=\"alert\"") && refused.text.contains("4000000000000002") && !refused.text.contains("417"), "{}", refused.text);
    assert!(sandbox.submit(&path, &card("1234")).await.text.contains("role=\"alert\""));
    assert_eq!(sandbox.submit(&path, &card("4242424242424242")).await.status, http::StatusCode::SEE_OTHER);
    let paid = sandbox.browse(&path).await.text;
    assert!(paid.contains("שולמה") && !paid.contains("cardNumber"), "{paid}");
    assert_eq!(sandbox.get(&format!("/v1/subscriptions/{}", id(&subscription))).await.ok()["status"], "active");
    assert_eq!(sandbox.submit(&path, &card("4242424242424242")).await.status, http::StatusCode::SEE_OTHER, "paid once");
    assert_eq!(sandbox.browse("/i/in_unknown").await.status, http::StatusCode::NOT_FOUND);
}
