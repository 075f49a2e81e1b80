use kit::{AppError, Code, Lang};

use crate::platform::{Fault, Refusal};

/// Why there is no access token.
#[derive(Debug)]
pub enum NoToken {
    /// This tenant has no such connection.
    NotThere,
    /// The provider takes our refresh token no more: its owner must connect the account again. Trying again does not help.
    NeedsConsent,
    /// It was disconnected.
    Ended,
    /// The provider does not answer, or has none for us now: later it may.
    Unavailable,
    /// Ours, or the database's.
    Fault(Fault),
}

impl From<Fault> for NoToken {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::NotFound => NoToken::NotThere,
            other => NoToken::Fault(other),
        }
    }
}

impl NoToken {
    /// As the verb that wanted the token tells it.
    pub fn into_fault(self, lang: Lang) -> Fault {
        match self {
            NoToken::NotThere => Fault::NotFound,
            NoToken::Fault(fault) => fault,
            NoToken::NeedsConsent => Fault::refused(Untold::NeedsConsent, lang),
            NoToken::Ended => Fault::refused(Untold::Ended, lang),
            NoToken::Unavailable => Fault::refused(Untold::Unavailable, lang),
        }
    }
}

#[derive(Debug)]
enum Untold {
    NeedsConsent,
    Ended,
    Unavailable,
}

impl Refusal for Untold {
    fn tell(&self, lang: Lang) -> AppError {
        let say = |he: &str, en: &str| if lang == Lang::He { he.to_owned() } else { en.to_owned() };
        match self {
            Untold::NeedsConsent => {
                AppError::new(Code::Conflict, say("החיבור לחשבון פג. צריך לחבר אותו מחדש.", "The connection to this account has run out. Please connect it again."))
            }
            Untold::Ended => AppError::new(Code::Gone, say("החשבון הזה כבר לא מחובר.", "This account is connected no more.")),
            Untold::Unavailable => AppError::new(
                Code::Unavailable,
                say("השירות החיצוני לא עונה כרגע. כדאי לנסות שוב בעוד רגע.", "The outside service does not answer now. Please try again in a moment."),
            ),
        }
    }
}
