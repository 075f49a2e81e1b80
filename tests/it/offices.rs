//! Offices of a building: given and taken by the chair, handed on by the chair, and there is always exactly one.

use http::StatusCode;
use testkit::Actor;

use crate::support::{App, SLUG};

async fn place(app: &App, name: &str) -> String {
    sqlx::query_scalar("select membership_id::text from memberships where display_name = $1").bind(name).fetch_one(&app.all).await.expect("a member")
}

async fn chairs(app: &App) -> String {
    app.text("select string_agg(display_name, ',') from memberships where role = 'chair' and state = 'active'").await.unwrap_or_default()
}

/// A building with a chair and two residents.
async fn house() -> (App, Actor, Actor, Actor) {
    let app = App::with_building().await;
    let chair = app.resident("4", "יעל ברק", "0543182705").await;
    sqlx::query("update memberships set role = 'chair', trust = 'verified', verified_by = 'founder'").execute(&app.all).await.expect("the first chair");
    let noa = app.resident("3", "נועה שגב", "0543182704").await;
    let dan = app.resident("5", "דן לוי", "0543182706").await;
    (app, chair, noa, dan)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chair_gives_and_takes_an_office_and_open_sessions_see_it_at_once() {
    let (app, mut chair, mut noa, mut dan) = house().await;
    let (members, committee) = (format!("/b/{SLUG}/committee/residents"), format!("/b/{SLUG}/committee"));
    let membership = place(&app, "נועה שגב").await;
    let office = |role: &'static str| [("building", SLUG.to_owned()), ("membership", membership.clone()), ("role", role.to_owned())];
    let fields = |list: &[(&'static str, String); 3]| list.clone();
    assert_eq!(noa.get(&committee).await.status, StatusCode::NOT_FOUND);
    let asking = chair.get(&format!("{members}?office={membership}")).await;
    assert!(asking.text().contains("/call/buildings/set_role"), "the question stands on the page");
    for role in ["treasurer", "treasurer"] {
        let given = fields(&office(role));
        let given: Vec<(&str, &str)> = given.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(chair.submit("/call/buildings/set_role", &given).await.location(), members);
    }
    assert_eq!(noa.get(&committee).await.status, StatusCode::OK, "the same session is in at once");
    assert_eq!(app.text("select role || ' ' || trust from memberships where display_name = 'נועה שגב'").await.as_deref(), Some("treasurer verified"));
    assert_eq!(app.count("select count(*) from audit_log where act = 'resident.role_changed'").await, 1, "said twice, done once");
    // A treasurer sees the list and gives nothing; a resident not even that.
    let dans = place(&app, "דן לוי").await;
    for actor in [&mut noa, &mut dan] {
        for verb in ["buildings/set_role", "buildings/hand_over_chair"] {
            let refused = actor.call(verb, &[("building", SLUG), ("membership", &dans), ("role", "committee")]).await;
            assert_eq!(refused.status, StatusCode::NOT_FOUND, "{verb}");
        }
    }
    let seen = noa.get(&members).await.text();
    assert!(!seen.contains("?office="), "who gives no office is offered none");
    let taken = chair.call("buildings/set_role", &[("building", SLUG), ("membership", &membership), ("role", "resident")]).await;
    assert!(taken.status.is_success() || taken.status.is_redirection(), "{}", taken.text());
    assert_eq!(noa.get(&committee).await.status, StatusCode::NOT_FOUND, "and out at once");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chair_is_handed_on_in_two_steps_and_there_is_always_one() {
    let (app, mut chair, mut noa, _dan) = house().await;
    let members = format!("/b/{SLUG}/committee/residents");
    let (own, next) = (place(&app, "יעל ברק").await, place(&app, "נועה שגב").await);
    let left = chair.call("buildings/set_role", &[("building", SLUG), ("membership", &own), ("role", "resident")]).await;
    assert_eq!(left.status, StatusCode::CONFLICT, "the last chair does not leave without a successor");
    for role in ["chair", "operator", "system", ""] {
        let refused = chair.call("buildings/set_role", &[("building", SLUG), ("membership", &next), ("role", role)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{role:?}");
    }
    assert_eq!(chairs(&app).await, "יעל ברק");
    let asking = chair.get(&format!("{members}?chair={next}")).await.text();
    assert!(asking.contains("/call/buildings/hand_over_chair") && asking.contains("יו״ר אחד"), "the question says what it means");
    assert_eq!(chairs(&app).await, "יעל ברק", "asking changes nothing");
    let done = chair.submit("/call/buildings/hand_over_chair", &[("building", SLUG), ("membership", &next)]).await;
    assert_eq!(done.location(), members);
    assert_eq!(chairs(&app).await, "נועה שגב");
    assert_eq!(app.text("select role from memberships where display_name = 'יעל ברק'").await.as_deref(), Some("committee"));
    assert_eq!(app.count("select count(*) from audit_log where act = 'resident.role_changed'").await, 2);
    let again = chair.call("buildings/hand_over_chair", &[("building", SLUG), ("membership", &own)]).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND, "who handed it on cannot take it back");
    assert!(noa.get(&format!("{members}?office={own}")).await.text().contains("/call/buildings/set_role"));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_successors_named_at_once_leave_one_chair() {
    let (app, chair, _noa, _dan) = house().await;
    let (noa, dan) = (place(&app, "נועה שגב").await, place(&app, "דן לוי").await);
    let (mut one, mut two) = (chair.clone(), chair);
    let (to_noa, to_dan) = ([("building", SLUG), ("membership", noa.as_str())], [("building", SLUG), ("membership", dan.as_str())]);
    let (first, second) = tokio::join!(one.call("buildings/hand_over_chair", &to_noa), two.call("buildings/hand_over_chair", &to_dan));
    let refused = [first.status, second.status].into_iter().filter(|status| *status == StatusCode::NOT_FOUND).count();
    assert_eq!(refused, 1, "{} {}", first.status, second.status);
    assert_eq!(app.count("select count(*) from memberships where role = 'chair' and state = 'active'").await, 1);
    app.finish().await;
}
