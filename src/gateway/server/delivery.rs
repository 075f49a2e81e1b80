//! What a partner sees of his deliveries and may wish for: the log, one again, a span again, a test. Whoever asks was
//! proved to act for the partner before; every function takes the partner's id and finds nothing of another's.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

use super::sending::message_name;
use super::store::deliveries::{self as store, LogQuery, Trial};
use crate::platform::publish::{moment, pump};
use crate::platform::{Fault, GlobalCx};

/// Deliveries of one page of the log, at most.
pub const LOG_PAGE_MOST: i32 = 100;
/// A span that is asked for again is at most this long, and brings at most so many messages.
pub const REPLAY_SPAN_MOST: SignedDuration = SignedDuration::from_hours(31 * 24);
pub const REPLAY_MOST: i32 = 10_000;
/// Test events of one endpoint in a minute.
pub const TESTS_A_MINUTE: i32 = 10;

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    Pending,
    Delivered,
    /// Given up: the dead letter.
    Failed,
    /// Nobody may hear it any more, or its endpoint was switched off.
    Cancelled,
}

impl DeliveryState {
    pub const ALL: [Self; 4] = [Self::Pending, Self::Delivered, Self::Failed, Self::Cancelled];

    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// Which deliveries of a partner are wanted; all of them by default.
#[derive(Clone, Debug, Default)]
pub struct LogFilter {
    pub endpoint: Option<Uuid>,
    pub state: Option<DeliveryState>,
    pub event_type: Option<String>,
    /// A page's `next`; one that is not ours is the first page.
    pub cursor: String,
    /// 1 to [`LOG_PAGE_MOST`]; 0 is the most.
    pub limit: i32,
}

/// One delivery in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryLine {
    pub id: Uuid,
    /// As the receiver sees it in `webhook-id`.
    pub message: String,
    pub endpoint: Uuid,
    /// None for a test event.
    pub building: Option<Building>,
    pub event_type: String,
    /// The message's number in its building's line.
    pub sequence: i64,
    pub state: DeliveryState,
    pub attempts: i32,
    /// When it is tried next, while it is pending.
    pub next_at: Option<Timestamp>,
    pub last_status: Option<i32>,
    pub last_ms: Option<i32>,
    /// delivered | gone | throttled | unavailable | redirected | server_error | refused | unsigned | withdrawn |
    /// endpoint_off, or why there was no answer (`hooks::sender::SendError::word`).
    pub last_outcome: Option<String>,
    /// The delivery that this one repeats.
    pub replay_of: Option<Uuid>,
    pub created_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}

/// The building that a delivery tells of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Building {
    pub slug: String,
    pub name: String,
}

/// One page of the log, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPage {
    pub lines: Vec<DeliveryLine>,
    /// For the next page; none when this is the last.
    pub next: Option<String>,
}

/// The deliveries of a partner.
pub async fn log(cx: &mut GlobalCx, partner: Uuid, filter: &LogFilter) -> Result<LogPage, Fault> {
    let limit = if filter.limit <= 0 { LOG_PAGE_MOST } else { filter.limit.min(LOG_PAGE_MOST) };
    let query = LogQuery {
        partner,
        endpoint: filter.endpoint,
        state: filter.state.map(DeliveryState::word),
        event_type: filter.event_type.as_deref(),
        before: read_cursor(&filter.cursor),
        limit: limit + 1,
    };
    let rows = store::log(cx.db(), &query).await?;
    let more = rows.len() > usize::try_from(limit).unwrap_or_default();
    let lines: Vec<DeliveryLine> = rows.into_iter().take(usize::try_from(limit).unwrap_or_default()).map(line).collect::<Result<_, Fault>>()?;
    let next = lines.last().filter(|_| more).map(|last| write_cursor(last.created_at, last.id));
    Ok(LogPage { lines, next })
}

fn line(row: store::LogRow) -> Result<DeliveryLine, Fault> {
    let state = DeliveryState::from_word(&row.state).ok_or_else(|| anyhow::anyhow!("a delivery is in no state: {}", row.state))?;
    Ok(DeliveryLine {
        id: row.delivery_id,
        message: message_name(row.message_id),
        endpoint: row.endpoint_id,
        building: row.building_slug.zip(row.building_name).map(|(slug, name)| Building { slug, name }),
        event_type: row.event_type,
        sequence: row.sequence,
        state,
        attempts: row.attempts,
        next_at: (state == DeliveryState::Pending).then(|| row.next_at.to_jiff()),
        last_status: row.last_status,
        last_ms: row.last_ms,
        last_outcome: row.last_outcome,
        replay_of: row.replay_of,
        created_at: row.created_at.to_jiff(),
        finished_at: row.finished_at.map(|at| at.to_jiff()),
    })
}

/// One attempt of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptLine {
    pub number: i32,
    pub began_at: Timestamp,
    /// None when there was no answer.
    pub status: Option<i32>,
    pub took_ms: i32,
    pub outcome: String,
    /// The beginning of the answer, one line of visible characters; written by a stranger.
    pub snippet: String,
}

/// The attempts of a delivery, the first one first; none for a delivery that is not the partner's.
pub async fn attempts(cx: &mut GlobalCx, partner: Uuid, delivery: Uuid) -> Result<Vec<AttemptLine>, Fault> {
    let rows = store::attempts(cx.db(), partner, delivery).await?;
    let told = |row: store::AttemptRow| AttemptLine {
        number: row.number,
        began_at: row.began_at.to_jiff(),
        status: row.status,
        took_ms: row.took_ms,
        outcome: row.outcome,
        snippet: row.snippet,
    };
    Ok(rows.into_iter().map(told).collect())
}

