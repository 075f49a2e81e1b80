//! Lanes: each a runner of its own with its own slots, so that work of one kind never waits behind work of another. The
//! table in wiring.rs says which task runs on which lane; a task without a lane cannot be written there.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use graphile_worker::{JobDefinition, LocalQueueConfig, RefetchDelayConfig, Worker};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::fault::Fault;
use super::in_hand;
use super::jobs;
use super::state::AppState;

/// What work is told apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Calls of the payment providers; the only lane that holds their keys.
    Payments,
    /// What one room leaves to another: milliseconds in our own database, and often somebody waits for it.
    Rooms,
    /// Codes, messages and reminders to people: calls of outside services.
    Messages,
    /// Signed webhooks to partners, whose servers are as slow as they like.
    Webhooks,
    /// Drafts and answers of language models.
    Ai,
    /// Documents and sums that take seconds of processor.
    Reports,
    /// Retention and other sweeping.
    Housekeeping,
}

/// Which database role, and so which process, runs a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runs {
    Worker,
    Payments,
}

impl Lane {
    pub const ALL: [Lane; 7] = [Lane::Payments, Lane::Rooms, Lane::Messages, Lane::Webhooks, Lane::Ai, Lane::Reports, Lane::Housekeeping];

    pub fn word(self) -> &'static str {
        match self {
            Lane::Payments => "payments",
            Lane::Rooms => "rooms",
            Lane::Messages => "messages",
            Lane::Webhooks => "webhooks",
            Lane::Ai => "ai",
            Lane::Reports => "reports",
            Lane::Housekeeping => "housekeeping",
        }
    }

    pub fn runs(self) -> Runs {
        if self == Lane::Payments { Runs::Payments } else { Runs::Worker }
    }

    /// Jobs at once, when the configuration does not say. Each job that is left wakes every slot of every lane of every
    /// process, and each asks the database for it: more slots than there is work for cost whoever waits for a payment,
    /// not whoever gives it. Calls of others take seconds, ours milliseconds.
    fn slots(self) -> usize {
        match self {
            Lane::Payments => 6,
            Lane::Rooms | Lane::Messages => 4,
            // A pump sits on its slot for as long as its partner's server lets it wait.
            Lane::Webhooks => 12,
            Lane::Ai => 2,
            Lane::Reports | Lane::Housekeeping => 1,
        }
    }

    /// A new job is told by the database at once. Asking finds those whose pause or delay is over, so lanes for which
    /// somebody waits ask more often.
    fn asks_every(self) -> Duration {
        match self {
            Lane::Payments | Lane::Rooms | Lane::Messages => Duration::from_millis(500),
            Lane::Webhooks | Lane::Ai => Duration::from_secs(1),
            Lane::Reports | Lane::Housekeeping => Duration::from_secs(2),
        }
    }
}

/// How many jobs a lane takes in one go. One, where a job may be slow, so that none waits here while another process is
/// idle. Where a job is milliseconds of our own database, fetching each by itself and telling each end by itself cost more
/// than the work: eight a slot, and whoever comes after waits for so many of them.
fn taken_at_once(lane: Lane, slots: usize) -> usize {
    if lane == Lane::Rooms { 8 * slots } else { 1 }
}

/// The longest that a job which was taken ahead waits for a slot before it is given back to others.
const KEPT_AHEAD: Duration = Duration::from_millis(200);

/// How long a job that was taken ahead may wait for a slot before it is given back to others. Short, for a second reason:
/// graphile_worker 0.14.1 believes that it holds jobs when a slot took the last one while they were being put into its
/// cache (`received_jobs` says so after the slot has), and asks for no more until this time is over. Giving back is one
/// statement, and at most one for each slot that becomes free.
pub(super) fn kept_ahead(beat: Duration) -> Duration {
    beat.min(KEPT_AHEAD)
}

/// How many jobs each lane runs at once, in one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneSlots([usize; Lane::ALL.len()]);

impl Default for LaneSlots {
    fn default() -> Self {
        Self(Lane::ALL.map(Lane::slots))
    }
}

