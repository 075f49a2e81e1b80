//! Tokens of accounts outside: refreshed five minutes ahead by exactly one process, kept from everybody else.

mod bad_days;
mod cut_off;
pub mod desk;
mod secrets;

use desk::Desk;
use jiff::SignedDuration;
use kit::{Code, Lang};
use serde_json::json;
use vantera::connections::server::{self, AHEAD, NoToken};
use vantera::platform::jobs::open_tenant;
use vantera::platform::{Clock, Fault, schedules};
use vantera::wiring;

/// How long a token of the stand-in lives, in seconds.
const LIFE: i64 = 3_599;
const ROUNDS: u64 = 50;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_processes_that_race_for_a_token_one_asks_and_both_have_the_new_one() {
    let desk = Desk::open().await;
    let (one, two) = (desk.app.worker.clone(), desk.another_worker().await);
    let connection = desk.connect("1098", json!({})).await;
    let mut before = desk.newest("1098").await;
    for round in 0..ROUNDS {
        // Every other time the provider takes a while, so that the second comes while the first waits for it.
        let slow = async || {
            if round % 2 == 0 {
                desk.fault(json!({ "mode": "slow_ms", "ms": 30 })).await;
            }
        };
        // Five minutes ahead, by two jobs.
        desk.app.advance(LIFE - 300);
        slow().await;
        let (first, second) = tokio::join!(desk.refresh(&one, connection), desk.refresh(&two, connection));
        first.and(second).expect("both end well");
        assert_eq!(desk.asked().await, 2 * round + 1, "round {round}: one of the two jobs asked");
        let (first, second) = tokio::join!(desk.text(&one, connection), desk.text(&two, connection));
        let newest = desk.newest("1098").await;
        assert!(first == newest && second == newest && newest != before, "round {round}");
        // Ended, by two callers who need it now.
        desk.app.advance(LIFE);
        slow().await;
        let (first, second) = tokio::join!(desk.text(&one, connection), desk.text(&two, connection));
        assert_eq!(desk.asked().await, 2 * round + 2, "round {round}: one of the two callers asked");
        before = desk.newest("1098").await;
        assert!(first == before && second == before && before != newest, "round {round}");
    }
    println!("two processes racing for one token: {} races (3/N = {:.2}), each asked once, both with the new token", 2 * ROUNDS, 3.0 / (2 * ROUNDS) as f64);
    desk.app.finish().await;
}

#[tokio::test]
async fn a_token_is_refreshed_five_minutes_ahead_and_not_a_second_earlier() {
    let desk = Desk::open().await;
    let connection = desk.connect("1098", json!({})).await;
    desk.app.advance(LIFE - 301);
    desk.look().await;
    assert_eq!(desk.waiting().await, 0);
    // A job that comes too early asks nobody.
    desk.refresh(&desk.app.worker, connection).await.expect("nothing to do");
    assert_eq!(desk.asked().await, 0);
    desk.app.advance(1);
    desk.look().await;
    desk.look().await;
    assert_eq!(desk.waiting().await, 1, "one job, however often it is found");
    desk.app.drain().await;
    assert_eq!(desk.asked().await, 1);
    let ends = desk.token(&desk.app.worker, connection).await.expect("a token").ends_at;
    assert_eq!(ends.duration_since(desk.app.clock.now()), SignedDuration::from_secs(LIFE));
    desk.look().await;
    assert_eq!((desk.waiting().await, AHEAD), (0, SignedDuration::from_mins(5)));
    desk.app.finish().await;
}

/// By the house's own schedule, with its clock moving ten seconds at a time.
#[tokio::test]
async fn by_the_clock_alone_it_is_refreshed_before_four_minutes_are_left() {
    let desk = Desk::open().await;
    desk.connect("1098", json!({})).await;
    desk.app.advance(LIFE - 420);
    let mut left = 420;
    while desk.asked().await == 0 {
        assert!(left >= 230, "it was not refreshed");
        schedules::tick(&desk.app.worker, wiring::SCHEDULES).await.expect("a look at the clock");
        desk.app.drain().await;
        desk.app.advance(10);
        left -= 10;
    }
    // What the last turn's ten seconds took off.
    assert!((240..=300).contains(&(left + 10)), "with {} s left", left + 10);
    desk.app.finish().await;
}

