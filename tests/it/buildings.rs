//! The building: opened in a minute by range or by list, and its committee decides who stays.

use axum::body::Body;
use http::{Method, Request, StatusCode, header};
use testkit::{Actor, Answer};
use vantera::buildings::model::{DashboardPage, ResidentsPage};
use vantera::operator::model::JoinTimesPage;

use crate::support::App;

/// The host that testkit's actors call.
const HOST: &str = "vantera.test";
const CHAIR: &str = "0522000001";

/// A whole form, with some fields otherwise.
fn form<'a>(other: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("street", "ביאליק 14"),
        ("city", "רמת גן"),
        ("name", "רונית אלמוג"),
        ("phone", CHAIR),
        ("first_flat", "1"),
        ("last_flat", "12"),
        ("flats_per_floor", "3"),
        ("consent_version", "2026-11"),
    ];
    fields.retain(|(name, _)| other.iter().all(|(changed, _)| changed != name));
    fields.extend_from_slice(other);
    fields
}

/// Opens a building; its slug, and its chair signed in.
async fn opened(app: &App, other: &[(&str, &str)]) -> (String, Actor) {
    let mut chair = app.visitor();
    chair.get("/open").await;
    let answer = chair.submit("/call/buildings/open", &form(other)).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    let slug = answer.location().strip_prefix("/b/").and_then(|rest| rest.strip_suffix("/committee")).expect("the committee's page").to_owned();
    (slug, chair)
}

/// The whole way into a building, with ten seconds for the form and fifteen for the payment.
async fn joined(app: &App, slug: &str, flat: &str, name: &str, phone: &str) -> Actor {
    let mut actor = app.visitor();
    actor.get(&format!("/b/{slug}/join")).await;
    app.advance(10);
    let sent = actor.submit("/call/joining/submit", &[("building", slug), ("flat", flat), ("name", name), ("phone", phone), ("consent_version", "2026-11")]).await;
    assert_eq!(sent.location(), format!("/b/{slug}/pay"), "{}", sent.text());
    app.drain().await;
    actor.get(&format!("/b/{slug}/pay")).await;
    app.stripe.pay(&app.last_session());
    app.advance(15);
    actor.get(&format!("/b/{slug}/enter")).await;
    app.drain().await;
    actor.get(&format!("/b/{slug}/enter")).await;
    actor.get(&format!("/b/{slug}/welcome")).await;
    let feed = actor.get(&format!("/b/{slug}")).await;
    assert_eq!(feed.status, StatusCode::OK, "{}", feed.text());
    actor
}

async fn residents(chair: &mut Actor, slug: &str) -> ResidentsPage {
    let answer = chair.call("buildings/residents", &[("building", slug)]).await;
    serde_json::from_slice(&answer.body).unwrap_or_else(|error| panic!("{error}: {}", answer.text()))
}

/// Sends the opening form with a file to the door that looks at it.
async fn look_at(actor: &mut Actor, file: &[u8]) -> Answer {
    let boundary = "----form-boundary-7d3a";
    let mut body = Vec::new();
    for (name, value) in form(&[]) {
        body.extend(format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
    }
    body.extend(format!("--{boundary}\r\nContent-Disposition: form-data; name=\"flats_file\"; filename=\"list.csv\"\r\nContent-Type: text/csv\r\n\r\n").bytes());
    body.extend(file);
    body.extend(format!("\r\n--{boundary}--\r\n").bytes());
    let request = Request::builder()
        .method(Method::POST)
        .uri("/open/preview")
        .header(header::ACCEPT, "text/html,application/xhtml+xml")
        .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={boundary}"))
        .header(header::REFERER, format!("http://{HOST}/open"))
        .header(header::ORIGIN, format!("http://{HOST}"))
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(body))
        .expect("a request");
    actor.send(request).await
}

