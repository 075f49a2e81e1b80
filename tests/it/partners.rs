//! Partners of buildings: their desk, their keys and their programs' door, and what a committee lets each of them hear.

mod api;
mod log;
mod off;

use http::{Method, Request, StatusCode, header};
use serde_json::Value;
use testkit::{Actor, Answer};

use crate::companies::sign_in;
use crate::support::{App, SLUG};

/// Where the committee says who hears what.
pub const ACCESS: &str = "/b/herzl-7/committee/access";

/// A partner on whose behalf somebody works, and its code.
pub async fn opened(actor: &mut Actor, name: &str) -> String {
    actor.get("/partners/open").await;
    let answer = actor.submit("/call/gateway/open", &[("name", name), ("kind", "insurer")]).await;
    answer.location().strip_prefix("/partners/").expect("the desk").to_owned()
}

/// Somebody who belongs to no building and opened a partner.
pub async fn partner(app: &App, name: &str, phone: &str) -> (Actor, String) {
    app.person(name, phone).await;
    let mut actor = sign_in(app, phone).await;
    let code = opened(&mut actor, name).await;
    (actor, code)
}

/// What the desk shows this once.
fn shown(page: &str) -> Option<String> {
    let field = page.split("id=\"shown-once\"").nth(1)?;
    field.split("value=\"").nth(1)?.split('"').next().map(str::to_owned)
}

/// A key of the partner's, as its maker copies it.
pub async fn key(actor: &mut Actor, code: &str, scope: &str) -> String {
    let desk = format!("/partners/{code}");
    actor.get(&desk).await;
    let made = actor.submit("/call/gateway/add_key", &[("partner", code), ("key_name", "השרת"), ("scope", scope)]).await;
    assert_eq!(made.location(), desk);
    shown(&actor.get(&desk).await.text()).expect("the key is shown")
}

