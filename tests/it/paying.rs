//! Paying: what payers saw when something came at the wrong moment, one test each.

use std::time::Duration;

use http::StatusCode;
use testkit::{Actor, Fault};

use crate::support::{App, SLUG};

/// Somebody whose payment page is open.
async fn at_the_page(app: &App, flat: &str, phone: &str) -> Actor {
    let mut actor = app.visitor();
    app.send_form(&mut actor, flat, "נועה שגב", phone).await;
    app.drain().await;
    assert!(actor.get(&format!("/b/{SLUG}/pay")).await.location().starts_with("http://stripe.test/"));
    actor
}

async fn welcome(actor: &mut Actor) -> String {
    let page = actor.get(&format!("/b/{SLUG}/welcome")).await;
    assert_eq!(page.status, StatusCode::OK);
    page.text()
}

const NOT_FINISHED: &str = "התשלום עוד לא הושלם";
const CHECKING: &str = "בודקים את התשלום";

#[tokio::test]
async fn the_payment_page_opens_though_the_first_answer_was_lost_and_time_went_by() {
    let app = App::with_building().await;
    let mut noa = app.visitor();
    app.stripe.fail_next(&[Fault::GoneAfter, Fault::Unavailable]);
    app.send_form(&mut noa, "3", "נועה שגב", "0543182704").await;
    for _ in 0..3 {
        app.drain().await;
        app.advance(20);
        app.skip_pauses().await;
    }
    let page = noa.get(&format!("/b/{SLUG}/pay")).await;
    assert!(page.location().starts_with("http://stripe.test/"), "not refused as another request: {}", page.location());
    assert_eq!((app.stripe.sessions().len(), app.stripe.asked().len()), (1, 1), "one page, one key, one request");
    app.finish().await;
}

#[tokio::test]
async fn the_fourth_try_takes_a_fresh_key_whose_page_stays_open_long_enough() {
    let app = App::with_building().await;
    let mut noa = app.visitor();
    app.stripe.fail_next(&[Fault::Unavailable; 3]);
    app.send_form(&mut noa, "3", "נועה שגב", "0543182704").await;
    for _ in 0..4 {
        app.drain().await;
        app.advance(60);
        app.skip_pauses().await;
    }
    assert!(noa.get(&format!("/b/{SLUG}/pay")).await.location().starts_with("http://stripe.test/"));
    let asked = app.stripe.asked();
    let mut closes: Vec<i64> = asked.values().map(|request| request.expires_at_unix.expect("a page closes")).collect();
    closes.sort_unstable();
    // The fake notes what was asked of calls that it carried out: those of the fresh key alone.
    assert_eq!(asked.keys().filter(|key| key.ends_with("-1")).count(), 1, "{asked:?}");
    assert!(closes.last().expect("a call") - "2026-11-22T09:03:00Z".parse::<jiff::Timestamp>().expect("a moment").as_second() >= 30 * 60);
    app.finish().await;
}

#[tokio::test]
async fn a_page_asked_for_hours_later_is_open_for_whoever_comes_to_pay() {
    let app = App::with_building().await;
    let mut noa = app.visitor();
    app.stripe.fail_next(&[Fault::Unavailable]);
    app.send_form(&mut noa, "3", "נועה שגב", "0543182704").await;
    app.drain().await;
    app.advance(3 * 3600);
    app.skip_pauses().await;
    app.drain().await;
    assert!(noa.get(&format!("/b/{SLUG}/pay")).await.location().starts_with("http://stripe.test/"));
    let closes = app.stripe.asked().into_iter().find(|(key, _)| key.ends_with("-1")).expect("a fresh key").1.expires_at_unix;
    assert_eq!(closes, Some("2026-11-22T14:00:00Z".parse::<jiff::Timestamp>().expect("a moment").as_second()));
    app.finish().await;
}

