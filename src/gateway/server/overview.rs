//! Deliveries of all partners, for whoever runs the platform: lists them, looks at one, has one sent again, and tells which
//! endpoints nothing goes to. The caller has asked who asks.

use hooks::address::{Reach, Target};
use jiff::Timestamp;
use uuid::Uuid;

use super::breaker::FAILING_FROM;
use super::delivery::{self, Again, AttemptLine, DeliveryState, read_cursor, write_cursor};
use super::error::GatewayRefusal;
use super::sending::message_name;
use super::store::overview::{self as store, Filter};
use crate::gateway::model::{EVENT_TYPES, clean_code};
use crate::platform::{AppState, Fault, GlobalCx};

/// Deliveries on one page.
const PAGE: i32 = 50;
/// Endpoints told at once.
const ENDPOINTS: i32 = 100;

/// What the list is asked for. Words that name nothing are as if they were not there.
#[derive(Clone, Debug, Default)]
pub struct SentQuery {
    /// A partner's code.
    pub partner: String,
    pub state: String,
    pub event_type: String,
    /// A page's `next`.
    pub cursor: String,
}

/// One delivery of the list.
#[derive(Clone, Debug)]
pub struct Sent {
    pub id: Uuid,
    pub partner: String,
    pub code: String,
    /// Scheme and host of its endpoint; the rest of an address may hold a secret of the partner's.
    pub host: String,
    /// The building's slug; none for a test event.
    pub building: Option<String>,
    pub event_type: String,
    pub state: String,
    pub attempts: i32,
    /// When it is tried next, while it is pending.
    pub next_at: Option<Timestamp>,
    pub status: Option<i32>,
    pub took_ms: Option<i32>,
    pub outcome: Option<String>,
    pub created_at: Timestamp,
}

/// One delivery looked at.
#[derive(Clone, Debug)]
pub struct Looked {
    pub sent: Sent,
    pub message: String,
    pub finished_at: Option<Timestamp>,
    pub replay_of: Option<Uuid>,
    pub attempts: Vec<AttemptLine>,
    /// As it was sent; none when its building withdrew, or it is kept no more.
    pub body: Option<String>,
}

/// Why nothing goes to an endpoint, or nothing arrives there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Switched off: it answered 410.
    Gone,
    /// Switched off: nothing arrived for days.
    GivenUp,
    /// Switched off by whoever runs the platform.
    Operator,
    /// Switched off by its owner.
    Owner,
    /// Left alone for a while after failures in a row.
    Paused,
    /// It asked for that (Retry-After).
    Asked,
    /// It is tried again, and fails.
    Failing,
}

/// An endpoint in trouble.
#[derive(Clone, Debug)]
pub struct Troubled {
    pub partner: String,
    pub code: String,
    pub host: String,
    pub trouble: Trouble,
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
    /// In a row.
    pub failures: i32,
    /// Deliveries that wait for it.
    pub waiting: i64,
}

/// The latest deliveries first, and the cursor of the next page.
pub async fn list(cx: &mut GlobalCx, query: &SentQuery) -> Result<(Vec<Sent>, Option<String>), Fault> {
    let code = clean_code(&query.partner);
    let filter = Filter {
        partner: code.as_deref(),
        state: DeliveryState::from_word(&query.state).map(DeliveryState::word),
        event_type: Some(query.event_type.as_str()).filter(|kind| EVENT_TYPES.contains(kind)),
        before: read_cursor(&query.cursor),
        most: PAGE + 1,
    };
    let rows = store::list(cx.db(), &filter).await?;
    let more = rows.len() > PAGE as usize;
    let sent: Vec<Sent> = rows.into_iter().take(PAGE as usize).map(sent).collect();
    let next = sent.last().filter(|_| more).map(|last| write_cursor(last.created_at, last.id));
    Ok((sent, next))
}

