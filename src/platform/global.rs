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
    /// None only while it waits for what another one loads.
    tx: Option<Transaction<'static, Postgres>>,
    pool: PgPool,
    pub now: Timestamp,
    pub ids: Ids,
    pub lang: Lang,
    pub trace: String,
    /// Seals and opens secrets, and makes what is derived from a key of ours (fingerprints, one-time codes).
    pub vault: std::sync::Arc<vault::Vault>,
    /// What the caller's browser calls itself; empty for jobs.
    pub agent: String,
    pub(super) meters: super::meters::Meters,
    pub(super) cache: super::cache::Cache,
    /// Phones of the platform's operators.
    pub operators: Vec<String>,
}

impl GlobalCx {
    pub async fn open(state: &AppState, lang: Lang, trace: String) -> Result<Self, Fault> {
        Ok(Self {
            tx: Some(state.pool.begin().await?),
            pool: state.pool.clone(),
            now: state.clock.now(),
            ids: Ids,
            lang,
            trace,
            vault: state.vault.clone(),
            agent: String::new(),
            meters: state.meters.clone(),
            cache: state.cache.clone(),
            operators: state.config.operator_phones.clone(),
        })
    }

    /// The transaction, for calls of directory functions.
    pub fn db(&mut self) -> &mut PgConnection {
        self.tx.as_mut().expect("whoever holds a context has its transaction")
    }

    /// Commits what was written so far and goes on in a fresh transaction.
    pub async fn keep(&mut self) -> Result<(), Fault> {
        // One after the other: whoever holds a connection and waits for a second one may wait for himself.
        self.let_go().await?;
        self.take_up().await
    }

    pub async fn enqueue(&mut self, job: Job) -> Result<(), Fault> {
        job.leave(self.db(), None).await
    }

    /// Leaves a job of the platform's that stands in line with this tenant's own, where it is known whose it is: it opens no
    /// tenant, and a tenant that has left a hundred thousand of them keeps nobody else waiting.
    pub async fn enqueue_for(&mut self, tenant: Option<TenantId>, job: Job) -> Result<(), Fault> {
        job.leave(self.db(), tenant).await
    }

    pub async fn commit(self) -> Result<(), Fault> {
        match self.tx {
            Some(done) => Ok(done.commit().await?),
            None => Ok(()),
        }
    }

    /// Commits what was written so far and gives the connection back.
    pub(super) async fn let_go(&mut self) -> Result<(), Fault> {
        match self.tx.take() {
            Some(done) => Ok(done.commit().await?),
            None => Ok(()),
        }
    }

    /// Undoes what was not committed and gives the connection back.
    pub(super) fn undo(&mut self) {
        self.tx = None;
    }

    /// The opposite: a connection and a transaction, if there is none.
    pub(super) async fn take_up(&mut self) -> Result<(), Fault> {
        if self.tx.is_none() {
            self.tx = Some(self.pool.begin().await?);
        }
        Ok(())
    }

    /// Makes a tenant and turns into a context inside it; the caller acts there as the system until the founder has a membership.
    pub async fn found_tenant(mut self, kind: &str, slug: &str, name: &str, zone: &str) -> Result<Cx, Fault> {
        let id: TenantId = self.ids.new_id();
        sqlx::query!("select directory.create_tenant($1, $2, $3, $4, $5, $6)", id.0, kind, slug, name, zone, self.now.to_sqlx() as _).execute(self.db()).await?;
        let tenant = Tenant { id, slug: slug.to_owned(), name: name.to_owned(), zone: zone.to_owned() };
        let tx = self.tx.take().expect("whoever holds a context has its transaction");
        let mut cx = Cx::new(tx, self.pool, tenant, Caller::system(), self.lang, self.now, self.trace, self.vault, self.meters);
        cx.agent = self.agent;
        Ok(cx)
    }
}
