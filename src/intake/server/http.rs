//! The receiver's doors. A provider is told as little as it needs: 200 kept (or kept before), 400 not believed or not
//! read, 404 no such address, 413 too large, 415 written otherwise, 429 an address that forges too often, 503 with
//! Retry-After when the receiver is full or the database away.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRef, Path, Query, State};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use http::request::Parts;
use http::{HeaderValue, Request, StatusCode, header};
use kit::Lang;
use serde::Deserialize;
use tokio::sync::OwnedSemaphorePermit;

use super::accounts::{Found, Secrets};
use super::admission::{Admission, Full};
use super::believing;
use super::providers::{Provider, Written};
use super::reading::{self, Heard};
use super::service::{self, Arrival};
use super::tally::Tally;
use crate::platform::limits::Limit;
use crate::platform::{AppState, Fault, GlobalCx, gate};

/// The longest a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(10);
/// When to come back, for whoever is sent away.
const COME_BACK_S: u64 = 2;

/// One process's receiver, on connections of its own.
#[derive(Clone)]
pub struct Receiver {
    state: AppState,
    admission: Arc<Admission>,
    tally: Arc<Tally>,
}

impl Receiver {
    pub fn new(state: AppState) -> Self {
        let admission = Arc::new(Admission::new(state.pool.options().get_max_connections()));
        Self { state, admission, tally: Arc::default() }
    }
}

impl FromRef<Receiver> for AppState {
    fn from_ref(receiver: &Receiver) -> Self {
        receiver.state.clone()
    }
}

/// Why a request is not kept.
enum No {
    /// No such provider, or no account has this address.
    NotHere,
    TooLarge,
    Slow,
    /// Written in a way its provider does not write.
    Otherwise,
    /// Not from whom it says: the word under which it is counted.
    Forged(&'static str),
    Unreadable,
    Full,
    Broken(Fault),
}

impl From<Full> for No {
    fn from(_: Full) -> Self {
        No::Full
    }
}

impl From<Fault> for No {
    fn from(fault: Fault) -> Self {
        No::Broken(fault)
    }
}

/// `POST /webhooks/stripe`
pub async fn stripe(State(receiver): State<Receiver>, request: Request<Body>) -> Response {
    receiver.take("stripe", None, request).await
}

/// `POST /webhooks/{provider}`: one address for all accounts of a provider.
pub async fn shared(State(receiver): State<Receiver>, Path(provider): Path<String>, request: Request<Body>) -> Response {
    receiver.take(&provider, None, request).await
}

/// `POST /webhooks/{provider}/{secret}`: an account's own address.
pub async fn own(State(receiver): State<Receiver>, Path((provider, secret)): Path<(String, String)>, request: Request<Body>) -> Response {
    receiver.take(&provider, Some(&secret), request).await
}

/// The query with which Meta asks whether an address is ours.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(rename = "hub.mode", default)]
    mode: String,
    #[serde(rename = "hub.verify_token", default)]
    token: String,
    #[serde(rename = "hub.challenge", default)]
    challenge: String,
}

/// `GET /webhooks/{provider}`
pub async fn shared_challenge(State(receiver): State<Receiver>, Path(provider): Path<String>, Query(asked): Query<Asked>, request: Request<Body>) -> Response {
    receiver.challenge(&provider, None, &asked, request).await
}

/// `GET /webhooks/{provider}/{secret}`
pub async fn own_challenge(State(receiver): State<Receiver>, Path((provider, secret)): Path<(String, String)>, Query(asked): Query<Asked>, request: Request<Body>) -> Response {
    receiver.challenge(&provider, Some(&secret), &asked, request).await
}

impl Receiver {
    async fn take(&self, word: &str, secret: Option<&str>, request: Request<Body>) -> Response {
        let Some(provider) = Provider::from_word(word) else { return StatusCode::NOT_FOUND.into_response() };
        let (parts, body) = request.into_parts();
        let outcome = self.keep(provider, secret, &parts, body).await;
        let told = match &outcome {
            Ok(0) => "known",
            Ok(_) => "kept",
            Err(No::Forged(_) | No::NotHere) => "forged",
            Err(No::Full) => "full",
            Err(No::Broken(_)) => "failed",
            Err(_) => "refused",
        };
        self.state.meters.inbound(provider.word(), told);
        match outcome {
            Ok(new) => thanks(provider, new > 0),
            Err(no) => self.refuse(provider, &parts, no).await,
        }
    }

