//! A tenant's connections to accounts outside (a Google calendar, a business profile): the OAuth tokens that we were
//! given, sealed, and refreshed before they end by exactly one process at a time.
//!
//! Nouns: connection (one account at one provider), lease (who refreshes it now). Invariants: whoever refreshes has taken
//! the lease under a fresh id, holds no transaction while the provider is asked, and writes only while that id stands;
//! who died is taken over when the lease has ended. A refresh token that the provider takes no more is not tried again:
//! its owner must consent again. Tokens are kept while they are of use, read by workers alone, and never printed.
//!
//! A process that dies between the provider's answer and our commit: Google leaves the old refresh token good, so the next
//! one asks again and nothing is lost. A provider that spends it with each use has then given its new one to nobody, and
//! only a new consent helps. It never decides what is done with an account. Doors: none of its own yet.

pub mod server;
