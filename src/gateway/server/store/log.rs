//! One delivery as its partner sees it, with what was sent.

use sqlx::PgConnection;
use uuid::Uuid;

pub struct DeliveryRow {
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
    /// Nothing once its building lets the partner hear nothing any more, or when it is kept no more.
    pub body: Option<String>,
}

pub async fn delivery(db: &mut PgConnection, partner: Uuid, delivery: Uuid) -> Result<Option<DeliveryRow>, sqlx::Error> {
    sqlx::query_as!(
        DeliveryRow,
        r#"select delivery_id as "delivery_id!", message_id as "message_id!", endpoint_id as "endpoint_id!", building_slug, building_name, event_type as "event_type!",
                  sequence as "sequence!", state as "state!", attempts as "attempts!", next_at as "next_at!: jiff_sqlx::Timestamp", last_status, last_ms, last_outcome, replay_of,
                  created_at as "created_at!: jiff_sqlx::Timestamp", finished_at as "finished_at: jiff_sqlx::Timestamp", body from directory.partner_delivery($1, $2)"#,
        partner,
        delivery
    )
    .fetch_optional(db)
    .await
}
