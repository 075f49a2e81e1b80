//! The token endpoint over the wire: against the stand-in of crates/sandbox, and against those who do not answer.

use std::time::Duration;

use oauth_port::{ANSWER_MAX_BYTES, Secret, Settings, TokenEndpoint, TokenError};
use tokio::net::TcpListener;

fn endpoint(base_url: &str) -> TokenEndpoint {
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    let settings = Settings { base_url: base_url.into(), client_id: "ours".into(), client_secret: Secret::new("s3cret"), timeout: Duration::from_millis(500) };
    TokenEndpoint::new(settings, http)
}

async fn serve(router: axum::Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    base
}

#[tokio::test]
async fn a_refresh_token_that_the_provider_does_not_know_is_an_invalid_grant_and_another_client_is_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(sandbox::serve(listener, sandbox::Options { google_client: Some(("ours".into(), "s3cret".into())), ..sandbox::Options::default() }));
    assert_eq!(endpoint(&base).refresh(&Secret::new("1//unknown")).await, Err(TokenError::InvalidGrant));
    let http = reqwest::Client::builder().build().expect("a client");
    let strange = Settings { base_url: base, client_id: "ours".into(), client_secret: Secret::new("other"), timeout: Duration::from_secs(5) };
    assert_eq!(TokenEndpoint::new(strange, http).refresh(&Secret::new("1//unknown")).await, Err(TokenError::Refused("invalid_client".into())));
}

#[tokio::test]
async fn silence_a_closed_door_a_redirect_and_a_flood_are_told_apart_and_end_in_time() {
    let silent = serve(axum::Router::new().fallback(std::future::pending::<String>)).await;
    assert_eq!(endpoint(&silent).refresh(&Secret::new("r")).await, Err(TokenError::Unavailable("no answer in time".into())));
    let gone = TcpListener::bind("127.0.0.1:0").await.and_then(|free| free.local_addr()).expect("a free port");
    assert_eq!(endpoint(&format!("http://{gone}")).refresh(&Secret::new("r")).await, Err(TokenError::Unavailable("no connection could be made".into())));
    let elsewhere = serve(axum::Router::new().fallback(|| async { axum::response::Redirect::temporary("http://127.0.0.1:9/token") })).await;
    assert_eq!(endpoint(&elsewhere).refresh(&Secret::new("r")).await, Err(TokenError::Unavailable("HTTP 307".into())), "a secret follows nobody elsewhere");
    let flood = serve(axum::Router::new().fallback(|| async { "x".repeat(ANSWER_MAX_BYTES + 1) })).await;
    assert_eq!(endpoint(&flood).refresh(&Secret::new("r")).await, Err(TokenError::Unreadable("it is too long")));
}

#[test]
fn nothing_prints_a_secret() {
    let shown = format!("{:?}", endpoint("http://provider.test"));
    assert!(shown.contains("provider.test") && !shown.contains("s3cret"), "{shown}");
}
