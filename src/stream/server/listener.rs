//! The process's one LISTEN. A notification is a wake-up and nothing more: whoever misses one reads the table at the
//! next, and after every lost connection everybody is woken.

use std::time::Duration;

use sqlx::postgres::{PgListener, PgPoolOptions};
use uuid::Uuid;

use crate::platform::AppState;

/// The channel `Cx::commit` notifies; the payload is the tenant's id.
const CHANNEL: &str = "activity";
/// Sent to the readers when anybody's news may have been missed.
pub const EVERYBODY: Uuid = Uuid::nil();
/// Between two tries to connect: doubling, up to the second.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Forwards wake-ups into `state.news` until the process stops.
pub async fn listener(state: AppState) {
    let mut wait = FIRST_WAIT;
    loop {
        let outcome = tokio::select! {
            () = state.stopping.cancelled() => return,
            outcome = listen(&state, &mut wait) => outcome,
        };
        if let Err(error) = outcome {
            tracing::warn!(%error, wait_ms = wait.as_millis() as u64, "the listening connection was lost; live updates pause until it is back");
        }
        if tokio::time::timeout(wait, state.stopping.cancelled()).await.is_ok() {
            return;
        }
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// Listens on a connection of its own, so that the requests' pool keeps all of its.
async fn listen(state: &AppState, wait: &mut Duration) -> Result<(), sqlx::Error> {
    let options = state.pool.connect_options().as_ref().clone();
    let own = PgPoolOptions::new().max_connections(1).max_lifetime(None).idle_timeout(None).acquire_timeout(Duration::from_secs(5)).connect_with(options).await?;
    let mut listener = PgListener::connect_with(&own).await?;
    listener.listen(CHANNEL).await?;
    *wait = FIRST_WAIT;
    wake(state, EVERYBODY);
    loop {
        match listener.try_recv().await? {
            Some(notification) => match notification.payload().parse() {
                Ok(tenant) => wake(state, tenant),
                Err(_) => tracing::warn!("a wake-up without a tenant came in"),
            },
            // The connection was lost and is back; what was notified meanwhile is not told again.
            None => wake(state, EVERYBODY),
        }
    }
}

/// Nobody may be listening, which is well.
fn wake(state: &AppState, tenant: Uuid) {
    let _ = state.news.send(tenant);
}
