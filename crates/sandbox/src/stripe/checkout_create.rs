//! `POST /v1/checkout/sessions` (docs.stripe.com/api/checkout/sessions/create).

use serde_json::{Map, Value, json};

use super::{checkout::Plan, kinds::Kind, payment_intents, prices, subscriptions};
use crate::{errors::ApiError, form::Params, state::State};

const LINES_MAX: usize = 100;
const SUBSCRIPTION_LINES_MAX: usize = 20;
const REFERENCE_MAX: usize = 200;
const URL_MAX: usize = 5_000;
const SOONEST_EXPIRY_S: i64 = 30 * 60;
const LATEST_EXPIRY_S: i64 = 24 * 3_600;
/// Israel's rate, in percent, contained in the prices; used only where the caller turns automatic tax on.
const VAT_PERCENT: i64 = 18;

const LOCALES: [&str; 42] = [
    "auto", "bg", "cs", "da", "de", "el", "en", "en-GB", "es", "es-419", "et", "fi", "fil", "fr", "fr-CA", "hi-IN", "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "mt",
    "nb", "nl", "pl", "pt", "pt-BR", "ro", "ru", "sk", "sl", "sv", "th", "tr", "vi", "zh", "zh-HK", "zh-TW",
];
/// Known to Stripe, without behaviour here.
const SILENT: [&str; 22] = [
    "adaptive_pricing",
    "after_expiration",
    "allow_promotion_codes",
    "billing_address_collection",
    "branding_settings",
    "consent_collection",
    "currency",
    "custom_fields",
    "customer_update",
    "integration_identifier",
    "name_collection",
    "origin_context",
    "payment_method_collection",
    "payment_method_configuration",
    "payment_method_data",
    "payment_method_options",
    "payment_method_types",
    "phone_number_collection",
    "saved_payment_method_options",
    "tax_id_collection",
    "wallet_options",
    "redirect_on_completion",
];

struct Lines {
    data: Vec<Value>,
    /// Price, quantity and metadata of those that recur.
    recurring: Vec<(Value, i64, Value)>,
    /// The same of those that do not.
    once: Vec<(Value, i64, Value)>,
    currency: String,
    subtotal: i64,
    /// What is due today.
    total: i64,
    tax: i64,
}

