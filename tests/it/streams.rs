//! Pages are whole: over a real socket, with one, two and four worker threads, every page's HTML ends within its time
//! and holds its heading without JavaScript; and a thousand loads, half of them broken off, leave nothing behind.

pub mod loads;

use std::time::Duration;

use http::header;
use tokio::net::TcpListener;

use crate::support::App;
use loads::{GROWTH_LIMIT, PAGE_TIME, Served, WARM_UP, faults, growth, hammer, headings, resident};

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
        let mut served = Served {
            app: App::start().await,
            address: "127.0.0.1:0".parse().expect("an address"),
            cookies: String::new(),
            company: String::new(),
            partner: String::new(),
            post: String::new(),
        };
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

/// Loads of the hammer.
const LOADS: usize = 1_000;

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
