//! Management companies: a building is given, its managers come and go, and whoever does not work there learns nothing.

use http::StatusCode;
use testkit::Actor;

use crate::support::{App, SLUG};

/// Signs in with a code, as somebody who belongs to no building does.
pub async fn sign_in(app: &App, phone: &str) -> Actor {
    let mut actor = app.visitor();
    actor.submit("/call/identity/send_code", &[("phone", phone)]).await;
    let code = app.code_of(phone).await;
    let answer = actor.submit("/call/identity/answer_code", &[("code", &code)]).await;
    assert!(actor.cookie("__Host-session").is_some(), "{}", answer.text());
    // The message itself has nowhere to go in tests.
    sqlx::query("delete from graphile_worker._private_jobs j using graphile_worker._private_tasks t where t.id = j.task_id and t.identifier = 'identity.send_code'")
        .execute(&sqlx::PgPool::connect(app.database.owner()).await.expect("the owner"))
        .await
        .expect("jobs");
    actor
}

/// An owner who opened his company, and its code; no building is given to it yet.
async fn opened(app: &App, company: &str, name: &str, phone: &str) -> (Actor, String) {
    app.person(name, phone).await;
    let mut owner = sign_in(app, phone).await;
    owner.get("/companies/open").await;
    let answer = owner.submit("/call/companies/open", &[("company_name", company), ("name", name)]).await;
    let code = answer.location().strip_prefix("/companies/").expect("the company's page").to_owned();
    (owner, code)
}

/// The same, and a building was given to it.
pub async fn company(app: &App, company: &str, name: &str, phone: &str, slug: &str) -> (Actor, String) {
    let (owner, code) = opened(app, company, name, phone).await;
    let given = "insert into company_grants (tenant_id, grant_id, company_id, company_name, granted_by, granted_at)
                 select t.tenant_id, gen_random_uuid(), c.company_id, c.name, c.opened_by, c.created_at from tenants t, companies c where t.slug = $1 and c.code = $2";
    sqlx::query(given).bind(slug).bind(&code).execute(&app.all).await.expect("a grant");
    (owner, code)
}

/// A building with a chair.
async fn with_chair() -> (App, Actor) {
    let app = App::with_building().await;
    let chair = app.resident("3", "יעל ברק", "0543182704").await;
    sqlx::query("update memberships set role = 'chair'").execute(&app.all).await.expect("a chair");
    (app, chair)
}

const PAGE: &str = "/b/herzl-7/committee/company";

async fn give(chair: &mut Actor, code: &str) -> testkit::Answer {
    chair.get(PAGE).await;
    chair.submit("/call/companies/grant", &[("building", SLUG), ("code", code)]).await
}

async fn board(actor: &mut Actor) -> StatusCode {
    actor.get(&format!("/b/{SLUG}")).await.status
}

