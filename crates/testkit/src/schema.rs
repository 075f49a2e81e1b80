//! Bodies held to a JSON Schema, for tests of what the house promises to programs.

use serde_json::Value;

/// What of a body does not keep to a schema (draft 2020-12); nothing when it does. It knows the words that the house's own
/// schemas use, and panics over any other, so that no rule goes unread. `at` names the body in what is found.
pub fn breaches(schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut wrong = |why: &str| found.push(format!("{at}: {why}"));
    let object = schema.as_object().expect("a schema is an object");
    for (word, rule) in object {
        let fine = match (word.as_str(), value) {
            ("$schema" | "title" | "description" | "properties" | "items" | "additionalProperties", _) => true,
            ("type", value) => match rule.as_str().expect("one type") {
                "object" => value.is_object(),
                "array" => value.is_array(),
                "string" => value.is_string(),
                "integer" => value.is_i64(),
                "number" => value.is_number(),
                "boolean" => value.is_boolean(),
                other => panic!("{other} is not read"),
            },
            ("const", value) => value == rule,
            ("enum", value) => rule.as_array().expect("a list").contains(value),
            ("minimum", Value::Number(number)) => number.as_f64() >= rule.as_f64(),
            ("maximum", Value::Number(number)) => number.as_f64() <= rule.as_f64(),
            ("maxLength", Value::String(text)) => text.chars().count() as u64 <= rule.as_u64().expect("a length"),
            ("format", Value::String(text)) => match rule.as_str().expect("a format") {
                "uuid" => text.parse::<uuid::Uuid>().is_ok(),
                "date-time" => text.parse::<jiff::Timestamp>().is_ok(),
                "date" => text.parse::<jiff::civil::Date>().is_ok(),
                other => panic!("{other} is not read"),
            },
            ("required", Value::Object(object)) => rule.as_array().expect("names").iter().all(|name| object.contains_key(name.as_str().expect("a name"))),
            ("minimum" | "maximum" | "maxLength" | "format" | "required", _) => false,
            (other, _) => panic!("{other} is not read"),
        };
        if !fine {
            wrong(&format!("{word} {rule} does not hold for {value}"));
        }
    }
    found.extend(inside(schema, value, at, &breaches));
    found
}

/// Fields of a body that its schema does not name. A schema that lets them pass does so for its later versions; what is
/// sent today is to be written down.
pub fn undeclared(schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let known = schema.get("properties").and_then(Value::as_object);
    let fields = value.as_object().into_iter().flatten();
    let unknown = fields.filter(|(name, _)| known.is_some_and(|known| !known.contains_key(name.as_str())));
    let mut found: Vec<String> = unknown.map(|(name, _)| format!("{at}.{name}")).collect();
    found.extend(inside(schema, value, at, &undeclared));
    found
}

/// The same question of every part of a body that its schema describes.
fn inside(schema: &Value, value: &Value, at: &str, ask: &dyn Fn(&Value, &Value, &str) -> Vec<String>) -> Vec<String> {
    let mut found = Vec::new();
    for (name, part) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        if let Some(value) = value.get(name) {
            found.extend(ask(part, value, &format!("{at}.{name}")));
        }
    }
    if let (Some(items), Some(values)) = (schema.get("items"), value.as_array()) {
        found.extend(values.iter().flat_map(|value| ask(items, value, &format!("{at}[]"))));
    }
    found
}
