use kit::{AppError, Code, Lang};

use super::flats::{RowProblem, Trouble};
use super::sheets::{LINES, SheetError};
use crate::buildings::model::FLATS_LIMIT;
use crate::identity::server::phone_sentence;
use crate::platform::Refusal;

/// What a building says no to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BuildingRefusal {
    /// As many people live in the flat as the building allows.
    FlatFull {
        people: i64,
    },
    /// The person lives in another flat of this building.
    LivesElsewhere,
    /// The founder's phone belongs to somebody who is not signed in here.
    KnownPhone,
    /// Removing asks for a reason.
    NoReason,
    LongReason {
        limit: usize,
    },
    /// Whoever holds an office is not removed before he hands it over.
    InOffice,
    /// Nobody removes himself.
    Oneself,
    /// The chair leaves his office only by handing it on.
    LastChair,
    /// Nobody speaks for himself.
    NotForOneself,
    /// Only a confirmed neighbour of another flat is asked.
    NoNeighbour,
    /// No flat of that number; the sentence says which there are.
    NoSuchFlat {
        range: String,
    },
    /// Two flats that pay do not become one.
    BothPay,
    /// No office that the chair gives.
    NoSuchOffice,
    /// No kind of danger that we know.
    NoSuchHazard,
    NoSuchSeverity,
    LongHazard {
        limit: usize,
    },
}

impl Refusal for BuildingRefusal {
    fn tell(&self, lang: Lang) -> AppError {
        let say = |he: String, en: String| if lang == Lang::He { he } else { en };
        match self {
            BuildingRefusal::FlatFull { people } => AppError::field(
                "flat",
                say(
                    format!("בדירה הזאת כבר רשומים {people} דיירים, וזה המרב. אפשר לפנות לוועד הבית."),
                    format!("This flat already has {people} residents, which is the most. The committee can help."),
                ),
            ),
            BuildingRefusal::LivesElsewhere => AppError::field(
                "flat",
                say(
                    "המספר הזה כבר רשום בדירה אחרת בבניין. כדי לעבור דירה אפשר לפנות לוועד הבית.".into(),
                    "This number already belongs to another flat of the building. The committee can move it.".into(),
                ),
            ),
            BuildingRefusal::KnownPhone => {
                let sentence = say(
                    "המספר כבר מוכר לנו: צריך להיכנס עם קוד ואז לפתוח בניין.".into(),
                    "We know this number already: sign in with a code first, and then open the building.".into(),
                );
                AppError::new(Code::Conflict, sentence.clone()).and("phone", sentence)
            }
            BuildingRefusal::NoReason => AppError::field(
                "reason",
                say("כדאי לכתוב למה, במילים ספורות. הסיבה נשמרת ביומן של הוועד.".into(), "Please say why, in a few words. The reason is kept in the committee's log.".into()),
            ),
            BuildingRefusal::LongReason { limit } => {
                AppError::field("reason", say(format!("הסיבה ארוכה. אפשר עד \u{2068}{limit}\u{2069} תווים."), format!("The reason is long. Up to {limit} characters fit.")))
            }
            BuildingRefusal::InOffice => AppError::new(Code::Conflict, say("מי שבתפקיד בוועד מעביר אותו קודם.".into(), "An office of the committee is handed over first.".into())),
            BuildingRefusal::LastChair => AppError::new(
                Code::Conflict,
                say("בבניין חייב להיות יו״ר. קודם מעבירים את התפקיד לדייר אחר.".into(), "A building has a chair. Hand the role over to another resident first.".into()),
            ),
            BuildingRefusal::NotForOneself => AppError::new(Code::Forbidden, say("את האימות נותנים אחרים.".into(), "Others say who you are.".into())),
            BuildingRefusal::NoNeighbour => AppError::new(
                Code::Forbidden,
                say("אימות של שכנים ניתן מדירה אחרת, אחרי אימות שלך.".into(), "A neighbour's yes comes from another flat, once you are confirmed yourself.".into()),
            ),
            BuildingRefusal::NoSuchFlat { range } => AppError::field("flat", range.clone()),
            BuildingRefusal::BothPay => AppError::field(
                "flat",
                say("שתי הדירות משלמות, וכך דירה אחת תשלם פעמיים. קודם מסיימים את החיוב של אחת מהן.".into(), "Both flats pay. One of the two charges ends first.".into()),
            ),
            BuildingRefusal::NoSuchOffice => AppError::field("role", say("כדאי לבחור תפקיד מהרשימה.".into(), "Please choose a role from the list.".into())),
            BuildingRefusal::NoSuchHazard => AppError::field("kind", say("כדאי לבחור מהרשימה מה קרה.".into(), "Please choose from the list what happened.".into())),
            BuildingRefusal::NoSuchSeverity => AppError::field("severity", say("כדאי לבחור מהרשימה כמה זה חמור.".into(), "Please choose from the list how bad it is.".into())),
            BuildingRefusal::LongHazard { limit } => {
                AppError::field("body", say(format!("ההודעה ארוכה. אפשר עד \u{2068}{limit}\u{2069} תווים."), format!("The message is long. Up to {limit} characters fit.")))
            }
            BuildingRefusal::Oneself => AppError::new(Code::Conflict, say("אי אפשר להסיר את עצמך מכאן.".into(), "You cannot remove yourself from here.".into())),
        }
    }
}

