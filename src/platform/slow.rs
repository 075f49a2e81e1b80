//! The slowest requests of the last hour that this process answered, for the operator's console. A short list in memory: it
//! holds the template of a route and never its address, the ids of a request and a tenant, and nothing of anybody's.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::clock::Ids;

/// What is answered within this time is not slow, and costs nobody a look at the list.
pub const SLOW_FROM: Duration = Duration::from_millis(50);
/// The longest list; a slower request takes the place of the fastest one.
pub const SLOW_MOST: usize = 50;
/// How long one is told.
pub const SLOW_KEPT: SignedDuration = SignedDuration::from_hours(1);

/// One slow request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlowRequest {
    /// The template of its route; `none` when it has none.
    pub route: String,
    pub method: &'static str,
    pub status: u16,
    /// Until the first byte of the answer.
    pub took_ms: u64,
    pub at: Timestamp,
    /// As its log lines name it; none where no door was reached.
    pub trace: Option<String>,
    pub tenant: Option<Uuid>,
}

/// What doors further in learn of a request, for whoever measures it outside of them.
#[derive(Debug, Default)]
pub struct Learned {
    pub trace: OnceLock<String>,
    pub tenant: OnceLock<Uuid>,
}

/// Cheap to clone; one a process.
#[derive(Clone, Debug)]
pub struct SlowRequests {
    /// Tells one process of several from another, and from itself before it was started anew.
    process: Arc<str>,
    list: Arc<Mutex<Vec<SlowRequest>>>,
}

impl Default for SlowRequests {
    fn default() -> Self {
        let process: String = Ids.new_id::<Uuid>().simple().to_string().chars().rev().take(8).collect();
        Self { process: process.into(), list: Arc::default() }
    }
}

impl SlowRequests {
    pub fn process(&self) -> &str {
        &self.process
    }

    /// Keeps a request when it is among the slowest.
    pub fn note(&self, request: SlowRequest) {
        if u128::from(request.took_ms) < SLOW_FROM.as_millis() {
            return;
        }
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        forget(&mut list, request.at);
        if list.len() >= SLOW_MOST {
            let Some((at, fastest)) = list.iter().enumerate().min_by_key(|(_, one)| one.took_ms) else { return };
            if fastest.took_ms >= request.took_ms {
                return;
            }
            list.swap_remove(at);
        }
        list.push(request);
    }

    /// Those of the last hour, the slowest first.
    pub fn told(&self, now: Timestamp) -> Vec<SlowRequest> {
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        forget(&mut list, now);
        let mut told = list.clone();
        told.sort_by(|one, other| other.took_ms.cmp(&one.took_ms).then(other.at.cmp(&one.at)));
        told
    }
}

fn forget(list: &mut Vec<SlowRequest>, now: Timestamp) {
    list.retain(|one| now.duration_since(one.at) < SLOW_KEPT);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(took_ms: u64, minute: i64) -> SlowRequest {
        let at = Timestamp::from_second(minute * 60).expect("a moment");
        SlowRequest { route: "/b/{slug}".into(), method: "GET", status: 200, took_ms, at, trace: None, tenant: None }
    }

    fn told(slow: &SlowRequests, minute: i64) -> Vec<u64> {
        slow.told(Timestamp::from_second(minute * 60).expect("a moment")).iter().map(|one| one.took_ms).collect()
    }

    #[test]
    fn the_slowest_of_the_last_hour_are_kept_and_no_more_than_fit() {
        let slow = SlowRequests::default();
        for took_ms in [49, 50, 900, 70] {
            slow.note(request(took_ms, 0));
        }
        assert_eq!(told(&slow, 0), [900, 70, 50], "what is fast is not kept");
        assert_eq!(told(&slow, 59), [900, 70, 50]);
        slow.note(request(60, 30));
        assert_eq!(told(&slow, 60), [60], "an hour later they are forgotten");
        for took_ms in 100..1000 {
            slow.note(request(took_ms, 61));
        }
        assert_eq!(told(&slow, 61), (950..1000).rev().collect::<Vec<u64>>());
        slow.note(request(200, 61));
        assert_eq!(told(&slow, 61).len(), SLOW_MOST);
    }

    #[test]
    fn two_processes_are_told_apart() {
        assert_ne!(SlowRequests::default().process(), SlowRequests::default().process());
    }
}
