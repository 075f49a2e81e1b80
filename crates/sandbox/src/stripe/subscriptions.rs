//! Subscriptions (docs.stripe.com/api/subscriptions): made here, changed in `subscriptions_edit`, carried from
//! period to period by `renewals`.

use serde_json::{Map, Value, json};

use super::{
    attempts::{Circumstances, Verdict},
    charges, invoices,
    kinds::Kind,
    lists::{Page, embedded},
    payment_methods, periods, prices,
};
use crate::{errors::ApiError, form::Params, state::State};

const ITEMS_MAX: usize = 20;
const TRIAL_DAYS_MAX: i64 = 730;
const DAY_S: i64 = 86_400;
const SILENT: [&str; 14] = [
    "automatic_tax",
    "billing_cycle_anchor",
    "billing_cycle_anchor_config",
    "collection_method",
    "days_until_due",
    "default_tax_rates",
    "invoice_settings",
    "off_session",
    "payment_settings",
    "pending_invoice_item_interval",
    "proration_behavior",
    "trial_settings",
    "currency",
    "cancel_at",
];

/// What a subscription is made of.
pub struct Draft {
    pub customer: String,
    /// Price, quantity and metadata of each item.
    pub items: Vec<(Value, i64, Value)>,
    /// The same of what is charged once, with the first invoice.
    pub once: Vec<(Value, i64, Value)>,
    pub default_payment_method: Option<String>,
    /// Seconds since 1970.
    pub trial_end: Option<i64>,
    /// Fields that override the empty ones.
    pub details: Map<String, Value>,
}

/// Takes the fields that `subscription_data` of Checkout and a subscription share, and the end of the trial.
pub fn take_details(params: &mut Params, now: i64) -> Result<(Map<String, Value>, Option<i64>), ApiError> {
    let mut details = Map::new();
    details.insert("metadata".into(), params.metadata(None)?);
    for name in ["description", "on_behalf_of"] {
        if let Some(value) = params.change(name)? {
            details.insert(name.into(), value);
        }
    }
    let fee_name = params.name("application_fee_percent");
    if let Some(text) = params.text("application_fee_percent")? {
        let percent = text.parse::<f64>().ok().filter(|percent| (0.0..=100.0).contains(percent));
        details.insert("application_fee_percent".into(), percent.ok_or_else(|| ApiError::invalid(format!("Invalid decimal: {text}")).param(&fee_name))?.into());
    }
    if let Some(mut mode) = params.tree("billing_mode")? {
        let kind = mode.one_of("type", &["classic", "flexible"])?.unwrap_or_else(|| "flexible".into());
        mode.ignore(&["flexible"]);
        mode.finish()?;
        details.insert("billing_mode".into(), json!({ "type": kind, "updated_at": null }));
    }
    if let Some(mut transfer) = params.tree("transfer_data")? {
        let destination = transfer.required("destination")?;
        let percent = transfer.text("amount_percent")?.and_then(|text| text.parse::<f64>().ok());
        transfer.finish()?;
        details.insert("transfer_data".into(), json!({ "destination": destination, "amount_percent": percent }));
    }
    let days_name = params.name("trial_period_days");
    let trial_end = match (params.integer("trial_period_days")?, params.text("trial_end")?) {
        (None, None) => None,
        (Some(days), None) if (1..=TRIAL_DAYS_MAX).contains(&days) => Some(now + days * DAY_S),
        (Some(_), None) => return Err(ApiError::invalid(format!("trial_period_days must be between 1 and {TRIAL_DAYS_MAX}.")).param(&days_name)),
        (None, Some(end)) if end == "now" => None,
        (None, Some(end)) => Some(
            end.parse::<i64>()
                .ok()
                .filter(|end| *end > now)
                .ok_or_else(|| ApiError::invalid("Invalid timestamp: must be an integer Unix timestamp in the future").param("trial_end"))?,
        ),
        (Some(_), Some(_)) => return Err(ApiError::invalid("You can only specify one of these parameters: trial_period_days, trial_end.")),
    };
    Ok((details, trial_end))
}

