//! Words of the building that both sides share.

use kit::{FlatId, Lang, MembershipId, Money, Role, Trust};
use serde::{Deserialize, Serialize};

pub mod hazards;

/// What one window of the façade says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WindowState {
    /// Nobody joined.
    Off,
    /// Somebody joined; told faintly, to visitors.
    Dim,
    /// Somebody joined.
    Lit,
    /// Joined, and waiting for a yes.
    Half,
    /// The reader's own flat.
    You,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    pub number: String,
    pub state: WindowState,
}

/// One window a flat, in real floor order: top floor first, flats in reading order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facade {
    pub floors: Vec<Vec<Window>>,
}

/// What anybody with the building's link may know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildingBrief {
    pub slug: String,
    /// "ביאליק 14"
    pub street: String,
    pub city: String,
    pub flats: u32,
    pub joined: u32,
    pub price: Money,
    pub needs_code: bool,
    pub needs_approval: bool,
    pub facade: Facade,
}

/// One row of "who joined".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResidentRow {
    pub membership: MembershipId,
    /// 1..=6, the avatar's tone.
    pub tone: u8,
    pub name: String,
    pub role: Role,
    pub trust: Trust,
    pub flat: Option<FlatId>,
    pub flat_number: String,
    pub floor: i32,
    /// National form; the committee alone sees it.
    pub phone: String,
    /// "לפני 40 דק׳", told by the server in the tenant's zone.
    pub joined_label: String,
    pub on_roster: bool,
    /// How long joining took, in milliseconds; `None` for who did not join by the form.
    pub join_ms: Option<i64>,
    /// Neighbours who said that they know him.
    pub vouched_by: Vec<String>,
}

/// One who was taken out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovedRow {
    pub membership: MembershipId,
    pub name: String,
    pub flat_number: String,
    pub reason: String,
    pub when_label: String,
}

/// Somebody who asked to join a flat that already pays, and waits for a yes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingRow {
    pub join: kit::JoinId,
    pub name: String,
    pub flat_number: String,
    pub phone: String,
    pub asked_label: String,
    /// The committee's list has this phone for this flat.
    pub on_roster: bool,
}

/// The committee member who reads, for the frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reader {
    pub name: String,
    pub role: Role,
    pub tone: u8,
    /// His own place, which he cannot remove.
    pub membership: Option<MembershipId>,
}

/// Everything the committee's "who joined" page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResidentsPage {
    pub building: BuildingBrief,
    pub reader: Reader,
    pub residents: Vec<ResidentRow>,
    /// Who was taken out, the latest first, and why.
    pub removed: Vec<RemovedRow>,
    pub waiting: Vec<WaitingRow>,
    /// The link to hand out: `https://…/b/slug/join`, with the code when the building asks for one.
    pub invite_url: String,
    pub invite_code: Option<String>,
    /// The activity line's head before this was read: the live stream goes on from here.
    pub seq: i64,
}

/// One line of the building's latest activity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityRow {
    pub seq: i64,
    pub kind: String,
    pub sentence: String,
    pub when_label: String,
}

/// Join times, in milliseconds; `None` while there is nothing to measure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinFunnel {
    pub steps: Vec<FunnelStep>,
    pub whole_p50_ms: Option<i64>,
    pub whole_p95_ms: Option<i64>,
}

/// One step of joining: how many reached it, and how long it took them since the step before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunnelStep {
    /// started | sent | payment_opened | confirmed | first_feed
    pub key: String,
    pub reached: i64,
    pub p50_ms: Option<i64>,
    pub p95_ms: Option<i64>,
}

impl JoinFunnel {
    /// Out of how many reached each step, and the times of the four steps between: (p50, p95).
    pub fn of(reached: [i64; 5], times: [(Option<i64>, Option<i64>); 4], whole: (Option<i64>, Option<i64>)) -> Self {
        let keys = ["started", "sent", "payment_opened", "confirmed", "first_feed"];
        let steps = keys.into_iter().zip(reached).enumerate().map(|(index, (key, reached))| {
            let (p50_ms, p95_ms) = if index == 0 { (None, None) } else { times[index - 1] };
            FunnelStep { key: key.to_owned(), reached, p50_ms, p95_ms }
        });
        JoinFunnel { steps: steps.collect(), whole_p50_ms: whole.0, whole_p95_ms: whole.1 }
    }

    /// How many began, and how many came to the feed.
    pub fn ends(&self) -> (i64, i64) {
        (self.steps.first().map_or(0, |step| step.reached), self.steps.last().map_or(0, |step| step.reached))
    }
}

/// Nearly everybody should be in within this.
pub const JOIN_TARGET_MS: i64 = 60_000;
/// The days the funnel looks back.
pub const FUNNEL_DAYS: i64 = 30;

