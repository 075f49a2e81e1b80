//! What is logged: a line under a request or a job says whose it is by ids, and nothing about people.

use std::io::Write;
use std::sync::{Arc, Mutex};

use http::StatusCode;
use serde_json::{Value, json};
use tracing_subscriber::EnvFilter;
use vantera::platform::jobs::Job;
use vantera::platform::lanes::Runs;
use vantera::platform::telemetry;

use crate::support::{App, SLUG};

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
    let writer = log.clone();
    let _heard = tracing::subscriber::set_default(telemetry::as_json(None, EnvFilter::new("debug,sqlx=warn"), move || writer.clone()));

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
    app.run_once(Runs::Worker, 1).await;
    let line = log.line("a job failed and will be tried again");
    assert_eq!(
        line["span"],
        json!({ "name": "job", "otel.kind": "consumer", "otel.name": "buildings.resident_moved", "otel.status_code": "ERROR", "task": "buildings.resident_moved", "trace": line["span"]["trace"], "tenant": tenant, "attempt": 1 })
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
    let writer = log.clone();
    let _heard = tracing::subscriber::set_default(telemetry::as_json(None, EnvFilter::new("info"), move || writer.clone()));
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
