//! The words of the audit log, in both languages.

use kit::Lang;

use super::model::AuditFilter;

pub struct Words {
    pub title: &'static str,
    pub lead: &'static str,
    /// Lines, since when.
    pub whole: fn(i64, &str) -> String,
    pub unread: fn(i64, &str) -> String,
    pub broken: fn(i64) -> String,
    pub broken_how: fn(&str) -> &'static str,
    pub nothing: &'static str,
    pub chained: &'static str,
    pub read: fn(&str) -> String,
    /// Lines that came after the reading.
    pub since_read: fn(i64) -> String,
    pub check: &'static str,
    pub fingerprint: &'static str,

    pub filters: &'static str,
    pub filter: fn(AuditFilter) -> &'static str,
    pub search: &'static str,
    pub search_hint: &'static str,
    pub go: &'static str,
    pub hour: &'static str,
    pub who: &'static str,
    pub act: &'static str,
    pub about: &'static str,
    pub change: &'static str,
    pub from: &'static str,
    pub print: &'static str,
    pub ours: &'static str,
    pub became: &'static str,
    pub older: &'static str,
    pub latest: &'static str,
    pub none: &'static str,
    pub none_why: &'static str,
    pub support: &'static str,

    pub export: &'static str,
    pub export_lead: &'static str,
    pub export_from: &'static str,
    pub export_to: &'static str,
    pub export_period: &'static str,
    pub export_many: &'static str,
}

pub const HE: Words = Words {
    title: "יומן ביקורת",
    lead: "כל פעולה נרשמת פעם אחת, לפי הסדר, ואי אפשר לערוך",
    whole: |lines, since| match lines {
        1 => format!("הרצף שלם: רשומה אחת, מ־\u{2066}{since}\u{2069}"),
        _ => format!("הרצף שלם: {} רשומות, מ־\u{2066}{since}\u{2069} ועד עכשיו", grouped(lines)),
    },
    unread: |lines, since| match lines {
        1 => format!("רשומה אחת, מ־\u{2066}{since}\u{2069}"),
        _ => format!("{} רשומות, מ־\u{2066}{since}\u{2069} ועד עכשיו", grouped(lines)),
    },
    broken: |seq| format!("הרצף נשבר ברשומה {}", grouped(seq)),
    broken_how: |how| match how {
        "missing" => "הרשומה הזאת חסרה.",
        "twice" => "יש שתי רשומות עם אותו מספר.",
        "reordered" => "הרשומה נכתבה במספר אחר.",
        "changed" => "תוכן הרשומה שונה אחרי שנכתבה.",
        "not_chained" => "הרשומה אינה ממשיכה את זו שלפניה.",
        "off_anchor" => "הרצף נכתב מחדש: העוגן של אותה שעה שמר טביעה אחרת.",
        "tail_cut" => "סוף היומן נחתך: הרשומה נכתבה, ואיננה.",
        "beyond_head" => "הרשומה נוספה שלא דרך היומן.",
        _ => "הרשומה האחרונה אינה זו שנרשמה כאחרונה.",
    },
    nothing: "עוד לא נרשמה כאן פעולה",
    chained: "כל רשומה נושאת את טביעת האצבע של זו שלפניה.",
    read: |when| format!("נבדק \u{2068}{when}\u{2069}."),
    since_read: |lines| if lines == 1 { "מאז נוספה רשומה אחת.".into() } else { format!("מאז נוספו {} רשומות.", grouped(lines)) },
    check: "בדיקת הרצף",
    fingerprint: "טביעת האצבע של הרשומה האחרונה",

    filters: "סינון",
    filter: |filter| match filter {
        AuditFilter::All => "הכול",
        AuditFilter::Money => "כסף",
        AuditFilter::People => "אנשים",
        AuditFilter::Access => "הרשאות",
        AuditFilter::Automatic => "אוטומטי",
    },
    search: "חיפוש ביומן",
    search_hint: "שם, פעולה או סכום",
    go: "חיפוש",
    hour: "שעה",
    who: "מי",
    act: "פעולה",
    about: "על מה",
    change: "מה השתנה",
    from: "מאיפה",
    print: "טביעה",
    ours: "אוטומטי",
    became: "הפך ל",
    older: "לרשומות קודמות",
    latest: "לרשומות האחרונות",
    none: "לא נמצאו רשומות",
    none_why: "אפשר לנסות מילה אחרת או סינון אחר.",
    support: "גם ניסיונות כניסה מבחוץ ופעולות אוטומטיות נרשמים כאן.",

    export: "ייצוא",
    export_lead: "כל הרשומות של תקופה, לגיליון או לתוכנה. גם הייצוא עצמו נרשם ביומן.",
    export_from: "מיום",
    export_to: "עד יום",
    export_period: "כדאי לבחור יום התחלה ויום סיום, כשהסיום לא לפני ההתחלה.",
    export_many: "בתקופה הזאת יותר מ־20,000 רשומות. כדאי לבחור תקופה קצרה יותר.",
};

pub const EN: Words = Words {
    title: "Audit log",
    lead: "Every act is written once, in order, and cannot be edited",
    whole: |lines, since| match lines {
        1 => format!("The chain is whole: one line, from {since}"),
        _ => format!("The chain is whole: {} lines, from {since} until now", grouped(lines)),
    },
    unread: |lines, since| match lines {
        1 => format!("One line, from {since}"),
        _ => format!("{} lines, from {since} until now", grouped(lines)),
    },
    broken: |seq| format!("The chain is broken at line {}", grouped(seq)),
    broken_how: |how| match how {
        "missing" => "This line is missing.",
        "twice" => "There are two lines of this number.",
        "reordered" => "The line was written as another number.",
        "changed" => "The line was changed after it was written.",
        "not_chained" => "The line does not follow the one before it.",
        "off_anchor" => "The chain was rewritten: that hour's anchor kept another hash.",
        "tail_cut" => "The end is cut off: the line was written, and is not there.",
        "beyond_head" => "The line was added behind the log's back.",
        _ => "The last line is not the one that was noted as last.",
    },
    nothing: "Nothing was done here yet",
    chained: "Each line carries the fingerprint of the one before it.",
    read: |when| format!("Read {when}."),
    since_read: |lines| if lines == 1 { "One line came since.".into() } else { format!("{} lines came since.", grouped(lines)) },
    check: "Check the chain",
    fingerprint: "Fingerprint of the last line",

    filters: "Filter",
    filter: |filter| match filter {
        AuditFilter::All => "All",
        AuditFilter::Money => "Money",
        AuditFilter::People => "People",
        AuditFilter::Access => "Access",
        AuditFilter::Automatic => "Automatic",
    },
    search: "Search the log",
    search_hint: "A name, an act or an amount",
    go: "Search",
    hour: "Time",
    who: "Who",
    act: "Act",
    about: "On what",
    change: "What changed",
    from: "From where",
    print: "Print",
    ours: "Automatic",
    became: "became",
    older: "Earlier lines",
    latest: "Latest lines",
    none: "No lines found",
    none_why: "Another word or another filter may help.",
    support: "Knocks from outside and automatic acts are written here too.",

    export: "Export",
    export_lead: "All lines of a period, for a spreadsheet or a program. The export itself is written into the log.",
    export_from: "From",
    export_to: "Until",
    export_period: "Please choose a first and a last day, the last not before the first.",
    export_many: "This period has more than 20,000 lines. Please choose a shorter one.",
};

/// `18,204`
fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

pub fn words(lang: Lang) -> &'static Words {
    match lang {
        Lang::He => &HE,
        Lang::En => &EN,
    }
}
