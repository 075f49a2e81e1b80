//! Management companies: one staff for a portfolio of buildings.
//!
//! Nouns: company (a name, and a short code that is told to chairs), its staff by phone (owners and staff), the grant (a
//! building given to a company by its chair). Invariants: one company a building at a time; who is on the staff opens
//! such a building as its manager, which grant and staff decide anew at every opening (directory.open_by_slug), so that
//! an end of either holds at once; a company is never without an owner, and tells nothing to whoever does not work in
//! it. Door: calls.rs. It never makes anybody a resident, and never reads a building's people.

pub mod calls;
pub mod model;
pub mod ui;
pub mod words;

#[cfg(feature = "ssr")]
pub mod server;
