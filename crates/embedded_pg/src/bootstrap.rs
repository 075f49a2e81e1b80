//! From an empty server to one that migrations can run on.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, Row};

use crate::roles::connect_sql;
use crate::{Error, Passwords, database_sql, roles_sql};

const CONNECT_SECONDS: u64 = 10;

/// Roles, database, rights and extensions, on any server, again and again. `admin` may create roles and databases.
///
/// For the embedded server [`crate::start`] does this; call it for a server given by `DATABASE_URL`.
pub async fn bootstrap(admin: &PgConnectOptions, database: &str, passwords: &Passwords) -> Result<(), Error> {
    let mut connection = connect(admin, "connect as the administrator").await?;
    let version: i32 =
        sqlx::query_scalar("select current_setting('server_version_num')::int").fetch_one(&mut connection).await.map_err(Error::database("ask for the server's version"))?;
    let version = u32::try_from(version / 10_000).unwrap_or_default();
    if !crate::SUPPORTED_MAJORS.contains(&version) {
        return Err(Error::UnsupportedVersion { version });
    }
    run(&mut connection, roles_sql(passwords), "create the roles").await?;
    create_database(&mut connection, database, None).await?;
    close(connection).await;
    ready_database(admin, database).await
}

/// Rights and extensions inside a database that exists.
pub(crate) async fn ready_database(admin: &PgConnectOptions, database: &str) -> Result<(), Error> {
    let mut connection = connect(&admin.clone().database(database), &format!("connect to {database}")).await?;
    let doing = format!("prepare the database {database}");
    run(&mut connection, database_sql(database), &doing).await?;
    let checked = check_text_support(&mut connection).await;
    close(connection).await;
    checked
}

/// Creates a database owned by `vantera_owner` unless it is there; copies `template` when given one.
pub(crate) async fn create_database(connection: &mut PgConnection, database: &str, template: Option<&str>) -> Result<(), Error> {
    check_name(database)?;
    let exists: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(database)
        .fetch_one(&mut *connection)
        .await
        .map_err(Error::database("look for the database"))?;
    if exists && template.is_none() {
        return Ok(());
    }
    let copying = match template {
        Some(template) => {
            check_name(template)?;
            format!(" template {template}")
        }
        None => String::new(),
    };
    let doing = format!("create the database {database}");
    let sql = format!("create database {database} owner vantera_owner{copying}");
    match sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *connection).await {
        Ok(_) => {}
        // Somebody else created it between the question and the deed.
        Err(error) if template.is_none() && has_code(&error, &["42P04", "23505"]) => {}
        Err(error) => return Err(Error::database(doing)(error)),
    }
    if template.is_some() {
        run(connection, connect_sql(database), &doing).await?;
    }
    Ok(())
}

/// Fails, saying why, when this database could not search Hebrew: patterns and trigrams need a UTF-8 LC_CTYPE.
pub async fn check_text_support(connection: &mut PgConnection) -> Result<(), Error> {
    let row = sqlx::query(
        "select current_database()::text, pg_encoding_to_char(encoding)::text, datctype::text,
                encoding = pg_char_to_encoding('UTF8') and upper('é') = 'É' and 'א' ~ '^[[:alpha:]]$'
         from pg_database where datname = current_database()",
    )
    .fetch_one(connection)
    .await
    .map_err(Error::database("check the database's encoding"))?;
    if row.get(3) {
        return Ok(());
    }
    Err(Error::NotUtf8 { database: row.get(0), encoding: row.get(1), ctype: row.get(2) })
}

/// Names go into SQL as they are, so only names that need no quotes pass.
pub(crate) fn check_name(name: &str) -> Result<(), Error> {
    let plain = |sign: char| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '_';
    let starts_well = name.starts_with(|sign: char| sign.is_ascii_lowercase() || sign == '_');
    if starts_well && name.len() <= 63 && name.chars().all(plain) { Ok(()) } else { Err(Error::Name { name: name.to_owned() }) }
}

pub(crate) async fn connect(options: &PgConnectOptions, doing: &str) -> Result<PgConnection, Error> {
    try_connect(options).await.map_err(Error::database(doing))
}

pub(crate) async fn try_connect(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    tokio::time::timeout(Duration::from_secs(CONNECT_SECONDS), options.connect()).await.map_err(|elapsed| sqlx::Error::Io(elapsed.into()))?
}

pub(crate) async fn run(connection: &mut PgConnection, sql: String, doing: &str) -> Result<(), Error> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.map(|_| ()).map_err(Error::database(doing))
}

/// Waits for the server to have let go, so that the database can be a template or be dropped right after.
pub(crate) async fn close(connection: PgConnection) {
    if let Err(error) = connection.close().await {
        tracing::debug!(%error, "a connection did not close in good order");
    }
}

pub(crate) fn has_code(error: &sqlx::Error, codes: &[&str]) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| codes.contains(&code.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_pass() {
        for good in ["vantera", "t_1", "_x", &"a".repeat(63)] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["", "1a", "A", "a-b", "a;b", "a\"b", "א", &"a".repeat(64)] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}
