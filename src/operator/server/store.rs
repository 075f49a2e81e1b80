//! What is read across tenants comes out of definer functions only.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::operator::model::LaneRow;

type Result<T> = std::result::Result<T, sqlx::Error>;

/// One building's line of `directory.join_times`; without slug and name it is all of them together.
pub struct TimesRow {
    pub slug: Option<String>,
    pub name: Option<String>,
    pub started: i64,
    pub sent: i64,
    pub payment_opened: i64,
    pub confirmed: i64,
    pub first_feed: i64,
    pub sent_p50: Option<i64>,
    pub sent_p95: Option<i64>,
    pub payment_p50: Option<i64>,
    pub payment_p95: Option<i64>,
    pub confirmed_p50: Option<i64>,
    pub confirmed_p95: Option<i64>,
    pub feed_p50: Option<i64>,
    pub feed_p95: Option<i64>,
    pub whole_p50: Option<i64>,
    pub whole_p95: Option<i64>,
}

pub async fn join_times(db: &mut PgConnection, since: Timestamp) -> Result<Vec<TimesRow>> {
    sqlx::query_as!(
        TimesRow,
        r#"select slug, name, started as "started!", sent as "sent!", payment_opened as "payment_opened!", confirmed as "confirmed!", first_feed as "first_feed!",
                  sent_p50, sent_p95, payment_p50, payment_p95, confirmed_p50, confirmed_p95, feed_p50, feed_p95, whole_p50, whole_p95
           from directory.join_times($1)"#,
        since.to_sqlx() as _
    )
    .fetch_all(db)
    .await
}

pub async fn lanes(db: &mut PgConnection) -> Result<Vec<LaneRow>> {
    sqlx::query_as!(
        LaneRow,
        r#"select lane as "lane!", waiting as "waiting!", later as "later!", running as "running!", retrying as "retrying!", oldest_s, done_hour as "done_hour!",
                  failed_hour as "failed_hour!", dead as "dead!", pace as "pace!" from jobs.lanes_now()"#
    )
    .fetch_all(db)
    .await
}

/// A job that failed and will be tried again.
pub struct RetryRow {
    pub task: String,
    pub tenant_id: Option<Uuid>,
    pub attempts: i32,
    pub most_attempts: i32,
    pub in_s: i64,
    pub error: String,
}

pub async fn retrying(db: &mut PgConnection, most: i32) -> Result<Vec<RetryRow>> {
    sqlx::query_as!(
        RetryRow,
        r#"select task as "task!", tenant_id, attempts as "attempts!", most_attempts as "most_attempts!", in_s as "in_s!", coalesce(error, '') as "error!" from jobs.retrying($1)"#,
        most
    )
    .fetch_all(db)
    .await
}

pub struct LetterRow {
    pub dead_id: i64,
    pub task: String,
    pub tenant_id: Option<Uuid>,
    pub attempts: i32,
    pub most_attempts: i32,
    pub ago_s: i64,
    pub last_error: String,
    pub errors: serde_json::Value,
    pub discarded: bool,
}

pub async fn dead_letters(db: &mut PgConnection, most: i32) -> Result<Vec<LetterRow>> {
    sqlx::query_as!(
        LetterRow,
        r#"select dead_id as "dead_id!", task as "task!", tenant_id, attempts as "attempts!", most_attempts as "most_attempts!", ago_s as "ago_s!", last_error as "last_error!",
                  errors as "errors!", discarded as "discarded!" from jobs.dead_letters($1)"#,
        most
    )
    .fetch_all(db)
    .await
}

pub struct ScheduleRow {
    pub schedule: String,
    pub places: i64,
    pub last_run: jiff_sqlx::Timestamp,
    pub next_run: Option<jiff_sqlx::Timestamp>,
}

pub async fn schedules(db: &mut PgConnection) -> Result<Vec<ScheduleRow>> {
    sqlx::query_as!(
        ScheduleRow,
        r#"select schedule as "schedule!", places as "places!", last_run as "last_run!: jiff_sqlx::Timestamp", next_run as "next_run: jiff_sqlx::Timestamp" from jobs.schedules_now()"#
    )
    .fetch_all(db)
    .await
}

