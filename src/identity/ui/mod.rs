//! Screens of signing in, and of the way home.

mod devices;
mod home;
mod live;
mod pages;

pub use devices::DevicesPage;
pub use home::HomePage;
pub use pages::{CodePage, SignInPage};
