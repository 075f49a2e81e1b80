//! How often one address may knock: loose, because a lobby shares one Wi-Fi and a phone company one address. The tight
//! limits are those of a phone and a code, and stand with their rooms.
//!
//! One table names every limit. A key is an address (an IPv6 one by its /64), or for who is signed in his session, himself
//! and the building that his token was made in; never the building that is asked for, which a stranger may choose anew with
//! every request. Counting is governor's (the generic cell rate algorithm) by the state's clock, in each process; where
//! there is a Redis, all processes take from one share besides, by Redis' clock (redis.rs), and while it is away each goes
//! by its own count.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use uuid::Uuid;

use super::clock::Clock;
use super::redis::{Redis, Share};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Everything that is not a file, of who is not signed in.
    Requests,
    /// The same, of one session.
    SignedIn,
    /// The same, of all sessions of a person.
    Person,
    /// The same, of all who are signed in to one building: one building's flood is not the others'.
    Tenant,
    /// Forms shown again with what was typed, after a refusal; beyond it the refusal is one line.
    ShownAgain,
    AskCode,
    AnswerCode,
    OpenBuilding,
    PreviewList,
    LookUpFlat,
    SendJoin,
    BadWebhook,
    /// Requests of one API key.
    ApiKey,
    /// API keys that are none.
    BadKey,
    /// What the pages of one session say over their sockets.
    SocketFrames,
}

/// One line of the table.
#[derive(Debug)]
pub struct Rule {
    pub limit: Limit,
    /// As it stands in measures.
    pub name: &'static str,
    /// At once.
    pub burst: u32,
    /// And then, evenly.
    pub an_hour: u32,
    /// Paths that count towards it; none where code asks by name.
    pub doors: &'static [&'static str],
    /// Who is signed in is not counted.
    pub strangers_only: bool,
    /// Whose share it is, for the sentence that a person reads.
    pub whose: Whose,
}

/// Who came too often, as he is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    Network,
    Person,
    Building,
}

const fn rule(limit: Limit, name: &'static str, burst: u32, an_hour: u32, doors: &'static [&'static str]) -> Rule {
    Rule { limit, name, burst, an_hour, doors, strangers_only: false, whose: Whose::Network }
}

const fn of(whose: Whose, rule: Rule) -> Rule {
    Rule { whose, ..rule }
}

const fn strangers(rule: Rule) -> Rule {
    Rule { strangers_only: true, ..rule }
}

/// All limits of one address. Sixty neighbours at an assembly, on one Wi-Fi, stay well below each.
pub const RULES: &[Rule] = &[
    rule(Limit::Requests, "requests", 1_800, 108_000, &[]),
    of(Whose::Person, rule(Limit::SignedIn, "signed_in", 900, 36_000, &[])),
    of(Whose::Person, rule(Limit::Person, "person", 1_800, 72_000, &[])),
    of(Whose::Building, rule(Limit::Tenant, "tenant", 6_000, 720_000, &[])),
    rule(Limit::ShownAgain, "shown_again", 60, 1_200, &[]),
    rule(Limit::AskCode, "ask_code", 120, 240, &["/call/identity/send_code"]),
    rule(Limit::AnswerCode, "answer_code", 240, 600, &["/call/identity/answer_code"]),
    strangers(rule(Limit::OpenBuilding, "open_building", 20, 40, &["/call/buildings/open"])),
    strangers(rule(Limit::PreviewList, "preview_list", 40, 120, &["/open/preview"])),
    rule(Limit::LookUpFlat, "look_up_flat", 600, 3_600, &["/call/joining/flat"]),
    rule(Limit::SendJoin, "send_join", 180, 600, &["/call/joining/submit"]),
    rule(Limit::BadWebhook, "bad_webhook", 30, 120, &[]),
    rule(Limit::ApiKey, "api_key", 240, 14_400, &[]),
    rule(Limit::BadKey, "bad_key", 60, 600, &[]),
    rule(Limit::SocketFrames, "socket_frames", 240, 28_800, &[]),
];

/// Keys of one limit that are told apart. Beyond, whole networks share one, until old keys have been forgotten.
const MOST_KEYS: usize = 50_000;
/// Checks between two sweeps of old keys.
const SWEEP_EVERY: u32 = 2_048;

/// Whose share it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    V4(u32),
    /// The first 64 bits: what one household or one phone is given.
    V6(u64),
    /// A session, a person, a building or an API key: each limit has keys of one kind.
    Id(Uuid),
    /// Nobody knows the peer: a request that came over no network of ours.
    Unknown,
    /// Many addresses together, while there are too many to tell apart.
    Crowd(bool, u16),
}

