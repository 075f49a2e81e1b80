//! Pages are whole: over a real socket, with one, two and four worker threads, every page's HTML ends within its time
//! and holds its heading without JavaScript; and a thousand loads, half of them broken off, leave nothing behind.

use std::net::SocketAddr;
use std::time::Duration;

use http::header;
use testkit::Actor;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{App, SLUG};

/// The longest a page may take, from the request to its last byte.
const PAGE_TIME: Duration = Duration::from_secs(5);

/// A building with a chair who is also an operator, and may see every page; its server on a port of its own.
struct Served {
    app: App,
    address: SocketAddr,
    cookies: String,
    post: String,
}

impl Served {
    async fn start() -> Self {
        let app = App::with_building().await;
        let chair = app.resident("3", "יעל ברק", "0520000001").await;
        sqlx::query("update memberships set role = 'chair'").execute(&app.all).await.expect("a chair");
        let post = app.text("select post_id::text from posts limit 1").await.expect("the post that tells of her");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let service = app.router.clone().into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        Self { cookies: cookies(&chair), app, address, post }
    }

    /// Every page, with the status it has for this reader.
    fn pages(&self) -> Vec<(String, u16)> {
        let routes = leptos_axum::generate_route_list(vantera::app::App);
        let pages: Vec<(String, u16)> = routes
            .into_iter()
            .map(|route| match route.path() {
                // Whoever belongs to one place is led there, unless he asks to stay.
                "/home" => ("/home?stay=1".to_owned(), 200),
                // Only the sandbox shows the design system; its absence is a page too.
                "/ui" => ("/ui".to_owned(), 404),
                path => (path.replace("{slug}", SLUG).replace("{post}", &self.post), 200),
            })
            .collect();
        assert!(pages.len() > 10 && pages.iter().all(|(path, _)| !path.contains('{')), "every page has an address: {pages:?}");
        pages
    }

    /// A page as the wire brings it. `most` bytes are enough; then the line is cut.
    async fn load(&self, path: &str, lang: &str, most: usize) -> Vec<u8> {
        let mut line = TcpStream::connect(self.address).await.expect("the server listens");
        let request = format!("GET {path} HTTP/1.0\r\nHost: {}\r\nAccept: text/html\r\nCookie: {}; lang={lang}\r\n\r\n", testkit::HOST, self.cookies);
        line.write_all(request.as_bytes()).await.expect("the server reads");
        let mut answer = Vec::new();
        let mut piece = [0; 4096];
        while answer.len() < most {
            match line.read(&mut piece).await {
                Ok(0) | Err(_) => break,
                Ok(read) => answer.extend_from_slice(&piece[..read]),
            }
        }
        answer
    }

    /// What is wrong with a page; nothing when it is whole and came in time.
    async fn faults(&self, path: &str, status: u16, lang: &str, limit: Duration) -> Vec<String> {
        match tokio::time::timeout(limit, self.load(path, lang, usize::MAX)).await {
            Ok(answer) => faults(&answer, status).into_iter().map(|fault| format!("{path} ({lang}): {fault}")).collect(),
            Err(_) => vec![format!("{path} ({lang}): did not end within {limit:?}")],
        }
    }
}

