//! The words of the queues' page.

use kit::Lang;

pub struct QueueWords {
    pub console: &'static str,
    pub team: &'static str,
    pub title: &'static str,
    /// How many wait, and how long the oldest has.
    pub lead: fn(i64, Option<String>) -> String,
    pub join_times: &'static str,
    /// The name of a lane by its word.
    pub lane: fn(&str) -> &'static str,
    pub waiting: &'static str,
    pub oldest: &'static str,
    pub running: &'static str,
    pub later: &'static str,
    pub hour: &'static str,
    /// Done in each part of the last hour, for whoever cannot see the line.
    pub pace: fn(i64) -> String,
    pub failed: fn(i64) -> String,
    pub works: &'static str,
    pub empty: &'static str,
    pub retrying: &'static str,
    pub retrying_none: &'static str,
    pub next_in: fn(&str) -> String,
    pub now: &'static str,
    pub tries: fn(i32, i32) -> String,
    pub dead: &'static str,
    pub dead_none: &'static str,
    pub dead_none_why: &'static str,
    pub since: fn(&str) -> String,
    pub job: &'static str,
    pub reason: &'static str,
    pub tries_head: &'static str,
    pub since_head: &'static str,
    pub decide: &'static str,
    pub history: &'static str,
    pub took: fn(i64) -> String,
    pub replay: &'static str,
    pub replay_all: fn(&str) -> String,
    pub discard: &'static str,
    pub discarded: &'static str,
    pub restore: &'static str,
    pub schedules: &'static str,
    pub schedules_none: &'static str,
    pub schedule: &'static str,
    pub places: &'static str,
    pub last: &'static str,
    pub next: &'static str,
    pub platform: &'static str,
    pub did_replay: &'static str,
    /// Nothing was put in: a job of the same key waits or runs.
    pub did_wait: &'static str,
    /// Of all of a task, some were put in and others not.
    pub did_some: &'static str,
    pub did_discard: &'static str,
    pub did_restore: &'static str,
    pub too_late: &'static str,
    pub lost: &'static str,
    /// A stretch of time, from seconds.
    pub span: fn(i64) -> String,
}

