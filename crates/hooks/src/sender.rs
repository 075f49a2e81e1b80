//! Sends one signed request to somebody else's endpoint and reads as much of the answer as a person would.
//!
//! The name is resolved here, every address it has must be allowed, and the connection goes to those very addresses:
//! a name that answers otherwise a moment later (DNS rebinding) leads nowhere. TLS still asks for the name. Redirects
//! are answers like any other, no proxy of the environment is asked, and time and size are bounded: an endpoint that
//! hangs, drips or pours costs no more than one that answers.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::redirect::Policy;

use crate::address::{Reach, Target, TargetError};

/// From the first look at the name to the last byte that is read.
pub const TOTAL: Duration = Duration::from_secs(15);
/// From the look at the name to the connection.
pub const CONNECT: Duration = Duration::from_secs(5);
/// Once the status is known, how long the rest of the answer is waited for.
const BODY: Duration = Duration::from_secs(2);
/// The most of an answer that is read, in bytes.
pub const ANSWER_MAX_BYTES: usize = 16 * 1024;
/// The most of an answer that is told, in characters.
pub const SNIPPET_MAX_CHARS: usize = 500;
/// Connections kept open for one endpoint between two requests.
const IDLE_MOST: usize = 8;

/// Tells the addresses of a name. The operating system's in production.
pub trait Names: Send + Sync + 'static {
    fn addresses(&self, name: String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;
}

/// Asks the operating system.
pub struct SystemNames;

impl Names for SystemNames {
    fn addresses(&self, name: String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.map(|found| found.ip()).collect()) })
    }
}

/// How far a sender goes and how long it waits.
#[derive(Clone)]
pub struct Settings {
    pub reach: Reach,
    pub total: Duration,
    pub connect: Duration,
    pub names: Arc<dyn Names>,
}

impl Settings {
    pub fn new(reach: Reach) -> Self {
        Self { reach, total: TOTAL, connect: CONNECT, names: Arc::new(SystemNames) }
    }
}

/// What the other side answered. Any status is an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub status: u16,
    /// From the first look at the name to the end of reading.
    pub took: Duration,
    /// The beginning of the answer as one line, without characters that nobody sees or that reorder others.
    pub snippet: String,
    /// How long the other side asks to be left alone, in seconds; unbounded here.
    pub retry_after_s: Option<u64>,
}

/// Why there was no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    #[error("{0}")]
    Target(#[from] TargetError),
    /// At least one of the name's addresses is not public: nothing was sent.
    #[error("the host has an address that is not on the public internet")]
    NotPublic,
    #[error("the host's name leads to no address")]
    Unresolved,
    /// Refused, unreachable, or TLS failed.
    #[error("no connection could be made")]
    Connect,
    #[error("no answer in time")]
    Timeout,
    /// Ended in the middle, or was no HTTP.
    #[error("the answer could not be read")]
    Broken,
}

impl SendError {
    /// A short word for logs and screens.
    pub fn word(self) -> &'static str {
        match self {
            SendError::Target(_) => "bad_url",
            SendError::NotPublic => "not_public",
            SendError::Unresolved => "no_such_host",
            SendError::Connect => "no_connection",
            SendError::Timeout => "timeout",
            SendError::Broken => "broken_answer",
        }
    }
}

/// Sends webhooks. Cheap to share; holds its connections.
pub struct Sender {
    client: reqwest::Client,
    settings: Settings,
}

/// The three headers of Standard Webhooks, written for one attempt.
#[derive(Clone, Debug)]
pub struct Signed<'a> {
    pub id: &'a str,
    pub timestamp: i64,
    pub signature: &'a str,
}

impl Sender {
    /// An error when TLS cannot be set up on this machine.
    pub fn new(settings: Settings) -> Result<Self, reqwest::Error> {
        let checked = Checked { names: settings.names.clone(), reach: settings.reach };
        let client = reqwest::Client::builder()
            .dns_resolver(Arc::new(checked))
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(settings.connect)
            .timeout(settings.total)
            .pool_max_idle_per_host(IDLE_MOST)
            .pool_idle_timeout(Duration::from_secs(20))
            .user_agent("Vantera-Webhooks/1")
            .build()?;
        Ok(Self { client, settings })
    }