/// Asks as a program does: no cookies, a key, JSON.
pub async fn ask(app: &App, method: Method, path: &str, key: &str, body: Option<Value>) -> Answer {
    let mut request = Request::builder().method(method).uri(format!("/api/v1{path}")).header(header::HOST, testkit::HOST).header(header::AUTHORIZATION, format!("Bearer {key}"));
    if body.is_some() {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    send(app, request.body(body.map(|body| body.to_string()).unwrap_or_default().into()).expect("a request")).await
}

pub async fn send(app: &App, request: Request<axum::body::Body>) -> Answer {
    let mut nobody = Actor::new(app.router.clone());
    let answer = nobody.send(request).await;
    assert!(answer.headers.get(header::SET_COOKIE).is_none(), "a program gets no cookie");
    answer
}

pub fn json(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap_or_else(|_| panic!("{}: {}", answer.status, answer.text()))
}

/// A building with a committee member.
pub async fn with_chair() -> (App, Actor) {
    let app = App::with_building().await;
    let chair = app.resident("3", "יעל ברק", "0543182704").await;
    sqlx::query("update memberships set role = 'chair'").execute(&app.all).await.expect("a chair");
    (app, chair)
}

pub async fn grant(chair: &mut Actor, code: &str, types: &[&str], until: &str) -> Answer {
    chair.get(ACCESS).await;
    let names: Vec<String> = (0..types.len()).map(|at| format!("event_types[{at}]")).collect();
    let mut fields = vec![("building", SLUG), ("code", code), ("until", until)];
    fields.extend(names.iter().map(String::as_str).zip(types.iter().copied()));
    chair.submit("/call/gateway/grant", &fields).await
}

#[tokio::test]
async fn whoever_is_signed_in_opens_a_partner_and_nobody_else_learns_of_it() {
    let app = App::with_building().await;
    let (mut dana, code) = partner(&app, "מגן ביטוח", "0543550001").await;
    let (mut gai, other) = partner(&app, "תחזוקת הצפון", "0543550002").await;
    let desk = dana.get(&format!("/partners/{code}")).await;
    assert!(desk.text().contains("מגן ביטוח") && desk.text().contains(&code) && desk.text().contains("חברת ביטוח"), "{}", desk.text());
    let own = dana.get("/partners/open").await.text();
    assert!(own.contains("מגן ביטוח") && !own.contains("תחזוקת הצפון"), "{own}");
    let spelled = format!("{}-{}", &code[..3].to_lowercase(), &code[3..].to_lowercase());
    assert_eq!(dana.get(&format!("/partners/{spelled}")).await.status, StatusCode::OK, "a code is read as people type it");
    assert_eq!(gai.get(&format!("/partners/{code}")).await.status, StatusCode::NOT_FOUND);
    let (real, made_up) = (gai.call("gateway/desk", &[("partner", &code)]).await, gai.call("gateway/desk", &[("partner", "AAAAAA")]).await);
    assert_eq!((real.status, real.text()), (StatusCode::NOT_FOUND, made_up.text()), "there and not there answer alike");
    for (verb, fields) in [
        ("gateway/add_key", vec![("key_name", "x"), ("scope", "write")]),
        ("gateway/add_endpoint", vec![("url", "https://a.example/")]),
        ("gateway/revoke_key", vec![("key", "018f0000-0000-7000-8000-000000000000")]),
        ("gateway/delete_endpoint", vec![("endpoint", "018f0000-0000-7000-8000-000000000000")]),
    ] {
        let fields: Vec<(&str, &str)> = fields.into_iter().chain([("partner", code.as_str())]).collect();
        assert_eq!(gai.call(verb, &fields).await.status, StatusCode::NOT_FOUND, "{verb}");
    }
    assert_eq!(app.count("select count(*) from partner_keys").await + app.count("select count(*) from gateway_endpoints").await, 0);
    assert_ne!(code, other);
    app.drain().await;
    app.finish().await;
}

#[tokio::test]
async fn a_partner_is_found_again_from_ones_own_page() {
    let (app, mut chair) = with_chair().await;
    assert_eq!(chair.get("/home").await.status, StatusCode::FOUND, "who belongs to one building alone is led there");
    let code = opened(&mut chair, "מגן ביטוח").await;
    let (mut gai, other) = partner(&app, "תחזוקת הצפון", "0543550002").await;
    let home = chair.get("/home").await.text();
    assert!(home.contains(&format!("href=\"/partners/{code}\"")) && home.contains("מגן ביטוח") && home.contains("href=\"/b/"), "{home}");
    let home = gai.get("/home").await.text();
    assert!(home.contains(&format!("href=\"/partners/{other}\"")) && !home.contains(&code) && !home.contains("עוד אין כאן בניין"), "{home}");
    app.drain().await;
    app.finish().await;
}

#[tokio::test]
async fn a_partner_needs_a_name_and_a_kind_and_a_person_opens_five_and_no_more() {
    let app = App::start().await;
    let (mut dana, _) = partner(&app, "מגן ביטוח", "0543550001").await;
    dana.get("/partners/open").await;
    let nameless = dana.submit("/call/gateway/open", &[("name", " "), ("kind", "insurer")]).await;
    assert_eq!(nameless.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(nameless.text().contains("id=\"name-problem\""), "{}", nameless.text());
    assert_eq!(dana.call("gateway/open", &[("name", "אחר"), ("kind", "spy")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    for n in 2..=5 {
        assert!(dana.call("gateway/open", &[("name", &format!("שותף {n}")), ("kind", "developer")]).await.status.is_success(), "{n}");
    }
    assert_eq!(dana.call("gateway/open", &[("name", "שישי"), ("kind", "developer")]).await.status, StatusCode::TOO_MANY_REQUESTS);
    app.finish().await;
}

#[tokio::test]
async fn a_key_is_shown_once_and_kept_as_its_hash() {
    let app = App::start().await;
    let (mut dana, code) = partner(&app, "מגן ביטוח", "0543550001").await;
    let text = key(&mut dana, &code, "write").await;
    assert!(text.starts_with("vk_") && text.len() == 46, "{text}");
    let again = dana.get(&format!("/partners/{code}")).await.text();
    assert!(!again.contains(&text) && again.contains(&text[..10]), "only its beginning is told from then on");
    assert!(dana.cookie("__Host-shown").is_none(), "and the browser forgot it");
    for table in ["partner_keys", "partners", "audit_log"] {
        let sql = format!("select count(*) from {table} t where t::text like '%' || $1 || '%'");
        let rows: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(&text[3..]).fetch_one(&app.all).await.expect("a count");
        assert_eq!(rows, 0, "{table}");
    }
    // Whoever takes the browser's sealed copy to another desk, or to another person, reads nothing.
    dana.submit("/call/gateway/add_key", &[("partner", &code), ("key_name", "שני"), ("scope", "read")]).await;
    let sealed = dana.cookie("__Host-shown").expect("the next page shows it").to_owned();
    assert!(!sealed.contains("vk_"));
    let (mut gai, other) = partner(&app, "תחזוקת הצפון", "0543550002").await;
    gai.set_cookie("__Host-shown", &sealed);
    assert_eq!(shown(&gai.get(&format!("/partners/{other}")).await.text()), None);
    app.finish().await;
}

#[tokio::test]
async fn a_secret_is_shown_once_sealed_and_rotation_leaves_two_that_sign() {
    let app = App::start().await;
    let (mut dana, code) = partner(&app, "מגן ביטוח", "0543550001").await;
    let desk = format!("/partners/{code}");
    dana.get(&desk).await;
    let added = dana.submit("/call/gateway/add_endpoint", &[("partner", &code), ("url", "https://hooks.magen.example/in"), ("event_types[3]", "hazard.*")]).await;
    assert_eq!(added.location(), desk);
    let page = dana.get(&desk).await.text();
    let first = shown(&page).expect("the secret is shown");
    assert!(first.starts_with("whsec_") && page.contains("https://hooks.magen.example/in") && page.contains("hazard.*"), "{page}");
    assert!(!dana.get(&desk).await.text().contains(&first));
    let endpoint = app.text("select endpoint_id::text from gateway_endpoints").await.expect("an endpoint");
    let mut secrets = vec![first];
    for _ in 0..2 {
        app.advance(60);
        dana.submit("/call/gateway/rotate_secret", &[("partner", &code), ("endpoint", &endpoint)]).await;
        secrets.push(shown(&dana.get(&desk).await.text()).expect("a new secret"));
    }
    let now = app.clock_now();
    let rows: Vec<(uuid::Uuid, Vec<u8>, bool)> = sqlx::query_as("select secret_id, sealed, expires_at is null or expires_at > $1 from gateway_secrets order by created_at")
        .bind(now)
        .fetch_all(&app.all)
        .await
        .expect("secrets");
    let opened: Vec<(String, bool)> = rows
        .iter()
        .map(|(id, sealed, signs)| {
            let row = id.to_string();
            let place = vault::Place { tenant: "platform", table: "gateway_secrets", column: "sealed", row: &row };
            (String::from_utf8(app.web.vault.open(place, sealed).expect("it opens in its own row")).expect("text"), *signs)
        })
        .collect();
    assert_eq!(opened, [(secrets[0].clone(), false), (secrets[1].clone(), true), (secrets[2].clone(), true)], "the newest two sign, and no older one");
    app.advance(24 * 3_600);
    let left: i64 =
        sqlx::query_scalar("select count(*) from gateway_secrets where expires_at is null or expires_at > $1").bind(app.clock_now()).fetch_one(&app.all).await.expect("a count");
    assert_eq!(left, 1, "a day later only the newest");
    app.finish().await;
}

#[tokio::test]
async fn an_endpoint_that_may_not_be_is_told_under_its_field_and_what_was_typed_is_kept() {
    let app = App::start().await;
    let (mut dana, code) = partner(&app, "מגן ביטוח", "0543550001").await;
    let desk = format!("/partners/{code}");
    for wrong in [
        "http://hooks.magen.example/",
        "https://localhost/",
        "https://169.254.169.254/latest",
        "https://user:word@hooks.magen.example/",
        "https://hooks.magen.example/#x",
        "nothing",
    ] {
        dana.get(&desk).await;
        let answer = dana.submit("/call/gateway/add_endpoint", &[("partner", &code), ("url", wrong), ("event_types[1]", "hazard.*")]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        let page = answer.text();
        assert!(page.contains("id=\"url-problem\"") && page.contains(&format!("value=\"{wrong}\"")), "{wrong}: {page}");
        let box_of = page.split("id=\"new-1\"").nth(1).and_then(|rest| rest.split('>').next()).expect("the box");
        assert!(box_of.contains("checked"), "what was chosen is kept: {box_of}");
    }
    assert_eq!(app.count("select count(*) from gateway_endpoints").await, 0);
    app.finish().await;
}

#[tokio::test]
async fn an_endpoint_is_paused_changed_and_taken_away_on_the_desk() {
    let app = App::start().await;
    let (mut dana, code) = partner(&app, "מגן ביטוח", "0543550001").await;
    dana.get(&format!("/partners/{code}")).await;
    dana.submit("/call/gateway/add_endpoint", &[("partner", &code), ("url", "https://hooks.magen.example/in")]).await;
    let endpoint = app.text("select endpoint_id::text from gateway_endpoints").await.expect("an endpoint");
    let state = "select state || coalesce(':' || disabled_reason, '') || ' ' || event_types::text from gateway_endpoints";
    let mine = [("partner", code.as_str()), ("endpoint", endpoint.as_str())];
    dana.submit("/call/gateway/pause_endpoint", &[&mine[..], &[("on", "false")]].concat()).await;
    assert_eq!(app.text(state).await.as_deref(), Some("disabled:owner {}"));
    dana.submit("/call/gateway/pause_endpoint", &[&mine[..], &[("on", "true")]].concat()).await;
    dana.submit("/call/gateway/change_endpoint", &[&mine[..], &[("event_types[0]", "notice.published"), ("event_types[4]", "anomaly.*")]].concat()).await;
    assert_eq!(app.text(state).await.as_deref(), Some("active {notice.published,anomaly.*}"));
    sqlx::query("update gateway_endpoints set state = 'disabled', disabled_reason = 'operator'").execute(&app.all).await.expect("switched off");
    assert_eq!(dana.call("gateway/pause_endpoint", &[&mine[..], &[("on", "true")]].concat()).await.status, StatusCode::CONFLICT, "what the platform switched off, it switches on");
    dana.submit("/call/gateway/delete_endpoint", &mine).await;
    assert_eq!(app.text(state).await.as_deref(), Some("deleted:owner {notice.published,anomaly.*}"));
    assert!(!dana.get(&format!("/partners/{code}")).await.text().contains("hooks.magen.example"));
    assert_eq!(dana.call("gateway/delete_endpoint", &mine).await.status, StatusCode::NOT_FOUND);
    app.finish().await;
}

#[tokio::test]
async fn a_committee_lets_a_partner_hear_something_changes_it_and_takes_it_back_at_once() {
    let (app, mut chair) = with_chair().await;
    let (mut dana, code) = partner(&app, "מגן ביטוח", "0543550001").await;
    let text = key(&mut dana, &code, "read").await;
    let buildings = async || json(&ask(&app, Method::GET, "/buildings", &text, None).await)["data"].clone();
    assert_eq!(buildings().await, serde_json::json!([]));
    let overview = chair.get(&format!("/b/{SLUG}/committee")).await.text();
    assert!(overview.contains(ACCESS) && overview.contains("ממשקים"), "the way stands in the committee's navigation");

    assert_eq!(grant(&mut chair, &code.to_lowercase(), &["notice.published", "hazard.*"], "2026-12-31").await.location(), ACCESS);
    let page = chair.get(ACCESS).await.text();
    for told in ["מגן ביטוח", &code, "חברת ביטוח", "הודעות הוועד לכל הבניין", "hazard.*", "31 בדצמבר", "בלי שם ובלי טלפון"]
    {
        assert!(page.contains(told), "{told}: {page}");
    }
    let granted = buildings().await;
    assert_eq!(granted[0]["slug"], SLUG);
    assert_eq!(granted[0]["event_types"], serde_json::json!(["notice.published", "hazard.*"]));
    assert_eq!(granted[0]["ends_at"], "2026-12-31T22:00:00Z", "its last day ends at the building's midnight");
    assert!(dana.get(&format!("/partners/{code}")).await.text().contains("הרצל 7"));

    let id = app.text("select grant_id::text from gateway_grants").await.expect("a grant");
    let changed = chair.submit("/call/gateway/change_grant", &[("building", SLUG), ("grant", &id), ("event_types[1]", "hazard.*"), ("until", "")]).await;
    assert_eq!(changed.location(), ACCESS);
    assert_eq!(buildings().await[0]["event_types"], serde_json::json!(["hazard.*"]));
    // The same code again is the later word, not a second grant.
    grant(&mut chair, &code, &["resident.joined"], "").await;
    assert_eq!(app.count("select count(*) from gateway_grants").await, 1);
    assert_eq!(buildings().await[0]["event_types"], serde_json::json!(["resident.joined"]));

    assert_eq!(chair.submit("/call/gateway/withdraw", &[("building", SLUG), ("grant", &id)]).await.location(), ACCESS);
    assert_eq!(buildings().await, serde_json::json!([]), "at once");
    chair.submit("/call/gateway/withdraw", &[("building", SLUG), ("grant", &id)]).await;
    let page = chair.get(ACCESS).await.text();
    assert!(page.contains("id=\"past\"") && page.contains("מגן ביטוח") && !page.contains("id=\"granted\""), "{page}");
    let acts: Vec<String> =
        sqlx::query_scalar("select act || ' ' || (actor is not null)::text from audit_log where act like 'partner.%' order by audit_id").fetch_all(&app.all).await.expect("acts");
    assert_eq!(acts, ["partner.granted true", "partner.grant_changed true", "partner.grant_changed true", "partner.withdrawn true"]);
    let before = app.text("select detail->'before'->>'event_types' from audit_log where act = 'partner.grant_changed' order by audit_id limit 1").await;
    assert_eq!(before.as_deref(), Some("[\"notice.published\", \"hazard.*\"]"), "the log says what it was before");
    app.finish().await;
}

#[tokio::test]
async fn a_grants_last_day_ends_it_by_itself() {
    let (app, mut chair) = with_chair().await;
    let (mut dana, code) = partner(&app, "מגן ביטוח", "0543550001").await;
    let text = key(&mut dana, &code, "read").await;
    grant(&mut chair, &code, &["hazard.*"], "2026-11-22").await;
    // Half a minute before the building's midnight, and half a minute after it.
    app.advance(13 * 3_600 - 30);
    assert_eq!(json(&ask(&app, Method::GET, "/buildings", &text, None).await)["data"][0]["slug"], SLUG);
    app.advance(60);
    assert_eq!(json(&ask(&app, Method::GET, "/buildings", &text, None).await)["data"], serde_json::json!([]));
    assert_eq!(app.text("select (withdrawn_at is null)::text from gateway_grants").await.as_deref(), Some("true"), "nobody withdrew it");
    app.finish().await;
}

#[tokio::test]
async fn a_grant_that_cannot_be_is_told_under_its_field_and_what_was_chosen_is_kept() {
    let (app, mut chair) = with_chair().await;
    let (_dana, code) = partner(&app, "מגן ביטוח", "0543550001").await;
    for wrong in ["AAAAAA", "short", "", "'; drop"] {
        let answer = grant(&mut chair, wrong, &["notice.published"], "2026-12-31").await;
        let page = answer.text();
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        assert!(page.contains("id=\"code-problem\"") && page.contains("לא מצאנו שותף עם הקוד הזה"), "{wrong}: {page}");
        assert!(page.contains("value=\"2026-12-31\""), "{wrong}: the day is kept");
        let box_of = page.split("id=\"give-0\"").nth(1).and_then(|rest| rest.split('>').next()).expect("the box");
        assert!(box_of.contains("checked"), "{wrong}: {box_of}");
    }
    let nothing = grant(&mut chair, &code, &[], "").await;
    assert!(nothing.status == StatusCode::UNPROCESSABLE_ENTITY && nothing.text().contains("give-event_types-problem"), "{}", nothing.text());
    for day in ["2026-11-21", "2036-01-01", "tomorrow", "2026-02-30"] {
        let answer = grant(&mut chair, &code, &["hazard.*"], day).await;
        assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.text().contains("id=\"until-problem\""), "{day}");
    }
    for entry in ["gateway.test", "gateway.*", "*", "salary.paid"] {
        assert_eq!(grant(&mut chair, &code, &[entry], "").await.status, StatusCode::UNPROCESSABLE_ENTITY, "{entry}");
    }
    assert_eq!(app.count("select count(*) from gateway_grants").await, 0);
    app.finish().await;
}

#[tokio::test]
async fn what_one_building_grants_another_neither_sees_nor_changes() {
    let (app, mut chair) = with_chair().await;
    app.open_building("other-1", "אחר 1", 4).await;
    let (_dana, code) = partner(&app, "מגן ביטוח", "0543550001").await;
    let elsewhere = "insert into gateway_grants (tenant_id, grant_id, partner_id, event_types, granted_at) select t.tenant_id, gen_random_uuid(), p.partner_id, '{hazard.*}', now() from tenants t, partners p where t.slug = 'other-1'";
    sqlx::query(elsewhere).execute(&app.all).await.expect("a grant elsewhere");
    let theirs = app.text("select grant_id::text from gateway_grants").await.expect("a grant");
    let page = chair.get(ACCESS).await.text();
    assert!(!page.contains("מגן ביטוח") && !page.contains(&code), "{page}");
    let change = chair.call("gateway/change_grant", &[("building", SLUG), ("grant", &theirs), ("event_types[0]", "notice.published")]).await;
    assert_eq!(change.status, StatusCode::NOT_FOUND);
    chair.call("gateway/withdraw", &[("building", SLUG), ("grant", &theirs)]).await;
    assert_eq!(app.count("select count(*) from gateway_grants where withdrawn_at is null and event_types = '{hazard.*}'").await, 1);
    app.finish().await;
}

#[tokio::test]
async fn the_page_for_developers_holds_the_catalogue_and_the_four_samples_in_both_languages() {
    let app = App::start().await;
    let mut visitor = app.visitor();
    for (lang, title) in [("he", "תיעוד לשותפים"), ("en", "Documentation for partners")] {
        visitor.set_cookie("lang", lang);
        let page = visitor.get("/developers").await;
        assert_eq!(page.status, StatusCode::OK);
        let text = page.text();
        for told in [title, "hazard.raised", "lead.created", "maintenance.completed", "&quot;sequence&quot;", "timingSafeEqual", "hash_equals", "compare_digest", "verify_slice"] {
            assert!(text.contains(told) || text.contains(&told.replace("&quot;", "\"")), "{lang}: {told}");
        }
        // Each type leads to its whole schema, which opens without a key.
        let links: Vec<&str> = text.split("href=\"/api/v1/event-types/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert_eq!(links, vantera::gateway::model::EVENT_TYPES, "{lang}");
        for event_type in links {
            assert_eq!(json(&visitor.get(&format!("/api/v1/event-types/{event_type}")).await)["schema"]["title"], event_type);
        }
    }
    app.finish().await;
}
