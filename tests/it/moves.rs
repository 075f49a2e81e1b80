//! The committee says in which flat a member lives.

use http::StatusCode;
use testkit::{Actor, Answer};

use crate::support::{App, SLUG};

async fn place(app: &App, name: &str) -> String {
    sqlx::query_scalar("select membership_id::text from memberships where display_name = $1").bind(name).fetch_one(&app.all).await.expect("a member")
}

async fn flat_of(app: &App, name: &str) -> String {
    sqlx::query_scalar("select coalesce(f.number, '') from memberships m left join flats f on f.flat_id = m.flat_id where m.display_name = $1")
        .bind(name)
        .fetch_one(&app.all)
        .await
        .expect("a flat")
}

/// The flats that pay.
async fn paying(app: &App) -> String {
    app.text("select string_agg(f.number, ',' order by f.number) from flat_subscriptions s join flats f on f.flat_id = s.flat_id where s.ended_at is null")
        .await
        .unwrap_or_default()
}

async fn settle(actor: &mut Actor, membership: &str, flat: &str) -> Answer {
    actor.call("buildings/settle", &[("building", SLUG), ("membership", membership), ("flat", flat)]).await
}

#[tokio::test]
async fn the_committee_corrects_a_flat_and_what_an_empty_flat_pays_goes_along() {
    let app = App::with_building().await;
    let mut rona = app.resident("6", "רונה אלמוג", "0543182706").await;
    sqlx::query("update memberships set role = 'committee'").execute(&app.all).await.expect("a role");
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    let membership = place(&app, "נועה שגב").await;
    let members = format!("/b/{SLUG}/committee/residents");
    assert_eq!(settle(&mut noa, &membership, "4").await.status, StatusCode::NOT_FOUND, "nobody moves himself");
    assert!(rona.get(&format!("{members}?flat={membership}")).await.text().contains("/call/buildings/settle"));
    let unknown = settle(&mut rona, &membership, "99").await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unknown.text().contains("1–8"), "the flats there are: {}", unknown.text());
    assert_eq!(settle(&mut rona, &membership, "6").await.status, StatusCode::UNPROCESSABLE_ENTITY, "two flats that pay do not become one");
    assert_eq!((flat_of(&app, "נועה שגב").await.as_str(), paying(&app).await.as_str()), ("3", "3,6"));
    for _ in 0..2 {
        let sent = rona.submit("/call/buildings/settle", &[("building", SLUG), ("membership", &membership), ("flat", "דירה 4")]).await;
        assert_eq!(sent.location(), members, "{}", sent.text());
        app.drain().await;
    }
    assert_eq!((flat_of(&app, "נועה שגב").await.as_str(), paying(&app).await.as_str()), ("4", "4,6"));
    assert_eq!(app.count("select count(*) from audit_log where act = 'resident.moved'").await, 1, "said twice, done once");
    // Removed from there, she leaves nothing that pays.
    let removed = rona.call("buildings/remove_resident", &[("building", SLUG), ("membership", &membership), ("reason", "לא גרה כאן")]).await;
    assert_eq!(removed.status, StatusCode::OK, "{}", removed.text());
    app.drain().await;
    assert_eq!(paying(&app).await, "6");
    app.finish().await;
}

#[tokio::test]
async fn who_has_no_flat_takes_one_and_a_full_flat_takes_nobody() {
    let app = App::with_building().await;
    let mut yael = app.resident("6", "יעל ברק", "0543182706").await;
    app.resident("3", "נועה שגב", "0543182704").await;
    sqlx::query("update memberships set role = 'chair', flat_id = null where display_name = 'יעל ברק'").execute(&app.all).await.expect("a founder without a flat");
    sqlx::query("update buildings set people_per_flat = 1").execute(&app.all).await.expect("a rule");
    let own = place(&app, "יעל ברק").await;
    assert_eq!(settle(&mut yael, &own, "3").await.status, StatusCode::UNPROCESSABLE_ENTITY, "full");
    assert_eq!(settle(&mut yael, &own, "5").await.status, StatusCode::OK);
    app.drain().await;
    assert_eq!(flat_of(&app, "יעל ברק").await, "5");
    assert_eq!(paying(&app).await, "3,6", "who came from no flat takes no charge along");
    app.finish().await;
}
