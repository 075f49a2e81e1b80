//! Screens of the building: opening it, the committee's overview, who joined, the lobby's sheet.

mod dashboard;
mod hazards;
mod list;
mod live;
mod offices;
mod open;
mod parts;
mod poster;
mod residents;

pub use dashboard::{DashboardNow, DashboardPage};
pub use hazards::{HazardsPage, alarms_of};
pub use open::OpenPage;
pub use parts::{JoinTimes, desk_nav, desk_place, duration, floors, who};
pub use poster::PosterPage;
pub use residents::{ResidentsNow, ResidentsPage};
