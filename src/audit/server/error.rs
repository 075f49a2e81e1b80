use kit::{AppError, Code, Lang};

use crate::platform::Refusal;

/// What the audit log says no to.
#[derive(Debug)]
pub enum AuditRefusal {
    /// The chain is longer than is read while somebody waits. Told with when it was last read.
    TooLong { lines: i64, checked: Option<String> },
    /// A day that is none, or an end before its beginning.
    NoPeriod,
    /// More lines than one file holds.
    TooManyLines { most: i64 },
}

impl Refusal for AuditRefusal {
    fn tell(&self, lang: Lang) -> AppError {
        let he = lang == Lang::He;
        match self {
            AuditRefusal::TooLong { lines, checked } => {
                let text = match (he, checked) {
                    (true, Some(when)) => format!("ביומן {lines} רשומות, יותר ממה שנבדק תוך כדי המתנה. הבדיקה של כל שעה קראה אותו \u{2068}{when}\u{2069}."),
                    (true, None) => format!("ביומן {lines} רשומות, יותר ממה שנבדק תוך כדי המתנה. הבדיקה של כל שעה תקרא אותו בקרוב."),
                    (false, Some(when)) => format!("The log has {lines} lines, more than is read while you wait. The hourly check read it {when}."),
                    (false, None) => format!("The log has {lines} lines, more than is read while you wait. The hourly check will read it soon."),
                };
                AppError::new(Code::TooLarge, text)
            }
            AuditRefusal::NoPeriod => AppError::field(
                "from",
                if he {
                    "כדאי לבחור יום התחלה ויום סיום, כשהסיום לא לפני ההתחלה."
                } else {
                    "Please choose a first and a last day, the last not before the first."
                },
            ),
            AuditRefusal::TooManyLines { most } => AppError::new(
                Code::TooLarge,
                if he {
                    format!("בתקופה הזאת יותר מ־{most} רשומות. כדאי לבחור תקופה קצרה יותר.")
                } else {
                    format!("This period has more than {most} lines. Please choose a shorter one.")
                },
            ),
        }
    }
}
