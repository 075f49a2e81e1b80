//! Configuration: environment variables, read once at start. docs/configuration.md lists each with its meaning.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::address::TrustedProxies;
use super::lanes::LaneSlots;

/// The demo's operator, so that its desk opens too without being told of a phone.
pub const DEMO_OPERATOR: &str = "+972522345670";

/// What a command touches: where its keys lie and which database it opens. It asks for nothing else, so that a migration or a
/// reading of the audit log needs no provider's secret.
#[derive(Clone)]
pub struct Ground {
    /// Keys, the embedded database and other things that live on disk.
    pub data_dir: PathBuf,
    /// Connections of the user's own server, by the role's variable; embedded Postgres when there is none at all.
    pub owner_url: Option<String>,
    pub web_url: Option<String>,
    pub worker_url: Option<String>,
    pub payments_url: Option<String>,
}

impl Ground {
    pub fn from_env() -> Self {
        let var = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self {
            data_dir: var("VANTERA_DATA").map_or_else(|| PathBuf::from(".vantera"), PathBuf::from),
            owner_url: var("DATABASE_URL"),
            web_url: var("DATABASE_URL_WEB"),
            worker_url: var("DATABASE_URL_WORKER"),
            payments_url: var("DATABASE_URL_PAYMENTS"),
        }
    }

    /// Whether no server of the user's own was named.
    pub fn is_embedded(&self) -> bool {
        [&self.owner_url, &self.web_url, &self.worker_url, &self.payments_url].iter().all(|url| url.is_none())
    }
}

/// Which parts of the product a process runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roles {
    pub web: bool,
    pub worker: bool,
    pub payments: bool,
}

impl Roles {
    /// Reads `web`, `worker`, `payments` or `all`.
    pub fn parse(word: &str) -> Option<Self> {
        let all = word == "all";
        ["web", "worker", "payments", "all"].contains(&word).then_some(Self { web: all || word == "web", worker: all || word == "worker", payments: all || word == "payments" })
    }

    /// Whether it is one process that does everything.
    pub fn is_all(self) -> bool {
        self.web && self.worker && self.payments
    }
}

/// Everything the binary may be told from outside.
#[derive(Clone)]
pub struct Config {
    /// Where the web role listens.
    pub listen: SocketAddr,
    /// How browsers reach us, without a trailing slash: `https://vantera.example`.
    pub public_url: String,
    /// Keys, the embedded database and other things that live on disk.
    pub data_dir: PathBuf,
    /// A Redis for what may be forgotten; everything stays in the process when absent.
    pub redis_url: Option<String>,
    pub stripe: StripeConfig,
    pub sms: SmsConfig,
    pub meta: MetaConfig,
    /// Where providers are asked whether what came from them is true.
    pub ask: hooks::ask::Bases,
    /// Our client at Google, where tokens are refreshed; nothing of Google's is refreshed without it.
    pub google: Option<GoogleConfig>,
    /// Demo mode: the demo building, the sandbox's banner, `/ui`.
    pub demo: bool,
    /// Whether a partner's endpoint may be this very machine; in demos only, where the sandbox stands beside us.
    pub webhooks_loopback: bool,
    /// Every limit of an address, so many times as loose (platform/limits.rs).
    pub limits_factor: u32,
    /// Where Prometheus may ask, apart from the web role's own address; nowhere when absent.
    pub metrics_listen: Option<SocketAddr>,
    /// Proxies whose X-Forwarded-For counts.
    pub trusted_proxies: TrustedProxies,
    /// Phones of the platform's operators, E.164.
    pub operator_phones: Vec<String>,
    /// How long a page waits for the payment engine before it shows a page that refreshes itself.
    pub payment_wait: Duration,
    /// After the signal to stop, how long a web process says that it is not ready and answers all the same.
    pub drain: Duration,
    /// How often a job runner says that it lives; one that was silent for four of these has its jobs taken back.
    pub job_heartbeat: Duration,
    /// How far this process's clock may be from the database's before it leaves what happens by the clock to others; unlimited
    /// when absent.
    pub clock_slack: Option<Duration>,
    /// How often an open socket is asked whether somebody is there; after two unanswered ones nobody is.
    pub socket_ping: Duration,
    /// How often an open stream asks, without any news, whether its reader still belongs here.
    pub stream_look: Duration,
    /// Jobs that each lane of the queue runs at once.
    pub lane_slots: LaneSlots,
    /// Connections in each role's pool.
    pub pool_size: u32,
}

