//! Changes to subscriptions and their end. No proration: a new price counts from the next period on.

use serde_json::{Value, json};

use super::{kinds::Kind, payment_methods, prices};
use crate::{errors::ApiError, form::Params, state::State};

const ITEMS_MAX: usize = 20;
const SILENT: [&str; 12] = [
    "application_fee_percent",
    "automatic_tax",
    "billing_cycle_anchor",
    "collection_method",
    "days_until_due",
    "default_tax_rates",
    "invoice_settings",
    "off_session",
    "payment_behavior",
    "payment_settings",
    "proration_behavior",
    "trial_settings",
];

/// `POST /v1/subscriptions/{id}`
pub fn update(state: &mut State, id: &str, mut params: Params) -> Result<Value, ApiError> {
    let stored = state.get(Kind::Subscription, id)?.clone();
    let mut fields = json!({ "metadata": params.metadata(Some(&stored["metadata"]))? });
    if let Some(description) = params.change("description")? {
        fields["description"] = description;
    }
    if let Some(mut details) = params.tree("cancellation_details")? {
        let mut kept = stored["cancellation_details"].clone();
        for name in ["comment", "feedback"] {
            if let Some(value) = details.change(name)? {
                kept[name] = value;
            }
        }
        details.finish()?;
        fields["cancellation_details"] = kept;
    }
    if let Some(pause) = take_pause(&mut params)? {
        fields["pause_collection"] = pause;
    }
    let method = params.text("default_payment_method")?;
    let ends = params.boolean("cancel_at_period_end")?;
    let items = params.list("items", ITEMS_MAX)?;
    params.ignore(&SILENT);
    params.finish()?;
    if !stored["ended_at"].is_null() {
        return Err(ApiError::invalid("A canceled subscription can only update its cancellation_details and metadata.").code("resource_missing"));
    }
    if !items.is_empty() {
        fields["items"] = changed_items(state, &stored, items)?;
    }
    if let Some(method) = method {
        let method = payment_methods::resolve(state, &method, "default_payment_method")?;
        if let Some(customer) = stored["customer"].as_str() {
            payment_methods::save(state, &method, customer)?;
        }
        fields["default_payment_method"] = method.into();
    }
    if let Some(ends) = ends {
        add_end(&mut fields, &stored, ends, state.now());
    }
    let (subscription, before) = state.set(Kind::Subscription, id, fields)?;
    if before.as_object().is_some_and(|before| !before.is_empty()) {
        state.record_change("customer.subscription.updated", subscription.clone(), before);
    }
    Ok(subscription)
}

/// An empty string resumes (docs.stripe.com/billing/subscriptions/pause-payment).
fn take_pause(params: &mut Params) -> Result<Option<Value>, ApiError> {
    if !params.has("pause_collection") {
        return Ok(None);
    }
    let Some(mut pause) = params.tree("pause_collection")? else { return Ok(Some(Value::Null)) };
    let behavior = pause.one_of("behavior", &["keep_as_draft", "mark_uncollectible", "void"])?.ok_or_else(|| ApiError::missing("pause_collection[behavior]"))?;
    let resumes_at = pause.integer("resumes_at")?;
    pause.finish()?;
    Ok(Some(json!({ "behavior": behavior, "resumes_at": resumes_at })))
}