    /// Believes, finds the tenant and keeps. Answers how many events were new.
    async fn keep(&self, provider: Provider, secret: Option<&str>, parts: &Parts, body: Body) -> Result<usize, No> {
        let content_type = parts.headers.get(header::CONTENT_TYPE).map_or("", |value| value.to_str().unwrap_or("?"));
        let written = Written::of(provider, content_type);
        let (body, _room) = self.read(provider, parts, body).await?;
        let _inside = self.admission.enter()?;
        let Some(written) = written else { return Err(No::Otherwise) };
        if secret.is_some() || provider == Provider::Google || provider.has_own_address() {
            let _turn = self.admission.turn().await?;
            let found = self.find(provider, secret, parts).await?;
            let (heard, proven) = self.believe(provider, written, parts, &body, &found.secrets)?;
            if heard.iter().any(|one| one.account.as_ref().is_some_and(|account| *account != found.account && !account.is_empty())) {
                // Its address and its signature are one account's, its words another's.
                return Err(No::Forged("account"));
            }
            return Ok(self.store(&Arrival { provider, written, proven, found: Some(&found) }, heard).await?);
        }
        // What signs for all accounts is at hand: a forgery takes nobody's turn.
        let (heard, proven) = self.believe(provider, written, parts, &body, &self.platform_secrets(provider))?;
        let _turn = self.admission.turn().await?;
        Ok(self.store(&Arrival { provider, written, proven, found: None }, heard).await?)
    }

    /// The whole body, if it is one that this provider sends and it comes in time; with the room that it takes.
    async fn read(&self, provider: Provider, parts: &Parts, body: Body) -> Result<(Vec<u8>, OwnedSemaphorePermit), No> {
        let announced = parts.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
        if announced.is_some_and(|length| length > provider.body_limit()) {
            return Err(No::TooLarge);
        }
        let reading = async {
            let (mut bytes, mut room, mut pieces) = (Vec::new(), self.admission.room(0)?, body.into_data_stream());
            while let Some(piece) = pieces.next().await {
                // Broken off: nobody reads the answer to that.
                let piece = piece.map_err(|_| No::Unreadable)?;
                if bytes.len() + piece.len() > provider.body_limit() {
                    return Err(No::TooLarge);
                }
                room.merge(self.admission.room(piece.len())?);
                bytes.extend_from_slice(&piece);
            }
            Ok((bytes, room))
        };
        tokio::time::timeout(BODY_TIME, reading).await.unwrap_or(Err(No::Slow))
    }

    fn believe(&self, provider: Provider, written: Written, parts: &Parts, body: &[u8], secrets: &Secrets) -> Result<(Vec<Heard>, bool), No> {
        let now = self.state.clock.now().as_second();
        let belief = believing::believe(provider, written, &parts.headers, body, secrets, now).map_err(|error| No::Forged(believing::reason(error)))?;
        let heard = reading::read(provider, written, &parts.headers, body).map_err(|_| No::Unreadable)?;
        Ok((heard, belief == hooks::Belief::Proven))
    }

    async fn store(&self, arrival: &Arrival<'_>, heard: Vec<Heard>) -> Result<usize, Fault> {
        let mut cx = GlobalCx::open(&self.state, Lang::He, format!("{}-webhook", arrival.provider.word())).await?;
        let new = service::keep(&mut cx, arrival, heard).await?;
        cx.commit().await?;
        Ok(new)
    }

    /// The account whose address, or whose channel, was knocked at.
    async fn find(&self, provider: Provider, secret: Option<&str>, parts: &Parts) -> Result<Found, No> {
        let found = match secret {
            None if provider == Provider::Google => {
                let channel = parts.headers.get("x-goog-channel-id").and_then(|value| value.to_str().ok()).unwrap_or_default();
                let plain = (1..=hooks::google::ID_MAX_BYTES).contains(&channel.len());
                if plain { service::find(&self.state, provider, Some(channel), None).await? } else { None }
            }
            None => None,
            Some(_) if !provider.may_have_own_address() => None,
            Some(secret) => match hooks::path::fingerprint(secret) {
                None => None,
                Some(hash) => service::find(&self.state, provider, None, Some(&hash))
                    .await?
                    .filter(|found| hooks::path::verify(secret, found.path_hash.as_deref().unwrap_or_default()).is_ok()),
            },
        };
        found.ok_or(No::NotHere)
    }

