use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hooks::address::Reach;
use hooks::sender::{Names, SNIPPET_MAX_CHARS, SendError, Sender, Settings, Signed, retry_after, snippet};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Says one list of addresses after another, the last one for ever, and counts how often it was asked.
#[derive(Default)]
struct Told {
    answers: Mutex<VecDeque<Vec<&'static str>>>,
    asked: AtomicUsize,
}

impl Names for Told {
    fn addresses(&self, _: String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>> {
        self.asked.fetch_add(1, SeqCst);
        let mut answers = self.answers.lock().expect("a list");
        let now = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
        let found = now.unwrap_or_default().into_iter().map(|text| text.parse().expect("an address")).collect();
        Box::pin(async move { Ok(found) })
    }
}

fn told(answers: &[&[&'static str]]) -> Arc<Told> {
    Arc::new(Told { answers: Mutex::new(answers.iter().map(|list| list.to_vec()).collect()), asked: AtomicUsize::new(0) })
}

fn sender(reach: Reach, names: Arc<Told>) -> Sender {
    let settings = Settings { names, total: Duration::from_millis(700), connect: Duration::from_millis(300), ..Settings::new(reach) };
    Sender::new(settings).expect("a sender")
}

async fn post(sender: &Sender, url: &str) -> Result<hooks::sender::Outcome, SendError> {
    sender.post(url, b"{}".to_vec(), Signed { id: "msg_1", timestamp: 1_795_000_000, signature: "v1,x" }, 1_795_000_000).await
}

/// A server that answers every connection's first request with these bytes and closes; counts connections.
async fn serves(answer: Vec<u8>) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let port = listener.local_addr().expect("an address").port();
    let knocks = Arc::new(AtomicUsize::new(0));
    let counted = knocks.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, SeqCst);
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut head = [0; 4096];
                let _ = stream.read(&mut head).await;
                let _ = stream.write_all(&answer).await;
                let _ = stream.shutdown().await;
                // To be read to its end, or the rest of the request would turn the answer into a reset.
                while stream.read(&mut head).await.is_ok_and(|read| read > 0) {}
            });
        }
    });
    (port, knocks)
}

