use kit::{AppError, Code, Lang};

use crate::platform::Refusal;

/// Why a stream is not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamRefusal {
    /// Too many open pages of one session.
    TooManyHere,
    /// Too many streams of this process.
    Full,
    /// Asked for by another site's page.
    Foreign,
}

impl Refusal for StreamRefusal {
    fn tell(&self, lang: Lang) -> AppError {
        let words = |he: &str, en: &str| if lang == Lang::He { he.to_owned() } else { en.to_owned() };
        match self {
            StreamRefusal::TooManyHere => AppError::new(
                Code::TooMany,
                words("הבניין פתוח בהרבה חלונות. העדכונים החיים ימשיכו באחרים.", "The building is open in many windows. Live updates go on in the others."),
            ),
            StreamRefusal::Full => {
                AppError::new(Code::Unavailable, words("העדכונים החיים עמוסים כרגע. הדף עצמו מעודכן.", "Live updates are busy right now. The page itself is up to date."))
            }
            StreamRefusal::Foreign => AppError::new(Code::Forbidden, words("העדכונים החיים נפתחים מתוך ונטרה בלבד.", "Live updates open from Vantera's own pages only.")),
        }
    }
}