/// Keeps a subscription and its first invoice; tells both. `incomplete` until the invoice is paid.
pub fn add(state: &mut State, draft: Draft) -> Result<(Value, Value), ApiError> {
    let now = state.now();
    let id = state.ids.next("sub_1");
    let items: Vec<Value> = draft.items.iter().map(|(price, quantity, metadata)| item(state, &id, price, *quantity, metadata, now, draft.trial_end)).collect();
    let currency = draft.items.first().map_or(Value::Null, |(price, ..)| price["currency"].clone());
    let mut subscription = json!({
        "id": id,
        "object": "subscription",
        "application": null,
        "application_fee_percent": null,
        "automatic_tax": { "disabled_reason": null, "enabled": false, "liability": null },
        "billing_cycle_anchor": draft.trial_end.unwrap_or(now),
        "billing_cycle_anchor_config": null,
        "billing_mode": { "type": "flexible", "updated_at": null },
        "billing_schedules": [],
        "billing_thresholds": null,
        "cancel_at": null,
        "cancel_at_period_end": false,
        "canceled_at": null,
        "cancellation_details": { "comment": null, "feedback": null, "reason": null },
        "collection_method": "charge_automatically",
        "created": now,
        "currency": currency,
        "customer": draft.customer,
        "customer_account": null,
        "days_until_due": null,
        "default_payment_method": draft.default_payment_method,
        "default_source": null,
        "default_tax_rates": [],
        "description": null,
        "discounts": [],
        "ended_at": null,
        "invoice_settings": { "account_tax_ids": null, "issuer": { "type": "self" } },
        "items": embedded(&format!("/v1/subscription_items?subscription={id}"), items),
        "latest_invoice": null,
        "livemode": false,
        "metadata": {},
        "next_pending_invoice_item_invoice": null,
        "on_behalf_of": null,
        "pause_collection": null,
        "payment_settings": { "payment_method_options": null, "payment_method_types": null, "save_default_payment_method": "off" },
        "pending_invoice_item_interval": null,
        "pending_setup_intent": null,
        "pending_update": null,
        "schedule": null,
        "start_date": now,
        "status": if draft.trial_end.is_some() { "trialing" } else { "incomplete" },
        "test_clock": null,
        "transfer_data": null,
        "trial_end": draft.trial_end,
        "trial_settings": { "end_behavior": { "missing_payment_method": "create_invoice" } },
        "trial_start": draft.trial_end.map(|_| now),
    });
    for (name, value) in draft.details {
        subscription[name] = value;
    }
    state.insert(Kind::Subscription, subscription)?;
    let invoice = invoices::add_for(state, &id, "subscription_create", &draft.once)?;
    let subscription = state.get(Kind::Subscription, &id)?.clone();
    state.record("customer.subscription.created", subscription.clone());
    invoices::announce(state, &invoice);
    Ok((subscription, invoice))
}

/// One item, with its current period: the trial, or the first interval.
pub fn item(state: &mut State, subscription: &str, price: &Value, quantity: i64, metadata: &Value, start: i64, trial_end: Option<i64>) -> Value {
    let end = trial_end.or_else(|| prices::interval(price).map(|interval| periods::end_after(start, &interval, start))).unwrap_or(start);
    json!({
        "id": state.ids.sized("si_", 14),
        "object": "subscription_item",
        "billed_until": end,
        "billing_thresholds": null,
        "created": start,
        "current_period_end": end,
        "current_period_start": start,
        "current_trial": null,
        "discounts": [],
        "metadata": metadata,
        "price": price,
        "quantity": quantity,
        "subscription": subscription,
        "tax_rates": [],
    })
}

/// The payment method a subscription is charged to: its own, or its customer's.
pub fn payment_method(state: &State, subscription: &Value) -> Option<String> {
    let own = subscription["default_payment_method"].as_str();
    let customer = subscription["customer"].as_str().and_then(|id| state.get(Kind::Customer, id).ok());
    own.or_else(|| customer?["invoice_settings"]["default_payment_method"].as_str()).map(str::to_owned)
}

