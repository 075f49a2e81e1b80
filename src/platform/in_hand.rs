//! Which jobs this process has in hand, so that the queue can be told what it has not.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use super::fault::Fault;
use super::state::AppState;

/// Jobs under way in this process, and those that ended a moment ago, whose end may still be on its way to the queue.
#[derive(Debug, Default)]
pub struct InHand(Mutex<HashMap<i64, Option<Instant>>>);

/// One job under way; it has ended when this goes.
pub struct Held<'a> {
    all: &'a InHand,
    job: i64,
}

impl InHand {
    pub fn take(&self, job: i64) -> Held<'_> {
        self.set(job, None);
        Held { all: self, job }
    }

    /// Their numbers. What ended longer ago than `told_within` is forgotten.
    fn now(&self, told_within: Duration) -> Vec<i64> {
        let mut jobs = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        jobs.retain(|_, ended| ended.is_none_or(|at| at.elapsed() < told_within));
        jobs.keys().copied().collect()
    }

    fn set(&self, job: i64, ended: Option<Instant>) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(job, ended);
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.all.set(self.job, Some(Instant::now()));
    }
}

/// For how long a job may be held by a worker that does not run it: longer than one waits in a lane's local queue
/// (`lanes::kept_ahead`), and no longer than one whose process was killed.
fn held_for(beat: Duration) -> Duration {
    beat * 6
}

/// Gives back what the queue believes this worker holds and its process knows nothing of. Answers how many.
pub async fn give_back(state: &AppState, worker: &str) -> Result<i64, Fault> {
    let held_for = held_for(state.config.job_heartbeat);
    let in_hand = state.in_hand.now(held_for);
    let held_for_ms = i64::try_from(held_for.as_millis()).unwrap_or(i64::MAX);
    let given = sqlx::query_scalar!("select jobs.give_back($1, $2, $3)", worker, &in_hand, held_for_ms).fetch_one(&state.pool).await?.unwrap_or_default();
    if given > 0 {
        tracing::warn!(worker, given, "jobs that this process held without knowing of them were given back");
    }
    Ok(given)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_in_hand_while_it_runs_and_for_a_moment_after() {
        let all = InHand::default();
        let held = all.take(7);
        assert_eq!(all.now(Duration::ZERO), [7], "however long it runs");
        drop(held);
        assert_eq!(all.now(Duration::from_secs(30)), [7], "its end may be on its way");
        assert!(all.now(Duration::ZERO).is_empty());
    }
}
