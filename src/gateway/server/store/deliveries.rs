//! Deliveries are reached through definer functions only (migrations/0095_deliveries.sql).

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use kit::PersonId;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::gateway::server::breaker::{FAILING_FROM, FLYING_MOST, PROBING_MOST};

type Result<T> = std::result::Result<T, sqlx::Error>;

/// One delivery, held until its lease ends.
pub struct Parcel {
    pub tenant: Uuid,
    pub delivery: Uuid,
    pub created_at: Timestamp,
    pub message: Uuid,
    pub body: String,
    /// 1 for the first attempt.
    pub attempt: i32,
    pub url: String,
}

/// Takes what is due for an endpoint, at most so many.
pub async fn claim(db: &mut PgConnection, endpoint: Uuid, most: i32, now: Timestamp, lease: Timestamp) -> Result<Vec<Parcel>> {
    let rows = sqlx::query!(
        r#"select tenant_id as "tenant_id!", delivery_id as "delivery_id!", created_at as "created_at!", message_id as "message_id!", body as "body!", attempt as "attempt!", url as "url!" from directory.gateway_claim($1, $2, $3, $4, $5, $6, $7)"#,
        endpoint,
        now.to_sqlx() as _,
        lease.to_sqlx() as _,
        most,
        FLYING_MOST,
        PROBING_MOST,
        FAILING_FROM
    )
    .fetch_all(db)
    .await?;
    let parcels = rows.into_iter().map(|row| Parcel {
        tenant: row.tenant_id,
        delivery: row.delivery_id,
        created_at: row.created_at.to_jiff(),
        message: row.message_id,
        body: row.body,
        attempt: row.attempt,
        url: row.url,
    });
    Ok(parcels.collect())
}

/// Waits until nobody else leaves a job under this key: the lock that the queue takes for it itself.
pub async fn take_turn(db: &mut PgConnection, key: &str) -> Result<()> {
    sqlx::query!("select pg_advisory_xact_lock(hashtext($1))", key).execute(db).await?;
    Ok(())
}

/// Sealed secrets that sign for an endpoint, the newest first.
pub async fn signers(db: &mut PgConnection, endpoint: Uuid, now: Timestamp) -> Result<Vec<(Uuid, Vec<u8>)>> {
    let rows = sqlx::query!(r#"select secret_id as "secret_id!", sealed as "sealed!" from directory.gateway_signers($1, $2)"#, endpoint, now.to_sqlx() as _).fetch_all(db).await?;
    Ok(rows.into_iter().map(|row| (row.secret_id, row.sealed)).collect())
}

/// How one attempt went.
pub struct Attempt<'a> {
    pub id: Uuid,
    pub endpoint: Uuid,
    pub lease: Timestamp,
    pub began_at: Timestamp,
    pub status: Option<i32>,
    pub took_ms: i32,
    pub outcome: &'a str,
    pub snippet: &'a str,
    /// delivered | retry | failed | gone
    pub verdict: &'a str,
    pub next_at: Option<Timestamp>,
}

/// Writes it down; how many failures in a row its endpoint has now.
pub async fn record(db: &mut PgConnection, parcel: &Parcel, attempt: &Attempt<'_>, now: Timestamp) -> Result<i32> {
    let next_at = attempt.next_at.map(|at| at.to_sqlx());
    let failures = sqlx::query_scalar!(
        "select directory.gateway_record($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        parcel.tenant,
        parcel.delivery,
        parcel.created_at.to_sqlx() as _,
        attempt.lease.to_sqlx() as _,
        attempt.id,
        parcel.attempt,
        attempt.endpoint,
        attempt.began_at.to_sqlx() as _,
        attempt.status,
        attempt.took_ms,
        attempt.outcome,
        attempt.snippet,
        attempt.verdict,
        next_at as _,
        now.to_sqlx() as _
    )
    .fetch_one(db)
    .await?;
    Ok(failures.unwrap_or_default())
}

/// Sends nothing there before the end of our own pause, nor before what the endpoint asked for; the second outlives a success.
pub async fn hold(db: &mut PgConnection, endpoint: Uuid, pause: Option<Timestamp>, asked: Option<Timestamp>) -> Result<()> {
    let (pause, asked) = (pause.map(|at| at.to_sqlx()), asked.map(|at| at.to_sqlx()));
    sqlx::query!("select directory.gateway_hold($1, $2, $3)", endpoint, pause as _, asked as _).execute(db).await.map(drop)
}

