//! Payment intents (docs.stripe.com/api/payment_intents).

use serde_json::{Map, Value, json};

use super::{
    attempts::{Circumstances, Verdict, attempt},
    charges,
    kinds::Kind,
    lists::Page,
    payment_methods, prices,
};
use crate::{
    errors::ApiError,
    form::Params,
    state::{Owner, State},
};

/// Stripe's least charge in US dollars, in cents.
const USD_LEAST: i64 = 50;
const CONFIRM_SILENT: [&str; 8] = [
    "automatic_payment_methods",
    "payment_method_types",
    "payment_method_options",
    "use_stripe_sdk",
    "mandate_data",
    "error_on_requires_action",
    "confirmation_method",
    "shipping",
];

/// Keeps a new payment intent. `details` are fields that override the empty ones.
pub fn add(state: &mut State, amount: i64, currency: &str, details: Map<String, Value>) -> Result<Value, ApiError> {
    let id = state.ids.next("pi_3");
    let secret = state.ids.sized(&format!("{id}_secret_"), 25);
    let mut intent = json!({
        "id": id,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_received": 0,
        "application": null,
        "application_fee_amount": null,
        "automatic_payment_methods": null,
        "canceled_at": null,
        "cancellation_reason": null,
        "capture_method": "automatic",
        "client_secret": secret,
        "confirmation_method": "automatic",
        "created": state.now(),
        "currency": currency,
        "customer": null,
        "customer_account": null,
        "description": null,
        "excluded_payment_method_types": null,
        "last_payment_error": null,
        "latest_charge": null,
        "livemode": false,
        "metadata": {},
        "next_action": null,
        "on_behalf_of": null,
        "payment_method": null,
        "payment_method_configuration_details": null,
        "payment_method_options": { "card": { "installments": null, "mandate_options": null, "network": null, "request_three_d_secure": "automatic" } },
        "payment_method_types": ["card"],
        "processing": null,
        "receipt_email": null,
        "review": null,
        "setup_future_usage": null,
        "shipping": null,
        "source": null,
        "statement_descriptor": null,
        "statement_descriptor_suffix": null,
        "status": "requires_payment_method",
        "transfer_data": null,
        "transfer_group": null,
    });
    for (name, value) in details {
        intent[name] = value;
    }
    if !intent["payment_method"].is_null() {
        intent["status"] = "requires_confirmation".into();
    }
    let intent = state.insert(Kind::PaymentIntent, intent)?;
    state.record("payment_intent.created", intent.clone());
    Ok(intent)
}

/// Takes the fields that `payment_intent_data` of Checkout and a payment intent share.
pub fn take_details(params: &mut Params, amount: Option<i64>) -> Result<Map<String, Value>, ApiError> {
    let mut details = Map::new();
    details.insert("metadata".into(), params.metadata(None)?);
    for name in ["description", "on_behalf_of", "receipt_email", "statement_descriptor", "statement_descriptor_suffix", "transfer_group"] {
        if let Some(value) = params.change(name)? {
            details.insert(name.into(), value);
        }
    }
    if let Some(capture) = params.one_of("capture_method", &["automatic", "automatic_async", "manual"])? {
        details.insert("capture_method".into(), capture.into());
    }
    if let Some(usage) = params.one_of("setup_future_usage", &["on_session", "off_session"])? {
        details.insert("setup_future_usage".into(), usage.into());
    }
    let fee_name = params.name("application_fee_amount");
    if let Some(fee) = prices::take_amount(params, "application_fee_amount")? {
        if amount.is_some_and(|amount| fee > amount) {
            return Err(ApiError::invalid("The application fee cannot be greater than the amount of the payment.").param(&fee_name));
        }
        details.insert("application_fee_amount".into(), fee.into());
    }
    if let Some(mut transfer) = params.tree("transfer_data")? {
        let destination = transfer.required("destination")?;
        let amount = prices::take_amount(&mut transfer, "amount")?;
        transfer.finish()?;
        let mut data = json!({ "destination": destination });
        if let Some(amount) = amount {
            data["amount"] = amount.into();
        }
        details.insert("transfer_data".into(), data);
    }
    Ok(details)
}

/// 400 for an amount Stripe would find too small.
pub fn require_chargeable(amount: i64, currency: &str, param: &str) -> Result<(), ApiError> {
    if amount < 1 || (currency == "usd" && amount < USD_LEAST) {
        return Err(ApiError::invalid("Amount must be at least $0.50 usd, or its counterpart in another currency.").code("amount_too_small").param(param));
    }
    Ok(())
}

