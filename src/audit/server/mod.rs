//! Verbs of the audit log: reading it, reading its chain through, taking it along.

mod chain;
mod describe;
mod error;
mod export;
pub mod http;
pub mod jobs;
mod seals;
mod service;
mod store;
mod verify;

pub use chain::{Break, Chain, How, Line, NOTHING_BEFORE};
pub use service::{check_now, page};
pub use verify::{BrokenChain, Report, read_all, read_chain};
