//! Bad days as Stripe itself tells them: the app against the stand-in of crates/sandbox over the real protocol, with
//! the client the product uses, the hosted page's own form, and signed events that arrive over HTTP.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};
use stripe_port::{StripeClient, StripeSettings};
use testkit::Actor;
use tokio::net::TcpListener;
use vantera::platform::Clock;

use crate::support::{App, SLUG, WEBHOOK_SECRET};

/// Long enough for an answer on this machine, and short enough that a slow Stripe is given up soon.
const TIMEOUT_MS: u64 = 1_500;

pub struct Stand {
    pub app: App,
    base: String,
    browser: reqwest::Client,
}

impl Stand {
    pub async fn start() -> Self {
        let mut app = App::with_building().await;
        let ours = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let webhook = sandbox::WebhookTarget { url: format!("http://{}/webhooks/stripe", ours.local_addr().expect("an address")), secret: WEBHOOK_SECRET.into() };
        let router = app.router.clone();
        tokio::spawn(async move { axum::serve(ours, router).await });
        let (clock, receivers) = (app.clock.clone(), app.clock.clone());
        let options = sandbox::Options {
            webhooks: vec![webhook],
            clock: Arc::new(move || clock.now().as_second()),
            signature_clock: Arc::new(move || receivers.now().as_second()),
            retry_delays: vec![Duration::from_millis(5); 3],
            ..sandbox::Options::default()
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(sandbox::serve(listener, options));
        let settings = StripeSettings { base_url: base.clone(), secret_key: "sk_test_tests".into(), timeout_ms: TIMEOUT_MS };
        app.payments = app.payments.clone().with_stripe(Arc::new(StripeClient::new(settings).expect("a client")));
        let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a browser");
        Self { app, base, browser }
    }

    /// One of the stand-in's control doors.
    pub async fn control(&self, path: &str, body: Value) -> Value {
        let answer = self.browser.post(format!("{}/_sandbox/{path}", self.base)).json(&body).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap_or_default());
        answer.json().await.expect("json")
    }

    pub async fn state(&self) -> Value {
        self.browser.get(format!("{}/_sandbox/state", self.base)).send().await.expect("an answer").json().await.expect("json")
    }

    async fn count(&self, noun: &str) -> i64 {
        self.state().await["counts"][noun].as_i64().unwrap_or_default()
    }

    /// Every event has arrived, and all that follows from it is done.
    pub async fn settled(&self) {
        let answer = self.browser.get(format!("{}/_sandbox/settled", self.base)).send().await.expect("an answer");
        assert!(answer.status().is_success());
        self.app.drain().await;
    }

    /// The form sent, and Stripe's page asked for until it is there.
    pub async fn to_the_page(&self, actor: &mut Actor, flat: &str, phone: &str) -> String {
        self.app.send_form(actor, flat, "נועה שגב", phone).await;
        self.app.drain().await;
        let page = actor.get(&format!("/b/{SLUG}/pay")).await.location();
        assert!(page.starts_with(&format!("{}/c/pay/", self.base)), "{page}");
        page
    }

    /// Types a card into Stripe's page; where it leads, or the page again.
    pub async fn card(&self, page: &str, number: &str) -> Result<String, String> {
        self.post(page, &[("cardNumber", number), ("cardExpiry", "08 / 34"), ("cardCvc", "417"), ("billingName", "נועה שגב")]).await
    }

    pub async fn post(&self, page: &str, fields: &[(&str, &str)]) -> Result<String, String> {
        let answer = self.browser.post(page).form(&fields.to_vec()).send().await.map_err(|error| error.to_string())?;
        match answer.headers().get("location").map(|to| to.to_str().expect("ASCII").to_owned()) {
            Some(to) => Ok(to.replace("http://vantera.test", "")),
            None => Err(answer.text().await.unwrap_or_default()),
        }
    }

    /// Back from the page, and in.
    pub async fn comes_back(&self, actor: &mut Actor, back: &str) {
        actor.get(back).await;
        self.app.drain().await;
        actor.get(&format!("/b/{SLUG}/enter")).await;
        assert!(actor.cookie("__Host-session").is_some(), "the payer is signed in");
    }
}

async fn welcome(actor: &mut Actor) -> String {
    actor.get(&format!("/b/{SLUG}/welcome")).await.text()
}

