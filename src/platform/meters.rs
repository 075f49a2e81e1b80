//! What the process tells Prometheus of itself: how long joining takes, requests, jobs, streams, connections.
//!
//! Labels come from lists that are closed (steps, routes, tasks, roles): never a tenant, a person or an address. Each
//! state has a recorder of its own, which the roles of one process share and every test has for itself.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::Method;
use metrics::{Counter, Gauge, Key, Label, Level, Metadata, Recorder, Unit};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use sqlx::PgPool;

use super::slow::{Learned, SLOW_FROM, SlowRequest};
use super::state::AppState;

pub const JOIN_STEPS: &str = "vantera_join_steps_total";
pub const JOIN_SECONDS: &str = "vantera_join_step_seconds";
const REQUESTS: &str = "vantera_http_request_seconds";
const JOBS: &str = "vantera_jobs_total";
const JOB_SECONDS: &str = "vantera_job_seconds";
const STREAMS: &str = "vantera_streams_open";
const CONNECTIONS: &str = "vantera_pool_connections";
const REFUSED: &str = "vantera_limits_refused_total";
const CACHE: &str = "vantera_cache_total";
const INBOUND: &str = "vantera_inbound_total";
const FORGED: &str = "vantera_inbound_forged_total";
const LANE_WAITING: &str = "vantera_lane_waiting";
const LANE_RUNNING: &str = "vantera_lane_running";
const LANE_OLDEST: &str = "vantera_lane_oldest_seconds";
const LANE_DEAD: &str = "vantera_lane_dead";
const ATTEMPTS: &str = "vantera_gateway_attempts_total";
const ATTEMPT_SECONDS: &str = "vantera_gateway_attempt_seconds";
const DELIVERIES_WAITING: &str = "vantera_gateway_waiting";
const DELIVERIES_DEAD: &str = "vantera_gateway_dead";
const ENDPOINTS_OFF: &str = "vantera_gateway_endpoints_off";
const SEAL_AGE: &str = "vantera_audit_seal_age_seconds";
const CHAINS_BROKEN: &str = "vantera_audit_chains_broken";
const REFRESHES: &str = "vantera_connections_total";
const LINES: &str = "vantera_stream_lines_total";
const QUOTAS_REFUSED: &str = "vantera_quotas_refused_total";
const UNOPENED: &str = "vantera_vault_unopened_total";
const CLOCK_AHEAD: &str = "vantera_clock_ahead_seconds";

/// Upper bounds in seconds. Half and 95 % of joins are read from the first; its finest steps are around the goal of 60.
const JOIN_BUCKETS: &[f64] = &[1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 16.0, 20.0, 25.0, 30.0, 35.0, 40.0, 45.0, 50.0, 55.0, 60.0, 70.0, 80.0, 100.0, 120.0, 300.0, 900.0];
const REQUEST_BUCKETS: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
const JOB_BUCKETS: &[f64] = &[0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// A receiver is waited for 15 s at most.
const ATTEMPT_BUCKETS: &[f64] = &[0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 20.0];

const OURS: Metadata<'static> = Metadata::new("vantera", Level::INFO, None);

/// One thing measured inside a context, told once it is committed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measure {
    pub name: &'static str,
    pub step: &'static str,
    /// How long it took; a thing that is only counted has none.
    pub seconds: Option<f64>,
}

/// A lane of the queue at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LaneStands {
    /// Due and not begun.
    pub waiting: i64,
    pub running: i64,
    /// How long the first of those that wait has been due.
    pub oldest_s: i64,
    /// Spent jobs that nobody has decided about.
    pub dead: i64,
}

/// What the gateway sends, at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GatewayStands {
    /// Deliveries that are not at their endpoint yet.
    pub waiting: i64,
    /// Deliveries that were given up and not sent again since.
    pub dead: i64,
    /// Endpoints that are switched off, by why.
    pub off: [(&'static str, i64); 4],
}

/// What carries a page's line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// Server-sent events.
    Sse,
    Socket,
}

impl Carrier {
    pub const ALL: [Self; 2] = [Self::Sse, Self::Socket];

    fn word(self) -> &'static str {
        match self {
            Carrier::Sse => "sse",
            Carrier::Socket => "socket",
        }
    }
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Meters(Arc<Inside>);

