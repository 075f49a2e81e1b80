//! Redis, when there is one. It is never waited for longer than a moment, and after a failure not asked at all until it
//! has answered a question of ours outside of any request: whoever needs it meanwhile does without.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use anyhow::{Context, Result};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{FromRedisValue, RedisResult, Script};
use tokio::time::Instant;

use super::clock::Ids;

/// The longest that one question may take.
const ANSWER_WITHIN: Duration = Duration::from_millis(500);
/// The same where everybody's request waits for the answer; and it is back only when it answers as soon as that.
const SOON: Duration = Duration::from_millis(150);
/// Between two looks whether it is back; twice as long each time that it did not stay.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
const MOST_DOUBLED: u32 = 6;
/// Who was back for so long has stayed.
const STAYED: Duration = Duration::from_secs(30);
/// How long whoever loads a value has for it before another one may: longer than any statement of ours.
const TURN: Duration = Duration::from_secs(20);
/// How long others wait for him before each loads for himself.
const WAITED: Duration = Duration::from_secs(3);
/// How often those who wait look.
const ASK_EVERY: Duration = Duration::from_millis(20);

/// Cheap to clone; its clones share one connection and what is known of its state.
#[derive(Clone)]
pub struct Redis(Arc<Inside>);

struct Inside {
    client: redis::Client,
    /// Whose keys these are, where several installations share a Redis.
    installation: String,
    /// Replaced whenever it comes back: the old one may wait for a machine that is no more.
    connection: RwLock<ConnectionManager>,
    away: AtomicBool,
    /// How soon it must answer where everybody's request waits.
    soon: Duration,
    /// When it came back last, and how often it did not stay.
    back: Mutex<(Option<Instant>, u32)>,
}

/// What was found under a key.
pub enum Found {
    Value(Vec<u8>),
    /// Nothing. With a turn, the finder loads for everybody; without, he loads for himself.
    Nothing(Option<Turn>),
    Away,
}

/// What one key may take: `burst` at once, and then one a `period` (the generic cell rate algorithm).
#[derive(Clone, Copy, Debug)]
pub struct Share {
    pub period: Duration,
    pub burst: u32,
}

/// The right to load one value, until it runs out. Whoever drops it without having brought one (his reader went away)
/// gives it back.
pub struct Turn {
    redis: Redis,
    key: String,
    token: String,
    over: bool,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let (false, Ok(runtime)) = (self.over, tokio::runtime::Handle::try_current()) else { return };
        let (redis, key, token) = (self.redis.clone(), std::mem::take(&mut self.key), std::mem::take(&mut self.token));
        runtime.spawn(async move { redis.end_turn(&key, &token, None, Duration::ZERO).await.unwrap_or_default() });
    }
}

impl Redis {
    /// Connects at the first question. `installation` stands before each key: whoever shares the Redis, with other tenants of
    /// the same names or an older copy of ours, shares nothing else. Errors: an address that cannot be read. Needs a tokio
    /// runtime.
    pub fn new(address: &str, installation: &str) -> Result<Self> {
        Self::patient(address, installation, SOON)
    }

    /// One that has so long for an answer that everybody's request waits for.
    pub fn patient(address: &str, installation: &str, soon: Duration) -> Result<Self> {
        let client = redis::Client::open(address).map_err(|_| anyhow::anyhow!("REDIS_URL must be an address such as redis://127.0.0.1:6379"))?;
        let connection = RwLock::new(connect(&client)?);
        Ok(Self(Arc::new(Inside { client, installation: installation.to_owned(), connection, away: AtomicBool::new(false), soon, back: Mutex::default() })))
    }

    fn own(&self, key: &str) -> String {
        format!("vantera:{}:{key}", self.0.installation)
    }

    /// Whether it is known to be away, so that nobody asks it.
    pub fn is_away(&self) -> bool {
        self.0.away.load(Ordering::Relaxed)
    }