fn cookies(actor: &Actor) -> String {
    let kept = ["__Host-session", "__Host-join"].map(|name| actor.cookie(name).map(|value| format!("{name}={value}")));
    kept.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// What is wrong with an answer that should be a whole page.
fn faults(answer: &[u8], status: u16) -> Vec<String> {
    let text = String::from_utf8_lossy(answer);
    let Some((head, html)) = text.split_once("\r\n\r\n") else { return vec!["no answer came".into()] };
    let mut found = Vec::new();
    if head.split(' ').nth(1) != Some(status.to_string().as_str()) {
        found.push(format!("answered {} instead of {status}", head.lines().next().unwrap_or_default()));
    }
    if !is_whole(html) {
        let end: String = html.chars().rev().take(60).collect::<Vec<_>>().into_iter().rev().collect();
        found.push(format!("breaks off at «{end}»"));
    }
    if headings(html).iter().all(|heading| heading.is_empty()) {
        found.push("has no heading without JavaScript".into());
    }
    found
}

/// Whether the document is closed. Leptos writes the data of its islands behind it, in scripts, and says last which of
/// its parts never came: none may be missing.
fn is_whole(html: &str) -> bool {
    // `<!>` is a mark between nodes, for waking the page.
    let unmarked = html.replace("<!>", "");
    let Some((_, mut rest)) = unmarked.split_once("</html>") else { return false };
    let mut told = true;
    while let Some(inside) = rest.trim_start().strip_prefix("<script") {
        let Some((script, after)) = inside.split_once("</script>") else { return false };
        told = script.ends_with(">__INCOMPLETE_CHUNKS=[];");
        rest = after;
    }
    told && rest.trim().is_empty()
}

/// The words of each h1 that a browser without JavaScript shows.
fn headings(html: &str) -> Vec<String> {
    let mut shown = html.to_owned();
    for hidden in ["template", "script", "noscript"] {
        while let Some(from) = shown.find(&format!("<{hidden}")) {
            let close = format!("</{hidden}>");
            let to = shown[from..].find(&close).map_or(shown.len(), |at| from + at + close.len());
            shown.replace_range(from..to, "");
        }
    }
    let mut found = Vec::new();
    for part in shown.split("<h1").skip(1) {
        let inside = part.split_once('>').and_then(|(_, rest)| rest.split_once("</h1>")).map_or("", |(inside, _)| inside);
        let words: String = inside.split('<').enumerate().map(|(at, piece)| if at == 0 { piece } else { piece.split_once('>').map_or("", |(_, text)| text) }).collect();
        found.push(words.trim().to_owned());
    }
    found
}

fn on_threads<F: Future>(workers: usize, work: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build().expect("a runtime");
    runtime.block_on(work)
}

#[test]
fn every_page_is_whole_at_one_two_and_four_worker_threads() {
    for workers in [1, 2, 4] {
        on_threads(workers, async {
            let served = Served::start().await;
            let pages = served.pages();
            let mut found = Vec::new();
            for lang in ["he", "en"] {
                for (path, status) in &pages {
                    found.extend(served.faults(path, *status, lang, PAGE_TIME).await);
                }
                // All at once, they must not starve one another.
                let loads = pages.iter().map(|(path, status)| served.faults(path, *status, lang, PAGE_TIME));
                found.extend(futures::future::join_all(loads).await.into_iter().flatten());
            }
            assert!(found.is_empty(), "at {workers} worker threads:\n{}\n", found.join("\n"));
            served.app.finish().await;
        });
    }
}

#[test]
fn a_page_that_breaks_off_or_has_no_heading_is_noticed() {
    let page = |html: &str| faults(format!("HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n{html}").as_bytes(), 200);
    let whole = "<!DOCTYPE html><html><body><h1 class=\"x\">שלום <b>לכם</b></h1></body></html>";
    assert_eq!(page(whole), Vec::<String>::new());
    assert_eq!(headings(whole), ["שלום לכם"]);
    for cut in [whole.len() - 1, whole.len() - 7, whole.find("</h1>").expect("an end") + 5] {
        assert_eq!(page(&whole[..cut]).len(), 1, "a body cut at {cut} is noticed");
        assert!(page(&whole[..cut])[0].starts_with("breaks off"));
    }
    let behind = "<script nonce=\"a\">__RESOLVED_RESOURCES=[];</script><script nonce=\"a\">__INCOMPLETE_CHUNKS=[];</script>";
    assert_eq!(page(&format!("{whole}{behind}")), Vec::<String>::new());
    for broken in [&behind[..behind.len() - 1], "<script>__RESOLVED_RESOURCES=[];</script>", "<script>__INCOMPLETE_CHUNKS=[2];</script>", "<template id=\"1f\"></template>"] {
        assert_eq!(page(&format!("{whole}{broken}")).len(), 1, "{broken}");
    }
    for empty in [
        "<html><body></body></html>",
        "<html><h1> <i></i></h1></html>",
        "<html><template><h1>x</h1></template></html>",
        "<html><script>'<h1>x</h1>'</script></html>",
        "<html><noscript><h1>x</h1></noscript></html>",
    ] {
        assert_eq!(page(empty), ["has no heading without JavaScript"], "{empty}");
    }
    assert_eq!(faults(b"HTTP/1.0 500 Oh\r\n\r\n<html><h1>x</h1></html>", 200).len(), 1);
    assert_eq!(faults(b"", 200), ["no answer came"]);
}

#[test]
fn a_page_that_never_ends_is_noticed() {
    on_threads(2, async {
        let mut served = Served { app: App::start().await, address: "127.0.0.1:0".parse().expect("an address"), cookies: String::new(), post: String::new() };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        served.address = listener.local_addr().expect("an address");
        let stuck = || async {
            let pieces = futures::StreamExt::chain(futures::stream::iter([Ok::<_, std::io::Error>("<html><body><h1>x</h1>")]), futures::stream::pending());
            ([(header::CONTENT_TYPE, "text/html")], axum::body::Body::from_stream(pieces))
        };
        let router = axum::Router::new().route("/stuck", axum::routing::get(stuck));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let found = served.faults("/stuck", 200, "he", Duration::from_millis(300)).await;
        assert_eq!(found, ["/stuck (he): did not end within 300ms"]);
    });
}

/// Loads of the hammer, and those before it that warm pools and caches.
const LOADS: usize = 1_000;
const WARM_UP: usize = 300;
/// How many load at once.
const AT_ONCE: usize = 8;
/// How much more memory a thousand loads may leave behind, in bytes: ten times what was measured (0.5 MB), and less
/// than a quarter of their pages, should each be kept.
const GROWTH_LIMIT: i64 = 6 * 1024 * 1024;

/// Loads the feed `count` times; every second load is broken off: before a byte came, after the first, in the middle.
async fn hammer(served: &Served, count: usize) -> Vec<String> {
    let path = format!("/b/{SLUG}");
    let load = async |n: usize| -> Vec<String> {
        match n % 6 {
            1 => served.load(&path, "he", 0).await.clear(),
            3 => served.load(&path, "he", 1).await.clear(),
            5 => served.load(&path, "he", 8_192).await.clear(),
            _ => return served.faults(&path, 200, "he", PAGE_TIME).await,
        }
        Vec::new()
    };
    futures::StreamExt::collect::<Vec<_>>(futures::StreamExt::buffer_unordered(futures::stream::iter((0..count).map(load)), AT_ONCE)).await.concat()
}

/// The resident memory of this process, in bytes.
fn resident() -> i64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("Linux tells");
    let pages: i64 = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).expect("a number of pages");
    pages * 4096
}

