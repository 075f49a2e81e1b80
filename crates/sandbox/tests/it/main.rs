//! The sandbox from outside: every test starts one in-process on a free port and speaks HTTP to it.

mod api;
mod checkout;
mod faults;
mod google;
mod harness;
mod idempotency;
mod israel;
mod refusals;
mod renewals;
mod sms;
mod webhooks;
