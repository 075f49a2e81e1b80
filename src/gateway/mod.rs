//! The webhooks gateway: what happens in a building, told to whoever its committee allows, safely and for certain.
//!
//! Nouns: partner (an insurer, a maintenance vendor, a municipality, a developer), his API keys, his endpoints and their
//! signing secrets; the grant (which kinds of event a building lets a partner hear, until when); the message (one event of
//! one building), its deliveries (one an endpoint) and their attempts. Invariants: nothing is sent without a live grant at
//! the moment of sending; a message is left in the transaction of what it tells and is delivered at least once, always
//! under one id; an endpoint that hangs or fails holds up no other; private addresses are never called. Doors: calls.rs
//! for people, server/api.rs for programs (/api/v1). It never reads a room's tables: rooms publish through `Cx::publish`.

pub mod calls;
pub mod model;
pub mod ui;
pub mod words;

#[cfg(feature = "ssr")]
pub mod server;
