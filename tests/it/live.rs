//! The live line: nothing lost, nothing for the wrong ears, and over when it must be over.

use std::time::Duration;

use axum::body::Body;
use futures::StreamExt;
use http::{HeaderMap, Request, StatusCode, header};
use testkit::Actor;
use tower::ServiceExt;
use vantera::stream;

use crate::logs::Log;
use crate::support::{App, SLUG};

/// The host that testkit's actors call.
const HOST: &str = "vantera.test";

/// An open stream, as a browser holds one.
struct Live {
    status: StatusCode,
    headers: HeaderMap,
    body: axum::body::BodyDataStream,
    heard: String,
}

impl Live {
    async fn open(app: &App, actor: &Actor, query: &str, extra: &[(&str, &str)]) -> Self {
        let mut request = Request::builder()
            .uri(format!("/b/{SLUG}/stream{query}"))
            .header(header::HOST, HOST)
            .header(header::ACCEPT, "text/event-stream")
            .header(header::COOKIE, format!("__Host-session={}", actor.cookie("__Host-session").unwrap_or_default()));
        for (name, value) in extra {
            request = request.header(*name, *value);
        }
        let response = app.router.clone().oneshot(request.body(Body::empty()).expect("a request")).await.expect("an answer");
        let (parts, body) = response.into_parts();
        Self { status: parts.status, headers: parts.headers, body: body.into_data_stream(), heard: String::new() }
    }

    /// Listens until this was heard.
    async fn until(&mut self, words: &str) {
        while !self.heard.contains(words) {
            let chunk = tokio::time::timeout(Duration::from_secs(10), self.body.next()).await.unwrap_or_else(|_| panic!("{words} is not heard: {}", self.heard));
            let chunk = chunk.unwrap_or_else(|| panic!("the stream ended before {words}: {}", self.heard)).expect("a chunk");
            self.heard.push_str(&String::from_utf8_lossy(&chunk));
        }
    }

    /// Listens until the stream ends.
    async fn end(&mut self) {
        let rest = async {
            while let Some(chunk) = self.body.next().await {
                self.heard.push_str(&String::from_utf8_lossy(&chunk.expect("a chunk")));
            }
        };
        tokio::time::timeout(Duration::from_secs(10), rest).await.expect("the stream ends");
    }

    fn events(&self) -> Vec<&str> {
        self.heard.lines().filter_map(|line| line.strip_prefix("event: ")).collect()
    }
}

async fn comment(actor: &mut Actor, post: &str, body: &str) {
    let answer = actor.call("feed/comment", &[("building", SLUG), ("post", post), ("body", body)]).await;
    assert!(answer.status.is_success() || answer.status.is_redirection(), "{}", answer.text());
}

async fn joined_post(app: &App) -> String {
    app.text("select post_id::text from posts where kind = 'joined' order by created_at limit 1").await.expect("a post")
}

fn listen(app: &App) {
    tokio::spawn(stream::server::listener(app.web.clone()));
}

#[tokio::test]
async fn news_arrives_while_the_page_is_open_and_is_caught_up_after_a_pause() {
    let app = App::with_building().await;
    listen(&app);
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    let post = joined_post(&app).await;
    let mut live = Live::open(&app, &noa, "", &[]).await;
    assert_eq!(live.status, StatusCode::OK);
    assert_eq!(live.headers[header::CONTENT_TYPE], "text/event-stream");
    assert_eq!((&live.headers[header::CACHE_CONTROL], &live.headers["x-accel-buffering"]), (&"no-store".parse().unwrap(), &"no".parse().unwrap()));
    live.until("retry: ").await;
    comment(&mut noa, &post, "ראשונה").await;
    live.until(&format!("\"subject\":\"{post}\"")).await;
    assert_eq!(live.events(), ["comment"], "what was before is not told again");
    let id = live.heard.lines().find_map(|line| line.strip_prefix("id: ")).expect("an id").to_owned();
    drop(live);

    comment(&mut noa, &post, "שנייה").await;
    noa.call("feed/react", &[("building", SLUG), ("post", &post), ("on", "true")]).await;
    let mut back = Live::open(&app, &noa, "?from=0", &[("last-event-id", &id)]).await;
    back.until("reaction.changed").await;
    assert_eq!(back.events(), ["comment", "reaction"], "the last id wins over the page's number");
    let mut whole = Live::open(&app, &noa, "?from=0", &[]).await;
    whole.until("reaction.changed").await;
    let numbers: Vec<i64> = whole.heard.lines().filter_map(|line| line.strip_prefix("id: ")?.parse().ok()).collect();
    assert_eq!(numbers, (1..=numbers.len() as i64).collect::<Vec<_>>(), "without gaps, from the first");
    app.finish().await;
}

