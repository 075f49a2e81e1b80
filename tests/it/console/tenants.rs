use vantera::operator::model::tenants::{Life, TenantsPage};

use super::{closed_to_others, next_page, operator};
use crate::companies;
use crate::support::{App, SLUG};

const PAGE: &str = "/operator/tenants";

async fn read(operator: &mut testkit::Actor, fields: &[(&str, &str)]) -> TenantsPage {
    serde_json::from_str(&operator.call("operator/tenants", fields).await.text()).expect("a page")
}

#[tokio::test]
async fn buildings_are_told_in_counts_and_moments_and_nobody_is_named() {
    let app = App::with_building().await;
    let mut amit = operator(&app).await;
    app.resident("4", "נועה שגב", "0543182704").await;
    app.advance(60);
    app.open_building("other-1", "אחר 1", 4).await;
    let page = read(&mut amit, &[]).await;
    let told: Vec<_> = page.buildings.iter().map(|row| (row.slug.as_str(), row.flats, row.residents, row.life, row.last_label.is_some())).collect();
    assert_eq!(told, [("other-1", 4, 0, Life::Empty, false), (SLUG, 8, 2, Life::Alive, true)], "the latest first");
    let html = amit.get(PAGE).await.text();
    assert!(html.contains("הרצל 7") && html.contains("עוד אין דיירים"), "{html}");
    for hidden in ["נועה", "עמית", "543182704", "520000001"] {
        assert!(!html.contains(hidden), "{hidden}");
    }
    app.advance(31 * 24 * 3600);
    let mut amit = companies::sign_in(&app, "0520000001").await;
    assert_eq!(read(&mut amit, &[("search", SLUG)]).await.buildings[0].life, Life::Quiet);
    app.drain().await;
    app.finish().await;
}

#[tokio::test]
async fn what_waits_for_a_building_is_counted() {
    let desk = crate::deliveries::desk::Desk::granted(&["notice.published"]).await;
    let mut amit = operator(&desk.app).await;
    desk.endpoint("https://hooks.example/in").await;
    desk.notices(3).await;
    let mut cx = vantera::platform::jobs::open_tenant(&desk.app.web, desk.tenant, "test".into()).await.expect("a context");
    cx.enqueue(vantera::platform::Job::new("identity.phone_proved", serde_json::json!({ "person": uuid::Uuid::nil() }))).await.expect("a job");
    cx.commit().await.expect("a commit");
    let row = read(&mut amit, &[]).await.buildings.remove(0);
    assert_eq!((row.jobs, row.deliveries), (1, 3));
    let owner = sqlx::PgPool::connect(desk.app.database.owner()).await.expect("the owner");
    sqlx::query("delete from graphile_worker._private_jobs where payload ->> 'tenant' is not null").execute(&owner).await.expect("done");
    assert_eq!(read(&mut amit, &[]).await.buildings.remove(0).jobs, 0);
    desk.close().await;
}

#[tokio::test]
async fn a_part_of_a_name_or_an_address_finds_a_building_and_nothing_else() {
    let app = App::with_building().await;
    let mut amit = operator(&app).await;
    app.open_building("rothschild-12", "רוטשילד 12%", 4).await;
    for (search, found) in [("רוטש", 1), ("ROTHSCHILD", 1), ("12%", 1), ("%", 1), ("_", 0), ("הרצל", 1), ("", 2), ("אין כזה", 0), ("נועה", 0)] {
        assert_eq!(read(&mut amit, &[("search", search)]).await.buildings.len(), found, "{search}");
    }
    let none = amit.get(&format!("{PAGE}?search=zzzz")).await.text();
    assert!(none.contains("לא נמצא דבר") && none.contains("value=\"zzzz\""), "what was asked for stays");
    let now = amit.get(&format!("{PAGE}/now?search=rothschild")).await.text();
    assert!(now.contains("id=\"console-tenants\"") && now.contains("rothschild-12") && !now.contains(SLUG) && !now.contains("<html"));
    app.drain().await;
    app.finish().await;
}

#[tokio::test]
async fn companies_are_told_with_their_buildings_and_how_many_work_there() {
    let app = App::with_building().await;
    let mut amit = operator(&app).await;
    companies::company(&app, "ניהול הצפון", "אלון דרור", "0543440001", SLUG).await;
    let page = read(&mut amit, &[("what", "companies")]).await;
    assert_eq!(page.firms.iter().map(|row| (row.name.as_str(), row.buildings, row.staff)).collect::<Vec<_>>(), [("ניהול הצפון", 1, 1)]);
    assert_eq!(read(&mut amit, &[]).await.buildings[0].company.as_deref(), Some("ניהול הצפון"));
    let html = amit.get(&format!("{PAGE}?what=companies")).await.text();
    assert!(html.contains("ניהול הצפון") && !html.contains("אלון") && !html.contains("543440001"), "{html}");
    app.drain().await;
    app.finish().await;
}

#[tokio::test]
async fn the_list_of_buildings_goes_on_page_by_page_and_misses_nothing() {
    let app = App::with_building().await;
    let mut amit = operator(&app).await;
    let sql = "insert into tenants (tenant_id, kind, slug, name, created_at) select gen_random_uuid(), 'building', 'many-' || n, 'בניין ' || n, '2026-01-01T00:00:00Z' from generate_series(100, 219) n";
    sqlx::query(sql).execute(&app.all).await.expect("buildings");
    let (mut seen, mut page) = (Vec::new(), Some(format!("{PAGE}?search=many")));
    while let Some(here) = page {
        let text = amit.get(&here).await.text();
        seen.extend(text.split(">many-").skip(1).map(|rest| rest[..3].to_owned()));
        page = next_page(&text);
        assert!(seen.len() <= 120, "it ends: {seen:?}");
    }
    seen.sort();
    assert_eq!(seen, (100..220).map(|n| n.to_string()).collect::<Vec<_>>());
    app.drain().await;
    app.finish().await;
}

#[tokio::test]
async fn only_operators_see_the_tenants() {
    let app = App::with_building().await;
    closed_to_others(&app, PAGE, "operator/tenants").await;
    app.drain().await;
    app.finish().await;
}
