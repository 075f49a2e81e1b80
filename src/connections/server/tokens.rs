//! The access token, for rooms that call a provider.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kit::TenantId;
use oauth_port::Secret;
use tracing::Instrument;
use uuid::Uuid;

use super::error::NoToken;
use super::refreshing::{Refreshed, endpoint, refresh};
use super::service::{Provider, Token, open};
use super::store;
use crate::platform::jobs::open_tenant;
use crate::platform::{AppState, Fault};

/// A token that is given is good for so long at the least.
const GOOD_FOR: SignedDuration = SignedDuration::from_mins(1);
/// How long another process's refresh is waited for: longer than the provider may take.
const WAIT: Duration = Duration::from_secs(12);
/// How often it is looked whether the other is done. Nobody tells workers of it, and it is rare.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A token, and until when it is good.
#[derive(Clone, Debug)]
pub struct AccessToken {
    /// For the `Authorization` header of one request; never kept, logged or sent to a browser.
    pub value: Secret,
    pub ends_at: Timestamp,
}

/// A connection's access token, good for a minute or more. One that ends is refreshed here, or waited for (12 s at most)
/// while another process refreshes it. Only a worker can: no other role may read tokens.
///
/// It asks for no right: the room's own verb has. It must be called without an open transaction.
pub async fn access_token(state: &AppState, tenant: TenantId, connection: Uuid, trace: &str) -> Result<AccessToken, NoToken> {
    let begun = tokio::time::Instant::now();
    let mut tick = tokio::time::interval(LOOK_EVERY);
    let mut asked = false;
    loop {
        tick.tick().await;
        if let Some(token) = look(state, tenant, connection, trace).await? {
            return Ok(token);
        }
        // Refreshed, and still not good for a minute: asking for ever would not mend that.
        if asked || begun.elapsed() >= WAIT {
            return Err(NoToken::Unavailable);
        }
        match refresh_afloat(state, tenant, connection, trace).await {
            Ok(outcome) => asked = outcome == Refreshed::Fresh,
            Err(fault) => {
                tracing::warn!(error = ?fault, "a token that is needed now could not be refreshed");
                return Err(NoToken::Unavailable);
            }
        }
    }
}

/// The refresh goes on when whoever asked goes away: what the provider has answered by then must be kept.
async fn refresh_afloat(state: &AppState, tenant: TenantId, connection: Uuid, trace: &str) -> Result<Refreshed, Fault> {
    let (state, trace) = (state.clone(), trace.to_owned());
    let afloat = state.afloat.clone();
    let work = async move { refresh(&state, tenant, connection, GOOD_FOR, &trace).await };
    afloat.spawn(work.instrument(tracing::Span::current())).await.map_err(anyhow::Error::from)?
}

async fn look(state: &AppState, tenant: TenantId, connection: Uuid, trace: &str) -> Result<Option<AccessToken>, NoToken> {
    let mut cx = open_tenant(state, tenant, trace.to_owned()).await?;
    let least = cx.now.checked_add(GOOD_FOR).map_err(|error| Fault::Bug(error.into()))?;
    let row = store::read(cx.db(), connection).await.map_err(Fault::from)?;
    cx.commit().await?;
    let row = row.ok_or(NoToken::NotThere)?;
    let (ends_at, sealed) = match (row.state.as_str(), row.sealed_access) {
        ("live", Some(sealed)) => (row.expires_at.to_jiff(), sealed),
        ("consent", _) => return Err(NoToken::NeedsConsent),
        _ => return Err(NoToken::Ended),
    };
    if ends_at >= least {
        let value = open(state, Token::Access, tenant.0, connection, &sealed)?;
        return Ok(Some(AccessToken { value, ends_at }));
    }
    if Provider::from_word(&row.provider).and_then(|provider| endpoint(state, provider)).is_none() {
        tracing::warn!(provider = row.provider, "a token has ended, and this process was told of no client to refresh it with");
        return Err(NoToken::Unavailable);
    }
    Ok(None)
}
