//! Every door of the house with who may go through it: pages, server functions and plain routes. A door without a row
//! fails, a row without a door fails, and each door is tried as everybody who may not and everybody who may.

use axum::body::Body;
use http::{Method, Request, StatusCode, header};
use testkit::{Actor, Answer};
use tower::ServiceExt;
use uuid::Uuid;

pub mod table;

use table::{Caller, DOORS, Door, Expect, Fields, Knock, Who};

use crate::companies;
use crate::support::{App, SLUG};
use Caller::{Anonymous, Chair, Resident, Stranger};

/// The doors the house has, named as the table names them.
fn doors_of_the_house() -> Vec<String> {
    let pages = leptos_axum::generate_route_list(vantera::app::App).into_iter().map(|route| format!("page {}", route.path()));
    let calls = vantera::wiring::server_function_paths().into_iter().map(|path| path.replacen("/call/", "call ", 1));
    let plain = vantera::wiring::PLAIN_ROUTES.iter().map(|(method, path)| format!("{method} {path}"));
    pages.chain(calls).chain(plain).collect()
}

/// Doors without a row, and rows without a door.
fn differences(doors: &[String], rows: &[&str]) -> Vec<String> {
    let missing = doors.iter().filter(|door| !rows.contains(&door.as_str())).map(|door| format!("{door}: nobody has written who may go through; add a row"));
    let gone = rows.iter().filter(|row| !doors.iter().any(|door| door == *row)).map(|row| format!("{row}: there is no such door; take its row out"));
    let twice = rows.iter().enumerate().filter(|(at, row)| rows[..*at].contains(row)).map(|(_, row)| format!("{row}: has two rows"));
    missing.chain(gone).chain(twice).collect()
}

/// What one building holds for the doors to lead to, and everybody who knocks.
pub struct House {
    pub app: App,
    pub callers: Vec<(Caller, Actor)>,
    post: Uuid,
    spare: Uuid,
    picture: Uuid,
    member: String,
    chair: String,
    joins: [String; 3],
    company: String,
    partner: String,
    endpoint: String,
    grant: String,
}

/// What stands in the building and may be told to nobody outside it.
const INSIDE: [&str; 2] = ["נועה שגב", "הקוד של חדר האופניים"];

impl House {
    pub async fn build() -> Self {
        let app = App::with_building().await;
        app.open_building("other-1", "אחר 1", 4).await;
        app.open_building("third-1", "שלישי 1", 4).await;
        let stranger = member_of(&app, "other-1", "דנה כהן", "0543330001").await;
        let operator = member_of(&app, "third-1", "עמית רז", "0520000001").await;
        let resident = app.resident("3", INSIDE[0], "0543182704").await;
        let chair = app.resident("4", "יעל ברק", "0543182705").await;
        app.resident("5", "אורח פורח", "0543182706").await;
        change(&app, "update memberships set role = 'chair' where display_name = 'יעל ברק'").await;
        let mut joiner = app.visitor();
        app.send_form(&mut joiner, "6", "תמר גל", "0543182707").await;
        for phone in ["0543182708", "0543182709", "0543182710"] {
            app.send_form(&mut app.visitor(), "3", "שותף לדירה", phone).await;
        }
        app.drain().await;
        let joins: Vec<String> = sqlx::query_scalar("select join_id::text from joins where state = 'waiting'").fetch_all(&app.all).await.expect("who waits");
        let member = app.text("select membership_id::text from memberships where display_name = 'אורח פורח'").await.expect("a member");
        let own = app.text("select membership_id::text from memberships where role = 'chair'").await.expect("a chair");
        let (post, spare) = (write(&app, INSIDE[1]).await, write(&app, "נמחק עוד רגע").await);
        let picture = app.text("insert into pictures (tenant_id, picture_id, post_id, width, height, bytes, created_at) select tenant_id, gen_random_uuid(), post_id, 1, 1, '\\x00', created_at from posts where body = 'הקוד של חדר האופניים' returning picture_id::text").await;
        let (mut manager, company) = companies::company(&app, "ניהול הצפון", "אלון דרור", "0543440001", SLUG).await;
        let (other, _) = companies::company(&app, "ניהול הדרום", "גיא אור", "0543440002", "third-1").await;
        let partner = crate::partners::opened(&mut manager, "מגן ביטוח").await;
        manager.call("gateway/add_endpoint", &[("partner", &partner), ("url", "https://hooks.magen.example/in")]).await;
        let endpoint = app.text("select endpoint_id::text from gateway_endpoints").await.expect("an endpoint");
        let granted = "insert into gateway_grants (tenant_id, grant_id, partner_id, event_types, granted_at) select t.tenant_id, gen_random_uuid(), p.partner_id, '{review.received}', p.created_at from tenants t, partners p where t.slug = 'herzl-7' returning grant_id::text";
        let grant = app.text(granted).await.expect("a grant");
        let callers = vec![
            (Anonymous, app.visitor()),
            (Caller::Joiner, joiner),
            (Stranger, stranger),
            (Caller::Operator, operator),
            (Caller::OtherManager, other),
            (Resident, resident),
            (Chair, chair),
            (Caller::Manager, manager),
        ];
        let picture = picture.and_then(|id| id.parse().ok()).expect("a picture");
        Self { app, callers, post, spare, picture, member, chair: own, joins: joins.try_into().expect("three wait"), company, partner, endpoint, grant }
    }

