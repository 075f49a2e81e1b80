//! What may go wrong inside a verb, and how it becomes what a caller is told.

use kit::{AppError, Code, Lang};

use super::trouble::Trouble;

/// A refusal a room foresees, one variant a reason; it knows its sentence in each language.
pub trait Refusal: std::fmt::Debug {
    fn tell(&self, lang: Lang) -> AppError;
}

/// The error of every verb.
#[derive(Debug)]
pub enum Fault {
    /// Foreseen: the caller is told this.
    Refused(AppError),
    /// The caller is signed in but not of this tenant: he is told NotFound and the tenant's audit log keeps the try.
    Hop,
    /// Nobody is signed in.
    SignedOut,
    /// Not there, or not for him.
    NotFound,
    /// Our fault, or the database's: logged with an incident id, told without details.
    Bug(anyhow::Error),
}

impl Fault {
    pub fn refused(reason: impl Refusal, lang: Lang) -> Self {
        Fault::Refused(reason.tell(lang))
    }

    /// What the caller is told. Logs what is ours, once, with an incident id.
    pub fn into_app(self, lang: Lang, trace: &str) -> AppError {
        let words = |he: &str, en: &str| if lang == Lang::He { he.to_owned() } else { en.to_owned() };
        match self {
            Fault::Refused(error) => error,
            Fault::Hop | Fault::NotFound => AppError::new(Code::NotFound, words("לא מצאנו את מה שחיפשת.", "We could not find what you were looking for.")),
            Fault::SignedOut => AppError::new(Code::SignedOut, words("כדי להמשיך צריך להיכנס.", "Please sign in to continue.")),
            Fault::Bug(error) => {
                if let Some(trouble) = Trouble::of(&error) {
                    trouble.log(trace, &error);
                    return trouble.tell(lang);
                }
                tracing::error!(incident = trace, error = format!("{error:#}"), "a request failed through our own fault");
                let mut told =
                    AppError::new(Code::Internal, words("משהו השתבש אצלנו. כדאי לנסות שוב בעוד רגע.", "Something went wrong on our side. Please try again in a moment."));
                told.incident = Some(trace.to_owned());
                told
            }
        }
    }
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::RowNotFound => Fault::NotFound,
            other => Fault::Bug(other.into()),
        }
    }
}

impl From<anyhow::Error> for Fault {
    fn from(error: anyhow::Error) -> Self {
        Fault::Bug(error)
    }
}

impl From<AppError> for Fault {
    fn from(error: AppError) -> Self {
        Fault::Refused(error)
    }
}
