//! What the page for partners' developers holds: the catalogue with its examples, and code that verifies a signature. The
//! samples are files of their own (docs/partners), which tests run.

use super::catalogue;
use crate::gateway::model::{DevelopersPage, EventDoc, Sample};

/// Each in its language's own name.
const SAMPLES: [(&str, &str); 4] = [
    ("Rust", include_str!("../../../docs/partners/verify.rs")),
    ("TypeScript", include_str!("../../../docs/partners/verify.ts")),
    ("Python", include_str!("../../../docs/partners/verify.py")),
    ("PHP", include_str!("../../../docs/partners/verify.php")),
];

/// `public_url` is how this installation is reached.
pub fn developers(public_url: &str) -> DevelopersPage {
    let events = catalogue::all().into_iter().map(|event| EventDoc {
        event_type: event.event_type.to_owned(),
        published: event.published,
        example: serde_json::to_string_pretty(&event.example()).unwrap_or_default(),
    });
    DevelopersPage {
        api_url: format!("{public_url}/api/v1"),
        events: events.collect(),
        samples: SAMPLES.map(|(language, code)| Sample { language: language.to_owned(), code: code.to_owned() }).into(),
    }
}
