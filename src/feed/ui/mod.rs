//! Screens of feed.