#[tokio::test]
async fn a_declined_card_is_told_and_another_goes_through() {
    let stand = Stand::start().await;
    let mut noa = stand.app.visitor();
    let page = stand.to_the_page(&mut noa, "3", "0543182704").await;
    for number in ["4000000000000002", "4000000000009995"] {
        let again = stand.card(&page, number).await.expect_err("the page again");
        assert!(again.contains("התשלום לא עבר") && !again.contains("417"), "{again}");
    }
    assert!(welcome(&mut noa).await.contains("התשלום עוד לא הושלם"));
    assert_eq!(stand.app.count("select count(*) from memberships").await, 0);
    let back = stand.card(&page, "4242424242424242").await.expect("paid");
    stand.comes_back(&mut noa, &back).await;
    stand.settled().await;
    assert_eq!((stand.count("subscription").await, stand.app.count("select count(*) from memberships").await), (1, 1));
    stand.app.finish().await;
}

#[tokio::test]
async fn a_cancelled_payment_leads_back_to_the_filled_form() {
    let stand = Stand::start().await;
    let mut noa = stand.app.visitor();
    let page = stand.to_the_page(&mut noa, "3", "0543182704").await;
    let shown = stand.browser.get(&page).send().await.expect("a page").text().await.expect("text");
    assert!(shown.contains(&format!("href=\"http://vantera.test/b/{SLUG}/join\"")), "the way back is on the page");
    let form = noa.get(&format!("/b/{SLUG}/join")).await.text();
    assert!(form.contains("התשלום לא הושלם, ולא חויבת") && form.contains("value=\"נועה שגב\""), "{form}");
    stand.settled().await;
    assert_eq!(stand.app.count("select count(*) from memberships").await, 0);
    stand.app.finish().await;
}

#[tokio::test]
async fn an_abandoned_page_runs_out_and_a_fresh_one_is_opened() {
    let stand = Stand::start().await;
    let mut noa = stand.app.visitor();
    let page = stand.to_the_page(&mut noa, "3", "0543182704").await;
    stand.app.advance(2 * 3600 + 1);
    let over = stand.browser.get(&page).send().await.expect("a page").text().await.expect("text");
    assert!(over.contains(&format!("/b/{SLUG}/join")), "the page that ran out leads back: {over}");
    stand.settled().await;
    assert_eq!(stand.app.text("select state from checkouts").await.as_deref(), Some("expired"), "Stripe's event was enough");
    assert!(welcome(&mut noa).await.contains("התשלום לא עבר"));
    let fresh = stand.to_the_page(&mut noa, "3", "0543182704").await;
    assert_ne!(fresh, page);
    let back = stand.card(&fresh, "4242424242424242").await.expect("paid");
    stand.comes_back(&mut noa, &back).await;
    stand.settled().await;
    stand.app.finish().await;
}

#[tokio::test]
async fn a_card_typed_into_a_page_that_ran_out_is_not_charged() {
    let stand = Stand::start().await;
    let mut noa = stand.app.visitor();
    let page = stand.to_the_page(&mut noa, "3", "0543182704").await;
    stand.app.advance(2 * 3600 + 1);
    stand.card(&page, "4242424242424242").await.expect_err("no way on");
    assert_eq!(stand.count("charge").await, 0);
    noa.get(&format!("/b/{SLUG}/enter?s=back")).await;
    stand.settled().await;
    assert!(welcome(&mut noa).await.contains("התשלום לא עבר"));
    stand.app.finish().await;
}

#[tokio::test]
async fn a_failed_3d_secure_step_charges_nothing_and_may_be_tried_again() {
    let stand = Stand::start().await;
    let mut noa = stand.app.visitor();
    let page = stand.to_the_page(&mut noa, "3", "0543182704").await;
    let step = stand.card(&page, "4000002500003155").await.expect("the bank's step");
    let again = stand.post(&step, &[("outcome", "refuse")]).await.expect_err("the page again");
    assert!(again.contains("התשלום לא עבר"), "{again}");
    noa.get(&format!("/b/{SLUG}/enter?s=back")).await;
    stand.settled().await;
    assert!(welcome(&mut noa).await.contains("התשלום עוד לא הושלם"));
    assert_eq!(stand.app.count("select count(*) from memberships").await, 0);
    let step = stand.card(&page, "4000002500003155").await.expect("the bank's step");
    let back = stand.post(&step, &[("outcome", "confirm")]).await.expect("paid");
    stand.comes_back(&mut noa, &back).await;
    stand.settled().await;
    stand.app.finish().await;
}

