//! The words of the page of slow requests.

use kit::Lang;

pub struct SlowWords {
    pub title: &'static str,
    pub lead: &'static str,
    /// Which process is shown, and from how many milliseconds on a request is slow.
    pub process: fn(&str, u64) -> String,
    pub none: &'static str,
    pub none_why: &'static str,
    pub no_route: &'static str,
    pub request: &'static str,
}

const HE: SlowWords = SlowWords {
    title: "בקשות איטיות",
    lead: "בשעה האחרונה",
    process: |process, from_ms| {
        format!("כאן מופיע תהליך אחד, \u{2068}{process}\u{2069}, זה שענה עכשיו. כל תהליך זוכר את הבקשות שלו מ־\u{2068}{from_ms} ms\u{2069} ומעלה, ושוכח אותן כשהוא נעצר.")
    },
    none: "אין בקשות איטיות",
    none_why: "בשעה האחרונה התהליך הזה ענה מהר.",
    no_route: "בלי נתיב",
    request: "בקשה",
};

const EN: SlowWords = SlowWords {
    title: "Slow requests",
    lead: "Within the last hour",
    process: |process, from_ms| {
        format!("This is one process, \u{2068}{process}\u{2069}, the one that answered. Each remembers its own requests of {from_ms} ms and more, until it stops.")
    },
    none: "No slow requests",
    none_why: "Within the last hour this process answered fast.",
    no_route: "no route",
    request: "request",
};

pub fn slow(lang: Lang) -> &'static SlowWords {
    match lang {
        Lang::He => &HE,
        Lang::En => &EN,
    }
}