/// `kind`: gone | failing. False when there was nothing to switch off.
pub async fn switch_off(db: &mut PgConnection, endpoint: Uuid, kind: &str, failing_before: Timestamp, notice: Uuid, now: Timestamp) -> Result<bool> {
    let off = sqlx::query_scalar!("select directory.gateway_switch_off($1, $2, $3, $4, $5)", endpoint, kind, failing_before.to_sqlx() as _, notice, now.to_sqlx() as _)
        .fetch_one(db)
        .await?;
    Ok(off.unwrap_or_default())
}

/// When the endpoint's pump has something to do again, by the database's clock.
pub async fn wakes(db: &mut PgConnection, endpoint: Uuid, now: Timestamp) -> Result<Option<Timestamp>> {
    let at = sqlx::query_scalar!("select directory.gateway_wakes($1, $2, $3, $4, $5)", endpoint, now.to_sqlx() as _, FLYING_MOST, PROBING_MOST, FAILING_FROM).fetch_one(db).await?;
    Ok(at.map(|at| at.to_jiff()))
}

/// Endpoints that wait for a pump since before a moment.
pub async fn overdue(db: &mut PgConnection, now: Timestamp, due_before: Timestamp, off_before: Timestamp, limit: i32) -> Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        r#"select endpoint_id as "endpoint_id!" from directory.gateway_overdue($1, $2, $3, $4)"#,
        now.to_sqlx() as _,
        due_before.to_sqlx() as _,
        off_before.to_sqlx() as _,
        limit
    )
    .fetch_all(db)
    .await
}

/// Makes the partitions of the coming months and drops those that are kept no more; how many were made.
pub async fn months(db: &mut PgConnection, now: Timestamp) -> Result<i32> {
    Ok(sqlx::query_scalar!("select directory.gateway_months($1)", now.to_sqlx() as _).fetch_one(db).await?.unwrap_or_default())
}

/// Which deliveries are asked for.
pub struct LogQuery<'a> {
    pub partner: Uuid,
    pub endpoint: Option<Uuid>,
    pub state: Option<&'a str>,
    pub event_type: Option<&'a str>,
    pub before: Option<(Timestamp, Uuid)>,
    pub limit: i32,
}

pub struct LogRow {
    pub delivery_id: Uuid,
    pub message_id: Uuid,
    pub endpoint_id: Uuid,
    pub building_slug: Option<String>,
    pub building_name: Option<String>,
    pub event_type: String,
    pub sequence: i64,
    pub state: String,
    pub attempts: i32,
    pub next_at: jiff_sqlx::Timestamp,
    pub last_status: Option<i32>,
    pub last_ms: Option<i32>,
    pub last_outcome: Option<String>,
    pub replay_of: Option<Uuid>,
    pub created_at: jiff_sqlx::Timestamp,
    pub finished_at: Option<jiff_sqlx::Timestamp>,
}

pub async fn log(db: &mut PgConnection, query: &LogQuery<'_>) -> Result<Vec<LogRow>> {
    let (before, before_id) = query.before.map_or((None, None), |(at, id)| (Some(at.to_sqlx()), Some(id)));
    sqlx::query_as!(
        LogRow,
        r#"select delivery_id as "delivery_id!", message_id as "message_id!", endpoint_id as "endpoint_id!", building_slug, building_name, event_type as "event_type!",
                  sequence as "sequence!", state as "state!", attempts as "attempts!", next_at as "next_at!", last_status, last_ms, last_outcome, replay_of,
                  created_at as "created_at!", finished_at from directory.gateway_log($1, $2, $3, $4, $5, $6, $7)"#,
        query.partner,
        query.endpoint,
        query.state,
        query.event_type,
        before as _,
        before_id,
        query.limit
    )
    .fetch_all(db)
    .await
}

pub struct AttemptRow {
    pub number: i32,
    pub began_at: jiff_sqlx::Timestamp,
    pub status: Option<i32>,
    pub took_ms: i32,
    pub outcome: String,
    pub snippet: String,
}

