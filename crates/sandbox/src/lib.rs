//! The outside world on one machine: stand-ins of the services the product talks to, speaking their real
//! protocols, so that the product's own clients, the providers' official libraries and a browser can all be
//! tried without an account anywhere. Never linked into the product.
//!
//! Stripe lives below `/v1` (API) and `/c/pay` (the hosted page), text messages below `/sms`, Google's OAuth at `/token`
//! and `/revoke`, Israel's providers of invoices, payments and calls each below its own name, and what only tests may do
//! (faults, the clock, the memory) below `/_sandbox`.

// Invoices and charges are written down with every field they have, which is more than `json!` reads by default.
#![recursion_limit = "512"]

mod control;
mod courier;
mod errors;
mod faults;
mod form;
mod google;
mod html;
mod idempotency;
mod ids;
mod israel;
mod serve;
mod sms;
mod state;
mod stripe;

use std::{
    io,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{
    Router,
    routing::{any, get, post},
};
use tokio::{net::TcpListener, sync::mpsc};

use crate::state::App;

/// The largest body any door takes.
const BODY_MAX_BYTES: usize = 256 * 1024;

/// An endpoint to be registered at the start, for every type of event.
#[derive(Debug, Clone)]
pub struct WebhookTarget {
    /// Where events are sent; `http` only, because they never leave the machine.
    pub url: String,
    /// `whsec_…`
    pub secret: String,
}

/// Seconds since 1970.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// How the sandbox is set up.
#[derive(Clone)]
pub struct Options {
    /// Where browsers reach the hosted pages; the listener's own address when absent.
    pub public_url: Option<String>,
    /// Endpoints registered at the start.
    pub webhooks: Vec<WebhookTarget>,
    /// The only secret key accepted; any `sk_test_…` or `rk_test_…` when absent.
    pub api_key: Option<String>,
    /// The only bearer key accepted for text messages; any when absent.
    pub sms_key: Option<String>,
    /// The only OAuth client that Google knows, its id and its secret; any when absent.
    pub google_client: Option<(String, String)>,
    /// Who takes the money, as the hosted page says it.
    pub business_name: String,
    /// How long to wait before each further attempt at a delivery. Stripe's sandbox tries three times over a
    /// few hours; here it is seconds, so that somebody waiting for it sees it.
    pub retry_delays: Vec<Duration>,
    /// Fixes the names of objects; random when absent.
    pub seed: Option<u64>,
    /// The clock.
    pub clock: Clock,
    /// The receivers' clock, which they hold a signature's time against. The machine's, even when the sandbox's own was
    /// moved; a test whose receiver has another hands it in.
    pub signature_clock: Clock,
}

fn machine_clock() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

impl Default for Options {
    fn default() -> Self {
        Self {
            public_url: None,
            webhooks: Vec::new(),
            api_key: None,
            sms_key: None,
            google_client: None,
            business_name: "ונטרה".into(),
            retry_delays: vec![Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(30)],
            seed: None,
            clock: Arc::new(machine_clock),
            signature_clock: Arc::new(machine_clock),
        }
    }
}

/// All doors. Starts the courier and the sweeper, so it must be called within a tokio runtime; both end when
/// the router is dropped. Faults that cut connections need `serve`; here they show as 502.
pub fn router(options: Options) -> Router {
    let public_url = options.public_url.clone().unwrap_or_else(|| "http://127.0.0.1:4200".into());
    let (courier, queue) = mpsc::channel(courier::QUEUE_MAX);
    let app = Arc::new(App::new(options, public_url.trim_end_matches('/').to_owned(), courier));
    tokio::spawn(courier::run(queue, Arc::downgrade(&app)));
    tokio::spawn(stripe::sweeper::run(Arc::downgrade(&app)));
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/v1/{*path}", any(stripe::door))
        .merge(stripe::page::routes())
        .merge(sms::routes())
        .merge(israel::routes())
        .merge(google::routes())
        .route_layer(axum::middleware::from_fn_with_state(Arc::clone(&app), control::strike))
        .merge(control::routes())
        .merge(html::asset_routes())
        .route("/", get(control::index))
        .route("/v1", post(stripe::door).get(stripe::door))
        .layer(axum::extract::DefaultBodyLimit::max(BODY_MAX_BYTES))
        .with_state(app)
}

/// Serves on `listener` until the task is dropped. Errors: the listener's own.
pub async fn serve(listener: TcpListener, options: Options) -> io::Result<()> {
    let address = listener.local_addr()?;
    let options = Options { public_url: Some(options.public_url.unwrap_or_else(|| format!("http://{address}"))), ..options };
    serve::accept(listener, router(options)).await
}
