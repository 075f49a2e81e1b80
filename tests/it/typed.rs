//! Whatever is typed into whatever field: refused with a sentence, or kept clean and shown escaped; never a fault of
//! ours, never markup in a page, never a character that reorders a neighbour's words.

use axum::body::Body;
use http::{Method, Request, StatusCode, header};
use testkit::{Actor, Answer, HOST};

use crate::doors::House;
use crate::doors::table::{Caller, DOORS, Door, Expect, Knock};
use crate::support::{App, SLUG};

mod fields;
mod lists;
mod pictures;
mod shown;

/// What a page must never hold as it was typed.
const MARKUP: &str = "\"'></textarea></title><script>typed()</script><img src=typed onerror=typed()><b id=typed>";

/// What is typed, as bytes: forms bring what they like.
fn hostile() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("nothing", Vec::new()),
        ("markup", MARKUP.into()),
        ("characters that reorder", "\u{202e}\u{2066}\u{2067}\u{200f}שגב \u{202c}\u{202a}\u{200e}נועה\u{2068}".into()),
        ("characters nobody sees", "א\0ב\u{200b}\u{feff}\u{7}\u{1b}[2J\u{2028}\u{ad}\u{e0041}ג".into()),
        ("a hundred kilobytes", "א".repeat(50_000).into()),
        ("letters of emoji and of Hebrew", "👨‍👩‍👧 שָׁלוֹם ד״ר ז׳בוטינסקי צה\"ל 14א׳".into()),
        ("half of a pair, and bytes that are no text", b"\xed\xa0\x80 \xff\xfe \xc3".to_vec()),
        ("other people's tricks", "'; drop table posts; -- %00 {{7*7}} ${x} ../../etc/passwd\r\nSet-Cookie: a=b".into()),
    ]
}

/// What is wrong with an answer to hostile text; nothing when all is well.
fn fault(answer: &Answer) -> Option<String> {
    let told = answer.text();
    if answer.status.is_server_error() {
        return Some(format!("{}: {}", answer.status, told.chars().take(200).collect::<String>()));
    }
    let html = answer.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).is_some_and(|kind| kind.starts_with("text/html"));
    if html {
        return page_fault(&told);
    }
    if answer.status.is_client_error() {
        let error: serde_json::Value = serde_json::from_str(&told).unwrap_or_default();
        let sentence = error["message"].as_str().unwrap_or_default();
        return (sentence.chars().count() < 8).then(|| format!("{} without a sentence: {told}", answer.status));
    }
    None
}

/// What is wrong with a page's HTML.
fn page_fault(html: &str) -> Option<String> {
    for raw in ["<script>typed", "<img src=typed", "<b id=typed", "<u id=typed", "<i id=typed"] {
        if let Some(at) = html.find(raw) {
            return Some(format!("raw markup: …{}", html[at.saturating_sub(80)..].chars().take(160).collect::<String>()));
        }
    }
    if let Some(hidden) = html.chars().find(|ch| matches!(ch, '\0' | '\u{202a}'..='\u{202e}' | '\u{200b}' | '\u{feff}')) {
        return Some(format!("U+{:04X} stands in the page", u32::from(hidden)));
    }
    let depth = html.chars().try_fold(0i32, |depth, ch| match ch {
        '\u{2066}'..='\u{2068}' => Some(depth + 1),
        '\u{2069}' if depth == 0 => None,
        '\u{2069}' => Some(depth - 1),
        _ => Some(depth),
    });
    (depth != Some(0)).then(|| "isolates do not close".to_owned())
}

#[test]
fn an_answer_with_markup_or_reordering_is_noticed() {
    let page =
        |body: &str| Answer { status: StatusCode::OK, headers: [(header::CONTENT_TYPE, http::HeaderValue::from_static("text/html"))].into_iter().collect(), body: body.into() };
    assert_eq!(fault(&page("<p>&lt;script&gt;typed \u{2068}נועה\u{2069}</p>")), None);
    for wrong in [MARKUP, "\u{202e}abc", "a\0", "\u{2068}open", "\u{2069}closed"] {
        assert!(fault(&page(wrong)).is_some(), "{wrong:?}");
    }
    let bare = |status: u16, body: &str| Answer { status: StatusCode::from_u16(status).expect("a status"), headers: http::HeaderMap::new(), body: body.into() };
    assert!(fault(&bare(500, "{}")).is_some() && fault(&bare(422, "{\"message\":\"\"}")).is_some());
    assert_eq!(fault(&bare(422, "{\"code\":\"invalid\",\"message\":\"כדאי לבדוק את המספר\"}")), None);
}

