use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::service::InboundEvent;

type Result<T> = std::result::Result<T, sqlx::Error>;

/// One event to be kept.
pub struct Kept<'a> {
    pub inbound: Uuid,
    pub provider: &'a str,
    pub account: &'a str,
    pub phone: Option<&'a str>,
    pub event: &'a str,
    pub kind: &'a str,
    pub content_type: &'a str,
    pub body: &'a [u8],
    pub proven: bool,
    /// What it becomes when its tenant is known.
    pub state: &'a str,
    /// The account to whose own address it came.
    pub came_to: Option<Uuid>,
}

/// Where a new event came to stand.
pub struct Stands {
    pub state: String,
    /// Whose it is; `None` for the platform's own, and while no tenant has its account.
    pub tenant: Option<Uuid>,
}

/// `None` when it was known before.
pub async fn keep(db: &mut PgConnection, row: Kept<'_>, now: Timestamp) -> Result<Option<Stands>> {
    let kept = sqlx::query!(
        r#"select is_new as "is_new!", state, tenant_id from directory.intake_keep_one($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"#,
        row.inbound,
        row.provider,
        row.account,
        row.phone,
        row.event,
        row.kind,
        row.content_type,
        row.body,
        row.proven,
        row.state,
        row.came_to,
        now.to_sqlx() as _
    )
    .fetch_one(db)
    .await?;
    Ok(kept.state.filter(|_| kept.is_new).map(|state| Stands { state, tenant: kept.tenant_id }))
}

/// An account as an event finds it.
pub struct RouteRow {
    pub tenant_id: Uuid,
    pub account_id: Uuid,
    pub account: String,
    pub path_hash: Option<Vec<u8>>,
    pub sealed: Option<Vec<u8>>,
}

pub async fn route(db: &mut PgConnection, provider: &str, account: Option<&str>, path_hash: Option<&[u8]>) -> Result<Option<RouteRow>> {
    sqlx::query_as!(
        RouteRow,
        r#"select tenant_id as "tenant_id!", account_id as "account_id!", account as "account!", path_hash, sealed from directory.intake_route($1, $2, null, $3)"#,
        provider,
        account,
        path_hash
    )
    .fetch_optional(db)
    .await
}

/// One account to be added.
pub struct NewRow<'a> {
    pub tenant: Uuid,
    pub account_id: Uuid,
    pub provider: &'a str,
    pub account: &'a str,
    pub phone: Option<&'a str>,
    pub path_hash: Option<Vec<u8>>,
    pub sealed: Vec<u8>,
}

/// False when the tenant has it already.
pub async fn add_account(db: &mut PgConnection, row: NewRow<'_>, now: Timestamp) -> Result<bool> {
    let added = sqlx::query!(
        "insert into intake_accounts (tenant_id, account_id, provider, account, phone, path_hash, sealed, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing",
        row.tenant,
        row.account_id,
        row.provider,
        row.account,
        row.phone,
        row.path_hash,
        row.sealed,
        now.to_sqlx() as _
    )
    .execute(db)
    .await?;
    Ok(added.rows_affected() == 1)
}

/// What came of proving an account.
pub enum Proven {
    Done,
    /// The tenant has no such account that is open and not proven yet.
    NoneWaits,
    /// Another tenant has proven the same name or phone.
    Taken,
}

pub async fn prove_account(db: &mut PgConnection, tenant: Uuid, account: Uuid) -> Result<Proven> {
    // A refusal undoes this and nothing of the caller's.
    let mut savepoint = db.begin().await?;
    let proven = sqlx::query!("update intake_accounts set state = 'proven' where tenant_id = $1 and account_id = $2 and state = 'unproven' and closed_at is null", tenant, account)
        .execute(&mut *savepoint)
        .await;
    match proven {
        Ok(done) => {
            savepoint.commit().await?;
            Ok(if done.rows_affected() == 1 { Proven::Done } else { Proven::NoneWaits })
        }
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
            savepoint.rollback().await?;
            Ok(Proven::Taken)
        }
        Err(error) => Err(error),
    }
}

pub async fn close_account(db: &mut PgConnection, tenant: Uuid, account: Uuid, now: jiff_sqlx::Timestamp) -> Result<bool> {
    let closed =
        sqlx::query!("update intake_accounts set closed_at = $3 where tenant_id = $1 and account_id = $2 and closed_at is null", tenant, account, now as _).execute(db).await?;
    Ok(closed.rows_affected() == 1)
}