/// The committee's dashboard, first slice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DashboardPage {
    pub building: BuildingBrief,
    pub reader: Reader,
    /// Active people, and how many of them came within the last thirty days.
    pub people: i64,
    pub people_new: i64,
    pub waiting: Vec<WaitingRow>,
    pub unverified: Vec<ResidentRow>,
    pub funnel: JoinFunnel,
    pub activity: Vec<ActivityRow>,
    pub invite_url: String,
    pub invite_code: Option<String>,
    /// The activity line's head before this was read: the live stream goes on from here.
    pub seq: i64,
}

/// The printed sheet for the lobby.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PosterPage {
    pub building: BuildingBrief,
    pub invite_url: String,
    pub invite_code: Option<String>,
    /// The QR code's side in squares, with its quiet zone, and the path that draws the dark ones.
    pub side: usize,
    pub path: String,
}

/// The version of the consent text beside the button that opens a building; kept in the audit log.
pub const OPENING_CONSENT: &str = "2026-11";
/// Most flats of a building.
pub const FLATS_LIMIT: usize = 600;
/// Most flats on a floor.
pub const FLOOR_LIMIT: u32 = 40;
/// Flats on a floor where nothing is said.
pub const FLOOR_DEFAULT: u32 = 4;
/// Most characters of a reason for removing somebody.
pub const REASON_LIMIT: usize = 300;

/// A column of a committee's own list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Column {
    Flat,
    Floor,
    Name,
    Phone,
}

/// One line of a list as it is shown: what was understood, or what stands there where it was not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListLine {
    /// As the file counts it.
    pub line: u32,
    pub flat: String,
    pub floor: String,
    pub name: String,
    pub phone: String,
}

/// What is wrong in one cell of a list, and how to mend it. Line 0 is the list as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListProblem {
    pub line: u32,
    pub column: Column,
    pub sentence: String,
}

/// A list looked at before its building is opened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPreview {
    pub lines: Vec<ListLine>,
    pub problems: Vec<ListProblem>,
    pub flats: usize,
    pub phones: usize,
    pub facade: Facade,
}

/// The longest flat number kept, in characters.
pub const FLAT_LIMIT: usize = 12;

/// A flat's number as it is kept, out of what somebody typed: "דירה 14", " 014 ", "١٤" and "14 א" are 14, 14, 14 and 14א. `None` when nothing is left, or too much.
pub fn flat_number(typed: &str) -> Option<String> {
    let plain: String = kit::shown_line(typed).chars().filter_map(plain_char).collect();
    let mut words: Vec<&str> = plain.split_whitespace().collect();
    while words.len() > 1 && is_flat_word(words[0]) {
        words.remove(0);
    }
    let joined = words.join(" ");
    let text = joined.trim_start_matches(['#', '\'', '"', '.', ':']).trim();
    let (lead, digits_on) = text.split_at(text.find(|ch: char| ch.is_ascii_digit()).unwrap_or(text.len()));
    let (digits, tail) = digits_on.split_at(digits_on.find(|ch: char| !ch.is_ascii_digit()).unwrap_or(digits_on.len()));
    let mut number = String::from(lead);
    let bare = digits.trim_start_matches('0');
    number.push_str(if bare.is_empty() && !digits.is_empty() { "0" } else { bare });
    number.push_str(&letter(tail).unwrap_or_else(|| tail.to_owned()));
    let number = number.trim().to_owned();
    (!number.is_empty() && number.chars().any(char::is_alphanumeric) && number.chars().count() <= FLAT_LIMIT).then_some(number)
}

/// Digits of any script become 0 to 9; invisible marks go; Latin letters become capitals.
fn plain_char(ch: char) -> Option<char> {
    match ch {
        '\u{660}'..='\u{669}' => char::from_digit(ch as u32 - 0x660, 10),
        '\u{6f0}'..='\u{6f9}' => char::from_digit(ch as u32 - 0x6f0, 10),
        '\u{ff10}'..='\u{ff19}' => char::from_digit(ch as u32 - 0xff10, 10),
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => None,
        '\u{5f3}' | '\u{2019}' => Some('\''),
        '\u{5f4}' => Some('"'),
        '\u{5be}' | '\u{2010}'..='\u{2015}' => Some('-'),
        ch if ch.is_control() && !ch.is_whitespace() => None,
        ch => Some(ch.to_ascii_uppercase()),
    }
}

fn is_flat_word(word: &str) -> bool {
    matches!(word.trim_end_matches(['.', ':', ',', '\'']), "דירה" | "דירת" | "ד" | "מס" | "מספר" | "FLAT" | "APT" | "APARTMENT" | "NO" | "NUMBER" | "#")
}

