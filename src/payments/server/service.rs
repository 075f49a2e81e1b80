use jiff::{SignedDuration, Timestamp};
use kit::{CheckoutId, Currency, FlatId, Money, Right};
use serde_json::json;
use uuid::Uuid;

use super::opening::Opening;
use super::store::{self, CheckoutRow, NewCheckout};
use crate::platform::{Cx, Fault, Job};

/// The engine's call has ended by then, one way or the other (stripe_port's limit is eight seconds).
const ANSWER_WITHIN: SignedDuration = SignedDuration::from_secs(10);

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
    /// The payer came back at some time.
    pub was_back: bool,
    /// The payer came back, and the provider has not yet said that nobody had paid by then.
    pub awaits_answer: bool,
    /// The open page takes no payment any more from this moment on.
    pub closes_at: Option<Timestamp>,
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
        let (returned, unpaid) = (row.returned_at.map(|at| at.to_jiff()), row.unpaid_at.map(|at| at.to_jiff()));
        let opening = row.opening.and_then(|kept| serde_json::from_value::<Opening>(kept).ok());
        Self {
            id: CheckoutId(row.checkout_id),
            subject: row.subject_id,
            status,
            url: row.provider_url,
            subscription: row.provider_subscription,
            was_back: returned.is_some(),
            awaits_answer: returned.is_some_and(|back| unpaid.is_none_or(|unpaid| unpaid < back)),
            closes_at: opening.and_then(|opening| Timestamp::from_second(opening.expires_at_unix).ok()),
        }
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
    cx.enqueue(Job::new("payments.open_checkout", json!({ "checkout": checkout })).keyed(format!("open-{checkout}")).watched()).await?;
    Ok(checkout)
}

/// The newest checkout of a subject.
pub async fn latest_for(cx: &mut Cx, subject: Uuid) -> Result<Option<Checkout>, Fault> {
    Ok(store::latest(cx.db(), subject).await?.map(Checkout::from))
}

/// The payer has just come back, from the payment page or to see how things stand: the payment engine looks at once
/// whether the checkout is paid. While it is looking already, nothing more is asked; one payer who asks every second
/// must not fill the engine.
pub async fn came_back(cx: &mut Cx, checkout: CheckoutId, from_page: bool) -> Result<(), Fault> {
    let now = cx.now;
    let patience = now.checked_sub(ANSWER_WITHIN).map_err(anyhow::Error::from)?;
    if store::came_back(cx.db(), checkout.0, from_page, patience, now).await? {
        // Which question the answer belongs to: the moment is this process's, whatever the engine's clock says.
        let asked = now.to_string();
        cx.enqueue(Job::new("payments.settle", json!({ "checkout": checkout, "by": "return", "asked": asked })).keyed(format!("settle-{checkout}")).watched()).await?;
    }
    Ok(())
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

/// What a checkout costs.
pub async fn price_of(cx: &mut Cx, checkout: CheckoutId) -> Result<Money, Fault> {
    let row = store::read(cx.db(), checkout.0).await?.ok_or(Fault::NotFound)?;
    let currency = Currency::from_code(&row.currency).ok_or_else(|| anyhow::anyhow!("unknown currency {}", row.currency))?;
    Ok(Money { amount_minor: row.amount_minor, currency })
}

/// How a flat's subscription stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanState {
    Active,
    /// The last charge did not go through.
    Late,
    Ended,
}

/// The subscription that a checkout began, as the provider last told it.
#[derive(Clone, Debug)]
pub struct Plan {
    pub state: PlanState,
    pub price: Money,
    pub next_charge_at: Option<Timestamp>,
    pub ends_at: Option<Timestamp>,
    /// The provider's page where a late charge can be paid.
    pub mend_url: Option<String>,
}

/// None until the provider has been asked.
pub async fn plan_of(cx: &mut Cx, checkout: CheckoutId) -> Result<Option<Plan>, Fault> {
    let Some(row) = store::plan(cx.db(), checkout.0).await? else { return Ok(None) };
    let state = match row.state.as_str() {
        "active" => PlanState::Active,
        "late" => PlanState::Late,
        _ => PlanState::Ended,
    };
    let currency = Currency::from_code(&row.currency).ok_or_else(|| anyhow::anyhow!("unknown currency {}", row.currency))?;
    let price = Money { amount_minor: row.amount_minor, currency };
    Ok(Some(Plan { state, price, next_charge_at: row.next_charge_at.map(|at| at.to_jiff()), ends_at: row.ends_at.map(|at| at.to_jiff()), mend_url: row.mend_url }))
}