impl Key {
    pub fn of(address: Option<IpAddr>) -> Self {
        match address.map(|address| address.to_canonical()) {
            Some(IpAddr::V4(address)) => Key::V4(address.to_bits()),
            Some(IpAddr::V6(address)) => Key::V6((address.to_bits() >> 64) as u64),
            None => Key::Unknown,
        }
    }

    /// The network around it, of which there are few.
    fn crowd(self) -> Self {
        match self {
            Key::V4(bits) => Key::Crowd(false, (bits >> 16) as u16),
            Key::V6(bits) => Key::Crowd(true, (bits >> 48) as u16),
            Key::Id(id) => Key::Crowd(true, (id.as_u128() & 0xffff) as u16),
            other => other,
        }
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Key::V4(bits) => write!(f, "4-{bits:08x}"),
            Key::V6(bits) => write!(f, "6-{bits:016x}"),
            Key::Id(id) => write!(f, "id-{}", id.simple()),
            Key::Unknown => f.write_str("unknown"),
            Key::Crowd(six, bits) => write!(f, "crowd-{}-{bits:04x}", if *six { 6 } else { 4 }),
        }
    }
}

/// Too often: try again after this many whole seconds, at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    pub seconds: u64,
    /// Of which limit.
    pub limit: Limit,
}

impl Wait {
    fn of(rule: &Rule, wait: Duration) -> Self {
        Self { seconds: (wait.as_millis() as u64).div_ceil(1_000).max(1), limit: rule.limit }
    }
}

impl Limit {
    pub fn rule(self) -> &'static Rule {
        RULES.iter().find(|rule| rule.limit == self).expect("every limit has its rule")
    }
}

/// The clock as limits need it: it never goes back. A machine's clock that is set back must lock nobody out.
#[derive(Clone)]
struct Steady(Arc<SteadyInside>);

struct SteadyInside {
    clock: Arc<dyn Clock>,
    /// The latest moment that was told, and what is added to the clock's own to get there.
    told: Mutex<(Duration, Duration)>,
}

impl governor::clock::Clock for Steady {
    type Instant = Duration;

    fn now(&self) -> Duration {
        let read = Duration::try_from(self.0.clock.now().duration_since(jiff::Timestamp::UNIX_EPOCH)).unwrap_or_default();
        let mut told = self.0.told.lock().unwrap_or_else(PoisonError::into_inner);
        let (latest, added) = *told;
        let added = if read + added < latest { latest - read } else { added };
        *told = (read + added, added);
        read + added
    }
}

struct Keeper {
    rule: &'static Rule,
    share: Share,
    limiter: RateLimiter<Key, DashMapStateStore<Key>, Steady, NoOpMiddleware<Duration>>,
    checks: AtomicU32,
    crowded: AtomicBool,
    most_keys: usize,
}

impl Keeper {
    /// `factor` makes every number so much larger.
    fn new(rule: &'static Rule, factor: u32, most_keys: usize, clock: Steady) -> Self {
        let burst = NonZeroU32::new(rule.burst.saturating_mul(factor)).unwrap_or(NonZeroU32::MIN);
        let an_hour = u64::from(rule.an_hour.max(1)) * u64::from(factor.max(1));
        let period = Duration::from_nanos((3_600_000_000_000 / an_hour).max(1));
        let quota = Quota::with_period(period).expect("a period is not zero").allow_burst(burst);
        let limiter = RateLimiter::dashmap_with_clock(quota, clock);
        Self { rule, share: Share { period, burst: burst.get() }, limiter, checks: AtomicU32::new(0), crowded: AtomicBool::new(false), most_keys }
    }

