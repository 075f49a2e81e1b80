//! The pools: what a request that was cut off leaves behind is nothing.

use std::future::Future;
use std::task::Poll;

use vantera::platform::database;

use crate::support::App;

/// Asks `work` to go on `turns` times and then drops it, as a server does whose client has gone. Whether it had ended.
async fn cut_after<T>(turns: usize, work: impl Future<Output = T>) -> bool {
    let mut work = Box::pin(work);
    let mut left = turns;
    std::future::poll_fn(move |context| {
        if work.as_mut().poll(context).is_ready() {
            return Poll::Ready(true);
        }
        left = left.saturating_sub(1);
        if left == 0 { Poll::Ready(false) } else { Poll::Pending }
    })
    .await
}

/// Whoever begins a transaction and is cut off before the server's answer leaves it open on a connection of the pool: the
/// next one's writes would go into it, and would never be committed.
#[tokio::test]
async fn a_transaction_cut_off_while_it_begins_takes_nothing_of_the_next_one() {
    let app = App::start().await;
    let pool = database::pool(app.database.owner(), 1).await.expect("a pool");
    let other = database::pool(app.database.owner(), 1).await.expect("another pool");
    sqlx::query("create table kept (n int primary key)").execute(&pool).await.expect("a table");
    let (mut cut, mut n) = (0, 0);
    while cut < 100 {
        n += 1;
        assert!(n < 5_000, "only {cut} of {n} were cut off");
        // The connection is asked whether it lives, then BEGIN is sent: a different turn is the last one each time. On a busy
        // machine answers are there at the first look, and nothing is cut off.
        cut += i32::from(!cut_after(1 + n as usize % 4, pool.begin()).await);
        sqlx::query("insert into kept (n) values ($1)").bind(n).execute(&pool).await.expect("a write");
        let seen: bool = sqlx::query_scalar("select exists (select 1 from kept where n = $1)").bind(n).fetch_one(&other).await.expect("a look");
        assert!(seen, "write {n} was told as done and is not there, after {cut} cuts");
    }
    app.finish().await;
}