    /// The value of a key. When there is none, the first finder is given the turn to load it; later ones wait for him, and
    /// when he does not bring it in time they load by themselves.
    pub async fn find(&self, key: &str) -> Found {
        let (turn, own) = (hex::encode(Ids.secret::<16>()), self.own(key));
        let looking = async {
            // Not a sleep but a beat: the first look is at once.
            let mut beat = tokio::time::interval(ASK_EVERY);
            loop {
                beat.tick().await;
                let asked: Option<(Option<Vec<u8>>, bool)> = self.ask(ANSWER_WITHIN, find_or_take().key(&own).key(turn_key(&own)).arg(&turn).arg(TURN.as_millis() as u64)).await;
                match asked {
                    None => return Found::Away,
                    Some((Some(value), _)) => return Found::Value(value),
                    Some((None, true)) => return Found::Nothing(Some(Turn { redis: self.clone(), key: key.to_owned(), token: turn, over: false })),
                    Some((None, false)) => {}
                }
            }
        };
        tokio::time::timeout(WAITED, looking).await.unwrap_or(Found::Nothing(None))
    }

    /// Keeps what was loaded and ends the turn; with nothing, only ends it. A turn that ran out or was taken away (the
    /// value was forgotten meanwhile) keeps nothing. Whether the turn was still his; none when Redis is away.
    pub async fn keep(&self, key: &str, mut turn: Turn, value: Option<&[u8]>, keep: Duration) -> Option<bool> {
        turn.over = true;
        self.end_turn(key, &turn.token, value, keep).await
    }

    async fn end_turn(&self, key: &str, token: &str, value: Option<&[u8]>, keep: Duration) -> Option<bool> {
        let keep_ms = if value.is_some() { keep.as_millis().max(1) as u64 } else { 0 };
        let own = self.own(key);
        self.ask(ANSWER_WITHIN, keep_in_turn().key(&own).key(turn_key(&own)).arg(token).arg(keep_ms).arg(value.unwrap_or_default())).await
    }

    /// Forgets a value, and takes the turn from whoever loads it.
    pub async fn forget(&self, key: &str) {
        let own = self.own(key);
        let _: Option<i64> = self.ask(ANSWER_WITHIN, Script::new("return redis.call('DEL', KEYS[1], KEYS[2])").key(&own).key(turn_key(&own))).await;
    }

    /// Takes one of each share, or nothing of any: which one has none left, and how long until it has. None when all had,
    /// and also when Redis is away. Its own clock counts, which is one for all processes.
    pub async fn take(&self, shares: &[(String, Share)]) -> Option<(usize, Duration)> {
        let mut question = take_of_each().prepare_invoke();
        for (key, share) in shares {
            question.key(self.own(key)).arg(share.period.as_nanos() as u64).arg(share.burst);
        }
        let (at, wait_us): (usize, u64) = self.ask(self.0.soon, &mut question).await?;
        Some((at.checked_sub(1)?, Duration::from_micros(wait_us)))
    }

    async fn ask<T: FromRedisValue>(&self, within: Duration, question: &mut redis::ScriptInvocation<'_>) -> Option<T> {
        if self.is_away() {
            return None;
        }
        let mut connection = self.0.connection.read().unwrap_or_else(PoisonError::into_inner).clone();
        let answer: Option<RedisResult<T>> = tokio::time::timeout(within, question.invoke_async(&mut connection)).await.ok();
        match answer {
            Some(Ok(answer)) => Some(answer),
            failed => {
                self.went_away(failed.and_then(Result::err).map_or_else(|| "no answer in time".to_owned(), |error| error.category().to_owned()));
                None
            }
        }
    }

    /// From now on nobody asks, until one task of ours has had an answer. It ends with the last clone.
    fn went_away(&self, why: String) {
        if self.0.away.swap(true, Ordering::Relaxed) {
            return;
        }
        let pause = self.0.relapsed();
        tracing::warn!(why, "Redis is away; everybody does without it until it answers");
        let inside = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            let mut beat = tokio::time::interval(pause);
            beat.tick().await;
            loop {
                beat.tick().await;
                let Some(inside) = inside.upgrade() else { return };
                if inside.answers().await {
                    inside.away.store(false, Ordering::Relaxed);
                    tracing::info!("Redis is back");
                    return;
                }
            }
        });
    }
}