/// Sentences of the opening form's fields; several may be wrong at once.
pub struct OpeningWords {
    pub street_empty: &'static str,
    pub city_empty: &'static str,
    pub name_empty: &'static str,
    pub too_long: fn(usize) -> String,
    pub bad_code: &'static str,
    pub consent_old: &'static str,
    pub own_flat: &'static str,
    pub file_unread: &'static str,
    pub range_empty: &'static str,
    pub range_backwards: &'static str,
    pub too_many: &'static str,
    pub per_floor: &'static str,
    pub look_again: &'static str,
}

pub fn opening_words(lang: Lang) -> &'static OpeningWords {
    match lang {
        Lang::He => &OpeningWords {
            street_empty: "כדאי להוסיף רחוב ומספר בית, למשל ביאליק 14.",
            city_empty: "כדאי להוסיף את שם העיר.",
            name_empty: "כדאי להוסיף שם, כדי שהשכנים יכירו.",
            too_long: |limit| format!("הטקסט ארוך. אפשר עד \u{2068}{limit}\u{2069} תווים."),
            bad_code: "בקוד הזמנה יש 4 עד 12 אותיות באנגלית או ספרות.",
            consent_old: "תנאי השימוש התעדכנו. כדאי לקרוא אותם ולשלוח שוב.",
            own_flat: "הדירה הזאת לא נמצאת בין הדירות של הבניין. כדאי לבדוק את המספר.",
            file_unread: "הקובץ עוד לא נבדק. ״בדיקת הרשימה״ מראה את הדירות לפני שפותחים.",
            range_empty: "כדאי להוסיף את מספר הדירה האחרונה, או רשימה משלכם.",
            range_backwards: "הדירה האחרונה קטנה מהראשונה. כדאי לבדוק את המספרים.",
            too_many: "אפשר לפתוח עד 600 דירות בבניין אחד.",
            per_floor: "כמה דירות יש בקומה? מספר בין 1 ל־40.",
            look_again: "יש פרט אחד או יותר שכדאי לבדוק.",
        },
        Lang::En => &OpeningWords {
            street_empty: "Please add the street and house number, such as 14 Bialik.",
            city_empty: "Please add the city.",
            name_empty: "Please add a name, so that neighbours know who it is.",
            too_long: |limit| format!("The text is long. Up to {limit} characters fit."),
            bad_code: "An invite code has 4 to 12 Latin letters or digits.",
            consent_old: "The terms have changed. Please read them and send again.",
            own_flat: "That flat is not among the building's flats. Please check the number.",
            file_unread: "The file was not checked yet. “Check the list” shows the flats before the building opens.",
            range_empty: "Please add the number of the last flat, or a list of your own.",
            range_backwards: "The last flat comes before the first. Please check the numbers.",
            too_many: "A building may have up to 600 flats.",
            per_floor: "How many flats are on a floor? A number from 1 to 40.",
            look_again: "One detail or more needs another look.",
        },
    }
}

