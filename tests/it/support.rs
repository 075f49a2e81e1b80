//! One app per test: its own database, three roles, a Stripe that does as it is told.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use kit::TenantId;
use sqlx::PgPool;
use testkit::{Actor, FakeStripe, TestDatabase};
use vantera::platform::config::{SmsConfig, StripeConfig};
use vantera::platform::lanes::{self, Runs};
use vantera::platform::session::TokenKeys;
use vantera::platform::{AppState, Config, FixedClock, database, jobs};
use vantera::wiring;

pub const WEBHOOK_SECRET: &str = "whsec_test_secret";
pub const VAULT_KEYS: &str = "test:7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c";

/// The app under test.
pub struct App {
    pub web: AppState,
    pub worker: AppState,
    pub payments: AppState,
    pub clock: Arc<FixedClock>,
    pub stripe: Arc<FakeStripe>,
    pub router: axum::Router,
    /// Sees all tenants' rows; for assertions.
    pub all: PgPool,
    pub database: TestDatabase,
}

/// The building most tests use: 8 flats on 2 floors.
pub const SLUG: &str = "herzl-7";

impl App {
    pub async fn start() -> Self {
        Self::start_with(|_| ()).await
    }

    /// An app whose configuration differs from the usual one.
    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let vault = Arc::new(vault::Vault::parse(VAULT_KEYS).expect("keys"));
        let seals = vault.clone();
        let database = TestDatabase::fresh(&database::schema_name(), |owner| async move { database::migrate(&owner, &seals).await }).await.expect("a database");
        let clock = FixedClock::at("2026-11-22T09:00:00Z".parse().expect("a moment"));
        let mut config = Config {
            listen: "127.0.0.1:0".parse().expect("an address"),
            public_url: format!("http://{}", "vantera.test"),
            data_dir: std::env::temp_dir(),
            redis_url: None,
            stripe: StripeConfig {
                base_url: "http://stripe.test".into(),
                secret_key: "sk_test".into(),
                webhook_secrets: vec![WEBHOOK_SECRET.into()],
                checkout_origin: "http://stripe.test".into(),
            },
            sms: SmsConfig { base_url: "http://127.0.0.1:9".into(), key: "sms".into() },
            meta: Default::default(),
            ask: Default::default(),
            google: None,
            demo: false,
            webhooks_loopback: false,
            // Tests knock from one address at one moment, some of them a thousand times.
            limits_factor: 10_000,
            trusted_proxies: Default::default(),
            metrics_listen: None,
            operator_phones: vec!["+972520000001".into()],
            // Pages do not wait in tests: work is drained between two requests.
            payment_wait: Duration::ZERO,
            drain: Duration::ZERO,
            job_heartbeat: Duration::from_secs(5),
            // The app's clock is the tests' own.
            clock_slack: None,
            socket_ping: Duration::from_secs(25),
            stream_look: Duration::from_secs(120),
            lane_slots: Default::default(),
            pool_size: 6,
        };
        change(&mut config);
        let config = Arc::new(config);
        let keys = Arc::new(TokenKeys::parse(&format!("test:{}", "5a".repeat(32))).expect("keys"));
        let leptos = leptos::config::LeptosOptions::builder().output_name("vantera").build();
        let pool = |url: String| async move { database::pool(&url, 6).await.expect("a pool") };
        let http = reqwest::Client::builder().timeout(Duration::from_secs(2)).build().expect("a client");
        let web = AppState::new(config, pool(database.web().into()).await, clock.clone(), keys, vault, leptos, http);
        let stripe = Arc::new(FakeStripe::default());
        let worker = web.with_pool(pool(database.worker().into()).await);
        let payments = web.with_pool(pool(database.payments().into()).await).with_stripe(stripe.clone());
        let all = pool(database.all_seeing().into()).await;
        let router = wiring::router(web.clone());
        lanes::declare(&worker, &wiring::jobs()).await.expect("lanes");
        Self { web, worker, payments, clock, stripe, router, all, database }
    }

    /// An app with the usual building.
    pub async fn with_building() -> Self {
        let app = Self::start().await;
        app.open_building(SLUG, "הרצל 7", 8).await;
        app
    }

    /// Opens a building with flats 1..=n, four a floor, without a founder.
    #[expect(clippy::disallowed_methods, reason = "the ids of flats that tests name by number")]
    pub async fn open_building(&self, slug: &str, name: &str, flats: i32) -> TenantId {
        let global = vantera::platform::GlobalCx::open(&self.web, kit::Lang::He, "test".into()).await.expect("a context");
        let mut cx = global.found_tenant("building", slug, name, "Asia/Jerusalem").await.expect("a tenant");
        let tenant = cx.tenant.id;
        sqlx::query("insert into buildings (tenant_id, street, city, created_at) values ($1, $2, 'רמת גן', now())")
            .bind(tenant.0)
            .bind(name)
            .execute(cx.db())
            .await
            .expect("a building");
        for number in 1..=flats {
            sqlx::query("insert into flats (tenant_id, flat_id, number, floor, position) values ($1, $2, $3, $4, $5)")
                .bind(tenant.0)
                .bind(uuid::Uuid::now_v7())
                .bind(number.to_string())
                .bind((number - 1) / 4 + 1)
                .bind(number)
                .execute(cx.db())
                .await
                .expect("a flat");
        }
        cx.commit().await.expect("a commit");
        tenant
    }

    /// Somebody with a phone, who belongs to no building yet.
    pub async fn person(&self, name: &str, phone: &str) {
        let mut cx = vantera::platform::GlobalCx::open(&self.web, kit::Lang::He, "test".into()).await.expect("a context");
        let (vault, ids, now) = (cx.vault.clone(), cx.ids, cx.now);
        vantera::identity::server::ensure_person(cx.db(), &vault, ids, &kit::Phone::parse(phone).expect("a phone"), name, now).await.expect("a person");
        cx.commit().await.expect("a commit");
    }

    /// The fingerprint under which a phone is kept, in hex.
    pub fn blind(&self, phone: &str) -> String {
        hex::encode(vantera::platform::phones::blind(&self.web.vault, &kit::Phone::parse(phone).expect("a phone")))
    }

    /// The code that was sent to a phone; made from its id with the key of the fingerprints, as the message is.
    pub async fn code_of(&self, phone: &str) -> String {
        let waits = "select code_id from login_codes where encode(phone_blind, 'hex') = $1 and used_at is null";
        let id: uuid::Uuid = sqlx::query_scalar(waits).bind(self.blind(phone)).fetch_one(&self.all).await.expect("a code");
        let mac = self.web.vault.blind("one-time-code", &id.to_string());
        format!("{:06}", u64::from_be_bytes(mac[..8].try_into().expect("eight bytes")) % 1_000_000)
    }

    pub fn visitor(&self) -> Actor {
        Actor::new(self.router.clone())
    }

    /// Runs jobs until none is due; panics when one fails for good.
    pub async fn drain(&self) {
        for _ in 0..20 {
            self.run_once(Runs::Payments, 2).await;
            self.run_once(Runs::Worker, 2).await;
            if self.jobs_due().await == 0 {
                return;
            }
        }
        panic!("jobs never end");
    }

    /// Runs what is due of one role's lanes now, so many at once; what fails waits for its pause.
    pub async fn run_once(&self, role: Runs, concurrency: usize) {
        let state = if role == Runs::Payments { &self.payments } else { &self.worker };
        let table = lanes::of(&wiring::jobs(), |lane| lane.runs() == role);
        jobs::worker(state, table, concurrency).await.expect("a runner").run_once().await.expect("jobs run");
    }

    /// Jobs that could run now.
    pub async fn jobs_due(&self) -> i64 {
        self.count("select count(*) from graphile_worker._private_jobs where run_at <= now() and attempts < max_attempts and locked_at is null").await
    }

    /// Jobs of any kind that are left, with their errors.
    pub async fn jobs_left(&self) -> Vec<(String, Option<String>)> {
        sqlx::query_as("select t.identifier, j.last_error from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id")
            .fetch_all(&self.all)
            .await
            .expect("jobs")
    }

    /// The harness fails when jobs are left in the queue.
    pub async fn finish(self) {
        let left = self.jobs_left().await;
        assert!(left.is_empty(), "jobs were left: {left:?}");
    }

    /// One number of the database, seen across all tenants.
    pub async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.all).await.expect("a count")
    }

    pub async fn text(&self, sql: &'static str) -> Option<String> {
        sqlx::query_scalar(sql).fetch_optional(&self.all).await.expect("a text")
    }

    /// Makes failed jobs due again, as if their pause were over.
    pub async fn skip_pauses(&self) {
        sqlx::query("update graphile_worker._private_jobs set run_at = now() where locked_at is null")
            .execute(&PgPool::connect(self.database.owner()).await.expect("the owner"))
            .await
            .expect("jobs");
    }

    pub fn advance(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
    }

    /// The app's moment, as the database is told it.
    pub fn clock_now(&self) -> jiff_sqlx::Timestamp {
        use jiff_sqlx::ToSqlx;
        use vantera::platform::Clock;
        self.clock.now().to_sqlx()
    }

    /// Fills and sends the join form; the answer to the post.
    pub async fn send_form(&self, actor: &mut Actor, flat: &str, name: &str, phone: &str) -> testkit::Answer {
        self.send_form_of(SLUG, actor, flat, name, phone).await
    }

    pub async fn send_form_of(&self, slug: &str, actor: &mut Actor, flat: &str, name: &str, phone: &str) -> testkit::Answer {
        actor.get(&format!("/b/{slug}/join")).await;
        actor.submit("/call/joining/submit", &[("building", slug), ("flat", flat), ("name", name), ("phone", phone), ("consent_version", "2026-11")]).await
    }

    /// The newest session at Stripe.
    pub fn last_session(&self) -> String {
        self.stripe.sessions().pop().expect("a session was opened")
    }

    /// The whole way in: form, payment, return. The actor stands signed in before the feed.
    pub async fn resident(&self, flat: &str, name: &str, phone: &str) -> Actor {
        let mut actor = self.visitor();
        let sent = self.send_form(&mut actor, flat, name, phone).await;
        assert_eq!(sent.location(), format!("/b/{SLUG}/pay"), "{}", sent.text());
        self.drain().await;
        let page = actor.get(&format!("/b/{SLUG}/pay")).await;
        assert!(page.location().starts_with("http://stripe.test/"), "{}", page.location());
        self.stripe.pay(&self.last_session());
        actor.get(&format!("/b/{SLUG}/enter")).await;
        self.drain().await;
        let entered = actor.get(&format!("/b/{SLUG}/enter")).await;
        assert_eq!(entered.location(), format!("/b/{SLUG}/welcome"));
        assert!(actor.cookie("__Host-session").is_some(), "the payer is signed in");
        actor
    }
}

/// A database of the version that kept phones in plain text.
pub async fn with_plain_phones() -> TestDatabase {
    let older = |owner: String| async move {
        let pool = PgPool::connect(&owner).await?;
        database::migrate_until(&pool, database::PHONES_BESIDE).await?;
        pool.close().await;
        Ok(())
    };
    TestDatabase::fresh("phones in plain text", older).await.expect("a database")
}
