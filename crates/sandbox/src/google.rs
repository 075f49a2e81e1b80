//! Google's OAuth 2.0 for web servers: `POST /token` (a code or a refresh token for tokens) and `POST /revoke`.
//!
//! What a person does on Google's consent page is ordered by `POST /_sandbox/google/consents`, which gives the code that
//! Google would have sent along the way back. Sources: developers.google.com/identity/protocols/oauth2/web-server (2026);
//! RFC 6749; RFC 7636 for the code's challenge.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::State as Shared,
    response::{IntoResponse, Response},
    routing::post,
};
use base64::Engine as _;
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::state::{App, State};

/// Of one account and client; a further one silently revokes the oldest.
const GRANTS_OF_ACCOUNT_MAX: usize = 100;
const GRANTS_MAX: usize = 5_000;
const CODES_MAX: usize = 1_000;
const SPENT_MAX: usize = 100;
const FIELDS_MAX: usize = 30;
/// A code is good for ten minutes.
const CODE_LIFE_S: i64 = 600;
const LIFE_MAX_S: i64 = 86_400;

/// What Google remembers.
#[derive(Default)]
pub struct Google {
    codes: HashMap<String, Consent>,
    grants: VecDeque<Grant>,
    token_requests: u64,
    refresh_requests: u64,
}

/// `POST /_sandbox/google/consents`: a person says yes.
#[derive(Clone, Deserialize)]
struct Consent {
    /// Whose account.
    account: String,
    /// What is granted, with spaces between; may be less than was asked for.
    scope: String,
    redirect_uri: String,
    client_id: String,
    /// Of S256 (RFC 7636), when the client sent one.
    #[serde(default)]
    code_challenge: Option<String>,
    /// Without `prompt=consent` an account that said yes before gives no refresh token again.
    #[serde(default = "yes")]
    prompt_consent: bool,
    /// Seconds that each access token of it lives.
    #[serde(default = "an_hour")]
    expires_in: i64,
    /// Each refresh gives a new refresh token and spends the old one, which ends the whole grant when it comes again
    /// (RFC 9700, 4.14.2). Google itself does not do so.
    #[serde(default)]
    rotates: bool,
    #[serde(skip)]
    given_at: i64,
}

fn yes() -> bool {
    true
}
fn an_hour() -> i64 {
    3_599
}

struct Grant {
    consent: Consent,
    access: String,
    access_ends: i64,
    refresh: Option<String>,
    spent: VecDeque<String>,
    refreshes: u64,
    live: bool,
}

impl Google {
    /// For `/_sandbox/state`.
    pub fn shown(&self) -> Value {
        let grants: Vec<Value> = self
            .grants
            .iter()
            .map(|grant| {
                json!({
                    "account": grant.consent.account, "scope": grant.consent.scope, "live": grant.live, "refreshes": grant.refreshes,
                    "access_token": grant.access, "access_ends": grant.access_ends, "refresh_token": grant.refresh,
                })
            })
            .collect();
        json!({ "token_requests": self.token_requests, "refresh_requests": self.refresh_requests, "grants": grants })
    }
}

/// The provider's doors.
pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/token", post(token)).route("/revoke", post(revoke))
}

/// Whether a path is Google's, for faults that answer as Google does.
pub fn is_ours(path: &str) -> bool {
    path == "/token" || path == "/revoke"
}

/// What a fault with this status answers: 400 is a refresh token that is taken no more.
pub fn outage(status: u16) -> Response {
    match status {
        400 => Refusal::revoked(),
        401 => Refusal::client("Unauthorized"),
        429 => Refusal { status, code: "rate_limit_exceeded", description: "Rate Limit Exceeded" },
        _ => Refusal { status, code: "internal_failure", description: "Backend Error" },
    }
    .into_response()
}

/// RFC 6749, section 5.2.
struct Refusal {
    status: u16,
    code: &'static str,
    description: &'static str,
}

impl Refusal {
    fn new(code: &'static str, description: &'static str) -> Self {
        Self { status: 400, code, description }
    }

    fn revoked() -> Self {
        Self::new("invalid_grant", "Token has been expired or revoked.")
    }

