//! iCount: `POST /doc/info {"doctype","docnum"}` with `Authorization: Bearer` gives `{"status":true,"doc_info":{doctype,
//! docnum, client_id, totalsum, totalvat, totalwithvat, currency_code, is_cancelled, …}}`. Errors are HTTP 200 with
//! `{"status":false,"reason","error_description"}`. Sources: public clients of version 3; iCount publishes no list of its
//! reasons, so only one that says that the document was not found counts as "there is none", every other (a key that is
//! wrong among them) as a question to be asked again.
//!
//! Believed are documents that tell a sum. What a payment page tells without a document cannot be asked about.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::line::{Line, unreadable};
use super::{AskBack, NotAsked, Question, Verdict, facts};

/// Sums that a webhook and an answer call by the same names.
const SUMS: [&str; 3] = ["totalsum", "totalvat", "totalwithvat"];

pub struct ICount {
    line: Line,
    base: String,
}

impl ICount {
    pub(super) fn new(line: Line, base: &str) -> Self {
        Self { line, base: base.trim_end_matches('/').to_owned() }
    }
}

#[async_trait]
impl AskBack for ICount {
    async fn ask(&self, question: &Question) -> Result<Verdict, NotAsked> {
        let said: Value = serde_json::from_slice(&question.body).unwrap_or_default();
        let tells = facts::sum(&said, "totalwithvat").or_else(|| facts::sum(&said, "totalsum"));
        let (Some(kind), Some(number), Some(_), Some(token)) = (facts::of(&said, "doctype"), facts::of(&said, "docnum"), tells, question.credentials.get("token")) else {
            return Ok(Verdict::Untold);
        };
        let asked = self.line.client.post(format!("{}/doc/info", self.base)).bearer_auth(token).json(&json!({ "doctype": kind, "docnum": number }));
        let answer = self.line.send(asked).await?.json()?;
        match answer["status"].as_bool() {
            Some(true) => {}
            Some(false) => return refused(&answer),
            None => return Err(unreadable()),
        }
        let known = &answer["doc_info"];
        let of = |name: &str| facts::of(known, name);
        if of("doctype").is_none() || of("docnum").is_none() || facts::sum(known, "totalwithvat").is_none() {
            return Err(unreadable());
        }
        let cancelled = ["is_cancelled", "is_cancellation"].iter().any(|name| of(name).is_some_and(|word| !["0", "false"].contains(&word.as_str())));
        let same = of("doctype") == Some(kind)
            && of("docnum") == Some(number)
            && SUMS.iter().all(|name| said.get(*name).is_none_or(Value::is_null) || facts::sum(&said, name).is_some_and(|sum| facts::sum(known, name) == Some(sum)))
            && facts::holds(&facts::of(&said, "client_id"), &of("client_id"))
            && facts::agrees(&facts::of(&said, "currency_code"), &of("currency_code"))
            && !cancelled;
        Ok(if same { Verdict::True } else { Verdict::False })
    }
}

fn refused(answer: &Value) -> Result<Verdict, NotAsked> {
    let reason = facts::of(answer, "reason").filter(|reason| facts::is_id(reason)).unwrap_or_else(|| "no reason".into());
    if ["doc_not_found", "document_not_found"].contains(&reason.as_str()) { Ok(Verdict::False) } else { Err(NotAsked(format!("it refused: {reason}"))) }
}
