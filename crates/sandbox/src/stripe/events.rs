//! Events (docs.stripe.com/api/events): written by `State::record`, read here.

use serde_json::Value;

use super::{kinds::Kind, lists::Page};
use crate::{errors::ApiError, form::Params, state::State};

const TYPES_MAX: usize = 20;

/// `GET /v1/events`. `type` may end in `*`.
pub fn list(state: &State, mut params: Params) -> Result<Value, ApiError> {
    let page = Page::take(&mut params)?;
    let kind = params.text("type")?;
    let kinds = params.texts("types", TYPES_MAX)?;
    let delivered = params.boolean("delivery_success")?;
    params.finish()?;
    if kind.is_some() && !kinds.is_empty() {
        return Err(ApiError::invalid("You can only specify one of these parameters: type, types."));
    }
    let wanted = |event: &&Value| {
        let name = event["type"].as_str().unwrap_or_default();
        kind.as_deref().is_none_or(|kind| kind.strip_suffix('*').map_or(name == kind, |prefix| name.starts_with(prefix)))
            && (kinds.is_empty() || kinds.iter().any(|kind| kind == name))
            && delivered.is_none_or(|delivered| (event["pending_webhooks"] == 0) == delivered)
    };
    page.of("/v1/events", Kind::Event, state.all(Kind::Event).filter(wanted))
}
