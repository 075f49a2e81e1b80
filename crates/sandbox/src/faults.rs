//! Faults on request: what the network and a provider do on a bad day, for as many requests or events as asked.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

const FAULTS_MAX: usize = 50;
const DELAY_MAX_MS: u64 = 60_000;
const COPIES_MAX: usize = 10;
const FLOOD_MAX_KIB: usize = 64 * 1024;

/// One order of `POST /_sandbox/faults`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Fault {
    /// Requests: only paths that begin so. Webhooks: not used.
    #[serde(default = "everything")]
    pub path: String,
    /// Requests: only this method; absent means any.
    #[serde(default)]
    pub method: Option<String>,
    /// Webhooks: only events whose type begins so; absent means any.
    #[serde(default)]
    pub event: Option<String>,
    /// How many requests or events it strikes before it is used up.
    #[serde(default = "once")]
    pub times: u32,
    /// What happens.
    #[serde(flatten)]
    pub mode: Mode,
}

/// What a fault does, by its `mode`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub enum Mode {
    /// The request is answered, `ms` later. The idempotency key stays taken meanwhile.
    SlowMs { ms: u64 },
    /// The request is not carried out and answered with this status (400 to 599). 500 is kept for the
    /// idempotency key and replayed, as Stripe does; the others are not.
    Status { status: u16 },
    /// The request is carried out, and its answer lost: the connection is cut, or, with a `status`, that
    /// status is answered. The true answer is kept for the idempotency key.
    ChargeThenDrop {
        #[serde(default)]
        status: Option<u16>,
    },
    /// The connection is cut before anything is done.
    Drop,
    /// Not below `/v1`: the request is not carried out and answered with 200 and a page of somebody in between.
    Garble,
    /// Not below `/v1`: the request is not carried out and answered with 200 and so many KiB of spaces.
    Flood { kib: usize },
    /// Webhooks: each event is sent this many times (2 unless given).
    Duplicates {
        #[serde(default = "twice")]
        copies: usize,
    },
    /// Webhooks: the next `times` events are held for `hold_ms` (250 unless given) and sent last first.
    Disorder {
        #[serde(default = "quarter_second")]
        hold_ms: u64,
    },
    /// Webhooks: the event is never sent. It can still be read through the API.
    Silence,
    /// Webhooks: sent `ms` later.
    Delay { ms: u64 },
}

fn everything() -> String {
    "/".into()
}
fn once() -> u32 {
    1
}
fn twice() -> usize {
    2
}
fn quarter_second() -> u64 {
    250
}

impl Mode {
    fn is_for_webhooks(&self) -> bool {
        matches!(self, Self::Duplicates { .. } | Self::Disorder { .. } | Self::Silence | Self::Delay { .. })
    }
}

/// How one event is to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// How many times; nought for never.
    pub copies: usize,
    /// Not before.
    pub due: Instant,
    /// Whether events with the same due time go last first.
    pub reversed: bool,
}

/// The orders in force.
#[derive(Debug, Default)]
pub struct Faults {
    orders: Vec<Fault>,
    // All events of one disorder share a due time, so that they can be turned round.
    disorder_due: Option<Instant>,
}