    pub fn fill(&self, template: &str, caller: Caller) -> String {
        let join = &self.joins[[Chair, Caller::Manager].iter().position(|one| *one == caller).map_or(0, |at| at + 1)];
        let phone = format!("054999000{}", caller as u8);
        let places = [
            ("{slug}", SLUG.to_owned()),
            ("{post}", self.post.to_string()),
            ("{spare}", self.spare.to_string()),
            ("{picture}", self.picture.to_string()),
            ("{member}", self.member.clone()),
            ("{chair}", self.chair.clone()),
            ("{join}", join.clone()),
            ("{company}", self.company.clone()),
            ("{partner}", self.partner.clone()),
            ("{endpoint}", self.endpoint.clone()),
            ("{grant}", self.grant.clone()),
            ("{id}", self.endpoint.clone()),
            ("{type}", "hazard.raised".into()),
            ("{*rest}", "cellar".into()),
            ("{phone}", phone),
            ("{unknown}", format!("054999100{}", caller as u8)),
            ("{name}", "lang".into()),
            ("{page}", "overview".into()),
            ("{value}", "he".into()),
            ("{provider}", "whatsapp".into()),
            ("{secret}", "x".into()),
        ];
        places.iter().fold(template.to_owned(), |text, (place, value)| text.replace(place, value))
    }

    async fn knock(&self, door: &Door, caller: Caller, actor: &mut Actor) -> Answer {
        let (_, path) = door.name.split_once(' ').expect("a kind and a path");
        let path = self.fill(path, caller);
        let filled = |fields: Fields| fields.iter().map(|(name, value)| (*name, self.fill(value, caller))).collect::<Vec<_>>();
        match door.knock {
            Knock::Get => actor.get(&path).await,
            Knock::Call(fields) => {
                let fields = filled(fields);
                let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
                actor.call(&path, &fields).await
            }
            Knock::Multipart(fields) => {
                let parts: String = filled(fields).iter().map(|(name, value)| format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")).collect();
                actor.send(post(&path, "multipart/form-data; boundary=edge", format!("{parts}--edge--\r\n"))).await
            }
            Knock::Post => actor.send(post(&path, "application/json", "{}".into())).await,
            Knock::Other(method) => {
                let mut request = post(&path, "application/json", "{}".into());
                *request.method_mut() = method.parse().expect("a method");
                actor.send(request).await
            }
            Knock::Stream => {
                let mut request = Request::builder().uri(&path).header(header::HOST, testkit::HOST).body(Body::empty()).expect("a request");
                if let Some(session) = actor.cookie("__Host-session") {
                    request.headers_mut().insert(header::COOKIE, format!("__Host-session={session}").parse().expect("a cookie"));
                }
                let response = self.app.router.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
                Answer { status: response.status(), headers: response.headers().clone(), body: Vec::new() }
            }
        }
    }
}

fn post(path: &str, kind: &str, body: String) -> Request<Body> {
    Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(header::CONTENT_TYPE, kind)
        .header(header::ACCEPT, "application/json")
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(body))
        .expect("a request")
}

/// The whole way into another building than the usual one.
pub async fn member_of(app: &App, slug: &str, name: &str, phone: &str) -> Actor {
    let mut actor = app.visitor();
    app.send_form_of(slug, &mut actor, "1", name, phone).await;
    app.drain().await;
    actor.get(&format!("/b/{slug}/pay")).await;
    app.stripe.pay(&app.last_session());
    actor.get(&format!("/b/{slug}/enter")).await;
    app.drain().await;
    actor.get(&format!("/b/{slug}/enter")).await;
    assert!(actor.cookie("__Host-session").is_some(), "{name} is signed in");
    // A browser that joined elsewhere may join here too; this one only belongs elsewhere.
    actor.forget_cookie("__Host-join");
    actor
}

async fn change(app: &App, sql: &'static str) {
    sqlx::query(sql).execute(&app.all).await.expect("a change");
}

/// A post of the resident's.
async fn write(app: &App, body: &str) -> Uuid {
    let sql = "insert into posts (tenant_id, post_id, membership_id, kind, body, created_at) select tenant_id, gen_random_uuid(), membership_id, 'post', $1, joined_at from memberships where display_name = $2 returning post_id";
    sqlx::query_scalar(sql).bind(body).bind(INSIDE[0]).fetch_one(&app.all).await.expect("a post")
}

