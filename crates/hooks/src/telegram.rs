//! `X-Telegram-Bot-Api-Secret-Token`: the `secret_token` that was given with `setWebhook`, one a bot.
//!
//! Source: core.telegram.org/bots/api#setwebhook: 1 to 256 of `A-Z a-z 0-9 _ -`. The body is not signed and holds no
//! time; who knows the secret is Telegram, because the connection is TLS and nobody else was told. An update is known
//! again by its `update_id`, which is the bot's own count: the bot must be told by the address.

use crate::{Belief, SignatureError, check_shared};

/// Believes a request whose header is one of the bot's secrets (two while one is being replaced).
pub fn verify(header: &str, secrets: &[&str]) -> Result<Belief, SignatureError> {
    check_shared(header, secrets).map(|()| Belief::Proven)
}
