//! The live line of a building: what happened, told to open pages within a moment, and caught up after a pause.
//!
//! Nouns: line (one entry of a tenant's gap-free activity), head (its last number), wake-up ("this tenant has news"),
//! seat (one open stream or socket), look (one question to the table for all of a building's readers that wait). Invariants: a notification only wakes, the table tells; a reader never loses a line and
//! never sees one twice out of order; what is for the committee reaches only the committee; the reader's session and
//! membership are read again at every look, so a removed member's stream ends; no database connection is held while
//! waiting. Doors: `GET /b/{slug}/stream` (server-sent events) and
//! `GET /b/{slug}/socket` (a WebSocket: the same line, for what also speaks). It never writes and knows no room's tables; the
//! activity table is the platform's, written by `Cx::commit`.

pub mod server;
