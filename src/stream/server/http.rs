//! Server-sent events: the line of a building for one open page.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, stream};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use kit::{AppError, Right};
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;
use uuid::Uuid;

use super::error::StreamRefusal;
use super::looks::Looks;
use super::reader::Reader;
use super::seats::{SEATS, Seat, Seats};
use super::store::{self, Line};
use crate::platform::cookies;
use crate::platform::door::{self, RequestInfo};
use crate::platform::meters::{Carrier, OpenStream};
use crate::platform::session::ACCESS_SECONDS;
use crate::platform::{Cx, Fault};

/// A comment keeps proxies and phones from closing a quiet stream.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

static PROCESS: LazyLock<Arc<Seats>> = LazyLock::new(|| Seats::new(SEATS));

/// Where the page stands.
#[derive(Debug, Default, Deserialize)]
pub struct From {
    /// The activity line's head when the page was read; without it the stream begins now.
    #[serde(default)]
    from: Option<String>,
}

/// A reader that was let in, at the head of the line.
pub struct Admitted {
    pub reader: Reader,
    pub seat: (Seat, OpenStream),
    /// The head of the line, which is where the reader stands.
    pub head: i64,
    /// A new access token, when the one that came was issued in another building.
    pub token: Option<String>,
}

/// `GET /b/{slug}/stream?from=SEQ`: server-sent events of what happens in the building, for members. `Last-Event-ID`
/// wins over `from`. Each event has the line's number as its id and `{kind, subject, seq}` as its data.
pub async fn stream(State(looks): State<Looks>, info: RequestInfo, Path(slug): Path<String>, Query(query): Query<From>, headers: HeaderMap) -> Response {
    let wished = number(headers.get("last-event-id").and_then(|value| value.to_str().ok())).or_else(|| number(query.from.as_deref()));
    if !same_origin(&headers) {
        return door::error_response(&Fault::refused(StreamRefusal::Foreign, info.lang).into_app(info.lang, &info.trace));
    }
    match begin(&looks, &info, &slug, Carrier::Sse).await {
        Ok(mut admitted) => {
            admitted.reader.go_on_after(wished, admitted.head);
            answer(admitted, pause(&info))
        }
        Err(error) => door::error_response(&error),
    }
}

/// Lets a member in. Listens before it reads, so that nothing falls between the two.
pub async fn begin(looks: &Looks, info: &RequestInfo, slug: &str, carrier: Carrier) -> Result<Admitted, AppError> {
    let state = looks.state();
    let news = state.news.subscribe();
    let (mut cx, token) = door::open_for(state, info, slug).await.map_err(|fault| fault.into_app(info.lang, &info.trace))?;
    let outcome = admit(&mut cx).await;
    let tenant = cx.tenant.id.0;
    let (session, seat, head) = cx.finish(outcome).await?;
    let reader = Reader {
        looks: looks.clone(),
        session,
        slug: slug.to_owned(),
        tenant,
        seq: head,
        news,
        ready: VecDeque::new(),
        more: true,
        look_at: Instant::now(),
        told: state.meters.stream_lines(carrier),
    };
    Ok(Admitted { reader, seat: (seat, state.meters.stream_opened(carrier)), head, token })
}

async fn admit(cx: &mut Cx) -> Result<(Uuid, Seat, i64), Fault> {
    cx.require(Right::ReadFeed)?;
    let session = cx.caller.session.ok_or(Fault::SignedOut)?;
    let seat = PROCESS.take(session.0).map_err(|refusal| Fault::refused(refusal, cx.lang))?;
    Ok((session.0, seat, store::head(cx.db()).await?))
}

/// The seat travels with the stream and is free again when the stream is dropped, however it ends.
fn answer(admitted: Admitted, pause: Duration) -> Response {
    let Admitted { reader, seat, token, .. } = admitted;
    let first = stream::iter([Ok::<_, Infallible>(Event::default().retry(pause).comment("open"))]);
    // The end of the stream tells the browser to come back, and whoever may no longer hear is told so then.
    let rest = stream::unfold((reader, seat), async |(mut reader, seat)| reader.next().await.ok().map(|line| (Ok(event(&line)), (reader, seat))));
    let mut response = Sse::new(first.chain(rest)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    keep_token(headers, token);
    response
}

/// Hands a new access token to the browser.
pub fn keep_token(headers: &mut HeaderMap, token: Option<String>) {
    if let Some(cookie) = token.and_then(|token| HeaderValue::from_str(&cookies::write(cookies::SESSION, &token, ACCESS_SECONDS)).ok()) {
        headers.append(header::SET_COOKIE, cookie);
    }
}

/// `post.created` is an event named `post`; the data says which kind, about what, and its number.
fn event(line: &Line) -> Event {
    let name = line.kind.split('.').next().unwrap_or_default();
    let data = json!({ "kind": line.kind, "subject": line.subject, "seq": line.seq });
    Event::default().id(line.seq.to_string()).event(name).data(data.to_string())
}

/// How long a browser waits before it comes back: two to six seconds, told apart by session, so that a restart is
/// not followed by everybody at once.
pub fn pause(info: &RequestInfo) -> Duration {
    let session = info.claims.as_ref().map_or(Uuid::nil(), |claims| claims.sid);
    Duration::from_millis(2_000 + u64::from(session.as_bytes()[15]) * 4_000 / 255)
}

fn number(text: Option<&str>) -> Option<i64> {
    text?.trim().parse().ok()
}

/// Browsers say where a request comes from; whoever says nothing is no browser with another site's page in it.
pub fn same_origin(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if headers.contains_key("sec-fetch-site") {
        return matches!(text("sec-fetch-site"), Some("same-origin" | "none"));
    }
    if !headers.contains_key(header::ORIGIN) {
        return true;
    }
    let host_of = |origin: &str| origin.split_once("://").map(|(_, host)| host.to_owned());
    matches!((text("origin").and_then(host_of), text("host")), (Some(origin), Some(host)) if origin == host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_sites_page_is_told_from_ours() {
        for (given, same) in [
            (vec![], true),
            (vec![("sec-fetch-site", "same-origin")], true),
            (vec![("sec-fetch-site", "none")], true),
            (vec![("sec-fetch-site", "same-site")], false),
            (vec![("sec-fetch-site", "cross-site"), ("origin", "https://a.example"), ("host", "a.example")], false),
            (vec![("origin", "https://a.example"), ("host", "a.example")], true),
            (vec![("origin", "https://evil.example"), ("host", "a.example")], false),
            (vec![("origin", "null"), ("host", "a.example")], false),
            (vec![("origin", "https://a.example")], false),
        ] {
            let headers: HeaderMap = given.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect();
            assert_eq!(same_origin(&headers), same, "{given:?}");
        }
    }
}
