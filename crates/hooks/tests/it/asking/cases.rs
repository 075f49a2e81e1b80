//! An event of each provider, and what else it could say.

use serde_json::{Value, json};

use super::{HOUR, NOW};

/// A provider's event, and what it knows of it.
pub struct Case {
    pub provider: &'static str,
    pub account: &'static str,
    pub kind: &'static str,
    pub form: bool,
    pub body: String,
    /// As the account keeps them, and as the provider calls them.
    pub credentials: &'static [(&'static str, &'static str)],
    pub keys: Value,
    /// The keys of somebody else's account.
    pub others: (&'static [(&'static str, &'static str)], Value),
    pub record: Value,
    /// Other words: what differs, what stands there, what stands there instead.
    pub false_words: &'static [(&'static str, &'static str, &'static str)],
    /// What the provider may know instead.
    pub false_facts: &'static [(&'static str, &'static str, &'static str)],
    /// Another id, of which the provider knows nothing.
    pub unknown: (&'static str, &'static str),
    /// How it says so: a plain no, or something that may be trouble.
    pub says_no: bool,
}

pub fn cases() -> Vec<Case> {
    vec![
        Case {
            provider: "morning",
            account: "business-1",
            kind: "payment/received",
            form: false,
            body: r#"{"id":"d-1","type":320,"number":"10012","currency":"ILS","date":"2026-12-01","total":118,"recipient":{"name":"דנה כהן"}}"#.into(),
            credentials: &[("id", "morning-id-one"), ("secret", "morning-secret-one")],
            keys: json!({ "id": "morning-id-one", "secret": "morning-secret-one" }),
            others: (&[("id", "morning-id-two"), ("secret", "morning-secret-two")], json!({ "id": "morning-id-two", "secret": "morning-secret-two" })),
            record: json!({ "id": "d-1", "type": 320, "number": "10012", "currency": "ILS", "documentDate": "2026-12-01", "amount": 118.0, "status": 0, "description": "" }),
            false_words: &[("sum", "118", "119"), ("sum", "118", "118.01"), ("number", "10012", "10013"), ("kind", "320", "305"), ("currency", "ILS", "USD"), ("date", "12-01", "12-02"), ("state", r#""total""#, r#""status":1,"total""#)],
            false_facts: &[("cancelled", r#""status":0"#, r#""status":4"#), ("an invoice that nobody paid", r#""type":320"#, r#""type":305"#)],
            unknown: ("d-1", "d-9"),
            says_no: true,
        },
        Case {
            provider: "icount",
            account: "shop-1",
            kind: "document.invrec",
            form: false,
            body: r#"{"doctype":"invrec","docnum":"2001","client_id":7,"clientname":"דנה כהן","totalsum":100,"totalvat":"18.00","totalwithvat":118}"#.into(),
            credentials: &[("token", "icount-token-one")],
            keys: json!({ "token": "icount-token-one" }),
            others: (&[("token", "icount-token-two")], json!({ "token": "icount-token-two" })),
            record: json!({ "doctype": "invrec", "docnum": 2001, "client_id": "7", "totalsum": "100", "totalvat": 18, "totalwithvat": 118.0, "currency_code": "ILS", "is_cancelled": false }),
            false_words: &[("sum", r#""totalwithvat":118"#, r#""totalwithvat":117"#), ("tax", "18.00", "0"), ("net", ":100", ":1000"), ("client", ":7", ":8"), ("a sum that is none", "18.00", "many")],
            false_facts: &[("cancelled", r#""is_cancelled":false"#, r#""is_cancelled":1"#)],
            unknown: ("2001", "2009"),
            says_no: true,
        },
        Case {
            provider: "payme",
            account: "MPL1",
            kind: "sale-complete",
            form: true,
            body: "notify_type=sale-complete&payme_sale_id=SALE1&payme_transaction_id=TRAN1&transaction_id=bk_42&price=12000&currency=ILS&sale_status=completed&buyer_name=%D7%93%D7%A0%D7%94".into(),
            credentials: &[("client_key", "payme-key-one")],
            keys: json!({ "seller_payme_id": "MPL1", "payme_client_key": "payme-key-one" }),
            others: (&[("client_key", "payme-key-two")], json!({ "seller_payme_id": "MPL1", "payme_client_key": "payme-key-two" })),
            record: json!({ "seller_payme_id": "MPL1", "sale_payme_id": "SALE1", "transaction_id": "bk_42", "sale_status": "completed", "sale_currency": "ILS", "sale_price": 12_000 }),
            false_words: &[("sum", "12000", "120000"), ("currency", "ILS", "USD"), ("state", "completed", "authorized"), ("order", "bk_42", "bk_43")],
            false_facts: &[("refunded", "completed", "refunded"), ("failed", "completed", "failed"), ("another seller's", "MPL1", "MPL2")],
            unknown: ("SALE1", "SALE9"),
            says_no: true,
        },
        Case {
            provider: "grow",
            account: "page-1",
            kind: "payment.callback",
            form: true,
            body: "err=&status=1&data[processId]=P1&data[processToken]=PT1&data[transactionId]=9001&data[transactionToken]=TT1&data[sum]=120.00&data[statusCode]=2&data[asmachta]=0012345&data[customFields][cField1]=bk_42".into(),
            credentials: &[("user_id", "grow-user-one"), ("page_code", "grow-page-one"), ("api_key", "grow-key-one")],
            keys: json!({ "userId": "grow-user-one", "pageCode": "grow-page-one", "apiKey": "grow-key-one" }),
            others: (
                &[("user_id", "grow-user-two"), ("page_code", "grow-page-two"), ("api_key", "grow-key-two")],
                json!({ "userId": "grow-user-two", "pageCode": "grow-page-two", "apiKey": "grow-key-two" }),
            ),
            record: json!({ "processId": "P1", "processToken": "PT1", "transactions": [
                { "transactionId": 9001, "transactionToken": "TT1", "sum": "120", "statusCode": "2", "asmachta": "0012345", "customFields": { "cField1": "bk_42" } }] }),
            false_words: &[("sum", "120.00", "12.00"), ("state", "statusCode]=2", "statusCode]=11"), ("transaction", "9001", "9002"), ("slip", "0012345", "0012346"), ("order", "bk_42", "bk_43")],
            false_facts: &[("held back", r#""statusCode":"2""#, r#""statusCode":"11""#), ("nothing was paid", r#""transactions":["#, r#""transactions":[],"former":["#)],
            unknown: ("=P1&", "=P9&"),
            says_no: false,
        },
        Case {
            provider: "voicenter",
            account: "pbx-1",
            kind: "call.abandone",
            form: false,
            body: format!(r#"{{"ivruniqueid":"20261201093011abc","type":"Queue","status":"ABANDONE","caller":"972522345678","target":"97230000000","did":"97230000000","time":{},"duration":0}}"#, NOW + 2 * HOUR),
            credentials: &[("code", "voicenter-code-one")],
            keys: json!({ "code": "voicenter-code-one" }),
            others: (&[("code", "voicenter-code-two")], json!({ "code": "voicenter-code-two" })),
            record: json!({ "CallID": "20261201093011abc", "Date": "2026-12-01T09:30:11", "CallerNumber": "0522345678", "TargetNumber": "03-0000000", "DID": "972-30000000", "Duration": 0, "DialStatus": "Abandon", "Price": 4 }),
            false_words: &[("state", "ABANDONE", "ANSWER"), ("length", r#""duration":0"#, r#""duration":61"#), ("caller", "972522345678", "972522345679"), ("line", r#""did":"97230000000""#, r#""did":"97230000001""#)],
            false_facts: &[("answered", "Abandon", "ANSWER")],
            unknown: ("20261201093011abc", "20261201093011abd"),
            says_no: true,
        },
    ]
}
