//! What is known of the platform's health.

use std::collections::BTreeMap;

use super::store::{self, RunnersRow};
use crate::operator::model::health::{Fact, HealthPage};
use crate::platform::lanes::{Lane, Runs};
use crate::platform::session::Claims;
use crate::platform::{Fault, GlobalCx, Pulse, told};

/// Operators' clocks.
const ZONE: &str = "Asia/Jerusalem";

/// All facts: `pulse` is what the process that answers knows of itself, the rest is asked of the database.
pub async fn health(cx: &mut GlobalCx, claims: Option<Claims>, pulse: Pulse) -> Result<HealthPage, Fault> {
    cx.require_operator(claims).await?;
    let (now, lang, zone) = (cx.now, cx.lang, told::zone_named(ZONE));
    let begun = tokio::time::Instant::now();
    store::ping(cx.db()).await?;
    let took_ms = i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX);
    let mut facts = vec![Fact::Ready { leaving: pulse.leaving }, Fact::Database { took_ms }, Fact::Pool { used: pulse.used, idle: pulse.idle, most: pulse.most }];
    facts.extend(store::connections(cx.db()).await?.into_iter().map(|(role, count)| Fact::Connections { role, count }));
    let silent_ms = i64::try_from(pulse.silent_after.as_millis()).unwrap_or(i64::MAX);
    let runners: BTreeMap<String, RunnersRow> = store::runners(cx.db(), silent_ms).await?.into_iter().map(|row| (row.lane.clone(), row)).collect();
    let lanes: BTreeMap<String, Option<i64>> = store::lanes(cx.db()).await?.into_iter().map(|row| (row.lane, row.oldest_s)).collect();
    facts.extend([("worker", Runs::Worker), ("payments", Runs::Payments)].map(|(word, role)| of_role(word, role, &runners, &lanes)));
    // Every lane that has tasks, in the order of the house; then whatever has none.
    let known = Lane::ALL.iter().map(|lane| lane.word()).filter(|lane| lanes.contains_key(*lane));
    let others = lanes.keys().map(String::as_str).filter(|lane| Lane::ALL.iter().all(|known| known.word() != *lane));
    facts.extend(known.chain(others).map(|lane| Fact::Waits { lane: lane.to_owned(), oldest_s: lanes.get(lane).copied().flatten() }));
    facts.extend(store::schedules(cx.db()).await?.into_iter().map(|row| {
        let next = row.next_run.map(|at| at.to_jiff());
        Fact::Schedule {
            name: row.schedule,
            last_label: told::when_label(now, row.last_run.to_jiff(), &zone, lang),
            next_label: next.map(|at| told::event_label(now, at, &zone, lang)).unwrap_or_default(),
            late_s: next.map_or(0, |at| now.duration_since(at).as_secs()),
        }
    }));
    let astray = store::astray(cx.db()).await?;
    if astray.is_empty() {
        facts.push(Fact::Astray { part: None, bytes: 0 });
    }
    facts.extend(astray.into_iter().map(|(part, bytes)| Fact::Astray { part: Some(part), bytes }));
    let (unrouted, sealed_at) = store::kept(cx.db()).await?;
    facts.push(Fact::Unrouted { count: unrouted });
    facts.push(Fact::Anchored { ago_s: sealed_at.map(|at| now.duration_since(at).as_secs().max(0)) });
    Ok(HealthPage { facts })
}

/// The runners of a role's lanes together, and those of its lanes that have tasks and no runner that was heard.
fn of_role(word: &str, role: Runs, runners: &BTreeMap<String, RunnersRow>, lanes: &BTreeMap<String, Option<i64>>) -> Fact {
    let own: Vec<&str> = Lane::ALL.iter().filter(|lane| lane.runs() == role).map(|lane| lane.word()).collect();
    let rows: Vec<&RunnersRow> = own.iter().filter_map(|lane| runners.get(*lane)).collect();
    let idle = own.iter().filter(|lane| lanes.contains_key(**lane) && runners.get(**lane).is_none_or(|row| row.alive == 0));
    Fact::Runners {
        role: word.to_owned(),
        alive: rows.iter().map(|row| row.alive).sum(),
        silent: rows.iter().map(|row| row.silent).sum(),
        heard_s: rows.iter().filter_map(|row| row.heard_s).min(),
        idle: idle.map(|lane| (*lane).to_owned()).collect(),
    }
}
