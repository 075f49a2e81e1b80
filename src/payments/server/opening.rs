//! The request that opens a provider's page, kept with its checkout: under one idempotency key it is the same at every
//! try, whatever time it is by then and whatever this process is told about its own address.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// A hosted page stays open this long; then the payer begins anew.
const PAGE_LIFE: SignedDuration = SignedDuration::from_hours(2);
/// Stripe wants a page to stay open for at least half an hour from when it is asked; a minute more for the way there
/// and for clocks that differ (docs.stripe.com/api/checkout/sessions/create, expires_at).
const LEAST_AHEAD: SignedDuration = SignedDuration::from_mins(31);
/// Stripe keeps the first outcome under a key, a 500 too; after so many tries a fresh key is used. What an earlier key
/// may have opened is harmless: nobody has its address.
const TRIES_PER_KEY: u32 = 3;

/// What of the request is not in the checkout's own columns, or could be another at the next try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// Which key: each has a request of its own.
    pub generation: u32,
    /// Calls begun under it, this one included.
    pub tries: u32,
    pub success_url: String,
    pub cancel_url: String,
    /// The building's slug, for the provider's dashboard.
    pub building: String,
    pub expires_at_unix: i64,
}

/// Where the provider leads the payer, as it would be told now.
pub struct Addresses {
    pub success_url: String,
    pub cancel_url: String,
    pub building: String,
}

impl Opening {
    /// The next call: the same request under the same key while that may help, else a fresh one.
    pub fn next(before: Option<Self>, addresses: Addresses, now: Timestamp) -> Self {
        let soonest = now.as_second() + LEAST_AHEAD.as_secs();
        match before {
            Some(same) if same.tries < TRIES_PER_KEY && same.expires_at_unix >= soonest => Self { tries: same.tries + 1, ..same },
            before => {
                let Addresses { success_url, cancel_url, building } = addresses;
                let generation = before.map_or(0, |before| before.generation + 1);
                Self { generation, tries: 1, success_url, cancel_url, building, expires_at_unix: now.as_second() + PAGE_LIFE.as_secs() }
            }
        }
    }

    /// The next call takes a fresh key: the provider holds another request under this one.
    pub fn spent(self) -> Self {
        Self { tries: TRIES_PER_KEY, ..self }
    }

    /// The key of this generation.
    pub fn key(&self, key: &str) -> String {
        key_of(key, self.generation)
    }
}

/// A key's own name in each of its generations.
pub fn key_of(key: &str, generation: u32) -> String {
    if generation == 0 { key.to_owned() } else { format!("{key}-{generation}") }
}

/// Which generation a job's try belongs to, for calls whose request never varies.
pub fn generation_of(attempt: i16) -> u32 {
    u32::try_from(attempt - 1).unwrap_or_default() / TRIES_PER_KEY
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(host: &str) -> Addresses {
        Addresses { success_url: format!("https://{host}/enter"), cancel_url: format!("https://{host}/join"), building: "herzl-7".into() }
    }

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + minutes * 60).expect("a moment")
    }

    #[test]
    fn three_tries_share_a_key_and_a_request_and_the_fourth_takes_fresh_ones() {
        let first = Opening::next(None, addresses("a"), at(0));
        assert_eq!((first.generation, first.tries, first.expires_at_unix), (0, 1, at(120).as_second()));
        let third = Opening::next(Some(Opening::next(Some(first.clone()), addresses("b"), at(1))), addresses("c"), at(5));
        assert_eq!(third, Opening { tries: 3, ..first.clone() });
        let fourth = Opening::next(Some(third), addresses("d"), at(9));
        assert_eq!(
            fourth,
            Opening { generation: 1, tries: 1, success_url: "https://d/enter".into(), cancel_url: "https://d/join".into(), expires_at_unix: at(129).as_second(), ..first }
        );
        assert_eq!((fourth.key("k"), key_of("k", 0)), ("k-1".into(), "k".into()));
    }

    #[test]
    fn a_page_that_would_close_within_half_an_hour_is_asked_for_anew() {
        let first = Opening::next(None, addresses("a"), at(0));
        assert_eq!(Opening::next(Some(first.clone()), addresses("a"), at(89)).generation, 0);
        let late = Opening::next(Some(first), addresses("a"), at(90));
        assert_eq!((late.generation, late.expires_at_unix), (1, at(210).as_second()));
    }

    #[test]
    fn a_key_that_holds_another_request_is_left_at_once() {
        let spent = Opening::next(None, addresses("a"), at(0)).spent();
        assert_eq!(Opening::next(Some(spent), addresses("a"), at(0)).generation, 1);
    }

    #[test]
    fn a_job_s_tries_share_a_key_in_threes() {
        assert_eq!([1, 2, 3, 4, 6, 7, 0].map(generation_of), [0, 0, 0, 1, 1, 2, 0]);
    }
}