/// Who knocks at a door with hostile hands: whoever gets furthest in.
fn caller_of<'a>(house: &'a House, door: &Door) -> &'a Actor {
    let wanted = [Caller::Joiner, Caller::Chair, Caller::Operator, Caller::Manager].into_iter().find(|caller| door.expects(*caller) == Expect::Passes).unwrap_or(Caller::Anonymous);
    &house.callers.iter().find(|(caller, _)| *caller == wanted).expect("somebody").1
}

/// The page a door's form stands on.
fn page_of(house: &House, endpoint: &str) -> String {
    let path = match endpoint.split_once('/') {
        Some(("joining", _)) => "/b/{slug}/join",
        Some(("companies", "open")) => "/companies/open",
        Some(("companies", "grant" | "withdraw" | "of_building")) => "/b/{slug}/committee/company",
        Some(("audit", _)) => "/b/{slug}/committee/audit",
        Some(("companies", _)) => "/companies/{company}",
        Some(("gateway", "open" | "opening")) => "/partners/open",
        Some(("gateway", "access" | "grant" | "change_grant" | "withdraw")) => "/b/{slug}/committee/access",
        Some(("gateway", "developers")) => "/developers",
        Some(("gateway", _)) => "/partners/{partner}",
        Some(("feed", _)) => "/b/{slug}/posts/{post}",
        Some(("operator", _)) => "/operator/queues",
        Some(("buildings", "open")) => "/open",
        Some(("buildings", "raise_hazard" | "clear_hazard" | "hazards")) => "/b/{slug}/committee/hazards",
        Some(("buildings", _)) => "/b/{slug}/committee/residents?remove={member}",
        _ => "/signin",
    };
    house.fill(path, Caller::Chair)
}

fn request(path: &str, page: &str, plain: bool, kind: &str, body: Vec<u8>) -> Request<Body> {
    Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(header::ACCEPT, if plain { "text/html,application/xhtml+xml" } else { "application/json" })
        .header(header::CONTENT_TYPE, kind)
        .header(header::REFERER, format!("http://{HOST}{page}"))
        .header(header::ORIGIN, format!("http://{HOST}"))
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(body))
        .expect("a request")
}

fn form_body(fields: &[(String, Vec<u8>)]) -> Vec<u8> {
    let coded = |bytes: &[u8]| form_urlencoded::byte_serialize(bytes).collect::<String>();
    fields.iter().map(|(name, value)| format!("{name}={}", coded(value))).collect::<Vec<_>>().join("&").into_bytes()
}

fn multipart_body(fields: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n").bytes());
        body.extend(value);
        body.extend(b"\r\n");
    }
    body.extend(b"--edge--\r\n");
    body
}

/// Moves what was written out of the hour that limits count, and gives every opening a phone of its own.
async fn another_hour(app: &App) {
    for sql in [
        "update posts set created_at = created_at - interval '2 hours'",
        "update comments set created_at = created_at - interval '2 hours'",
        "update login_codes set created_at = created_at - interval '2 hours'",
    ] {
        sqlx::query(sql).execute(&app.all).await.expect("an hour passes");
    }
}

fn phone(n: usize) -> Vec<u8> {
    format!("0557{n:06}").into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_text_in_any_field_of_any_door_is_refused_or_kept_clean() {
    let house = House::build().await;
    let doors = fields::text_fields();
    let (mut wrong, mut tried) = (Vec::new(), 0usize);
    for door in DOORS {
        let (multipart, given) = match door.knock {
            Knock::Call(given) => (false, given),
            Knock::Multipart(given) => (true, given),
            _ => continue,
        };
        let (_, path) = door.name.split_once(' ').expect("a kind and a path");
        let names = doors.get(path).unwrap_or_else(|| panic!("{path}: its text fields are not known; see fields.rs"));
        let actor = caller_of(&house, door);
        let page = if multipart && path.starts_with("/b/") { format!("/b/{SLUG}") } else { page_of(&house, path.trim_start_matches("/open/").trim_start_matches("preview")) };
        let target = if multipart { house.fill(path, Caller::Chair) } else { format!("/call/{path}") };
        for name in names {
            for (what, value) in hostile() {
                tried += 1;
                let mut sent: Vec<(String, Vec<u8>)> = given.iter().map(|(name, value)| ((*name).to_owned(), house.fill(value, Caller::Chair).into_bytes())).collect();
                for (field, value) in &mut sent {
                    if field == "phone" {
                        *value = phone(tried);
                    }
                }
                sent.retain(|(field, _)| field != name);
                sent.push((name.clone(), value));
                for plain in [false, true] {
                    let answer = match multipart {
                        true => actor.clone().send(request(&target, &page, plain, "multipart/form-data; boundary=edge", multipart_body(&sent))).await,
                        false => actor.clone().send(request(&target, &page, plain, "application/x-www-form-urlencoded", form_body(&sent))).await,
                    };
                    if let Some(fault) = fault(&answer) {
                        wrong.push(format!("{path} {name} ({what}, plain form: {plain}): {fault}"));
                    }
                }
            }
            another_hour(&house.app).await;
        }
    }
    assert!(tried > 150, "{tried}");
    assert!(wrong.is_empty(), "{} answers:\n{}\n", wrong.len(), wrong.join("\n"));
    house.app.drain().await;
    assert_eq!(hidden_in_database(&house.app).await, Vec::<String>::new());
    let mut pages = Vec::new();
    for (caller, actor) in &house.callers {
        for path in shown::pages(SLUG, &house.fill("{post}", *caller)) {
            if let Some(fault) = fault(&actor.clone().get(&path).await) {
                pages.push(format!("{path} as {caller:?}: {fault}"));
            }
        }
    }
    assert_eq!(pages, Vec::<String>::new());
}

/// Columns of the database that hold a character that reorders or hides.
async fn hidden_in_database(app: &App) -> Vec<String> {
    let columns: Vec<(String, String)> = sqlx::query_as(
        "select c.table_name::text, c.column_name::text from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
         where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.data_type in ('text', 'jsonb')",
    )
    .fetch_all(&app.all)
    .await
    .expect("columns");
    assert!(columns.len() > 40, "{}", columns.len());
    let mut found = Vec::new();
    for (table, column) in columns {
        let sql = format!("select count(*) from {table} where {column}::text ~ '[\u{202a}-\u{202e}\u{2066}-\u{2069}\u{200b}\u{feff}\u{2028}]'");
        let rows: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&app.all).await.expect("a count");
        if rows > 0 {
            found.push(format!("{table}.{column}: {rows} rows"));
        }
    }
    found
}

