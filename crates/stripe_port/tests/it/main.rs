//! The port against an in-process server that records what it hears and says what a test tells it to, and against
//! the sandbox, a stand-in that knows nothing of this crate.

mod checkouts;
mod failures;
mod fake;
mod refunds;
mod sandboxed;
mod secrets;
