//! What the page of tenants shows.

use serde::{Deserialize, Serialize};

/// A tenant in which nothing happened for so long is quiet.
pub const QUIET_DAYS: i64 = 30;

/// `/operator/tenants`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantsPage {
    /// What was asked for; empty is everything.
    pub search: String,
    /// Companies instead of buildings.
    pub companies: bool,
    pub cursor: String,
    /// The latest first.
    pub buildings: Vec<BuildingRow>,
    pub firms: Vec<CompanyRow>,
    /// The cursor of the next page.
    pub next: Option<String>,
}

/// How a building stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Life {
    /// Nobody lives in it yet.
    #[default]
    Empty,
    Alive,
    /// Nothing happened for [`QUIET_DAYS`].
    Quiet,
}

impl Life {
    /// From how many live there, and how many seconds ago something last happened.
    pub fn of(residents: i64, since_last: Option<i64>) -> Self {
        let lately = since_last.is_some_and(|seconds| seconds < QUIET_DAYS * 86_400);
        match residents {
            ..=0 => Life::Empty,
            _ if lately => Life::Alive,
            _ => Life::Quiet,
        }
    }
}

/// One building; counts and moments, and nobody's name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildingRow {
    pub slug: String,
    pub name: String,
    /// The management company it is given to.
    pub company: Option<String>,
    pub life: Life,
    pub flats: i64,
    pub residents: i64,
    pub opened_label: String,
    pub last_label: Option<String>,
    /// That wait, counted up to ten thousand.
    pub jobs: i64,
    pub deliveries: i64,
}

/// One management company.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompanyRow {
    pub name: String,
    pub buildings: i64,
    pub staff: i64,
    pub opened_label: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_building_is_alive_while_something_happens_among_those_who_live_there() {
        let thirty_days = 30 * 86_400;
        for (residents, since_last, life) in
            [(0, None, Life::Empty), (0, Some(3_600), Life::Empty), (3, None, Life::Quiet), (3, Some(thirty_days - 1), Life::Alive), (3, Some(thirty_days), Life::Quiet)]
        {
            assert_eq!(Life::of(residents, since_last), life, "{residents} {since_last:?}");
        }
    }
}
