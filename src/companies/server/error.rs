use kit::{AppError, Code, Lang, PhoneError, TextError};

use crate::companies::model::NAME_LIMIT;
use crate::identity::server::phone_sentence;
use crate::platform::Refusal;

/// What companies say no to.
#[derive(Debug)]
pub enum CompanyRefusal {
    CompanyName(TextError),
    PersonName(TextError),
    Phone(PhoneError),
    /// A person opens so many companies and no more.
    TooManyCompanies,
    TooManyStaff,
    AlreadyStaff,
    /// Without him nobody could choose the staff.
    LastOwner,
    /// No company has this code. The same for a code that cannot be one.
    NoSuchCode,
    /// One company at a time: the other's is taken back first.
    Given,
}

impl Refusal for CompanyRefusal {
    fn tell(&self, lang: Lang) -> AppError {
        let say = |he: &str, en: &str| if lang == Lang::He { he.to_owned() } else { en.to_owned() };
        match self {
            CompanyRefusal::CompanyName(TextError::Empty) => AppError::field("company_name", say("כדאי להוסיף את שם החברה.", "Please add the company's name.")),
            CompanyRefusal::CompanyName(TextError::TooLong { .. }) => AppError::field(
                "company_name",
                if lang == Lang::He {
                    format!("השם ארוך. אפשר עד \u{2068}{NAME_LIMIT}\u{2069} תווים.")
                } else {
                    format!("The name is long. Up to {NAME_LIMIT} characters fit.")
                },
            ),
            CompanyRefusal::PersonName(TextError::Empty) => {
                AppError::field("name", say("כדאי להוסיף שם מלא, כמו שיופיע ליד הודעות.", "Please add a full name, as it will stand beside posts."))
            }
            CompanyRefusal::PersonName(TextError::TooLong { limit }) => AppError::field(
                "name",
                if lang == Lang::He {
                    format!("השם ארוך. אפשר עד \u{2068}{limit}\u{2069} תווים.")
                } else {
                    format!("The name is long. Up to {limit} characters fit.")
                },
            ),
            CompanyRefusal::Phone(error) => AppError::field("phone", phone_sentence(*error, lang)),
            CompanyRefusal::TooManyCompanies => AppError::new(
                Code::TooMany,
                say("כבר נפתחו כאן כמה חברות. אפשר לפנות אלינו כדי לפתוח עוד.", "Several companies were opened here already. Write to us to open more."),
            ),
            CompanyRefusal::TooManyStaff => AppError::new(
                Code::TooMany,
                say("בצוות כבר רשומים כמה שאפשר. אפשר לסיים עבודה של מי שכבר לא בצוות.", "The staff is as large as it may be. Somebody who left can be taken off it."),
            ),
            CompanyRefusal::AlreadyStaff => AppError::field("phone", say("המספר הזה כבר בצוות.", "This number is on the staff already.")),
            CompanyRefusal::LastOwner => AppError::new(
                Code::Conflict,
                say("בחברה נשארת תמיד בעלות אחת לפחות. כדאי להוסיף קודם בעלים נוספים.", "A company always keeps an owner. Please add another one first."),
            ),
            CompanyRefusal::NoSuchCode => {
                AppError::field("code", say("לא מצאנו חברה עם הקוד הזה. הקוד כתוב בדף של החברה.", "We know no company by this code. It stands on the company's page."))
            }
            CompanyRefusal::Given => AppError::new(
                Code::Conflict,
                say("הבניין כבר מנוהל בידי חברה. קודם מסיימים את הניהול שלה.", "A company manages the building already. Its management is ended first."),
            ),
        }
    }
}
