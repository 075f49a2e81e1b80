//! Who may come in, what may be sent, and how a refusal is told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, FromRequestParts};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use kit::{AppError, Lang};
use serde::Serialize;
use serde_json::{Map, Value};
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::gateway::model::Scope;
use crate::gateway::server::keys;
use crate::gateway::server::store::{self, Partner};
use crate::platform::limits::{Key, Limit};
use crate::platform::{AppState, Fault, GlobalCx, Ids, gate};

/// The largest body, in bytes: an endpoint with forty types is a few kilobytes.
const BODY_LIMIT: usize = 64 * 1024;
/// How long a body may take to come in.
const BODY_TIME: Duration = Duration::from_secs(10);
/// The longest wait for the database's turn, and when to come back then.
const PATIENCE: Duration = Duration::from_millis(200);
const COME_BACK_S: u64 = 2;
/// Entries of a page, when nobody says otherwise, and the most.
const PAGE: i32 = 50;
const PAGE_MOST: i32 = 100;

/// What every refusal looks like.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApiError {
    #[serde(skip)]
    status: StatusCode,
    #[serde(skip)]
    retry_after_seconds: Option<u64>,
    /// A word for programs, such as `not_found`.
    #[schema(example = "invalid")]
    pub code: &'static str,
    /// A sentence for people.
    pub message: String,
    /// What to mend, by the name of the field.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
    /// Told with faults of ours; name it when you write to us.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incident: Option<String>,
}

impl ApiError {
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, retry_after_seconds: None, code, message: message.into(), fields: BTreeMap::new(), incident: None }
    }

    pub fn field(name: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { fields: BTreeMap::from([(name.to_owned(), message.clone())]), ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", message) }
    }

    fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is no such thing, or it is not yours.")
    }

    fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "Send a living API key: Authorization: Bearer vk_…")
    }

    pub fn too_often(seconds: u64, why: &str) -> Self {
        Self { retry_after_seconds: Some(seconds), ..Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many", why) }
    }

    fn full() -> Self {
        Self {
            retry_after_seconds: Some(COME_BACK_S),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Too many ask at once. Nothing was done; try again in a moment.")
        }
    }

    fn too_many(wait: crate::platform::limits::Wait) -> Self {
        Self {
            retry_after_seconds: Some(wait.seconds),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many", format!("Too many requests. Try again in {} seconds.", wait.seconds))
        }
    }
}

impl From<AppError> for ApiError {
    fn from(error: AppError) -> Self {
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let code = match status.as_u16() {
            401 => "unauthorized",
            403 => "forbidden",
            404 => return Self::not_found(),
            409 => "conflict",
            410 => "gone",
            413 => "too_large",
            422 => "invalid",
            429 => "too_many",
            503 => "unavailable",
            _ => "internal",
        };
        let retry_after_seconds = (status == StatusCode::TOO_MANY_REQUESTS).then_some(60);
        Self { status, retry_after_seconds, code, message: error.message, fields: error.fields, incident: error.incident }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, wait) = (self.status, self.retry_after_seconds);
        let mut response = (status, Json(self)).into_response();
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"vantera\""));
        }
        if let Some(seconds) = wait {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// How many programs may ask the database at once: as many as there are connections for them. Beyond, a request waits for a
/// moment and is told to come again. What a program takes to send its body is nobody's turn.
#[derive(Clone)]
pub struct Turns(Arc<Semaphore>);

impl Turns {
    pub fn new(connections: u32) -> Self {
        Self(Arc::new(Semaphore::new(connections as usize)))
    }

    async fn take(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        match tokio::time::timeout(PATIENCE, self.0.clone().acquire_owned()).await {
            Ok(Ok(turn)) => Ok(turn),
            _ => Err(ApiError::full()),
        }
    }
}

/// A program with a living key.
pub struct Caller {
    state: AppState,
    turns: Turns,
    /// Held from the first context until the answer is made.
    turn: OnceCell<OwnedSemaphorePermit>,
    trace: String,
    pub partner: Partner,
    pub scope: Scope,
    /// The building that the header names, which grants this partner something.
    pub building: Option<Uuid>,
    query: String,
}

/// The same, with a key that may change things.
pub struct Writer(pub Caller);

/// Anybody: what is told to him is public, and he is counted by his address as at every open door.
pub struct Anybody;

impl FromRequestParts<AppState> for Anybody {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let address = state.config.trusted_proxies.of_request(&parts.extensions, &parts.headers);
        gate::check(state, &[(Limit::Requests, Key::of(address))]).await.map_err(ApiError::too_many)?;
        Ok(Self)
    }
}

