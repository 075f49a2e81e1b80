//! What the building offers to other rooms.

mod error;
mod facade;
pub mod jobs;
mod places;
mod store;

pub use error::BuildingRefusal;
pub use facade::brief;
pub use places::{BuildingRules, FlatFacts, NewMember, VerifiedBy, add_member, find_flat, flat_by_id, flat_range_sentence, hold_flat, member_with_phone, on_roster, rules};
