//! Server functions as they are called: by our islands with JSON expected back, or by plain forms.
//!
//! A plain form that succeeds is led on with 303. One that fails is *replayed*: the page it stood on is rendered
//! again with what was typed and what to mend, so that nothing is lost with JavaScript off.

use std::collections::BTreeMap;

use axum::body::{Body, to_bytes};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use http::{HeaderValue, Method, Request, StatusCode, header};
use kit::{AppError, Code, Lang, Replay};
use leptos::prelude::provide_context;
use tower::ServiceExt;

use super::cookies;
use super::door::{RequestInfo, language, safe_path};
use super::gate;
use super::state::AppState;

/// The largest body a server function takes, in bytes.
pub const BODY_LIMIT: usize = 512 * 1024;
/// A body beyond this is cut off unread, in bytes; up to it the browser hears the answer, and what was typed is kept.
const READ_LIMIT: usize = 16 * 1024 * 1024;

/// Runs the server function of this path. `pages` renders the page again when a plain form fails.
pub async fn call(state: AppState, pages: axum::Router, request: Request<Body>) -> Response {
    let plain = is_plain_form(&request);
    let (mut parts, body) = request.into_parts();
    let original = parts.clone();
    let (bytes, whole) = read(body).await;
    if !whole {
        let error = too_long(&original, &bytes);
        return if plain { replay(pages, original, &bytes, error).await } else { super::door::error_response(&error) };
    }
    let bytes = bytes::Bytes::from(bytes);
    if let Some(wait) = gate::over(&state, &original).await {
        let Some(error) = gate::shown_again(&state, &original, wait).await.filter(|_| plain) else { return gate::refuse(&original, wait) };
        return gate::with_wait(replay(pages, original, &bytes, error).await, wait);
    }
    if plain {
        // Our own answer to plain forms is written below; the library's would put the error into the address bar.
        parts.headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    }
    let context = state.clone();
    let inner = leptos_axum::handle_server_fns_with_context(move || provide_context(context.clone()), Request::from_parts(parts, Body::from(bytes.clone()))).await.into_response();
    let (mut head, body) = inner.into_parts();
    let failed = !head.status.is_success() && !head.status.is_redirection();
    if !failed {
        if !plain {
            return Response::from_parts(head, body);
        }
        let next = head.headers.get(header::LOCATION).and_then(|value| value.to_str().ok()).map(str::to_owned).or_else(|| page_of(&original)).unwrap_or_else(|| "/".into());
        let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, safe_path(&next).to_owned())]).into_response();
        for cookie in head.headers.get_all(header::SET_COOKIE) {
            response.headers_mut().append(header::SET_COOKIE, cookie.clone());
        }
        return response;
    }
    let bytes_out = to_bytes(body, BODY_LIMIT).await.unwrap_or_default();
    let error: AppError = serde_json::from_slice(&bytes_out)
        .unwrap_or_else(|_| AppError::new(Code::Invalid, words(&original, "הבקשה הגיעה חלקית. כדאי לנסות שוב.", "The request arrived in part. Please try again.")));
    if !plain {
        head.status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        head.headers.remove(header::CONTENT_LENGTH);
        head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        return Response::from_parts(head, Body::from(serde_json::to_vec(&error).unwrap_or_default()));
    }
    replay(pages, original, &bytes, error).await
}

/// A body's first BODY_LIMIT bytes, and whether those are all. What comes after them is read and let go.
async fn read(body: Body) -> (Vec<u8>, bool) {
    let (mut kept, mut seen, mut whole) = (Vec::new(), 0, true);
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let Ok(chunk) = chunk else { return (kept, false) };
        seen += chunk.len();
        kept.extend_from_slice(&chunk[..chunk.len().min(BODY_LIMIT - kept.len())]);
        whole = seen <= BODY_LIMIT;
        if seen > READ_LIMIT {
            break;
        }
    }
    (kept, whole)
}

/// What is told of a body that does not fit; the longest field is the one to mend.
fn too_long(original: &http::request::Parts, typed: &[u8]) -> AppError {
    let sentence = words(original, "הטקסט ארוך מדי. כדאי לקצר ולנסות שוב.", "The text is too long. Please shorten it and try again.");
    let error = AppError::new(Code::TooLarge, sentence);
    match form_urlencoded::parse(typed).max_by_key(|(_, value)| value.len()) {
        Some((longest, _)) if longest.len() <= 40 => error.and(&longest, sentence),
        _ => error,
    }
}

fn words(original: &http::request::Parts, he: &'static str, en: &'static str) -> &'static str {
    if original.extensions.get::<RequestInfo>().is_some_and(|info| info.lang == Lang::En) { en } else { he }
}

/// Shows the page a form stood on once more, with what was typed.
async fn replay(pages: axum::Router, original: http::request::Parts, typed: &[u8], error: AppError) -> Response {
    let endpoint = original.uri.path().trim_start_matches("/call/").to_owned();
    let values: BTreeMap<String, String> = form_urlencoded::parse(typed).take(64).map(|(k, v)| (k.into_owned(), v.into_owned())).collect();
    if error.code == Code::SignedOut {
        let next = page_of(&original).unwrap_or_else(|| "/".into());
        let query: String = form_urlencoded::Serializer::new(String::new()).append_pair("next", &next).finish();
        return (StatusCode::SEE_OTHER, [(header::LOCATION, format!("/signin?{query}"))]).into_response();
    }
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    again(pages, original, Replay { endpoint, values, error }, status).await
}

