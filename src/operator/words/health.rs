//! The words of the page of health: one sentence a fact.

use kit::Lang;

use super::queue_words;
use crate::operator::model::health::{Fact, Part, Stand};

pub struct HealthWords {
    pub title: &'static str,
    /// How many facts are not well.
    pub lead: fn(usize) -> String,
    pub part: fn(Part) -> &'static str,
    pub stand: fn(Stand) -> &'static str,
    pub sentence: fn(&Fact) -> String,
}

fn role(word: &str, lang: Lang) -> &'static str {
    let (he, en) = match word {
        "web" => ("האתר", "the web role"),
        "worker" => ("העובדים", "the worker role"),
        "payments" => ("מנוע התשלומים", "the payments role"),
        _ => ("תפקיד אחר", "another role"),
    };
    if lang == Lang::He { he } else { en }
}

fn lanes(all: &[String], lang: Lang) -> String {
    all.iter().map(|lane| (queue_words(lang).lane)(lane)).collect::<Vec<_>>().join(", ")
}

/// Words of another script inside a sentence.
fn apart(text: &str) -> String {
    format!("\u{2068}{text}\u{2069}")
}

fn hebrew(fact: &Fact) -> String {
    let span = |seconds: i64| (queue_words(Lang::He).span)(seconds);
    match fact {
        Fact::Ready { leaving: false } => "התהליך שענה מוכן לבקשות.".into(),
        Fact::Ready { leaving: true } => "התהליך שענה נעצר ולא מקבל עוד בקשות.".into(),
        Fact::Database { took_ms } => format!("מסד הנתונים עונה, בתוך {}.", apart(&format!("{took_ms} ms"))),
        Fact::Pool { used, idle, most } => format!("חיבורים של התהליך שענה: {used} בשימוש, {idle} פנויים, {most} לכל היותר."),
        Fact::Connections { role: of, count: 1 } => format!("{}: חיבור אחד למסד, מכל התהליכים.", role(of, Lang::He)),
        Fact::Connections { role: of, count } => format!("{}: {count} חיבורים למסד, מכל התהליכים.", role(of, Lang::He)),
        Fact::Runners { role: of, alive: 0, silent: 0, .. } => format!("{}: אף מריץ עבודות לא נשמע.", role(of, Lang::He)),
        Fact::Runners { role: of, alive, silent, heard_s, idle } => {
            let count = |n: i64, one: &str, many: &str| if n == 1 { one.to_owned() } else { format!("{n} {many}") };
            let mut told = format!("{}: {}, {}", role(of, Lang::He), count(*alive, "מריץ אחד חי", "מריצים חיים"), count(*silent, "אחד שותק", "שותקים"));
            if let Some(heard_s) = heard_s {
                told.push_str(&format!(", האחרון נשמע לפני {}", span(*heard_s)));
            }
            if !idle.is_empty() {
                told.push_str(&format!("; בלי מריץ: {}", lanes(idle, Lang::He)));
            }
            told + "."
        }
        Fact::Waits { lane, oldest_s: None } => format!("{}: אף עבודה לא ממתינה.", (queue_words(Lang::He).lane)(lane)),
        Fact::Waits { lane, oldest_s: Some(oldest_s) } => format!("{}: העבודה הוותיקה ממתינה {}.", (queue_words(Lang::He).lane)(lane), span(*oldest_s)),
        Fact::Schedule { name, last_label, late_s: late_s @ 1.., .. } => format!("{} רץ {last_label}, והיה צריך לרוץ לפני {}.", apart(name), span(*late_s)),
        Fact::Schedule { name, last_label, next_label, .. } => format!("{} רץ {last_label}, והבא בתור: {next_label}.", apart(name)),
        Fact::Astray { part: None, .. } => "כל השורות נמצאות במחיצה של החודש שלהן.".into(),
        Fact::Astray { part: Some(part), bytes } => format!("במחיצה בלי חודש {} יש {}.", apart(part), apart(&format!("{} kB", bytes / 1024))),
        Fact::Unrouted { count: 0 } => "כל אירוע נכנס מצא למי הוא שייך.".into(),
        Fact::Unrouted { count: 1 } => "אירוע נכנס אחד מחכה שיהיה ידוע למי הוא שייך.".into(),
        Fact::Unrouted { count } => format!("{count} אירועים נכנסים מחכים שיהיה ידוע למי הם שייכים."),
        Fact::Anchored { ago_s: None } => "יומן הביקורת עוד לא נחתם.".into(),
        Fact::Anchored { ago_s: Some(ago_s) } => format!("יומן הביקורת נחתם לפני {}.", span(*ago_s)),
    }
}

