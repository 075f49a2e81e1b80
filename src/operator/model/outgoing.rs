//! What the page of outgoing webhooks shows.

use serde::{Deserialize, Serialize};

/// `/operator/webhooks`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutgoingPage {
    /// What was asked for; empty is everything.
    pub partner: String,
    pub state: String,
    pub event: String,
    pub cursor: String,
    /// What may be asked for.
    pub states: Vec<String>,
    pub events: Vec<String>,
    /// Deliveries that wait, and dead letters that nobody had sent again; both counted up to ten thousand.
    pub waiting: i64,
    pub dead: i64,
    /// The latest first.
    pub sent: Vec<SentRow>,
    /// The cursor of the next page.
    pub next: Option<String>,
    /// The delivery that is looked at.
    pub open: Option<SentLook>,
    /// Endpoints in trouble, the latest first.
    pub endpoints: Vec<TroubledRow>,
}

/// One delivery of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentRow {
    pub id: String,
    pub partner: String,
    pub code: String,
    /// Scheme and host of the endpoint.
    pub host: String,
    /// The building's slug; none for a test event.
    pub building: Option<String>,
    pub event: String,
    /// `pending`, `delivered`, `failed` or `cancelled`.
    pub state: String,
    pub attempts: i32,
    pub status: Option<i32>,
    pub took_ms: Option<i32>,
    pub outcome: Option<String>,
    /// RFC 3339, and as people tell it.
    pub when: String,
    pub when_label: String,
    /// When it is tried next, while it waits.
    pub next_label: Option<String>,
}

/// One delivery looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentLook {
    pub row: SentRow,
    /// As the receiver sees it in `webhook-id`.
    pub message: String,
    pub finished_label: Option<String>,
    /// The delivery that this one repeats.
    pub replay_of: Option<String>,
    pub tries: Vec<SentTry>,
    /// Masked; empty when the building withdrew or the message is kept no more.
    pub preview: String,
    pub cut: bool,
}

/// One attempt.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentTry {
    pub number: i32,
    pub at_label: String,
    pub status: Option<i32>,
    pub took_ms: i32,
    pub outcome: String,
}

/// An endpoint in trouble.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TroubledRow {
    pub partner: String,
    pub code: String,
    pub host: String,
    /// `gone`, `given_up`, `operator`, `owner` (all switched off), `paused`, `asked` (both held) or `failing`.
    pub trouble: String,
    pub since_label: Option<String>,
    pub until_label: Option<String>,
    /// In a row.
    pub failures: i32,
    /// Deliveries that wait for it.
    pub waiting: i64,
}