    pub fn reach(&self) -> Reach {
        self.settings.reach
    }

    /// Posts a body of JSON. `now_unix` is the moment that a date in `Retry-After` is counted from.
    pub async fn post(&self, url: &str, body: Vec<u8>, signed: Signed<'_>, now_unix: i64) -> Result<Outcome, SendError> {
        let target = Target::parse(url, self.settings.reach)?;
        let begun = tokio::time::Instant::now();
        let request = self
            .client
            .post(target.url().clone())
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header("webhook-id", signed.id)
            .header("webhook-timestamp", signed.timestamp.to_string())
            .header("webhook-signature", signed.signature)
            .body(body);
        let late = |_| SendError::Timeout;
        let mut answer = tokio::time::timeout(self.settings.total, request.send()).await.map_err(late)?.map_err(|error| why(&error))?;
        let status = answer.status().as_u16();
        let retry_after_s = answer.headers().get(RETRY_AFTER).and_then(|value| retry_after(value.to_str().ok()?, now_unix));
        let mut read = Vec::new();
        let rest = self.settings.total.saturating_sub(begun.elapsed()).min(BODY);
        // What was answered is known already; a body that drips, breaks or does not end changes nothing about it.
        let reading = async {
            while let Ok(Some(chunk)) = answer.chunk().await {
                let room = ANSWER_MAX_BYTES.saturating_sub(read.len());
                read.extend_from_slice(&chunk[..chunk.len().min(room)]);
                if chunk.len() >= room {
                    break;
                }
            }
        };
        let _ended_or_cut = tokio::time::timeout(rest, reading).await;
        Ok(Outcome { status, took: begun.elapsed(), snippet: snippet(&read), retry_after_s })
    }
}

impl std::fmt::Debug for Sender {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Sender").field("reach", &self.settings.reach).finish_non_exhaustive()
    }
}

/// Hands the connector addresses that were judged, and no others.
struct Checked {
    names: Arc<dyn Names>,
    reach: Reach,
}

#[derive(Debug, thiserror::Error)]
enum Unreachable {
    #[error("not public")]
    NotPublic,
    #[error("no address")]
    Unresolved,
}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let (asked, reach) = (self.names.addresses(name.as_str().to_owned()), self.reach);
        Box::pin(async move {
            let found = asked.await.map_err(|_| Unreachable::Unresolved)?;
            if found.is_empty() {
                return Err(Unreachable::Unresolved.into());
            }
            if !found.iter().all(|address| reach.allows(*address)) {
                return Err(Unreachable::NotPublic.into());
            }
            // Port 0 stands for the URL's own.
            let addresses: Addrs = Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}

fn why(error: &reqwest::Error) -> SendError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(one) = cause {
        match one.downcast_ref::<Unreachable>() {
            Some(Unreachable::NotPublic) => return SendError::NotPublic,
            Some(Unreachable::Unresolved) => return SendError::Unresolved,
            None => cause = one.source(),
        }
    }
    if error.is_timeout() {
        SendError::Timeout
    } else if error.is_connect() {
        SendError::Connect
    } else {
        SendError::Broken
    }
}

/// Seconds, or a date of HTTP (RFC 9110, 10.2.3); a moment that has passed is no wait.
pub fn retry_after(value: &str, now_unix: i64) -> Option<u64> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(value.parse().unwrap_or(u64::MAX));
    }
    let at = jiff::fmt::rfc2822::parse(value).ok()?.timestamp().as_second();
    Some(u64::try_from(at.saturating_sub(now_unix)).unwrap_or(0))
}

/// One line that can be shown beside other text.
pub fn snippet(answer: &[u8]) -> String {
    let text = String::from_utf8_lossy(answer);
    let mut line = String::new();
    let mut length = 0;
    for c in text.chars() {
        let c = if c.is_whitespace() { ' ' } else { c };
        if c.is_control() || reorders(c) || (c == ' ' && (line.is_empty() || line.ends_with(' '))) {
            continue;
        }
        if length == SNIPPET_MAX_CHARS {
            break;
        }
        line.push(c);
        length += 1;
    }
    line.truncate(line.trim_end().len());
    line
}

/// Marks of direction, invisible characters and lone halves of other alphabets' machinery.
fn reorders(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}
