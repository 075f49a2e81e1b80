//! The operator's verbs.

mod health;
pub mod http;
mod inbound;
mod outgoing;
mod queues;
mod service;
mod slow;
mod store;
mod tenants;

pub use health::health;
pub use inbound::{inbound, replay_inbound};
pub use outgoing::{outgoing, replay_delivery};
pub use queues::{discard, queues, replay, replay_task, restore};
pub use service::join_times;
pub use slow::slow;
pub use tenants::tenants;