pub async fn tenant_names(db: &mut PgConnection, tenants: &[Uuid]) -> Result<Vec<(Uuid, String)>> {
    let rows = sqlx::query!(r#"select tenant_id as "tenant_id!", name as "name!" from directory.tenant_names($1)"#, tenants).fetch_all(db).await?;
    Ok(rows.into_iter().map(|row| (row.tenant_id, row.name)).collect())
}

/// What became of a letter: `replayed`; `waits`, and stays open, while a job of its key waits or runs; `late` when somebody
/// decided about it before.
pub async fn replay(db: &mut PgConnection, letter: i64, by: Uuid) -> Result<String> {
    sqlx::query_scalar!(r#"select jobs.put_in($1, $2) as "became!""#, letter, by).fetch_one(db).await
}

/// How many of a task's letters were put in, and how many stay open because a job of their key waits or runs.
pub async fn replay_task(db: &mut PgConnection, task: &str, by: Uuid) -> Result<(i64, i64)> {
    let became = sqlx::query!(r#"select replayed as "replayed!", waiting as "waiting!" from jobs.put_in_all($1, $2)"#, task, by).fetch_one(db).await?;
    Ok((became.replayed, became.waiting))
}

pub async fn discard(db: &mut PgConnection, letter: i64, by: Uuid) -> Result<bool> {
    sqlx::query_scalar!(r#"select jobs.discard($1, $2) as "done!""#, letter, by).fetch_one(db).await
}

pub async fn restore(db: &mut PgConnection, letter: i64) -> Result<bool> {
    sqlx::query_scalar!(r#"select jobs.restore($1) as "done!""#, letter).fetch_one(db).await
}

/// Which tenants or companies are listed.
pub struct Listing<'a> {
    /// Part of a name or an address.
    pub search: Option<&'a str>,
    pub before: Option<(Timestamp, Uuid)>,
    pub most: i32,
}

pub struct TenantRow {
    pub tenant_id: Uuid,
    pub slug: String,
    pub name: String,
    pub company: Option<String>,
    pub created_at: jiff_sqlx::Timestamp,
    pub flats: i64,
    pub residents: i64,
    pub deliveries: i64,
    pub last_activity: Option<jiff_sqlx::Timestamp>,
}

pub async fn tenants(db: &mut PgConnection, listing: &Listing<'_>) -> Result<Vec<TenantRow>> {
    let (before, before_id) = listing.before.map_or((None, None), |(at, id)| (Some(at.to_sqlx()), Some(id)));
    sqlx::query_as!(
        TenantRow,
        r#"select tenant_id as "tenant_id!", slug as "slug!", name as "name!", company, created_at as "created_at!", flats as "flats!", residents as "residents!",
                  deliveries as "deliveries!", last_activity from directory.tenants_listed($1, $2, $3, $4)"#,
        listing.search,
        before as _,
        before_id,
        listing.most
    )
    .fetch_all(db)
    .await
}

/// Jobs that wait for each of these tenants.
pub async fn jobs_waiting(db: &mut PgConnection, tenants: &[Uuid]) -> Result<Vec<(Uuid, i64)>> {
    let rows = sqlx::query!(r#"select tenant_id as "tenant_id!", waiting as "waiting!" from jobs.waiting_of($1)"#, tenants).fetch_all(db).await?;
    Ok(rows.into_iter().map(|row| (row.tenant_id, row.waiting)).collect())
}

pub struct CompanyRow {
    pub company_id: Uuid,
    pub name: String,
    pub created_at: jiff_sqlx::Timestamp,
    pub buildings: i64,
    pub staff: i64,
}

pub async fn companies(db: &mut PgConnection, listing: &Listing<'_>) -> Result<Vec<CompanyRow>> {
    let (before, before_id) = listing.before.map_or((None, None), |(at, id)| (Some(at.to_sqlx()), Some(id)));
    sqlx::query_as!(
        CompanyRow,
        r#"select company_id as "company_id!", name as "name!", created_at as "created_at!", buildings as "buildings!", staff as "staff!" from directory.companies_listed($1, $2, $3, $4)"#,
        listing.search,
        before as _,
        before_id,
        listing.most
    )
    .fetch_all(db)
    .await
}

/// Runners of a lane.
pub struct RunnersRow {
    pub lane: String,
    pub alive: i64,
    pub silent: i64,
    pub heard_s: Option<i64>,
}

pub async fn runners(db: &mut PgConnection, silent_ms: i64) -> Result<Vec<RunnersRow>> {
    sqlx::query_as!(RunnersRow, r#"select lane as "lane!", alive as "alive!", silent as "silent!", heard_s from jobs.runners_now($1)"#, silent_ms).fetch_all(db).await
}

/// Connections of each role.
pub async fn connections(db: &mut PgConnection) -> Result<Vec<(String, i64)>> {
    let rows = sqlx::query!(r#"select role as "role!", connections as "connections!" from jobs.connections_now()"#).fetch_all(db).await?;
    Ok(rows.into_iter().map(|row| (row.role, row.connections)).collect())
}

/// Partitions of no month that hold something, in bytes.
pub async fn astray(db: &mut PgConnection) -> Result<Vec<(String, i64)>> {
    let rows = sqlx::query!(r#"select part as "part!", bytes as "bytes!" from jobs.astray_now()"#).fetch_all(db).await?;
    Ok(rows.into_iter().map(|row| (row.part, row.bytes)).collect())
}

/// Inbound events that nobody is known for, and when the audit log was last sealed.
pub async fn kept(db: &mut PgConnection) -> Result<(i64, Option<Timestamp>)> {
    let row = sqlx::query!(r#"select unrouted as "unrouted!", sealed_at from directory.kept_now()"#).fetch_one(db).await?;
    Ok((row.unrouted, row.sealed_at.map(|at| at.to_jiff())))
}

pub async fn ping(db: &mut PgConnection) -> Result<()> {
    sqlx::query_scalar!("select 1").fetch_one(db).await.map(drop)
}
