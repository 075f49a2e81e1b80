//! One cluster on disk and its server's settings: making and starting. See `postmaster` for the process.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{ConnectOptions, PgConnection};

use crate::bootstrap::{close, has_code, try_connect};
use crate::folder::{remove_tree, write_private};
use crate::identity::Identity;
use crate::{Error, Options};

const READY_SECONDS: u64 = 90;
pub(crate) const POLL: Duration = Duration::from_millis(20);
/// Longer paths do not fit into a socket's address.
const LONGEST_SOCKET_FOLDER: usize = 85;
const LOG_BYTES_KEPT: u64 = 16 * 1024 * 1024;

/// The server's files: `cluster/`, `socket/`, `postgres.log`.
#[derive(Clone, Debug)]
pub(crate) struct Cluster {
    server: PathBuf,
}

impl Cluster {
    pub(crate) fn at(server: PathBuf) -> Self {
        Self { server }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.server.join("cluster")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.server.join("postgres.log")
    }

    pub(crate) fn socket_folder(&self) -> Option<PathBuf> {
        let folder = self.server.join("socket");
        (folder.as_os_str().len() <= LONGEST_SOCKET_FOLDER).then_some(folder)
    }

    /// The major version that wrote the data; `None` before initdb.
    pub(crate) fn written_by(&self) -> Option<u32> {
        let text = std::fs::read_to_string(self.data().join("PG_VERSION")).ok()?;
        text.trim().parse().ok()
    }

    /// initdb into a draft that is renamed at the end, so that a crash halfway leaves nothing that looks finished.
    pub(crate) async fn create(&self, identity: &Identity, binaries: &Path, superuser_password: &str) -> Result<(), Error> {
        std::fs::create_dir_all(&self.server).map_err(Error::file("create", &self.server))?;
        close_to_others(&self.server)?;
        identity.give(&self.server)?;
        let password_file = self.server.join("password");
        write_private(&password_file, superuser_password.as_bytes())?;
        identity.give(&password_file)?;
        let made = self.initdb(identity, binaries, &password_file).await;
        std::fs::remove_file(&password_file).map_err(Error::file("remove", &password_file))?;
        let draft = made?;
        let configuration = draft.join("postgresql.conf");
        let mut text = std::fs::read_to_string(&configuration).map_err(Error::file("read", &configuration))?;
        text.push_str("\n# Written anew at every start.\ninclude_if_exists = 'vantera.conf'\n");
        write_private(&configuration, text.as_bytes())?;
        identity.give(&configuration)?;
        std::fs::rename(&draft, self.data()).map_err(Error::file("rename", &draft))
    }

    async fn initdb(&self, identity: &Identity, binaries: &Path, password_file: &Path) -> Result<PathBuf, Error> {
        let draft = self.server.join("cluster.draft");
        let mut last = String::new();
        // glibc and musl know C.UTF-8; older systems and macOS may not.
        for (collate, ctype) in [("C.UTF-8", "C.UTF-8"), ("C", "en_US.UTF-8"), ("C", "UTF-8")] {
            remove_tree(&draft)?;
            let mut command = identity.command(&binaries.join("initdb"));
            command
                .arg("--pgdata")
                .arg(&draft)
                .args(["--encoding=UTF8", "--locale=C", "--locale-provider=libc"])
                .arg(format!("--lc-collate={collate}"))
                .arg(format!("--lc-ctype={ctype}"))
                .args(["--auth=scram-sha-256", "--username=postgres", "--data-checksums"])
                // Durable from the first checkpoint on is enough for a cluster nobody has written to.
                .arg("--no-sync")
                .arg("--pwfile")
                .arg(password_file);
            let output = command.output().await.map_err(|source| Error::Spawn { program: "initdb".to_owned(), source })?;
            if output.status.success() {
                return Ok(draft);
            }
            last = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            if !last.contains("locale") && !last.contains("encoding") {
                break;
            }
        }
        Err(Error::Program { program: "initdb".to_owned(), output: last })
    }

