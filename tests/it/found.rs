//! What is found again on the board, and second thoughts: searching, mending, putting back, not seeing.

use http::StatusCode;
use serde_json::Value;
use testkit::{Actor, Answer};

use crate::support::{App, SLUG};

/// A post without pictures, as a script sends it; its id.
async fn write(actor: &mut Actor, slug: &str, fields: &[(&str, &str)]) -> String {
    let parts: String = fields.iter().map(|(name, value)| format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")).collect();
    let request = http::Request::builder()
        .method("POST")
        .uri(format!("/b/{slug}/posts"))
        .header("content-type", "multipart/form-data; boundary=edge")
        .header("sec-fetch-site", "same-origin")
        .body(axum::body::Body::from(format!("{parts}--edge--\r\n")))
        .expect("a request");
    let answer = actor.send(request).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    let told: Value = serde_json::from_slice(&answer.body).expect("an answer");
    told["post"].as_str().expect("an id").to_owned()
}

async fn comment(actor: &mut Actor, post: &str, body: &str) {
    let answer = actor.call("feed/comment", &[("building", SLUG), ("post", post), ("body", body)]).await;
    assert!(answer.status.is_success() || answer.status.is_redirection(), "{}", answer.text());
}

async fn ask(actor: &mut Actor, slug: &str, asked: &str, cursor: &str) -> Value {
    let answer = actor.call("feed/search", &[("building", slug), ("asked", asked), ("cursor", cursor)]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    serde_json::from_slice(&answer.body).expect("a page")
}

/// The texts that were found, in order.
async fn found(actor: &mut Actor, asked: &str) -> Vec<String> {
    let page = ask(actor, SLUG, asked, "").await;
    let text = |hit: &Value| hit["excerpt"].as_array().expect("runs").iter().map(|run| run[0].as_str().expect("text")).collect::<String>();
    page["hits"].as_array().expect("hits").iter().map(text).collect()
}

async fn do_it(actor: &mut Actor, verb: &str, post: &str, more: &[(&str, &str)]) -> Answer {
    let fields: Vec<(&str, &str)> = [("building", SLUG), ("post", post)].into_iter().chain(more.iter().copied()).collect();
    actor.submit(&format!("/call/feed/{verb}"), &fields).await
}

#[tokio::test]
async fn plain_words_find_posts_and_comments_however_they_are_spelled() {
    let app = App::with_building().await;
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    let post = write(&mut noa, SLUG, &[("kind", "post"), ("body", "המעלית תקועה בקומה 3, הטכנאי מצה״ל בדרך")]).await;
    app.advance(60);
    write(&mut noa, SLUG, &[("kind", "event"), ("title", "עֶרֶב שְׁכֵנִים"), ("body", "Wi-Fi בחצר"), ("event_at", "2026-11-24T20:00")]).await;
    app.advance(60);
    comment(&mut noa, &post, "תודה, אצלנו 100% תקין_עכשיו").await;
    let lift = "המעלית תקועה בקומה 3, הטכנאי מצה״ל בדרך";
    for (asked, texts) in [
        ("מעלית", vec![lift]),
        ("המעלית", vec![lift]),
        ("תקועה מעלית", vec![lift]),
        ("מעלית חצר", vec![]),
        ("צהל", vec![lift]),
        ("צה\"ל", vec![lift]),
        ("דרכ", vec![lift]),
        ("דֶּרֶךְ", vec![lift]),
        ("ערב שכנים", vec!["Wi-Fi בחצר"]),
        ("wi-fi", vec!["Wi-Fi בחצר"]),
        ("תק", vec!["תודה, אצלנו 100% תקין_עכשיו", lift]),
        ("100%", vec!["תודה, אצלנו 100% תקין_עכשיו"]),
        ("ן_ע", vec!["תודה, אצלנו 100% תקין_עכשיו"]),
        ("%%", vec![]),
        ("__", vec![]),
        ("א", vec![]),
        ("", vec![]),
        ("' or 1=1 --", vec![]),
    ] {
        assert_eq!(found(&mut noa, asked).await, texts, "{asked}");
    }
    assert_eq!(found(&mut noa, "נועה").await.len(), 1, "the post that told of her joining");
    let page = ask(&mut noa, SLUG, "תקין", "").await;
    assert_eq!((page["hits"][0]["post"].as_str(), page["hits"][0]["comment"].is_string()), (Some(post.as_str()), true), "a comment leads to its post");

    // The page works without scripts; what was found is marked, and isolated.
    let html = noa.get(&format!("/b/{SLUG}/search?asked=%D7%9E%D7%A2%D7%9C%D7%99%D7%AA")).await.text();
    assert!(html.contains("<mark class=\"bg-lamp-soft text-lamp-ink rounded-sm\"><bdi>מעלית<") && html.contains(&format!("/b/{SLUG}/posts/{post}")), "{html}");
    assert!(noa.get(&format!("/b/{SLUG}/search?asked=zzzz")).await.text().contains("לא נמצא דבר"));
    app.finish().await;
}

#[tokio::test]
async fn a_search_finds_nothing_of_another_building_and_nothing_taken_down() {
    let app = App::with_building().await;
    app.open_building("weizmann-2", "ויצמן 2", 4).await;
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    let mut yoav = app.resident("5", "יואב פרידמן", "0543182705").await;
    let post = write(&mut noa, SLUG, &[("body", "הקוד של חדר האופניים")]).await;
    comment(&mut yoav, &post, "קוד? איזה קוד").await;
    assert_eq!(found(&mut yoav, "קוד").await.len(), 2);
    let refused = noa.call("feed/search", &[("building", "weizmann-2"), ("asked", "קוד")]).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    // A member of the other building asks the very same.
    let mut dana = app.visitor();
    app.send_form_of("weizmann-2", &mut dana, "1", "דנה כהן", "0543182709").await;
    app.drain().await;
    dana.get("/b/weizmann-2/pay").await;
    app.stripe.pay(&app.last_session());
    dana.get("/b/weizmann-2/enter").await;
    app.drain().await;
    dana.get("/b/weizmann-2/enter").await;
    assert_eq!(ask(&mut dana, "weizmann-2", "קוד", "").await["hits"], Value::Array(vec![]));
    assert_eq!(ask(&mut dana, "weizmann-2", "דנה", "").await["hits"].as_array().map(Vec::len), Some(1), "but her own building's");

    do_it(&mut noa, "remove", &post, &[]).await;
    assert_eq!(found(&mut yoav, "קוד").await, Vec::<String>::new(), "its comments go with it");
    app.finish().await;
}

#[tokio::test]
async fn pages_of_what_was_found_follow_one_another() {
    let app = App::with_building().await;
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    sqlx::query(
        "insert into posts (tenant_id, post_id, membership_id, kind, body, created_at)
         select tenant_id, gen_random_uuid(), membership_id, 'post', 'חניה ' || n, timestamptz '2026-11-22 08:00Z' - (n / 3) * interval '1 minute' from memberships, generate_series(1, 70) n",
    )
    .execute(&app.all)
    .await
    .expect("posts");
    let (mut seen, mut cursor, mut sizes) = (Vec::new(), String::new(), Vec::new());
    loop {
        let page = ask(&mut noa, SLUG, "חניה", &cursor).await;
        let hits = page["hits"].as_array().expect("hits");
        sizes.push(hits.len());
        seen.extend(hits.iter().map(|hit| hit["post"].as_str().expect("an id").to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        cursor = next.to_owned();
    }
    seen.sort();
    seen.dedup();
    assert_eq!((sizes, seen.len()), (vec![30, 30, 10], 70));
    app.finish().await;
}

#[tokio::test]
async fn a_post_is_mended_by_its_author_for_half_an_hour_and_says_so() {
    let app = App::with_building().await;
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    let mut yoav = app.resident("5", "יואב פרידמן", "0543182705").await;
    let post = write(&mut noa, SLUG, &[("body", "המים חוזרים ב־10")]).await;
    let here = format!("/b/{SLUG}/posts/{post}");
    assert!(noa.get(&here).await.text().contains(&format!("{here}?edit=1#edit")));
    assert!(!yoav.get(&here).await.text().contains("?edit=1"), "only its author is offered it");
    assert!(noa.get(&format!("{here}?edit=1")).await.text().contains("action=\"/call/feed/edit\""));
    assert!(!yoav.get(&format!("{here}?edit=1")).await.text().contains("action=\"/call/feed/edit\""));
    assert_eq!(do_it(&mut yoav, "edit", &post, &[("body", "לא חוזרים")]).await.status, StatusCode::FORBIDDEN);

    noa.get(&format!("{here}?edit=1")).await;
    let empty = do_it(&mut noa, "edit", &post, &[("body", "  ")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(empty.text().contains("id=\"edit-body-problem\""), "the form stands there again with its sentence");
    assert_eq!(do_it(&mut noa, "edit", &post, &[("body", "המים חוזרים ב־10")]).await.location(), here);
    assert!(!yoav.get(&here).await.text().contains("נערך"), "what did not change was not edited");
    assert_eq!(do_it(&mut noa, "edit", &post, &[("body", "המים חוזרים ב־11\u{202e} <b>סליחה</b>")]).await.location(), here);
    let shown = yoav.get(&here).await.text();
    assert!(shown.contains("ב־11 &lt;b&gt;סליחה") && shown.contains("נערך"), "{shown}");
    assert_eq!(found(&mut yoav, "סליחה").await.len(), 1, "the search knows the new words");
    assert_eq!(app.count("select count(*) from activity where kind = 'post.edited'").await, 1);

    app.advance(31 * 60);
    noa.get(&format!("{here}?edit=1")).await;
    let late = do_it(&mut noa, "edit", &post, &[("body", "ב־12")]).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.text().contains("חצי שעה"), "{}", late.text());
    app.finish().await;
}

#[tokio::test]
async fn who_took_a_post_down_puts_it_back_within_ten_minutes() {
    let app = App::with_building().await;
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    let mut rona = app.resident("6", "רונה אלמוג", "0543182706").await;
    sqlx::query("update memberships set role = 'committee' where display_name = 'רונה אלמוג'").execute(&app.all).await.expect("a role");
    let post = write(&mut noa, SLUG, &[("body", "נכתב בטעות")]).await;
    let led = do_it(&mut noa, "remove", &post, &[]).await.location();
    let board = noa.get(&led).await.text();
    assert!(board.contains("הפוסט הוסר מהלוח") && board.contains("action=\"/call/feed/restore\""), "the board offers the way back");
    assert_eq!(do_it(&mut rona, "restore", &post, &[]).await.status, StatusCode::NOT_FOUND, "somebody else did not take it down");
    for _ in 0..2 {
        assert_eq!(do_it(&mut noa, "restore", &post, &[]).await.location(), format!("/b/{SLUG}#post-{post}"), "twice is once");
    }
    assert_eq!(rona.get(&format!("/b/{SLUG}/posts/{post}")).await.status, StatusCode::OK);
    assert_eq!(app.count("select count(*) from audit_log where act = 'post.restore'").await, 1);

    // The committee's removal is not its author's to undo; and after ten minutes it is nobody's.
    do_it(&mut rona, "remove", &post, &[]).await;
    assert_eq!(do_it(&mut noa, "restore", &post, &[]).await.status, StatusCode::NOT_FOUND);
    app.advance(10 * 60 + 1);
    rona.get(&format!("/b/{SLUG}?removed={post}")).await;
    let late = do_it(&mut rona, "restore", &post, &[]).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.text().contains("עשר דקות"));
    app.finish().await;
}

#[tokio::test]
async fn a_hidden_post_is_hidden_for_one_reader_alone_and_comes_back() {
    let app = App::with_building().await;
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    let mut yoav = app.resident("5", "יואב פרידמן", "0543182705").await;
    let post = write(&mut noa, SLUG, &[("body", "שוב החניה")]).await;
    let card = format!("id=\"post-{post}\"");
    let led = do_it(&mut yoav, "hide", &post, &[("on", "true")]).await.location();
    assert_eq!(led, format!("/b/{SLUG}?hidden={post}"));
    let board = yoav.get(&led).await.text();
    assert!(!board.contains(&card) && board.contains("לא יופיע יותר בלוח שלך"));
    assert!(noa.get(&format!("/b/{SLUG}")).await.text().contains(&card), "it stands for everybody else");
    assert_eq!(app.count("select count(*) from activity where payload::text like '%hid%'").await, 0, "nobody is told");
    let alone = yoav.get(&format!("/b/{SLUG}/posts/{post}")).await.text();
    assert!(alone.contains("מוסתר מהלוח שלך"), "its own page says so and leads back");
    assert_eq!(found(&mut yoav, "חניה").await.len(), 1, "and the search finds it");
    assert_eq!(do_it(&mut yoav, "hide", &post, &[("on", "false")]).await.location(), format!("/b/{SLUG}/posts/{post}"));
    assert!(yoav.get(&format!("/b/{SLUG}")).await.text().contains(&card));
    app.finish().await;
}

#[tokio::test]
async fn the_committees_screens_hand_out_their_moving_parts_to_the_committee_alone() {
    let app = App::with_building().await;
    let mut rona = app.resident("6", "רונה אלמוג", "0543182706").await;
    sqlx::query("update memberships set role = 'chair' where display_name = 'רונה אלמוג'").execute(&app.all).await.expect("a role");
    let page = rona.get(&format!("/b/{SLUG}/committee")).await.text();
    let seq = page.split("/stream?from=").nth(1).and_then(|rest| rest.split('"').next()).and_then(|seq| seq.parse::<i64>().ok()).expect("where the stream goes on");
    assert_eq!(seq, app.count("select last_seq from activity_heads").await);
    let now = |page: &str| format!("/b/{SLUG}/committee/{page}/now");
    let before = rona.get(&now("overview")).await.text();
    for part in ["desk-subtitle", "desk-night", "desk-times", "desk-decisions", "desk-latest"] {
        assert!(before.contains(&format!("id=\"{part}\"")) && (part == "desk-subtitle" || page.contains(&format!("id=\"{part}\""))), "{part} stands in the page and in the parts");
    }
    let mut noa = app.resident("3", "נועה <b>שגב", "0543182704").await;
    let after = rona.get(&now("overview")).await.text();
    assert!(!before.contains("נועה") && after.contains("נועה &lt;b&gt;שגב") && !after.contains("<b>שגב"), "who joined is there, as text");
    let residents = rona.get(&now("residents")).await.text();
    assert!(residents.contains("id=\"desk-joined\"") && residents.contains("נועה &lt;b&gt;שגב") && residents.contains("id=\"desk-waiting\""));
    for page in ["overview", "residents"] {
        assert_eq!(noa.get(&now(page)).await.status, StatusCode::NOT_FOUND);
        assert_eq!(app.visitor().get(&now(page)).await.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(rona.get(&now("cellar")).await.status, StatusCode::NOT_FOUND);
    app.finish().await;
}
