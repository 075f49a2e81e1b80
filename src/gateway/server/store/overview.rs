//! Deliveries of all partners, for whoever runs the platform (migrations/0130_console_outgoing.sql).

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::platform::meters::GatewayStands;

type Result<T> = std::result::Result<T, sqlx::Error>;

/// Which deliveries are asked for; nothing is everything.
pub struct Filter<'a> {
    /// A partner's code.
    pub partner: Option<&'a str>,
    pub state: Option<&'a str>,
    pub event_type: Option<&'a str>,
    pub before: Option<(Timestamp, Uuid)>,
    pub most: i32,
}

pub struct ListedRow {
    pub delivery_id: Uuid,
    pub partner_name: String,
    pub partner_code: String,
    pub url: String,
    pub building_slug: Option<String>,
    pub event_type: String,
    pub state: String,
    pub attempts: i32,
    pub next_at: jiff_sqlx::Timestamp,
    pub last_status: Option<i32>,
    pub last_ms: Option<i32>,
    pub last_outcome: Option<String>,
    pub created_at: jiff_sqlx::Timestamp,
}

pub async fn list(db: &mut PgConnection, filter: &Filter<'_>) -> Result<Vec<ListedRow>> {
    let (before, before_id) = filter.before.map_or((None, None), |(at, id)| (Some(at.to_sqlx()), Some(id)));
    sqlx::query_as!(
        ListedRow,
        r#"select delivery_id as "delivery_id!", partner_name as "partner_name!", partner_code as "partner_code!", url as "url!", building_slug, event_type as "event_type!",
                  state as "state!", attempts as "attempts!", next_at as "next_at!", last_status, last_ms, last_outcome, created_at as "created_at!"
           from directory.gateway_all_log($1, $2, $3, $4, $5, $6)"#,
        filter.partner,
        filter.state,
        filter.event_type,
        before as _,
        before_id,
        filter.most
    )
    .fetch_all(db)
    .await
}

/// One delivery, and what it said where that may still be shown.
pub struct OneRow {
    pub partner_id: Uuid,
    pub listed: ListedRow,
    pub finished_at: Option<Timestamp>,
    pub message_id: Uuid,
    pub replay_of: Option<Uuid>,
    pub body: Option<String>,
}

pub async fn one(db: &mut PgConnection, delivery: Uuid) -> Result<Option<OneRow>> {
    let row = sqlx::query!(
        r#"select delivery_id as "delivery_id!", partner_id as "partner_id!", partner_name as "partner_name!", partner_code as "partner_code!", url as "url!", building_slug,
                  event_type as "event_type!", state as "state!", attempts as "attempts!", next_at as "next_at!", last_status, last_ms, last_outcome, created_at as "created_at!",
                  finished_at, message_id as "message_id!", replay_of, body
           from directory.gateway_one($1)"#,
        delivery
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| OneRow {
        partner_id: row.partner_id,
        listed: ListedRow {
            delivery_id: row.delivery_id,
            partner_name: row.partner_name,
            partner_code: row.partner_code,
            url: row.url,
            building_slug: row.building_slug,
            event_type: row.event_type,
            state: row.state,
            attempts: row.attempts,
            next_at: row.next_at,
            last_status: row.last_status,
            last_ms: row.last_ms,
            last_outcome: row.last_outcome,
            created_at: row.created_at,
        },
        finished_at: row.finished_at.map(|at| at.to_jiff()),
        message_id: row.message_id,
        replay_of: row.replay_of,
        body: row.body,
    }))
}

pub struct TroubledRow {
    pub partner_name: String,
    pub partner_code: String,
    pub url: String,
    pub state: String,
    pub disabled_reason: Option<String>,
    pub disabled_at: Option<jiff_sqlx::Timestamp>,
    pub hold_until: Option<jiff_sqlx::Timestamp>,
    pub failing_since: Option<jiff_sqlx::Timestamp>,
    pub failures: i32,
    pub waiting: i64,
}

pub async fn troubled(db: &mut PgConnection, now: Timestamp, most: i32) -> Result<Vec<TroubledRow>> {
    sqlx::query_as!(
        TroubledRow,
        r#"select partner_name as "partner_name!", partner_code as "partner_code!", url as "url!", state as "state!", disabled_reason, disabled_at, hold_until, failing_since,
                  failures as "failures!", waiting as "waiting!" from directory.gateway_troubled($1, $2)"#,
        now.to_sqlx() as _,
        most
    )
    .fetch_all(db)
    .await
}

/// How many deliveries wait, and how many dead letters nobody had sent again.
pub async fn stands(db: &mut PgConnection) -> Result<(i64, i64)> {
    let row = sqlx::query!(r#"select waiting as "waiting!", dead as "dead!" from directory.gateway_stands()"#).fetch_one(db).await?;
    Ok((row.waiting, row.dead))
}

/// What a worker measures.
pub async fn measures(db: &mut PgConnection) -> Result<GatewayStands> {
    let row = sqlx::query!(
        r#"select waiting as "waiting!", dead as "dead!", off_owner as "off_owner!", off_gone as "off_gone!", off_failing as "off_failing!", off_operator as "off_operator!"
           from directory.gateway_measures()"#
    )
    .fetch_one(db)
    .await?;
    let off = [("owner", row.off_owner), ("gone", row.off_gone), ("failing", row.off_failing), ("operator", row.off_operator)];
    Ok(GatewayStands { waiting: row.waiting, dead: row.dead, off })
}
