//! The only SQL of the audit log. It reads; lines are written by `Cx::commit`, and chained by the database's trigger.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use super::chain::{Break, Line};
use super::seals::Seal;

type Result<T> = std::result::Result<T, sqlx::Error>;

// ------------------------------------------------------------------------------------------------ the chain
/// Binds a transaction to a tenant, for who verifies without a context.
pub async fn bind(db: &mut PgConnection, tenant: Uuid) -> Result<()> {
    sqlx::query!("select tenant_id from directory.open_by_id($1)", tenant).fetch_one(db).await.map(drop)
}

/// Number and hash of the last line, as the head counts.
pub async fn head(db: &mut PgConnection) -> Result<Option<(i64, Vec<u8>)>> {
    let row = sqlx::query!(r#"select last_seq as "last_seq!", last_hash as "last_hash!" from directory.audit_head()"#).fetch_optional(db).await?;
    Ok(row.map(|row| (row.last_seq, row.last_hash)))
}

pub async fn anchors(db: &mut PgConnection, tenant: Uuid) -> Result<Vec<(i64, Vec<u8>)>> {
    let rows = sqlx::query!("select seq, hash from audit_anchors where tenant_id = $1 order by seq", tenant).fetch_all(db).await?;
    Ok(rows.into_iter().map(|row| (row.seq, row.hash)).collect())
}

struct LineRow {
    seq: i64,
    audit_id: Uuid,
    actor: Option<Uuid>,
    actor_role: String,
    act: String,
    subject: String,
    detail: String,
    address: Option<String>,
    trace_id: String,
    created_at: jiff_sqlx::Timestamp,
    prev_hash: Vec<u8>,
    hash: Vec<u8>,
}

/// Lines with these numbers, in order. The tenant is named beside the wall, so that one whom no wall stops reads the same.
pub async fn lines(db: &mut PgConnection, tenant: Uuid, after: i64, upto: i64) -> Result<Vec<Line>> {
    let rows = sqlx::query_as!(
        LineRow,
        r#"select seq, audit_id, actor, actor_role, act, subject, detail::text as "detail!", address, trace_id, created_at, prev_hash, hash
           from audit_log where tenant_id = $1 and seq > $2 and seq <= $3 order by seq, created_at"#,
        tenant,
        after,
        upto
    )
    .fetch_all(db)
    .await?;
    let line = |row: LineRow| Line {
        seq: row.seq,
        audit_id: row.audit_id,
        actor: row.actor,
        actor_role: row.actor_role,
        act: row.act,
        subject: row.subject,
        detail: row.detail,
        address: row.address,
        trace_id: row.trace_id,
        at_us: row.created_at.to_jiff().as_microsecond(),
        prev_hash: row.prev_hash,
        hash: row.hash,
    };
    Ok(rows.into_iter().map(line).collect())
}

/// The next number behind one that has a line, up to a bound.
pub async fn next_seq(db: &mut PgConnection, tenant: Uuid, after: i64, upto: i64) -> Result<Option<i64>> {
    sqlx::query_scalar!("select min(seq) from audit_log where tenant_id = $1 and seq > $2 and seq <= $3", tenant, after, upto).fetch_one(db).await
}

/// A line behind the head. One query, so both are seen at one moment, however many lines come meanwhile.
pub async fn beyond_head(db: &mut PgConnection, tenant: Uuid) -> Result<Option<i64>> {
    sqlx::query_scalar!("select min(seq) from audit_log where tenant_id = $1 and seq > coalesce((select h.last_seq from directory.audit_head() h), 0)", tenant).fetch_one(db).await
}

/// A tenant's chain, for the jobs and the command.
pub struct ChainRow {
    pub tenant_id: Uuid,
    pub slug: String,
    pub last_seq: i64,
}

/// Every tenant's, or one's; the one that was not read for longest first.
pub async fn chains(db: &mut PgConnection, slug: Option<&str>) -> Result<Vec<ChainRow>> {
    sqlx::query_as!(ChainRow, r#"select tenant_id as "tenant_id!", slug as "slug!", last_seq as "last_seq!" from directory.audit_chains($1)"#, slug).fetch_all(db).await
}

// ------------------------------------------------------------------------------------------------ anchors, months, checks
/// Makes the months to come; how many.
pub async fn make_months(db: &mut PgConnection, now: Timestamp, ahead: i32) -> Result<i32> {
    Ok(sqlx::query_scalar!("select directory.audit_make_months($1, $2)", now.to_sqlx() as _, ahead).fetch_one(db).await?.unwrap_or_default())
}

/// Tells of the hours that are over how often somebody knocked from outside; how many were looked at.
pub async fn knocks_end(db: &mut PgConnection, trace: &str, now: Timestamp, most: i32) -> Result<i32> {
    Ok(sqlx::query_scalar!("select directory.audit_knocks_end($1, $2, $3)", trace, now.to_sqlx() as _, most).fetch_one(db).await?.unwrap_or_default())
}

/// Anchors the heads and seals the hour: number, anchors, digest. Nothing when the hour is sealed.
pub async fn anchor(db: &mut PgConnection, now: Timestamp) -> Result<Option<(i64, i64, Vec<u8>)>> {
    let row = sqlx::query!(r#"select seal as "seal!", anchors as "anchors!", digest as "digest!" from directory.audit_anchor($1)"#, now.to_sqlx() as _).fetch_optional(db).await?;
    Ok(row.map(|row| (row.seal, row.anchors, row.digest)))
}

pub async fn seals_after(db: &mut PgConnection, after: i64, most: i32) -> Result<Vec<Seal>> {
    let rows = sqlx::query!(
        r#"select seal as "seal!", sealed_at as "sealed_at!: jiff_sqlx::Timestamp", anchors as "anchors!", digest as "digest!", sealed as "sealed!" from directory.audit_seals_after($1, $2)"#,
        after,
        most
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| Seal { seal: row.seal, at_us: row.sealed_at.to_jiff().as_microsecond(), anchors: row.anchors, digest: row.digest, sealed: row.sealed }).collect())
}

/// Notes that a chain was read through, and what was found.
pub async fn note_check(db: &mut PgConnection, tenant: Uuid, now: Timestamp, outcome: Reading) -> Result<()> {
    let (lines, seq, how) = match outcome {
        Ok(lines) => (lines, None, None),
        Err(found) => (found.seq - 1, Some(found.seq), Some(found.how.word())),
    };
    sqlx::query!(
        "insert into audit_checks (tenant_id, checked_at, lines, broken_seq, broken_how) values ($1, $2, $3, $4, $5)
         on conflict (tenant_id) do update set checked_at = excluded.checked_at, lines = excluded.lines, broken_seq = excluded.broken_seq, broken_how = excluded.broken_how",
        tenant,
        now.to_sqlx() as _,
        lines,
        seq,
        how
    )
    .execute(db)
    .await
    .map(drop)
}

/// What a reading found: how many lines, or the first break.
pub type Reading = std::result::Result<i64, Break>;

pub struct CheckRow {
    pub checked_at: jiff_sqlx::Timestamp,
    pub lines: i64,
    pub broken_seq: Option<i64>,
    pub broken_how: Option<String>,
}

pub async fn last_check(db: &mut PgConnection) -> Result<Option<CheckRow>> {
    sqlx::query_as!(CheckRow, "select checked_at, lines, broken_seq, broken_how from audit_checks where tenant_id = directory.current_tenant()").fetch_optional(db).await
}

// ------------------------------------------------------------------------------------------------ reading
/// A line as the screen and the export show it.
#[derive(Debug)]
pub struct ShownLine {
    pub seq: i64,
    pub created_at: jiff_sqlx::Timestamp,
    pub actor: Option<Uuid>,
    pub actor_role: String,
    pub act: String,
    pub subject: String,
    pub detail: serde_json::Value,
    pub address: Option<String>,
    pub trace_id: String,
    pub hash: Vec<u8>,
}

/// What to look for. An absent part lets everything through.
#[derive(Default)]
pub struct Wanted<'a> {
    /// Families of acts (what stands before the dot), and single acts beside them.
    pub families: Option<&'a [String]>,
    pub acts: &'a [String],
    pub automatic: bool,
    /// A pattern of LIKE, with the acts and people it stands for and an amount in minor units.
    pub pattern: Option<&'a str>,
    pub asked_acts: &'a [String],
    pub asked_people: &'a [Uuid],
    pub asked_amount: Option<&'a str>,
}

/// The latest lines before a number and after another.
pub async fn latest(db: &mut PgConnection, before: i64, after: i64, wanted: &Wanted<'_>, most: i64) -> Result<Vec<ShownLine>> {
    sqlx::query_as!(
        ShownLine,
        r#"select seq, created_at, actor, actor_role, act, subject, detail, address, trace_id, hash from audit_log
           where tenant_id = directory.current_tenant() and seq < $1 and seq > $2
             and ($3::text[] is null or split_part(act, '.', 1) = any($3) or act = any($4))
             and (not $5 or actor_role = 'system')
             and ($6::text is null or act = any($7) or actor = any($8) or subject ilike $6 or detail::text ilike $6 or address ilike $6 or detail->>'amount_minor' = $9)
           order by seq desc limit $10"#,
        before,
        after,
        wanted.families as _,
        wanted.acts as _,
        wanted.automatic,
        wanted.pattern,
        wanted.asked_acts as _,
        wanted.asked_people,
        wanted.asked_amount,
        most
    )
    .fetch_all(db)
    .await
}

/// Lines of a time, in the order of the chain.
pub async fn between(db: &mut PgConnection, from: Timestamp, to: Timestamp, most: i64) -> Result<Vec<ShownLine>> {
    sqlx::query_as!(
        ShownLine,
        "select seq, created_at, actor, actor_role, act, subject, detail, address, trace_id, hash from audit_log
         where tenant_id = directory.current_tenant() and created_at >= $1 and created_at < $2 order by seq limit $3",
        from.to_sqlx() as _,
        to.to_sqlx() as _,
        most
    )
    .fetch_all(db)
    .await
}

/// When the first line was written.
pub async fn first_at(db: &mut PgConnection) -> Result<Option<Timestamp>> {
    let at = sqlx::query_scalar!(r#"select created_at as "at: jiff_sqlx::Timestamp" from audit_log where tenant_id = directory.current_tenant() and seq = 1"#)
        .fetch_optional(db)
        .await?;
    Ok(at.map(|at| at.to_jiff()))
}

/// When the last hour was sealed, and how many chains were broken when they were last read.
pub async fn measures(db: &mut PgConnection) -> Result<(Option<Timestamp>, i64)> {
    let row = sqlx::query!(r#"select sealed_at as "sealed_at: jiff_sqlx::Timestamp", broken as "broken!" from directory.audit_measures()"#).fetch_one(db).await?;
    Ok((row.sealed_at.map(|at| at.to_jiff()), row.broken))
}
