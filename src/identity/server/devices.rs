//! The devices a person is signed in on: what each calls itself, when it was last seen, and ending them.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use kit::{Lang, PersonId, SessionId};

use super::store;
use crate::identity::model::{Browser, Device, DevicesPage, System};
use crate::platform::session::Claims;
use crate::platform::{Fault, GlobalCx};

/// A person may belong to several places; his own page tells times in this zone.
const ZONE: &str = "Asia/Jerusalem";

/// What a browser's User-Agent says, looked through in this order; the first that is found counts. Every browser
/// names its ancestors too, so the youngest stand first.
const SYSTEMS: &[(&str, System)] = &[
    ("iPad", System::IPad),
    ("iPhone", System::IPhone),
    ("iPod", System::IPhone),
    ("Android", System::Android),
    ("CrOS", System::ChromeOs),
    ("Windows", System::Windows),
    ("Macintosh", System::Mac),
    ("Linux", System::Linux),
    ("X11", System::Linux),
];
const BROWSERS: &[(&str, Browser)] = &[
    ("EdgiOS/", Browser::Edge),
    ("EdgA/", Browser::Edge),
    ("Edg/", Browser::Edge),
    ("SamsungBrowser/", Browser::Samsung),
    ("OPR/", Browser::Opera),
    ("OPT/", Browser::Opera),
    ("FxiOS/", Browser::Firefox),
    ("Firefox/", Browser::Firefox),
    ("CriOS/", Browser::Chrome),
    // An app that shows pages inside itself.
    ("; wv)", Browser::Other),
    ("FBAN/", Browser::Other),
    ("Instagram", Browser::Other),
    ("Chrome/", Browser::Chrome),
    ("Version/", Browser::Safari),
];

/// What a User-Agent tells, as few words as we keep of it.
pub(super) fn read(agent: &str) -> (System, Browser) {
    let found = SYSTEMS.iter().find(|(mark, _)| agent.contains(mark)).map_or(System::Unknown, |(_, system)| *system);
    let system = match found {
        System::Android if !agent.contains("Mobile") => System::AndroidTablet,
        other => other,
    };
    let browser = BROWSERS.iter().find(|(mark, _)| agent.contains(mark)).map_or(Browser::Other, |(_, browser)| *browser);
    (system, browser)
}

/// As the database keeps it.
pub(super) fn word(agent: &str) -> String {
    let (system, browser) = read(agent);
    format!("{}/{}", system.word(), browser.word())
}

fn from_word(word: &str) -> (System, Browser) {
    let (system, browser) = word.split_once('/').unwrap_or((word, ""));
    (System::from_word(system), Browser::from_word(browser))
}

/// The living session of these claims and its person.
async fn who(cx: &mut GlobalCx, claims: Option<Claims>) -> Result<(SessionId, PersonId), Fault> {
    let claims = claims.ok_or(Fault::SignedOut)?;
    let now = cx.now;
    let person = store::alive(cx.db(), claims.sid, now).await?.ok_or(Fault::SignedOut)?;
    Ok((SessionId(claims.sid), person))
}

/// Where the person is signed in, this device first.
pub async fn devices(cx: &mut GlobalCx, claims: Option<Claims>) -> Result<DevicesPage, Fault> {
    let (here, person) = who(cx, claims).await?;
    let (now, lang) = (cx.now, cx.lang);
    let zone = TimeZone::get(ZONE).unwrap_or(TimeZone::UTC);
    let name = store::name_of(cx.db(), person).await?.unwrap_or_default();
    let told = |row: store::SessionRow| {
        let (system, browser) = from_word(&row.device);
        let session = SessionId(row.session_id);
        let since = zone.to_datetime(row.created_at.to_jiff()).date();
        Device {
            session,
            system,
            browser,
            seen_label: seen(now, row.seen_at.to_jiff(), &zone, lang),
            since_label: format!("{}.{}", since.day(), since.month()),
            is_here: session == here,
        }
    };
    let mut devices: Vec<Device> = store::sessions_of(cx.db(), person, now).await?.into_iter().map(told).collect();
    devices.sort_by_key(|device| !device.is_here);
    Ok(DevicesPage { name, devices })
}