/// 400 for something the intent's status does not allow.
pub fn unexpected_state(intent: &Value, verb: &str) -> ApiError {
    let status = intent["status"].as_str().unwrap_or_default();
    ApiError::invalid(format!("You cannot {verb} this PaymentIntent because it has a status of {status}."))
        .code("payment_intent_unexpected_state")
        .field("payment_intent", intent.clone())
}

/// `POST /v1/payment_intents`
pub fn create(state: &mut State, mut params: Params) -> Result<Value, ApiError> {
    let amount = prices::take_amount(&mut params, "amount")?.ok_or_else(|| ApiError::missing("amount"))?;
    let currency = prices::take_currency(&mut params)?;
    require_chargeable(amount, &currency, "amount")?;
    let mut details = take_details(&mut params, Some(amount))?;
    let customer = params.text("customer")?;
    let method = params.text("payment_method")?;
    let confirmed = params.boolean("confirm")?.unwrap_or(false);
    let off_session = params.boolean("off_session")?.unwrap_or(false);
    let return_url = params.text("return_url")?;
    if let Some(mut automatic) = params.tree("automatic_payment_methods")? {
        let enabled = automatic.boolean("enabled")?.unwrap_or(false);
        let redirects = automatic.one_of("allow_redirects", &["always", "never"])?.unwrap_or_else(|| "always".into());
        automatic.finish()?;
        details.insert("automatic_payment_methods".into(), json!({ "enabled": enabled, "allow_redirects": redirects }));
    }
    params.ignore(&CONFIRM_SILENT);
    params.finish()?;
    if !confirmed && (off_session || return_url.is_some()) {
        return Err(ApiError::invalid("`off_session` and `return_url` can only be used when `confirm` is true."));
    }
    if let Some(customer) = customer {
        state.referred(Kind::Customer, &customer, "customer")?;
        details.insert("customer".into(), customer.into());
    }
    let method = method.map(|method| payment_methods::resolve(state, &method, "payment_method")).transpose()?;
    if let Some(method) = &method {
        details.insert("payment_method".into(), method.clone().into());
    }
    let intent = add(state, amount, &currency, details)?;
    let id = intent["id"].as_str().unwrap_or_default();
    if confirmed { confirm_with(state, id, method, off_session, return_url.as_deref()) } else { Ok(intent) }
}

fn confirm_with(state: &mut State, id: &str, method: Option<String>, off_session: bool, return_url: Option<&str>) -> Result<Value, ApiError> {
    let intent = state.get(Kind::PaymentIntent, id)?;
    if !matches!(intent["status"].as_str(), Some("requires_payment_method" | "requires_confirmation" | "requires_action")) {
        return Err(unexpected_state(intent, "confirm"));
    }
    let method = method.or_else(|| intent["payment_method"].as_str().map(str::to_owned));
    let Some(method) = method else {
        return Err(ApiError::invalid(
            "You cannot confirm this PaymentIntent because it's missing a payment method. Update the PaymentIntent with a payment method and then confirm it again.",
        )
        .code("payment_intent_unexpected_state")
        .field("payment_intent", intent.clone()));
    };
    let verdict = attempt(state, id, &method, Circumstances { off_session, authenticated: false }, return_url)?;
    let intent = state.get(Kind::PaymentIntent, id)?.clone();
    match verdict {
        Verdict::Declines(decline) => {
            let method = state.get(Kind::PaymentMethod, &method)?.clone();
            let mut error = charges::card_error(decline).field("payment_intent", intent.clone()).field("payment_method", method);
            if let Some(charge) = intent["latest_charge"].as_str() {
                error = error.field("charge", charge);
            }
            Err(error)
        }
        Verdict::Pays => {
            if let Some(Owner::Invoice(invoice)) = state.owners.get(id).cloned() {
                super::invoices::mark_paid(state, &invoice, Some(id))?;
            }
            Ok(intent)
        }
        Verdict::NeedsAuthentication => Ok(intent),
    }
}

/// `POST /v1/payment_intents/{id}/confirm`
pub fn confirm(state: &mut State, id: &str, mut params: Params) -> Result<Value, ApiError> {
    let method = params.text("payment_method")?;
    let off_session = params.boolean("off_session")?.unwrap_or(false);
    let return_url = params.text("return_url")?;
    let usage = params.one_of("setup_future_usage", &["on_session", "off_session"])?;
    params.ignore(&CONFIRM_SILENT);
    params.ignore(&["receipt_email", "capture_method"]);
    params.finish()?;
    let method = method.map(|method| payment_methods::resolve(state, &method, "payment_method")).transpose()?;
    if let Some(usage) = usage {
        state.set(Kind::PaymentIntent, id, json!({ "setup_future_usage": usage }))?;
    }
    confirm_with(state, id, method, off_session, return_url.as_deref())
}

