//! Backends of ours are ended under our hands, five a second, while people join and write, providers tell us things and jobs
//! run: what was answered as done is done, once.
//!
//! A minute of it; VANTERA_TERMINATIONS_S names another number of seconds.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use http::{Request, StatusCode, header};
use serde_json::json;
use sqlx::Connection;
use testkit::{Actor, Answer};
use tokio_util::sync::CancellationToken;
use vantera::platform::lanes::{self, Lane, Runs};
use vantera::platform::{AppState, Clock, Config};
use vantera::{stream, wiring};

use crate::support::{App, SLUG, WEBHOOK_SECRET};

const A_SECOND: u64 = 5;
/// How long, in seconds.
const A_MINUTE: u64 = 60;
/// A member may write a hundred an hour.
const COMMENTS_MOST: u32 = 95;
/// More than are taken while it lasts, so that somebody joins to the end.
const FLATS: i32 = 400;

/// A process's runners of one role, each made anew when the database took it away, as the program does it.
fn run_lanes(state: &AppState, role: Runs, stop: &CancellationToken) -> Vec<tokio::task::JoinHandle<()>> {
    let table = Arc::new(wiring::jobs());
    let lanes = Lane::ALL.into_iter().filter(|lane| lane.runs() == role && table.iter().any(|job| job.lane == *lane));
    lanes
        .map(|lane| {
            let (state, table, stop) = (state.clone(), table.clone(), stop.clone());
            tokio::spawn(async move {
                while !stop.is_cancelled() {
                    let Ok(worker) = lanes::runner(&state, lane, &table).await else { continue };
                    let mut running = std::pin::pin!(lanes::work(&state, lane, &worker));
                    tokio::select! {
                        _ = &mut running => {}
                        () = stop.cancelled() => {
                            worker.request_shutdown();
                            let _ = running.await;
                        }
                    }
                }
            })
        })
        .collect()
}

/// Ends backends of ours, whichever they are, over a connection and in a task of its own; how many.
async fn strikes(superuser: String, seconds: u64, over: Arc<AtomicBool>) -> i64 {
    let sql = "select count(*) filter (where pg_terminate_backend(pid)) from (select pid from pg_stat_activity
               where datname = current_database() and usename in ('vantera_web', 'vantera_worker', 'vantera_payments') order by random() limit 1) one";
    let mut connection = sqlx::PgConnection::connect(&superuser).await.expect("a connection");
    let mut tick = tokio::time::interval(Duration::from_millis(1_000 / A_SECOND));
    let mut struck = 0;
    for _ in 0..seconds * A_SECOND {
        tick.tick().await;
        let ended: i64 = sqlx::query_scalar(sql).fetch_one(&mut connection).await.expect("a superuser is not struck");
        struck += ended;
    }
    over.store(true, Ordering::SeqCst);
    struck
}

struct Storm<'a> {
    app: &'a App,
    lasts: Duration,
    over: Arc<AtomicBool>,
    /// Requests that were answered otherwise than as done.
    sent_away: AtomicUsize,
    asked: AtomicUsize,
}

