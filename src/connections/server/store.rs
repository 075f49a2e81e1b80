use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

type Result<T> = std::result::Result<T, sqlx::Error>;

/// Tokens to be written. What is `None` stays as it is.
pub struct Sealed {
    pub access: Vec<u8>,
    pub refresh: Option<Vec<u8>>,
    pub scopes: Option<String>,
    pub expires_at: Timestamp,
}

/// Who refreshes from now on.
pub struct Lease<'a> {
    pub id: Uuid,
    pub by: &'a str,
    pub until: Timestamp,
}

pub struct ConnectionRow {
    pub provider: String,
    pub state: String,
    pub sealed_access: Option<Vec<u8>>,
    pub expires_at: jiff_sqlx::Timestamp,
}

/// What whoever took the lease needs.
pub struct ClaimedRow {
    pub provider: String,
    pub sealed_refresh: Option<Vec<u8>>,
}

pub async fn read(db: &mut PgConnection, connection: Uuid) -> Result<Option<ConnectionRow>> {
    sqlx::query_as!(
        ConnectionRow,
        r#"select provider, state, sealed_access, expires_at as "expires_at: _" from connections where tenant_id = directory.current_tenant() and connection_id = $1"#,
        connection
    )
    .fetch_optional(db)
    .await
}

/// Takes the lease of a live connection whose access token ends until `before`, unless somebody holds it. Of two at the same
/// moment the second waits for the first's commit and finds it held.
pub async fn claim(db: &mut PgConnection, connection: Uuid, providers: &[String], lease: Lease<'_>, before: Timestamp, now: Timestamp) -> Result<Option<ClaimedRow>> {
    sqlx::query_as!(
        ClaimedRow,
        "update connections set lease = $2, lease_by = $3, lease_until = $4
         where tenant_id = directory.current_tenant() and connection_id = $1 and state = 'live' and expires_at <= $5 and (lease_until is null or lease_until <= $6) and provider = any ($7)
         returning provider, sealed_refresh",
        connection,
        lease.id,
        lease.by,
        lease.until.to_sqlx() as _,
        before.to_sqlx() as _,
        now.to_sqlx() as _,
        providers
    )
    .fetch_optional(db)
    .await
}