#[tokio::test]
async fn the_payer_is_signed_in_at_once_when_the_return_meets_the_admission() {
    let app = App::with_building().await;
    let mut noa = at_the_page(&app, "3", "0543182704").await;
    app.stripe.pay(&app.last_session());
    noa.get(&format!("/b/{SLUG}/enter?s={}", app.last_session())).await;
    // The admission as the worker does it, its transaction still open while the return asks.
    app.drain_payments().await;
    let mut admission = app.all.begin().await.expect("a transaction");
    for sql in [
        "insert into people (person_id, name, created_at) values ('01900000-0000-7000-8000-000000000001', 'נועה שגב', now())",
        "insert into memberships (tenant_id, membership_id, person_id, role, trust, state, flat_id, display_name, joined_at)
         select tenant_id, '01900000-0000-7000-8000-000000000002', '01900000-0000-7000-8000-000000000001', 'resident', 'paid', 'active', flat_id, name, now() from joins",
        "update joins set state = 'admitted', membership_id = '01900000-0000-7000-8000-000000000002', new_person = true, confirmed_at = now()",
    ] {
        sqlx::query(sql).execute(&mut *admission).await.expect("admitted");
    }
    let path = format!("/b/{SLUG}/enter");
    let returning = noa.get(&path);
    let admitting = async {
        app.until("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'", 1).await;
        admission.commit().await.expect("committed");
    };
    let (answer, ()) = tokio::join!(returning, admitting);
    assert_eq!(answer.location(), format!("/b/{SLUG}/welcome"));
    assert!(noa.cookie("__Host-session").is_some(), "no detour over a page that asks again two seconds later");
}

#[tokio::test]
async fn an_open_page_is_told_as_not_finished_and_leads_on() {
    let app = App::with_building().await;
    let mut noa = at_the_page(&app, "3", "0543182704").await;
    let page = welcome(&mut noa).await;
    assert!(page.contains(NOT_FINISHED) && !page.contains(CHECKING), "{page}");
    for way in ["/pay", "/join", "/enter?s=again"] {
        assert!(page.contains(&format!("href=\"/b/{SLUG}{way}\"")), "{way} leads on");
    }
    assert!(!page.contains("http-equiv=\"refresh\""), "nothing is under way that the page could wait for");
    assert!(noa.get(&format!("/b/{SLUG}/pay")).await.location().starts_with("http://stripe.test/"));
    app.finish().await;
}

#[tokio::test]
async fn whoever_comes_back_without_paying_is_told_so_once_stripe_has_answered() {
    let app = App::with_building().await;
    let mut noa = at_the_page(&app, "3", "0543182704").await;
    noa.get(&format!("/b/{SLUG}/enter?s=back")).await;
    assert!(welcome(&mut noa).await.contains(CHECKING), "before Stripe has answered nobody is told that he has not paid");
    app.drain().await;
    assert!(welcome(&mut noa).await.contains(NOT_FINISHED));
    let calls = app.stripe.calls();
    assert_eq!(noa.get(&format!("/b/{SLUG}/enter")).await.location(), format!("/b/{SLUG}/welcome"), "an answer that is there is enough");
    app.drain().await;
    assert_eq!(app.stripe.calls(), calls, "Stripe is not asked again by a page that looks again");
    app.finish().await;
}

#[tokio::test]
async fn whoever_has_just_paid_is_never_told_that_the_payment_is_not_finished() {
    let app = App::with_building().await;
    let mut noa = at_the_page(&app, "3", "0543182704").await;
    // He looked before he paid, and was told the truth of then.
    noa.get(&format!("/b/{SLUG}/enter?s=back")).await;
    app.drain().await;
    assert!(welcome(&mut noa).await.contains(NOT_FINISHED));
    app.advance(30);
    app.stripe.pay(&app.last_session());
    noa.get(&format!("/b/{SLUG}/enter?s={}", app.last_session())).await;
    assert!(welcome(&mut noa).await.contains(CHECKING));
    app.drain_payments().await;
    assert!(welcome(&mut noa).await.contains(CHECKING), "paid, and on the way in");
    app.drain().await;
    noa.get(&format!("/b/{SLUG}/enter")).await;
    assert!(welcome(&mut noa).await.contains("האור בדירה 3 דולק"));
    app.finish().await;
}