impl LaneSlots {
    /// Reads `payments=8,messages=6`; lanes that are not named keep their own number.
    pub fn parse(text: &str) -> Result<Self> {
        let mut slots = Self::default();
        for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (name, number) = pair.split_once('=').with_context(|| format!("{pair} is not of the form lane=number"))?;
            let Some(at) = Lane::ALL.iter().position(|lane| lane.word() == name.trim()) else { bail!("there is no lane {name}") };
            let number: usize = number.trim().parse().with_context(|| format!("{pair} names no number"))?;
            if !(1..=64).contains(&number) {
                bail!("{pair} is not between 1 and 64");
            }
            slots.0[at] = number;
        }
        Ok(slots)
    }

    pub fn of(&self, lane: Lane) -> usize {
        Lane::ALL.iter().position(|one| *one == lane).map_or(1, |at| self.0[at])
    }
}

/// One line of the table in wiring.rs.
#[derive(Clone)]
pub struct LaneJob {
    pub task: &'static str,
    pub lane: Lane,
    /// It may run without a tenant.
    pub of_platform: bool,
    pub definition: JobDefinition,
}

/// The jobs of some lanes, as the library takes them.
pub fn of(table: &[LaneJob], wanted: impl Fn(Lane) -> bool) -> Vec<JobDefinition> {
    table.iter().filter(|job| wanted(job.lane)).map(|job| job.definition.clone()).collect()
}

/// Tells the database which task runs on which lane: a tenant's fair share and the operator's console go by it.
pub async fn declare(state: &AppState, table: &[LaneJob]) -> Result<(), Fault> {
    let tasks: Vec<String> = table.iter().map(|job| job.task.to_owned()).collect();
    let lanes: Vec<String> = table.iter().map(|job| job.lane.word().to_owned()).collect();
    sqlx::query!("select jobs.declare($1, $2)", &tasks, &lanes).execute(&state.pool).await?;
    Ok(())
}

/// A runner of one lane on the state's pool, which must be of the role that runs the lane. A job that is left is told by the
/// database and begun at once. Beside that the lane is asked every so often for what is due (pauses and delays that are
/// over, and whatever waits since before), and its local queue works that off until nothing is left, however long one job
/// takes meanwhile; without it the library would begin one job a slot each time it asks.
pub async fn runner(state: &AppState, lane: Lane, table: &[LaneJob]) -> Result<Worker> {
    let slots = state.config.lane_slots.of(lane);
    // The library asks again at once after it found nothing, unless it is told to rest; whatever is left ends the rest.
    let rest = RefetchDelayConfig::default().with_duration(lane.asks_every()).with_threshold(0).with_max_abort_threshold(1);
    let queue = LocalQueueConfig::default().with_size(taken_at_once(lane, slots)).with_ttl(kept_ahead(state.config.job_heartbeat)).with_refetch_delay(rest);
    jobs::runner(state, of(table, |one| one == lane), slots, lane.asks_every(), Some(queue)).await
}

/// Runs a lane until its runner is told to stop or the database goes away.
pub async fn work(state: &AppState, lane: Lane, worker: &Worker) -> Result<()> {
    // The library notes that a runner lives, and not on which lane.
    sqlx::query!("select jobs.runner_begins($1, $2)", worker.worker_id(), lane.word()).execute(&state.pool).await?;
    let over = CancellationToken::new();
    let told = async {
        let ended = worker.run().await;
        over.cancel();
        ended
    };
    let given_back = async {
        let mut tick = tokio::time::interval(state.config.job_heartbeat * 2);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = tick.tick() => {}
                () = over.cancelled() => return,
            }
            if let Err(fault) = in_hand::give_back(state, worker.worker_id()).await {
                tracing::warn!(lane = lane.word(), error = ?fault, "what this process does not know of could not be given back");
            }
        }
    };
    let (ended, ()) = tokio::join!(told, given_back);
    ended.map_err(|error| anyhow::anyhow!("{error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_read_by_the_name_of_their_lane() {
        let slots = LaneSlots::parse("payments=8, ai=1").expect("slots");
        assert_eq!((slots.of(Lane::Payments), slots.of(Lane::Ai), slots.of(Lane::Messages)), (8, 1, Lane::Messages.slots()));
        assert_eq!(LaneSlots::parse("").expect("slots"), LaneSlots::default());
        for wrong in ["payments", "payments=0", "payments=x", "cellar=2", "ai=65"] {
            assert!(LaneSlots::parse(wrong).is_err(), "{wrong}");
        }
    }
}
