//! Keeping events once, and what their readers ask.

use kit::{Lang, TenantId};
use serde_json::json;
use uuid::Uuid;

use super::accounts::{self, Found};
use super::providers::{Provider, Written};
use super::reading::Heard;
use super::store;
use crate::platform::{AppState, Fault, GlobalCx, Job};

/// An event as it came.
pub struct InboundEvent {
    pub kind: String,
    pub body: Vec<u8>,
    /// One of [`State`]'s words.
    pub state: String,
}

/// Where an event stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Its reader's job waits.
    Received,
    Processed,
    /// Read, and it meant nothing to us.
    Ignored,
    /// Nobody reads its kind yet.
    Kept,
    /// Its provider was not asked back yet.
    Unconfirmed,
    /// Its provider was asked, and knew otherwise.
    Refuted,
    /// No tenant has the account that it came to.
    Unrouted,
}

impl State {
    pub const ALL: [State; 7] = [State::Received, State::Processed, State::Ignored, State::Kept, State::Unconfirmed, State::Refuted, State::Unrouted];

    pub fn word(self) -> &'static str {
        match self {
            State::Received => "received",
            State::Processed => "processed",
            State::Ignored => "ignored",
            State::Kept => "kept",
            State::Unconfirmed => "unconfirmed",
            State::Refuted => "refuted",
            State::Unrouted => "unrouted",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        State::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// Whose events which job reads, and of which kinds; one that ends in a dot stands for all below it. Stripe sends a dozen
/// events for one payment, most of them to nobody: those are kept all the same, and leave no job that would stand in the
/// way of those for which a payer is waiting. The other providers' rooms add their lines here.
const READ: &[(Provider, &str, &[&str])] = &[(
    Provider::Stripe,
    "payments.stripe_event",
    &["checkout.session.", "customer.subscription.", "invoice.paid", "invoice.payment_failed", "invoice.payment_action_required", "invoice.voided"],
)];

/// The job that reads events of this kind.
pub fn reader(provider: Provider, kind: &str) -> Option<&'static str> {
    let fits = |read: &&str| kind == *read || (read.ends_with('.') && kind.starts_with(*read));
    READ.iter().find(|(of, _, kinds)| *of == provider && kinds.iter().any(fits)).map(|(_, task, _)| *task)
}

/// Whether anybody reads events of this kind.
pub fn is_read(provider: &str, kind: &str) -> bool {
    Provider::from_word(provider).is_some_and(|provider| reader(provider, kind).is_some())
}

/// What becomes of an event whose tenant is known.
pub fn becomes(provider: Provider, kind: &str, proven: bool) -> State {
    match (proven, reader(provider, kind)) {
        (false, _) => State::Unconfirmed,
        (true, Some(_)) => State::Received,
        (true, None) => State::Kept,
    }
}

/// Leaves what an event's state calls for: its reader's job, or the question to its provider. Both are the platform's, and
/// stand in line with the other jobs of the tenant that the event belongs to.
pub async fn leave_work(cx: &mut GlobalCx, inbound: Uuid, tenant: Option<Uuid>, provider: Provider, kind: &str, state: State, again: bool) -> Result<(), Fault> {
    let payload = json!({ "inbound": inbound });
    let job = match (state, reader(provider, kind)) {
        (State::Received, Some(task)) => Job::new(task, payload),
        (State::Unconfirmed, _) => Job::new("intake.confirm", payload),
        _ => return Ok(()),
    };
    // What is read again is left once, however often it is asked for. The question to the provider, which leaves the reader's
    // job while it is itself under way, is another piece of work and has another key.
    let key = format!("inbound-{}-{inbound}", job.task);
    cx.enqueue_for(tenant.map(TenantId), if again { job.once(key) } else { job }).await
}

/// How a body's events came.
pub struct Arrival<'a> {
    pub provider: Provider,
    pub written: Written,
    pub proven: bool,
    /// The account whose address they came to, where it has one.
    pub found: Option<&'a Found>,
}

/// Keeps a body's events, each once, with the jobs they call for, in one transaction. Answers how many were new.
pub async fn keep(cx: &mut GlobalCx, arrival: &Arrival<'_>, mut heard: Vec<Heard>) -> Result<usize, Fault> {
    // In one order whatever the body's: two bodies that share events must not wait for each other.
    heard.sort();
    let (now, mut new) = (cx.now, 0);
    for one in heard {
        let inbound: Uuid = cx.ids.new_id();
        let account = arrival.found.map_or_else(|| one.account.as_deref().unwrap_or_default(), |found| found.account.as_str());
        let row = store::Kept {
            inbound,
            provider: arrival.provider.word(),
            account,
            phone: one.phone.as_deref(),
            event: &one.event,
            kind: &one.kind,
            content_type: arrival.written.word(),
            body: &one.body,
            proven: arrival.proven,
            state: becomes(arrival.provider, &one.kind, arrival.proven).word(),
            came_to: arrival.found.map(|found| found.id),
        };
        let Some(stands) = store::keep(cx.db(), row, now).await? else { continue };
        new += 1;
        if let Some(state) = State::from_word(&stands.state) {
            leave_work(cx, inbound, stands.tenant, arrival.provider, &one.kind, state, false).await?;
        }
    }
    Ok(new)
}

/// The account of an address, or of a name; with its secrets.
pub async fn find(state: &AppState, provider: Provider, account: Option<&str>, path_hash: Option<&[u8]>) -> Result<Option<Found>, Fault> {
    let mut connection = state.pool.acquire().await?;
    let Some(row) = store::route(&mut connection, provider.word(), account, path_hash).await? else { return Ok(None) };
    let opened = accounts::open(&state.vault, row.tenant_id, row.account_id, row.sealed.as_deref());
    let secrets = opened.inspect_err(|_| state.meters.unopened("intake_accounts"))?;
    Ok(Some(Found { id: row.account_id, tenant: row.tenant_id, account: row.account, path_hash: row.path_hash, secrets }))
}

/// The event of a job; `None` when it was processed before.
pub async fn read(state: &AppState, inbound: Uuid, trace: &str) -> Result<Option<InboundEvent>, Fault> {
    let mut cx = GlobalCx::open(state, Lang::He, trace.to_owned()).await?;
    let event = store::read(cx.db(), inbound).await?;
    cx.commit().await?;
    Ok(event.filter(|event| event.state == State::Received.word()))
}

/// Notes that an event was processed (or meant nothing to us).
pub async fn done(state: &AppState, inbound: Uuid, outcome: &str, tenant: Option<Uuid>, trace: &str) -> Result<(), Fault> {
    let mut cx = GlobalCx::open(state, Lang::He, trace.to_owned()).await?;
    let now = cx.now;
    store::done(cx.db(), inbound, outcome, tenant, now).await?;
    cx.commit().await
}
