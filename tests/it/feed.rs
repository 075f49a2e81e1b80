//! The feed: one submit is one post, pictures come out clean, and nobody sees or takes down what is not his.

use axum::body::Body;
use http::{Method, Request, StatusCode, header};
use serde_json::Value;
use testkit::{Actor, Answer};
use uuid::Uuid;
use vantera::platform::Ids;

use crate::support::{App, SLUG};

/// The host that testkit's actors call.
const HOST: &str = "vantera.test";

/// What a multipart form holds: a field's text, or a file.
pub enum Part<'a> {
    Text(&'a str, &'a str),
    File(&'a str, &'a [u8]),
}
use Part::{File, Text};

/// Sends the composer's form as a browser without JavaScript does.
pub async fn write(actor: &mut Actor, slug: &str, parts: &[Part<'_>]) -> Answer {
    let boundary = "----form-boundary-1f2e3d";
    let mut body = Vec::new();
    for part in parts {
        body.extend(format!("--{boundary}\r\n").bytes());
        match part {
            Text(name, value) => body.extend(format!("Content-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}").bytes()),
            File(name, bytes) => {
                body.extend(format!("Content-Disposition: form-data; name=\"pictures\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n").bytes());
                body.extend(*bytes);
            }
        }
        body.extend(b"\r\n");
    }
    body.extend(format!("--{boundary}--\r\n").bytes());
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("/b/{slug}/posts"))
        .header(header::ACCEPT, "text/html,application/xhtml+xml")
        .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={boundary}"))
        .header(header::REFERER, format!("http://{HOST}/b/{slug}"))
        .header(header::ORIGIN, format!("http://{HOST}"))
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(body))
        .expect("a request");
    actor.send(request).await
}

/// What a reader reads: numbers stand in elements of their own.
fn without_tags(html: &str) -> String {
    html.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text)).collect()
}

/// What a form carries so that two submits of it are one.
fn fresh_key() -> String {
    Ids.new_id::<Uuid>().to_string()
}

async fn write_text(actor: &mut Actor, body: &str) -> Answer {
    write(actor, SLUG, &[Text("kind", "post"), Text("body", body), Text("client_key", &fresh_key())]).await
}

