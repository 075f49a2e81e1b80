//! Verbs of connections offered to other rooms, and the jobs that keep tokens fresh.

mod error;
pub mod jobs;
mod refreshing;
mod service;
mod store;
mod tokens;

pub use error::NoToken;
pub use refreshing::{AHEAD, LEASE, Refreshed, refresh};
pub use service::{NewConnection, Provider, connect, end};
pub use tokens::{AccessToken, access_token};
