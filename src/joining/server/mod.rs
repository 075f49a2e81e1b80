//! Verbs of joining.

mod admission;
mod error;
pub mod http;
pub mod jobs;
mod service;
mod steps;
mod store;

pub use admission::{answer, charge_of_flat, newcomers, waiting_in_flat};
pub use error::JoinRefusal;
pub use service::{Typed, check_flat, note_first_feed, page, submit, welcome};
