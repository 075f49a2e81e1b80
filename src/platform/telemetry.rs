//! Logs: sentences with fields, to standard error; JSON when VANTERA_LOG_FORMAT=json. No personal data, no secret.

pub fn start() {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_env("VANTERA_LOG").unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,graphile_worker=warn,leptos=warn"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = if std::env::var("VANTERA_LOG_FORMAT").is_ok_and(|format| format == "json") { builder.json().try_init() } else { builder.compact().try_init() };
    // A second start (tests) keeps the first subscriber.
    drop(started);
}