/// `POST /v1/payment_intents/{id}/capture`
pub fn capture(state: &mut State, id: &str, mut params: Params) -> Result<Value, ApiError> {
    let asked = prices::take_amount(&mut params, "amount_to_capture")?;
    let stored = state.get(Kind::PaymentIntent, id)?.clone();
    let metadata = params.metadata(Some(&stored["metadata"]))?;
    params.ignore(&["application_fee_amount", "final_capture", "statement_descriptor", "statement_descriptor_suffix", "transfer_data"]);
    params.finish()?;
    if stored["status"] != "requires_capture" {
        return Err(unexpected_state(&stored, "capture"));
    }
    let held = stored["amount_capturable"].as_i64().unwrap_or_default();
    let taken = asked.unwrap_or(held);
    if taken < 1 || taken > held {
        return Err(ApiError::invalid(format!("The payment intent has a capturable amount of {held} but {taken} was requested."))
            .code("amount_too_large")
            .param("amount_to_capture"));
    }
    if let Some(charge) = stored["latest_charge"].as_str() {
        // What is not captured counts as given back.
        let (charge, before) = state.set(Kind::Charge, charge, json!({ "captured": true, "amount_captured": taken }))?;
        state.record_change("charge.captured", charge, before);
    }
    let (intent, _) = state.set(Kind::PaymentIntent, id, json!({ "status": "succeeded", "amount_received": taken, "amount_capturable": 0, "metadata": metadata }))?;
    state.record("payment_intent.succeeded", intent.clone());
    Ok(intent)
}

/// `POST /v1/payment_intents/{id}/cancel`
pub fn cancel(state: &mut State, id: &str, mut params: Params) -> Result<Value, ApiError> {
    let reason = params.one_of("cancellation_reason", &["abandoned", "duplicate", "fraudulent", "requested_by_customer"])?;
    params.finish()?;
    let stored = state.get(Kind::PaymentIntent, id)?.clone();
    if matches!(stored["status"].as_str(), Some("succeeded" | "canceled")) {
        return Err(unexpected_state(&stored, "cancel"));
    }
    let now = state.now();
    let (intent, _) =
        state.set(Kind::PaymentIntent, id, json!({ "status": "canceled", "canceled_at": now, "cancellation_reason": reason, "amount_capturable": 0, "next_action": null }))?;
    state.record("payment_intent.canceled", intent.clone());
    Ok(intent)
}

/// `POST /v1/payment_intents/{id}`
pub fn update(state: &mut State, id: &str, mut params: Params) -> Result<Value, ApiError> {
    let stored = state.get(Kind::PaymentIntent, id)?.clone();
    let mut fields = json!({ "metadata": params.metadata(Some(&stored["metadata"]))? });
    for name in ["description", "receipt_email", "transfer_group", "customer"] {
        if let Some(value) = params.change(name)? {
            fields[name] = value;
        }
    }
    let amount = prices::take_amount(&mut params, "amount")?;
    let method = params.text("payment_method")?;
    params.ignore(&CONFIRM_SILENT);
    params.finish()?;
    if let Some(amount) = amount {
        if !matches!(stored["status"].as_str(), Some("requires_payment_method" | "requires_confirmation")) {
            return Err(unexpected_state(&stored, "change the amount of"));
        }
        require_chargeable(amount, stored["currency"].as_str().unwrap_or_default(), "amount")?;
        fields["amount"] = amount.into();
    }
    if let Some(method) = method {
        fields["payment_method"] = payment_methods::resolve(state, &method, "payment_method")?.into();
        fields["status"] = "requires_confirmation".into();
    }
    Ok(state.set(Kind::PaymentIntent, id, fields)?.0)
}

/// `GET /v1/payment_intents/{id}`
pub fn retrieve(state: &State, id: &str, mut params: Params) -> Result<Value, ApiError> {
    params.ignore(&["client_secret"]);
    super::retrieve(state, Kind::PaymentIntent, id, params)
}

/// `GET /v1/payment_intents`
pub fn list(state: &State, mut params: Params) -> Result<Value, ApiError> {
    let page = Page::take(&mut params)?;
    let customer = params.text("customer")?;
    params.finish()?;
    page.of("/v1/payment_intents", Kind::PaymentIntent, state.all(Kind::PaymentIntent).filter(|intent| super::matches(intent, "customer", customer.as_deref())))
}