    /// Starts a postmaster and answers its port. `wanted` binds the choice; `remembered` is only preferred.
    pub(crate) async fn launch(&self, identity: &Identity, binaries: &Path, options: &Options, remembered: u16) -> Result<u16, Error> {
        self.begin_log()?;
        let started = async {
            let mut port = choose_port(options.port, remembered)?;
            loop {
                match self.attempt(identity, binaries, options, port).await? {
                    Attempt::Up => return Ok(port),
                    Attempt::PortTaken => {
                        if options.port.is_some() {
                            return Err(Error::PortTaken { port });
                        }
                        port = choose_port(None, 0)?;
                    }
                    // The children of a postmaster that was killed take a moment to notice.
                    Attempt::FormerStillThere => tokio::time::sleep(POLL * 5).await,
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(READY_SECONDS), started).await.map_err(|_| self.not_ready())?
    }

    async fn attempt(&self, identity: &Identity, binaries: &Path, options: &Options, port: u16) -> Result<Attempt, Error> {
        self.configure(identity, options, port)?;
        if self.postmaster().await.is_none() {
            self.clear_stale_locks(identity)?;
        }
        let before = std::fs::metadata(self.log()).map_or(0, |about| about.len());
        let mut command = identity.command(&binaries.join("pg_ctl"));
        command.args(["start", "--wait", "--silent", "--timeout"]).arg(READY_SECONDS.to_string());
        command.arg("--pgdata").arg(self.data()).arg("--log").arg(self.log());
        let output = command.output().await.map_err(|source| Error::Spawn { program: "pg_ctl".to_owned(), source })?;
        if output.status.success() {
            return Ok(Attempt::Up);
        }
        let said = self.log_since(before);
        if said.contains("Address already in use") || said.contains("could not bind") {
            return Ok(Attempt::PortTaken);
        }
        if said.contains("pre-existing shared memory block") || said.contains("lock file \"postmaster.pid\"") {
            return Ok(Attempt::FormerStillThere);
        }
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(Error::Program { program: "PostgreSQL".to_owned(), output: format!("{} {}", complaint.trim(), said.trim()) })
    }

    /// What a crash left behind. PostgreSQL recovers by itself when the process in its lock file is gone; it gives up
    /// when the number belongs to somebody else by now, or to a dead process that nobody collected.
    ///
    /// Taking the lock file away is safe beside surviving children of the former server: since version 12 the shared
    /// memory is found by the folder's inode, and a new server refuses to start while they hold it.
    fn clear_stale_locks(&self, identity: &Identity) -> Result<(), Error> {
        if self.lock_file_names_a_process() {
            tracing::info!("PostgreSQL's lock file names a process that is not PostgreSQL; removing it");
            let lock = self.data().join("postmaster.pid");
            std::fs::remove_file(&lock).map_err(Error::file("remove", &lock))?;
        }
        if let Some(folder) = self.socket_folder() {
            remove_tree(&folder)?;
            std::fs::create_dir_all(&folder).map_err(Error::file("create", &folder))?;
            identity.give(&folder)?;
        }
        Ok(())
    }

    fn configure(&self, identity: &Identity, options: &Options, port: u16) -> Result<(), Error> {
        let socket_folder = self.socket_folder().map(|folder| folder.display().to_string());
        let mut settings = vec![
            ("listen_addresses", "127.0.0.1".to_owned()),
            ("port", port.to_string()),
            ("unix_socket_directories", socket_folder.unwrap_or_default()),
            ("password_encryption", "scram-sha-256".to_owned()),
            ("timezone", "UTC".to_owned()),
            ("log_timezone", "UTC".to_owned()),
            ("lc_messages", "C".to_owned()),
        ];
        for (name, value) in &options.settings {
            settings.push((name, value.clone()));
        }
        let lines: String = settings.iter().map(|(name, value)| format!("{name} = '{}'\n", value.replace('\'', "''"))).collect();
        let file = self.data().join("vantera.conf");
        write_private(&file, lines.as_bytes())?;
        identity.give(&file)
    }

    /// Waits until the server answers with our password, and makes sure that it is the one on our data.
    pub(crate) async fn wait_for_answer(&self, superuser: &PgConnectOptions) -> Result<(), Error> {
        let waiting = async {
            loop {
                match try_connect(superuser).await {
                    Ok(connection) => return self.is_ours(connection).await,
                    Err(sqlx::Error::Io(_)) => {}
                    // Starting up, or too many clients.
                    Err(error) if has_code(&error, &["57P03", "53300"]) => {}
                    Err(error) => {
                        return Err(Error::database("connect to the embedded PostgreSQL")(error));
                    }
                }
                // It was on its way down when we found it, or fell over while starting.
                if self.postmaster().await.is_none() {
                    return Err(self.not_ready());
                }
                tokio::time::sleep(POLL).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(READY_SECONDS), waiting).await.map_err(|_| self.not_ready())?
    }

    async fn is_ours(&self, mut connection: PgConnection) -> Result<(), Error> {
        let folder: String =
            sqlx::query_scalar("select current_setting('data_directory')").fetch_one(&mut connection).await.map_err(Error::database("ask the server for its data folder"))?;
        close(connection).await;
        if Path::new(&folder).canonicalize().ok() == self.data().canonicalize().ok() { Ok(()) } else { Err(self.not_ready()) }
    }

    fn begin_log(&self) -> Result<(), Error> {
        let log = self.log();
        let length = std::fs::metadata(&log).map_or(0, |about| about.len());
        if length > LOG_BYTES_KEPT {
            let former = log.with_extension("log.1");
            std::fs::rename(&log, &former).map_err(Error::file("rename", &log))?;
        }
        Ok(())
    }

    fn log_since(&self, position: u64) -> String {
        let bytes = std::fs::read(self.log()).unwrap_or_default();
        let from = usize::try_from(position).unwrap_or(usize::MAX).min(bytes.len());
        String::from_utf8_lossy(&bytes[from..]).into_owned()
    }

    fn not_ready(&self) -> Error {
        let text = self.log_since(0);
        let mut tail: Vec<&str> = text.lines().rev().take(5).collect();
        tail.reverse();
        Error::NotReady { seconds: READY_SECONDS, log: self.log(), tail: tail.join(" | ") }
    }
}

enum Attempt {
    Up,
    PortTaken,
    FormerStillThere,
}

pub(crate) fn superuser_options(port: u16, password: &str) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .host("127.0.0.1")
        .port(port)
        .username("postgres")
        .password(password)
        .database("postgres")
        .ssl_mode(PgSslMode::Disable)
        .application_name("vantera bootstrap")
        .disable_statement_logging()
}

fn choose_port(wanted: Option<u16>, remembered: u16) -> Result<u16, Error> {
    let free = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    if let Some(port) = wanted {
        return free(port).map(|_| port).map_err(|_| Error::PortTaken { port });
    }
    if remembered != 0 && free(remembered).is_ok() {
        return Ok(remembered);
    }
    free(0).and_then(|listener| listener.local_addr()).map(|address| address.port()).map_err(Error::file("find a free port on", "127.0.0.1"))
}

fn close_to_others(folder: &Path) -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700)).map_err(Error::file("restrict", folder))
}
