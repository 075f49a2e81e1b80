//! `Cx`: one caller in one tenant, inside one transaction that the database has bound to that tenant.
//!
//! It is the first argument of every service and store function and the only way to a tenant's tables. Its makers
//! are few: a door (door.rs), a job's runner (jobs.rs), opening a new tenant (global.rs) and the tests' actors.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use kit::{AppError, FlatId, Lang, MembershipId, PersonId, Right, Role, SessionId, TenantId, Trust};
use serde_json::Value;
use sqlx::{PgConnection, PgPool, Postgres, Transaction};
use uuid::Uuid;

use super::clock::Ids;
use super::fault::Fault;
use super::jobs::Job;
use super::meters::{Measure, Meters};
use super::publish::{self, Published};

/// The tenant a context is bound to.
#[derive(Clone, Debug)]
pub struct Tenant {
    pub id: TenantId,
    pub slug: String,
    pub name: String,
    /// IANA name; each tenant's times are told in its own zone.
    pub zone: String,
}

/// Who acts.
#[derive(Clone, Debug)]
pub struct Caller {
    pub role: Role,
    pub trust: Trust,
    pub person: Option<PersonId>,
    pub membership: Option<MembershipId>,
    pub flat: Option<FlatId>,
    pub name: String,
    pub session: Option<SessionId>,
    pub address: Option<String>,
}

impl Caller {
    /// A job or a schedule of ours.
    pub fn system() -> Self {
        Self { role: Role::System, trust: Trust::Verified, person: None, membership: None, flat: None, name: "ונטרה".into(), session: None, address: None }
    }
}

/// Who may see a line of activity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    Everyone,
    Committee,
}

impl Audience {
    pub fn word(self) -> &'static str {
        match self {
            Audience::Everyone => "everyone",
            Audience::Committee => "committee",
        }
    }
}

/// Something that happened in a tenant, for its live stream.
#[derive(Clone, Debug)]
pub struct Activity {
    pub kind: &'static str,
    pub audience: Audience,
    pub subject: Option<Uuid>,
    pub payload: Value,
}

struct AuditLine {
    act: &'static str,
    subject: String,
    detail: Value,
}

/// One caller in one tenant, inside one transaction.
pub struct Cx {
    tx: Transaction<'static, Postgres>,
    pool: PgPool,
    pub tenant: Tenant,
    pub caller: Caller,
    pub lang: Lang,
    /// The moment this context was opened.
    pub now: Timestamp,
    pub ids: Ids,
    /// Seals and opens secrets.
    pub vault: std::sync::Arc<vault::Vault>,
    /// Ties log lines, audit rows and an incident's id together.
    pub trace: String,
    /// What the caller's browser calls itself; empty for jobs.
    pub agent: String,
    pub(super) meters: Meters,
    measures: Vec<Measure>,
    activity: Vec<Activity>,
    audit: Vec<AuditLine>,
    published: Vec<Published>,
    wake: bool,
}

impl Cx {
    pub(super) fn new(
        tx: Transaction<'static, Postgres>,
        pool: PgPool,
        tenant: Tenant,
        caller: Caller,
        lang: Lang,
        now: Timestamp,
        trace: String,
        vault: std::sync::Arc<vault::Vault>,
        meters: Meters,
    ) -> Self {
        Self {
            tx,
            pool,
            tenant,
            caller,
            lang,
            now,
            ids: Ids,
            vault,
            trace,
            agent: String::new(),
            meters,
            measures: Vec::new(),
            activity: Vec::new(),
            audit: Vec::new(),
            published: Vec::new(),
            wake: false,
        }
    }

    /// The transaction, for a room's store.rs.
    pub fn db(&mut self) -> &mut PgConnection {
        &mut self.tx
    }

    /// Asks for a right at the top of a verb.
    pub fn require(&self, right: Right) -> Result<(), Fault> {
        if right.held_by(self.caller.role) {
            return Ok(());
        }
        Err(match (self.caller.role, self.caller.person) {
            (Role::Visitor, None) => Fault::SignedOut,
            (Role::Visitor, Some(_)) => Fault::Hop,
            _ => Fault::NotFound,
        })
    }

    /// The caller's membership; a visitor and a job have none.
    pub fn member(&self) -> Result<MembershipId, Fault> {
        self.caller.membership.ok_or(Fault::SignedOut)
    }

    /// Leaves work for later in this transaction.
    pub async fn enqueue(&mut self, job: Job) -> Result<(), Fault> {
        job.leave(&mut self.tx, Some(self.tenant.id)).await
    }

    /// Notes what happened, for the tenant's live stream; written at commit, in the order of commits.
    pub fn record(&mut self, activity: Activity) {
        self.activity.push(activity);
    }

