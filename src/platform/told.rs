//! How moments are told, in every room: "לפני 40 דק׳", "יום שלישי, 24 בנובמבר, 20:00". Pure; the zone is the tenant's.

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use kit::Lang;

/// A moment across midnight is still told in hours up to this many.
const NIGHT_HOURS: i64 = 12;

/// A tenant's zone by its IANA name. A name the machine does not know must not take a page down, so its times
/// are told in UTC and the log says so.
pub fn zone_named(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or_else(|error| {
        tracing::warn!(zone = name, %error, "a tenant's time zone is unknown here; its times are told in UTC");
        TimeZone::UTC
    })
}

/// How long ago `at` was: minutes, hours, "yesterday", days up to a week, then the date. A moment a little ahead
/// (clocks differ) is now.
pub fn when_label(now: Timestamp, at: Timestamp, zone: &TimeZone, lang: Lang) -> String {
    let seconds = now.as_second() - at.as_second();
    let (today, day) = (zone.to_datetime(now).date(), zone.to_datetime(at).date());
    let days = days_between(day, today);
    match (seconds, days) {
        (..60, _) => pick(lang, "עכשיו", "now"),
        (60..3600, _) => minutes(seconds / 60, lang),
        (_, 0) => hours(seconds / 3600, lang),
        (_, 1) if seconds < NIGHT_HOURS * 3600 => hours(seconds / 3600, lang),
        (_, 1) => pick(lang, "אתמול", "yesterday"),
        (_, 2) => pick(lang, "לפני יומיים", "2 days ago"),
        (_, 3..=6) => either(lang, format!("לפני {days} ימים"), format!("{days} days ago")),
        (_, 7) => pick(lang, "לפני שבוע", "a week ago"),
        _ => date(day, today),
    }
}

/// A moment to come, in full: "יום שלישי, 24 בנובמבר, 20:00". Another year is named.
pub fn event_label(now: Timestamp, at: Timestamp, zone: &TimeZone, lang: Lang) -> String {
    let (this_year, moment) = (zone.to_datetime(now).year(), zone.to_datetime(at));
    let (day, month) = (weekday(moment.weekday(), lang), month(moment.month(), lang));
    let year = if moment.year() == this_year { String::new() } else { format!(" {}", moment.year()) };
    let date = match lang {
        Lang::He => format!("{} ב{month}{year}", moment.day()),
        Lang::En => format!("{} {month}{year}", moment.day()),
    };
    format!("{day}, {date}, {:02}:{:02}", moment.hour(), moment.minute())
}

/// A day to come: "22 בדצמבר". Another year is named.
pub fn day_label(now: Timestamp, at: Timestamp, zone: &TimeZone, lang: Lang) -> String {
    let (this_year, day) = (zone.to_datetime(now).year(), zone.to_datetime(at).date());
    let month = month(day.month(), lang);
    let year = if day.year() == this_year { String::new() } else { format!(" {}", day.year()) };
    either(lang, format!("{} ב{month}{year}", day.day()), format!("{} {month}{year}", day.day()))
}

/// The same moment for a small calendar: the day of the month, of the week ("שלישי", "Tue"), and the hour.
pub fn event_day(at: Timestamp, zone: &TimeZone, lang: Lang) -> (i8, &'static str, String) {
    let moment = zone.to_datetime(at);
    let long = weekday(moment.weekday(), lang);
    let short = if lang == Lang::He { long.trim_start_matches("יום ") } else { &long[..3] };
    (moment.day(), short, format!("{:02}:{:02}", moment.hour(), moment.minute()))
}

fn days_between(from: Date, to: Date) -> i64 {
    (to - from).get_days().into()
}

fn minutes(count: i64, lang: Lang) -> String {
    match (lang, count) {
        (Lang::He, 1) => "לפני דקה".into(),
        (Lang::He, 2) => "לפני שתי דקות".into(),
        (Lang::He, _) => format!("לפני {count} דק׳"),
        (Lang::En, _) => format!("{count} min ago"),
    }
}

fn hours(count: i64, lang: Lang) -> String {
    match (lang, count) {
        (Lang::He, 1) => "לפני שעה".into(),
        (Lang::He, 2) => "לפני שעתיים".into(),
        (Lang::He, _) => format!("לפני {count} שעות"),
        (Lang::En, 1) => "an hour ago".into(),
        (Lang::En, _) => format!("{count} hours ago"),
    }
}

/// `24.11`, or `24.11.2025` in another year.
fn date(day: Date, today: Date) -> String {
    if day.year() == today.year() { format!("{}.{}", day.day(), day.month()) } else { format!("{}.{}.{}", day.day(), day.month(), day.year()) }
}

fn weekday(day: Weekday, lang: Lang) -> &'static str {
    let (he, en) = match day {
        Weekday::Sunday => ("יום ראשון", "Sunday"),
        Weekday::Monday => ("יום שני", "Monday"),
        Weekday::Tuesday => ("יום שלישי", "Tuesday"),
        Weekday::Wednesday => ("יום רביעי", "Wednesday"),
        Weekday::Thursday => ("יום חמישי", "Thursday"),
        Weekday::Friday => ("יום שישי", "Friday"),
        Weekday::Saturday => ("שבת", "Saturday"),
    };
    if lang == Lang::He { he } else { en }
}

