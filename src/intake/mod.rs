//! Inbound webhooks, queue-first: believe the sender or count him, find the tenant, keep the event once, leave a job in
//! the same transaction, answer 200. What the event means is read by the room that understands it.
//!
//! Nouns: provider, account (a tenant's number, page, bot or shop at a provider, with its sealed secrets), inbound event,
//! belief. Invariants: nothing is processed inside the request; one event of one account is one row and one job; what was
//! not signed stays unconfirmed until its provider was asked back; what nobody reads, and what no tenant has proven to
//! be its own, is kept and shown; what is forged is counted and never kept; a receiver that is full says so. Doors: `/webhooks/{provider}` and
//! `/webhooks/{provider}/{secret}`. It never decides what a payment or a message means.

pub mod server;
