use jiff_sqlx::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

/// When an attempt reached each step.
pub struct Times {
    pub started_at: Timestamp,
    pub sent_at: Option<Timestamp>,
    pub payment_opened_at: Option<Timestamp>,
    pub confirmed_at: Option<Timestamp>,
}

pub async fn times(db: &mut PgConnection, join: Uuid) -> Result<Times, sqlx::Error> {
    sqlx::query_as!(
        Times,
        r#"select started_at as "started_at: Timestamp", sent_at as "sent_at: Timestamp", payment_opened_at as "payment_opened_at: Timestamp", confirmed_at as "confirmed_at: Timestamp"
           from joins where tenant_id = directory.current_tenant() and join_id = $1"#,
        join
    )
    .fetch_one(db)
    .await
}
