//! The outermost layer: who is asking (with the refresh token's rotation), and the headers every answer carries.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderName, HeaderValue, Method, header};
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use tracing::Instrument;
use uuid::Uuid;

use super::address::ClientAddress;
use super::clock::Ids;
use super::door::{RequestInfo, language};
use super::slow::Learned;
use super::state::AppState;
use super::{cookies, session};

/// A parallel tab may bring the refresh token just spent for this long.
const GRACE: SignedDuration = SignedDuration::from_secs(30);
/// When to come back, for whoever is told 503 and nothing else: what is held by others is free again soon.
const COME_BACK_S: u64 = 2;
/// Of what a browser calls itself, no more than this is looked at.
const MOST_AGENT: usize = 400;

/// Learns who asks, before any door opens. An access token that has run out is renewed here with the refresh
/// token, so that a page works the same with JavaScript off.
pub async fn identify(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let now = state.clock.now();
    let headers = request.headers();
    let mut set_cookies: Vec<String> = Vec::new();
    let mut claims = cookies::read(headers, cookies::SESSION).and_then(|token| state.keys.read(token, now));
    if claims.is_none()
        && let Some(refresh) = cookies::read(headers, cookies::REFRESH).and_then(|text| hex::decode(text).ok())
    {
        match rotate(&state, &refresh, now).await {
            Ok(Rotation::Renewed { access, refresh }) => {
                claims = state.keys.read(&access, now);
                set_cookies.push(cookies::write(cookies::SESSION, &access, session::ACCESS_SECONDS));
                if let Some(refresh) = refresh {
                    set_cookies.push(cookies::write(cookies::REFRESH, &refresh, super::door::REFRESH_DAYS * 86_400));
                }
            }
            Ok(Rotation::Refused) => {
                set_cookies.push(cookies::remove(cookies::SESSION));
                set_cookies.push(cookies::remove(cookies::REFRESH));
            }
            // The database is away: the browser keeps its tokens for the next try.
            Err(error) => tracing::warn!(%error, "a session could not be renewed"),
        }
    }
    let mut join_secret = cookies::read(headers, cookies::JOIN).filter(|text| text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit())).map(str::to_owned);
    if join_secret.is_none() && request.method() == Method::GET && request.uri().path().ends_with("/join") {
        let secret = hex::encode(Ids.secret::<32>());
        set_cookies.push(cookies::write(cookies::JOIN, &secret, 30 * 86_400));
        join_secret = Some(secret);
    }
    let learned: Arc<Learned> = request.extensions().get().cloned().unwrap_or_default();
    let info = RequestInfo {
        trace: Ids.new_id::<Uuid>().simple().to_string(),
        lang: language(headers),
        theme: cookies::read(headers, cookies::THEME).filter(|theme| matches!(*theme, "light" | "dark")).map(str::to_owned),
        address: request.extensions().get::<ClientAddress>().and_then(|client| client.0).map(|address| address.to_string()),
        agent: headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).map(|agent| agent.chars().take(MOST_AGENT).collect()).unwrap_or_default(),
        claims,
        join_secret,
        code_phone: cookies::read(headers, cookies::CODE_PHONE).map(|digits| format!("+{digits}")),
        tenant_header: ["x-tenant-id", "x-building-id"].iter().find_map(|name| headers.get(*name)).and_then(|value| value.to_str().ok()).map(str::to_owned),
        path: request.uri().path_and_query().map(|p| p.as_str().to_owned()).unwrap_or_default(),
        learned,
    };
    let _ = info.learned.trace.set(info.trace.clone());
    // Every line that is logged meanwhile carries them; the door that opens a tenant adds its id.
    let empty = tracing::field::Empty;
    let span = tracing::info_span!("request", otel.kind = "server", otel.name = empty, trace = info.trace, method = %request.method(), tenant = empty, status = empty, otel.status_code = empty);
    request.extensions_mut().insert(info);
    let mut response = next.run(request).instrument(span.clone()).await;
    span.record("status", response.status().as_u16());
    if response.status().is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
    for cookie in set_cookies {
        // A door that set the same cookie meanwhile (sign-in, sign-out) has the last word.
        let name = cookie.split('=').next().unwrap_or_default();
        let taken = response.headers().get_all(header::SET_COOKIE).iter().any(|value| value.to_str().is_ok_and(|text| text.split('=').next() == Some(name)));
        if let (false, Ok(value)) = (taken, HeaderValue::from_str(&cookie)) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response
}

enum Rotation {
    Renewed { access: String, refresh: Option<String> },
    Refused,
}

/// Spends a refresh token. A token spent before ends the whole family of tokens: one of its two holders is a thief.
async fn rotate(state: &AppState, refresh: &[u8], now: Timestamp) -> Result<Rotation, anyhow::Error> {
    let fresh = Ids.secret::<32>();
    let row = sqlx::query!(
        r#"select outcome as "outcome!", session_id, person_id from directory.session_rotate($1, $2, $3, $4, $5)"#,
        session::hash(refresh),
        session::hash(&fresh),
        now.to_sqlx() as _,
        now.checked_add(GRACE)?.to_sqlx() as _,
        now.checked_add(jiff::SignedDuration::from_hours(24 * super::door::REFRESH_DAYS))?.to_sqlx() as _
    )
    .fetch_one(&state.pool)
    .await?;
    let (Some(session), Some(person)) = (row.session_id, row.person_id) else {
        if row.outcome == "reused" {
            tracing::warn!(session = ?row.session_id, "a spent refresh token came back; its session was ended");
        }
        return Ok(Rotation::Refused);
    };
    let access = state.keys.issue(session, person, None, None, now)?;
    Ok(Rotation::Renewed { access, refresh: (row.outcome == "rotated").then(|| hex::encode(fresh)) })
}

/// The content policy of a page: our own files, scripts only with this answer's nonce, forms only to us and to
/// the payment page they lead to.
pub fn content_policy(nonce: &str, checkout_origin: &str) -> String {
    format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; \
         manifest-src 'self'; worker-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' {checkout_origin}"
    )
}

/// Headers every answer carries.
pub async fn headers(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let unavailable = response.status() == http::StatusCode::SERVICE_UNAVAILABLE;
    let headers = response.headers_mut();
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("permissions-policy", "camera=(), microphone=(), geolocation=(), payment=()"),
        ("cross-origin-opener-policy", "same-origin"),
    ] {
        headers.entry(HeaderName::from_static(name)).or_insert(HeaderValue::from_static(value));
    }
    if state.config.is_https() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000; includeSubDomains"));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if unavailable {
        headers.entry(header::RETRY_AFTER).or_insert(HeaderValue::from(COME_BACK_S));
    }
    if state.leaving.is_cancelled() {
        // The next request belongs to another process: the connection is not kept for it.
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
