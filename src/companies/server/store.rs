//! Companies and staff are global: they are reached through definer functions only. Grants are the building's own rows.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use kit::{PersonId, TenantId};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::companies::model::Post;

type Result<T> = std::result::Result<T, sqlx::Error>;

pub struct NewCompany<'a> {
    pub company: Uuid,
    pub code: &'a str,
    pub name: &'a str,
    pub staff: Uuid,
    pub person: PersonId,
    pub person_name: &'a str,
}

pub async fn open(db: &mut PgConnection, new: &NewCompany<'_>, now: Timestamp) -> Result<()> {
    sqlx::query!("select directory.company_open($1, $2, $3, $4, $5, $6, $7)", new.company, new.code, new.name, new.staff, new.person.0, new.person_name, now.to_sqlx() as _)
        .execute(db)
        .await
        .map(drop)
}

pub async fn companies_of(db: &mut PgConnection, person: PersonId) -> Result<usize> {
    Ok(sqlx::query!("select code from directory.companies_of($1)", person.0).fetch_all(db).await?.len())
}

/// A company as one of its staff sees it.
pub struct SeenCompany {
    pub company: Uuid,
    pub name: String,
    pub post: Post,
}

pub async fn seen_by(db: &mut PgConnection, code: &str, person: PersonId) -> Result<Option<SeenCompany>> {
    let row =
        sqlx::query!(r#"select company_id as "company_id!", name as "name!", role as "role!" from directory.company_seen_by($1, $2)"#, code, person.0).fetch_optional(db).await?;
    Ok(row.and_then(|row| Some(SeenCompany { company: row.company_id, name: row.name, post: Post::from_word(&row.role)? })))
}

pub struct StaffMember {
    pub staff_id: Uuid,
    pub person_id: Uuid,
    pub name: String,
    pub sealed_phone: Option<Vec<u8>>,
    pub role: String,
}

pub async fn staff(db: &mut PgConnection, company: Uuid) -> Result<Vec<StaffMember>> {
    sqlx::query_as!(
        StaffMember,
        r#"select staff_id as "staff_id!", person_id as "person_id!", name as "name!", sealed_phone, role as "role!" from directory.company_people($1)"#,
        company
    )
    .fetch_all(db)
    .await
}

pub struct BuildingRow {
    pub slug: String,
    pub name: String,
}

pub async fn buildings(db: &mut PgConnection, company: Uuid) -> Result<Vec<BuildingRow>> {
    sqlx::query_as!(BuildingRow, r#"select slug as "slug!", name as "name!" from directory.company_buildings($1)"#, company).fetch_all(db).await
}

pub struct NewStaff<'a> {
    pub company: Uuid,
    pub staff: Uuid,
    pub person: PersonId,
    pub post: Post,
    pub name: &'a str,
    pub by: PersonId,
}

/// False when the person is on the staff already.
pub async fn add_staff(db: &mut PgConnection, new: &NewStaff<'_>, now: Timestamp) -> Result<bool> {
    let added = sqlx::query_scalar!(
        "select directory.company_add($1, $2, $3, $4, $5, $6, $7)",
        new.company,
        new.staff,
        new.person.0,
        new.post.word(),
        new.name,
        new.by.0,
        now.to_sqlx() as _
    );
    Ok(added.fetch_one(db).await?.unwrap_or(false))
}

/// 'ended', 'none' or 'last_owner'.
pub async fn end_staff(db: &mut PgConnection, company: Uuid, staff: Uuid, by: PersonId, now: Timestamp) -> Result<String> {
    Ok(sqlx::query_scalar!("select directory.company_end($1, $2, $3, $4)", company, staff, by.0, now.to_sqlx() as _).fetch_one(db).await?.unwrap_or_default())
}

pub struct KnownCompany {
    pub company_id: Uuid,
    pub name: String,
}

pub async fn by_code(db: &mut PgConnection, code: &str) -> Result<Option<KnownCompany>> {
    sqlx::query_as!(KnownCompany, r#"select company_id as "company_id!", name as "name!" from directory.company_by_code($1)"#, code).fetch_optional(db).await
}

pub struct GrantRow {
    pub grant_id: Uuid,
    pub company_id: Uuid,
    pub company_name: String,
    pub granted_at: jiff_sqlx::Timestamp,
}

/// The company this building is given to now.
pub async fn current(db: &mut PgConnection) -> Result<Option<GrantRow>> {
    sqlx::query_as!(
        GrantRow,
        r#"select grant_id, company_id, company_name, granted_at as "granted_at: jiff_sqlx::Timestamp" from company_grants
           where tenant_id = directory.current_tenant() and withdrawn_at is null"#
    )
    .fetch_optional(db)
    .await
}

/// False when another grant was first.
pub async fn grant(db: &mut PgConnection, tenant: TenantId, grant: Uuid, company: &KnownCompany, by: PersonId, now: Timestamp) -> Result<bool> {
    let made = sqlx::query!(
        "insert into company_grants (tenant_id, grant_id, company_id, company_name, granted_by, granted_at) values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
        tenant.0,
        grant,
        company.company_id,
        company.name,
        by.0,
        now.to_sqlx() as _
    );
    Ok(made.execute(db).await?.rows_affected() == 1)
}

pub async fn withdraw(db: &mut PgConnection, by: PersonId, now: Timestamp) -> Result<Option<GrantRow>> {
    sqlx::query_as!(
        GrantRow,
        r#"update company_grants set withdrawn_by = $1, withdrawn_at = $2 where tenant_id = directory.current_tenant() and withdrawn_at is null
           returning grant_id, company_id, company_name, granted_at as "granted_at: jiff_sqlx::Timestamp""#,
        by.0,
        now.to_sqlx() as _
    )
    .fetch_optional(db)
    .await
}
