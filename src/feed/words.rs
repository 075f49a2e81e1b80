//! Words of feed.
