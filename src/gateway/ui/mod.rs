//! The gateway's screens: a partner's desk, the committee's page of who is told what, and the page for developers.

mod access;
mod desk;
mod developers;
mod log;
mod open;
mod parts;

pub use access::AccessPage;
pub use desk::PartnerDeskPage;
pub use developers::DevelopersPage;
pub use open::OpenPartnerPage;
