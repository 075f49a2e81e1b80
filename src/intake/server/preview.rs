//! A look at a body for whoever runs the platform: its shape and its harmless words. A body holds names, phones,
//! messages and sums of people who never agreed to be read by us, so everything is masked but the fields that are known
//! to be nobody's. Pure.

use serde_json::{Map, Value};

/// The longest look, in characters.
pub const PREVIEW_MAX: usize = 4_000;
/// Deepest part that is shown, and most parts of a list or an object.
const DEEP: usize = 10;
const WIDE: usize = 40;
/// The longest word shown unmasked, in characters.
const WORD_MAX: usize = 80;

/// Fields whose words belong to nobody: kinds, states, currencies, times. Ids of people and of their chats are not here.
const OPEN: &[&str] = &[
    "object",
    "type",
    "status",
    "state",
    "kind",
    "field",
    "event",
    "mode",
    "currency",
    "livemode",
    "api_version",
    "created",
    "timestamp",
    "time",
    "date",
    "payment_status",
    "messaging_product",
    "doctype",
    "direction",
    "notify_type",
    "sale_status",
    "status_code",
    "statusCode",
    "isAnswer",
    "duration",
    "dialtime",
    "pending_webhooks",
    "number",
    "err",
    "is_echo",
    "billing_reason",
    "reason",
    "code",
];

/// What is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    pub text: String,
    /// There is more of it.
    pub cut: bool,
}

/// Looks at a body as it was written.
pub fn of(content_type: &str, body: &[u8]) -> Preview {
    let value = if content_type.starts_with("application/x-www-form-urlencoded") {
        let fields = form_urlencoded::parse(body).take(WIDE).map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())));
        Some(Value::Object(fields.collect()))
    } else {
        serde_json::from_slice(body).ok()
    };
    let Some(value) = value else { return Preview { text: String::new(), cut: !body.is_empty() } };
    let text = serde_json::to_string_pretty(&masked("", &value, 0)).unwrap_or_default();
    let cut = text.chars().count() > PREVIEW_MAX;
    Preview { text: kit::shown(&text.chars().take(PREVIEW_MAX).collect::<String>()), cut }
}

fn masked(name: &str, value: &Value, deep: usize) -> Value {
    match value {
        Value::Object(fields) if deep < DEEP => {
            let mut out: Map<String, Value> = fields.iter().take(WIDE).map(|(name, value)| (key(name), masked(name, value, deep + 1))).collect();
            if fields.len() > WIDE {
                out.insert("…".into(), Value::from(fields.len() - WIDE));
            }
            Value::Object(out)
        }
        Value::Array(items) if deep < DEEP => items.iter().take(WIDE).map(|item| masked(name, item, deep + 1)).collect(),
        Value::Object(_) | Value::Array(_) => Value::from("…"),
        Value::Null | Value::Bool(_) => value.clone(),
        _ if OPEN.contains(&name) && is_harmless(value) => value.clone(),
        Value::String(text) if text.is_empty() => value.clone(),
        // How long it is says whether it is there at all, and no more.
        Value::String(text) => Value::from(format!("•••({})", text.chars().count())),
        Value::Number(_) => Value::from("•••"),
    }
}

/// A field's name is the sender's too: metadata may be called anything, a phone as well.
fn key(name: &str) -> String {
    let plain = !name.is_empty() && name.len() <= 40 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'[' | b']'));
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    if plain && digits < 5 { name.to_owned() } else { format!("•••({})", name.chars().count()) }
}

/// An open field may be misused: a long text, or one that looks like somebody's phone, address or name, is masked there too.
fn is_harmless(value: &Value) -> bool {
    match value {
        Value::String(text) => {
            text.len() <= WORD_MAX
                && text.bytes().all(|byte| byte.is_ascii_graphic())
                && !text.contains('@')
                && (text.bytes().filter(u8::is_ascii_digit).count() < 7 || text.parse::<jiff::Timestamp>().is_ok() || is_moment(text))
        }
        Value::Number(number) => number.as_i64().is_some_and(|number| number.abs() < 10_000_000 || is_moment(&number.to_string())),
        _ => true,
    }
}

/// Seconds or milliseconds of this century's first half, which is what ten or thirteen digits of a time are.
fn is_moment(text: &str) -> bool {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits && (text.len() == 10 || text.len() == 13) && matches!(text.as_bytes()[0], b'1' | b'2') && matches!(text.as_bytes()[1], b'4'..=b'9' | b'0'..=b'3')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_phones_and_messages_are_masked_and_kinds_are_not() {
        let body = r#"{"object":"page","entry":[{"id":"PAGE1","time":1795000000000,"messaging":[{"sender":{"id":"972522345678"},"message":{"mid":"m_1","text":"שלום <b>דנה</b>"},"type":"text"}]}],
            "customer_details":{"email":"dana@x.test","name":"Dana"},"amount_total":12000,"livemode":false,"metadata":{"0522345678":"x","דנה":"y"}}"#;
        let look = of("application/json", body.as_bytes());
        for hidden in ["972522345678", "שלום", "דנה", "dana", "Dana", "12000", "0522345678", "PAGE1"] {
            assert!(!look.text.contains(hidden), "{hidden}: {}", look.text);
        }
        for shown in ["\"object\": \"page\"", "\"type\": \"text\"", "1795000000000", "\"livemode\": false", "•••(15)"] {
            assert!(look.text.contains(shown), "{shown}: {}", look.text);
        }
        assert!(!look.cut);
    }

    #[test]
    fn an_open_field_that_holds_something_else_is_masked_too() {
        for misused in ["0522345678", "dana@x.test", "דנה כהן", "two words", &"a".repeat(200)] {
            let look = of("application/json", serde_json::json!({ "status": misused }).to_string().as_bytes());
            assert!(!look.text.contains(misused), "{}", look.text);
        }
    }

    #[test]
    fn forms_are_masked_alike_and_nothing_is_without_bounds() {
        let look = of("application/x-www-form-urlencoded", "status_code=0&buyer_name=%D7%93%D7%A0%D7%94&notify_type=sale-complete&buyer_phone=0522345678".as_bytes());
        assert!(look.text.contains("\"notify_type\": \"sale-complete\"") && look.text.contains("\"buyer_name\": \"•••(3)\"") && !look.text.contains("0522345678"), "{}", look.text);
        let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
        assert!(of("application/json", deep.as_bytes()).text.len() < 1_000);
        let wide = format!("[{}]", vec![r#"{"type":"x"}"#; 5_000].join(","));
        assert!(of("application/json", wide.as_bytes()).text.chars().count() <= PREVIEW_MAX);
        let many: Map<String, Value> = (0..500).map(|at| (format!("k{at}"), Value::from("x"))).collect();
        assert!(of("application/json", Value::Object(many).to_string().as_bytes()).text.contains("\"…\": 460"));
        assert_eq!(of("application/json", b"\xff\xfe"), Preview { text: String::new(), cut: true });
    }
}