#[tokio::test]
async fn a_slow_stripe_is_waited_for_and_opens_one_page() {
    let stand = Stand::start().await;
    let mut noa = stand.app.visitor();
    stand.control("faults", json!({ "path": "/v1/checkout/sessions", "method": "POST", "mode": "slow_ms", "ms": 60_000 })).await;
    stand.app.send_form(&mut noa, "3", "נועה שגב", "0543182704").await;
    stand.app.drain().await;
    assert_eq!(noa.get(&format!("/b/{SLUG}/pay")).await.location(), format!("/b/{SLUG}/welcome"));
    let waiting = welcome(&mut noa).await;
    assert!(waiting.contains("מכינים את דף התשלום") && waiting.contains(&format!("url=/b/{SLUG}/pay")), "{waiting}");
    stand.app.skip_pauses().await;
    stand.app.drain().await;
    assert!(noa.get(&format!("/b/{SLUG}/pay")).await.location().starts_with(&stand.base));
    assert_eq!(stand.count("checkout.session").await, 1);
    stand.app.finish().await;
}

#[tokio::test]
async fn a_500_that_stripe_keeps_under_its_key_is_passed_by_a_fresh_key() {
    let stand = Stand::start().await;
    let mut noa = stand.app.visitor();
    stand.control("faults", json!({ "path": "/v1/checkout/sessions", "method": "POST", "mode": "status", "status": 500 })).await;
    stand.app.send_form(&mut noa, "3", "נועה שגב", "0543182704").await;
    for _ in 0..4 {
        stand.app.drain().await;
        stand.app.advance(20);
        stand.app.skip_pauses().await;
    }
    assert!(noa.get(&format!("/b/{SLUG}/pay")).await.location().starts_with(&stand.base));
    assert_eq!(stand.count("checkout.session").await, 1);
    stand.app.finish().await;
}

#[tokio::test]
async fn a_stripe_gone_after_it_opened_the_page_opens_no_second_one() {
    let stand = Stand::start().await;
    let mut noa = stand.app.visitor();
    stand.control("faults", json!({ "path": "/v1/checkout/sessions", "method": "POST", "mode": "charge_then_drop" })).await;
    stand.app.send_form(&mut noa, "3", "נועה שגב", "0543182704").await;
    stand.app.drain().await;
    stand.app.advance(20);
    stand.app.skip_pauses().await;
    stand.app.drain().await;
    assert!(noa.get(&format!("/b/{SLUG}/pay")).await.location().starts_with(&stand.base), "the same request under the same key");
    assert_eq!(stand.count("checkout.session").await, 1);
    stand.app.finish().await;
}

#[tokio::test]
async fn a_stripe_gone_after_it_charged_lets_the_payer_in_all_the_same() {
    let stand = Stand::start().await;
    let mut noa = stand.app.visitor();
    let page = stand.to_the_page(&mut noa, "3", "0543182704").await;
    stand.control("faults", json!({ "path": "/c/pay/", "method": "POST", "mode": "charge_then_drop" })).await;
    stand.card(&page, "4242424242424242").await.expect_err("the connection was cut");
    // The payer knows nothing of it, opens the building's page again and asks.
    stand.settled().await;
    stand.comes_back(&mut noa, &format!("/b/{SLUG}/enter")).await;
    assert_eq!(stand.count("charge").await, 1);
    stand.app.finish().await;
}

#[tokio::test]
async fn stripe_silent_when_it_is_asked_about_a_payment_keeps_the_payer_waiting_and_not_denied() {
    let stand = Stand::start().await;
    let mut noa = stand.app.visitor();
    let page = stand.to_the_page(&mut noa, "3", "0543182704").await;
    stand.control("faults", json!({ "mode": "silence", "event": "checkout.session", "times": 10 })).await;
    stand.control("faults", json!({ "path": "/v1/checkout/sessions", "method": "GET", "mode": "status", "status": 500 })).await;
    let back = stand.card(&page, "4242424242424242").await.expect("paid");
    noa.get(&back).await;
    stand.app.drain().await;
    assert!(welcome(&mut noa).await.contains("בודקים את התשלום"));
    stand.app.skip_pauses().await;
    stand.comes_back(&mut noa, &format!("/b/{SLUG}/enter")).await;
    stand.settled().await;
    assert_eq!(stand.app.text("select settled_by from checkouts").await.as_deref(), Some("return"));
    assert_eq!(noa.get(&format!("/b/{SLUG}")).await.status, StatusCode::OK);
    stand.app.finish().await;
}