impl Caller {
    /// Opens a context, before any tenant, when it is this request's turn.
    pub async fn open(&self) -> Result<GlobalCx, ApiError> {
        self.turn.get_or_try_init(|| self.turns.take()).await?;
        let opened = GlobalCx::open(&self.state, Lang::En, self.trace.clone()).await;
        opened.map_err(|fault| fault.into_app(Lang::En, &self.trace).into())
    }

    /// Where endpoints of this installation may lead.
    pub fn reach(&self) -> hooks::address::Reach {
        crate::gateway::server::reach(self.state.config.webhooks_loopback)
    }

    /// How many entries are asked for, and after which place.
    pub fn page(&self) -> Result<(i32, Option<String>), ApiError> {
        let value = |name: &str| self.param(name);
        let limit = match value("limit") {
            None => PAGE,
            Some(text) => text.parse().ok().filter(|limit| (1..=PAGE_MOST).contains(limit)).ok_or_else(|| ApiError::field("limit", format!("A number from 1 to {PAGE_MOST}.")))?,
        };
        Ok((limit, value("cursor").filter(|cursor| !cursor.is_empty())))
    }

    /// One value of the query.
    pub fn param(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(self.query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}

pub fn wrong_cursor() -> ApiError {
    ApiError::field("cursor", "Send the next_cursor of the page before as it came.")
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let trace = Ids.new_id::<Uuid>().simple().to_string();
        let text = bearer(&parts.headers).unwrap_or_default().to_owned();
        let told = |fault: Fault| ApiError::from(fault.into_app(Lang::En, &trace));
        // A living key always passes; whoever tries keys that are none is told to wait.
        let none = async |parts: &Parts| gate::note(state, Limit::BadKey, parts).await.map_or_else(ApiError::unauthorized, ApiError::too_many);
        // What cannot be a key costs no connection.
        if !keys::is_shaped(&text) {
            return Err(none(parts).await);
        }
        let turns = parts.extensions.get::<Turns>().cloned().ok_or_else(|| told(Fault::Bug(anyhow::anyhow!("the API stands without its turns"))))?;
        let turn = turns.take().await?;
        let mut cx = GlobalCx::open(state, Lang::En, trace.clone()).await.map_err(told)?;
        let Some(holder) = keys::holder(&mut cx, &text).await.map_err(told)? else { return Err(none(parts).await) };
        gate::check(state, &[(Limit::ApiKey, Key::Id(holder.key))]).await.map_err(ApiError::too_many)?;
        let building = named_building(&mut cx, &holder.partner, parts, state).await;
        cx.commit().await.map_err(told)?;
        drop(turn);
        let building = building.map_err(told)?.map_err(|Elsewhere| ApiError::new(StatusCode::FORBIDDEN, "forbidden", "x-tenant-id names a building that grants you nothing."))?;
        let query = parts.uri.query().unwrap_or_default().to_owned();
        Ok(Self { state: state.clone(), turns, turn: OnceCell::new(), trace, partner: holder.partner, scope: holder.scope, building, query })
    }
}

impl FromRequestParts<AppState> for Writer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let caller = Caller::from_request_parts(parts, state).await?;
        if caller.scope == Scope::Write {
            return Ok(Self(caller));
        }
        Err(ApiError::new(StatusCode::FORBIDDEN, "forbidden", "This key reads. Make one that may write on your desk."))
    }
}

/// The header names a building that grants nothing, or none at all.
struct Elsewhere;

