//! How many webhooks are taken at once. A receiver that takes all piles up what it cannot do, and in the end answers
//! nobody in time; this one says at once that it is full, and whoever sends tries again, as all of them do.
//!
//! Three bounds. `room` counts the bytes of bodies that have come and are not done with; whoever sends slowly holds next to
//! nothing of it, so that a crowd of slow senders keeps nobody else out. `house` counts those whose body is here: whoever
//! comes beyond it is sent away at once. `work` counts those who may hold a connection of the database; for one of these
//! places a request waits for a short while only. So the wait and the work stay far below what a sender waits.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes of bodies held at once.
const ROOM: usize = 64 * 1024 * 1024;
/// Requests with a whole body, inside at once.
const HOUSE: usize = 128;
/// The longest wait for the database's turn.
const PATIENCE: Duration = Duration::from_millis(200);

pub struct Admission {
    room: Arc<Semaphore>,
    house: Arc<Semaphore>,
    work: Arc<Semaphore>,
}

/// The receiver is full.
#[derive(Debug)]
pub struct Full;

impl Admission {
    /// As many at work as the receiver has connections, so that nobody waits for one behind his turn.
    pub fn new(connections: u32) -> Self {
        Self { room: Arc::new(Semaphore::new(ROOM)), house: Arc::new(Semaphore::new(HOUSE)), work: Arc::new(Semaphore::new(connections as usize)) }
    }

    /// Room for so many bytes.
    pub fn room(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Full> {
        let bytes = u32::try_from(bytes).map_err(|_| Full)?;
        self.room.clone().try_acquire_many_owned(bytes).map_err(|_| Full)
    }

    pub fn enter(&self) -> Result<OwnedSemaphorePermit, Full> {
        self.house.clone().try_acquire_owned().map_err(|_| Full)
    }

    pub async fn turn(&self) -> Result<OwnedSemaphorePermit, Full> {
        match tokio::time::timeout(PATIENCE, self.work.clone().acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(Full),
        }
    }
}
