//! Words of the operator's pages that both sides share.

pub mod inbound;

use serde::{Deserialize, Serialize};

use crate::buildings::model::JoinFunnel;

/// Join times of the last thirty days.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinTimesPage {
    /// All buildings together.
    pub all: JoinFunnel,
    /// The busiest first.
    pub buildings: Vec<BuildingTimes>,
}

/// One building's join times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildingTimes {
    pub slug: String,
    pub name: String,
    pub funnel: JoinFunnel,
}