/// The building of `x-tenant-id` (alias `x-building-id`), by id or slug. A try at one that grants nothing stands in that
/// building's own audit log.
async fn named_building(cx: &mut GlobalCx, partner: &Partner, parts: &Parts, state: &AppState) -> Result<Result<Option<Uuid>, Elsewhere>, Fault> {
    let Some(named) = ["x-tenant-id", "x-building-id"].iter().find_map(|name| parts.headers.get(*name)) else { return Ok(Ok(None)) };
    let named = named.to_str().unwrap_or_default();
    if named.is_empty() || named.len() > 60 {
        return Ok(Err(Elsewhere));
    }
    let now = cx.now;
    match store::named_building(cx.db(), partner.id, named, now).await? {
        Some(building) if building.granted => Ok(Ok(Some(building.tenant_id))),
        Some(building) => {
            let address = state.config.trusted_proxies.of_request(&parts.extensions, &parts.headers).map(|address| address.to_string());
            let (line, trace) = (cx.ids.new_id(), cx.trace.clone());
            store::note_hop(cx.db(), building.tenant_id, line, &partner.code, address.as_deref(), &trace, now).await?;
            Ok(Err(Elsewhere))
        }
        None => Ok(Err(Elsewhere)),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, key) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

/// A JSON object as it was sent, read field by field so that each field's mistake is told by its name.
#[derive(Debug)]
pub struct Given {
    object: Map<String, Value>,
    wrong: BTreeMap<String, String>,
}

impl<S: Send + Sync> FromRequest<S> for Given {
    type Rejection = ApiError;

    async fn from_request(request: Request<Body>, _state: &S) -> Result<Self, ApiError> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
            return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Send application/json."));
        }
        let too_large = || ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", format!("A body has up to {BODY_LIMIT} bytes."));
        let malformed = |why: &str| ApiError::new(StatusCode::BAD_REQUEST, "malformed", why);
        if request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok()).is_some_and(|length| length > BODY_LIMIT) {
            return Err(too_large());
        }
        let read = tokio::time::timeout(BODY_TIME, to_bytes(request.into_body(), BODY_LIMIT)).await;
        let bytes = read.map_err(|_| malformed("The body did not come in time."))?.map_err(|_| too_large())?;
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(object)) => Ok(Self { object, wrong: BTreeMap::new() }),
            Ok(_) => Err(malformed("The body must be a JSON object.")),
            Err(_) => Err(malformed("The body is not JSON.")),
        }
    }
}

impl Given {
    fn take<T>(&mut self, name: &str, read: impl FnOnce(Value) -> Option<T>, must: &str) -> Option<T> {
        let value = self.object.remove(name)?;
        let read = read(value);
        if read.is_none() {
            self.wrong.insert(name.to_owned(), must.to_owned());
        }
        read
    }

    pub fn text(&mut self, name: &str) -> Option<String> {
        self.take(name, |value| value.as_str().map(str::to_owned), "Must be a string.")
    }

    pub fn texts(&mut self, name: &str) -> Option<Vec<String>> {
        let read = |value: Value| value.as_array()?.iter().map(|one| one.as_str().map(str::to_owned)).collect();
        self.take(name, read, "Must be a list of strings.")
    }

    pub fn number(&mut self, name: &str) -> Option<i32> {
        self.take(name, |value| i32::try_from(value.as_i64()?).ok(), "Must be a whole number.")
    }

    /// One of a few words.
    pub fn word<T: Copy>(&mut self, name: &str, words: &[(&str, T)]) -> Option<T> {
        let must = format!("Must be one of: {}.", words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", "));
        self.take(name, |value| words.iter().find(|(word, _)| value.as_str() == Some(word)).map(|(_, meaning)| *meaning), &must)
    }

    /// Notes a field that is wrong for another reason than its form.
    pub fn wrong(&mut self, name: &str, why: &str) {
        self.wrong.entry(name.to_owned()).or_insert_with(|| why.to_owned());
    }

    /// Once every known field was taken: what is left is known to nobody.
    pub fn done(mut self) -> Result<(), ApiError> {
        for name in self.object.keys().take(10) {
            self.wrong.entry(name.chars().take(60).collect()).or_insert_with(|| "There is no such field.".to_owned());
        }
        if self.wrong.is_empty() {
            return Ok(());
        }
        Err(ApiError { fields: self.wrong, ..ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "Some fields are not right.") })
    }
}

/// An id of a path; what is none is not there.
pub fn id(text: &str) -> Result<Uuid, ApiError> {
    text.parse().map_err(|_| ApiError::not_found())
}

pub fn nothing_there() -> ApiError {
    ApiError::not_found()
}

/// Below `/api/v1` there is nothing else.
pub async fn not_there() -> ApiError {
    ApiError::not_found()
}

pub async fn no_such_method() -> ApiError {
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "This address knows other methods.")
}
