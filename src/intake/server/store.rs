use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use super::service::InboundEvent;

type Result<T> = std::result::Result<T, sqlx::Error>;

pub async fn keep(db: &mut PgConnection, inbound: Uuid, provider: &str, event: &str, kind: &str, body: &[u8], now: Timestamp) -> Result<bool> {
    Ok(sqlx::query_scalar!("select directory.inbound_keep($1, $2, $3, $4, $5, $6)", inbound, provider, event, kind, body, now.to_sqlx() as _).fetch_one(db).await?.unwrap_or(false))
}

pub async fn read(db: &mut PgConnection, inbound: Uuid) -> Result<Option<InboundEvent>> {
    sqlx::query_as!(InboundEvent, r#"select kind as "kind!", body as "body!", state as "state!" from directory.inbound_read($1)"#, inbound).fetch_optional(db).await
}

pub async fn done(db: &mut PgConnection, inbound: Uuid, state: &str, tenant: Option<Uuid>, now: Timestamp) -> Result<()> {
    sqlx::query!("select directory.inbound_done($1, $2, $3, $4)", inbound, state, tenant, now.to_sqlx() as _).execute(db).await.map(drop)
}