async fn page(actor: &mut Actor, filter: &str, cursor: &str) -> Value {
    let answer = actor.call("feed/page", &[("building", SLUG), ("filter", filter), ("cursor", cursor)]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    serde_json::from_slice(&answer.body).expect("a page")
}

fn bodies(posts: &Value) -> Vec<&str> {
    posts.as_array().expect("posts").iter().map(|post| post["body"].as_str().expect("a body")).collect()
}

async fn newest_post(app: &App) -> String {
    app.text("select post_id::text from posts order by created_at desc, post_id desc limit 1").await.expect("a post")
}

async fn make_committee(app: &App, name: &str) {
    sqlx::query("update memberships set role = 'committee' where display_name = $1").bind(name).execute(&app.all).await.expect("a role");
}

/// The smallest PNG: eight by eight, grey.
fn png() -> Vec<u8> {
    hex::decode("89504e470d0a1a0a0000000d4948445200000008000000080800000000e164e1570000000e49444154789c6368800206ca1800808420010d8024610000000049454e44ae426082").expect("hex")
}

#[tokio::test]
async fn a_post_with_a_picture_is_answered_and_liked() {
    let app = App::with_building().await;
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    let mut yoav = app.resident("5", "יואב פרידמן", "0543182705").await;
    let sent =
        write(&mut noa, SLUG, &[Text("kind", "post"), Text("body", "נמצא צרור מפתחות\u{202e} <b>כתום</b>"), Text("client_key", ""), File("keys.png", &png()), File("", b"")]).await;
    assert_eq!((sent.status, sent.location()), (StatusCode::SEE_OTHER, format!("/b/{SLUG}")), "{}", sent.text());
    let post = newest_post(&app).await;

    let commented = yoav.submit("/call/feed/comment", &[("building", SLUG), ("post", &post), ("body", "שלי, תודה!"), ("client_key", "")]).await;
    assert_eq!(commented.location(), format!("/b/{SLUG}/posts/{post}"));
    for _ in 0..2 {
        let count = yoav.call("feed/react", &[("building", SLUG), ("post", &post), ("on", "true")]).await;
        assert_eq!(count.text(), "1", "twice is once");
    }

    let feed = page(&mut noa, "all", "").await;
    let shown = &feed["posts"][0];
    assert_eq!(shown["body"], "נמצא צרור מפתחות <b>כתום</b>");
    assert_eq!((&shown["author"], &shown["author_place"]), (&Value::from("נועה שגב"), &Value::from("דירה 3")));
    assert_eq!((shown["comments"].as_i64(), shown["reactions"].as_i64(), shown["reacted"].as_bool()), (Some(1), Some(1), Some(false)));
    assert_eq!((shown["mine"].as_bool(), shown["when_label"].as_str()), (Some(true), Some("עכשיו")));
    assert_eq!(feed["joined"], 2);

    let url = shown["pictures"][0]["url"].as_str().expect("a picture").to_owned();
    let picture = yoav.get(&url).await;
    assert_eq!(picture.status, StatusCode::OK);
    assert_eq!(picture.headers[header::CONTENT_TYPE], "image/jpeg");
    assert_eq!(picture.headers[header::CACHE_CONTROL], "private, max-age=31536000, immutable");
    assert!(picture.body.starts_with(&[0xff, 0xd8, 0xff]));

    let card = yoav.get(&format!("/b/{SLUG}/posts/{post}/card")).await;
    assert!(card.text().contains("&lt;b&gt;כתום") && !card.text().contains("<b>כתום"), "{}", card.text());
    let alone = yoav.get(&format!("/b/{SLUG}/posts/{post}")).await;
    assert_eq!(alone.status, StatusCode::OK);
    assert!(alone.text().contains("שלי, תודה!"));

    let taken_back = yoav.call("feed/react", &[("building", SLUG), ("post", &post), ("on", "false")]).await;
    assert_eq!(taken_back.text(), "0");
    assert_eq!(app.count("select count(*) from activity where kind = 'reaction.changed'").await, 2, "only what changed is told");
    app.finish().await;
}

#[tokio::test]
async fn a_form_sent_twice_is_one_post_and_one_comment() {
    let app = App::with_building().await;
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    let key = fresh_key();
    let (mut first, mut second) = (noa.clone(), noa.clone());
    let parts = [Text("body", "פעם אחת"), Text("client_key", key.as_str())];
    let (one, two) = tokio::join!(write(&mut first, SLUG, &parts), write(&mut second, SLUG, &parts));
    assert_eq!((one.status, two.status), (StatusCode::SEE_OTHER, StatusCode::SEE_OTHER));
    assert_eq!(write(&mut noa, SLUG, &parts).await.status, StatusCode::SEE_OTHER);
    assert_eq!(app.count("select count(*) from posts where kind = 'post'").await, 1);
    assert_eq!(app.count("select count(*) from activity where kind = 'post.created' and payload->>'kind' = 'post'").await, 1);
    let post = newest_post(&app).await;
    for _ in 0..3 {
        noa.submit("/call/feed/comment", &[("building", SLUG), ("post", &post), ("body", "תגובה"), ("client_key", &key)]).await;
    }
    assert_eq!(app.count("select count(*) from comments").await, 1);
    app.finish().await;
}

#[tokio::test]
async fn what_cannot_be_posted_comes_back_with_its_sentence_and_what_was_typed() {
    let app = App::with_building().await;
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    let mut bomb = png();
    bomb[16..20].copy_from_slice(&10_000u32.to_be_bytes());
    bomb[20..24].copy_from_slice(&10_000u32.to_be_bytes());
    let checksum = !bomb[12..29].iter().fold(!0u32, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 }));
    bomb[29..33].copy_from_slice(&checksum.to_be_bytes());
    let heavy = vec![0u8; 10 * 1024 * 1024 + 1];
    let (small, long, endless) = (png(), "א".repeat(4001), "א".repeat(50_000));
    let five = || std::iter::repeat_n(&small, 5).map(|bytes| File("a.png", bytes)).collect::<Vec<_>>();
    let cases: Vec<(StatusCode, &str, Vec<Part>)> = vec![
        (StatusCode::UNPROCESSABLE_ENTITY, "כדאי לכתוב כמה מילים, או לצרף תמונה", vec![Text("body", " ")]),
        (StatusCode::UNPROCESSABLE_ENTITY, "עד 4,000 תווים", vec![Text("body", &long)]),
        (StatusCode::UNPROCESSABLE_ENTITY, "עד 4,000 תווים", vec![Text("body", &endless), Text("kind", "post")]),
        (StatusCode::FORBIDDEN, "מתפרסמים בידי ועד הבית", vec![Text("kind", "notice"), Text("body", "הודעה שלי")]),
        (StatusCode::UNPROCESSABLE_ENTITY, "אינו תמונה שאפשר לפתוח", vec![Text("body", "הודעה שלי"), File("a.svg", b"<svg onload='alert(1)'/>")]),
        (StatusCode::UNPROCESSABLE_ENTITY, "עד 40 מגה־פיקסל", vec![Text("body", "הודעה שלי"), File("bomb.png", &bomb)]),
        (StatusCode::PAYLOAD_TOO_LARGE, "עד 10 מגה־בייט", vec![File("heavy.jpg", &heavy), Text("body", "הודעה שלי")]),
        (StatusCode::UNPROCESSABLE_ENTITY, "עד 4 תמונות", vec![Text("body", "הודעה שלי")].into_iter().chain(five()).collect()),
    ];
    for (status, sentence, parts) in cases {
        let answer = write(&mut noa, SLUG, &parts).await;
        let text = answer.text();
        assert_eq!(answer.status, status, "{sentence}");
        assert!(without_tags(&text).contains(sentence), "{sentence} is told");
        if parts.iter().any(|part| matches!(part, Text("body", "הודעה שלי"))) {
            assert!(text.contains("הודעה שלי"), "what was typed before {sentence} is kept");
        }
    }
    let unread = write(&mut noa, SLUG, &[Text("kind", "notice"), Text("body", "x"), File("a.png", &small)]).await;
    assert!(unread.text().contains("את התמונות צריך לבחור שוב"));
    assert_eq!(app.count("select count(*) from posts where kind <> 'joined'").await, 0);
    assert_eq!(app.count("select count(*) from pictures").await, 0);
    app.finish().await;
}

