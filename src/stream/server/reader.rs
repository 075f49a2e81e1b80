//! One open stream: reads the table, tells what is new, waits for the next wake-up.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::Event;
use kit::{Right, Role};
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use uuid::Uuid;

use super::listener::EVERYBODY;
use super::store::{self, Line};
use crate::platform::door::{self, RequestInfo};
use crate::platform::{AppState, Fault};

/// Lines read at once.
const BATCH: i64 = 200;
/// Without a wake-up the table is looked at this often all the same: a session that ended ends its stream, and a
/// wake-up lost on the way costs no more than this.
const LOOK: Duration = Duration::from_secs(120);
/// A look that fails for our own reasons is tried again this many times before the browser is left to come back.
const TRIES: u32 = 3;

/// Looks at the table that run at once. Many streams wake together; requests of people must not wait behind them.
static LOOKS: Semaphore = Semaphore::const_new(4);

/// One stream's place.
pub struct Reader {
    pub state: AppState,
    pub info: RequestInfo,
    pub slug: String,
    pub tenant: Uuid,
    /// The last line told or passed over.
    pub seq: i64,
    pub news: Receiver<Uuid>,
    /// Ready to be sent.
    pub ready: VecDeque<Event>,
    /// Whether the table may hold more than was read.
    pub more: bool,
}

impl Reader {
    /// The next event; `None` ends the stream, and the browser asks again if it still may.
    pub async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some((Ok(event), self));
            }
            if self.more {
                self.look_with_patience().await?;
            } else {
                self.wait().await?;
            }
        }
    }

    /// Until this tenant may have news, or for LOOK. `None` when the process stops.
    async fn wait(&mut self) -> Option<()> {
        let stopping = self.state.stopping.clone();
        tokio::select! {
            () = stopping.cancelled() => return None,
            woken = tokio::time::timeout(LOOK, self.woken()) => if woken == Ok(None) { return None },
        }
        self.more = true;
        Some(())
    }

    async fn woken(&mut self) -> Option<()> {
        loop {
            match self.news.recv().await {
                Ok(tenant) if tenant == self.tenant || tenant == EVERYBODY => return Some(()),
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => return Some(()),
                Err(RecvError::Closed) => return None,
            }
        }
    }

    async fn look_with_patience(&mut self) -> Option<()> {
        let stopping = self.state.stopping.clone();
        for attempt in 1..=TRIES {
            let outcome = tokio::select! {
                () = stopping.cancelled() => return None,
                outcome = self.look() => outcome,
            };
            match outcome {
                Ok(()) => return Some(()),
                Err(Fault::Bug(error)) if attempt < TRIES => {
                    tracing::warn!(error = format!("{error:#}"), attempt, "a stream could not look at the activity line");
                    if tokio::time::timeout(Duration::from_secs(u64::from(attempt)), stopping.cancelled()).await.is_ok() {
                        return None;
                    }
                }
                // Signed out, removed, or the building is gone: the reader may no longer know.
                Err(_) => return None,
            }
        }
        None
    }

    /// Opens a context anew, so that session and membership are those of this moment, and reads one batch.
    async fn look(&mut self) -> Result<(), Fault> {
        let Ok(_turn) = LOOKS.acquire().await else { return Err(Fault::NotFound) };
        // What woke us while we waited for our turn is read now as well.
        while !matches!(self.news.try_recv(), Err(TryRecvError::Empty | TryRecvError::Closed)) {}
        let (mut cx, _) = door::open_for(&self.state, &self.info, &self.slug).await?;
        cx.require(Right::ReadFeed)?;
        let role = cx.caller.role;
        let lines = store::after(cx.db(), self.seq, BATCH).await?;
        cx.roll_back().await?;
        self.more = lines.len() as i64 == BATCH;
        for line in lines {
            self.seq = line.seq;
            if may_hear(role, &line) {
                self.ready.push_back(event(&line));
            }
        }
        Ok(())
    }
}

fn may_hear(role: Role, line: &Line) -> bool {
    line.audience == "everyone" || role.has_desk()
}

/// `post.created` is an event named `post`; the data says which kind, about what, and its number.
fn event(line: &Line) -> Event {
    let name = line.kind.split('.').next().unwrap_or_default();
    let data = json!({ "kind": line.kind, "subject": line.subject, "seq": line.seq });
    Event::default().id(line.seq.to_string()).event(name).data(data.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(audience: &str) -> Line {
        Line { seq: 7, kind: "report.created".into(), audience: audience.into(), subject: None }
    }

    #[test]
    fn what_is_for_the_committee_reaches_only_the_committee() {
        for (role, audience, heard) in [
            (Role::Resident, "everyone", true),
            (Role::Resident, "committee", false),
            (Role::Committee, "committee", true),
            (Role::Treasurer, "committee", true),
            (Role::Chair, "committee", true),
            (Role::Manager, "committee", true),
            (Role::Resident, "something new", false),
        ] {
            assert_eq!(may_hear(role, &line(audience)), heard, "{role:?} {audience}");
        }
    }
}
