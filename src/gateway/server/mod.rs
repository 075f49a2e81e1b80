//! What the gateway does for other rooms, and its own verbs.

mod breaker;
pub mod delivery;
mod delivery_store;
pub mod pump;
mod sending;
