//! The same line over a WebSocket, for what also speaks: the ground that chat stands on.
//!
//! A page says `hello` or `resume` first and is told events from there, each with its number. Nothing is queued for a
//! slow page: the next lines are read when the last ones were taken, so it holds one look's lines at most, and a page that
//! takes nothing for a heartbeat is closed and comes back with the last number it has.

use std::convert::Infallible;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use super::error::StreamRefusal;
use super::frames::{Asked, Close, Told};
use super::http::{Admitted, begin, keep_token, pause, same_origin};
use super::looks::Looks;
use super::reader::{End, Reader};
use super::store::Line;
use crate::platform::door::{self, RequestInfo};
use crate::platform::limits::{Key, Limit};
use crate::platform::meters::Carrier;
use crate::platform::{Fault, gate};

/// Bytes of one message of a page.
const MOST_ASKED: usize = 4 * 1_024;
/// Bytes kept for one socket before they are on their way.
const MOST_UNSENT: usize = 64 * 1_024;
/// What is read of a socket at once. The library would keep 128 KiB for each.
const READ_AT_ONCE: usize = 4 * 1_024;
/// Heartbeats without an answer after which nobody is there.
const MOST_UNHEARD: u32 = 2;
/// How long a page is given to say that it has read why the socket ends.
const FAREWELL: Duration = Duration::from_secs(2);

/// Sockets of this process. The web server lets go of a connection when it becomes a socket, and would not wait for it.
static OPEN: LazyLock<watch::Sender<usize>> = LazyLock::new(|| watch::Sender::new(0));

struct Counted;

impl Counted {
    fn new() -> Self {
        OPEN.send_modify(|open| *open += 1);
        Self
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        OPEN.send_modify(|open| *open -= 1);
    }
}

/// Back when every socket has said its farewell; for the end of the process, once it is stopping.
pub async fn sockets_closed() {
    // The sender is never dropped, so that this cannot fail.
    let _ = OPEN.subscribe().wait_for(|open| *open == 0).await;
}

/// `GET /b/{slug}/socket`: a WebSocket for members. Another site's page is refused before the upgrade.
pub async fn socket(
    State(looks): State<Looks>,
    info: RequestInfo,
    Path(slug): Path<String>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    if !same_origin(&headers) {
        return door::error_response(&Fault::refused(StreamRefusal::Foreign, info.lang).into_app(info.lang, &info.trace));
    }
    let Admitted { reader, seat, head, token } = match begin(&looks, &info, &slug, Carrier::Socket).await {
        Ok(admitted) => admitted,
        Err(error) => return door::error_response(&error),
    };
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(refused) => return refused.into_response(),
    };
    let (back, counted) = (pause(&info), Counted::new());
    let ping = looks.state().config.socket_ping;
    let upgrade = upgrade.read_buffer_size(READ_AT_ONCE).write_buffer_size(0).max_write_buffer_size(MOST_UNSENT);
    let mut response = upgrade.max_message_size(MOST_ASKED).max_frame_size(MOST_ASKED).on_upgrade(move |socket| async move {
        let _until_it_ends = (seat, counted);
        Talk { socket, reader, head, ping, unheard: 0 }.run(back).await;
    });
    keep_token(response.headers_mut(), token);
    response
}

/// One open socket.
struct Talk {
    socket: WebSocket,
    reader: Reader,
    /// The head of the line when the page was let in.
    head: i64,
    ping: Duration,
    /// Heartbeats since the page was last heard.
    unheard: u32,
}

enum Step {
    Line(Result<Arc<Line>, End>),
    Frame(Result<Message, Close>),
    Beat,
}

impl Talk {
    async fn run(mut self, back: Duration) {
        let stopping = self.reader.looks.state().stopping.clone();
        let ended = tokio::select! {
            () = stopping.cancelled() => Close::Restart,
            ended = self.talk() => match ended { Err(close) => close, Ok(never) => match never {} },
        };
        let Some(frame) = ended.frame(back) else { return };
        let farewell = async {
            if self.socket.send(Message::Close(Some(frame))).await.is_ok() {
                while let Some(Ok(_)) = self.socket.recv().await {}
            }
        };
        // Whoever does not listen is left; he comes back with the last number he has.
        let _ = timeout(FAREWELL, farewell).await;
    }

