//! Words of the operator's pages that both sides share.

pub mod health;
pub mod inbound;
pub mod outgoing;
pub mod slow;
pub mod tenants;

use serde::{Deserialize, Serialize};

use crate::buildings::model::JoinFunnel;

/// Join times of the last thirty days.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinTimesPage {
    /// All buildings together.
    pub all: JoinFunnel,
    /// The busiest first.
    pub buildings: Vec<BuildingTimes>,
}

/// One building's join times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildingTimes {
    pub slug: String,
    pub name: String,
    pub funnel: JoinFunnel,
}

/// The queues as they stand at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueuesPage {
    pub lanes: Vec<LaneRow>,
    /// The next to be tried first.
    pub retrying: Vec<RetryRow>,
    /// The newest first.
    pub dead: Vec<DeadLetter>,
    /// Discarded within the day: somebody may still think otherwise.
    pub discarded: Vec<DeadLetter>,
    pub schedules: Vec<ScheduleRow>,
}

impl QueuesPage {
    pub fn waiting(&self) -> i64 {
        self.lanes.iter().map(|lane| lane.waiting).sum()
    }

    /// The oldest wait of all lanes, in seconds.
    pub fn oldest_s(&self) -> Option<i64> {
        self.lanes.iter().filter_map(|lane| lane.oldest_s).max()
    }

    pub fn dead_count(&self) -> i64 {
        self.lanes.iter().map(|lane| lane.dead).sum()
    }

    /// Tasks with more than one dead letter among those shown, in the order they are shown.
    pub fn tasks_with_several_dead(&self) -> Vec<String> {
        let mut tasks: Vec<String> = Vec::new();
        for (at, letter) in self.dead.iter().enumerate() {
            if !tasks.contains(&letter.task) && self.dead[at + 1..].iter().any(|other| other.task == letter.task) {
                tasks.push(letter.task.clone());
            }
        }
        tasks
    }
}

/// One lane.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaneRow {
    /// `payments`, `rooms`, …; `none` for tasks without a lane.
    pub lane: String,
    /// Due and not begun.
    pub waiting: i64,
    /// Left for a later moment.
    pub later: i64,
    pub running: i64,
    /// Failed, and to be tried again.
    pub retrying: i64,
    /// How long the first of those that wait has been due.
    pub oldest_s: Option<i64>,
    /// In the last hour.
    pub done_hour: i64,
    /// Tries that failed in the last hour.
    pub failed_hour: i64,
    pub dead: i64,
    /// Done in each five minutes of the last hour, the oldest first.
    pub pace: Vec<i64>,
}

/// A job that failed and will be tried again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetryRow {
    pub task: String,
    /// The name of the building it belongs to.
    pub tenant: Option<String>,
    pub attempts: i32,
    pub most_attempts: i32,
    /// Until its next try; 0 or less when that is now.
    pub in_s: i64,
    pub error: String,
}

/// A job that spent its tries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    pub letter: i64,
    pub task: String,
    pub tenant: Option<String>,
    pub attempts: i32,
    pub most_attempts: i32,
    pub ago_s: i64,
    /// What was said at its last try.
    pub reason: String,
    pub tries: Vec<DeadTry>,
}

/// One try of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadTry {
    pub attempt: i32,
    pub at_label: String,
    pub took_ms: i64,
    pub error: String,
}

/// What happens by the clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleRow {
    pub name: String,
    /// Tenants, or 1.
    pub places: i64,
    pub last_label: String,
    pub next_label: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(task: &str) -> DeadLetter {
        DeadLetter { letter: 1, task: task.into(), tenant: None, attempts: 3, most_attempts: 3, ago_s: 0, reason: String::new(), tries: Vec::new() }
    }

    #[test]
    fn all_of_a_task_are_offered_where_there_are_several() {
        let page = QueuesPage { dead: ["a.b", "c.d", "a.b", "a.b", "e.f"].map(letter).into(), ..QueuesPage::default() };
        assert_eq!(page.tasks_with_several_dead(), ["a.b"]);
    }
}