#[tokio::test]
async fn a_token_with_a_minute_left_is_given_and_one_with_less_is_refreshed_first() {
    let desk = Desk::open().await;
    let connection = desk.connect("1098", json!({})).await;
    desk.app.advance(LIFE - 60);
    let old = desk.text(&desk.app.worker, connection).await;
    assert_eq!((desk.asked().await, &old), (0, &desk.newest("1098").await));
    desk.app.advance(1);
    assert_ne!(desk.text(&desk.app.worker, connection).await, old);
    assert_eq!(desk.asked().await, 1);
    // A provider whose tokens do not live a minute is asked once for each call, and not for ever.
    let short = desk.connect("1099", json!({ "expires_in": 30 })).await;
    assert!(matches!(desk.token(&desk.app.worker, short).await, Err(NoToken::Unavailable)));
    assert_eq!(desk.asked().await, 2);
}

#[tokio::test]
async fn a_refresh_token_that_the_provider_replaces_is_kept() {
    let desk = Desk::open().await;
    let connection = desk.connect("1098", json!({ "rotates": true })).await;
    for round in 1..=3 {
        let before = desk.grant("1098").await["refresh_token"].clone();
        desk.app.advance(LIFE);
        assert_eq!(desk.text(&desk.app.worker, connection).await, desk.newest("1098").await, "round {round}");
        assert_ne!(desk.grant("1098").await["refresh_token"], before);
    }
    assert_eq!(desk.grant("1098").await["refreshes"], 3);
}

#[tokio::test]
async fn an_account_is_connected_once_ended_with_its_tokens_and_connected_anew() {
    let desk = Desk::open().await;
    let worker = &desk.app.worker;
    let connection = desk.connect("1098", json!({})).await;
    assert_eq!(desk.connect("1098", json!({})).await, connection, "connected again it is the same one");
    assert_eq!(desk.text(worker, connection).await, desk.newest("1098").await, "with the newer consent's token");
    let end = async || {
        let mut cx = open_tenant(worker, desk.tenant, "test".into()).await.expect("a context");
        let ended = server::end(&mut cx, connection).await.expect("an answer");
        cx.commit().await.expect("a commit");
        ended
    };
    assert_eq!((end().await, end().await), (true, false));
    assert_eq!(desk.app.count("select count(*) from connections where sealed_access is null and sealed_refresh is null").await, 1);
    assert!(matches!(desk.token(worker, connection).await, Err(NoToken::Ended)));
    assert_ne!(desk.connect("1098", json!({})).await, connection, "what was ended stays ended");
    assert!(matches!(desk.token(worker, uuid::Uuid::nil()).await, Err(NoToken::NotThere)));
    let acts: Vec<String> = sqlx::query_scalar("select act from audit_log order by created_at, audit_id").fetch_all(&desk.app.all).await.expect("acts");
    assert_eq!(acts, ["connection.made", "connection.made", "connection.ended", "connection.made"]);
}

#[test]
fn whoever_needs_a_token_is_told_why_there_is_none_in_both_languages() {
    let cases: [(fn() -> NoToken, Code); 3] = [(|| NoToken::NeedsConsent, Code::Conflict), (|| NoToken::Ended, Code::Gone), (|| NoToken::Unavailable, Code::Unavailable)];
    for (make, code) in cases {
        let told = |lang| match make().into_fault(lang) {
            Fault::Refused(told) => told,
            other => panic!("{other:?}"),
        };
        let (he, en) = (told(Lang::He), told(Lang::En));
        assert!(he.code == code && en.code == code && en.message.is_ascii() && he.message.chars().any(|ch| ('א'..='ת').contains(&ch)));
    }
    assert!(matches!(NoToken::NotThere.into_fault(Lang::He), Fault::NotFound));
}
