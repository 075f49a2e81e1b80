//! The committee's screen of the log.

mod lines;
mod pages;

pub use pages::AuditPage;
