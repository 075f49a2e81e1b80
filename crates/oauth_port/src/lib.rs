//! The token endpoint of an OAuth 2.0 provider: an access token from a refresh token.
//!
//! Sources: RFC 6749 (section 2.3.1 for who we are, 5.1 and 5.2 for answers, 6 for refreshing); Google's «Using OAuth 2.0
//! for Web Server Applications» (2026). One request a call, nothing repeated here: whoever asked knows whether it still may.
//!
//! No token and no secret is ever printed: not by `Debug`, not in an error, which holds the provider's short code and
//! nothing else of its answer.

mod answer;
mod secret;

use std::time::Duration;

pub use answer::{TokenError, Tokens};
pub use secret::Secret;

/// Ten seconds in all: a provider answers in well under one.
pub const TIMEOUT: Duration = Duration::from_secs(10);
/// The most of an answer that is read, in bytes.
pub const ANSWER_MAX_BYTES: usize = 64 * 1024;

/// Where a provider is and who we are there.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What stands before `/token`, without a trailing slash: `https://oauth2.googleapis.com`.
    pub base_url: String,
    pub client_id: String,
    pub client_secret: Secret,
    /// For one call, the reading of its answer included.
    pub timeout: Duration,
}

/// One provider's token endpoint.
#[derive(Clone, Debug)]
pub struct TokenEndpoint {
    settings: Settings,
    http: reqwest::Client,
}

impl TokenEndpoint {
    /// `http` follows no redirects: a secret is sent to the address that was configured and to no other.
    pub fn new(settings: Settings, http: reqwest::Client) -> Self {
        Self { settings, http }
    }

    /// Asks for a new access token (RFC 6749, section 6). The provider may give a new refresh token with it, which then
    /// takes the old one's place.
    pub async fn refresh(&self, refresh_token: &Secret) -> Result<Tokens, TokenError> {
        let Settings { base_url, client_id, client_secret, timeout } = &self.settings;
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token.reveal()), ("client_id", client_id), ("client_secret", client_secret.reveal())];
        let sent = self.http.post(format!("{base_url}/token")).header("accept", "application/json").timeout(*timeout).form(&form).send().await;
        let mut answer = sent.map_err(|error| unavailable(&error))?;
        let status = answer.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| unavailable(&error))? {
            if body.len() + chunk.len() > ANSWER_MAX_BYTES {
                return Err(TokenError::Unreadable("it is too long"));
            }
            body.extend_from_slice(&chunk);
        }
        answer::read(status, &body)
    }
}

fn unavailable(error: &reqwest::Error) -> TokenError {
    TokenError::Unavailable(if error.is_timeout() {
        "no answer in time".into()
    } else if error.is_connect() {
        "no connection could be made".into()
    } else {
        "the answer broke off".into()
    })
}
