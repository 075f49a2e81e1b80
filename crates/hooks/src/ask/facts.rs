//! What an event says and what a provider knows, made comparable. Pure.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Question;

/// Most fields of a form that are looked at.
const FIELDS_MAX: usize = 300;
/// The longest id that is asked about.
const ID_MAX: usize = 64;

/// The fields of an event that is a form.
pub fn form(question: &Question) -> BTreeMap<String, String> {
    form_urlencoded::parse(&question.body).take(FIELDS_MAX).map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// A text, a number or a yes as a word without spaces around it; `None` for what is empty or none of these.
pub fn word(value: &Value) -> Option<String> {
    let word = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(yes) => yes.to_string(),
        _ => return None,
    };
    (!word.is_empty()).then_some(word)
}

/// A field of an object or of a form.
pub fn of(object: &Value, name: &str) -> Option<String> {
    object.get(name).and_then(word)
}

/// An amount written in the currency's main unit (`118`, `118.5`, `"118.00"`), in hundredths; `None` for anything else,
/// a third place behind the point among it.
pub fn hundredths(text: &str) -> Option<i64> {
    let (minus, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 12 || !plain(whole) || part.len() > 12 || !plain(part) {
        return None;
    }
    let (kept, rest) = part.split_at(part.len().min(2));
    if rest.bytes().any(|byte| byte != b'0') {
        return None;
    }
    let hundredths: i64 = format!("{kept:0<2}").parse().ok()?;
    Some(minus * (whole.parse::<i64>().ok()? * 100 + hundredths))
}

/// An amount of an object, in hundredths.
pub fn sum(object: &Value, name: &str) -> Option<i64> {
    of(object, name).and_then(|text| hundredths(&text))
}

/// What the event says, the provider says too; what the event leaves out is not asked.
pub fn holds<T: PartialEq>(said: &Option<T>, known: &Option<T>) -> bool {
    said.is_none() || said == known
}

/// The two do not contradict each other: for what a provider is not known to answer.
pub fn agrees<T: PartialEq>(said: &Option<T>, known: &Option<T>) -> bool {
    said.is_none() || known.is_none() || said == known
}

/// An id that may stand in an address or a question as it is.
pub fn is_id(text: &str) -> bool {
    (1..=ID_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{agrees, holds, hundredths, is_id, sum};

    #[test]
    fn amounts_are_read_to_the_agora_and_never_rounded() {
        for (text, hundredths_) in [("118", Some(11_800)), ("118.5", Some(11_850)), ("118.05", Some(11_805)), ("118.0500", Some(11_805)), ("0.01", Some(1)), ("-7.10", Some(-710))]
        {
            assert_eq!(hundredths(text), hundredths_, "{text}");
        }
        for text in ["", ".", "1.005", "1,200", "1e3", "+1", "12345678901234", "1.2.3", "--1", "NaN"] {
            assert_eq!(hundredths(text), None, "{text}");
        }
        let values = json!({ "number": 118.1, "text": " 118.10 ", "list": [118.1] });
        assert_eq!((sum(&values, "number"), sum(&values, "text"), sum(&values, "list"), sum(&values, "none")), (Some(11_810), Some(11_810), None, None));
    }

    #[test]
    fn what_an_event_says_must_be_known_and_what_it_leaves_out_need_not() {
        assert!(holds(&Some(1), &Some(1)) && holds(&None, &Some(1)) && holds::<i64>(&None, &None));
        assert!(!holds(&Some(1), &Some(2)) && !holds(&Some(1), &None));
        assert!(agrees(&Some(1), &None) && !agrees(&Some(1), &Some(2)));
    }

    #[test]
    fn an_id_leads_nowhere_else() {
        assert!(is_id("7f0c-12_a"));
        for text in ["", "..", "a/b", "a?b", "a%2fb", "א", &"a".repeat(65)] {
            assert!(!is_id(text), "{text}");
        }
    }
}
