//! Bringing the process up and down: database, roles, signals.

use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use embedded_pg::Role as DbRole;
use stripe_port::{StripeClient, StripeSettings};
use tokio::task::JoinSet;
use vantera::platform::lanes::{self, Lane, LaneJob, Runs};
use vantera::platform::redis::Redis;
use vantera::platform::session::TokenKeys;
use vantera::platform::{AppState, Config, Fault, Ground, Roles, SystemClock, database, fingerprints, housekeeping, jobs, rotation, schedules};
use vantera::{audit, demo, stream, wiring};

use crate::keys::{kept_keys, open_vault};

const USAGE: &str = "usage: vantera serve [--role web|worker|payments|all] [--demo] | migrate | audit verify [--tenant SLUG] | vault rotate";

/// The longest a process takes to end after the signal, from serving to the last job.
const END: Duration = Duration::from_secs(25);

/// Runs one command.
pub async fn run(words: &[&str]) -> Result<()> {
    if words.contains(&"--demo") {
        demo::choose();
    }
    match words.first().copied() {
        Some("serve") => {
            let role = words.iter().position(|word| *word == "--role").and_then(|at| words.get(at + 1).copied()).unwrap_or("all");
            serve(Roles::parse(role).context(USAGE)?).await
        }
        Some("migrate") => {
            let ground = Ground::from_env();
            let vault = open_vault(&ground)?;
            let databases = Databases::open(&ground).await?;
            let outcome = async { database::migrate(&databases.owner()?, &vault).await }.await;
            databases.close().await?;
            outcome.inspect(|()| println!("the schema is up to date"))
        }
        Some("vault") if words.get(1) == Some(&"rotate") => rotate_vault().await,
        Some("audit") if words.get(1) == Some(&"verify") => match words.get(2..) {
            Some([]) => verify_audit(None).await,
            Some(["--tenant", slug]) => verify_audit(Some(slug)).await,
            _ => bail!(USAGE),
        },
        _ => bail!(USAGE),
    }
}

/// Seals everything with the newest of the vault's keys, beside the running product.
async fn rotate_vault() -> Result<()> {
    let ground = Ground::from_env();
    let vault = open_vault(&ground)?;
    let databases = Databases::open(&ground).await?;
    let rotated = async {
        let pool = database::pool(&databases.worker()?, 2).await?;
        fingerprints::check(&pool, &vault).await?;
        let mut unreadable = 0;
        for place in rotation::PLACES {
            let done = rotation::rotate(&pool, &vault, *place).await.map_err(|fault| anyhow!("{}: {fault:?}", place.table))?;
            println!("{}.{}: {} sealed with {}, {} by others meanwhile", place.table, place.column, done.resealed, vault.current_key(), done.overtaken);
            for row in &done.unreadable {
                println!("{}.{}: {row} cannot be opened", place.table, place.column);
            }
            unreadable += done.unreadable.len();
        }
        Ok(unreadable)
    };
    let outcome = rotated.await;
    databases.close().await?;
    match outcome {
        Ok(0) => Ok(()),
        Ok(some) => bail!("{some} sealed values cannot be opened: their key is missing, or they were moved or changed"),
        Err(error) => Err(error),
    }
}

/// Reads every tenant's audit log through, or one's, and fails when a line is broken. It connects as the worker, who may
/// ask which tenants there are and reads each behind its wall.
async fn verify_audit(slug: Option<&str>) -> Result<()> {
    let databases = Databases::open(&Ground::from_env()).await?;
    let read = async {
        let pool = database::pool(&databases.worker()?, 2).await?;
        audit::server::read_all(&pool, slug).await.map_err(|fault| anyhow::anyhow!("the audit log could not be read: {fault:?}"))
    };
    let outcome = read.await;
    databases.close().await?;
    let report = outcome?.with_context(|| format!("there is no tenant {}", slug.unwrap_or_default()))?;
    for broken in &report.broken {
        println!("{} ({}), line {}: {}", broken.slug, broken.tenant, broken.found.seq, broken.found.how.sentence());
    }
    if let Some(seal) = report.broken_seal {
        println!("seal {seal} does not match its anchors, or the seal before it");
    }
    println!("{} chains, {} lines right", report.chains, report.lines);
    if let Some((seal, digest)) = report.sealed.filter(|(seal, _)| *seal > 0) {
        println!("seal {seal} is {}; the log of its hour printed the same", hex::encode(digest));
    }
    if !report.is_whole() {
        bail!("the audit log is broken");
    }
    Ok(())
}

