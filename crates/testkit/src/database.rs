use std::future::Future;
use std::path::PathBuf;

use anyhow::{Context, Result};
use embedded_pg::{Options, Role, Running};
use sha2::{Digest, Sha256};
use sqlx::{Connection, PgConnection};
use tokio::sync::OnceCell;

/// The server all tests of this machine share. It outlives them: the next run finds it up, and `make test` ends it.
static SERVER: OnceCell<Running> = OnceCell::const_new();

async fn server() -> Result<&'static Running> {
    SERVER
        .get_or_try_init(|| async {
            let folder = std::env::var_os("VANTERA_TEST_POSTGRES").map_or_else(|| std::env::temp_dir().join("vantera-test-pg"), PathBuf::from);
            let running = embedded_pg::start(Options::new(folder).throw_away()).await.context("the tests' PostgreSQL did not start")?;
            Ok(running)
        })
        .await
}

/// A database of one test, made from a migrated template in some 50 ms and dropped with the value.
pub struct TestDatabase {
    name: String,
    superuser: String,
    urls: [String; 5],
    all_seeing: String,
}

impl TestDatabase {
    /// A fresh database. `schema` names the template (a hash of the migrations); `migrate` is given the owner's address
    /// of the template when it does not exist yet.
    pub async fn fresh<F, Fut>(schema: &str, migrate: F) -> Result<Self>
    where
        F: FnOnce(String) -> Fut,
        Fut: Future<Output = Result<()>>,
    {
        let running = server().await?;
        let template = format!("template_{}", &hex::encode(Sha256::digest(schema.as_bytes()))[..16]);
        make_template(running, &template, migrate).await?;
        #[expect(clippy::disallowed_methods, reason = "the name of a database that no test looks at")]
        let name = format!("test_{}", uuid::Uuid::now_v7().simple());
        running.create_from_template(&name, &template).await?;
        let urls = [Role::Owner, Role::Web, Role::Worker, Role::Payments, Role::Backup].map(|role| running.url_of(role, &name));
        let superuser = running.superuser_url();
        let all_seeing = superuser.replace("/vantera?", &format!("/{name}?"));
        Ok(Self { name, superuser, urls, all_seeing })
    }

    pub fn owner(&self) -> &str {
        &self.urls[0]
    }

    pub fn web(&self) -> &str {
        &self.urls[1]
    }

    pub fn worker(&self) -> &str {
        &self.urls[2]
    }

    pub fn payments(&self) -> &str {
        &self.urls[3]
    }

    /// Bypasses row-level security: what the walls cost is measured against it.
    pub fn backup(&self) -> &str {
        &self.urls[4]
    }

    /// The superuser, who sees every tenant's rows: for assertions, never for the app.
    pub fn all_seeing(&self) -> &str {
        &self.all_seeing
    }
}

/// Makes the template once, whichever process comes first; the others wait for its lock.
async fn make_template<F, Fut>(running: &Running, template: &str, migrate: F) -> Result<()>
where
    F: FnOnce(String) -> Fut,
    Fut: Future<Output = Result<()>>,
{
    let mut connection = PgConnection::connect(&running.superuser_url()).await?;
    sqlx::query("select pg_advisory_lock(hashtext('vantera-test-template'))").execute(&mut connection).await?;
    let exists: Option<i32> = sqlx::query_scalar("select 1 from pg_database where datname = $1").bind(template).fetch_optional(&mut connection).await?;
    if exists.is_none() {
        let making = format!("{template}_making");
        // What a killed run left half made.
        let _ = running.drop_database(&making).await;
        running.create_database(&making).await?;
        migrate(running.url_of(Role::Owner, &making)).await?;
        sqlx::query(sqlx::AssertSqlSafe(format!("alter database {making} rename to {template}"))).execute(&mut connection).await?;
    }
    connection.close().await?;
    Ok(())
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (name, superuser) = (self.name.clone(), self.superuser.clone());
        // Dropping is asynchronous and values are dropped in synchronous places, so a thread of its own does it.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            if let Ok(runtime) = runtime {
                runtime.block_on(async {
                    if let Ok(mut connection) = PgConnection::connect(&superuser).await {
                        let _ = sqlx::query(sqlx::AssertSqlSafe(format!("drop database if exists {name} with (force)"))).execute(&mut connection).await;
                    }
                });
            }
        });
        let _ = dropping.join();
    }
}
