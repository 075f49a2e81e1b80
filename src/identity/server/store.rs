//! People, sessions and codes are global: they are reached through definer functions only.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use kit::{PersonId, SessionId};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::platform::phones::KeptPhone;

type Result<T> = std::result::Result<T, sqlx::Error>;

pub async fn codes_since(db: &mut PgConnection, blind: &[u8], since: Timestamp) -> Result<i64> {
    Ok(sqlx::query_scalar!("select directory.codes_sent_since($1, $2)", blind, since.to_sqlx() as _).fetch_one(db).await?.unwrap_or(0))
}

pub async fn begin_code(db: &mut PgConnection, code: Uuid, phone: &KeptPhone, hash: &[u8], now: Timestamp, expires: Timestamp) -> Result<()> {
    sqlx::query!("select directory.code_begin($1, $2, $3, $4, $5, $6)", code, phone.sealed, phone.blind, hash, now.to_sqlx() as _, expires.to_sqlx() as _)
        .execute(db)
        .await
        .map(drop)
}

pub async fn answer_code(db: &mut PgConnection, blind: &[u8], hash: &[u8], now: Timestamp, most: i32) -> Result<String> {
    Ok(sqlx::query_scalar!("select directory.code_answer($1, $2, $3, $4)", blind, hash, now.to_sqlx() as _, most).fetch_one(db).await?.unwrap_or_default())
}

/// The sealed phone of a code that still waits for its answer.
pub async fn code_phone(db: &mut PgConnection, code: Uuid, now: Timestamp) -> Result<Option<Vec<u8>>> {
    sqlx::query_scalar!("select directory.code_phone($1, $2)", code, now.to_sqlx() as _).fetch_one(db).await
}

pub async fn person_by_phone(db: &mut PgConnection, blind: &[u8]) -> Result<Option<PersonId>> {
    Ok(sqlx::query_scalar!("select directory.person_by_phone($1)", blind).fetch_one(db).await?.map(PersonId))
}

pub async fn ensure_person(db: &mut PgConnection, fresh: PersonId, phone: &KeptPhone, name: &str, now: Timestamp) -> Result<(PersonId, bool)> {
    let row = sqlx::query!(
        r#"select person_id as "person_id!", existed as "existed!" from directory.ensure_person($1, $2, $3, $4, $5)"#,
        fresh.0,
        phone.sealed,
        phone.blind,
        name,
        now.to_sqlx() as _
    )
    .fetch_one(db)
    .await?;
    Ok((PersonId(row.person_id), row.existed))
}

/// Whether one of these fingerprints is that of the person's phone.
pub async fn has_one_of(db: &mut PgConnection, person: PersonId, blinds: &[Vec<u8>]) -> Result<bool> {
    Ok(sqlx::query_scalar!("select coalesce(bool_or(directory.person_by_phone(blind) = $1), false) from unnest($2::bytea[]) as known (blind)", person.0, blinds)
        .fetch_one(db)
        .await?
        .unwrap_or_default())
}

pub async fn begin_session(db: &mut PgConnection, session: SessionId, person: PersonId, hash: &[u8], device: &str, now: Timestamp, expires: Timestamp) -> Result<()> {
    sqlx::query!("select directory.session_begin($1, $2, $3, $4, $5, $6)", session.0, person.0, hash, device, now.to_sqlx() as _, expires.to_sqlx() as _)
        .execute(db)
        .await
        .map(drop)
}

pub async fn end_session(db: &mut PgConnection, session: Uuid, reason: &str, now: Timestamp) -> Result<()> {
    sqlx::query!("select directory.session_end($1, $2, $3)", session, reason, now.to_sqlx() as _).execute(db).await.map(drop)
}

pub async fn end_all(db: &mut PgConnection, person: Uuid, reason: &str, now: Timestamp) -> Result<i64> {
    Ok(sqlx::query_scalar!("select directory.session_end_all($1, $2, $3)", person, reason, now.to_sqlx() as _).fetch_one(db).await?.unwrap_or(0))
}

pub async fn alive(db: &mut PgConnection, session: Uuid, now: Timestamp) -> Result<Option<PersonId>> {
    Ok(sqlx::query_scalar!("select directory.session_alive($1, $2)", session, now.to_sqlx() as _).fetch_one(db).await?.map(PersonId))
}

pub async fn name_of(db: &mut PgConnection, person: PersonId) -> Result<Option<String>> {
    Ok(sqlx::query!(r#"select name from directory.person($1)"#, person.0).fetch_optional(db).await?.and_then(|row| row.name))
}

/// A living session.
pub struct SessionRow {
    pub session_id: Uuid,
    pub device: String,
    pub created_at: jiff_sqlx::Timestamp,
    pub seen_at: jiff_sqlx::Timestamp,
}

pub async fn sessions_of(db: &mut PgConnection, person: PersonId, now: Timestamp) -> Result<Vec<SessionRow>> {
    sqlx::query_as!(
        SessionRow,
        r#"select session_id as "session_id!", device as "device!", created_at as "created_at!: jiff_sqlx::Timestamp", seen_at as "seen_at!: jiff_sqlx::Timestamp" from directory.sessions_of($1, $2)"#,
        person.0,
        now.to_sqlx() as _
    )
    .fetch_all(db)
    .await
}

pub async fn end_own(db: &mut PgConnection, person: PersonId, session: SessionId, now: Timestamp) -> Result<bool> {
    Ok(sqlx::query_scalar!("select directory.session_end_own($1, $2, $3)", person.0, session.0, now.to_sqlx() as _).fetch_one(db).await?.unwrap_or(false))
}

pub async fn end_others(db: &mut PgConnection, person: PersonId, keep: SessionId, now: Timestamp) -> Result<()> {
    sqlx::query!("select directory.session_end_others($1, $2, $3)", person.0, keep.0, now.to_sqlx() as _).execute(db).await.map(drop)
}

pub struct PlaceRow {
    pub tenant: Uuid,
    pub slug: String,
    pub name: String,
    pub role: String,
}

pub async fn places(db: &mut PgConnection, person: PersonId) -> Result<Vec<PlaceRow>> {
    sqlx::query_as!(PlaceRow, r#"select tenant_id as "tenant!", slug as "slug!", name as "name!", role as "role!" from directory.tenants_of($1)"#, person.0).fetch_all(db).await
}

/// What a person works at, a management company or a partner.
pub struct CompanyRow {
    pub code: String,
    pub name: String,
}

/// Partners the person works at, whose desk is the gateway's.
pub async fn partners(db: &mut PgConnection, person: PersonId) -> Result<Vec<CompanyRow>> {
    sqlx::query_as!(CompanyRow, r#"select code as "code!", name as "name!" from directory.partners_of($1)"#, person.0).fetch_all(db).await
}

pub async fn companies(db: &mut PgConnection, person: PersonId) -> Result<Vec<CompanyRow>> {
    sqlx::query_as!(CompanyRow, r#"select code as "code!", name as "name!" from directory.companies_of($1)"#, person.0).fetch_all(db).await
}
