//! Joining a building: from the form, over the payment page, into the feed, in under a minute.
//!
//! Nouns: attempt (`Join`: one browser's way in, with its times), admission (a membership made of an attempt), yes
//! (a flatmate's or the committee's answer to somebody who waits). Invariants: an attempt is admitted once, whoever
//! reports the payment first; only the browser that holds the join cookie is signed in by it, and never into an
//! account that existed before; one subscription a flat, a second payment goes back by itself.
//! Doors: calls.rs, `GET /b/{slug}/pay`, `GET /b/{slug}/enter`. It never calls a provider.

pub mod calls;
pub mod model;
pub mod ui;
pub mod words;

#[cfg(feature = "ssr")]
pub mod server;
