//! The companies' pages.

mod building;
mod pages;

pub use building::BuildingCompanyPage;
pub use pages::{CompanyPage, OpenCompanyPage};
