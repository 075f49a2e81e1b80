//! Two neighbours confirm a third.

use http::StatusCode;
use testkit::{Actor, Answer};

use crate::support::{App, SLUG};

const CANDIDATE: &str = "נועה שגב";

async fn place(app: &App, name: &str) -> String {
    sqlx::query_scalar("select membership_id::text from memberships where display_name = $1").bind(name).fetch_one(&app.all).await.expect("a member")
}

/// A neighbour whom the committee confirmed.
async fn confirmed(app: &App, flat: &str, name: &str, phone: &str) -> Actor {
    let actor = app.resident(flat, name, phone).await;
    sqlx::query("update memberships set trust = 'verified', verified_by = 'committee' where display_name = $1").bind(name).execute(&app.all).await.expect("confirmed");
    actor
}

/// A building with one whom nobody confirmed, and two neighbours of other flats who are confirmed.
async fn house() -> (App, Actor, Actor, Actor, String) {
    let app = App::with_building().await;
    let noa = app.resident("7", CANDIDATE, "0543182704").await;
    let yael = confirmed(&app, "4", "יעל ברק", "0543182705").await;
    let dan = confirmed(&app, "5", "דן לוי", "0543182706").await;
    let candidate = place(&app, CANDIDATE).await;
    (app, noa, yael, dan, candidate)
}

async fn say(actor: &mut Actor, candidate: &str, yes: bool) -> Answer {
    actor.call("buildings/vouch", &[("building", SLUG), ("membership", candidate), ("yes", if yes { "true" } else { "false" })]).await
}

async fn stands(app: &App) -> String {
    app.text("select trust || ' ' || coalesce(verified_by, '') from memberships where display_name = 'נועה שגב' and state = 'active'").await.expect("a member")
}

#[tokio::test]
async fn two_neighbours_of_other_flats_confirm_a_third_and_the_committee_sees_who() {
    let (app, mut noa, mut yael, mut dan, candidate) = house().await;
    let board = format!("/b/{SLUG}");
    let asked = yael.get(&board).await.text();
    assert!(asked.contains("מכירים את") && asked.contains("כן, מכירים"), "who is confirmed is asked");
    assert!(!noa.get(&board).await.text().contains("/call/buildings/vouch"), "who is not is asked nothing");
    // A plain form, without scripts; said twice it counts once.
    for _ in 0..2 {
        let sent = yael.submit("/call/buildings/vouch", &[("building", SLUG), ("membership", &candidate), ("yes", "true")]).await;
        assert!(sent.status.is_redirection(), "{} {}", sent.status, sent.text());
    }
    assert_eq!(stands(&app).await, "paid ", "one neighbour alone does not");
    assert!(yael.get(&board).await.text().contains("נרשמה היכרות"), "the answer stands, with the way back");
    app.advance(60);
    assert_eq!(say(&mut dan, &candidate, true).await.status, StatusCode::OK);
    assert_eq!(stands(&app).await, "verified neighbours");
    assert_eq!(app.count("select count(*) from audit_log where act = 'resident.vouched'").await, 2);
    assert_eq!(app.count("select count(*) from audit_log where act = 'resident.verified' and detail->>'by' = 'neighbours'").await, 1);
    assert_eq!(app.count("select count(*) from activity where kind = 'resident.verified'").await, 1);
    assert!(!dan.get(&board).await.text().contains("/call/buildings/vouch"), "nobody is left to ask about");
    // What is confirmed stays so.
    assert_eq!(say(&mut dan, &candidate, false).await.status, StatusCode::OK);
    assert_eq!(stands(&app).await, "verified neighbours");
    sqlx::query("update memberships set role = 'committee' where display_name = 'יעל ברק'").execute(&app.all).await.expect("a role");
    let seen = yael.get(&format!("{board}/committee/residents")).await.text();
    assert!(seen.contains("מוכר לשכנים: \u{2068}יעל ברק\u{2069}, \u{2068}דן לוי\u{2069}"), "the committee sees who spoke");
    app.finish().await;
}

#[tokio::test]
async fn a_yes_is_taken_back_while_nobody_confirmed() {
    let (app, _noa, mut yael, mut dan, candidate) = house().await;
    say(&mut yael, &candidate, true).await;
    for _ in 0..2 {
        assert_eq!(say(&mut yael, &candidate, false).await.status, StatusCode::OK);
    }
    say(&mut dan, &candidate, true).await;
    assert_eq!(stands(&app).await, "paid ", "what was taken back does not count");
    assert_eq!(app.count("select count(*) from audit_log where act = 'resident.vouch_withdrawn'").await, 1);
    say(&mut yael, &candidate, true).await;
    assert_eq!(stands(&app).await, "verified neighbours");
    app.finish().await;
}