/// What became of the wish to have a delivery again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// It was waiting for its next attempt and is made now.
    Due,
    /// It had ended: it is made again, as a delivery of this id.
    Fresh(Uuid),
    /// Its endpoint is switched off.
    EndpointOff,
    /// The building does not let the partner hear this any more.
    Withdrawn,
    /// The message is kept no more.
    KeptNoMore,
}

/// One delivery again, under the message's old id. Not found when it is not the partner's.
pub async fn retry(cx: &mut GlobalCx, partner: Uuid, delivery: Uuid) -> Result<Again, Fault> {
    let (now, fresh) = (cx.now, cx.ids.new_id());
    let (endpoint, outcome) = store::again(cx.db(), partner, delivery, fresh, now).await?.ok_or(Fault::NotFound)?;
    let again = match outcome.as_str() {
        "due" => Again::Due,
        "again" => Again::Fresh(fresh),
        "off" => return Ok(Again::EndpointOff),
        "withdrawn" => return Ok(Again::Withdrawn),
        _ => return Ok(Again::KeptNoMore),
    };
    cx.enqueue(pump(endpoint)).await?;
    Ok(again)
}

/// What became of the wish to have a span again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replayed {
    /// So many messages are on their way; at [`REPLAY_MOST`] there may be more.
    Messages(i32),
    /// The span ends before it begins, or is longer than [`REPLAY_SPAN_MOST`].
    BadSpan,
    /// The endpoint is not the partner's, or is switched off.
    NoEndpoint,
}

/// Messages made in a span again, to one endpoint: of buildings that still let the partner hear them, and from the time
/// since they do. Messages are kept for three whole months.
pub async fn replay(cx: &mut GlobalCx, partner: Uuid, endpoint: Uuid, since: Timestamp, until: Timestamp) -> Result<Replayed, Fault> {
    if since >= until || until.duration_since(since) > REPLAY_SPAN_MOST {
        return Ok(Replayed::BadSpan);
    }
    let now = cx.now;
    let Some(messages) = store::replay(cx.db(), partner, endpoint, since, until, REPLAY_MOST, now).await? else { return Ok(Replayed::NoEndpoint) };
    if messages > 0 {
        cx.enqueue(pump(endpoint)).await?;
    }
    Ok(Replayed::Messages(messages))
}

/// What became of a test event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tested {
    /// On its way, as the delivery of this id.
    Sent(Uuid),
    /// More than [`TESTS_A_MINUTE`] within a minute.
    TooMany,
    /// The endpoint is not the partner's, or is switched off.
    NoEndpoint,
}

/// A `gateway.test` event for one endpoint. It tells of no building, needs no grant, and is signed, tried and logged like
/// any other.
pub async fn test(cx: &mut GlobalCx, partner: Uuid, endpoint: Uuid) -> Result<Tested, Fault> {
    let (now, message, delivery): (Timestamp, Uuid, Uuid) = (cx.now, cx.ids.new_id(), cx.ids.new_id());
    let body = json!({ "type": "gateway.test", "timestamp": moment(now), "data": { "test": true } }).to_string();
    let trial = Trial { partner, endpoint, message, delivery, body: &body, most: TESTS_A_MINUTE };
    match store::trial(cx.db(), &trial, now).await? {
        Some(true) => {
            cx.enqueue(pump(endpoint)).await?;
            Ok(Tested::Sent(delivery))
        }
        Some(false) => Ok(Tested::NoEndpoint),
        None => Ok(Tested::TooMany),
    }
}

/// That an endpoint was switched off by us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub id: Uuid,
    pub endpoint: Uuid,
    pub url: String,
    /// gone: it answered 410. failing: nothing arrived for five days.
    pub kind: String,
    pub told_at: Timestamp,
}

/// What a partner's desk has to tell and its owner has not put away; newest first.
pub async fn notices(cx: &mut GlobalCx, partner: Uuid) -> Result<Vec<Notice>, Fault> {
    let rows = store::notices(cx.db(), partner).await?;
    let told = |row: store::NoticeRow| Notice { id: row.notice_id, endpoint: row.endpoint_id, url: row.url, kind: row.kind, told_at: row.told_at.to_jiff() };
    Ok(rows.into_iter().map(told).collect())
}

/// Puts a notice away.
pub async fn put_away(cx: &mut GlobalCx, partner: Uuid, notice: Uuid) -> Result<(), Fault> {
    let now = cx.now;
    Ok(store::notice_read(cx.db(), partner, notice, now).await?)
}

/// Puts away what is told of an endpoint that its owner switched on again, or took away.
pub(super) async fn settle(cx: &mut GlobalCx, partner: Uuid, endpoint: Uuid) -> Result<(), Fault> {
    for notice in notices(cx, partner).await?.into_iter().filter(|notice| notice.endpoint == endpoint) {
        put_away(cx, partner, notice.id).await?;
    }
    Ok(())
}

/// Microseconds as the database keeps them, then the id; base64url without padding.
pub(super) fn write_cursor(at: Timestamp, id: Uuid) -> String {
    let mut bytes = [0u8; 24];
    bytes[..8].copy_from_slice(&at.as_microsecond().to_be_bytes());
    bytes[8..].copy_from_slice(id.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(super) fn read_cursor(text: &str) -> Option<(Timestamp, Uuid)> {
    let bytes: [u8; 24] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
    let (micros, id) = bytes.split_at(8);
    let at = Timestamp::from_microsecond(i64::from_be_bytes(micros.try_into().ok()?)).ok().filter(|at| *at >= Timestamp::UNIX_EPOCH)?;
    Some((at, Uuid::from_slice(id).ok()?))
}