/// A list's problems in one sentence: how many, and the first of them.
pub fn list_sentence(problems: &[RowProblem], lang: Lang) -> String {
    let Some(first) = problems.first() else { return String::new() };
    let told = trouble_sentence(&first.trouble, lang);
    match (first.line, problems.len(), lang) {
        (0, ..) => told,
        (line, 1, Lang::He) => format!("שורה \u{2068}{line}\u{2069} ברשימה: {told}"),
        (line, 1, Lang::En) => format!("Line {line} of the list: {told}"),
        (line, count, Lang::He) => format!("\u{2068}{count}\u{2069} מקומות ברשימה צריכים תיקון. הראשון, שורה \u{2068}{line}\u{2069}: {told}"),
        (line, count, Lang::En) => format!("{count} places in the list need mending. The first, line {line}: {told}"),
    }
}

/// What is wrong in one cell, and how to mend it.
pub fn trouble_sentence(trouble: &Trouble, lang: Lang) -> String {
    let say = |he: String, en: String| if lang == Lang::He { he } else { en };
    match trouble {
        Trouble::Sheet(SheetError::TooLarge) => say("הקובץ גדול מדי. כדאי לשמור רק את רשימת הדירות.".into(), "The file is too large. Please keep only the list of flats.".into()),
        Trouble::Sheet(SheetError::OldExcel) => {
            say("זה קובץ Excel מסוג ישן. כדאי לשמור אותו כ־xlsx או CSV.".into(), "This is an Excel file of an old kind. Please save it as xlsx or CSV.".into())
        }
        Trouble::Sheet(SheetError::TooManyLines) => say(
            format!("יש ברשימה יותר מ־\u{2068}{LINES}\u{2069} שורות. כדאי לשמור רק את רשימת הדירות."),
            format!("The list has more than {LINES} lines. Please keep only the list of flats."),
        ),
        Trouble::Sheet(SheetError::WebPage) => say(
            "זה דף אינטרנט, גם אם שמו נגמר ב־xls. כדאי לפתוח אותו ב־Excel ולשמור כ־xlsx.".into(),
            "This is a web page, even if its name ends in xls. Please open it in Excel and save it as xlsx.".into(),
        ),
        Trouble::Sheet(SheetError::Pdf) => say(
            "זה קובץ PDF. אפשר להעתיק ממנו את הרשימה ולהדביק כאן, או לשמור כ־xlsx.".into(),
            "This is a PDF. The list can be copied out of it and pasted here, or saved as xlsx.".into(),
        ),
        Trouble::Sheet(SheetError::Unreadable) => {
            say("לא הצלחנו לקרוא את הקובץ. כדאי לשמור אותו כ־xlsx או CSV.".into(), "We could not read the file. Please save it as xlsx or CSV.".into())
        }
        Trouble::NoFlats => say("לא מצאנו דירות ברשימה. צריכה להיות בה עמודה ״דירה״.".into(), "We found no flats in the list. It needs a column called “flat”.".into()),
        Trouble::TooManyFlats => say(format!("יש ברשימה יותר מ־\u{2068}{FLATS_LIMIT}\u{2069} דירות."), format!("The list has more than {FLATS_LIMIT} flats.")),
        Trouble::NoNumber => say("חסר מספר דירה.".into(), "The flat's number is missing.".into()),
        Trouble::BadNumber => say("זה לא נראה כמו מספר דירה.".into(), "This does not look like a flat's number.".into()),
        Trouble::BadFloor => say("זו לא קומה שאנחנו מכירים. מספר, או ״קרקע״.".into(), "We do not know this floor. A number, or “ground”.".into()),
        Trouble::NoFloor => say("חסרה קומה.".into(), "The floor is missing.".into()),
        Trouble::OtherFloor { line } => say(format!("בשורה \u{2068}{line}\u{2069} הדירה הזאת בקומה אחרת."), format!("Line {line} puts this flat on another floor.")),
        Trouble::Repeated { line } => say(format!("הדירה הזאת כבר כתובה בשורה \u{2068}{line}\u{2069}."), format!("Line {line} has this flat already.")),
        Trouble::Phone(error) => phone_sentence(*error, lang).to_owned(),
        Trouble::LongName => say("השם ארוך מדי. עד 80 תווים.".into(), "The name is too long: 80 characters at most.".into()),
    }
}
