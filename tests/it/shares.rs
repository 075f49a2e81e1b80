//! Limits of several processes on one Redis: all take from one share; a Redis that is away refuses nobody and lets nobody
//! off his process's own count.

use std::sync::Arc;
use std::time::Duration;

use kit::TenantId;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use uuid::Uuid;
use vantera::platform::limits::{Key, Limit, Limits, Wait};
use vantera::platform::redis::Redis;
use vantera::platform::{Ids, SystemClock};

use crate::cache::{Server, until};

/// A limit whose share does not come back while a test runs: one in ninety seconds.
const LIMIT: Limit = Limit::OpenBuilding;

/// A process's limits on it.
fn process(server: &Server) -> (Limits, Redis) {
    // Whatever else the machine does meanwhile.
    let redis = Redis::patient(&server.address(), "test", Duration::from_secs(5)).expect("an address");
    (Limits::new(Arc::new(SystemClock), 1, Some(redis.clone())), redis)
}

fn somebody() -> Key {
    Key::Id(Ids.new_id::<TenantId>().0)
}

async fn passing(processes: &[&Limits], key: Key, tries: usize) -> u32 {
    let mut passed = 0;
    for n in 0..tries {
        passed += u32::from(processes[n % processes.len()].check(&[(LIMIT, key)]).await.is_ok());
    }
    passed
}

#[tokio::test]
async fn two_processes_on_one_redis_give_one_share_and_two_without_it_give_two() {
    let server = Server::start().await;
    let ((one, _), (two, _)) = (process(&server), process(&server));
    let burst = LIMIT.rule().burst;
    let knocking = somebody();
    assert_eq!(passing(&[&one, &two], knocking, 100).await, burst);
    assert_eq!(passing(&[&one, &two], somebody(), 100).await, burst, "another one's share is his own");
    let refused = two.check(&[(LIMIT, knocking)]).await.expect_err("nothing is left");
    assert!(refused.limit == LIMIT && (1..=90).contains(&refused.seconds), "{refused:?}");
    let alone = || Limits::new(Arc::new(SystemClock), 1, None);
    assert_eq!(passing(&[&alone(), &alone()], knocking, 100).await, 2 * burst);
}

#[tokio::test]
async fn of_several_shares_all_are_taken_or_none() {
    let server = Server::start().await;
    let ((one, _), (two, _)) = (process(&server), process(&server));
    let (empty, whole) = (somebody(), somebody());
    assert_eq!(passing(&[&one], empty, 100).await, LIMIT.rule().burst);
    for _ in 0..10 {
        let refused: Result<(), Wait> = two.check(&[(Limit::PreviewList, whole), (LIMIT, empty)]).await;
        assert_eq!(refused.expect_err("one of them is empty").limit, LIMIT);
    }
    let mut left = 0;
    while one.check(&[(Limit::PreviewList, whole)]).await.is_ok() {
        left += 1;
    }
    assert_eq!(left, Limit::PreviewList.rule().burst, "the other one lost nothing by it");
}

#[tokio::test]
async fn a_redis_killed_in_the_middle_refuses_nobody_and_each_process_goes_by_its_own_count() {
    let mut server = Server::start().await;
    let ((one, seen_by_one), (two, seen_by_two)) = (process(&server), process(&server));
    let burst = LIMIT.rule().burst;
    let knocking = somebody();
    assert_eq!(passing(&[&one, &two], knocking, 10).await, 10);
    server.kill();
    // Each has counted its own half all along.
    assert_eq!(passing(&[&one], knocking, 100).await, burst - 5);
    assert_eq!(passing(&[&two], knocking, 100).await, burst - 5);
    assert!(seen_by_one.is_away() && seen_by_two.is_away());
    server.start_again().await;
    until(|| !seen_by_one.is_away() && !seen_by_two.is_away()).await;
    assert_eq!(passing(&[&one, &two], somebody(), 100).await, burst, "and they share again");
}

#[tokio::test]
async fn what_redis_keeps_of_a_share_is_forgotten_when_it_is_whole_again() {
    let server = Server::start().await;
    let (limits, _) = process(&server);
    let key = Key::Id(Uuid::from_u128(7));
    limits.check(&[(LIMIT, key), (Limit::Requests, key)]).await.expect("the first of each");
    let mut connection = redis::Client::open(server.address()).expect("an address").get_multiplexed_async_connection().await.expect("a connection");
    let name = format!("vantera:test:limit:{}:{key}", LIMIT.rule().name);
    let left: i64 = redis::cmd("PTTL").arg(&name).query_async(&mut connection).await.expect("an answer");
    assert!((60_000..=90_000).contains(&left), "one of forty an hour is back in ninety seconds: {left} ms");
}

/// Redis' clock was set back, or the limit was wider yesterday: nobody is locked out for longer than the share takes.
#[tokio::test]
async fn a_share_that_lies_in_the_far_future_is_an_empty_one_and_no_more() {
    let server = Server::start().await;
    let (limits, _) = process(&server);
    let key = somebody();
    let mut connection = redis::Client::open(server.address()).expect("an address").get_multiplexed_async_connection().await.expect("a connection");
    let (seconds, _): (u64, u64) = redis::cmd("TIME").query_async(&mut connection).await.expect("its clock");
    let tomorrow = format!("{}", (seconds + 86_400) * 1_000_000);
    let () = redis::cmd("SET").arg(format!("vantera:test:limit:{}:{key}", LIMIT.rule().name)).arg(tomorrow).query_async(&mut connection).await.expect("set");
    let refused = limits.check(&[(LIMIT, key)]).await.expect_err("the share is empty");
    assert!((1..=91).contains(&refused.seconds), "{refused:?}");
}

/// Hands bytes on to a Redis. Connections that were opened before it fell silent get nothing any more, and are not told so.
async fn wire(port: u16) -> (String, watch::Sender<u32>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("redis://{}", listener.local_addr().expect("an address"));
    let (silenced, silent) = watch::channel(0);
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let mut silent = silent.clone();
            let since = *silent.borrow();
            tokio::spawn(async move {
                let mut far = TcpStream::connect(("127.0.0.1", port)).await.expect("the server");
                tokio::select! {
                    _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                    _ = async { silent.wait_for(|now| *now != since).await.map(drop) } => {}
                }
                if *silent.borrow() != since {
                    // Both ends stay open.
                    std::future::pending::<()>().await;
                }
            });
        }
    });
    (address, silenced)
}

#[tokio::test]
async fn a_redis_whose_machine_is_gone_without_a_word_is_asked_over_a_new_connection() {
    let server = Server::start().await;
    let (address, silenced) = wire(server.port()).await;
    let redis = Redis::new(&address, "test").expect("an address");
    let limits = Limits::new(Arc::new(SystemClock), 1, Some(redis.clone()));
    limits.check(&[(LIMIT, somebody())]).await.expect("the first");
    silenced.send_modify(|times| *times += 1);
    limits.check(&[(LIMIT, somebody())]).await.expect("nobody is refused for it");
    until(|| redis.is_away()).await;
    until(|| !redis.is_away()).await;
    let (other, _) = process(&server);
    let knocking = somebody();
    assert_eq!(passing(&[&limits, &other], knocking, 100).await, LIMIT.rule().burst, "and the share is one again");
}
