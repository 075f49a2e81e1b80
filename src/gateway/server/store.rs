//! Partners, their keys and endpoints are global: they are reached through definer functions only. Grants are the
//! building's own rows (store/grants.rs).

pub mod deliveries;
mod grants;
mod log;
pub mod overview;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use kit::PersonId;
use sqlx::PgConnection;
use uuid::Uuid;

use super::endpoints::Draft;
use crate::gateway::model::{PartnerKind, Scope};

pub use grants::*;
pub use log::{DeliveryRow, delivery};

type Result<T> = std::result::Result<T, sqlx::Error>;

/// A partner for whom somebody acts.
#[derive(Clone, Debug)]
pub struct Partner {
    pub id: Uuid,
    pub code: String,
    pub name: String,
    pub kind: PartnerKind,
}

impl Partner {
    fn read(id: Uuid, code: String, name: String, kind: &str) -> Option<Self> {
        Some(Self { id, code, name, kind: PartnerKind::from_word(kind)? })
    }
}

pub struct NewPartner<'a> {
    pub partner: Uuid,
    pub code: &'a str,
    pub name: &'a str,
    pub kind: PartnerKind,
    pub staff: Uuid,
    pub person: PersonId,
}

pub async fn open(db: &mut PgConnection, new: &NewPartner<'_>, now: Timestamp) -> Result<()> {
    sqlx::query!("select directory.partner_open($1, $2, $3, $4, $5, $6, $7)", new.partner, new.code, new.name, new.kind.word(), new.staff, new.person.0, now.to_sqlx() as _)
        .execute(db)
        .await
        .map(drop)
}

pub struct BriefRow {
    pub code: String,
    pub name: String,
    pub kind: String,
}