/// What is wrong with an answer; nothing when it is as expected.
fn fault(expect: Expect, answer: &Answer) -> Option<String> {
    let to_sign_in = answer.status.is_redirection() && answer.leads().is_some_and(|to| to.starts_with("/signin"));
    let fine = match expect {
        Expect::Passes => (answer.status.is_success() || answer.status.is_redirection()) && !to_sign_in,
        Expect::SignIn => answer.status == StatusCode::UNAUTHORIZED || to_sign_in,
        Expect::NotFound => answer.status == StatusCode::NOT_FOUND,
        Expect::Status(status) => answer.status.as_u16() == status,
    };
    let told = answer.text();
    if !fine {
        let start: String = told.chars().take(200).collect();
        return Some(format!("{expect:?} was expected, {} {} came: {start}", answer.status, answer.leads().unwrap_or_default()));
    }
    let leak = INSIDE.into_iter().find(|text| !matches!(expect, Expect::Passes) && told.contains(text));
    leak.map(|text| format!("the refusal tells what is inside: {text}"))
}

#[test]
fn every_door_has_a_row_and_every_row_a_door() {
    let rows: Vec<&str> = DOORS.iter().map(|door| door.name).collect();
    assert_eq!(differences(&doors_of_the_house(), &rows), Vec::<String>::new());
}

#[test]
fn a_door_without_a_row_and_a_row_without_a_door_are_noticed() {
    let mut doors = doors_of_the_house();
    assert!(doors.len() > 30, "{doors:?}");
    let rows: Vec<String> = doors.clone();
    let mut rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    for made_up in ["call feed/burn", "page /b/{slug}/cellar", "DELETE /b/{slug}"] {
        doors.push(made_up.into());
        assert_eq!(differences(&doors, &rows), [format!("{made_up}: nobody has written who may go through; add a row")]);
        doors.pop();
        rows.push(made_up);
        assert_eq!(differences(&doors, &rows), [format!("{made_up}: there is no such door; take its row out")]);
        rows.pop();
    }
    rows.push("page /");
    assert_eq!(differences(&doors, &rows), ["page /: has two rows"]);
}

#[test]
fn an_answer_that_is_not_as_expected_is_noticed() {
    let answer = |status: u16, to: Option<&'static str>, body: &str| {
        let headers = to.map(|to| (header::LOCATION, http::HeaderValue::from_static(to))).into_iter().collect();
        Answer { status: StatusCode::from_u16(status).expect("a status"), headers, body: body.into() }
    };
    for (expect, fine) in [
        (Expect::Passes, answer(303, Some("/b/x"), "")),
        (Expect::SignIn, answer(302, Some("/signin?next=/"), "")),
        (Expect::SignIn, answer(401, None, "")),
        (Expect::NotFound, answer(404, None, "")),
        (Expect::Status(422), answer(422, None, "")),
    ] {
        assert_eq!(fault(expect, &fine), None);
    }
    for (expect, wrong) in [
        (Expect::Passes, answer(303, Some("/signin"), "")),
        (Expect::Passes, answer(404, None, "")),
        (Expect::Passes, answer(500, None, "")),
        (Expect::SignIn, answer(200, None, "")),
        (Expect::SignIn, answer(303, Some("/b/x"), "")),
        (Expect::NotFound, answer(403, None, "")),
        (Expect::NotFound, answer(404, None, INSIDE[0])),
        (Expect::SignIn, answer(401, None, INSIDE[1])),
    ] {
        assert!(fault(expect, &wrong).is_some(), "{expect:?} {}", wrong.status);
    }
    assert_eq!((Who::Member.expects(Anonymous), Who::Member.expects(Stranger), Who::Committee.expects(Resident)), (Expect::SignIn, Expect::NotFound, Expect::NotFound));
}

#[tokio::test]
async fn every_door_opens_to_whom_it_should_and_to_nobody_else() {
    let mut house = House::build().await;
    let callers = std::mem::take(&mut house.callers);
    let mut wrong = Vec::new();
    for door in DOORS {
        for (caller, actor) in &callers {
            // A copy of the browser as it came: what one door puts into it does not open the next.
            let answer = house.knock(door, *caller, &mut actor.clone()).await;
            if let Some(fault) = fault(door.expects(*caller), &answer) {
                wrong.push(format!("{} as {caller:?}: {fault}", door.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{} doors:\n{}\n", wrong.len(), wrong.join("\n"));
    house.app.drain().await;
    house.app.finish().await;
}

/// docs/roles.txt is the table of rights as people read it.
#[test]
fn the_table_of_rights_is_printed() {
    let written = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/roles.txt")).unwrap_or_default();
    let table = kit::rights_table();
    assert!(written == table, "docs/roles.txt is not the table of rights any more; it should be:\n\n{table}");
}