/// One delivery with its attempts.
pub async fn look(cx: &mut GlobalCx, delivery: Uuid) -> Result<Looked, Fault> {
    let row = store::one(cx.db(), delivery).await?.ok_or(Fault::NotFound)?;
    let attempts = delivery::attempts(cx, row.partner_id, delivery).await?;
    Ok(Looked { sent: sent(row.listed), message: message_name(row.message_id), finished_at: row.finished_at, replay_of: row.replay_of, attempts, body: row.body })
}

/// Has one delivery sent again, as its partner may; answers the delivery that is on its way.
pub async fn replay(cx: &mut GlobalCx, delivery: Uuid) -> Result<Uuid, Fault> {
    let row = store::one(cx.db(), delivery).await?.ok_or(Fault::NotFound)?;
    match delivery::retry(cx, row.partner_id, delivery).await? {
        Again::Due => Ok(delivery),
        Again::Fresh(fresh) => Ok(fresh),
        Again::EndpointOff | Again::Withdrawn | Again::KeptNoMore => Err(Fault::refused(GatewayRefusal::NotAgain, cx.lang)),
    }
}

/// Endpoints in trouble, the latest first.
pub async fn troubled(cx: &mut GlobalCx) -> Result<Vec<Troubled>, Fault> {
    let now = cx.now;
    let rows = store::troubled(cx.db(), now, ENDPOINTS).await?;
    let told = |row: store::TroubledRow| {
        let trouble = match (row.state.as_str(), row.disabled_reason.as_deref(), row.hold_until.is_some()) {
            ("disabled", Some("gone"), _) => Trouble::Gone,
            ("disabled", Some("failing"), _) => Trouble::GivenUp,
            ("disabled", Some("operator"), _) => Trouble::Operator,
            ("disabled", _, _) => Trouble::Owner,
            // Below that many failures nothing but the endpoint's own wish holds it.
            (_, _, true) if row.failures < FAILING_FROM => Trouble::Asked,
            (_, _, true) => Trouble::Paused,
            _ => Trouble::Failing,
        };
        Troubled {
            partner: row.partner_name,
            code: row.partner_code,
            host: host_of(&row.url),
            trouble,
            since: row.disabled_at.or(row.failing_since).map(|at| at.to_jiff()),
            until: row.hold_until.map(|at| at.to_jiff()),
            failures: row.failures,
            waiting: row.waiting,
        }
    };
    Ok(rows.into_iter().map(told).collect())
}

/// How many deliveries wait, and how many dead letters nobody had sent again.
pub async fn stands(cx: &mut GlobalCx) -> Result<(i64, i64), Fault> {
    Ok(store::stands(cx.db()).await?)
}

fn sent(row: store::ListedRow) -> Sent {
    let pending = row.state == DeliveryState::Pending.word();
    Sent {
        id: row.delivery_id,
        partner: row.partner_name,
        code: row.partner_code,
        host: host_of(&row.url),
        building: row.building_slug,
        event_type: row.event_type,
        state: row.state,
        attempts: row.attempts,
        next_at: pending.then(|| row.next_at.to_jiff()),
        status: row.last_status,
        took_ms: row.last_ms,
        outcome: row.last_outcome,
        created_at: row.created_at.to_jiff(),
    }
}

/// Tells Prometheus how the gateway stands.
pub async fn measure(state: &AppState) -> Result<(), Fault> {
    let stands = store::measures(&mut *state.pool.acquire().await?).await?;
    state.meters.gateway(stands);
    Ok(())
}

/// Scheme and host.
fn host_of(url: &str) -> String {
    let origin = Target::parse(url, Reach::Loopback).map(|target| target.url().origin().ascii_serialization());
    origin.unwrap_or_else(|_| "—".to_owned())
}

#[cfg(test)]
mod tests {
    use super::host_of;

    #[test]
    fn of_an_address_the_host_alone_is_shown() {
        for (url, shown) in [("https://hooks.magen.example/in/s3cr3t?key=1", "https://hooks.magen.example"), ("http://127.0.0.1:4300/hook", "http://127.0.0.1:4300"), ("none", "—")]
        {
            assert_eq!(host_of(url), shown);
        }
    }
}
