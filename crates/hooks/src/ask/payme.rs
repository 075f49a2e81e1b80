//! PayMe: `POST /get-sales {"seller_payme_id","payme_client_key","sale_payme_id"}` gives `{"status_code":0,"items_count",
//! "items":[{seller_payme_id, sale_payme_id, sale_payme_code, transaction_id, sale_status, sale_currency, sale_price, …}]}`,
//! `sale_price` in agorot. Errors are HTTP 500 with `{"status_code":1,"status_error_code",…}`. Source: PayMe's own API
//! document.
//!
//! The seller is the account itself. Believed are callbacks about a sale whose status is that of the sale now: one that is
//! asked about late may have moved on, and the later callback tells of that. Subscriptions, the return of a chargeback, and
//! how much of a sale was given back in part have no question in the document whose answer would speak of them.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::line::{Line, unreadable};
use super::{AskBack, NotAsked, Question, Verdict, facts};

/// The states of a sale that each callback may tell of.
const STATES: [(&str, &[&str]); 5] =
    [("sale-complete", &["completed"]), ("sale-authorized", &["authorized"]), ("sale-failure", &["failed"]), ("refund", &["refunded"]), ("sale-chargeback", &["chargeback"])];

pub struct PayMe {
    line: Line,
    base: String,
}

impl PayMe {
    pub(super) fn new(line: Line, base: &str) -> Self {
        Self { line, base: base.trim_end_matches('/').to_owned() }
    }
}

#[async_trait]
impl AskBack for PayMe {
    async fn ask(&self, question: &Question) -> Result<Verdict, NotAsked> {
        let fields = facts::form(question);
        let said = |name: &str| fields.get(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let states = STATES.iter().find(|(kind, _)| *kind == question.kind).map(|(_, states)| *states);
        let price = said("price").and_then(|price| price.parse::<i64>().ok());
        let (Some(states), Some(sale), Some(status), Some(price)) = (states, said("payme_sale_id"), said("sale_status"), price) else { return Ok(Verdict::Untold) };
        // The answer tells that a part was given back, and not how much.
        if status.starts_with("partial-") {
            return Ok(Verdict::Untold);
        }
        if !states.contains(&status.as_str()) || !facts::is_id(&sale) {
            return Ok(Verdict::False);
        }
        let mut words = json!({ "seller_payme_id": question.account, "sale_payme_id": sale });
        if let Some(key) = question.credentials.get("client_key") {
            words["payme_client_key"] = key.into();
        }
        let answer = self.line.send(self.line.client.post(format!("{}/get-sales", self.base)).json(&words)).await?.json()?;
        let (Some(0), Some(items)) = (answer["status_code"].as_i64(), answer["items"].as_array()) else { return Err(unreadable()) };
        let of = |item: &Value, name: &str| facts::of(item, name);
        let Some(known) = items.iter().find(|item| of(item, "sale_payme_id").as_ref() == Some(&sale)) else { return Ok(Verdict::False) };
        let (Some(known_status), Some(known_price)) = (of(known, "sale_status"), known["sale_price"].as_i64()) else { return Err(unreadable()) };
        let same = known_status == status
            && known_price == price
            && facts::agrees(&Some(question.account.clone()), &of(known, "seller_payme_id"))
            && facts::holds(&said("currency"), &of(known, "sale_currency"))
            && facts::holds(&said("transaction_id"), &of(known, "transaction_id"))
            && facts::agrees(&said("payme_sale_code"), &of(known, "sale_payme_code"));
        Ok(if same { Verdict::True } else { Verdict::False })
    }
}
