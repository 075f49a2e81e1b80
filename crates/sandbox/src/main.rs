//! `sandbox --port 4200 --public-url http://127.0.0.1:4200 --webhook http://127.0.0.1:4100/webhooks/stripe=whsec_…`

use std::io::Write;

use anyhow::{Context, bail};
use sandbox::{Options, WebhookTarget};
use tokio::net::TcpListener;

const HELP: &str = "\
The outside world on one machine: stand-ins of the services the product talks to.

  sandbox [--host 127.0.0.1] [--port 4200] [--public-url URL] [--webhook URL=whsec_SECRET]…
          [--api-key sk_test_KEY] [--sms-key KEY] [--google-client ID:SECRET] [--business NAME]

  --host        address to listen on
  --port        port to listen on; 0 picks a free one, which the ready line tells
  --public-url  where browsers reach the hosted pages; the listening address unless given
  --webhook     registers an endpoint for every type of event; may be given several times
  --api-key     the only Stripe key to accept; any sk_test_… or rk_test_… unless given
  --sms-key     the only bearer key to accept for text messages; any unless given
  --google-client  the only OAuth client that Google's token endpoint knows; any unless given
  --business    who takes the money, as the payment page says it
";

struct Arguments {
    host: String,
    port: u16,
    options: Options,
}

fn read(mut words: impl Iterator<Item = String>) -> anyhow::Result<Option<Arguments>> {
    let mut arguments = Arguments { host: "127.0.0.1".into(), port: 4200, options: Options::default() };
    while let Some(flag) = words.next() {
        if matches!(flag.as_str(), "--help" | "-h") {
            return Ok(None);
        }
        let value = words.next().with_context(|| format!("{flag} needs a value (see --help)"))?;
        match flag.as_str() {
            "--host" => arguments.host = value,
            "--port" => arguments.port = value.parse().context("--port needs a number up to 65535")?,
            "--public-url" => arguments.options.public_url = Some(value),
            "--webhook" => arguments.options.webhooks.push(read_webhook(&value)?),
            "--api-key" => arguments.options.api_key = Some(value),
            "--sms-key" => arguments.options.sms_key = Some(value),
            "--google-client" => {
                let (id, secret) = value.split_once(':').context("--google-client needs ID:SECRET")?;
                arguments.options.google_client = Some((id.into(), secret.into()));
            }
            "--business" => arguments.options.business_name = value,
            _ => bail!("{flag} is not known (see --help)"),
        }
    }
    Ok(Some(arguments))
}

fn read_webhook(value: &str) -> anyhow::Result<WebhookTarget> {
    // The address may hold an equals sign of its own; a secret does not.
    let (url, secret) = value.rsplit_once('=').context("--webhook needs URL=whsec_SECRET")?;
    if !url.starts_with("http://") || !secret.starts_with("whsec_") {
        bail!("--webhook needs URL=whsec_SECRET, with an http:// address");
    }
    Ok(WebhookTarget { url: url.into(), secret: secret.into() })
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "sandbox=info".into())).init();
    let Some(arguments) = read(std::env::args().skip(1))? else {
        print!("{HELP}");
        return Ok(());
    };
    let listener = TcpListener::bind((arguments.host.as_str(), arguments.port)).await.with_context(|| format!("cannot listen on {}:{}", arguments.host, arguments.port))?;
    println!("sandbox ready http://{}", listener.local_addr()?);
    std::io::stdout().flush()?;
    tokio::select! {
        served = sandbox::serve(listener, arguments.options) => served.context("the listener failed"),
        asked = stop_asked() => asked,
    }
}

/// Ends on Ctrl-C and, as the first process of a container, on the order to terminate.
async fn stop_asked() -> anyhow::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed?,
        _ = terminate.recv() => {}
    }
    Ok(())
}
