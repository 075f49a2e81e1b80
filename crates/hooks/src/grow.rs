//! Grow's account webhooks bring a `webhookKey` in their JSON: a fixed value, the same each time. Its payment callbacks
//! bring nothing at all and are known by their address ([`crate::path`]) alone.
//!
//! Source: public integrations; its maker describes no signature. Nothing in either counts before Grow was asked.

use crate::{Belief, SignatureError, check_shared};

/// Compares the `webhookKey` of a body.
pub fn verify(webhook_key: &str, keys: &[&str]) -> Result<Belief, SignatureError> {
    check_shared(webhook_key, keys).map(|()| Belief::AskBack)
}
