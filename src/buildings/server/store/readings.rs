//! What the committee's screens read of other rooms' tables, and never write: the attempts to join, and the activity.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

type Result<T> = std::result::Result<T, sqlx::Error>;

pub struct WaitingJoin {
    pub join_id: Uuid,
    pub name: Option<String>,
    pub flat_number: Option<String>,
    pub sealed_phone: Option<Vec<u8>>,
    pub sent_at: Option<jiff_sqlx::Timestamp>,
    pub on_roster: bool,
}

/// Who waits for a yes, the longest first.
pub async fn waiting(db: &mut PgConnection) -> Result<Vec<WaitingJoin>> {
    sqlx::query_as!(
        WaitingJoin,
        r#"select j.join_id, j.name, f.number as "flat_number?", j.sealed_phone, j.sent_at,
                  exists (select 1 from roster r where r.tenant_id = j.tenant_id and r.flat_id = j.flat_id and r.phone_blind = j.phone_blind) as "on_roster!"
           from joins j left join flats f on f.tenant_id = j.tenant_id and f.flat_id = j.flat_id
           where j.tenant_id = directory.current_tenant() and j.state = 'waiting' order by j.sent_at limit 200"#
    )
    .fetch_all(db)
    .await
}

pub struct FunnelRow {
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

/// Attempts to join since a moment: how many reached each step, and milliseconds from step to step. The same measure
/// as `directory.join_times`, for the one tenant: whoever waits for a yes instead of paying is left out.
pub async fn funnel(db: &mut PgConnection, since: Timestamp) -> Result<FunnelRow> {
    sqlx::query_as!(
        FunnelRow,
        r#"with paying as (
             select j.started_at, j.sent_at, j.payment_opened_at, j.confirmed_at, j.first_feed_at,
                    (extract(epoch from j.sent_at - j.started_at) * 1000)::bigint as sent_ms,
                    (extract(epoch from j.payment_opened_at - j.sent_at) * 1000)::bigint as payment_ms,
                    (extract(epoch from j.confirmed_at - j.payment_opened_at) * 1000)::bigint as confirmed_ms,
                    (extract(epoch from j.first_feed_at - j.confirmed_at) * 1000)::bigint as feed_ms,
                    (extract(epoch from j.first_feed_at - j.started_at) * 1000)::bigint as whole_ms
             from joins j
             where j.tenant_id = directory.current_tenant() and j.started_at >= $1
               and not (j.payment_opened_at is null and j.state in ('waiting', 'admitted'))
           )
           select count(*) as "started!", count(sent_at) as "sent!", count(payment_opened_at) as "payment_opened!", count(confirmed_at) as "confirmed!", count(first_feed_at) as "first_feed!",
                  percentile_disc(0.5) within group (order by sent_ms) as sent_p50, percentile_disc(0.95) within group (order by sent_ms) as sent_p95,
                  percentile_disc(0.5) within group (order by payment_ms) as payment_p50, percentile_disc(0.95) within group (order by payment_ms) as payment_p95,
                  percentile_disc(0.5) within group (order by confirmed_ms) as confirmed_p50, percentile_disc(0.95) within group (order by confirmed_ms) as confirmed_p95,
                  percentile_disc(0.5) within group (order by feed_ms) as feed_p50, percentile_disc(0.95) within group (order by feed_ms) as feed_p95,
                  percentile_disc(0.5) within group (order by whole_ms) as whole_p50, percentile_disc(0.95) within group (order by whole_ms) as whole_p95
           from paying"#,
        since.to_sqlx() as _
    )
    .fetch_one(db)
    .await
}

pub struct ActivityLine {
    pub seq: i64,
    pub kind: String,
    pub created_at: jiff_sqlx::Timestamp,
    pub name: Option<String>,
    pub flat_number: Option<String>,
}

/// The latest lines, with the person and the flat they are about: a member, or one who asks to join.
pub async fn activity(db: &mut PgConnection) -> Result<Vec<ActivityLine>> {
    sqlx::query_as!(
        ActivityLine,
        r#"select a.seq, a.kind, a.created_at, coalesce(m.display_name, j.name) as name, f.number as "flat_number?"
           from activity a
           left join memberships m on m.tenant_id = a.tenant_id and m.membership_id = a.subject
           left join joins j on j.tenant_id = a.tenant_id and j.join_id = a.subject
           left join flats f on f.tenant_id = a.tenant_id and f.flat_id = coalesce(m.flat_id, j.flat_id)
           where a.tenant_id = directory.current_tenant() order by a.seq desc limit 40"#
    )
    .fetch_all(db)
    .await
}
