//! The payment engine: the only code that calls Stripe. Each job reads, calls without an open transaction, and
//! records; each may run twice.

use jiff::SignedDuration;
use kit::{CheckoutId, Currency, Money, TenantId};
use serde_json::json;
use stripe_port::{CheckoutState, Interval, OpenCheckout, RefundReason, RefundRequest, Refundable, StripeError, StripePort};
use uuid::Uuid;

use super::store;
use crate::platform::jobs::{JobRun, open_tenant};
use crate::platform::{AppState, Fault, GlobalCx, Job};
use kit::Lang;

/// A hosted page stays open this long; then the payer begins anew.
const PAGE_LIFE: SignedDuration = SignedDuration::from_hours(2);
/// The sweeper looks at checkouts older than this, for which neither the payer nor a webhook came.
const SWEEP_AFTER: SignedDuration = SignedDuration::from_mins(2);
/// Checkouts one sweep looks at.
const SWEEP_LIMIT: i32 = 200;

fn port(state: &AppState) -> Result<std::sync::Arc<dyn StripePort>, Fault> {
    state.stripe.clone().ok_or_else(|| Fault::Bug(anyhow::anyhow!("this process is not the payment engine")))
}

/// Stripe keeps the first outcome under a key, a 500 too; so every third try goes under a fresh key. What an
/// earlier key may have opened is harmless: nobody has its address.
fn key_of(key: &str, attempt: i16) -> String {
    match (attempt - 1).max(0) / 3 {
        0 => key.to_owned(),
        generation => format!("{key}-{generation}"),
    }
}

/// Opens the provider's page of an intended checkout.
pub async fn open_checkout(run: JobRun) -> Result<(), Fault> {
    let checkout: CheckoutId = run.read("checkout")?;
    let mut cx = run.cx().await?;
    let row = store::read(cx.db(), checkout.0).await?;
    let (slug, now) = (cx.tenant.slug.clone(), cx.now);
    cx.commit().await?;
    let Some(row) = row.filter(|row| row.state == "intended") else { return Ok(()) };
    let base = &run.state.config.public_url;
    let currency = Currency::from_code(&row.currency).ok_or_else(|| anyhow::anyhow!("unknown currency {}", row.currency))?;
    let request = OpenCheckout {
        price: Money { amount_minor: row.amount_minor, currency },
        interval: Interval::Month,
        product_name: row.product_name.clone(),
        success_url: format!("{base}{}", row.return_path),
        cancel_url: format!("{base}{}", row.cancel_path),
        client_reference_id: checkout.to_string(),
        metadata: vec![("checkout".into(), checkout.to_string()), ("building".into(), slug)],
        expires_at_unix: Some(now.checked_add(PAGE_LIFE).map_err(anyhow::Error::from)?.as_second()),
    };
    let outcome = port(&run.state)?.open_checkout(&request, &key_of(&row.idempotency_key, run.attempt)).await;
    let mut cx = run.cx().await?;
    let now = cx.now;
    match outcome {
        Ok(opened) => {
            store::opened(cx.db(), checkout.0, &opened.session_id, &opened.url, now).await?;
        }
        Err(error) if error.is_retryable() && run.attempt < run.most_attempts => return Err(Fault::Bug(error.into())),
        Err(error) => {
            tracing::error!(%checkout, %error, "a payment page could not be opened");
            store::ended(cx.db(), checkout.0, "failed", now).await?;
        }
    }
    cx.wake();
    cx.commit().await
}

/// Asks Stripe what a checkout is and settles it if it is paid. Whoever asks first settles; the rest find it done.
pub async fn settle(run: JobRun) -> Result<(), Fault> {
    let checkout: CheckoutId = run.read("checkout")?;
    let by: String = run.read("by")?;
    settle_one(&run.state, run.read("tenant")?, checkout, &by, &run.trace).await
}

async fn settle_one(state: &AppState, tenant: TenantId, checkout: CheckoutId, by: &str, trace: &str) -> Result<(), Fault> {
    let mut cx = open_tenant(state, tenant, trace.to_owned()).await?;
    let row = store::read(cx.db(), checkout.0).await?;
    cx.commit().await?;
    let Some(row) = row else { return Ok(()) };
    if matches!(row.state.as_str(), "paid" | "refunding" | "refunded") {
        return Ok(());
    }
    let Some(session) = row.provider_session.as_deref() else { return Ok(()) };
    let reading = match port(state)?.read_checkout(session).await {
        Ok(reading) => reading,
        Err(StripeError::NotFound) => {
            tracing::error!(%checkout, "the provider does not know a checkout that it opened");
            return Ok(());
        }
        Err(error) => return Err(Fault::Bug(error.into())),
    };
    let mut cx = open_tenant(state, tenant, trace.to_owned()).await?;
    let now = cx.now;
    match reading.state {
        CheckoutState::Paid => {
            let meant = reading.client_reference_id.as_deref() == Some(checkout.to_string().as_str())
                && reading.amount_total_minor == row.amount_minor
                && reading.currency.code() == row.currency;
            if !meant {
                // Never admit on a payment that is not the one we asked for; a person looks at it.
                cx.audit("payment.mismatch", checkout, json!({ "amount_minor": reading.amount_total_minor, "currency": reading.currency.code() }));
                tracing::error!(%checkout, "a paid session does not match its checkout");
                return cx.commit().await;
            }
            if store::paid(cx.db(), checkout.0, by, reading.payment_intent.as_deref(), reading.subscription.as_deref(), now).await? {
                cx.audit("payment.settled", checkout, json!({ "by": by, "amount_minor": row.amount_minor, "currency": row.currency }));
                cx.enqueue(Job::new("payments.checkout_paid", json!({ "checkout": checkout, "subject": row.subject_id }))).await?;
            }
        }
        CheckoutState::Expired => {
            store::ended(cx.db(), checkout.0, "expired", now).await?;
        }
        CheckoutState::Open | CheckoutState::Processing => {}
    }
    cx.wake();
    cx.commit().await
}

