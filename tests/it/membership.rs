//! The flat's membership on the first screen, month after month, against the stand-in's renewals.

use serde_json::json;
use testkit::Actor;

use crate::stand::Stand;
use crate::support::{App, SLUG};

async fn board(actor: &mut Actor) -> String {
    actor.get(&format!("/b/{SLUG}")).await.text()
}

/// A resident whose flat pays by Stripe's stand-in.
async fn member(stand: &Stand) -> (Actor, String) {
    let mut noa = stand.app.visitor();
    let page = stand.to_the_page(&mut noa, "3", "0543182704").await;
    let back = stand.card(&page, "4242424242424242").await.expect("paid");
    stand.comes_back(&mut noa, &back).await;
    stand.settled().await;
    let subscription = stand.app.text("select provider_subscription from checkouts").await.expect("a subscription");
    (noa, subscription)
}

#[tokio::test]
async fn the_first_screen_tells_the_next_charge_and_keeps_up_with_the_months() {
    let stand = Stand::start().await;
    let (mut noa, _) = member(&stand).await;
    let first = board(&mut noa).await;
    assert!(first.contains("חברות הדירה שולמה") && first.contains("datetime=\"2026-12-22\"") && first.contains("22 בדצמבר"), "{first}");
    // The stand-in's clock is ours: a month later it charges by itself and says so.
    stand.app.advance(31 * 24 * 3600);
    stand.control("clock", json!({ "seconds": 0 })).await;
    stand.settled().await;
    let mut back = noa.clone();
    let second = board(&mut back).await;
    assert!(second.contains("datetime=\"2027-01-22\"") && second.contains("22 בינואר 2027"), "{second}");
    stand.app.finish().await;
}

#[tokio::test]
async fn a_charge_that_did_not_go_through_is_told_and_mended_with_another_card() {
    let stand = Stand::start().await;
    let (mut noa, subscription) = member(&stand).await;
    stand.control(&format!("subscriptions/{subscription}/renew"), json!({ "card": "4000000000000341" })).await;
    stand.settled().await;
    let late = board(&mut noa).await;
    assert!(late.contains("החיוב החודשי לא עבר"), "{late}");
    let mend = stand.app.text("select mend_url from checkouts").await.expect("where to pay");
    assert!(late.contains(&format!("href=\"{mend}\"")), "the way to mend it is on the screen");
    stand.post(&mend, &[("cardNumber", "4242424242424242"), ("cardExpiry", "08 / 34"), ("cardCvc", "417")]).await.expect("paid");
    stand.settled().await;
    let mended = board(&mut noa).await;
    assert!(mended.contains("חברות הדירה שולמה") && !mended.contains("לא עבר"), "{mended}");
    stand.app.finish().await;
}

#[tokio::test]
async fn a_membership_that_stripe_ended_lets_the_flat_pay_again() {
    let stand = Stand::start().await;
    let (mut noa, subscription) = member(&stand).await;
    let ended = stand.app.payments.stripe.clone().expect("the engine").cancel_subscription(&subscription).await;
    ended.expect("cancelled at Stripe");
    stand.settled().await;
    assert!(!board(&mut noa).await.contains("חברות הדירה"), "nothing is claimed of a flat that does not pay");
    assert_eq!(stand.app.count("select count(*) from flat_subscriptions where ended_at is null").await, 0);
    assert_eq!(stand.app.count("select count(*) from audit_log where act = 'payment.subscription_ended'").await, 1);
    let mut dan = stand.app.visitor();
    stand.to_the_page(&mut dan, "3", "0543182705").await;
    stand.app.finish().await;
}

#[tokio::test]
async fn only_who_lives_in_a_flat_that_pays_is_told_what_it_pays() {
    let app = App::with_building().await;
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    let mut dan = app.resident("4", "דן לוי", "0543182705").await;
    sqlx::query("update flat_subscriptions set ended_at = now() where flat_id = (select flat_id from flats where number = '4')").execute(&app.all).await.expect("ended");
    assert!(board(&mut noa).await.contains("22 בדצמבר"));
    assert!(!board(&mut dan).await.contains("חברות הדירה"));
    app.finish().await;
}

#[tokio::test]
async fn an_older_answer_does_not_replace_a_newer_one() {
    let stand = Stand::start().await;
    let (mut noa, subscription) = member(&stand).await;
    let newer = "update checkouts set plan_state = 'late', plan_read_at = '2026-11-22T10:00:00Z'";
    sqlx::query(newer).execute(&stand.app.all).await.expect("an answer of an hour from now");
    stand.control(&format!("subscriptions/{subscription}/renew"), json!({})).await;
    stand.settled().await;
    assert!(board(&mut noa).await.contains("החיוב החודשי לא עבר"), "asked at nine, answered after ten");
    stand.app.advance(2 * 3600);
    stand.control(&format!("subscriptions/{subscription}/renew"), json!({})).await;
    stand.settled().await;
    assert!(board(&mut noa).await.contains("חברות הדירה שולמה"));
    stand.app.finish().await;
}
