//! What is logged: a line under a request or a job says whose it is by ids, and nothing about people.

use std::io::Write;
use std::sync::{Arc, Mutex};

use http::StatusCode;
use serde_json::{Value, json};
use tracing_subscriber::EnvFilter;
use vantera::intake::server::Provider;
use vantera::platform::jobs::Job;
use vantera::platform::lanes::Runs;
use vantera::platform::{cookies, telemetry};

use crate::deliveries::desk::{Desk, Receiver, Reply};
use crate::feed::{Part, write};
use crate::intake;
use crate::phones::looks_of;
use crate::support::{App, SLUG};

/// Cookies that prove something.
const COOKIES: [&str; 4] = [cookies::SESSION, cookies::REFRESH, cookies::JOIN, cookies::CODE_PHONE];

/// Everything that was logged.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("the log").extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Hears everything that this thread logs under such a filter, until the guard is dropped.
    pub fn hear(&self, filter: &str) -> tracing::subscriber::DefaultGuard {
        let writer = self.clone();
        tracing::subscriber::set_default(telemetry::as_json(None, EnvFilter::new(filter), move || writer.clone()))
    }

    /// What was logged since this was asked last.
    pub fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().expect("the log"))).expect("UTF-8")
    }

    pub fn lines(&self) -> Vec<Value> {
        let text = String::from_utf8(self.0.lock().expect("the log").clone()).expect("UTF-8");
        text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"))).collect()
    }

    /// The only line with this sentence.
    fn line(&self, sentence: &str) -> Value {
        let found: Vec<Value> = self.lines().into_iter().filter(|line| line["fields"]["message"] == sentence).collect();
        assert_eq!(found.len(), 1, "{sentence}: {:#?}", self.lines());
        found[0].clone()
    }
}

#[tokio::test]
async fn a_line_of_a_request_or_a_job_names_trace_and_tenant_and_nobody() {
    let app = App::with_building().await;
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    let tenant = app.text("select tenant_id::text from tenants").await.expect("the building");
    let log = Log::default();
    let _heard = log.hear("debug,sqlx=warn");

    sqlx::query("alter table posts rename to posts_elsewhere").execute(&sqlx::PgPool::connect(app.database.owner()).await.expect("the owner")).await.expect("the table is away");
    let answer = noa.get(&format!("/b/{SLUG}")).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    let line = log.line("a request failed through our own fault");
    assert_eq!(line["span"]["name"], "request");
    assert_eq!(line["span"]["tenant"], json!(tenant));
    assert_eq!(line["span"]["trace"], line["fields"]["incident"], "the incident that the reader is told finds every line of his request");
    assert!(answer.text().contains(line["fields"]["incident"].as_str().expect("an incident")));

    let mut cx = vantera::platform::jobs::open_tenant(&app.web, tenant.parse().expect("an id"), "test".into()).await.expect("a context");
    cx.enqueue(Job::new("buildings.resident_moved", json!({ "membership": "nobody" }))).await.expect("left");
    cx.commit().await.expect("a commit");
    let job = app.text("select 'job-' || id from graphile_worker._private_jobs").await.expect("the job");
    app.run_once(Runs::Worker, 1).await;
    let line = log.line("a job failed and will be tried again");
    assert_eq!(
        line["span"],
        json!({ "name": "job", "otel.kind": "consumer", "otel.name": "buildings.resident_moved", "otel.status_code": "ERROR", "task": "buildings.resident_moved", "trace": job, "tenant": tenant, "attempt": 1 })
    );

    let all = serde_json::to_string(&log.lines()).expect("text");
    for secret in ["נועה", "543182704", noa.cookie("__Host-session").expect("a session")] {
        assert!(!all.contains(secret), "{secret} is in the log");
    }
}

/// A lock that others hold for too long is let go some day. A statement that takes too long by itself takes too long each
/// time, and whoever keeps the house must hear of it.
#[tokio::test]
async fn a_statement_that_takes_too_long_is_an_error_and_a_lock_that_others_hold_is_none() {
    let app = App::with_building().await;
    let noa = app.resident("3", "נועה שגב", "0543182704").await;
    let post = app.text("select post_id::text from posts where kind = 'joined'").await.expect("a post");
    let log = Log::default();
    let _heard = log.hear("info");
    let mut holder = app.all.begin().await.expect("a transaction");
    sqlx::query("select 1 from posts where post_id = $1::uuid for update").bind(&post).execute(&mut *holder).await.expect("held");
    let comment = async || {
        let answer = noa.clone().call("feed/comment", &[("building", SLUG), ("post", &post), ("body", "שורה")]).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.text());
    };
    let sent_away = || -> Vec<(String, String)> {
        let told = |line: &Value, field: &str| line[field].as_str().unwrap_or_default().to_owned();
        let lines = log.lines().into_iter().map(|line| (told(&line, "level"), told(&line["fields"], "message")));
        lines.filter(|(_, message)| message.starts_with("a request was sent away")).collect()
    };
    let stopping = async {
        app.until("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'", 1).await;
        let stopped = "select count(pg_cancel_backend(pid)) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
        assert_eq!(app.count(stopped).await, 1);
    };
    tokio::join!(comment(), stopping);
    assert_eq!(sent_away(), [("ERROR".to_owned(), "a request was sent away: a statement took longer than it may".to_owned())]);
    comment().await;
    assert_eq!(sent_away()[1..], [("WARN".to_owned(), "a request was sent away: the database was not to be had".to_owned())]);
}

