//! Withdrawn, killed, hanging, side by side: what must not be lost, doubled or told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hooks::address::Reach;
use hooks::sender::{Sender, Settings};
use vantera::gateway::server::pump;
use vantera::platform::lanes::{self, Lane};

use super::desk::{Desk, Receiver, Reply, run};

/// By the rule of three: none in n says with 95 % certainty that it happens less often than 3/n.
fn none_of(what: &str, n: usize) {
    println!("{what}: 0 of {n}; 3/N = {:.4}", 3.0 / n as f64);
}

#[tokio::test]
async fn a_partner_whose_grant_is_withdrawn_hears_nothing_more_not_even_what_waits() {
    const WAITING: usize = 200;
    let desk = Desk::granted(&["notice.published"]).await;
    let receiver = Receiver::start().await;
    let (endpoint, _) = desk.endpoint(&receiver.url).await;
    desk.notices(WAITING).await;
    desk.withdraw().await;
    desk.pump(endpoint).await;
    desk.notices(1).await;
    desk.later(3600).await;
    assert_eq!(receiver.got().len(), 0);
    none_of("told after the grant was withdrawn", WAITING);
    assert_eq!((desk.in_state("cancelled").await, desk.in_state("pending").await), (WAITING as i64, 0));
    desk.app.finish().await;
}

#[tokio::test]
async fn a_grant_withdrawn_between_two_attempts_ends_them() {
    let desk = Desk::granted(&["notice.published"]).await;
    let receiver = Receiver::start().await;
    desk.endpoint(&receiver.url).await;
    receiver.answers([Reply::Status(500)]);
    desk.notices(1).await;
    desk.app.drain().await;
    desk.withdraw().await;
    desk.later(3600).await;
    assert_eq!((receiver.got().len(), desk.in_state("cancelled").await), (1, 1));
    desk.app.finish().await;
}

/// A repeated delivery outlives its message, whose month is let go of by age.
#[tokio::test]
async fn a_delivery_whose_message_is_kept_no_more_ends_and_stands_in_nobodys_way() {
    const OLD: usize = 12;
    let desk = Desk::granted(&["notice.published"]).await;
    let receiver = Receiver::start().await;
    let (endpoint, _) = desk.endpoint(&receiver.url).await;
    desk.notices(OLD).await;
    sqlx::query("delete from gateway_messages").execute(&desk.app.all).await.expect("the month is over");
    desk.notices(1).await;
    desk.pump(endpoint).await;
    receiver.has(1).await;
    assert_eq!((desk.in_state("failed").await, desk.in_state("delivered").await, desk.in_state("pending").await), (OLD as i64, 1, 0));
    assert_eq!(desk.app.count("select count(*) from gateway_deliveries where last_outcome = 'kept_no_more' and attempts = 0").await, OLD as i64, "none was tried");
    desk.app.drain().await;
    desk.app.finish().await;
}

/// The pump is ended at the moment when the receiver has the request and nothing is written down of it.
#[tokio::test]
async fn killed_between_sending_and_recording_it_is_sent_again_under_the_same_id() {
    const KILLS: usize = 100;
    let desk = Desk::granted(&["notice.published"]).await;
    let receiver = Receiver::start().await;
    let (endpoint, _) = desk.endpoint(&receiver.url).await;
    for round in 0..KILLS {
        desk.notices(1).await;
        // The queue's own wake-up is lost with the process that ran it.
        receiver.answers([Reply::Hang]);
        let before = receiver.got().len();
        let pumping = tokio::spawn(pump::pump(run(&desk.app.worker, endpoint)));
        receiver.has(before + 1).await;
        pumping.abort();
        assert!(pumping.await.is_err_and(|ended| ended.is_cancelled()));
        assert_eq!(desk.app.count("select count(*) from gateway_attempts").await, round as i64, "nothing was written down");
        // Another pump leaves it alone as long as the lease lasts.
        desk.pump(endpoint).await;
        assert_eq!(receiver.got().len(), before + 1);
        desk.app.advance(61);
        desk.pump(endpoint).await;
        let got = receiver.got();
        assert_eq!((got.len(), desk.in_state("delivered").await), (before + 2, round as i64 + 1));
        assert_eq!(got[before].id, got[before + 1].id);
        assert_eq!(got[before].body, got[before + 1].body);
    }
    none_of("lost after a kill between sending and recording", KILLS);
}

#[tokio::test]
async fn a_delivery_whose_job_was_lost_is_found_by_the_sweeper() {
    let desk = Desk::granted(&["notice.published"]).await;
    let receiver = Receiver::start().await;
    desk.endpoint(&receiver.url).await;
    desk.notices(3).await;
    let owner = sqlx::PgPool::connect(desk.app.database.owner()).await.expect("the owner");
    sqlx::query("delete from graphile_worker._private_jobs").execute(&owner).await.expect("a loss");
    let sweep = || vantera::platform::jobs::leave_global(&desk.app.worker, vantera::platform::Job::new("gateway.sweep", serde_json::json!({})));
    sweep().await.expect("a job");
    desk.app.drain().await;
    assert_eq!(receiver.got().len(), 0, "what is due just now may have its pump yet");
    desk.app.advance(21);
    sweep().await.expect("a job");
    desk.app.drain().await;
    assert_eq!((receiver.got().len(), desk.in_state("delivered").await), (3, 3));
    desk.app.finish().await;
}