fn english(fact: &Fact) -> String {
    let span = |seconds: i64| (queue_words(Lang::En).span)(seconds);
    match fact {
        Fact::Ready { leaving: false } => "The process that answered is ready for requests.".into(),
        Fact::Ready { leaving: true } => "The process that answered is stopping and takes no more requests.".into(),
        Fact::Database { took_ms } => format!("The database answers, within {took_ms} ms."),
        Fact::Pool { used, idle, most } => format!("Connections of the process that answered: {used} in use, {idle} idle, {most} at most."),
        Fact::Connections { role: of, count: 1 } => format!("One connection of {}, in all processes.", role(of, Lang::En)),
        Fact::Connections { role: of, count } => format!("{count} connections of {}, in all processes.", role(of, Lang::En)),
        Fact::Runners { role: of, alive: 0, silent: 0, .. } => format!("No job runner of {} is heard.", role(of, Lang::En)),
        Fact::Runners { role: of, alive, silent, heard_s, idle } => {
            let mut told = format!("Job runners of {}: {alive} alive, {silent} silent", role(of, Lang::En));
            if let Some(heard_s) = heard_s {
                told.push_str(&format!(", the last heard {} ago", span(*heard_s)));
            }
            if !idle.is_empty() {
                told.push_str(&format!("; no runner for {}", lanes(idle, Lang::En)));
            }
            told + "."
        }
        Fact::Waits { lane, oldest_s: None } => format!("{}: no job waits.", (queue_words(Lang::En).lane)(lane)),
        Fact::Waits { lane, oldest_s: Some(oldest_s) } => format!("{}: the oldest job has waited {}.", (queue_words(Lang::En).lane)(lane), span(*oldest_s)),
        Fact::Schedule { name, last_label, late_s: late_s @ 1.., .. } => format!("{name} ran {last_label} and was due {} ago.", span(*late_s)),
        Fact::Schedule { name, last_label, next_label, .. } => format!("{name} ran {last_label}; the next run is {next_label}."),
        Fact::Astray { part: None, .. } => "Every row lies in the partition of its month.".into(),
        Fact::Astray { part: Some(part), bytes } => format!("The partition of no month {part} holds {} kB.", bytes / 1024),
        Fact::Unrouted { count: 0 } => "Every inbound event found whom it belongs to.".into(),
        Fact::Unrouted { count: 1 } => "One inbound event waits until it is known whom it belongs to.".into(),
        Fact::Unrouted { count } => format!("{count} inbound events wait until it is known whom they belong to."),
        Fact::Anchored { ago_s: None } => "The audit log was never sealed yet.".into(),
        Fact::Anchored { ago_s: Some(ago_s) } => format!("The audit log was sealed {} ago.", span(*ago_s)),
    }
}

const HE: HealthWords = HealthWords {
    title: "תקינות",
    lead: |unwell| match unwell {
        0 => "הכול תקין".into(),
        1 => "דבר אחד דורש מבט".into(),
        unwell => format!("{unwell} דברים דורשים מבט"),
    },
    part: |part| match part {
        Part::Processes => "תהליכים ומסד נתונים",
        Part::Queues => "תורים",
        Part::Schedules => "לפי שעון",
        Part::Kept => "מה ששמור",
    },
    stand: |stand| match stand {
        Stand::Well => "תקין",
        Stand::Watch => "כדאי לבדוק",
        Stand::Bad => "תקלה",
    },
    sentence: hebrew,
};

const EN: HealthWords = HealthWords {
    title: "Health",
    lead: |unwell| match unwell {
        0 => "All is well".into(),
        1 => "One thing needs a look".into(),
        unwell => format!("{unwell} things need a look"),
    },
    part: |part| match part {
        Part::Processes => "Processes and database",
        Part::Queues => "Queues",
        Part::Schedules => "By the clock",
        Part::Kept => "What is kept",
    },
    stand: |stand| match stand {
        Stand::Well => "Well",
        Stand::Watch => "Take a look",
        Stand::Bad => "Wrong",
    },
    sentence: english,
};

pub fn health(lang: Lang) -> &'static HealthWords {
    match lang {
        Lang::He => &HE,
        Lang::En => &EN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_is_one_sentence_in_both_languages() {
        let facts = [
            Fact::Ready { leaving: true },
            Fact::Database { took_ms: 2 },
            Fact::Pool { used: 1, idle: 2, most: 16 },
            Fact::Connections { role: "web".into(), count: 4 },
            Fact::Runners { role: "worker".into(), alive: 0, silent: 0, heard_s: None, idle: vec!["rooms".into()] },
            Fact::Runners { role: "worker".into(), alive: 5, silent: 1, heard_s: Some(3), idle: vec!["rooms".into()] },
            Fact::Waits { lane: "rooms".into(), oldest_s: Some(61) },
            Fact::Schedule { name: "platform.tidy".into(), last_label: "22.11".into(), next_label: "23.11".into(), late_s: 0 },
            Fact::Schedule { name: "platform.tidy".into(), last_label: "22.11".into(), next_label: "23.11".into(), late_s: 500 },
            Fact::Astray { part: Some("audit_log_other".into()), bytes: 8192 },
            Fact::Unrouted { count: 2 },
            Fact::Anchored { ago_s: Some(60) },
        ];
        for fact in &facts {
            for lang in [Lang::He, Lang::En] {
                let told = (health(lang).sentence)(fact);
                assert!(told.ends_with('.') && told.len() > 10, "{told}");
            }
        }
        assert_eq!((EN.sentence)(&facts[5]), "Job runners of the worker role: 5 alive, 1 silent, the last heard 0:03 min ago; no runner for Building's doings.");
    }
}