/// Makes a session and the plan of what paying it will do.
pub fn create(state: &mut State, mut params: Params) -> Result<Value, ApiError> {
    let mode = params.one_of("mode", &["payment", "setup", "subscription"])?.ok_or_else(|| ApiError::missing("mode"))?;
    if mode == "setup" {
        return Err(ApiError::invalid("This stand-in has no `setup` mode.").param("mode"));
    }
    let ui_mode = params.one_of("ui_mode", &["hosted_page", "embedded_page", "elements", "form"])?.unwrap_or_else(|| "hosted_page".into());
    if ui_mode != "hosted_page" {
        return Err(ApiError::invalid("This stand-in shows the hosted page only.").param("ui_mode"));
    }
    let success_url = take_url(&mut params, "success_url")?.ok_or_else(|| ApiError::missing("success_url"))?;
    let cancel_url = take_url(&mut params, "cancel_url")?;
    let reference = params.text("client_reference_id")?;
    if reference.as_ref().is_some_and(|reference| reference.chars().count() > REFERENCE_MAX) {
        return Err(ApiError::invalid(format!("Invalid string: must be at most {REFERENCE_MAX} characters")).param("client_reference_id"));
    }
    let metadata = params.metadata(None)?;
    let locale = params.one_of("locale", &LOCALES)?;
    let submit_type = params.one_of("submit_type", &["auto", "book", "donate", "pay", "subscribe"])?;
    let expires_at = take_expiry(&mut params, state.now())?;
    let customer = take_customer(state, &mut params, &mode)?;
    let custom_text = take_custom_text(&mut params)?;
    let taxed = params.tree("automatic_tax")?.map_or(Ok(None), |mut tax| {
        let enabled = tax.boolean("enabled")?;
        tax.ignore(&["liability"]);
        tax.finish().map(|()| enabled)
    })?;
    let taxed = taxed.unwrap_or(false);
    let (intent_data, subscription_data) = (params.tree("payment_intent_data")?, params.tree("subscription_data")?);
    let given_lines = params.list("line_items", LINES_MAX)?;
    let discounts = params.has("discounts");
    params.ignore(&SILENT);
    params.finish()?;
    if discounts {
        return Err(ApiError::invalid("This stand-in has no coupons.").param("discounts"));
    }
    let (subscription_details, trial_end) = take_subscription_data(subscription_data, &mode, state.now())?;
    let lines = take_lines(state, given_lines, &mode, trial_end.is_some(), taxed)?;
    let intent_details = take_intent_data(intent_data, &mode, lines.total)?;
    if lines.total > 0 {
        payment_intents::require_chargeable(lines.total, &lines.currency, "line_items")?;
    }
    let id = state.ids.sized("cs_test_a1", 56);
    let session = json!({
        "id": id,
        "object": "checkout.session",
        "adaptive_pricing": { "enabled": false },
        "after_expiration": null,
        "allow_promotion_codes": null,
        "amount_subtotal": lines.subtotal,
        "amount_total": lines.total,
        "automatic_tax": { "enabled": taxed, "liability": null, "provider": null, "status": taxed.then_some("complete") },
        "billing_address_collection": null,
        "cancel_url": cancel_url,
        "client_reference_id": reference,
        "client_secret": null,
        "collected_information": null,
        "consent": null,
        "consent_collection": null,
        "created": state.now(),
        "currency": lines.currency,
        "currency_conversion": null,
        "custom_fields": [],
        "custom_text": custom_text,
        "customer": customer.id,
        "customer_account": null,
        "customer_creation": customer.creation,
        "customer_details": customer.details(),
        "customer_email": customer.email,
        "discounts": [],
        "expires_at": expires_at,
        "integration_identifier": null,
        "invoice": null,
        "invoice_creation": (mode == "payment").then(|| json!({ "enabled": false, "invoice_data": { "account_tax_ids": null, "custom_fields": null, "description": null, "footer": null, "issuer": null, "metadata": {}, "rendering_options": null } })),
        "livemode": false,
        "locale": locale,
        "metadata": metadata,
        "mode": mode,
        "origin_context": null,
        "payment_intent": null,
        "payment_link": null,
        "payment_method_collection": if mode == "subscription" { "always" } else { "if_required" },
        "payment_method_configuration_details": null,
        "payment_method_options": { "card": { "request_three_d_secure": "automatic" } },
        "payment_method_types": ["card"],
        "payment_status": if lines.total == 0 { "no_payment_required" } else { "unpaid" },
        "permissions": null,
        "phone_number_collection": { "enabled": false },
        "recovered_from": null,
        "saved_payment_method_options": null,
        "setup_intent": null,
        "shipping_address_collection": null,
        "shipping_cost": null,
        "shipping_options": [],
        "status": "open",
        "submit_type": submit_type,
        "subscription": null,
        "success_url": success_url,
        "total_details": { "amount_discount": 0, "amount_shipping": 0, "amount_tax": lines.tax },
        "ui_mode": ui_mode,
        "url": format!("{}/c/pay/{id}", state.public_url),
        "wallet_options": null,
    });
    let session = state.insert(Kind::Session, session)?;
    let plan = Plan { lines: lines.data, recurring: lines.recurring, once: lines.once, intent_details, subscription_details, trial_end, intent: None, payer: None };
    state.plans.insert(id, plan);
    Ok(session)
}

struct Customer {
    id: Option<String>,
    email: Option<String>,
    name: Option<String>,
    phone: Option<String>,
    creation: Option<String>,
}

impl Customer {
    fn details(&self) -> Value {
        if self.email.is_none() && self.id.is_none() {
            return Value::Null;
        }
        json!({ "address": null, "business_name": null, "email": self.email, "individual_name": null, "name": self.name, "phone": self.phone, "tax_exempt": "none", "tax_ids": null })
    }
}

