//! The operator's pages.

mod inbound;
mod pages;

pub use inbound::InboundPage;
pub use pages::JoinTimesPage;
