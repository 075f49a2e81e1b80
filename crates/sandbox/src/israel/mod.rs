//! Israel's providers, as far as somebody asks them whether an event of theirs is true: Morning below `/morning`, iCount
//! below `/icount`, PayMe below `/payme`, Grow below `/grow`, Voicenter below `/voicenter`, each with its own way to prove
//! oneself, its own envelope of errors and its own way to say that it knows of nothing.
//!
//! `POST /_sandbox/records {"provider","keys":{…},"records":[…]}` puts records into the account that these keys open,
//! as the provider would answer them; one with the same name replaces the former. The keys' names are the provider's own:
//! `id`, `secret`; `token`; `seller_payme_id`, `payme_client_key`; `userId`, `pageCode`, `apiKey`; `code`.

mod grow;
mod icount;
mod morning;
mod payme;
mod voicenter;

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json, Router,
    routing::{get, post},
};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{errors::ApiError, state::App};

const ACCOUNTS_MAX: usize = 200;
const RECORDS_MAX: usize = 1_000;

/// A provider of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    Morning,
    ICount,
    PayMe,
    Grow,
    Voicenter,
}

impl Provider {
    /// What names a record at this provider.
    fn name(self, record: &Value) -> String {
        let fields: &[&str] = match self {
            Self::Morning => &["id"],
            Self::ICount => &["doctype", "docnum"],
            Self::PayMe => &["sale_payme_id"],
            Self::Grow => &["processId"],
            Self::Voicenter => &["CallID", "TargetNumber"],
        };
        fields.iter().map(|field| word(&record[*field])).collect::<Vec<_>>().join(" ")
    }
}

/// One order of `POST /_sandbox/records`.
#[derive(Debug, Clone, Deserialize)]
pub struct Order {
    provider: Provider,
    keys: BTreeMap<String, String>,
    records: Vec<Value>,
}

/// An account at a provider.
#[derive(Debug, Clone)]
pub struct Account {
    provider: Provider,
    keys: BTreeMap<String, String>,
    records: Vec<Value>,
}

/// What these providers know.
#[derive(Debug, Default)]
pub struct Memory {
    accounts: Vec<Account>,
    /// Morning's tokens: whose, and the second at which each ends.
    tokens: BTreeMap<String, (usize, i64)>,
}

impl Memory {
    /// Puts records into an account, which is made when there is none. How many it holds then.
    pub fn put(&mut self, order: Order) -> Result<usize, ApiError> {
        let known = self.accounts.iter().position(|account| account.provider == order.provider && account.keys == order.keys);
        let place = match known {
            Some(place) => place,
            None if self.accounts.len() >= ACCOUNTS_MAX => return Err(ApiError::full("accounts")),
            None => {
                self.accounts.push(Account { provider: order.provider, keys: order.keys, records: Vec::new() });
                self.accounts.len() - 1
            }
        };
        let account = &mut self.accounts[place];
        for record in order.records {
            let name = account.provider.name(&record);
            account.records.retain(|former| account.provider.name(former) != name);
            if account.records.len() >= RECORDS_MAX {
                return Err(ApiError::full("records"));
            }
            account.records.push(record);
        }
        Ok(account.records.len())
    }

    /// The account that these keys open, all of them.
    fn open(&self, provider: Provider, given: &[(&str, &str)]) -> Option<usize> {
        self.accounts.iter().position(|account| {
            account.provider == provider && account.keys.iter().all(|(name, key)| !key.is_empty() && given.iter().any(|(given, value)| given == name && value == key))
        })
    }

    fn records(&self, place: usize) -> &[Value] {
        &self.accounts[place].records
    }
}

/// The providers' doors.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/morning/api/v1/account/token", post(morning::token))
        .route("/morning/api/v1/documents/{id}", get(morning::document))
        .route("/icount/api/v3.php/doc/info", post(icount::info))
        .route("/payme/api/get-sales", post(payme::sales))
        .route("/grow/api/light/server/1.0/getPaymentProcessInfo", post(grow::process))
        .route("/grow/api/light/server/1.0/getTransactionInfo", post(grow::transaction))
        .route("/voicenter/hub/cdr/", post(voicenter::calls))
}

/// A text or a number as a word; empty for anything else.
fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

/// A body of JSON; an empty object when it is none.
fn read(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|_| json!({}))
}

/// The bearer's key of a request, or nothing.
fn bearer(headers: &http::HeaderMap) -> &str {
    headers.get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|text| text.strip_prefix("Bearer ")).map(str::trim).unwrap_or_default()
}

type Answer = (StatusCode, Json<Value>);
