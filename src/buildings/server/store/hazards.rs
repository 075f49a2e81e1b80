//! Dangers that the committee told of.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use kit::MembershipId;
use sqlx::PgConnection;
use uuid::Uuid;

type Result<T> = std::result::Result<T, sqlx::Error>;

pub struct HazardRow {
    pub hazard_id: Uuid,
    pub kind: String,
    pub severity: String,
    pub body: String,
    pub shared: bool,
    pub raised_at: jiff_sqlx::Timestamp,
}

/// Dangers that stand, the latest first.
pub async fn standing_hazards(db: &mut PgConnection) -> Result<Vec<HazardRow>> {
    sqlx::query_as!(
        HazardRow,
        "select hazard_id, kind, severity, body, shared, raised_at from hazards where tenant_id = directory.current_tenant() and cleared_at is null order by raised_at desc, hazard_id"
    )
    .fetch_all(db)
    .await
}

pub struct NewHazard<'a> {
    pub id: Uuid,
    pub kind: &'a str,
    pub severity: &'a str,
    pub body: &'a str,
    pub shared: bool,
    pub by: MembershipId,
}

/// The danger of this kind that stands now, and since when; none when it stood already and nothing about it changes.
pub async fn raise_hazard(db: &mut PgConnection, new: &NewHazard<'_>, now: Timestamp) -> Result<Option<(Uuid, Timestamp)>> {
    let row = sqlx::query!(
        "insert into hazards (tenant_id, hazard_id, kind, severity, body, shared, raised_by, raised_at) values (directory.current_tenant(), $1, $2, $3, $4, $5, $6, $7)
         on conflict (tenant_id, kind) where cleared_at is null do update set severity = excluded.severity, body = excluded.body, shared = excluded.shared
           where (hazards.severity, hazards.body, hazards.shared) is distinct from (excluded.severity, excluded.body, excluded.shared)
         returning hazard_id, raised_at",
        new.id,
        new.kind,
        new.severity,
        new.body,
        new.shared,
        new.by.0,
        now.to_sqlx() as _
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (row.hazard_id, row.raised_at.to_jiff())))
}

/// The kind of the danger that is over now, and since when it stood; none when it was over before or never was.
pub async fn clear_hazard(db: &mut PgConnection, hazard: Uuid, by: MembershipId, now: Timestamp) -> Result<Option<(String, Timestamp)>> {
    let row = sqlx::query!(
        "update hazards set cleared_at = $3, cleared_by = $2 where tenant_id = directory.current_tenant() and hazard_id = $1 and cleared_at is null returning kind, raised_at",
        hazard,
        by.0,
        now.to_sqlx() as _
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (row.kind, row.raised_at.to_jiff())))
}

pub async fn hazard_exists(db: &mut PgConnection, hazard: Uuid) -> Result<bool> {
    sqlx::query_scalar!(r#"select exists (select 1 from hazards where tenant_id = directory.current_tenant() and hazard_id = $1) as "there!""#, hazard).fetch_one(db).await
}
