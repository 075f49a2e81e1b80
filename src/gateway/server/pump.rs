//! The pump: what is due for one endpoint, taken a few at a time and sent side by side. One that hangs holds up its own
//! endpoint and no other. The deliveries are the truth, the job is only the wake-up; the sweeper finds what no pump took.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::SignedDuration;
use kit::Lang;
use tokio::task::{JoinError, JoinSet};
use uuid::Uuid;

use super::breaker::FLYING_MOST;
use super::sending::{self, LEASE, Round};
use super::silence;
use super::store::deliveries::{self as store, Parcel};
use crate::platform::jobs::JobRun;
use crate::platform::publish::pump as pump_of;
use crate::platform::{AppState, Fault, GlobalCx, housekeeping};

/// A pump takes nothing new after this, ends, and leaves itself again: others wait for its slot.
const WORK: Duration = Duration::from_secs(20);
/// Requests of one process under way at once, those without a pump among them. Beyond, pumps sit on their slots until
/// their requests come back, so that no crowd of silent endpoints fills the memory.
const AFLOAT_MOST: usize = 512;
/// What is due for longer than this was forgotten by its pump.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_secs(20);
/// What waits for an endpoint that its owner switched off is kept as long as a message is tried.
const OFF_KEPT: SignedDuration = SignedDuration::from_hours(4 * 24);
/// Endpoints that one sweep wakes.
const SWEEP_LIMIT: i32 = 500;

/// How long a pump waits for something to come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// A pump to which nothing came back for so long gives its slot to others; its requests go on without it.
    pub whole: Duration,
    /// So long it waits for an endpoint of which another one of this process has just heard nothing; no longer than the whole.
    pub glance: Duration,
}

impl Patience {
    pub const USUAL: Self = Self { whole: Duration::from_secs(1), glance: Duration::from_millis(200) };
}

/// `gateway.pump`: sends what is due for an endpoint, and leaves itself for the next time. Safe to run twice, and beside itself.
///
/// Each attempt is a task of its own and goes on while this one waits for the database: one that writes down how it went
/// holds the endpoint's row, for which the next taking waits. Tasks end with the pump when it is dropped.
///
/// An endpoint that says nothing would hold one of the lane's slots for as long as we wait for it, and as many such
/// endpoints as there are slots would stop everybody's webhooks. So a pump to which nothing comes back leaves its requests to
/// themselves and ends. The endpoint's places stay taken (by the leases), and each request leaves the next pump when it ends.
pub async fn pump(run: JobRun) -> Result<(), Fault> {
    pump_with(run, Patience::USUAL).await
}

/// The same, with another patience.
pub async fn pump_with(run: JobRun, patience: Patience) -> Result<(), Fault> {
    let endpoint: Uuid = run.read("endpoint")?;
    let begun = tokio::time::Instant::now();
    let (mut flying, left) = (JoinSet::new(), Arc::new(AtomicBool::new(false)));
    let (known_silent, mut failed) = (silence::is_known(endpoint), None);
    loop {
        if failed.is_none() && begun.elapsed() < WORK && !run.state.stopping.is_cancelled() {
            match take(&run.state, endpoint, flying.len(), &run.trace).await {
                Ok((round, parcels)) => {
                    let round = Arc::new(round);
                    for parcel in parcels {
                        flying.spawn(run.state.afloat.track_future(one(run.state.clone(), round.clone(), parcel, left.clone())));
                    }
                }
                Err(fault) => failed = Some(fault),
            }
        }
        // One has come back, and with it all that came back meanwhile: more is asked for together.
        let crowded = || run.state.afloat.len() > AFLOAT_MOST;
        let mut ended = match came_back(&mut flying, endpoint, patience, || known_silent && !crowded()).await {
            Some(Some(ended)) => ended,
            Some(None) => break,
            None if crowded() => continue,
            None => {
                left.store(true, Ordering::SeqCst);
                flying.detach_all();
                break;
            }
        };
        loop {
            if let Err(fault) = told(ended) {
                failed = Some(fault);
            }
            match flying.try_join_next() {
                Some(another) => ended = another,
                None => break,
            }
        }
    }
    rest(&run.state, endpoint, &run.trace).await?;
    failed.map_or(Ok(()), Err)
}

