//! Verbs of companies: what their owners do before any tenant, and what a chair does inside his building.

mod error;
mod grants;
mod service;
mod store;

pub use grants::{grant, of_building, withdraw};
pub use service::{add_staff, company, end_staff, open, opening};