    fn check(&self, key: Key) -> Result<(), Wait> {
        if self.checks.fetch_add(1, Ordering::Relaxed).wrapping_add(1).is_multiple_of(SWEEP_EVERY) {
            self.sweep();
        }
        let key = if self.crowded.load(Ordering::Relaxed) { key.crowd() } else { key };
        self.limiter.check_key(&key).map_err(|refused| Wait::of(self.rule, refused.wait_time_from(governor::clock::Clock::now(self.limiter.clock()))))
    }

    /// Forgets the keys whose share is whole again.
    fn sweep(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
        self.crowded.store(self.limiter.len() >= self.most_keys, Ordering::Relaxed);
    }
}

/// All limits of one process.
pub struct Limits {
    keepers: Vec<Keeper>,
    redis: Option<Redis>,
}

impl Limits {
    /// With a Redis the shares are those of all processes on it.
    pub fn new(clock: Arc<dyn Clock>, factor: u32, redis: Option<Redis>) -> Self {
        Self::with_keys(clock, factor, MOST_KEYS, redis)
    }

    fn with_keys(clock: Arc<dyn Clock>, factor: u32, most_keys: usize, redis: Option<Redis>) -> Self {
        let steady = Steady(Arc::new(SteadyInside { clock, told: Mutex::default() }));
        Self { keepers: RULES.iter().map(|rule| Keeper::new(rule, factor, most_keys, steady.clone())).collect(), redis }
    }

    /// Takes one of each of these shares; says how long to wait when one has none left.
    pub async fn check(&self, asked: &[(Limit, Key)]) -> Result<(), Wait> {
        let keeper = |limit: Limit| self.keepers.iter().find(|keeper| keeper.rule.limit == limit).expect("every limit has its rule");
        // A flood at one process ends here and does not reach Redis: what all have taken together is never less.
        for (limit, key) in asked {
            keeper(*limit).check(*key)?;
        }
        let Some(redis) = &self.redis else { return Ok(()) };
        let shares: Vec<(String, Share)> = asked.iter().map(|(limit, key)| (format!("limit:{}:{key}", limit.rule().name), keeper(*limit).share)).collect();
        match redis.take(&shares).await {
            Some((at, wait)) => Err(Wait::of(asked[at].0.rule(), wait)),
            None => Ok(()),
        }
    }

    /// Keys remembered, of all limits together.
    pub fn keys(&self) -> usize {
        self.keepers.iter().map(|keeper| keeper.limiter.len()).sum()
    }
}

impl std::fmt::Debug for Limits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Limits").field("keys", &self.keys()).finish()
    }
}

