//! The receiver of inbound webhooks and what its readers need.

pub mod http;
mod service;
mod store;

pub use service::{InboundEvent, done, is_read, keep, read};
