//! Where what people typed is shown: every page, with markup in every name and text of a building.

use http::StatusCode;
use testkit::Actor;

use super::{MARKUP, page_fault};
use crate::support::App;

/// The pages of a building and around it.
pub fn pages(slug: &str, post: &str) -> Vec<String> {
    let inside = ["", "?filter=neighbours", "?filter=committee", "?filter=events", "/join", "/welcome", "/committee", "/committee/residents", "/committee/poster"];
    let mut all: Vec<String> = inside.into_iter().map(|path| format!("/b/{slug}{path}")).collect();
    all.extend([
        format!("/b/{slug}/posts/{post}"),
        format!("/b/{slug}/posts/{post}/card"),
        format!("/b/{slug}/posts/{post}?edit=1"),
        format!("/b/{slug}/search?asked=typed"),
        format!("/b/{slug}/search?asked=%3Cscript%3Etyped%E2%80%AE"),
        "/home?stay=1".into(),
        format!("/b/{slug}/committee/company"),
        format!("/b/{slug}/committee/audit"),
        format!("/b/{slug}/committee/audit?asked=%3Cb%20id%3Dtyped%3E%E2%80%AE&filter=%00&before=x&export=%3Cscript%3Etyped"),
        format!("/b/{slug}/committee/access"),
        "/partners/open".into(),
        "/developers".into(),
        format!("/b/{slug}/committee/hazards"),
        "/companies/open".into(),
        "/operator".into(),
        "/operator/inbound?event=%3Cscript%3Etyped%E2%80%AE".into(),
        "/operator/queues".into(),
        "/open".into(),
        "/signin".into(),
    ]);
    all
}

const NAME: &str = "\u{202e}רון <script>typed()</script>\u{200b} כהן";
const STREET: &str = "הרצל <b id=typed> 7\u{202d}";

async fn send(actor: &mut Actor, path: &str, fields: &[(&str, &str)]) -> String {
    let answer = actor.call(path, fields).await;
    assert!(answer.status.is_success() || answer.status.is_redirection(), "{path}: {} {}", answer.status, answer.text());
    answer.leads().unwrap_or_default().to_owned()
}

/// A building whose every word was typed by somebody who wants to break it; its slug, the chair, a resident.
async fn hostile_building(app: &App) -> (String, Actor, Actor) {
    let mut chair = app.visitor();
    let list = format!("דירה,קומה,שם,טלפון\n1,1,<u id=typed>,0543182704\n2,1,{NAME},0501112233\n3<,1,,");
    let opening = [
        ("street", STREET),
        ("city", "<i id=typed>רמת גן"),
        ("name", NAME),
        ("phone", "0520000001"),
        ("flats_csv", list.as_str()),
        ("invite_code", ""),
        ("consent_version", "2026-11"),
    ];
    let slug = send(&mut chair, "buildings/open", &opening).await.split('/').nth(2).expect("a slug").to_owned();
    let mut resident = app.visitor();
    app.send_form_of(&slug, &mut resident, "1", NAME, "0543182704").await;
    app.drain().await;
    resident.get(&format!("/b/{slug}/pay")).await;
    app.stripe.pay(&app.last_session());
    resident.get(&format!("/b/{slug}/enter")).await;
    app.drain().await;
    resident.get(&format!("/b/{slug}/enter")).await;
    app.send_form_of(&slug, &mut app.visitor(), "1", NAME, "0543182709").await;
    (slug, chair, resident)
}

