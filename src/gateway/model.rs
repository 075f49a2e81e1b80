//! Words of the gateway that both sides share: who a partner is, what may be told, and what its screens show.

use serde::{Deserialize, Serialize};

/// The longest name of a partner, in characters.
pub const NAME_LIMIT: usize = 80;
/// The longest name of a key, in characters.
pub const KEY_NAME_LIMIT: usize = 60;
/// The longest description of an endpoint, in characters.
pub const DESCRIPTION_LIMIT: usize = 200;
/// The longest address of an endpoint, in bytes.
pub const URL_LIMIT: usize = 2_000;
/// Letters and digits of a partner's code.
pub const CODE_LENGTH: usize = 6;

/// What a partner is to the buildings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PartnerKind {
    Insurer,
    Maintenance,
    Municipality,
    Developer,
}

impl PartnerKind {
    pub const ALL: [PartnerKind; 4] = [PartnerKind::Insurer, PartnerKind::Maintenance, PartnerKind::Municipality, PartnerKind::Developer];

    /// The word kept in the database.
    pub fn word(self) -> &'static str {
        match self {
            PartnerKind::Insurer => "insurer",
            PartnerKind::Maintenance => "maintenance",
            PartnerKind::Municipality => "municipality",
            PartnerKind::Developer => "developer",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        PartnerKind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// What a key of the REST API may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scope {
    Read,
    /// Reads too.
    Write,
}

impl Scope {
    pub const ALL: [Scope; 2] = [Scope::Read, Scope::Write];

    pub fn word(self) -> &'static str {
        match self {
            Scope::Read => "read",
            Scope::Write => "write",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Scope::ALL.into_iter().find(|scope| scope.word() == word)
    }
}

/// Every type of event the catalogue knows, in the order it is shown.
pub const EVENT_TYPES: [&str; 16] = [
    "resident.joined",
    "payment.succeeded",
    "notice.published",
    "hazard.raised",
    "hazard.cleared",
    "building.health.changed",
    "anomaly.detected",
    "anomaly.resolved",
    "maintenance.created",
    "maintenance.status_changed",
    "maintenance.completed",
    "ledger.milestone",
    "lead.created",
    "appointment.booked",
    "review.received",
    GATEWAY_TEST,
];
/// Sent on request to try an endpoint; no grant is needed, and none may name it.
pub const GATEWAY_TEST: &str = "gateway.test";

/// Types that some room publishes now; the others have their schemas and wait for their rooms.
pub const PUBLISHED: [&str; 5] = ["resident.joined", "payment.succeeded", "notice.published", "hazard.raised", "hazard.cleared"];

/// What a committee chooses from: types, or whole families of them.
pub const CHOICES: [&str; 11] = [
    "notice.published",
    "hazard.*",
    "resident.joined",
    "payment.succeeded",
    "building.health.changed",
    "anomaly.*",
    "maintenance.*",
    "ledger.milestone",
    "lead.created",
    "appointment.booked",
    "review.received",
];

/// Whether an entry of a list names a type: the type itself, or its family.
pub fn entry_names(entry: &str, event_type: &str) -> bool {
    entry == event_type || entry.strip_suffix('*').is_some_and(|family| family.ends_with('.') && event_type.starts_with(family))
}

/// Whether an entry names anything of the catalogue at all.
pub fn is_known(entry: &str) -> bool {
    EVENT_TYPES.iter().any(|known| entry_names(entry, known))
}

/// Whether a committee may grant this entry: what the gateway says of itself is nobody's to grant.
pub fn is_grantable(entry: &str) -> bool {
    is_known(entry) && !entry.starts_with("gateway.")
}

/// A code as it is compared. People type small letters, spaces and dashes, and take a digit for a letter: Crockford's
/// base 32 reads them alike. `None` when it cannot be one.
pub fn clean_code(typed: &str) -> Option<String> {
    let code: String = typed
        .chars()
        .filter(|ch| !ch.is_whitespace() && *ch != '-')
        .take(CODE_LENGTH + 1)
        .map(|ch| match ch.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect();
    (code.len() == CODE_LENGTH && code.bytes().all(|byte| byte.is_ascii_digit() || (byte.is_ascii_uppercase() && byte != b'U'))).then_some(code)
}

/// The page that opens a partner, and the partners of whoever reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartnerOpening {
    pub partners: Vec<OwnPartner>,
}

/// A partner of the reader's, with what its desk has to tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnPartner {
    pub partner: PartnerBrief,
    pub notices: Vec<NoticeRow>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartnerBrief {
    pub code: String,
    pub name: String,
    pub kind: PartnerKind,
}

/// A partner's desk, for who works there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartnerDesk {
    pub partner: PartnerBrief,
    pub endpoints: Vec<EndpointRow>,
    pub keys: Vec<KeyRow>,
    pub buildings: Vec<BuildingRow>,
    /// The latest deliveries; the API tells all of them.
    pub log: Vec<LogRow>,
    /// What was switched off by itself, until it is put away.
    pub notices: Vec<NoticeRow>,
    /// A key or a secret that was made a moment ago. It is here once.
    pub shown_once: Option<ShownOnce>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownOnce {
    pub is_key: bool,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointRow {
    pub endpoint: String,
    pub url: String,
    pub description: String,
    /// Empty: all that a building grants.
    pub event_types: Vec<String>,
    pub active: bool,
    /// Why it is off: `owner`, `gone`, `failing` or `operator`.
    pub disabled_reason: Option<String>,
    /// Since when its newest secret signs, told in words.
    pub secret_label: String,
    /// Until when the one before signs too, told in words.
    pub overlap_label: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRow {
    pub key: String,
    pub name: String,
    pub prefix: String,
    pub scope: Scope,
    pub made_label: String,
    /// Never used: nothing.
    pub used_label: Option<String>,
    pub revoked: bool,
}

/// One delivery as the desk shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogRow {
    pub delivery: String,
    pub event_type: String,
    /// Nothing for a test event.
    pub building: Option<String>,
    /// `pending`, `delivered`, `failed` or `cancelled`.
    pub state: String,
    pub attempts: i32,
    pub status: Option<i32>,
    pub took_ms: Option<i32>,
    pub when_label: String,
    /// When it is tried next, told in words.
    pub next_label: Option<String>,
}

/// An endpoint that was switched off by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeRow {
    pub notice: String,
    pub url: String,
    /// `gone` or `failing`.
    pub kind: String,
    pub when_label: String,
}

/// A building that lets a partner hear something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildingRow {
    pub slug: String,
    pub name: String,
    pub event_types: Vec<String>,
    pub since_label: String,
    pub until_label: Option<String>,
}

