//! Screens of the building's board.

mod composer;
mod first;
mod live;
mod menu;
mod pages;
mod parts;
mod post_page;
mod search;

pub use pages::FeedPage;
pub use parts::{PostCard, resident_nav};
pub use post_page::PostPage;
pub use search::SearchPage;
