//! Reading the activity line; the platform's `Cx::commit` writes it.

use sqlx::PgConnection;
use uuid::Uuid;

type Result<T> = std::result::Result<T, sqlx::Error>;

/// One entry.
pub struct Line {
    pub seq: i64,
    pub kind: String,
    /// everyone | committee
    pub audience: String,
    pub subject: Option<Uuid>,
}

/// The number of the last entry; 0 before the first.
pub async fn head(db: &mut PgConnection) -> Result<i64> {
    Ok(sqlx::query_scalar!("select last_seq from activity_heads where tenant_id = directory.current_tenant()").fetch_optional(db).await?.unwrap_or(0))
}

/// The next entries after a number, in order.
pub async fn after(db: &mut PgConnection, seq: i64, limit: i64) -> Result<Vec<Line>> {
    sqlx::query_as!(Line, "select seq, kind, audience, subject from activity where tenant_id = directory.current_tenant() and seq > $1 order by seq limit $2", seq, limit)
        .fetch_all(db)
        .await
}