/// Where each role connects; the embedded server when no other was named.
struct Databases {
    ground: Ground,
    embedded: Option<embedded_pg::Running>,
}

impl Databases {
    async fn open(ground: &Ground) -> Result<Self> {
        if !ground.is_embedded() {
            return Ok(Self { ground: ground.clone(), embedded: None });
        }
        eprintln!("▸ starting the embedded PostgreSQL …");
        let running = embedded_pg::start(embedded_pg::Options::new(ground.data_dir.join("pg"))).await.context("the embedded PostgreSQL did not start")?;
        eprintln!("  PostgreSQL {} on 127.0.0.1:{}{}", running.version(), running.port(), if running.adopted() { " (was running already)" } else { "" });
        Ok(Self { ground: ground.clone(), embedded: Some(running) })
    }

    /// The connection of one role. Nobody needs another's: a web process knows no owner.
    fn url(&self, role: DbRole, variable: &str, named: Option<&String>) -> Result<String> {
        match &self.embedded {
            Some(running) => Ok(running.url(role)),
            None => named.cloned().with_context(|| format!("{variable} must name the role's own connection to your server (see docs/configuration.md)")),
        }
    }

    fn owner(&self) -> Result<String> {
        self.url(DbRole::Owner, "DATABASE_URL", self.ground.owner_url.as_ref())
    }

    fn web(&self) -> Result<String> {
        self.url(DbRole::Web, "DATABASE_URL_WEB", self.ground.web_url.as_ref())
    }

    fn worker(&self) -> Result<String> {
        self.url(DbRole::Worker, "DATABASE_URL_WORKER", self.ground.worker_url.as_ref())
    }

    fn payments(&self) -> Result<String> {
        self.url(DbRole::Payments, "DATABASE_URL_PAYMENTS", self.ground.payments_url.as_ref())
    }

    async fn close(self) -> Result<()> {
        if let Some(running) = self.embedded {
            running.stop().await.context("the embedded PostgreSQL did not stop")?;
        }
        Ok(())
    }
}

async fn serve(roles: Roles) -> Result<()> {
    let config = Arc::new(Config::from_env(roles)?);
    std::fs::create_dir_all(&config.data_dir).with_context(|| format!("{} cannot be made", config.data_dir.display()))?;
    let ground = Ground::from_env();
    let vault = open_vault(&ground)?;
    let databases = Databases::open(&ground).await?;
    let outcome = run_roles(roles, &config, &databases, vault).await;
    let closed = databases.close().await;
    outcome.and(closed)
}