    fn client(description: &'static str) -> Self {
        Self { status: 401, code: "invalid_client", description }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, unkept(), Json(json!({ "error": self.code, "error_description": self.description }))).into_response()
    }
}

/// RFC 6749, section 5.1: nobody on the way keeps a token.
fn unkept() -> [(header::HeaderName, &'static str); 2] {
    [(header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")]
}

type Form = HashMap<String, String>;

/// A form, each name once (RFC 6749, section 3.2).
fn read(headers: &HeaderMap, body: &[u8]) -> Result<Form, Refusal> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/x-www-form-urlencoded") {
        return Err(Refusal::new("invalid_request", "The body must be a form."));
    }
    let mut form = Form::new();
    for (name, value) in form_urlencoded::parse(body) {
        if form.len() >= FIELDS_MAX || form.insert(name.into_owned(), value.into_owned()).is_some() {
            return Err(Refusal::new("invalid_request", "A parameter is repeated, or there are too many."));
        }
    }
    Ok(form)
}

/// Who asks: by the body, or by HTTP Basic (RFC 6749, section 2.3.1).
fn client(state: &State, headers: &HeaderMap, form: &Form) -> Result<String, Refusal> {
    let basic = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|text| text.strip_prefix("Basic "));
    let (id, secret) = match basic {
        Some(encoded) => {
            let decoded = base64::engine::general_purpose::STANDARD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let pair = decoded.as_deref().and_then(|text| text.split_once(':')).ok_or(Refusal::client("Unauthorized"))?;
            let plain = |text: &str| form_urlencoded::parse(format!("x={text}").as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default();
            (plain(pair.0), plain(pair.1))
        }
        None => (form.get("client_id").cloned().unwrap_or_default(), form.get("client_secret").cloned().unwrap_or_default()),
    };
    if id.is_empty() {
        return Err(Refusal::new("invalid_request", "Could not determine client ID from request."));
    }
    match &state.options().google_client {
        Some((known, _)) if *known != id => Err(Refusal::client("The OAuth client was not found.")),
        Some((_, known)) if *known != secret => Err(Refusal::client("Unauthorized")),
        None if secret.is_empty() => Err(Refusal::new("invalid_request", "client_secret is missing.")),
        _ => Ok(id),
    }
}

async fn token(Shared(app): Shared<Arc<App>>, headers: HeaderMap, body: Bytes) -> Response {
    let answered = read(&headers, &body).and_then(|form| {
        let mut state = app.state();
        state.google.token_requests += 1;
        let client = client(&state, &headers, &form)?;
        match form.get("grant_type").map(String::as_str) {
            Some("authorization_code") => exchange(&mut state, &client, &form),
            Some("refresh_token") => refresh(&mut state, &client, &form),
            Some(_) => Err(Refusal::new("unsupported_grant_type", "Invalid grant_type.")),
            None => Err(Refusal::new("invalid_request", "Required parameter is missing: grant_type")),
        }
    });
    answered.map_or_else(IntoResponse::into_response, |tokens| (unkept(), Json(tokens)).into_response())
}

fn exchange(state: &mut State, client: &str, form: &Form) -> Result<Value, Refusal> {
    let now = state.now();
    // Whatever comes of it, a code is asked for once.
    let consent = form.get("code").and_then(|code| state.google.codes.remove(code)).filter(|consent| consent.given_at + CODE_LIFE_S > now && consent.client_id == client);
    let consent = consent.ok_or(Refusal::new("invalid_grant", "Malformed auth code."))?;
    if form.get("redirect_uri") != Some(&consent.redirect_uri) {
        return Err(Refusal::new("redirect_uri_mismatch", "Bad Request"));
    }
    if let Some(challenge) = &consent.code_challenge {
        let verifier = form.get("code_verifier").ok_or(Refusal::new("invalid_grant", "Missing code verifier."))?;
        let made = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        if made != *challenge {
            return Err(Refusal::new("invalid_grant", "Invalid code verifier."));
        }
    }
    let theirs = |grant: &Grant| grant.live && grant.consent.account == consent.account && grant.consent.client_id == client;
    let said_yes_before = state.google.grants.iter().any(theirs);
    let refresh = (consent.prompt_consent || !said_yes_before).then(|| state.ids.sized("1//0", 60));
    let access = state.ids.sized("ya29.a0", 120);
    let grants = &mut state.google.grants;
    if grants.iter().filter(|grant| theirs(grant)).count() >= GRANTS_OF_ACCOUNT_MAX
        && let Some(oldest) = grants.iter_mut().find(|grant| theirs(grant))
    {
        oldest.live = false;
    }
    if grants.len() >= GRANTS_MAX {
        grants.pop_front();
    }
    let grant = Grant { access, access_ends: now + consent.expires_in, refresh, spent: VecDeque::new(), refreshes: 0, live: true, consent };
    let answer = told(&grant, grant.refresh.as_deref());
    grants.push_back(grant);
    Ok(answer)
}

fn refresh(state: &mut State, client: &str, form: &Form) -> Result<Value, Refusal> {
    state.google.refresh_requests += 1;
    let now = state.now();
    let (access, fresh) = (state.ids.sized("ya29.a0", 120), state.ids.sized("1//0", 60));
    let sent = form.get("refresh_token").ok_or(Refusal::new("invalid_request", "Missing required parameter: refresh_token"))?;
    let known = |grant: &&mut Grant| grant.consent.client_id == client && (grant.refresh.as_ref() == Some(sent) || grant.spent.contains(sent));
    let grant = state.google.grants.iter_mut().find(known).ok_or(Refusal::new("invalid_grant", "Bad Request"))?;
    if grant.spent.contains(sent) {
        grant.live = false;
    }
    if !grant.live {
        return Err(Refusal::revoked());
    }
    grant.access = access;
    grant.access_ends = now + grant.consent.expires_in;
    grant.refreshes += 1;
    if !grant.consent.rotates {
        return Ok(told(grant, None));
    }
    if grant.spent.len() >= SPENT_MAX {
        grant.spent.pop_front();
    }
    grant.spent.extend(grant.refresh.replace(fresh));
    Ok(told(grant, grant.refresh.as_deref()))
}

fn told(grant: &Grant, refresh: Option<&str>) -> Value {
    let mut answer = json!({ "access_token": grant.access, "expires_in": grant.consent.expires_in, "scope": grant.consent.scope, "token_type": "Bearer" });
    if let Some(refresh) = refresh {
        answer["refresh_token"] = refresh.into();
    }
    answer
}

/// Takes a whole grant back, by either of its tokens.
async fn revoke(Shared(app): Shared<Arc<App>>, headers: HeaderMap, body: Bytes) -> Response {
    let revoked = read(&headers, &body).and_then(|form| {
        let token = form.get("token").ok_or(Refusal::new("invalid_request", "Required parameter is missing: token"))?;
        let mut state = app.state();
        let grant = state.google.grants.iter_mut().find(|grant| grant.live && (grant.access == *token || grant.refresh.as_ref() == Some(token)));
        grant.ok_or(Refusal::new("invalid_token", "Token expired or revoked"))?.live = false;
        Ok(json!({}))
    });
    revoked.map_or_else(IntoResponse::into_response, |empty| Json(empty).into_response())
}

/// A person says yes.
pub async fn consent(Shared(app): Shared<Arc<App>>, body: Bytes) -> Response {
    let wrong = |message: String| (StatusCode::BAD_REQUEST, Json(json!({ "error": message }))).into_response();
    let consent: Consent = match serde_json::from_slice(&body) {
        Ok(consent) => consent,
        Err(error) => return wrong(format!("The body is not what this door takes: {error}")),
    };
    if !(1..=LIFE_MAX_S).contains(&consent.expires_in) {
        return wrong("expires_in must be between 1 and 86400.".into());
    }
    let mut state = app.state();
    if state.google.codes.len() >= CODES_MAX {
        return wrong("There are too many codes that nobody asked for.".into());
    }
    let code = state.ids.sized("4/0A", 60);
    let given_at = state.now();
    state.google.codes.insert(code.clone(), Consent { given_at, ..consent });
    Json(json!({ "code": code })).into_response()
}
