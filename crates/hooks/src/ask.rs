//! Asking the provider back: what a webhook of [`crate::Belief::AskBack`] says counts only after this.
//!
//! A port: an adapter for each provider is made where its client is (none is here). Whoever has no adapter must leave the
//! event as it is and say so.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;

/// What is asked about: an event as it came, and the account of ours that it came to.
#[derive(Clone, Debug)]
pub struct Question {
    pub account: String,
    pub kind: String,
    pub event: String,
    pub body: Vec<u8>,
}

/// What the provider said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It knows the same.
    True,
    /// It knows otherwise, or nothing of it.
    False,
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

/// The providers that can be asked in this process, by name.
#[derive(Clone, Default)]
pub struct Askers(BTreeMap<&'static str, Arc<dyn AskBack>>);

impl Askers {
    #[must_use]
    pub fn with(mut self, provider: &'static str, asker: Arc<dyn AskBack>) -> Self {
        self.0.insert(provider, asker);
        self
    }

    pub fn of(&self, provider: &str) -> Option<&Arc<dyn AskBack>> {
        self.0.get(provider)
    }
}
