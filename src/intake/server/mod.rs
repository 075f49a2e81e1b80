//! The receiver of inbound webhooks and what its readers need.

mod accounts;
mod admission;
mod believing;
mod error;
pub mod http;
pub mod jobs;
mod preview;
mod providers;
mod reading;
mod replays;
mod service;
mod store;
mod tally;

pub use accounts::{AccountAdded, NewAccount, Proof, Secrets, add_account, close_account, prove_account};
pub use preview::{PREVIEW_MAX, Preview, of as preview_of};
pub use providers::Provider;
pub use replays::{FORGED_HOURS, Forged, ListQuery, Listed, Looked, forged_lately, list, look, replay};
pub use service::{InboundEvent, State, done, is_read, read};