#[tokio::test(flavor = "multi_thread")]
async fn markup_and_reordering_in_every_name_and_text_are_shown_as_text() {
    let app = App::start().await;
    let (slug, mut chair, mut resident) = hostile_building(&app).await;
    for (kind, event) in [("post", ""), ("notice", ""), ("event", "2026-11-24T20:00")] {
        let fields = [("kind", kind), ("title", MARKUP), ("body", MARKUP), ("event_at", event)].map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()));
        let sent = chair.send(super::request(&format!("/b/{slug}/posts"), "/", false, "multipart/form-data; boundary=edge", super::multipart_body(&fields))).await;
        assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.text());
    }
    let post = app.text("select post_id::text from posts where kind = 'post'").await.expect("a post");
    send(&mut resident, "feed/comment", &[("building", &slug), ("post", &post), ("body", MARKUP)]).await;
    send(&mut resident, "feed/report", &[("building", &slug), ("post", &post), ("reason", MARKUP)]).await;
    let event = app.text("select post_id::text from posts where kind = 'event'").await.expect("an event");
    for (who, actor) in [("chair", &mut chair), ("resident", &mut resident)] {
        for path in pages(&slug, &post) {
            let text = actor.get(&path).await.text();
            assert_eq!(page_fault(&text), None, "{path} as the {who}");
        }
    }
    // Each is there, as text: in the page, in its title, and for who reads it with a screen reader.
    for (path, typed) in [
        (format!("/b/{slug}"), "&lt;script&gt;typed()&lt;/script&gt; כהן"),
        (format!("/b/{slug}"), "<title>הרצל &lt;b id=typed&gt; 7"),
        (format!("/b/{slug}"), "&lt;img src=typed onerror=typed()&gt;"),
        (format!("/b/{slug}/posts/{event}"), "<title>\"'&gt;&lt;/textarea&gt;&lt;/title&gt;&lt;script&gt;typed()"),
        (format!("/b/{slug}/posts/{post}"), "&lt;b id=typed&gt;"),
        (format!("/b/{slug}/search?asked=typed"), "&lt;script&gt;<mark"),
        (format!("/b/{slug}/committee"), "&lt;script&gt;typed()&lt;/script&gt; כהן"),
        (format!("/b/{slug}/committee/residents"), "&lt;script&gt;typed()&lt;/script&gt; כהן"),
        (format!("/b/{slug}/committee/poster"), "הרצל &lt;b id=typed&gt; 7"),
        (format!("/b/{slug}/join"), "&lt;i id=typed&gt;רמת גן"),
        ("/operator".to_owned(), "הרצל &lt;b id=typed&gt; 7"),
        ("/home?stay=1".to_owned(), "הרצל &lt;b id=typed&gt; 7"),
    ] {
        let answer = chair.get(&path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(answer.text().contains(typed), "{path} shows {typed}");
    }
    let feed = chair.get(&format!("/b/{slug}")).await.text();
    assert!(feed.contains("<bdi>רון &lt;script&gt;"), "an author's name keeps its own direction");
    assert!(feed.contains("\u{2068}רון &lt;script&gt;typed()&lt;/script&gt; כהן\u{2069}!"), "and so does a name inside a sentence of ours");

    let member = app.text("select membership_id::text from memberships where role = 'resident' and state = 'active'").await.expect("a resident");
    send(&mut chair, "buildings/remove_resident", &[("building", &slug), ("membership", &member), ("reason", MARKUP)]).await;
    let residents = chair.get(&format!("/b/{slug}/committee/residents")).await.text();
    assert_eq!(page_fault(&residents), None);
    assert!(residents.contains("&lt;img src=typed onerror=typed()&gt;"), "the reason stands there as text");
    assert_eq!(app.count("select count(*) from activity where payload::text like '%typed%'").await, 0, "the live line carries no words");
    assert_eq!(super::hidden_in_database(&app).await, Vec::<String>::new());
    app.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_mimics_a_neighbours_by_hidden_characters_reads_as_the_same_name() {
    let app = App::with_building().await;
    app.resident("3", "נועה שגב", "0543182704").await;
    app.resident("5", "\u{202b}נועה\u{200b} \u{2067}שג\u{ad}ב\u{202e}\u{e0041}", "0543182705").await;
    assert_eq!(app.count("select count(distinct display_name) from memberships").await, 1, "the flat tells the two apart, not a character nobody sees");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_write_with_comes_back_letter_by_letter() {
    let app = App::with_building().await;
    let mut noa = app.resident("3", "ד״ר נועה־לי ז׳ שָׁגֵב", "0543182704").await;
    let post = app.text("select post_id::text from posts limit 1").await.expect("a post");
    for text in ["👨‍👩‍👧‍👦 ❤️ 👍🏽", "שָׁלוֹם לְכֻלָּם", "ז׳בוטינסקי 7, ד״ר צה\"ל", "שורה\nשנייה", "مرحبا می\u{200c}خواهم", "a < b && c > d"]
    {
        send(&mut noa, "feed/comment", &[("building", crate::support::SLUG), ("post", &post), ("body", text)]).await;
        assert_eq!(app.text("select body from comments order by comment_id desc limit 1").await.as_deref(), Some(text));
    }
    assert_eq!(app.text("select display_name from memberships").await.as_deref(), Some("ד״ר נועה־לי ז׳ שָׁגֵב"));
    app.finish().await;
}
