//! Screens of joining: the form, and where an attempt stands.

mod live;
mod pages;
mod parts;
mod welcome;

pub use pages::JoinPage;
pub use parts::floors;
pub use welcome::WelcomePage;
