//! How long ago something was, as people tell it, in the building's own zone.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use kit::Lang;

/// A zone by its IANA name; times of one that this machine does not know are told in UTC.
pub fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

/// "לפני 40 דק׳", "אתמול", "24.11".
pub fn ago(now: Timestamp, at: Timestamp, zone: &TimeZone, lang: Lang) -> String {
    let he = lang == Lang::He;
    let pick = |hebrew: &str, english: &str| if he { hebrew.to_owned() } else { english.to_owned() };
    let minutes = (now.as_second() - at.as_second()) / 60;
    let (today, day) = (zone.to_datetime(now).date(), zone.to_datetime(at).date());
    let days = (today - day).get_days();
    match (minutes, days) {
        (..=0, _) => pick("עכשיו", "now"),
        (1, _) => pick("לפני דקה", "1 min ago"),
        (2, _) => pick("לפני שתי דקות", "2 min ago"),
        (3..60, _) if he => format!("לפני {minutes} דק׳"),
        (3..60, _) => format!("{minutes} min ago"),
        (60..120, 0 | 1) => pick("לפני שעה", "an hour ago"),
        (120..180, 0 | 1) => pick("לפני שעתיים", "2 hours ago"),
        // A night is told in hours: 23:00 is not yet "yesterday" at six in the morning.
        (180..720, 0 | 1) | (_, 0) if he => format!("לפני {} שעות", minutes / 60),
        (180..720, 0 | 1) | (_, 0) => format!("{} hours ago", minutes / 60),
        (_, 1) => pick("אתמול", "yesterday"),
        (_, 2) => pick("לפני יומיים", "2 days ago"),
        (_, 3..=6) if he => format!("לפני {days} ימים"),
        (_, 3..=6) => format!("{days} days ago"),
        _ if day.year() == today.year() => format!("{}.{}", day.day(), day.month()),
        _ => format!("{}.{}.{}", day.day(), day.month(), day.year()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_past_is_told_as_people_tell_it() {
        let now: Timestamp = "2026-11-21T08:00:00Z".parse().unwrap();
        for (at, told) in [
            ("2026-11-21T08:00:10Z", "עכשיו"),
            ("2026-11-21T07:59:00Z", "לפני דקה"),
            ("2026-11-21T07:20:00Z", "לפני 40 דק׳"),
            ("2026-11-21T06:00:00Z", "לפני שעתיים"),
            ("2026-11-20T21:30:00Z", "לפני 10 שעות"),
            ("2026-11-20T12:00:00Z", "אתמול"),
            ("2026-11-19T12:00:00Z", "לפני יומיים"),
            ("2026-11-16T08:00:00Z", "לפני 5 ימים"),
            ("2026-10-02T08:00:00Z", "2.10"),
            ("2025-11-24T08:00:00Z", "24.11.2025"),
        ] {
            assert_eq!(ago(now, at.parse().unwrap(), &zone("Asia/Jerusalem"), Lang::He), told, "{at}");
        }
    }
}
