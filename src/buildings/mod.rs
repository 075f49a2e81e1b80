//! The building: its flats, who lives in them, and the committee's first screens.
//!
//! Nouns: `Building` (a tenant with an address and rules of joining), `Flat` (a number on a floor), `Roster` (the
//! committee's own list of phones by flat), `Membership` (one person's place in the building), `Facade` (one window a
//! flat). Invariants: a flat never holds more active people than the building allows; a person has one active place a
//! building; whoever opens a building is its chair, the chair gives offices and hands his own on, and there is one; two
//! confirmed neighbours of other flats confirm a third (`vouches`). Doors: calls.rs, `POST /open/preview`, the job
//! `identity.phone_proved`. Other rooms ask `server` for a flat's facts and to admit a member.
//! It reads `joins` (who waits, and how long joining takes) and whether a flat pays, and writes neither; it never
//! takes money and never sends anything.

pub mod calls;
pub mod model;
pub mod ui;
pub mod words;

#[cfg(feature = "ssr")]
pub mod server;
