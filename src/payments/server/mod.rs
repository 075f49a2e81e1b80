//! Verbs of payments offered to other rooms, and the payment engine's jobs.

pub mod jobs;
mod opening;
pub mod plans;
mod service;
mod store;

pub use service::{Begin, Checkout, CheckoutStatus, Plan, PlanState, begin, came_back, latest_for, plan_of, price_of, refund, subscription_of};
