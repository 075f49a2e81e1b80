//! How many streams may be open: a bound a process and a bound a session, given back when a stream is dropped.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use uuid::Uuid;

use super::error::StreamRefusal;

/// Open streams of one process.
pub const SEATS: usize = 5_000;
/// Open streams of one session: a dozen tabs.
pub const SEATS_A_SESSION: usize = 12;

/// Who sits.
#[derive(Debug, Default)]
pub struct Seats {
    taken: Mutex<HashMap<Uuid, usize>>,
    most: usize,
}

/// One open stream; dropping it frees the seat.
#[derive(Debug)]
pub struct Seat {
    seats: Arc<Seats>,
    session: Uuid,
}

impl Seats {
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { taken: Mutex::default(), most })
    }

    pub fn take(self: &Arc<Self>, session: Uuid) -> Result<Seat, StreamRefusal> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.get(&session).copied().unwrap_or(0) >= SEATS_A_SESSION {
            return Err(StreamRefusal::TooManyHere);
        }
        if taken.values().sum::<usize>() >= self.most {
            return Err(StreamRefusal::Full);
        }
        *taken.entry(session).or_default() += 1;
        Ok(Seat { seats: self.clone(), session })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.session) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.session);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_has_a_dozen_seats_and_gets_one_back() {
        let (seats, me, other) = (Seats::new(SEATS), Uuid::from_u128(1), Uuid::from_u128(2));
        let mut held: Vec<Seat> = (0..SEATS_A_SESSION).map(|_| seats.take(me).unwrap()).collect();
        assert_eq!(seats.take(me).unwrap_err(), StreamRefusal::TooManyHere);
        assert!(seats.take(other).is_ok());
        held.pop();
        assert!(seats.take(me).is_ok());
    }

    #[test]
    fn a_process_has_a_bound() {
        let seats = Seats::new(2);
        let _first = seats.take(Uuid::from_u128(1)).unwrap();
        let second = seats.take(Uuid::from_u128(2)).unwrap();
        assert_eq!(seats.take(Uuid::from_u128(3)).unwrap_err(), StreamRefusal::Full);
        drop(second);
        assert!(seats.take(Uuid::from_u128(3)).is_ok());
    }
}
