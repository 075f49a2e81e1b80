//! What the page of inbound events shows.

use serde::{Deserialize, Serialize};

/// `/operator/inbound`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboundPage {
    /// What was asked for; empty is everything.
    pub provider: String,
    pub state: String,
    pub event: String,
    pub cursor: String,
    /// What may be asked for.
    pub providers: Vec<String>,
    pub states: Vec<String>,
    /// The latest first.
    pub events: Vec<InboundRow>,
    /// The cursor of the next page.
    pub next: Option<String>,
    /// The event that is looked at.
    pub open: Option<InboundLook>,
    /// The latest hour first.
    pub forged: Vec<ForgedHour>,
}

/// One event of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboundRow {
    pub id: String,
    pub provider: String,
    /// The account at the provider; empty for the platform's own.
    pub account: String,
    pub event: String,
    pub kind: String,
    pub state: String,
    /// Signed, and not only hinted at.
    pub proven: bool,
    /// The tenant's slug, once it is known.
    pub tenant: Option<String>,
    pub bytes: i64,
    /// RFC 3339, and as people tell it.
    pub when: String,
    pub when_label: String,
    pub replays: i32,
}

/// One event looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboundLook {
    pub row: InboundRow,
    pub tenant_name: Option<String>,
    pub processed_label: Option<String>,
    pub content_type: String,
    /// Masked; empty when the body is no text that can be read.
    pub preview: String,
    pub cut: bool,
    pub may_replay: bool,
}

/// Forgeries of a provider in an hour.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForgedHour {
    pub provider: String,
    pub hour: String,
    pub hour_label: String,
    pub count: i64,
}
