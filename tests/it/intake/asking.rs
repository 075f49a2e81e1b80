//! What was not signed, from the provider's address to the provider's own word: the product's adapters against their
//! stand-ins, with the keys that each tenant's account holds.

use std::sync::Arc;
use std::time::Duration;

use hooks::ask::{Askers, Bases};
use tokio::net::TcpListener;
use vantera::platform::lanes::Runs;
use vantera::wiring;

use super::*;
use crate::logs::Log;

const FORM: &str = "application/x-www-form-urlencoded";
/// How long the log of calls may take to know one, in seconds.
const PATIENCE: i64 = 15 * 60;

/// One provider: its account with each of two tenants, an event, and what it knows of it.
struct Case {
    provider: Provider,
    accounts: [&'static str; 2],
    /// The keys' names as the account keeps them and as the provider calls them.
    names: &'static [(&'static str, &'static str)],
    record: Value,
    body: String,
    /// Another sum (for a call: another length).
    sum: (&'static str, &'static str),
    /// Its id, one that the provider does not know, and one that it knows the same of.
    id: [&'static str; 3],
    form: bool,
}

/// The secret that comes along, and the value of a key, of the first tenant's account or of the second's.
fn secret(provider: Provider, whose: usize) -> String {
    format!("{}-webhook-secret-{whose}", provider.word())
}

fn key(provider: Provider, name: &str, whose: usize) -> String {
    format!("{}-{name}-key-{whose}", provider.word())
}

impl Case {
    fn secrets(&self, whose: usize) -> Secrets {
        let api = self.names.iter().map(|(ours, _)| ((*ours).to_owned(), key(self.provider, ours, whose))).collect();
        let given = vec![secret(self.provider, whose)];
        match self.provider {
            Provider::PayMe => Secrets { pairs: vec![(key(self.provider, "client_key", whose), given[0].clone())], ..Secrets::default() },
            Provider::Voicenter => Secrets { api, ..Secrets::default() },
            _ => Secrets { secrets: given, api, ..Secrets::default() },
        }
    }

    /// The keys of an account as its provider calls them.
    fn keys(&self, whose: usize) -> Value {
        let named = self.names.iter().map(|(ours, theirs)| ((*theirs).to_owned(), key(self.provider, ours, whose).into()));
        let mut keys: serde_json::Map<String, Value> = named.collect();
        if self.provider == Provider::PayMe {
            keys.insert("seller_payme_id".into(), self.accounts[whose].into());
        }
        keys.into()
    }

    /// The event as the provider sends it to one of the two, with his own secret.
    fn signed(&self, body: &str, whose: usize) -> (Vec<(&'static str, String)>, String) {
        let (secret, mut body) = (secret(self.provider, whose), body.to_owned());
        let mut headers = vec![("content-type", if self.form { FORM } else { "application/json" }.to_owned())];
        match self.provider {
            Provider::Morning => headers.push(("x-data-signature", hooks::morning::sign(body.as_bytes(), &secret, hooks::morning::Spelling::Hex))),
            Provider::ICount => headers.push(("x-icount-secret", secret)),
            Provider::PayMe => {
                let client = key(self.provider, "client_key", whose);
                let sale = self.id.into_iter().find(|id| body.contains(id)).expect("a sale");
                body += &format!("&payme_signature={}", hooks::payme::sign(hooks::payme::Pair { key: &client, secret: &secret }, "TRAN1", sale));
            }
            _ => {}
        }
        (headers, body)
    }
}

fn cases(app: &App) -> Vec<Case> {
    let at = app.clock.now();
    vec![
        Case {
            provider: Provider::Morning,
            accounts: ["business-1", "business-2"],
            names: &[("id", "id"), ("secret", "secret")],
            record: json!({ "id": "d-1", "type": 320, "number": "10012", "currency": "ILS", "documentDate": "2026-11-22", "amount": 118.0, "status": 0 }),
            body: json!({ "id": "d-1", "type": 320, "number": "10012", "currency": "ILS", "date": "2026-11-22", "total": 118 }).to_string(),
            sum: ("118", "119"),
            id: ["d-1", "d-2", "d-3"],
            form: false,
        },
        Case {
            provider: Provider::ICount,
            accounts: ["shop-1", "shop-2"],
            names: &[("token", "token")],
            record: json!({ "doctype": "invrec", "docnum": "2001", "totalsum": 100, "totalvat": 18, "totalwithvat": 118 }),
            body: json!({ "doctype": "invrec", "docnum": "2001", "totalwithvat": 118 }).to_string(),
            sum: ("118", "119"),
            id: ["2001", "2002", "2003"],
            form: false,
        },
        Case {
            provider: Provider::PayMe,
            accounts: ["MPL1", "MPL2"],
            names: &[("client_key", "payme_client_key")],
            record: json!({ "seller_payme_id": "MPL1", "sale_payme_id": "SALE1", "transaction_id": "bk_42", "sale_status": "completed", "sale_currency": "ILS", "sale_price": 12_000 }),
            body: "notify_type=sale-complete&payme_sale_id=SALE1&payme_transaction_id=TRAN1&transaction_id=bk_42&price=12000&currency=ILS&sale_status=completed".into(),
            sum: ("12000", "120000"),
            id: ["SALE1", "SALE2", "SALE3"],
            form: true,
        },
        Case {
            provider: Provider::Grow,
            accounts: ["page-1", "page-2"],
            names: &[("user_id", "userId"), ("page_code", "pageCode"), ("api_key", "apiKey")],
            record: json!({ "processId": "P1", "processToken": "T1", "transactions": [{ "transactionId": "9001", "transactionToken": "X1", "sum": "120", "statusCode": "2" }] }),
            body: "err=&status=1&data[processId]=P1&data[processToken]=T1&data[transactionId]=9001&data[sum]=120.00&data[statusCode]=2".into(),
            sum: ("120.00", "12.00"),
            id: ["P1", "P2", "P3"],
            form: true,
        },
        Case {
            provider: Provider::Voicenter,
            accounts: ["pbx-1", "pbx-2"],
            names: &[("code", "code")],
            record: json!({ "CallID": "2026a", "Date": at.strftime("%Y-%m-%dT%H:%M:%S").to_string(), "CallerNumber": "0522345678", "DID": "97230000000", "Duration": 61, "DialStatus": "ANSWER" }),
            body: json!({ "ivruniqueid": "2026a", "type": "Queue", "status": "ANSWER", "caller": "972522345678", "did": "97230000000", "time": at.as_second(), "duration": 61 })
                .to_string(),
            sum: ("61", "62"),
            id: ["2026a", "2026b", "2026c"],
            form: false,
        },
    ]
}

struct Stand {
    app: App,
    base: String,
    tenants: [TenantId; 2],
    http: reqwest::Client,
}

impl Stand {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let mut app = App::start_with(|config| config.ask = Bases::below(&base)).await;
        let clock = app.clock.clone();
        tokio::spawn(sandbox::serve(listener, sandbox::Options { clock: Arc::new(move || clock.now().as_second()), ..sandbox::Options::default() }));
        app.worker = wiring::worker(app.worker.clone()).expect("a worker");
        let tenants = [app.open_building(SLUG, "הרצל 7", 4).await, app.open_building("other-1", "אחר 1", 4).await];
        let http = reqwest::Client::builder().timeout(Duration::from_secs(5)).build().expect("a client");
        Self { app, base, tenants, http }
    }

    async fn control(&self, path: &str, body: Value) {
        let answer = self.http.post(format!("{}/_sandbox/{path}", self.base)).json(&body).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{path} {body}: {}", answer.text().await.unwrap_or_default());
    }

    /// Connects the account of one of the two, at the provider too.
    async fn connect(&self, case: &Case, whose: usize, records: Value) -> AccountAdded {
        self.control("records", json!({ "provider": case.provider.word(), "keys": case.keys(whose), "records": records })).await;
        let new = NewAccount { secrets: case.secrets(whose), ..account(case.provider, case.accounts[whose], "") };
        connect(&self.app, self.tenants[whose], new).await.expect("connected")
    }

    /// The state of the event that this body is, once its provider was asked.
    async fn asked(&self, case: &Case, whose: usize, path: &str, body: &str) -> String {
        let (headers, body) = case.signed(body, whose);
        let answer = post(&self.app, path, &headers, body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}: {}", case.provider.word(), answer.text());
        self.app.drain().await;
        self.state(case).await
    }

    async fn state(&self, case: &Case) -> String {
        events(&self.app, case.provider.word()).await.pop().expect("an event").0
    }

    /// Has a call that the log did not know asked about once more, when it should.
    async fn later(&self) {
        self.app.advance(PATIENCE);
        self.app.skip_pauses().await;
        self.app.drain().await;
    }
}

#[tokio::test]
async fn an_unsigned_event_counts_when_its_provider_knows_it_and_never_with_another_sum_id_or_tenant() {
    let stand = Stand::start().await;
    for case in cases(&stand.app) {
        let word = case.provider.word();
        let twin: Value = serde_json::from_str(&case.record.to_string().replacen(case.id[0], case.id[2], 1)).expect("a record");
        let (mine, theirs) = (stand.connect(&case, 0, json!([case.record, twin])).await.path, stand.connect(&case, 1, json!([])).await.path);
        assert_eq!(stand.asked(&case, 0, &mine, &case.body).await, "kept", "{word}");
        // A call, which its log may only not know yet, and a payment of Grow's, whose errors have no names, are asked about again.
        let not_believed = async |what: &str, whose: usize, path: &str, body: &str| {
            stand.asked(&case, whose, path, body).await;
            stand.later().await;
            let state = stand.state(&case).await;
            let unsure = case.provider == Provider::Grow && what != "sum";
            assert_eq!(state, if unsure { "unconfirmed" } else { "refuted" }, "{word}: another {what}");
        };
        not_believed("sum", 0, &mine, &case.body.replacen(case.id[0], case.id[2], 1).replacen(case.sum.0, case.sum.1, 1)).await;
        not_believed("id", 0, &mine, &case.body.replacen(case.id[0], case.id[1], 1)).await;
        // The second tenant's account hears the first one's event, with all that is secret right, and asks with its own keys.
        not_believed("tenant", 1, &theirs, &case.body).await;
    }
    assert_eq!(stand.app.count("select count(*) from inbound_events").await, 20, "nothing was lost");
    // What Grow will not answer ends where the operator sees it.
    let left = stand.app.jobs_left().await;
    let refused = |(task, error): &(String, Option<String>)| task == "intake.confirm" && error.as_ref().is_some_and(|error| error.contains("it refused: error 400"));
    assert!(left.len() == 2 && left.iter().all(refused), "{left:?}");
}

#[tokio::test]
async fn a_provider_in_trouble_is_asked_again_later_and_nothing_is_lost_or_believed_meanwhile() {
    let mut stand = Stand::start().await;
    // Shorter than the slowness below.
    stand.app.worker.askers = Askers::at(&Bases::below(&stand.base), Duration::from_millis(700)).expect("TLS");
    for case in cases(&stand.app) {
        let word = case.provider.word();
        let path = stand.connect(&case, 0, json!([case.record])).await.path;
        let (headers, body) = case.signed(&case.body, 0);
        assert_eq!(post(&stand.app, &path, &headers, body).await.status, StatusCode::OK);
        for fault in [
            json!({ "mode": "status", "status": 500 }),
            json!({ "mode": "garble" }),
            json!({ "mode": "flood", "kib": 2_048 }),
            json!({ "mode": "drop" }),
            json!({ "mode": "slow_ms", "ms": 20_000 }),
        ] {
            let mut order = fault.clone();
            order["path"] = format!("/{word}").into();
            stand.control("faults", order).await;
            stand.app.skip_pauses().await;
            stand.app.run_once(Runs::Worker, 1).await;
            assert_eq!(stand.state(&case).await, "unconfirmed", "{word}, {fault}");
            let left = stand.app.jobs_left().await;
            assert!(matches!(&left[..], [(task, Some(_))] if task == "intake.confirm"), "{word}, {fault}: {left:?}");
        }
        stand.app.skip_pauses().await;
        stand.app.drain().await;
        assert_eq!(stand.state(&case).await, "kept", "{word}, once it answers");
    }
    stand.app.finish().await;
}

#[tokio::test]
async fn without_keys_an_event_is_kept_and_not_believed_and_an_account_sealed_before_there_were_any_still_opens() {
    let stand = Stand::start().await;
    for case in cases(&stand.app).into_iter().filter(|case| case.provider != Provider::PayMe) {
        let new = NewAccount { secrets: Secrets { api: Default::default(), ..case.secrets(0) }, ..account(case.provider, case.accounts[0], "") };
        let path = connect(&stand.app, stand.tenants[0], new).await.expect("connected").path;
        assert_eq!(stand.asked(&case, 0, &path, &case.body).await, "unconfirmed", "{}", case.provider.word());
    }
    // Keys that no provider gives are refused before they are sealed.
    for (name, key) in [("token", "k".repeat(4_097)), ("token", "two words".into()), ("token", String::new()), ("", "key-of-iron".into())] {
        let secrets = Secrets { secrets: vec!["icount-secret-1".into()], api: [(name.to_owned(), key.clone())].into(), ..Secrets::default() };
        let new = NewAccount { secrets, ..account(Provider::ICount, "shop-9", "") };
        assert!(connect(&stand.app, stand.tenants[0], new).await.is_err(), "{name}: {} bytes", key.len());
    }
    let before: Secrets = serde_json::from_str(r#"{"secrets":["icount-secret-1"],"verify_tokens":[],"pairs":[]}"#).expect("as it was sealed");
    assert_eq!((before.secrets.len(), before.api.len()), (1, 0));
    stand.app.finish().await;
}

#[tokio::test]
async fn an_event_of_a_closed_account_is_not_asked_about_with_the_keys_of_who_has_its_name_now() {
    let stand = Stand::start().await;
    let case = cases(&stand.app).remove(1);
    let mine = stand.connect(&case, 0, json!([])).await;
    stand.control("faults", json!({ "path": "/icount", "mode": "status", "status": 503 })).await;
    assert_eq!(stand.asked(&case, 0, &mine.path, &case.body).await, "unconfirmed");
    let mut cx = jobs::open_tenant(&stand.app.web, stand.tenants[0], "test".into()).await.expect("a context");
    assert!(close_account(&mut cx, mine.account).await.expect("closed"));
    cx.commit().await.expect("a commit");
    // The other tenant takes the name, and his keys would confirm it.
    stand.control("records", json!({ "provider": "icount", "keys": case.keys(1), "records": [case.record] })).await;
    let theirs = NewAccount { secrets: case.secrets(1), ..account(case.provider, case.accounts[0], "") };
    connect(&stand.app, stand.tenants[1], theirs).await.expect("connected");
    stand.app.skip_pauses().await;
    stand.app.drain().await;
    assert_eq!(stand.state(&case).await, "unconfirmed");
    stand.app.finish().await;
}

#[tokio::test]
async fn no_key_of_a_tenant_stands_in_a_log_an_error_or_the_database() {
    let stand = Stand::start().await;
    let (log, cases) = (Log::default(), cases(&stand.app));
    let _heard = log.hear("trace");
    let mut printed = String::new();
    for case in &cases {
        let path = stand.connect(case, 0, json!([case.record])).await.path;
        let order = json!({ "path": format!("/{}", case.provider.word()), "mode": "status", "status": 500 });
        stand.control("faults", order).await;
        assert_eq!(stand.asked(case, 0, &path, &case.body).await, "unconfirmed");
        printed += &format!("{:?} {:?} {:?}", stand.app.jobs_left().await, case.secrets(0), case.secrets(0).credentials());
        stand.app.skip_pauses().await;
        stand.app.drain().await;
        assert_eq!(stand.state(case).await, "kept");
    }
    let kept: Vec<String> = sqlx::query_scalar("select a::text from intake_accounts a union all select l::text from audit_log l union all select r::text from jobs_runs r")
        .fetch_all(&stand.app.all)
        .await
        .expect("rows");
    let logged = log.take();
    assert!(logged.contains("a provider was asked back") && kept.len() >= 10, "{} rows", kept.len());
    for case in &cases {
        for key in case.names.iter().map(|(ours, _)| key(case.provider, ours, 0)).chain([secret(case.provider, 0)]) {
            assert!(!logged.contains(&key), "{key} was logged");
            assert!(!printed.contains(&key), "{key} was printed");
            assert!(!kept.iter().any(|row| row.contains(&key) || row.contains(&hex::encode(&key))), "{key} stands in the database");
        }
    }
    stand.app.finish().await;
}