pub async fn partners_of(db: &mut PgConnection, person: PersonId) -> Result<Vec<BriefRow>> {
    sqlx::query_as!(BriefRow, r#"select code as "code!", name as "name!", kind as "kind!" from directory.partners_of($1)"#, person.0).fetch_all(db).await
}

/// A partner as one who works there sees it.
pub async fn seen_by(db: &mut PgConnection, code: &str, person: PersonId) -> Result<Option<Partner>> {
    let row = sqlx::query!(r#"select partner_id as "partner_id!", code as "code!", name as "name!", kind as "kind!" from directory.partner_seen_by($1, $2)"#, code, person.0);
    Ok(row.fetch_optional(db).await?.and_then(|row| Partner::read(row.partner_id, row.code, row.name, &row.kind)))
}

pub async fn by_code(db: &mut PgConnection, code: &str) -> Result<Option<Partner>> {
    let row = sqlx::query!(r#"select partner_id as "partner_id!", code as "code!", name as "name!", kind as "kind!" from directory.partner_by_code($1)"#, code);
    Ok(row.fetch_optional(db).await?.and_then(|row| Partner::read(row.partner_id, row.code, row.name, &row.kind)))
}

pub async fn named(db: &mut PgConnection, partners: &[Uuid]) -> Result<Vec<Partner>> {
    let rows = sqlx::query!(r#"select partner_id as "partner_id!", code as "code!", name as "name!", kind as "kind!" from directory.partners_named($1)"#, partners);
    Ok(rows.fetch_all(db).await?.into_iter().filter_map(|row| Partner::read(row.partner_id, row.code, row.name, &row.kind)).collect())
}

pub struct NewKey<'a> {
    pub key: Uuid,
    pub partner: Uuid,
    pub name: &'a str,
    pub prefix: &'a str,
    pub hash: Vec<u8>,
    pub scope: Scope,
    pub by: PersonId,
    pub most: i32,
}

/// False when the partner has as many living keys as he may.
pub async fn add_key(db: &mut PgConnection, new: &NewKey<'_>, now: Timestamp) -> Result<bool> {
    let added = sqlx::query_scalar!(
        "select directory.partner_key_add($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new.key,
        new.partner,
        new.name,
        new.prefix,
        new.hash,
        new.scope.word(),
        new.by.0,
        new.most,
        now.to_sqlx() as _
    );
    Ok(added.fetch_one(db).await?.unwrap_or(false))
}

pub struct KeyLine {
    pub key_id: Uuid,
    pub name: String,
    pub prefix: String,
    pub scope: String,
    pub created_at: jiff_sqlx::Timestamp,
    pub last_used_at: Option<jiff_sqlx::Timestamp>,
    pub revoked_at: Option<jiff_sqlx::Timestamp>,
}

pub async fn keys(db: &mut PgConnection, partner: Uuid) -> Result<Vec<KeyLine>> {
    sqlx::query_as!(
        KeyLine,
        r#"select key_id as "key_id!", name as "name!", prefix as "prefix!", scope as "scope!", created_at as "created_at!: jiff_sqlx::Timestamp",
                  last_used_at as "last_used_at: jiff_sqlx::Timestamp", revoked_at as "revoked_at: jiff_sqlx::Timestamp" from directory.partner_keys_of($1)"#,
        partner
    )
    .fetch_all(db)
    .await
}

/// False when the partner has no such key.
pub async fn revoke_key(db: &mut PgConnection, partner: Uuid, key: Uuid, now: Timestamp) -> Result<bool> {
    Ok(sqlx::query_scalar!("select directory.partner_key_revoke($1, $2, $3)", partner, key, now.to_sqlx() as _).fetch_one(db).await?.unwrap_or(false))
}

/// Who proved himself by a key.
pub struct KeyHolder {
    pub key: Uuid,
    pub scope: Scope,
    pub partner: Partner,
}

pub async fn key_used(db: &mut PgConnection, hash: &[u8], now: Timestamp) -> Result<Option<KeyHolder>> {
    let row = sqlx::query!(
        r#"select key_id as "key_id!", scope as "scope!", partner_id as "partner_id!", code as "code!", name as "name!", kind as "kind!" from directory.partner_key_used($1, $2)"#,
        hash,
        now.to_sqlx() as _
    );
    let row = row.fetch_optional(db).await?;
    Ok(row.and_then(|row| Some(KeyHolder { key: row.key_id, scope: Scope::from_word(&row.scope)?, partner: Partner::read(row.partner_id, row.code, row.name, &row.kind)? })))
}

pub struct EndpointLine {
    pub endpoint_id: Uuid,
    pub url: String,
    pub description: String,
    pub event_types: Vec<String>,
    pub state: String,
    pub disabled_reason: Option<String>,
    pub disabled_at: Option<jiff_sqlx::Timestamp>,
    pub per_minute: i32,
    pub failing_since: Option<jiff_sqlx::Timestamp>,
    pub created_at: jiff_sqlx::Timestamp,
}

/// One endpoint of a partner's, or all of them.
pub async fn endpoints(db: &mut PgConnection, partner: Uuid, endpoint: Option<Uuid>) -> Result<Vec<EndpointLine>> {
    sqlx::query_as!(
        EndpointLine,
        r#"select endpoint_id as "endpoint_id!", url as "url!", description as "description!", event_types as "event_types!", state as "state!", disabled_reason,
                  disabled_at as "disabled_at: jiff_sqlx::Timestamp", per_minute as "per_minute!", failing_since as "failing_since: jiff_sqlx::Timestamp",
                  created_at as "created_at!: jiff_sqlx::Timestamp" from directory.partner_endpoints($1, $2)"#,
        partner,
        endpoint
    )
    .fetch_all(db)
    .await
}

/// When an endpoint's secrets sign.
pub struct SecretTimes {
    pub endpoint_id: Uuid,
    pub since: Option<jiff_sqlx::Timestamp>,
    pub overlap_until: Option<jiff_sqlx::Timestamp>,
}

pub async fn secrets(db: &mut PgConnection, partner: Uuid, now: Timestamp) -> Result<Vec<SecretTimes>> {
    sqlx::query_as!(
        SecretTimes,
        r#"select endpoint_id as "endpoint_id!", since as "since: jiff_sqlx::Timestamp", overlap_until as "overlap_until: jiff_sqlx::Timestamp" from directory.partner_secrets($1, $2)"#,
        partner,
        now.to_sqlx() as _
    )
    .fetch_all(db)
    .await
}

pub struct NewEndpoint<'a> {
    pub endpoint: Uuid,
    pub partner: Uuid,
    pub url: &'a str,
    pub description: &'a str,
    pub event_types: &'a [String],
    pub per_minute: i32,
    pub secret: Uuid,
    pub sealed: &'a [u8],
    pub most: i32,
}

/// False when the partner has as many endpoints as he may.
pub async fn add_endpoint(db: &mut PgConnection, new: &NewEndpoint<'_>, now: Timestamp) -> Result<bool> {
    let added = sqlx::query_scalar!(
        "select directory.partner_endpoint_add($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        new.endpoint,
        new.partner,
        new.url,
        new.description,
        new.event_types,
        new.per_minute,
        new.secret,
        new.sealed,
        new.most,
        now.to_sqlx() as _
    );
    Ok(added.fetch_one(db).await?.unwrap_or(false))
}

/// False when the partner has no such endpoint.
pub async fn change_endpoint(db: &mut PgConnection, partner: Uuid, endpoint: Uuid, draft: &Draft, now: Timestamp) -> Result<bool> {
    let changed = sqlx::query_scalar!(
        "select directory.partner_endpoint_change($1, $2, $3, $4, $5, $6, $7, $8)",
        partner,
        endpoint,
        draft.url.as_deref() as _,
        draft.description.as_deref() as _,
        draft.event_types.as_deref() as _,
        draft.per_minute as _,
        draft.active as _,
        now.to_sqlx() as _
    );
    Ok(changed.fetch_one(db).await?.unwrap_or(false))
}

pub async fn delete_endpoint(db: &mut PgConnection, partner: Uuid, endpoint: Uuid, now: Timestamp) -> Result<bool> {
    Ok(sqlx::query_scalar!("select directory.partner_endpoint_delete($1, $2, $3)", partner, endpoint, now.to_sqlx() as _).fetch_one(db).await?.unwrap_or(false))
}

pub async fn rotate_secret(db: &mut PgConnection, partner: Uuid, endpoint: Uuid, secret: Uuid, sealed: &[u8], until: Timestamp, now: Timestamp) -> Result<bool> {
    let rotated =
        sqlx::query_scalar!("select directory.partner_secret_rotate($1, $2, $3, $4, $5, $6)", partner, endpoint, secret, sealed, until.to_sqlx() as _, now.to_sqlx() as _);
    Ok(rotated.fetch_one(db).await?.unwrap_or(false))
}

pub struct BuildingLine {
    pub tenant_id: Uuid,
    pub slug: String,
    pub name: String,
    pub time_zone: String,
    pub event_types: Vec<String>,
    pub granted_at: jiff_sqlx::Timestamp,
    pub ends_at: Option<jiff_sqlx::Timestamp>,
}

/// The buildings that let a partner hear something now, by their ids.
pub async fn buildings(db: &mut PgConnection, partner: Uuid, only: Option<Uuid>, after: Option<Uuid>, limit: i32, now: Timestamp) -> Result<Vec<BuildingLine>> {
    sqlx::query_as!(
        BuildingLine,
        r#"select tenant_id as "tenant_id!", slug as "slug!", name as "name!", time_zone as "time_zone!", event_types as "event_types!",
                  granted_at as "granted_at!: jiff_sqlx::Timestamp", ends_at as "ends_at: jiff_sqlx::Timestamp" from directory.partner_buildings($1, $2, $3, $4, $5)"#,
        partner,
        only as _,
        after as _,
        limit,
        now.to_sqlx() as _
    )
    .fetch_all(db)
    .await
}

/// A building named by an API caller, and whether it grants him anything.
pub struct NamedBuilding {
    pub tenant_id: Uuid,
    pub granted: bool,
}

pub async fn named_building(db: &mut PgConnection, partner: Uuid, named: &str, now: Timestamp) -> Result<Option<NamedBuilding>> {
    sqlx::query_as!(
        NamedBuilding,
        r#"select tenant_id as "tenant_id!", granted as "granted!" from directory.partner_names_building($1, $2, $3)"#,
        partner,
        named,
        now.to_sqlx() as _
    )
    .fetch_optional(db)
    .await
}

/// A refused hop is written into the log of the building that was named.
pub async fn note_hop(db: &mut PgConnection, tenant: Uuid, line: Uuid, partner: &str, address: Option<&str>, trace: &str, now: Timestamp) -> Result<()> {
    sqlx::query!("select directory.audit_denial($1, $2, null, 'partner.hop', $3, $4, $5, $6)", tenant, line, partner, address, trace, now.to_sqlx() as _)
        .execute(db)
        .await
        .map(drop)
}
