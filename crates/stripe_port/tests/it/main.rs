//! The port against an in-process server that records what it hears and says what a test tells it to.

mod checkouts;
mod failures;
mod fake;
mod refunds;
mod secrets;