async fn run_roles(roles: Roles, config: &Arc<Config>, databases: &Databases, vault: vault::Vault) -> Result<()> {
    if roles.is_all() {
        eprintln!("▸ bringing the schema up to date …");
        database::migrate(&databases.owner()?, &vault).await?;
    }
    let leptos =
        leptos::config::get_configuration(Some("Leptos.toml")).or_else(|_| leptos::config::get_configuration(None)).context("the Leptos options cannot be read")?.leptos_options;
    let http = reqwest::Client::builder().timeout(Duration::from_secs(10)).redirect(reqwest::redirect::Policy::none()).build()?;
    let keys = Arc::new(TokenKeys::parse(&kept_keys(&config.data_dir, "VANTERA_TOKEN_KEYS", "token-keys")?)?);
    let pool = async |url: Result<String>| database::warm_pool(&url?, config.pool_size).await;
    // A process of one role holds connections of that role alone.
    let first = match roles {
        Roles { web: true, .. } => databases.web(),
        Roles { worker: true, .. } => databases.worker(),
        _ => databases.payments(),
    };
    let first = pool(first).await?;
    fingerprints::check(&first, &vault).await?;
    let mut base = AppState::new(config.clone(), first, Arc::new(SystemClock), keys, Arc::new(vault), leptos, http);
    if let Some(address) = &config.redis_url {
        // A copy of production has its keys, and an address of its own.
        let installation = hex::encode(&base.vault.blind("redis", &config.public_url)[..8]);
        base = base.with_redis(Redis::new(address, &installation)?);
    }
    let mut tasks = JoinSet::new();
    if let Some(listen) = config.metrics_listen {
        // It answers to the end: that a process is leaving is asked here too. It ends with the process.
        let listener = tokio::net::TcpListener::bind(listen).await.with_context(|| format!("{listen} cannot be listened on (VANTERA_METRICS_LISTEN)"))?;
        tokio::spawn(serve_metrics(base.clone(), listener));
    }
    if roles.worker {
        let state = wiring::worker(if roles.web { base.with_pool(pool(databases.worker()).await?) } else { base.clone() })?;
        state.meters.watch_pool("worker", state.pool.clone());
        tasks.spawn(every(state.clone(), 30, "the deliveries' sweeper could not be left", |state| leave_sweep(state, "gateway.sweep")));
        // Every worker looks what is due by the clock; each run is left once.
        tasks.spawn(every(state.clone(), 10, "what is due by the clock could not be left", |state| async move {
            if housekeeping::clock_is_right(&state).await? { schedules::tick(&state, wiring::SCHEDULES).await.map(drop) } else { Ok(()) }
        }));
        run_lanes(&mut tasks, &state, Runs::Worker).await?;
    }
    if roles.payments {
        let settings = StripeSettings { base_url: config.stripe.base_url.clone(), secret_key: config.stripe.secret_key.clone(), timeout_ms: stripe_port::DEFAULT_TIMEOUT_MS };
        let state = if roles.web { base.with_pool(pool(databases.payments()).await?) } else { base.clone() }.with_stripe(Arc::new(StripeClient::new(settings)?));
        state.meters.watch_pool("payments", state.pool.clone());
        tasks.spawn(every(state.clone(), 30, "the payments' sweeper could not be left", |state| leave_sweep(state, "payments.sweep")));
        run_lanes(&mut tasks, &state, Runs::Payments).await?;
    }
    if roles.web {
        let listening = base.clone();
        tasks.spawn(async move {
            stream::server::listener(listening).await;
            Ok(())
        });
        base.meters.watch_pool("web", base.pool.clone());
        tasks.spawn(serve_web(base.clone()));
        if config.demo {
            demo::open(&base).await?;
        }
    }
    // A part that ends by itself ends the process, and the rest of it as gracefully as a signal does.
    let outcome = tokio::select! {
        () = stop_signal() => {
            eprintln!("▸ stopping …");
            Ok(())
        }
        Some(ended) = tasks.join_next() => Err(match ended.map_err(anyhow::Error::from).flatten() {
            Ok(()) => anyhow!("a part of the process ended by itself"),
            Err(error) => error,
        }),
    };
    if let Err(error) = &outcome {
        tracing::error!(error = format!("{error:#}"), "a part of the process ended by itself; the rest ends too");
    }
    if tokio::time::timeout(END, end(&base, roles, tasks)).await.is_err() {
        tracing::warn!("some work was still under way after 25 s; its jobs come back to another worker");
    }
    outcome
}

/// Ends what runs. A web process says first that it is not ready, and goes on answering until whoever spreads requests over
/// several has noticed: a request that is on its way to it meanwhile is answered whole.
async fn end(state: &AppState, roles: Roles, mut tasks: JoinSet<Result<()>>) {
    state.leaving.cancel();
    if roles.web {
        #[expect(clippy::disallowed_methods, reason = "the wait itself is wanted: nobody tells us that all balancers have looked")]
        tokio::time::sleep(state.config.drain).await;
    }
    state.stopping.cancel();
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended.map_err(anyhow::Error::from).flatten() {
            tracing::warn!(%error, "a part of the process did not end well");
        }
    }
    state.afloat.close();
    state.afloat.wait().await;
}

/// Answers Prometheus, and whoever asks how the process is. What was measured is folded together in between, also when
/// nobody asks.
async fn serve_metrics(state: AppState, listener: tokio::net::TcpListener) {
    let meters = state.meters.clone();
    let folding = async move {
        let mut tick = tokio::time::interval(Duration::from_secs(5));
        loop {
            tick.tick().await;
            meters.tidy();
        }
    };
    let serving = axum::serve(listener, wiring::metrics_router(state)).into_future();
    tokio::select! {
        ended = serving => tracing::error!(?ended, "Prometheus is answered no more"),
        () = folding => {}
    }
}

