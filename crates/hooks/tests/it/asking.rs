//! Providers asked back, each against its stand-in: what it knows too is believed, and nothing else is.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hooks::ask::{Askers, Bases, Credentials, NotAsked, Question, Verdict};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

mod cases;

use cases::{Case, cases};

/// 2026-12-01T09:30:11Z
const NOW: i64 = 1_796_117_411;
const HOUR: i64 = 3_600;
/// Long enough for an answer on this machine.
const LIMIT: Duration = Duration::from_millis(1_500);

struct Stand {
    base: String,
    askers: Askers,
    http: reqwest::Client,
}

impl Stand {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(sandbox::serve(listener, sandbox::Options { clock: Arc::new(|| NOW), ..sandbox::Options::default() }));
        let askers = Askers::at(&Bases::below(&base), LIMIT).expect("TLS");
        let http = reqwest::Client::builder().timeout(Duration::from_secs(5)).build().expect("a client");
        Self { base, askers, http }
    }

    async fn control(&self, path: &str, body: Value) {
        let answer = self.http.post(format!("{}/_sandbox/{path}", self.base)).json(&body).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{path} {body}: {}", answer.text().await.unwrap_or_default());
    }

    async fn know(&self, case: &Case, record: &Value) {
        self.control("records", json!({ "provider": case.provider, "keys": case.keys, "records": [record] })).await;
        self.control("records", json!({ "provider": case.provider, "keys": case.others.1, "records": [] })).await;
    }

    async fn ask(&self, case: &Case, question: &Question) -> Result<Verdict, NotAsked> {
        self.askers.of(case.provider).expect("an adapter").ask(question).await
    }
}

fn credentials(of: &[(&str, &str)]) -> Credentials {
    of.iter().fold(Credentials::default(), |all, (name, value)| all.with(*name, *value))
}

/// An hour after the event came: what a provider does not know by then it does not know.
fn question(case: &Case, body: &str) -> Question {
    Question {
        account: case.account.into(),
        kind: case.kind.into(),
        event: "event".into(),
        form: case.form,
        body: body.as_bytes().to_vec(),
        credentials: credentials(case.credentials),
        received_unix: NOW,
        now_unix: NOW + HOUR / 4,
    }
}

fn replaced(text: &str, was: &str, is: &str) -> String {
    assert!(text.contains(was), "{was} is in {text}");
    text.replacen(was, is, 1)
}

#[tokio::test]
async fn each_provider_that_knows_the_same_is_believed_and_no_other_word_is() {
    let stand = Stand::start().await;
    for case in cases() {
        stand.know(&case, &case.record).await;
        let asked = async |body: &str| stand.ask(&case, &question(&case, body)).await;
        assert_eq!(asked(&case.body).await, Ok(Verdict::True), "{}", case.provider);
        for (what, was, is) in case.false_words {
            assert_eq!(asked(&replaced(&case.body, was, is)).await, Ok(Verdict::False), "{}: another {what}", case.provider);
        }
        for (what, was, is) in case.false_facts {
            let fact = serde_json::from_str(&replaced(&case.record.to_string(), was, is)).expect("a record");
            stand.know(&case, &fact).await;
            assert_eq!(asked(&case.body).await, Ok(Verdict::False), "{}: {what}", case.provider);
        }
    }
}

#[tokio::test]
async fn what_a_provider_does_not_know_is_not_believed_with_nobodys_keys() {
    let stand = Stand::start().await;
    for case in cases() {
        stand.know(&case, &case.record).await;
        let refuted = |answer: &Result<Verdict, NotAsked>| if case.says_no { *answer == Ok(Verdict::False) } else { answer.is_err() };
        let unknown = stand.ask(&case, &question(&case, &replaced(&case.body, case.unknown.0, case.unknown.1))).await;
        assert!(refuted(&unknown), "{}: of an unknown id {unknown:?}", case.provider);
        // Keys that open somebody else's account, in which there is no such thing.
        let others = Question { credentials: credentials(case.others.0), ..question(&case, &case.body) };
        let others = stand.ask(&case, &others).await;
        assert!(refuted(&others), "{}: with another's keys {others:?}", case.provider);
        // Keys that open nothing are trouble, and say nothing of the event.
        let wrong = case.credentials.iter().fold(Credentials::default(), |all, (name, _)| all.with(*name, "wrong-key"));
        let wrong = stand.ask(&case, &Question { credentials: wrong, ..question(&case, &case.body) }).await;
        assert!(wrong.is_err(), "{}: with wrong keys {wrong:?}", case.provider);
        assert_eq!(stand.ask(&case, &question(&case, &case.body)).await, Ok(Verdict::True), "{}: none of it spoiled the right ones", case.provider);
    }
}

