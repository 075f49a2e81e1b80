//! Prices (docs.stripe.com/api/prices), and the `price_data` from which one is made in passing.

use serde_json::{Value, json};

use super::{kinds::Kind, lists::Page, periods::Interval};
use crate::{errors::ApiError, form::Params, state::State};

/// Stripe takes amounts of up to eight digits.
pub const AMOUNT_MAX: i64 = 99_999_999;

/// Takes an amount in the minor unit of its currency.
pub fn take_amount(params: &mut Params, key: &str) -> Result<Option<i64>, ApiError> {
    let name = params.name(key);
    match params.integer(key)? {
        Some(amount) if amount < 0 => Err(ApiError::invalid("Invalid non-negative integer").code("parameter_invalid_integer").param(&name)),
        Some(amount) if amount > AMOUNT_MAX => Err(ApiError::invalid(format!("Amount must be no more than {AMOUNT_MAX}")).code("amount_too_large").param(&name)),
        amount => Ok(amount),
    }
}

/// Takes a three-letter currency, in lower case as Stripe answers it.
pub fn take_currency(params: &mut Params) -> Result<String, ApiError> {
    let name = params.name("currency");
    let currency = params.required("currency")?.to_ascii_lowercase();
    if currency.len() != 3 || !currency.bytes().all(|b| b.is_ascii_lowercase()) {
        return Err(ApiError::invalid(format!("Invalid currency: {currency}. Stripe currently supports these currencies: usd, ils, eur, gbp, …")).param(&name));
    }
    Ok(currency)
}

/// Takes the parameters of a price and keeps it, under a product that exists.
pub fn add(state: &mut State, params: &mut Params, product: &str, active: bool) -> Result<Value, ApiError> {
    let currency = take_currency(params)?;
    let name = params.name("unit_amount");
    let amount = take_amount(params, "unit_amount")?.ok_or_else(|| ApiError::missing(&name))?;
    let recurring = take_recurring(params)?;
    let tax_behavior = params.one_of("tax_behavior", &["exclusive", "inclusive", "unspecified"])?.unwrap_or_else(|| "unspecified".into());
    let metadata = params.metadata(None)?;
    let nickname = params.change("nickname")?.unwrap_or_default();
    let lookup_key = params.change("lookup_key")?.unwrap_or_default();
    let id = state.ids.next("price_1");
    let kind = if recurring.is_null() { "one_time" } else { "recurring" };
    state.insert(
        Kind::Price,
        json!({
            "id": id,
            "object": "price",
            "active": active,
            "billing_scheme": "per_unit",
            "created": state.now(),
            "currency": currency,
            "custom_unit_amount": null,
            "livemode": false,
            "lookup_key": lookup_key,
            "metadata": metadata,
            "nickname": nickname,
            "product": product,
            "recurring": recurring,
            "tax_behavior": tax_behavior,
            "tiers_mode": null,
            "transform_quantity": null,
            "type": kind,
            "unit_amount": amount,
            "unit_amount_decimal": amount.to_string(),
        }),
    )
}

fn take_recurring(params: &mut Params) -> Result<Value, ApiError> {
    let Some(mut recurring) = params.tree("recurring")? else { return Ok(Value::Null) };
    let name = recurring.name("interval");
    let interval = recurring.one_of("interval", &["day", "week", "month", "year"])?.ok_or_else(|| ApiError::missing(&name))?;
    let count = recurring.integer("interval_count")?.unwrap_or(1);
    // Stripe: three years at most.
    let most = match interval.as_str() {
        "day" => 1_095,
        "week" => 156,
        "month" => 36,
        _ => 3,
    };
    if !(1..=most).contains(&count) {
        return Err(ApiError::invalid(format!("Invalid interval_count: must be between 1 and {most} for {interval}.")).param(&recurring.name("interval_count")));
    }
    recurring.ignore(&["usage_type", "trial_period_days"]);
    recurring.finish()?;
    Ok(json!({ "interval": interval, "interval_count": count, "meter": null, "trial_period_days": null, "usage_type": "licensed" }))
}

/// The interval of a recurring price.
pub fn interval(price: &Value) -> Option<Interval> {
    Some(Interval { unit: price["recurring"]["interval"].as_str()?.to_owned(), count: price["recurring"]["interval_count"].as_i64()? })
}