    fn platform_secrets(&self, provider: Provider) -> Secrets {
        let config = &self.state.config;
        match provider {
            Provider::Stripe => Secrets { secrets: config.stripe.webhook_secrets.clone(), ..Secrets::default() },
            _ if provider.is_meta() => Secrets { secrets: config.meta.app_secrets.clone(), verify_tokens: config.meta.verify_tokens.clone(), ..Secrets::default() },
            _ => Secrets::default(),
        }
    }

    async fn challenge(&self, word: &str, secret: Option<&str>, asked: &Asked, request: Request<Body>) -> Response {
        let (parts, _) = request.into_parts();
        let Some(provider) = Provider::from_word(word).filter(|provider| provider.is_meta()) else { return StatusCode::NOT_FOUND.into_response() };
        let secrets = match secret {
            None => Ok(self.platform_secrets(provider)),
            Some(_) => match self.admission.turn().await {
                Ok(_turn) => self.find(provider, secret, &parts).await.map(|found| found.secrets),
                Err(full) => Err(full.into()),
            },
        };
        let secrets = match secrets {
            Ok(secrets) => secrets,
            Err(no) => return self.refuse(provider, &parts, no).await,
        };
        let tokens: Vec<&str> = secrets.verify_tokens.iter().map(String::as_str).collect();
        let challenge = hooks::meta::Challenge { mode: &asked.mode, token: &asked.token, challenge: &asked.challenge };
        match challenge.answer(&tokens) {
            Ok(answer) => ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], answer.to_owned()).into_response(),
            Err(error) => {
                let refused = self.refuse(provider, &parts, No::Forged(believing::reason(error))).await;
                // As Meta's documents ask for it, where it is not sent away for asking too often.
                if refused.status() == StatusCode::BAD_REQUEST { StatusCode::FORBIDDEN.into_response() } else { refused }
            }
        }
    }

    async fn refuse(&self, provider: Provider, parts: &Parts, no: No) -> Response {
        let (status, told) = match no {
            No::Forged(reason) => return self.forged(provider, parts, reason, StatusCode::BAD_REQUEST).await,
            No::NotHere => return self.forged(provider, parts, "address", StatusCode::NOT_FOUND).await,
            No::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, ""),
            No::Slow => (StatusCode::REQUEST_TIMEOUT, ""),
            No::Otherwise => (StatusCode::UNSUPPORTED_MEDIA_TYPE, ""),
            No::Unreadable => (StatusCode::BAD_REQUEST, "body"),
            No::Full => (StatusCode::SERVICE_UNAVAILABLE, "full"),
            No::Broken(fault) => {
                tracing::error!(error = ?fault, provider = provider.word(), "an inbound event could not be kept");
                (StatusCode::SERVICE_UNAVAILABLE, "")
            }
        };
        let mut response = (status, told).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(COME_BACK_S));
        }
        response
    }

    /// Counted, and never kept. What is believed always passes; whoever is not is told to wait, and no longer written
    /// down one by one.
    async fn forged(&self, provider: Provider, parts: &Parts, reason: &'static str, status: StatusCode) -> Response {
        self.tally.note(&self.state, provider, reason).await;
        if let Some(wait) = gate::note(&self.state, Limit::BadWebhook, parts).await {
            return gate::refuse(parts, wait);
        }
        tracing::warn!(provider = provider.word(), reason, "a webhook was not believed");
        (status, "signature").into_response()
    }
}

/// As each provider wants to be thanked; all of them read the status first.
fn thanks(provider: Provider, new: bool) -> Response {
    match provider {
        Provider::Voicenter => ([(header::CONTENT_TYPE, "application/json")], r#"{"err":0,"errdesc":"OK"}"#).into_response(),
        _ => (StatusCode::OK, if new { "kept" } else { "known" }).into_response(),
    }
}
