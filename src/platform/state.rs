//! What a process holds while it lives.

use std::sync::Arc;

use leptos::config::LeptosOptions;
use sqlx::PgPool;
use tokio::sync::broadcast;
use uuid::Uuid;

use super::clock::Clock;
use super::config::Config;
use super::session::TokenKeys;

/// Cheap to clone; one a role.
#[derive(Clone)]
pub struct AppState {
    pub config: Arc<Config>,
    /// Connections of this role: web, worker or payments.
    pub pool: PgPool,
    pub clock: Arc<dyn Clock>,
    pub keys: Arc<TokenKeys>,
    pub leptos: LeptosOptions,
    /// Wake-ups "this tenant has news", from the database's one LISTEN of this process.
    pub news: broadcast::Sender<Uuid>,
    /// Cancelled when the process begins to stop; streams end on it.
    pub stopping: tokio_util::sync::CancellationToken,
    /// Stripe, in the payment engine's process only.
    pub stripe: Option<Arc<dyn stripe_port::StripePort>>,
    /// Our client for outside services, with its time limits.
    pub http: reqwest::Client,
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
