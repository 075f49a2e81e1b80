//! Products (docs.stripe.com/api/products).

use serde_json::{Value, json};

use super::{kinds::Kind, lists::Page};
use crate::{errors::ApiError, form::Params, state::State};

const IMAGES_MAX: usize = 8;

/// Takes `product_data` (of a price or a line item) or the parameters of a product, and keeps the product.
pub fn add(state: &mut State, params: &mut Params, active: bool) -> Result<Value, ApiError> {
    let name = params.required("name")?;
    let description = params.change("description")?.unwrap_or_default();
    let metadata = params.metadata(None)?;
    let images = params.texts("images", IMAGES_MAX)?;
    let tax_code = params.change("tax_code")?.unwrap_or_default();
    let unit_label = params.change("unit_label")?.unwrap_or_default();
    let statement_descriptor = params.change("statement_descriptor")?.unwrap_or_default();
    let now = state.now();
    let id = state.ids.sized("prod_", 14);
    state.insert(
        Kind::Product,
        json!({
            "id": id,
            "object": "product",
            "active": active,
            "created": now,
            "default_price": null,
            "description": description,
            "images": images,
            "livemode": false,
            "marketing_features": [],
            "metadata": metadata,
            "name": name,
            "package_dimensions": null,
            "shippable": null,
            "statement_descriptor": statement_descriptor,
            "tax_code": tax_code,
            "type": "service",
            "unit_label": unit_label,
            "updated": now,
            "url": null,
        }),
    )
}

/// `POST /v1/products`
pub fn create(state: &mut State, mut params: Params) -> Result<Value, ApiError> {
    let active = params.boolean("active")?.unwrap_or(true);
    let id = params.text("id")?;
    let default_price = params.tree("default_price_data")?;
    params.ignore(&["marketing_features", "package_dimensions", "shippable", "url"]);
    let mut product = add(state, &mut params, active)?;
    params.finish()?;
    if let Some(id) = id {
        if state.get(Kind::Product, &id).is_ok() {
            return Err(ApiError::invalid("Product already exists.").code("resource_already_exists").param("id"));
        }
        let made = product["id"].as_str().unwrap_or_default().to_owned();
        state.replace(Kind::Product, &made, None);
        product["id"] = id.into();
        product = state.insert(Kind::Product, product)?;
    }
    state.record("product.created", product.clone());
    if let Some(mut data) = default_price {
        let id = product["id"].as_str().unwrap_or_default().to_owned();
        let price = super::prices::add(state, &mut data, &id, true)?;
        data.finish()?;
        state.record("price.created", price.clone());
        product = state.set(Kind::Product, &id, json!({ "default_price": price["id"] }))?.0;
    }
    Ok(product)
}

/// `POST /v1/products/{id}`
pub fn update(state: &mut State, id: &str, mut params: Params) -> Result<Value, ApiError> {
    let metadata = params.metadata(Some(&state.get(Kind::Product, id)?["metadata"]))?;
    let mut fields = json!({ "metadata": metadata, "updated": state.now() });
    for name in ["name", "description", "default_price", "statement_descriptor", "tax_code", "unit_label", "url"] {
        if let Some(value) = params.change(name)? {
            fields[name] = value;
        }
    }
    if let Some(active) = params.boolean("active")? {
        fields["active"] = active.into();
    }
    params.ignore(&["images", "marketing_features", "package_dimensions", "shippable"]);
    params.finish()?;
    let (product, before) = state.set(Kind::Product, id, fields)?;
    state.record_change("product.updated", product.clone(), before);
    Ok(product)
}

/// `GET /v1/products`
pub fn list(state: &State, mut params: Params) -> Result<Value, ApiError> {
    let page = Page::take(&mut params)?;
    let active = params.boolean("active")?;
    let ids = params.texts("ids", 100)?;
    params.ignore(&["shippable", "url"]);
    params.finish()?;
    let wanted = |product: &&Value| active.is_none_or(|active| product["active"] == active) && (ids.is_empty() || ids.iter().any(|id| product["id"] == **id));
    page.of("/v1/products", Kind::Product, state.all(Kind::Product).filter(wanted))
}
