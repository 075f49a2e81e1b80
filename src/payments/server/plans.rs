//! The subscription that a paid checkout began: asked of Stripe when it begins and whenever an event hints at a change,
//! so that the flat knows when it is charged next and whether the last charge went through.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use kit::{CheckoutId, TenantId};
use serde_json::json;
use stripe_port::{StripeError, SubscriptionReading, SubscriptionState};

use super::jobs::port;
use super::store::{self, PlanRow};
use crate::platform::jobs::{JobRun, open_tenant};
use crate::platform::{AppState, Fault, Job};

/// Asks Stripe how a checkout's subscription stands.
pub async fn follow_plan(run: JobRun) -> Result<(), Fault> {
    follow(&run.state, run.read("tenant")?, run.read("checkout")?, &run.trace).await
}

pub(super) async fn follow(state: &AppState, tenant: TenantId, checkout: CheckoutId, trace: &str) -> Result<(), Fault> {
    let mut cx = open_tenant(state, tenant, trace.to_owned()).await?;
    // Of two that ask at once, the answer to the later question stands.
    let asked = cx.now;
    let row = store::read(cx.db(), checkout.0).await?;
    let before = store::plan(cx.db(), checkout.0).await?;
    cx.commit().await?;
    let Some((row, subscription)) = row.and_then(|row| row.provider_subscription.clone().map(|subscription| (row, subscription))) else { return Ok(()) };
    let reading = match port(state)?.read_subscription(&subscription).await {
        Ok(reading) => reading,
        Err(StripeError::NotFound) => {
            tracing::error!(%checkout, "the provider does not know a subscription that it began");
            return Ok(());
        }
        Err(error) => return Err(Fault::Bug(error.into())),
    };
    let over = reading.state == SubscriptionState::Ended && before.is_none_or(|plan| plan.state != "ended");
    let mut cx = open_tenant(state, tenant, trace.to_owned()).await?;
    store::note_plan(cx.db(), checkout.0, plan_row(reading)?, asked).await?;
    if over {
        cx.audit("payment.subscription_ended", checkout, json!({}));
        cx.enqueue(Job::new("payments.plan_ended", json!({ "checkout": checkout, "subject": row.subject_id }))).await?;
    }
    cx.commit().await
}

fn plan_row(reading: SubscriptionReading) -> Result<PlanRow, Fault> {
    let state = match reading.state {
        SubscriptionState::Active => "active",
        SubscriptionState::Late => "late",
        SubscriptionState::Ended => "ended",
    };
    let moment = |unix: Option<i64>| unix.map(Timestamp::from_second).transpose().map_err(|error| Fault::Bug(error.into()));
    Ok(PlanRow {
        state: state.to_owned(),
        amount_minor: reading.price.amount_minor,
        currency: reading.price.currency.code().to_owned(),
        next_charge_at: moment(reading.next_charge_unix)?.map(|at| at.to_sqlx()),
        ends_at: moment(reading.ends_at_unix)?.map(|at| at.to_sqlx()),
        mend_url: reading.mend_url,
    })
}

/// What an event is about. Only a hint where to look: what is true is read from Stripe.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Hint<'a> {
    Session(&'a str),
    Subscription(&'a str),
}

/// Reads the hint out of an event's object.
pub(super) fn hint<'a>(kind: &str, object: &'a serde_json::Value) -> Option<Hint<'a>> {
    if kind.starts_with("checkout.session.") {
        return object["id"].as_str().map(Hint::Session);
    }
    if kind.starts_with("customer.subscription.") {
        return object["id"].as_str().map(Hint::Subscription);
    }
    if matches!(kind, "invoice.paid" | "invoice.payment_failed" | "invoice.payment_action_required" | "invoice.voided") {
        // Since 2025-03-31 an invoice names its subscription below `parent`.
        return object["parent"]["subscription_details"]["subscription"].as_str().or(object["subscription"].as_str()).map(Hint::Subscription);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_hint_at_a_session_or_a_subscription() {
        let session = json!({ "id": "cs_1" });
        assert_eq!(hint("checkout.session.completed", &session), Some(Hint::Session("cs_1")));
        let subscription = json!({ "id": "sub_1" });
        assert_eq!(hint("customer.subscription.deleted", &subscription), Some(Hint::Subscription("sub_1")));
        let invoice = json!({ "id": "in_1", "parent": { "subscription_details": { "subscription": "sub_1" } } });
        assert_eq!(hint("invoice.payment_failed", &invoice), Some(Hint::Subscription("sub_1")));
        assert_eq!(hint("invoice.paid", &json!({ "id": "in_1", "subscription": "sub_1" })), Some(Hint::Subscription("sub_1")));
        assert_eq!(hint("invoice.created", &invoice), None);
        assert_eq!(hint("charge.succeeded", &json!({ "id": "ch_1" })), None);
        let whole = json!({ "id": "x_1", "subscription": "sub_1" });
        for kind in
            ["checkout.session.completed", "checkout.session.expired", "customer.subscription.updated", "invoice.paid", "invoice.voided", "invoice.created", "charge.succeeded"]
        {
            assert_eq!(hint(kind, &whole).is_some(), crate::intake::server::is_read("stripe", kind), "{kind}: intake leaves a job for what is read here, and for nothing else");
        }
    }
}
