//! Words of the building that both sides share.

use kit::{FlatId, MembershipId, Money, Role, Trust};
use serde::{Deserialize, Serialize};

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
    pub removed: bool,
}

/// Somebody who asked to join a flat that already pays, and waits for a yes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingRow {
    pub join: kit::JoinId,
    pub name: String,
    pub flat_number: String,
    pub phone: String,
    pub asked_label: String,
}

/// Everything the committee's "who joined" page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResidentsPage {
    pub building: BuildingBrief,
    pub residents: Vec<ResidentRow>,
    pub waiting: Vec<WaitingRow>,
    /// The link to hand out: `https://…/b/slug/join`, with the code when the building asks for one.
    pub invite_url: String,
    pub invite_code: Option<String>,
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

/// The committee's dashboard, first slice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DashboardPage {
    pub building: BuildingBrief,
    pub waiting: Vec<WaitingRow>,
    pub unverified: Vec<ResidentRow>,
    pub funnel: JoinFunnel,
    pub activity: Vec<ActivityRow>,
    pub invite_url: String,
}
