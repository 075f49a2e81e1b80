//! Traces: what a collector of OpenTelemetry is sent, over its real protocol, and that one which is away costs nobody anything.

use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::routing::post;
use http::StatusCode;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind, status::StatusCode as Outcome};
use opentelemetry_sdk::trace::SdkTracerProvider;
use prost::Message;
use serde_json::json;
use tracing_subscriber::EnvFilter;
use vantera::platform::jobs::Job;
use vantera::platform::lanes::Runs;
use vantera::platform::telemetry;

use crate::support::{App, SLUG};

/// A collector: the bodies that it was sent.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<Bytes>>>);

impl Collector {
    async fn start(&self, listener: tokio::net::TcpListener) {
        let sent = self.0.clone();
        let routes = axum::Router::new().route("/v1/traces", post(async move |body: Bytes| sent.lock().expect("bodies").push(body)));
        tokio::spawn(axum::serve(listener, routes).into_future());
    }

    fn spans(&self) -> Vec<Span> {
        let requests = self.0.lock().expect("bodies").iter().map(|body| ExportTraceServiceRequest::decode(body.clone()).expect("OTLP")).collect::<Vec<_>>();
        requests.into_iter().flat_map(|request| request.resource_spans).flat_map(|of| of.scope_spans).flat_map(|of| of.spans).collect()
    }
}

/// Where a collector listens, and its address for traces.
async fn port() -> (tokio::net::TcpListener, String) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}/v1/traces", listener.local_addr().expect("an address"));
    (listener, address)
}

async fn flush(provider: &SdkTracerProvider) {
    let provider = provider.clone();
    tokio::task::spawn_blocking(move || provider.force_flush()).await.expect("it ran").expect("what was left is sent");
}

fn attribute(span: &Span, key: &str) -> Option<String> {
    let value = span.attributes.iter().find(|attribute| attribute.key == key)?.value.clone()?.value?;
    Some(match value {
        Any::StringValue(text) => text,
        Any::IntValue(number) => number.to_string(),
        other => format!("{other:?}"),
    })
}

#[tokio::test]
async fn a_collector_is_sent_requests_and_jobs_by_route_and_task_and_nothing_about_people() {
    let app = App::with_building().await;
    let tenant = app.text("select tenant_id::text from tenants").await.expect("the building");
    let (collector, (listener, address)) = (Collector::default(), port().await);
    collector.start(listener).await;
    let provider = telemetry::tracer(Some(&address)).expect("a tracer");
    let _heard = tracing::subscriber::set_default(telemetry::as_json(Some(telemetry::traces(&provider)), EnvFilter::new("off"), std::io::sink));

    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    assert_eq!(noa.get(&format!("/b/{SLUG}?q=%D7%A0%D7%95%D7%A2%D7%94")).await.status, StatusCode::OK);
    let mut cx = vantera::platform::jobs::open_tenant(&app.web, tenant.parse().expect("an id"), "test".into()).await.expect("a context");
    cx.enqueue(Job::new("buildings.resident_moved", json!({ "membership": "nobody" }))).await.expect("left");
    cx.commit().await.expect("a commit");
    app.run_once(Runs::Worker, 1).await;
    flush(&provider).await;

    let spans = collector.spans();
    let feed = spans.iter().find(|span| span.name == "GET /b/{slug}").unwrap_or_else(|| panic!("{:?}", spans.iter().map(|span| &span.name).collect::<Vec<_>>()));
    assert_eq!((feed.kind(), attribute(feed, "tenant"), attribute(feed, "status")), (SpanKind::Server, Some(tenant.clone()), Some("200".into())));
    assert_eq!(attribute(feed, "trace").expect("the id that stands in the log").len(), 32);
    assert!(feed.end_time_unix_nano > feed.start_time_unix_nano);
    let job = spans.iter().find(|span| span.name == "buildings.resident_moved").expect("the job");
    assert_eq!((job.kind(), attribute(job, "tenant")), (SpanKind::Consumer, Some(tenant)));
    assert_eq!(job.status.as_ref().map(|status| status.code()), Some(Outcome::Error), "it failed");
    assert!(job.events.iter().any(|event| event.name == "a job failed and will be tried again"), "{:?}", job.events);

    let all = format!("{spans:?}");
    for secret in ["נועה", "543182704", "%D7%A0", noa.cookie("__Host-session").expect("a session")] {
        assert!(!all.contains(secret), "{secret} was sent");
    }
}

#[tokio::test]
async fn a_collector_that_is_away_costs_spans_and_nothing_else() {
    let app = App::with_building().await;
    let (collector, (listener, address)) = (Collector::default(), port().await);
    let local = listener.local_addr().expect("an address");
    drop(listener);
    let provider = telemetry::tracer(Some(&address)).expect("a tracer");
    let _heard = tracing::subscriber::set_default(telemetry::as_json(Some(telemetry::traces(&provider)), EnvFilter::new("off"), std::io::sink));
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    // More than the queue of spans holds.
    for _ in 0..3_000 {
        assert_eq!(noa.get("/prefer/nothing/here").await.status, StatusCode::NOT_FOUND);
    }
    // What nobody took is lost; it is not kept, and does not hinder what comes.
    let losing = provider.clone();
    let _ = tokio::task::spawn_blocking(move || losing.force_flush()).await.expect("it ran");
    collector.start(tokio::net::TcpListener::bind(local).await.expect("the port is free again")).await;
    assert_eq!(noa.get(&format!("/b/{SLUG}")).await.status, StatusCode::OK);
    flush(&provider).await;
    assert_eq!(collector.spans().into_iter().map(|span| span.name).collect::<Vec<_>>(), ["GET /b/{slug}"]);
}
