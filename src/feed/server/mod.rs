//! What the feed offers to other rooms, and its doors.

mod changes;
mod comments;
mod cursor;
mod error;
mod finding;
mod form;
pub mod http;
mod pictures;
mod posts;
mod service;
mod store;
mod views;

pub use changes::{edit, hide, restore};
pub use comments::{comment, react};
pub use error::FeedRefusal;
pub use finding::search;
pub use posts::{Draft, remove, remove_joined_posts, report, write, write_joined_post};
pub use service::{Asks, FlatCharge, WhatIsDue, WhoIsNew, WhoWaits, page, page_with_waiting, post_page};
