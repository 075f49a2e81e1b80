//! Logs: sentences with fields, to standard error; JSON when VANTERA_LOG_FORMAT=json. A line that is logged while a
//! request or a job is under way carries its span: trace, tenant, task. No personal data, no secret.

use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

pub fn start() {
    let filter = EnvFilter::try_from_env("VANTERA_LOG").unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,graphile_worker=warn,leptos=warn"));
    let started = if std::env::var("VANTERA_LOG_FORMAT").is_ok_and(|format| format == "json") {
        tracing::subscriber::set_global_default(as_json(filter, std::io::stderr))
    } else {
        tracing::subscriber::set_global_default(tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).compact().finish())
    };
    // A second start (tests) keeps the first subscriber.
    drop(started);
}

/// JSON lines: `timestamp`, `level`, `fields` (with the sentence as `message`), `target`, and `span` with the fields of the
/// request or job.
pub fn as_json<W>(filter: EnvFilter, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).json().with_span_list(false).finish()
}
