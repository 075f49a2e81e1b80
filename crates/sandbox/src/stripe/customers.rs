//! Customers (docs.stripe.com/api/customers).

use serde_json::{Value, json};

use super::{kinds::Kind, lists::Page};
use crate::{errors::ApiError, form::Params, state::State};

const EMAIL_MAX: usize = 512;
const SILENT: [&str; 8] = ["balance", "invoice_prefix", "preferred_locales", "shipping", "tax", "tax_exempt", "tax_id_data", "next_invoice_sequence"];

/// Makes a customer and tells it.
pub fn add(state: &mut State, email: Value, name: Value, phone: Value, metadata: Value) -> Result<Value, ApiError> {
    let id = state.ids.sized("cus_", 14);
    let invoice_prefix = state.ids.sized("", 8).to_ascii_uppercase();
    let customer = json!({
        "id": id,
        "object": "customer",
        "address": null,
        "balance": 0,
        "created": state.now(),
        "currency": null,
        "customer_account": null,
        "default_source": null,
        "delinquent": false,
        "description": null,
        "discount": null,
        "email": email,
        "invoice_prefix": invoice_prefix,
        "invoice_settings": { "custom_fields": null, "default_payment_method": null, "footer": null, "rendering_options": null },
        "livemode": false,
        "metadata": metadata,
        "name": name,
        "next_invoice_sequence": 1,
        "phone": phone,
        "preferred_locales": [],
        "shipping": null,
        "tax_exempt": "none",
        "test_clock": null,
    });
    let customer = state.insert(Kind::Customer, customer)?;
    Ok(customer)
}

/// `POST /v1/customers`
pub fn create(state: &mut State, mut params: Params) -> Result<Value, ApiError> {
    let metadata = params.metadata(None)?;
    let fields = take_fields(state, &mut params)?;
    let method = params.text("payment_method")?;
    params.ignore(&SILENT);
    params.finish()?;
    let method = method.map(|method| super::payment_methods::resolve(state, &method, "payment_method")).transpose()?;
    let customer = add(state, Value::Null, Value::Null, Value::Null, metadata)?;
    let id = customer["id"].as_str().unwrap_or_default().to_owned();
    let (customer, _) = state.set(Kind::Customer, &id, fields)?;
    if let Some(method) = method {
        super::payment_methods::save(state, &method, &id)?;
    }
    state.record("customer.created", customer.clone());
    Ok(customer)
}

/// `POST /v1/customers/{id}`
pub fn update(state: &mut State, id: &str, mut params: Params) -> Result<Value, ApiError> {
    let stored = state.get(Kind::Customer, id)?;
    if stored["deleted"] == true {
        return Err(ApiError::no_such("customer", id));
    }
    let metadata = params.metadata(Some(&stored["metadata"]))?;
    let mut fields = take_fields(state, &mut params)?;
    fields["metadata"] = metadata;
    params.ignore(&SILENT);
    params.finish()?;
    let (customer, before) = state.set(Kind::Customer, id, fields)?;
    state.record_change("customer.updated", customer.clone(), before);
    Ok(customer)
}

fn take_fields(state: &mut State, params: &mut Params) -> Result<Value, ApiError> {
    let mut fields = json!({});
    for name in ["email", "name", "phone", "description"] {
        if let Some(value) = params.change(name)? {
            fields[name] = value;
        }
    }
    if let Some(email) = fields["email"].as_str()
        && (!email.contains('@') || email.len() > EMAIL_MAX)
    {
        return Err(ApiError::invalid(format!("Invalid email address: {email}")).code("email_invalid").param("email"));
    }
    if let Some(address) = super::take_address(params)? {
        fields["address"] = address;
    }
    if let Some(mut settings) = params.tree("invoice_settings")? {
        let method = settings.change("default_payment_method")?;
        settings.ignore(&["custom_fields", "footer", "rendering_options"]);
        settings.finish()?;
        if let Some(method) = method {
            if let Some(id) = method.as_str() {
                state.referred(Kind::PaymentMethod, id, "invoice_settings[default_payment_method]")?;
            }
            fields["invoice_settings"] = json!({ "custom_fields": null, "default_payment_method": method, "footer": null, "rendering_options": null });
        }
    }
    Ok(fields)
}

/// `DELETE /v1/customers/{id}`; ends the customer's subscriptions.
pub fn delete(state: &mut State, id: &str, params: Params) -> Result<Value, ApiError> {
    params.finish()?;
    let customer = state.get(Kind::Customer, id)?.clone();
    if customer["deleted"] == true {
        return Err(ApiError::no_such("customer", id));
    }
    let running: Vec<String> = state
        .all(Kind::Subscription)
        .filter(|subscription| subscription["customer"] == id && subscription["ended_at"].is_null())
        .filter_map(|subscription| subscription["id"].as_str().map(str::to_owned))
        .collect();
    for subscription in running {
        super::subscriptions_edit::end(state, &subscription, "cancellation_requested")?;
    }
    let gone = json!({ "id": id, "object": "customer", "deleted": true });
    state.replace(Kind::Customer, id, Some(gone.clone()));
    state.record("customer.deleted", customer);
    Ok(gone)
}

/// `GET /v1/customers`
pub fn list(state: &State, mut params: Params) -> Result<Value, ApiError> {
    let page = Page::take(&mut params)?;
    let email = params.text("email")?;
    params.ignore(&["test_clock"]);
    params.finish()?;
    page.of("/v1/customers", Kind::Customer, state.all(Kind::Customer).filter(|customer| email.as_deref().is_none_or(|email| customer["email"] == email)))
}
