//! Inbound webhooks, queue-first: check the signature on the raw body, keep the event once, leave a job in the
//! same transaction, answer 200. What the event means is read by the room that understands it.
//!
//! Nouns: inbound event, provider. Invariants: nothing is processed inside the request; one event id is one row and
//! one job. Doors: `POST /webhooks/stripe`. It never decides what a payment means.

pub mod server;