/// A single letter after the digits, however it is set apart: " א", "-א", "/א", "א'".
fn letter(tail: &str) -> Option<String> {
    let mut letters = tail.chars().filter(|ch| !matches!(ch, ' ' | '-' | '/' | '\'' | '"' | '.'));
    match (letters.next(), letters.next()) {
        (Some(only), None) if only.is_alphabetic() => Some(only.to_string()),
        (None, None) => Some(String::new()),
        _ => None,
    }
}

/// Which flats a building has, said briefly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlatSpan {
    None,
    One(String),
    /// Every number between the two.
    Range(u32, u32),
    /// So many flats, from the first to the last in reading order.
    Mixed {
        count: usize,
        first: String,
        last: String,
    },
}

impl FlatSpan {
    /// Numbers in reading order.
    pub fn of(numbers: &[String]) -> Self {
        match numbers {
            [] => FlatSpan::None,
            [only] => FlatSpan::One(only.clone()),
            [first, .., last] => {
                let mut plain: Vec<u32> = numbers.iter().filter_map(|number| number.parse().ok()).collect();
                plain.sort_unstable();
                plain.dedup();
                match (plain.first(), plain.last()) {
                    (Some(low), Some(high)) if plain.len() == numbers.len() && (high - low) as usize + 1 == plain.len() => FlatSpan::Range(*low, *high),
                    _ => FlatSpan::Mixed { count: numbers.len(), first: first.clone(), last: last.clone() },
                }
            }
        }
    }

    /// What to say under a number that is none of them; the range is isolated, or a right-to-left line would flip it.
    pub fn sentence(&self, lang: Lang) -> String {
        match (self, lang) {
            (FlatSpan::None, Lang::He) => "בבניין עוד אין דירות.".into(),
            (FlatSpan::None, Lang::En) => "The building has no flats yet.".into(),
            (FlatSpan::One(only), Lang::He) => format!("בבניין יש דירה אחת, \u{2068}{only}\u{2069}. כדאי לבדוק את המספר."),
            (FlatSpan::One(only), Lang::En) => format!("The building has one flat, {only}. Please check the number."),
            (FlatSpan::Range(low, high), Lang::He) => format!("בבניין יש דירות \u{2066}{low}–{high}\u{2069}. כדאי לבדוק את המספר."),
            (FlatSpan::Range(low, high), Lang::En) => format!("The building has flats {low}–{high}. Please check the number."),
            (FlatSpan::Mixed { count, first, last }, Lang::He) => {
                format!("בבניין יש \u{2068}{count}\u{2069} דירות, מ־\u{2068}{first}\u{2069} עד \u{2068}{last}\u{2069}. כדאי לבדוק את המספר.")
            }
            (FlatSpan::Mixed { count, first, last }, Lang::En) => format!("The building has {count} flats, from {first} to {last}. Please check the number."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_is_known_however_it_is_typed() {
        for (typed, kept) in [
            ("14", "14"),
            ("דירה 14", "14"),
            (" 014 ", "14"),
            ("١٤", "14"),
            ("۱۴", "14"),
            ("14 א", "14א"),
            ("14א׳", "14א"),
            ("14-א", "14א"),
            ("14/א", "14א"),
            ("דירה מס׳ 7", "7"),
            ("flat 3b", "3B"),
            ("Apt. 12", "12"),
            ("#9", "9"),
            ("חנות 2", "חנות 2"),
            ("\u{200f}14\u{200e}", "14"),
            ("0", "0"),
            ("000", "0"),
            ("12/3", "12/3"),
            ("ד׳ 5", "5"),
        ] {
            assert_eq!(flat_number(typed).as_deref(), Some(kept), "{typed:?}");
        }
        for typed in ["", "   ", "#", "--", "1234567890123", "דירה ארוכה מאוד מאוד"] {
            assert_eq!(flat_number(typed), None, "{typed:?}");
        }
    }

    #[test]
    fn what_is_kept_stays_itself() {
        for typed in ["14", "14א", "חנות 2", "3B", "12/3"] {
            assert_eq!(flat_number(typed).as_deref(), Some(typed));
        }
    }

    #[test]
    fn a_building_names_its_range_when_it_has_one() {
        let numbers = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(FlatSpan::of(&numbers(&["1", "2", "3"])), FlatSpan::Range(1, 3));
        assert_eq!(FlatSpan::of(&numbers(&["3", "4", "1", "2"])), FlatSpan::Range(1, 4));
        assert_eq!(FlatSpan::of(&numbers(&["1", "3"])), FlatSpan::Mixed { count: 2, first: "1".into(), last: "3".into() });
        assert_eq!(FlatSpan::Range(1, 32).sentence(Lang::He), "בבניין יש דירות \u{2066}1–32\u{2069}. כדאי לבדוק את המספר.");
    }
}
