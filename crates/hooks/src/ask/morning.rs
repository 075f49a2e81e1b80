//! Morning (Green Invoice): `POST /account/token {"id","secret"}` gives `{"token","expires"}` (Unix seconds, about an
//! hour), `GET /documents/{id}` with `Authorization: Bearer` the document: `id, type, number, lang, currency, vatType,
//! status, documentDate, amount, vat, …`. Errors are HTTP 4xx with `{"errorCode","errorMessage"}`; 429 beyond three
//! requests a second. Source: the official Postman collection of the old API, which the new documents keep.
//!
//! Believed are events about a document that tell its sum, and the callback of a payment form, which tells none, for a
//! document of a kind that says "paid". A document that was cancelled speaks for nobody. The callback's `external_data`
//! (our own word for the order) must stand as a word in the document's description or remarks, where whoever opens the
//! form puts it; where it does not, the document proves nothing of it. Links are not compared: a reader takes them from
//! the document. Events about clients and expenses cannot be asked about.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Value, json};

use super::line::{Line, unreadable};
use super::{AskBack, NotAsked, Question, Verdict, facts};

/// Tokens kept; beyond that all are asked for again.
const TOKENS_MAX: usize = 1_000;
/// A token this near to its end is not used any more, in seconds.
const TOKEN_MARGIN: i64 = 60;
/// Tax invoice with receipt, receipt, receipt of a donation: documents that say that money has come.
const RECEIPTS: [&str; 3] = ["320", "400", "405"];
/// A document's `status` when another has cancelled it.
const CANCELLED: &str = "4";

pub struct Morning {
    line: Line,
    base: String,
    /// By a digest of the keys that they were given for, with the second at which they end.
    tokens: Mutex<HashMap<[u8; 32], (String, i64)>>,
}

impl Morning {
    pub(super) fn new(line: Line, base: &str) -> Self {
        Self { line, base: base.trim_end_matches('/').to_owned(), tokens: Mutex::default() }
    }

    async fn token(&self, id: &str, secret: &str, now_unix: i64) -> Result<String, NotAsked> {
        let mark = mark(id, secret);
        let kept = self.tokens.lock().unwrap_or_else(PoisonError::into_inner).get(&mark).filter(|(_, ends)| now_unix < ends - TOKEN_MARGIN).cloned();
        if let Some((token, _)) = kept {
            return Ok(token);
        }
        let asked = self.line.client.post(format!("{}/account/token", self.base)).json(&json!({ "id": id, "secret": secret }));
        let answer = self.line.send(asked).await?.json()?;
        let (Some(token), Some(ends)) = (facts::of(&answer, "token"), answer["expires"].as_i64()) else { return Err(unreadable()) };
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        if tokens.len() >= TOKENS_MAX {
            tokens.clear();
        }
        tokens.insert(mark, (token.clone(), ends));
        Ok(token)
    }
}

#[async_trait]
impl AskBack for Morning {
    async fn ask(&self, question: &Question) -> Result<Verdict, NotAsked> {
        let (Some(said), Some(id), Some(secret)) = (Said::read(question), question.credentials.get("id"), question.credentials.get("secret")) else {
            return Ok(Verdict::Untold);
        };
        if !facts::is_id(&said.id) {
            return Ok(Verdict::False);
        }
        let token = self.token(id, secret, question.now_unix).await?;
        let answer = self.line.send(self.line.client.get(format!("{}/documents/{}", self.base, said.id)).bearer_auth(token)).await?;
        match answer.status.as_u16() {
            404 => return Ok(Verdict::False),
            // The token was taken back before its time: the next try asks for another.
            401 | 403 => drop(self.tokens.lock().unwrap_or_else(PoisonError::into_inner).remove(&mark(id, secret))),
            _ => {}
        }
        said.judge(&answer.json()?)
    }
}

fn mark(id: &str, secret: &str) -> [u8; 32] {
    let mut text = id.as_bytes().to_vec();
    text.push(0);
    text.extend_from_slice(secret.as_bytes());
    let mut mark = [0; 32];
    mark.copy_from_slice(digest(&SHA256, &text).as_ref());
    mark
}

/// What an event says of a document.
struct Said {
    id: String,
    /// Absent in a payment form's callback alone.
    sum: Option<i64>,
    kind: Option<String>,
    number: Option<String>,
    currency: Option<String>,
    date: Option<String>,
    status: Option<String>,
    /// Whether it says that money has come.
    paid: bool,
    /// Our own word, which came back.
    order: Option<String>,
}

impl Said {
    /// `None` where nothing is said that a document could confirm.
    fn read(question: &Question) -> Option<Self> {
        if question.form {
            let fields = facts::form(question);
            let field = |name: &str| fields.get(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
            let id = field("document_id").or_else(|| field("id"))?;
            return Some(Self { id, sum: None, kind: None, number: None, currency: None, date: None, status: None, paid: true, order: field("external_data") });
        }
        let paid = question.kind == "payment/received";
        if !(paid || question.kind == "document" || question.kind.starts_with("document/")) {
            return None;
        }
        let value: Value = serde_json::from_slice(&question.body).ok()?;
        let document = if value["data"].is_object() { &value["data"] } else { &value };
        let of = |name: &str| facts::of(document, name);
        let sum = facts::sum(document, "total").or_else(|| facts::sum(document, "amount"));
        Some(Self {
            id: of("id")?,
            sum: Some(sum?),
            kind: of("type"),
            number: of("number"),
            currency: of("currency"),
            date: of("date").or_else(|| of("documentDate")),
            status: of("status"),
            paid,
            order: None,
        })
    }

    fn judge(&self, known: &Value) -> Result<Verdict, NotAsked> {
        let of = |name: &str| facts::of(known, name);
        let (Some(id), Some(sum), Some(kind), Some(status)) = (of("id"), facts::sum(known, "amount"), of("type"), of("status")) else { return Err(unreadable()) };
        let stands = self.status.as_ref().map_or(status != CANCELLED, |said| *said == status);
        let same = id == self.id
            && facts::holds(&self.sum, &Some(sum))
            && facts::holds(&self.kind, &Some(kind.clone()))
            && facts::holds(&self.number, &of("number"))
            && facts::holds(&self.currency, &of("currency"))
            && facts::holds(&self.date, &of("documentDate"))
            && stands;
        if !same || self.paid && (!RECEIPTS.contains(&kind.as_str()) || status == CANCELLED) {
            return Ok(Verdict::False);
        }
        let told = self.order.as_ref().is_none_or(|order| ["description", "remarks"].iter().any(|name| of(name).is_some_and(|text| has_word(&text, order))));
        Ok(if told { Verdict::True } else { Verdict::Untold })
    }
}

/// Whether a word stands in a text by itself: `bk_4` is not in `bk_42`.
fn has_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).any(|part| part == word)
}
