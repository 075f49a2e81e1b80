//! The tenant's accounts at providers: how an event finds its tenant, and with which secrets it is believed.

use std::collections::BTreeMap;

use hooks::ask::Credentials;
use jiff_sqlx::ToSqlx;
use kit::{Right, Role};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;
use vault::{Place, Vault};

use super::error::IntakeRefusal;
use super::providers::Provider;
use super::store::{self, NewRow, Proven};
use crate::platform::{Cx, Fault, Ids};

/// The secrets of one account, as they are sealed. Several of each while one replaces another.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secrets {
    /// What signs, or comes along in a header: an app's secret, a bot's, a channel's token, a webhook's.
    #[serde(default)]
    pub secrets: Vec<String>,
    /// What Meta asks an address with (`hub.verify_token`).
    #[serde(default)]
    pub verify_tokens: Vec<String>,
    /// PayMe's client keys with their secrets.
    #[serde(default)]
    pub pairs: Vec<(String, String)>,
    /// The tenant's keys to the provider's API, by the names of `hooks::ask`. Absent in what was sealed before there were any.
    #[serde(default)]
    pub api: BTreeMap<String, String>,
}

impl Secrets {
    /// What the provider is asked back with. PayMe's client key is one that signs, too.
    pub fn credentials(self) -> Credentials {
        let signing = self.pairs.into_iter().next().map(|(key, _)| ("client_key".to_owned(), key));
        signing.into_iter().chain(self.api).fold(Credentials::default(), |all, (name, key)| all.with(name, key))
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets(hidden)")
    }
}

/// Most secrets of a kind, and the longest, in bytes.
const SECRETS_MAX: usize = 4;
const SECRET_MAX: usize = 256;
/// Most keys to an API, and the longest: some are whole signed tokens. In bytes.
const KEYS_MAX: usize = 8;
const KEY_MAX: usize = 4_096;

/// An account to be known from now on.
#[derive(Clone, Debug)]
pub struct NewAccount {
    pub provider: Provider,
    /// As the provider calls it.
    pub account: String,
    /// Digits alone with the country's code, where the provider tells by it whose an event is.
    pub phone: Option<String>,
    pub secrets: Secrets,
    /// An address of its own though the provider has one for all: an app of the tenant's own at Meta.
    pub own_address: bool,
}

/// What the provider is to be told, once: the address is not kept in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountAdded {
    pub account: Uuid,
    /// App-relative.
    pub path: String,
}

/// An account as an event found it.
pub struct Found {
    pub id: Uuid,
    pub tenant: Uuid,
    pub account: String,
    pub path_hash: Option<Vec<u8>>,
    pub secrets: Secrets,
}

/// By what an account was proven to be the tenant's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Its provider was asked with the account's own credentials and named it.
    AskedBack,
    /// Its provider is a stand-in of ours and holds nothing of anybody's.
    Sandbox,
}

impl Proof {
    fn word(self) -> &'static str {
        match self {
            Proof::AskedBack => "asked_back",
            Proof::Sandbox => "sandbox",
        }
    }
}

/// Connects an account to the tenant, by the word of whoever does it: no event is led to it until it is proven
/// ([`prove_account`]). A claim holds nothing: another tenant may connect the same account, and whoever proves it has it.
pub async fn add_account(cx: &mut Cx, vault: &Vault, new: NewAccount) -> Result<AccountAdded, Fault> {
    cx.require(Right::ManageBuilding)?;
    if !is_account(&new) {
        return Err(Fault::refused(IntakeRefusal::NotAnAccount, cx.lang));
    }
    let account: Uuid = cx.ids.new_id();
    let address = (new.own_address || new.provider.has_own_address()).then(|| hooks::path::write(Ids.secret()));
    let words = serde_json::to_vec(&new.secrets).map_err(anyhow::Error::from)?;
    let (tenant, row_id) = (cx.tenant.id.to_string(), account.to_string());
    let sealed = vault.seal(place(&tenant, &row_id), &words, Ids.secret()).map_err(anyhow::Error::from)?;
    let row = NewRow {
        tenant: cx.tenant.id.0,
        account_id: account,
        provider: new.provider.word(),
        account: &new.account,
        phone: new.phone.as_deref(),
        path_hash: address.as_deref().and_then(hooks::path::fingerprint).map(|hash| hash.to_vec()),
        sealed,
    };
    let now = cx.now;
    if !store::add_account(cx.db(), row, now).await? {
        return Err(Fault::refused(IntakeRefusal::Taken, cx.lang));
    }
    cx.audit("intake.account_added", account, json!({ "provider": new.provider.word(), "account": new.account }));
    let path = address.map_or_else(|| format!("/webhooks/{}", new.provider.word()), |secret| format!("/webhooks/{}/{secret}", new.provider.word()));
    Ok(AccountAdded { account, path })
}

