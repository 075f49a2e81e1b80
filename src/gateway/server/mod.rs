//! What the gateway does for other rooms, and its own verbs.

pub mod api;
mod breaker;
mod catalogue;
pub mod delivery;
mod desk;
mod developers;
mod endpoints;
mod error;
mod grants;
mod keys;
pub mod overview;
mod partners;
pub mod pump;
mod sending;
mod silence;
mod store;
pub mod switched_off;
mod urls;

use hooks::address::Reach;

pub use desk::{add_endpoint, change_endpoint, delete_endpoint, pause_endpoint, put_away, retry_delivery, rotate_secret, test_endpoint};
pub use developers::developers;
pub use grants::{access, change, grant, withdraw};
pub use keys::{Made, add as add_key, revoke as revoke_key};
pub use partners::{desk, open, opening};

/// Where endpoints may lead: in demos a partner's server stands beside ours.
pub fn reach(loopback: bool) -> Reach {
    if loopback { Reach::Loopback } else { Reach::Public }
}
