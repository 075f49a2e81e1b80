//! Looks at the activity table, one for all of a building's readers that wait for one.
//!
//! A wake-up wakes every open stream of a building at the same moment. Each needs the same two answers: whether its
//! reader still belongs here and as what, and what is new after the last line it has. So who asks waits with the others
//! of his building, and whoever has the turn asks the database for all of them, in one transaction: sessions and
//! memberships are read anew for every look, and readers that stand at the same number share the lines.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kit::{Right, Role};
use tokio::sync::{Semaphore, oneshot};
use uuid::Uuid;

use super::store::{self, Line};
use crate::platform::{AppState, Fault, door};

/// Lines read at once for one reader.
pub const BATCH: i64 = 200;
/// Readers that one look answers; the others of the building wait for the next.
const MOST_TOGETHER: usize = 250;
/// Looks of a process that run at once. Many streams wake together; requests of people must not wait behind them.
const TURNS: usize = 4;

/// What one reader is told.
#[derive(Clone)]
pub struct Look {
    /// What the reader is in this building now.
    pub role: Role,
    /// The next lines, in order, whoever they are for.
    pub lines: Arc<[Arc<Line>]>,
}

/// Why there is nothing to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blind {
    /// Signed out, removed, or the building is not there: the reader may no longer know.
    Gone,
    /// For a reason of ours; a later look may see.
    Trouble,
}

struct Ask {
    session: Uuid,
    seq: i64,
    answer: oneshot::Sender<Result<Look, Blind>>,
}

/// One a process; cheap to clone.
#[derive(Clone)]
pub struct Looks(Arc<Inside>);

struct Inside {
    state: AppState,
    /// Who waits, by building. A building stands here as long as somebody works for it.
    waiting: Mutex<HashMap<String, Vec<Ask>>>,
    turns: Semaphore,
}

impl Looks {
    pub fn new(state: AppState) -> Self {
        Self(Arc::new(Inside { state, waiting: Mutex::default(), turns: Semaphore::new(TURNS) }))
    }

    pub fn state(&self) -> &AppState {
        &self.0.state
    }

    /// What is new after this number, if the session still belongs to this building.
    pub async fn look(&self, slug: &str, session: Uuid, seq: i64) -> Result<Look, Blind> {
        let (answer, told) = oneshot::channel();
        let ask = Ask { session, seq, answer };
        let first = {
            let mut waiting = self.waiting();
            match waiting.get_mut(slug) {
                Some(others) => {
                    others.push(ask);
                    false
                }
                None => {
                    waiting.insert(slug.to_owned(), vec![ask]);
                    true
                }
            }
        };
        if first {
            let work = Work { looks: self.clone(), slug: slug.to_owned(), over: false };
            tokio::spawn(work.run());
        }
        // Whoever worked for us is gone without an answer only by a bug or at the process's end.
        told.await.unwrap_or(Err(Blind::Trouble))
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<String, Vec<Ask>>> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers all of them from one transaction.
    async fn together(&self, slug: &str, asks: Vec<Ask>) {
        let seen = self.see(slug, &asks).await;
        if let Err(fault) = &seen
            && !matches!(fault, Fault::NotFound)
        {
            tracing::warn!(error = ?fault, readers = asks.len(), "a building's streams could not look at the activity line");
        }
        for ask in asks {
            let answer = match &seen {
                Ok((roles, lines)) => match (roles.get(&ask.session), lines.get(&ask.seq)) {
                    (Some(role), Some(lines)) => Ok(Look { role: *role, lines: lines.clone() }),
                    _ => Err(Blind::Gone),
                },
                Err(Fault::NotFound) => Err(Blind::Gone),
                Err(_) => Err(Blind::Trouble),
            };
            // A page that was closed meanwhile hears nothing.
            let _ = ask.answer.send(answer);
        }
    }

    async fn see(&self, slug: &str, asks: &[Ask]) -> Result<Seen, Fault> {
        let sessions = distinct(asks.iter().map(|ask| ask.session));
        let (mut cx, present) = door::open_for_many(&self.0.state, slug, &sessions).await?;
        let roles: HashMap<Uuid, Role> = present.into_iter().filter(|(_, role)| Right::ReadFeed.held_by(*role)).collect();
        let mut lines = HashMap::new();
        for seq in distinct(asks.iter().filter(|ask| roles.contains_key(&ask.session)).map(|ask| ask.seq)) {
            let next: Vec<Arc<Line>> = store::after(cx.db(), seq, BATCH).await?.into_iter().map(Arc::new).collect();
            lines.insert(seq, Arc::from(next));
        }
        cx.roll_back().await?;
        Ok((roles, lines))
    }
}

/// Who is present as what, and the lines after each number that was asked for.
type Seen = (HashMap<Uuid, Role>, HashMap<i64, Arc<[Arc<Line>]>>);

fn distinct<T: Ord>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut all: Vec<T> = all.collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Works for one building until nobody waits there.
struct Work {
    looks: Looks,
    slug: String,
    over: bool,
}

impl Work {
    async fn run(mut self) {
        while let Ok(_turn) = self.looks.0.turns.acquire().await {
            let asks = {
                let mut waiting = self.looks.waiting();
                let Some(all) = waiting.get_mut(&self.slug).filter(|all| !all.is_empty()) else {
                    waiting.remove(&self.slug);
                    self.over = true;
                    break;
                };
                let some = all.len().min(MOST_TOGETHER);
                all.drain(..some).collect()
            };
            self.looks.together(&self.slug, asks).await;
        }
    }
}

/// Work that broke off leaves nobody waiting for it, and the next who asks begins anew.
impl Drop for Work {
    fn drop(&mut self) {
        if !self.over {
            self.looks.waiting().remove(&self.slug);
        }
    }
}
