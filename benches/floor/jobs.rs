//! What running jobs costs: the same trivial job, as many at once, by our runner, by Node's graphile-worker on a database
//! beside ours in the same server, and by BullMQ on a Redis that writes each change to the disk, in turns; and how soon a
//! job that is left while nothing else runs has begun.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::TestDatabase;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use vantera::job_table;
use vantera::platform::jobs::{JobRun, leave_global};
use vantera::platform::lanes::{self, Lane, LaneJob, LaneSlots};
use vantera::platform::{Fault, Job};

use crate::measure::{limited, line, moment};
use crate::support::App;

const JOBS: usize = 5_000;
/// Jobs at once, on either side.
const AT_ONCE: usize = 8;
const PICK_UPS: usize = 300;

static DONE: AtomicUsize = AtomicUsize::new(0);
static ALL_DONE: Notify = Notify::const_new();
static BEGUN: std::sync::OnceLock<mpsc::UnboundedSender<std::time::Instant>> = std::sync::OnceLock::new();

async fn nothing(_run: JobRun) -> Result<(), Fault> {
    if DONE.fetch_add(1, Ordering::Relaxed) + 1 == JOBS {
        ALL_DONE.notify_one();
    }
    Ok(())
}

async fn begun(_run: JobRun) -> Result<(), Fault> {
    if let Some(heard) = BEGUN.get() {
        let _ = heard.send(moment());
    }
    Ok(())
}

fn table() -> Vec<LaneJob> {
    job_table! {
        "bench.nothing" in Rooms of platform => nothing,
        "bench.begun" in Payments of platform => begun,
    }
}

pub fn measure(rounds: usize) -> Vec<Value> {
    crate::on_workers(2, async {
        let app = App::start_with(|config| config.lane_slots = LaneSlots::parse(&format!("rooms={AT_ONCE}")).expect("slots")).await;
        lanes::declare(&app.worker, &table()).await.expect("lanes");
        let mut lines = vec![limited("a job that is left while none runs has begun (9)", "ms", &pick_ups(&app).await, "p95", 20.0)];
        let (node, redis) = (NodeSide::start().await, RedisSide::start().await);
        let (mut ours, mut nodes, mut redises) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..rounds {
            ours.push(our_round(&app).await);
            if let Some(node) = &node {
                nodes.push(node.round().await);
            }
            if let Some(redis) = &redis {
                redises.push(redis.round().await);
            }
        }
        let against = |theirs: &[f64]| ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect::<Vec<_>>();
        if nodes.is_empty() {
            eprintln!("VANTERA_BENCH_NODE and VANTERA_BENCH_MODULES name no Node with graphile-worker: it is not measured");
        } else {
            lines.push(limited("the time of a trivial job against Node's graphile-worker (10)", "×", &against(&nodes), "p50", 1.0));
        }
        if redises.is_empty() {
            eprintln!("VANTERA_BENCH_REDIS and VANTERA_BENCH_MODULES name no redis-server with bullmq: it is not measured");
        } else {
            lines.push(limited("– against BullMQ (10)", "×", &against(&redises), "p50", 1.0));
        }
        lines.push(line("– ours, a job", "ms", &ours));
        for (name, theirs) in [("– graphile-worker's, a job", &nodes), ("– BullMQ's, a job", &redises)] {
            if !theirs.is_empty() {
                lines.push(line(name, "ms", theirs));
            }
        }
        lines
    })
}

/// Every lane's runner is up, as in a process of all roles.
async fn pick_ups(app: &App) -> Vec<f64> {
    let (heard, mut begun) = mpsc::unbounded_channel();
    BEGUN.set(heard).expect("it is set once");
    let mut runners = JoinSet::new();
    let mut up = Vec::new();
    for lane in Lane::ALL {
        let state = if lane == Lane::Payments { &app.payments } else { &app.worker };
        let whole: Vec<LaneJob> = vantera::wiring::jobs().into_iter().chain(table()).collect();
        if whole.iter().any(|job| job.lane == lane) {
            let runner = Arc::new(lanes::runner(state, lane, &whole).await.expect("a runner"));
            up.push(runner.clone());
            let state = state.clone();
            runners.spawn(async move { lanes::work(&state, lane, &runner).await.expect("it runs") });
        }
    }
    let mut waits = Vec::new();
    // The first few find connections that are not open yet.
    for turn in 0..PICK_UPS + 20 {
        // Apart from the runners' own asking, whatever its rhythm.
        tokio::time::timeout(Duration::from_millis(7 + (turn as u64 * 13) % 40), std::future::pending::<()>()).await.expect_err("a pause");
        let left = moment();
        leave_global(&app.payments, Job::new("bench.begun", json!({}))).await.expect("a job");
        let at = tokio::time::timeout(Duration::from_secs(5), begun.recv()).await.expect("it is picked up").expect("it is told");
        if turn >= 20 {
            waits.push(at.duration_since(left).as_secs_f64() * 1_000.0);
        }
    }
    up.iter().for_each(|runner| runner.request_shutdown());
    while runners.join_next().await.is_some() {}
    waits
}

