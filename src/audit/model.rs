//! Words of the audit log that both sides share: acts by their names, and the page.

use kit::{Lang, Money};
use serde::{Deserialize, Serialize};

use crate::buildings::model::Reader;

/// What an act is about; the screen draws each in its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    Money,
    People,
    Access,
    /// What is written on the board, and whatever has no family of its own.
    Other,
}

/// An act that the code writes, by the word it writes.
pub struct Act {
    pub word: &'static str,
    pub family: Family,
    pub he: &'static str,
    pub en: &'static str,
}

const fn act(word: &'static str, family: Family, he: &'static str, en: &'static str) -> Act {
    Act { word, family, he, en }
}

/// Every act of today. One that is not here is shown as its word; tests/it/audit.rs holds the list to the sources.
pub const ACTS: &[Act] = &[
    act("building.opened", Family::Other, "פתיחת הבניין", "Building opened"),
    act("resident.joined", Family::People, "הצטרפות", "Joined"),
    act("resident.verified", Family::People, "אימות", "Confirmed"),
    act("resident.vouched", Family::People, "היכרות של שכנים", "Known to a neighbour"),
    act("resident.vouch_withdrawn", Family::People, "ביטול היכרות", "Neighbour took it back"),
    act("resident.moved", Family::People, "מעבר דירה", "Flat corrected"),
    act("resident.role_changed", Family::Access, "שינוי תפקיד", "Role changed"),
    act("resident.removed", Family::People, "הסרה מהבניין", "Removed"),
    act("join.accepted", Family::People, "אישור בקשה להצטרף", "Join request accepted"),
    act("join.refused", Family::People, "דחיית בקשה להצטרף", "Join request refused"),
    act("consent.given", Family::People, "הסכמה לתנאים", "Terms accepted"),
    act("payment.settled", Family::Money, "תשלום התקבל", "Payment received"),
    act("payment.mismatch", Family::Money, "תשלום שאינו תואם", "Payment does not match"),
    act("payment.refund", Family::Money, "בקשת החזר", "Refund asked for"),
    act("payment.refunded", Family::Money, "החזר כספי", "Refunded"),
    act("payment.subscription_ended", Family::Money, "סיום מינוי", "Subscription ended"),
    act("post.edit", Family::Other, "עריכת הודעה", "Post edited"),
    act("post.remove", Family::Other, "הסרת הודעה", "Post taken down"),
    act("post.restore", Family::Other, "החזרת הודעה", "Post put back"),
    act("comment.remove", Family::Other, "הסרת תגובה", "Comment taken down"),
    act("company.granted", Family::Access, "מסירה לחברת ניהול", "Handed to a company"),
    act("company.withdrawn", Family::Access, "סיום ניהול", "Management ended"),
    act("partner.granted", Family::Access, "גישה לשותף", "Access given to a partner"),
    act("partner.grant_changed", Family::Access, "שינוי גישה של שותף", "A partner's access changed"),
    act("partner.withdrawn", Family::Access, "ביטול גישה של שותף", "A partner's access withdrawn"),
    act("intake.account_added", Family::Access, "חיבור שירות חיצוני", "Outside service connected"),
    act("intake.account_proven", Family::Access, "אימות שירות חיצוני", "Outside service verified"),
    act("intake.account_closed", Family::Access, "ניתוק שירות חיצוני", "Outside service disconnected"),
    act("connection.made", Family::Access, "חיבור חשבון חיצוני", "Outside account connected"),
    act("connection.consent_needed", Family::Access, "נדרש אישור מחדש לחשבון חיצוני", "Outside account asks for consent again"),
    act("connection.ended", Family::Access, "ניתוק חשבון חיצוני", "Outside account disconnected"),
    act("hazard.raised", Family::Other, "הודעה על סכנה", "Danger announced"),
    act("hazard.cleared", Family::Other, "הסכנה חלפה", "Danger over"),
    act("tenant.hop", Family::Access, "ניסיון כניסה מבחוץ", "Knock from outside"),
    act("audit.exported", Family::Access, "ייצוא היומן", "Log exported"),
];

pub fn act_of(word: &str) -> Option<&'static Act> {
    ACTS.iter().find(|act| act.word == word)
}

/// An act's family: its own, or the one its word belongs to.
pub fn family_of(word: &str) -> Family {
    let family = word.split('.').next().unwrap_or_default();
    let among = |filter: AuditFilter| filter.families().is_some_and(|families| families.contains(&family));
    match act_of(word) {
        Some(act) => act.family,
        None if among(AuditFilter::Money) => Family::Money,
        None if among(AuditFilter::People) => Family::People,
        None if among(AuditFilter::Access) => Family::Access,
        None => Family::Other,
    }
}

