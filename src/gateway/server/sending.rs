//! One attempt: signed, sent without an open transaction, written down.

use std::time::Duration;

use hooks::sender::{Outcome, SendError, Signed};
use hooks::standard::{self, Secret};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;
use vault::{Place, Vault};

use super::breaker::{self, Verdict};
use super::store::deliveries::{self as store, Attempt, Parcel};
use super::switched_off;
use crate::platform::meters::Meters;
use crate::platform::{AppState, Fault, GlobalCx};
use kit::Lang;

/// A taken delivery comes back when whoever took it says nothing for so long: well beyond the sender's own limit.
pub(super) const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// What all parcels taken at once have in common.
pub(super) struct Round {
    pub endpoint: Uuid,
    pub lease: Timestamp,
    pub secrets: Vec<Secret>,
    pub trace: String,
}

/// The header's name of a message: without dots, as the signature demands.
pub(super) fn message_name(message: Uuid) -> String {
    format!("msg_{}", message.simple())
}

/// Opens an endpoint's secrets. One that does not open is left out and told to the log: the others still sign.
pub(super) fn opened(vault: &Vault, meters: &Meters, sealed: Vec<(Uuid, Vec<u8>)>) -> Vec<Secret> {
    let mut secrets = Vec::new();
    for (id, sealed) in sealed {
        let row = id.to_string();
        let place = Place { tenant: "platform", table: "gateway_secrets", column: "sealed", row: &row };
        let text = vault.open(place, &sealed).map_err(anyhow::Error::from).and_then(|bytes| Ok(String::from_utf8(bytes)?));
        match text.and_then(|text| Ok(Secret::parse(&text)?)) {
            Ok(secret) => secrets.push(secret),
            Err(error) => {
                meters.unopened(place.table);
                tracing::error!(secret = %id, %error, "a signing secret does not open");
            }
        }
    }
    secrets
}

/// Sends a parcel and records how it went.
pub(super) async fn attempt(state: &AppState, round: &Round, parcel: Parcel) -> Result<(), Fault> {
    let began_at = state.clock.now();
    let begun = tokio::time::Instant::now();
    let answer = match round.secrets.as_slice() {
        // Nothing leaves unsigned.
        [] => None,
        secrets => Some(send(state, secrets, &parcel, began_at).await),
    };
    let took = match &answer {
        Some(Ok(outcome)) => outcome.took,
        _ => begun.elapsed(),
    };
    record(state, round, &parcel, began_at, took, answer).await
}

async fn send(state: &AppState, secrets: &[Secret], parcel: &Parcel, now: Timestamp) -> Result<Outcome, SendError> {
    let (id, timestamp) = (message_name(parcel.message), now.as_second());
    let signers: Vec<&Secret> = secrets.iter().collect();
    let signature = standard::sign(&id, timestamp, parcel.body.as_bytes(), &signers);
    let signed = Signed { id: &id, timestamp, signature: &signature };
    state.sender.post(&parcel.url, parcel.body.clone().into_bytes(), signed, timestamp).await
}

async fn record(state: &AppState, round: &Round, parcel: &Parcel, began_at: Timestamp, took: Duration, answer: Option<Result<Outcome, SendError>>) -> Result<(), Fault> {
    let (judged, outcome) = answer.as_ref().map_or((Verdict::Failed { asked: None }, "unsigned"), breaker::judge);
    state.meters.attempt(outcome, answer.is_some().then_some(took));
    let (status, snippet) = match &answer {
        Some(Ok(answer)) => (Some(i32::from(answer.status)), answer.snippet.as_str()),
        _ => (None, ""),
    };
    let mut cx = GlobalCx::open(state, Lang::He, round.trace.clone()).await?;
    let now = cx.now;
    let later = |by: SignedDuration| now.checked_add(by).map_err(|error| Fault::Bug(error.into()));
    let [chance] = cx.ids.secret::<1>();
    let (verdict, next_at, asked) = match judged {
        Verdict::Delivered => ("delivered", None, None),
        Verdict::Gone => ("gone", None, None),
        Verdict::Failed { asked } => {
            let asked = asked.map(later).transpose()?;
            match breaker::wait_after(parcel.attempt, chance) {
                Some(wait) => ("retry", Some(later(wait)?.max(asked.unwrap_or(Timestamp::MIN))), asked),
                None => ("failed", None, asked),
            }
        }
    };
    let took_ms = i32::try_from(took.as_millis()).unwrap_or(i32::MAX);
    let id: Uuid = cx.ids.new_id();
    let attempt = Attempt { id, endpoint: round.endpoint, lease: round.lease, began_at, status, took_ms, outcome, snippet, verdict, next_at };
    let failures = store::record(cx.db(), parcel, &attempt, now).await?;
    let pause = breaker::pause_after(failures).map(later).transpose()?;
    if pause.is_some() || asked.is_some() {
        store::hold(cx.db(), round.endpoint, pause, asked).await?;
    }
    if verdict != "delivered" {
        switch_off(&mut cx, round.endpoint, verdict).await?;
    }
    cx.commit().await
}

/// Gone at once; failing when nothing arrived for days.
async fn switch_off(cx: &mut GlobalCx, endpoint: Uuid, verdict: &str) -> Result<(), Fault> {
    let (now, notice) = (cx.now, cx.ids.new_id());
    let before = now.checked_sub(breaker::GIVEN_UP_AFTER).map_err(anyhow::Error::from)?;
    let kind = if verdict == "gone" { "gone" } else { "failing" };
    if store::switch_off(cx.db(), endpoint, kind, before, notice, now).await? {
        tracing::warn!(%endpoint, kind, "an endpoint was switched off");
        switched_off::tell(cx, notice).await?;
    }
    Ok(())
}
