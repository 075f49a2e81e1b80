//! What may be remembered for a while instead of being asked for again: never truth, and never for longer than its shelf
//! says. In this process, or in Redis when there is one (`REDIS_URL`), so that several processes ask once together.
//!
//! The tenant is a part of every key by construction: a value is kept for a `TenantId`, or by a `GlobalCx` for what
//! belongs to no tenant. One reader loads and the others wait for him, in a process and, with Redis, across processes.
//! A Redis that is away costs nothing but the loading: after its first failure nobody asks it until it answers again.
//! How long a value is kept goes by the machine's steady clock; it bounds memory and staleness, and decides nothing.

use std::future::Future;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use futures::future::BoxFuture;
use kit::TenantId;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::fault::Fault;
use super::global::GlobalCx;
use super::meters::Meters;
use super::redis::{Found, Redis};

/// Bytes that one process keeps, of all shelves together; what was used least goes first.
const MOST_BYTES: u64 = 32 * 1024 * 1024;
/// A value of more bytes is handed out and not kept.
pub const VALUE_MAX_BYTES: usize = 256 * 1024;
/// A longer last part of a key is told by its SHA-256.
const PART_MAX_BYTES: usize = 120;
/// While Redis has a value, what one process remembers of it: long enough for those who waited for it, who read it within this.
const HANDED_ON: Duration = Duration::from_millis(200);

/// Keys are told apart by so many counters of what was forgotten; two keys that share one are forgotten together.
const COUNTERS: usize = 1_024;

/// A kind of things that are remembered; a constant of the code, in the room whose things they are.
#[derive(Clone, Copy, Debug)]
pub struct Shelf {
    /// `room.what`, as it stands in keys and measures. Another shape of value takes another name.
    pub name: &'static str,
    /// How stale a value may be at most.
    pub keep: Duration,
}

/// Cheap to clone; one a process.
#[derive(Clone)]
pub struct Cache {
    /// By key, and by how often it was forgotten before the load began: what a load that is under way brings after it was
    /// forgotten is kept where nobody looks any more.
    kept: moka::future::Cache<(String, u64), Kept>,
    forgotten: Arc<[AtomicU64]>,
    redis: Option<Redis>,
    meters: Meters,
}

/// A value as JSON, and how long it may be kept here.
#[derive(Clone)]
struct Kept {
    json: Arc<[u8]>,
    keep: Duration,
}

struct ByShelf;

impl moka::Expiry<(String, u64), Kept> for ByShelf {
    fn expire_after_create(&self, _key: &(String, u64), kept: &Kept, _at: std::time::Instant) -> Option<Duration> {
        Some(kept.keep)
    }

    /// A value put where one ran out and was not swept away yet.
    fn expire_after_update(&self, _key: &(String, u64), kept: &Kept, _at: std::time::Instant, _left: Option<Duration>) -> Option<Duration> {
        Some(kept.keep)
    }
}

impl Cache {
    pub fn new(redis: Option<Redis>, meters: Meters) -> Self {
        let weigh = |(key, _): &(String, u64), kept: &Kept| u32::try_from(key.len() + kept.json.len()).unwrap_or(u32::MAX);
        let kept = moka::future::Cache::builder().max_capacity(MOST_BYTES).weigher(weigh).expire_after(ByShelf).build();
        Self { kept, forgotten: (0..COUNTERS).map(|_| AtomicU64::default()).collect(), redis, meters }
    }

    /// A value of one tenant. `load` runs when it is not remembered; of many who ask at once, for one of them.
    pub async fn of_tenant<T, L>(&self, tenant: TenantId, shelf: &Shelf, part: &str, load: L) -> Result<T, Fault>
    where
        T: Serialize + DeserializeOwned,
        L: Future<Output = Result<T, Fault>>,
    {
        self.read(key(Some(tenant), shelf, part), shelf, load).await
    }

    /// Forgets a tenant's value, in this process and in Redis. A load that is under way is handed to those who wait for it
    /// already and kept for nobody; whoever asks here from now on loads anew. Without Redis another process goes on with its
    /// own until the shelf's time is over; with one for a fifth of a second, or joins what was under way there.
    pub async fn forget(&self, tenant: TenantId, shelf: &Shelf, part: &str) {
        let key = key(Some(tenant), shelf, part);
        // Before, lest a forgetter who is dropped meanwhile forgot nothing; after, for what was read from Redis meanwhile.
        self.counter(&key).fetch_add(1, Ordering::SeqCst);
        if let Some(redis) = &self.redis {
            redis.forget(&key).await;
        }
        self.counter(&key).fetch_add(1, Ordering::SeqCst);
    }

    fn counter(&self, key: &str) -> &AtomicU64 {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        &self.forgotten[hasher.finish() as usize % COUNTERS]
    }

    async fn read<T, L>(&self, key: String, shelf: &Shelf, load: L) -> Result<T, Fault>
    where
        T: Serialize + DeserializeOwned,
        L: Future<Output = Result<T, Fault>>,
    {
        let forgotten = self.counter(&key).load(Ordering::SeqCst);
        let place = (key, forgotten);
        if let Some(kept) = self.kept.get(&place).await
            && let Ok(value) = serde_json::from_slice(&kept.json)
        {
            self.meters.cache(shelf.name, "kept");
            return Ok(value);
        }
        // Everybody who asks for this key meanwhile waits for this one future.
        let one = async {
            let (json, keep) = self.find_or_load(&place.0, shelf, load).await?;
            Ok(Kept { json: json.into(), keep })
        };
        let kept = self.kept.try_get_with(place.clone(), one).await.map_err(told_again)?;
        if kept.json.len() > VALUE_MAX_BYTES || kept.keep.is_zero() {
            self.kept.invalidate(&place).await;
        }
        serde_json::from_slice(&kept.json).map_err(|error| anyhow::Error::from(error).into())
    }

