//! From the creation of a session, over the page, to what was bought.

use serde_json::{Value, json};

use crate::harness::*;

#[tokio::test]
async fn a_paid_membership_is_active_and_everybody_is_told() {
    let mut sandbox = start().await;
    let session = sandbox.membership().await;
    assert_eq!(session["status"], "open");
    assert_eq!(session["payment_status"], "unpaid");
    assert_eq!(session["amount_total"], 300);
    assert_eq!(session["expires_at"], NOW + DAY);
    assert_eq!(session["url"], format!("{}{}", sandbox.base, pay_path(&session)));
    let paid = sandbox.pay(&session, "4242 4242 4242 4242").await;
    assert_eq!(paid.status, 303);
    assert_eq!(paid.header("location"), format!("http://shop.test/ok?s={}&x=1", id(&session)));

    let session = sandbox.get(&format!("{}?expand[]=subscription.latest_invoice.payments&expand[]=customer", session_path(&session))).await.ok();
    assert_eq!(session["status"], "complete");
    assert_eq!(session["payment_status"], "paid");
    assert_eq!(session["url"], Value::Null);
    assert_eq!(session["payment_intent"], Value::Null);
    assert_eq!(session["customer"]["name"], "נועה שגב");
    let subscription = &session["subscription"];
    assert_eq!(subscription["status"], "active");
    assert_eq!(subscription["metadata"], json!({ "on": "subscription" }));
    let item = &subscription["items"]["data"][0];
    assert_eq!(item["current_period_start"], NOW);
    // 21 December: a month, not thirty days.
    assert_eq!(item["current_period_end"], NOW + 30 * DAY);
    assert_eq!(subscription["current_period_end"], Value::Null);
    let invoice = &subscription["latest_invoice"];
    assert_eq!(invoice["status"], "paid");
    assert_eq!(invoice["parent"]["subscription_details"]["subscription"], subscription["id"]);
    assert_eq!(invoice["payments"]["data"][0]["status"], "paid");

    assert_eq!(
        sandbox.kinds().await,
        [
            "payment_intent.created",
            "customer.created",
            "charge.succeeded",
            "payment_method.attached",
            "payment_intent.succeeded",
            "customer.subscription.created",
            "invoice.created",
            "invoice.finalized",
            "invoice_payment.paid",
            "invoice.paid",
            "invoice.payment_succeeded",
            "customer.subscription.updated",
            "checkout.session.completed",
        ]
    );
}

#[tokio::test]
async fn metadata_of_a_session_is_not_that_of_its_payment() {
    let sandbox = start().await;
    let session = sandbox.purchase().await;
    assert_eq!(session["amount_total"], 12_000);
    assert_eq!(session["currency"], "ils");
    assert_eq!(sandbox.pay(&session, "5555555555554444").await.status, 303);
    let session = sandbox.get(&format!("{}?expand[]=payment_intent.latest_charge&expand[]=line_items", session_path(&session))).await.ok();
    let intent = &session["payment_intent"];
    assert_eq!(intent["status"], "succeeded");
    assert_eq!(intent["amount_received"], 12_000);
    assert_eq!(intent["metadata"], json!({ "on": "intent" }));
    assert_eq!(session["metadata"], json!({ "on": "session" }));
    assert_eq!(intent["latest_charge"]["payment_method_details"]["card"]["last4"], "4444");
    assert_eq!(session["line_items"]["data"][0]["quantity"], 2);
    // A single payment makes no customer unless asked to.
    assert_eq!(session["customer"], Value::Null);
}

#[tokio::test]
async fn a_declined_card_keeps_its_number_and_loses_its_code() {
    let mut sandbox = start().await;
    let session = sandbox.purchase().await;
    let page = sandbox.pay(&session, "4000 0000 0000 9995").await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("role=\"alert\""));
    assert!(page.text.contains("לא חויבת"));
    assert!(page.text.contains("card_declined · insufficient_funds"));
    assert!(page.text.contains("value=\"4000 0000 0000 9995\""));
    assert!(page.text.contains("ניסיון נוסף"));
    assert!(!page.text.contains("417"));
    let open = sandbox.get(&session_path(&session)).await.ok();
    assert_eq!(open["status"], "open");
    let intent = open["payment_intent"].clone();
    assert_eq!(sandbox.kinds().await, ["payment_intent.created", "charge.failed", "payment_intent.payment_failed"]);

    assert_eq!(sandbox.pay(&session, "4242424242424242").await.status, 303);
    let paid = sandbox.get(&session_path(&session)).await.ok();
    assert_eq!(paid["payment_intent"], intent, "the next card is tried on the same payment");
    assert_eq!(sandbox.kinds().await, ["charge.succeeded", "payment_intent.succeeded", "checkout.session.completed"]);
}