#[tokio::test]
async fn four_pumps_of_one_endpoint_send_each_message_once() {
    const MESSAGES: usize = 150;
    let desk = Desk::granted(&["notice.published"]).await;
    let receiver = Receiver::start().await;
    let (endpoint, _) = desk.endpoint(&receiver.url).await;
    desk.notices(MESSAGES).await;
    let pumps = (0..4).map(|_| pump::pump(run(&desk.app.worker, endpoint)));
    for ended in futures::future::join_all(pumps).await {
        ended.expect("a pump");
    }
    // Whoever found all places taken has left the rest to the others.
    desk.pump(endpoint).await;
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for one in receiver.got() {
        *times.entry(one.id).or_default() += 1;
    }
    assert_eq!((times.len(), times.values().filter(|count| **count != 1).count()), (MESSAGES, 0));
    none_of("lost or doubled beside other pumps", MESSAGES);
    assert_eq!(desk.in_state("delivered").await, MESSAGES as i64);
}

/// By counts and not by clocks: while one endpoint answers nothing at all, another has received everything.
#[tokio::test]
async fn an_endpoint_that_hangs_holds_up_itself_and_no_other() {
    const MESSAGES: usize = 40;
    let desk = Desk::granted(&["notice.published"]).await;
    let (stuck, well) = (Receiver::start().await, Receiver::start().await);
    let (hangs, _) = desk.endpoint(&stuck.url).await;
    let (works, _) = desk.endpoint(&well.url).await;
    stuck.always(Reply::Hang);
    desk.notices(MESSAGES).await;
    let mut patient = desk.app.worker.clone();
    let settings = hooks::sender::Settings { total: std::time::Duration::from_secs(600), ..hooks::sender::Settings::new(hooks::address::Reach::Loopback) };
    patient.sender = std::sync::Arc::new(hooks::sender::Sender::new(settings).expect("a sender"));
    let hanging = tokio::spawn(pump::pump(run(&patient, hangs)));
    stuck.has(8).await;
    desk.pump(works).await;
    assert_eq!((well.got().len(), desk.in_state("delivered").await), (MESSAGES, MESSAGES as i64));
    assert_eq!(stuck.got().len(), 8, "no more are under way at once");
    assert_eq!(patient.afloat.len(), 8, "the other's requests hung all the while");
    hanging.abort();
}

/// It would be left and run again and again until the other's requests come back.
#[tokio::test]
async fn a_pump_that_finds_all_places_taken_does_not_run_in_circles() {
    let desk = Desk::granted(&["notice.published"]).await;
    let receiver = Receiver::start().await;
    let (endpoint, _) = desk.endpoint(&receiver.url).await;
    receiver.always(Reply::Hang);
    desk.notices(20).await;
    let mut patient = desk.app.worker.clone();
    let settings = hooks::sender::Settings { total: std::time::Duration::from_secs(600), ..hooks::sender::Settings::new(hooks::address::Reach::Loopback) };
    patient.sender = std::sync::Arc::new(hooks::sender::Sender::new(settings).expect("a sender"));
    let hanging = tokio::spawn(pump::pump(run(&patient, endpoint)));
    receiver.has(8).await;
    desk.pump(endpoint).await;
    let waiting = "select count(*) from graphile_worker._private_jobs where run_at > now() + interval '30 s'";
    assert_eq!((desk.app.jobs_due().await, desk.app.count(waiting).await), (0, 1), "it waits until the other must have died");
    // The other dies; the one that waited takes over when the leases are over.
    hanging.abort();
    assert!(hanging.await.is_err());
    receiver.always(Reply::Status(200));
    desk.later(61).await;
    assert_eq!(desk.in_state("delivered").await, 20);
    desk.app.finish().await;
}

#[tokio::test]
async fn an_endpoint_that_goes_on_failing_is_probed_one_at_a_time() {
    let desk = Desk::granted(&["notice.published"]).await;
    let receiver = Receiver::start().await;
    let (endpoint, _) = desk.endpoint(&receiver.url).await;
    receiver.always(Reply::Status(500));
    desk.notices(40).await;
    desk.pump(endpoint).await;
    let first = receiver.got().len();
    assert!((5..=16).contains(&first), "{first} failed before the breaker opened");
    desk.pump(endpoint).await;
    assert_eq!(receiver.got().len(), first, "it is left alone");
    desk.app.advance(601);
    desk.pump(endpoint).await;
    assert_eq!(receiver.got().len(), first + 1, "one asks whether it is back");
    // The first success opens it wide again.
    receiver.always(Reply::Status(200));
    desk.app.advance(601);
    desk.pump(endpoint).await;
    assert_eq!(desk.in_state("delivered").await, 40);
    assert_eq!(desk.app.count("select count(*) from gateway_endpoints where failures_in_a_row = 0 and hold_until is null").await, 1);
}

