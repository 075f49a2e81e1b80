//! One cluster on disk and its postmaster: making, starting, finding alive, stopping.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{ConnectOptions, PgConnection};
use tokio::process::Command;

use crate::bootstrap::{close, has_code, try_connect};
use crate::folder::{remove_tree, write_private};
use crate::identity::Identity;
use crate::{Error, Options};

const READY_SECONDS: u64 = 90;
const STOP_SECONDS: u64 = 45;
const POLL: Duration = Duration::from_millis(20);
/// Longer paths do not fit into a socket's address.
const LONGEST_SOCKET_FOLDER: usize = 85;
const LOG_BYTES_KEPT: u64 = 16 * 1024 * 1024;

/// The server's files: `cluster/`, `socket/`, `postgres.log`.
#[derive(Clone, Debug)]
pub(crate) struct Cluster {
    server: PathBuf,
}

/// A postmaster that is alive and runs on our data.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Postmaster {
    pub(crate) pid: Pid,
    pub(crate) port: u16,
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

    /// What `postmaster.pid` says, if that process lives and really runs on this data.
    /// After a crash the number may belong to any other program.
    pub(crate) async fn postmaster(&self) -> Option<Postmaster> {
        let text = std::fs::read_to_string(self.data().join("postmaster.pid")).ok()?;
        let mut lines = text.lines();
        let pid = Pid::from_raw(lines.next()?.trim().parse().ok()?)?;
        // While it starts the port may not be written yet.
        let port = lines
            .nth(2)
            .and_then(|line| line.trim().parse().ok())
            .unwrap_or(0);
        (is_alive(pid) && self.is_run_by(pid).await).then_some(Postmaster { pid, port })
    }

    async fn is_run_by(&self, pid: Pid) -> bool {
        let number = pid.as_raw_nonzero();
        // A postmaster's working folder is its data.
        if let Ok(folder) = std::fs::read_link(format!("/proc/{number}/cwd")) {
            return folder == self.data();
        }
        if Path::new("/proc/self/cwd").exists() {
            return false;
        }
        let output = Command::new("ps")
            .args(["-o", "command=", "-p", &number.to_string()])
            .output()
            .await;
        output.is_ok_and(|output| {
            let command = String::from_utf8_lossy(&output.stdout).into_owned();
            command.contains("postgres") && command.contains(&*self.data().to_string_lossy())
        })
    }

    /// initdb into a draft that is renamed at the end, so that a crash halfway leaves nothing that looks finished.
    pub(crate) async fn create(
        &self,
        identity: &Identity,
        binaries: &Path,
        superuser_password: &str,
    ) -> Result<(), Error> {
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
        let mut text =
            std::fs::read_to_string(&configuration).map_err(Error::file("read", &configuration))?;
        text.push_str("\n# Written anew at every start.\ninclude_if_exists = 'vantera.conf'\n");
        write_private(&configuration, text.as_bytes())?;
        identity.give(&configuration)?;
        std::fs::rename(&draft, self.data()).map_err(Error::file("rename", &draft))
    }

    async fn initdb(
        &self,
        identity: &Identity,
        binaries: &Path,
        password_file: &Path,
    ) -> Result<PathBuf, Error> {
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
                .args([
                    "--auth=scram-sha-256",
                    "--username=postgres",
                    "--data-checksums",
                ])
                // Durable from the first checkpoint on is enough for a cluster nobody has written to.
                .arg("--no-sync")
                .arg("--pwfile")
                .arg(password_file);
            let output = command.output().await.map_err(|source| Error::Spawn {
                program: "initdb".to_owned(),
                source,
            })?;
            if output.status.success() {
                return Ok(draft);
            }
            last = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            if !last.contains("locale") && !last.contains("encoding") {
                break;
            }
        }
        Err(Error::Program {
            program: "initdb".to_owned(),
            output: last,
        })
    }

    /// Starts a postmaster and answers its port. `wanted` binds the choice; `remembered` is only preferred.
    pub(crate) async fn launch(
        &self,
        identity: &Identity,
        binaries: &Path,
        options: &Options,
        remembered: u16,
    ) -> Result<u16, Error> {
        if let Some(folder) = self.socket_folder() {
            std::fs::create_dir_all(&folder).map_err(Error::file("create", &folder))?;
            identity.give(&folder)?;
        }
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
        tokio::time::timeout(Duration::from_secs(READY_SECONDS), started)
            .await
            .map_err(|_| self.not_ready())?
    }

    async fn attempt(
        &self,
        identity: &Identity,
        binaries: &Path,
        options: &Options,
        port: u16,
    ) -> Result<Attempt, Error> {
        self.configure(identity, options, port)?;
        if self.postmaster().await.is_none() {
            let stale = self.data().join("postmaster.pid");
            if stale.exists() {
                tracing::info!(
                    "PostgreSQL was not shut down in good order last time; it will recover"
                );
                std::fs::remove_file(&stale).map_err(Error::file("remove", &stale))?;
            }
        }
        let before = std::fs::metadata(self.log()).map_or(0, |about| about.len());
        let mut command = identity.command(&binaries.join("pg_ctl"));
        command
            .args(["start", "--wait", "--silent", "--timeout"])
            .arg(READY_SECONDS.to_string());
        command
            .arg("--pgdata")
            .arg(self.data())
            .arg("--log")
            .arg(self.log());
        let output = command.output().await.map_err(|source| Error::Spawn {
            program: "pg_ctl".to_owned(),
            source,
        })?;
        if output.status.success() {
            return Ok(Attempt::Up);
        }
        let said = self.log_since(before);
        if said.contains("Address already in use") || said.contains("could not bind") {
            return Ok(Attempt::PortTaken);
        }
        if said.contains("pre-existing shared memory block")
            || said.contains("lock file \"postmaster.pid\"")
        {
            return Ok(Attempt::FormerStillThere);
        }
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(Error::Program {
            program: "PostgreSQL".to_owned(),
            output: format!("{} {}", complaint.trim(), said.trim()),
        })
    }

    fn configure(&self, identity: &Identity, options: &Options, port: u16) -> Result<(), Error> {
        let socket_folder = self
            .socket_folder()
            .map(|folder| folder.display().to_string());
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
        let lines: String = settings
            .iter()
            .map(|(name, value)| format!("{name} = '{}'\n", value.replace('\'', "''")))
            .collect();
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
                tokio::time::sleep(POLL).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(READY_SECONDS), waiting)
            .await
            .map_err(|_| self.not_ready())?
    }

    async fn is_ours(&self, mut connection: PgConnection) -> Result<(), Error> {
        let folder: String = sqlx::query_scalar("select current_setting('data_directory')")
            .fetch_one(&mut connection)
            .await
            .map_err(Error::database("ask the server for its data folder"))?;
        close(connection).await;
        if Path::new(&folder).canonicalize().ok() == self.data().canonicalize().ok() {
            Ok(())
        } else {
            Err(self.not_ready())
        }
    }

    /// Ends sessions and shuts down in good order; after the deadline, at once (the log replays at the next start).
    pub(crate) async fn stop(&self) -> Result<(), Error> {
        let Some(Postmaster { pid, .. }) = self.postmaster().await else {
            return Ok(());
        };
        for (signal, seconds) in [(Signal::INT, STOP_SECONDS), (Signal::QUIT, 10)] {
            let _ = kill_process(pid, signal);
            if gone_within(pid, seconds).await {
                return Ok(());
            }
        }
        Err(Error::DidNotStop {
            pid: pid.as_raw_nonzero().get(),
            seconds: STOP_SECONDS + 10,
        })
    }

    /// As if the power had failed: the postmaster gets no chance to tidy up.
    pub(crate) async fn kill(&self) -> Result<(), Error> {
        let Some(Postmaster { pid, .. }) = self.postmaster().await else {
            return Ok(());
        };
        let _ = kill_process(pid, Signal::KILL);
        if gone_within(pid, 10).await {
            return Ok(());
        }
        Err(Error::DidNotStop {
            pid: pid.as_raw_nonzero().get(),
            seconds: 10,
        })
    }

    /// For `Drop`: asks for a fast shutdown and does not wait for it.
    pub(crate) fn ask_to_stop(&self) {
        let text = std::fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
        let pid = text
            .lines()
            .next()
            .and_then(|line| line.trim().parse().ok());
        let Some(pid) = pid.and_then(Pid::from_raw) else {
            return;
        };
        let folder = std::fs::read_link(format!("/proc/{}/cwd", pid.as_raw_nonzero()));
        // Without /proc there is no quick way to know whose process it is, and then none is signalled.
        if folder.is_ok_and(|folder| folder == self.data()) {
            let _ = kill_process(pid, Signal::INT);
        }
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
        let from = usize::try_from(position)
            .unwrap_or(usize::MAX)
            .min(bytes.len());
        String::from_utf8_lossy(&bytes[from..]).into_owned()
    }

    fn not_ready(&self) -> Error {
        let text = self.log_since(0);
        let mut tail: Vec<&str> = text.lines().rev().take(5).collect();
        tail.reverse();
        Error::NotReady {
            seconds: READY_SECONDS,
            log: self.log(),
            tail: tail.join(" | "),
        }
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
        return free(port)
            .map(|_| port)
            .map_err(|_| Error::PortTaken { port });
    }
    if remembered != 0 && free(remembered).is_ok() {
        return Ok(remembered);
    }
    free(0)
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(Error::file("find a free port on", "127.0.0.1"))
}

fn is_alive(pid: Pid) -> bool {
    match test_kill_process(pid) {
        Ok(()) => true,
        Err(error) => error == rustix::io::Errno::PERM,
    }
}

async fn gone_within(pid: Pid, seconds: u64) -> bool {
    let gone = async {
        while is_alive(pid) && !is_zombie(pid) {
            tokio::time::sleep(POLL).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(seconds), gone)
        .await
        .is_ok()
}

/// Dead, but not yet collected by whatever is process 1 here: in a bare container that may be never.
fn is_zombie(pid: Pid) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
    stat.is_ok_and(|text| {
        text.rsplit_once(") ")
            .is_some_and(|(_, rest)| rest.starts_with('Z'))
    })
}

fn close_to_others(folder: &Path) -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
        .map_err(Error::file("restrict", folder))
}
