//! Billing periods, counted from an anchor, so that the 31st comes back after a short month.

use jiff::{Span, Timestamp, tz::TimeZone};

/// How often something recurs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interval {
    /// day, week, month or year.
    pub unit: String,
    /// Every how many units.
    pub count: i64,
}

/// When the `nth` period after `anchor` begins, in seconds since 1970, UTC.
pub fn nth(anchor: i64, interval: &Interval, n: i64) -> i64 {
    let units = interval.count.saturating_mul(n).clamp(0, 1_200);
    let span = match interval.unit.as_str() {
        "day" => Span::new().days(units),
        "week" => Span::new().weeks(units),
        "year" => Span::new().years(units.min(100)),
        _ => Span::new().months(units),
    };
    Timestamp::from_second(anchor).ok().and_then(|at| at.to_zoned(TimeZone::UTC).checked_add(span).ok()).map_or(anchor, |at| at.timestamp().as_second())
}

/// The end of the period that begins at `start`, for a cycle anchored at `anchor`.
pub fn end_after(anchor: i64, interval: &Interval, start: i64) -> i64 {
    (1..=1_200).map(|n| nth(anchor, interval, n)).find(|end| *end > start).unwrap_or(start + 86_400)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_from_the_31st_ends_on_the_last_day_and_returns_to_the_31st() {
        let second = |text: &str| text.parse::<Timestamp>().expect("a time").as_second();
        let month = Interval { unit: "month".into(), count: 1 };
        let anchor = second("2027-01-31T10:00:00Z");
        let february = end_after(anchor, &month, anchor);
        assert_eq!(february, second("2027-02-28T10:00:00Z"));
        assert_eq!(end_after(anchor, &month, february), second("2027-03-31T10:00:00Z"));
    }
}
