//! Screens of joining: the form, and where an attempt stands.

mod live;
mod pages;
mod welcome;

pub use pages::JoinPage;
pub use welcome::WelcomePage;