fn growth(before: i64, after: i64) -> Option<String> {
    (after - before > GROWTH_LIMIT).then(|| format!("memory grew by {} kB over {LOADS} loads", (after - before) / 1024))
}

/// Set in the process that the hammer has to itself: other tests' memory is not the server's.
const ALONE: &str = "VANTERA_HAMMER_ALONE";

#[test]
fn a_thousand_loads_half_broken_off_leave_the_rest_whole_and_memory_flat() {
    if std::env::var_os(ALONE).is_none() {
        // By this name the program is found even when a build has replaced its file meanwhile.
        let name = "streams::a_thousand_loads_half_broken_off_leave_the_rest_whole_and_memory_flat";
        let ended = std::process::Command::new("/proc/self/exe").args(["--exact", name, "--nocapture"]).env(ALONE, "1").output().expect("a process of its own");
        let told = String::from_utf8_lossy(&ended.stdout);
        assert!(ended.status.success() && told.contains("1 passed"), "{told}{}", String::from_utf8_lossy(&ended.stderr));
        return;
    }
    on_threads(4, async {
        let served = Served::start().await;
        assert_eq!(hammer(&served, WARM_UP).await, Vec::<String>::new());
        let before = resident();
        assert_eq!(hammer(&served, LOADS).await, Vec::<String>::new());
        let after = resident();
        println!("memory: {} kB before, {} kB after", before / 1024, after / 1024);
        assert_eq!(growth(before, after), None);
        served.app.finish().await;
    });
}

#[test]
fn memory_that_grows_is_noticed() {
    assert!(resident() > 1024 * 1024);
    assert_eq!(growth(0, GROWTH_LIMIT), None);
    assert!(growth(0, GROWTH_LIMIT + 1).is_some());
}