/// The text that stands in the page's field for the list, as a browser would send it back.
fn list_of(page: &str) -> String {
    let field = page.split("name=\"flats_csv\"").nth(1).expect("the list's field");
    let text = field.split_once('>').expect("its start").1.split("</textarea>").next().expect("its end");
    text.trim_start_matches('\n').replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_building_opens_by_range_and_its_founder_is_the_chair() {
    let app = App::start().await;
    let (slug, mut chair) = opened(&app, &[("own_flat", "דירה 7")]).await;
    assert!(slug.starts_with("bialik-14-"), "{slug}");
    let page = chair.get(&format!("/b/{slug}/committee")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text().contains("ביאליק 14"));
    assert_eq!(app.count("select count(*) from flats").await, 12);
    assert_eq!(app.count("select floor::bigint from flats where number = '12'").await, 4);
    assert_eq!(
        app.text("select m.role || ' ' || m.trust || ' ' || m.verified_by || ' ' || f.number from memberships m join flats f using (tenant_id, flat_id)").await.as_deref(),
        Some("chair verified founder 7")
    );
    assert_eq!(app.text("select detail->>'consent' from audit_log where act = 'building.opened'").await.as_deref(), Some("2026-11"));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_with_mistakes_comes_back_whole() {
    let app = App::start().await;
    let mut visitor = app.visitor();
    visitor.get("/open").await;
    let answer = visitor.submit("/call/buildings/open", &form(&[("phone", "03-5551234"), ("last_flat", "")])).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let text = answer.text();
    assert!(text.contains("value=\"ביאליק 14\"") && text.contains("value=\"03-5551234\""), "what was typed is kept");
    assert!(text.contains("id=\"phone-problem\"") && text.contains("id=\"last_flat-problem\""), "each field says what to mend");
    assert_eq!(app.count("select count(*) from buildings").await, 0);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_phone_opens_a_building_only_from_its_own_session() {
    let app = App::start().await;
    let (first, mut chair) = opened(&app, &[]).await;
    let mut stranger = app.visitor();
    stranger.get("/open").await;
    let refused = stranger.submit("/call/buildings/open", &form(&[("street", "הרצל 5")])).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text().contains("/signin?next=/open"));
    assert!(stranger.cookie("__Host-session").is_none());
    assert_eq!(app.count("select count(*) from buildings").await, 1, "nothing was made for a stranger");
    chair.get("/open").await;
    let second = chair.submit("/call/buildings/open", &form(&[("street", "הרצל 5")])).await.location();
    assert_ne!(second, format!("/b/{first}/committee"));
    assert_eq!(app.count("select count(*) from sessions").await, 1, "no second session");
    assert_eq!(chair.get(&second).await.status, StatusCode::OK);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_looked_at_mended_and_opened() {
    let app = App::start().await;
    let mut visitor = app.visitor();
    visitor.get("/open").await;
    let list = "דירה,קומה,שם,טלפון\n1,1,נועה שגב,054-318 2704\n1,1,דן שגב,0521234567\n2,1,מיכל דהן,03-5551234\n";
    // Windows writes Hebrew in its own code page: a letter is one byte.
    let windows: Vec<u8> = list.chars().map(|ch| if ('א'..='ת').contains(&ch) { (ch as u32 - 'א' as u32 + 0xe0) as u8 } else { ch as u8 }).collect();
    let looked = look_at(&mut visitor, &windows).await;
    assert_eq!(looked.status, StatusCode::UNPROCESSABLE_ENTITY);
    let text = looked.text();
    assert!(text.contains("נועה שגב") && text.contains("זה נראה כמו מספר קווי"), "{text}");
    assert!(text.contains("value=\"ביאליק 14\""), "the rest of the form is kept");
    let mended = look_at(&mut visitor, list.replace("03-5551234", "0501112233").as_bytes()).await;
    assert_eq!(mended.status, StatusCode::OK, "{}", mended.text());
    let normal = list_of(&mended.text());
    let answer = visitor.submit("/call/buildings/open", &form(&[("flats_csv", &normal)])).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    assert_eq!(app.count("select count(*) from flats").await, 2);
    assert_eq!(app.count("select count(*) from roster").await, 3);
    let listed: Option<String> =
        sqlx::query_scalar("select name from roster where encode(phone_blind, 'hex') = $1").bind(app.blind("0543182704")).fetch_one(&app.all).await.expect("a line");
    assert_eq!(listed.as_deref(), Some("נועה שגב"));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_list_is_told_and_nothing_breaks() {
    let app = App::start().await;
    let mut visitor = app.visitor();
    visitor.get("/open").await;
    for file in [&b"PK\x03\x04 and no workbook"[..], b"\x89PNG\r\n\0\0", b"", &[0xd0, 0xcf, 0x11, 0xe0], "שם\nנועה\n".as_bytes()] {
        let looked = look_at(&mut visitor, file).await;
        assert_eq!(looked.status, StatusCode::UNPROCESSABLE_ENTITY, "{file:?}");
        assert!(looked.text().contains("value=\"ביאליק 14\""), "{file:?}");
    }
    let heavy = look_at(&mut visitor, &vec![b'1'; 2 * 1024 * 1024]).await;
    assert_eq!(heavy.status, StatusCode::UNPROCESSABLE_ENTITY);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_committee_confirms_and_removes_and_another_committee_does_neither() {
    let app = App::start().await;
    let (slug, mut chair) = opened(&app, &[]).await;
    let (_, mut other) = opened(&app, &[("phone", "0522000002"), ("street", "הרצל 5")]).await;
    let mut noa = joined(&app, &slug, "4", "נועה שגב", "0543182704").await;
    let row = residents(&mut chair, &slug).await.residents.into_iter().find(|row| row.name == "נועה שגב").expect("she joined");
    let membership = row.membership.to_string();
    for verb in ["buildings/confirm", "buildings/remove_resident"] {
        let refused = other.call(verb, &[("building", &slug), ("membership", &membership), ("reason", "לא מוכרת")]).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{verb}");
        let refused = noa.call(verb, &[("building", &slug), ("membership", &membership), ("reason", "לא מוכרת")]).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{verb} by a resident");
    }
    for _ in 0..2 {
        chair.get(&format!("/b/{slug}/committee/residents")).await;
        let confirmed = chair.submit("/call/buildings/confirm", &[("building", &slug), ("membership", &membership)]).await;
        assert_eq!(confirmed.location(), format!("/b/{slug}/committee/residents"));
    }
    assert_eq!(app.text("select trust || ' ' || verified_by from memberships where display_name = 'נועה שגב'").await.as_deref(), Some("verified committee"));
    assert_eq!(app.count("select count(*) from audit_log where act = 'resident.verified'").await, 1, "said twice, done once");

    let asking = chair.get(&format!("/b/{slug}/committee/residents?remove={membership}")).await;
    assert!(asking.text().contains("/call/buildings/remove_resident"));
    let silent = chair.submit("/call/buildings/remove_resident", &[("building", &slug), ("membership", &membership), ("reason", "  ")]).await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(silent.text().contains("id=\"reason-problem\""), "the question stands there again");
    assert_eq!(noa.get(&format!("/b/{slug}")).await.status, StatusCode::OK, "not yet");
    let removed = chair.submit("/call/buildings/remove_resident", &[("building", &slug), ("membership", &membership), ("reason", "לא גרה בבניין")]).await;
    assert_eq!(removed.status, StatusCode::SEE_OTHER, "{}", removed.text());
    assert_eq!(noa.get(&format!("/b/{slug}")).await.status, StatusCode::NOT_FOUND, "out at once");
    app.drain().await;
    let page = residents(&mut chair, &slug).await;
    assert!(page.residents.iter().all(|row| row.name != "נועה שגב"));
    assert_eq!(page.removed.first().map(|row| row.reason.as_str()), Some("לא גרה בבניין"));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_removes_the_chair_or_himself() {
    let app = App::start().await;
    let (slug, mut chair) = opened(&app, &[]).await;
    let me = residents(&mut chair, &slug).await.residents[0].membership.to_string();
    let refused = chair.call("buildings/remove_resident", &[("building", &slug), ("membership", &me), ("reason", "עייפות")]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert_eq!(app.count("select count(*) from memberships where state = 'active'").await, 1);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_of_the_list_is_confirmed_only_once_it_is_proved() {
    let app = App::start().await;
    let (slug, _chair) = opened(&app, &[("flats_csv", "דירה,טלפון\n1,0543182704\n2,0501112233\n3,\n")]).await;
    joined(&app, &slug, "1", "נועה שגב", "0543182704").await;
    joined(&app, &slug, "3", "דן לוי", "0501112233").await;
    let prove = || async {
        // What answering a code leaves behind, twice.
        for _ in 0..2 {
            sqlx::query(
                "select jobs.enqueue('identity.phone_proved', json_build_object('tenant', tenant_id, 'person', person_id), null, null, 3) from memberships where role = 'resident'",
            )
            .execute(&app.all)
            .await
            .expect("jobs");
        }
        app.drain().await;
    };
    assert_eq!(app.count("select count(*) from memberships where role = 'resident' and trust = 'paid'").await, 2, "a typed phone proves nothing");
    prove().await;
    assert_eq!(app.text("select trust || ' ' || verified_by from memberships where display_name = 'נועה שגב'").await.as_deref(), Some("verified code"));
    assert_eq!(app.text("select trust from memberships where display_name = 'דן לוי'").await.as_deref(), Some("paid"), "his phone is another flat's");
    assert_eq!(app.count("select count(*) from audit_log where act = 'resident.verified'").await, 1);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn join_times_are_measured_for_the_committee_and_the_operator() {
    let app = App::start().await;
    // The operator of the tests' configuration chairs a building, so that he has a session.
    let (slug, mut operator) = opened(&app, &[("phone", "0520000001")]).await;
    let mut noa = joined(&app, &slug, "4", "נועה שגב", "0543182704").await;
    let mut passer_by = app.visitor();
    passer_by.get(&format!("/b/{slug}/join")).await;
    let answer = operator.call("buildings/dashboard", &[("building", &slug)]).await;
    let page: DashboardPage = serde_json::from_slice(&answer.body).unwrap_or_else(|error| panic!("{error}: {}", answer.text()));
    let reached: Vec<i64> = page.funnel.steps.iter().map(|step| step.reached).collect();
    assert_eq!(reached, [2, 1, 1, 1, 1], "one looked and went");
    assert_eq!((page.funnel.whole_p50_ms, page.funnel.whole_p95_ms), (Some(25_000), Some(25_000)));
    assert_eq!(page.funnel.steps[1].p50_ms, Some(10_000));
    assert_eq!((page.people, page.building.joined), (2, 1));

    let answer = operator.call("operator/join_times", &[]).await;
    let times: JoinTimesPage = serde_json::from_slice(&answer.body).unwrap_or_else(|error| panic!("{error}: {}", answer.text()));
    assert_eq!(times.all, page.funnel, "one building is all of them");
    assert_eq!(times.buildings.iter().map(|row| row.slug.as_str()).collect::<Vec<_>>(), [slug.as_str()]);
    assert!(operator.get("/operator").await.text().contains("data-now=\"/operator/now\""));
    let now = operator.get("/operator/now").await.text();
    assert!(now.contains("id=\"console-times\"") && now.contains(&slug) && !now.contains("<html"), "{now}");
    assert_eq!(noa.get("/operator/now").await.status, StatusCode::NOT_FOUND);
    assert_eq!(noa.call("operator/join_times", &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(passer_by.call("operator/join_times", &[]).await.status, StatusCode::UNAUTHORIZED);
    app.finish().await;
}
