//! Lines as people read them: who, what, on what, before and after, in the reader's language.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use kit::{Currency, Lang, Money, PersonId, Role, shown_line};
use serde_json::Value;
use uuid::Uuid;

use super::store::ShownLine;
use crate::audit::model::{AuditRow, act_name, family_of};
use crate::buildings::server::Named;
use crate::platform::told::event_label;

/// The first bytes and the last ones of a hash: `c81e4f…2a07`.
pub fn short(hash: &[u8], first: usize, last: usize) -> String {
    if hash.len() < first + last { String::new() } else { format!("{}…{}", hex::encode(&hash[..first]), hex::encode(&hash[hash.len() - last..])) }
}

/// Everybody and everything that lines name, to be asked for at once.
pub fn ids_in(lines: &[ShownLine]) -> Vec<Uuid> {
    let in_detail = |line: &ShownLine| ["from", "to", "flat"].into_iter().filter_map(|key| line.detail[key].as_str()?.parse().ok()).collect::<Vec<Uuid>>();
    let mut ids: Vec<Uuid> = lines.iter().flat_map(|line| line.actor.into_iter().chain(line.subject.parse().ok()).chain(in_detail(line))).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// What a page's lines are told with.
pub struct Teller<'a> {
    pub names: &'a HashMap<Uuid, Named>,
    pub lang: Lang,
    pub zone: TimeZone,
    pub now: Timestamp,
}

impl Teller<'_> {
    fn say(&self, he: &str, en: &str) -> String {
        if self.lang == Lang::He { he.to_owned() } else { en.to_owned() }
    }

    pub fn row(&self, line: &ShownLine) -> AuditRow {
        let at = line.created_at.to_jiff();
        let moment = self.zone.to_datetime(at);
        let day = event_label(self.now, at, &self.zone, self.lang);
        let automatic = line.actor_role == Role::System.word();
        let (before, after) = self.change(line);
        AuditRow {
            seq: line.seq,
            day: day.rsplit_once(", ").map(|(day, _)| day.to_owned()).unwrap_or(day),
            clock: format!("{:02}:{:02}:{:02}", moment.hour(), moment.minute(), moment.second()),
            when: at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            who: self.who(line),
            who_place: self.role(&line.actor_role),
            automatic,
            tone: line.actor.map_or(1, |person| PersonId(person).tone()),
            act: shown_line(&act_name(&line.act, self.lang)),
            family: family_of(&line.act),
            about: self.about(line),
            amount: amount(&line.detail),
            before,
            after,
            note: line.detail["reason"].as_str().map(shown_line).filter(|reason| !reason.is_empty()).or_else(|| self.times(line)),
            from: line.address.as_deref().map(shown_line).unwrap_or_default(),
            fingerprint: short(&line.hash, 2, 1),
        }
    }

    /// How often in an hour, where many tries are one line.
    fn times(&self, line: &ShownLine) -> Option<String> {
        let times = line.detail["times"].as_i64()?;
        Some(self.say(&format!("{times} פעמים בתוך שעה"), &format!("{times} times within an hour")))
    }

    /// Who acted. Whoever has no place in the building is told without a name: it is not the building's to know.
    pub fn who(&self, line: &ShownLine) -> String {
        match line.actor {
            Some(person) => match self.names.get(&person) {
                Some(named) => named.name.clone(),
                None => self.say("מישהו מחוץ לבניין", "Somebody from outside"),
            },
            None if line.actor_role == Role::System.word() => self.say("ונטרה", "Vantera"),
            None => self.say("לא מזוהה", "Not known"),
        }
    }

    pub fn role(&self, word: &str) -> String {
        match Role::from_word(word) {
            Some(Role::Visitor) => self.say("אורח", "Visitor"),
            Some(Role::Resident) => self.say("דייר", "Resident"),
            Some(Role::Committee) => self.say("ועד הבית", "Committee"),
            Some(Role::Treasurer) => self.say("גזברות", "Treasurer"),
            Some(Role::Chair) => self.say("יו״ר", "Chair"),
            Some(Role::Manager) => self.say("חברת הניהול", "Management company"),
            Some(Role::System) => self.say("אוטומטי", "Automatic"),
            Some(Role::Operator) => self.say("תמיכה", "Support"),
            None => shown_line(word),
        }
    }

    /// On what.
    pub fn about(&self, line: &ShownLine) -> String {
        if let Some(name) = line.detail["name"].as_str() {
            return shown_line(name);
        }
        let id = line.subject.parse::<Uuid>().ok();
        match id.and_then(|id| self.names.get(&id)) {
            Some(named) => self.named(named),
            // An id says nothing to people; its last part is enough to find it again.
            None if id.is_some() => line.subject.rsplit('-').next().unwrap_or_default().to_owned(),
            None => shown_line(&line.subject),
        }
    }

    fn named(&self, named: &Named) -> String {
        let flat = named.flat.as_ref().map(|flat| self.say(&format!("דירה \u{2068}{flat}\u{2069}"), &format!("flat \u{2068}{flat}\u{2069}")));
        match (named.name.is_empty(), flat) {
            (true, flat) => flat.unwrap_or_default(),
            (false, None) => named.name.clone(),
            (false, Some(flat)) => format!("\u{2068}{}\u{2069}, {flat}", named.name),
        }
    }

    /// What it was, and what it is now.
    pub fn change(&self, line: &ShownLine) -> (Option<String>, Option<String>) {
        let told = |key: &str| match &line.detail[key] {
            Value::String(text) => Some(self.value(text)),
            Value::Number(number) => Some(number.to_string()),
            Value::Null if line.detail.get(key).is_some() => Some(self.say("ללא", "none")),
            _ => None,
        };
        match line.act.as_str() {
            "resident.removed" => (Some(self.say("בבניין", "in the building")), Some(self.say("הוסר", "removed"))),
            "resident.verified" => (None, line.detail["by"].as_str().map(|by| self.by(by))),
            "resident.joined" => (None, line.detail["verified_by"].as_str().map(|by| self.by(by))),
            _ => (told("from"), told("to")),
        }
    }

    fn value(&self, text: &str) -> String {
        if let Some(named) = text.parse().ok().and_then(|id: Uuid| self.names.get(&id)) {
            return self.named(named);
        }
        match Role::from_word(text) {
            Some(_) => self.role(text),
            None => shown_line(text),
        }
    }

    /// How somebody was confirmed.
    fn by(&self, word: &str) -> String {
        match word {
            "code" => self.say("בקוד לטלפון", "by a code to the phone"),
            "committee" => self.say("בידי הוועד", "by the committee"),
            "neighbours" => self.say("בידי שכנים", "by neighbours"),
            "founder" => self.say("עם פתיחת הבניין", "with the building's opening"),
            other => shown_line(other),
        }
    }
}

/// An amount with its currency.
pub fn amount(detail: &Value) -> Option<Money> {
    let currency = Currency::from_code(detail["currency"].as_str()?)?;
    Some(Money { amount_minor: detail["amount_minor"].as_i64()?, currency })
}
