//! What Prometheus reads: scraped from the router of its own listener after somebody joined.

mod rooms;

use http::StatusCode;
use testkit::Actor;

use crate::support::{App, SLUG};

/// One scrape.
struct Scrape(String);

impl Scrape {
    async fn of(app: &App) -> Self {
        let answer = Actor::new(vantera::wiring::metrics_router(app.web.clone())).get("/metrics").await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(answer.headers["content-type"].to_str().is_ok_and(|kind| kind.starts_with("text/plain; version=0.0.4")));
        Self(answer.text())
    }

    /// The value of the line of this name that has all these labels; 0 when there is none, as Prometheus' rate takes it.
    fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let has = |line: &&str| {
            let of_name = line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']));
            of_name && labels.iter().all(|(label, value)| line.contains(&format!("{label}=\"{value}\"")))
        };
        self.0.lines().filter(has).filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    }

    fn step(&self, step: &str) -> f64 {
        self.value("vantera_join_steps_total", &[("step", step)])
    }

    /// Count and sum of a step's times.
    fn took(&self, step: &str) -> (f64, f64) {
        (self.value("vantera_join_step_seconds_count", &[("step", step)]), self.value("vantera_join_step_seconds_sum", &[("step", step)]))
    }

    /// The smallest bound under which this share of a step's times lies.
    fn quantile(&self, step: &str, share: f64) -> f64 {
        let all = self.took(step).0;
        let lines = self.0.lines().filter(|line| line.starts_with("vantera_join_step_seconds_bucket") && line.contains(&format!("step=\"{step}\"")));
        let bounds = lines.filter_map(|line| {
            let bound = line.split("le=\"").nth(1)?.split('"').next()?.parse::<f64>().ok()?;
            let count = line.rsplit(' ').next()?.parse::<f64>().ok()?;
            (count >= all * share).then_some(bound)
        });
        bounds.fold(f64::INFINITY, f64::min)
    }
}

/// Joins with so many seconds between the steps: form, payment page, confirmation, feed.
async fn join(app: &App, flat: &str, phone: &str, seconds: [i64; 4]) {
    let mut actor = app.visitor();
    actor.get(&format!("/b/{SLUG}/join")).await;
    app.advance(seconds[0]);
    actor.submit("/call/joining/submit", &[("building", SLUG), ("flat", flat), ("name", "נועה שגב"), ("phone", phone), ("consent_version", "2026-11")]).await;
    app.drain().await;
    app.advance(seconds[1]);
    actor.get(&format!("/b/{SLUG}/pay")).await;
    // Back and forward again: the page was opened once.
    app.advance(seconds[2] / 2);
    actor.get(&format!("/b/{SLUG}/pay")).await;
    app.advance(seconds[2] - seconds[2] / 2);
    app.stripe.pay(&app.last_session());
    actor.get(&format!("/b/{SLUG}/enter")).await;
    app.drain().await;
    actor.get(&format!("/b/{SLUG}/enter")).await;
    app.advance(seconds[3]);
    assert_eq!(actor.get(&format!("/b/{SLUG}")).await.status, StatusCode::OK);
    actor.get(&format!("/b/{SLUG}")).await;
}

#[tokio::test]
async fn a_join_is_counted_and_timed_step_by_step() {
    let app = App::with_building().await;
    let before = Scrape::of(&app).await;
    assert_eq!(before.step("started"), 0.0);
    join(&app, "3", "0543182704", [21, 2, 14, 4]).await;
    let scrape = Scrape::of(&app).await;
    for step in ["started", "sent", "payment_opened", "confirmed", "first_feed"] {
        assert_eq!(scrape.step(step), 1.0, "{step}\n{}", scrape.0);
    }
    for (step, seconds) in [("sent", 21.0), ("payment_opened", 2.0), ("confirmed", 14.0), ("first_feed", 4.0), ("whole", 41.0)] {
        assert_eq!(scrape.took(step), (1.0, seconds), "{step}");
    }
    // Who opens the form and leaves is the drop-off; who sends it wrong has not sent it.
    let mut curious = app.visitor();
    curious.get(&format!("/b/{SLUG}/join")).await;
    curious.get(&format!("/b/{SLUG}/join")).await;
    curious.submit("/call/joining/submit", &[("building", SLUG), ("flat", "99"), ("name", ""), ("phone", ""), ("consent_version", "")]).await;
    let scrape = Scrape::of(&app).await;
    assert_eq!((scrape.step("started"), scrape.step("sent"), scrape.took("whole").0), (2.0, 1.0, 1.0));
}

