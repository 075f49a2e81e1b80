//! One bounded request to a provider's API.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{RequestBuilder, StatusCode};
use serde_json::Value;

use super::NotAsked;

/// The most of an answer that is read, in bytes; a larger one is no answer. A document with some hundred lines has a
/// tenth of it.
pub const ANSWER_MAX_BYTES: usize = 512 * 1024;

/// Cheap to clone; its connections are shared.
#[derive(Clone)]
pub(super) struct Line {
    pub client: reqwest::Client,
}

/// What came back.
pub(super) struct Answer {
    pub status: StatusCode,
    body: Vec<u8>,
}

impl Line {
    pub fn new(limit: Duration) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder().timeout(limit).connect_timeout(limit).redirect(Policy::none()).no_proxy().referer(false).user_agent("Vantera/1").build()?;
        Ok(Self { client })
    }

    /// Sends a request and reads its answer to the end, or to the bound.
    pub async fn send(&self, request: RequestBuilder) -> Result<Answer, NotAsked> {
        let mut answer = request.send().await.map_err(|error| why(&error))?;
        let (status, mut body) = (answer.status(), Vec::new());
        while let Some(chunk) = answer.chunk().await.map_err(|error| why(&error))? {
            if body.len() + chunk.len() > ANSWER_MAX_BYTES {
                return Err(NotAsked("its answer is too large".into()));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, body })
    }
}

impl Answer {
    /// The JSON of an answer that is a success by HTTP.
    pub fn json(&self) -> Result<Value, NotAsked> {
        if !self.status.is_success() {
            return Err(NotAsked(format!("it answered {}", self.status.as_u16())));
        }
        serde_json::from_slice(&self.body).map_err(|_| NotAsked("its answer is no JSON".into()))
    }
}

/// Without the address, which may hold what nobody else is to read.
fn why(error: &reqwest::Error) -> NotAsked {
    let words = if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection could be made"
    } else {
        "its answer could not be read"
    };
    NotAsked(words.into())
}

/// An answer lacks what its provider's document says is in it.
pub(super) fn unreadable() -> NotAsked {
    NotAsked("its answer has another form than its document says".into())
}
