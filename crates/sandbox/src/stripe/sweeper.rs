//! Time passing: sessions that run out, subscriptions that renew. Runs once a second and before every request,
//! so that nobody is ever shown something that should already be over.

use std::{sync::Weak, time::Duration};

use super::{checkout, kinds::Kind, renewals};
use crate::state::{App, State};

const EVERY: Duration = Duration::from_secs(1);

/// Sweeps until the sandbox is gone.
pub async fn run(app: Weak<App>) {
    let mut ticks = tokio::time::interval(EVERY);
    loop {
        ticks.tick().await;
        let Some(app) = app.upgrade() else { return };
        sweep(&mut app.state());
    }
}

/// Brings everything up to the present.
pub fn sweep(state: &mut State) {
    let now = state.now();
    let ids = |state: &State, kind: Kind, due: &dyn Fn(&serde_json::Value) -> bool| -> Vec<String> {
        // Oldest first, so that events come in the order of what they tell.
        let mut ids: Vec<String> = state.all(kind).filter(|object| due(object)).filter_map(|object| object["id"].as_str().map(str::to_owned)).collect();
        ids.reverse();
        ids
    };
    let over = ids(state, Kind::Session, &|session| session["status"] == "open" && session["expires_at"].as_i64().is_some_and(|at| at <= now));
    for id in over {
        report(checkout::run_out(state, &id).map(drop));
    }
    let running = ids(state, Kind::Subscription, &|subscription| subscription["ended_at"].is_null());
    for id in running {
        report(renewals::catch_up(state, &id));
    }
}

fn report(outcome: Result<(), crate::errors::ApiError>) {
    if let Err(error) = outcome {
        tracing::warn!(?error, "the sweep could not bring something up to the present");
    }
}
