//! The operator's pages.

mod inbound;
mod live;
mod pages;
mod queues;

pub use inbound::InboundPage;
pub use pages::JoinTimesPage;
pub use queues::{QueuesNow, QueuesPage};