/// How the payment engine reaches Stripe, and how Stripe reaches us.
#[derive(Clone)]
pub struct StripeConfig {
    pub base_url: String,
    pub secret_key: String,
    /// `whsec_…`; several while a secret rolls.
    pub webhook_secrets: Vec<String>,
    /// Origin of the hosted payment page, for the form-action of our content policy.
    pub checkout_origin: String,
}

/// Our OAuth client at Google.
#[derive(Clone)]
pub struct GoogleConfig {
    /// What stands before `/token`.
    pub oauth_base_url: String,
    pub client_id: String,
    pub client_secret: oauth_port::Secret,
}

impl GoogleConfig {
    /// Read where tokens are refreshed: in a worker. No other role asks for the secret.
    fn read(var: impl Fn(&str) -> Option<String>, roles: Roles, demo: bool, sandbox: &str) -> Result<Option<Self>> {
        if !roles.worker {
            return Ok(None);
        }
        let (client_id, secret) = match (var("GOOGLE_CLIENT_ID"), var("GOOGLE_CLIENT_SECRET")) {
            (Some(id), Some(secret)) => (id, secret),
            (Some(_), None) => bail!("GOOGLE_CLIENT_SECRET is not set, though GOOGLE_CLIENT_ID is"),
            (None, Some(_)) => bail!("GOOGLE_CLIENT_ID is not set, though GOOGLE_CLIENT_SECRET is"),
            (None, None) if demo => ("vantera-sandbox".into(), "vantera-sandbox-secret".into()),
            (None, None) => return Ok(None),
        };
        let base = var("GOOGLE_OAUTH_BASE_URL").unwrap_or_else(|| if demo { sandbox.into() } else { "https://oauth2.googleapis.com".into() });
        if !demo && !base.starts_with("https://") {
            bail!("GOOGLE_OAUTH_BASE_URL must begin with https://");
        }
        Ok(Some(Self { oauth_base_url: base.trim_end_matches('/').to_owned(), client_id, client_secret: oauth_port::Secret::new(secret) }))
    }

    /// The client that asks there.
    pub fn endpoint(&self, http: reqwest::Client) -> oauth_port::TokenEndpoint {
        let settings = oauth_port::Settings {
            base_url: self.oauth_base_url.clone(),
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.clone(),
            timeout: oauth_port::TIMEOUT,
        };
        oauth_port::TokenEndpoint::new(settings, http)
    }
}

/// How one-time codes leave.
#[derive(Clone)]
pub struct SmsConfig {
    pub base_url: String,
    pub key: String,
}

/// How WhatsApp, Messenger and Instagram reach us, for numbers and pages under our own app.
#[derive(Clone, Default)]
pub struct MetaConfig {
    /// Several while one replaces another; none: nothing of theirs is believed.
    pub app_secrets: Vec<String>,
    /// What Meta asks our address with.
    pub verify_tokens: Vec<String>,
}

impl std::fmt::Debug for MetaConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MetaConfig").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for GoogleConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GoogleConfig").field("oauth_base_url", &Shown(&self.oauth_base_url)).field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for StripeConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StripeConfig").field("base_url", &Shown(&self.base_url)).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for SmsConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmsConfig").field("base_url", &Shown(&self.base_url)).finish_non_exhaustive()
    }
}

