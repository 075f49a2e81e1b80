//! Webhook endpoints (docs.stripe.com/api/webhook_endpoints). The secret is shown once, in the answer to the
//! creation, as Stripe does. Delivery is the courier's.

use serde_json::{Value, json};

use super::{API_VERSION, VERSIONS, kinds::Kind, lists::Page};
use crate::{errors::ApiError, form::Params, state::State};

const ENDPOINTS_MAX: usize = 16;
const EVENTS_MAX: usize = 300;

/// An endpoint for every type of event.
pub fn endpoint(id: &str, url: &str, secret: &str, created: i64) -> Value {
    json!({
        "id": id,
        "object": "webhook_endpoint",
        "api_version": API_VERSION,
        "application": null,
        "created": created,
        "description": null,
        "enabled_events": ["*"],
        "livemode": false,
        "metadata": {},
        "secret": secret,
        "status": "enabled",
        "url": url,
    })
}

fn without_secret(endpoint: &Value) -> Value {
    let mut shown = endpoint.clone();
    shown.as_object_mut().map(|fields| fields.remove("secret"));
    shown
}

fn take_url(params: &mut Params) -> Result<Option<String>, ApiError> {
    let Some(url) = params.text("url")? else { return Ok(None) };
    match url::Url::parse(&url) {
        Ok(parsed) if parsed.scheme() == "http" => Ok(Some(url)),
        Ok(parsed) if parsed.scheme() == "https" => Err(ApiError::invalid("This stand-in delivers over http on this machine only.").param("url")),
        _ => Err(ApiError::invalid("Invalid URL: URL must be a valid URL").code("url_invalid").param("url")),
    }
}

/// `POST /v1/webhook_endpoints`
pub fn create(state: &mut State, mut params: Params) -> Result<Value, ApiError> {
    let url = take_url(&mut params)?.ok_or_else(|| ApiError::missing("url"))?;
    let events = params.texts("enabled_events", EVENTS_MAX)?;
    let version = params.one_of("api_version", &VERSIONS)?.unwrap_or_else(|| API_VERSION.into());
    let description = params.change("description")?.unwrap_or_default();
    let metadata = params.metadata(None)?;
    params.ignore(&["connect"]);
    params.finish()?;
    if events.is_empty() {
        return Err(ApiError::missing("enabled_events"));
    }
    if state.count(Kind::WebhookEndpoint) >= ENDPOINTS_MAX {
        return Err(ApiError::invalid(format!("You have reached the maximum of {ENDPOINTS_MAX} test webhook endpoints.")));
    }
    let (id, secret) = (state.ids.next("we_1"), state.ids.sized("whsec_", 32));
    let mut made = endpoint(&id, &url, &secret, state.now());
    made["enabled_events"] = events.into();
    made["api_version"] = version.into();
    made["description"] = description;
    made["metadata"] = metadata;
    state.insert(Kind::WebhookEndpoint, made)
}

/// `GET /v1/webhook_endpoints/{id}`
pub fn retrieve(state: &State, id: &str, params: Params) -> Result<Value, ApiError> {
    params.finish()?;
    state.get(Kind::WebhookEndpoint, id).map(without_secret)
}

/// `POST /v1/webhook_endpoints/{id}`
pub fn update(state: &mut State, id: &str, mut params: Params) -> Result<Value, ApiError> {
    let metadata = params.metadata(Some(&state.get(Kind::WebhookEndpoint, id)?["metadata"]))?;
    let mut fields = json!({ "metadata": metadata });
    if let Some(url) = take_url(&mut params)? {
        fields["url"] = url.into();
    }
    let events = params.texts("enabled_events", EVENTS_MAX)?;
    if !events.is_empty() {
        fields["enabled_events"] = events.into();
    }
    if let Some(disabled) = params.boolean("disabled")? {
        fields["status"] = if disabled { "disabled" } else { "enabled" }.into();
    }
    if let Some(description) = params.change("description")? {
        fields["description"] = description;
    }
    params.finish()?;
    Ok(without_secret(&state.set(Kind::WebhookEndpoint, id, fields)?.0))
}

/// `GET /v1/webhook_endpoints`
pub fn list(state: &State, mut params: Params) -> Result<Value, ApiError> {
    let page = Page::take(&mut params)?;
    params.finish()?;
    let shown: Vec<Value> = state.all(Kind::WebhookEndpoint).map(without_secret).collect();
    page.of("/v1/webhook_endpoints", Kind::WebhookEndpoint, shown.iter())
}

/// `DELETE /v1/webhook_endpoints/{id}`; deliveries that failed are not tried again.
pub fn delete(state: &mut State, id: &str, params: Params) -> Result<Value, ApiError> {
    params.finish()?;
    state.get(Kind::WebhookEndpoint, id)?;
    state.replace(Kind::WebhookEndpoint, id, None);
    Ok(json!({ "id": id, "object": "webhook_endpoint", "deleted": true }))
}
