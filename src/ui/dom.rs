//! What small islands need of the page. An island here wraps what the server rendered and acts on it: it carries no
//! views and no data of its own, which keeps what a browser downloads small (docs/budgets.toml).

use leptos::prelude::document;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, Event, HtmlInputElement};

/// The element an event came from.
pub fn target(event: &Event) -> Option<Element> {
    event.target()?.dyn_into().ok()
}

/// The field an event came from, when it is the one of this name.
pub fn target_field(event: &Event, name: &str) -> Option<HtmlInputElement> {
    event.target()?.dyn_into::<HtmlInputElement>().ok().filter(|field| field.name() == name)
}

/// An element of the page.
pub fn by_id(id: &str) -> Option<Element> {
    document().get_element_by_id(id)
}

/// A field of the page.
pub fn field_by_id(id: &str) -> Option<HtmlInputElement> {
    by_id(id)?.dyn_into().ok()
}

/// The first element inside that a selector finds.
pub fn find(inside: &Element, selector: &str) -> Option<Element> {
    inside.query_selector(selector).ok().flatten()
}

/// Sets an attribute, or takes it away.
pub fn put(element: &Element, name: &str, value: Option<&str>) {
    let _ = match value {
        Some(value) => element.set_attribute(name, value),
        None => element.remove_attribute(name),
    };
}

/// A `data-` attribute's text; empty when it is missing.
pub fn data(element: &Element, name: &str) -> String {
    element.get_attribute(&format!("data-{name}")).unwrap_or_default()
}
