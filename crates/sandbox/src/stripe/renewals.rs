//! What happens to subscriptions as time passes: the next period, another attempt at an unpaid invoice, the end.

use serde_json::{Value, json};

use super::{
    attempts::{Circumstances, Verdict},
    invoices,
    kinds::Kind,
    periods, prices, subscriptions, subscriptions_edit,
};
use crate::{errors::ApiError, state::State};

const ATTEMPTS_MAX: i64 = 4;
/// Stripe lets a first payment be completed for about 23 hours.
const INCOMPLETE_FOR_S: i64 = 23 * 3_600;
/// How many periods one call may catch up on, should somebody move the clock by years.
const CATCH_UP_MAX: usize = 60;

/// Brings one subscription up to the present.
pub fn catch_up(state: &mut State, id: &str) -> Result<(), ApiError> {
    for _ in 0..CATCH_UP_MAX {
        let subscription = state.get(Kind::Subscription, id)?.clone();
        let status = subscription["status"].as_str().unwrap_or_default();
        let now = state.now();
        if status == "incomplete" && subscription["created"].as_i64().unwrap_or_default() + INCOMPLETE_FOR_S <= now {
            let (subscription, before) = state.set(Kind::Subscription, id, json!({ "status": "incomplete_expired", "ended_at": now }))?;
            state.record_change("customer.subscription.updated", subscription, before);
            return Ok(());
        }
        let due = matches!(status, "active" | "trialing" | "past_due") && subscription["items"]["data"][0]["current_period_end"].as_i64().is_some_and(|end| end <= now);
        if !due {
            return retry(state, &subscription);
        }
        if subscription["cancel_at_period_end"] == true {
            subscriptions_edit::end(state, id, "cancellation_requested")?;
            return Ok(());
        }
        renew(state, id, None)?;
    }
    Ok(())
}

/// Begins the next period and tries to have it paid. `card`: a payment method to be charged instead.
pub fn renew(state: &mut State, id: &str, card: Option<&str>) -> Result<Value, ApiError> {
    let subscription = state.get(Kind::Subscription, id)?.clone();
    let anchor = subscription["billing_cycle_anchor"].as_i64().unwrap_or_default();
    let mut items = subscription["items"].clone();
    for item in items["data"].as_array_mut().into_iter().flatten() {
        let start = item["current_period_end"].as_i64().unwrap_or_default();
        let interval = prices::interval(&item["price"]);
        let end = interval.map_or(start, |interval| periods::end_after(anchor, &interval, start));
        item["current_period_start"] = start.into();
        item["current_period_end"] = end.into();
        item["billed_until"] = end.into();
    }
    let status = if subscription["status"] == "trialing" { "active".into() } else { subscription["status"].clone() };
    let (changed, before) = state.set(Kind::Subscription, id, json!({ "items": items, "status": status }))?;
    state.record_change("customer.subscription.updated", changed, before);
    let invoice = invoices::add_for(state, id, "subscription_cycle", &[])?;
    let invoice_id = invoice["id"].as_str().unwrap_or_default().to_owned();
    invoices::announce(state, &invoice);
    if invoice["amount_due"] == 0 {
        invoices::mark_paid(state, &invoice_id, None)?;
        return state.get(Kind::Subscription, id).cloned();
    }
    let method = card.map(str::to_owned).or_else(|| subscriptions::payment_method(state, &subscription));
    let paid = match method {
        Some(method) => matches!(invoices::charge(state, &invoice_id, &method, Circumstances { off_session: true, authenticated: false })?, Verdict::Pays),
        None => false,
    };
    if !paid {
        let (changed, before) = state.set(Kind::Subscription, id, json!({ "status": "past_due" }))?;
        state.record_change("customer.subscription.updated", changed, before);
    }
    state.get(Kind::Subscription, id).cloned()
}

/// Another attempt at the latest invoice, if its time has come; after the last one the subscription ends.
fn retry(state: &mut State, subscription: &Value) -> Result<(), ApiError> {
    let (Some(id), Some(invoice_id)) = (subscription["id"].as_str(), subscription["latest_invoice"].as_str()) else { return Ok(()) };
    let invoice = state.get(Kind::Invoice, invoice_id)?.clone();
    let due = invoice["status"] == "open" && invoice["next_payment_attempt"].as_i64().is_some_and(|at| at <= state.now());
    if subscription["status"] != "past_due" || !due {
        return Ok(());
    }
    let Some(method) = subscriptions::payment_method(state, subscription) else { return Ok(()) };
    let verdict = invoices::charge(state, invoice_id, &method, Circumstances { off_session: true, authenticated: false })?;
    let attempts = state.get(Kind::Invoice, invoice_id)?["attempt_count"].as_i64().unwrap_or_default();
    if !matches!(verdict, Verdict::Pays) && attempts >= ATTEMPTS_MAX {
        state.set(Kind::Invoice, invoice_id, json!({ "next_payment_attempt": null }))?;
        subscriptions_edit::end(state, id, "payment_failed")?;
    }
    Ok(())
}
