//! What the API answers, as JSON. These are promises: a field may be added, none is taken away.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::gateway::server::catalogue::{Event, VERSION};
use crate::gateway::server::delivery::{AttemptLine, DeliveryLine};
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

/// One message to one endpoint.
#[derive(Serialize, ToSchema)]
pub struct DeliveryOut {
    #[schema(value_type = uuid::Uuid)]
    pub id: String,
    /// As it stands in `webhook-id`, the same in every attempt.
    pub message: String,
    #[schema(value_type = uuid::Uuid)]
    pub endpoint: String,
    /// The building's slug; null for a test event.
    pub building: Option<String>,
    #[serde(rename = "type")]
    pub event_type: String,
    /// The message's number in its building.
    pub sequence: i64,
    /// pending, delivered, failed or cancelled.
    pub state: &'static str,
    /// How often it was tried.
    pub attempt_count: i32,
    /// When it is tried next, while it is pending.
    #[schema(format = DateTime)]
    pub next_at: Option<String>,
    /// What the endpoint answered last.
    pub last_status: Option<i32>,
    pub last_ms: Option<i32>,
    /// A word for how the last attempt ended.
    pub last_outcome: Option<String>,
    /// The delivery that this one repeats.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub replay_of: Option<String>,
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(format = DateTime)]
    pub finished_at: Option<String>,
}

impl From<DeliveryLine> for DeliveryOut {
    fn from(line: DeliveryLine) -> Self {
        Self {
            id: line.id.to_string(),
            message: line.message,
            endpoint: line.endpoint.to_string(),
            building: line.building.map(|building| building.slug),
            event_type: line.event_type,
            sequence: line.sequence,
            state: line.state.word(),
            attempt_count: line.attempts,
            next_at: line.next_at.map(|at| at.to_string()),
            last_status: line.last_status,
            last_ms: line.last_ms,
            last_outcome: line.last_outcome,
            replay_of: line.replay_of.map(|id| id.to_string()),
            created_at: line.created_at.to_string(),
            finished_at: line.finished_at.map(|at| at.to_string()),
        }
    }
}

/// One attempt of a delivery.
#[derive(Serialize, ToSchema)]
pub struct AttemptOut {
    pub number: i32,
    #[schema(format = DateTime)]
    pub began_at: String,
    /// Null when there was no answer.
    pub status: Option<i32>,
    pub took_ms: i32,
    pub outcome: String,
    /// The beginning of what the endpoint answered.
    pub snippet: String,
}

impl From<AttemptLine> for AttemptOut {
    fn from(line: AttemptLine) -> Self {
        Self { number: line.number, began_at: line.began_at.to_string(), status: line.status, took_ms: line.took_ms, outcome: line.outcome, snippet: line.snippet }
    }
}

/// A delivery with its attempts and with what was sent.
#[derive(Serialize, ToSchema)]
pub struct DeliveryWhole {
    #[serde(flatten)]
    pub delivery: DeliveryOut,
    /// Null once the building lets you hear nothing any more, or when it is kept no more.
    #[schema(value_type = Option<Object>)]
    pub body: Option<Value>,
    pub attempts: Vec<AttemptOut>,
}

/// What was made.
#[derive(Serialize, ToSchema)]
pub struct Made {
    #[schema(value_type = uuid::Uuid)]
    pub id: String,
}

/// A span to have again.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the document's shape, as above")]
pub struct ReplayIn {
    #[schema(format = DateTime)]
    pub since: String,
    /// Later than `since`, by 31 days at most; not included.
    #[schema(format = DateTime)]
    pub until: String,
}

#[derive(Serialize, ToSchema)]
pub struct Replaying {
    /// At most 10,000 at once.
    pub messages: i32,
}
