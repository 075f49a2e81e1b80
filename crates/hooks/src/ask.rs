//! Asking the provider back: what a webhook of [`crate::Belief::AskBack`] says counts only after this.
//!
//! | provider | what is asked | with | what must agree |
//! |---|---|---|---|
//! | Morning | [`morning`]: the document | `id`, `secret` | id, sum, type, number, currency, date, status |
//! | iCount | [`icount`]: `doc/info` | `token` | type and number, sums, client; not cancelled |
//! | PayMe | [`payme`]: `get-sales` | the seller's id and `client_key` | sale, sum, currency, status, our own id |
//! | Grow | [`grow`]: `getPaymentProcessInfo`, `getTransactionInfo` | `user_id`, `page_code`, `api_key` | transaction, sum, status |
//! | Voicenter | [`voicenter`]: the call log | `code` | call, state, duration, both numbers, the line |
//!
//! Not every event of theirs can be asked about. Where a provider documents no question that would settle an event, the
//! answer is [`Verdict::Untold`]: it stays what it is, kept and not believed. What is sent and read is bounded
//! ([`ANSWER_MAX_BYTES`], [`LIMIT`]), no redirect is followed, and nothing that is refused says a word of the answer: an
//! answer holds people's names, and a question our keys.

mod facts;
mod line;

pub mod grow;
pub mod icount;
pub mod morning;
pub mod payme;
pub mod voicenter;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

pub use line::ANSWER_MAX_BYTES;
use line::Line;

/// From the beginning of a request to the last byte of its answer.
pub const LIMIT: Duration = Duration::from_secs(10);

/// An account's keys at its provider, by name. Printed by nobody.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Credentials(BTreeMap<String, String>);

impl Credentials {
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.insert(name.into(), value.into());
        self
    }

    /// `None` also where it is empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(hidden)")
    }
}

/// What is asked about: an event as it came, and the account of ours that it came to.
#[derive(Clone)]
pub struct Question {
    pub account: String,
    pub kind: String,
    pub event: String,
    /// Whether the body is a form; JSON otherwise.
    pub form: bool,
    pub body: Vec<u8>,
    /// The account's own: no other tenant's key may answer for it.
    pub credentials: Credentials,
    /// When the event came, and the moment of the question, in Unix seconds.
    pub received_unix: i64,
    pub now_unix: i64,
}

impl std::fmt::Debug for Question {
    /// Neither the body, which holds people's names, nor a key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Question").field("kind", &self.kind).field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

/// What the provider said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It knows the same.
    True,
    /// It knows otherwise, or nothing of it.
    False,
    /// There is no question that would settle this event, or the account has no key to ask with.
    Untold,
}

/// It could not be asked, or answered nothing that can be read: ask again later.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the provider could not be asked: {0}")]
pub struct NotAsked(pub String);

/// One provider that can be asked.
#[async_trait]
pub trait AskBack: Send + Sync {
    async fn ask(&self, question: &Question) -> Result<Verdict, NotAsked>;
}

/// Where each provider's API begins, without a slash at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bases {
    pub morning: String,
    pub icount: String,
    pub payme: String,
    pub grow: String,
    pub voicenter: String,
}

impl Default for Bases {
    /// The real ones, as the providers' documents name them.
    fn default() -> Self {
        Self {
            morning: "https://api.greeninvoice.co.il/api/v1".into(),
            icount: "https://api.icount.co.il/api/v3.php".into(),
            payme: "https://live.payme.io/api".into(),
            grow: "https://secure.meshulam.co.il/api/light/server/1.0".into(),
            voicenter: "https://api.voicenter.com".into(),
        }
    }
}

impl Bases {
    /// Where stand-ins of all of them answer, each below its own name.
    pub fn below(root: &str) -> Self {
        let root = root.trim_end_matches('/');
        let of = |path: &str| format!("{root}/{path}");
        Self { morning: of("morning/api/v1"), icount: of("icount/api/v3.php"), payme: of("payme/api"), grow: of("grow/api/light/server/1.0"), voicenter: of("voicenter") }
    }

    pub fn all(&self) -> [&str; 5] {
        [&self.morning, &self.icount, &self.payme, &self.grow, &self.voicenter]
    }
}

/// The providers that can be asked in this process, by name.
#[derive(Clone, Default)]
pub struct Askers(BTreeMap<&'static str, Arc<dyn AskBack>>);

impl Askers {
    /// All that there are. `limit` bounds each request. An error when TLS cannot be set up on this machine.
    pub fn at(bases: &Bases, limit: Duration) -> Result<Self, reqwest::Error> {
        let line = Line::new(limit)?;
        Ok(Self::default()
            .with("morning", Arc::new(morning::Morning::new(line.clone(), &bases.morning)))
            .with("icount", Arc::new(icount::ICount::new(line.clone(), &bases.icount)))
            .with("payme", Arc::new(payme::PayMe::new(line.clone(), &bases.payme)))
            .with("grow", Arc::new(grow::Grow::new(line.clone(), &bases.grow)))
            .with("voicenter", Arc::new(voicenter::Voicenter::new(line, &bases.voicenter))))
    }

    #[must_use]
    pub fn with(mut self, provider: &'static str, asker: Arc<dyn AskBack>) -> Self {
        self.0.insert(provider, asker);
        self
    }

    pub fn of(&self, provider: &str) -> Option<&Arc<dyn AskBack>> {
        self.0.get(provider)
    }
}
