//! What a commit's lost answer leaves behind: the tokens stand, and whoever asked for them is told so.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;
use vantera::connections::server::{self, AHEAD, Refreshed};
use vantera::platform::database;

use super::LIFE;
use super::desk::Desk;

/// Stands between a pool and the database. Connections over which a token's write was asked for are cut off after their
/// commit, as many as are laid down: the database has committed, and whoever waits hears nothing of it.
struct Between {
    url: String,
    cuts: Arc<AtomicUsize>,
}

impl Between {
    async fn stand(before: &str) -> Self {
        let mut url = Url::parse(before).expect("the database's address");
        let to = (url.host_str().expect("a host").to_owned(), url.port().expect("a port"));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        url.set_host(Some("127.0.0.1")).expect("a host");
        url.set_port(Some(listener.local_addr().expect("an address").port())).expect("a port");
        let cuts = Arc::new(AtomicUsize::new(0));
        let left = cuts.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (to, left) = (to.clone(), left.clone());
                tokio::spawn(async move { between(client, TcpStream::connect(to).await?, &left).await });
            }
        });
        Self { url: url.into(), cuts }
    }
}

async fn between(mut client: TcpStream, mut server: TcpStream, left: &AtomicUsize) -> std::io::Result<()> {
    let (mut asked, mut told) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    let has = |bytes: &[u8], words: &str| bytes.windows(words.len()).any(|window| window == words.as_bytes());
    let mut writes = false;
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let bytes = &asked[..read?];
                if bytes.is_empty() {
                    return Ok(());
                }
                writes |= has(bytes, "set sealed_access = $3");
                server.write_all(bytes).await?;
                let cut = writes && has(bytes, "COMMIT") && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
                if cut {
                    // It has answered: it is done there. Nobody is told.
                    server.read_u8().await?;
                    return Ok(());
                }
            }
            read = server.read(&mut told) => {
                let bytes = &told[..read?];
                if bytes.is_empty() {
                    return Ok(());
                }
                client.write_all(bytes).await?;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_that_were_written_before_the_answer_was_cut_off_are_told_as_fresh() {
    let desk = Desk::open().await;
    let connection = desk.connect("1098", serde_json::json!({ "rotates": true })).await;
    // Once; and at each of the times that it is tried.
    for (round, cuts) in (1..).zip([1, 3]) {
        let between = Between::stand(desk.app.database.worker()).await;
        let far = desk.app.worker.with_pool(database::pool(&between.url, 2).await.expect("a pool"));
        desk.app.advance(LIFE - 300);
        between.cuts.store(cuts, Ordering::SeqCst);
        let outcome = server::refresh(&far, desk.tenant, connection, AHEAD, "job-far").await.expect("an outcome");
        assert_eq!((outcome, between.cuts.load(Ordering::SeqCst)), (Refreshed::Fresh, 0));
        assert_eq!(desk.asked().await, round, "asked once");
        assert_eq!(desk.text(&desk.app.worker, connection).await, desk.newest("1098").await);
        assert_eq!(desk.app.count("select count(*) from connections where lease is null").await, 1);
    }
    desk.app.finish().await;
}
