//! The REST API's door: programs with a key. No cookie opens it, and it answers nothing but JSON.
//!
//! A handler is given a [`Caller`] (a living key) or a [`Writer`] (one that may change things) before its body is read; no
//! transaction stays open while a body comes in.

mod door;
mod endpoints;
mod log;
mod openapi;
mod reads;
mod shapes;

pub use door::{Turns, no_such_method, not_there};
pub use endpoints::{add_endpoint, change_endpoint, delete_endpoint, endpoint, endpoints, rotate_secret};
pub use log::{deliveries, delivery, replay, retry, test_endpoint};
pub use openapi::openapi;
pub use reads::{buildings, event_type, event_types, me};
