//! When a delivery is tried again, when an endpoint is left alone, and when it is given up. Pure: times and chance are
//! handed in.

use hooks::sender::{Outcome, SendError};
use jiff::SignedDuration;

/// Requests to one endpoint under way at once.
pub const FLYING_MOST: i32 = 8;
/// As long as it fails: one at a time, to see whether it is back.
pub const PROBING_MOST: i32 = 1;
/// An endpoint with this many failures in a row fails.
pub const FAILING_FROM: i32 = 5;
/// An endpoint at which nothing arrived for so long is switched off.
pub const GIVEN_UP_AFTER: SignedDuration = SignedDuration::from_hours(5 * 24);
/// The longest pause that an endpoint may ask for.
const ASKED_MOST_S: u64 = 24 * 3600;
/// The first pause after failing began, and the longest.
const PAUSE_S: i64 = 10;
const PAUSE_MOST_S: i64 = 600;

/// Seconds to wait after the first attempt, the second … ; after the last one the delivery is a dead letter. In all
/// 75 hours, 35 minutes and 5 seconds (Standard Webhooks, "Retry schedule").
const WAITS_S: [i64; 9] = [5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600];

/// How long a delivery waits after its attempt of this number (1 is the first); none when it was the last. `chance`
/// spreads deliveries that failed together over a tenth before and after.
pub fn wait_after(attempt: i32, chance: u8) -> Option<SignedDuration> {
    let place = usize::try_from(attempt.max(1) - 1).ok()?;
    let whole_ms = WAITS_S.get(place)? * 1_000;
    Some(SignedDuration::from_millis(whole_ms - whole_ms / 10 + whole_ms / 5 * i64::from(chance) / 255))
}

/// How long nothing is sent to an endpoint after so many failures in a row.
pub fn pause_after(failures_in_a_row: i32) -> Option<SignedDuration> {
    let beyond = failures_in_a_row.checked_sub(FAILING_FROM).filter(|beyond| *beyond >= 0)?;
    let doubled = PAUSE_S.saturating_mul(1_i64 << (beyond / 2).min(16));
    Some(SignedDuration::from_secs(doubled.min(PAUSE_MOST_S)))
}

/// What an attempt came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Delivered,
    /// 410: the endpoint is no more.
    Gone,
    /// To be tried again; all that is meant for the endpoint waits as long as it asked.
    Failed {
        asked: Option<SignedDuration>,
    },
}

/// The verdict, with a short word for the log.
pub fn judge(answer: &Result<Outcome, SendError>) -> (Verdict, &'static str) {
    let outcome = match answer {
        Ok(outcome) => outcome,
        Err(error) => return (Verdict::Failed { asked: None }, error.word()),
    };
    let asked = outcome.retry_after_s.map(|seconds| SignedDuration::from_secs(i64::try_from(seconds.min(ASKED_MOST_S)).unwrap_or(PAUSE_MOST_S)));
    match outcome.status {
        200..=299 => (Verdict::Delivered, "delivered"),
        410 => (Verdict::Gone, "gone"),
        429 => (Verdict::Failed { asked }, "throttled"),
        502..=504 => (Verdict::Failed { asked }, "unavailable"),
        300..=399 => (Verdict::Failed { asked: None }, "redirected"),
        500..=599 => (Verdict::Failed { asked: None }, "server_error"),
        _ => (Verdict::Failed { asked: None }, "refused"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn ten_attempts_are_spread_over_three_days() {
        let middle: i64 = WAITS_S.iter().sum();
        assert_eq!(middle, 75 * 3600 + 35 * 60 + 5);
        for attempt in 1..=9 {
            let (early, late) = (wait_after(attempt, 0).expect("a wait"), wait_after(attempt, 255).expect("a wait"));
            let whole = WAITS_S[usize::try_from(attempt - 1).expect("a place")] * 1_000;
            assert_eq!((early.as_millis(), late.as_millis()), (i128::from(whole - whole / 10), i128::from(whole + whole / 10)), "{attempt}");
        }
        assert_eq!(wait_after(10, 7), None);
        assert_eq!(wait_after(11, 7), None);
        assert_eq!(wait_after(0, 7), wait_after(1, 7));
    }

    #[test]
    fn an_endpoint_that_goes_on_failing_is_asked_more_and_more_seldom() {
        let seconds: Vec<Option<i64>> = [0, 4, 5, 6, 7, 9, 15, 17, 99, i32::MAX].iter().map(|n| pause_after(*n).map(|pause| pause.as_secs())).collect();
        assert_eq!(seconds, [None, None, Some(10), Some(10), Some(20), Some(40), Some(320), Some(600), Some(600), Some(600)]);
    }

    #[test]
    fn statuses_are_judged_as_the_standard_says() {
        let answer = |status, retry_after_s| Ok(Outcome { status, took: Duration::ZERO, snippet: String::new(), retry_after_s });
        let secs = |n| Some(SignedDuration::from_secs(n));
        let cases = [
            (answer(200, None), Verdict::Delivered),
            (answer(204, Some(9)), Verdict::Delivered),
            (answer(301, None), Verdict::Failed { asked: None }),
            (answer(400, None), Verdict::Failed { asked: None }),
            (answer(404, Some(9)), Verdict::Failed { asked: None }),
            (answer(410, None), Verdict::Gone),
            (answer(429, Some(30)), Verdict::Failed { asked: secs(30) }),
            (answer(429, None), Verdict::Failed { asked: None }),
            (answer(500, Some(9)), Verdict::Failed { asked: None }),
            (answer(502, Some(1)), Verdict::Failed { asked: secs(1) }),
            (answer(503, Some(u64::MAX)), Verdict::Failed { asked: secs(24 * 3600) }),
            (answer(504, Some(0)), Verdict::Failed { asked: secs(0) }),
            (Err(SendError::Timeout), Verdict::Failed { asked: None }),
            (Err(SendError::NotPublic), Verdict::Failed { asked: None }),
        ];
        for (answer, verdict) in cases {
            assert_eq!(judge(&answer).0, verdict, "{answer:?}");
        }
    }
}