impl Faults {
    /// Takes an order. The message says what is wrong with it.
    pub fn add(&mut self, fault: Fault) -> Result<(), &'static str> {
        let sound = match fault.mode {
            Mode::SlowMs { ms } | Mode::Delay { ms } | Mode::Disorder { hold_ms: ms } => ms <= DELAY_MAX_MS,
            Mode::Status { status } | Mode::ChargeThenDrop { status: Some(status) } => (400..600).contains(&status),
            Mode::Duplicates { copies } => (2..=COPIES_MAX).contains(&copies),
            Mode::Flood { kib } => kib <= FLOOD_MAX_KIB,
            Mode::ChargeThenDrop { status: None } | Mode::Drop | Mode::Garble | Mode::Silence => true,
        };
        if !sound {
            return Err("a number is out of range: delays up to 60000 ms, statuses 400 to 599, copies 2 to 10, floods up to 65536 KiB");
        }
        if fault.times == 0 || self.orders.len() >= FAULTS_MAX {
            return Err("times must be at least 1, and there may be 50 orders");
        }
        self.orders.push(fault);
        Ok(())
    }

    /// The orders, oldest first.
    pub fn orders(&self) -> &[Fault] {
        &self.orders
    }

    /// Forgets every order.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// What is to befall this request; uses one of the order's times.
    pub fn strike(&mut self, method: &str, path: &str) -> Option<Mode> {
        self.spend(|fault| !fault.mode.is_for_webhooks() && path.starts_with(&fault.path) && fault.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method)))
    }

    /// How this event is to be sent; uses one time of every order that concerns it.
    pub fn plan(&mut self, event_type: &str, now: Instant) -> Plan {
        let mut plan = Plan { copies: 1, due: now, reversed: false };
        let concerns = |fault: &Fault| fault.event.as_deref().is_none_or(|prefix| event_type.starts_with(prefix));
        if let Some(Mode::Duplicates { copies }) = self.spend(|fault| matches!(fault.mode, Mode::Duplicates { .. }) && concerns(fault)) {
            plan.copies = copies;
        }
        if let Some(Mode::Delay { ms }) = self.spend(|fault| matches!(fault.mode, Mode::Delay { .. }) && concerns(fault)) {
            plan.due = now + Duration::from_millis(ms);
        }
        if let Some(Mode::Disorder { hold_ms }) = self.spend(|fault| matches!(fault.mode, Mode::Disorder { .. }) && concerns(fault)) {
            let due = self.disorder_due.filter(|due| *due > now).unwrap_or(now + Duration::from_millis(hold_ms));
            self.disorder_due = Some(due);
            plan = Plan { due, reversed: true, ..plan };
        }
        if self.spend(|fault| matches!(fault.mode, Mode::Silence) && concerns(fault)).is_some() {
            plan.copies = 0;
        }
        plan
    }

    fn spend(&mut self, concerns: impl Fn(&Fault) -> bool) -> Option<Mode> {
        let index = self.orders.iter().position(concerns)?;
        let order = &mut self.orders[index];
        order.times -= 1;
        let mode = order.mode.clone();
        if order.times == 0 {
            self.orders.remove(index);
        }
        Some(mode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(json: serde_json::Value) -> Fault {
        serde_json::from_value(json).expect("a fault")
    }

    #[test]
    fn an_order_strikes_its_path_and_method_as_often_as_asked() {
        let mut faults = Faults::default();
        faults.add(order(serde_json::json!({ "path": "/v1/refunds", "method": "POST", "mode": "slow_ms", "ms": 5, "times": 2 }))).expect("accepted");
        assert!(faults.strike("GET", "/v1/refunds").is_none());
        assert!(faults.strike("POST", "/v1/customers").is_none());
        assert!(faults.strike("POST", "/v1/refunds").is_some());
        assert!(faults.strike("POST", "/v1/refunds").is_some());
        assert!(faults.strike("POST", "/v1/refunds").is_none());
    }

    #[test]
    fn a_disorder_gives_its_events_one_due_time() {
        let mut faults = Faults::default();
        faults.add(order(serde_json::json!({ "mode": "disorder", "times": 2 }))).expect("accepted");
        let now = Instant::now();
        let (first, second, third) = (faults.plan("a", now), faults.plan("b", now + Duration::from_millis(3)), faults.plan("c", now));
        assert_eq!(first, second);
        assert!(first.reversed && first.due > now);
        assert!(!third.reversed);
    }

    #[test]
    fn orders_out_of_range_are_refused() {
        let mut faults = Faults::default();
        assert!(faults.add(order(serde_json::json!({ "mode": "status", "status": 200 }))).is_err());
        assert!(faults.add(order(serde_json::json!({ "mode": "duplicates", "copies": 99 }))).is_err());
        assert!(faults.add(order(serde_json::json!({ "mode": "silence", "times": 0 }))).is_err());
    }
}
