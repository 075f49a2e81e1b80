//! The operator's verbs.

pub mod http;
mod inbound;
mod queues;
mod service;
mod store;

pub use inbound::{inbound, replay_inbound};
pub use queues::{discard, queues, replay, replay_task, restore};
pub use service::join_times;
