//! Which endpoints say nothing just now, as the pumps of this process see it. Only how long a slot is sat on hangs on it.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

/// Beyond the sender's own limit: whoever hung then has ended, and the endpoint is given the whole patience again.
const KNOWN_FOR: Duration = Duration::from_secs(30);
/// More are not remembered; those whose time is over make room.
const MOST: usize = 4_096;

static HEARD: LazyLock<Mutex<HashMap<Uuid, Instant>>> = LazyLock::new(Mutex::default);

fn heard<T>(look: impl FnOnce(&mut HashMap<Uuid, Instant>) -> T) -> T {
    look(&mut HEARD.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Whether a pump waited for this endpoint in vain lately.
pub(super) fn is_known(endpoint: Uuid) -> bool {
    heard(|all| all.get(&endpoint).is_some_and(|at| at.elapsed() < KNOWN_FOR))
}

/// A pump waits for this endpoint, and nothing comes.
pub(super) fn is_heard(endpoint: Uuid) {
    heard(|all| {
        if all.len() >= MOST {
            all.retain(|_, at| at.elapsed() < KNOWN_FOR);
        }
        if all.len() < MOST || all.contains_key(&endpoint) {
            all.insert(endpoint, Instant::now());
        }
    });
}

/// It answered.
pub(super) fn is_over(endpoint: Uuid) {
    heard(|all| all.remove(&endpoint));
}
