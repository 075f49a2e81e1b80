//! The stream's door, and the process's one LISTEN.

mod error;
mod http;
mod listener;
mod reader;
mod seats;
mod store;

pub use error::StreamRefusal;
pub use http::stream;
pub use listener::listener;
