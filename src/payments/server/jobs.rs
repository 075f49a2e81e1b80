//! The payment engine: the only code that calls Stripe. Each job reads, calls without an open transaction, and
//! records; each may run twice.

use jiff::{SignedDuration, Timestamp};
use kit::{CheckoutId, Currency, Money, TenantId};
use serde_json::json;
use stripe_port::{CheckoutState, Interval, OpenCheckout, RefundReason, RefundRequest, Refundable, StripeError, StripePort};
use uuid::Uuid;

use super::opening::{Addresses, Opening, generation_of, key_of};
use super::plans::{self, Hint};
use super::store;
use crate::platform::jobs::{JobRun, open_tenant};
use crate::platform::{AppState, Fault, GlobalCx, Job};
use kit::Lang;

/// The sweeper looks at checkouts older than this, for which neither the payer nor a webhook came.
const SWEEP_AFTER: SignedDuration = SignedDuration::from_mins(2);
/// Checkouts one sweep looks at.
const SWEEP_LIMIT: i32 = 200;

pub(super) fn port(state: &AppState) -> Result<std::sync::Arc<dyn StripePort>, Fault> {
    state.stripe.clone().ok_or_else(|| Fault::Bug(anyhow::anyhow!("this process is not the payment engine")))
}

/// Opens the provider's page of an intended checkout.
pub async fn open_checkout(run: JobRun) -> Result<(), Fault> {
    let checkout: CheckoutId = run.read("checkout")?;
    let mut cx = run.cx().await?;
    let kept = store::hold_opening(cx.db(), checkout.0).await?;
    let row = store::read(cx.db(), checkout.0).await?;
    let (Some(kept), Some(row)) = (kept, row) else { return cx.commit().await };
    let (base, now) = (&run.state.config.public_url, cx.now);
    let addresses = Addresses { success_url: format!("{base}{}", row.return_path), cancel_url: format!("{base}{}", row.cancel_path), building: cx.tenant.slug.clone() };
    let before = kept.map(serde_json::from_value).transpose().map_err(anyhow::Error::from)?;
    let opening = Opening::next(before, addresses, now);
    store::note_opening(cx.db(), checkout.0, kept_as(&opening)?).await?;
    cx.commit().await?;
    let currency = Currency::from_code(&row.currency).ok_or_else(|| anyhow::anyhow!("unknown currency {}", row.currency))?;
    let request = OpenCheckout {
        price: Money { amount_minor: row.amount_minor, currency },
        interval: Interval::Month,
        product_name: row.product_name.clone(),
        success_url: opening.success_url.clone(),
        cancel_url: opening.cancel_url.clone(),
        client_reference_id: checkout.to_string(),
        metadata: vec![("checkout".into(), checkout.to_string()), ("building".into(), opening.building.clone())],
        expires_at_unix: Some(opening.expires_at_unix),
    };
    let outcome = port(&run.state)?.open_checkout(&request, &opening.key(&row.idempotency_key)).await;
    let mut cx = run.cx().await?;
    let now = cx.now;
    match outcome {
        Ok(opened) => {
            store::opened(cx.db(), checkout.0, &opened.session_id, &opened.url, now).await?;
        }
        Err(error) if error.is_retryable() && run.attempt < run.most_attempts => return Err(Fault::Bug(error.into())),
        Err(StripeError::Idempotency(said)) if run.attempt < run.most_attempts => {
            // Another version of us asked in other words under this key; whoever waits to pay is no part of that.
            tracing::error!(%checkout, said, "an idempotency key holds another request; a fresh key is taken");
            store::note_opening(cx.db(), checkout.0, kept_as(&opening.spent())?).await?;
            cx.commit().await?;
            return Err(Fault::Bug(anyhow::anyhow!("an idempotency key holds another request")));
        }
        Err(error) => {
            tracing::error!(%checkout, %error, "a payment page could not be opened");
            store::ended(cx.db(), checkout.0, "failed", now).await?;
        }
    }
    cx.wake();
    cx.commit().await
}

