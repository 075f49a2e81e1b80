//! The jobs seam over graphile_worker: work is left inside the transaction that caused it and taken by the worker
//! and payments processes. Handlers are safe to run twice.

use std::future::Future;
use std::time::Duration;

use anyhow::{Context, Result};
use graphile_worker::{JobDefinition, LocalQueueConfig, Worker, WorkerContext, WorkerOptions};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use kit::{Lang, TenantId};
use serde_json::{Value, json};
use sqlx::PgConnection;
use tracing::Instrument;

use super::cx::{Caller, Cx, Tenant};
use super::fault::Fault;
use super::state::AppState;

/// One piece of work for later. The payload carries ids only.
#[derive(Clone, Debug)]
pub struct Job {
    pub task: &'static str,
    pub payload: Value,
    /// Not before; at once when absent.
    pub run_at: Option<Timestamp>,
    /// A later job with the same key replaces one that has not begun, unless it is to be left once.
    pub key: Option<String>,
    /// Left only when none with the key waits or runs.
    pub once: bool,
    /// Taken before jobs of a higher number; 0 for work that nobody watches.
    pub priority: i32,
    /// Tries before the job is given up.
    pub most_attempts: i32,
}

impl Job {
    pub fn new(task: &'static str, payload: Value) -> Self {
        Self { task, payload, run_at: None, key: None, once: false, priority: 0, most_attempts: 25 }
    }

    pub fn at(mut self, moment: Timestamp) -> Self {
        self.run_at = Some(moment);
        self
    }

    pub fn keyed(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Somebody waits for it before his screen: before work that nobody watches, however much of that there is.
    pub fn watched(self) -> Self {
        Self { priority: -10, ..self }
    }

    /// With this key, and only when no job with it waits or runs: what is under way keeps its count of tries.
    pub fn once(self, key: impl Into<String>) -> Self {
        Self { once: true, ..self.keyed(key) }
    }

    /// Leaves the job in the given transaction, with its tenant in the payload.
    pub(super) async fn leave(self, db: &mut PgConnection, tenant: Option<TenantId>) -> Result<(), Fault> {
        let mut payload = self.payload;
        if let (Some(tenant), Some(map)) = (tenant, payload.as_object_mut()) {
            map.insert("tenant".into(), json!(tenant));
        }
        let run_at = self.run_at.map(|moment| moment.to_sqlx());
        sqlx::query!("select jobs.enqueue($1, $2::json, $3, $4, $5, $6, $7)", self.task, payload, run_at as _, self.key, self.most_attempts, self.once, self.priority)
            .execute(db)
            .await?;
        Ok(())
    }
}

/// What a job is run with.
#[derive(Clone)]
pub struct JobRun {
    pub state: AppState,
    pub payload: Value,
    pub trace: String,
    /// 1 on the first try.
    pub attempt: i16,
    pub most_attempts: i16,
}

impl JobRun {
    /// Reads a field of the payload.
    pub fn read<T: serde::de::DeserializeOwned>(&self, field: &str) -> Result<T> {
        serde_json::from_value(self.payload.get(field).cloned().unwrap_or(Value::Null)).with_context(|| format!("the job's payload lacks {field}"))
    }