/// Milliseconds a job, from the runner's start to the last job's end.
async fn our_round(app: &App) -> f64 {
    let owner = PgPool::connect(app.database.owner()).await.expect("the owner");
    let runner = lanes::runner(&app.worker, Lane::Rooms, &table()).await.expect("a runner");
    let fill = "insert into graphile_worker._private_jobs (task_id, payload) select t.id, json_build_object('n', n) from graphile_worker._private_tasks t, generate_series(1, $1) n where t.identifier = 'bench.nothing'";
    sqlx::query(fill).bind(JOBS as i32).execute(&owner).await.expect("jobs");
    sqlx::query("analyze graphile_worker._private_jobs").execute(&owner).await.expect("statistics");
    DONE.store(0, Ordering::Relaxed);
    let begun = moment();
    let done = async {
        ALL_DONE.notified().await;
        let took = begun.elapsed().as_secs_f64() * 1_000.0;
        runner.request_shutdown();
        took
    };
    let (ended, took) = tokio::join!(lanes::work(&app.worker, Lane::Rooms, &runner), done);
    ended.expect("a runner ends well");
    took / JOBS as f64
}

/// Milliseconds that a script of Node measured for so many jobs.
async fn told(node: &Path, script: &str, modules: &Path, place: &str, jobs: usize) -> f64 {
    let mut command = Command::new(node);
    command.arg(script).arg(modules).arg(place).arg(jobs.to_string()).arg(AT_ONCE.to_string());
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("a thread").expect("Node runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number")
}

/// Node's graphile-worker with a database of its own.
struct NodeSide {
    node: PathBuf,
    modules: PathBuf,
    database: TestDatabase,
    fill: PgPool,
}

impl NodeSide {
    async fn start() -> Option<Self> {
        let named = |name: &str| std::env::var_os(name).map(PathBuf::from);
        let (node, modules) = (named("VANTERA_BENCH_NODE")?, named("VANTERA_BENCH_MODULES")?);
        let database = TestDatabase::fresh("an empty database", |_| async { Ok(()) }).await.expect("a database");
        let fill = PgPool::connect(database.owner()).await.expect("the owner");
        let side = Self { node, modules, database, fill };
        side.run(0).await;
        Some(side)
    }

    async fn run(&self, jobs: usize) -> f64 {
        told(&self.node, concat!(env!("CARGO_MANIFEST_DIR"), "/benches/floor/jobs.mjs"), &self.modules, self.database.owner(), jobs).await
    }

    async fn round(&self) -> f64 {
        let fill = "insert into graphile_worker._private_jobs (task_id, payload) select t.id, json_build_object('n', n) from graphile_worker._private_tasks t, generate_series(1, $1) n where t.identifier = 'nothing'";
        sqlx::query(fill).bind(JOBS as i32).execute(&self.fill).await.expect("jobs");
        sqlx::query("analyze graphile_worker._private_jobs").execute(&self.fill).await.expect("statistics");
        self.run(JOBS).await / JOBS as f64
    }
}

/// BullMQ on a Redis of its own that forgets nothing: each change is on the disk before it is answered.
struct RedisSide {
    node: PathBuf,
    modules: PathBuf,
    port: String,
    server: Child,
}

impl RedisSide {
    async fn start() -> Option<Self> {
        let named = |name: &str| std::env::var_os(name).map(PathBuf::from);
        let (program, node, modules) = (named("VANTERA_BENCH_REDIS")?, named("VANTERA_BENCH_NODE")?, named("VANTERA_BENCH_MODULES")?);
        let folder = modules.join("redis");
        std::fs::create_dir_all(&folder).expect("a folder");
        let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port");
        let port = free.port().to_string();
        let settings = ["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "yes", "--appendfsync", "always", "--loglevel", "warning"];
        let server = Command::new(program).args(settings).arg("--dir").arg(folder).spawn().expect("Redis starts");
        while tokio::net::TcpStream::connect(free).await.is_err() {
            tokio::task::yield_now().await;
        }
        Some(Self { node, modules, port, server })
    }

    async fn round(&self) -> f64 {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/floor/bullmq.mjs");
        told(&self.node, script, &self.modules, &self.port, JOBS).await / JOBS as f64
    }
}

impl Drop for RedisSide {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