fn take_customer(state: &State, params: &mut Params, mode: &str) -> Result<Customer, ApiError> {
    let (id, email) = (params.text("customer")?, params.text("customer_email")?);
    let creation = params.one_of("customer_creation", &["always", "if_required"])?;
    if creation.is_some() && mode != "payment" {
        return Err(ApiError::invalid("`customer_creation` can only be used in `payment` mode.").param("customer_creation"));
    }
    if id.is_some() && (email.is_some() || creation.is_some()) {
        return Err(ApiError::invalid("You may only specify one of these parameters: customer, customer_email, customer_creation."));
    }
    if let Some(email) = email.as_ref().filter(|email| !email.contains('@')) {
        return Err(ApiError::invalid(format!("Invalid email address: {email}")).code("email_invalid").param("customer_email"));
    }
    let creation =
        creation.or_else(|| (id.is_none() && mode == "payment").then(|| "if_required".into())).or_else(|| (id.is_none() && mode == "subscription").then(|| "always".into()));
    let Some(id) = id else { return Ok(Customer { id: None, email, name: None, phone: None, creation }) };
    let stored = state.referred(Kind::Customer, &id, "customer")?;
    let text = |name: &str| stored[name].as_str().map(str::to_owned);
    Ok(Customer { email: text("email"), name: text("name"), phone: text("phone"), id: Some(id), creation: None })
}

fn take_url(params: &mut Params, key: &str) -> Result<Option<String>, ApiError> {
    let Some(given) = params.text(key)? else { return Ok(None) };
    let sound = url::Url::parse(&given).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if !sound || given.len() > URL_MAX {
        return Err(ApiError::invalid("Not a valid URL").code("url_invalid").param(key));
    }
    Ok(Some(given))
}

fn take_expiry(params: &mut Params, now: i64) -> Result<i64, ApiError> {
    match params.integer("expires_at")? {
        None => Ok(now + LATEST_EXPIRY_S),
        // A minute's grace: the caller counted from its own clock, before the request was on its way.
        Some(at) if at < now + SOONEST_EXPIRY_S - 60 => {
            Err(ApiError::invalid("The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.").param("expires_at"))
        }
        Some(at) if at > now + LATEST_EXPIRY_S + 60 => {
            Err(ApiError::invalid("The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.").param("expires_at"))
        }
        Some(at) => Ok(at),
    }
}

fn take_custom_text(params: &mut Params) -> Result<Value, ApiError> {
    let mut texts = json!({ "after_submit": null, "shipping_address": null, "submit": null, "terms_of_service_acceptance": null });
    let Some(mut given) = params.tree("custom_text")? else { return Ok(texts) };
    for place in ["after_submit", "shipping_address", "submit", "terms_of_service_acceptance"] {
        if let Some(mut text) = given.tree(place)? {
            let message = text.required("message")?;
            text.finish()?;
            texts[place] = json!({ "message": message });
        }
    }
    given.finish()?;
    Ok(texts)
}

fn take_subscription_data(data: Option<Params>, mode: &str, now: i64) -> Result<(Map<String, Value>, Option<i64>), ApiError> {
    let Some(mut data) = data else { return Ok((Map::new(), None)) };
    if mode != "subscription" {
        return Err(ApiError::invalid(format!("You can not pass `subscription_data` in `{mode}` mode.")).param("subscription_data"));
    }
    data.ignore(&[
        "billing_cycle_anchor",
        "billing_cycle_anchor_config",
        "default_tax_rates",
        "invoice_settings",
        "pending_invoice_item_interval",
        "proration_behavior",
        "trial_settings",
    ]);
    let taken = subscriptions::take_details(&mut data, now)?;
    data.finish()?;
    Ok(taken)
}

fn take_intent_data(data: Option<Params>, mode: &str, total: i64) -> Result<Map<String, Value>, ApiError> {
    let Some(mut data) = data else { return Ok(Map::new()) };
    if mode != "payment" {
        return Err(ApiError::invalid(format!("You can not pass `payment_intent_data` in `{mode}` mode.")).param("payment_intent_data"));
    }
    data.ignore(&["shipping"]);
    let details = payment_intents::take_details(&mut data, Some(total))?;
    data.finish()?;
    Ok(details)
}

