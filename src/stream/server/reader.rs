//! One reader of the line, whatever carries it: tells what is new, and waits for the next wake-up.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use kit::Role;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::time::Instant;
use uuid::Uuid;

use super::listener::EVERYBODY;
use super::looks::{BATCH, Blind, Looks};
use super::store::Line;

/// A look that fails for our own reasons is tried again this many times before the browser is left to come back.
const TRIES: u32 = 3;

/// Why a reader is told no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The process stops: another one goes on.
    Stopping,
    /// Signed out, removed, or the building is gone.
    Gone,
    /// For a reason of ours: the reader may come back.
    Trouble,
}

/// One reader's place.
pub struct Reader {
    pub looks: Looks,
    pub session: Uuid,
    pub slug: String,
    pub tenant: Uuid,
    /// The last line told or passed over.
    pub seq: i64,
    pub news: Receiver<Uuid>,
    /// Read and not yet told; no more than one look brings.
    pub ready: VecDeque<Arc<Line>>,
    /// Whether the table may hold more than was read.
    pub more: bool,
    /// Without a wake-up the table is looked at then all the same (`Config::stream_look` after the last look): a session
    /// that ended ends its stream, and a wake-up lost on the way costs no more than this. A moment and not a span, because
    /// who waits here is interrupted by whatever else a page says.
    pub look_at: Instant,
    /// Counts the lines that are told.
    pub told: metrics::Counter,
}

impl Reader {
    /// Goes on after the last number the reader has. One beyond the head is from nowhere: the line begins now.
    pub fn go_on_after(&mut self, wished: Option<i64>, head: i64) {
        self.seq = wished.filter(|seq| (0..=head).contains(seq)).unwrap_or(head);
    }

    /// The next line this reader may hear. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Result<Arc<Line>, End> {
        loop {
            if let Some(line) = self.ready.pop_front() {
                self.told.increment(1);
                return Ok(line);
            }
            if self.more {
                self.look_with_patience().await?;
            } else {
                self.wait().await?;
            }
        }
    }

    /// Until this tenant may have news, or it is time to look.
    async fn wait(&mut self) -> Result<(), End> {
        let (stopping, look_at) = (self.looks.state().stopping.clone(), self.look_at);
        tokio::select! {
            () = stopping.cancelled() => return Err(End::Stopping),
            woken = tokio::time::timeout_at(look_at, self.woken()) => if woken == Ok(None) { return Err(End::Stopping) },
        }
        self.more = true;
        Ok(())
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

    async fn look_with_patience(&mut self) -> Result<(), End> {
        let stopping = self.looks.state().stopping.clone();
        for attempt in 1..=TRIES {
            let outcome = tokio::select! {
                () = stopping.cancelled() => return Err(End::Stopping),
                outcome = self.look() => outcome,
            };
            match outcome {
                Ok(()) => return Ok(()),
                Err(Blind::Trouble) if attempt < TRIES => {
                    if tokio::time::timeout(Duration::from_secs(u64::from(attempt)), stopping.cancelled()).await.is_ok() {
                        return Err(End::Stopping);
                    }
                }
                Err(Blind::Trouble) => return Err(End::Trouble),
                Err(Blind::Gone) => return Err(End::Gone),
            }
        }
        Err(End::Trouble)
    }

    /// Session and membership are those of this moment; one batch of lines.
    async fn look(&mut self) -> Result<(), Blind> {
        // Whatever woke us until now is read by the look that begins after this.
        while !matches!(self.news.try_recv(), Err(TryRecvError::Empty | TryRecvError::Closed)) {}
        let look = self.looks.look(&self.slug, self.session, self.seq).await?;
        self.more = look.lines.len() as i64 == BATCH;
        self.look_at = Instant::now() + self.looks.state().config.stream_look;
        for line in look.lines.iter() {
            self.seq = line.seq;
            if may_hear(look.role, line) {
                self.ready.push_back(line.clone());
            }
        }
        Ok(())
    }
}

fn may_hear(role: Role, line: &Line) -> bool {
    line.audience == "everyone" || role.has_desk()
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
