//! Words of the crisis status that both sides share.

use serde::{Deserialize, Serialize};

/// What a committee may write about a danger, in characters.
pub const HAZARD_LIMIT: usize = 300;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HazardKind {
    Water,
    Gas,
    Fire,
    Electricity,
    Lift,
    Structure,
    Security,
    Other,
}

impl HazardKind {
    pub const ALL: [Self; 8] = [Self::Water, Self::Gas, Self::Fire, Self::Electricity, Self::Lift, Self::Structure, Self::Security, Self::Other];

    pub fn word(self) -> &'static str {
        match self {
            Self::Water => "water",
            Self::Gas => "gas",
            Self::Fire => "fire",
            Self::Electricity => "electricity",
            Self::Lift => "lift",
            Self::Structure => "structure",
            Self::Security => "security",
            Self::Other => "other",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// How bad it is, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Severity {
    Watch,
    Warning,
    Emergency,
}

impl Severity {
    pub const ALL: [Self; 3] = [Self::Watch, Self::Warning, Self::Emergency];

    pub fn word(self) -> &'static str {
        match self {
            Self::Watch => "watch",
            Self::Warning => "warning",
            Self::Emergency => "emergency",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.word() == word)
    }
}

/// A danger that stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HazardLine {
    pub id: String,
    pub kind: HazardKind,
    pub severity: Severity,
    /// May be empty.
    pub body: String,
    pub shared: bool,
    pub since_label: String,
}

/// The committee's page of the crisis status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HazardPage {
    pub slug: String,
    pub building: String,
    pub standing: Vec<HazardLine>,
}