#[tokio::test]
async fn a_long_absence_is_caught_up_in_order() {
    let app = App::with_building().await;
    let noa = app.resident("3", "נועה שגב", "0543182704").await;
    let head = app.count("select last_seq from activity_heads").await;
    sqlx::query("insert into activity (tenant_id, seq, kind, audience, payload, created_at) select tenant_id, last_seq + n, 'poll.ended', 'everyone', '{}', now() from activity_heads, generate_series(1, 450) n").execute(&app.all).await.expect("lines");
    sqlx::query("update activity_heads set last_seq = last_seq + 450").execute(&app.all).await.expect("a head");
    let mut live = Live::open(&app, &noa, &format!("?from={head}"), &[]).await;
    live.until(&format!("id: {}\n", head + 450)).await;
    assert_eq!(live.events().len(), 450);
    // A number from nowhere begins now.
    let mut lost = Live::open(&app, &noa, "?from=999999", &[]).await;
    lost.until("retry: ").await;
    app.web.stopping.cancel();
    lost.end().await;
    assert!(lost.events().is_empty());
    app.finish().await;
}

#[tokio::test]
async fn a_lost_listening_connection_costs_no_news() {
    let app = App::with_building().await;
    listen(&app);
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    let post = joined_post(&app).await;
    let mut live = Live::open(&app, &noa, "", &[]).await;
    live.until("retry: ").await;
    comment(&mut noa, &post, "לפני").await;
    live.until("comment.created").await;
    for words in ["ראשון", "שני"] {
        live.heard.clear();
        sqlx::query("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query ilike 'listen %'")
            .execute(&app.all)
            .await
            .expect("the connection is cut");
        comment(&mut noa, &post, words).await;
        live.until("comment.created").await;
    }
    app.finish().await;
}

/// Looks at the line since this was asked last, by the statements that were sent.
fn looks(statements: &Log) -> usize {
    statements.take().lines().filter(|line| line.contains("sqlx::query") && line.contains("select seq, kind, audience, subject")).count()
}

/// Each commit notifies for itself; whoever looks meanwhile reads it with one look more, however many they were.
#[tokio::test]
async fn what_is_told_while_a_page_looks_costs_one_look_more_and_not_one_each() {
    let app = App::with_building().await;
    listen(&app);
    let statements = Log::default();
    let _heard = statements.hear("off,sqlx::query=debug");
    let noa = app.resident("3", "נועה שגב", "0543182704").await;
    let tenant = app.text("select tenant_id::text from tenants").await.expect("a tenant");
    let head = app.count("select last_seq from activity_heads").await;
    let mut live = Live::open(&app, &noa, "", &[]).await;
    live.until("retry: ").await;
    let tell = async |whose: &str| sqlx::query("select pg_notify('activity', $1)").bind(whose).execute(&app.all).await.expect("a commit");
    // As it is without anybody in the way: one wake-up, one look.
    let write =
        "insert into activity (tenant_id, seq, kind, audience, payload, created_at) select tenant_id, last_seq + 1, 'poll.ended', 'everyone', '{}', now() from activity_heads";
    let count = "update activity_heads set last_seq = last_seq + 1";
    for sql in [write, count] {
        sqlx::query(sql).execute(&app.all).await.expect("a line");
    }
    looks(&statements);
    tell(&tenant).await;
    live.until(&format!("id: {}\n", head + 1)).await;
    assert_eq!(looks(&statements), 1, "looks are seen here");

    let (mut table, mut told) = (app.all.begin().await.expect("a transaction"), app.web.news.subscribe());
    sqlx::query("lock table activity in access exclusive mode").execute(&mut *table).await.expect("locked");
    let meanwhile = async {
        tell(&tenant).await;
        app.until(
            "select count(*) from pg_locks where not granted and relation = 'activity'::regclass and database = (select oid from pg_database where datname = current_database())",
            1,
        )
        .await;
        for commit in 0..200_u128 {
            let whose = if commit % 2 == 0 { tenant.clone() } else { uuid::Uuid::from_u128(commit).to_string() };
            tell(&whose).await;
        }
        for _ in 0..201 {
            tokio::time::timeout(Duration::from_secs(10), told.recv()).await.expect("the listener hears each").expect("a wake-up");
        }
        drop(told);
        for sql in [write, count] {
            sqlx::query(sql).execute(&mut *table).await.expect("a line");
        }
        table.commit().await.expect("unlocked");
    };
    let last = format!("id: {}\n", head + 2);
    tokio::join!(live.until(&last), meanwhile);
    // Until the page has taken note of every wake-up.
    let noted = async {
        while !app.web.news.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = live.end() => panic!("the stream ended"),
        noted = tokio::time::timeout(Duration::from_secs(10), noted) => noted.expect("every wake-up is noted"),
    }
    let looks = looks(&statements);
    assert!((1..=2).contains(&looks), "{looks} looks for 201 wake-ups, 101 of them its own");
    app.finish().await;
}

