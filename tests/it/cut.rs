//! The live line under bad weather: cut a thousand times, across two web processes that come and go, while others write
//! at the same moment and commit in another order than they began. Nothing is missed and nothing is told twice.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use futures::StreamExt;
use http::{Request, StatusCode, header};
use kit::TenantId;
use serde_json::json;
use testkit::Actor;
use tower::ServiceExt;
use vantera::platform::jobs::open_tenant;
use vantera::platform::{Activity, AppState, Audience, Cx, database};
use vantera::{stream, wiring};

use crate::support::{App, SLUG};

const CUTS: usize = 1_000;
/// Between two restarts of one of the processes.
const CUTS_A_LIFE: usize = 100;
const WRITERS: usize = 3;
/// Commits of each writer, with one to three lines each.
const COMMITS: usize = 400;
const HOST: &str = "vantera.test";

/// A web process: connections, a listener and wake-ups of its own.
pub struct Process {
    pub state: AppState,
    pub router: Router,
}

impl Process {
    pub async fn start(app: &App) -> Self {
        let pool = database::pool(app.database.web(), 3).await.expect("a pool");
        let web = &app.web;
        let state = AppState::new(web.config.clone(), pool, web.clock.clone(), web.keys.clone(), web.vault.clone(), web.leptos.clone(), web.http.clone());
        tokio::spawn(stream::server::listener(state.clone()));
        Self { router: wiring::router(state.clone()), state }
    }

    /// Ends as a process ends that is told to: its streams end, and whoever held one comes back elsewhere.
    pub async fn restart(&mut self, app: &App) {
        self.state.stopping.cancel();
        self.state.pool.close().await;
        *self = Self::start(app).await;
    }
}

/// Reads whole events from one connection until there are `most`, and hangs up. Their numbers.
async fn hear(router: &Router, session: &str, last: i64, most: usize) -> Vec<i64> {
    let request = Request::builder()
        .uri(format!("/b/{SLUG}/stream"))
        .header(header::HOST, HOST)
        .header(header::COOKIE, format!("__Host-session={session}"))
        .header("last-event-id", last.to_string())
        .body(Body::empty())
        .expect("a request");
    let response = router.clone().oneshot(request).await.expect("an answer");
    assert_eq!(response.status(), StatusCode::OK);
    let (mut body, mut text, mut told) = (response.into_body().into_data_stream(), String::new(), Vec::new());
    while told.len() < most {
        let next = tokio::time::timeout(Duration::from_secs(20), body.next()).await.expect("news within 20 s");
        let Some(chunk) = next else { break };
        text.push_str(&String::from_utf8_lossy(&chunk.expect("a chunk")));
        // What a browser holds of an event whose end did not arrive counts for nothing.
        while let Some((event, rest)) = text.split_once("\n\n") {
            told.extend(event.lines().find_map(|line| line.strip_prefix("id: ")?.parse::<i64>().ok()));
            text = rest.to_owned();
        }
    }
    told.truncate(most);
    told
}

fn lines(cx: &mut Cx, count: usize) {
    for _ in 0..count {
        cx.record(Activity { kind: "poll.ended", audience: Audience::Everyone, subject: None, payload: json!({}) });
    }
}

/// Opens two contexts at once and commits the later one first, again and again. How many lines were written.
pub async fn write(app: &App, tenant: TenantId, commits: usize) -> i64 {
    let mut written = 0;
    for round in 0..commits / 2 {
        let mut first = open_tenant(&app.worker, tenant, "first".into()).await.expect("a context");
        let mut second = open_tenant(&app.worker, tenant, "second".into()).await.expect("a context");
        let count = round % 3 + 1;
        lines(&mut first, count);
        lines(&mut second, 1);
        second.commit().await.expect("a commit");
        first.commit().await.expect("a commit");
        written += count as i64 + 1;
    }
    written
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_line_that_is_cut_a_thousand_times_across_restarts_has_no_gap_and_no_double() {
    let app = App::with_building().await;
    let noa: Actor = app.resident("3", "נועה שגב", "0543182704").await;
    let session = noa.cookie("__Host-session").expect("a session");
    let tenant = TenantId(sqlx::query_scalar("select tenant_id from tenants").fetch_one(&app.all).await.expect("the building"));
    let start = app.count("select last_seq from activity_heads").await;
    let mut processes = [Process::start(&app).await, Process::start(&app).await];
    let reading = async {
        let (mut told, mut last, mut restarts) = (Vec::new(), start, 0);
        for cut in 0..CUTS {
            let heard = hear(&processes[cut % 2].router, session, last, cut % 2 + 1).await;
            last = heard.last().copied().unwrap_or(last);
            told.extend(heard);
            if cut % CUTS_A_LIFE == CUTS_A_LIFE - 1 {
                processes[restarts % 2].restart(&app).await;
                restarts += 1;
            }
        }
        (told, last, restarts)
    };
    let writing = futures::future::join_all((0..WRITERS).map(|_| write(&app, tenant, COMMITS)));
    let ((mut told, last, restarts), written) = tokio::join!(reading, writing);
    let end = start + written.iter().sum::<i64>();
    assert_eq!(app.count("select last_seq from activity_heads").await, end);
    assert!(end - last > 0, "the reader was cut while there was more to hear");
    told.extend(hear(&processes[0].router, session, last, usize::try_from(end - last).expect("a count")).await);
    assert_eq!(told, (start + 1..=end).collect::<Vec<_>>(), "every line once, in the order of their commits");
    println!("{CUTS} cuts, {restarts} restarts, {} lines: 0 missed, 0 doubled (3/N: below {:.2} % of cuts each)", told.len(), 300.0 / CUTS as f64);
    app.finish().await;
}