/// People's deeds from the first to the last, some of which go wrong on our side.
#[tokio::test]
async fn no_line_tells_of_people_what_they_wrote_or_what_they_prove_themselves_with() {
    const DANA: &str = "0543182701";
    const NOA: &str = "0543182704";
    let desk = Desk::granted(&["resident.*", "hazard.*", "payment.*"]).await;
    let receiver = Receiver::start().await;
    let (_, signing) = desk.endpoint(&format!("{}/of-a-partner?key=s3cr3t-of-the-address", receiver.url)).await;
    let inbound = intake::account(Provider::Telegram, "our_bot", "secret-of-the-bot");
    let inbound = intake::connect(&desk.app, desk.tenant, inbound).await.expect("connected").path;
    let app = &desk.app;
    let log = Log::default();
    let _heard = log.hear("debug,sqlx=warn");

    // A join with payment; the provider and the partner are away at first.
    app.stripe.fail_next(&[testkit::Fault::Unavailable]);
    receiver.answers([Reply::Status(500), Reply::Hang, Reply::Redirect]);
    let mut dana = app.visitor();
    app.send_form(&mut dana, "1", "דנה כהן", DANA).await;
    app.drain().await;
    app.skip_pauses().await;
    app.drain().await;
    let paying = dana.get(&format!("/b/{SLUG}/pay")).await.location().to_owned();
    app.stripe.pay(&app.last_session());
    dana.get(&format!("/b/{SLUG}/enter")).await;
    app.drain().await;
    dana.get(&format!("/b/{SLUG}/enter")).await;
    let mut noa = app.resident("3", "נועה שגב", NOA).await;
    sqlx::query("update memberships set role = 'chair', trust = 'verified' where display_name = 'דנה כהן'").execute(&app.all).await.expect("a chair");
    dana.get(&format!("/b/{SLUG}/committee/hazards")).await;
    // A one-time code: asked for, not sent (there is no gateway of messages), answered wrongly and rightly.
    let mut phone = app.visitor();
    phone.submit("/call/identity/send_code", &[("phone", NOA)]).await;
    app.drain().await;
    let code = app.code_of(NOA).await;
    phone.submit("/call/identity/answer_code", &[("code", if code == "000000" { "000001" } else { "000000" })]).await;
    assert_eq!(phone.submit("/call/identity/answer_code", &[("code", &code)]).await.status, StatusCode::SEE_OTHER);
    // A webhook that is kept, one that is not believed, and one of Stripe's.
    let message = json!({ "update_id": 7, "message": { "text": "שלום מהבוט", "from": { "first_name": "רותם", "phone": "972521234567" } } }).to_string();
    let proof = |secret: &str| [("x-telegram-bot-api-secret-token", secret.to_owned())];
    assert_eq!(intake::post(app, &inbound, &proof("secret-of-the-bot"), message.clone()).await.text(), "kept");
    intake::post(app, &inbound, &proof("secret-of-somebody"), message).await;
    intake::stripe(app, "evt_77", "invoice.paid", json!({ "id": "in_1", "customer_email": "noa@segev.example", "customer_phone": "+972543182704" })).await;
    // A post, a danger, and what partners are told of it.
    assert_eq!(write(&mut noa, SLUG, &[Part::Text("body", "מי ראה את החתול של דירה שלוש")]).await.status, StatusCode::SEE_OTHER);
    let danger = [("building", SLUG), ("kind", "gas"), ("severity", "emergency"), ("body", "ריח גז בחדר המדרגות"), ("shared", "true")];
    assert_eq!(dana.submit("/call/buildings/raise_hazard", &danger).await.status, StatusCode::SEE_OTHER);
    app.drain().await;
    desk.later(6).await;
    assert!(receiver.got().len() >= 4, "partners were told, some of them in vain");
    // And a page that we fail to make.
    sqlx::query("alter table posts rename to posts_elsewhere").execute(&sqlx::PgPool::connect(app.database.owner()).await.expect("the owner")).await.expect("the table is away");
    assert_eq!(noa.get(&format!("/b/{SLUG}")).await.status, StatusCode::INTERNAL_SERVER_ERROR);

    let lines = log.lines();
    for (sentence, least) in [("a job failed and will be tried again", 2), ("a request failed through our own fault", 1)] {
        assert!(lines.iter().filter(|line| line["fields"]["message"] == sentence).count() >= least, "{sentence}: {lines:#?}");
    }
    let mut secrets: Vec<String> =
        ["דנה", "כהן", "נועה", "שגב", "רותם", "segev", "972521234567", "החתול", "ריח גז", "שלום מהבוט", "secret-of-", "s3cr3t", "of-a-partner"].map(String::from).to_vec();
    secrets.extend([DANA, NOA].into_iter().flat_map(|phone| looks_of(phone).into_iter().chain([format!("+972{}", &phone[1..]), app.blind(phone)])));
    secrets.extend([signing.reveal(), inbound.rsplit('/').next().expect("a secret").to_owned(), paying, app.last_session()]);
    let cookies = [&dana, &noa, &phone].into_iter().flat_map(|actor| COOKIES.into_iter().filter_map(|name| actor.cookie(name)));
    secrets.extend(cookies.map(String::from));
    for line in lines {
        // A code is six digits, which stand in a time or an id by chance: it is looked for as a word of its own.
        let told = json!([line["fields"], line["span"], line["target"]]).to_string();
        let is_word = told.split(|one: char| !one.is_ascii_alphanumeric()).any(|word| word == code);
        assert!(!is_word, "the code is in the log: {told}");
        for secret in &secrets {
            assert!(!told.contains(secret.as_str()), "{secret} is in the log: {told}");
        }
    }
}