/// Takes `items`, of which each must have a recurring price.
fn take_items(state: &mut State, params: &mut Params) -> Result<Vec<(Value, i64, Value)>, ApiError> {
    let mut items = Vec::new();
    for mut given in params.list("items", ITEMS_MAX)? {
        let price = prices::take_for_item(state, &mut given)?;
        let quantity = given.integer("quantity")?.unwrap_or(1).max(0);
        let metadata = given.metadata(None)?;
        given.ignore(&["tax_rates", "discounts", "billing_thresholds"]);
        let name = given.name("price");
        given.finish()?;
        if price["recurring"].is_null() {
            return Err(ApiError::invalid("The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.").param(&name));
        }
        items.push((price, quantity, metadata));
    }
    if items.is_empty() {
        return Err(ApiError::missing("items"));
    }
    Ok(items)
}

/// `POST /v1/subscriptions`
pub fn create(state: &mut State, mut params: Params) -> Result<Value, ApiError> {
    let customer = params.required("customer")?;
    state.referred(Kind::Customer, &customer, "customer")?;
    let behavior = params
        .one_of("payment_behavior", &["allow_incomplete", "default_incomplete", "error_if_incomplete", "pending_if_incomplete"])?
        .unwrap_or_else(|| "allow_incomplete".into());
    let method = params.text("default_payment_method")?;
    let now = state.now();
    let (details, trial_end) = take_details(&mut params, now)?;
    let ends = params.boolean("cancel_at_period_end")?.unwrap_or(false);
    params.ignore(&SILENT);
    let items = take_items(state, &mut params)?;
    params.finish()?;
    let method = method.map(|method| payment_methods::resolve(state, &method, "default_payment_method")).transpose()?;
    if let Some(method) = &method {
        payment_methods::save(state, method, &customer)?;
    }
    let charged_to = method.clone().or_else(|| payment_method(state, &json!({ "customer": customer })));
    let due: i64 = if trial_end.is_some() { 0 } else { items.iter().map(|(price, quantity, _)| price["unit_amount"].as_i64().unwrap_or_default() * quantity).sum() };
    if due > 0 && behavior != "default_incomplete" {
        let Some(charged_to) = &charged_to else {
            return Err(ApiError::invalid("This customer has no attached payment source or default payment method. Please consider adding a default payment method.")
                .code("resource_missing"));
        };
        if behavior == "error_if_incomplete"
            && let Verdict::Declines(decline) = super::attempts::verdict(state, charged_to, Circumstances::default())?
        {
            return Err(charges::card_error(decline));
        }
    }
    let (subscription, invoice) = add(state, Draft { customer, items, once: Vec::new(), default_payment_method: method, trial_end, details })?;
    let id = subscription["id"].as_str().unwrap_or_default();
    let invoice_id = invoice["id"].as_str().unwrap_or_default();
    match charged_to {
        _ if due == 0 => drop(invoices::mark_paid(state, invoice_id, None)?),
        Some(method) if behavior != "default_incomplete" => drop(invoices::charge(state, invoice_id, &method, Circumstances::default())?),
        _ => drop(invoices::intent_for(state, invoice_id)?),
    }
    if ends {
        super::subscriptions_edit::end_with_period(state, id, true)?;
    }
    state.get(Kind::Subscription, id).cloned()
}

/// `GET /v1/subscriptions`: without `status`, all that have not ended.
pub fn list(state: &State, mut params: Params) -> Result<Value, ApiError> {
    let page = Page::take(&mut params)?;
    let (customer, price, status) = (params.text("customer")?, params.text("price")?, params.text("status")?);
    params.ignore(&["collection_method", "automatic_tax", "test_clock"]);
    params.finish()?;
    let wanted = |subscription: &&Value| {
        let of_status = match status.as_deref() {
            None => subscription["status"] != "canceled",
            Some("all") => true,
            Some("ended") => matches!(subscription["status"].as_str(), Some("canceled" | "incomplete_expired")),
            Some(status) => subscription["status"] == status,
        };
        let of_price = price.as_deref().is_none_or(|price| subscription["items"]["data"].as_array().is_some_and(|items| items.iter().any(|item| item["price"]["id"] == price)));
        of_status && of_price && super::matches(subscription, "customer", customer.as_deref())
    };
    page.of("/v1/subscriptions", Kind::Subscription, state.all(Kind::Subscription).filter(wanted))
}