impl Config {
    /// Reads the environment. Says which variable is wrong and how. A provider's secret is asked for only where a role uses
    /// it: Stripe's key by payments alone, what signs its webhooks by web alone.
    pub fn from_env(roles: Roles) -> Result<Self> {
        let var = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let listen: SocketAddr = var("VANTERA_LISTEN").unwrap_or_else(|| "127.0.0.1:4100".into()).parse().context("VANTERA_LISTEN must be an address such as 127.0.0.1:4100")?;
        let public_url = var("VANTERA_PUBLIC_URL").unwrap_or_else(|| format!("http://localhost:{}", listen.port())).trim_end_matches('/').to_owned();
        let demo = super::DEMO_CHOSEN.load(std::sync::atomic::Ordering::Relaxed) || var("VANTERA_DEMO").is_some_and(|value| value == "1" || value == "true");
        let sandbox = "http://127.0.0.1:4200";
        let stripe_base = var("STRIPE_BASE_URL").unwrap_or_else(|| if demo { sandbox.into() } else { "https://api.stripe.com".into() });
        let secret_key = match var("STRIPE_SECRET_KEY") {
            Some(key) => key,
            None if demo => "sk_test_vantera_sandbox".into(),
            None if !roles.payments => String::new(),
            None => bail!("STRIPE_SECRET_KEY is not set (or start with --demo to use the sandbox)"),
        };
        let webhook_secrets = match var("STRIPE_WEBHOOK_SECRETS") {
            Some(list) => list.split(',').map(str::trim).map(str::to_owned).collect(),
            None if demo => vec!["whsec_vantera_sandbox".into()],
            None if !roles.web => Vec::new(),
            None => bail!("STRIPE_WEBHOOK_SECRETS is not set"),
        };
        let config = Self {
            listen,
            data_dir: Ground::from_env().data_dir,
            redis_url: var("REDIS_URL"),
            stripe: StripeConfig {
                checkout_origin: var("STRIPE_CHECKOUT_ORIGIN").unwrap_or_else(|| if demo { stripe_base.clone() } else { "https://checkout.stripe.com".into() }),
                base_url: stripe_base,
                secret_key,
                webhook_secrets,
            },
            sms: SmsConfig { base_url: var("SMS_BASE_URL").unwrap_or_else(|| sandbox.into()), key: var("SMS_KEY").unwrap_or_else(|| "sms_vantera_sandbox".into()) },
            ask: ask_bases(if demo { hooks::ask::Bases::below(sandbox) } else { hooks::ask::Bases::default() }),
            meta: MetaConfig { app_secrets: list(var("META_APP_SECRETS")), verify_tokens: list(var("META_VERIFY_TOKENS")) },
            google: GoogleConfig::read(var, roles, demo, sandbox)?,
            demo,
            webhooks_loopback: demo,
            limits_factor: var("VANTERA_LIMITS_FACTOR").map(|n| n.parse()).transpose().context("VANTERA_LIMITS_FACTOR must be a whole number, 1 or more")?.unwrap_or(1),
            metrics_listen: var("VANTERA_METRICS_LISTEN").map(|at| at.parse()).transpose().context("VANTERA_METRICS_LISTEN must be an address such as 127.0.0.1:4190")?,
            trusted_proxies: TrustedProxies::parse(&var("VANTERA_TRUSTED_PROXIES").unwrap_or_default())
                .context("VANTERA_TRUSTED_PROXIES must be addresses or networks, such as 10.0.0.0/8")?,
            operator_phones: match var("VANTERA_OPERATORS") {
                Some(list) => list.split(',').map(|phone| phone.trim().to_owned()).collect(),
                None if demo => vec![DEMO_OPERATOR.to_owned()],
                None => Vec::new(),
            },
            payment_wait: Duration::from_secs(3),
            // One process that does everything has nobody beside it to whom requests could go meanwhile.
            drain: Duration::from_millis(
                var("VANTERA_DRAIN_MS").map(|n| n.parse()).transpose().context("VANTERA_DRAIN_MS must be a number of milliseconds")?.unwrap_or(if roles.is_all() {
                    0
                } else {
                    3_000
                }),
            ),
            job_heartbeat: Duration::from_millis(
                var("VANTERA_JOB_HEARTBEAT_MS").map(|n| n.parse()).transpose().context("VANTERA_JOB_HEARTBEAT_MS must be a number of milliseconds")?.unwrap_or(5_000),
            ),
            clock_slack: Some(Duration::from_secs(60)),
            socket_ping: Duration::from_secs(25),
            stream_look: Duration::from_secs(120),
            lane_slots: LaneSlots::parse(&var("VANTERA_LANE_SLOTS").unwrap_or_default()).context("VANTERA_LANE_SLOTS must be lanes with numbers, such as payments=8,messages=6")?,
            pool_size: var("VANTERA_POOL").map(|n| n.parse()).transpose().context("VANTERA_POOL must be a number")?.unwrap_or(16),
            public_url,
        };
        config.check(roles)?;
        Ok(config)
    }