#[tokio::test]
async fn every_documented_refusal_says_its_code() {
    let sandbox = start().await;
    let session = sandbox.purchase().await;
    for (number, code) in [
        ("4000000000000002", "card_declined · generic_decline"),
        ("4000000000009995", "card_declined · insufficient_funds"),
        ("4000000000009987", "card_declined · lost_card"),
        ("4000000000009979", "card_declined · stolen_card"),
        ("4000000000006975", "card_declined · card_velocity_exceeded"),
        ("4000000000000341", "card_declined · generic_decline"),
        ("4000000000000069", ">expired_card<"),
        ("4000000000000127", ">incorrect_cvc<"),
        ("4000000000000119", ">processing_error<"),
        // Well formed, and not for testing.
        ("4012888888881881", "card_declined · test_mode_live_card"),
    ] {
        let page = sandbox.pay(&session, number).await;
        assert!(page.text.contains(code), "{number}: {code}");
    }
    let state = sandbox.state().await;
    assert!(!state.to_string().contains("4012888888881881"), "a number that is not for testing is kept nowhere");
}

#[tokio::test]
async fn what_cannot_be_a_card_is_said_at_its_field_and_tried_nowhere() {
    let sandbox = start().await;
    let session = sandbox.purchase().await;
    for (number, expiry, cvc, email, words) in [
        ("4242424242424241", "08 / 29", "417", "", "מספר הכרטיס"),
        ("", "08 / 29", "417", "", "מספר הכרטיס"),
        ("4242424242424242", "08 / 20", "417", "", "התוקף"),
        ("4242424242424242", "13 / 29", "417", "", "התוקף"),
        ("4242424242424242", "08 / 29", "", "", "קוד האבטחה"),
        ("4242424242424242", "08 / 29", "417", "nobody", "דוא״ל"),
    ] {
        let page = sandbox.submit(&pay_path(&session), &[("cardNumber", number), ("cardExpiry", expiry), ("cardCvc", cvc), ("email", email)]).await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains(words), "{words}");
        assert!(page.text.contains("aria-invalid=\"true\""), "{words}");
    }
    assert_eq!(sandbox.state().await["counts"]["payment_intent"], 0);
}

#[tokio::test]
async fn a_card_with_3d_secure_asks_the_bank_first() {
    let mut sandbox = start().await;
    for number in ["4000 0027 6000 3184", "4000 0025 0000 3155"] {
        let session = sandbox.membership().await;
        let verify = format!("{}/verify", pay_path(&session));
        let asked = sandbox.pay(&session, number).await;
        assert_eq!(asked.status, 303);
        assert_eq!(asked.header("location"), format!("{}{verify}", sandbox.base));
        assert!(sandbox.browse(&verify).await.text.contains("value=\"confirm\""));

        let failed = sandbox.submit(&verify, &[("outcome", "fail")]).await;
        assert!(failed.text.contains("payment_intent_authentication_failure"));
        assert!(failed.text.contains("value=\"נועה שגב\""), "the name is kept over the bank's page");
        assert_eq!(sandbox.get(&session_path(&session)).await.ok()["status"], "open");

        sandbox.pay(&session, number).await;
        let passed = sandbox.submit(&verify, &[("outcome", "confirm")]).await;
        assert!(passed.header("location").starts_with("http://shop.test/ok?s=cs_test_"));
        assert_eq!(sandbox.get(&session_path(&session)).await.ok()["payment_status"], "paid");
        let kinds = sandbox.kinds().await;
        assert_eq!(kinds.iter().filter(|kind| *kind == "payment_intent.requires_action").count(), 2);
        assert_eq!(kinds.iter().filter(|kind| *kind == "payment_intent.succeeded").count(), 1);
    }
}

#[tokio::test]
async fn after_3d_secure_a_card_may_still_be_refused() {
    let sandbox = start().await;
    let session = sandbox.purchase().await;
    sandbox.pay(&session, "4000008400001629").await;
    let page = sandbox.submit(&format!("{}/verify", pay_path(&session)), &[("outcome", "confirm")]).await;
    assert!(page.text.contains("card_declined · generic_decline"));
}

#[tokio::test]
async fn a_session_that_is_paid_leads_back_and_charges_nothing_more() {
    let sandbox = start().await;
    let session = sandbox.purchase().await;
    sandbox.pay(&session, "4242424242424242").await;
    for again in [sandbox.browse(&pay_path(&session)).await, sandbox.pay(&session, "4242424242424242").await] {
        assert_eq!(again.status, 303);
        assert_eq!(again.header("location"), "http://shop.test/ok");
        assert!(again.text.contains("התשלום כבר הושלם"));
    }
    assert_eq!(sandbox.state().await["counts"]["charge"], 1);
}

#[tokio::test]
async fn a_session_runs_out_when_it_said_it_would() {
    let mut sandbox = start().await;
    let mut fields = PURCHASE.to_vec();
    let at = (NOW + 3_600).to_string();
    fields.extend([("expires_at", at.as_str()), ("cancel_url", "http://shop.test/no")]);
    let session = sandbox.post("/v1/checkout/sessions", &fields).await.ok();
    sandbox.advance(3_599).await;
    assert_eq!(sandbox.get(&session_path(&session)).await.ok()["status"], "open");
    sandbox.advance(1).await;
    assert_eq!(sandbox.get(&session_path(&session)).await.ok()["status"], "expired");
    assert_eq!(sandbox.kinds().await, ["checkout.session.expired"]);
    for page in [sandbox.browse(&pay_path(&session)).await, sandbox.pay(&session, "4242424242424242").await] {
        assert!(page.text.contains("פג תוקפו"));
        assert!(page.text.contains("href=\"http://shop.test/no\""));
    }
    sandbox.post(&format!("{}/expire", session_path(&session)), &[]).await.error(400);
}

