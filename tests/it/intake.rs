//! Inbound webhooks through the real router: believed or counted, led to their tenant, kept once, read once.

use axum::body::Body;
use http::{Request, StatusCode, header};
use kit::TenantId;
use serde_json::{Value, json};
use testkit::Answer;
use uuid::Uuid;
use vantera::intake::server::{AccountAdded, NewAccount, Proof, Provider, Secrets, add_account, close_account, prove_account};
use vantera::platform::{Clock, Fault, jobs};

use crate::support::{App, SLUG, WEBHOOK_SECRET};

mod asking;
mod bad_days;
mod led;
mod operators;
mod senders;

pub const APP_SECRET: &str = "app_secret_of_ours";
pub const VERIFY_TOKEN: &str = "verify_token_of_ours";

/// An app with our own app at Meta.
pub async fn start() -> App {
    App::start_with(|config| {
        config.meta.app_secrets = vec![APP_SECRET.into()];
        config.meta.verify_tokens = vec![VERIFY_TOKEN.into()];
    })
    .await
}

pub type Headers<'a> = &'a [(&'a str, String)];

pub fn request(path: &str, headers: Headers<'_>, body: impl Into<Vec<u8>>) -> Request<Body> {
    let mut request = Request::builder().method("POST").uri(path).header(header::CONTENT_TYPE, "application/json");
    for (name, value) in headers {
        if *name == "content-type" {
            request.headers_mut().expect("headers").remove(header::CONTENT_TYPE);
        }
        request = request.header(*name, value);
    }
    request.body(Body::from(body.into())).expect("a request")
}

pub async fn post(app: &App, path: &str, headers: Headers<'_>, body: impl Into<Vec<u8>>) -> Answer {
    app.visitor().send(request(path, headers, body)).await
}

/// Stripe's header over a body, made now.
pub fn stripe_header(app: &App, body: &str) -> (&'static str, String) {
    ("stripe-signature", hooks::stripe::sign(body.as_bytes(), &[WEBHOOK_SECRET], app.clock.now().as_second()))
}

pub async fn stripe(app: &App, id: &str, kind: &str, object: Value) -> Answer {
    let body = json!({ "id": id, "object": "event", "type": kind, "data": { "object": object } }).to_string();
    post(app, "/webhooks/stripe", &[stripe_header(app, &body)], body).await
}

/// A message to a number, as Meta sends it.
pub fn whatsapp(number: &str, message: &str) -> String {
    let value = json!({ "messaging_product": "whatsapp", "metadata": { "display_phone_number": "97230000000", "phone_number_id": number },
        "messages": [{ "id": message, "from": "972522345678", "type": "text", "text": { "body": "שלום" } }] });
    json!({ "object": "whatsapp_business_account", "entry": [{ "id": "WABA1", "changes": [{ "field": "messages", "value": value }] }] }).to_string()
}

pub fn meta_header(body: &str, secret: &str) -> (&'static str, String) {
    ("x-hub-signature-256", hooks::meta::sign(body.as_bytes(), secret))
}

pub fn account(provider: Provider, account: &str, secret: &str) -> NewAccount {
    let secrets = Secrets { secrets: vec![secret.into()], ..Secrets::default() };
    NewAccount { provider, account: account.into(), phone: None, secrets, own_address: false }
}

/// Connects an account to a tenant and proves it, as its room will.
pub async fn connect(app: &App, tenant: TenantId, new: NewAccount) -> Result<AccountAdded, Fault> {
    let added = claim(app, tenant, new).await?;
    let mut cx = jobs::open_tenant(&app.worker, tenant, "test".into()).await?;
    assert!(prove_account(&mut cx, added.account, Proof::AskedBack).await?);
    cx.commit().await?;
    Ok(added)
}

/// Connects an account that nobody has proven yet.
pub async fn claim(app: &App, tenant: TenantId, new: NewAccount) -> Result<AccountAdded, Fault> {
    let mut cx = jobs::open_tenant(&app.web, tenant, "test".into()).await?;
    let added = add_account(&mut cx, &app.web.vault, new).await?;
    cx.commit().await?;
    Ok(added)
}

/// State, account and tenant of the events of a provider, in the order in which they came.
pub async fn events(app: &App, provider: &str) -> Vec<(String, String, Option<Uuid>)> {
    sqlx::query_as("select state, account, tenant_id from inbound_events where provider = $1 order by inbound_id").bind(provider).fetch_all(&app.all).await.expect("events")
}

/// How many were counted as forged, of all providers.
pub async fn forged(app: &App) -> i64 {
    app.count("select coalesce(sum(count), 0)::bigint from inbound_forged").await
}

#[tokio::test]
async fn an_event_is_led_to_the_tenant_that_has_its_number_and_kept_once() {
    let app = start().await;
    let (one, other) = (app.open_building(SLUG, "הרצל 7", 4).await, app.open_building("other-1", "אחר 1", 4).await);
    connect(&app, one, account(Provider::WhatsApp, "PN1", "unused-secret")).await.expect("connected");
    connect(&app, other, account(Provider::WhatsApp, "PN2", "unused-secret")).await.expect("connected");
    for (number, message) in [("PN1", "wamid.A"), ("PN2", "wamid.A"), ("PN1", "wamid.B"), ("PN1", "wamid.A")] {
        let body = whatsapp(number, message);
        let answer = post(&app, "/webhooks/whatsapp", &[meta_header(&body, APP_SECRET)], body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    }
    let kept = |account: &str, tenant: TenantId| ("kept".to_owned(), account.to_owned(), Some(tenant.0));
    assert_eq!(events(&app, "whatsapp").await, [kept("PN1", one), kept("PN2", other), kept("PN1", one)], "one id of two accounts is two events");
    app.drain().await;
    app.finish().await;
}

#[tokio::test]
async fn an_event_or_a_body_that_does_not_fit_is_kept_as_unknown_and_costs_no_other_event() {
    let app = start().await;
    let tenant = app.open_building(SLUG, "הרצל 7", 8).await;
    let mut amit = app.resident("3", "עמית רז", "0520000001").await;
    connect(&app, tenant, account(Provider::WhatsApp, "PN1", "unused-secret")).await.expect("connected");
    let read = |text: String| -> Value { serde_json::from_str(&text).expect("json") };
    let mut batch = read(whatsapp("PN1", "wamid.A"));
    let odd = [read(whatsapp("מספר", "wamid.B")), read(whatsapp(&"9".repeat(129), "wamid.C"))];
    batch["entry"].as_array_mut().expect("entries").extend(odd.map(|body| body["entry"][0].clone()));
    let mut many = read(whatsapp("PN1", "wamid.D"));
    let message = many["entry"][0]["changes"][0]["value"]["messages"][0].clone();
    many["entry"][0]["changes"][0]["value"]["messages"] = vec![message; 1_001].into();
    for body in [batch, many] {
        for told in ["kept", "known"] {
            let body = body.to_string();
            let answer = post(&app, "/webhooks/whatsapp", &[meta_header(&body, APP_SECRET)], body).await;
            assert_eq!((answer.status, answer.text().as_str()), (StatusCode::OK, told));
        }
    }
    let kept: Vec<(String, String, String, Option<Uuid>)> =
        sqlx::query_as("select account, kind, state, tenant_id from inbound_events order by account desc").fetch_all(&app.all).await.expect("events");
    let unknown = (String::new(), "unknown".to_owned(), "kept".to_owned(), None);
    assert_eq!(kept, [("PN1".into(), "messages.text".into(), "kept".into(), Some(tenant.0)), unknown.clone(), unknown.clone(), unknown]);
    for (message, found) in [("wamid.B", 1), ("wamid.C", 1), ("wamid.D", 1_001)] {
        let sql = "select count(*) from inbound_events, regexp_matches(convert_from(body, 'utf8'), $1, 'g') where kind = 'unknown'";
        let words: i64 = sqlx::query_scalar(sql).bind(message.replace('.', "\\.")).fetch_one(&app.all).await.expect("a count");
        assert_eq!(words, found, "{message} is there to be looked at");
    }
    let page = amit.get("/operator/inbound").await.text();
    assert!(page.contains("unknown") && page.contains("wamid.A"), "the operator sees them");
    app.drain().await;
    app.finish().await;
}

#[tokio::test]
async fn a_body_of_many_events_is_kept_whole_or_not_at_all() {
    let app = start().await;
    let messages: Vec<Value> = (0..40).map(|n| json!({ "id": format!("wamid.{n}"), "type": "text" })).collect();
    let of = |messages: Vec<Value>| {
        json!({ "object": "whatsapp_business_account", "entry": [{ "id": "W", "changes": [{ "field": "messages", "value": { "metadata": { "phone_number_id": "PN9" }, "messages": messages } }] }] }).to_string()
    };
    let (body, mut backwards) = (of(messages.clone()), messages);
    backwards.reverse();
    let backwards = of(backwards);
    // Both hold the same forty events in another order; neither waits for the other.
    let headers = [[meta_header(&body, APP_SECRET)], [meta_header(&backwards, APP_SECRET)]];
    let (left, right) = tokio::join!(post(&app, "/webhooks/whatsapp", &headers[0], body.clone()), post(&app, "/webhooks/whatsapp", &headers[1], backwards.clone()));
    assert_eq!((left.status, right.status), (StatusCode::OK, StatusCode::OK));
    assert_eq!(app.count("select count(*) from inbound_events where state = 'unrouted'").await, 40);
    app.finish().await;
}

#[tokio::test]
async fn what_nobody_reads_is_kept_and_leaves_no_job() {
    let app = App::with_building().await;
    assert_eq!(stripe(&app, "evt_1", "of.later_times", json!({})).await.status, StatusCode::OK);
    assert_eq!(stripe(&app, "evt_2", "customer.subscription.updated", json!({ "id": "sub_of_nobody", "object": "subscription" })).await.status, StatusCode::OK);
    assert_eq!(app.jobs_left().await.len(), 1);
    app.drain().await;
    let states: Vec<String> = events(&app, "stripe").await.into_iter().map(|(state, ..)| state).collect();
    assert_eq!(states, ["kept", "ignored"]);
    app.finish().await;
}

#[tokio::test]
async fn an_event_of_an_account_that_nobody_has_waits_until_somebody_has_it() {
    let app = start().await;
    let tenant = app.open_building(SLUG, "הרצל 7", 4).await;
    for n in 0..120 {
        let body = whatsapp("PN7", &format!("wamid.{n}"));
        assert_eq!(post(&app, "/webhooks/whatsapp", &[meta_header(&body, APP_SECRET)], body).await.status, StatusCode::OK);
    }
    let body = whatsapp("PN8", "wamid.x");
    post(&app, "/webhooks/whatsapp", &[meta_header(&body, APP_SECRET)], body).await;
    assert_eq!(app.count("select count(*) from inbound_events where state = 'unrouted' and tenant_id is null").await, 121);
    connect(&app, tenant, account(Provider::WhatsApp, "PN7", "unused-secret")).await.expect("connected");
    app.drain().await;
    assert_eq!(app.count("select count(*) from inbound_events where state = 'kept' and account = 'PN7' and tenant_id is not null").await, 120);
    assert_eq!(app.count("select count(*) from inbound_events where state = 'unrouted'").await, 1, "another's waits on");
    app.finish().await;
}

#[tokio::test]
async fn a_number_known_by_its_phone_alone_finds_its_tenant_too() {
    let app = start().await;
    let tenant = app.open_building(SLUG, "הרצל 7", 4).await;
    let new = NewAccount { phone: Some("97230000000".into()), ..account(Provider::WhatsApp, "entered-by-phone", "unused-secret") };
    connect(&app, tenant, new).await.expect("connected");
    let body = whatsapp("PN1", "wamid.A");
    post(&app, "/webhooks/whatsapp", &[meta_header(&body, APP_SECRET)], body).await;
    assert_eq!(events(&app, "whatsapp").await, [("kept".to_owned(), "PN1".to_owned(), Some(tenant.0))]);
    app.drain().await;
    app.finish().await;
}

#[tokio::test]
async fn an_account_is_one_tenant_s_until_it_is_closed() {
    let app = start().await;
    let (one, other) = (app.open_building(SLUG, "הרצל 7", 4).await, app.open_building("other-1", "אחר 1", 4).await);
    let bot = || account(Provider::Telegram, "our_bot", "secret-of-the-bot");
    let added = connect(&app, one, bot()).await.expect("connected");
    let theirs = claim(&app, other, bot()).await.expect("a claim");
    let mut cx = jobs::open_tenant(&app.worker, other, "test".into()).await.expect("a tenant");
    assert!(matches!(prove_account(&mut cx, theirs.account, Proof::AskedBack).await, Err(Fault::Refused(error)) if error.code == kit::Code::Conflict));
    cx.roll_back().await.expect("an end");
    for wrong in [
        NewAccount { account: String::new(), ..bot() },
        NewAccount { account: "א".into(), ..bot() },
        NewAccount { phone: Some("05".into()), ..bot() },
        NewAccount { secrets: Secrets::default(), ..bot() },
        NewAccount { secrets: Secrets { secrets: vec!["short".into()], ..Secrets::default() }, ..bot() },
        NewAccount { own_address: true, ..account(Provider::Google, "channel", "long-enough-token") },
    ] {
        assert!(matches!(connect(&app, other, wrong.clone()).await, Err(Fault::Refused(error)) if error.code == kit::Code::Invalid), "{wrong:?}");
    }
    // Neither the address nor the secret stands in the database, and a secret moved to another row does not open.
    let row: String =
        app.text("select concat(account_id, encode(path_hash, 'escape'), encode(sealed, 'escape')) from intake_accounts where state = 'proven'").await.expect("a row");
    let secret = added.path.rsplit('/').next().expect("a secret");
    assert!(!row.contains(secret) && !row.contains("secret-of-the-bot"), "{row}");
    let body = json!({ "update_id": 1, "message": {} }).to_string();
    let headers = [("x-telegram-bot-api-secret-token", "secret-of-the-bot".to_owned())];
    assert_eq!(post(&app, &added.path, &headers, body.clone()).await.text(), "kept");
    let mut cx = jobs::open_tenant(&app.web, one, "test".into()).await.expect("a tenant");
    assert!(close_account(&mut cx, added.account).await.expect("closed"));
    assert!(!close_account(&mut cx, added.account).await.expect("closed before"));
    cx.commit().await.expect("a commit");
    assert_eq!(post(&app, &added.path, &headers, json!({ "update_id": 2, "message": {} }).to_string()).await.status, StatusCode::NOT_FOUND);
    assert_eq!(events(&app, "telegram").await, [("kept".to_owned(), "our_bot".to_owned(), Some(one.0))]);
    let mut cx = jobs::open_tenant(&app.worker, other, "test".into()).await.expect("a tenant");
    assert!(prove_account(&mut cx, theirs.account, Proof::AskedBack).await.expect("free again"));
    cx.commit().await.expect("a commit");
    app.drain().await;
    app.finish().await;
}

#[tokio::test]
async fn sealed_secrets_of_one_tenant_do_not_open_in_another_s_row() {
    let app = start().await;
    let (one, other) = (app.open_building(SLUG, "הרצל 7", 4).await, app.open_building("other-1", "אחר 1", 4).await);
    connect(&app, one, account(Provider::Telegram, "bot_one", "secret-of-one")).await.expect("connected");
    let added = connect(&app, other, account(Provider::Telegram, "bot_two", "secret-of-two")).await.expect("connected");
    sqlx::query("update intake_accounts set sealed = (select sealed from intake_accounts where account = 'bot_one') where account = 'bot_two'")
        .execute(&app.all)
        .await
        .expect("moved");
    let headers = [("x-telegram-bot-api-secret-token", "secret-of-one".to_owned())];
    let answer = post(&app, &added.path, &headers, json!({ "update_id": 1 }).to_string()).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "our own fault, and nobody is believed");
    assert_eq!(app.count("select count(*) from inbound_events").await, 0);
    app.drain().await;
    app.finish().await;
}
