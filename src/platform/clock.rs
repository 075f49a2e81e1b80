//! Time and ids are handed in, never taken from the air: tests fix the one and can repeat the other.

use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use uuid::Uuid;

/// Where "now" comes from.
pub trait Clock: Send + Sync + 'static {
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the machine's clock is read")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that moves only when told.
pub struct FixedClock(Mutex<Timestamp>);

impl FixedClock {
    pub fn at(moment: Timestamp) -> Arc<Self> {
        Arc::new(Self(Mutex::new(moment)))
    }

    /// Moves the clock forward (or back, for tests of clock jumps).
    pub fn advance(&self, by: jiff::SignedDuration) {
        let mut now = self.0.lock().expect("a clock is never poisoned");
        *now = now.checked_add(by).expect("a test stays inside representable time");
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("a clock is never poisoned")
    }
}

/// Makes ids: version 7 UUIDs, so that rows lie on disk in the order of their making.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ids;

impl Ids {
    #[expect(clippy::disallowed_methods, reason = "the one place where ids are made")]
    pub fn new_id<T: From<Uuid>>(&self) -> T {
        T::from(Uuid::now_v7())
    }

    /// Random bytes from the operating system for secrets (tokens, codes).
    pub fn secret<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0u8; N];
        aws_lc_rs::rand::fill(&mut bytes).expect("the operating system gives randomness");
        bytes
    }
}