fn month(number: i8, lang: Lang) -> &'static str {
    const HE: [&str; 12] = ["ינואר", "פברואר", "מרץ", "אפריל", "מאי", "יוני", "יולי", "אוגוסט", "ספטמבר", "אוקטובר", "נובמבר", "דצמבר"];
    const EN: [&str; 12] = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
    let names = if lang == Lang::He { HE } else { EN };
    names[(number.clamp(1, 12) - 1) as usize]
}

fn pick(lang: Lang, he: &str, en: &str) -> String {
    if lang == Lang::He { he.to_owned() } else { en.to_owned() }
}

fn either(lang: Lang, he: String, en: String) -> String {
    if lang == Lang::He { he } else { en }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jerusalem() -> TimeZone {
        TimeZone::get("Asia/Jerusalem").unwrap()
    }

    /// 10:00 in Jerusalem, a Saturday.
    const NOW: &str = "2026-11-21T08:00:00Z";

    #[test]
    fn the_past_is_told_as_people_tell_it() {
        let now: Timestamp = NOW.parse().unwrap();
        for (at, he, en) in [
            ("2026-11-21T08:00:30Z", "עכשיו", "now"),
            ("2026-11-21T07:59:01Z", "עכשיו", "now"),
            ("2026-11-21T07:59:00Z", "לפני דקה", "1 min ago"),
            ("2026-11-21T07:58:00Z", "לפני שתי דקות", "2 min ago"),
            ("2026-11-21T07:20:00Z", "לפני 40 דק׳", "40 min ago"),
            ("2026-11-21T07:00:00Z", "לפני שעה", "an hour ago"),
            ("2026-11-21T06:00:00Z", "לפני שעתיים", "2 hours ago"),
            ("2026-11-20T22:10:00Z", "לפני 9 שעות", "9 hours ago"),
            ("2026-11-20T21:50:00Z", "לפני 10 שעות", "10 hours ago"),
            ("2026-11-20T19:59:00Z", "אתמול", "yesterday"),
            ("2026-11-19T22:30:00Z", "אתמול", "yesterday"),
            ("2026-11-19T21:30:00Z", "לפני יומיים", "2 days ago"),
            ("2026-11-18T08:00:00Z", "לפני 3 ימים", "3 days ago"),
            ("2026-11-15T08:00:00Z", "לפני 6 ימים", "6 days ago"),
            ("2026-11-14T08:00:00Z", "לפני שבוע", "a week ago"),
            ("2026-11-13T08:00:00Z", "13.11", "13.11"),
            ("2025-11-24T08:00:00Z", "24.11.2025", "24.11.2025"),
        ] {
            let at: Timestamp = at.parse().unwrap();
            assert_eq!(when_label(now, at, &jerusalem(), Lang::He), he, "{at}");
            assert_eq!(when_label(now, at, &jerusalem(), Lang::En), en, "{at}");
        }
    }

    #[test]
    fn a_day_is_told_as_it_is_in_the_tenants_zone() {
        let at = |text: &str| text.parse::<Timestamp>().expect("a moment");
        let now = at("2026-11-22T09:00:00Z");
        // An hour before midnight in London it is tomorrow in Jerusalem.
        assert_eq!(day_label(now, at("2026-12-21T23:00:00Z"), &jerusalem(), Lang::He), "22 בדצמבר");
        assert_eq!(day_label(now, at("2027-01-22T09:00:00Z"), &jerusalem(), Lang::En), "22 January 2027");
    }

    #[test]
    fn events_are_told_in_full_in_the_tenants_zone() {
        let now: Timestamp = NOW.parse().unwrap();
        for (at, he, en) in [
            ("2026-11-24T18:00:00Z", "יום שלישי, 24 בנובמבר, 20:00", "Tuesday, 24 November, 20:00"),
            ("2026-11-28T09:05:00Z", "שבת, 28 בנובמבר, 11:05", "Saturday, 28 November, 11:05"),
            ("2026-12-31T22:30:00Z", "יום שישי, 1 בינואר 2027, 00:30", "Friday, 1 January 2027, 00:30"),
            // Summer time moved the clock between the two.
            ("2027-06-01T17:00:00Z", "יום שלישי, 1 ביוני 2027, 20:00", "Tuesday, 1 June 2027, 20:00"),
        ] {
            let at: Timestamp = at.parse().unwrap();
            assert_eq!(event_label(now, at, &jerusalem(), Lang::He), he);
            assert_eq!(event_label(now, at, &jerusalem(), Lang::En), en);
        }
    }

    #[test]
    fn a_small_calendar_names_the_day_of_the_tenants_zone() {
        let late: Timestamp = "2026-11-23T22:30:00Z".parse().unwrap();
        assert_eq!(event_day(late, &jerusalem(), Lang::He), (24, "שלישי", "00:30".to_owned()));
        assert_eq!(event_day(late, &jerusalem(), Lang::En), (24, "Tue", "00:30".to_owned()));
        assert_eq!(event_day("2026-11-28T09:05:00Z".parse().unwrap(), &jerusalem(), Lang::He).1, "שבת");
    }

    #[test]
    fn an_unknown_zone_is_told_in_utc() {
        assert_eq!(zone_named("Nowhere/Atall"), TimeZone::UTC);
    }
}