impl Inside {
    /// How long to wait between two looks: longer for one that does not stay.
    fn relapsed(&self) -> Duration {
        let mut back = self.back.lock().unwrap_or_else(PoisonError::into_inner);
        let stayed = back.0.is_none_or(|at| at.elapsed() >= STAYED);
        back.1 = if stayed { 0 } else { (back.1 + 1).min(MOST_DOUBLED) };
        LOOK_AGAIN * 2u32.pow(back.1)
    }

    /// Whether it answers over a new connection, as soon as it should, what it will be asked: a script that writes.
    async fn answers(&self) -> bool {
        let Ok(connection) = connect(&self.client) else { return false };
        let mut asked = connection.clone();
        // The first question also connects; the second one is timed.
        for within in [ANSWER_WITHIN.max(self.soon), self.soon] {
            let answer: Result<RedisResult<i64>, _> = tokio::time::timeout(within, probe().key("vantera:probe").invoke_async(&mut asked)).await;
            if !matches!(answer, Ok(Ok(_))) {
                return false;
            }
        }
        *self.connection.write().unwrap_or_else(PoisonError::into_inner) = connection;
        self.back.lock().unwrap_or_else(PoisonError::into_inner).0 = Some(Instant::now());
        true
    }
}

/// Trying again is ours: at once would be in somebody's request.
fn connect(client: &redis::Client) -> Result<ConnectionManager> {
    let settings = ConnectionManagerConfig::new().set_number_of_retries(0).set_connection_timeout(Some(ANSWER_WITHIN)).set_response_timeout(Some(ANSWER_WITHIN));
    ConnectionManager::new_lazy_with_config(client.clone(), settings).context("REDIS_URL")
}

impl std::fmt::Debug for Redis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redis").field("away", &self.is_away()).finish_non_exhaustive()
    }
}

fn turn_key(key: &str) -> String {
    format!("{key}:turn")
}

/// The value and whether the turn is ours, in one step.
fn find_or_take() -> &'static Script {
    static SCRIPT: std::sync::LazyLock<Script> = std::sync::LazyLock::new(|| {
        Script::new(
            "local value = redis.call('GET', KEYS[1])
             if value then return {value, 0} end
             local taken = redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2])
             return {false, taken and 1 or 0}",
        )
    });
    &SCRIPT
}

fn probe() -> &'static Script {
    static SCRIPT: std::sync::LazyLock<Script> = std::sync::LazyLock::new(|| Script::new("redis.call('SET', KEYS[1], '', 'PX', 1000) return 1"));
    &SCRIPT
}

fn keep_in_turn() -> &'static Script {
    static SCRIPT: std::sync::LazyLock<Script> = std::sync::LazyLock::new(|| {
        Script::new(
            "if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
             if tonumber(ARGV[2]) > 0 then redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[2]) end
             redis.call('DEL', KEYS[2])
             return 1",
        )
    });
    &SCRIPT
}

/// Of the first share that waits longest, its place counted from 1, and the wait in microseconds; 0 when all had one. A key
/// holds when its share is whole again, in microseconds of the epoch, and is forgotten then.
fn take_of_each() -> &'static Script {
    static SCRIPT: std::sync::LazyLock<Script> = std::sync::LazyLock::new(|| {
        Script::new(
            "local time = redis.call('TIME')
             local now = time[1] * 1000000 + time[2]
             local whole, at, longest = {}, 0, 0
             for i, key in ipairs(KEYS) do
                 local period, burst = ARGV[2 * i - 1] / 1000, tonumber(ARGV[2 * i])
                 -- No sound value lies further ahead: its clock was set back, or the share was made smaller.
                 local stored = math.min(tonumber(redis.call('GET', key) or now), now + burst * period)
                 whole[i] = math.max(stored, now) + period
                 local wait = whole[i] - burst * period - now
                 if wait > longest then at, longest = i, wait end
             end
             if at == 0 then
                 for i, key in ipairs(KEYS) do
                     redis.call('SET', key, string.format('%.3f', whole[i]), 'PX', math.max(1, math.ceil((whole[i] - now) / 1000)))
                 end
             end
             return {at, math.ceil(longest)}",
        )
    });
    &SCRIPT
}
