use kit::Lang;
use serde_json::json;
use uuid::Uuid;

use super::store;
use crate::platform::{AppState, Fault, GlobalCx, Job};

/// An event as it came.
pub struct InboundEvent {
    pub kind: String,
    pub body: Vec<u8>,
    /// received | processed | ignored
    pub state: String,
}

/// Kinds of event that a room reads; one that ends in a dot stands for all below it. Stripe sends a dozen events for one
/// payment, most of them to nobody: those are kept all the same, and leave no job that would stand in the way of those
/// for which a payer is waiting.
const READ: &[(&str, &[&str])] =
    &[("stripe", &["checkout.session.", "customer.subscription.", "invoice.paid", "invoice.payment_failed", "invoice.payment_action_required", "invoice.voided"])];

/// Whether anybody reads events of this kind.
pub fn is_read(provider: &str, kind: &str) -> bool {
    let kinds = READ.iter().find(|(name, _)| *name == provider).map_or(&[][..], |(_, kinds)| kinds);
    kinds.iter().any(|read| kind == *read || (read.ends_with('.') && kind.starts_with(read)))
}

/// Keeps a verified event once and leaves its job in the same transaction, if anybody reads its kind. True when it is
/// new.
pub async fn keep(cx: &mut GlobalCx, provider: &str, event: &str, kind: &str, body: &[u8], task: &'static str) -> Result<bool, Fault> {
    let inbound: Uuid = cx.ids.new_id();
    let now = cx.now;
    let new = store::keep(cx.db(), inbound, provider, event, kind, body, now).await?;
    if new && is_read(provider, kind) {
        cx.enqueue(Job::new(task, json!({ "inbound": inbound }))).await?;
    } else if new {
        store::done(cx.db(), inbound, "ignored", None, now).await?;
    }
    Ok(new)
}

/// The event of a job; `None` when it was processed before.
pub async fn read(state: &AppState, inbound: Uuid, trace: &str) -> Result<Option<InboundEvent>, Fault> {
    let mut cx = GlobalCx::open(state, Lang::He, trace.to_owned()).await?;
    let event = store::read(cx.db(), inbound).await?;
    cx.commit().await?;
    Ok(event.filter(|event| event.state == "received"))
}

/// Notes that an event was processed (or meant nothing to us).
pub async fn done(state: &AppState, inbound: Uuid, outcome: &str, tenant: Option<Uuid>, trace: &str) -> Result<(), Fault> {
    let mut cx = GlobalCx::open(state, Lang::He, trace.to_owned()).await?;
    let now = cx.now;
    store::done(cx.db(), inbound, outcome, tenant, now).await?;
    cx.commit().await
}
