//! What the API answers, as JSON. These are promises: a field may be added, none is taken away.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::gateway::server::catalogue::{Event, VERSION};
use crate::gateway::server::store::{BuildingLine, EndpointLine};

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub struct Page<T> {
    pub data: Vec<T>,
    /// Send it as `cursor` for what comes after; null at the end.
    pub next_cursor: Option<String>,
}

/// Whose key this is.
#[derive(Serialize, ToSchema)]
pub struct MeOut {
    /// What committees type to find you.
    #[schema(example = "K7MQ2X")]
    pub code: String,
    pub name: String,
    /// insurer, maintenance, municipality or developer.
    pub kind: &'static str,
    /// read or write.
    pub scope: &'static str,
}

/// A type of the catalogue.
#[derive(Serialize, ToSchema)]
pub struct EventTypeOut {
    #[serde(rename = "type")]
    #[schema(example = "hazard.raised")]
    pub event_type: String,
    pub version: u32,
    /// Whether it is published now; the others have their schemas and are published by what is to come.
    pub published: bool,
    pub description_he: String,
    pub description_en: String,
    /// JSON Schema (draft 2020-12) of a whole body.
    #[schema(value_type = Object)]
    pub schema: Value,
    /// A whole body as it is sent.
    #[schema(value_type = Object)]
    pub example: Value,
}

impl From<Event> for EventTypeOut {
    fn from(event: Event) -> Self {
        let (schema, example) = (event.schema(), event.example());
        Self {
            event_type: event.event_type.into(),
            version: VERSION,
            published: event.published,
            description_he: event.he.into(),
            description_en: event.en.into(),
            schema,
            example,
        }
    }
}

/// A building that lets you hear something now.
#[derive(Serialize, ToSchema)]
pub struct BuildingOut {
    #[schema(value_type = uuid::Uuid)]
    pub id: String,
    #[schema(example = "bialik-14")]
    pub slug: String,
    pub name: String,
    /// IANA.
    #[schema(example = "Asia/Jerusalem")]
    pub time_zone: String,
    /// Types, or families that end in `.*`.
    pub event_types: Vec<String>,
    #[schema(format = DateTime)]
    pub granted_at: String,
    /// Nothing is told from then on; null until it is withdrawn.
    #[schema(format = DateTime)]
    pub ends_at: Option<String>,
}

impl From<BuildingLine> for BuildingOut {
    fn from(line: BuildingLine) -> Self {
        Self {
            id: line.tenant_id.to_string(),
            slug: line.slug,
            name: line.name,
            time_zone: line.time_zone,
            event_types: line.event_types,
            granted_at: line.granted_at.to_jiff().to_string(),
            ends_at: line.ends_at.map(|at| at.to_jiff().to_string()),
        }
    }
}

/// Where you are told.
#[derive(Serialize, ToSchema)]
pub struct EndpointOut {
    #[schema(value_type = uuid::Uuid)]
    pub id: String,
    pub url: String,
    pub description: String,
    /// Types, or families that end in `.*`; empty for all that buildings grant.
    pub event_types: Vec<String>,
    /// active or disabled.
    pub state: String,
    /// Why it is disabled: owner, gone (it answered 410), failing (nothing arrived for days) or operator.
    pub disabled_reason: Option<String>,
    #[schema(format = DateTime)]
    pub disabled_at: Option<String>,
    /// Messages a minute at most.
    pub per_minute: i32,
    /// Since when nothing arrives; null while it answers.
    #[schema(format = DateTime)]
    pub failing_since: Option<String>,
    #[schema(format = DateTime)]
    pub created_at: String,
}

impl From<EndpointLine> for EndpointOut {
    fn from(line: EndpointLine) -> Self {
        let told = |at: Option<jiff_sqlx::Timestamp>| at.map(|at| at.to_jiff().to_string());
        Self {
            id: line.endpoint_id.to_string(),
            url: line.url,
            description: line.description,
            event_types: line.event_types,
            state: line.state,
            disabled_reason: line.disabled_reason,
            disabled_at: told(line.disabled_at),
            per_minute: line.per_minute,
            failing_since: told(line.failing_since),
            created_at: line.created_at.to_jiff().to_string(),
        }
    }
}

/// A new endpoint with the secret that signs for it. The secret is told here and never again.
#[derive(Serialize, ToSchema)]
pub struct EndpointMade {
    #[serde(flatten)]
    pub endpoint: EndpointOut,
    #[schema(example = "whsec_…")]
    pub secret: String,
}

/// A new secret, told here and never again.
#[derive(Serialize, ToSchema)]
pub struct SecretMade {
    #[schema(example = "whsec_…")]
    pub secret: String,
    /// Until then the one before signs too.
    #[schema(format = DateTime)]
    pub previous_signs_until: String,
}

/// What is sent to make an endpoint.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the document's shape; bodies are read field by field, so that each mistake has its name")]
pub struct EndpointIn {
    /// https, a public name, port 443, up to 2000 characters; no user, no fragment.
    #[schema(example = "https://hooks.partner.example/vantera")]
    pub url: String,
    #[schema(max_length = 200)]
    pub description: Option<String>,
    /// Types, or families that end in `.*`; empty for all that buildings grant.
    #[schema(max_items = 40)]
    pub event_types: Option<Vec<String>>,
    #[schema(minimum = 1, maximum = 6000)]
    pub per_minute: Option<i32>,
}

/// What is changed of an endpoint; what is not sent stays.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the document's shape, as above")]
pub struct EndpointChange {
    pub url: Option<String>,
    #[schema(max_length = 200)]
    pub description: Option<String>,
    #[schema(max_items = 40)]
    pub event_types: Option<Vec<String>>,
    #[schema(minimum = 1, maximum = 6000)]
    pub per_minute: Option<i32>,
    /// active or disabled.
    #[schema(example = "disabled")]
    pub state: Option<String>,
}
