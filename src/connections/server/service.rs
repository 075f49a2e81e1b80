use jiff::SignedDuration;
use kit::Right;
use oauth_port::Secret;
use serde_json::json;
use uuid::Uuid;
use vault::{Place, Vault};

use super::store::{self, Sealed};
use crate::platform::{AppState, Cx, Fault};

/// Whose account it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    Google,
}

impl Provider {
    pub const ALL: [Provider; 1] = [Provider::Google];

    /// The word kept in the database.
    pub fn word(self) -> &'static str {
        match self {
            Provider::Google => "google",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Provider::ALL.into_iter().find(|provider| provider.word() == word)
    }
}

/// What a consent gave.
#[derive(Clone, Debug)]
pub struct NewConnection {
    pub provider: Provider,
    /// As the provider calls it, 1 to 320 visible characters; better its number than a person's address.
    pub account: String,
    /// As granted, with spaces between; 4,096 bytes at most.
    pub scopes: String,
    pub access: Secret,
    pub refresh: Secret,
    /// Seconds that the access token lives.
    pub expires_in_s: i64,
}

/// Connects an account to the tenant. Connected again, it is the same connection with the newer consent's tokens.
pub async fn connect(cx: &mut Cx, vault: &Vault, new: NewConnection) -> Result<Uuid, Fault> {
    cx.require(Right::ManageBuilding)?;
    let sound = (1..=320).contains(&new.account.chars().count()) && !new.account.chars().any(char::is_control) && new.scopes.len() <= 4096 && new.expires_in_s > 0;
    if !sound {
        return Err(anyhow::anyhow!("a consent without an account, with too many scopes, or over already").into());
    }
    let (tenant, now) = (cx.tenant.id.0, cx.now);
    let before = store::known(cx.db(), new.provider.word(), &new.account).await?;
    let connection: Uuid = before.unwrap_or_else(|| cx.ids.new_id());
    let sealed = Sealed {
        access: seal(vault, Token::Access, tenant, connection, &new.access, cx.ids.secret())?,
        refresh: Some(seal(vault, Token::Refresh, tenant, connection, &new.refresh, cx.ids.secret())?),
        scopes: Some(new.scopes),
        expires_at: now.checked_add(SignedDuration::from_secs(new.expires_in_s)).map_err(anyhow::Error::from)?,
    };
    match before {
        Some(_) => store::renew(cx.db(), connection, sealed, now).await?,
        None => store::insert(cx.db(), tenant, connection, (new.provider.word(), &new.account), sealed, now).await?,
    }
    cx.audit("connection.made", connection, json!({ "provider": new.provider.word() }));
    Ok(connection)
}

/// Disconnects: the tokens are gone at once, whoever is just refreshing them. False when there was nothing to end.
pub async fn end(cx: &mut Cx, connection: Uuid) -> Result<bool, Fault> {
    cx.require(Right::ManageBuilding)?;
    let now = cx.now;
    let ended = store::end(cx.db(), connection, now).await?;
    if ended {
        cx.audit("connection.ended", connection, json!({}));
    }
    Ok(ended)
}

/// The two tokens of a connection, each in its own place of the vault.
#[derive(Clone, Copy, Debug)]
pub enum Token {
    Access,
    Refresh,
}

impl Token {
    fn place<'a>(self, tenant: &'a str, row: &'a str) -> Place<'a> {
        let column = match self {
            Token::Access => "sealed_access",
            Token::Refresh => "sealed_refresh",
        };
        Place { tenant, table: "connections", column, row }
    }
}

pub(super) fn seal(vault: &Vault, token: Token, tenant: Uuid, row: Uuid, text: &Secret, nonce: [u8; 12]) -> Result<Vec<u8>, Fault> {
    let (tenant, row) = (tenant.to_string(), row.to_string());
    Ok(vault.seal(token.place(&tenant, &row), text.reveal().as_bytes(), nonce).map_err(anyhow::Error::from)?)
}

/// Opens a token in its place; what was moved from another row or tenant does not open.
pub(super) fn open(state: &AppState, token: Token, tenant: Uuid, row: Uuid, sealed: &[u8]) -> Result<Secret, Fault> {
    let (tenant, row) = (tenant.to_string(), row.to_string());
    let place = token.place(&tenant, &row);
    let text = state.vault.open(place, sealed).inspect_err(|_| state.meters.unopened(place.table)).map_err(anyhow::Error::from)?;
    // The bytes are not told: they may be a token all the same.
    let text = String::from_utf8(text).map_err(|_| anyhow::anyhow!("a sealed token is no text"))?;
    Ok(Secret::new(text))
}
