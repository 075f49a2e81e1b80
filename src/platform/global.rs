//! `GlobalCx`: people, sign-in and the directory stand before any tenant. It reaches definer functions only.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use kit::{Lang, TenantId};
use sqlx::{PgConnection, PgPool, Postgres, Transaction};

use super::clock::Ids;
use super::cx::{Caller, Cx, Tenant};
use super::fault::Fault;
use super::jobs::Job;
use super::state::AppState;

/// A transaction bound to no tenant: row-level security shows it no tenant's row.
pub struct GlobalCx {
    tx: Transaction<'static, Postgres>,
    pool: PgPool,
    pub now: Timestamp,
    pub ids: Ids,
    pub lang: Lang,
    pub trace: String,
    /// For what is derived from a server key (one-time codes).
    pub keys: std::sync::Arc<super::session::TokenKeys>,
    /// Seals and opens secrets.
    pub vault: std::sync::Arc<vault::Vault>,
    /// What the caller's browser calls itself; empty for jobs.
    pub agent: String,
    meters: super::meters::Meters,
    /// Phones of the platform's operators.
    pub operators: Vec<String>,
}

impl GlobalCx {
    pub async fn open(state: &AppState, lang: Lang, trace: String) -> Result<Self, Fault> {
        Ok(Self {
            tx: state.pool.begin().await?,
            pool: state.pool.clone(),
            now: state.clock.now(),
            ids: Ids,
            lang,
            trace,
            keys: state.keys.clone(),
            vault: state.vault.clone(),
            agent: String::new(),
            meters: state.meters.clone(),
            operators: state.config.operator_phones.clone(),
        })
    }

    /// The transaction, for calls of directory functions.
    pub fn db(&mut self) -> &mut PgConnection {
        &mut self.tx
    }

    /// Commits what was written so far and goes on in a fresh transaction.
    pub async fn keep(&mut self) -> Result<(), Fault> {
        let fresh = self.pool.begin().await?;
        std::mem::replace(&mut self.tx, fresh).commit().await?;
        Ok(())
    }

    pub async fn enqueue(&mut self, job: Job) -> Result<(), Fault> {
        job.leave(&mut self.tx, None).await
    }

    pub async fn commit(self) -> Result<(), Fault> {
        self.tx.commit().await?;
        Ok(())
    }

    /// Makes a tenant and turns into a context inside it; the caller acts there as the system until the founder has a membership.
    pub async fn found_tenant(mut self, kind: &str, slug: &str, name: &str, zone: &str) -> Result<Cx, Fault> {
        let id: TenantId = self.ids.new_id();
        sqlx::query!("select directory.create_tenant($1, $2, $3, $4, $5, $6)", id.0, kind, slug, name, zone, self.now.to_sqlx() as _).execute(&mut *self.tx).await?;
        let tenant = Tenant { id, slug: slug.to_owned(), name: name.to_owned(), zone: zone.to_owned() };
        let mut cx = Cx::new(self.tx, self.pool, tenant, Caller::system(), self.lang, self.now, self.trace, self.meters);
        cx.agent = self.agent;
        Ok(cx)
    }
}
