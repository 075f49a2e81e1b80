//! What intake does later: asking providers back, leading events to an account that has come, letting go of old ones.

use hooks::ask::{Question, Verdict};
use jiff::SignedDuration;
use kit::Lang;
use uuid::Uuid;

use super::providers::{Provider, Written};
use super::replays;
use super::service::{self, State, leave_work, reader};
use super::store::{self, Turn};
use crate::platform::jobs::JobRun;
use crate::platform::{Fault, GlobalCx, housekeeping};

/// Months for which events are kept, this one not counted.
const KEPT_MONTHS: i32 = 6;
/// What says "once" is kept longer than any event, and far longer than a provider repeats one (Stripe: 30 days by hand).
const KEPT_IDS: SignedDuration = SignedDuration::from_hours(24 * 31 * 7);
/// Rows let go in one transaction.
const FORGOTTEN_AT_ONCE: i32 = 5_000;
/// Events led to their account in one transaction.
const ROUTED_AT_ONCE: i32 = 100;

async fn open(run: &JobRun) -> Result<GlobalCx, Fault> {
    GlobalCx::open(&run.state, Lang::He, run.trace.clone()).await
}

/// Asks an event's provider whether it is true, with the keys of the account that it came to. Where no adapter knows how,
/// no question would settle it or there is no key to ask with, the event stays unconfirmed: nobody acts on it, and the
/// operator sees it. It is asked about again when he has it read again, and by itself while the provider is in trouble.
pub async fn confirm(run: JobRun) -> Result<(), Fault> {
    let inbound: Uuid = run.read("inbound")?;
    let mut cx = open(&run).await?;
    let event = store::event(cx.db(), inbound).await?;
    cx.commit().await?;
    let Some(event) = event.filter(|event| event.state == State::Unconfirmed.word()) else { return Ok(()) };
    let (Some(provider), Some(asker)) = (Provider::from_word(&event.provider), run.state.askers.of(&event.provider)) else {
        tracing::info!(%inbound, provider = event.provider, "an event stays unconfirmed: nothing here can ask its provider");
        return Ok(());
    };
    // The account that the event came to, and no other tenant's that has its name by now.
    let found = service::find(&run.state, provider, Some(&event.account), None).await?.filter(|found| Some(found.tenant) == event.tenant_id);
    let Some(found) = found else {
        tracing::info!(%inbound, provider = event.provider, "an event stays unconfirmed: its account was closed");
        return Ok(());
    };
    let question = Question {
        account: event.account,
        kind: event.kind.clone(),
        event: event.event_id,
        form: event.content_type == Written::Form.word(),
        body: event.body,
        credentials: found.secrets.credentials(),
        received_unix: event.received_at.to_jiff().as_second(),
        now_unix: run.state.clock.now().as_second(),
    };
    // No transaction is open while the provider thinks.
    let verdict = asker.ask(&question).await.map_err(anyhow::Error::from)?;
    tracing::info!(%inbound, provider = event.provider, ?verdict, "a provider was asked back");
    let becomes = match (verdict, reader(provider, &event.kind)) {
        (Verdict::Untold, _) => return Ok(()),
        (Verdict::False, _) => State::Refuted,
        (Verdict::True, Some(_)) => State::Received,
        (Verdict::True, None) => State::Kept,
    };
    let mut cx = open(&run).await?;
    let turn =
        Turn { from: &[State::Unconfirmed.word().to_owned()], state: becomes.word(), tenant: None, processed: (becomes == State::Refuted).then_some(cx.now), replayed: None };
    if store::turn(cx.db(), inbound, turn).await? {
        leave_work(&mut cx, inbound, event.tenant_id, provider, &event.kind, becomes, true).await?;
    }
    cx.commit().await
}

/// Leads what waited for an account to it, the oldest first. The database leaves this job with whatever makes an account one
/// that is led to (migrations/0151_intake_proof.sql).
pub async fn route(run: JobRun) -> Result<(), Fault> {
    // A job that the version before left names no id.
    let (provider, account, id): (String, String, Option<Uuid>) = (run.read("provider")?, run.read("account")?, run.read("id")?);
    loop {
        let mut cx = open(&run).await?;
        let waiting = match id {
            Some(id) => store::waiting_for(cx.db(), id, ROUTED_AT_ONCE).await?,
            None => store::waiting(cx.db(), &provider, &account, ROUTED_AT_ONCE).await?,
        };
        let mut led = 0;
        for inbound in &waiting {
            led += i32::from(replays::route(&mut cx, *inbound, None).await?.is_some());
        }
        cx.commit().await?;
        // The account may have been closed meanwhile: then nothing is led, and there is no point in looking again.
        if led < ROUTED_AT_ONCE {
            return Ok(());
        }
    }
}

/// Makes the months to come, takes away those that are over, and forgets what nobody repeats.
pub async fn tidy(run: JobRun) -> Result<(), Fault> {
    housekeeping::hold_to_the_clock(&run.state).await?;
    let mut cx = open(&run).await?;
    let now = cx.now;
    let gone = store::months(cx.db(), now, KEPT_MONTHS).await?;
    cx.commit().await?;
    if gone > 0 {
        tracing::info!(gone, "months of inbound events were let go");
    }
    let before = now.checked_sub(KEPT_IDS).map_err(anyhow::Error::from)?;
    loop {
        let mut cx = open(&run).await?;
        let forgotten = store::forget(cx.db(), before, FORGOTTEN_AT_ONCE).await?;
        cx.commit().await?;
        if forgotten < i64::from(FORGOTTEN_AT_ONCE) {
            return Ok(());
        }
    }
}
