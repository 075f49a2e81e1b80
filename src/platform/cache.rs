//! What may be remembered for a while instead of being asked for again: never truth, and never for longer than its shelf
//! says. In this process, or in Redis when there is one (`REDIS_URL`), so that several processes ask once together.
//!
//! The tenant is a part of every key by construction: a value is kept for a `TenantId`, or by a `GlobalCx` for what
//! belongs to no tenant. One reader loads and the others wait for him, in a process and, with Redis, across processes.
//! A Redis that is away costs nothing but the loading: after its first failure nobody asks it until it answers again.
//! How long a value is kept goes by the machine's steady clock; it bounds memory and staleness, and decides nothing.

use std::future::Future;
use std::sync::Arc;
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
    kept: moka::future::Cache<String, Kept>,
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

impl moka::Expiry<String, Kept> for ByShelf {
    fn expire_after_create(&self, _key: &String, kept: &Kept, _at: std::time::Instant) -> Option<Duration> {
        Some(kept.keep)
    }

    /// A value put where one ran out and was not swept away yet.
    fn expire_after_update(&self, _key: &String, kept: &Kept, _at: std::time::Instant, _left: Option<Duration>) -> Option<Duration> {
        Some(kept.keep)
    }
}

impl Cache {
    pub fn new(redis: Option<Redis>, meters: Meters) -> Self {
        let weigh = |key: &String, kept: &Kept| u32::try_from(key.len() + kept.json.len()).unwrap_or(u32::MAX);
        let kept = moka::future::Cache::builder().max_capacity(MOST_BYTES).weigher(weigh).expire_after(ByShelf).build();
        Self { kept, redis, meters }
    }

    /// A value of one tenant. `load` runs when it is not remembered; of many who ask at once, for one of them.
    pub async fn of_tenant<T, L>(&self, tenant: TenantId, shelf: &Shelf, part: &str, load: L) -> Result<T, Fault>
    where
        T: Serialize + DeserializeOwned,
        L: Future<Output = Result<T, Fault>>,
    {
        self.read(key(Some(tenant), shelf, part), shelf, load).await
    }

    /// Forgets a tenant's value, in this process and in Redis; a load that is under way is not kept in Redis then. Another
    /// process without Redis goes on with its own until the shelf's time is over.
    pub async fn forget(&self, tenant: TenantId, shelf: &Shelf, part: &str) {
        let key = key(Some(tenant), shelf, part);
        self.kept.invalidate(&key).await;
        if let Some(redis) = &self.redis {
            redis.forget(&key).await;
        }
    }

    async fn read<T, L>(&self, key: String, shelf: &Shelf, load: L) -> Result<T, Fault>
    where
        T: Serialize + DeserializeOwned,
        L: Future<Output = Result<T, Fault>>,
    {
        if let Some(kept) = self.kept.get(&key).await
            && let Ok(value) = serde_json::from_slice(&kept.json)
        {
            self.meters.cache(shelf.name, "kept");
            return Ok(value);
        }
        // Everybody who asks for this key meanwhile waits for this one future.
        let one = async {
            let (json, in_redis) = self.find_or_load(&key, shelf, load).await?;
            let keep = if in_redis { HANDED_ON.min(shelf.keep) } else { shelf.keep };
            Ok(Kept { json: json.into(), keep })
        };
        let kept = self.kept.try_get_with(key.clone(), one).await.map_err(told_again)?;
        if kept.json.len() > VALUE_MAX_BYTES {
            self.kept.invalidate(&key).await;
        }
        serde_json::from_slice(&kept.json).map_err(|error| anyhow::Error::from(error).into())
    }

    /// The value, and whether Redis has it now.
    async fn find_or_load<T, L>(&self, key: &str, shelf: &Shelf, load: L) -> Result<(Vec<u8>, bool), Fault>
    where
        T: Serialize + DeserializeOwned,
        L: Future<Output = Result<T, Fault>>,
    {
        let found = match &self.redis {
            Some(redis) => redis.find(key).await,
            None => Found::Nothing(None),
        };
        let turn = match found {
            // What another version of us wrote in another shape is loaded anew.
            Found::Value(json) if serde_json::from_slice::<T>(&json).is_ok() => {
                self.meters.cache(shelf.name, "kept");
                return Ok((json, true));
            }
            Found::Value(_) => None,
            Found::Nothing(turn) => turn,
            Found::Away => {
                self.meters.cache(shelf.name, "away");
                None
            }
        };
        let loaded = load.await;
        self.meters.cache(shelf.name, "loaded");
        let json = loaded.and_then(|value| serde_json::to_vec(&value).map_err(|error| anyhow::Error::from(error).into()));
        let mut in_redis = false;
        if let (Some(redis), Some(turn)) = (&self.redis, turn) {
            let value = json.as_ref().ok().filter(|json| json.len() <= VALUE_MAX_BYTES);
            in_redis = redis.keep(key, turn, value.map(Vec::as_slice), shelf.keep).await;
        }
        json.map(|json| (json, in_redis))
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
