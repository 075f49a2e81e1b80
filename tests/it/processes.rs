//! Several processes of the real program behind one address: they work alike, and one that is told to end leaves nobody
//! without an answer.

pub mod around;
mod ends;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::StatusCode;
use testkit::Actor;
use tokio::sync::{Notify, watch};

use crate::deliveries::desk::{Desk, Receiver, Reply};
use crate::support::{App, SLUG};
use around::{Balancer, Program, through};

/// From the signal to the end of the process, at the most.
const END: Duration = Duration::from_secs(25);
/// Neighbours who read and write meanwhile.
const NEIGHBOURS: [(&str, &str, &str); 4] =
    [("1", "נועה שגב", "0543182701"), ("2", "יואב פרידמן", "0543182702"), ("3", "רונה אלמוג", "0543182703"), ("4", "דנה כהן", "0543182704")];
/// A member may write a hundred an hour.
const COMMENTS_MOST: usize = 90;
/// Jobs that somebody runs, of the two that this test leaves.
const IN_HAND: &str = "select count(*) from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id where locked_by is not null and t.identifier in ('gateway.pump', 'identity.send_code')";
/// Requests that are answered between two signals, at the least.
const BETWEEN: usize = 60;

async fn post_of(app: &App) -> String {
    app.text("select post_id::text from posts where kind = 'joined' order by created_at limit 1").await.expect("a post")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_web_processes_behind_one_port_work_alike() {
    let app = App::with_building().await;
    app.clock_of_the_machine();
    let noa = app.resident("3", "נועה שגב", "0543182704").await;
    let (one, two) = (Program::web(&app).await, Program::web(&app).await);
    // Whoever asked one for a code answers it to the other, and is signed in at both.
    let mut fresh = Actor::new(through(one.address));
    fresh.submit("/call/identity/send_code", &[("phone", "0543182704")]).await;
    let code = app.code_of("0543182704").await;
    let mut fresh = fresh.at(through(two.address));
    let answered = fresh.submit("/call/identity/answer_code", &[("code", &code)]).await;
    assert!(fresh.cookie("__Host-session").is_some(), "{}", answer(&answered));
    let mut fresh = fresh.at(through(one.address));
    assert_eq!(fresh.get(&format!("/b/{SLUG}")).await.status, StatusCode::OK, "a sign-in at one is good at the other");

    // A page read from one, its form sent to the other; the stream of the first hears what the second committed.
    let post = post_of(&app).await;
    let mut hears = around::Listening::open(one.address, &noa, 0).await;
    fresh.get(&format!("/b/{SLUG}/posts/{post}")).await;
    let mut fresh = fresh.at(through(two.address));
    let led = fresh.submit("/call/feed/comment", &[("building", SLUG), ("post", &post), ("body", "דרך השני")]).await;
    assert_eq!(led.status, StatusCode::SEE_OTHER, "{}", answer(&led));
    hears.until("comment.created").await;
    // What another site's page sends is refused by both, whichever of them showed the page.
    for program in [&one, &two] {
        let foreign = http::Request::builder()
            .method("POST")
            .uri("/call/feed/comment")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", "https://evil.example")
            .header("sec-fetch-site", "cross-site")
            .body(axum::body::Body::from(format!("building={SLUG}&post={post}&body=x")))
            .expect("a request");
        assert_eq!(fresh.clone().at(through(program.address)).send(foreign).await.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(app.count("select count(*) from comments").await, 1);
    for program in [one, two] {
        program.ends_well(END).await;
    }
}

fn answer(told: &testkit::Answer) -> String {
    format!("{} {}", told.status, told.text().chars().take(400).collect::<String>())
}

/// What the neighbours' requests came to.
#[derive(Default)]
struct Tally {
    answered: usize,
    /// Texts of comments that were answered as written.
    written: Vec<String>,
    /// Whole answers that say honestly that the machine is too busy: nothing was done, and nothing is lost.
    sent_away: usize,
    failed: Vec<String>,
}

impl Tally {
    fn refused(&mut self, told: &testkit::Answer) {
        if told.status == StatusCode::SERVICE_UNAVAILABLE && told.headers.contains_key("retry-after") { self.sent_away += 1 } else { self.failed.push(answer(told)) }
    }
}

/// Reads and writes until it is over. Every answer must be there, whole, and the one that was asked for.
async fn keep_busy(mut actor: Actor, post: String, who: usize, over: Arc<AtomicBool>, count: watch::Sender<usize>) -> Tally {
    let mut tally = Tally::default();
    for turn in 0.. {
        if over.load(Ordering::SeqCst) {
            break;
        }
        if turn % 4 == 3 && tally.written.len() < COMMENTS_MOST {
            let body = format!("שורה {who}-{turn}");
            let told = actor.call("feed/comment", &[("building", SLUG), ("post", &post), ("body", &body)]).await;
            if told.status.is_success() { tally.written.push(body) } else { tally.refused(&told) }
        } else {
            let told = actor.get(&format!("/b/{SLUG}")).await;
            let whole = told.status == StatusCode::OK && told.text().contains("</html>");
            if !whole {
                tally.refused(&told);
            }
        }
        tally.answered += 1;
        count.send_modify(|all| *all += 1);
    }
    tally
}

async fn answered(count: &watch::Sender<usize>, more: usize) {
    let mut seen = count.subscribe();
    let goal = *seen.borrow() + more;
    tokio::time::timeout(Duration::from_secs(60), seen.wait_for(|now| *now >= goal)).await.expect("requests are answered").expect("somebody asks");
}

/// A rolling restart: each of two web processes is told to end while neighbours read, write and listen.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sigterm_under_load_costs_no_request_its_answer_and_no_stream_a_line() {
    let app = App::with_building().await;
    app.clock_of_the_machine();
    let mut neighbours = Vec::new();
    for (flat, name, phone) in NEIGHBOURS {
        neighbours.push(app.resident(flat, name, phone).await);
    }
    let post = post_of(&app).await;
    let start = app.count("select last_seq from activity_heads").await;
    let mut programs = vec![Program::web(&app).await, Program::web(&app).await];
    let balancer = Balancer::start(&[programs[0].address, programs[1].address]).await;
    let (over, count) = (Arc::new(AtomicBool::new(false)), watch::channel(0).0);
    let busy: Vec<_> = neighbours
        .iter()
        .enumerate()
        .map(|(who, actor)| tokio::spawn(keep_busy(actor.clone().at(through(balancer.address)), post.clone(), who, over.clone(), count.clone())))
        .collect();
    // Three streams a neighbour; each comes back with the last number it heard, wherever it is led.
    let all_told = watch::channel(None).0;
    let streams: Vec<_> = (0..12).map(|at| tokio::spawn(around::follow(balancer.address, neighbours[at % 4].clone(), start, all_told.subscribe()))).collect();
    let mut took = Vec::new();
    for round in 0..2 {
        answered(&count, BETWEEN).await;
        let leaving = programs.remove(0);
        leaving.terminate();
        leaving.says_not_ready().await;
        took.push(leaving.ends_well(END).await);
        answered(&count, BETWEEN).await;
        if round == 0 {
            let fresh = Program::web(&app).await;
            balancer.add(fresh.address);
            programs.push(fresh);
        }
    }
    over.store(true, Ordering::SeqCst);
    let mut whole = Tally::default();
    for one in busy {
        let tally = one.await.expect("a neighbour");
        whole.answered += tally.answered;
        whole.written.extend(tally.written);
        whole.failed.extend(tally.failed);
        whole.sent_away += tally.sent_away;
    }
    assert_eq!(whole.failed, Vec::<String>::new(), "of {} requests", whole.answered);
    let mut rows: BTreeMap<String, usize> = BTreeMap::new();
    for body in sqlx::query_scalar::<_, String>("select body from comments").fetch_all(&app.all).await.expect("comments") {
        *rows.entry(body).or_default() += 1;
    }
    assert_eq!(rows, whole.written.iter().map(|body| (body.clone(), 1)).collect(), "each comment that was answered is there once, and no other");
    let end = app.count("select last_seq from activity_heads").await;
    all_told.send_replace(Some(end));
    let (mut cuts, mut lines) = (0, 0);
    for stream in streams {
        let heard = tokio::time::timeout(Duration::from_secs(30), stream).await.expect("the streams catch up").expect("a stream");
        assert_eq!(heard.ids, (start + 1..=end).collect::<Vec<_>>(), "every line once and in order");
        assert_eq!(heard.broken, 0, "a stream that ends is ended, not broken off");
        cuts += heard.ended;
        lines += heard.ids.len();
    }
    assert!(cuts >= 12, "{cuts} streams were ended");
    println!(
        "SIGTERM to 2 web processes: {} requests (3/N = {:.4}) with 0 lost ({} told 503), {} written and each there once; 12 streams ended {cuts} times, {lines} lines (3/N = {:.4}) with no gap and no double; ended in {took:?}",
        whole.answered,
        3.0 / whole.answered as f64,
        whole.sent_away,
        whole.written.len(),
        3.0 / lines as f64
    );
    for program in programs {
        program.ends_well(END).await;
    }
}

/// One job runs, and one delivery is under way whose pump has given its slot back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_is_told_to_end_finishes_what_it_has_in_hand() {
    let desk = Desk::granted(&["notice.published"]).await;
    desk.app.clock_of_the_machine();
    desk.app.resident("3", "נועה שגב", "0543182704").await;
    let (slow, phone) = (Receiver::start().await, Receiver::start().await);
    desk.endpoint(&slow.url).await;
    let (go_on, held) = (Arc::new(Notify::new()), IN_HAND);
    slow.always(Reply::When(go_on.clone()));
    phone.always(Reply::When(go_on.clone()));
    desk.notices(1).await;
    let worker = Program::worker(&desk.app, &[("VANTERA_DEMO", "1"), ("SMS_BASE_URL", phone.url.trim_end_matches("/hook"))]).await;
    slow.has(1).await;
    desk.app.until_exactly(held, 0).await;
    let mut noa = desk.app.visitor();
    noa.submit("/call/identity/send_code", &[("phone", "0543182704")]).await;
    phone.has(1).await;
    assert_eq!(desk.app.count(held).await, 1, "the message is being sent");

    worker.terminate();
    worker.says_not_ready().await;
    assert_eq!((desk.in_state("delivered").await, desk.app.count(held).await), (0, 1), "it waits for both");
    go_on.notify_waiters();
    let took = worker.ends_well(END).await;
    println!("SIGTERM to a worker with a job and a delivery in hand: both done, none twice, in {took:?}");
    assert_eq!((slow.got().len(), phone.got().len(), desk.in_state("delivered").await), (1, 1, 1));
    assert_eq!(
        desk.app
            .count("select count(*) from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id where t.identifier = 'identity.send_code'")
            .await,
        0
    );
    assert_eq!(desk.app.count(held).await, 0);
}

#[tokio::test]
async fn a_process_whose_database_is_away_lives_and_is_not_ready() {
    let app = App::with_building().await;
    let away = sqlx::postgres::PgPoolOptions::new().acquire_timeout(Duration::from_millis(300)).connect_lazy("postgres://vantera_web@127.0.0.1:9/vantera").expect("an address");
    let state = app.web.with_pool(away);
    for router in [vantera::wiring::router(state.clone()), vantera::wiring::metrics_router(state.clone())] {
        let mut probe = Actor::new(router);
        assert_eq!(probe.get("/healthz").await.status, StatusCode::OK);
        let told = probe.get("/readyz").await;
        assert_eq!((told.status, told.text().contains("database")), (StatusCode::SERVICE_UNAVAILABLE, true));
    }
    let page = Actor::new(vantera::wiring::router(state)).get(&format!("/b/{SLUG}/join")).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE, "{}", page.text());
    assert!(page.text().contains("חלק מהבניין לא זמין כרגע") && page.headers.contains_key("retry-after"));
    app.finish().await;
}
