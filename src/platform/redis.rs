//! Redis, when there is one. It is never waited for longer than a moment, and after a failure not asked at all until it
//! has answered a question of ours outside of any request: whoever needs it meanwhile does without.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{FromRedisValue, RedisResult, Script};

use super::clock::Ids;

/// The longest that one question may take.
const ANSWER_WITHIN: Duration = Duration::from_millis(500);
/// Between two looks whether it is back.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// How long whoever loads a value has for it before another one may; also how long others wait for him.
pub const TURN: Duration = Duration::from_secs(3);
/// How often those who wait look.
const ASK_EVERY: Duration = Duration::from_millis(20);

/// Cheap to clone; its clones share one connection and what is known of its state.
#[derive(Clone)]
pub struct Redis(Arc<Inside>);

struct Inside {
    connection: ConnectionManager,
    away: AtomicBool,
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

/// The right to load one value, until it runs out.
pub struct Turn(String);

impl Redis {
    /// Connects at the first question. Errors: an address that cannot be read. Needs a tokio runtime.
    pub fn new(address: &str) -> Result<Self> {
        let client = redis::Client::open(address).map_err(|_| anyhow::anyhow!("REDIS_URL must be an address such as redis://127.0.0.1:6379"))?;
        // Trying again is ours: at once would be in somebody's request.
        let settings = ConnectionManagerConfig::new().set_number_of_retries(0).set_connection_timeout(Some(ANSWER_WITHIN)).set_response_timeout(Some(ANSWER_WITHIN));
        let connection = ConnectionManager::new_lazy_with_config(client, settings).context("REDIS_URL")?;
        Ok(Self(Arc::new(Inside { connection, away: AtomicBool::new(false) })))
    }

    /// Whether it is known to be away, so that nobody asks it.
    pub fn is_away(&self) -> bool {
        self.0.away.load(Ordering::Relaxed)
    }

    /// The value of a key. When there is none, the first finder is given the turn to load it; later ones wait for him, and
    /// when he does not bring it in time they load by themselves.
    pub async fn find(&self, key: &str) -> Found {
        let turn = hex::encode(Ids.secret::<16>());
        let looking = async {
            // Not a sleep but a beat: the first look is at once.
            let mut beat = tokio::time::interval(ASK_EVERY);
            loop {
                beat.tick().await;
                let asked: Option<(Option<Vec<u8>>, bool)> = self.ask(find_or_take().key(key).key(turn_key(key)).arg(&turn).arg(TURN.as_millis() as u64)).await;
                match asked {
                    None => return Found::Away,
                    Some((Some(value), _)) => return Found::Value(value),
                    Some((None, true)) => return Found::Nothing(Some(Turn(turn))),
                    Some((None, false)) => {}
                }
            }
        };
        tokio::time::timeout(TURN + ANSWER_WITHIN, looking).await.unwrap_or(Found::Nothing(None))
    }

    /// Keeps what was loaded and ends the turn; with nothing, only ends it. A turn that ran out or was taken away (the
    /// value was forgotten meanwhile) keeps nothing.
    pub async fn keep(&self, key: &str, turn: Turn, value: Option<&[u8]>, keep: Duration) {
        let keep_ms = if value.is_some() { keep.as_millis().max(1) as u64 } else { 0 };
        let _: Option<bool> = self.ask(keep_in_turn().key(key).key(turn_key(key)).arg(turn.0).arg(keep_ms).arg(value.unwrap_or_default())).await;
    }

    /// Forgets a value, and takes the turn from whoever loads it.
    pub async fn forget(&self, key: &str) {
        let _: Option<i64> = self.ask(Script::new("return redis.call('DEL', KEYS[1], KEYS[2])").key(key).key(turn_key(key))).await;
    }

    /// Takes one of each share, or nothing of any: which one has none left, and how long until it has. None when all had,
    /// and also when Redis is away. Its own clock counts, which is one for all processes.
    pub async fn take(&self, shares: &[(String, Share)]) -> Option<(usize, Duration)> {
        let mut question = take_of_each().prepare_invoke();
        for (key, share) in shares {
            question.key(key).arg(share.period.as_nanos() as u64).arg(share.burst);
        }
        let (at, wait_us): (usize, u64) = self.ask(&mut question).await?;
        Some((at.checked_sub(1)?, Duration::from_micros(wait_us)))
    }

    async fn ask<T: FromRedisValue>(&self, question: &mut redis::ScriptInvocation<'_>) -> Option<T> {
        if self.is_away() {
            return None;
        }
        let mut connection = self.0.connection.clone();
        let answer: Option<RedisResult<T>> = tokio::time::timeout(ANSWER_WITHIN, question.invoke_async(&mut connection)).await.ok();
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
        tracing::warn!(why, "Redis is away; everybody does without it until it answers");
        let inside = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            let mut beat = tokio::time::interval(LOOK_AGAIN);
            beat.tick().await;
            loop {
                beat.tick().await;
                let Some(inside) = inside.upgrade() else { return };
                let mut connection = inside.connection.clone();
                let asked: Result<RedisResult<String>, _> = tokio::time::timeout(ANSWER_WITHIN, redis::cmd("PING").query_async(&mut connection)).await;
                if matches!(asked, Ok(Ok(_))) {
                    inside.away.store(false, Ordering::Relaxed);
                    tracing::info!("Redis is back");
                    return;
                }
            }
        });
    }
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
                 whole[i] = math.max(tonumber(redis.call('GET', key) or now), now) + period
                 local wait = whole[i] - burst * period - now
                 if wait > longest then at, longest = i, wait end
             end
             if at == 0 then
                 for i, key in ipairs(KEYS) do
                     redis.call('SET', key, string.format('%.3f', whole[i]), 'PX', math.ceil((whole[i] - now) / 1000))
                 end
             end
             return {at, math.ceil(longest)}",
        )
    });
    &SCRIPT
}
