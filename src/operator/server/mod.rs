//! The operator's verbs.

mod service;
mod store;

pub use service::join_times;
