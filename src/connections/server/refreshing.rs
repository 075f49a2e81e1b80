//! One refresh: take the lease, ask the provider, write down what it gave.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kit::TenantId;
use oauth_port::{Secret, TokenEndpoint, TokenError, Tokens};
use serde_json::json;
use uuid::Uuid;

use super::service::{Provider, Token, open, seal};
use super::store::{self, Lease, Sealed};
use crate::platform::jobs::open_tenant;
use crate::platform::{AppState, Fault, Ids};

/// How long before its end a token is refreshed.
pub const AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// The longest that one transaction of a holder may take, from asking for a connection to its commit: each waits for a
/// connection, for locks and for statements (platform's database.rs), which together could take longer than any lease.
const STEP: Duration = Duration::from_secs(15);

/// How often the provider's answer is tried to be written down. It may hold the only refresh token that is still good.
const WRITES_MOST: u32 = 3;

/// How far two machines' clocks may disagree.
const CLOCKS: Duration = Duration::from_secs(30);

/// For so long nobody else refreshes: as long as a holder that lives may take (to take it, to ask, to write down), and what
/// clocks disagree by. A provider that spends a refresh token with each use would take a second question with it for theft.
/// Who is overtaken all the same has asked in vain, and writes nothing.
pub const LEASE: SignedDuration = SignedDuration::from_secs((STEP.as_secs() * (1 + WRITES_MOST as u64) + oauth_port::TIMEOUT.as_secs() + CLOCKS.as_secs()) as i64);

// Who died is taken over while his token is still good: it is looked for each minute.
const _: () = assert!(LEASE.as_secs() + 60 + oauth_port::TIMEOUT.as_secs() as i64 <= AHEAD.as_secs());

/// One transaction of a holder's, cut off when it takes too long: whether it was committed is not known then.
async fn step<T>(work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    tokio::time::timeout(STEP, work).await.unwrap_or_else(|_| Err(anyhow::anyhow!("a step of a token's refresh took longer than it may").into()))
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refreshed {
    Fresh,
    /// Somebody else is at it, or there is nothing to refresh (yet).
    NotOurs,
    /// Our lease had ended and another was taken, or the account was connected anew: nothing was written.
    Late,
    /// The provider takes the refresh token no more.
    NeedsConsent,
}

impl Refreshed {
    /// As it is counted.
    fn word(self) -> &'static str {
        match self {
            Refreshed::Fresh => "refreshed",
            Refreshed::NotOurs | Refreshed::Late => "late",
            Refreshed::NeedsConsent => "consent_needed",
        }
    }
}

/// As a question without a good answer is counted.
fn trouble(error: &TokenError) -> &'static str {
    match error {
        TokenError::InvalidGrant => "consent_needed",
        TokenError::Refused(_) => "refused",
        TokenError::Unavailable(_) => "unavailable",
        TokenError::Unreadable(_) => "unreadable",
    }
}

/// The token endpoints that this process may ask.
pub(super) fn endpoint(state: &AppState, provider: Provider) -> Option<Arc<TokenEndpoint>> {
    match provider {
        Provider::Google => state.google.clone(),
    }
}

/// The words of the providers that this process may ask.
pub(super) fn providers(state: &AppState) -> Vec<String> {
    Provider::ALL.into_iter().filter(|provider| endpoint(state, *provider).is_some()).map(|provider| provider.word().to_owned()).collect()
}

/// Refreshes a connection whose access token ends within `ahead`, unless another process is at it. Dropped in the middle
/// it leaves its lease, which ends by itself.
pub async fn refresh(state: &AppState, tenant: TenantId, connection: Uuid, ahead: SignedDuration, trace: &str) -> Result<Refreshed, Fault> {
    let lease: Uuid = Ids.new_id();
    // Its time counts from before the lease's.
    let (asked, claimed) = step(async {
        let mut cx = open_tenant(state, tenant, trace.to_owned()).await?;
        let (asked, before) = (cx.now, cx.now.checked_add(ahead).map_err(anyhow::Error::from)?);
        let until = asked.checked_add(LEASE).map_err(anyhow::Error::from)?;
        let claimed = store::claim(cx.db(), connection, &providers(state), Lease { id: lease, by: trace, until }, before, asked).await?;
        cx.commit().await?;
        Ok((asked, claimed))
    })
    .await?;
    let Some(row) = claimed else { return Ok(Refreshed::NotOurs) };
    let ours = Holder { state, tenant, connection, lease, asked, trace };
    let spent = Provider::from_word(&row.provider).and_then(|provider| endpoint(state, provider)).zip(row.sealed_refresh);
    let opened = match spent {
        Some((endpoint, sealed)) => open(state, Token::Refresh, tenant.0, connection, &sealed).map(|token| (endpoint, token)),
        None => Err(anyhow::anyhow!("a live connection without a provider or a token").into()),
    };
    match opened {
        Ok((endpoint, token)) => ours.ask(&endpoint, &token).await,
        Err(fault) => {
            step(ours.let_go()).await?;
            Err(fault)
        }
    }
}

