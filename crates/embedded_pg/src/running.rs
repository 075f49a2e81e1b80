//! Starting or adopting the server, and leaving it.

use std::path::{Path, PathBuf};

use sqlx::postgres::PgConnectOptions;

use crate::bootstrap::{self, bootstrap, check_name, close, connect, ready_database};
use crate::cluster::{Cluster, superuser_options};
use crate::folder::{Folder, Memory, Seat, Turn};
use crate::identity::Identity;
use crate::{Error, Options, Role, binaries};

/// A server that answers, and a seat in it. Leave with [`Running::stop`]; dropping it leaves too, without waiting.
pub struct Running {
    options: Options,
    folder: Folder,
    cluster: Cluster,
    memory: Memory,
    version: u32,
    adopted: bool,
    seat: Option<Seat>,
}

/// How [`Running::stop`] ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Departure {
    /// We were the last: the server is down.
    Stopped,
    /// Other programs still use the server; the last of them stops it.
    LeftToOthers,
    /// Somebody asked for it to stay up ([`Running::keep`]).
    Kept,
}

/// Brings the server up, or adopts the one that already runs on this folder, and readies roles and database.
pub async fn start(options: Options) -> Result<Running, Error> {
    check_name(&options.database)?;
    let folder = Folder::create(&options.data_dir)?;
    let turn = folder.turn().await?;
    let seat = folder.take_seat(&turn)?;
    let mut memory = match folder.recall()? {
        Some(memory) => memory,
        None => {
            let identity = Identity::choose(None).await?;
            let memory = folder.invent(&identity).await?;
            folder.remember(&memory)?;
            memory
        }
    };
    let cluster = Cluster::at(folder.server(&memory));
    let adopted = bring_up(&options, &folder, &cluster, &mut memory).await?;
    let superuser = superuser_options(memory.port, &memory.superuser_password);
    if let Err(error) = bootstrap(&superuser, &options.database, &memory.passwords).await {
        if !adopted && !folder.is_kept() {
            cluster.stop().await?;
        }
        return Err(error);
    }
    drop(turn);
    let version = cluster.written_by().unwrap_or_default();
    tracing::info!(version, port = memory.port, adopted, "the embedded PostgreSQL is up");
    Ok(Running { options, folder, cluster, memory, version, adopted, seat: Some(seat) })
}

/// Answers whether the server was running already. The caller holds the turn.
async fn bring_up(options: &Options, folder: &Folder, cluster: &Cluster, memory: &mut Memory) -> Result<bool, Error> {
    if let Some(postmaster) = cluster.postmaster().await {
        if postmaster.port != 0 && postmaster.port != memory.port {
            memory.port = postmaster.port;
            folder.remember(memory)?;
        }
        let superuser = superuser_options(memory.port, &memory.superuser_password);
        match cluster.wait_for_answer(&superuser).await {
            Ok(()) => return Ok(true),
            // It was shutting down while we asked: then we start it anew.
            Err(error) if cluster.postmaster().await.is_some() => return Err(error),
            Err(_) => {}
        }
    }
    let data = cluster.data();
    let exists = data.exists();
    let identity = Identity::choose(exists.then_some(data.as_path())).await?;
    let chosen = binaries::choose(options, &identity, &data, cluster.written_by()).await?;
    tracing::debug!(folder = %chosen.folder.display(), major = chosen.major, "PostgreSQL's programs");
    if !exists {
        cluster.create(&identity, &chosen.folder, &memory.superuser_password).await?;
    }
    memory.port = cluster.launch(&identity, &chosen.folder, options, memory.port).await?;
    folder.remember(memory)?;
    let superuser = superuser_options(memory.port, &memory.superuser_password);
    cluster.wait_for_answer(&superuser).await?;
    Ok(false)
}