#[tokio::test]
async fn a_session_can_be_ended_by_the_caller_and_by_a_test() {
    let mut sandbox = start().await;
    let (first, second) = (sandbox.purchase().await, sandbox.purchase().await);
    let ended = sandbox.post(&format!("{}/expire", session_path(&first)), &[]).await.ok();
    assert_eq!(ended["status"], "expired");
    sandbox.control(&format!("sessions/{}/expire", id(&second)), json!({})).await.ok();
    assert_eq!(sandbox.kinds().await, ["checkout.session.expired", "checkout.session.expired"]);
}

#[tokio::test]
async fn a_test_can_pay_without_the_page() {
    let sandbox = start().await;
    let session = sandbox.membership().await;
    let door = format!("sessions/{}/pay", id(&session));
    let declined = sandbox.control(&door, json!({ "card": "4000000000009995" })).await.ok();
    assert_eq!((&declined["outcome"], &declined["detail"]), (&json!("declined"), &json!("insufficient_funds")));
    let paid = sandbox.control(&door, json!({ "email": "n@flat.test" })).await.ok();
    assert_eq!(paid["outcome"], "paid");
    assert_eq!(paid["session"]["customer_details"]["email"], "n@flat.test");
}

#[tokio::test]
async fn the_page_runs_no_script_and_shows_markup_as_text() {
    let sandbox = start().await;
    let mut fields = MEMBERSHIP.to_vec();
    fields.retain(|(name, _)| !name.ends_with("[name]"));
    fields.push(("line_items[0][price_data][product_data][name]", "<script>alert(1)</script>"));
    let session = sandbox.post("/v1/checkout/sessions", &fields).await.ok();
    let page = sandbox.browse(&pay_path(&session)).await;
    assert!(!page.text.contains("<script"));
    assert!(!page.text.contains(" style="), "the content policy would drop it");
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    assert!(page.text.contains("href=\"http://shop.test/no\""));
    assert!(page.text.contains("תשלום של"));
    let styles = sandbox.browse("/assets/sandbox.css").await;
    assert!(styles.text.contains("--vt-brand") && styles.text.contains("prefers-color-scheme: dark"));
}

#[tokio::test]
async fn a_test_card_fills_the_form_by_a_link() {
    let sandbox = start().await;
    let session = sandbox.purchase().await;
    let page = sandbox.browse(&format!("{}?card=4000000000000002", pay_path(&session))).await;
    assert!(page.text.contains("value=\"4000 0000 0000 0002\""));
    assert_eq!(sandbox.state().await["counts"]["charge"], 0, "filling is not paying");
}

#[tokio::test]
async fn a_trial_takes_no_money_today_and_some_later() {
    let mut sandbox = start().await;
    let mut fields = MEMBERSHIP.to_vec();
    fields.push(("subscription_data[trial_period_days]", "7"));
    let session = sandbox.post("/v1/checkout/sessions", &fields).await.ok();
    assert_eq!(session["amount_total"], 0);
    assert_eq!(session["payment_status"], "no_payment_required");
    assert_eq!(sandbox.pay(&session, "4242424242424242").await.status, 303);
    let session = sandbox.get(&format!("{}?expand[]=subscription", session_path(&session))).await.ok();
    assert_eq!(session["subscription"]["status"], "trialing");
    assert!(!sandbox.kinds().await.iter().any(|kind| kind.starts_with("charge")));
    sandbox.advance(7 * DAY).await;
    let subscription = sandbox.get(&format!("/v1/subscriptions/{}", id(&session["subscription"]))).await.ok();
    assert_eq!(subscription["status"], "active");
    assert!(sandbox.kinds().await.contains(&"charge.succeeded".to_owned()));
}

#[tokio::test]
async fn what_is_bought_once_stands_on_the_first_invoice() {
    let sandbox = start().await;
    let mut fields = MEMBERSHIP.to_vec();
    fields.extend([
        ("line_items[1][quantity]", "1"),
        ("line_items[1][price_data][currency]", "usd"),
        ("line_items[1][price_data][unit_amount]", "1000"),
        ("line_items[1][price_data][product_data][name]", "דמי הצטרפות"),
    ]);
    let session = sandbox.post("/v1/checkout/sessions", &fields).await.ok();
    assert_eq!(session["amount_total"], 1_300);
    sandbox.pay(&session, "4242424242424242").await;
    let session = sandbox.get(&format!("{}?expand[]=invoice", session_path(&session))).await.ok();
    assert_eq!(session["invoice"]["amount_paid"], 1_300);
}
