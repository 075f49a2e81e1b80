//! What the page of slow requests shows.

use serde::{Deserialize, Serialize};

/// `/operator/slow`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlowPage {
    /// The process that answered; another one answers with its own list.
    pub process: String,
    /// Milliseconds from which a request is slow.
    pub from_ms: u64,
    /// The slowest first.
    pub requests: Vec<SlowRow>,
}

/// One request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlowRow {
    pub method: String,
    /// The template of its route; `none` for what has none.
    pub route: String,
    pub status: u16,
    /// Until the first byte of the answer.
    pub took_ms: u64,
    pub when_label: String,
    /// As its log lines name it.
    pub trace: Option<String>,
    /// The tenant's id, and the name of its building.
    pub tenant: Option<String>,
    pub building: Option<String>,
}