fn changed_items(state: &mut State, stored: &Value, changes: Vec<Params>) -> Result<Value, ApiError> {
    let mut list = stored["items"].clone();
    let mut items = list["data"].as_array().cloned().unwrap_or_default();
    for mut change in changes {
        let name = change.name("id");
        let item_id = change.text("id")?;
        let quantity = change.integer("quantity")?;
        let deleted = change.boolean("deleted")?.unwrap_or(false);
        let price = if change.has("price") || change.has("price_data") { Some(prices::take_for_item(state, &mut change)?) } else { None };
        change.ignore(&["metadata", "tax_rates", "discounts", "clear_usage"]);
        change.finish()?;
        if price.as_ref().is_some_and(|price| price["recurring"].is_null()) {
            return Err(ApiError::invalid("The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.").param("items"));
        }
        match item_id {
            Some(item_id) => {
                let place = items
                    .iter()
                    .position(|item| item["id"] == item_id)
                    .ok_or_else(|| ApiError::invalid(format!("No such subscription item: '{item_id}'")).code("resource_missing").param(&name))?;
                if deleted {
                    items.remove(place);
                    continue;
                }
                if let Some(price) = price {
                    items[place]["price"] = price;
                }
                if let Some(quantity) = quantity {
                    items[place]["quantity"] = quantity.max(0).into();
                }
            }
            None => {
                let price = price.ok_or_else(|| ApiError::missing("items[price]"))?;
                let start = items.first().and_then(|item| item["current_period_start"].as_i64()).unwrap_or_else(|| state.now());
                let end = items.first().and_then(|item| item["current_period_end"].as_i64());
                items.push(super::subscriptions::item(state, stored["id"].as_str().unwrap_or_default(), &price, quantity.unwrap_or(1).max(0), &json!({}), start, end));
            }
        }
    }
    if items.is_empty() {
        return Err(ApiError::invalid("A subscription must have at least one active item.").param("items"));
    }
    list["data"] = items.into();
    Ok(list)
}

fn add_end(fields: &mut Value, stored: &Value, ends: bool, now: i64) {
    let mut details = stored["cancellation_details"].clone();
    if let Some(given) = fields.get("cancellation_details") {
        details = given.clone();
    }
    details["reason"] = if ends { "cancellation_requested".into() } else { Value::Null };
    fields["cancel_at_period_end"] = ends.into();
    fields["cancel_at"] = if ends { stored["items"]["data"][0]["current_period_end"].clone() } else { Value::Null };
    fields["canceled_at"] = if ends { now.into() } else { Value::Null };
    fields["cancellation_details"] = details;
}

/// Marks a subscription to end with its period, or not to.
pub fn end_with_period(state: &mut State, id: &str, ends: bool) -> Result<Value, ApiError> {
    let stored = state.get(Kind::Subscription, id)?.clone();
    let mut fields = json!({});
    add_end(&mut fields, &stored, ends, state.now());
    let (subscription, before) = state.set(Kind::Subscription, id, fields)?;
    state.record_change("customer.subscription.updated", subscription.clone(), before);
    Ok(subscription)
}

/// Ends a subscription now. `reason`: cancellation_requested, payment_failed or payment_disputed.
pub fn end(state: &mut State, id: &str, reason: &str) -> Result<Value, ApiError> {
    let now = state.now();
    let stored = state.get(Kind::Subscription, id)?.clone();
    let mut details = stored["cancellation_details"].clone();
    details["reason"] = reason.into();
    let canceled_at = stored["canceled_at"].as_i64().unwrap_or(now);
    let (subscription, _) = state.set(Kind::Subscription, id, json!({ "status": "canceled", "canceled_at": canceled_at, "ended_at": now, "cancellation_details": details }))?;
    state.record("customer.subscription.deleted", subscription.clone());
    Ok(subscription)
}

/// `DELETE /v1/subscriptions/{id}`
pub fn cancel(state: &mut State, id: &str, mut params: Params) -> Result<Value, ApiError> {
    let stored = state.get(Kind::Subscription, id)?.clone();
    let mut details = stored["cancellation_details"].clone();
    if let Some(mut given) = params.tree("cancellation_details")? {
        for name in ["comment", "feedback"] {
            if let Some(value) = given.change(name)? {
                details[name] = value;
            }
        }
        given.finish()?;
    }
    params.ignore(&["invoice_now", "prorate"]);
    params.finish()?;
    if !stored["ended_at"].is_null() {
        return Err(ApiError::no_such("subscription", id));
    }
    state.set(Kind::Subscription, id, json!({ "cancellation_details": details }))?;
    end(state, id, "cancellation_requested")
}
