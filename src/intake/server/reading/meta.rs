//! WhatsApp and Messenger put many events of many accounts into one body. Each is kept by itself, in an envelope of the
//! same shape that holds it alone, so that its reader knows one shape only.

use serde_json::{Map, Value, json};

use super::{Heard, Result, bytes, digest, text};
use crate::intake::server::providers::Provider;

pub fn read(provider: Provider, body: &Value) -> Result<Vec<Heard>> {
    let mut heard = Vec::new();
    for entry in list(body, "entry") {
        let of = Entry { object: &body["object"], id: text(entry, "id").unwrap_or_default(), time: &entry["time"] };
        for change in list(entry, "changes") {
            match provider {
                Provider::WhatsApp if change["field"] == "messages" => heard.extend(of.messages(&change["value"])),
                _ => heard.push(of.change(change)),
            }
        }
        for (list_name, prefix) in [("messaging", ""), ("standby", "standby.")] {
            heard.extend(list(entry, list_name).iter().map(|item| of.messaging(list_name, prefix, item)));
        }
    }
    if heard.is_empty() {
        // Nothing that we know the shape of; the app's own, until somebody looks.
        heard.push(Heard { account: Some(String::new()), event: digest(&bytes(body)), kind: "unknown".into(), phone: None, body: bytes(body) });
    }
    Ok(heard)
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

struct Entry<'a> {
    object: &'a Value,
    id: String,
    time: &'a Value,
}

impl Entry<'_> {
    /// The envelope around one thing.
    fn alone(&self, name: &str, thing: Value) -> Vec<u8> {
        let mut entry = Map::new();
        entry.insert("id".into(), json!(self.id));
        if !self.time.is_null() {
            entry.insert("time".into(), self.time.clone());
        }
        entry.insert(name.into(), json!([thing]));
        bytes(&json!({ "object": self.object, "entry": [entry] }))
    }

    /// The messages and the states of messages of one number. A message's id is its own for ever; a state's is the
    /// message's with the state's name.
    fn messages(&self, value: &Value) -> Vec<Heard> {
        let account = text(&value["metadata"], "phone_number_id").unwrap_or_else(|| self.id.clone());
        let phone = text(&value["metadata"], "display_phone_number").map(|phone| phone.chars().filter(char::is_ascii_digit).collect());
        let one = |list_name: &str, item: &Value, event: Option<String>, kind: String| {
            let mut alone = value.clone();
            if let Some(fields) = alone.as_object_mut() {
                fields.retain(|name, _| !matches!(name.as_str(), "messages" | "statuses" | "errors"));
                fields.insert(list_name.into(), json!([item]));
            }
            let event = event.unwrap_or_else(|| format!("{kind}:{}", digest(&bytes(item))));
            Heard { account: Some(account.clone()), event, kind, phone: phone.clone(), body: self.alone("changes", json!({ "field": "messages", "value": alone })) }
        };
        let messages = list(value, "messages").iter().map(|item| one("messages", item, text(item, "id"), format!("messages.{}", text(item, "type").unwrap_or_default())));
        let states = list(value, "statuses").iter().map(|item| {
            let state = text(item, "status").unwrap_or_default();
            one("statuses", item, text(item, "id").map(|id| format!("{id}:{state}")), format!("statuses.{state}"))
        });
        // An error that belongs to no message repeats itself; the time tells one from the next.
        let errors = list(value, "errors").iter().map(|item| one("errors", item, Some(format!("errors:{}:{}", self.time, digest(&bytes(item)))), "errors".into()));
        messages.chain(states).chain(errors).collect()
    }

    /// Any other field that changed: a template's state, a page's feed. It has no id; the same change at another time is
    /// another event.
    fn change(&self, change: &Value) -> Heard {
        let kind = text(change, "field").unwrap_or_default();
        let account = text(&change["value"]["metadata"], "phone_number_id").unwrap_or_else(|| self.id.clone());
        let body = self.alone("changes", change.clone());
        Heard { account: Some(account), event: format!("{kind}:{}", digest(&body)), kind, phone: None, body }
    }

    /// A message has an id of its own. Everything else (read, delivered, a reaction) names the message it is about, and
    /// is told apart by its words.
    fn messaging(&self, list_name: &str, prefix: &str, item: &Value) -> Heard {
        let known = ["message", "postback", "reaction", "delivery", "read", "optin", "referral", "account_linking", "pass_thread_control", "take_thread_control"];
        let name = known.into_iter().find(|name| item.get(name).is_some()).unwrap_or("unknown");
        let echo = if item["message"]["is_echo"] == true { ".echo" } else { "" };
        let kind = format!("{prefix}{name}{echo}");
        let id = matches!(name, "message" | "postback").then(|| text(&item[name], "mid")).flatten();
        let event = match id {
            Some(id) if prefix.is_empty() => format!("{name}:{id}"),
            Some(id) => format!("{prefix}{name}:{id}"),
            None => format!("{kind}:{}", digest(&bytes(item))),
        };
        Heard { account: Some(self.id.clone()), event, kind, phone: None, body: self.alone(list_name, item.clone()) }
    }
}