struct Inside {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    pools: Mutex<Vec<(&'static str, PgPool)>>,
    /// Runs of jobs that went well, by task, with their milliseconds.
    done: Mutex<BTreeMap<&'static str, (i64, i64)>>,
}

/// One open stream; dropping it is its end.
pub struct OpenStream(Gauge);

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

impl Default for Meters {
    fn default() -> Self {
        let with = |builder: PrometheusBuilder, name: &str, buckets: &[f64]| builder.set_buckets_for_metric(Matcher::Full(name.to_owned()), buckets).expect("there are buckets");
        let builder = with(PrometheusBuilder::new(), JOIN_SECONDS, JOIN_BUCKETS);
        let builder = with(with(builder, REQUESTS, REQUEST_BUCKETS), JOB_SECONDS, JOB_BUCKETS);
        let builder = with(builder, ATTEMPT_SECONDS, ATTEMPT_BUCKETS);
        let recorder = builder.build_recorder();
        recorder.describe_counter(JOIN_STEPS.into(), None, "Attempts to join that reached a step; paying ones, but for waiting and accepted.".into());
        recorder.describe_histogram(
            JOIN_SECONDS.into(),
            Some(Unit::Seconds),
            "From the step before to this one; whole is from the form's opening to the first view of the feed.".into(),
        );
        recorder.describe_histogram(REQUESTS.into(), Some(Unit::Seconds), "Requests by the template of their route, until the first byte of the answer.".into());
        recorder.describe_counter(JOBS.into(), None, "Runs of jobs by task and outcome; a failed one is tried again.".into());
        recorder.describe_histogram(JOB_SECONDS.into(), Some(Unit::Seconds), "How long a run of a job took.".into());
        recorder.describe_gauge(STREAMS.into(), None, "Live streams that are open.".into());
        recorder.describe_gauge(CONNECTIONS.into(), None, "Connections of a role's pool, used and idle.".into());
        recorder.describe_counter(REFUSED.into(), None, "Requests refused because their address knocked too often.".into());
        recorder.describe_counter(CACHE.into(), None, "Reads of the cache by shelf: kept, loaded, or away when Redis was not asked or did not answer.".into());
        recorder.describe_counter(INBOUND.into(), None, "Inbound webhooks by provider and what became of them.".into());
        recorder.describe_counter(FORGED.into(), None, "Inbound webhooks that were not believed, by provider and reason.".into());
        recorder.describe_gauge(LANE_WAITING.into(), None, "Jobs of a lane that are due and not begun.".into());
        recorder.describe_gauge(LANE_RUNNING.into(), None, "Jobs of a lane that somebody runs.".into());
        recorder.describe_gauge(LANE_OLDEST.into(), Some(Unit::Seconds), "How long the first waiting job of a lane has been due.".into());
        recorder.describe_gauge(LANE_DEAD.into(), None, "Dead letters of a lane that nobody has decided about.".into());
        describe_rooms(&recorder);
        let handle = recorder.handle();
        let meters = Self(Arc::new(Inside { recorder, handle, pools: Mutex::default(), done: Mutex::default() }));
        for carrier in Carrier::ALL {
            meters.gauge(STREAMS, &[("kind", carrier.word())]).set(0.0);
        }
        meters
    }
}

/// What rooms count of themselves.
fn describe_rooms(recorder: &PrometheusRecorder) {
    recorder.describe_counter(ATTEMPTS.into(), None, "Attempts to bring a webhook to its endpoint, by what came of them.".into());
    recorder.describe_histogram(ATTEMPT_SECONDS.into(), Some(Unit::Seconds), "How long a receiver of webhooks took to answer, or was waited for.".into());
    recorder.describe_gauge(DELIVERIES_WAITING.into(), None, "Deliveries that are not at their endpoint yet; ten thousand means that many or more.".into());
    recorder.describe_gauge(DELIVERIES_DEAD.into(), None, "Deliveries that were given up and not sent again since; ten thousand at most.".into());
    recorder.describe_gauge(ENDPOINTS_OFF.into(), None, "Endpoints that are switched off, by why.".into());
    recorder.describe_gauge(SEAL_AGE.into(), Some(Unit::Seconds), "Since the audit log's last seal.".into());
    recorder.describe_gauge(CHAINS_BROKEN.into(), None, "Audit logs that were broken when they were last read through.".into());
    recorder.describe_counter(REFRESHES.into(), None, "Refreshes of tokens of accounts outside, by what came of them.".into());
    recorder.describe_counter(LINES.into(), None, "Lines told to open pages.".into());
    recorder.describe_counter(QUOTAS_REFUSED.into(), None, "Refusals because a month's share of the plan was used up.".into());
    recorder.describe_gauge(CLOCK_AHEAD.into(), Some(Unit::Seconds), "How far this process's clock is ahead of the database's.".into());
    recorder.describe_counter(UNOPENED.into(), None, "Sealed values that did not open when they were needed.".into());
}

impl Meters {
    fn counter(&self, name: &'static str, labels: &[(&'static str, &str)], by: u64) {
        self.0.recorder.register_counter(&key(name, labels), &OURS).increment(by);
    }

    fn observe(&self, name: &'static str, labels: &[(&'static str, &str)], seconds: f64) {
        self.0.recorder.register_histogram(&key(name, labels), &OURS).record(seconds);
    }

    fn gauge(&self, name: &'static str, labels: &[(&'static str, &str)]) -> Gauge {
        self.0.recorder.register_gauge(&key(name, labels), &OURS)
    }

    pub fn tell(&self, measure: Measure) {
        match measure.seconds {
            Some(seconds) => self.observe(measure.name, &[("step", measure.step)], seconds),
            None => self.counter(measure.name, &[("step", measure.step)], 1),
        }
    }

    pub fn job(&self, task: &'static str, done: bool, took: Duration) {
        self.counter(JOBS, &[("task", task), ("outcome", if done { "done" } else { "failed" })], 1);
        self.observe(JOB_SECONDS, &[("task", task)], took.as_secs_f64());
        if done {
            let mut counted = self.0.done.lock().unwrap_or_else(PoisonError::into_inner);
            let count = counted.entry(task).or_default();
            *count = (count.0 + 1, count.1 + took.as_millis() as i64);
        }
    }

    /// What went well since this was last asked: task, runs, milliseconds.
    pub fn take_done(&self) -> Vec<(&'static str, i64, i64)> {
        let counted = std::mem::take(&mut *self.0.done.lock().unwrap_or_else(PoisonError::into_inner));
        counted.into_iter().map(|(task, (runs, took_ms))| (task, runs, took_ms)).collect()
    }

    /// How a lane of the queue stands, across all processes.
    pub fn lane(&self, lane: &str, stands: LaneStands) {
        let set = |name, value: i64| self.gauge(name, &[("lane", lane)]).set(value as f64);
        set(LANE_WAITING, stands.waiting);
        set(LANE_RUNNING, stands.running);
        set(LANE_OLDEST, stands.oldest_s);
        set(LANE_DEAD, stands.dead);
    }

    pub fn refused(&self, limit: &'static str) {
        self.counter(REFUSED, &[("limit", limit)], 1);
    }

    /// What became of one read of the cache.
    pub fn cache(&self, shelf: &'static str, outcome: &'static str) {
        self.counter(CACHE, &[("shelf", shelf), ("outcome", outcome)], 1);
    }

    pub fn inbound(&self, provider: &'static str, outcome: &'static str) {
        self.counter(INBOUND, &[("provider", provider), ("outcome", outcome)], 1);
    }

    pub fn forged(&self, provider: &'static str, reason: &'static str) {
        self.counter(FORGED, &[("provider", provider), ("reason", reason)], 1);
    }

    pub fn stream_opened(&self, carrier: Carrier) -> OpenStream {
        let gauge = self.gauge(STREAMS, &[("kind", carrier.word())]);
        gauge.increment(1.0);
        OpenStream(gauge)
    }

    /// Counts the lines that a carrier's pages are told. Kept by each page: it is looked up once and not for each line.
    pub fn stream_lines(&self, carrier: Carrier) -> Counter {
        self.0.recorder.register_counter(&key(LINES, &[("kind", carrier.word())]), &OURS)
    }

    /// One attempt to bring a webhook. `took` is how long the receiver was waited for; none when nobody was asked.
    pub fn attempt(&self, outcome: &'static str, took: Option<Duration>) {
        self.counter(ATTEMPTS, &[("outcome", outcome)], 1);
        if let Some(took) = took {
            self.observe(ATTEMPT_SECONDS, &[], took.as_secs_f64());
        }
    }

    /// How the gateway stands, across all processes.
    pub fn gateway(&self, stands: GatewayStands) {
        self.gauge(DELIVERIES_WAITING, &[]).set(stands.waiting as f64);
        self.gauge(DELIVERIES_DEAD, &[]).set(stands.dead as f64);
        for (reason, endpoints) in stands.off {
            self.gauge(ENDPOINTS_OFF, &[("reason", reason)]).set(endpoints as f64);
        }
    }

    /// How the audit logs stand, across all processes. Nothing is told of the last seal before there is one.
    pub fn audit(&self, seal_age_s: Option<f64>, broken: i64) {
        if let Some(seconds) = seal_age_s {
            self.gauge(SEAL_AGE, &[]).set(seconds);
        }
        self.gauge(CHAINS_BROKEN, &[]).set(broken as f64);
    }

    /// What came of one refresh of a token.
    pub fn connection(&self, outcome: &'static str) {
        self.counter(REFRESHES, &[("outcome", outcome)], 1);
    }

    pub fn quota_refused(&self, meter: &'static str) {
        self.counter(QUOTAS_REFUSED, &[("meter", meter)], 1);
    }

    /// A sealed value of this table did not open.
    pub fn unopened(&self, table: &str) {
        self.counter(UNOPENED, &[("table", table)], 1);
    }

    /// How far this process's clock is ahead of the database's.
    pub fn clock(&self, ahead_s: f64) {
        self.gauge(CLOCK_AHEAD, &[]).set(ahead_s);
    }

    /// Tells of this pool from now on.
    pub fn watch_pool(&self, role: &'static str, pool: PgPool) {
        self.0.pools.lock().unwrap_or_else(PoisonError::into_inner).push((role, pool));
    }

    /// Everything, in the text format of Prometheus.
    pub fn render(&self) -> String {
        for (role, pool) in self.0.pools.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let idle = pool.num_idle();
            self.gauge(CONNECTIONS, &[("role", role), ("state", "idle")]).set(idle as f64);
            self.gauge(CONNECTIONS, &[("role", role), ("state", "used")]).set(f64::from(pool.size()) - idle as f64);
        }
        self.0.handle.render()
    }

    /// Between two scrapes, so that what was measured does not pile up when nobody asks.
    pub fn tidy(&self) {
        self.0.handle.run_upkeep();
    }
}

