//! Idempotency keys (docs.stripe.com/api/idempotent_requests): the first answer to a key is given again, word
//! for word, to every later request with the same key and the same parameters.

use indexmap::IndexMap;
use sha2::{Digest, Sha256};

use crate::errors::ApiError;

/// Stripe: "up to 255 characters".
pub const KEY_MAX: usize = 255;
const KEYS_MAX: usize = 10_000;

/// What a key stands for: method, path and body. Equal for equal requests.
pub type Fingerprint = [u8; 32];

/// The fingerprint of a request.
pub fn fingerprint(method: &str, path: &str, body: &[u8]) -> Fingerprint {
    let mut digest = Sha256::new();
    for part in [method.as_bytes(), path.as_bytes(), body] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}

/// An answer that was given.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The body, as sent.
    pub body: String,
    /// `request-id` of the request that did the work.
    pub request_id: String,
}

struct Entry {
    fingerprint: Fingerprint,
    answer: Option<Answer>,
}

/// What to do with a request that carries a key.
#[derive(Debug)]
pub enum Begun {
    /// Carry it out, then call `finish` or `forget`.
    Fresh,
    /// Give this answer again.
    Replay(Answer),
}

/// The keys in use, per API key of the caller.
#[derive(Default)]
pub struct Keys {
    entries: IndexMap<(String, String), Entry>,
}

impl Keys {
    /// Takes the key. 400 `idempotency_error` for other parameters, 409 while the first request is running.
    pub fn begin(&mut self, account: &str, key: &str, fingerprint: Fingerprint) -> Result<Begun, ApiError> {
        if key.len() > KEY_MAX {
            return Err(ApiError::invalid(format!("Idempotency keys may be up to {KEY_MAX} characters long.")));
        }
        let place = (account.to_owned(), key.to_owned());
        match self.entries.get(&place) {
            Some(entry) if entry.fingerprint != fingerprint => Err(ApiError::key_reused(key)),
            Some(Entry { answer: None, .. }) => Err(ApiError::key_in_use(key)),
            Some(Entry { answer: Some(answer), .. }) => Ok(Begun::Replay(answer.clone())),
            None => {
                if self.entries.len() >= KEYS_MAX {
                    // Stripe prunes keys after a day; we prune the oldest, which the map holds first.
                    self.entries.shift_remove_index(0);
                }
                self.entries.insert(place, Entry { fingerprint, answer: None });
                Ok(Begun::Fresh)
            }
        }
    }

    /// Keeps the answer for the key.
    pub fn finish(&mut self, account: &str, key: &str, answer: Answer) {
        if let Some(entry) = self.entries.get_mut(&(account.to_owned(), key.to_owned())) {
            entry.answer = Some(answer);
        }
    }

    /// Frees the key: the work never began.
    pub fn forget(&mut self, account: &str, key: &str) {
        self.entries.shift_remove(&(account.to_owned(), key.to_owned()));
    }

    /// How many keys are held.
    pub fn len(&self) -> usize {
        self.entries.len()
    }
}
