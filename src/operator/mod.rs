//! What the people who run the platform see across tenants.
//!
//! Nouns: `JoinTimes` (how long joining takes, for all buildings together and for each). Invariants: only a signed-in
//! person whose phone is on the list of operators gets in, and everybody else is told that there is nothing here; what
//! is read across tenants comes out of a definer function and carries no name and no phone. Door: calls.rs. It never
//! writes, and never opens a tenant.

pub mod calls;
pub mod model;
pub mod ui;
pub mod words;

#[cfg(feature = "ssr")]
pub mod server;
