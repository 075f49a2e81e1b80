//! The board of twenty posts through the product's router, beside the handler written by hand. Both read the same rows
//! with the same statements and answer the same words in the same tags; what is compared is what this process works.

use std::sync::{Arc, Mutex};

use axum::Router;
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use crate::house::House;
use crate::measure::{limited, line, worked};
use crate::{by_hand, on_workers};

/// Pages of one side before the other has its turn, and how many are asked for at once.
const PAGES: usize = 240;
const AT_ONCE: usize = 8;
/// As the server has (src/main.rs).
const WORKERS: usize = 4;
/// How many times the work of the hand-written handler the product's page may cost.
const LIMIT: f64 = 3.0;

async fn load(router: &Router, house: &House) -> String {
    let response = match router.clone().oneshot(house.look()).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    assert_eq!(response.status(), 200);
    assert!(response.headers().get("set-cookie").is_none(), "the reader's token is this building's own");
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    String::from_utf8(body.to_vec()).expect("UTF-8")
}

/// The house, the product's router and the one written by hand.
async fn both() -> (Arc<House>, Router, Router) {
    let house = Arc::new(House::start().await);
    let product = house.app.router.clone();
    let page = load(&product, &house).await;
    let by_hand = by_hand::router(house.app.web.clone(), by_hand::Pieces::new(&page));
    (house, product, by_hand)
}

/// What a page costs on one side: milliseconds of work, over `PAGES` loads.
async fn turn(house: &Arc<House>, router: &Router) -> f64 {
    let before = worked();
    let lanes = (0..AT_ONCE).map(|_| {
        let (house, router) = (Arc::clone(house), router.clone());
        tokio::spawn(async move {
            for _ in 0..PAGES / AT_ONCE {
                load(&router, &house).await;
            }
        })
    });
    for lane in futures::future::join_all(lanes).await {
        lane.expect("pages load");
    }
    (worked() - before) as f64 / 1e6 / PAGES as f64
}

pub fn measure(rounds: usize) -> Vec<Value> {
    // In a process of its own: there every statement is listened to, which costs.
    let same = std::process::Command::new("/proc/self/exe").arg("same").status().expect("a process of its own");
    assert!(same.success(), "the two pages are not the same, so that nothing is compared");
    on_workers(WORKERS, async {
        let _telemetry = vantera::platform::telemetry::start().expect("logs");
        let (house, product, by_hand) = both().await;
        for router in [&product, &by_hand] {
            turn(&house, router).await;
        }
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for round in 0..rounds {
            // Whoever comes second finds warmer caches: they take turns at that too.
            if round % 2 == 0 {
                ours.push(turn(&house, &product).await);
                theirs.push(turn(&house, &by_hand).await);
            } else {
                theirs.push(turn(&house, &by_hand).await);
                ours.push(turn(&house, &product).await);
            }
        }
        let ratios: Vec<f64> = ours.iter().zip(&theirs).map(|(our, their)| our / their).collect();
        vec![
            limited("processor work of the board against one written by hand (4)", "×", &ratios, "p50", LIMIT),
            line("– the board, a page", "ms", &ours),
            line("– by hand, a page", "ms", &theirs),
        ]
    })
}

/// Prints the product's board, for whoever brings benches/floor/page up to it.
pub fn page() {
    on_workers(1, async {
        let house = House::start().await;
        println!("{}", plain(&load(&house.app.router, &house).await));
    });
}

/// Loads the product's board so many times, for a profiler.
pub fn spin(pages: usize) {
    on_workers(1, async {
        let (house, product, _) = both().await;
        for _ in 0..pages {
            load(&product, &house).await;
        }
    });
}

/// Fails unless both sides send the same statements and answer the same page.
pub fn same() {
    let heard = Heard::default();
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(heard.clone())).expect("the first listener");
    on_workers(WORKERS, async {
        let (house, product, by_hand) = both().await;
        let mut pages = Vec::new();
        let mut statements = Vec::new();
        for router in [&product, &by_hand] {
            load(router, &house).await;
            heard.take();
            pages.push(plain(&load(router, &house).await));
            statements.push(heard.take());
        }
        assert_eq!(statements[0], statements[1], "the same statements in the same order");
        assert!(statements[0].len() > 5, "statements were heard: {:?}", statements[0]);
        differ(&pages[0], &pages[1]);
    });
}

/// A page without what differs from load to load, and without the marks that only the framework needs.
fn plain(page: &str) -> String {
    let mut page = page.replace("<!>", "").replace("<!--HEAD-->", "").replace("<!--<() />-->", "");
    for (before, after) in [("nonce=\"", "\""), ("crossorigin=\"", "\""), ("name=\"client_key\" value=\"", "\"")] {
        let mut out = String::with_capacity(page.len());
        let mut rest = page.as_str();
        while let Some((head, tail)) = rest.split_once(before) {
            out.push_str(head);
            out.push_str(before);
            rest = tail.find(after).map_or("", |at| &tail[at..]);
        }
        out.push_str(rest);
        page = out;
    }
    page
}

/// Says where two pages part.
fn differ(ours: &str, by_hand: &str) {
    if ours == by_hand {
        return;
    }
    let at = ours.bytes().zip(by_hand.bytes()).position(|(one, other)| one != other).unwrap_or(ours.len().min(by_hand.len()));
    let around = |page: &str| String::from_utf8_lossy(&page.as_bytes()[at.saturating_sub(160)..page.len().min(at + 160)]).into_owned();
    panic!("the page and benches/floor/page part at byte {at}:\nproduct: {}\nby hand: {}", around(ours), around(by_hand));
}

/// Listens to what sqlx says of each statement.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<String>>>);

impl Heard {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().expect("nobody panics with it"))
    }
}

impl<S: tracing::Subscriber> Layer<S> for Heard {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "sqlx::query" {
            let mut said = Said::default();
            event.record(&mut said);
            let whole = if said.statement.trim().is_empty() { said.summary } else { said.statement };
            self.0.lock().expect("nobody panics with it").push(whole.split_whitespace().collect::<Vec<_>>().join(" "));
        }
    }
}

/// sqlx gives a statement's beginning, and the whole of it when that is longer.
#[derive(Default)]
struct Said {
    summary: String,
    statement: String,
}

impl Visit for Said {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => self.summary = value.to_owned(),
            "db.statement" => self.statement = value.to_owned(),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}