/// Who holds the lease.
struct Holder<'a> {
    state: &'a AppState,
    tenant: TenantId,
    connection: Uuid,
    lease: Uuid,
    /// Before the provider was asked: a token's life is counted from here, never from later than the provider does.
    asked: Timestamp,
    trace: &'a str,
}

impl Holder<'_> {
    /// No transaction is open while the provider is asked.
    async fn ask(&self, endpoint: &TokenEndpoint, token: &Secret) -> Result<Refreshed, Fault> {
        let meters = &self.state.meters;
        let outcome = match endpoint.refresh(token).await {
            Ok(tokens) => self.keep(tokens).await,
            Err(TokenError::InvalidGrant) => step(self.give_up()).await,
            Err(error) => {
                meters.connection(trouble(&error));
                step(self.let_go()).await?;
                return Err(anyhow::Error::from(error).into());
            }
        };
        // What the provider said and we could not write down was in vain.
        meters.connection(outcome.as_ref().map_or("unwritten", |refreshed| refreshed.word()));
        outcome
    }

    async fn keep(&self, tokens: Tokens) -> Result<Refreshed, Fault> {
        let sealed = |token, text: &Secret| seal(&self.state.vault, token, self.tenant.0, self.connection, text, Ids.secret());
        let sealed = Sealed {
            access: sealed(Token::Access, &tokens.access)?,
            refresh: tokens.refresh.as_ref().map(|text| sealed(Token::Refresh, text)).transpose()?,
            scopes: tokens.scopes,
            expires_at: self.asked.checked_add(SignedDuration::from_secs(tokens.expires_in_s)).map_err(anyhow::Error::from)?,
        };
        let mut tries = 1;
        loop {
            match step(self.write(&sealed)).await {
                Ok(true) => return Ok(Refreshed::Fresh),
                Ok(false) => {
                    tracing::warn!(connection = %self.connection, "a refreshed token came too late to be kept");
                    return Ok(Refreshed::Late);
                }
                // The last one may have arrived as well. Only to look takes no lease.
                Err(fault) if tries >= WRITES_MOST => return if step(self.look(&sealed)).await.unwrap_or(false) { Ok(Refreshed::Fresh) } else { Err(fault) },
                Err(_) => tries += 1,
            }
        }
    }

    /// Whether the tokens stand: written now, or by an earlier try that was committed and whose answer was cut off.
    async fn write(&self, sealed: &Sealed) -> Result<bool, Fault> {
        let mut cx = open_tenant(self.state, self.tenant, self.trace.to_owned()).await?;
        let now = cx.now;
        let kept = store::refreshed(cx.db(), self.connection, self.lease, sealed, now).await? || store::stands(cx.db(), self.connection, &sealed.access).await?;
        cx.commit().await.map(|()| kept)
    }

    async fn look(&self, sealed: &Sealed) -> Result<bool, Fault> {
        let mut cx = open_tenant(self.state, self.tenant, self.trace.to_owned()).await?;
        Ok(store::stands(cx.db(), self.connection, &sealed.access).await?)
    }

    async fn give_up(&self) -> Result<Refreshed, Fault> {
        let mut cx = open_tenant(self.state, self.tenant, self.trace.to_owned()).await?;
        let now = cx.now;
        let ours = store::needs_consent(cx.db(), self.connection, self.lease, now).await?;
        if ours {
            cx.audit("connection.consent_needed", self.connection, json!({ "why": "invalid_grant" }));
        }
        cx.commit().await.map(|()| if ours { Refreshed::NeedsConsent } else { Refreshed::Late })
    }

    async fn let_go(&self) -> Result<(), Fault> {
        let mut cx = open_tenant(self.state, self.tenant, self.trace.to_owned()).await?;
        store::let_go(cx.db(), self.connection, self.lease).await?;
        cx.commit().await
    }
}