#[tokio::test]
async fn half_and_95_percent_of_joins_can_be_read_from_the_buckets() {
    let app = App::with_building().await;
    for (flat, whole) in [("1", 20), ("2", 38), ("3", 44), ("4", 58)] {
        join(&app, flat, &format!("054318270{flat}"), [whole - 8, 2, 4, 2]).await;
    }
    let scrape = Scrape::of(&app).await;
    assert_eq!((scrape.quantile("whole", 0.5), scrape.quantile("whole", 0.95)), (40.0, 60.0));
}

#[tokio::test]
async fn who_joins_a_flat_that_pays_is_counted_apart_and_not_timed() {
    let app = App::with_building().await;
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    let timed = Scrape::of(&app).await.took("whole");
    let mut flatmate = app.visitor();
    app.send_form(&mut flatmate, "3", "עידו שגב", "0543182705").await;
    let join: String = app.text("select join_id::text from joins where state = 'waiting'").await.expect("who waits");
    noa.call("joining/answer", &[("building", SLUG), ("join", &join), ("yes", "true")]).await;
    app.drain().await;
    flatmate.get(&format!("/b/{SLUG}/enter")).await;
    flatmate.get(&format!("/b/{SLUG}")).await;
    let scrape = Scrape::of(&app).await;
    assert_eq!((scrape.step("waiting"), scrape.step("accepted"), scrape.step("sent"), scrape.step("confirmed")), (1.0, 1.0, 1.0, 1.0));
    assert_eq!(scrape.took("whole"), timed, "{:?}", scrape.took("whole"));
}

#[tokio::test]
async fn requests_are_told_by_the_template_of_their_route() {
    let app = App::with_building().await;
    join(&app, "3", "0543182704", [20, 1, 10, 1]).await;
    let mut visitor = app.visitor();
    visitor.get("/no-such-page").await;
    visitor.get("/healthz").await;
    visitor.call("nothing/here", &[]).await;
    let scrape = Scrape::of(&app).await;
    let count = |route: &str, method: &str, status: &str| scrape.value("vantera_http_request_seconds_count", &[("route", route), ("method", method), ("status", status)]);
    for (route, method, status, times) in [
        ("/b/{slug}/join", "GET", "2xx", 1.0),
        ("/call/joining/submit", "POST", "3xx", 1.0),
        ("/b/{slug}/pay", "GET", "3xx", 2.0),
        ("/b/{slug}/enter", "GET", "3xx", 2.0),
        ("/b/{slug}", "GET", "2xx", 2.0),
        ("/healthz", "GET", "2xx", 1.0),
        ("none", "GET", "4xx", 1.0),
        ("/call/*", "POST", "4xx", 1.0),
    ] {
        assert_eq!(count(route, method, status), times, "{method} {route} {status}\n{}", scrape.0);
    }
    // A form that is shown again is one request, and it was for the form's own address.
    visitor.get(&format!("/b/{SLUG}/join")).await;
    visitor.submit("/call/joining/submit", &[("building", SLUG), ("flat", "99"), ("name", ""), ("phone", ""), ("consent_version", "")]).await;
    let after = Scrape::of(&app).await;
    assert_eq!(after.value("vantera_http_request_seconds_count", &[("route", "/call/joining/submit"), ("status", "4xx")]), 1.0);
    assert_eq!(after.value("vantera_http_request_seconds_count", &[("route", "/b/{slug}/join")]), 2.0, "once for each time it was asked for");
}