    /// The value, and how long this process may keep it: where Redis answers, only for those who waited for it.
    async fn find_or_load<T, L>(&self, key: &str, shelf: &Shelf, load: L) -> Result<(Vec<u8>, Duration), Fault>
    where
        T: Serialize + DeserializeOwned,
        L: Future<Output = Result<T, Fault>>,
    {
        let shared = HANDED_ON.min(shelf.keep);
        let (turn, mut keep) = match &self.redis {
            None => (None, shelf.keep),
            Some(redis) => match redis.find(key).await {
                // What another version of us wrote in another shape is loaded anew.
                Found::Value(json) if serde_json::from_slice::<T>(&json).is_ok() => {
                    self.meters.cache(shelf.name, "kept");
                    return Ok((json, shared));
                }
                Found::Value(_) => (None, shared),
                Found::Nothing(turn) => (turn.map(|turn| (redis, turn)), shared),
                Found::Away => {
                    self.meters.cache(shelf.name, "away");
                    (None, shelf.keep)
                }
            },
        };
        let loaded = load.await;
        self.meters.cache(shelf.name, "loaded");
        let json = loaded.and_then(|value| serde_json::to_vec(&value).map_err(|error| anyhow::Error::from(error).into()));
        if let Some((redis, turn)) = turn {
            let value = json.as_ref().ok().filter(|json| json.len() <= VALUE_MAX_BYTES);
            keep = match redis.keep(key, turn, value.map(Vec::as_slice), shelf.keep).await {
                Some(true) => shared,
                // Forgotten meanwhile: nobody but those who wait already may have it.
                Some(false) => Duration::ZERO,
                None => shelf.keep,
            };
        }
        json.map(|json| (json, keep))
    }
}

impl GlobalCx {
    /// A value that belongs to no tenant. Whoever may not see it must have been refused before. What was written so far
    /// is committed, and no connection is held while another one loads: `load` has a transaction of its own, and whoever
    /// goes on afterwards a fresh one.
    pub async fn cached<T, L>(&mut self, shelf: &Shelf, part: &str, load: L) -> Result<T, Fault>
    where
        T: Serialize + DeserializeOwned,
        L: for<'a> FnOnce(&'a mut GlobalCx) -> BoxFuture<'a, Result<T, Fault>>,
    {
        let cache = self.cache.clone();
        self.let_go().await?;
        let one = async {
            self.take_up().await?;
            let loaded = load(self).await;
            // Nor is one held while Redis is told.
            match &loaded {
                Ok(_) => self.let_go().await?,
                Err(_) => self.undo(),
            }
            loaded
        };
        let read = cache.read(key(None, shelf, part), shelf, one).await;
        self.take_up().await?;
        read
    }
}

/// `cache:{tenant or -}:{shelf}:{part}`: the tenant has one form and a shelf no colon, so that no two read alike.
fn key(tenant: Option<TenantId>, shelf: &Shelf, part: &str) -> String {
    let whose = tenant.map_or_else(|| "-".to_owned(), |tenant| tenant.to_string());
    let part = if part.len() > PART_MAX_BYTES { format!("sha256:{}", hex::encode(digest(&SHA256, part.as_bytes()))) } else { format!("={part}") };
    format!("cache:{whose}:{}:{part}", shelf.name)
}

/// The loader's error, for each of those who waited for him.
fn told_again(fault: Arc<Fault>) -> Fault {
    match &*fault {
        Fault::Refused(error) => Fault::Refused(error.clone()),
        Fault::Hop => Fault::Hop,
        Fault::SignedOut => Fault::SignedOut,
        Fault::NotFound => Fault::NotFound,
        Fault::Bug(_) => Fault::Bug(Unloaded(fault).into()),
    }
}

/// What was to be remembered was not loaded. The cause is the loader's own, whole: what each of them is told is read from
/// it (trouble.rs).
#[derive(Debug)]
struct Unloaded(Arc<Fault>);

impl std::fmt::Display for Unloaded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("what was to be remembered was not loaded")
    }
}

impl std::error::Error for Unloaded {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &*self.0 {
            Fault::Bug(error) => Some(error.as_ref()),
            _ => None,
        }
    }
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cache").field("entries", &self.kept.entry_count()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_tenants_shelves_or_parts_have_one_key() {
        let shelf = |name| Shelf { name, keep: Duration::from_secs(1) };
        let [one, two] = [1, 2].map(|n| Some(TenantId(uuid::Uuid::from_u128(n))));
        let long = "x".repeat(PART_MAX_BYTES + 1);
        let hashed = key(one, &shelf("a"), &long);
        let keys = [
            key(one, &shelf("a"), "1"),
            key(two, &shelf("a"), "1"),
            key(None, &shelf("a"), "1"),
            key(one, &shelf("b"), "1"),
            key(one, &shelf("a"), "b:1"),
            key(one, &shelf("a"), ""),
            key(one, &shelf("a"), hashed.rsplit_once(":sha256:").map_or("", |(_, hash)| hash)),
            hashed.clone(),
        ];
        assert_eq!(keys.iter().collect::<std::collections::BTreeSet<_>>().len(), keys.len(), "{keys:?}");
        assert!(hashed.len() < 200);
    }
}
