use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use serde_json::json;
use stripe_port::{DEFAULT_TIMEOUT_MS, StripeClient, StripeError, StripePort, StripeSettings};
use tracing_subscriber::fmt::MakeWriter;

use crate::fake::{Fake, SECRET, membership, refusal, session};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

fn settings(base_url: &str, secret_key: &str) -> StripeSettings {
    StripeSettings { base_url: base_url.into(), secret_key: secret_key.into(), timeout_ms: DEFAULT_TIMEOUT_MS }
}

#[tokio::test]
async fn the_secret_key_is_printed_nowhere_even_when_everything_is_logged() {
    let fake = Fake::start().await;
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    let listening = tracing::subscriber::set_default(subscriber);
    let settings = settings(&fake.address, SECRET);
    let mut printed = format!("{settings:?} {settings:#?}");
    let client = StripeClient::new(settings).expect("usable settings");
    printed += &format!("{client:?} {client:#?}");
    fake.answer(200, session(json!({}))).answer(401, refusal("invalid_request_error", "", "Invalid API Key provided"));
    client.open_checkout(&membership(), "k").await.expect("opened");
    let error = client.open_checkout(&membership(), "k").await.expect_err("refused");
    printed += &format!("{error:?} {error}");
    drop(listening);
    let logged = String::from_utf8(log.0.lock().expect("log").clone()).expect("text");
    assert!(logged.contains("checkout/sessions"), "the log was not captured: {logged}");
    for text in [printed, logged] {
        assert!(!text.contains(SECRET), "{text}");
    }
}

#[test]
fn settings_that_cannot_work_or_would_leak_are_refused() {
    let refused = [
        settings("ftp://api.stripe.com", "sk_test_1"),
        settings("api.stripe.com", "sk_test_1"),
        settings("https://", "sk_test_1"),
        settings("https://api stripe com", "sk_test_1"),
        settings("https://api.stripe.com", ""),
        settings("https://api.stripe.com", "sk_test_1\n"),
        settings("http://api.stripe.com", "sk_live_1"),
        settings("http://api.stripe.com", "rk_live_1"),
        StripeSettings { timeout_ms: 0, ..settings("https://api.stripe.com", "sk_test_1") },
    ];
    for settings in refused {
        let error = StripeClient::new(settings.clone()).expect_err("refused");
        let named = matches!(&error, StripeError::Invalid { code: Some(code), .. } if code == "settings");
        assert!(named, "{settings:?}: {error:?}");
    }
    for base_url in ["https://api.stripe.com", "https://api.stripe.com/", "https://proxy.test/stripe"] {
        StripeClient::new(settings(base_url, "rk_live_1")).expect("usable");
    }
}

#[tokio::test]
async fn an_address_with_a_path_keeps_it() {
    let fake = Fake::start().await;
    for base_url in [format!("{}/", fake.address), format!("{}/stripe", fake.address), format!("{}/stripe/", fake.address)] {
        fake.answer(200, session(json!({})));
        let client = StripeClient::new(settings(&base_url, SECRET)).expect("usable");
        client.read_checkout("cs_1").await.expect("read");
    }
    let paths: Vec<_> = fake.heard().into_iter().map(|heard| heard.path).collect();
    assert_eq!(paths, ["/v1/checkout/sessions/cs_1", "/stripe/v1/checkout/sessions/cs_1", "/stripe/v1/checkout/sessions/cs_1"]);
}
