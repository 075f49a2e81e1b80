//! Words of identity that both sides share.

use kit::Role;
use serde::{Deserialize, Serialize};

/// The page that asks for the code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodePage {
    /// "05•-••• ••04"; `None` when no code was asked for in this browser.
    pub masked_phone: Option<String>,
    /// In the sandbox, where the code can be read.
    pub sandbox_inbox: Option<String>,
}

/// One place a person belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub slug: String,
    pub name: String,
    pub role: Role,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Home {
    pub places: Vec<Place>,
    pub is_operator: bool,
}