    /// Notes who did what, for the audit log; written at commit.
    pub fn audit(&mut self, act: &'static str, subject: impl ToString, detail: Value) {
        self.audit.push(AuditLine { act, subject: subject.to_string(), detail });
    }

    /// Tells partners what happened, those of them that the building lets hear this kind; written at commit. `data` is an
    /// object without personal data beyond what the kind's schema says (docs of the gateway).
    pub fn publish(&mut self, kind: &'static str, data: Value) {
        self.published.push(Published { kind, data });
    }

    /// Notes what was measured; told once this context is committed.
    pub fn measure(&mut self, measure: Measure) {
        self.measures.push(measure);
    }

    /// Wakes whoever waits for news of this tenant, once committed; without a line of activity.
    pub fn wake(&mut self) {
        self.wake = true;
    }

    /// Ends the context: commits what went well, undoes what did not, and says so in the caller's language.
    pub async fn finish<T>(self, outcome: Result<T, Fault>) -> Result<T, AppError> {
        let (lang, trace) = (self.lang, self.trace.clone());
        match outcome {
            Ok(value) => self.commit().await.map(|()| value).map_err(|fault| fault.into_app(lang, &trace)),
            Err(fault) => {
                if matches!(fault, Fault::Hop) {
                    self.audit_hop().await;
                }
                Err(fault.into_app(lang, &trace))
            }
        }
    }

    /// Writes the audit log's and the stream's lines and what partners are told, and commits. Their locks are taken here and nowhere else,
    /// always in this order, so that two contexts cannot wait for each other.
    pub async fn commit(mut self) -> Result<(), Fault> {
        let (tenant, now) = (self.tenant.id.0, self.now.to_sqlx());
        if !self.audit.is_empty() {
            for line in std::mem::take(&mut self.audit) {
                let id: Uuid = self.ids.new_id();
                sqlx::query!(
                    "insert into audit_log (tenant_id, audit_id, actor, actor_role, act, subject, detail, address, trace_id, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                    tenant, id, self.caller.person.map(|p| p.0), self.caller.role.word(), line.act, line.subject, line.detail, self.caller.address, self.trace, now as _
                )
                .execute(&mut *self.tx)
                .await?;
            }
        }
        if !self.activity.is_empty() {
            let lines = std::mem::take(&mut self.activity);
            let last = sqlx::query_scalar!(
                "insert into activity_heads (tenant_id, last_seq) values ($1, $2) on conflict (tenant_id) do update set last_seq = activity_heads.last_seq + $2 returning last_seq",
                tenant,
                lines.len() as i64
            )
            .fetch_one(&mut *self.tx)
            .await?;
            let first = last - lines.len() as i64 + 1;
            for (offset, line) in lines.into_iter().enumerate() {
                sqlx::query!(
                    "insert into activity (tenant_id, seq, kind, audience, subject, payload, created_at) values ($1, $2, $3, $4, $5, $6, $7)",
                    tenant,
                    first + offset as i64,
                    line.kind,
                    line.audience.word(),
                    line.subject,
                    line.payload,
                    now as _
                )
                .execute(&mut *self.tx)
                .await?;
            }
            self.wake = true;
        }
        if self.wake {
            sqlx::query!("select pg_notify('activity', $1::text)", tenant.to_string()).execute(&mut *self.tx).await?;
        }
        if !self.published.is_empty() {
            publish::write(&mut self.tx, &self.tenant, self.now, self.ids, std::mem::take(&mut self.published)).await?;
        }
        self.tx.commit().await?;
        self.measures.into_iter().for_each(|measure| self.meters.tell(measure));
        Ok(())
    }

    /// Undoes everything.
    pub async fn roll_back(self) -> Result<(), Fault> {
        self.tx.rollback().await?;
        Ok(())
    }

    /// An API caller's header named another tenant than the one asked for: 403, and a line in the audit log.
    pub(super) async fn refuse_other_tenant(self) -> Fault {
        let he = self.lang == Lang::He;
        self.audit_hop().await;
        Fault::Refused(AppError::new(kit::Code::Forbidden, if he { "הכותרת מציינת בניין אחר." } else { "x-tenant-id names another tenant than the request." }))
    }

    /// The refused caller's own transaction is undone, so the note goes into one of its own.
    async fn audit_hop(self) {
        let Self { tx, pool, tenant, caller, ids, trace, now, .. } = self;
        let _ = tx.rollback().await;
        let id: Uuid = ids.new_id();
        let noted = sqlx::query!(
            "select directory.audit_denial($1, $2, $3, 'tenant.hop', $4, $5, $6, $7)",
            tenant.id.0,
            id,
            caller.person.map(|p| p.0),
            tenant.slug,
            caller.address,
            trace,
            now.to_sqlx() as _
        )
        .execute(&pool)
        .await;
        if let Err(error) = noted {
            tracing::error!(%error, "a refused hop could not be written to the audit log");
        }
    }
}
