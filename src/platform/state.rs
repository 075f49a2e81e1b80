//! What a process holds while it lives.

use std::sync::Arc;
use std::time::Duration;

use leptos::config::LeptosOptions;
use sqlx::PgPool;
use tokio::sync::broadcast;
use uuid::Uuid;

use super::cache::Cache;
use super::clock::Clock;
use super::config::Config;
use super::in_hand::InHand;
use super::jobs;
use super::limits::Limits;
use super::meters::Meters;
use super::redis::Redis;
use super::session::TokenKeys;
use super::slow::SlowRequests;

/// Cheap to clone; one a role.
#[derive(Clone)]
pub struct AppState {
    pub config: Arc<Config>,
    /// Connections of this role: web, worker or payments.
    pub pool: PgPool,
    pub clock: Arc<dyn Clock>,
    pub keys: Arc<TokenKeys>,
    /// Seals what must not be read in the database.
    pub vault: Arc<vault::Vault>,
    /// How often one address may knock.
    pub limits: Arc<Limits>,
    /// What may be remembered for a while; the roles of one process share it.
    pub cache: Cache,
    /// What Prometheus is told; the roles of one process share it.
    pub meters: Meters,
    /// The slowest requests that this process answered.
    pub slow: SlowRequests,
    /// The jobs this process runs.
    pub in_hand: Arc<InHand>,
    pub leptos: LeptosOptions,
    /// Wake-ups "this tenant has news", from the database's one LISTEN of this process.
    pub news: broadcast::Sender<Uuid>,
    /// Cancelled at the signal to stop: the process is not ready any more, and whoever spreads requests goes elsewhere.
    pub leaving: tokio_util::sync::CancellationToken,
    /// Cancelled when the process begins to stop; streams end on it.
    pub stopping: tokio_util::sync::CancellationToken,
    /// Deliveries that go on after their pump gave its slot back; a process waits for them before it ends.
    pub afloat: tokio_util::task::TaskTracker,
    /// Stripe, in the payment engine's process only.
    pub stripe: Option<Arc<dyn stripe_port::StripePort>>,
    /// Where Google gives tokens, in a process that refreshes them and was told of our client there.
    pub google: Option<Arc<oauth_port::TokenEndpoint>>,
    /// Providers that can be asked whether an unsigned event is true, in the worker's process only.
    pub askers: hooks::ask::Askers,
    /// Our client for outside services, with its time limits.
    pub http: reqwest::Client,
    /// What goes to addresses that others gave us: never to a private one.
    pub sender: Arc<hooks::sender::Sender>,
}

/// What a process knows of itself at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Pulse {
    /// It was told to stop.
    pub leaving: bool,
    /// Connections of its pool: in use, idle, and how many there may be.
    pub used: u32,
    pub idle: u32,
    pub most: u32,
    /// A job runner that was not heard for so long is silent.
    pub silent_after: Duration,
}

impl AppState {
    pub fn pulse(&self) -> Pulse {
        let idle = u32::try_from(self.pool.num_idle()).unwrap_or(u32::MAX);
        let [silent_after, ..] = jobs::taken_back(self.config.job_heartbeat);
        Pulse { leaving: self.leaving.is_cancelled(), used: self.pool.size().saturating_sub(idle), idle, most: self.pool.options().get_max_connections(), silent_after }
    }

    /// A process's state; `stripe` only for the payment engine, and a Redis by `with_redis`.
    pub fn new(config: Arc<Config>, pool: PgPool, clock: Arc<dyn Clock>, keys: Arc<TokenKeys>, vault: Arc<vault::Vault>, leptos: LeptosOptions, http: reqwest::Client) -> Self {
        let meters = Meters::default();
        let cache = Cache::new(None, meters.clone());
        let limits = Arc::new(Limits::new(clock.clone(), config.limits_factor, None));
        let reach = if config.webhooks_loopback { hooks::address::Reach::Loopback } else { hooks::address::Reach::Public };
        let sender = hooks::sender::Sender::new(hooks::sender::Settings::new(reach)).expect("TLS is set up, as for the client that was handed in");
        let google = config.google.as_ref().map(|google| Arc::new(google.endpoint(http.clone())));
        Self {
            config,
            pool,
            clock,
            keys,
            vault,
            limits,
            cache,
            meters,
            slow: SlowRequests::default(),
            in_hand: Arc::default(),
            leptos,
            news: broadcast::channel(1024).0,
            leaving: tokio_util::sync::CancellationToken::new(),
            stopping: tokio_util::sync::CancellationToken::new(),
            afloat: tokio_util::task::TaskTracker::new(),
            stripe: None,
            google,
            askers: hooks::ask::Askers::default(),
            http,
            sender: Arc::new(sender),
        }
    }

    /// The same process's state for another role's connections.
    pub fn with_pool(&self, pool: PgPool) -> Self {
        Self { pool, ..self.clone() }
    }

    /// The same process with this Redis behind its cache and its limits; before any other role's state is made of it.
    pub fn with_redis(mut self, redis: Redis) -> Self {
        self.limits = Arc::new(Limits::new(self.clock.clone(), self.config.limits_factor, Some(redis.clone())));
        self.cache = Cache::new(Some(redis), self.meters.clone());
        self
    }

    /// The same, with connections of their own that are opened when they are needed, so many at most: whoever takes all of
    /// them takes nobody else's, and waits for nobody else.
    pub fn apart(&self, connections: u32) -> Self {
        let options = self.pool.options().clone().min_connections(0).max_connections(connections);
        self.with_pool(options.connect_lazy_with((*self.pool.connect_options()).clone()))
    }

    pub fn with_stripe(mut self, stripe: Arc<dyn stripe_port::StripePort>) -> Self {
        self.stripe = Some(stripe);
        self
    }
}

impl std::fmt::Debug for AppState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppState").finish_non_exhaustive()
    }
}

impl axum::extract::FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.leptos.clone()
    }
}