    async fn talk(&mut self) -> Result<Infallible, Close> {
        timeout(self.ping, self.greet()).await.unwrap_or(Err(Close::Unreadable))?;
        let mut beat = interval_at(Instant::now() + self.ping, self.ping);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let step = tokio::select! {
                next = self.reader.next() => Step::Line(next),
                frame = self.socket.recv() => Step::Frame(frame.ok_or(Close::Over).and_then(|frame| frame.map_err(|error| broken(&error)))),
                _ = beat.tick() => Step::Beat,
            };
            match step {
                Step::Line(line) => self.tell(&Told::event(&*line?)).await?,
                Step::Frame(frame) => self.hear(frame?).await?,
                Step::Beat if self.unheard >= MOST_UNHEARD => return Err(Close::Over),
                Step::Beat => {
                    self.unheard += 1;
                    self.send(Message::Ping(Default::default())).await?;
                }
            }
        }
    }

    /// The first frame says from where; what it asks for is what is told first.
    async fn greet(&mut self) -> Result<(), Close> {
        loop {
            let frame = self.socket.recv().await.ok_or(Close::Over)?.map_err(|error| broken(&error))?;
            self.count().await?;
            let text = match &frame {
                Message::Text(text) => text,
                Message::Binary(_) => return Err(Close::NotText),
                Message::Close(_) => return Err(Close::Over),
                Message::Ping(_) | Message::Pong(_) => continue,
            };
            match Asked::read(text) {
                Some(Asked::Hello {}) => {}
                Some(Asked::Resume { seq }) => self.reader.go_on_after(Some(seq), self.head),
                Some(Asked::Ping { .. }) | None => return Err(Close::Unreadable),
            }
            let hello = Told::Hello { seq: self.reader.seq, ping_ms: self.ping.as_millis() as u64 };
            return self.tell(&hello).await;
        }
    }

    async fn hear(&mut self, frame: Message) -> Result<(), Close> {
        self.unheard = 0;
        self.count().await?;
        match frame {
            Message::Text(text) => match Asked::read(&text) {
                Some(Asked::Ping { id }) => self.tell(&Told::Pong { seq: self.told(), id: &id }).await,
                Some(Asked::Hello {} | Asked::Resume { .. }) | None => Err(Close::Unreadable),
            },
            Message::Binary(_) => Err(Close::NotText),
            Message::Close(_) => Err(Close::Over),
            // The library answers a ping by itself.
            Message::Ping(_) | Message::Pong(_) => Ok(()),
        }
    }

    /// The last number the page was told or may not hear: what is read and still to be told comes after it.
    fn told(&self) -> i64 {
        self.reader.ready.front().map_or(self.reader.seq, |next| next.seq - 1)
    }

    /// Every frame counts towards what its session may say, control frames too.
    async fn count(&mut self) -> Result<(), Close> {
        gate::check(self.reader.looks.state(), &[(Limit::SocketFrames, Key::Id(self.reader.session))]).await.map_err(|_| Close::TooOften)
    }

    async fn tell(&mut self, told: &Told<'_>) -> Result<(), Close> {
        let text = serde_json::to_string(told).map_err(|_| Close::Trouble)?;
        self.send(Message::Text(text.into())).await
    }

    async fn send(&mut self, message: Message) -> Result<(), Close> {
        match timeout(self.ping, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Close::Over),
            Err(_) => Err(Close::Slow),
        }
    }
}

/// Why a frame could not be read.
fn broken(error: &axum::Error) -> Close {
    use std::error::Error;
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(one) = cause {
        // The library's own type stands behind a crate that is not ours to name; its words are stable within its version.
        if one.to_string().contains("Message too long") {
            return Close::TooBig;
        }
        cause = one.source();
    }
    Close::Over
}