pub async fn read(db: &mut PgConnection, inbound: Uuid) -> Result<Option<InboundEvent>> {
    sqlx::query_as!(InboundEvent, r#"select kind as "kind!", body as "body!", state as "state!" from directory.intake_event($1)"#, inbound).fetch_optional(db).await
}

pub async fn done(db: &mut PgConnection, inbound: Uuid, state: &str, tenant: Option<Uuid>, now: Timestamp) -> Result<()> {
    sqlx::query!("select directory.inbound_done($1, $2, $3, $4)", inbound, state, tenant, now.to_sqlx() as _).execute(db).await.map(drop)
}

/// An event with all that is known of it.
pub struct EventRow {
    pub provider: String,
    pub account: String,
    pub event_id: String,
    pub kind: String,
    pub content_type: String,
    pub body: Vec<u8>,
    pub proven: bool,
    pub state: String,
    pub tenant_id: Option<Uuid>,
    pub tenant_slug: Option<String>,
    pub tenant_name: Option<String>,
    pub received_at: jiff_sqlx::Timestamp,
    pub processed_at: Option<jiff_sqlx::Timestamp>,
    pub replays: i32,
}

pub async fn event(db: &mut PgConnection, inbound: Uuid) -> Result<Option<EventRow>> {
    sqlx::query_as!(
        EventRow,
        r#"select provider as "provider!", account as "account!", event_id as "event_id!", kind as "kind!", content_type as "content_type!", body as "body!", proven as "proven!",
                  state as "state!", tenant_id, tenant_slug, tenant_name, received_at as "received_at!: jiff_sqlx::Timestamp", processed_at as "processed_at: jiff_sqlx::Timestamp", replays as "replays!"
           from directory.intake_event($1)"#,
        inbound
    )
    .fetch_optional(db)
    .await
}

/// What an event turns into.
pub struct Turn<'a> {
    pub from: &'a [String],
    pub state: &'a str,
    pub tenant: Option<Uuid>,
    pub processed: Option<Timestamp>,
    pub replayed: Option<Timestamp>,
}

/// False when it stands in none of the states it was to turn from.
pub async fn turn(db: &mut PgConnection, inbound: Uuid, turn: Turn<'_>) -> Result<bool> {
    let (processed, replayed) = (turn.processed.map(|at| at.to_sqlx()), turn.replayed.map(|at| at.to_sqlx()));
    let turned = sqlx::query_scalar!("select directory.intake_turn($1, $2, $3, $4, $5, $6)", inbound, turn.from, turn.state, turn.tenant, processed as _, replayed as _)
        .fetch_one(db)
        .await?;
    Ok(turned.unwrap_or(false))
}

pub async fn waiting(db: &mut PgConnection, provider: &str, account: &str, most: i32) -> Result<Vec<Uuid>> {
    sqlx::query_scalar!(r#"select w as "w!" from directory.intake_waiting($1, $2, $3) w"#, provider, account, most).fetch_all(db).await
}

/// Events that wait for one account, by its name or its phone.
pub async fn waiting_for(db: &mut PgConnection, account: Uuid, most: i32) -> Result<Vec<Uuid>> {
    sqlx::query_scalar!(r#"select w as "w!" from directory.intake_waiting_for($1, $2) w"#, account, most).fetch_all(db).await
}

/// The tenant that an event belongs to by now.
pub async fn whose(db: &mut PgConnection, inbound: Uuid) -> Result<Option<Uuid>> {
    sqlx::query_scalar!("select directory.intake_whose($1)", inbound).fetch_one(db).await
}

/// One line of the operator's list.
pub struct ListRow {
    pub inbound_id: Uuid,
    pub provider: String,
    pub account: String,
    pub event_id: String,
    pub kind: String,
    pub state: String,
    pub proven: bool,
    pub tenant_slug: Option<String>,
    pub size: i32,
    pub received_at: jiff_sqlx::Timestamp,
    pub replays: i32,
}

/// What the list is asked for.
#[derive(Clone, Debug, Default)]
pub struct Filter<'a> {
    pub provider: Option<&'a str>,
    pub state: Option<&'a str>,
    pub event: Option<&'a str>,
    pub before: Option<(Timestamp, Uuid)>,
    pub most: i32,
}

pub async fn list(db: &mut PgConnection, filter: &Filter<'_>) -> Result<Vec<ListRow>> {
    let (before, before_id) = filter.before.unzip();
    let before = before.map(|at| at.to_sqlx());
    sqlx::query_as!(
        ListRow,
        r#"select inbound_id as "inbound_id!", provider as "provider!", account as "account!", event_id as "event_id!", kind as "kind!", state as "state!", proven as "proven!",
                  tenant_slug, size as "size!", received_at as "received_at!: jiff_sqlx::Timestamp", replays as "replays!"
           from directory.intake_list($1, $2, $3, $4, $5, $6)"#,
        filter.provider,
        filter.state,
        filter.event,
        before as _,
        before_id,
        filter.most
    )
    .fetch_all(db)
    .await
}

pub async fn forged(db: &mut PgConnection, provider: &str, hour: Timestamp, reason: &str, count: i64) -> Result<()> {
    sqlx::query!("select directory.intake_forged($1, $2, $3, $4)", provider, hour.to_sqlx() as _, reason, count).execute(db).await.map(drop)
}

/// Provider, hour and how many.
pub async fn forged_since(db: &mut PgConnection, since: Timestamp) -> Result<Vec<(String, Timestamp, i64)>> {
    let rows =
        sqlx::query!(r#"select provider as "provider!", hour as "hour!: jiff_sqlx::Timestamp", count as "count!" from directory.intake_forged_since($1)"#, since.to_sqlx() as _)
            .fetch_all(db)
            .await?;
    Ok(rows.into_iter().map(|row| (row.provider, row.hour.to_jiff(), row.count)).collect())
}

/// How many months were taken away.
pub async fn months(db: &mut PgConnection, now: Timestamp, kept_months: i32) -> Result<i32> {
    Ok(sqlx::query_scalar!("select directory.inbound_months($1, $2)", now.to_sqlx() as _, kept_months).fetch_one(db).await?.unwrap_or_default())
}

pub async fn forget(db: &mut PgConnection, before: Timestamp, most: i32) -> Result<i64> {
    Ok(sqlx::query_scalar!("select directory.intake_forget($1, $2)", before.to_sqlx() as _, most).fetch_one(db).await?.unwrap_or_default())
}
