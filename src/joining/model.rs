//! Words of joining that both sides share.

use crate::buildings::model::BuildingBrief;
use serde::{Deserialize, Serialize};

/// The version of the consent text shown beside the button; stored with each consent.
pub const CONSENT_VERSION: &str = "2026-11";

/// What the join form needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinPage {
    pub building: BuildingBrief,
    pub consent_version: String,
    /// Kept from an earlier try in this browser (cancelled or declined payment): flat, name, phone.
    pub draft: Option<JoinDraft>,
    /// The earlier payment was cancelled or failed, and the form says so.
    pub after_cancel: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinDraft {
    pub flat: String,
    pub name: String,
    pub phone: String,
}

/// The answer of the live check under the flat's field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlatCheck {
    pub found: bool,
    /// The flat already pays: joining asks a flatmate or the committee for a yes, and is free.
    pub pays_already: bool,
    pub full: bool,
    /// The sentence to show under the field.
    pub sentence: String,
}

/// Where an attempt stands, for the pages between the form and the feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The payment page is being prepared.
    Preparing,
    /// The payment is being checked.
    Checking,
    /// Joined; this browser may enter.
    Admitted,
    /// A flatmate or the committee must say yes (the flat pays already, or the building asks for approval).
    Waiting,
    /// The person exists: he is asked to sign in with a code to his phone.
    SignInFirst,
    /// The payment page is open and nobody has paid there.
    NotFinished,
    /// The payment was not made, and its page is closed.
    NotPaid,
}

/// The success screen: "האור בדירה 14 דולק".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WelcomePage {
    pub building: BuildingBrief,
    pub flat_number: String,
    pub floor: i32,
    pub standing: Standing,
    pub name: String,
}