#[tokio::test]
async fn the_committees_lines_reach_only_the_committee() {
    let app = App::with_building().await;
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    let rona = app.resident("6", "רונה אלמוג", "0543182706").await;
    sqlx::query("update memberships set role = 'committee' where display_name = 'רונה אלמוג'").execute(&app.all).await.expect("a role");
    let post = joined_post(&app).await;
    noa.call("feed/report", &[("building", SLUG), ("post", &post), ("reason", "בדיקה")]).await;
    comment(&mut noa, &post, "אחרי").await;
    for (actor, hears) in [(&noa, false), (&rona, true)] {
        let mut live = Live::open(&app, actor, "?from=0", &[]).await;
        live.until("comment.created").await;
        assert_eq!(live.heard.contains("report.created"), hears);
    }
    app.finish().await;
}

#[tokio::test]
async fn a_stream_ends_with_the_membership_and_with_the_process() {
    let app = App::with_building().await;
    listen(&app);
    let noa = app.resident("3", "נועה שגב", "0543182704").await;
    let mut yoav = app.resident("5", "יואב פרידמן", "0543182705").await;
    let (mut hers, mut his) = (Live::open(&app, &noa, "", &[]).await, Live::open(&app, &yoav, "", &[]).await);
    hers.until("retry: ").await;
    his.until("retry: ").await;
    sqlx::query("update memberships set state = 'removed', removed_at = now() where display_name = 'נועה שגב'").execute(&app.all).await.expect("a removal");
    let post = joined_post(&app).await;
    comment(&mut yoav, &post, "שקט כאן").await;
    hers.end().await;
    assert!(!hers.heard.contains("comment"), "who was put out hears nothing more");
    his.until("comment.created").await;
    app.web.stopping.cancel();
    his.end().await;
    app.finish().await;
}

#[tokio::test]
async fn another_sites_page_and_a_thirteenth_window_are_refused() {
    let app = App::with_building().await;
    let noa = app.resident("3", "נועה שגב", "0543182704").await;
    for foreign in [&[("sec-fetch-site", "cross-site")][..], &[("origin", "https://evil.example")][..]] {
        assert_eq!(Live::open(&app, &noa, "", foreign).await.status, StatusCode::FORBIDDEN);
    }
    let mut open = Vec::new();
    for _ in 0..12 {
        open.push(Live::open(&app, &noa, "", &[("sec-fetch-site", "same-origin")]).await);
    }
    assert!(open.iter().all(|live| live.status == StatusCode::OK));
    assert_eq!(Live::open(&app, &noa, "", &[]).await.status, StatusCode::TOO_MANY_REQUESTS);
    open.pop();
    assert_eq!(Live::open(&app, &noa, "", &[]).await.status, StatusCode::OK, "a closed window gives its seat back");
    app.finish().await;
}
