use kit::{CheckoutId, FlatId, Money, Right};
use serde_json::json;
use uuid::Uuid;

use super::store::{self, CheckoutRow, NewCheckout};
use crate::platform::{Cx, Fault, Job};

/// Where a checkout stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckoutStatus {
    /// Stored; the payment engine has not opened the provider's page yet.
    Intended,
    /// The page is open and nobody has paid.
    Open,
    Paid,
    /// Nobody paid in time.
    Expired,
    /// The provider refused to open a page.
    Failed,
    /// Being given back, or given back.
    Refunded,
}

/// One intent to be paid.
#[derive(Clone, Debug)]
pub struct Checkout {
    pub id: CheckoutId,
    /// What is bought; joining's attempt.
    pub subject: Uuid,
    pub status: CheckoutStatus,
    /// The provider's page, once open.
    pub url: Option<String>,
    pub subscription: Option<String>,
}

impl From<CheckoutRow> for Checkout {
    fn from(row: CheckoutRow) -> Self {
        let status = match row.state.as_str() {
            "intended" => CheckoutStatus::Intended,
            "open" => CheckoutStatus::Open,
            "paid" => CheckoutStatus::Paid,
            "expired" => CheckoutStatus::Expired,
            "failed" => CheckoutStatus::Failed,
            _ => CheckoutStatus::Refunded,
        };
        Self { id: CheckoutId(row.checkout_id), subject: row.subject_id, status, url: row.provider_url, subscription: row.provider_subscription }
    }
}

/// What a room wants to be paid for.
pub struct Begin {
    /// The buying room's own id; it comes back with the news of the payment.
    pub subject: Uuid,
    pub flat: FlatId,
    pub price: Money,
    pub product_name: String,
    /// App-relative; the provider leads the payer here afterwards.
    pub return_path: String,
    pub cancel_path: String,
}

/// Stores the intent and leaves the payment engine its job; nothing is called from here.
pub async fn begin(cx: &mut Cx, what: Begin) -> Result<CheckoutId, Fault> {
    cx.require(Right::Join)?;
    let checkout: CheckoutId = cx.ids.new_id();
    let key = format!("checkout-{checkout}");
    let (tenant, now) = (cx.tenant.id.0, cx.now);
    let new = NewCheckout {
        tenant,
        checkout: checkout.0,
        subject: what.subject,
        flat: what.flat.0,
        amount_minor: what.price.amount_minor,
        currency: what.price.currency.code(),
        idempotency_key: &key,
        return_path: &what.return_path,
        cancel_path: &what.cancel_path,
        product_name: &what.product_name,
    };
    store::insert(cx.db(), new, now).await?;
    cx.enqueue(Job::new("payments.open_checkout", json!({ "checkout": checkout })).keyed(format!("open-{checkout}"))).await?;
    Ok(checkout)
}

/// The newest checkout of a subject.
pub async fn latest_for(cx: &mut Cx, subject: Uuid) -> Result<Option<Checkout>, Fault> {
    Ok(store::latest(cx.db(), subject).await?.map(Checkout::from))
}

/// Asks the payment engine to look at once whether a checkout is paid; the payer has just come back.
pub async fn settle_soon(cx: &mut Cx, checkout: CheckoutId) -> Result<(), Fault> {
    cx.enqueue(Job::new("payments.settle", json!({ "checkout": checkout, "by": "return" })).keyed(format!("settle-{checkout}"))).await
}

/// Gives a paid checkout back, once. False when it was not paid or is already on its way back.
///
/// Asked by rooms whose own verb has asked for the right already (a flatmate may say no, and the payment goes back).
pub async fn refund(cx: &mut Cx, checkout: CheckoutId, reason: &'static str) -> Result<bool, Fault> {
    if !store::refunding(cx.db(), checkout.0, reason).await? {
        return Ok(false);
    }
    cx.audit("payment.refund", checkout, json!({ "reason": reason }));
    cx.enqueue(Job::new("payments.refund", json!({ "checkout": checkout })).keyed(format!("refund-{checkout}"))).await?;
    Ok(true)
}

/// The provider's subscription that a checkout began, once paid.
pub async fn subscription_of(cx: &mut Cx, checkout: CheckoutId) -> Result<Option<String>, Fault> {
    Ok(store::read(cx.db(), checkout.0).await?.and_then(|row| row.provider_subscription))
}