#[tokio::test]
async fn trouble_is_no_verdict_and_the_next_question_is_answered() {
    let stand = Stand::start().await;
    let faults = [
        json!({ "mode": "status", "status": 500 }),
        json!({ "mode": "status", "status": 429 }),
        json!({ "mode": "drop" }),
        json!({ "mode": "garble" }),
        json!({ "mode": "flood", "kib": 2048 }),
        json!({ "mode": "slow_ms", "ms": 20_000 }),
    ];
    for case in cases() {
        stand.know(&case, &case.record).await;
        for fault in &faults {
            let mut order = fault.clone();
            order["path"] = format!("/{}", case.provider).into();
            stand.control("faults", order).await;
            let troubled = stand.ask(&case, &question(&case, &case.body)).await;
            assert!(troubled.is_err(), "{}, {fault}: {troubled:?}", case.provider);
            assert_eq!(stand.ask(&case, &question(&case, &case.body)).await, Ok(Verdict::True), "{} after {fault}", case.provider);
        }
    }
}

#[tokio::test]
async fn an_answer_that_leads_elsewhere_or_lacks_its_fields_is_no_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let head = Arc::new(Mutex::new(String::new()));
    let said = head.clone();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let (mut heard, answer) = ([0; 4096], said.lock().expect("a text").clone());
            let _ = socket.read(&mut heard).await;
            let _ = socket.write_all(answer.as_bytes()).await;
        }
    });
    let askers = Askers::at(&Bases::below(&base), LIMIT).expect("TLS");
    for answer in [
        format!("HTTP/1.1 302 Found\r\nlocation: {base}/elsewhere\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"),
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}".into(),
        "HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\nnull".into(),
    ] {
        head.lock().expect("a text").clone_from(&answer);
        for case in cases() {
            let asked = askers.of(case.provider).expect("an adapter").ask(&question(&case, &case.body)).await;
            assert!(asked.is_err(), "{}: {answer} {asked:?}", case.provider);
        }
    }
}

