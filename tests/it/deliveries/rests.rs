//! When nothing is sent to an endpoint: as long as it asked for, and not a moment longer than there is reason.

use std::sync::Arc;
use std::time::Duration;

use hooks::address::Reach;
use hooks::sender::{Sender, Settings};
use serde_json::json;
use vantera::gateway::server::pump::{self, Patience};
use vantera::platform::{AppState, jobs};

use super::desk::{Desk, Receiver, Reply, run};

/// The worker, which waits long for an answer.
fn patient(desk: &Desk) -> AppState {
    let mut state = desk.app.worker.clone();
    state.sender = Arc::new(Sender::new(Settings { total: Duration::from_secs(60), ..Settings::new(Reach::Loopback) }).expect("a sender"));
    state
}

#[tokio::test]
async fn what_an_endpoint_asked_for_stands_when_a_request_that_was_under_way_ends_well() {
    let desk = Desk::granted(&["notice.published"]).await;
    let receiver = Receiver::start().await;
    let (endpoint, _) = desk.endpoint(&receiver.url).await;
    let (state, go_on) = (patient(&desk), Arc::new(tokio::sync::Notify::new()));
    receiver.answers([Reply::When(go_on.clone()), Reply::Later(429, "120")]);
    desk.notices(2).await;
    // One is told to come in two minutes while the other is still under way; the pump leaves that one to itself.
    pump::pump(run(&state, endpoint)).await.expect("a pump");
    assert_eq!((receiver.got().len(), desk.in_state("delivered").await, state.afloat.len()), (2, 0, 1));
    assert_eq!(desk.app.count("select count(*) from gateway_attempts where status = 429").await, 1);
    go_on.notify_waiters();
    state.afloat.close();
    state.afloat.wait().await;
    assert_eq!(desk.in_state("delivered").await, 1);
    desk.notices(1).await;
    for seconds in [0, 60, 59] {
        desk.later(seconds).await;
        assert_eq!(receiver.got().len(), 2, "nothing before the two minutes are over");
    }
    desk.later(1).await;
    assert_eq!((receiver.got().len(), desk.in_state("delivered").await), (4, 3));
    assert_eq!(desk.app.count("select count(*) from gateway_endpoints where failures_in_a_row = 0 and failing_since is null and hold_until is null").await, 1, "it is well again");
    desk.app.finish().await;
}

/// The pump that ends waits for its turn to say when it comes again, and a message is told in that moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_comes_while_the_pump_goes_to_rest_is_sent_at_once() {
    let desk = Desk::granted(&["notice.published"]).await;
    let receiver = Receiver::start().await;
    let (endpoint, _) = desk.endpoint(&receiver.url).await;
    let (state, go_on) = (patient(&desk), Arc::new(tokio::sync::Notify::new()));
    receiver.answers([Reply::When(go_on.clone())]);
    desk.notices(1).await;
    let mut cx = jobs::open_tenant(&desk.app.web, desk.tenant, "test".into()).await.expect("a context");
    sqlx::query("select pg_advisory_xact_lock(hashtext($1))").bind(format!("gateway.pump:{endpoint}")).execute(cx.db()).await.expect("the pump's turn");
    let pumping = tokio::spawn(pump::pump(run(&state, endpoint)));
    receiver.has(1).await;
    desk.app
        .until("select count(*) from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())", 1)
        .await;
    cx.publish("notice.published", json!({ "notice_id": uuid::Uuid::nil() }));
    cx.commit().await.expect("a commit");
    pumping.await.expect("a pump").expect("a pump");
    assert_eq!((desk.app.jobs_due().await, receiver.got().len()), (1, 1), "its pump is due now");
    desk.app.drain().await;
    assert_eq!((receiver.got().len(), desk.in_state("delivered").await), (2, 1), "beside the one that hangs");
    go_on.notify_waiters();
    state.afloat.close();
    state.afloat.wait().await;
    desk.app.skip_pauses().await;
    desk.app.drain().await;
    assert_eq!((receiver.got().len(), desk.in_state("delivered").await), (2, 2));
    desk.app.finish().await;
}

/// Each message to an endpoint that hangs wakes a pump; were each of them as patient as the first, a few endpoints would
/// take all the lane's slots.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_to_an_endpoint_that_is_known_to_hang_only_glances() {
    let desk = Desk::granted(&["notice.published"]).await;
    let (known, new) = (Receiver::start().await, Receiver::start().await);
    let (known_id, _) = desk.endpoint(&known.url).await;
    let (new_id, _) = desk.endpoint(&new.url).await;
    known.always(Reply::Hang);
    new.always(Reply::Hang);
    let state = patient(&desk);
    desk.notices(1).await;
    pump::pump(run(&state, known_id)).await.expect("a pump");
    desk.notices(1).await;
    // Who is patient waits longer here than a machine may be busy: whoever is back before half of it has only glanced.
    let patience = Patience { whole: Duration::from_secs(40), ..Patience::USUAL };
    let first = tokio::spawn(pump::pump_with(run(&state, new_id), patience));
    new.has(2).await;
    tokio::time::timeout(patience.whole / 2, pump::pump_with(run(&state, known_id), patience)).await.expect("a glance").expect("a pump");
    assert_eq!(known.got().len(), 2, "it was asked all the same");
    assert!(!first.is_finished(), "one that came earlier, to an endpoint of which nothing is known, still waits");
    first.abort();
}

/// Beyond what one process may have under way, a pump keeps its slot however silent its endpoint is known to be: it waits
/// then as others do, and does not ask the database after each glance.
#[tokio::test(flavor = "multi_thread")]
async fn a_pump_that_has_to_keep_its_slot_does_not_glance() {
    let desk = Desk::granted(&["notice.published"]).await;
    let known = Receiver::start().await;
    let (known_id, _) = desk.endpoint(&known.url).await;
    known.always(Reply::Hang);
    let state = patient(&desk);
    desk.notices(1).await;
    pump::pump(run(&state, known_id)).await.expect("a pump");
    // As many requests under way as a crowd of silent endpoints leaves.
    let crowd: Vec<_> = (0..1_000).map(|_| state.afloat.token()).collect();
    desk.notices(1).await;
    let patience = Patience { whole: Duration::from_secs(40), glance: Duration::from_millis(1) };
    let pumping = tokio::spawn(pump::pump_with(run(&state, known_id), patience));
    known.has(2).await;
    // One that asks after each glance would take the next message long before all of these have come to another endpoint.
    let other = Receiver::start().await;
    let (other_id, _) = desk.endpoint(&other.url).await;
    desk.notices(5).await;
    pump::pump_with(run(&state, other_id), patience).await.expect("a pump");
    assert_eq!((known.got().len(), other.got().len()), (2, 5));
    assert!(!pumping.is_finished(), "it keeps its slot");
    pumping.abort();
    drop(crowd);
}
