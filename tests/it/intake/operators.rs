//! The operator's page of inbound events, as a browser without scripts sees it.

use http::StatusCode;
use serde_json::json;
use testkit::Actor;
use vantera::intake::server::Provider;

use super::*;

const PAGE: &str = "/operator/inbound";

async fn operator(app: &App) -> Actor {
    app.resident("3", "עמית רז", "0520000001").await
}

async fn inbound(app: &App, event: &str) -> String {
    let sql = "select inbound_id::text from inbound_events where event_id = $1";
    sqlx::query_scalar(sql).bind(event).fetch_one(&app.all).await.expect("an event")
}

#[tokio::test]
async fn the_operator_finds_an_event_and_sees_it_masked() {
    let app = start().await;
    let tenant = app.open_building(SLUG, "הרצל 7", 8).await;
    let mut amit = operator(&app).await;
    connect(&app, tenant, account(Provider::WhatsApp, "PN1", "unused-secret")).await.expect("connected");
    for (number, message) in [("PN1", "wamid.A"), ("PN9", "wamid.<b>")] {
        let body = whatsapp(number, message);
        post(&app, "/webhooks/whatsapp", &[meta_header(&body, APP_SECRET)], body).await;
    }
    stripe(&app, "evt_1", "of.later_times", json!({ "name": "דנה כהן" })).await;
    post(&app, "/webhooks/stripe", &[], "{}").await;
    let all = amit.get(PAGE).await;
    assert_eq!(all.status, StatusCode::OK);
    let text = all.text();
    for shown in ["wamid.A", "wamid.&lt;b&gt;", "evt_1", "of.later_times", SLUG, "לא ידוע למי שייך", "זיופים", "22.11 11:00"] {
        assert!(text.contains(shown), "{shown}");
    }
    for (query, here, away) in [
        ("provider=stripe", "evt_1", "wamid.A"),
        ("state=unrouted", "wamid.&lt;b&gt;", "wamid.A"),
        ("event=wamid.A", "wamid.A", "evt_1"),
        ("event=wamid.%00", "אין אירועים כאלה", "evt_1"),
        ("provider=nobody&state=none&cursor=x", "evt_1", "אין אירועים כאלה"),
    ] {
        let text = amit.get(&format!("{PAGE}?{query}")).await.text();
        assert!(text.contains(here) && !text.contains(away), "{query}");
    }
    let one = amit.get(&format!("{PAGE}?open={}", inbound(&app, "wamid.A").await)).await.text();
    assert!(one.contains("הרצל 7") && one.contains("messages.text") && one.contains("whatsapp_business_account"), "{one}");
    for hidden in ["972522345678", "שלום"] {
        assert!(!one.contains(hidden), "{hidden} is masked");
    }
    assert_eq!(amit.get(&format!("{PAGE}?open={}", Uuid::nil())).await.status, StatusCode::NOT_FOUND);
    app.drain().await;
    app.finish().await;
}

#[tokio::test]
async fn the_list_goes_on_page_by_page_and_misses_nothing() {
    let app = App::with_building().await;
    let mut amit = operator(&app).await;
    for n in 0..120 {
        stripe(&app, &format!("evt_{n:03}"), "of.later_times", json!({})).await;
    }
    let (mut seen, mut page) = (Vec::new(), format!("{PAGE}?state=kept"));
    for _ in 0..5 {
        let text = amit.get(&page).await.text();
        seen.extend(text.split("evt_").skip(1).map(|rest| rest[..3].to_owned()));
        let Some(next) = text.split("rel=\"next\"").next().filter(|_| text.contains("rel=\"next\"")) else { break };
        page = next.rsplit("href=\"").next().expect("a link").split('"').next().expect("its end").replace("&amp;", "&");
    }
    seen.dedup();
    assert_eq!(seen, (0..120).rev().map(|n| format!("{n:03}")).collect::<Vec<_>>());
    app.drain().await;
    app.finish().await;
}

