//! What is said over a socket: one JSON object a text frame, told apart by `type`.

use axum::extract::ws::{CloseFrame, close_code};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use uuid::Uuid;

use super::reader::End;
use super::store::Line;

/// Letters of an id that a page gives to what it says.
const MOST_ID: usize = 64;

/// What a page says. The first frame is `hello` or `resume`, and neither comes again.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Asked {
    /// Begins now.
    Hello {},
    /// Goes on after the last number the page has, on whatever process it is.
    Resume { seq: i64 },
    /// Is the line alive? Browsers cannot send a WebSocket's own ping.
    Ping { id: String },
}

/// What the server says. `seq` is in every frame: where the page stands once it has read it.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Told<'a> {
    /// The answer to the first frame. A page that hears nothing for three times `ping_ms` may give the line up.
    Hello {
        seq: i64,
        ping_ms: u64,
    },
    Event {
        seq: i64,
        kind: &'a str,
        subject: Option<Uuid>,
    },
    Pong {
        seq: i64,
        id: &'a str,
    },
}

impl Asked {
    /// What a text frame says; `None` when it is nothing of ours.
    pub fn read(text: &str) -> Option<Self> {
        let asked: Self = serde_json::from_str(text).ok()?;
        match &asked {
            Asked::Ping { id } if id.is_empty() || id.len() > MOST_ID => None,
            _ => Some(asked),
        }
    }
}

impl Told<'_> {
    pub fn event(line: &Line) -> Told<'_> {
        Told::Event { seq: line.seq, kind: &line.kind, subject: line.subject }
    }
}

/// Why a socket ends. What may be resumed says so by `back_ms` in its reason: how long to wait before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Close {
    /// The process stops; another one goes on.
    Restart,
    /// Signed out or removed.
    Gone,
    /// A trouble of ours.
    Trouble,
    /// The page took nothing for a whole heartbeat.
    Slow,
    /// No first frame, a second one, or a frame that is none of ours.
    Unreadable,
    NotText,
    TooBig,
    TooOften,
    /// Nobody is there to be told.
    Over,
}

impl From<End> for Close {
    fn from(end: End) -> Self {
        match end {
            End::Stopping => Close::Restart,
            End::Gone => Close::Gone,
            End::Trouble => Close::Trouble,
        }
    }
}

impl Close {
    /// Codes of RFC 6455, section 7.4, and of IANA's registry; ours are 4000 and the HTTP status of the same meaning.
    pub fn code(self) -> Option<u16> {
        Some(match self {
            Close::Restart => close_code::RESTART,
            Close::Trouble => close_code::ERROR,
            Close::NotText => close_code::UNSUPPORTED,
            Close::TooBig => close_code::SIZE,
            Close::Unreadable => 4400,
            Close::Gone => 4401,
            Close::Slow => 4408,
            Close::TooOften => 4429,
            Close::Over => return None,
        })
    }

    pub fn frame(self, back: Duration) -> Option<CloseFrame> {
        let resumes = matches!(self, Close::Restart | Close::Trouble | Close::Slow);
        let reason = if resumes { format!("back_ms={}", back.as_millis()) } else { String::new() };
        self.code().map(|code| CloseFrame { code, reason: reason.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_none_of_ours_is_not_understood() {
        assert_eq!(Asked::read(r#"{"type":"hello"}"#), Some(Asked::Hello {}));
        assert_eq!(Asked::read(r#"{"type":"resume","seq":7}"#), Some(Asked::Resume { seq: 7 }));
        assert_eq!(Asked::read(r#"{"type":"ping","id":"a"}"#), Some(Asked::Ping { id: "a".into() }));
        let long = format!(r#"{{"type":"ping","id":"{}"}}"#, "a".repeat(MOST_ID + 1));
        for text in ["", "hello", "{}", r#"{"type":"resume"}"#, r#"{"type":"hello","as":"chair"}"#, r#"{"type":"ping","id":""}"#, r#"{"type":"event","seq":1}"#, &long] {
            assert_eq!(Asked::read(text), None, "{text}");
        }
    }

    #[test]
    fn only_what_may_be_resumed_says_when() {
        let back = Duration::from_millis(2_500);
        for (close, code, reason) in [
            (Close::Restart, 1012, "back_ms=2500"),
            (Close::Trouble, 1011, "back_ms=2500"),
            (Close::Slow, 4408, "back_ms=2500"),
            (Close::Gone, 4401, ""),
            (Close::Unreadable, 4400, ""),
            (Close::TooOften, 4429, ""),
            (Close::TooBig, 1009, ""),
            (Close::NotText, 1003, ""),
        ] {
            let frame = close.frame(back).expect("a frame");
            assert_eq!((frame.code, frame.reason.as_str()), (code, reason));
        }
        assert!(Close::Over.frame(back).is_none());
    }
}
