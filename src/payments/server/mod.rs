//! Verbs of payments offered to other rooms, and the payment engine's jobs.

pub mod jobs;
mod service;
mod store;

pub use service::{Begin, Checkout, CheckoutStatus, begin, latest_for, refund, settle_soon, subscription_of};