#[tokio::test]
async fn a_body_of_odd_shape_is_answered_and_a_name_that_is_no_house_is_not_there() {
    let app = App::with_building().await;
    let noa = app.resident("3", "נועה שגב", "0543182704").await;
    let page = format!("/b/{SLUG}");
    for body in [
        "",
        "=",
        "&&&&",
        "building",
        "building=%",
        "building=a&building=b",
        "building[]=a",
        "building[a][b][c][d][e][f][g]=1",
        "building=%00",
        "%00=%00",
        "building=..%2F..",
        "on=maybe",
    ] {
        for plain in [false, true] {
            for endpoint in ["feed/react", "feed/comment", "joining/submit", "buildings/open"] {
                let answer = noa.clone().send(request(&format!("/call/{endpoint}"), &page, plain, "application/x-www-form-urlencoded", body.into())).await;
                assert_eq!(fault(&answer), None, "{endpoint} {body:?} plain form: {plain}");
            }
        }
    }
    for (kind, body) in
        [("application/json", "{\"building\":"), ("text/plain", "x"), ("multipart/form-data", "--"), ("application/x-www-form-urlencoded; charset=utf-16", "building=a")]
    {
        let answer = noa.clone().send(request("/call/feed/comment", &page, true, kind, body.into())).await;
        assert_eq!(fault(&answer), None, "{kind}");
    }
    for path in [
        "/b/%00",
        "/b/%FF/join",
        "/b/%E2%80%AE/join",
        "/b/..%2f..%2f/posts/x/card",
        "/b/herzl-7/posts/%00",
        "/b/herzl-7/pictures/%00",
        "/b/HERZL-7",
        &format!("/b/{}", "a".repeat(4000)),
    ] {
        let answer = noa.clone().get(path).await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
        assert_eq!(fault(&answer), None, "{path}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_text_beyond_every_bound_is_told_under_its_field_and_kept() {
    let app = App::with_building().await;
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    let post = app.text("select post_id::text from posts limit 1").await.expect("a post");
    noa.get(&format!("/b/{SLUG}/posts/{post}")).await;
    for characters in [1_001, 100_000, 400_000] {
        let body = format!("בסוף נגמר {}", "א".repeat(characters));
        let answer = noa.submit("/call/feed/comment", &[("building", SLUG), ("post", &post), ("body", &body)]).await;
        let text = answer.text();
        assert!(matches!(answer.status, StatusCode::UNPROCESSABLE_ENTITY | StatusCode::PAYLOAD_TOO_LARGE), "{}", answer.status);
        assert!(text.contains("id=\"body-problem\"") && text.contains("בסוף נגמר אאא"), "{characters}: the sentence stands under what was typed");
    }
    let heavy = noa.call("feed/comment", &[("building", SLUG), ("post", &post), ("body", &"א".repeat(400_000))]).await;
    assert_eq!(heavy.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(fault(&heavy), None);
    noa.set_cookie("lang", "en");
    let english = noa.call("feed/comment", &[("building", SLUG), ("post", &post), ("body", &"א".repeat(400_000))]).await;
    assert!(english.text().contains("too long"), "{}", english.text());
    assert_eq!(app.count("select count(*) from comments").await, 0);
    app.finish().await;
}
