//! Outgoing webhooks for operators: the gateway's own verbs, told for the page.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use kit::Lang;
use uuid::Uuid;

use crate::gateway::model::{EVENT_TYPES, clean_code};
use crate::gateway::server::delivery::DeliveryState;
use crate::gateway::server::overview::{self, Sent, SentQuery, Trouble, Troubled};
use crate::intake::server::preview_of;
use crate::operator::model::outgoing::{OutgoingPage, SentLook, SentRow, SentTry, TroubledRow};
use crate::platform::session::Claims;
use crate::platform::{Fault, GlobalCx, told};

/// What runs the platform lives in this zone.
const ZONE: &str = "Asia/Jerusalem";

/// The page: deliveries (to a partner, in a state, of a type, from a cursor on), endpoints in trouble, and one delivery
/// when `open` names one.
pub async fn outgoing(cx: &mut GlobalCx, claims: Option<Claims>, asked: [String; 4], open: &str) -> Result<OutgoingPage, Fault> {
    cx.require_operator(claims).await?;
    let [partner, state, event_type, cursor] = asked;
    let query = SentQuery { partner, state, event_type, cursor };
    let (now, lang, zone) = (cx.now, cx.lang, told::zone_named(ZONE));
    let (sent, next) = overview::list(cx, &query).await?;
    let open = match Uuid::parse_str(open) {
        Ok(delivery) => Some(look(cx, delivery, &zone).await?),
        Err(_) => None,
    };
    let endpoints = overview::troubled(cx).await?;
    let (waiting, dead) = overview::stands(cx).await?;
    let known = |word: String, is: bool| if is { word } else { String::new() };
    let of_partner = clean_code(&query.partner).unwrap_or_default();
    let (in_state, of_type) = (DeliveryState::from_word(&query.state).is_some(), EVENT_TYPES.contains(&query.event_type.as_str()));
    Ok(OutgoingPage {
        partner: of_partner,
        state: known(query.state, in_state),
        event: known(query.event_type, of_type),
        cursor: kit::shown_line(&query.cursor).chars().take(64).collect(),
        states: DeliveryState::ALL.iter().map(|state| state.word().to_owned()).collect(),
        events: EVENT_TYPES.iter().map(|kind| (*kind).to_owned()).collect(),
        waiting,
        dead,
        sent: sent.into_iter().map(|one| row(one, now, &zone, lang)).collect(),
        next,
        open,
        endpoints: endpoints.into_iter().map(|one| troubled(one, now, &zone, lang)).collect(),
    })
}

/// Has one delivery sent again; answers where to go.
pub async fn replay_delivery(cx: &mut GlobalCx, claims: Option<Claims>, delivery: &str) -> Result<String, Fault> {
    cx.require_operator(claims).await?;
    let delivery = Uuid::parse_str(delivery).map_err(|_| Fault::NotFound)?;
    let under_way = overview::replay(cx, delivery).await?;
    tracing::info!(%delivery, %under_way, trace = cx.trace, "an operator had a delivery sent again");
    Ok(format!("/operator/webhooks?open={under_way}"))
}

async fn look(cx: &mut GlobalCx, delivery: Uuid, zone: &TimeZone) -> Result<SentLook, Fault> {
    let (now, lang) = (cx.now, cx.lang);
    let looked = overview::look(cx, delivery).await?;
    let tries = looked.attempts.into_iter().map(|one| SentTry {
        number: one.number,
        at_label: told::event_label(now, one.began_at, zone, lang),
        status: one.status,
        took_ms: one.took_ms,
        outcome: one.outcome,
    });
    let body = looked.body.map(|body| preview_of("application/json", body.as_bytes()));
    let cut = body.as_ref().is_some_and(|body| body.cut);
    Ok(SentLook {
        row: row(looked.sent, now, zone, lang),
        message: looked.message,
        finished_label: looked.finished_at.map(|at| told::when_label(now, at, zone, lang)),
        replay_of: looked.replay_of.map(|id| id.to_string()),
        tries: tries.collect(),
        preview: body.map(|body| body.text).unwrap_or_default(),
        cut,
    })
}

fn row(one: Sent, now: Timestamp, zone: &TimeZone, lang: Lang) -> SentRow {
    SentRow {
        id: one.id.to_string(),
        partner: one.partner,
        code: one.code,
        host: one.host,
        building: one.building,
        event: one.event_type,
        state: one.state,
        attempts: one.attempts,
        status: one.status,
        took_ms: one.took_ms,
        outcome: one.outcome,
        when: one.created_at.to_string(),
        when_label: told::when_label(now, one.created_at, zone, lang),
        next_label: one.next_at.map(|at| told::event_label(now, at, zone, lang)),
    }
}

fn troubled(one: Troubled, now: Timestamp, zone: &TimeZone, lang: Lang) -> TroubledRow {
    let trouble = match one.trouble {
        Trouble::Gone => "gone",
        Trouble::GivenUp => "given_up",
        Trouble::Operator => "operator",
        Trouble::Owner => "owner",
        Trouble::Paused => "paused",
        Trouble::Asked => "asked",
        Trouble::Failing => "failing",
    };
    TroubledRow {
        partner: one.partner,
        code: one.code,
        host: one.host,
        trouble: trouble.to_owned(),
        since_label: one.since.map(|at| told::when_label(now, at, zone, lang)),
        until_label: one.until.map(|at| told::event_label(now, at, zone, lang)),
        failures: one.failures,
        waiting: one.waiting,
    }
}
