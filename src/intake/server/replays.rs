//! What the operator does with events: lists them, looks at one, has one read again.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::error::IntakeRefusal;
use super::preview::{self, Preview};
use super::providers::Provider;
use super::service::{State, becomes, leave_work, reader};
use super::store::{self, Filter, Turn};
use crate::platform::{Fault, GlobalCx};

/// Events on one page.
const PAGE: i32 = 50;
/// How far back forgeries are told.
pub const FORGED_HOURS: i64 = 48;

/// What the list is asked for. Words that name nothing are as if they were not there.
#[derive(Clone, Debug, Default)]
pub struct ListQuery {
    pub provider: String,
    pub state: String,
    /// An event's id as its provider tells it.
    pub event: String,
    /// A page's `next`.
    pub cursor: String,
}

/// One event of the list.
#[derive(Clone, Debug)]
pub struct Listed {
    pub inbound: Uuid,
    pub provider: String,
    pub account: String,
    pub event: String,
    pub kind: String,
    pub state: String,
    pub proven: bool,
    pub tenant: Option<String>,
    pub bytes: i64,
    pub received_at: Timestamp,
    pub replays: i32,
}

/// One event looked at.
#[derive(Clone, Debug)]
pub struct Looked {
    pub listed: Listed,
    pub tenant_name: Option<String>,
    pub processed_at: Option<Timestamp>,
    pub content_type: String,
    pub preview: Preview,
    /// Whether reading it again would do anything.
    pub may_replay: bool,
}

/// Forgeries of one provider in one hour.
#[derive(Clone, Debug)]
pub struct Forged {
    pub provider: String,
    pub hour: Timestamp,
    pub count: i64,
}

/// The latest events first, and the cursor of the next page. The caller has asked who asks.
pub async fn list(cx: &mut GlobalCx, query: &ListQuery) -> Result<(Vec<Listed>, Option<String>), Fault> {
    // No id holds a NUL, which the database would refuse instead of finding nothing.
    let event = query.event.trim().replace('\0', "\u{fffd}");
    let filter = Filter {
        provider: Provider::from_word(&query.provider).map(Provider::word),
        state: State::from_word(&query.state).map(State::word),
        event: Some(event.as_str()).filter(|event| !event.is_empty()),
        before: read_cursor(&query.cursor),
        most: PAGE + 1,
    };
    let mut rows = store::list(cx.db(), &filter).await?;
    let more = rows.len() > PAGE as usize;
    rows.truncate(PAGE as usize);
    let next = rows.last().filter(|_| more).map(|row| format!("{}_{}", row.received_at.to_jiff().as_microsecond(), row.inbound_id.simple()));
    let listed = rows.into_iter().map(|row| Listed {
        inbound: row.inbound_id,
        provider: row.provider,
        account: row.account,
        event: row.event_id,
        kind: row.kind,
        state: row.state,
        proven: row.proven,
        tenant: row.tenant_slug,
        bytes: row.size.into(),
        received_at: row.received_at.to_jiff(),
        replays: row.replays,
    });
    Ok((listed.collect(), next))
}

fn read_cursor(text: &str) -> Option<(Timestamp, Uuid)> {
    let (at, id) = text.split_once('_')?;
    Some((Timestamp::from_microsecond(at.parse().ok()?).ok()?, Uuid::parse_str(id).ok()?))
}

/// One event with a look at its body, masked.
pub async fn look(cx: &mut GlobalCx, inbound: Uuid) -> Result<Looked, Fault> {
    let row = store::event(cx.db(), inbound).await?.ok_or(Fault::NotFound)?;
    let preview = preview::of(&row.content_type, &row.body);
    let may_replay = match (State::from_word(&row.state), Provider::from_word(&row.provider)) {
        (Some(State::Unrouted | State::Unconfirmed | State::Refuted), Some(_)) => true,
        (Some(_), Some(provider)) => reader(provider, &row.kind).is_some(),
        _ => false,
    };
    let listed = Listed {
        inbound,
        provider: row.provider,
        account: row.account,
        event: row.event_id,
        kind: row.kind,
        state: row.state,
        proven: row.proven,
        tenant: row.tenant_slug,
        bytes: row.body.len() as i64,
        received_at: row.received_at.to_jiff(),
        replays: row.replays,
    };
    Ok(Looked { listed, tenant_name: row.tenant_name, processed_at: row.processed_at.map(|at| at.to_jiff()), content_type: row.content_type, preview, may_replay })
}

/// Has one event read again. Asked for twice it is read once more, not twice: its job is left only when none waits, and
/// readers are safe to run again.
pub async fn replay(cx: &mut GlobalCx, inbound: Uuid) -> Result<(), Fault> {
    let row = store::event(cx.db(), inbound).await?.ok_or(Fault::NotFound)?;
    let (Some(state), Some(provider)) = (State::from_word(&row.state), Provider::from_word(&row.provider)) else { return Err(Fault::NotFound) };
    let now = cx.now;
    let becomes = match state {
        State::Unrouted => return route(cx, inbound, Some(now)).await?.map(drop).ok_or_else(|| Fault::refused(IntakeRefusal::StillUnrouted, cx.lang)),
        State::Unconfirmed | State::Refuted => State::Unconfirmed,
        _ if reader(provider, &row.kind).is_some() => State::Received,
        _ => return Err(Fault::refused(IntakeRefusal::NobodyReads, cx.lang)),
    };
    let turn = Turn { from: &[row.state], state: becomes.word(), tenant: None, processed: None, replayed: Some(now) };
    if store::turn(cx.db(), inbound, turn).await? {
        leave_work(cx, inbound, row.tenant_id, provider, &row.kind, becomes, true).await?;
    }
    Ok(())
}

/// Leads an event to its account, if a tenant has it by now. `replayed` when somebody asked for it.
pub async fn route(cx: &mut GlobalCx, inbound: Uuid, replayed: Option<Timestamp>) -> Result<Option<Uuid>, Fault> {
    let row = store::event(cx.db(), inbound).await?.ok_or(Fault::NotFound)?;
    let Some(provider) = Provider::from_word(&row.provider) else { return Ok(None) };
    let Some(tenant) = store::whose(cx.db(), inbound).await? else { return Ok(None) };
    let state = becomes(provider, &row.kind, row.proven);
    let turn = Turn { from: &[State::Unrouted.word().to_owned()], state: state.word(), tenant: Some(tenant), processed: None, replayed };
    if store::turn(cx.db(), inbound, turn).await? {
        leave_work(cx, inbound, Some(tenant), provider, &row.kind, state, true).await?;
    }
    Ok(Some(tenant))
}

/// Forgeries of the last two days, by hour and provider.
pub async fn forged_lately(cx: &mut GlobalCx) -> Result<Vec<Forged>, Fault> {
    let since = cx.now.checked_sub(SignedDuration::from_hours(FORGED_HOURS)).map_err(anyhow::Error::from)?;
    let rows = store::forged_since(cx.db(), since).await?;
    Ok(rows.into_iter().map(|(provider, hour, count)| Forged { provider, hour, count }).collect())
}
