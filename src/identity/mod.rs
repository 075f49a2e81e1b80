//! People and how we know them: signing in by one-time code, sessions on devices, the way home.
//!
//! Nouns: person (before and across tenants), code (six digits, ten minutes, five tries), session (a device, with a
//! short access token and a rotating refresh token). Invariants: the database keeps hashes only; a spent refresh
//! token that comes back ends its session; known and unknown phones get the same answer. Doors: calls.rs. It never
//! decides what a person may do in a tenant: that is read from the membership at every opening.

pub mod calls;
pub mod model;
pub mod ui;
pub mod words;

#[cfg(feature = "ssr")]
pub mod server;