pub async fn attempts(db: &mut PgConnection, partner: Uuid, delivery: Uuid) -> Result<Vec<AttemptRow>> {
    sqlx::query_as!(
        AttemptRow,
        r#"select number as "number!", began_at as "began_at!", status, took_ms as "took_ms!", outcome as "outcome!", snippet as "snippet!" from directory.gateway_attempts_of($1, $2)"#,
        partner,
        delivery
    )
    .fetch_all(db)
    .await
}

/// The endpoint, and what became of the wish; none when the partner has no such delivery.
pub async fn again(db: &mut PgConnection, partner: Uuid, delivery: Uuid, fresh: Uuid, now: Timestamp) -> Result<Option<(Uuid, String)>> {
    let row =
        sqlx::query!(r#"select endpoint_id as "endpoint_id!", outcome as "outcome!" from directory.gateway_again($1, $2, $3, $4)"#, partner, delivery, fresh, now.to_sqlx() as _)
            .fetch_optional(db)
            .await?;
    Ok(row.map(|row| (row.endpoint_id, row.outcome)))
}

/// How many deliveries were made; none when the endpoint is not the partner's or is off.
pub async fn replay(db: &mut PgConnection, partner: Uuid, endpoint: Uuid, since: Timestamp, until: Timestamp, limit: i32, now: Timestamp) -> Result<Option<i32>> {
    sqlx::query_scalar!("select directory.gateway_replay($1, $2, $3, $4, $5, $6)", partner, endpoint, since.to_sqlx() as _, until.to_sqlx() as _, limit, now.to_sqlx() as _)
        .fetch_one(db)
        .await
}

pub struct Trial<'a> {
    pub partner: Uuid,
    pub endpoint: Uuid,
    pub message: Uuid,
    pub delivery: Uuid,
    pub body: &'a str,
    /// In a minute.
    pub most: i32,
}

/// False when the endpoint is not the partner's or is off; none when there were too many within the last minute.
pub async fn trial(db: &mut PgConnection, trial: &Trial<'_>, now: Timestamp) -> Result<Option<bool>> {
    sqlx::query_scalar!(
        "select directory.gateway_try($1, $2, $3, $4, $5, $6, $7)",
        trial.partner,
        trial.endpoint,
        trial.message,
        trial.delivery,
        trial.body,
        trial.most,
        now.to_sqlx() as _
    )
    .fetch_one(db)
    .await
}

pub struct NoticeRow {
    pub notice_id: Uuid,
    pub endpoint_id: Uuid,
    pub url: String,
    pub kind: String,
    pub told_at: jiff_sqlx::Timestamp,
}

pub async fn notices(db: &mut PgConnection, partner: Uuid) -> Result<Vec<NoticeRow>> {
    sqlx::query_as!(
        NoticeRow,
        r#"select notice_id as "notice_id!", endpoint_id as "endpoint_id!", url as "url!", kind as "kind!", told_at as "told_at!" from directory.gateway_notices_of($1)"#,
        partner
    )
    .fetch_all(db)
    .await
}

/// Who works for the partner that a notice is for.
pub async fn notice_staff(db: &mut PgConnection, notice: Uuid) -> Result<Vec<PersonId>> {
    let rows = sqlx::query_scalar!(r#"select person as "person!" from directory.gateway_notice_staff($1) as person"#, notice).fetch_all(db).await?;
    Ok(rows.into_iter().map(PersonId).collect())
}

/// A notice as it is told to one of them.
pub struct NoticeTo {
    pub sealed_phone: Vec<u8>,
    pub code: String,
    pub name: String,
    pub url: String,
    pub kind: String,
}

/// None when the notice was read or put right meanwhile, or when the person does not work there any more.
pub async fn notice_to(db: &mut PgConnection, notice: Uuid, person: PersonId) -> Result<Option<NoticeTo>> {
    sqlx::query_as!(
        NoticeTo,
        r#"select sealed_phone as "sealed_phone!", code as "code!", name as "name!", url as "url!", kind as "kind!" from directory.gateway_notice_to($1, $2)"#,
        notice,
        person.0
    )
    .fetch_optional(db)
    .await
}

pub async fn notice_read(db: &mut PgConnection, partner: Uuid, notice: Uuid, now: Timestamp) -> Result<()> {
    sqlx::query!("select directory.gateway_notice_read($1, $2, $3)", partner, notice, now.to_sqlx() as _).execute(db).await.map(drop)
}