fn take_lines(state: &mut State, given: Vec<Params>, mode: &str, on_trial: bool, taxed: bool) -> Result<Lines, ApiError> {
    if given.is_empty() {
        return Err(ApiError::missing("line_items"));
    }
    let mut lines = Lines { data: Vec::new(), recurring: Vec::new(), once: Vec::new(), currency: String::new(), subtotal: 0, total: 0, tax: 0 };
    for mut item in given {
        let (price_name, quantity_name) = (item.name("price"), item.name("quantity"));
        let price = prices::take_for_item(state, &mut item)?;
        let quantity = item.integer("quantity")?.ok_or_else(|| ApiError::missing(&quantity_name))?;
        let metadata = item.metadata(None)?;
        item.ignore(&["adjustable_quantity", "tax_rates"]);
        item.finish()?;
        if !(1..=999_999).contains(&quantity) {
            return Err(ApiError::invalid("This value must be greater than or equal to 1.").code("parameter_invalid_integer").param(&quantity_name));
        }
        let recurs = !price["recurring"].is_null();
        if recurs && mode == "payment" {
            return Err(ApiError::invalid("You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use only one-time prices.")
                .param(&price_name));
        }
        let currency = price["currency"].as_str().unwrap_or_default();
        if lines.currency.is_empty() {
            currency.clone_into(&mut lines.currency);
        } else if lines.currency != currency {
            return Err(ApiError::invalid("All line items must have the same currency.").param(&price_name));
        }
        let amount = price["unit_amount"].as_i64().unwrap_or_default() * quantity;
        let today = if recurs && on_trial { 0 } else { amount };
        let tax = if taxed { contained_vat(today) } else { 0 };
        if lines.total + today > prices::AMOUNT_MAX {
            return Err(ApiError::invalid(format!("The Checkout Session's total amount due must add up to at most {}.", prices::AMOUNT_MAX)).code("amount_too_large"));
        }
        lines.subtotal += amount;
        lines.total += today;
        lines.tax += tax;
        let line = line(state, &price, quantity, amount, today, tax, &metadata);
        lines.data.push(line);
        if recurs { &mut lines.recurring } else { &mut lines.once }.push((price, quantity, metadata));
    }
    if mode == "subscription" && lines.recurring.is_empty() {
        return Err(ApiError::invalid("You must provide at least one recurring price in `subscription` mode when using prices.").param("line_items"));
    }
    if mode == "subscription" && lines.recurring.len() > SUBSCRIPTION_LINES_MAX {
        return Err(ApiError::invalid(format!("A subscription has at most {SUBSCRIPTION_LINES_MAX} recurring line items.")).param("line_items"));
    }
    Ok(lines)
}

fn line(state: &mut State, price: &Value, quantity: i64, subtotal: i64, total: i64, tax: i64, metadata: &Value) -> Value {
    let product = price["product"].as_str().and_then(|id| state.get(Kind::Product, id).ok());
    let name = product.map(|product| product["name"].clone()).unwrap_or_default();
    json!({
        "id": state.ids.next("li_1"),
        "object": "item",
        "adjustable_quantity": null,
        "amount_discount": 0,
        "amount_subtotal": subtotal,
        "amount_tax": tax,
        "amount_total": total,
        "currency": price["currency"],
        "description": name,
        "metadata": metadata,
        "price": price,
        "quantity": quantity,
    })
}

/// The value added tax contained in an amount, rounded to the nearest minor unit.
fn contained_vat(amount: i64) -> i64 {
    (amount * VAT_PERCENT * 2 + (100 + VAT_PERCENT)) / ((100 + VAT_PERCENT) * 2)
}

#[cfg(test)]
mod tests {
    use super::contained_vat;

    #[test]
    fn three_dollars_contain_forty_six_cents_of_tax() {
        assert_eq!(contained_vat(300), 46);
        assert_eq!(contained_vat(11_800), 1_800);
        assert_eq!(contained_vat(0), 0);
    }
}
