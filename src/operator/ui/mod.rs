//! The operator's pages.

mod pages;

pub use pages::JoinTimesPage;