/// What comes back next, `Some(None)` when nothing is under way; none when it was waited for long enough. Of an endpoint
/// that is silent just now each message wakes a pump that finds a free place, until all are taken: those pumps only glance,
/// unless they stay on their slots anyway.
async fn came_back(
    flying: &mut JoinSet<Result<(), Fault>>,
    endpoint: Uuid,
    patience: Patience,
    only_glances: impl Fn() -> bool,
) -> Option<Option<Result<Result<(), Fault>, JoinError>>> {
    if let Ok(next) = tokio::time::timeout(patience.glance, flying.join_next()).await {
        if next.is_some() {
            silence::is_over(endpoint);
        }
        return Some(next);
    }
    silence::is_heard(endpoint);
    if only_glances() {
        return None;
    }
    let next = tokio::time::timeout(patience.whole.saturating_sub(patience.glance), flying.join_next()).await.ok();
    if matches!(next, Some(Some(_))) {
        silence::is_over(endpoint);
    }
    next
}

/// One attempt. When its pump has `left` meanwhile, nobody else hears how it went or wakes the next pump.
async fn one(state: AppState, round: Arc<Round>, parcel: Parcel, left: Arc<AtomicBool>) -> Result<(), Fault> {
    let mut outcome = sending::attempt(&state, &round, parcel).await;
    if left.load(Ordering::SeqCst) {
        if outcome.is_ok() {
            outcome = rest(&state, round.endpoint, &round.trace).await;
        }
        // The lease brings it back, and the sweeper its pump.
        if let Err(fault) = &outcome {
            tracing::warn!(error = ?fault, endpoint = %round.endpoint, "how an attempt went could not be written down");
        }
    }
    outcome
}

fn told(ended: Result<Result<(), Fault>, JoinError>) -> Result<(), Fault> {
    ended.map_err(|error| Fault::Bug(error.into()))?
}

/// Takes what is due, with what it is signed with, in a transaction of its own: grants and endpoint are read here, right
/// before the attempt.
async fn take(state: &AppState, endpoint: Uuid, flying: usize, trace: &str) -> Result<(Round, Vec<Parcel>), Fault> {
    let mut cx = GlobalCx::open(state, Lang::He, trace.to_owned()).await?;
    let now = cx.now;
    let lease = now.checked_add(LEASE).map_err(anyhow::Error::from)?;
    let most = FLYING_MOST - i32::try_from(flying).unwrap_or(FLYING_MOST);
    let parcels = store::claim(cx.db(), endpoint, most, now, lease).await?;
    let sealed = if parcels.is_empty() { Vec::new() } else { store::signers(cx.db(), endpoint, now).await? };
    let secrets = sending::opened(&cx.vault, &state.meters, sealed);
    cx.commit().await?;
    Ok((Round { endpoint, lease, secrets, trace: trace.to_owned() }, parcels))
}

/// Leaves the endpoint's next pump, for the moment when there is something to do.
async fn rest(state: &AppState, endpoint: Uuid, trace: &str) -> Result<(), Fault> {
    let mut cx = GlobalCx::open(state, Lang::He, trace.to_owned()).await?;
    let now = cx.now;
    // One after the other: whoever leaves the job last has seen what all the others wrote down.
    store::take_turn(cx.db(), pump_of(endpoint).key.as_deref().unwrap_or_default()).await?;
    if let Some(at) = store::wakes(cx.db(), endpoint, now).await? {
        cx.enqueue(pump_of(endpoint).at(at)).await?;
    }
    cx.commit().await
}

/// `gateway.sweep`: wakes the pumps of endpoints for which something is due that nobody took.
pub async fn sweep(run: JobRun) -> Result<(), Fault> {
    let mut cx = GlobalCx::open(&run.state, Lang::He, run.trace.clone()).await?;
    let now = cx.now;
    let ago = |by: SignedDuration| now.checked_sub(by).map_err(|error| Fault::Bug(error.into()));
    for endpoint in store::overdue(cx.db(), now, ago(FORGOTTEN_AFTER)?, ago(OFF_KEPT)?, SWEEP_LIMIT).await? {
        cx.enqueue(pump_of(endpoint)).await?;
    }
    cx.commit().await
}

/// `gateway.months`: the coming months have their partitions, and what is kept no more is dropped.
pub async fn months(run: JobRun) -> Result<(), Fault> {
    housekeeping::hold_to_the_clock(&run.state).await?;
    let mut cx = GlobalCx::open(&run.state, Lang::He, run.trace.clone()).await?;
    let now = cx.now;
    let made = store::months(cx.db(), now).await?;
    cx.commit().await?;
    if made > 0 {
        tracing::info!(made, "partitions of the gateway were made");
    }
    Ok(())
}
