//! What stands around the processes: the program itself, somebody who spreads requests over several, and listeners.

use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use testkit::Actor;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use vantera::platform::{Clock, SystemClock};

use crate::support::{App, SLUG, WEBHOOK_SECRET};

/// How often somebody who spreads requests asks who is ready.
const LOOKS_EVERY: Duration = Duration::from_millis(50);

fn client() -> reqwest::Client {
    // A connection a request, so that each is led anew.
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).pool_max_idle_per_host(0).timeout(Duration::from_secs(30)).build().expect("a client")
}

/// One process of the program, on the test's database, with the connection of its own role and no other's.
pub struct Program {
    pub address: SocketAddr,
    child: Child,
}

impl Program {
    pub async fn web(app: &App) -> Self {
        Self::start("web", "VANTERA_LISTEN", &web_settings(app)).await
    }

    pub async fn worker(app: &App, more: &[(&str, &str)]) -> Self {
        let own: Vec<(&str, &str)> = [("DATABASE_URL_WORKER", app.database.worker())].into_iter().chain(more.iter().copied()).collect();
        Self::start("worker", "VANTERA_METRICS_LISTEN", &own).await
    }

    /// Starts it and waits until it says that it is ready.
    async fn start(role: &str, listens: &str, settings: &[(&str, &str)]) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").await.and_then(|free| free.local_addr()).expect("a free port");
        let child = command(role, settings).env(listens, address.to_string()).spawn().expect("the program runs");
        let program = Self { address, child };
        let up = async {
            while program.ready().await != Some(StatusCode::OK) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), up).await.expect("the program comes up");
        program
    }

    async fn ready(&self) -> Option<StatusCode> {
        client().get(format!("http://{}/readyz", self.address)).send().await.ok().map(|told| told.status())
    }

    /// Waits until it says that it is not ready, which it does while it still answers.
    pub async fn says_not_ready(&self) {
        let told = async {
            loop {
                match self.ready().await {
                    Some(StatusCode::OK) => tokio::task::yield_now().await,
                    other => return other,
                }
            }
        };
        let told = tokio::time::timeout(Duration::from_secs(2), told).await.expect("it says so at once");
        assert_eq!(told, Some(StatusCode::SERVICE_UNAVAILABLE), "it still answers");
    }

    /// SIGTERM, as whoever runs it sends it.
    pub fn terminate(&self) {
        let id = self.child.id().expect("it runs").to_string();
        assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().expect("a signal").success());
    }

    /// SIGKILL: it has no time for anything.
    pub async fn dies(mut self) {
        self.child.kill().await.expect("it runs");
    }

    /// Ends it (a second signal does no harm) and tells how long that took.
    pub async fn ends_well(mut self, within: Duration) -> Duration {
        self.terminate();
        let begun = tokio::time::Instant::now();
        let ended = tokio::time::timeout(within, self.child.wait()).await.expect("it ends in time").expect("a status");
        assert!(ended.success(), "{ended}");
        begun.elapsed()
    }
}