/// The rule of a door; most have none of their own.
pub fn rule_of(path: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.doors.contains(&path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::FixedClock;
    use futures::FutureExt;
    use jiff::SignedDuration;

    fn limits() -> (Arc<FixedClock>, Limits) {
        let clock = FixedClock::at("2026-11-25T17:00:00Z".parse().unwrap());
        (clock.clone(), Limits::new(clock, 1, None))
    }

    fn key(address: &str) -> Key {
        Key::of(Some(address.parse().unwrap()))
    }

    /// Without a Redis nothing is waited for.
    fn check(limits: &Limits, limit: Limit, key: Key) -> Result<(), Wait> {
        limits.check(&[(limit, key)]).now_or_never().expect("no waiting")
    }

    /// How many of these pass.
    fn passing(limits: &Limits, limit: Limit, key: Key, tries: u32) -> u32 {
        (0..tries).filter(|_| check(limits, limit, key).is_ok()).count() as u32
    }

    #[test]
    fn a_burst_passes_and_the_rest_waits_and_the_share_comes_back() {
        for rule in RULES {
            let (clock, limits) = limits();
            let home = key("198.51.100.7");
            assert_eq!(passing(&limits, rule.limit, home, rule.burst + 50), rule.burst, "{}", rule.name);
            let wait = check(&limits, rule.limit, home).unwrap_err();
            assert!(wait.seconds >= 1 && wait.seconds <= 3_600 / rule.an_hour as u64 + 1, "{}: {wait:?}", rule.name);
            clock.advance(SignedDuration::from_secs(wait.seconds as i64));
            assert!(check(&limits, rule.limit, home).is_ok(), "{}: after the time it was told", rule.name);
            assert!(check(&limits, rule.limit, key("198.51.100.8")).is_ok(), "{}: the neighbour's address is its own", rule.name);
            clock.advance(SignedDuration::from_hours(24));
            assert_eq!(passing(&limits, rule.limit, home, rule.burst + 50), rule.burst, "{}: a day later", rule.name);
        }
    }

    #[test]
    fn every_limit_has_one_rule_and_every_door_one() {
        for (at, rule) in RULES.iter().enumerate() {
            assert!(RULES[..at].iter().all(|other| other.limit != rule.limit && other.name != rule.name), "{}", rule.name);
            for door in rule.doors {
                assert_eq!(RULES.iter().filter(|other| other.doors.contains(door)).count(), 1, "{door}");
            }
        }
    }

    #[test]
    fn an_ipv6_household_is_one_key() {
        assert_eq!(key("2001:db8:1:2:3:4:5:6"), key("2001:db8:1:2:ffff::1"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_eq!(key("::ffff:198.51.100.7"), key("198.51.100.7"));
    }

    #[test]
    fn a_factor_makes_every_limit_so_much_looser() {
        let clock = FixedClock::at("2026-11-25T17:00:00Z".parse().unwrap());
        let limits = Limits::new(clock.clone(), 3, None);
        assert_eq!(passing(&limits, Limit::OpenBuilding, key("198.51.100.7"), 200), 60);
        clock.advance(SignedDuration::from_hours(1));
        assert_eq!(passing(&limits, Limit::OpenBuilding, key("198.51.100.7"), 200), 60, "three times forty an hour, sixty at once");
        let loose = Limits::new(clock, u32::MAX, None);
        assert_eq!(passing(&loose, Limit::BadWebhook, Key::Unknown, 5_000), 5_000);
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out() {
        let (clock, limits) = limits();
        let home = key("198.51.100.7");
        assert!(check(&limits, Limit::OpenBuilding, home).is_ok());
        clock.advance(SignedDuration::from_hours(-5));
        assert_eq!(passing(&limits, Limit::OpenBuilding, home, 200), 19, "what is left of the burst");
        clock.advance(SignedDuration::from_secs(91));
        assert!(check(&limits, Limit::OpenBuilding, home).is_ok(), "and the share comes back at its pace");
    }

    #[test]
    fn old_keys_are_forgotten_and_a_flood_of_addresses_takes_no_more_memory() {
        let clock = FixedClock::at("2026-11-25T17:00:00Z".parse().unwrap());
        let limits = Limits::with_keys(clock.clone(), 1, 1_000, None);
        let knock = |from: u32, to: u32| {
            (from..to).for_each(|bits| {
                let _ = check(&limits, Limit::AskCode, Key::V4(bits));
            })
        };
        knock(0, 100_000);
        assert!(limits.keys() <= 1_000 + SWEEP_EVERY as usize + 2, "{} keys", limits.keys());
        // A whole network shares one key now, and is refused together; another one is not.
        assert!(check(&limits, Limit::AskCode, Key::V4(99_999)).is_err());
        assert!(check(&limits, Limit::AskCode, key("203.0.113.1")).is_ok());
        clock.advance(SignedDuration::from_hours(24));
        knock(0, SWEEP_EVERY + 1);
        assert!(limits.keys() <= SWEEP_EVERY as usize + 2, "a day later: {} keys", limits.keys());
        knock(5, 6);
        assert!(check(&limits, Limit::AskCode, Key::V4(7)).is_ok(), "and addresses are told apart again");
    }
}
