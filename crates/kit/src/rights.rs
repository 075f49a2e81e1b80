//! Who may do what: one table, read by the server's verbs and by the screens that hide what is not allowed.

use serde::{Deserialize, Serialize};

/// What a person is in a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Nobody known: a visitor with the building's link.
    Visitor,
    Resident,
    Committee,
    Treasurer,
    Chair,
    /// Of the staff of the company that manages the building; lives nowhere in it.
    Manager,
    /// A job or a schedule of ours, acting inside one tenant.
    System,
    /// The people who run the platform.
    Operator,
}

impl Role {
    pub const ALL: [Role; 8] = [Role::Visitor, Role::Resident, Role::Committee, Role::Treasurer, Role::Chair, Role::Manager, Role::System, Role::Operator];

    /// The word kept in the database.
    pub fn word(self) -> &'static str {
        match self {
            Role::Visitor => "visitor",
            Role::Resident => "resident",
            Role::Committee => "committee",
            Role::Treasurer => "treasurer",
            Role::Chair => "chair",
            Role::Manager => "manager",
            Role::System => "system",
            Role::Operator => "operator",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Role::ALL.into_iter().find(|role| role.word() == word)
    }

    pub fn is_committee(self) -> bool {
        matches!(self, Role::Committee | Role::Treasurer | Role::Chair)
    }

    /// Whether the committee's desk is this role's place: the committee's own, or the managing company's.
    pub fn has_desk(self) -> bool {
        self.is_committee() || self == Role::Manager
    }
}

/// How well a resident is known to belong to his flat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// Paid, or said yes to by nobody yet: reads and posts in the feed.
    Paid,
    /// Confirmed by the committee, two neighbours, or a code to a phone of the roster.
    Verified,
}

impl Trust {
    pub fn word(self) -> &'static str {
        match self {
            Trust::Paid => "paid",
            Trust::Verified => "verified",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        [Trust::Paid, Trust::Verified].into_iter().find(|trust| trust.word() == word)
    }
}

/// One thing a service verb may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Right {
    /// Open the join form and send it.
    Join,
    ReadFeed,
    WritePost,
    ReportPost,
    /// Say that one knows a neighbour whom nobody confirmed yet; who is confirmed himself may.
    VouchForNeighbour,
    /// Write a notice that stays on top.
    PinNotice,
    /// Take down anybody's post.
    ModerateFeed,
    /// See who joined, confirm and remove.
    ManageResidents,
    /// Open the committee's dashboard.
    SeeDashboard,
    /// Change flats, roster and invite link.
    ManageBuilding,
    /// Say which partner is told what of the building, and take it back.
    ManageAccess,
    /// Read what was done in the building, by whom.
    ReadAudit,
    /// Say that there is a danger in the building, and that it is over.
    RaiseHazard,
    /// Act on payments as our own payment engine.
    SettlePayments,
    /// Read measures across tenants.
    SeeOperator,
}

impl Right {
    pub const ALL: [Right; 15] = [
        Right::Join,
        Right::ReadFeed,
        Right::WritePost,
        Right::ReportPost,
        Right::VouchForNeighbour,
        Right::PinNotice,
        Right::ModerateFeed,
        Right::ManageResidents,
        Right::SeeDashboard,
        Right::ManageBuilding,
        Right::ManageAccess,
        Right::ReadAudit,
        Right::RaiseHazard,
        Right::SettlePayments,
        Right::SeeOperator,
    ];

    /// The whole table. A role absent from a line does not have that right.
    fn holders(self) -> &'static [Role] {
        use Role::*;
        match self {
            Right::Join => &[Visitor, Resident, Committee, Treasurer, Chair, Manager, System],
            Right::ReadFeed | Right::WritePost | Right::ReportPost => &[Resident, Committee, Treasurer, Chair, Manager, System],
            Right::VouchForNeighbour => &[Resident, Committee, Treasurer, Chair, Manager],
            Right::PinNotice | Right::ModerateFeed | Right::SeeDashboard | Right::ManageResidents => &[Committee, Treasurer, Chair, Manager, System],
            Right::ManageBuilding => &[Chair, System],
            Right::ManageAccess | Right::ReadAudit => &[Committee, Treasurer, Chair],
            Right::RaiseHazard => &[Committee, Treasurer, Chair, Manager, System],
            Right::SettlePayments => &[System],
            Right::SeeOperator => &[Operator],
        }
    }

    pub fn held_by(self, role: Role) -> bool {
        self.holders().contains(&role)
    }
}

/// The table as text, one right a line; docs/roles.txt is this, and a test keeps it so.
pub fn rights_table() -> String {
    let mut out = String::from("# Who may do what. Printed from crates/kit/src/rights.rs by a test.\n");
    for right in Right::ALL {
        let roles: Vec<_> = Role::ALL.into_iter().filter(|role| right.held_by(*role)).map(Role::word).collect();
        out.push_str(&format!("{:<18} {}\n", format!("{right:?}"), roles.join(", ")));
    }
    out
}
