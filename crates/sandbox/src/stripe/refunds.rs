//! Refunds (docs.stripe.com/api/refunds): succeed at once, up to what the charge took.

use serde_json::{Value, json};

use super::{kinds::Kind, lists::Page, prices::take_amount};
use crate::{errors::ApiError, form::Params, state::State};

/// `POST /v1/refunds`
pub fn create(state: &mut State, mut params: Params) -> Result<Value, ApiError> {
    let (intent, charge) = (params.text("payment_intent")?, params.text("charge")?);
    let amount = take_amount(&mut params, "amount")?;
    let reason = params.one_of("reason", &["duplicate", "fraudulent", "requested_by_customer"])?;
    let metadata = params.metadata(None)?;
    params.ignore(&["refund_application_fee", "reverse_transfer", "instructions_email", "origin", "currency", "customer"]);
    params.finish()?;
    let charge_id = match (charge, intent) {
        (Some(charge), _) => state.referred(Kind::Charge, &charge, "charge")?["id"].as_str().unwrap_or_default().to_owned(),
        (None, Some(intent)) => {
            let found = state.referred(Kind::PaymentIntent, &intent, "payment_intent")?;
            let paid = matches!(found["status"].as_str(), Some("succeeded"));
            let charge = found["latest_charge"].as_str().filter(|_| paid);
            charge
                .ok_or_else(|| ApiError::invalid(format!("This PaymentIntent ({intent}) does not have a successful charge to refund.")).code("payment_intent_unexpected_state"))?
                .to_owned()
        }
        (None, None) => return Err(ApiError::invalid("One of the following params should be provided for this request: payment_intent or charge.").code("parameter_missing")),
    };
    let charge = state.get(Kind::Charge, &charge_id)?.clone();
    let amount = refundable(&charge, amount)?;
    let id = state.ids.next("re_3");
    let refund = json!({
        "id": id,
        "object": "refund",
        "amount": amount,
        "balance_transaction": null,
        "charge": charge_id,
        "created": state.now(),
        "currency": charge["currency"],
        "customer": charge["customer"],
        "customer_account": null,
        "destination_details": { "card": { "reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund" }, "type": "card" },
        "metadata": metadata,
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": reason,
        "receipt_number": null,
        "source_transfer_reversal": null,
        "status": "succeeded",
        "transfer_reversal": null,
    });
    let refund = state.insert(Kind::Refund, refund)?;
    let refunded = charge["amount_refunded"].as_i64().unwrap_or_default() + amount;
    let whole = charge["amount_captured"] == refunded;
    let (charge, before) = state.set(Kind::Charge, &charge_id, json!({ "amount_refunded": refunded, "refunded": whole }))?;
    state.record("refund.created", refund.clone());
    state.record_change("charge.refunded", charge, before);
    state.record("refund.updated", refund.clone());
    Ok(refund)
}

/// The amount to give back: what was asked for, or all that is left.
fn refundable(charge: &Value, asked: Option<i64>) -> Result<i64, ApiError> {
    let id = charge["id"].as_str().unwrap_or_default();
    if charge["captured"] != true {
        return Err(ApiError::invalid(format!("Charge {id} has not been captured, or was not paid.")).code("charge_not_refundable"));
    }
    let left = charge["amount_captured"].as_i64().unwrap_or_default() - charge["amount_refunded"].as_i64().unwrap_or_default();
    if left == 0 {
        return Err(ApiError::invalid(format!("Charge {id} has already been refunded.")).code("charge_already_refunded"));
    }
    match asked {
        Some(amount) if amount > left => Err(ApiError::invalid(format!("Refund amount ({amount}) is greater than unrefunded amount on charge ({left})")).param("amount")),
        Some(0) => Err(ApiError::invalid("Invalid positive integer").code("parameter_invalid_integer").param("amount")),
        Some(amount) => Ok(amount),
        None => Ok(left),
    }
}

/// `POST /v1/refunds/{id}`: metadata only, as at Stripe.
pub fn update(state: &mut State, id: &str, mut params: Params) -> Result<Value, ApiError> {
    let metadata = params.metadata(Some(&state.get(Kind::Refund, id)?["metadata"]))?;
    params.finish()?;
    let (refund, before) = state.set(Kind::Refund, id, json!({ "metadata": metadata }))?;
    state.record_change("refund.updated", refund.clone(), before);
    Ok(refund)
}

/// `GET /v1/refunds`
pub fn list(state: &State, mut params: Params) -> Result<Value, ApiError> {
    let page = Page::take(&mut params)?;
    let (charge, intent) = (params.text("charge")?, params.text("payment_intent")?);
    params.finish()?;
    let wanted = |refund: &&Value| super::matches(refund, "charge", charge.as_deref()) && super::matches(refund, "payment_intent", intent.as_deref());
    page.of("/v1/refunds", Kind::Refund, state.all(Kind::Refund).filter(wanted))
}
