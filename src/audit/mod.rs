//! The audit log: who did what in a building, when, from where, and what it was before. Written once and never again.
//!
//! Nouns: `Line` (as it was chained), `Chain` (a reading of it), `Break` (the first thing that is wrong), anchors and
//! seals. Invariants: a line's number, the hash of the line before and its own are given by the database's trigger; no
//! role of ours may update or delete; verifying computes every hash anew here, and never trusts the database's. Anchors
//! keep each head of an hour, one seal an hour holds all anchors together, and its digest is printed into the log, so
//! that even whoever rewrites all tables differs from what left the machine (migrations/0081_audit_anchors.sql).
//! Doors: calls.rs, http.rs (export), `vantera audit verify`. Rooms write through `Cx::audit` and never from here.

pub mod calls;
pub mod model;
pub mod ui;
pub mod words;

#[cfg(feature = "ssr")]
pub mod server;