impl Storm<'_> {
    fn goes_on(&self) -> bool {
        !self.over.load(Ordering::SeqCst)
    }

    /// Counts an answer: either it is done, or it says honestly that it is not.
    fn note(&self, answer: &Answer) -> bool {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let done = answer.status.is_success() || answer.status.is_redirection();
        if !done {
            self.sent_away.fetch_add(1, Ordering::SeqCst);
            assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.text());
        }
        done
    }

    /// Comments of a neighbour, spread over the time: those that were told as written. One that was sent away is not sent
    /// again.
    async fn write(&self, mut actor: Actor, post: &str, who: usize) -> Vec<String> {
        let mut written = Vec::new();
        let mut pace = tokio::time::interval(self.lasts / COMMENTS_MOST);
        for at in 0..COMMENTS_MOST {
            pace.tick().await;
            if !self.goes_on() {
                break;
            }
            let body = format!("שורה {who}-{at}");
            if self.note(&actor.call("feed/comment", &[("building", SLUG), ("post", post), ("body", &body)]).await) {
                written.push(body);
            }
            self.note(&actor.get(&format!("/b/{SLUG}")).await);
        }
        written
    }

    /// A provider: each event is told until it is kept, as all of them do.
    async fn tell(&self, who: usize) -> usize {
        let mut told = 0;
        while self.goes_on() {
            let body = json!({ "id": format!("evt_{who}_{told}"), "object": "event", "type": "customer.subscription.updated", "data": { "object": { "id": format!("sub_{who}_{told}"), "object": "subscription" } } }).to_string();
            loop {
                let signature = hooks::stripe::sign(body.as_bytes(), &[WEBHOOK_SECRET], self.app.clock.now().as_second());
                let request = Request::builder().method("POST").uri("/webhooks/stripe").header(header::CONTENT_TYPE, "application/json").header("stripe-signature", signature);
                if self.note(&self.app.visitor().send(request.body(Body::from(body.clone())).expect("a request")).await) {
                    break;
                }
            }
            told += 1;
        }
        told
    }

    /// People who join one after the other, each patient: what did not work is tried again until it does.
    async fn join(&self, flats: std::ops::Range<i32>) -> usize {
        let mut joined = 0;
        for flat in flats {
            if !self.goes_on() {
                break;
            }
            let mut actor = self.app.visitor();
            let (flat_text, phone) = (flat.to_string(), format!("0541{flat:06}"));
            self.patiently(async |actor: &mut Actor| actor.get(&format!("/b/{SLUG}/join")).await, &mut actor, |_| true).await;
            let fields = [("building", SLUG), ("flat", flat_text.as_str()), ("name", "מצטרפת חדשה"), ("phone", phone.as_str()), ("consent_version", "2026-11")];
            self.patiently(
                async |actor: &mut Actor| actor.submit("/call/joining/submit", &fields).await,
                &mut actor,
                |answer| answer.leads().is_some_and(|to| to.ends_with("/pay")),
            )
            .await;
            let page = self
                .patiently(
                    async |actor: &mut Actor| actor.get(&format!("/b/{SLUG}/pay")).await,
                    &mut actor,
                    |answer| answer.leads().is_some_and(|to| to.starts_with("http://stripe.test/")),
                )
                .await;
            self.app.stripe.pay(page.rsplit('/').next().expect("a session"));
            self.patiently(
                async |actor: &mut Actor| actor.get(&format!("/b/{SLUG}/enter")).await,
                &mut actor,
                |answer| answer.headers.get_all(header::SET_COOKIE).iter().any(|cookie| cookie.to_str().is_ok_and(|text| text.starts_with("__Host-session="))),
            )
            .await;
            joined += 1;
        }
        joined
    }

    /// Does it again until it leads where it should; where that is.
    async fn patiently(&self, step: impl AsyncFn(&mut Actor) -> Answer, actor: &mut Actor, enough: impl Fn(&Answer) -> bool) -> String {
        // As often as a page that says "soon" may be asked, so that whoever does the work gets on meanwhile.
        let mut pause = tokio::time::interval(Duration::from_millis(50));
        let trying = async {
            loop {
                pause.tick().await;
                let answer = step(actor).await;
                if self.note(&answer) && enough(&answer) {
                    return answer.leads().unwrap_or_default().to_owned();
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(60), trying).await.expect("who is patient gets there")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn backends_ended_five_a_second_lose_nothing_and_double_nothing() {
    let seconds = std::env::var("VANTERA_TERMINATIONS_S").ok().map_or(A_MINUTE, |text| text.parse().expect("VANTERA_TERMINATIONS_S is a number of seconds"));
    let app = App::start().await;
    app.open_building(SLUG, "הרצל 7", FLATS).await;
    let neighbours = [app.resident("1", "נועה שגב", "0543182701").await, app.resident("2", "יואב פרידמן", "0543182702").await];
    let post = app.text("select post_id::text from posts where kind = 'joined' order by created_at limit 1").await.expect("a post");
    let config = Arc::new(Config { job_heartbeat: Duration::from_millis(200), ..(*app.worker.config).clone() });
    let quick = |state: &AppState| AppState { config: config.clone(), ..state.clone() };
    let stop = CancellationToken::new();
    let mut runners = run_lanes(&quick(&app.worker), Runs::Worker, &stop);
    runners.extend(run_lanes(&quick(&app.payments), Runs::Payments, &stop));
    tokio::spawn(stream::server::listener(app.web.clone()));

    let over = Arc::new(AtomicBool::new(false));
    let striking = tokio::spawn(strikes(app.database.all_seeing().to_owned(), seconds, over.clone()));
    let storm = Storm { app: &app, lasts: Duration::from_secs(seconds), over: over.clone(), sent_away: AtomicUsize::new(0), asked: AtomicUsize::new(0) };
    let [noa, yoav] = neighbours;
    let (first, second, told_one, told_two, joined_one, joined_two) =
        tokio::join!(storm.write(noa, &post, 1), storm.write(yoav, &post, 2), storm.tell(1), storm.tell(2), storm.join(3..FLATS / 2), storm.join(FLATS / 2..FLATS));
    let struck = striking.await.expect("the strikes");
    let (told, joined) = (told_one + told_two, joined_one + joined_two);

    // What was left is done, by whoever is there.
    app.until_exactly("select count(*) from inbound_events where state = 'received'", 0).await;
    app.until_exactly("select count(*) from graphile_worker._private_jobs where run_at <= now() + interval '1 minute'", 0).await;
    stop.cancel();
    for runner in runners {
        runner.await.expect("a runner ends well");
    }
    let mut rows: BTreeMap<String, usize> = BTreeMap::new();
    for body in sqlx::query_scalar::<_, String>("select body from comments").fetch_all(&app.all).await.expect("comments") {
        *rows.entry(body).or_default() += 1;
    }
    let written = first.len() + second.len();
    let lost: Vec<&String> = first.iter().chain(&second).filter(|body| !rows.contains_key(*body)).collect();
    assert_eq!(lost, Vec::<&String>::new(), "answered as written and not there");
    assert!(rows.values().all(|times| *times == 1), "written twice");
    assert_eq!(app.count("select count(*) from inbound_events").await, told as i64, "each event once");
    let people = joined as i64 + 2;
    let counted = [
        ("members", "select count(*) from memberships"),
        ("people", "select count(distinct person_id) from memberships"),
        ("posts of joining", "select count(*) from posts where kind = 'joined'"),
        ("subscribed flats", "select count(*) from checkouts where state = 'paid'"),
    ];
    for (what, sql) in counted {
        assert_eq!(app.count(sql).await, people, "{what}");
    }
    assert_eq!(app.stripe.refunds(), Vec::<String>::new(), "nobody paid twice");
    assert_eq!(app.count("select count(*) from jobs_dead").await, 0);
    assert!(struck >= i64::try_from(seconds * A_SECOND * 9 / 10).expect("a count"), "{struck} backends in {seconds} s: the pace was not held");
    assert!(written > 0 && told > 0 && joined > 0, "{written} {told} {joined}");
    let done = written + told + joined;
    println!(
        "{struck} backends ended in {seconds} s: {} requests, {} of them sent away with 503; {written} comments, {told} events and {joined} joins done, 0 lost, 0 doubled (3/N = {:.4})",
        storm.asked.load(Ordering::SeqCst),
        storm.sent_away.load(Ordering::SeqCst),
        3.0 / done as f64
    );
}
