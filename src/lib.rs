//! Vantera: the list of rooms, and the browser's entry.
#![recursion_limit = "512"]

pub mod app;
pub mod audit;
pub mod buildings;
pub mod companies;
pub mod feed;
pub mod gateway;
pub mod identity;
pub mod joining;
pub mod operator;
pub mod ui;

#[cfg(feature = "ssr")]
pub mod connections;
#[cfg(feature = "ssr")]
pub mod demo;
#[cfg(feature = "ssr")]
pub mod intake;
#[cfg(feature = "ssr")]
pub mod payments;
#[cfg(feature = "ssr")]
pub mod platform;
#[cfg(feature = "ssr")]
pub mod stream;
#[cfg(feature = "ssr")]
pub mod wiring;

/// Wakes the islands of a page the server has already shown.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
    ui::mark_hydrated();
}
