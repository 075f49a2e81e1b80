//! What the gateway's screens say, in both languages.

mod english;
mod hebrew;

use kit::Lang;

use super::model::{PartnerKind, Scope};

pub struct Words {
    pub open_title: &'static str,
    pub open_lead: &'static str,
    pub own: &'static str,
    pub name: &'static str,
    pub name_hint: &'static str,
    pub kind_label: &'static str,
    pub kind: fn(PartnerKind) -> &'static str,
    pub open: &'static str,
    pub docs: &'static str,

    pub code: &'static str,
    pub code_hint: &'static str,
    pub shown_key: &'static str,
    pub shown_secret: &'static str,
    pub shown_hint: &'static str,
    pub endpoints: &'static str,
    pub no_endpoints: &'static str,
    pub active: &'static str,
    /// By the reason kept in the database.
    pub disabled: fn(&str) -> &'static str,
    pub hears_all: &'static str,
    pub secret_since: fn(&str) -> String,
    pub overlap: fn(&str) -> String,
    pub rotate: &'static str,
    pub pause: &'static str,
    pub resume: &'static str,
    pub delete: &'static str,
    pub delete_sure: &'static str,
    pub change_types: &'static str,
    pub save: &'static str,
    pub add_endpoint: &'static str,
    pub url: &'static str,
    pub url_hint: &'static str,
    pub description: &'static str,
    pub types: &'static str,
    pub types_hint: &'static str,

    pub test: &'static str,
    pub log: &'static str,
    pub no_log: &'static str,
    pub columns: [&'static str; 6],
    /// By the state kept in the database.
    pub state: fn(&str) -> &'static str,
    pub next: fn(&str) -> String,
    pub again: &'static str,
    pub test_event: &'static str,
    pub switched_off: fn(&str, &str) -> String,
    pub put_away: &'static str,

    pub keys: &'static str,
    pub no_keys: &'static str,
    pub add_key: &'static str,
    pub key_name: &'static str,
    pub key_name_hint: &'static str,
    pub scope_label: &'static str,
    pub scope: fn(Scope) -> &'static str,
    pub made: fn(&str) -> String,
    pub used: fn(&str) -> String,
    pub never_used: &'static str,
    pub revoke: &'static str,
    pub revoked: &'static str,

    pub buildings: &'static str,
    pub no_buildings: &'static str,
    pub building_since: fn(&str) -> String,
    pub until: fn(&str) -> String,

    pub access_title: &'static str,
    pub access_lead: &'static str,
    pub connected: &'static str,
    pub nobody: &'static str,
    pub nobody_why: &'static str,
    pub granted: fn(&str) -> String,
    pub no_end: &'static str,
    pub live: &'static str,
    pub over: &'static str,
    pub what_is_told: &'static str,
    pub until_label: &'static str,
    pub until_hint: &'static str,
    pub withdraw: &'static str,
    pub withdraw_of: fn(&str) -> String,
    pub change: &'static str,
    pub give_title: &'static str,
    pub give_lead: &'static str,
    pub partner_code: &'static str,
    pub partner_code_hint: &'static str,
    pub give: &'static str,
    pub past: &'static str,
    pub past_line: fn(&str, &str) -> String,
    pub at_once: &'static str,

    pub dev_title: &'static str,
    pub dev_lead: &'static str,
    pub dev_steps_title: &'static str,
    pub dev_steps: [&'static str; 5],
    pub dev_base: &'static str,
    pub dev_openapi: &'static str,
    pub dev_events: &'static str,
    pub dev_events_lead: &'static str,
    pub dev_schema: &'static str,
    pub dev_published: &'static str,
    pub dev_to_come: &'static str,
    pub dev_verify: &'static str,
    pub dev_verify_lead: &'static str,
    pub dev_rules_title: &'static str,
    pub dev_rules: [&'static str; 5],
    pub dev_start: &'static str,

    /// What an entry of a list is called, and what is told and what is not.
    pub entry: fn(&str) -> (&'static str, &'static str),
}

pub fn words(lang: Lang) -> &'static Words {
    match lang {
        Lang::He => &hebrew::HE,
        Lang::En => &english::EN,
    }
}

#[cfg(test)]
mod tests {
    use kit::Lang;

    use super::words;
    use crate::gateway::model::CHOICES;

    #[test]
    fn every_choice_is_explained_in_both_languages() {
        for lang in [Lang::He, Lang::En] {
            for choice in CHOICES {
                let (title, told) = (words(lang).entry)(choice);
                assert!(!title.is_empty() && told.chars().count() > 10, "{choice}");
            }
        }
    }
}
