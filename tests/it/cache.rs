//! The cache: one loads and the others wait, in a process and across two on one Redis; a tenant sees its own alone; a
//! Redis that is killed is noticed by nobody, and used again once it is back.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures::future::join_all;
use kit::{Code, Lang, TenantId};
use vantera::platform::cache::{Cache, Shelf, VALUE_MAX_BYTES};
use vantera::platform::meters::Meters;
use vantera::platform::redis::Redis;
use vantera::platform::{Fault, Ids};

const SHELF: Shelf = Shelf { name: "tests.thing", keep: Duration::from_secs(600) };
const READERS: u32 = 200;

/// A Redis of one test, on a port of its own.
pub struct Server {
    port: u16,
    child: Child,
}

impl Server {
    pub async fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
        let server = Self { port, child: run(port) };
        server.answers().await;
        server
    }

    pub fn kill(&mut self) {
        self.child.kill().expect("it is killed");
        self.child.wait().expect("it has ended");
    }

    pub async fn start_again(&mut self) {
        self.child = run(self.port);
        self.answers().await;
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn address(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    async fn answers(&self) {
        until(|| std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok()).await;
    }

    /// A process's cache on it.
    fn cache(&self) -> (Cache, Redis, Meters) {
        let (redis, meters) = (Redis::new(&self.address(), "test").expect("an address"), Meters::default());
        (Cache::new(Some(redis.clone()), meters.clone()), redis, meters)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run(port: u16) -> Child {
    Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no"])
        .current_dir(std::env::temp_dir())
        .stdout(Stdio::null())
        .spawn()
        .expect("redis-server is there (Debian: apt-get install redis-server)")
}

/// Waits for a condition, ten seconds at most.
pub async fn until(condition: impl Fn() -> bool) {
    let waiting = async {
        let mut beat = tokio::time::interval(Duration::from_millis(10));
        while !condition() {
            beat.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), waiting).await.expect("it comes about");
}

fn tenant() -> TenantId {
    Ids.new_id()
}

/// Readers while Redis is away.
const ASKED: u32 = 1_000;

/// A load that takes its time, so that everybody else asks meanwhile.
async fn slowly(loads: &AtomicU32, value: &str) -> Result<String, Fault> {
    tokio::time::interval_at(tokio::time::Instant::now() + Duration::from_millis(100), Duration::from_secs(1)).tick().await;
    loads.fetch_add(1, Ordering::SeqCst);
    Ok(value.to_owned())
}

async fn at_once(loads: &AtomicU32, value: &str) -> Result<String, Fault> {
    loads.fetch_add(1, Ordering::SeqCst);
    Ok(value.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_readers_of_one_process_one_loads() {
    let (cache, loads, whose) = (Cache::new(None, Meters::default()), AtomicU32::new(0), tenant());
    let read = join_all((0..READERS).map(|_| cache.of_tenant(whose, &SHELF, "a", slowly(&loads, "one")))).await;
    assert!(read.into_iter().all(|value| value.expect("a value") == "one"));
    assert_eq!(loads.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_readers_of_two_processes_on_one_redis_one_loads() {
    let server = Server::start().await;
    let ((one, ..), (two, ..)) = (server.cache(), server.cache());
    let (loads, whose) = (AtomicU32::new(0), tenant());
    for round in 0..20 {
        let part = round.to_string();
        let read = join_all((0..READERS).map(|n| [&one, &two][n as usize % 2].of_tenant(whose, &SHELF, &part, slowly(&loads, "shared")))).await;
        assert!(read.into_iter().all(|value| value.expect("a value") == "shared"));
        assert_eq!(loads.load(Ordering::SeqCst), round + 1, "round {round}");
    }
}

#[tokio::test]
async fn a_tenant_never_reads_what_another_one_keeps() {
    let server = Server::start().await;
    let loads = AtomicU32::new(0);
    for cache in [Cache::new(None, Meters::default()), server.cache().0] {
        let (first, second) = (tenant(), tenant());
        assert_eq!(cache.of_tenant(first, &SHELF, "a", at_once(&loads, "first's")).await.expect("a value"), "first's");
        assert_eq!(cache.of_tenant(second, &SHELF, "a", at_once(&loads, "second's")).await.expect("a value"), "second's");
        assert_eq!(cache.of_tenant(first, &SHELF, "a", at_once(&loads, "anew")).await.expect("a value"), "first's");
    }
}

#[tokio::test]
async fn what_is_forgotten_in_one_process_is_loaded_anew_in_both() {
    let server = Server::start().await;
    let ((one, ..), (two, ..)) = (server.cache(), server.cache());
    let (loads, whose) = (AtomicU32::new(0), tenant());
    assert_eq!(one.of_tenant(whose, &SHELF, "a", at_once(&loads, "old")).await.expect("a value"), "old");
    one.forget(whose, &SHELF, "a").await;
    assert_eq!(two.of_tenant(whose, &SHELF, "a", at_once(&loads, "new")).await.expect("a value"), "new");
    assert_eq!(one.of_tenant(whose, &SHELF, "a", at_once(&loads, "newer")).await.expect("a value"), "new");
    // A load that began before is handed to whoever waited for it, and kept for nobody else.
    let step = AtomicU32::new(0);
    let loading = async {
        step.store(1, Ordering::SeqCst);
        until(|| step.load(Ordering::SeqCst) == 2).await;
        Ok("before".to_owned())
    };
    let forgetting = async {
        until(|| step.load(Ordering::SeqCst) == 1).await;
        two.forget(whose, &SHELF, "b").await;
        step.store(2, Ordering::SeqCst);
    };
    let (late, ()) = tokio::join!(one.of_tenant(whose, &SHELF, "b", loading), forgetting);
    assert_eq!(late.expect("a value"), "before");
    assert_eq!(two.of_tenant(whose, &SHELF, "b", at_once(&loads, "after")).await.expect("a value"), "after");
}

/// One reads while another forgets: whoever asks afterwards is told what is true now, and what the slow one brings stays.
/// In one process, in one with Redis, and in the other of two.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_forgotten_while_it_loaded_is_kept_nowhere() {
    let server = Server::start().await;
    let (alone, (here, ..), (there, ..)) = (Cache::new(None, Meters::default()), server.cache(), server.cache());
    for (name, loader, forgetter) in [("alone", &alone, &alone), ("with Redis", &here, &here), ("another's", &here, &there)] {
        let (step, loads, whose) = (AtomicU32::new(0), AtomicU32::new(0), tenant());
        let slow = loader.of_tenant(whose, &SHELF, "a", async {
            step.store(1, Ordering::SeqCst);
            until(|| step.load(Ordering::SeqCst) == 2).await;
            Ok("before".to_owned())
        });
        let meanwhile = async {
            until(|| step.load(Ordering::SeqCst) == 1).await;
            forgetter.forget(whose, &SHELF, "a").await;
            // Where it was forgotten nobody joins the load that began before.
            let soon = tokio::time::timeout(Duration::from_secs(5), forgetter.of_tenant(whose, &SHELF, "a", at_once(&loads, "after"))).await;
            assert_eq!(soon.expect("it waits for nobody").expect("a value"), "after", "{name}");
            step.store(2, Ordering::SeqCst);
        };
        let (slow, ()) = tokio::join!(slow, meanwhile);
        assert_eq!(slow.expect("a value"), "before", "{name}: who began before is handed what he loaded");
        for cache in [loader, forgetter] {
            assert_eq!(cache.of_tenant(whose, &SHELF, "a", at_once(&loads, "once more")).await.expect("a value"), "after", "{name}: kept is what is true");
        }
        assert_eq!(loads.load(Ordering::SeqCst), 1, "{name}: and kept it is");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_killed_in_the_middle_costs_the_loading_alone_and_is_used_again_when_it_is_back() {
    let mut server = Server::start().await;
    let (cache, redis, meters) = server.cache();
    let (loads, whose) = (AtomicU32::new(0), tenant());
    cache.of_tenant(whose, &SHELF, "0", at_once(&loads, "x")).await.expect("a value");
    server.kill();
    let begun = tokio::time::Instant::now();
    for part in 1..=ASKED {
        assert_eq!(cache.of_tenant(whose, &SHELF, &part.to_string(), at_once(&loads, "x")).await.expect("no error for anybody"), "x");
    }
    assert_eq!(loads.load(Ordering::SeqCst), 1 + ASKED, "each was loaded");
    assert!(redis.is_away() && begun.elapsed() < Duration::from_secs(10), "a thousand did not each wait: {:?}", begun.elapsed());
    assert!(meters.render().contains(r#"vantera_cache_total{shelf="tests.thing",outcome="away"} 1000"#), "{}", meters.render());
    server.start_again().await;
    until(|| !redis.is_away()).await;
    let (other, ..) = server.cache();
    cache.of_tenant(whose, &SHELF, "again", at_once(&loads, "kept")).await.expect("a value");
    assert_eq!(other.of_tenant(whose, &SHELF, "again", at_once(&loads, "not asked")).await.expect("a value"), "kept");
}

#[tokio::test]
async fn an_error_is_told_and_not_kept_and_a_value_too_large_is_handed_out_and_not_kept() {
    let server = Server::start().await;
    let loads = AtomicU32::new(0);
    for cache in [Cache::new(None, Meters::default()), server.cache().0] {
        let whose = tenant();
        let failed = cache.of_tenant::<String, _>(whose, &SHELF, "a", async { Err(Fault::NotFound) }).await;
        assert!(matches!(failed, Err(Fault::NotFound)));
        assert_eq!(cache.of_tenant(whose, &SHELF, "a", at_once(&loads, "then")).await.expect("at once, without waiting for a turn"), "then");
        let large = "x".repeat(VALUE_MAX_BYTES);
        assert_eq!(cache.of_tenant(whose, &SHELF, "large", at_once(&loads, &large)).await.expect("a value"), large);
        assert_eq!(cache.of_tenant(whose, &SHELF, "large", at_once(&loads, "again")).await.expect("a value"), "again");
    }
}

/// The database was not to be had for it: no mistake of ours, and no incident for any of them.
#[tokio::test]
async fn a_load_without_a_database_sends_away_whoever_loaded_and_whoever_waited_for_him() {
    let server = Server::start().await;
    let away = sqlx::postgres::PgPoolOptions::new().connect_lazy("postgres://nobody@127.0.0.1/nothing").expect("an address");
    away.close().await;
    for cache in [Cache::new(None, Meters::default()), server.cache().0] {
        let (loads, waits, whose) = (AtomicU32::new(0), AtomicU32::new(0), tenant());
        let load = || async {
            until(|| waits.load(Ordering::SeqCst) == 1).await;
            loads.fetch_add(1, Ordering::SeqCst);
            away.acquire().await?;
            Ok("never".to_owned())
        };
        let waiting = async {
            waits.store(1, Ordering::SeqCst);
            cache.of_tenant(whose, &SHELF, "a", load()).await
        };
        let (loaded, waited) = tokio::join!(cache.of_tenant(whose, &SHELF, "a", load()), waiting);
        assert_eq!(loads.load(Ordering::SeqCst), 1, "one loaded and the other waited");
        for fault in [loaded, waited] {
            let told = fault.expect_err("there is no database").into_app(Lang::He, "trace");
            assert_eq!((told.code, told.incident), (Code::Unavailable, None), "{}", told.message);
        }
        let mistake = cache.of_tenant::<String, _>(whose, &SHELF, "a", async { Err(anyhow::anyhow!("a mistake").into()) }).await;
        let told = mistake.expect_err("a mistake").into_app(Lang::He, "trace");
        assert_eq!((told.code, told.incident.as_deref()), (Code::Internal, Some("trace")), "what is ours stays ours");
    }
}

/// Two installations on one Redis (a copy of production beside it): neither is told what the other remembers.
#[tokio::test]
async fn installations_that_share_a_redis_share_nothing_else() {
    let server = Server::start().await;
    let tenant = TenantId(uuid::Uuid::from_u128(7));
    for (installation, value) in [("one", 1), ("two", 2), ("one", 1)] {
        let cache = Cache::new(Some(Redis::new(&server.address(), installation).expect("an address")), Meters::default());
        let read: i32 = cache.of_tenant(tenant, &SHELF, "part", async { Ok(value) }).await.expect("a value");
        assert_eq!(read, value, "{installation}");
    }
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_without_repeating_it() {
    let told = Redis::new("http://user:secret@nowhere", "test").expect_err("no address of Redis").to_string();
    assert!(told.contains("REDIS_URL") && !told.contains("secret"), "{told}");
}

/// A reader who goes away while he loads holds nobody up, here or in another process.
#[tokio::test(flavor = "multi_thread")]
async fn a_loader_who_goes_away_gives_his_turn_back() {
    let server = Server::start().await;
    let ((one, ..), (two, ..)) = (server.cache(), server.cache());
    let (loads, whose) = (AtomicU32::new(0), tenant());
    {
        let never = one.of_tenant::<String, _>(whose, &SHELF, "a", async {
            loads.fetch_add(1, Ordering::SeqCst);
            std::future::pending().await
        });
        let mut never = std::pin::pin!(never);
        tokio::select! {
            _ = &mut never => unreachable!("it never loads"),
            () = until(|| loads.load(Ordering::SeqCst) == 1) => {}
        }
    }
    let begun = tokio::time::Instant::now();
    assert_eq!(two.of_tenant(whose, &SHELF, "a", at_once(&loads, "two's")).await.expect("a value"), "two's");
    assert!(begun.elapsed() < Duration::from_secs(2), "the turn was there: {:?}", begun.elapsed());
    assert_eq!(one.of_tenant(whose, &SHELF, "a", at_once(&loads, "not asked")).await.expect("a value"), "two's");
}
