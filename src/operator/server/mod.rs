//! The operator's verbs.

mod inbound;
mod service;
mod store;

pub use inbound::{inbound, replay_inbound};
pub use service::join_times;