#[tokio::test]
async fn what_no_question_would_settle_is_left_as_it_is() {
    let stand = Stand::start().await;
    let mut asked = 0;
    for case in cases() {
        stand.know(&case, &case.record).await;
        let untold = async |question: Question| stand.ask(&case, &question).await;
        assert_eq!(
            untold(Question { credentials: Credentials::default(), ..question(&case, &case.body) }).await,
            if case.provider == "payme" { Err(NotAsked("it answered 500".into())) } else { Ok(Verdict::Untold) },
            "{}: without keys",
            case.provider
        );
        let others: &[(&str, bool, &str)] = match case.provider {
            "morning" => &[("client/created", false, r#"{"id":"c-1"}"#), ("document", false, r#"{"id":"d-1"}"#), ("payment_form", true, "external_data=bk_42")],
            "icount" => &[("unknown", false, r#"{"page":1}"#), ("document.invrec", false, r#"{"doctype":"invrec","docnum":"2001"}"#)],
            "payme" => &[
                ("sub-active", true, "sub_payme_id=SUB1&price=1"),
                ("sale-chargeback-refund", true, "payme_sale_id=SALE1&price=12000&sale_status=completed"),
                ("sale-complete", true, "payme_sale_id=SALE1"),
            ],
            "grow" => &[
                ("payment", false, r#"{"transactionCode":"T1","paymentSum":"120"}"#),
                ("payment.callback", true, "status=1&data[transactionId]=9001&data[sum]=120&data[statusCode]=2"),
            ],
            _ => &[("popup.ringing", false, r#"{"ivrid":"1","status":"RINGING"}"#), ("unknown", false, "{}")],
        };
        for (kind, form, body) in others {
            assert_eq!(untold(Question { kind: (*kind).into(), form: *form, ..question(&case, body) }).await, Ok(Verdict::Untold), "{}: {kind} {body}", case.provider);
            asked += 1;
        }
    }
    assert_eq!(asked, 12);
}

#[tokio::test]
async fn a_payment_forms_callback_is_believed_for_a_receipt_that_names_its_order() {
    let (stand, case) = (Stand::start().await, cases().remove(0));
    let callback = |body: &str| Question { kind: "payment_form".into(), form: true, ..question(&case, body) };
    let mut receipt = case.record.clone();
    for (description, body, verdict) in [
        ("תור bk_42", "external_data=bk_42&document_id=d-1&url=https%3A%2F%2Fx.test", Verdict::True),
        ("תור bk_42", "external_data=bk_4&document_id=d-1", Verdict::Untold),
        ("", "external_data=bk_42&document_id=d-1", Verdict::Untold),
        ("", "id=d-1", Verdict::True),
        ("", "document_id=d-2", Verdict::False),
        ("", "document_id=..%2Faccount", Verdict::False),
    ] {
        receipt["description"] = description.into();
        stand.know(&case, &receipt).await;
        assert_eq!(stand.ask(&case, &callback(body)).await, Ok(verdict), "{description} {body}");
    }
}

#[tokio::test]
async fn a_token_that_ended_or_was_taken_back_is_asked_for_again() {
    let (stand, case) = (Stand::start().await, cases().remove(0));
    stand.know(&case, &case.record).await;
    let asked = async |now_unix: i64| stand.ask(&case, &Question { now_unix, ..question(&case, &case.body) }).await;
    assert_eq!(asked(NOW).await, Ok(Verdict::True));
    // Past its end by the sandbox's clock and by ours: a new one, without a try in vain.
    stand.control("clock", json!({ "seconds": 1_801 })).await;
    assert_eq!(asked(NOW + 1_801).await, Ok(Verdict::True));
    // Ended there and not here, where the clock is behind: one question is lost, and the next one asks for a token.
    stand.control("clock", json!({ "seconds": 1_801 })).await;
    assert_eq!(asked(NOW + 1_802).await, Err(NotAsked("it answered 401".into())));
    assert_eq!(asked(NOW + 1_803).await, Ok(Verdict::True));
}

#[tokio::test]
async fn a_call_that_the_log_does_not_know_yet_is_asked_about_again() {
    let (stand, case) = (Stand::start().await, cases().remove(4));
    let asked = async |later: i64| stand.ask(&case, &Question { now_unix: NOW + later, ..question(&case, &case.body) }).await;
    stand.know(&case, &json!({ "CallID": "another", "Date": "2026-12-01T09:30:11" })).await;
    assert!(asked(899).await.is_err());
    assert_eq!(asked(900).await, Ok(Verdict::False));
    // One leg of a call speaks for itself, whatever the others say.
    let mut leg = case.record.clone();
    leg["DialStatus"] = "NOANSWER".into();
    leg["TargetNumber"] = "101".into();
    stand.know(&case, &leg).await;
    assert_eq!(asked(900).await, Ok(Verdict::False));
    stand.know(&case, &case.record).await;
    assert_eq!(asked(0).await, Ok(Verdict::True));
}

#[tokio::test]
async fn a_payment_without_its_process_is_asked_for_by_its_own_token() {
    let (stand, case) = (Stand::start().await, cases().remove(3));
    stand.know(&case, &case.record).await;
    let body = replaced(&case.body, "data[processId]=P1&data[processToken]=PT1&", "");
    assert_eq!(stand.ask(&case, &question(&case, &body)).await, Ok(Verdict::True));
    assert_eq!(stand.ask(&case, &question(&case, &replaced(&body, "120.00", "12"))).await, Ok(Verdict::False));
    let failed = Question { kind: "payment.callback_failed".into(), ..question(&case, &replaced(&body, "status=1", "status=0")) };
    assert_eq!(stand.ask(&case, &failed).await, Ok(Verdict::False), "a failure of what was paid");
}

/// Everything that was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("the log").extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_key_is_printed_or_logged_at_any_level_whatever_happens() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false).with_writer(move || writer.clone()).finish();
    let _heard = tracing::subscriber::set_default(subscriber);
    tracing::trace!("this is heard");
    let stand = Stand::start().await;
    let mut printed = String::new();
    for case in cases() {
        stand.know(&case, &case.record).await;
        let question = question(&case, &case.body);
        printed += &format!("{question:?} {:?}", question.credentials);
        for mode in ["none", "status", "drop", "garble"] {
            if mode != "none" {
                stand.control("faults", json!({ "path": format!("/{}", case.provider), "mode": mode, "status": 503 })).await;
            }
            printed += &format!("{:?}", stand.ask(&case, &question).await);
        }
        let wrong = case.credentials.iter().fold(Credentials::default(), |all, (name, _)| all.with(*name, "wrong-key"));
        printed += &stand.ask(&case, &Question { credentials: wrong, ..question }).await.expect_err("trouble").to_string();
    }
    let logged = String::from_utf8_lossy(&log.0.lock().expect("the log")).into_owned();
    assert!(logged.contains("this is heard"));
    for secret in cases().iter().flat_map(|case| case.credentials).map(|(_, secret)| *secret).chain(["wrong-key", "jwt_", "דנה"]) {
        assert!(!printed.contains(secret), "{secret} was printed: {printed}");
        assert!(!logged.contains(secret), "{secret} was logged");
    }
}

#[tokio::test]
async fn what_no_answer_speaks_of_is_not_settled() {
    let stand = Stand::start().await;
    for case in cases() {
        stand.know(&case, &case.record).await;
        let open = match case.provider {
            // Somebody's own payment, and another's order of the same sum: the answer about the payment names no order.
            "grow" => question(&case, &replaced(&replaced(&case.body, "&data[processToken]=PT1", ""), "=P1&", "=P2&")),
            // How much of it was given back, the answer does not say.
            "payme" => Question { kind: "refund".into(), ..question(&case, &replaced(&case.body, "completed", "partial-refund")) },
            _ => continue,
        };
        assert_eq!(stand.ask(&case, &open).await, Ok(Verdict::Untold), "{}", case.provider);
    }
}
