//! Being paid: a tenant's intent to be paid, stored before any provider is called, and its outcome, settled once.
//!
//! Nouns: `Checkout` (one intent, one hosted payment page), settlement (the moment it counts as paid).
//! Invariants: only the payment engine's process calls Stripe, with an idempotency key stored before the call;
//! whichever of return page, webhook and sweeper comes first settles, the others find it settled; what a paid
//! checkout means is told to the buying room by a job in the same transaction.
//! Doors: none of its own; joining begins checkouts, intake brings events. It never admits anybody.

pub mod server;