/// The committee's page about who is told what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessPage {
    pub slug: String,
    pub building: String,
    pub grants: Vec<GrantRow>,
    /// What was withdrawn, the latest first.
    pub past: Vec<PastGrant>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantRow {
    pub grant: String,
    pub name: String,
    pub code: String,
    pub kind: PartnerKind,
    pub event_types: Vec<String>,
    pub since_label: String,
    /// The last day, `yyyy-mm-dd`; empty for as long as it is not withdrawn.
    pub until: String,
    pub until_label: Option<String>,
    /// Its last day is over: nothing is told any more.
    pub over: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastGrant {
    pub name: String,
    pub event_types: Vec<String>,
    pub since_label: String,
    pub withdrawn_label: String,
}

/// The page for those who write the other side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DevelopersPage {
    /// Where the API stands, without a trailing slash.
    pub api_url: String,
    pub events: Vec<EventDoc>,
    pub samples: Vec<Sample>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventDoc {
    pub event_type: String,
    pub published: bool,
    /// A whole body as it is sent, indented.
    pub example: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    pub language: String,
    pub code: String,
}

#[cfg(test)]
mod tests {
    use super::{CHOICES, EVENT_TYPES, PUBLISHED, clean_code, entry_names, is_grantable, is_known};

    #[test]
    fn a_code_is_read_as_people_type_it() {
        for (typed, code) in [
            ("k7mq2x", Some("K7MQ2X")),
            (" k7m-q2x ", Some("K7MQ2X")),
            ("oil000", Some("011000")),
            ("K7MQ2", None),
            ("K7MQ2XP", None),
            ("K7MQ2U", None),
            ("קוד123", None),
            ("", None),
        ] {
            assert_eq!(clean_code(typed).as_deref(), code, "{typed}");
        }
    }

    #[test]
    fn a_family_names_its_types_and_no_others() {
        for (entry, event_type, named) in [
            ("hazard.*", "hazard.raised", true),
            ("hazard.*", "hazardous.raised", false),
            ("hazard.raised", "hazard.raised", true),
            ("hazard.raised", "hazard.cleared", false),
            ("*", "hazard.raised", false),
            ("haz*", "hazard.raised", false),
            ("building.*", "building.health.changed", true),
        ] {
            assert_eq!(entry_names(entry, event_type), named, "{entry} {event_type}");
        }
    }

    #[test]
    fn every_choice_and_every_published_type_is_in_the_catalogue_and_the_choices_cover_it() {
        assert!(PUBLISHED.iter().all(|published| EVENT_TYPES.contains(published)));
        assert!(CHOICES.iter().all(|choice| is_grantable(choice)));
        for event_type in EVENT_TYPES.iter().filter(|event_type| !event_type.starts_with("gateway.")) {
            assert_eq!(CHOICES.iter().filter(|choice| entry_names(choice, event_type)).count(), 1, "{event_type}");
        }
        for entry in ["gateway.test", "gateway.*"] {
            assert!(is_known(entry) && !is_grantable(entry), "{entry}");
        }
        assert!(!is_known("x.*") && !is_known("") && !is_known("."));
    }
}