#[tokio::test]
async fn a_chair_gives_the_building_and_the_companys_staff_work_in_it() {
    let (app, mut chair) = with_chair().await;
    let (mut alon, code) = opened(&app, "ניהול הצפון", "אלון דרור", "0543440001").await;
    assert_eq!(board(&mut alon).await, StatusCode::NOT_FOUND);
    let dashboard = chair.get(&format!("/b/{SLUG}/committee")).await.text();
    assert!(dashboard.contains(PAGE), "the way to the page stands on the chair's first screen");
    let spelled = format!("{} {}", &code[..4].to_lowercase(), &code[4..].to_lowercase());
    assert_eq!(give(&mut chair, &spelled).await.location(), PAGE);
    let page = chair.get(PAGE).await.text();
    assert!(page.contains("ניהול הצפון") && page.contains("/call/companies/withdraw"), "{page}");

    let home = alon.get("/home").await.text();
    assert!(home.contains("href=\"/b/herzl-7\"") && home.contains("הרצל 7") && home.contains("ניהול הבניין"), "{home}");
    assert_eq!(board(&mut alon).await, StatusCode::OK);
    alon.submit("/call/feed/comment", &[("building", SLUG), ("post", &app.text("select post_id::text from posts").await.expect("a post")), ("body", "ברוכים הבאים")]).await;
    assert_eq!(alon.get(&format!("/b/{SLUG}/committee/residents")).await.status, StatusCode::OK);
    let residents = chair.get(&format!("/b/{SLUG}/committee/residents")).await.text();
    assert!(residents.contains("יעל ברק") && !residents.contains("ניהול הצפון"), "a manager is none of the building's people");
    let post = app.text("select post_id::text from posts").await.expect("a post");
    let read = chair.get(&format!("/b/{SLUG}/posts/{post}")).await.text();
    assert!(read.contains("אלון דרור · ניהול הצפון") && read.contains("ברוכים הבאים"), "{read}");
    // What a committee may not, a manager may not.
    assert_eq!(alon.get(PAGE).await.status, StatusCode::NOT_FOUND);
    assert_eq!(alon.call("companies/withdraw", &[("building", SLUG)]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(app.count("select count(*) from audit_log where act = 'company.granted' and actor is not null").await, 1);
    app.finish().await;
}

#[tokio::test]
async fn managers_hop_between_their_buildings_without_signing_in_again_and_into_no_other() {
    let (app, mut chair) = with_chair().await;
    app.open_building("other-1", "אחר 1", 4).await;
    app.open_building("third-1", "שלישי 1", 4).await;
    let (mut alon, code) = company(&app, "ניהול הצפון", "אלון דרור", "0543440001", "other-1").await;
    give(&mut chair, &code).await;
    for slug in [SLUG, "other-1", SLUG] {
        assert_eq!(alon.get(&format!("/b/{slug}")).await.status, StatusCode::OK, "{slug}");
        assert_eq!(alon.get(&format!("/b/{slug}/committee")).await.status, StatusCode::OK, "{slug}");
    }
    assert_eq!(alon.get("/b/third-1").await.status, StatusCode::NOT_FOUND);
    assert_eq!(app.count("select count(*) from audit_log where act = 'tenant.hop'").await, 1);
    let home = alon.get("/home").await.text();
    assert!(home.contains("/b/herzl-7") && home.contains("/b/other-1") && !home.contains("/b/third-1"), "{home}");
    let page = alon.get(&format!("/companies/{code}")).await.text();
    assert!(page.contains("הרצל 7") && page.contains("אחר 1") && page.contains(&code), "{page}");
    app.finish().await;
}

#[tokio::test]
async fn a_building_that_is_taken_back_is_closed_to_the_company_at_once() {
    let (app, mut chair) = with_chair().await;
    let (mut alon, code) = opened(&app, "ניהול הצפון", "אלון דרור", "0543440001").await;
    give(&mut chair, &code).await;
    assert_eq!(board(&mut alon).await, StatusCode::OK);
    assert_eq!(chair.submit("/call/companies/withdraw", &[("building", SLUG)]).await.location(), PAGE);
    assert_eq!(board(&mut alon).await, StatusCode::NOT_FOUND);
    assert_eq!(alon.call("feed/page", &[("building", SLUG)]).await.status, StatusCode::NOT_FOUND);
    assert!(!alon.get("/home?stay=1").await.text().contains("/b/herzl-7"));
    // Twice is once, and the building may be given anew.
    assert_eq!(chair.submit("/call/companies/withdraw", &[("building", SLUG)]).await.location(), PAGE);
    assert_eq!(app.count("select count(*) from audit_log where act = 'company.withdrawn'").await, 1);
    give(&mut chair, &code).await;
    assert_eq!(board(&mut alon).await, StatusCode::OK);
    assert_eq!(app.count("select count(*) from memberships where state = 'managing'").await, 1, "he writes under the name he had");
    app.finish().await;
}

#[tokio::test]
async fn whoever_leaves_the_staff_is_out_of_its_buildings_at_once() {
    let (app, mut chair) = with_chair().await;
    let (mut alon, code) = opened(&app, "ניהול הצפון", "אלון דרור", "0543440001").await;
    give(&mut chair, &code).await;
    let page = format!("/companies/{code}");
    alon.get(&page).await;
    let added = alon.submit("/call/companies/add_staff", &[("company", &code), ("name", "דנה כהן"), ("phone", "054-344 0002"), ("post", "staff")]).await;
    assert_eq!(added.location(), page);
    let mut dana = sign_in(&app, "0543440002").await;
    assert_eq!(board(&mut dana).await, StatusCode::OK);
    let seen = dana.get(&page).await.text();
    assert!(seen.contains("אלון דרור") && !seen.contains("054-344") && !seen.contains("/call/companies/add_staff"), "staff choose no staff and read no phones: {seen}");
    let staff = app.text("select staff_id::text from company_staff where name = 'דנה כהן'").await.expect("staff");
    assert_eq!(dana.call("companies/end_staff", &[("company", &code), ("staff", &staff)]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(alon.submit("/call/companies/end_staff", &[("company", &code), ("staff", &staff)]).await.location(), page);
    assert_eq!(board(&mut dana).await, StatusCode::NOT_FOUND);
    assert_eq!(dana.get(&page).await.status, StatusCode::NOT_FOUND);
    assert_eq!(board(&mut alon).await, StatusCode::OK);
    let own = app.text("select staff_id::text from company_staff where name = 'אלון דרור'").await.expect("staff");
    assert_eq!(alon.call("companies/end_staff", &[("company", &code), ("staff", &own)]).await.status, StatusCode::CONFLICT, "a company keeps an owner");
    app.drain().await;
    app.finish().await;
}

#[tokio::test]
async fn a_code_that_is_no_companys_is_told_under_its_field_and_one_company_manages_at_a_time() {
    let (app, mut chair) = with_chair().await;
    for wrong in ["K7MQ2XPD", "short", "", "'; drop"] {
        let answer = give(&mut chair, wrong).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        assert!(answer.text().contains("id=\"code-problem\"") && answer.text().contains("לא מצאנו חברה עם הקוד הזה"), "{wrong}");
    }
    let (_, north) = opened(&app, "ניהול הצפון", "אלון דרור", "0543440001").await;
    let (mut gai, south) = opened(&app, "ניהול הדרום", "גיא אור", "0543440002").await;
    give(&mut chair, &north).await;
    let second = give(&mut chair, &south).await;
    assert_eq!(second.status, StatusCode::CONFLICT);
    assert!(second.text().contains("כבר מנוהל"));
    assert_eq!(board(&mut gai).await, StatusCode::NOT_FOUND);
    assert_eq!(give(&mut chair, &north).await.location(), PAGE, "to the same one again changes nothing");
    assert_eq!(app.count("select count(*) from company_grants").await, 1);
    app.finish().await;
}

#[tokio::test]
async fn who_does_not_work_in_a_company_learns_nothing_of_it() {
    let (app, mut chair) = with_chair().await;
    let (mut alon, code) = opened(&app, "ניהול הצפון", "אלון דרור", "0543440001").await;
    let (mut gai, _) = opened(&app, "ניהול הדרום", "גיא אור", "0543440002").await;
    for actor in [&mut chair, &mut gai] {
        let (real, made_up) = (actor.call("companies/page", &[("company", &code)]).await, actor.call("companies/page", &[("company", "K7MQ2XPD")]).await);
        assert_eq!((real.status, real.text()), (StatusCode::NOT_FOUND, made_up.text()), "there and not there answer alike");
        let (add, none) = (actor.call("companies/add_staff", &[("company", &code), ("name", "דנה כהן"), ("phone", "0543182704")]).await, made_up.text());
        assert_eq!((add.status, add.text()), (StatusCode::NOT_FOUND, none));
    }
    // A phone that lives here and one that nobody knows look alike to an owner: the name he typed, and nothing else.
    for (name, phone) in [("מישהי אחת", "0543182704"), ("מישהו אחר", "0543449999")] {
        let answer = alon.submit("/call/companies/add_staff", &[("company", &code), ("name", name), ("phone", phone), ("post", "staff")]).await;
        assert_eq!(answer.location(), format!("/companies/{code}"));
    }
    let page = alon.get(&format!("/companies/{code}")).await.text();
    assert!(page.contains("מישהי אחת") && page.contains("מישהו אחר") && !page.contains("יעל ברק"), "{page}");
    assert!(app.visitor().get(&format!("/companies/{code}")).await.location().starts_with("/signin"));
    app.finish().await;
}

#[tokio::test]
async fn an_office_in_the_building_goes_before_the_companys_and_a_resident_keeps_his_name() {
    let (app, mut chair) = with_chair().await;
    let (mut alon, code) = opened(&app, "ניהול הצפון", "אלון דרור", "0543440001").await;
    let mut noa = app.resident("5", "נועה שגב", "0543182706").await;
    for (name, phone) in [("יעל מהחברה", "0543182704"), ("נועה מהחברה", "0543182706")] {
        alon.submit("/call/companies/add_staff", &[("company", &code), ("name", name), ("phone", phone), ("post", "staff")]).await;
    }
    give(&mut chair, &code).await;
    assert_eq!(chair.get(PAGE).await.status, StatusCode::OK, "the chair stays the chair");
    assert_eq!(noa.get(&format!("/b/{SLUG}/committee/residents")).await.status, StatusCode::OK, "who lives there and works there manages");
    assert_eq!(app.count("select count(*) from memberships where state = 'managing'").await, 0);
    chair.submit("/call/companies/withdraw", &[("building", SLUG)]).await;
    assert_eq!(noa.get(&format!("/b/{SLUG}/committee/residents")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(board(&mut noa).await, StatusCode::OK, "and lives there as before");
    app.finish().await;
}
