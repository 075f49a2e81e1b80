//! Inbound events for operators: intake's own verbs, told for the page.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use kit::Lang;
use uuid::Uuid;

use crate::intake::server::{self as intake, ListQuery, Listed, Provider, State};
use crate::operator::model::inbound::{ForgedHour, InboundLook, InboundPage, InboundRow};
use crate::platform::session::Claims;
use crate::platform::{Fault, GlobalCx, told};

/// What runs the platform lives in this zone.
const ZONE: &str = "Asia/Jerusalem";

/// The page: a list (of a provider, in a state, with an event's id, from a cursor on), forgeries, and one event when
/// `open` names one.
pub async fn inbound(cx: &mut GlobalCx, claims: Option<Claims>, asked: [String; 4], open: &str) -> Result<InboundPage, Fault> {
    cx.require_operator(claims).await?;
    let [provider, state, event, cursor] = asked;
    let query = ListQuery { provider, state, event, cursor };
    let (now, lang, zone) = (cx.now, cx.lang, told::zone_named(ZONE));
    let (listed, next) = intake::list(cx, &query).await?;
    let open = match Uuid::parse_str(open) {
        Ok(inbound) => Some(look(cx, inbound, &zone).await?),
        Err(_) => None,
    };
    let forged = intake::forged_lately(cx).await?.into_iter().map(|one| ForgedHour {
        provider: one.provider,
        hour: one.hour.to_string(),
        hour_label: zone.to_datetime(one.hour).strftime("%d.%m %H:00").to_string(),
        count: one.count,
    });
    Ok(InboundPage {
        provider: known(&query.provider, Provider::from_word(&query.provider).is_some()),
        state: known(&query.state, State::from_word(&query.state).is_some()),
        event: kit::shown_line(&query.event).chars().take(255).collect(),
        cursor: kit::shown_line(&query.cursor).chars().take(64).collect(),
        providers: Provider::ALL.iter().map(|one| one.word().to_owned()).collect(),
        states: State::ALL.iter().map(|one| one.word().to_owned()).collect(),
        events: listed.into_iter().map(|one| row(one, now, &zone, lang)).collect(),
        next,
        open,
        forged: forged.collect(),
    })
}

/// Has one event read again.
pub async fn replay_inbound(cx: &mut GlobalCx, claims: Option<Claims>, inbound: &str) -> Result<String, Fault> {
    cx.require_operator(claims).await?;
    let inbound = Uuid::parse_str(inbound).map_err(|_| Fault::NotFound)?;
    intake::replay(cx, inbound).await?;
    tracing::info!(%inbound, trace = cx.trace, "an operator had an inbound event read again");
    Ok(format!("/operator/inbound?open={inbound}"))
}

async fn look(cx: &mut GlobalCx, inbound: Uuid, zone: &TimeZone) -> Result<InboundLook, Fault> {
    let (now, lang) = (cx.now, cx.lang);
    let looked = intake::look(cx, inbound).await?;
    Ok(InboundLook {
        row: row(looked.listed, now, zone, lang),
        tenant_name: looked.tenant_name,
        processed_label: looked.processed_at.map(|at| told::when_label(now, at, zone, lang)),
        content_type: looked.content_type,
        preview: looked.preview.text,
        cut: looked.preview.cut,
        may_replay: looked.may_replay,
    })
}

fn row(one: Listed, now: Timestamp, zone: &TimeZone, lang: Lang) -> InboundRow {
    InboundRow {
        id: one.inbound.to_string(),
        provider: one.provider,
        account: one.account,
        event: one.event,
        kind: one.kind,
        state: one.state,
        proven: one.proven,
        tenant: one.tenant,
        bytes: one.bytes,
        when: one.received_at.to_string(),
        when_label: told::when_label(now, one.received_at, zone, lang),
        replays: one.replays,
    }
}

fn known(word: &str, is: bool) -> String {
    if is { word.to_owned() } else { String::new() }
}