#[tokio::test]
async fn a_name_with_any_address_that_is_not_public_is_not_called() {
    let (port, knocks) = serves(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_vec()).await;
    let lists: &[&[&'static str]] = &[
        &["127.0.0.1"],
        &["93.184.216.34", "127.0.0.1"],
        &["10.0.0.7"],
        &["169.254.169.254"],
        &["192.168.1.1"],
        &["100.64.0.1"],
        &["0.0.0.0"],
        &["::1"],
        &["::ffff:127.0.0.1"],
        &["::127.0.0.1"],
        &["64:ff9b::7f00:1"],
        &["2002:7f00:1::"],
        &["2001::1"],
        &["fd00::1"],
        &["fe80::1"],
        &["2606:4700:4700::1111", "fe80::1"],
    ];
    for list in lists {
        let sender = sender(Reach::Public, told(&[list]));
        assert_eq!(post(&sender, "https://hooks.example.com/").await, Err(SendError::NotPublic), "{list:?}");
    }
    assert_eq!(post(&sender(Reach::Public, told(&[&[]])), "https://hooks.example.com/").await, Err(SendError::Unresolved));
    // Where this machine is allowed, the rest of the private world is not.
    for list in [&["10.0.0.7"][..], &["127.0.0.1", "10.0.0.7"]] {
        assert_eq!(post(&sender(Reach::Loopback, told(&[list])), &format!("http://localhost:{port}/")).await, Err(SendError::NotPublic), "{list:?}");
    }
    assert_eq!(knocks.load(SeqCst), 0, "nothing knocked at this machine");
}

/// How often a name that has turned private is called.
const TURNED: usize = 20;

/// DNS rebinding: the name is looked up once a connection, what was judged is what is connected to, and the next
/// connection is judged anew.
#[tokio::test]
async fn a_name_that_turns_private_is_never_followed_there() {
    let (port, knocks) = serves(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n".to_vec()).await;
    // The private place: the same port of an address that is not allowed.
    let private = TcpListener::bind(("127.0.0.2", port)).await.expect("a listener");
    let names = told(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let sender = sender(Reach::Loopback, names.clone());
    let url = format!("http://localhost:{port}/");
    assert_eq!(post(&sender, &url).await.map(|outcome| outcome.status), Ok(200));
    assert_eq!(names.asked.load(SeqCst), 1, "judged and used is one and the same answer");
    for _ in 0..TURNED {
        assert_eq!(post(&sender, &url).await, Err(SendError::NotPublic));
    }
    assert_eq!(names.asked.load(SeqCst), 1 + TURNED);
    assert_eq!(knocks.load(SeqCst), 1);
    let knocked = tokio::time::timeout(Duration::from_millis(1), private.accept()).await;
    assert!(knocked.is_err(), "the private place was never knocked at");
}

#[tokio::test]
async fn redirects_are_answers_and_are_not_followed() {
    let (inner, inside) = serves(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret".to_vec()).await;
    for status in [301, 302, 303, 307, 308] {
        let (port, _) = serves(format!("HTTP/1.1 {status} Moved\r\nlocation: http://127.0.0.1:{inner}/\r\ncontent-length: 0\r\n\r\n").into_bytes()).await;
        let outcome = post(&sender(Reach::Loopback, told(&[&["127.0.0.1"]])), &format!("http://127.0.0.1:{port}/")).await.expect("an answer");
        assert_eq!((outcome.status, outcome.snippet.as_str()), (status, ""));
    }
    assert_eq!(inside.load(SeqCst), 0);
}

#[tokio::test]
async fn silence_dripping_heads_and_nonsense_end_in_time() {
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let url = format!("http://127.0.0.1:{}/", silent.local_addr().expect("an address").port());
    let sender = sender(Reach::Loopback, told(&[&["127.0.0.1"]]));
    assert_eq!(post(&sender, &url).await, Err(SendError::Timeout));
    drop(silent);
    assert_eq!(post(&sender, &url).await, Err(SendError::Connect));
    let (port, _) = serves(b"SSH-2.0-OpenSSH_9.9\r\n".to_vec()).await;
    assert_eq!(post(&sender, &format!("http://127.0.0.1:{port}/")).await, Err(SendError::Broken));
    // A head that drips, one byte at a time and for ever.
    let dripping = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let url = format!("http://127.0.0.1:{}/", dripping.local_addr().expect("an address").port());
    let drip = tokio::spawn(async move {
        let (mut stream, _) = dripping.accept().await.expect("a connection");
        stream.read_u8().await.expect("a request");
        stream.write_all(b"HTTP/1.1 200 OK\r\nx: ").await.expect("a head");
        let mut tick = tokio::time::interval(Duration::from_millis(5));
        while stream.write_all(b"a").await.is_ok() {
            tick.tick().await;
        }
    });
    assert_eq!(post(&sender, &url).await, Err(SendError::Timeout));
    drip.abort();
}

#[tokio::test]
async fn a_huge_or_endless_body_is_cut_and_its_status_counts() {
    let huge = [b"HTTP/1.1 200 OK\r\ncontent-length: 50000000\r\n\r\n".to_vec(), vec![b'a'; 1_000_000]].concat();
    let (port, _) = serves(huge).await;
    let sender = sender(Reach::Loopback, told(&[&["127.0.0.1"]]));
    let outcome = post(&sender, &format!("http://127.0.0.1:{port}/")).await.expect("an answer");
    assert_eq!((outcome.status, outcome.snippet.chars().count()), (200, SNIPPET_MAX_CHARS));
    // A body that stops coming: the connection stays open and silent.
    let stuck = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let url = format!("http://127.0.0.1:{}/", stuck.local_addr().expect("an address").port());
    let held = tokio::spawn(async move {
        let (mut stream, _) = stuck.accept().await.expect("a connection");
        stream.read_u8().await.expect("a request");
        stream.write_all(b"HTTP/1.1 503 Busy\r\nretry-after: 7\r\ncontent-length: 100\r\n\r\nwait").await.expect("a head");
        std::future::pending::<()>().await;
        drop(stream);
    });
    let outcome = post(&sender, &url).await.expect("an answer");
    assert_eq!((outcome.status, outcome.snippet.as_str(), outcome.retry_after_s), (503, "wait", Some(7)));
    held.abort();
}

#[test]
fn retry_after_is_seconds_or_a_date() {
    // Sun, 06 Nov 1994 08:49:37 GMT is 784111777 (RFC 9110's own example).
    let cases = [
        ("120", Some(120)),
        (" 0 ", Some(0)),
        ("99999999999999999999999", Some(u64::MAX)),
        ("Sun, 06 Nov 1994 08:49:37 GMT", Some(60)),
        ("Sun, 06 Nov 1994 08:40:00 GMT", Some(0)),
        ("soon", None),
        ("", None),
        ("-5", None),
        ("1.5", None),
    ];
    for (value, seconds) in cases {
        assert_eq!(retry_after(value, 784_111_717), seconds, "{value}");
    }
}

#[test]
fn a_snippet_is_one_line_of_visible_characters() {
    let hostile = "\u{202E}ok\0\r\n\r\n  <b>no</b>\t\u{7}שלום \u{2066}x\u{200B}\u{FEFF}";
    assert_eq!(snippet(hostile.as_bytes()), "ok <b>no</b> שלום x");
    assert_eq!(snippet(&[0xff, 0xfe, b'a']), "\u{FFFD}\u{FFFD}a");
    assert_eq!(snippet("א".repeat(9_000).as_bytes()).chars().count(), SNIPPET_MAX_CHARS);
    assert_eq!(snippet(b" \n "), "");
}