/// Hands a body on one piece at a time. The reader of forms with files (multer) takes in all that is there before it
/// looks at it, so that a fast sender would fill the memory up to the form's whole bound, and the fields before its
/// end would be lost with it. The first piece comes at once: a form that ends while multer waits for its beginning is
/// taken for a broken one.
pub fn paced(request: Request<Body>) -> Request<Body> {
    request.map(|body| {
        let pieces = futures::stream::unfold((body.into_data_stream(), false), async |(mut chunks, begun)| {
            if begun {
                tokio::task::yield_now().await;
            }
            let chunk = chunks.next().await?;
            Some((chunk, (chunks, true)))
        });
        Body::from_stream(pieces)
    })
}

/// Renders the page a request came from, with a failed form in its context.
pub async fn again(pages: axum::Router, original: http::request::Parts, mut replayed: Replay, status: StatusCode) -> Response {
    // What is not seen stays out of the page: it could reorder it.
    for value in replayed.values.values_mut() {
        *value = kit::shown(value);
    }
    let page = page_of(&original).unwrap_or_else(|| "/".into());
    let page = in_building(page, replayed.values.get("building").map(String::as_str));
    let note = note_page(original.uri.path(), &page);
    let mut headers = original.headers.clone();
    for name in [header::CONTENT_LENGTH, header::CONTENT_TYPE, header::TRANSFER_ENCODING, header::ORIGIN] {
        headers.remove(name);
    }
    headers.insert(header::ACCEPT, HeaderValue::from_static("text/html"));
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = page.parse().unwrap_or_default();
    *request.headers_mut() = headers;
    if let Some(info) = original.extensions.get::<RequestInfo>() {
        request.extensions_mut().insert(RequestInfo { path: page, ..info.clone() });
    }
    request.extensions_mut().insert(replayed);
    let mut response = match pages.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        // The page that would show it again needs the database too.
        return gate::away_page(language(&original.headers));
    }
    if response.status().is_success() {
        *response.status_mut() = status;
    }
    if let Ok(note) = HeaderValue::from_str(&note) {
        response.headers_mut().append(header::SET_COOKIE, note);
    }
    response
}

/// A page shown again stands at the address its form was sent to, and the next try comes from there: this cookie
/// remembers which page it is.
fn note_page(sent_to: &str, page: &str) -> String {
    let encoded: String = form_urlencoded::byte_serialize(page.as_bytes()).collect();
    cookies::write(cookies::FORM_PAGE, &format!("{sent_to}|{encoded}"), 60 * 60)
}

/// Two tabs with forms of two buildings share that cookie; the form itself says whose it is.
fn in_building(page: String, building: Option<&str>) -> String {
    let Some((slug, rest)) = page.strip_prefix("/b/").map(|rest| rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()))) else { return page };
    match building {
        Some(building) if building != slug => safe_path(&format!("/b/{building}{rest}")).to_owned(),
        _ => page,
    }
}

/// The page that was shown again at this address, when this browser has one.
fn noted_page(original: &http::request::Parts, at: &str) -> Option<String> {
    let (sent_to, encoded) = cookies::read(&original.headers, cookies::FORM_PAGE)?.split_once('|')?;
    let page = form_urlencoded::parse(encoded.as_bytes()).next()?.0.into_owned();
    (sent_to == at).then(|| safe_path(&page).to_owned())
}

/// The path and query of the page a form was sent from, when it is ours.
pub fn page_of(original: &http::request::Parts) -> Option<String> {
    let referer = url::Url::parse(original.headers.get(header::REFERER)?.to_str().ok()?).ok()?;
    let host = original.headers.get(header::HOST)?.to_str().ok()?;
    let from = match referer.port() {
        Some(port) => format!("{}:{port}", referer.host_str()?),
        None => referer.host_str()?.to_owned(),
    };
    if from != host {
        return None;
    }
    if let Some(page) = noted_page(original, referer.path()) {
        return Some(page);
    }
    let path = match referer.query() {
        Some(query) => format!("{}?{query}", referer.path()),
        None => referer.path().to_owned(),
    };
    Some(safe_path(&path).to_owned())
}

fn is_plain_form(request: &Request<Body>) -> bool {
    request.method() == Method::POST && request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
}

#[cfg(test)]
mod tests {
    use super::in_building;

    #[test]
    fn a_form_of_another_building_is_shown_on_that_buildings_page() {
        for (page, building, shown) in [
            ("/b/one/join", Some("two"), "/b/two/join"),
            ("/b/one/join", Some("one"), "/b/one/join"),
            ("/b/one?filter=all", Some("two"), "/b/two?filter=all"),
            ("/open", Some("two"), "/open"),
            ("/b/one/join", None, "/b/one/join"),
            ("/b/one/join", Some("//evil\r\n"), "/"),
        ] {
            assert_eq!(in_building(page.into(), building), shown);
        }
    }
}
