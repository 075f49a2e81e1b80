//! Grants: the building's own rows, behind its wall.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use kit::{PersonId, TenantId};
use sqlx::PgConnection;
use uuid::Uuid;

type Result<T> = std::result::Result<T, sqlx::Error>;

pub struct GrantLine {
    pub grant_id: Uuid,
    pub partner_id: Uuid,
    pub event_types: Vec<String>,
    pub granted_at: jiff_sqlx::Timestamp,
    pub ends_at: Option<jiff_sqlx::Timestamp>,
    pub withdrawn_at: Option<jiff_sqlx::Timestamp>,
}

/// What stands and what was withdrawn, the latest first.
pub async fn grants(db: &mut PgConnection, withdrawn: bool, limit: i64) -> Result<Vec<GrantLine>> {
    sqlx::query_as!(
        GrantLine,
        r#"select grant_id, partner_id, event_types, granted_at as "granted_at: jiff_sqlx::Timestamp", ends_at as "ends_at: jiff_sqlx::Timestamp",
                  withdrawn_at as "withdrawn_at: jiff_sqlx::Timestamp"
           from gateway_grants where tenant_id = directory.current_tenant() and (withdrawn_at is not null) = $1 order by coalesce(withdrawn_at, granted_at) desc, grant_id limit $2"#,
        withdrawn,
        limit
    )
    .fetch_all(db)
    .await
}

/// A grant that stands, by its id or by whom it is for; held until the transaction ends.
pub async fn standing(db: &mut PgConnection, grant: Option<Uuid>, partner: Option<Uuid>) -> Result<Option<GrantLine>> {
    sqlx::query_as!(
        GrantLine,
        r#"select grant_id, partner_id, event_types, granted_at as "granted_at: jiff_sqlx::Timestamp", ends_at as "ends_at: jiff_sqlx::Timestamp",
                  withdrawn_at as "withdrawn_at: jiff_sqlx::Timestamp"
           from gateway_grants where tenant_id = directory.current_tenant() and withdrawn_at is null and (grant_id = $1 or partner_id = $2) for update"#,
        grant,
        partner
    )
    .fetch_optional(db)
    .await
}

pub struct NewGrant<'a> {
    pub grant: Uuid,
    pub partner: Uuid,
    pub event_types: &'a [String],
    pub ends_at: Option<Timestamp>,
}

/// False when the partner has a grant here already: another was first.
pub async fn grant(db: &mut PgConnection, tenant: TenantId, new: &NewGrant<'_>, by: PersonId, now: Timestamp) -> Result<bool> {
    let made = sqlx::query!(
        "insert into gateway_grants (tenant_id, grant_id, partner_id, event_types, granted_by, granted_at, ends_at) values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
        tenant.0,
        new.grant,
        new.partner,
        new.event_types,
        by.0,
        now.to_sqlx() as _,
        new.ends_at.map(ToSqlx::to_sqlx) as _
    );
    Ok(made.execute(db).await?.rows_affected() == 1)
}

pub async fn change_grant(db: &mut PgConnection, grant: Uuid, event_types: &[String], ends_at: Option<Timestamp>) -> Result<()> {
    sqlx::query!(
        "update gateway_grants set event_types = $2, ends_at = $3 where tenant_id = directory.current_tenant() and grant_id = $1 and withdrawn_at is null",
        grant,
        event_types,
        ends_at.map(ToSqlx::to_sqlx) as _
    )
    .execute(db)
    .await
    .map(drop)
}

pub async fn withdraw_grant(db: &mut PgConnection, grant: Uuid, by: PersonId, now: Timestamp) -> Result<()> {
    sqlx::query!(
        "update gateway_grants set withdrawn_by = $2, withdrawn_at = $3 where tenant_id = directory.current_tenant() and grant_id = $1 and withdrawn_at is null",
        grant,
        by.0,
        now.to_sqlx() as _
    )
    .execute(db)
    .await
    .map(drop)
}
