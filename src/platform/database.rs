//! The database: pools by role, migrations (ours and the job library's), and what the job library's tables need.

use anyhow::{Context, Result};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool};

use super::fingerprints;

static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// What the job library's tables need from us, after its own migrations: policies, indexes and triggers.
const JOB_TABLES: &str = include_str!("queue.sql");

/// A pool of one role. Statements give up after ten seconds and idle transactions after thirty, so that one
/// stuck request cannot hold the others.
pub async fn pool(url: &str, size: u32) -> Result<PgPool> {
    pool_with(url, size, 0).await
}

/// A pool that keeps some connections open, so that whoever comes after a pause does not wait for a new one.
pub async fn warm_pool(url: &str, size: u32) -> Result<PgPool> {
    pool_with(url, size, size.min(WARM)).await
}

/// Connections that stay open without being used.
const WARM: u32 = 4;

async fn pool_with(url: &str, size: u32, warm: u32) -> Result<PgPool> {
    let options: PgConnectOptions = url.parse().context("the database's address cannot be read")?;
    let options = options.options([("statement_timeout", "10s"), ("idle_in_transaction_session_timeout", "30s"), ("lock_timeout", "5s")]);
    PgPoolOptions::new()
        .max_connections(size)
        .min_connections(warm)
        .acquire_timeout(std::time::Duration::from_secs(5))
        .after_release(|connection, _| Box::pin(end_what_was_cut_off(connection)))
        .connect_with(options)
        .await
        .context("the database does not answer")
}

/// Ends a transaction that nobody knows of: whoever is cut off between BEGIN and its answer (a client that went away, a
/// task that was stopped) leaves one open, because sqlx 0.9.0 counts it only with the answer
/// (https://github.com/transact-rs/sqlx/issues/4393). The next one's writes would go into it and never be committed.
///
/// sqlx keeps the session's state to itself, but says it here: a custom first statement that leaves the session outside
/// a transaction is an error. The statement is empty, so a clean connection pays one short round trip, and after its use.
async fn end_what_was_cut_off(connection: &mut PgConnection) -> sqlx::Result<bool> {
    match connection.begin_with("").await {
        Err(sqlx::Error::BeginFailed) => Ok(true),
        Ok(open) => open.rollback().await.map(|()| true),
        Err(error) => Err(error),
    }
}

/// Runs the migrations up to one, as the owner; those after it that ran already stay.
pub async fn migrate_until(pool: &PgPool, last: i64) -> Result<()> {
    let mut first = sqlx::migrate::Migrator::with_migrations(MIGRATOR.iter().filter(|one| one.version <= last).cloned().collect());
    first.set_ignore_missing(true);
    first.run(pool).await.context("a migration failed")
}

/// Names the schema that [`migrate`] makes: every migration's number and checksum, as they were built in. The tests keep
/// a migrated database under this name, so it must come from the program and not from the folder as it is now.
pub fn schema_name() -> String {
    MIGRATOR.iter().map(|one| format!("{}:{:02x?}", one.version, one.checksum)).collect::<Vec<_>>().join("\n") + JOB_TABLES
}

/// The migration after which plain phones wait to be sealed; the next one takes them away.
pub const PHONES_BESIDE: i64 = 165;

/// Brings the schema up to date, as the owner. What is to be sealed on the way is sealed here: the keys are the
/// program's, and no migration sees them. Two at once are one after the other.
pub async fn migrate(owner_url: &str, vault: &vault::Vault) -> Result<()> {
    let options: PgConnectOptions = owner_url.parse().context("the database's address cannot be read")?;
    // Who waits for a table's lock holds up everybody behind him: he gives up, and may be started again.
    let pool = PgPoolOptions::new()
        .max_connections(3)
        .acquire_timeout(std::time::Duration::from_secs(10))
        .connect_with(options.options([("lock_timeout", "10s")]))
        .await
        .context("the owner cannot reach the database")?;
    let turn = turn(&pool).await?;
    migrate_until(&pool, PHONES_BESIDE).await?;
    let marked = fingerprints::check_before(&pool, vault).await?;
    let sealed = super::phones::seal_what_is_plain(&pool, vault).await.context("plain phones could not be sealed")?;
    MIGRATOR.run(&pool).await.context("a migration failed")?;
    if !marked {
        fingerprints::note(&pool, vault, sealed).await?;
    }
    graphile_worker::WorkerUtils::new(pool.clone(), graphile_worker::Schema::default())
        .migrate()
        .await
        .map_err(|error| anyhow::anyhow!("the job tables could not be made: {error}"))?;
    sqlx::raw_sql(JOB_TABLES).execute(&pool).await.context("the job tables could not be opened to the workers")?;
    if fingerprints::waits(&pool).await? {
        match super::phones::rewrite_what_was_plain(&pool).await {
            Ok(()) => fingerprints::rewritten(&pool).await?,
            // A backup that runs holds them. The schema is whole without it, and nobody is shut out.
            Err(error) => eprintln!("▸ the tables that held plain phones could not be written anew ({error}): run `vantera migrate` once more"),
        }
    }
    turn.close().await?;
    pool.close().await;
    Ok(())
}

/// How long another migration is waited for.
const ANOTHER: std::time::Duration = std::time::Duration::from_secs(600);

/// One migration at a time: a session that holds the database's lock for it, and ends with it. It is asked for anew again
/// and again, because a session that waits in a statement would hold up indexes that are built meanwhile.
async fn turn(pool: &PgPool) -> Result<PgConnection> {
    let mut session = pool.acquire().await?.detach();
    let (mut tick, begun, mut said) = (tokio::time::interval(std::time::Duration::from_millis(200)), tokio::time::Instant::now(), false);
    loop {
        tick.tick().await;
        if sqlx::query_scalar::<_, bool>("select pg_try_advisory_lock(hashtext('vantera migrate'))").fetch_one(&mut session).await? {
            return Ok(session);
        }
        if begun.elapsed() > ANOTHER {
            anyhow::bail!("another migration has been under way for {} minutes", ANOTHER.as_secs() / 60);
        }
        if !std::mem::replace(&mut said, true) {
            eprintln!("▸ another migration is under way; waiting for its end …");
        }
    }
}
