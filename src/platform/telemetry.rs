//! Logs: sentences with fields, to standard error; JSON when VANTERA_LOG_FORMAT=json. A line that is logged while a
//! request or a job is under way carries its span: trace, tenant, task. No personal data, no secret.
//!
//! Traces: the same spans, and the lines logged in them, to an OpenTelemetry collector (OTLP over HTTP, protobuf) when the
//! standard's own variable names one (`OTEL_EXPORTER_OTLP_ENDPOINT`). They are sent from a thread of their own out of a
//! bounded queue: a collector that is away or slow costs spans, never a request.
//!
//! Source: OpenTelemetry specification 1.5x, "OTLP exporter", "Environment variables", semantic conventions of HTTP.

use std::time::Duration;

use anyhow::{Context, Result};
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::{Bytes, HttpClient, HttpError};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Handle;
use tracing::Subscriber;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{EnvFilter, Layer, Registry};

/// The longest that the collector is waited for, per batch.
const SENT_WITHIN: Duration = Duration::from_secs(5);
/// The longest answer of a collector that is read, in bytes.
const ANSWER_MAX_BYTES: usize = 64 * 1024;

/// What was started, for the end of the process.
#[derive(Debug)]
pub struct Telemetry(Option<SdkTracerProvider>);

impl Telemetry {
    /// Sends what is left, within the time of one batch. Not within the runtime: it waits for it.
    pub fn end(self) {
        if let Some(Err(error)) = self.0.map(|provider| provider.shutdown_with_timeout(SENT_WITHIN)) {
            eprintln!("vantera: the last traces were not sent: {error}");
        }
    }
}

/// Starts logging, and traces when they are configured. Within a runtime, whose threads send the traces.
/// Errors: an address of a collector, or other `OTEL_*`, that cannot be read.
pub fn start() -> Result<Telemetry> {
    let filter = EnvFilter::try_from_env("VANTERA_LOG").unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,graphile_worker=warn,leptos=warn"));
    let set = |name: &str| std::env::var(name).is_ok_and(|value| !value.trim().is_empty());
    let wanted = set("OTEL_EXPORTER_OTLP_ENDPOINT") || set("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
    let provider = wanted.then(|| tracer(None)).transpose()?;
    let traces = provider.as_ref().map(|provider| traces(provider));
    // A second start (tests) keeps the first subscriber.
    drop(if std::env::var("VANTERA_LOG_FORMAT").is_ok_and(|format| format == "json") {
        tracing::subscriber::set_global_default(as_json(traces, filter, std::io::stderr))
    } else {
        let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).compact().with_filter(filter);
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(traces).with(lines))
    });
    Ok(Telemetry(provider))
}

/// JSON lines: `timestamp`, `level`, `fields` (with the sentence as `message`), `target`, and `span` with the fields of the
/// request or job.
pub fn as_json<W>(traces: Option<Traces>, filter: EnvFilter, writer: W) -> impl Subscriber + Send + Sync + for<'a> LookupSpan<'a>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer().with_writer(writer).json().with_span_list(false).with_filter(filter);
    tracing_subscriber::registry().with(traces).with(lines)
}

/// What sends spans to a collector: to `endpoint` (the whole address of its traces), or as the `OTEL_*` variables say.
pub fn tracer(endpoint: Option<&str>) -> Result<SdkTracerProvider> {
    let mut exporter = SpanExporter::builder().with_http().with_http_client(Client::new()?);
    if let Some(endpoint) = endpoint {
        exporter = exporter.with_endpoint(endpoint);
    }
    let exporter = exporter.build().context("the OTEL_EXPORTER_OTLP_… variables cannot be followed")?;
    let name = std::env::var("OTEL_SERVICE_NAME").unwrap_or_else(|_| "vantera".into());
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(Resource::builder().with_service_name(name).build()).build())
}

/// Spans of ours, with the lines that were logged in them.
pub type Traces = Box<dyn Layer<Registry> + Send + Sync>;

/// The layer that hands spans to a tracer.
pub fn traces(provider: &SdkTracerProvider) -> Traces {
    tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("vantera"))
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        // A span's name is known late (its route), and can be told until its context has been handed out.
        .with_context_activation(false)
        .with_filter(Targets::new().with_target("vantera", LevelFilter::INFO))
        .boxed()
}

/// The exporter's client. Its thread has no runtime: what it sends runs in ours, and it waits.
#[derive(Debug)]
struct Client {
    http: reqwest::Client,
    runtime: Handle,
}

impl Client {
    fn new() -> Result<Self> {
        let http = reqwest::Client::builder().timeout(SENT_WITHIN).redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self { http, runtime: Handle::try_current()? })
    }
}

#[async_trait::async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, HttpError> {
        let asked = reqwest::Request::try_from(request)?;
        let http = self.http.clone();
        let sending = self.runtime.spawn(async move {
            let mut answer = http.execute(asked).await?;
            let (status, headers, mut body) = (answer.status(), std::mem::take(answer.headers_mut()), Vec::new());
            while let Some(chunk) = answer.chunk().await? {
                body.extend_from_slice(&chunk);
                if body.len() > ANSWER_MAX_BYTES {
                    return Err("the collector's answer is too long".into());
                }
            }
            let mut told = http::Response::new(Bytes::from(body));
            *told.status_mut() = status;
            *told.headers_mut() = headers;
            Ok::<_, HttpError>(told)
        });
        sending.await?
    }
}
