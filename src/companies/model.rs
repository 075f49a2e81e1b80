//! Words of companies that both sides share.

use serde::{Deserialize, Serialize};

/// The longest name of a company, in characters.
pub const NAME_LIMIT: usize = 60;

/// What somebody is in a company.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Post {
    /// Chooses the staff.
    Owner,
    /// Works in the buildings.
    Staff,
}

impl Post {
    pub const ALL: [Post; 2] = [Post::Staff, Post::Owner];

    /// The word kept in the database.
    pub fn word(self) -> &'static str {
        match self {
            Post::Owner => "owner",
            Post::Staff => "staff",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Post::ALL.into_iter().find(|post| post.word() == word)
    }
}

/// The page that opens a company: nothing stands there but the form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompanyOpening {
    /// The person's own name, as an owner is called at first.
    pub name: String,
}

/// A company as its staff see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Company {
    pub code: String,
    pub name: String,
    /// Whether the reader chooses the staff.
    pub owns: bool,
    pub staff: Vec<StaffRow>,
    pub buildings: Vec<ManagedBuilding>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffRow {
    pub staff: String,
    pub name: String,
    /// As it is dialled; only owners read it.
    pub phone: String,
    pub post: Post,
    pub is_me: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManagedBuilding {
    pub slug: String,
    pub name: String,
}

/// The chair's page about who manages the building.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildingCompany {
    pub slug: String,
    pub building: String,
    /// The company the building is given to now.
    pub company: Option<String>,
    /// Since which day, told in words.
    pub since_label: String,
}

/// A code as it is compared: people type small letters, spaces and dashes. `None` when it cannot be one.
pub fn clean_code(typed: &str) -> Option<String> {
    let code: String = typed.chars().filter(|ch| !ch.is_whitespace() && *ch != '-').take(CODE_LENGTH + 1).map(|ch| ch.to_ascii_uppercase()).collect();
    (code.len() == CODE_LENGTH && code.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())).then_some(code)
}

/// Letters and digits of a code.
pub const CODE_LENGTH: usize = 8;

#[cfg(test)]
mod tests {
    use super::clean_code;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        for (typed, code) in
            [("k7mq-2xpd", Some("K7MQ2XPD")), (" K7MQ 2XPD ", Some("K7MQ2XPD")), ("K7MQ2XP", None), ("K7MQ2XPDD", None), ("", None), ("קוד12345", None), ("K7MQ2XP'", None)]
        {
            assert_eq!(clean_code(typed).as_deref(), code, "{typed}");
        }
    }
}
