use kit::{AppError, Code, Lang};

use crate::platform::Refusal;

/// What a building says no to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BuildingRefusal {
    /// As many people live in the flat as the building allows.
    FlatFull { people: i64 },
    /// The person lives in another flat of this building.
    LivesElsewhere,
    /// The founder's phone belongs to somebody who is not signed in here.
    KnownPhone,
    /// The committee's list could not be used as it is.
    BadList { problems: usize },
    /// Removing asks for a reason.
    NoReason,
    LongReason { limit: usize },
    /// The chair cannot be removed from here.
    Chair,
    /// Nobody removes himself.
    Oneself,
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
                say("המספר הזה כבר רשום בדירה אחרת בבניין. כדי לעבור דירה אפשר לפנות לוועד הבית.".into(), "This number already belongs to another flat of the building. The committee can move it.".into()),
            ),
            BuildingRefusal::KnownPhone => {
                let sentence = say("המספר כבר מוכר לנו: צריך להיכנס עם קוד ואז לפתוח בניין.".into(), "We know this number already: sign in with a code first, and then open the building.".into());
                AppError::new(Code::Conflict, sentence.clone()).and("phone", sentence)
            }
            BuildingRefusal::BadList { problems } => AppError::field(
                "flats_csv",
                match problems {
                    0 => say("לא מצאנו דירות ברשימה. כדאי לבדוק שיש עמודה של מספרי דירות.".into(), "We found no flats in the list. Please check that it has a column of flat numbers.".into()),
                    1 => say("שורה אחת ברשימה צריכה תיקון.".into(), "One line of the list needs mending.".into()),
                    n => say(format!("{n} שורות ברשימה צריכות תיקון."), format!("{n} lines of the list need mending.")),
                },
            ),
            BuildingRefusal::NoReason => AppError::field("reason", say("כדאי לכתוב למה, במילים ספורות. הסיבה נשמרת ביומן של הוועד.".into(), "Please say why, in a few words. The reason is kept in the committee's log.".into())),
            BuildingRefusal::LongReason { limit } => AppError::field("reason", say(format!("הסיבה ארוכה. אפשר עד \u{2068}{limit}\u{2069} תווים."), format!("The reason is long. Up to {limit} characters fit."))),
            BuildingRefusal::Chair => AppError::new(Code::Conflict, say("את תפקיד היו״ר מעבירים קודם למישהו אחר.".into(), "The chair is handed to somebody else first.".into())),
            BuildingRefusal::Oneself => AppError::new(Code::Conflict, say("אי אפשר להסיר את עצמך מכאן.".into(), "You cannot remove yourself from here.".into())),
        }
    }
}