fn kept_as(opening: &Opening) -> Result<serde_json::Value, Fault> {
    Ok(serde_json::to_value(opening).map_err(anyhow::Error::from)?)
}

/// Asks Stripe what a checkout is and settles it if it is paid. Whoever asks first settles; the rest find it done.
pub async fn settle(run: JobRun) -> Result<(), Fault> {
    let checkout: CheckoutId = run.read("checkout")?;
    let by: String = run.read("by")?;
    let asked: Option<String> = run.read("asked")?;
    let asked = asked.and_then(|moment| moment.parse().ok());
    settle_one(&run.state, run.read("tenant")?, checkout, Cause { by: &by, asked }, &run.trace).await
}

/// Who wants to know whether a checkout is paid.
struct Cause<'a> {
    /// return | webhook | sweep
    by: &'a str,
    /// When the payer came back and asked.
    asked: Option<Timestamp>,
}

async fn settle_one(state: &AppState, tenant: TenantId, checkout: CheckoutId, cause: Cause<'_>, trace: &str) -> Result<(), Fault> {
    let by = cause.by;
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
                cx.enqueue(Job::new("payments.checkout_paid", json!({ "checkout": checkout, "subject": row.subject_id })).watched()).await?;
                // When it is charged next is asked beside the admission; nobody waits for that.
                cx.enqueue(Job::new("payments.follow_plan", json!({ "checkout": checkout }))).await?;
                // Whoever waits at the door is woken by the admission, a moment later; to wake him now would make him
                // and the admission wait for one another.
                return cx.commit().await;
            }
        }
        CheckoutState::Expired => {
            store::ended(cx.db(), checkout.0, "expired", now).await?;
        }
        CheckoutState::Open => {
            if let Some(asked) = cause.asked {
                store::unpaid(cx.db(), checkout.0, asked).await?;
            }
        }
        // The money is on its way; the next look, or an event, tells how it ended.
        CheckoutState::Processing => {}
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
        "intended" => cx.enqueue(Job::new("payments.open_checkout", json!({ "checkout": checkout })).once(format!("open-{checkout}"))).await?,
        "refunding" => cx.enqueue(Job::new("payments.refund", json!({ "checkout": checkout })).once(format!("refund-{checkout}"))).await?,
        _ => {
            cx.commit().await?;
            return settle_one(&run.state, tenant, checkout, Cause { by: "sweep", asked: None }, &run.trace).await;
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
    match port(&run.state)?.refund(&request, &key_of(&format!("refund-{checkout}"), generation_of(run.attempt))).await {
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
    let Some(hint) = plans::hint(&event.kind, object) else { return crate::intake::server::done(&run.state, inbound, "ignored", None, &run.trace).await };
    let mut cx = GlobalCx::open(&run.state, Lang::He, run.trace.clone()).await?;
    let found = match hint {
        Hint::Session(session) => store::by_session(cx.db(), session).await?,
        Hint::Subscription(subscription) => store::by_subscription(cx.db(), subscription).await?,
    };
    cx.commit().await?;
    let Some((tenant, checkout)) = found else {
        // The event may be faster than our own record of the session: try again a few times, then leave it to the sweeper.
        // A subscription is asked about when it is noted, so an earlier event of it tells nothing more.
        if run.attempt < 4 && matches!(hint, Hint::Session(_)) {
            return Err(Fault::Bug(anyhow::anyhow!("no checkout is known for this session yet")));
        }
        return crate::intake::server::done(&run.state, inbound, "ignored", None, &run.trace).await;
    };
    match hint {
        Hint::Session(_) => settle_one(&run.state, TenantId(tenant), CheckoutId(checkout), Cause { by: "webhook", asked: None }, &run.trace).await?,
        Hint::Subscription(_) => plans::follow(&run.state, TenantId(tenant), CheckoutId(checkout), &run.trace).await?,
    }
    crate::intake::server::done(&run.state, inbound, "processed", Some(tenant), &run.trace).await
}
