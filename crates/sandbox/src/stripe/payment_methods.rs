//! Payment methods (docs.stripe.com/api/payment_methods): cards only, each of them a documented test card.

use serde_json::{Value, json};

use super::{
    cards::{self, TestCard},
    kinds::Kind,
    lists::Page,
};
use crate::{errors::ApiError, form::Params, state::State};

/// When the cards of the sandbox expire, unless the payer typed something else.
const EXPIRY: (u32, u32) = (12, 2034);

/// Makes a payment method out of a test card; gives its id.
pub fn add(state: &mut State, card: &'static TestCard, expiry: Option<(u32, u32)>, name: Option<&str>, email: Option<&str>) -> Result<String, ApiError> {
    let id = state.ids.next("pm_1");
    let (month, year) = expiry.unwrap_or(EXPIRY);
    let fingerprint = format!("sandbox{}", &card.number[card.number.len() - 9..]);
    let method = json!({
        "id": id,
        "object": "payment_method",
        "allow_redisplay": "limited",
        "billing_details": { "address": super::empty_address(), "email": email, "name": name, "phone": null, "tax_id": null },
        "card": {
            "brand": card.brand,
            "checks": { "address_line1_check": null, "address_postal_code_check": null, "cvc_check": "pass" },
            "country": "US",
            "display_brand": card.brand,
            "exp_month": month,
            "exp_year": year,
            "fingerprint": fingerprint,
            "funding": "credit",
            "generated_from": null,
            "last4": card.last4(),
            "networks": { "available": [card.brand], "preferred": null },
            "regulated_status": "unregulated",
            "three_d_secure_usage": { "supported": true },
            "wallet": null,
        },
        "created": state.now(),
        "customer": null,
        "customer_account": null,
        "livemode": false,
        "metadata": {},
        "type": "card",
    });
    state.insert(Kind::PaymentMethod, method)?;
    state.cards.insert(id.clone(), card);
    Ok(id)
}

/// The payment method a caller named: one that exists, or one of Stripe's ready-made `pm_card_…`.
pub fn resolve(state: &mut State, given: &str, param: &str) -> Result<String, ApiError> {
    if let Some(card) = cards::by_token(given) {
        return add(state, card, None, None, None);
    }
    state.referred(Kind::PaymentMethod, given, param)?;
    Ok(given.to_owned())
}

/// The test card behind a payment method.
pub fn card(state: &State, id: &str) -> Result<&'static TestCard, ApiError> {
    state.cards.get(id).copied().ok_or_else(|| ApiError::no_such("PaymentMethod", id))
}

/// Keeps a payment method with a customer.
pub fn save(state: &mut State, id: &str, customer: &str) -> Result<Value, ApiError> {
    let method = state.get(Kind::PaymentMethod, id)?;
    if method["customer"] == customer {
        return Ok(method.clone());
    }
    if !method["customer"].is_null() {
        return Err(ApiError::invalid("The payment method you provided has already been attached to a customer."));
    }
    let (method, _) = state.set(Kind::PaymentMethod, id, json!({ "customer": customer }))?;
    state.record("payment_method.attached", method.clone());
    Ok(method)
}

/// `POST /v1/payment_methods/{id}/attach`
pub fn attach(state: &mut State, id: &str, mut params: Params) -> Result<Value, ApiError> {
    let customer = params.required("customer")?;
    params.finish()?;
    state.referred(Kind::Customer, &customer, "customer")?;
    let id = resolve(state, id, "payment_method")?;
    if let cards::Behaviour::Declines(decline) = card(state, &id)?.behaviour {
        return Err(super::charges::card_error(decline));
    }
    save(state, &id, &customer)
}

/// `POST /v1/payment_methods/{id}/detach`
pub fn detach(state: &mut State, id: &str, params: Params) -> Result<Value, ApiError> {
    params.finish()?;
    let (method, before) = state.set(Kind::PaymentMethod, id, json!({ "customer": null }))?;
    state.record_change("payment_method.detached", method.clone(), before);
    Ok(method)
}

/// `GET /v1/payment_methods` and `GET /v1/customers/{id}/payment_methods`
pub fn list(state: &State, of: Option<&str>, mut params: Params) -> Result<Value, ApiError> {
    let page = Page::take(&mut params)?;
    let customer = match of {
        Some(id) => Some(id.to_owned()),
        None => params.text("customer")?,
    };
    params.ignore(&["type", "allow_redisplay"]);
    params.finish()?;
    let url = of.map_or_else(|| "/v1/payment_methods".to_owned(), |id| format!("/v1/customers/{id}/payment_methods"));
    page.of(&url, Kind::PaymentMethod, state.all(Kind::PaymentMethod).filter(|method| super::matches(method, "customer", customer.as_deref())))
}
