//! What every room stands on: configuration, the database and the context bound to one tenant, time and ids,
//! jobs, sessions' tokens, and the doors through which requests come in.
//!
//! Nouns: `Config`, `AppState`, `Cx` (one caller in one tenant, inside one transaction), `GlobalCx` (before any
//! tenant), `Fault` (what went wrong), `Job`. Invariants: a `Cx` is the only way to a tenant's tables and a
//! `GlobalCx` reaches definer functions only; no transaction stays open while we wait for the network.
//! It never imports a room.

pub mod address;
pub mod cache;
pub mod clock;
pub mod config;
pub mod cookies;
pub mod cx;
pub mod database;
pub mod door;
pub mod fault;
pub mod fingerprints;
pub mod forms;
pub mod gate;
pub mod global;
pub mod housekeeping;
pub mod in_hand;
pub mod jobs;
pub mod lanes;
pub mod limits;
pub mod meters;
pub mod phones;
pub mod publish;
pub mod quotas;
pub mod redis;
pub mod rotation;
pub mod schedules;
pub mod security;
pub mod session;
pub mod slow;
pub mod sms;
pub mod state;
pub mod telemetry;
pub mod told;
mod trouble;

pub use clock::{Clock, FixedClock, Ids, SystemClock};
pub use config::{Config, Ground, Roles};
pub use cx::{Activity, Audience, Caller, Cx, Tenant};
pub use fault::{Fault, Refusal};
pub use global::GlobalCx;
pub use jobs::Job;
pub use state::{AppState, Pulse};

/// Set by `--demo`, before the configuration is read.
pub static DEMO_CHOSEN: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);