#[tokio::test]
async fn only_a_confirmed_neighbour_of_another_flat_counts() {
    let (app, mut noa, mut yael, mut dan, candidate) = house().await;
    let mut unconfirmed = app.resident("3", "גיל רז", "0543182707").await;
    say(&mut yael, &candidate, true).await;
    assert_eq!(say(&mut noa, &candidate, true).await.status, StatusCode::FORBIDDEN, "not the candidate");
    assert_eq!(say(&mut unconfirmed, &candidate, true).await.status, StatusCode::FORBIDDEN, "not whom nobody confirmed");
    assert_eq!(say(&mut app.visitor(), &candidate, true).await.status, StatusCode::UNAUTHORIZED, "not a visitor");
    let to_flat = "update memberships set flat_id = (select flat_id from flats where number = $1) where display_name = 'דן לוי'";
    sqlx::query(to_flat).bind("7").execute(&app.all).await.expect("a flatmate");
    assert!(!dan.get(&format!("/b/{SLUG}")).await.text().contains(&candidate), "a flatmate is not asked");
    assert_eq!(say(&mut dan, &candidate, true).await.status, StatusCode::FORBIDDEN, "not a flatmate");
    sqlx::query("update memberships set flat_id = null where display_name = 'דן לוי'").execute(&app.all).await.expect("no flat");
    assert_eq!(say(&mut dan, &candidate, true).await.status, StatusCode::FORBIDDEN, "not who lives in no flat");
    assert_eq!(stands(&app).await, "paid ");
    sqlx::query(to_flat).bind("5").execute(&app.all).await.expect("back");
    assert_eq!(say(&mut dan, "0193a1f2-7c3e-7abc-8def-0123456789ab", true).await.status, StatusCode::NOT_FOUND);
    // A yes of one who moved into the candidate's flat since does not count either.
    sqlx::query("update memberships set flat_id = (select flat_id from flats where number = '7') where display_name = 'יעל ברק'").execute(&app.all).await.expect("moved");
    say(&mut dan, &candidate, true).await;
    assert_eq!(stands(&app).await, "paid ");
    app.finish().await;
}

#[tokio::test]
async fn the_yes_of_one_who_was_removed_does_not_count_later() {
    let (app, _noa, mut yael, mut dan, candidate) = house().await;
    let mut rona = confirmed(&app, "6", "רונה אלמוג", "0543182708").await;
    sqlx::query("update memberships set role = 'committee' where display_name = 'רונה אלמוג'").execute(&app.all).await.expect("a role");
    say(&mut yael, &candidate, true).await;
    let out = place(&app, "יעל ברק").await;
    let removed = rona.call("buildings/remove_resident", &[("building", SLUG), ("membership", &out), ("reason", "לא גרה כאן")]).await;
    assert_eq!(removed.status, StatusCode::OK, "{}", removed.text());
    assert_eq!(say(&mut yael, &candidate, true).await.status, StatusCode::NOT_FOUND, "who is out says nothing");
    say(&mut dan, &candidate, true).await;
    assert_eq!(stands(&app).await, "paid ", "hers does not count any more");
    assert!(!rona.get(&format!("/b/{SLUG}/committee/residents")).await.text().contains("\u{2068}יעל ברק\u{2069}, "));
    say(&mut rona, &candidate, true).await;
    assert_eq!(stands(&app).await, "verified neighbours");
    app.drain().await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_yeses_at_the_same_moment_confirm_once() {
    let (app, _noa, mut yael, mut dan, candidate) = house().await;
    let (first, second) = tokio::join!(say(&mut yael, &candidate, true), say(&mut dan, &candidate, true));
    assert_eq!((first.status, second.status), (StatusCode::OK, StatusCode::OK), "{} {}", first.text(), second.text());
    assert_eq!(stands(&app).await, "verified neighbours");
    assert_eq!(app.count("select count(*) from audit_log where act = 'resident.verified'").await, 1);
    assert_eq!(app.count("select count(*) from vouches").await, 2);
    app.finish().await;
}
