//! What every list and every answer share: pages (docs.stripe.com/api/pagination) and `expand[]`
//! (docs.stripe.com/api/expanding_objects).

use serde_json::{Value, json};

use super::kinds::Kind;
use crate::{errors::ApiError, form::Params, state::State};

const PAGE_MAX: usize = 100;
const PAGE_DEFAULT: usize = 10;
const EXPAND_MAX: usize = 20;
const EXPAND_DEPTH_MAX: usize = 4;

/// Where a page begins and how long it is.
pub struct Page {
    limit: usize,
    after: Option<String>,
    before: Option<String>,
    created: Vec<(String, i64)>,
}

impl Page {
    /// Takes `limit`, `starting_after`, `ending_before` and `created`.
    pub fn take(params: &mut Params) -> Result<Self, ApiError> {
        let limit = match params.integer("limit")? {
            None => PAGE_DEFAULT,
            Some(limit) => usize::try_from(limit)
                .ok()
                .filter(|limit| (1..=PAGE_MAX).contains(limit))
                .ok_or_else(|| ApiError::invalid("Invalid integer: limit must be between 1 and 100").code("parameter_invalid_integer").param("limit"))?,
        };
        let (after, before) = (params.text("starting_after")?, params.text("ending_before")?);
        if after.is_some() && before.is_some() {
            return Err(ApiError::invalid("You can only specify one of these parameters: starting_after, ending_before."));
        }
        Ok(Self { limit, after, before, created: take_created(params)? })
    }

    /// The page of `objects` (newest first) under `url`.
    pub fn of<'a>(self, url: &str, kind: Kind, objects: impl Iterator<Item = &'a Value>) -> Result<Value, ApiError> {
        let kept: Vec<&Value> = objects.filter(|object| object["deleted"] != true && self.was_created_in_range(object)).collect();
        let place = |id: &str| kept.iter().position(|object| object["id"] == id).ok_or_else(|| ApiError { status: 400, ..ApiError::no_such(kind.noun(), id) });
        let (from, to, has_more) = match (&self.after, &self.before) {
            (_, Some(before)) => {
                let end = place(before)?;
                let from = end.saturating_sub(self.limit);
                (from, end, from > 0)
            }
            (after, None) => {
                let from = after.as_deref().map(place).transpose()?.map_or(0, |place| place + 1);
                let to = kept.len().min(from + self.limit);
                (from, to, to < kept.len())
            }
        };
        Ok(json!({ "object": "list", "data": &kept[from..to], "has_more": has_more, "url": url }))
    }

    fn was_created_in_range(&self, object: &Value) -> bool {
        let created = object["created"].as_i64().unwrap_or_default();
        self.created.iter().all(|(relation, bound)| match relation.as_str() {
            "gt" => created > *bound,
            "gte" => created >= *bound,
            "lt" => created < *bound,
            "lte" => created <= *bound,
            _ => created == *bound,
        })
    }
}

fn take_created(params: &mut Params) -> Result<Vec<(String, i64)>, ApiError> {
    if let Ok(Some(bound)) = params.clone().integer("created") {
        params.ignore(&["created"]);
        return Ok(vec![("eq".into(), bound)]);
    }
    let Some(mut range) = params.tree("created")? else { return Ok(Vec::new()) };
    let mut bounds = Vec::new();
    for relation in ["gt", "gte", "lt", "lte"] {
        if let Some(bound) = range.integer(relation)? {
            bounds.push((relation.to_owned(), bound));
        }
    }
    range.finish()?;
    Ok(bounds)
}

/// A list of everything, as it stands inside another object.
pub fn embedded(url: &str, data: Vec<Value>) -> Value {
    json!({ "object": "list", "data": data, "has_more": false, "url": url })
}

/// Takes `expand[]`.
pub fn take_expand(params: &mut Params) -> Result<Vec<String>, ApiError> {
    params.texts("expand", EXPAND_MAX)
}

/// Puts objects in the place of their ids, along each path.
pub fn expand(state: &State, answer: &mut Value, paths: &[String]) -> Result<(), ApiError> {
    for path in paths {
        let steps: Vec<&str> = path.split('.').collect();
        if steps.len() > EXPAND_DEPTH_MAX + usize::from(steps[0] == "data") {
            return Err(ApiError::invalid(format!("You cannot expand more than {EXPAND_DEPTH_MAX} levels of a property. Property: {path}")).param("expand"));
        }
        expand_step(state, answer, &steps, path)?;
    }
    Ok(())
}

fn expand_step(state: &State, holder: &mut Value, steps: &[&str], path: &str) -> Result<(), ApiError> {
    if let Value::Array(items) = holder {
        return items.iter_mut().try_for_each(|item| expand_step(state, item, steps, path));
    }
    let Some((step, rest)) = steps.split_first() else { return Ok(()) };
    let refused = || ApiError::invalid(format!("This property cannot be expanded ({path}).")).param("expand");
    include(state, holder, step);
    let place = holder.get_mut(*step).ok_or_else(refused)?;
    if let Some(id) = place.as_str() {
        let kind = Kind::of_id(id).ok_or_else(refused)?;
        *place = state.get(kind, id)?.clone();
    }
    match place {
        Value::Null => Ok(()),
        Value::Object(_) | Value::Array(_) => expand_step(state, place, rest, path),
        _ => Err(refused()),
    }
}

/// Fields that stand in an object only when they are asked for.
fn include(state: &State, holder: &mut Value, step: &str) {
    let id = holder["id"].as_str().unwrap_or_default().to_owned();
    let list = match (holder["object"].as_str(), step) {
        (Some("checkout.session"), "line_items") => {
            let items = state.plans.get(&id).map(|plan| plan.lines.clone()).unwrap_or_default();
            embedded(&format!("/v1/checkout/sessions/{id}/line_items"), items)
        }
        (Some("invoice"), "payments") => {
            let payments = state.all(Kind::InvoicePayment).filter(|payment| payment["invoice"] == id).cloned().collect();
            embedded("/v1/invoice_payments", payments)
        }
        (Some("customer"), "subscriptions") => {
            let subscriptions = state.all(Kind::Subscription).filter(|subscription| subscription["customer"] == id && subscription["status"] != "canceled").cloned().collect();
            embedded(&format!("/v1/customers/{id}/subscriptions"), subscriptions)
        }
        (Some("charge"), "refunds") => {
            let refunds = state.all(Kind::Refund).filter(|refund| refund["charge"] == id).cloned().collect();
            embedded(&format!("/v1/charges/{id}/refunds"), refunds)
        }
        _ => return,
    };
    holder[step] = list;
}