/// `2:40`, `3:05:00`: minutes and seconds, with hours when there are any.
fn clock(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

fn span_he(seconds: i64) -> String {
    match seconds {
        ..3600 => format!("{} דק׳", clock(seconds)),
        3600..172_800 => format!("{} שע׳", clock(seconds)),
        _ => format!("{} ימים", seconds / 86_400),
    }
}

fn span_en(seconds: i64) -> String {
    match seconds {
        ..3600 => format!("{} min", clock(seconds)),
        3600..172_800 => format!("{} h", clock(seconds)),
        _ => format!("{} days", seconds / 86_400),
    }
}

pub const HE: QueueWords = QueueWords {
    console: "מסוף תפעול",
    team: "צוות ונטרה",
    title: "תורים",
    lead: |waiting, oldest| match (waiting, oldest) {
        (0, _) => "אף עבודה לא ממתינה".into(),
        (1, Some(oldest)) => format!("עבודה אחת ממתינה, {oldest}"),
        (_, Some(oldest)) => format!("{waiting} ממתינות · הוותיקה {oldest}"),
        (_, None) => format!("{waiting} ממתינות"),
    },
    join_times: "זמני הצטרפות",
    lane: |lane| match lane {
        "payments" => "תשלומים",
        "rooms" => "פעולות הבניין",
        "messages" => "הודעות וקודים",
        "webhooks" => "Webhooks יוצאים",
        "ai" => "טיוטות בוט",
        "reports" => "דוחות ומסמכים",
        "housekeeping" => "תחזוקה",
        "none" => "בלי מסלול",
        _ => "מסלול אחר",
    },
    waiting: "ממתינות",
    oldest: "הוותיקה",
    running: "רצות",
    later: "מתוזמנות",
    hour: "בשעה האחרונה",
    pace: |done| format!("{done} הושלמו בשעה האחרונה"),
    failed: |count| if count == 1 { "ניסיון אחד נכשל".into() } else { format!("{count} ניסיונות נכשלו") },
    works: "פועל",
    empty: "ריק",
    retrying: "ניסיונות חוזרים",
    retrying_none: "אין עבודות שמחכות לניסיון נוסף.",
    next_in: |span| format!("בעוד {span}"),
    now: "עכשיו",
    tries: |done, most| format!("{done}/{most}"),
    dead: "נכשלו סופית",
    dead_none: "שום עבודה לא אבדה",
    dead_none_why: "עבודה שניצלה את כל הניסיונות תחכה כאן להחלטה.",
    since: |span| format!("לפני {span}"),
    job: "עבודה",
    reason: "סיבה",
    tries_head: "ניסיונות",
    since_head: "מאז",
    decide: "החלטה",
    history: "כל הניסיונות",
    took: |ms| format!("{ms} ms"),
    replay: "הרצה חוזרת",
    replay_all: |task| format!("הרצה חוזרת של כל {task}"),
    discard: "ויתור",
    discarded: "ויתרנו עליהן ביממה האחרונה",
    restore: "החזרה",
    schedules: "לפי שעון",
    schedules_none: "עוד לא נרשמו ריצות לפי שעון.",
    schedule: "תזמון",
    places: "בניינים",
    last: "ריצה אחרונה",
    next: "הבאה",
    platform: "כל המערכת",
    did_replay: "העבודה חזרה לתור",
    did_wait: "אותה עבודה כבר ממתינה או רצה, ולכן זו נשארה ברשימה",
    did_some: "חלק מהעבודות חזרו לתור. אחרות כבר ממתינות או רצות, ולכן נשארו ברשימה",
    did_discard: "ויתרנו על העבודה",
    did_restore: "העבודה חזרה לרשימה",
    too_late: "כבר הוחלט על העבודה הזאת",
    lost: "אין חיבור כרגע. המספרים יתעדכנו כשהחיבור יחזור.",
    span: span_he,
};

pub const EN: QueueWords = QueueWords {
    console: "Operator's console",
    team: "Vantera's team",
    title: "Queues",
    lead: |waiting, oldest| match (waiting, oldest) {
        (0, _) => "Nothing waits".into(),
        (1, Some(oldest)) => format!("One job waits, {oldest}"),
        (_, Some(oldest)) => format!("{waiting} wait · the oldest {oldest}"),
        (_, None) => format!("{waiting} wait"),
    },
    join_times: "Join times",
    lane: |lane| match lane {
        "payments" => "Payments",
        "rooms" => "Building's doings",
        "messages" => "Messages and codes",
        "webhooks" => "Outgoing webhooks",
        "ai" => "Bot drafts",
        "reports" => "Reports and documents",
        "housekeeping" => "Housekeeping",
        "none" => "Without a lane",
        _ => "Another lane",
    },
    waiting: "waiting",
    oldest: "oldest",
    running: "running",
    later: "for later",
    hour: "last hour",
    pace: |done| format!("{done} done in the last hour"),
    failed: |count| if count == 1 { "one try failed".into() } else { format!("{count} tries failed") },
    works: "working",
    empty: "empty",
    retrying: "To be tried again",
    retrying_none: "No job waits for another try.",
    next_in: |span| format!("in {span}"),
    now: "now",
    tries: |done, most| format!("{done}/{most}"),
    dead: "Dead letters",
    dead_none: "No job was lost",
    dead_none_why: "A job that has spent its tries will wait here for a decision.",
    since: |span| format!("{span} ago"),
    job: "Job",
    reason: "Reason",
    tries_head: "Tries",
    since_head: "Since",
    decide: "Decision",
    history: "All tries",
    took: |ms| format!("{ms} ms"),
    replay: "Run again",
    replay_all: |task| format!("Run all {task} again"),
    discard: "Discard",
    discarded: "Discarded within a day",
    restore: "Put back",
    schedules: "By the clock",
    schedules_none: "No run by the clock is noted yet.",
    schedule: "Schedule",
    places: "Buildings",
    last: "Last run",
    next: "Next",
    platform: "the platform",
    did_replay: "The job is in the queue again",
    did_wait: "The same job waits or runs already, so this one stays in the list",
    did_some: "Some jobs are in the queue again. Others wait or run already, so they stay in the list",
    did_discard: "The job was discarded",
    did_restore: "The job is back in the list",
    too_late: "This job was decided about before",
    lost: "No connection. Numbers move again when it is back.",
    span: span_en,
};

pub fn queue_words(lang: Lang) -> &'static QueueWords {
    match lang {
        Lang::He => &HE,
        Lang::En => &EN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_of_time_are_told_in_the_unit_they_are_felt_in() {
        assert_eq!([(HE.span)(160), (HE.span)(4), (EN.span)(11_100), (HE.span)(400_000), (EN.span)(-3)], ["2:40 דק׳", "0:04 דק׳", "3:05:00 h", "4 ימים", "0:00 min"]);
    }
}