async fn serve_web(state: AppState) -> Result<()> {
    let listener = tokio::net::TcpListener::bind(state.config.listen).await.with_context(|| format!("{} cannot be listened on", state.config.listen))?;
    let stopping = state.stopping.clone();
    let router = wiring::router(state);
    axum::serve(listener, router.into_make_service_with_connect_info::<std::net::SocketAddr>()).with_graceful_shutdown(async move { stopping.cancelled().await }).await?;
    // Sockets are nobody's requests any more; each tells its page where to come back.
    stream::server::sockets_closed().await;
    Ok(())
}

/// Starts a runner for each lane of a role that has a task, and what counts their work.
async fn run_lanes(tasks: &mut JoinSet<Result<()>>, state: &AppState, role: Runs) -> Result<()> {
    let table = Arc::new(wiring::jobs());
    lanes::declare(state, &table).await.map_err(|fault| anyhow::anyhow!("the lanes could not be told to the database: {fault:?}"))?;
    for lane in Lane::ALL.into_iter().filter(|lane| lane.runs() == role && table.iter().any(|job| job.lane == *lane)) {
        tasks.spawn(run_lane(state.clone(), lane, table.clone()));
    }
    tasks.spawn(count_jobs(state.clone()));
    Ok(())
}

/// Runs one lane's jobs for as long as the process lives. The library's runner ends when the database goes away for
/// longer than its pool waits; a new one is made as soon as the database answers again.
async fn run_lane(state: AppState, lane: Lane, table: Arc<Vec<LaneJob>>) -> Result<()> {
    loop {
        let ended = match lanes::runner(&state, lane, &table).await {
            Ok(worker) => {
                let mut running = std::pin::pin!(lanes::work(&state, lane, &worker));
                tokio::select! {
                    ended = &mut running => ended,
                    () = state.stopping.cancelled() => {
                        // Jobs under way are finished; what takes longer than the process may comes back to another.
                        worker.request_shutdown();
                        return running.await.context("a job runner did not end well");
                    }
                }
            }
            Err(error) => Err(error),
        };
        tracing::warn!(lane = lane.word(), error = ?ended.err(), "a job runner ended; another takes its place");
        // A pause, so that a database that is away is not asked in a tight loop; it ends at once when we stop.
        if tokio::time::timeout(Duration::from_secs(1), state.stopping.cancelled()).await.is_ok() {
            return Ok(());
        }
    }
}

/// Does something now and then for as long as the process lives; what did not go well is told, and done at the next beat.
async fn every<F>(state: AppState, seconds: u64, failed: &'static str, act: impl Fn(AppState) -> F) -> Result<()>
where
    F: Future<Output = Result<(), Fault>>,
{
    let mut tick = tokio::time::interval(Duration::from_secs(seconds));
    loop {
        tokio::select! {
            _ = tick.tick() => {
                if let Err(fault) = act(state.clone()).await {
                    tracing::warn!(error = ?fault, "{failed}");
                }
            }
            () = state.stopping.cancelled() => return Ok(()),
        }
    }
}

/// Leaves a sweeper's job; its key makes the jobs of several processes one.
async fn leave_sweep(state: AppState, task: &'static str) -> Result<(), Fault> {
    jobs::leave_global(&state, jobs::Job::new(task, serde_json::json!({})).once(task)).await
}

/// Writes down every five seconds what this role's jobs did, and a last time at the end; a worker also measures how the
/// lanes and rooms stand, which are everybody's.
async fn count_jobs(state: AppState) -> Result<()> {
    let mut tick = tokio::time::interval(Duration::from_secs(5));
    for turn in 0u64.. {
        tokio::select! {
            _ = tick.tick() => {}
            () = state.stopping.cancelled() => break,
        }
        if let Err(fault) = housekeeping::count_done(&state).await {
            tracing::warn!(error = ?fault, "the work of jobs could not be counted");
        }
        if state.stripe.is_none()
            && turn % 3 == 0
            && let Err(fault) = housekeeping::measure_lanes(&state).await
        {
            tracing::warn!(error = ?fault, "the lanes could not be measured");
        }
        if state.stripe.is_none()
            && turn % 12 == 0
            && let Err(fault) = wiring::measure(&state).await
        {
            tracing::warn!(error = ?fault, "the gateway and the audit log could not be measured");
        }
    }
    let _ = housekeeping::count_done(&state).await;
    Ok(())
}

async fn stop_signal() {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).expect("signals can be listened to");
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
