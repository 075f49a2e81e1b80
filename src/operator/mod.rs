//! What the people who run the platform see across tenants.
//!
//! Nouns: `JoinTimes` (how long joining takes, for all buildings together and for each), `Queues` (lanes of jobs, those
//! that are tried again, dead letters, schedules), inbound events (what providers sent, of which one may be read
//! again), outgoing webhooks (deliveries to partners, of which one may be sent again, and endpoints in trouble), tenants and
//! companies in counts and moments, the health of the platform in facts,
//! slow requests of one process.
//! Invariants: only a signed-in person whose phone is on the list of operators gets in, and everybody else is told that
//! there is nothing here; what is read across tenants comes out of a definer function and carries no name and no phone of
//! a person; bodies are shown masked. Doors: calls.rs, and the plain ones that hand an open page its moving parts. It
//! writes nothing but what becomes of a dead letter, an inbound event or a delivery, and never opens a tenant.

pub mod calls;
pub mod model;
pub mod ui;
pub mod words;

#[cfg(feature = "ssr")]
pub mod server;