/// Ends one device. Somebody else's is not there; this one's end is signing out. True when it was this one.
pub async fn end_device(cx: &mut GlobalCx, claims: Option<Claims>, session: &str) -> Result<bool, Fault> {
    let (here, person) = who(cx, claims).await?;
    let session: SessionId = session.trim().parse().map_err(|_| Fault::NotFound)?;
    let now = cx.now;
    if !store::end_own(cx.db(), person, session, now).await? {
        return Err(Fault::NotFound);
    }
    Ok(session == here)
}

/// Ends every device but the one in hand.
pub async fn end_other_devices(cx: &mut GlobalCx, claims: Option<Claims>) -> Result<(), Fault> {
    let (here, person) = who(cx, claims).await?;
    let now = cx.now;
    Ok(store::end_others(cx.db(), person, here, now).await?)
}

/// "היום, 06:41", "אתמול, 22:15", "לפני 19 ימים".
fn seen(now: Timestamp, at: Timestamp, zone: &TimeZone, lang: Lang) -> String {
    let (today, then) = (zone.to_datetime(now).date(), zone.to_datetime(at));
    let days = (today - then.date()).get_days();
    let clock = format!("{:02}:{:02}", then.hour(), then.minute());
    match (days, lang) {
        (..=0, Lang::He) => format!("היום, {clock}"),
        (..=0, Lang::En) => format!("Today, {clock}"),
        (1, Lang::He) => format!("אתמול, {clock}"),
        (1, Lang::En) => format!("Yesterday, {clock}"),
        (2, Lang::He) => "לפני יומיים".to_owned(),
        (_, Lang::He) => format!("לפני {days} ימים"),
        (_, Lang::En) => format!("{days} days ago"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_told_from_what_its_browser_says() {
        for (agent, told) in [
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1", "iphone/safari"),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0 Mobile/15E148 Safari/604.1", "iphone/chrome"),
            ("Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1", "ipad/safari"),
            ("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36", "android/chrome"),
            ("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36", "android/samsung"),
            ("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36", "android_tablet/chrome"),
            ("Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/X; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/142.0.0.0 Mobile Safari/537.36", "android/other"),
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0", "windows/edge"),
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 OPR/120.0.0.0", "windows/opera"),
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0", "windows/firefox"),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15", "mac/safari"),
            ("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36", "chromeos/chrome"),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0", "linux/firefox"),
            ("curl/8.5.0", "unknown/other"),
            ("<script>alert(1)</script>", "unknown/other"),
            ("", "unknown/other"),
        ] {
            assert_eq!(word(agent), told, "{agent}");
            assert_eq!(from_word(told), read(agent), "{told}");
        }
        assert_eq!(from_word(""), (System::Unknown, Browser::Other), "sessions from before");
    }

    #[test]
    fn when_a_device_was_seen_is_told_as_people_tell_it() {
        let (now, zone) = ("2026-11-25T08:00:00Z".parse().unwrap(), TimeZone::get(ZONE).unwrap());
        for (at, he, en) in [
            ("2026-11-25T04:41:00Z", "היום, 06:41", "Today, 06:41"),
            ("2026-11-25T08:00:30Z", "היום, 10:00", "Today, 10:00"),
            ("2026-11-24T20:15:00Z", "אתמול, 22:15", "Yesterday, 22:15"),
            ("2026-11-23T20:15:00Z", "לפני יומיים", "2 days ago"),
            ("2026-11-06T20:15:00Z", "לפני 19 ימים", "19 days ago"),
        ] {
            assert_eq!(seen(now, at.parse().unwrap(), &zone, Lang::He), he);
            assert_eq!(seen(now, at.parse().unwrap(), &zone, Lang::En), en);
        }
    }
}
