//! Google's push notifications (Calendar): an empty body and headers, of which `X-Goog-Channel-Token` is the secret that
//! was given when the channel was opened.
//!
//! Source: developers.google.com/workspace/calendar/api/guides/push. It says only that something changed; what, is read
//! from the calendar. So there is nothing in it to be believed beyond that it came from our channel.

use crate::{Belief, SignatureError, check_shared};

/// The longest id read, in bytes; a channel's is ours and at most 64.
pub const ID_MAX_BYTES: usize = 128;

/// The headers as they came; empty where one was missing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Headers<'a> {
    /// `X-Goog-Channel-ID`
    pub channel: &'a str,
    /// `X-Goog-Channel-Token`
    pub token: &'a str,
    /// `X-Goog-Resource-ID`
    pub resource: &'a str,
    /// `X-Goog-Resource-State`
    pub state: &'a str,
    /// `X-Goog-Message-Number`: counts up in a channel, with gaps.
    pub number: &'a str,
}

/// What happened to the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The channel was opened; nothing changed.
    Opened,
    Changed,
    /// The resource is gone.
    Gone,
    /// A word of later times: look all the same.
    Other,
}

/// One knock of a channel of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Knock<'a> {
    pub channel: &'a str,
    pub resource: &'a str,
    pub number: u64,
    pub change: Change,
}

/// Reads the headers and compares the token with the channel's own.
pub fn verify<'a>(headers: Headers<'a>, tokens: &[&str]) -> Result<(Knock<'a>, Belief), SignatureError> {
    let Headers { channel, token, resource, state, number } = headers;
    if channel.is_empty() || state.is_empty() || number.is_empty() {
        return Err(SignatureError::Missing);
    }
    let plain = |id: &str| id.len() <= ID_MAX_BYTES && id.bytes().all(|byte| byte.is_ascii_graphic());
    let digits = (1..=20).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(channel) || !plain(resource) || !plain(state) || !digits {
        return Err(SignatureError::Malformed);
    }
    let number = number.parse().map_err(|_| SignatureError::Malformed)?;
    check_shared(token, tokens)?;
    let change = match state {
        "sync" => Change::Opened,
        "exists" => Change::Changed,
        "not_exists" => Change::Gone,
        _ => Change::Other,
    };
    Ok((Knock { channel, resource, number, change }, Belief::Proven))
}
