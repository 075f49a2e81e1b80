//! What keeps the database from being asked although nobody made a mistake: no connection is free, it is away, it takes
//! too long, its disk is full. The caller is told 503 and comes again; nothing was kept.

use kit::{AppError, Code, Lang};

/// Why the database could not be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// All connections are held, or there is none, or others held for too long what was needed: over in seconds, most often.
    Away,
    /// A statement took longer than it may. One that is too slow by itself is so the next time as well.
    Slow,
    /// It has no room left for what was to be kept.
    Full,
}

impl Trouble {
    /// Reads it from an error; none when the error is a mistake of ours.
    pub fn of(error: &anyhow::Error) -> Option<Self> {
        error.chain().filter_map(|cause| cause.downcast_ref::<sqlx::Error>()).find_map(|error| match error {
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => Some(Trouble::Away),
            sqlx::Error::Database(told) => told.code().and_then(|code| Self::of_code(&code)),
            _ => None,
        })
    }

    /// By SQLSTATE (PostgreSQL's documentation, appendix A).
    fn of_code(code: &str) -> Option<Self> {
        match code {
            // disk_full
            "53100" => Some(Trouble::Full),
            // too_many_connections; admin_shutdown, crash_shutdown, cannot_connect_now; idle sessions that were ended
            "53300" | "57P01" | "57P02" | "57P03" | "57P05" => Some(Trouble::Away),
            // lock_not_available: somebody else held what it needed for too long (the limits of a pool: database.rs)
            "55P03" => Some(Trouble::Away),
            // query_canceled: it took too long itself, or was stopped by hand
            "57014" => Some(Trouble::Slow),
            // connection_exception
            code if code.starts_with("08") => Some(Trouble::Away),
            _ => None,
        }
    }

    /// Logs it with the caller's incident id. What is over by itself is a warning; a statement of ours that may never come to
    /// an end is an error, or it would be sent away for ever and nobody would hear of it.
    pub fn log(self, trace: &str, error: &anyhow::Error) {
        let error = format!("{error:#}");
        match self {
            Trouble::Away | Trouble::Full => tracing::warn!(incident = trace, error, "a request was sent away: the database was not to be had"),
            Trouble::Slow => tracing::error!(incident = trace, error, "a request was sent away: a statement took longer than it may"),
        }
    }

    pub fn tell(self, lang: Lang) -> AppError {
        let sentence = match (self, lang) {
            (Trouble::Away | Trouble::Slow, Lang::He) => "יש כרגע עומס, והפעולה לא בוצעה. כדאי לנסות שוב בעוד כמה שניות.",
            (Trouble::Away | Trouble::Slow, Lang::En) => "We are very busy right now, and nothing was done. Please try again in a few seconds.",
            (Trouble::Full, Lang::He) => "אין אצלנו כרגע מקום לשמור את זה, ושום דבר לא נשמר. כדאי לנסות שוב מאוחר יותר.",
            (Trouble::Full, Lang::En) => "We have no room to keep this right now, and nothing was kept. Please try again later.",
        };
        AppError::new(Code::Unavailable, sentence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_nobodys_mistake_is_told_from_ours() {
        for (code, trouble) in [
            ("53100", Some(Trouble::Full)),
            ("53300", Some(Trouble::Away)),
            ("57P01", Some(Trouble::Away)),
            ("08006", Some(Trouble::Away)),
            ("55P03", Some(Trouble::Away)),
            ("57014", Some(Trouble::Slow)),
            // An idle transaction that was ended, and two that waited for each other, are mistakes of ours.
            ("25P03", None),
            ("40P01", None),
            ("23505", None),
            ("42P01", None),
            ("40001", None),
        ] {
            assert_eq!(Trouble::of_code(code), trouble, "{code}");
        }
        let wrapped = anyhow::Error::from(sqlx::Error::PoolTimedOut).context("a page was asked for");
        assert_eq!(Trouble::of(&wrapped), Some(Trouble::Away));
        assert_eq!(Trouble::of(&anyhow::anyhow!("a mistake")), None);
        assert_eq!(Trouble::of(&sqlx::Error::RowNotFound.into()), None);
    }
}
