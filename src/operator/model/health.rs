//! What the page of health shows: facts, and how bad each is.

use serde::{Deserialize, Serialize};

/// Seconds that a job may wait before somebody should look, and before it is bad.
const WAIT_WATCH_S: i64 = 60;
const WAIT_BAD_S: i64 = 600;
/// Seconds that a schedule may be late: the clock is asked every few seconds.
const LATE_S: i64 = 120;
/// Milliseconds that a question without work may take.
const SLOW_MS: i64 = 250;
/// Seconds since the last anchor: one an hour is due, and one may be missed by a restart.
const ANCHOR_S: i64 = 2 * 3600;

/// `/operator/health`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthPage {
    pub facts: Vec<Fact>,
}

impl HealthPage {
    /// The facts that are not well.
    pub fn unwell(&self) -> usize {
        self.facts.iter().filter(|fact| fact.stands() != Stand::Well).count()
    }

    pub fn worst(&self) -> Stand {
        self.facts.iter().map(Fact::stands).max().unwrap_or_default()
    }
}

/// How a fact stands, the worst last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stand {
    #[default]
    Well,
    /// Somebody should look.
    Watch,
    Bad,
}

/// What a fact is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Processes,
    Queues,
    Schedules,
    Kept,
}

/// One thing that is known. Times are seconds unless their names say otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fact {
    /// The process that answered; one that leaves takes no more requests.
    Ready { leaving: bool },
    /// The database answered, within so long.
    Database { took_ms: i64 },
    /// The pool of the process that answered.
    Pool { used: u32, idle: u32, most: u32 },
    /// Connections of a role, of all processes.
    Connections { role: String, count: i64 },
    /// Job runners of a role: those that were heard lately, those that were not, lanes with work and nobody to run them.
    Runners { role: String, alive: i64, silent: i64, heard_s: Option<i64>, idle: Vec<String> },
    /// The oldest job of a lane that waits.
    Waits { lane: String, oldest_s: Option<i64> },
    /// When something last happened by the clock, and how long it is overdue; 0 or less while it is not due.
    Schedule { name: String, last_label: String, next_label: String, late_s: i64 },
    /// A partition that stands for no month and holds something; none is the whole fact that there is none.
    Astray { part: Option<String>, bytes: i64 },
    /// Inbound events that nobody is known for.
    Unrouted { count: i64 },
    /// Since the audit log was last sealed; none when it never was.
    Anchored { ago_s: Option<i64> },
}

impl Fact {
    pub fn stands(&self) -> Stand {
        let bad = |is: bool, stand: Stand| if is { stand } else { Stand::Well };
        match self {
            Fact::Ready { leaving } => bad(*leaving, Stand::Watch),
            Fact::Database { took_ms } => bad(*took_ms > SLOW_MS, Stand::Watch),
            Fact::Pool { used, most, .. } => bad(used >= most, Stand::Watch),
            Fact::Connections { .. } => Stand::Well,
            Fact::Runners { alive, silent, idle, .. } => bad(*silent > 0, Stand::Watch).max(bad(*alive == 0 || !idle.is_empty(), Stand::Bad)),
            Fact::Waits { oldest_s, .. } => match oldest_s.unwrap_or_default() {
                WAIT_BAD_S.. => Stand::Bad,
                WAIT_WATCH_S.. => Stand::Watch,
                _ => Stand::Well,
            },
            Fact::Schedule { late_s, .. } => bad(*late_s > LATE_S, Stand::Bad),
            Fact::Astray { part, .. } => bad(part.is_some(), Stand::Bad),
            Fact::Unrouted { count } => bad(*count > 0, Stand::Watch),
            Fact::Anchored { ago_s } => ago_s.map_or(Stand::Watch, |ago_s| bad(ago_s > ANCHOR_S, Stand::Bad)),
        }
    }

    pub fn part(&self) -> Part {
        match self {
            Fact::Ready { .. } | Fact::Database { .. } | Fact::Pool { .. } | Fact::Connections { .. } | Fact::Runners { .. } => Part::Processes,
            Fact::Waits { .. } => Part::Queues,
            Fact::Schedule { .. } => Part::Schedules,
            Fact::Astray { .. } | Fact::Unrouted { .. } | Fact::Anchored { .. } => Part::Kept,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_is_as_bad_as_what_follows_from_it() {
        let runners =
            |alive, silent, idle: &[&str]| Fact::Runners { role: "worker".into(), alive, silent, heard_s: Some(1), idle: idle.iter().map(|lane| (*lane).to_owned()).collect() };
        let schedule = |late_s| Fact::Schedule { name: "platform.tidy".into(), last_label: String::new(), next_label: String::new(), late_s };
        let waits = |oldest_s| Fact::Waits { lane: "rooms".into(), oldest_s };
        for (fact, stand) in [
            (Fact::Pool { used: 15, idle: 0, most: 16 }, Stand::Well),
            (Fact::Pool { used: 16, idle: 0, most: 16 }, Stand::Watch),
            (runners(6, 0, &[]), Stand::Well),
            (runners(6, 1, &[]), Stand::Watch),
            (runners(0, 0, &[]), Stand::Bad),
            (runners(5, 0, &["messages"]), Stand::Bad),
            (waits(None), Stand::Well),
            (waits(Some(59)), Stand::Well),
            (waits(Some(60)), Stand::Watch),
            (waits(Some(600)), Stand::Bad),
            (schedule(-3600), Stand::Well),
            (schedule(120), Stand::Well),
            (schedule(121), Stand::Bad),
            (Fact::Astray { part: None, bytes: 0 }, Stand::Well),
            (Fact::Astray { part: Some("audit_log_other".into()), bytes: 8192 }, Stand::Bad),
            (Fact::Unrouted { count: 1 }, Stand::Watch),
            (Fact::Anchored { ago_s: None }, Stand::Watch),
            (Fact::Anchored { ago_s: Some(7200) }, Stand::Well),
            (Fact::Anchored { ago_s: Some(7201) }, Stand::Bad),
        ] {
            assert_eq!(fact.stands(), stand, "{fact:?}");
        }
    }
}
