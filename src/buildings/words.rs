//! The words of the building's screens, in both languages.

use kit::{Lang, Role};

mod english;
mod hazards;
mod hebrew;
mod offices;

use english::EN;
pub use hazards::{HazardWords, hazard_words};
use hebrew::HE;
pub use offices::office_words;

pub struct Words {
    // opening
    pub open_title: &'static str,
    pub open_heading: [&'static str; 2],
    pub open_lead: &'static str,
    pub open_next: [&'static str; 3],
    pub sample: &'static str,
    pub address: &'static str,
    pub street: &'static str,
    pub street_place: &'static str,
    pub city: &'static str,
    pub city_place: &'static str,
    pub flats: &'static str,
    pub flats_hint: &'static str,
    pub first_flat: &'static str,
    pub last_flat: &'static str,
    pub per_floor: &'static str,
    pub own_list: &'static str,
    pub the_list: &'static str,
    pub own_list_hint: &'static str,
    pub file: &'static str,
    pub paste: &'static str,
    pub paste_place: &'static str,
    pub check_list: &'static str,
    pub check_again: &'static str,
    pub edit_list: &'static str,
    pub list_good: fn(usize, usize) -> String,
    pub list_bad: fn(usize) -> String,
    pub list_wins: &'static str,
    pub list_table: &'static str,
    pub line: &'static str,
    pub flat: &'static str,
    pub floor: &'static str,
    pub name_column: &'static str,
    pub phone_column: &'static str,
    pub founder: &'static str,
    pub name: &'static str,
    pub name_place: &'static str,
    pub phone: &'static str,
    pub phone_hint: &'static str,
    pub own_flat: &'static str,
    pub own_flat_hint: &'static str,
    pub joining: &'static str,
    pub invite_code: &'static str,
    pub invite_code_hint: &'static str,
    pub approval: &'static str,
    pub approval_hint: &'static str,
    pub open_button: &'static str,
    pub free: &'static str,
    pub consent: [&'static str; 3],
    pub terms: &'static str,
    pub privacy: &'static str,
    pub known_sign_in: &'static str,
    // the committee's frame
    pub overview: &'static str,
    pub residents: &'static str,
    pub board: &'static str,
    pub audit: &'static str,
    pub access: &'static str,
    pub more: &'static str,
    pub committee_of: fn(&str) -> String,
    pub role: fn(Role) -> &'static str,
    pub company: &'static str,
    pub company_body: &'static str,
    // dashboard
    pub nothing_waits: &'static str,
    pub waits: fn(usize) -> String,
    pub flats_joined: &'static str,
    pub out_of: fn(u32) -> String,
    pub people: fn(i64, i64) -> String,
    pub share: fn(u32) -> String,
    /// Under the number of flats: people, who is new this month, what waits.
    pub figures: [&'static str; 3],
    pub write_to_all: &'static str,
    pub lit_means: &'static str,
    pub invite: &'static str,
    pub poster: &'static str,
    pub waiting: &'static str,
    pub waiting_why: &'static str,
    pub asked: fn(&str, &str) -> String,
    pub on_roster: &'static str,
    pub not_on_roster: &'static str,
    pub yes: &'static str,
    pub no: &'static str,
    pub unverified: &'static str,
    pub unverified_why: &'static str,
    pub all_residents: fn(i64) -> String,
    pub first_step: &'static str,
    pub quiet: &'static str,
    pub quiet_why: &'static str,
    pub activity: &'static str,
    pub activity_none: &'static str,
    pub live_told: &'static str,
    pub live_more: &'static str,
    pub live_show: &'static str,
    pub live_lost: &'static str,
    // join times
    pub funnel: &'static str,
    pub funnel_days: fn(i64) -> String,
    pub funnel_none: &'static str,
    pub funnel_label: fn(i64, i64) -> String,
    pub steps: [&'static str; 5],
    pub stopped: fn(i64) -> String,
    pub reached_within: fn(&str, &str) -> String,
    pub times: &'static str,
    pub half: &'static str,
    pub nearly_all: &'static str,
    pub target_met: &'static str,
    pub target_missed: &'static str,
    pub no_times: &'static str,
    pub seconds: fn(i64) -> String,
    pub minutes: fn(i64, i64) -> String,
    // residents
    pub residents_sub: fn(usize, u32) -> String,
    pub missing: fn(&str) -> String,
    pub missing_many: fn(u32) -> String,
    pub facade: fn(u32, u32) -> String,
    pub half_means: &'static str,
    pub joined: &'static str,
    pub who: &'static str,
    pub when: &'static str,
    pub took: fn(&str) -> String,
    pub vouched_by: fn(&str) -> String,
    pub state: &'static str,
    pub actions: &'static str,
    pub verified: &'static str,
    pub paid: &'static str,
    pub confirm: &'static str,
    pub remove: &'static str,
    pub place: fn(&str, i32) -> String,
    pub no_flat: &'static str,
    pub removed: fn(usize) -> String,
    pub invite_title: &'static str,
    pub invite_body: &'static str,
    pub invite_link: &'static str,
    pub invite_with_code: &'static str,
    pub whatsapp: &'static str,
    pub whatsapp_text: fn(&str, &str) -> String,
    pub remove_title: fn(&str, &str) -> String,
    pub remove_body: &'static str,
    pub remove_facts: [&'static str; 3],
    pub reason: &'static str,
    pub reason_place: &'static str,
    pub remove_yes: &'static str,
    pub remove_no: &'static str,
    // the lobby's sheet
    pub poster_title: &'static str,
    pub poster_heading: [&'static str; 2],
    pub poster_steps: [&'static str; 3],
    pub poster_scan: &'static str,
    pub poster_code: &'static str,
    pub poster_print: &'static str,
    pub poster_alt: &'static str,
    pub poster_foot: &'static str,
}

pub fn words(lang: Lang) -> &'static Words {
    match lang {
        Lang::He => &HE,
        Lang::En => &EN,
    }
}

impl Words {
    /// A duration as people say it: "47 שנ׳" below a hundred seconds, else "1:52 דק׳". Rounded up: a promise is not made
    /// shorter than it is.
    pub fn duration(&self, ms: i64) -> String {
        let seconds = (ms.max(0) + 999) / 1000;
        if seconds < 100 { (self.seconds)(seconds) } else { (self.minutes)(seconds / 60, seconds % 60) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_rounded_up_and_said_in_minutes_when_long() {
        for (ms, told) in [(0, "0 שנ׳"), (1, "1 שנ׳"), (46_100, "47 שנ׳"), (99_000, "99 שנ׳"), (112_000, "1:52 דק׳"), (3_600_000, "60:00 דק׳")] {
            assert_eq!(HE.duration(ms), told);
        }
    }
}