/// Writes new tokens and lets go of the lease. False when it is not that lease any more: nothing is written then.
pub async fn refreshed(db: &mut PgConnection, connection: Uuid, lease: Uuid, sealed: &Sealed, now: Timestamp) -> Result<bool> {
    let done = sqlx::query!(
        "update connections set sealed_access = $3, sealed_refresh = coalesce($4, sealed_refresh), scopes = coalesce($5, scopes), expires_at = $6, refreshed_at = $7,
                lease = null, lease_by = null, lease_until = null
         where tenant_id = directory.current_tenant() and connection_id = $1 and lease = $2",
        connection,
        lease,
        sealed.access.as_slice(),
        sealed.refresh.as_deref(),
        sealed.scopes.as_deref(),
        sealed.expires_at.to_sqlx() as _,
        now.to_sqlx() as _
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether this sealed access token is the one that is kept. Sealed once it is like no other: its nonce is drawn anew.
pub async fn stands(db: &mut PgConnection, connection: Uuid, access: &[u8]) -> Result<bool> {
    Ok(read(db, connection).await?.is_some_and(|row| row.sealed_access.as_deref() == Some(access)))
}

/// The provider takes the refresh token no more: both tokens go. False when it is not that lease any more.
pub async fn needs_consent(db: &mut PgConnection, connection: Uuid, lease: Uuid, now: Timestamp) -> Result<bool> {
    let done = sqlx::query!(
        "update connections set state = 'consent', changed_at = $3, sealed_access = null, sealed_refresh = null, lease = null, lease_by = null, lease_until = null
         where tenant_id = directory.current_tenant() and connection_id = $1 and lease = $2",
        connection,
        lease,
        now.to_sqlx() as _
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Lets others try, if it is still that lease.
pub async fn let_go(db: &mut PgConnection, connection: Uuid, lease: Uuid) -> Result<()> {
    sqlx::query!(
        "update connections set lease = null, lease_by = null, lease_until = null where tenant_id = directory.current_tenant() and connection_id = $1 and lease = $2",
        connection,
        lease
    )
    .execute(db)
    .await
    .map(drop)
}

/// A connection whose token ends.
pub struct DueRow {
    pub tenant_id: Uuid,
    pub connection_id: Uuid,
    pub expires_at: jiff_sqlx::Timestamp,
}

/// Those of all tenants that end until `before` and that nobody refreshes now, after a place in their order.
pub async fn due(db: &mut PgConnection, providers: &[String], now: Timestamp, before: Timestamp, after: Option<&DueRow>, most: i32) -> Result<Vec<DueRow>> {
    sqlx::query_as!(
        DueRow,
        r#"select tenant_id as "tenant_id!", connection_id as "connection_id!", expires_at as "expires_at!: _" from directory.connections_due($1, $2, $3, $4, $5, $6)"#,
        providers,
        now.to_sqlx() as _,
        before.to_sqlx() as _,
        after.map(|last| last.expires_at) as _,
        after.map(|last| last.connection_id),
        most
    )
    .fetch_all(db)
    .await
}

/// The tenant's connection to an account, held until the transaction ends; none when it was ended or never made.
pub async fn known(db: &mut PgConnection, provider: &str, account: &str) -> Result<Option<Uuid>> {
    sqlx::query_scalar!(
        "select connection_id from connections where tenant_id = directory.current_tenant() and provider = $1 and account = $2 and state <> 'ended' for no key update",
        provider,
        account
    )
    .fetch_optional(db)
    .await
}

pub async fn insert(db: &mut PgConnection, tenant: Uuid, connection: Uuid, (provider, account): (&str, &str), sealed: Sealed, now: Timestamp) -> Result<()> {
    sqlx::query!(
        "insert into connections (tenant_id, connection_id, provider, account, scopes, sealed_access, sealed_refresh, expires_at, state, created_at, changed_at)
         values ($1, $2, $3, $4, coalesce($5, ''), $6, $7, $8, 'live', $9, $9)",
        tenant,
        connection,
        provider,
        account,
        sealed.scopes.as_deref(),
        sealed.access.as_slice(),
        sealed.refresh.as_deref(),
        sealed.expires_at.to_sqlx() as _,
        now.to_sqlx() as _
    )
    .execute(db)
    .await
    .map(drop)
}

/// A newer consent takes the place of the one before. Whoever refreshes that one loses his lease.
pub async fn renew(db: &mut PgConnection, connection: Uuid, sealed: Sealed, now: Timestamp) -> Result<()> {
    sqlx::query!(
        "update connections set sealed_access = $2, sealed_refresh = $3, scopes = coalesce($4, scopes), expires_at = $5, state = 'live', changed_at = $6,
                lease = null, lease_by = null, lease_until = null
         where tenant_id = directory.current_tenant() and connection_id = $1",
        connection,
        sealed.access.as_slice(),
        sealed.refresh.as_deref(),
        sealed.scopes.as_deref(),
        sealed.expires_at.to_sqlx() as _,
        now.to_sqlx() as _
    )
    .execute(db)
    .await
    .map(drop)
}

/// True when it had not ended before.
pub async fn end(db: &mut PgConnection, connection: Uuid, now: Timestamp) -> Result<bool> {
    let done = sqlx::query!(
        "update connections set state = 'ended', changed_at = $2, sealed_access = null, sealed_refresh = null, lease = null, lease_by = null, lease_until = null
         where tenant_id = directory.current_tenant() and connection_id = $1 and state <> 'ended'",
        connection,
        now.to_sqlx() as _
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}
