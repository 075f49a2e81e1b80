//! What the building offers to other rooms, and its own verbs.

mod columns;
mod dashboard;
mod error;
mod facade;
mod flats;
mod funnel;
mod hazards;
pub mod http;
pub mod jobs;
mod moves;
mod names;
mod offices;
mod opening;
mod places;
mod qr;
mod quotes;
mod residents;
mod sheets;
mod slug;
mod store;
mod vouches;
mod workbook;

pub use dashboard::dashboard;
pub use error::BuildingRefusal;
pub use facade::brief;
pub use flats::{FlatList, FlatPlan, Listed, RowProblem, Trouble, parse_flats};
pub use hazards::{Typed as TypedHazard, clear_hazard, hazards, raise_hazard};
pub use moves::settle;
pub use names::{Named, names, people_called, waiting_count};
pub use offices::{hand_over, set_role};
pub use opening::{Founding, Opened, Opening, fill, found};
pub use places::{BuildingRules, FlatFacts, NewMember, VerifiedBy, add_member, find_flat, flat_by_id, flat_range_sentence, hold_flat, member_with_phone, on_roster, rules};
pub use residents::{confirm, poster, reader, remove, residents};
pub use vouches::{Unconfirmed, unconfirmed_neighbours, vouch};