/// What an act is called.
pub fn act_name(word: &str, lang: Lang) -> String {
    act_of(word).map_or_else(|| word.to_owned(), |act| if lang == Lang::He { act.he.to_owned() } else { act.en.to_owned() })
}

/// Which lines are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditFilter {
    #[default]
    All,
    Money,
    People,
    Access,
    Automatic,
}

impl AuditFilter {
    pub const ALL: [AuditFilter; 5] = [AuditFilter::All, AuditFilter::Money, AuditFilter::People, AuditFilter::Access, AuditFilter::Automatic];

    pub fn word(self) -> &'static str {
        match self {
            AuditFilter::All => "all",
            AuditFilter::Money => "money",
            AuditFilter::People => "people",
            AuditFilter::Access => "access",
            AuditFilter::Automatic => "automatic",
        }
    }

    /// An unknown word shows everything.
    pub fn from_word(word: &str) -> Self {
        Self::ALL.into_iter().find(|filter| filter.word() == word).unwrap_or_default()
    }

    /// What stands before the dot of the acts it shows; `None` shows all.
    pub fn families(self) -> Option<&'static [&'static str]> {
        match self {
            AuditFilter::All | AuditFilter::Automatic => None,
            AuditFilter::Money => Some(&["payment"]),
            AuditFilter::People => Some(&["resident", "join", "consent"]),
            AuditFilter::Access => Some(&["company", "tenant", "audit", "gateway", "partner", "key", "intake", "connection"]),
        }
    }

    /// Acts it shows beside those families.
    pub fn acts(self) -> &'static [&'static str] {
        if self == AuditFilter::Access { &["resident.role_changed"] } else { &[] }
    }
}

/// How the chain stands, as it was last read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Nobody read it yet.
    Unread,
    /// Whole, so many lines.
    Whole { lines: i64 },
    /// Broken at a line; `how` is a word of the server's.
    Broken { seq: i64, how: String },
}

/// The card above the lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainState {
    /// Lines written.
    pub lines: i64,
    /// "3.2.2025"; empty while there is no line.
    pub since: String,
    pub standing: Standing,
    /// "לפני 12 דק׳"
    pub checked: Option<String>,
    /// The last line's hash, shortened.
    pub fingerprint: String,
}

/// A line as it is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRow {
    pub seq: i64,
    /// "יום שלישי, 24 בנובמבר": lines of one day stand together.
    pub day: String,
    /// `18:44:02`, in the building's zone.
    pub clock: String,
    /// For `<time>`.
    pub when: String,
    pub who: String,
    pub who_place: String,
    /// A job of ours.
    pub automatic: bool,
    pub tone: u8,
    pub act: String,
    pub family: Family,
    pub about: String,
    pub amount: Option<Money>,
    pub before: Option<String>,
    pub after: Option<String>,
    /// A reason somebody gave.
    pub note: Option<String>,
    /// An address; empty for jobs.
    pub from: String,
    pub fingerprint: String,
}

/// Everything the screen shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditPage {
    pub slug: String,
    pub building: String,
    pub reader: Reader,
    /// Join requests that wait, for the navigation.
    pub waiting: u32,
    pub chain: ChainState,
    pub filter: AuditFilter,
    pub asked: String,
    pub rows: Vec<AuditRow>,
    /// The number before which the next page begins.
    pub next: Option<i64>,
    /// The month so far, for the export's form.
    pub export_from: String,
    pub export_to: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_act_has_its_name_and_an_unknown_one_its_word() {
        assert_eq!(act_name("resident.moved", Lang::He), "מעבר דירה");
        assert_eq!(act_name("garden.watered", Lang::En), "garden.watered");
        assert_eq!(family_of("resident.role_changed"), Family::Access);
        assert_eq!(family_of("gateway.granted"), Family::Access);
        assert_eq!(family_of("payment.new_kind"), Family::Money);
        assert_eq!(family_of("garden.watered"), Family::Other);
    }

    #[test]
    fn every_act_is_shown_under_its_familys_filter() {
        for act in ACTS {
            let family = act.word.split('.').next().expect("a family");
            let shown: Vec<AuditFilter> =
                AuditFilter::ALL.into_iter().filter(|filter| filter.families().is_some_and(|families| families.contains(&family)) || filter.acts().contains(&act.word)).collect();
            let wanted = match act.family {
                Family::Money => AuditFilter::Money,
                Family::People => AuditFilter::People,
                Family::Access => AuditFilter::Access,
                Family::Other => continue,
            };
            assert!(shown.contains(&wanted), "{}", act.word);
        }
        assert_eq!(AuditFilter::from_word("money"), AuditFilter::Money);
        assert_eq!(AuditFilter::from_word("nothing"), AuditFilter::All);
    }
}
