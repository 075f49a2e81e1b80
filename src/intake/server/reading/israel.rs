//! Voicenter, Morning, iCount, Grow and PayMe: none gives its events an id, and none signs all of them. What their documents
//! (or, without any, their fields) say a repetition shares, with a digest of the words: without it, whoever knows the address
//! could tell something false first, and the true event would be taken for its repetition.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Heard, Result, Unreadable, digest, text};
use crate::intake::server::providers::Provider;

/// Most fields of a form that are looked at.
const FIELDS_MAX: usize = 300;

fn heard(event: String, kind: impl Into<String>, body: &[u8]) -> Heard {
    Heard { account: None, event, kind: kind.into(), phone: None, body: body.to_vec() }
}

/// A call that ended (`ivruniqueid`), or a phase of one that goes on (`ivrid`). One customer's call may leave several
/// legs; a leg told again has the same type and status, and the same words.
pub fn voicenter(call: &Value, body: &[u8]) -> Result<Heard> {
    if !call.is_object() {
        return Err(Unreadable);
    }
    let of = |name: &str| text(call, name).unwrap_or_default();
    let whole = digest(body);
    let phone: String = of("did").chars().filter(char::is_ascii_digit).collect();
    let (event, kind) = match (text(call, "ivruniqueid"), text(call, "ivrid")) {
        (Some(id), _) => (format!("call:{id}:{}:{}:{whole}", of("type"), of("status")), format!("call.{}", of("status").to_ascii_lowercase())),
        (None, Some(id)) => (format!("popup:{id}:{}:{}:{whole}", of("extenUser"), of("status")), format!("popup.{}", of("status").to_ascii_lowercase())),
        (None, None) => (whole, "unknown".into()),
    };
    Ok(Heard { phone: (!phone.is_empty()).then_some(phone), ..heard(event, kind, body) })
}

/// The document itself, or `{event, data}`: sources disagree. One document may be told of more than once.
pub fn morning(value: &Value, body: &[u8]) -> Heard {
    let named = text(value, "event");
    let document = text(value, "id").or_else(|| text(&value["data"], "id")).unwrap_or_default();
    heard(format!("{document}:{}", digest(body)), named.unwrap_or_else(|| "document".into()), body)
}

/// A document's type and number say which it is.
pub fn icount(value: &Value, body: &[u8]) -> Heard {
    match (text(value, "doctype"), text(value, "docnum")) {
        (Some(kind), Some(number)) => heard(format!("{kind}:{number}:{}", digest(body)), format!("document.{kind}"), body),
        _ => heard(digest(body), "unknown", body),
    }
}

/// Grow's account webhooks, which are JSON.
pub fn grow(value: &Value, body: &[u8]) -> Heard {
    let kind = match value {
        _ if value.get("error_message").is_some() => "payment.failed",
        _ if value.get("invoiceNumber").is_some() => "invoice",
        _ if value.get("directDebitId").is_some() => "payment.recurring",
        _ if value.get("transactionCode").is_some() => "payment",
        _ => "unknown",
    };
    heard(format!("{}:{}", text(value, "transactionCode").unwrap_or_default(), digest(body)), kind, body)
}

/// Callbacks that are forms: Grow's and PayMe's payments, a payment form of Morning's, a call of Voicenter's.
pub fn form(provider: Provider, body: &[u8]) -> Result<Heard> {
    let fields: BTreeMap<String, String> = form_urlencoded::parse(body).take(FIELDS_MAX).map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    let of = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    if fields.is_empty() {
        return Err(Unreadable);
    }
    let whole = digest(body);
    Ok(match provider {
        Provider::Grow => heard(format!("{}:{whole}", of("data[transactionId]")), if of("status") == "1" { "payment.callback" } else { "payment.callback_failed" }, body),
        Provider::PayMe => {
            let thing = if of("sub_payme_id").is_empty() { of("payme_sale_id") } else { of("sub_payme_id") };
            // Two partial refunds of one sale share every id.
            heard(format!("{}:{thing}:{whole}", of("notify_type")), of("notify_type"), body)
        }
        Provider::Morning => heard(format!("{}:{whole}", if of("document_id").is_empty() { of("id") } else { of("document_id") }), "payment_form", body),
        Provider::Voicenter => {
            let call: Value = fields.iter().map(|(name, value)| (name.clone(), Value::String(value.clone()))).collect::<serde_json::Map<_, _>>().into();
            voicenter(&call, body)?
        }
        _ => return Err(Unreadable),
    })
}