#[tokio::test]
async fn a_payer_who_asks_every_second_asks_stripe_once() {
    let app = App::with_building().await;
    let mut noa = at_the_page(&app, "3", "0543182704").await;
    for _ in 0..5 {
        noa.get(&format!("/b/{SLUG}/enter?s=back")).await;
        app.advance(1);
    }
    assert_eq!(app.jobs_left().await.len(), 1);
    let calls = app.stripe.calls();
    app.drain().await;
    assert_eq!(app.stripe.calls(), calls + 1);
    // The answer was to the first question; whoever asked after it has none yet.
    assert!(welcome(&mut noa).await.contains(CHECKING));
    app.advance(11);
    noa.get(&format!("/b/{SLUG}/enter")).await;
    app.drain().await;
    assert!(welcome(&mut noa).await.contains(NOT_FINISHED));
    app.finish().await;
}

#[tokio::test]
async fn a_slow_answer_reaches_a_payer_whose_page_looks_again_meanwhile() {
    let app = App::with_building().await;
    let mut noa = at_the_page(&app, "3", "0543182704").await;
    noa.get(&format!("/b/{SLUG}/enter?s=back")).await;
    app.advance(5);
    noa.get(&format!("/b/{SLUG}/enter")).await;
    assert!(welcome(&mut noa).await.contains(CHECKING));
    app.drain().await;
    assert!(welcome(&mut noa).await.contains(NOT_FINISHED), "the answer is to his coming back, not to the looking since");
    app.finish().await;
}

#[tokio::test]
async fn a_page_that_closed_unseen_leads_to_a_fresh_one() {
    let app = App::with_building().await;
    let mut noa = at_the_page(&app, "3", "0543182704").await;
    app.advance(2 * 3600);
    app.stripe.expire(&app.last_session());
    // No event came. The old page is not led to; Stripe is asked how it ended.
    assert_eq!(noa.get(&format!("/b/{SLUG}/pay")).await.location(), format!("/b/{SLUG}/enter?s=closed"));
    noa.get(&format!("/b/{SLUG}/enter?s=closed")).await;
    app.drain().await;
    assert!(welcome(&mut noa).await.contains("התשלום לא עבר"));
    app.send_form(&mut noa, "3", "נועה שגב", "0543182704").await;
    app.drain().await;
    assert!(noa.get(&format!("/b/{SLUG}/pay")).await.location().ends_with(&app.last_session()));
    assert_eq!(app.stripe.sessions().len(), 2);
    app.finish().await;
}

#[tokio::test]
async fn the_form_sent_again_just_before_the_page_closes_opens_a_fresh_one() {
    let app = App::with_building().await;
    let mut noa = at_the_page(&app, "3", "0543182704").await;
    app.advance(2 * 3600 - 60);
    app.send_form(&mut noa, "3", "נועה שגב", "0543182704").await;
    app.drain().await;
    assert_eq!(app.stripe.sessions().len(), 2, "a minute is too short to type a card");
    app.finish().await;
}

impl App {
    /// Runs the payment engine's jobs alone.
    pub async fn drain_payments(&self) {
        let table = vantera::platform::lanes::of(&vantera::wiring::jobs(), |lane| lane == vantera::platform::lanes::Lane::Payments);
        vantera::platform::jobs::worker(&self.payments, table, 2).await.expect("a runner").run_once().await.expect("jobs run");
    }

    /// Waits until a count of the database is this much.
    pub async fn until(&self, sql: &'static str, wanted: i64) {
        let reached = async { while self.count(sql).await < wanted {} };
        tokio::time::timeout(Duration::from_secs(10), reached).await.unwrap_or_else(|_| panic!("never {wanted}: {sql}"));
    }
}
