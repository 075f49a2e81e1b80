use kit::{AppError, Code, Lang};

use crate::platform::Refusal;

/// Why an attempt cannot go on.
#[derive(Debug)]
pub enum JoinRefusal {
    /// This browser's cookie was not kept.
    NoCookie,
    AlreadyHere,
    NotWaiting,
}

/// Sentences of single fields; several may be wrong at once.
pub struct FieldWords {
    pub flat_empty: &'static str,
    pub flat_full: &'static str,
    pub name_empty: &'static str,
    pub name_long: &'static str,
    pub already_here: &'static str,
    pub code_wrong: &'static str,
    pub look_again: &'static str,
    pub consent_old: &'static str,
}

pub fn field_words(lang: Lang) -> &'static FieldWords {
    match lang {
        Lang::He => &FieldWords {
            flat_empty: "כדאי להוסיף את מספר הדירה.",
            flat_full: "בדירה הזאת כבר רשומים כל הדיירים שאפשר. ועד הבית יכול לפנות מקום.",
            name_empty: "כדאי להוסיף שם, כדי שהשכנים יכירו.",
            name_long: "השם ארוך מדי. עד 80 תווים.",
            already_here: "המספר הזה כבר מצורף לבניין. אפשר להיכנס עם קוד שיישלח אליו.",
            code_wrong: "קוד ההזמנה לא מתאים. הוא מופיע בהודעה של ועד הבית.",
            look_again: "יש פרט אחד או יותר שכדאי לבדוק.",
            consent_old: "תנאי השימוש התעדכנו. כדאי לקרוא אותם ולשלוח שוב.",
        },
        Lang::En => &FieldWords {
            flat_empty: "Please add the flat's number.",
            flat_full: "This flat already has as many residents as it may. The committee can make room.",
            name_empty: "Please add a name, so that neighbours know who it is.",
            name_long: "The name is too long: 80 characters at most.",
            already_here: "This number has joined the building already. Sign in with a code sent to it.",
            code_wrong: "The invite code does not match. It stands in the committee's message.",
            look_again: "One detail or more needs another look.",
            consent_old: "The terms have changed. Please read them and send again.",
        },
    }
}

impl Refusal for JoinRefusal {
    fn tell(&self, lang: Lang) -> AppError {
        let words = |he: &str, en: &str| if lang == Lang::He { he.to_owned() } else { en.to_owned() };
        match self {
            JoinRefusal::NoCookie => AppError::new(
                Code::Gone,
                words("הדפדפן לא שמר את ההתחלה. כדאי לפתוח שוב את הקישור לבניין.", "The browser did not keep the beginning. Please open the building's link again."),
            ),
            JoinRefusal::AlreadyHere => AppError::field("phone", field_words(lang).already_here),
            JoinRefusal::NotWaiting => AppError::new(Code::Conflict, words("הבקשה הזאת כבר נענתה.", "This request was answered already.")),
        }
    }
}