/// The account is the tenant's: events that waited for it, by its name or its phone, are led to it, and those that come. Only
/// the system says so, in a job that asked the provider or where the sandbox is set up; for anybody else there is no such
/// account. False when there is none that waits for proof.
pub async fn prove_account(cx: &mut Cx, account: Uuid, proof: Proof) -> Result<bool, Fault> {
    if cx.caller.role != Role::System {
        return Err(Fault::NotFound);
    }
    let tenant = cx.tenant.id.0;
    match store::prove_account(cx.db(), tenant, account).await? {
        Proven::NoneWaits => return Ok(false),
        Proven::Taken => return Err(Fault::refused(IntakeRefusal::Taken, cx.lang)),
        Proven::Done => cx.audit("intake.account_proven", account, json!({ "by": proof.word() })),
    }
    Ok(true)
}

/// Nothing of this account is believed from then on. False when there is none.
pub async fn close_account(cx: &mut Cx, account: Uuid) -> Result<bool, Fault> {
    cx.require(Right::ManageBuilding)?;
    let (tenant, now) = (cx.tenant.id.0, cx.now);
    let closed = store::close_account(cx.db(), tenant, account, now.to_sqlx()).await?;
    if closed {
        cx.audit("intake.account_closed", account, json!({}));
    }
    Ok(closed)
}

/// Opens what a row's secrets were sealed as. A value that does not open here was moved from another row.
pub fn open(vault: &Vault, tenant: Uuid, row: Uuid, sealed: Option<&[u8]>) -> Result<Secrets, Fault> {
    let Some(sealed) = sealed else { return Ok(Secrets::default()) };
    let (tenant, row) = (tenant.to_string(), row.to_string());
    let words = vault.open(place(&tenant, &row), sealed).map_err(anyhow::Error::from)?;
    Ok(serde_json::from_slice(&words).map_err(anyhow::Error::from)?)
}

fn place<'a>(tenant: &'a str, row: &'a str) -> Place<'a> {
    Place { tenant, table: "intake_accounts", column: "sealed", row }
}

fn is_account(new: &NewAccount) -> bool {
    let plain = (1..=128).contains(&new.account.len()) && new.account.bytes().all(|byte| byte.is_ascii_graphic());
    let phone = new.phone.as_deref().is_none_or(|phone| (7..=15).contains(&phone.len()) && phone.bytes().all(|byte| byte.is_ascii_digit()) && !phone.starts_with('0'));
    let fits = |list: &[String]| list.len() <= SECRETS_MAX && list.iter().all(|secret| (8..=SECRET_MAX).contains(&secret.len()));
    let pairs = new.secrets.pairs.len() <= SECRETS_MAX && new.secrets.pairs.iter().all(|(key, secret)| [key, secret].iter().all(|part| (4..=SECRET_MAX).contains(&part.len())));
    // Whoever sends no secret of his own is known by the address alone; the others need theirs.
    let enough = match new.provider {
        Provider::Grow | Provider::Voicenter => true,
        Provider::PayMe => !new.secrets.pairs.is_empty(),
        Provider::Stripe => true,
        Provider::WhatsApp | Provider::Messenger => !new.own_address || !new.secrets.secrets.is_empty(),
        Provider::Telegram | Provider::Morning | Provider::ICount | Provider::Google => !new.secrets.secrets.is_empty(),
    };
    let address = !new.own_address || new.provider.may_have_own_address();
    let keys = &new.secrets.api;
    let keys = keys.len() <= KEYS_MAX
        && keys.iter().all(|(name, key)| (1..=32).contains(&name.len()) && (1..=KEY_MAX).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()));
    plain && phone && keys && fits(&new.secrets.secrets) && fits(&new.secrets.verify_tokens) && pairs && enough && address
}