    /// Production refuses providers on loopback, of what a role uses: a forgotten sandbox must not take real people's payments.
    fn check(&self, roles: Roles) -> Result<()> {
        let local = |url: &str| url::Url::parse(url).ok().and_then(|u| u.host_str().map(|h| h == "localhost" || h.starts_with("127.") || h == "[::1]")).unwrap_or(false);
        if self.limits_factor == 0 {
            bail!("VANTERA_LIMITS_FACTOR must be 1 or more");
        }
        if self.drain > Duration::from_secs(10) {
            bail!("VANTERA_DRAIN_MS must be 10000 or less: the process has 25 s to end in");
        }
        let asked = |wrong: &dyn Fn(&str) -> bool| roles.worker && self.ask.all().into_iter().any(wrong);
        let google = self.google.as_ref().is_some_and(|google| local(&google.oauth_base_url));
        if !self.demo && (local(&self.stripe.base_url) || google || roles.worker && local(&self.sms.base_url) || asked(&local)) {
            bail!("a provider's address is on this machine, which only the demo may use (start with --demo)");
        }
        // The question carries the tenant's keys.
        if asked(&|url| !url.starts_with("https://") && !local(url)) {
            bail!("MORNING_BASE_URL, ICOUNT_BASE_URL, PAYME_BASE_URL, GROW_BASE_URL and VOICENTER_BASE_URL must begin with https://");
        }
        Ok(())
    }

    /// Whether browsers reach us over TLS; decides nothing but HSTS.
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}

/// Where providers are asked back, as far as it is told from outside.
fn ask_bases(usual: hooks::ask::Bases) -> hooks::ask::Bases {
    let var = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    hooks::ask::Bases {
        morning: var("MORNING_BASE_URL").unwrap_or(usual.morning),
        icount: var("ICOUNT_BASE_URL").unwrap_or(usual.icount),
        payme: var("PAYME_BASE_URL").unwrap_or(usual.payme),
        grow: var("GROW_BASE_URL").unwrap_or(usual.grow),
        voicenter: var("VOICENTER_BASE_URL").unwrap_or(usual.voicenter),
    }
}

/// Words separated by commas.
fn list(text: Option<String>) -> Vec<String> {
    text.iter().flat_map(|text| text.split(',')).map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// An address without what may be secret in it: no user, no password, no path and no query.
struct Shown<'a>(&'a str);

impl std::fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match url::Url::parse(self.0) {
            Ok(url) => {
                write!(f, "{}://{}", url.scheme(), url.host_str().unwrap_or_default())?;
                url.port().map_or(Ok(()), |port| write!(f, ":{port}"))
            }
            Err(_) => f.write_str("(not an address)"),
        }
    }
}

/// Databases' addresses hold their roles' passwords.
impl std::fmt::Debug for Ground {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown = |url: &Option<String>| url.as_deref().map(Shown).map(|url| format!("{url:?}"));
        f.debug_struct("Ground")
            .field("data_dir", &self.data_dir)
            .field("owner", &shown(&self.owner_url))
            .field("web", &shown(&self.web_url))
            .field("worker", &shown(&self.worker_url))
            .field("payments", &shown(&self.payments_url))
            .finish()
    }
}

/// What is not named here is not printed: a new setting is hidden until somebody has thought of it. Operators' phones are
/// counted.
impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config")
            .field("listen", &self.listen)
            .field("public_url", &Shown(&self.public_url))
            .field("data_dir", &self.data_dir)
            .field("redis", &self.redis_url.as_deref().map(Shown))
            .field("stripe", &self.stripe)
            .field("sms", &self.sms)
            .field("ask", &self.ask.all().map(Shown))
            .field("google", &self.google)
            .field("demo", &self.demo)
            .field("webhooks_loopback", &self.webhooks_loopback)
            .field("limits_factor", &self.limits_factor)
            .field("metrics_listen", &self.metrics_listen)
            .field("trusted_proxies", &self.trusted_proxies)
            .field("operators", &self.operator_phones.len())
            .field("drain", &self.drain)
            .field("lane_slots", &self.lane_slots)
            .field("pool_size", &self.pool_size)
            .finish_non_exhaustive()
    }
}