/// Finds payments for which neither the payer nor a webhook came.
pub async fn sweep(run: JobRun) -> Result<(), Fault> {
    let mut cx = GlobalCx::open(&run.state, Lang::He, run.trace.clone()).await?;
    let before = cx.now.checked_sub(SWEEP_AFTER).map_err(anyhow::Error::from)?;
    let found = store::unsettled(cx.db(), before, SWEEP_LIMIT).await?;
    cx.commit().await?;
    for (tenant, checkout) in found {
        let (tenant, checkout) = (TenantId(tenant), CheckoutId(checkout));
        if let Err(fault) = sweep_one(&run, tenant, checkout).await {
            // One that fails now is found again by the next sweep; it must not keep the others waiting.
            tracing::warn!(%checkout, error = ?fault, "a sweep could not settle a checkout");
        }
    }
    Ok(())
}

async fn sweep_one(run: &JobRun, tenant: TenantId, checkout: CheckoutId) -> Result<(), Fault> {
    let mut cx = open_tenant(&run.state, tenant, run.trace.clone()).await?;
    let row = store::read(cx.db(), checkout.0).await?;
    let Some(row) = row else { return cx.commit().await };
    match row.state.as_str() {
        // Its job was lost or gave up: leave it again; the job finds out by itself whether there is still work.
        "intended" => cx.enqueue(Job::new("payments.open_checkout", json!({ "checkout": checkout })).keyed(format!("open-{checkout}"))).await?,
        "refunding" => cx.enqueue(Job::new("payments.refund", json!({ "checkout": checkout })).keyed(format!("refund-{checkout}"))).await?,
        _ => {
            cx.commit().await?;
            return settle_one(&run.state, tenant, checkout, "sweep", &run.trace).await;
        }
    }
    cx.commit().await
}

/// Gives a payment back: the subscription ends and its first payment is refunded.
pub async fn refund(run: JobRun) -> Result<(), Fault> {
    let checkout: CheckoutId = run.read("checkout")?;
    let mut cx = run.cx().await?;
    let row = store::read(cx.db(), checkout.0).await?;
    cx.commit().await?;
    let Some(row) = row.filter(|row| row.state == "refunding") else { return Ok(()) };
    let of = match (&row.provider_subscription, &row.provider_payment) {
        (Some(subscription), _) => Refundable::Subscription(subscription.clone()),
        (None, Some(payment)) => Refundable::PaymentIntent(payment.clone()),
        (None, None) => return Err(Fault::Bug(anyhow::anyhow!("a paid checkout has neither subscription nor payment"))),
    };
    let request = RefundRequest { of, reason: RefundReason::Duplicate, metadata: vec![("checkout".into(), checkout.to_string())] };
    match port(&run.state)?.refund(&request, &key_of(&format!("refund-{checkout}"), run.attempt)).await {
        Ok(_) => {}
        // The subscription was never charged: it is cancelled and nothing is owed.
        Err(StripeError::Invalid { code: Some(code), .. }) if code == "nothing_paid" => {}
        Err(error) => return Err(Fault::Bug(error.into())),
    }
    let mut cx = run.cx().await?;
    if store::refunded(cx.db(), checkout.0).await? {
        cx.audit("payment.refunded", checkout, json!({}));
    }
    cx.wake();
    cx.commit().await
}

/// A Stripe event that intake kept: finds the tenant it belongs to and settles. Events are only a hint to look;
/// what is true is read from Stripe, so order and repetition do not matter.
pub async fn stripe_event(run: JobRun) -> Result<(), Fault> {
    let inbound: Uuid = run.read("inbound")?;
    let Some(event) = crate::intake::server::read(&run.state, inbound, &run.trace).await? else { return Ok(()) };
    let body: serde_json::Value = serde_json::from_slice(&event.body).unwrap_or_default();
    let object = &body["data"]["object"];
    let session = object["id"].as_str().filter(|_| event.kind.starts_with("checkout.session."));
    let Some(session) = session else { return crate::intake::server::done(&run.state, inbound, "ignored", None, &run.trace).await };
    let mut cx = GlobalCx::open(&run.state, Lang::He, run.trace.clone()).await?;
    let found = store::by_session(cx.db(), session).await?;
    cx.commit().await?;
    let Some((tenant, checkout)) = found else {
        // The event may be faster than our own record of the session: try again a few times, then leave it to the sweeper.
        if run.attempt < 4 {
            return Err(Fault::Bug(anyhow::anyhow!("no checkout is known for this session yet")));
        }
        return crate::intake::server::done(&run.state, inbound, "ignored", None, &run.trace).await;
    };
    settle_one(&run.state, TenantId(tenant), CheckoutId(checkout), "webhook", &run.trace).await?;
    crate::intake::server::done(&run.state, inbound, "processed", Some(tenant), &run.trace).await
}