#[tokio::test]
async fn visitors_and_other_buildings_see_nothing() {
    let app = App::with_building().await;
    app.open_building("weizmann-2", "ויצמן 2", 4).await;
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    write(&mut noa, SLUG, &[Text("body", "סוד"), File("a.png", &png())]).await;
    let post = newest_post(&app).await;
    let picture = app.text("select picture_id::text from pictures").await.expect("a picture");
    let inside = [format!("/b/{SLUG}/pictures/{picture}"), format!("/b/{SLUG}/posts/{post}/card"), format!("/b/{SLUG}/stream")];
    let mut stranger = app.visitor();
    for path in &inside {
        assert_eq!(stranger.get(path).await.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    let signed_out = write(&mut stranger, SLUG, &[Text("body", "הודעה")]).await;
    assert_eq!(signed_out.location(), format!("/signin?next=%2Fb%2F{SLUG}"));
    // A member of one building before the door of another, and the same ids under his own.
    for path in inside {
        let knocked = path.replace(SLUG, "weizmann-2");
        let answer = noa.get(&knocked).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{knocked}");
        assert!(!answer.text().contains("סוד"));
    }
    assert_eq!(write(&mut noa, "weizmann-2", &[Text("body", "כאן?")]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(app.count("select count(*) from audit_log where act = 'tenant.hop'").await, 1, "tries are kept where they knocked, an hour's as one");
    assert!(app.count("select sum(times)::bigint from audit_knocks").await >= 4);
    for path in ["/b/herzl-7/pictures/x", "/b/herzl-7/posts/x/card", "/b/no-such-house/stream"] {
        assert_eq!(noa.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    app.finish().await;
}

#[tokio::test]
async fn only_the_author_and_the_committee_take_down() {
    let app = App::with_building().await;
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    let mut yoav = app.resident("5", "יואב פרידמן", "0543182705").await;
    let mut rona = app.resident("6", "רונה אלמוג", "0543182706").await;
    make_committee(&app, "רונה אלמוג").await;
    for (body, by_committee) in [("שלי", false), ("של אחרת", true)] {
        write(&mut noa, SLUG, &[Text("body", body), File("a.png", &png())]).await;
        let post = newest_post(&app).await;
        let fields = [("building", SLUG), ("post", post.as_str())];
        assert_eq!(yoav.call("feed/remove", &fields).await.status, StatusCode::FORBIDDEN);
        let remover = if by_committee { &mut rona } else { &mut noa };
        for _ in 0..2 {
            assert_eq!(remover.submit("/call/feed/remove", &fields).await.location(), format!("/b/{SLUG}?removed={post}"), "twice is once");
        }
        assert_eq!(yoav.get(&format!("/b/{SLUG}/posts/{post}/card")).await.status, StatusCode::NOT_FOUND);
        assert_eq!(yoav.call("feed/comment", &[fields[0], fields[1], ("body", "?")]).await.status, StatusCode::NOT_FOUND);
        assert_eq!(yoav.call("feed/remove", &fields).await.status, StatusCode::NOT_FOUND);
    }
    let picture = app.text("select picture_id::text from pictures limit 1").await.expect("a picture");
    assert_eq!(noa.get(&format!("/b/{SLUG}/pictures/{picture}")).await.status, StatusCode::NOT_FOUND, "a removed post's pictures go with it");
    assert_eq!(app.count("select count(*) from audit_log where act = 'post.remove'").await, 2);
    assert_eq!(app.count("select count(*) from audit_log where act = 'post.remove' and detail->>'own' = 'false'").await, 1);
    assert_eq!(app.count("select count(*) from activity where kind = 'post.removed'").await, 2);

    // A comment is taken down by its id, by the same verb.
    write_text(&mut noa, "עוד אחד").await;
    let post = newest_post(&app).await;
    yoav.submit("/call/feed/comment", &[("building", SLUG), ("post", &post), ("body", "לא יפה")]).await;
    let comment = app.text("select comment_id::text from comments").await.expect("a comment");
    assert_eq!(noa.call("feed/remove", &[("building", SLUG), ("post", &comment)]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(rona.submit("/call/feed/remove", &[("building", SLUG), ("post", &comment)]).await.location(), format!("/b/{SLUG}/posts/{post}"));
    assert_eq!(page(&mut noa, "all", "").await["posts"][0]["comments"], 0);
    app.finish().await;
}

#[tokio::test]
async fn a_report_tells_the_committee_once_a_member_and_hides_nothing() {
    let app = App::with_building().await;
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    let mut yoav = app.resident("5", "יואב פרידמן", "0543182705").await;
    write_text(&mut noa, "פוסט").await;
    let post = newest_post(&app).await;
    let fields = [("building", SLUG), ("post", post.as_str()), ("reason", "לא מתאים לבניין")];
    for _ in 0..3 {
        assert_eq!(yoav.submit("/call/feed/report", &fields).await.location(), format!("/b/{SLUG}/posts/{post}?reported=1"));
    }
    let empty = yoav.call("feed/report", &[fields[0], fields[1], ("reason", "  ")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(app.count("select reports::bigint from posts where kind = 'post'").await, 1);
    assert_eq!(app.count("select count(*) from activity where kind = 'report.created' and audience = 'committee'").await, 1);
    assert_eq!(bodies(&page(&mut yoav, "all", "").await["posts"])[0], "פוסט");
    app.finish().await;
}

#[tokio::test]
async fn pages_follow_one_another_without_gaps_or_repeats() {
    let app = App::with_building().await;
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    // 44 posts, several in one moment: the id decides among them.
    sqlx::query(
        "insert into posts (tenant_id, post_id, membership_id, kind, body, created_at)
         select tenant_id, gen_random_uuid(), membership_id, 'post', 'פוסט ' || n, timestamptz '2026-11-22 08:00Z' - (n / 3) * interval '1 minute' from memberships, generate_series(1, 44) n",
    )
    .execute(&app.all)
    .await
    .expect("posts");
    let (mut seen, mut cursor, mut sizes) = (Vec::new(), String::new(), Vec::new());
    loop {
        let shown = page(&mut noa, "all", &cursor).await;
        sizes.push(bodies(&shown["posts"]).len());
        seen.extend(bodies(&shown["posts"]).into_iter().map(str::to_owned));
        let Some(next) = shown["next"].as_str() else { break };
        cursor = next.to_owned();
    }
    assert_eq!(sizes, [20, 20, 5], "44 posts and the joining");
    let all = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), all, "nothing twice");
    assert_eq!(page(&mut noa, "all", "not-a-cursor").await["posts"], page(&mut noa, "all", "").await["posts"]);
    app.finish().await;
}

#[tokio::test]
async fn the_first_screen_says_what_is_pinned_new_and_happening() {
    let app = App::with_building().await;
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    let mut rona = app.resident("6", "רונה אלמוג", "0543182706").await;
    make_committee(&app, "רונה אלמוג").await;
    assert_eq!(page(&mut noa, "all", "").await["first"]["new_posts"], 0, "on the first visit nothing is new");
    app.advance(3600);
    for parts in [
        vec![Text("kind", "notice"), Text("title", "הפסקת מים מחר"), Text("body", "09:00–12:00"), Text("pinned_until", "2026-11-23")],
        vec![Text("kind", "event"), Text("title", "קידוש שכנים"), Text("event_at", "2026-11-24T20:00")],
        vec![Text("kind", "event"), Text("title", "רחוק"), Text("event_at", "2026-12-24T20:00")],
        vec![Text("kind", "post"), Text("body", "שבוע טוב")],
    ] {
        assert_eq!(write(&mut rona, SLUG, &parts).await.status, StatusCode::SEE_OTHER);
    }
    app.advance(1);
    write_text(&mut noa, "ערב טוב").await;
    let shown = page(&mut noa, "all", "").await;
    let first = &shown["first"];
    assert_eq!(first["new_posts"], 4, "her own is not new to her");
    assert_eq!(first["pinned"][0]["title"], "הפסקת מים מחר");
    assert_eq!(first["pinned"][0]["author_place"], "ועד הבית");
    let week = first["this_week"].as_array().expect("a week");
    assert_eq!(week.len(), 1);
    assert_eq!((&week[0]["day"], &week[0]["weekday"], &week[0]["time"], &week[0]["title"]), (&24.into(), &"שלישי".into(), &"20:00".into(), &"קידוש שכנים".into()));
    assert_eq!(bodies(&shown["posts"])[0], "ערב טוב");
    assert!(!shown["posts"].as_array().unwrap().iter().any(|post| post["pinned"] == true), "what is on top is not repeated below");
    assert_eq!(page(&mut noa, "events", "").await["posts"].as_array().unwrap().len(), 2);
    assert_eq!(page(&mut noa, "committee", "").await["posts"].as_array().unwrap().len(), 3);
    let neighbours = page(&mut noa, "neighbours", "").await;
    assert_eq!(bodies(&neighbours["posts"]).len(), 3, "a post and two joinings");

    // The office changes hands; what the committee said stays the committee's. The notice's day ends.
    sqlx::query("update memberships set role = 'resident'").execute(&app.all).await.expect("a role");
    app.advance(2 * 86_400);
    let later = page(&mut noa, "committee", "").await;
    assert_eq!(later["first"]["pinned"], Value::Array(vec![]));
    assert_eq!(later["posts"].as_array().unwrap().len(), 4);
    assert!(later["posts"].as_array().unwrap().iter().all(|post| post["author_place"] == "ועד הבית"));
    app.finish().await;
}

#[tokio::test]
async fn a_flood_of_posts_is_slowed_down() {
    let app = App::with_building().await;
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    for n in 0..20 {
        assert_eq!(write_text(&mut noa, &format!("פוסט {n}")).await.status, StatusCode::SEE_OTHER);
    }
    let answer = write_text(&mut noa, "ועוד אחד").await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.text().contains("ועוד אחד"));
    app.advance(3601);
    assert_eq!(write_text(&mut noa, "ועוד אחד").await.status, StatusCode::SEE_OTHER);
    app.finish().await;
}
