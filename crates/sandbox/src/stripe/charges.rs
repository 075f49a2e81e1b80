//! Charges (docs.stripe.com/api/charges): one per attempt to take money, made by payment intents.

use serde_json::{Value, json};

use super::{
    cards::{Decline, TestCard},
    kinds::Kind,
    lists::Page,
};
use crate::{errors::ApiError, form::Params, state::State};

/// The 402 a decline becomes.
pub fn card_error(decline: &Decline) -> ApiError {
    let error = ApiError::card(decline.message, decline.code);
    match decline.decline_code {
        Some(code) => error.field("decline_code", code),
        None => error,
    }
}

/// Keeps a charge for an attempt on `intent`. `captured`: whether the money was taken or only held.
pub fn add(state: &mut State, intent: &Value, method: &str, card: &TestCard, decline: Option<&Decline>, captured: bool) -> Result<Value, ApiError> {
    let id = state.ids.next("ch_3");
    let paid = decline.is_none();
    let captured = paid && captured;
    let billing = state.get(Kind::PaymentMethod, method)?;
    let outcome = match decline {
        None => {
            json!({ "advice_code": null, "network_advice_code": null, "network_decline_code": null, "network_status": "approved_by_network", "reason": null, "risk_level": "normal", "risk_score": 12, "seller_message": "Payment complete.", "type": "authorized" })
        }
        Some(decline) => {
            json!({ "advice_code": "try_again_later", "network_advice_code": null, "network_decline_code": "01", "network_status": "declined_by_network", "reason": decline.decline_code, "risk_level": "normal", "risk_score": 12, "seller_message": "The bank did not return any further details with this decline.", "type": "issuer_declined" })
        }
    };
    let charge = json!({
        "id": id,
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": if captured { intent["amount"].clone() } else { json!(0) },
        "amount_refunded": 0,
        "application": null,
        "application_fee": null,
        "application_fee_amount": intent["application_fee_amount"],
        "balance_transaction": null,
        "billing_details": billing["billing_details"],
        "calculated_statement_descriptor": "VANTERA SANDBOX",
        "captured": captured,
        "created": state.now(),
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "destination": intent["transfer_data"]["destination"],
        "disputed": false,
        "failure_balance_transaction": null,
        "failure_code": decline.map(|decline| decline.code),
        "failure_message": decline.map(|decline| decline.message),
        "fraud_details": {},
        "livemode": false,
        "metadata": intent["metadata"],
        "on_behalf_of": intent["on_behalf_of"],
        "outcome": outcome,
        "paid": paid,
        "payment_intent": intent["id"],
        "payment_method": method,
        "payment_method_details": { "card": { "amount_authorized": intent["amount"], "brand": card.brand, "checks": billing["card"]["checks"], "country": "US", "exp_month": billing["card"]["exp_month"], "exp_year": billing["card"]["exp_year"], "funding": "credit", "last4": card.last4(), "network": card.brand, "three_d_secure": null, "wallet": null }, "type": "card" },
        "receipt_email": intent["receipt_email"],
        "receipt_number": null,
        "receipt_url": null,
        "refunded": false,
        "review": null,
        "shipping": null,
        "source": null,
        "source_transfer": null,
        "statement_descriptor": intent["statement_descriptor"],
        "statement_descriptor_suffix": null,
        "status": if paid { "succeeded" } else { "failed" },
        "transfer_data": intent["transfer_data"],
        "transfer_group": intent["transfer_group"],
    });
    let charge = state.insert(Kind::Charge, charge)?;
    state.record(if paid { "charge.succeeded" } else { "charge.failed" }, charge.clone());
    Ok(charge)
}

/// `GET /v1/charges`
pub fn list(state: &State, mut params: Params) -> Result<Value, ApiError> {
    let page = Page::take(&mut params)?;
    let (customer, intent) = (params.text("customer")?, params.text("payment_intent")?);
    params.ignore(&["transfer_group"]);
    params.finish()?;
    let wanted = |charge: &&Value| super::matches(charge, "customer", customer.as_deref()) && super::matches(charge, "payment_intent", intent.as_deref());
    page.of("/v1/charges", Kind::Charge, state.all(Kind::Charge).filter(wanted))
}
