use kit::{AppError, Code, Lang, PhoneError};

use crate::platform::Refusal;

/// Why somebody is not signed in.
#[derive(Debug)]
pub enum IdentityRefusal {
    Phone(PhoneError),
    TooManyCodes,
    WrongCode,
    SpentCode,
    NoCode,
}

/// The sentence for a phone that cannot get a code; shared with joining.
pub fn phone_sentence(error: PhoneError, lang: Lang) -> &'static str {
    match (error, lang) {
        (PhoneError::Empty, Lang::He) => "כדאי להוסיף מספר נייד, כדי שנוכל לשלוח קוד כניסה.",
        (PhoneError::Empty, Lang::En) => "Please add a mobile number, so that we can send a sign-in code.",
        (PhoneError::Foreign, Lang::He) => "נראה שזה מספר מחו״ל. כרגע אפשר להצטרף עם מספר נייד ישראלי, שמתחיל ב־05.",
        (PhoneError::Foreign, Lang::En) => "This looks like a number from abroad. For now an Israeli mobile number, starting with 05, is needed.",
        (PhoneError::NotMobile, Lang::He) => "זה נראה כמו מספר קווי. צריך מספר נייד, שמתחיל ב־05.",
        (PhoneError::NotMobile, Lang::En) => "This looks like a landline. A mobile number, starting with 05, is needed.",
        (PhoneError::Malformed, Lang::He) => "במספר נייד יש עשר ספרות, למשל 054-318 2704. כדאי לבדוק את המספר.",
        (PhoneError::Malformed, Lang::En) => "A mobile number has ten digits, such as 054-318 2704. Please check the number.",
    }
}

impl Refusal for IdentityRefusal {
    fn tell(&self, lang: Lang) -> AppError {
        let words = |he: &str, en: &str| if lang == Lang::He { he.to_owned() } else { en.to_owned() };
        match self {
            IdentityRefusal::Phone(error) => AppError::field("phone", phone_sentence(*error, lang)),
            IdentityRefusal::TooManyCodes => {
                AppError::new(Code::TooMany, words("נשלחו כמה קודים למספר הזה. כדאי לנסות שוב בעוד שעה.", "Several codes were sent to this number. Please try again in an hour."))
                    .and("phone", words("נשלחו כמה קודים למספר הזה. כדאי לנסות שוב בעוד שעה.", "Several codes were sent to this number. Please try again in an hour."))
            }
            IdentityRefusal::WrongCode => {
                AppError::field("code", words("הקוד לא מתאים. כדאי לבדוק את ההודעה האחרונה שהגיעה.", "That code does not match. Please check the latest message."))
            }
            IdentityRefusal::SpentCode => {
                AppError::field("code", words("היו כמה ניסיונות לא מוצלחים. אפשר לבקש קוד חדש.", "There were several wrong tries. Please ask for a new code."))
            }
            IdentityRefusal::NoCode => AppError::field("code", words("הקוד כבר לא בתוקף. אפשר לבקש קוד חדש.", "The code is no longer valid. Please ask for a new one.")),
        }
    }
}
