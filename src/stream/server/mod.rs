//! The stream's doors (server-sent events, and a WebSocket), and the process's one LISTEN.

mod error;
mod frames;
mod http;
mod listener;
mod looks;
mod reader;
mod seats;
mod socket;
mod store;

pub use error::StreamRefusal;
pub use http::stream;
pub use listener::listener;
pub use looks::Looks;
pub use socket::{socket, sockets_closed};
