//! Invoices (docs.stripe.com/api/invoices): made by subscriptions, finalised at once, paid by card.

use serde_json::{Map, Value, json};

use super::{
    attempts::{self, Circumstances, Verdict},
    charges,
    kinds::Kind,
    lists::{Page, embedded},
    payment_intents, payment_methods, subscriptions,
};
use crate::{
    errors::ApiError,
    form::Params,
    state::{Owner, State},
};

/// Between attempts at an unpaid invoice. Stripe chooses moments by its own lights; here it is three days.
const RETRY_AFTER_S: i64 = 3 * 86_400;

/// Keeps the invoice of a subscription's current period, and sets it as the latest. Tells nobody yet.
/// `once`: price, quantity and metadata of what is charged beside the subscription's items, this time only.
pub fn add_for(state: &mut State, subscription_id: &str, reason: &str, once: &[(Value, i64, Value)]) -> Result<Value, ApiError> {
    let subscription = state.get(Kind::Subscription, subscription_id)?.clone();
    let customer = subscription["customer"].as_str().and_then(|id| state.get(Kind::Customer, id).ok()).cloned().unwrap_or_default();
    let now = state.now();
    let id = state.ids.next("in_1");
    let on_trial = subscription["status"] == "trialing";
    let mut lines: Vec<Value> = subscription["items"]["data"].as_array().into_iter().flatten().map(|item| line(state, &id, subscription_id, item, on_trial)).collect();
    for (price, quantity, metadata) in once {
        let item = json!({ "price": price, "quantity": quantity, "metadata": metadata, "current_period_start": now, "current_period_end": now });
        lines.push(line(state, &id, subscription_id, &item, false));
    }
    let total: i64 = lines.iter().filter_map(|line| line["amount"].as_i64()).sum();
    let serial = state.count(Kind::Invoice) + 1;
    let number = state.ids.invoice_number(serial);
    let period = lines.first().map(|line| line["period"].clone()).unwrap_or_default();
    let page = format!("{}/i/{id}", state.public_url);
    let invoice = json!({
        "id": id,
        "object": "invoice",
        "account_country": "US",
        "account_name": state.options().business_name,
        "account_tax_ids": null,
        "amount_due": total,
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_remaining": total,
        "amount_shipping": 0,
        "application": null,
        "attempt_count": 0,
        "attempted": false,
        "auto_advance": true,
        "automatic_tax": { "disabled_reason": null, "enabled": false, "liability": null, "provider": null, "status": null },
        "automatically_finalizes_at": null,
        "billing_reason": reason,
        "collection_method": "charge_automatically",
        "created": now,
        "currency": subscription["currency"],
        "custom_fields": null,
        "customer": subscription["customer"],
        "customer_account": null,
        "customer_address": customer["address"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_phone": customer["phone"],
        "customer_shipping": null,
        "customer_tax_exempt": "none",
        "customer_tax_ids": [],
        "default_payment_method": null,
        "default_source": null,
        "default_tax_rates": [],
        "description": null,
        "discounts": [],
        "due_date": null,
        "effective_at": now,
        "ending_balance": 0,
        "footer": null,
        "from_invoice": null,
        "hosted_invoice_url": page,
        "invoice_pdf": null,
        "issuer": { "type": "self" },
        "last_finalization_error": null,
        "latest_revision": null,
        "lines": embedded(&format!("/v1/invoices/{id}/lines"), lines),
        "livemode": false,
        "metadata": {},
        "next_payment_attempt": null,
        "number": number,
        "on_behalf_of": subscription["on_behalf_of"],
        "parent": { "quote_details": null, "subscription_details": { "metadata": subscription["metadata"], "subscription": subscription_id }, "type": "subscription_details" },
        "payment_settings": { "default_mandate": null, "payment_method_options": null, "payment_method_types": null },
        "period_end": period["end"],
        "period_start": period["start"],
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "receipt_number": null,
        "rendering": null,
        "shipping_cost": null,
        "shipping_details": null,
        "starting_balance": 0,
        "statement_descriptor": null,
        "status": "open",
        "status_transitions": { "finalized_at": now, "marked_uncollectible_at": null, "paid_at": null, "voided_at": null },
        "subtotal": total,
        "subtotal_excluding_tax": total,
        "test_clock": null,
        "total": total,
        "total_discount_amounts": [],
        "total_excluding_tax": total,
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
        "webhooks_delivered_at": now,
    });
    let invoice = state.insert(Kind::Invoice, invoice)?;
    state.set(Kind::Subscription, subscription_id, json!({ "latest_invoice": id }))?;
    Ok(invoice)
}

fn line(state: &mut State, invoice: &str, subscription: &str, item: &Value, on_trial: bool) -> Value {
    let price = &item["price"];
    let quantity = item["quantity"].as_i64().unwrap_or(1);
    let amount = if on_trial { 0 } else { price["unit_amount"].as_i64().unwrap_or_default() * quantity };
    let product = price["product"].as_str().and_then(|id| state.get(Kind::Product, id).ok()).map(|product| product["name"].as_str().unwrap_or_default().to_owned());
    let description = format!("{quantity} × {}", product.unwrap_or_default());
    json!({
        "id": state.ids.next("il_1"),
        "object": "line_item",
        "amount": amount,
        "currency": price["currency"],
        "description": description,
        "discount_amounts": [],
        "discountable": true,
        "discounts": [],
        "invoice": invoice,
        "livemode": false,
        "metadata": item["metadata"],
        "parent": { "invoice_item_details": null, "subscription_item_details": { "invoice_item": null, "proration": false, "proration_details": { "credited_items": null }, "subscription": subscription, "subscription_item": item["id"] }, "type": "subscription_item_details" },
        "period": { "end": item["current_period_end"], "start": item["current_period_start"] },
        "pretax_credit_amounts": [],
        "pricing": { "price_details": { "price": price["id"], "product": price["product"] }, "type": "price_details", "unit_amount_decimal": price["unit_amount_decimal"] },
        "quantity": quantity,
        "quantity_decimal": quantity.to_string(),
        "subscription": subscription,
        "subtotal": amount,
        "taxes": [],
    })
}

/// Tells that an invoice is there and final.
pub fn announce(state: &mut State, invoice: &Value) {
    let mut draft = invoice.clone();
    draft["status"] = "draft".into();
    draft["number"] = Value::Null;
    draft["hosted_invoice_url"] = Value::Null;
    draft["status_transitions"]["finalized_at"] = Value::Null;
    state.record("invoice.created", draft);
    state.record("invoice.finalized", invoice.clone());
}

/// The payment intent of an invoice, made when there is none.
pub fn intent_for(state: &mut State, invoice_id: &str) -> Result<String, ApiError> {
    let known = state.all(Kind::InvoicePayment).find(|payment| payment["invoice"] == invoice_id && payment["status"] == "open");
    if let Some(intent) = known.and_then(|payment| payment["payment"]["payment_intent"].as_str()) {
        return Ok(intent.to_owned());
    }
    let invoice = state.get(Kind::Invoice, invoice_id)?.clone();
    let details = Map::from_iter([
        ("customer".to_owned(), invoice["customer"].clone()),
        ("description".to_owned(), "Subscription update".into()),
        ("setup_future_usage".to_owned(), "off_session".into()),
    ]);
    let intent = payment_intents::add(state, invoice["amount_remaining"].as_i64().unwrap_or_default(), invoice["currency"].as_str().unwrap_or_default(), details)?;
    let id = intent["id"].as_str().unwrap_or_default().to_owned();
    state.owners.insert(id.clone(), Owner::Invoice(invoice_id.to_owned()));
    link(state, &invoice, &id)?;
    Ok(id)
}

/// Ties a payment intent to an invoice.
pub fn link(state: &mut State, invoice: &Value, intent: &str) -> Result<Value, ApiError> {
    let id = state.ids.next("inpay_1");
    state.insert(
        Kind::InvoicePayment,
        json!({
            "id": id,
            "object": "invoice_payment",
            "amount_paid": null,
            "amount_requested": invoice["amount_due"],
            "created": state.now(),
            "currency": invoice["currency"],
            "invoice": invoice["id"],
            "is_default": true,
            "livemode": false,
            "payment": { "payment_intent": intent, "type": "payment_intent" },
            "status": "open",
            "status_transitions": { "canceled_at": null, "paid_at": null },
        }),
    )
}

/// Tries to have an invoice paid by a payment method.
pub fn charge(state: &mut State, invoice_id: &str, method: &str, at: Circumstances) -> Result<Verdict, ApiError> {
    let intent = intent_for(state, invoice_id)?;
    let verdict = attempts::attempt(state, &intent, method, at, None)?;
    let attempts = state.get(Kind::Invoice, invoice_id)?["attempt_count"].as_i64().unwrap_or_default() + 1;
    state.set(Kind::Invoice, invoice_id, json!({ "attempted": true, "attempt_count": attempts }))?;
    match verdict {
        Verdict::Pays => drop(mark_paid(state, invoice_id, Some(&intent))?),
        Verdict::NeedsAuthentication => {
            let invoice = state.get(Kind::Invoice, invoice_id)?.clone();
            state.record("invoice.payment_action_required", invoice);
        }
        Verdict::Declines(_) => {
            let again = state.now() + RETRY_AFTER_S;
            // A first invoice is not tried again by itself: the payer is there, and chooses another card.
            let renewal = state.get(Kind::Invoice, invoice_id)?["billing_reason"] == "subscription_cycle";
            let (invoice, _) = state.set(Kind::Invoice, invoice_id, json!({ "next_payment_attempt": renewal.then_some(again) }))?;
            state.record("invoice.payment_failed", invoice);
        }
    }
    Ok(verdict)
}

/// The invoice is paid; a subscription that waited for it is active.
pub fn mark_paid(state: &mut State, invoice_id: &str, intent: Option<&str>) -> Result<Value, ApiError> {
    let now = state.now();
    let stored = state.get(Kind::Invoice, invoice_id)?.clone();
    if stored["status"] == "paid" {
        return Ok(stored);
    }
    let mut transitions = stored["status_transitions"].clone();
    transitions["paid_at"] = now.into();
    let attempts = stored["attempt_count"].as_i64().unwrap_or_default().max(i64::from(intent.is_some()));
    let fields = json!({ "status": "paid", "amount_paid": stored["amount_due"], "amount_remaining": 0, "attempted": true, "attempt_count": attempts, "next_payment_attempt": null, "status_transitions": transitions });
    let (invoice, _) = state.set(Kind::Invoice, invoice_id, fields)?;
    let payment = state.all(Kind::InvoicePayment).find(|payment| payment["invoice"] == invoice_id && intent.is_some_and(|intent| payment["payment"]["payment_intent"] == intent));
    if let Some(payment) = payment.and_then(|payment| payment["id"].as_str()).map(str::to_owned) {
        let (payment, _) = state.set(
            Kind::InvoicePayment,
            &payment,
            json!({ "status": "paid", "amount_paid": invoice["amount_paid"], "status_transitions": { "canceled_at": null, "paid_at": now } }),
        )?;
        state.record("invoice_payment.paid", payment);
    }
    state.record("invoice.paid", invoice.clone());
    state.record("invoice.payment_succeeded", invoice.clone());
    if let Some(subscription) = invoice["parent"]["subscription_details"]["subscription"].as_str() {
        let status = state.get(Kind::Subscription, subscription)?["status"].clone();
        if matches!(status.as_str(), Some("incomplete" | "past_due" | "unpaid")) {
            let (subscription, before) = state.set(Kind::Subscription, subscription, json!({ "status": "active" }))?;
            state.record_change("customer.subscription.updated", subscription, before);
        }
    }
    Ok(invoice)
}

/// `POST /v1/invoices/{id}/pay`
pub fn pay(state: &mut State, id: &str, mut params: Params) -> Result<Value, ApiError> {
    let method = params.text("payment_method")?;
    let off_session = params.boolean("off_session")?.unwrap_or(true);
    let elsewhere = params.boolean("paid_out_of_band")?.unwrap_or(false);
    params.ignore(&["forgive", "mandate"]);
    params.finish()?;
    let stored = state.get(Kind::Invoice, id)?.clone();
    match stored["status"].as_str() {
        Some("open") => {}
        Some("paid") => return Err(ApiError::invalid("Invoice is already paid").code("invoice_already_paid")),
        _ => return Err(ApiError::invalid("Invoice is not open and cannot be paid.").code("invoice_not_editable")),
    }
    if elsewhere {
        return mark_paid(state, id, None);
    }
    let method = match method {
        Some(given) => Some(payment_methods::resolve(state, &given, "payment_method")?),
        None => stored["parent"]["subscription_details"]["subscription"]
            .as_str()
            .and_then(|id| state.get(Kind::Subscription, id).ok())
            .and_then(|subscription| subscriptions::payment_method(state, subscription)),
    };
    let Some(method) = method else {
        return Err(
            ApiError::invalid("There is no `default_payment_method` set on this Customer or Invoice. Please set one and try again.").code("invoice_payment_intent_requires_action")
        );
    };
    match charge(state, id, &method, Circumstances { off_session, authenticated: false })? {
        Verdict::Pays => state.get(Kind::Invoice, id).cloned(),
        Verdict::Declines(decline) => Err(charges::card_error(decline)),
        Verdict::NeedsAuthentication => {
            Err(ApiError::card("This payment requires additional user action before it can be completed successfully.", "invoice_payment_intent_requires_action"))
        }
    }
}

/// `POST /v1/invoices/{id}/void`
pub fn void(state: &mut State, id: &str, params: Params) -> Result<Value, ApiError> {
    params.finish()?;
    let stored = state.get(Kind::Invoice, id)?.clone();
    if stored["status"] != "open" {
        return Err(ApiError::invalid("You can only void an open invoice.").code("invoice_not_editable"));
    }
    let mut transitions = stored["status_transitions"].clone();
    transitions["voided_at"] = state.now().into();
    let (invoice, _) = state.set(Kind::Invoice, id, json!({ "status": "void", "next_payment_attempt": null, "status_transitions": transitions }))?;
    state.record("invoice.voided", invoice.clone());
    Ok(invoice)
}

/// `GET /v1/invoices/{id}/lines`
pub fn lines(state: &State, id: &str, mut params: Params) -> Result<Value, ApiError> {
    let page = Page::take(&mut params)?;
    params.finish()?;
    let invoice = state.get(Kind::Invoice, id)?;
    page.of(&format!("/v1/invoices/{id}/lines"), Kind::Invoice, invoice["lines"]["data"].as_array().into_iter().flatten())
}

/// `GET /v1/invoices`
pub fn list(state: &State, mut params: Params) -> Result<Value, ApiError> {
    let page = Page::take(&mut params)?;
    let (customer, subscription, status) = (params.text("customer")?, params.text("subscription")?, params.one_of("status", &["draft", "open", "paid", "uncollectible", "void"])?);
    params.ignore(&["collection_method", "due_date"]);
    params.finish()?;
    let wanted = |invoice: &&Value| {
        super::matches(invoice, "customer", customer.as_deref())
            && super::matches(invoice, "status", status.as_deref())
            && subscription.as_deref().is_none_or(|subscription| invoice["parent"]["subscription_details"]["subscription"] == subscription)
    };
    page.of("/v1/invoices", Kind::Invoice, state.all(Kind::Invoice).filter(wanted))
}

/// `GET /v1/invoice_payments`
pub fn list_payments(state: &State, mut params: Params) -> Result<Value, ApiError> {
    let page = Page::take(&mut params)?;
    let (invoice, status) = (params.text("invoice")?, params.text("status")?);
    let mut intent = None;
    if let Some(mut payment) = params.tree("payment")? {
        intent = payment.text("payment_intent")?;
        payment.ignore(&["type"]);
        payment.finish()?;
    }
    params.finish()?;
    let wanted = |payment: &&Value| {
        super::matches(payment, "invoice", invoice.as_deref())
            && super::matches(payment, "status", status.as_deref())
            && intent.as_deref().is_none_or(|intent| payment["payment"]["payment_intent"] == intent)
    };
    page.of("/v1/invoice_payments", Kind::InvoicePayment, state.all(Kind::InvoicePayment).filter(wanted))
}
