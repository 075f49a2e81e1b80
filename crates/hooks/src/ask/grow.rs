//! Grow (Meshulam): `POST /getPaymentProcessInfo` with `pageCode, userId, apiKey, processId, processToken` gives
//! `{"status":1,"err":"","data":{"processId","processToken","transactions":[{transactionId, transactionToken, statusCode,
//! sum, …}]}}`; `POST /getTransactionInfo` with `transactionId, transactionToken` gives one such transaction as `data`.
//! Bodies are forms. Errors are HTTP 200 with `{"status":0,"err":{"id","message"},"data":""}`; no list of the numbers says
//! which means "unknown", so each is a question to be asked again until its tries are spent. Sources: grow-il.readme.io and
//! public clients; a form written as a browser writes it is what those send, though the document names multipart.
//!
//! Believed are a payment's callbacks. The account's own webhooks (JSON) bring no token to ask with. A reader finds its
//! order by `processId` or by `cField1` to `cField9`: what a callback says of these and the answer does not is not settled,
//! or somebody could have another's order paid with his own payment of the same sum.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::Value;

use super::line::{Line, unreadable};
use super::{AskBack, NotAsked, Question, Verdict, facts};

/// `statusCode` of what was paid.
const PAID: &str = "2";

pub struct Grow {
    line: Line,
    base: String,
}

impl Grow {
    pub(super) fn new(line: Line, base: &str) -> Self {
        Self { line, base: base.trim_end_matches('/').to_owned() }
    }
}

#[async_trait]
impl AskBack for Grow {
    async fn ask(&self, question: &Question) -> Result<Verdict, NotAsked> {
        let keys = &question.credentials;
        let (true, Some(user), Some(page)) = (question.form, keys.get("user_id"), keys.get("page_code")) else { return Ok(Verdict::Untold) };
        let fields = facts::form(question);
        let Some(said) = Said::read(&fields) else { return Ok(Verdict::Untold) };
        // Two fields that must not contradict each other: `status` says whether it went well, `statusCode` how.
        if (question.kind == "payment.callback") != (said.state == PAID) {
            return Ok(Verdict::False);
        }
        let (method, [id, token]) = match (said.of("processId"), said.of("processToken"), said.of("transactionToken")) {
            (Some(id), Some(token), _) => ("getPaymentProcessInfo", [("processId", id), ("processToken", token)]),
            (_, _, Some(token)) => ("getTransactionInfo", [("transactionId", said.transaction.clone()), ("transactionToken", token)]),
            _ => return Ok(Verdict::Untold),
        };
        let mut words = vec![("pageCode", page.to_owned()), ("userId", user.to_owned()), id, token];
        words.extend(keys.get("api_key").map(|key| ("apiKey", key.to_owned())));
        let answer = self.line.send(self.line.client.post(format!("{}/{method}", self.base)).form(&words)).await?.json()?;
        match facts::of(&answer, "status").as_deref() {
            Some("1") => said.judge(&answer["data"]),
            Some("0") => Err(NotAsked(format!("it refused: error {}", facts::of(&answer["err"], "id").filter(|id| facts::is_id(id)).unwrap_or_else(|| "without a number".into())))),
            _ => Err(unreadable()),
        }
    }
}

/// What a callback says of a transaction.
struct Said<'a> {
    fields: &'a BTreeMap<String, String>,
    transaction: String,
    sum: i64,
    state: String,
}

impl<'a> Said<'a> {
    fn read(fields: &'a BTreeMap<String, String>) -> Option<Self> {
        let of = |name: &str| field(fields, name);
        Some(Self { fields, transaction: of("transactionId")?, sum: facts::hundredths(&of("sum")?)?, state: of("statusCode")? })
    }

    fn of(&self, name: &str) -> Option<String> {
        field(self.fields, name)
    }

    fn judge(&self, data: &Value) -> Result<Verdict, NotAsked> {
        if !data.is_object() || !facts::agrees(&self.of("processId"), &facts::of(data, "processId")) {
            return if data.is_object() { Ok(Verdict::False) } else { Err(unreadable()) };
        }
        let known = match data.get("transactions") {
            Some(list) => list.as_array().ok_or_else(unreadable)?.iter().find(|one| facts::of(one, "transactionId").as_ref() == Some(&self.transaction)),
            None => Some(data),
        };
        let Some(known) = known else { return Ok(Verdict::False) };
        let (Some(id), Some(sum), Some(state)) = (facts::of(known, "transactionId"), facts::sum(known, "sum"), facts::of(known, "statusCode")) else { return Err(unreadable()) };
        let same = id == self.transaction
            && sum == self.sum
            && state == self.state
            && ["asmachta", "transactionTypeId", "paymentType", "paymentsNum", "allPaymentsNum"].iter().all(|name| facts::agrees(&self.of(name), &facts::of(known, name)))
            && (1..=9).all(|n| {
                let name = format!("cField{n}");
                facts::agrees(&self.of(&format!("customFields][{name}")), &facts::of(&known["customFields"], &name))
            });
        let held = |said: &Option<String>, known: Option<String>| facts::holds(said, &known);
        let settled = held(&self.of("processId"), facts::of(data, "processId"))
            && (1..=9).all(|n| {
                let name = format!("cField{n}");
                held(&self.of(&format!("customFields][{name}")), facts::of(&known["customFields"], &name))
            });
        Ok(match (same, settled) {
            (true, true) => Verdict::True,
            (true, false) => Verdict::Untold,
            (false, _) => Verdict::False,
        })
    }
}

/// `data[name]`, as the callback is flattened.
fn field(fields: &BTreeMap<String, String>, name: &str) -> Option<String> {
    fields.get(&format!("data[{name}]")).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}
