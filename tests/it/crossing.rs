//! Forms that another site sends with our reader's cookies. The doors are taken from what the house has (server
//! functions from the library's list, plain routes from wiring.rs), so that a new one is tried by itself.

use axum::Router;
use axum::body::Body;
use http::{Method, Request, StatusCode, header};
use testkit::Actor;
use tower::ServiceExt;
use vantera::wiring;

use crate::support::{App, SLUG};

/// What a browser says about a form that another site's page sends. Old ones say one of the two.
const FOREIGN: &[&[(&str, &str)]] = &[
    &[("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")],
    &[("origin", "https://evil.example")],
    &[("origin", "null")],
    &[("sec-fetch-site", "cross-site")],
    &[("sec-fetch-site", "same-site")],
    &[("origin", "https://vantera.test.evil.example"), ("sec-fetch-site", "cross-site")],
    // Another port of this host is another site.
    &[("origin", "http://vantera.test:8080")],
];

/// How a form may be encoded without asking us first.
const KINDS: [&str; 3] = ["application/x-www-form-urlencoded", "multipart/form-data; boundary=edge", "text/plain"];

/// Every door that may change something.
fn doors() -> Vec<(Method, String)> {
    let calls = wiring::server_function_paths().into_iter().map(|path| (Method::POST, path));
    let plain = wiring::PLAIN_ROUTES.iter().filter(|(method, _)| !["GET", "HEAD"].contains(method)).map(|(method, path)| {
        let path = path
            .split('/')
            .map(|part| {
                if part == "{slug}" {
                    SLUG
                } else if part.starts_with('{') {
                    "x"
                } else {
                    part
                }
            })
            .collect::<Vec<_>>()
            .join("/");
        (method.parse().expect("a method"), path)
    });
    calls.chain(plain).collect()
}

/// The doors that did not refuse a form of another site, and how they answered.
async fn crossings(router: &Router, session: Option<&str>, doors: &[(Method, String)]) -> Vec<String> {
    let mut found = Vec::new();
    for (method, path) in doors {
        for headers in FOREIGN {
            for (at, kind) in KINDS.iter().enumerate() {
                let accept = ["text/html,application/xhtml+xml", "application/json", "*/*"][at];
                let mut request =
                    Request::builder().method(method.clone()).uri(path).header(header::HOST, testkit::HOST).header(header::ACCEPT, accept).header(header::CONTENT_TYPE, *kind);
                for (name, value) in *headers {
                    request = request.header(*name, *value);
                }
                if let Some(session) = session {
                    request = request.header(header::COOKIE, format!("__Host-session={session}"));
                }
                let request = request.body(Body::from(format!("building={SLUG}&everywhere=true&phone=0541112233"))).expect("a request");
                let answer = router.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
                if answer.status() != StatusCode::FORBIDDEN || answer.headers().contains_key(header::SET_COOKIE) {
                    found.push(format!("{method} {path} with {headers:?}: {}", answer.status()));
                }
            }
        }
    }
    found
}

/// How much stands in every table of ours; what ran would have left something, if only a line of the audit log.
async fn everything(app: &App) -> Vec<(String, i64)> {
    sqlx::query_as(
        "select t.table_name::text, (xpath('/row/n/text()', query_to_xml(format('select count(*) as n from %I.%I', t.table_schema, t.table_name), false, true, '')))[1]::text::bigint
         from information_schema.tables t where t.table_schema in ('public', 'graphile_worker') and t.table_type = 'BASE TABLE' order by 1",
    )
    .fetch_all(&app.all)
    .await
    .expect("counts")
}

#[tokio::test]
async fn a_form_of_another_site_is_refused_at_every_door_before_anything_runs() {
    let app = App::with_building().await;
    let mut noa: Actor = app.resident("3", "נועה שגב", "0543182704").await;
    noa.get(&format!("/b/{SLUG}")).await;
    app.drain().await;
    let before = everything(&app).await;
    assert!(before.iter().any(|(table, rows)| table == "audit_log" && *rows > 0), "the counts are read: {before:?}");
    let doors = doors();
    assert!(doors.len() > 20, "{doors:?}");
    let found = crossings(&app.router, noa.cookie("__Host-session"), &doors).await;
    assert!(found.is_empty(), "{} came through:\n{}\n", found.len(), found.join("\n"));
    assert_eq!(everything(&app).await, before, "nothing was written");
    let alive = app.count("select count(*) from sessions where ended_at is null").await;
    assert_eq!(alive, 1, "and nobody was signed out");
    app.finish().await;
}

/// A link or a picture of another site is a GET, which no guard stops: none of our server functions runs by one.
#[tokio::test]
async fn no_server_function_that_changes_something_runs_by_a_link() {
    let app = App::with_building().await;
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    noa.get(&format!("/b/{SLUG}")).await;
    app.drain().await;
    let before = everything(&app).await;
    for path in wiring::server_function_paths() {
        let answer = noa.get(&format!("{path}?building={SLUG}&everywhere=true&phone=0541112233")).await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
    }
    assert_eq!(everything(&app).await, before);
    app.finish().await;
}

/// The house's own forms come through, so that the refusals above are about the other site and nothing else.
#[tokio::test]
async fn a_form_of_our_own_comes_through() {
    let app = App::with_building().await;
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    noa.get("/home?stay=1").await;
    assert_eq!(noa.submit("/call/identity/sign_out", &[]).await.status, StatusCode::SEE_OTHER);
    app.finish().await;
}

#[tokio::test]
async fn a_door_that_a_form_of_another_site_opens_is_noticed() {
    let doors = [(Method::POST, "/call/feed/burn".to_owned()), (Method::POST, "/b/herzl-7/cellar".to_owned())];
    let open = Router::new().fallback(|| async { "ran" });
    let tries = doors.len() * FOREIGN.len() * KINDS.len();
    assert_eq!(crossings(&open, None, &doors).await.len(), tries, "every try came through a house without a guard");
    // One that is refused by its handler has run, and set a cookie.
    let late = Router::new().fallback(|| async { (StatusCode::FORBIDDEN, [(header::SET_COOKIE, "a=b")], "") });
    assert_eq!(crossings(&late, None, &doors).await.len(), tries);
    let guarded = open.layer(tower_http::csrf::CsrfLayer::new());
    assert_eq!(crossings(&guarded, None, &doors).await, Vec::<String>::new());
}

#[test]
fn a_new_door_is_tried_by_itself() {
    let doors = doors();
    for path in wiring::server_function_paths() {
        assert!(doors.contains(&(Method::POST, path)));
    }
    let changing = wiring::PLAIN_ROUTES.iter().filter(|(method, _)| *method != "GET").count();
    assert_eq!(doors.len(), wiring::server_function_paths().len() + changing);
    assert!(doors.iter().all(|(_, path)| !path.contains('{')), "{doors:?}");
}
