use kit::{AppError, Code, Lang};

use crate::platform::Refusal;

/// What intake says no to, when it is asked by people of ours.
#[derive(Debug, PartialEq, Eq)]
pub enum IntakeRefusal {
    /// Not an account's name, phone or secret as its provider writes them.
    NotAnAccount,
    /// This tenant has it, or another has proven that it is his.
    Taken,
    /// Still no tenant has the account that the event came to.
    StillUnrouted,
    /// Nobody reads events of this kind yet.
    NobodyReads,
}

impl Refusal for IntakeRefusal {
    fn tell(&self, lang: Lang) -> AppError {
        let say = |he: &str, en: &str| if lang == Lang::He { he.to_owned() } else { en.to_owned() };
        match self {
            IntakeRefusal::NotAnAccount => AppError::field("account", say("כדאי לבדוק את פרטי החשבון אצל הספק.", "Please check the account's details at the provider.")),
            IntakeRefusal::Taken => AppError::new(Code::Conflict, say("החשבון הזה כבר מחובר.", "This account is connected already.")),
            IntakeRefusal::StillUnrouted => AppError::new(Code::Conflict, say("עדיין אין מי שהחשבון הזה שייך לו. האירוע נשמר.", "Nobody has this account yet. The event is kept.")),
            IntakeRefusal::NobodyReads => {
                AppError::new(Code::Conflict, say("עדיין אין מי שקורא אירועים מהסוג הזה. האירוע נשמר.", "Nobody reads events of this kind yet. The event is kept."))
            }
        }
    }
}