impl std::fmt::Debug for Meters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Meters").finish_non_exhaustive()
    }
}

fn key(name: &'static str, labels: &[(&'static str, &str)]) -> Key {
    Key::from_parts(name, labels.iter().map(|(name, value)| Label::new(*name, (*value).to_owned())).collect::<Vec<_>>())
}

/// The template of the route that answered, put into the answer by `name_route`.
#[derive(Clone)]
struct RouteName(String);

/// Layer of every router: notes which of its routes answers. `calls` are the paths of server functions, which share one route.
pub async fn name_route(State(calls): State<Arc<Vec<String>>>, matched: Option<MatchedPath>, request: Request, next: Next) -> Response {
    let name = matched.map(|path| {
        let template = path.as_str();
        match template.split_once("{*") {
            // A server function has its name; everything else below a catch-all is one.
            Some(_) if calls.iter().any(|call| call == request.uri().path()) => request.uri().path().to_owned(),
            Some((before, _)) => format!("{before}*"),
            None => template.to_owned(),
        }
    });
    if let Some(name) = &name {
        tracing::Span::current().record("otel.name", format!("{} {name}", request.method()));
    }
    let mut response = next.run(request).await;
    if let Some(name) = name {
        // A form that is shown again was answered by a page inside; the outer route is what was asked for.
        response.extensions_mut().insert(RouteName(name));
    }
    response
}

/// The outermost layer: how long each request took.
pub async fn requests(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let method = match *request.method() {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::HEAD => "HEAD",
        _ => "other",
    };
    let learned = Arc::<Learned>::default();
    request.extensions_mut().insert(learned.clone());
    let begun = tokio::time::Instant::now();
    let response = next.run(request).await;
    let took = begun.elapsed();
    let route = response.extensions().get::<RouteName>().map_or("none", |name| name.0.as_str());
    let class = ["1xx", "2xx", "3xx", "4xx", "5xx"][usize::from((response.status().as_u16() / 100).clamp(1, 5) - 1)];
    state.meters.observe(REQUESTS, &[("route", route), ("method", method), ("status", class)], took.as_secs_f64());
    if took >= SLOW_FROM {
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let (trace, tenant) = (learned.trace.get().cloned(), learned.tenant.get().copied());
        state.slow.note(SlowRequest { route: route.to_owned(), method, status: response.status().as_u16(), took_ms, at: state.clock.now(), trace, tenant });
    }
    response
}
