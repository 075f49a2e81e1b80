//! Screens of signing in, and of the way home.

mod home;
mod live;
mod pages;

pub use home::HomePage;
pub use pages::{CodePage, SignInPage};
