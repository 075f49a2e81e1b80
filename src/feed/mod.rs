//! The building's feed: what neighbours and the committee write to one another.
//!
//! Nouns: post (of a neighbour, a notice, an event, or a joining the building tells of by itself), comment, heart,
//! picture, report, visit. Invariants: one submit is one post or comment, whatever a browser repeats; text is kept
//! clean of what could reorder a neighbour's words; a picture is decoded within bounds and written anew before it is
//! kept; a post belongs to whom it belonged when written, also after the office changed hands; a report tells the
//! committee and hides nothing by itself; an author mends a post for half an hour and the board says so; who took one
//! down puts it back for ten minutes; what one reader hides stands for all others. Names, roles and flats of authors are read from memberships and flats in
//! store.rs and never written here.
//! Search is plain words over posts and comments, by a definer function that reads the tenant itself.
//! Doors: calls.rs, the composer's form, pictures and single cards (server/http.rs); what happens goes out by the
//! stream. It never decides who belongs to the building.

pub mod calls;
pub mod model;
pub mod ui;
pub mod words;

#[cfg(feature = "ssr")]
pub mod server;
