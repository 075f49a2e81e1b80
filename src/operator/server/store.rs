//! What is read across tenants comes out of definer functions only.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

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
