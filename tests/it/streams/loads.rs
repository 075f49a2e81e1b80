//! Loading pages from a real socket: whole or broken off, one or thousands. streams.rs and the benches use it.

use std::net::SocketAddr;
use std::time::Duration;

use testkit::Actor;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{App, SLUG};

/// The longest a page may take, from the request to its last byte.
pub const PAGE_TIME: Duration = Duration::from_secs(5);

/// A building with a chair who is also an operator, and may see every page; its server on a port of its own.
pub struct Served {
    pub app: App,
    pub address: SocketAddr,
    pub cookies: String,
    pub post: String,
    pub company: String,
    pub partner: String,
}

impl Served {
    pub async fn start() -> Self {
        let app = App::with_building().await;
        let mut chair = app.resident("3", "יעל ברק", "0520000001").await;
        sqlx::query("update memberships set role = 'chair'").execute(&app.all).await.expect("a chair");
        let post = app.text("select post_id::text from posts limit 1").await.expect("the post that tells of her");
        let opened = chair.submit("/call/companies/open", &[("company_name", "ניהול הצפון"), ("name", "יעל ברק")]).await;
        let company = opened.location().replace("/companies/", "");
        let opened = chair.submit("/call/gateway/open", &[("name", "מגן ביטוח"), ("kind", "insurer")]).await;
        let partner = opened.location().replace("/partners/", "");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let service = app.router.clone().into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        Self { cookies: cookies(&chair), app, address, post, company, partner }
    }

    /// Every page, with the status it has for this reader.
    pub fn pages(&self) -> Vec<(String, u16)> {
        let routes = leptos_axum::generate_route_list(vantera::app::App);
        let pages: Vec<(String, u16)> = routes
            .into_iter()
            .map(|route| match route.path() {
                // Whoever belongs to one place is led there, unless he asks to stay.
                "/home" => ("/home?stay=1".to_owned(), 200),
                // Only the sandbox shows the design system; its absence is a page too.
                "/ui" => ("/ui".to_owned(), 404),
                path => (path.replace("{slug}", SLUG).replace("{post}", &self.post).replace("{company}", &self.company).replace("{partner}", &self.partner), 200),
            })
            .collect();
        assert!(pages.len() > 10 && pages.iter().all(|(path, _)| !path.contains('{')), "every page has an address: {pages:?}");
        pages
    }

    /// A page as the wire brings it. `most` bytes are enough; then the line is cut.
    pub async fn load(&self, path: &str, lang: &str, most: usize) -> Vec<u8> {
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
    pub async fn faults(&self, path: &str, status: u16, lang: &str, limit: Duration) -> Vec<String> {
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
pub fn faults(answer: &[u8], status: u16) -> Vec<String> {
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
pub fn headings(html: &str) -> Vec<String> {
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

/// Loads of the hammer before those that count: they warm pools and caches.
pub const WARM_UP: usize = 300;
/// How many load at once.
const AT_ONCE: usize = 8;
/// How much more memory the loads may leave behind, in bytes, however many they are: ten times what was measured for
/// a thousand (0.5 MB), and less than a quarter of their pages, should each be kept.
pub const GROWTH_LIMIT: i64 = 6 * 1024 * 1024;

/// Loads the feed `count` times; every second load is broken off: before a byte came, after the first, in the middle.
pub async fn hammer(served: &Served, count: usize) -> Vec<String> {
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
pub fn resident() -> i64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("Linux tells");
    let pages: i64 = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).expect("a number of pages");
    pages * 4096
}

pub fn growth(before: i64, after: i64) -> Option<String> {
    (after - before > GROWTH_LIMIT).then(|| format!("memory grew by {} kB", (after - before) / 1024))
}