#[tokio::test]
async fn months_get_their_partitions_and_lose_them_after_three() {
    let desk = Desk::granted(&["notice.published"]).await;
    let receiver = Receiver::start().await;
    let (endpoint, _) = desk.endpoint(&receiver.url).await;
    let keep = || vantera::platform::jobs::leave_global(&desk.app.worker, vantera::platform::Job::new("gateway.months", serde_json::json!({})));
    keep().await.expect("a job");
    desk.app.drain().await;
    desk.notices(1).await;
    desk.pump(endpoint).await;
    let months = "select count(*) from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'gateway_messages'::regclass and c.relname ~ '_[0-9]{6}$'";
    let before = desk.app.count(months).await;
    assert!(before >= 4, "{before}");
    for month in 1..=5 {
        desk.app.advance(31 * 24 * 3600);
        keep().await.expect("a job");
        desk.app.drain().await;
        let kept = desk.app.count("select (select count(*) from gateway_messages) + (select count(*) from gateway_deliveries) + (select count(*) from gateway_attempts)").await;
        assert_eq!(kept, if month <= 3 { 3 } else { 0 }, "after {month} months");
    }
    assert_eq!(desk.app.count("select count(*) from gateway_messages_rest").await, 0);
    desk.notices(1).await;
    desk.app.drain().await;
    assert_eq!(receiver.got().len(), 2);
    desk.app.finish().await;
}

/// As many endpoints that say nothing as the lane has slots, and one that works. Each of the silent ones is waited for for a
/// minute here; the lane is not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn as_many_hanging_endpoints_as_the_lane_has_slots_do_not_stop_the_others() {
    const MESSAGES: usize = 40;
    let desk = Desk::granted(&["notice.published"]).await;
    let (stuck, well) = (Receiver::start().await, Receiver::start().await);
    stuck.always(Reply::Hang);
    let mut state = desk.app.worker.clone();
    let settings = Settings { total: Duration::from_secs(60), ..Settings::new(Reach::Loopback) };
    state.sender = Arc::new(Sender::new(settings).expect("a sender"));
    let slots = state.config.lane_slots.of(Lane::Webhooks);
    for _ in 0..slots {
        desk.endpoint(&stuck.url).await;
    }
    let runner = lanes::runner(&state, Lane::Webhooks, &vantera::wiring::jobs()).await.expect("a runner");
    let working = lanes::work(&state, Lane::Webhooks, &runner);
    let telling = async {
        desk.notices(1).await;
        stuck.has(slots).await;
        desk.endpoint(&well.url).await;
        let begun = tokio::time::Instant::now();
        desk.notices(MESSAGES).await;
        well.has(MESSAGES).await;
        begun.elapsed()
    };
    let took = tokio::select! {
        took = telling => took,
        ended = working => panic!("the lane ended: {ended:?}"),
    };
    assert_eq!(desk.app.count("select count(*) from gateway_attempts where outcome <> 'delivered'").await, 0, "nobody had answered or given up yet");
    println!("{slots} hanging endpoints on a lane of {slots} slots: {MESSAGES} messages to another were there in {took:?}");
    // At most eight requests hang at each, whoever asked for them.
    assert!(stuck.got().len() <= slots * 8, "{}", stuck.got().len());
}

/// How a request ended that its pump had left to itself is written down all the same, and the next pump follows.
#[tokio::test]
async fn an_answer_that_comes_after_its_pump_is_written_down_and_the_rest_is_sent() {
    let desk = Desk::granted(&["notice.published"]).await;
    let receiver = Receiver::start().await;
    let (endpoint, _) = desk.endpoint(&receiver.url).await;
    let mut state = desk.app.worker.clone();
    state.sender = Arc::new(Sender::new(Settings { total: Duration::from_secs(60), ..Settings::new(Reach::Loopback) }).expect("a sender"));
    let go_on = Arc::new(tokio::sync::Notify::new());
    receiver.answers((0..8).map(|_| Reply::When(go_on.clone())));
    desk.notices(11).await;
    sqlx::query("delete from graphile_worker._private_jobs")
        .execute(&sqlx::PgPool::connect(desk.app.database.owner()).await.expect("the owner"))
        .await
        .expect("its own wake-up is spent");
    pump::pump(run(&state, endpoint)).await.expect("a pump that gives its slot back");
    assert_eq!((receiver.got().len(), desk.in_state("delivered").await, state.afloat.len()), (8, 0, 8));
    go_on.notify_waiters();
    state.afloat.close();
    state.afloat.wait().await;
    assert_eq!(desk.in_state("delivered").await, 8);
    desk.app.drain().await;
    assert_eq!((receiver.got().len(), desk.in_state("delivered").await), (11, 11), "each once");
    desk.app.finish().await;
}