/// Takes `price` or `price_data` of a line item or a subscription item; gives the price.
pub fn take_for_item(state: &mut State, item: &mut Params) -> Result<Value, ApiError> {
    let name = item.name("price");
    match (item.text("price")?, item.tree("price_data")?) {
        (Some(id), None) => {
            let price = state.referred(Kind::Price, &id, &name)?.clone();
            if price["active"] == false {
                return Err(ApiError::invalid("The price specified is inactive. This field only accepts active prices.").param(&name));
            }
            Ok(price)
        }
        (None, Some(mut data)) => {
            let product_name = data.name("product");
            let product = match (data.text("product")?, data.tree("product_data")?) {
                (Some(id), None) => state.referred(Kind::Product, &id, &product_name)?["id"].as_str().unwrap_or_default().to_owned(),
                (None, Some(mut product_data)) => {
                    // A product made in passing is not for sale again.
                    let product = super::products::add(state, &mut product_data, false)?;
                    product_data.finish()?;
                    product["id"].as_str().unwrap_or_default().to_owned()
                }
                _ => return Err(ApiError::invalid("You must provide one of `price_data[product]` or `price_data[product_data]`.").param(&product_name)),
            };
            let price = add(state, &mut data, &product, false)?;
            data.finish()?;
            Ok(price)
        }
        _ => Err(ApiError::invalid("You must specify exactly one of `price` or `price_data`.").param(&name)),
    }
}

/// `POST /v1/prices`
pub fn create(state: &mut State, mut params: Params) -> Result<Value, ApiError> {
    let active = params.boolean("active")?.unwrap_or(true);
    params.ignore(&["billing_scheme", "currency_options", "custom_unit_amount", "tiers", "tiers_mode", "transfer_lookup_key", "transform_quantity"]);
    let product = match (params.text("product")?, params.tree("product_data")?) {
        (Some(id), None) => state.referred(Kind::Product, &id, "product")?["id"].as_str().unwrap_or_default().to_owned(),
        (None, Some(mut data)) => {
            let product = super::products::add(state, &mut data, true)?;
            data.ignore(&["active"]);
            data.finish()?;
            state.record("product.created", product.clone());
            product["id"].as_str().unwrap_or_default().to_owned()
        }
        _ => return Err(ApiError::missing("product")),
    };
    let price = add(state, &mut params, &product, active)?;
    params.finish()?;
    state.record("price.created", price.clone());
    Ok(price)
}

/// `POST /v1/prices/{id}`
pub fn update(state: &mut State, id: &str, mut params: Params) -> Result<Value, ApiError> {
    let metadata = params.metadata(Some(&state.get(Kind::Price, id)?["metadata"]))?;
    let mut fields = json!({ "metadata": metadata });
    for name in ["nickname", "lookup_key", "tax_behavior"] {
        if let Some(value) = params.change(name)? {
            fields[name] = value;
        }
    }
    if let Some(active) = params.boolean("active")? {
        fields["active"] = active.into();
    }
    params.ignore(&["currency_options", "transfer_lookup_key"]);
    params.finish()?;
    let (price, before) = state.set(Kind::Price, id, fields)?;
    state.record_change("price.updated", price.clone(), before);
    Ok(price)
}

/// `GET /v1/prices`
pub fn list(state: &State, mut params: Params) -> Result<Value, ApiError> {
    let page = Page::take(&mut params)?;
    let (active, product, currency, kind) = (params.boolean("active")?, params.text("product")?, params.text("currency")?, params.one_of("type", &["one_time", "recurring"])?);
    let keys = params.texts("lookup_keys", 10)?;
    params.ignore(&["recurring"]);
    params.finish()?;
    let wanted = |price: &&Value| {
        active.is_none_or(|active| price["active"] == active)
            && super::matches(price, "product", product.as_deref())
            && super::matches(price, "currency", currency.as_deref())
            && super::matches(price, "type", kind.as_deref())
            && (keys.is_empty() || keys.iter().any(|key| price["lookup_key"] == **key))
    };
    page.of("/v1/prices", Kind::Price, state.all(Kind::Price).filter(wanted))
}
