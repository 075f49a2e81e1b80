pub mod calls;
pub mod model;
pub mod ui;
pub mod words;

#[cfg(feature = "ssr")]
pub mod server;
