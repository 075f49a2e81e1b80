//! The catalogue of events: what each tells, as a JSON Schema (draft 2020-12) and as an example.
//!
//! One list of fields makes both, so that they cannot part. A version is a promise: a field may be added to it, none is
//! taken away or changes its meaning; what must change gets a new type beside the old one. No field holds a person: whose
//! flat it is, is told by its number, and amounts are in minor units.

mod fields;

use serde_json::{Map, Value, json};

use crate::gateway::model::{EVENT_TYPES, GATEWAY_TEST, PUBLISHED};

/// The version of every type so far.
pub const VERSION: u32 = 1;

/// One field of an event's data.
struct Field {
    name: &'static str,
    /// What its value must be.
    schema: Value,
    /// What it says, in English, for the schema's reader.
    says: &'static str,
    example: Value,
    required: bool,
}

/// One type of the catalogue.
pub struct Event {
    pub event_type: &'static str,
    pub published: bool,
    pub he: &'static str,
    pub en: &'static str,
    fields: Vec<Field>,
}

/// All types, in the order they are shown.
pub fn all() -> Vec<Event> {
    EVENT_TYPES.iter().filter_map(|event_type| event(event_type)).collect()
}

/// One type; nothing for what the catalogue does not know.
pub fn event(event_type: &str) -> Option<Event> {
    let event_type = *EVENT_TYPES.iter().find(|known| **known == event_type)?;
    let (he, en, fields) = fields::of(event_type)?;
    Some(Event { event_type, published: PUBLISHED.contains(&event_type) || event_type == GATEWAY_TEST, he, en, fields })
}

impl Event {
    /// The schema of a whole body as it is sent.
    pub fn schema(&self) -> Value {
        let building = json!({
            "type": "object",
            "description": "The building (or business) it happened in.",
            "properties": { "id": { "type": "string", "format": "uuid" }, "slug": { "type": "string" } },
            "required": ["id", "slug"],
            "additionalProperties": true
        });
        let sequence = json!({ "type": "integer", "minimum": 1, "description": "The building's own counter: a later event has a larger number." });
        // No building stands behind a test.
        let (mut properties, mut required) = if self.event_type == GATEWAY_TEST {
            (Map::new(), Vec::new())
        } else {
            (Map::from_iter([("building".to_owned(), building), ("sequence".to_owned(), sequence)]), vec!["building", "sequence"])
        };
        for field in &self.fields {
            let mut schema = field.schema.clone();
            schema["description"] = field.says.into();
            properties.insert(field.name.to_owned(), schema);
            if field.required {
                required.push(field.name);
            }
        }
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": self.event_type,
            "description": self.en,
            "type": "object",
            "properties": {
                "type": { "const": self.event_type },
                "timestamp": { "type": "string", "format": "date-time", "description": "When it happened, UTC." },
                // Fields may be added within a version, so a reader lets pass what it does not know.
                "data": { "type": "object", "properties": properties, "required": required, "additionalProperties": true }
            },
            "required": ["type", "timestamp", "data"],
            "additionalProperties": true
        })
    }

    /// A whole body as it is sent.
    pub fn example(&self) -> Value {
        let mut data =
            Map::from_iter([("building".to_owned(), json!({ "id": "01931f6e-0000-7000-8000-00000000000b", "slug": "bialik-14" })), ("sequence".to_owned(), json!(1042))]);
        if self.event_type == GATEWAY_TEST {
            data.clear();
        }
        data.extend(self.fields.iter().map(|field| (field.name.to_owned(), field.example.clone())));
        json!({ "type": self.event_type, "timestamp": "2026-11-25T17:05:22Z", "data": data })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::{breaches, undeclared};

    use super::{all, event};
    use crate::gateway::model::EVENT_TYPES;

    #[test]
    fn every_type_has_its_schema_and_an_example_that_keeps_to_it() {
        let events = all();
        assert_eq!(events.iter().map(|event| event.event_type).collect::<Vec<_>>(), EVENT_TYPES);
        for event in events {
            assert_eq!(breaches(&event.schema(), &event.example(), event.event_type), Vec::<String>::new());
            assert_eq!(undeclared(&event.schema(), &event.example(), event.event_type), Vec::<String>::new());
            assert!(!event.he.is_empty() && !event.en.is_empty());
        }
    }

    #[test]
    fn what_breaks_a_schema_is_noticed() {
        let event = event("hazard.raised").expect("a type");
        let whole = event.example();
        for (path, value) in [
            ("/type", json!("hazard.cleared")),
            ("/timestamp", json!("yesterday")),
            ("/data/building/id", json!("7")),
            ("/data/sequence", json!(0)),
            ("/data/sequence", json!("1")),
            ("/data/kind", json!("dragons")),
            ("/data", json!({})),
            ("/data", json!([])),
        ] {
            let mut broken = whole.clone();
            *broken.pointer_mut(path).expect("a place") = value;
            assert!(!breaches(&event.schema(), &broken, "body").is_empty(), "{path}");
        }
        for path in ["", "/data", "/data/building"] {
            let mut told = whole.clone();
            told.pointer_mut(path).expect("a place")["colour"] = json!("red");
            assert_eq!(undeclared(&event.schema(), &told, ""), [format!("{}.colour", path.replace('/', "."))]);
        }
    }

    #[test]
    fn no_field_of_any_event_is_a_persons() {
        for event in all() {
            for field in &event.fields {
                let personal = ["name", "phone", "email", "person", "customer", "author", "address"].iter().any(|word| field.name.split('_').any(|part| part == *word));
                assert!(!personal, "{}: {}", event.event_type, field.name);
            }
        }
    }
}
