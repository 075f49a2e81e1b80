//! What a verified body tells: its events, each with the account it came to, its id and its kind. Pure.
//!
//! An id says when two are one. Where a provider gives none, it is what its documents say a repetition shares, with a
//! digest of the words: for an event that is only a hint, one that comes twice costs a question, one that is taken for a
//! repetition costs a payment. An event of a kind nobody knows is an event all the same.

mod israel;
mod meta;

use http::HeaderMap;
use serde_json::Value;

use super::providers::{Provider, Written};

/// Most events in one body.
const EVENTS_MAX: usize = 1_000;
const ID_MAX: usize = 255;
const KIND_MAX: usize = 120;
const ACCOUNT_MAX: usize = 128;

/// One event of a body.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Heard {
    /// The account at the provider, as the body names it; `None` where only the address says whose it is, empty for
    /// the platform's own.
    pub account: Option<String>,
    pub event: String,
    pub kind: String,
    /// The phone the event came to, digits alone.
    pub phone: Option<String>,
    pub body: Vec<u8>,
}

/// The body is none of this provider's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable;

type Result<T> = std::result::Result<T, Unreadable>;

/// Reads the events of a body. None of them is lost: what is not understood is one event of the kind `unknown`.
pub fn read(provider: Provider, written: Written, headers: &HeaderMap, body: &[u8]) -> Result<Vec<Heard>> {
    let heard = match provider {
        Provider::Google => vec![google(headers)?],
        _ if written == Written::Form => vec![israel::form(provider, body)?],
        _ => of_json(provider, body)?,
    };
    match heard.len() {
        0 => Err(Unreadable),
        // Refused it would come again for days, and be refused each time.
        count if count > EVENTS_MAX => Ok(vec![unknown(body.to_vec())]),
        _ => Ok(heard.into_iter().map(bounded).collect()),
    }
}

/// What is kept until somebody looks: nobody's by its own words, so the account's whose address it came to, or the platform's.
fn unknown(body: Vec<u8>) -> Heard {
    Heard { account: Some(String::new()), event: format!("unknown:{}", digest(&body)), kind: "unknown".into(), phone: None, body }
}

fn of_json(provider: Provider, body: &[u8]) -> Result<Vec<Heard>> {
    let value: Value = serde_json::from_slice(body).map_err(|_| Unreadable)?;
    // One call a body or a list of them.
    if let (Provider::Voicenter, Value::Array(calls)) = (provider, &value) {
        let calls: Vec<_> = calls.iter().map(|call| israel::voicenter(call, &bytes(call)).map_err(|_| unknown(bytes(call)))).collect();
        return if calls.iter().any(|call| call.is_ok()) { Ok(calls.into_iter().map(|call| call.unwrap_or_else(|odd| odd)).collect()) } else { Err(Unreadable) };
    }
    if !value.is_object() {
        return Err(Unreadable);
    }
    match provider {
        Provider::WhatsApp | Provider::Messenger => meta::read(provider, &value),
        Provider::Stripe => Ok(vec![stripe(&value, body)?]),
        Provider::Telegram => Ok(vec![telegram(&value, body)?]),
        Provider::Voicenter => Ok(vec![israel::voicenter(&value, body)?]),
        Provider::Morning => Ok(vec![israel::morning(&value, body)]),
        Provider::ICount => Ok(vec![israel::icount(&value, body)]),
        Provider::Grow => Ok(vec![israel::grow(&value, body)]),
        Provider::PayMe | Provider::Google => Err(Unreadable),
    }
}

/// Without `account` it is the platform's own; with it, a connected account's.
fn stripe(value: &Value, body: &[u8]) -> Result<Heard> {
    let (event, kind) = (text(value, "id").ok_or(Unreadable)?, text(value, "type").ok_or(Unreadable)?);
    // Too long for what Stripe sends is not Stripe's, though it was signed.
    if event.len() > ID_MAX || kind.len() > KIND_MAX {
        return Err(Unreadable);
    }
    Ok(Heard { account: Some(text(value, "account").unwrap_or_default()), event, kind, phone: None, body: body.to_vec() })
}

/// An update is one of some twenty things beside its number; the thing's name is the kind.
fn telegram(value: &Value, body: &[u8]) -> Result<Heard> {
    let number = value.get("update_id").and_then(Value::as_i64).ok_or(Unreadable)?;
    let kind = value.as_object().and_then(|update| update.keys().find(|key| *key != "update_id")).map_or("unknown", String::as_str);
    Ok(Heard { account: None, event: number.to_string(), kind: kind.to_owned(), phone: None, body: body.to_vec() })
}

/// Everything is in the headers; they are kept as a body, without the secret.
fn google(headers: &HeaderMap) -> Result<Heard> {
    let of = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (channel, number, state) = (of("x-goog-channel-id"), of("x-goog-message-number"), of("x-goog-resource-state"));
    if channel.is_empty() || number.is_empty() {
        return Err(Unreadable);
    }
    let told = serde_json::json!({ "channel": channel, "resource": of("x-goog-resource-id"), "state": state, "number": number });
    Ok(Heard { account: Some(channel.to_owned()), event: number.to_owned(), kind: state.to_owned(), phone: None, body: bytes(&told) })
}

fn text(value: &Value, name: &str) -> Option<String> {
    match value.get(name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn bytes(value: &Value) -> Vec<u8> {
    value.to_string().into_bytes()
}

/// SHA-256 of the words, in hex: half of it, which is more than chance can meet.
fn digest(body: &[u8]) -> String {
    hex::encode(&aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, body).as_ref()[..16])
}

/// What may stand in the database and in a list: printable ASCII, not too long. A kind loses the rest, an id that does not
/// fit becomes its own digest (the same each time), and an event whose account does not fit is one that is not understood.
fn bounded(heard: Heard) -> Heard {
    let plain = |text: &str, most: usize| text.len() <= most && text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    let event = if !heard.event.is_empty() && plain(&heard.event, ID_MAX) { heard.event } else { format!("sha256:{}", digest(heard.event.as_bytes())) };
    let kind: String = heard.kind.chars().filter(char::is_ascii_graphic).take(KIND_MAX).collect();
    if heard.account.as_deref().is_some_and(|account| !plain(account, ACCOUNT_MAX)) {
        return unknown(heard.body);
    }
    Heard { event, kind: if kind.is_empty() { "unknown".into() } else { kind }, ..heard }
}

#[cfg(test)]
mod tests;