fn web_settings(app: &App) -> [(&'static str, &str); 4] {
    [("DATABASE_URL_WEB", app.database.web()), ("STRIPE_WEBHOOK_SECRETS", WEBHOOK_SECRET), ("SMS_BASE_URL", "https://sms.example"), ("VANTERA_DRAIN_MS", "1000")]
}

/// The program in one role, with what each of them is set to.
fn command(role: &str, settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vantera"));
    command
        .args(["serve", "--role", role])
        .env_clear()
        .env("VANTERA_DATA", std::env::temp_dir())
        .env("VANTERA_PUBLIC_URL", format!("http://{}", testkit::HOST))
        .env("VANTERA_TOKEN_KEYS", format!("test:{}", "5a".repeat(32)))
        .env("VANTERA_VAULT_KEYS", format!("test:{}", "7c".repeat(32)))
        .env("VANTERA_LIMITS_FACTOR", "10000")
        // Nobody asks for built files here.
        .env("LEPTOS_HASH_FILES", "false")
        .env("VANTERA_LOG", "warn")
        .envs(settings.iter().copied())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

/// A web process told to listen where somebody else does: how it ended, and what it said on both streams.
pub async fn web_on_a_taken_port(app: &App) -> (Option<i32>, String) {
    let taken = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = taken.local_addr().expect("its address").to_string();
    let mut command = command("web", &web_settings(app));
    let ended = tokio::time::timeout(Duration::from_secs(30), command.env("VANTERA_LISTEN", address).output()).await.expect("it ends").expect("it ran");
    (ended.status.code(), String::from_utf8_lossy(&[ended.stdout, ended.stderr].concat()).into_owned())
}

/// A router that leads every request to an address, for actors who call it.
pub fn through(address: SocketAddr) -> Router {
    let client = client();
    Router::new().fallback(move |request: Request| {
        let client = client.clone();
        async move { pass_on(&client, address, request).await }
    })
}

async fn pass_on(client: &reqwest::Client, address: SocketAddr, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let body = axum::body::to_bytes(body, 1 << 20).await.expect("a whole body");
    let sent = client.request(parts.method, format!("http://{address}{path}")).headers(parts.headers).body(body).send().await;
    let told = async {
        let answer = sent?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        Ok::<_, reqwest::Error>((status, headers, answer.bytes().await?))
    };
    match told.await {
        Ok((status, mut headers, bytes)) => {
            // Said of that connection, not of the answer.
            for name in [header::CONNECTION, header::TRANSFER_ENCODING, header::CONTENT_LENGTH] {
                headers.remove(name);
            }
            (status, headers, Body::from(bytes)).into_response()
        }
        // No answer, or half of one.
        Err(error) => (StatusCode::BAD_GATEWAY, format!("{error:?}")).into_response(),
    }
}

/// Spreads connections over those who are ready, in turn, as any balancer does.
pub struct Balancer {
    pub address: SocketAddr,
    places: Arc<Mutex<Vec<(SocketAddr, bool)>>>,
}

impl Balancer {
    pub async fn start(behind: &[SocketAddr]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let places = Arc::new(Mutex::new(behind.iter().map(|place| (*place, true)).collect::<Vec<_>>()));
        tokio::spawn(look(places.clone()));
        let behind = places.clone();
        tokio::spawn(async move {
            for turn in 0.. {
                let Ok((mut from, _)) = listener.accept().await else { return };
                let ready: Vec<SocketAddr> = behind.lock().expect("places").iter().filter(|(_, ready)| *ready).map(|(place, _)| *place).collect();
                tokio::spawn(async move {
                    for at in 0..ready.len() {
                        if let Ok(mut to) = TcpStream::connect(ready[(turn + at) % ready.len()]).await {
                            let _ = tokio::io::copy_bidirectional(&mut from, &mut to).await;
                            return;
                        }
                    }
                });
            }
        });
        Self { address, places }
    }

    pub fn add(&self, place: SocketAddr) {
        self.places.lock().expect("places").push((place, true));
    }
}

/// Asks each place again and again whether it is ready.
async fn look(places: Arc<Mutex<Vec<(SocketAddr, bool)>>>) {
    let mut tick = tokio::time::interval(LOOKS_EVERY);
    loop {
        tick.tick().await;
        let known: Vec<SocketAddr> = places.lock().expect("places").iter().map(|(place, _)| *place).collect();
        for place in known {
            let asked = client().get(format!("http://{place}/readyz")).send().await;
            let ready = asked.is_ok_and(|told| told.status() == StatusCode::OK);
            places.lock().expect("places").iter_mut().filter(|(one, _)| *one == place).for_each(|one| one.1 = ready);
        }
    }
}

/// One open stream, read piece by piece.
pub struct Listening {
    answer: reqwest::Response,
    heard: String,
}

impl Listening {
    pub async fn open(address: SocketAddr, actor: &Actor, last: i64) -> Self {
        Self::try_open(address, actor, last).await.expect("a stream")
    }

    async fn try_open(address: SocketAddr, actor: &Actor, last: i64) -> Option<Self> {
        let session = actor.cookie("__Host-session").expect("somebody who is signed in");
        let asked = client()
            .get(format!("http://{address}/b/{SLUG}/stream"))
            .header(header::HOST, testkit::HOST)
            .header(header::COOKIE, format!("__Host-session={session}"))
            .header("last-event-id", last.to_string())
            .timeout(Duration::from_secs(300));
        let answer = asked.send().await.ok()?;
        (answer.status() == StatusCode::OK).then(|| Self { answer, heard: String::new() })
    }

    pub async fn until(&mut self, words: &str) {
        while !self.heard.contains(words) {
            let piece = tokio::time::timeout(Duration::from_secs(10), self.answer.chunk()).await.unwrap_or_else(|_| panic!("{words} is not heard: {}", self.heard));
            self.heard.push_str(&String::from_utf8_lossy(&piece.expect("a piece").expect("the stream goes on")));
        }
    }
}

/// What a page heard over all its connections.
#[derive(Default)]
pub struct Heard {
    pub ids: Vec<i64>,
    /// Connections that were ended as streams end.
    pub ended: usize,
    /// Connections that broke off in the middle.
    pub broken: usize,
}

/// Listens as a browser does: comes back with the last number it heard whenever a stream ends, until it has heard all.
pub async fn follow(address: SocketAddr, actor: Actor, start: i64, mut all: watch::Receiver<Option<i64>>) -> Heard {
    let mut heard = Heard::default();
    let mut last = start;
    loop {
        let Some(mut stream) = Listening::try_open(address, &actor, last).await else {
            tokio::task::yield_now().await;
            continue;
        };
        let mut text = String::new();
        loop {
            let known = *all.borrow_and_update();
            if known.is_some_and(|end| last >= end) {
                return heard;
            }
            let piece = tokio::select! {
                piece = stream.answer.chunk() => piece,
                _ = all.changed() => continue,
            };
            match piece {
                Ok(None) => {
                    heard.ended += 1;
                    break;
                }
                Err(_) => {
                    heard.broken += 1;
                    break;
                }
                Ok(Some(piece)) => text.push_str(&String::from_utf8_lossy(&piece)),
            }
            while let Some((event, rest)) = text.split_once("\n\n") {
                if let Some(id) = event.lines().find_map(|line| line.strip_prefix("id: ")?.parse().ok()) {
                    heard.ids.push(id);
                    last = id;
                }
                text = rest.to_owned();
            }
        }
    }
}

impl App {
    /// From here on the app's clock stands where the machine's does, which a real process goes by.
    pub fn clock_of_the_machine(&self) {
        self.clock.advance(SystemClock.now().duration_since(self.clock.now()));
    }

    /// Waits until a count is this one.
    pub async fn until_exactly(&self, sql: &'static str, wanted: i64) {
        let reached = async { while self.count(sql).await != wanted {} };
        tokio::time::timeout(Duration::from_secs(20), reached).await.unwrap_or_else(|_| panic!("never {wanted}: {sql}"));
    }
}
