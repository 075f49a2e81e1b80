use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use server_fn::codec::JsonEncoding;
use server_fn::error::{FromServerFnError, ServerFnErrorErr};

/// The stable words an API caller may branch on. Each has one HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// 422: a field is wrong; `fields` says which and how to mend it.
    Invalid,
    /// 401: nobody is signed in.
    SignedOut,
    /// 403: the caller may see this but not do it.
    Forbidden,
    /// 404: not there, or not for this caller.
    NotFound,
    /// 409: the state changed meanwhile, or the thing exists already.
    Conflict,
    /// 410: it was there and is over.
    Gone,
    /// 413: more than the limit.
    TooLarge,
    /// 429: too often; try again later.
    TooMany,
    /// 500: our fault; the incident id finds it in the log.
    Internal,
    /// 503: a part of the house is not up, or an outside service does not answer.
    Unavailable,
}

impl Code {
    /// The HTTP status that goes with the code.
    pub fn status(self) -> u16 {
        match self {
            Code::Invalid => 422,
            Code::SignedOut => 401,
            Code::Forbidden => 403,
            Code::NotFound => 404,
            Code::Conflict => 409,
            Code::Gone => 410,
            Code::TooLarge => 413,
            Code::TooMany => 429,
            Code::Internal => 500,
            Code::Unavailable => 503,
        }
    }
}

/// What a person or an API caller is told when something did not go through: a code, a sentence in the
/// reader's language, the fields to mend, and an incident id when the fault is ours. Never internals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppError {
    pub code: Code,
    pub message: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<String>,
}

impl AppError {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), fields: BTreeMap::new(), incident: None }
    }

    /// One wrong field; the sentence is also the whole error's message.
    pub fn field(name: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        let mut error = Self::new(Code::Invalid, message.clone());
        error.fields.insert(name.to_owned(), message);
        error
    }

    /// Adds one more wrong field.
    pub fn and(mut self, name: &str, message: impl Into<String>) -> Self {
        self.fields.insert(name.to_owned(), message.into());
        self
    }

    pub fn status(&self) -> u16 {
        self.code.status()
    }
}

impl std::fmt::Display for AppError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for AppError {}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(value: ServerFnErrorErr) -> Self {
        // What goes wrong before a verb runs is a malformed or oversized request; the details are for the log only.
        match value {
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) | ServerFnErrorErr::Deserialization(_) => {
                AppError::new(Code::Invalid, "הבקשה הגיעה חלקית. כדאי לנסות שוב.")
            }
            ServerFnErrorErr::Request(_) => AppError::new(Code::Unavailable, "אין חיבור כרגע. כדאי לנסות שוב."),
            _ => AppError::new(Code::Internal, "משהו השתבש אצלנו. כדאי לנסות שוב בעוד רגע."),
        }
    }
}
