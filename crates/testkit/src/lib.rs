//! What tests stand on: a throw-away database as the app's own roles, a Stripe that does as it is told, and actors
//! that use the real router as a browser would (cookies, plain forms, redirects).
//!
//! Never part of the product.

mod actor;
mod database;
mod schema;
mod stripe;

pub use actor::{Actor, Answer, HOST};
pub use database::TestDatabase;
pub use schema::{breaches, undeclared};
pub use stripe::{FakeStripe, Fault};
