//! `embedded-pg`: an embedded PostgreSQL for shell scripts.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use embedded_pg::{Options, Role, Running, destroy_folder, start, stop_folder, urls};
use sqlx::migrate::Migrator;
use sqlx::{Connection, PgConnection};
use tokio::signal::unix::{SignalKind, signal};

const USAGE: &str = "\
embedded-pg --data DIR [options] COMMAND

Commands
  run             start, print the owner's address, stop on Ctrl-C
  start           start and stay up after this command ends
  stop            stop, whoever uses it
  destroy         stop and remove all data
  url ROLE        print the address for owner, web, worker, payments or backup
  psql-url        print the superuser's address
  create NAME     create another database, ready for migrations
  drop NAME       drop a database
  migrate FOLDER  apply the SQL migrations of a folder as the owner

Options
  --data DIR        the folder that belongs to this server
  --port N          the port on 127.0.0.1 (default: the last one, or a free one)
  --database NAME   the database (default: vantera)
  --binaries DIR    use these programs and no others
  --npm-root DIR    a folder with node_modules (repeatable; default: the current folder)
  --set NAME=VALUE  a server setting (repeatable)
  --throw-away      fast and unsafe, for tests
";

type Failure = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match work().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("embedded-pg: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn work() -> Result<(), Failure> {
    let (options, words) = read_arguments(std::env::args().skip(1))?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["run"] => run(options).await,
        ["start"] => {
            let running = start(options).await?;
            println!("{}", running.url(Role::Owner));
            Ok(running.keep().await?)
        }
        ["stop"] => Ok(stop_folder(&options.data_dir).await?),
        ["destroy"] => Ok(destroy_folder(&options.data_dir).await?),
        ["url", role] => print_url(&options, Some(role.parse()?)),
        ["psql-url"] => print_url(&options, None),
        ["create", name] => {
            let running = start(options).await?;
            let created = running.create_database(name).await;
            running.stop().await?;
            Ok(created?)
        }
        ["drop", name] => {
            let running = start(options).await?;
            let dropped = running.drop_database(name).await;
            running.stop().await?;
            Ok(dropped?)
        }
        ["migrate", folder] => {
            let running = start(options).await?;
            let migrated = migrate(&running, Path::new(folder)).await;
            running.stop().await?;
            migrated
        }
        _ => Err(USAGE.into()),
    }
}

async fn run(options: Options) -> Result<(), Failure> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let running = start(options).await?;
    println!("{}", running.url(Role::Owner));
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    running.stop().await?;
    Ok(())
}

fn print_url(options: &Options, role: Option<Role>) -> Result<(), Failure> {
    match urls(&options.data_dir, &options.database, role)? {
        Some(url) => {
            println!("{url}");
            Ok(())
        }
        None => Err("nothing was ever started in this folder".into()),
    }
}

async fn migrate(running: &Running, folder: &Path) -> Result<(), Failure> {
    let migrator = Migrator::new(folder).await?;
    let mut connection = PgConnection::connect(&running.url(Role::Owner)).await?;
    let migrated = migrator.run(&mut connection).await;
    connection.close().await?;
    migrated?;
    println!("{} migrations are in place", migrator.iter().count());
    Ok(())
}

fn read_arguments(mut arguments: impl Iterator<Item = String>) -> Result<(Options, Vec<String>), Failure> {
    let mut data = None;
    let mut options = Options::new(PathBuf::new());
    let mut npm_roots: Vec<PathBuf> = Vec::new();
    let mut words = Vec::new();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--data" => data = Some(value()?),
            "--port" => options.port = Some(value()?.parse()?),
            "--database" => options.database = value()?,
            "--binaries" => options.binaries = Some(value()?.into()),
            "--npm-root" => npm_roots.push(value()?.into()),
            "--set" => {
                let setting = value()?;
                let (name, value) = setting.split_once('=').ok_or("--set needs NAME=VALUE")?;
                options.settings.push((name.to_owned(), value.to_owned()));
            }
            "--throw-away" => options = options.throw_away(),
            "--help" | "-h" => return Err(USAGE.into()),
            word if word.starts_with('-') => {
                return Err(format!("there is no option {word}").into());
            }
            _ => words.push(argument),
        }
    }
    if !npm_roots.is_empty() {
        options.npm_roots = npm_roots;
    }
    options.data_dir = data.ok_or("--data DIR is missing")?.into();
    Ok((options, words))
}