#[tokio::test]
async fn jobs_streams_and_pools_are_told() {
    let app = App::with_building().await;
    app.web.meters.watch_pool("web", app.web.pool.clone());
    let noa = app.resident("3", "נועה שגב", "0543182704").await;
    let scrape = Scrape::of(&app).await;
    for task in ["payments.open_checkout", "payments.settle", "payments.checkout_paid"] {
        assert!(scrape.value("vantera_jobs_total", &[("task", task), ("outcome", "done")]) >= 1.0, "{task}\n{}", scrape.0);
        assert!(scrape.value("vantera_job_seconds_count", &[("task", task)]) >= 1.0);
    }
    assert_eq!(scrape.value("vantera_jobs_total", &[("outcome", "failed")]), 0.0);
    app.stripe.fail_next(&[testkit::Fault::Unavailable]);
    app.send_form(&mut app.visitor(), "4", "יעל ברק", "0543182705").await;
    app.drain().await;
    assert_eq!(Scrape::of(&app).await.value("vantera_jobs_total", &[("task", "payments.open_checkout"), ("outcome", "failed")]), 1.0);
    assert_eq!(scrape.value("vantera_streams_open", &[]), 0.0);
    let session = noa.cookie("__Host-session").expect("a session");
    let request = http::Request::builder().uri(format!("/b/{SLUG}/stream")).header("host", testkit::HOST).header("cookie", format!("__Host-session={session}"));
    let stream = tower::ServiceExt::oneshot(app.router.clone(), request.body(axum::body::Body::empty()).expect("a request")).await.unwrap_or_else(|never| match never {});
    assert_eq!(stream.status(), StatusCode::OK);
    assert_eq!(Scrape::of(&app).await.value("vantera_streams_open", &[]), 1.0);
    drop(stream);
    assert_eq!(Scrape::of(&app).await.value("vantera_streams_open", &[]), 0.0);
    let held = app.web.pool.acquire().await.expect("a connection");
    assert!(Scrape::of(&app).await.value("vantera_pool_connections", &[("role", "web"), ("state", "used")]) >= 1.0);
    drop(held);
}

#[tokio::test]
async fn refusals_by_limits_are_told() {
    let app = App::start_with(|config| config.limits_factor = 1).await;
    let mut flood = app.visitor();
    for _ in 0..31 {
        let request = http::Request::builder().method("POST").uri("/webhooks/stripe").body(axum::body::Body::from("{}")).expect("a request");
        flood.send(request).await;
    }
    assert_eq!(Scrape::of(&app).await.value("vantera_limits_refused_total", &[("limit", "bad_webhook")]), 1.0);
}

/// No label may grow with the number of buildings or people, and none may tell of them.
#[tokio::test]
async fn nothing_of_a_building_or_a_person_is_told() {
    let app = App::with_building().await;
    join(&app, "3", "0543182704", [20, 1, 10, 1]).await;
    let lines = Scrape::of(&app).await.0.lines().count();
    let tenants: Vec<String> = sqlx::query_scalar("select tenant_id::text from tenants union select person_id::text from people").fetch_all(&app.all).await.expect("ids");
    app.open_building("other-1", "אחר 1", 4).await;
    for slug in ["other-1", "no-such-building"] {
        app.visitor().get(&format!("/b/{slug}/join")).await;
    }
    for path in ["/a/b/c", "/%3Cscript%3E", "/call/x/y", "/b/other-1/posts/7"] {
        app.visitor().get(path).await;
    }
    let text = Scrape::of(&app).await.0;
    for secret in [SLUG, "other-1", "no-such", "543182704", "נועה", "script", "127.0.0.1"].into_iter().chain(tenants.iter().map(String::as_str)) {
        assert!(!text.contains(secret), "{secret} is told");
    }
    let per_route = 14;
    assert!(text.lines().count() < lines + 5 * per_route, "a few answers of another class, and no line for a building");
}