    /// Opens the tenant named in the payload, acting as the system.
    pub async fn cx(&self) -> Result<Cx, Fault> {
        open_tenant(&self.state, self.read("tenant")?, self.trace.clone()).await
    }
}

/// A context of a job or a schedule in one tenant.
pub async fn open_tenant(state: &AppState, tenant: TenantId, trace: String) -> Result<Cx, Fault> {
    let mut tx = state.pool.begin().await?;
    let row = sqlx::query!(r#"select slug as "slug!", name as "name!", time_zone as "time_zone!" from directory.open_by_id($1)"#, tenant.0).fetch_one(&mut *tx).await?;
    let tenant = Tenant { id: tenant, slug: row.slug, name: row.name, zone: row.time_zone };
    Ok(Cx::new(tx, state.pool.clone(), tenant, Caller::system(), Lang::He, state.clock.now(), trace, state.vault.clone(), state.meters.clone()))
}

/// Runs one job of the queue: reads the state, runs the handler, logs a failure once. A job that names no tenant is run
/// only when the table says that its task is of the platform.
pub async fn run<F, Fut>(task: &'static str, of_platform: bool, payload: Value, context: WorkerContext, handler: F) -> Result<(), Told>
where
    F: Fn(JobRun) -> Fut,
    Fut: Future<Output = Result<(), Fault>>,
{
    let state = context.get_ext::<AppState>().expect("the runner was given the state").clone();
    let job = context.job();
    let in_hand = state.in_hand.clone();
    let _held = in_hand.take(*job.id());
    let run = JobRun { state, payload, trace: format!("job-{}", job.id()), attempt: *job.attempts(), most_attempts: *job.max_attempts() };
    let meters = run.state.meters.clone();
    let begun = tokio::time::Instant::now();
    // The tenant is an id; nothing else of a payload is logged.
    let tenant = run.payload.get("tenant").and_then(Value::as_str);
    let span =
        tracing::info_span!("job", otel.kind = "consumer", otel.name = task, otel.status_code = tracing::field::Empty, task, trace = run.trace, tenant, attempt = run.attempt);
    let named = tenant.is_some();
    let working = async {
        let outcome = match of_platform || named {
            true => handler(run).await,
            false => Err(anyhow::anyhow!("a job of {task} names no tenant").into()),
        };
        meters.job(task, outcome.is_ok(), begun.elapsed());
        outcome.map_err(|fault| {
            let told = match &fault {
                Fault::Bug(error) => format!("{error:#}"),
                other => format!("{other:?}"),
            };
            tracing::Span::current().record("otel.status_code", "ERROR");
            tracing::warn!(error = told, "a job failed and will be tried again");
            Told(told)
        })
    };
    working.instrument(span).await
}

/// What went wrong, for whoever reads the queue. The library writes an error down as `Debug` shows it; this one shows its
/// words and nothing around them.
pub struct Told(String);

impl std::fmt::Debug for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Makes the table of jobs out of lines `"room.task" in Lane => handler`; `in Lane of platform` for the few that run
/// without a tenant.
#[macro_export]
macro_rules! job_table {
    (@whose) => { false };
    (@whose platform) => { true };
    ($($task:literal in $lane:ident $(of $whose:ident)? => $handler:path),* $(,)?) => {
        vec![$({
            #[derive(serde::Serialize, serde::Deserialize)]
            #[serde(transparent)]
            struct Task(serde_json::Value);
            impl graphile_worker::TaskHandler for Task {
                const IDENTIFIER: &'static str = $task;
                async fn run(self, context: graphile_worker::WorkerContext) -> impl graphile_worker::IntoTaskHandlerResult {
                    $crate::platform::jobs::run($task, $crate::job_table!(@whose $($whose)?), self.0, context, $handler).await
                }
            }
            $crate::platform::lanes::LaneJob {
                task: $task,
                lane: $crate::platform::lanes::Lane::$lane,
                of_platform: $crate::job_table!(@whose $($whose)?),
                definition: graphile_worker::JobDefinition::of::<Task>(),
            }
        }),*]
    };
}

/// A runner of these jobs on the state's pool (which must be a worker's or the payment engine's role).
pub async fn worker(state: &AppState, jobs: Vec<JobDefinition>, slots: usize) -> Result<Worker> {
    runner(state, jobs, slots, Duration::from_millis(500), None).await
}

/// What a runner is silent for before its jobs are taken back, how often others look, and how long its jobs rest then,
/// by how often it says that it lives. At the default of 5 s the sum is 31.25 s: nothing of a killed process waits 45.
pub fn taken_back(beat: Duration) -> [Duration; 3] {
    [beat * 4, beat * 2, beat / 4]
}

/// How long the end of a job may wait for those of others. A process that dies meanwhile leaves jobs that run again.
const ENDS_TOLD_TOGETHER: Duration = Duration::from_millis(2);

/// How long a runner that is told to stop waits for its jobs; then they are given back. Longer than the longest call of a
/// handler (15 s, of the webhooks' sender), shorter than the process has to end in (25 s).
const GRACE: Duration = Duration::from_secs(20);

/// What a runner that is told to stop gives back rests for no moment: it lives, and nobody died of the job. By that the
/// queue tells it from what was taken back from the dead, which always rests a little (src/platform/queue.sql).
const INTERRUPTED_RESTS: Duration = Duration::ZERO;

/// A runner that asks for due jobs this often, besides being told of new ones. With a local queue of many it also tells many
/// ends at once.
pub(super) async fn runner(state: &AppState, jobs: Vec<JobDefinition>, slots: usize, asks_every: Duration, queue: Option<LocalQueueConfig>) -> Result<Worker> {
    let beat = state.config.job_heartbeat;
    let [silent, looked_for, rest] = taken_back(beat);
    let mut options = WorkerOptions::default()
        .pg_pool(state.pool.clone())
        .concurrency(slots)
        .poll_interval(asks_every)
        .listen_os_shutdown_signals(false)
        .shutdown_grace_period(GRACE)
        .shutdown_interrupted_job_retry_delay(INTERRUPTED_RESTS)
        .heartbeat_interval(beat)
        .sweep_interval(looked_for)
        .sweep_threshold(silent)
        .recovery_delay(rest)
        .add_extension(state.clone())
        .define_jobs(jobs);
    if let Some(queue) = queue {
        if queue.size > 1 {
            options = options.complete_job_batch_delay(ENDS_TOLD_TOGETHER);
        }
        options = options.local_queue(queue);
    }
    Ok(options.init().await?)
}

/// Leaves a job that belongs to no tenant.
pub async fn leave_global(state: &AppState, job: Job) -> Result<(), Fault> {
    let mut connection = state.pool.acquire().await?;
    job.leave(&mut connection, None).await
}
