//! The feed's doors that are not server functions: the composer's form with pictures, pictures, and single cards.

use std::time::Duration;

use axum::Json;
use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use kit::{AppError, Code, Lang, PostId, Replay};
use leptos::prelude::*;
use serde_json::json;
use tokio::sync::Semaphore;

use super::error::FeedRefusal;
use super::form::{Form, HARD_BYTES};
use super::{posts, service};
use crate::feed::model::PostView;
use crate::feed::ui::PostCard;
use crate::platform::cookies;
use crate::platform::door::{self, RequestInfo, safe_path};
use crate::platform::session::ACCESS_SECONDS;
use crate::platform::{AppState, Cx, Fault, Refusal, forms};

/// The name a failed form is shown again under.
const ENDPOINT: &str = "feed/write";
/// Forms with pictures that are read at once; each may hold one picture as it was sent.
static READERS: Semaphore = Semaphore::const_new(8);
/// The longest a form may take, waiting for its turn included.
const FORM_TIME: Duration = Duration::from_secs(120);

/// `POST /b/{slug}/posts`, multipart: kind, title, body, event_at, pinned_until, client_key and up to four
/// `pictures`. A plain form is led to the feed (303) or shown again with what was typed; a script gets JSON (201).
pub async fn write_post(state: AppState, pages: Router, request: Request) -> Response {
    let Some(info) = request.extensions().get::<RequestInfo>().cloned() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let slug = request.uri().path().split('/').nth(2).unwrap_or_default().to_owned();
    let plain = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|accept| accept.contains("text/html"));
    let (original, body) = request.into_parts();
    let mut form = Form::default();
    let outcome = receive(&state, &info, &slug, &mut form, Request::from_parts(original.clone(), body)).await;
    match outcome {
        Ok((post, cookie)) => {
            let next = safe_path(&format!("/b/{slug}")).to_owned();
            let response = if plain {
                (StatusCode::SEE_OTHER, [(header::LOCATION, next)]).into_response()
            } else {
                (StatusCode::CREATED, Json(json!({ "post": post, "next": next }))).into_response()
            };
            with_cookie(response, cookie)
        }
        Err(error) if !plain => door::error_response(&error),
        Err(error) => show_again(pages, original, &slug, form, error).await,
    }
}

/// The right is asked for before the form is read, and no transaction is open while pictures are decoded.
async fn receive(state: &AppState, info: &RequestInfo, slug: &str, form: &mut Form, mut request: Request) -> Result<(PostId, Option<String>), AppError> {
    let (cx, _) = open(state, info, slug).await?;
    let allowed = posts::may_write(&cx);
    cx.finish(allowed).await?;
    let told = |reason: FeedRefusal| reason.tell(info.lang);
    DefaultBodyLimit::max(HARD_BYTES).apply(&mut request);
    let Ok(multipart) = Multipart::from_request(forms::paced(request), &()).await else { return Err(told(FeedRefusal::FormBroken)) };
    let reading = async {
        let _turn = READERS.acquire().await;
        form.fill(multipart).await;
    };
    if tokio::time::timeout(FORM_TIME, reading).await.is_err() {
        form.refuse(FeedRefusal::FormSlow);
    }
    if let Some(problem) = form.problem {
        return Err(told(problem));
    }
    let (mut cx, cookie) = open(state, info, slug).await?;
    let outcome = posts::write(&mut cx, &form.draft(), &form.pictures).await;
    Ok((cx.finish(outcome).await?, cookie))
}

/// The page the form stood on, with what was typed. Files cannot be put back into a form, so it asks for them again.
async fn show_again(pages: Router, mut original: http::request::Parts, slug: &str, form: Form, mut error: AppError) -> Response {
    let feed = safe_path(&format!("/b/{slug}")).to_owned();
    let page = forms::page_of(&original);
    if error.code == Code::SignedOut {
        let query: String = form_urlencoded::Serializer::new(String::new()).append_pair("next", page.as_deref().unwrap_or(&feed)).finish();
        return (StatusCode::SEE_OTHER, [(header::LOCATION, format!("/signin?{query}"))]).into_response();
    }
    if page.is_none() {
        // A browser that does not say where it came from is shown the feed, where the composer stands.
        let host = original.headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if let Ok(referer) = HeaderValue::from_str(&format!("http://{host}{feed}")) {
            original.headers.insert(header::REFERER, referer);
        }
    }
    if form.had_pictures && !error.fields.contains_key("pictures") {
        let lang = original.extensions.get::<RequestInfo>().map(|info| info.lang).unwrap_or_default();
        let choose = if lang == Lang::He { "את התמונות צריך לבחור שוב." } else { "Please choose the pictures again." };
        // The form tells the fields' sentences where there are any: a refusal of the whole must not be hidden by ours.
        let sentence = if error.fields.is_empty() { format!("{} {choose}", error.message) } else { choose.to_owned() };
        error = error.and("pictures", sentence);
    }
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    forms::again(pages, original, Replay { endpoint: ENDPOINT.into(), values: form.values, error }, status).await
}

/// `GET /b/{slug}/pictures/{picture}`: members only. A picture never changes, so a browser may keep it.
pub async fn picture(State(state): State<AppState>, info: RequestInfo, Path((slug, picture)): Path<(String, String)>) -> Response {
    let opened = open(&state, &info, &slug).await;
    let (mut cx, cookie) = match opened {
        Ok(opened) => opened,
        Err(error) => return door::error_response(&error),
    };
    let outcome = service::picture(&mut cx, &picture).await;
    match cx.finish(outcome).await {
        Ok(bytes) => {
            let headers = [
                (header::CONTENT_TYPE, "image/jpeg"),
                (header::CACHE_CONTROL, "private, max-age=31536000, immutable"),
                (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
            ];
            with_cookie((headers, bytes).into_response(), cookie)
        }
        Err(error) => door::error_response(&error),
    }
}

/// `GET /b/{slug}/posts/{post}/card`: one post as the feed shows it, for a page that hears of it by the live stream.
pub async fn card(State(state): State<AppState>, info: RequestInfo, Path((slug, post)): Path<(String, String)>) -> Response {
    let (mut cx, cookie) = match open(&state, &info, &slug).await {
        Ok(opened) => opened,
        Err(error) => return door::error_response(&error),
    };
    let outcome = service::card(&mut cx, &post).await;
    match cx.finish(outcome).await {
        Ok(post) => with_cookie(axum::response::Html(card_html(post, info.lang, slug)).into_response(), cookie),
        Err(error) => door::error_response(&error),
    }
}

/// Renders one card outside a page. Its islands wake where a page puts it in.
fn card_html(post: PostView, lang: Lang, building: String) -> String {
    let owner = Owner::new_root(None);
    let html = owner.with(|| {
        provide_context(lang);
        view! { <PostCard post=post building=building/> }.to_html()
    });
    owner.cleanup();
    html
}

async fn open(state: &AppState, info: &RequestInfo, slug: &str) -> Result<(Cx, Option<String>), AppError> {
    door::open_for(state, info, slug).await.map_err(|fault: Fault| fault.into_app(info.lang, &info.trace))
}

/// A member whose token was issued elsewhere gets his new one along.
fn with_cookie(mut response: Response, token: Option<String>) -> Response {
    let cookie = token.and_then(|token| HeaderValue::from_str(&cookies::write(cookies::SESSION, &token, ACCESS_SECONDS)).ok());
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
