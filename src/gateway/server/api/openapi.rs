//! `/api/v1/openapi.json`: the API as its programs' makers read it, OpenAPI 3.1. What every operation may answer besides
//! its own success is the door's, so it is written once here; and what we send to them stands in it as webhooks.

use std::sync::OnceLock;

use axum::response::{IntoResponse, Response};
use http::header;
use serde_json::{Map, Value, json};
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Content, HeaderBuilder, ObjectBuilder, OpenApi as Document, PathItem, Ref, ResponseBuilder, Type};
use utoipa::{Modify, OpenApi};

use super::{door, endpoints, log, reads, shapes};
use crate::gateway::server::catalogue;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Vantera partner API",
        version = "1",
        description = "Where partners of buildings (insurers, maintenance vendors, municipalities, developers) say what they want to be told of, and read what was sent. \
                       Nothing is told of a building but what its committee granted. Send your key as `Authorization: Bearer vk_…`."
    ),
    paths(
        reads::me,
        reads::event_types,
        reads::event_type,
        reads::buildings,
        endpoints::endpoints,
        endpoints::add_endpoint,
        endpoints::endpoint,
        endpoints::change_endpoint,
        endpoints::delete_endpoint,
        endpoints::rotate_secret,
        log::test_endpoint,
        log::replay,
        log::deliveries,
        log::delivery,
        log::retry
    ),
    components(schemas(door::ApiError, shapes::EndpointIn, shapes::EndpointChange, shapes::ReplayIn)),
    modifiers(&Door)
)]
struct Api;

/// What the door adds to every operation.
struct Door;

impl Modify for Door {
    fn modify(&self, document: &mut Document) {
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("key", SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("vk_…").build()));
        document.security = Some(vec![SecurityRequirement::new("key", Vec::<String>::new())]);
        for item in document.paths.paths.values_mut() {
            operations(item).for_each(refusals);
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post, &mut item.patch, &mut item.delete].into_iter().flatten()
}

fn refusals(operation: &mut Operation) {
    let (body, reads) = (operation.request_body.is_some(), operation.parameters.is_some());
    // Only what is open to anybody names its own security: that there is none.
    let keyed = operation.security.is_none();
    let often = if keyed { "Too often with this key, or too many wrong keys from this address" } else { "Too often from this address" };
    let told = [
        ("400", body, "The body is not a JSON object, or did not come in time"),
        ("401", keyed, "No key, or one that was revoked"),
        ("403", keyed, "The key may not, or x-tenant-id names a building that grants nothing"),
        ("404", reads, "Not there, or not yours"),
        ("413", body, "The body is larger than 64 KiB"),
        ("415", body, "The body is not application/json"),
        ("422", body || reads && keyed, "Some fields are not right; fields says which"),
        ("429", true, often),
        ("500", true, "Our fault; incident names it"),
        ("503", true, "Not reachable for a moment"),
    ];
    for (status, may, why) in told {
        if !may {
            continue;
        }
        let mut response = ResponseBuilder::new().description(why).content("application/json", Content::new(Some(Ref::from_schema_name("ApiError"))));
        if status == "429" {
            let seconds = HeaderBuilder::new().schema(Some(ObjectBuilder::new().schema_type(Type::Integer).build())).description(Some("Seconds to wait."));
            response = response.header("Retry-After", seconds.build());
        }
        if status == "401" {
            let scheme = HeaderBuilder::new().schema(Some(ObjectBuilder::new().schema_type(Type::String).build()));
            response = response.header("WWW-Authenticate", scheme.build());
        }
        operation.responses.responses.entry(status.to_owned()).or_insert_with(|| response.build().into());
    }
}

/// The API with what it sends. The bodies are the catalogue's own schemas, which the document's types could not hold whole.
fn whole() -> Value {
    let mut document = serde_json::to_value(Api::openapi()).unwrap_or_default();
    document["webhooks"] = webhooks();
    document
}

/// Every type that is sent now, as the request that its endpoint gets.
fn webhooks() -> Value {
    let header = |name: &str, says: &str| json!({ "name": name, "in": "header", "required": true, "description": says, "schema": { "type": "string" } });
    let parameters = json!([
        header("webhook-id", "The message's own id, the same in every attempt."),
        header("webhook-timestamp", "When this attempt was signed, in seconds since 1970."),
        header("webhook-signature", "By Standard Webhooks; one signature for each secret that signs now, parted by spaces.")
    ]);
    let responses = json!({
        "2XX": { "description": "It arrived" },
        "410": { "description": "The endpoint is no more, and is switched off" },
        "default": { "description": "It is sent again, not before the Retry-After of a 429, 502, 503 or 504" }
    });
    let sent = catalogue::all().into_iter().filter(|event| event.published).map(|event| {
        let body = json!({ "required": true, "content": { "application/json": { "schema": event.schema(), "example": event.example() } } });
        // Your key is nothing of theirs: a signature proves who sends.
        let post = json!({ "operationId": event.event_type, "tags": ["Sent to you"], "summary": event.en, "security": [], "parameters": parameters, "requestBody": body, "responses": responses });
        (event.event_type.to_owned(), json!({ "post": post }))
    });
    Value::Object(Map::from_iter(sent))
}

/// The document itself. It is public: it says nothing of anybody.
pub async fn openapi() -> Response {
    static WRITTEN: OnceLock<String> = OnceLock::new();
    let written = WRITTEN.get_or_init(|| format!("{:#}", whole()));
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=300")], written.as_str()).into_response()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::gateway::model::{GATEWAY_TEST, PUBLISHED};

    #[test]
    fn the_document_is_openapi_3_1_and_every_operation_tells_its_refusals() {
        let document = super::whole();
        assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")), "{}", document["openapi"]);
        let paths = document["paths"].as_object().expect("paths");
        assert!(paths.len() >= 6, "{paths:?}");
        for (path, item) in paths {
            for (method, operation) in item.as_object().expect("operations") {
                let responses = operation["responses"].as_object().expect("responses");
                let open = path.starts_with("/api/v1/event-types");
                assert_eq!(operation.get("security"), open.then(|| json!([{}])).as_ref(), "{method} {path}");
                for status in ["401", "403", "429", "500"] {
                    assert_eq!(responses.contains_key(status), !open || !status.starts_with("40"), "{method} {path}: {status}");
                }
                assert!(responses.keys().any(|status| status.starts_with('2')), "{method} {path}");
            }
        }
        let text = document.to_string();
        for reference in text.split("#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(document["components"]["schemas"].get(reference).is_some(), "{reference} is named and not there");
        }
    }

    #[test]
    fn what_is_sent_now_stands_in_the_document_with_its_schema() {
        let document = super::whole();
        let mut sent: Vec<&str> = document["webhooks"].as_object().expect("webhooks").keys().map(String::as_str).collect();
        let mut published: Vec<&str> = PUBLISHED.into_iter().chain([GATEWAY_TEST]).collect();
        sent.sort_unstable();
        published.sort_unstable();
        assert_eq!(sent, published);
        for event_type in published {
            let post = &document["webhooks"][event_type]["post"];
            assert_eq!(post["requestBody"]["content"]["application/json"]["schema"]["properties"]["type"]["const"], event_type);
            assert_eq!((&post["security"], post["parameters"].as_array().map(Vec::len)), (&json!([]), Some(3)), "{event_type}");
        }
    }
}