/// What an open page asks for every five seconds: its moving parts, as it was asked for.
#[tokio::test]
async fn what_comes_while_the_page_is_open_is_told_to_it_as_it_was_asked_for() {
    let app = App::with_building().await;
    let mut amit = operator(&app).await;
    let page = amit.get(&format!("{PAGE}?state=kept&cursor=")).await.text();
    assert!(page.contains(&format!("data-now=\"{PAGE}/now?state=kept\"")) && page.contains("אין אירועים כאלה") && page.contains("לא היו זיופים"), "{page}");
    stripe(&app, "evt_1", "of.later_times", json!({ "name": "דנה כהן" })).await;
    post(&app, "/webhooks/stripe", &[("stripe-signature", "t=1,v1=00".into())], "{}").await;
    let now = amit.get(&format!("{PAGE}/now?state=kept")).await.text();
    for part in ["console-inbound", "console-forged"] {
        assert!(now.contains(&format!("id=\"{part}\"")) && page.contains(&format!("id=\"{part}\"")), "{part}");
    }
    assert!(now.contains("evt_1") && now.contains("22.11 11:00") && !now.contains("<html") && !now.contains("console-open"), "{now}");
    let none = amit.get(&format!("{PAGE}/now?state=unrouted&event=evt_1&provider=stripe")).await.text();
    assert!(none.contains("אין אירועים כאלה") && !none.contains(">evt_1<"), "{none}");
    let id = inbound(&app, "evt_1").await;
    let open = amit.get(&format!("{PAGE}?open={id}")).await.text();
    assert!(open.contains(&format!("data-now=\"{PAGE}/now?open={id}\"")), "{open}");
    let now = amit.get(&format!("{PAGE}/now?open={id}")).await.text();
    assert!(now.contains("id=\"console-open\"") && now.contains("of.later_times") && !now.contains("דנה כהן"), "{now}");
    // A page further on stays where it is.
    for n in 2..60 {
        stripe(&app, &format!("evt_{n}"), "of.later_times", json!({})).await;
    }
    let first = amit.get(PAGE).await.text();
    let next = first.split("rel=\"next\"").next().and_then(|before| before.rsplit_once("href=\"")).and_then(|(_, rest)| rest.split('"').next()).expect("older ones");
    let further = next.replacen(PAGE, &format!("{PAGE}/now"), 1);
    assert!(amit.get(next).await.text().contains(&format!("data-now=\"{further}\"")));
    let now = amit.get(&further).await.text();
    assert!(now.contains(">evt_1<") && !now.contains(">evt_59<"), "{now}");
    app.drain().await;
    app.finish().await;
}

#[tokio::test]
async fn an_event_asked_for_twice_is_read_once_more() {
    let app = App::with_building().await;
    let mut amit = operator(&app).await;
    stripe(&app, "evt_1", "customer.subscription.updated", json!({ "id": "sub_of_nobody", "object": "subscription" })).await;
    app.drain().await;
    let id = inbound(&app, "evt_1").await;
    amit.get(&format!("{PAGE}?open={id}")).await;
    for _ in 0..3 {
        let answer = amit.submit("/call/operator/replay_inbound", &[("inbound", &id)]).await;
        assert_eq!(answer.location(), format!("{PAGE}?open={id}"));
    }
    assert_eq!(app.jobs_left().await.len(), 1, "its job is left once");
    assert_eq!(app.text("select state from inbound_events where event_id = 'evt_1'").await.as_deref(), Some("received"));
    app.drain().await;
    assert_eq!(app.text("select state from inbound_events where event_id = 'evt_1'").await.as_deref(), Some("ignored"));
    assert_eq!(app.count("select replays::bigint from inbound_events where event_id = 'evt_1'").await, 3);
    app.finish().await;
}

#[tokio::test]
async fn what_cannot_be_read_again_says_why_and_stays_kept() {
    let app = start().await;
    let tenant = app.open_building(SLUG, "הרצל 7", 8).await;
    let mut amit = operator(&app).await;
    let body = whatsapp("PN7", "wamid.A");
    post(&app, "/webhooks/whatsapp", &[meta_header(&body, APP_SECRET)], body).await;
    let id = inbound(&app, "wamid.A").await;
    amit.get(&format!("{PAGE}?open={id}")).await;
    let refused = amit.submit("/call/operator/replay_inbound", &[("inbound", &id)]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text().contains("עדיין אין מי שהחשבון הזה שייך לו"), "{}", refused.text());
    connect(&app, tenant, account(Provider::WhatsApp, "PN7", "unused-secret")).await.expect("connected");
    let led = amit.submit("/call/operator/replay_inbound", &[("inbound", &id)]).await;
    assert_eq!(led.location(), format!("{PAGE}?open={id}"));
    assert_eq!(events(&app, "whatsapp").await, [("kept".to_owned(), "PN7".to_owned(), Some(tenant.0))]);
    let nobody = amit.call("operator/replay_inbound", &[("inbound", &id)]).await;
    assert_eq!(nobody.status, StatusCode::CONFLICT, "kept, and nobody reads its kind");
    // Whoever is no operator is told that there is nothing here.
    let mut noa = app.resident("4", "נועה שגב", "0543182704").await;
    assert_eq!(noa.get(PAGE).await.status, StatusCode::NOT_FOUND);
    assert_eq!(noa.get(&format!("{PAGE}/now")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(noa.call("operator/replay_inbound", &[("inbound", &id)]).await.status, StatusCode::NOT_FOUND);
    app.drain().await;
    app.finish().await;
}