impl Running {
    #[must_use]
    pub fn host(&self) -> &'static str {
        "127.0.0.1"
    }

    #[must_use]
    pub fn port(&self) -> u16 {
        self.memory.port
    }

    /// Where the Unix socket is; `None` when the path would be too long for one.
    #[must_use]
    pub fn socket_dir(&self) -> Option<PathBuf> {
        self.cluster.socket_folder()
    }

    /// The server's log.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.cluster.log()
    }

    /// The cluster itself (PGDATA), for physical backup.
    #[must_use]
    pub fn cluster_dir(&self) -> PathBuf {
        self.cluster.data()
    }

    /// The major version, 15 to 18.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Whether the server was running before us.
    #[must_use]
    pub fn adopted(&self) -> bool {
        self.adopted
    }

    /// The process id of the postmaster, when it lives.
    pub async fn postmaster_pid(&self) -> Option<i32> {
        let postmaster = self.cluster.postmaster().await?;
        Some(postmaster.pid.as_raw_nonzero().get())
    }

    /// Where `role` connects to the application's database. Holds the password.
    #[must_use]
    pub fn url(&self, role: Role) -> String {
        self.url_of(role, &self.options.database)
    }

    /// The same for another database of this server.
    #[must_use]
    pub fn url_of(&self, role: Role, database: &str) -> String {
        url(role.name(), self.memory.passwords.of(role), self.memory.port, database)
    }

    /// For bootstrap and tests only: the application never connects as this.
    #[must_use]
    pub fn superuser_url(&self) -> String {
        url("postgres", &self.memory.superuser_password, self.memory.port, &self.options.database)
    }

    /// A new database, ready for migrations. Does nothing when it exists, apart from putting its rights in order.
    pub async fn create_database(&self, name: &str) -> Result<(), Error> {
        check_name(name)?;
        let mut connection = connect(&self.superuser(), "connect as superuser").await?;
        bootstrap::create_database(&mut connection, name, None).await?;
        close(connection).await;
        ready_database(&self.superuser(), name).await
    }

    /// A copy of `template`, which nobody may be connected to meanwhile. Fails when `name` exists.
    pub async fn create_from_template(&self, name: &str, template: &str) -> Result<(), Error> {
        let mut connection = connect(&self.superuser(), "connect as superuser").await?;
        let created = bootstrap::create_database(&mut connection, name, Some(template)).await;
        close(connection).await;
        created
    }

    /// Removes a database and whoever is connected to it. Does nothing when there is none.
    pub async fn drop_database(&self, name: &str) -> Result<(), Error> {
        check_name(name)?;
        let mut connection = connect(&self.superuser(), "connect as superuser").await?;
        let sql = format!("drop database if exists {name} with (force)");
        let dropped = bootstrap::run(&mut connection, sql, &format!("drop the database {name}")).await;
        close(connection).await;
        dropped
    }

    /// Leaves the server: it stops when nobody else uses it. Sessions that are open then are ended.
    pub async fn stop(mut self) -> Result<Departure, Error> {
        let turn = self.folder.turn().await?;
        self.seat = None;
        if self.folder.is_kept() {
            return Ok(Departure::Kept);
        }
        if self.folder.somebody_is_seated(&turn)? {
            return Ok(Departure::LeftToOthers);
        }
        self.cluster.stop().await?;
        Ok(Departure::Stopped)
    }

    /// Leaves the server running until [`stop_folder`], whoever else comes and goes.
    pub async fn keep(mut self) -> Result<(), Error> {
        let _turn = self.folder.turn().await?;
        self.folder.set_kept(true)?;
        self.seat = None;
        Ok(())
    }

    /// Stops the server whoever uses it, and removes all its data. For tests and throw-away servers.
    pub async fn destroy(mut self) -> Result<(), Error> {
        let turn = self.folder.turn().await?;
        self.seat = None;
        self.cluster.stop().await?;
        let erased = self.folder.erase();
        drop(turn);
        erased
    }

    /// Kills the postmaster as a power cut would. For tests; [`Running::restart`] recovers.
    pub async fn kill_immediate(&self) -> Result<(), Error> {
        self.cluster.kill().await
    }

    /// Stops the server in good order if it runs, and starts it again on the same port. For tests.
    pub async fn restart(&self) -> Result<(), Error> {
        let _turn = self.folder.turn().await?;
        self.cluster.stop().await?;
        // URLs that were handed out must stay true, so the port is not up for choice.
        let options = Options { port: Some(self.memory.port), ..self.options.clone() };
        bring_up(&options, &self.folder, &self.cluster, &mut self.memory.clone()).await?;
        Ok(())
    }

    fn superuser(&self) -> PgConnectOptions {
        superuser_options(self.memory.port, &self.memory.superuser_password)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.seat.take().is_none() {
            return;
        }
        let Some(turn) = self.folder.turn_at_once() else {
            return;
        };
        let alone = matches!(self.folder.somebody_is_seated(&turn), Ok(false));
        if alone && !self.folder.is_kept() {
            self.cluster.ask_to_stop();
        }
    }
}

/// Stops the server of this folder whoever uses it, and lifts [`Running::keep`]. Nothing running is fine.
pub async fn stop_folder(data_dir: &Path) -> Result<(), Error> {
    if !data_dir.exists() {
        return Ok(());
    }
    let (folder, memory, _turn) = existing(data_dir).await?;
    folder.set_kept(false)?;
    match memory {
        Some(memory) => Cluster::at(folder.server(&memory)).stop().await,
        None => Ok(()),
    }
}

/// Stops the server of this folder and removes all its data.
pub async fn destroy_folder(data_dir: &Path) -> Result<(), Error> {
    if !data_dir.exists() {
        return Ok(());
    }
    let (folder, memory, _turn) = existing(data_dir).await?;
    if let Some(memory) = memory {
        Cluster::at(folder.server(&memory)).stop().await?;
    }
    folder.erase()
}

async fn existing(data_dir: &Path) -> Result<(Folder, Option<Memory>, Turn), Error> {
    let folder = Folder::open(data_dir)?;
    let turn = folder.turn().await?;
    let memory = folder.recall()?;
    Ok((folder, memory, turn))
}

/// The addresses of a server that was started before, without starting it: of `role`, or of the superuser.
pub fn urls(data_dir: &Path, database: &str, role: Option<Role>) -> Result<Option<String>, Error> {
    check_name(database)?;
    let memory = Folder::open(data_dir)?.recall()?;
    let Some(memory) = memory.filter(|memory| memory.port != 0) else {
        return Ok(None);
    };
    Ok(Some(match role {
        Some(role) => url(role.name(), memory.passwords.of(role), memory.port, database),
        None => url("postgres", &memory.superuser_password, memory.port, database),
    }))
}

/// Passwords are hexadecimal, so nothing needs escaping.
fn url(user: &str, password: &str, port: u16, database: &str) -> String {
    format!("postgres://{user}:{password}@127.0.0.1:{port}/{database}?sslmode=disable")
}
