//! Accounts and the events that wait for them: led once proven, whichever commits first.

use std::time::Duration;

use tokio::task::JoinHandle;

use super::*;

/// A phone as the event tells it.
const PHONE: &str = "97230000000";

/// Proves an account in a context that is still open.
async fn proving(app: &App, tenant: TenantId, account: Uuid) -> vantera::platform::Cx {
    let mut cx = jobs::open_tenant(&app.worker, tenant, "test".into()).await.expect("a context");
    assert!(prove_account(&mut cx, account, Proof::AskedBack).await.expect("proven"));
    cx
}

/// Keeps one event in a transaction that is still open, as the receiver does.
async fn keeping(app: &App, account: &str, event: &str) -> sqlx::Transaction<'static, sqlx::Postgres> {
    let mut tx = app.web.pool.begin().await.expect("a transaction");
    sqlx::query("select directory.intake_keep_one(gen_random_uuid(), 'whatsapp', $1, $2, $3, 'message', 'application/json', '{}', true, 'kept', null, $4)")
        .bind(account)
        .bind(PHONE)
        .bind(event)
        .bind(app.clock_now())
        .execute(&mut *tx)
        .await
        .expect("kept");
    tx
}

/// Waits until the other one is through, or stands behind a lock.
async fn through_or_waiting<T>(app: &App, other: &JoinHandle<T>) {
    let reached =
        async { while !other.is_finished() && app.count("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'").await == 0 {} };
    tokio::time::timeout(Duration::from_secs(10), reached).await.expect("it ends or waits");
}

/// By its name, or by its phone alone.
fn number(by_phone: bool) -> NewAccount {
    let named = account(Provider::WhatsApp, if by_phone { "entered-by-phone" } else { "PN1" }, "unused-secret");
    NewAccount { phone: by_phone.then(|| PHONE.into()), ..named }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_is_led_whether_it_or_its_account_commits_first() {
    for by_phone in [false, true] {
        let app = start().await;
        let tenant = app.open_building(SLUG, "הרצל 7", 4).await;
        let added = claim(&app, tenant, number(by_phone)).await.expect("connected");

        // The event is kept and not committed when its account is proven, led to, and looked at for the last time.
        let first = keeping(&app, "PN1", "wamid.first").await;
        let (worker, id) = (app.worker.clone(), added.account);
        let proves = tokio::spawn(async move {
            let mut cx = jobs::open_tenant(&worker, tenant, "test".into()).await.expect("a context");
            assert!(prove_account(&mut cx, id, Proof::AskedBack).await.expect("proven"));
            cx.commit().await.expect("a commit");
        });
        through_or_waiting(&app, &proves).await;
        if proves.is_finished() {
            app.drain().await;
        }
        first.commit().await.expect("a commit");
        proves.await.expect("proven");
        app.drain().await;
        assert_eq!(events(&app, "whatsapp").await, [("kept".to_owned(), "PN1".to_owned(), Some(tenant.0))], "by its phone: {by_phone}");
        app.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_is_not_committed_yet_finds_the_event_that_comes_meanwhile() {
    for by_phone in [false, true] {
        let app = start().await;
        let tenant = app.open_building(SLUG, "הרצל 7", 4).await;
        let added = claim(&app, tenant, number(by_phone)).await.expect("connected");
        let cx = proving(&app, tenant, added.account).await;
        let (web, now) = (app.web.clone(), app.clock_now());
        let keeps = tokio::spawn(async move {
            sqlx::query("select directory.intake_keep_one(gen_random_uuid(), 'whatsapp', 'PN1', $1, 'wamid.second', 'message', 'application/json', '{}', true, 'kept', null, $2)")
                .bind(PHONE)
                .bind(now)
                .execute(&web.pool)
                .await
                .expect("kept");
        });
        through_or_waiting(&app, &keeps).await;
        cx.commit().await.expect("a commit");
        keeps.await.expect("kept");
        app.drain().await;
        assert_eq!(events(&app, "whatsapp").await, [("kept".to_owned(), "PN1".to_owned(), Some(tenant.0))], "by its phone: {by_phone}");
        app.finish().await;
    }
}

#[tokio::test]
async fn an_account_that_is_given_a_phone_later_is_led_what_waited_for_the_phone() {
    let app = start().await;
    let tenant = app.open_building(SLUG, "הרצל 7", 4).await;
    let body = whatsapp("PN1", "wamid.A");
    post(&app, "/webhooks/whatsapp", &[meta_header(&body, APP_SECRET)], body).await;
    connect(&app, tenant, account(Provider::WhatsApp, "another-name", "unused-secret")).await.expect("connected");
    app.drain().await;
    assert_eq!(events(&app, "whatsapp").await, [("unrouted".to_owned(), "PN1".to_owned(), None)]);
    let mut cx = jobs::open_tenant(&app.web, tenant, "test".into()).await.expect("a context");
    sqlx::query("update intake_accounts set phone = $1").bind(PHONE).execute(cx.db()).await.expect("a phone");
    cx.commit().await.expect("a commit");
    app.drain().await;
    assert_eq!(events(&app, "whatsapp").await, [("kept".to_owned(), "PN1".to_owned(), Some(tenant.0))]);
    app.finish().await;
}

#[tokio::test]
async fn events_of_an_account_that_nobody_proved_wait_until_it_is() {
    let app = start().await;
    let tenant = app.open_building(SLUG, "הרצל 7", 4).await;
    let shared = claim(&app, tenant, number(true)).await.expect("connected");
    let own = claim(&app, tenant, account(Provider::Telegram, "our_bot", "secret-of-the-bot")).await.expect("connected");
    let body = whatsapp("PN1", "wamid.A");
    post(&app, "/webhooks/whatsapp", &[meta_header(&body, APP_SECRET)], body).await;
    let headers = [("x-telegram-bot-api-secret-token", "secret-of-the-bot".to_owned())];
    assert_eq!(post(&app, &own.path, &headers, json!({ "update_id": 1, "message": {} }).to_string()).await.text(), "kept");
    app.drain().await;
    for provider in ["whatsapp", "telegram"] {
        let kept = events(&app, provider).await;
        assert!(kept.len() == 1 && kept[0].0 == "unrouted" && kept[0].2.is_none(), "{provider}: {kept:?}");
    }
    // The tenant's own people cannot say that it is theirs.
    let mut cx = jobs::open_tenant(&app.web, tenant, "test".into()).await.expect("a context");
    cx.caller.role = kit::Role::Chair;
    assert!(matches!(prove_account(&mut cx, own.account, Proof::AskedBack).await, Err(Fault::NotFound)));
    cx.roll_back().await.expect("an end");
    for added in [shared, own] {
        let mut cx = proving(&app, tenant, added.account).await;
        assert!(!prove_account(&mut cx, added.account, Proof::AskedBack).await.expect("an answer"), "once");
        cx.commit().await.expect("a commit");
    }
    app.drain().await;
    assert_eq!(events(&app, "whatsapp").await, [("kept".to_owned(), "PN1".to_owned(), Some(tenant.0))]);
    assert_eq!(events(&app, "telegram").await, [("kept".to_owned(), "our_bot".to_owned(), Some(tenant.0))]);
    assert_eq!(app.count("select count(*) from audit_log where act = 'intake.account_proven' and detail ->> 'by' = 'asked_back'").await, 2);
    app.finish().await;
}

#[tokio::test]
async fn a_claim_holds_nobodys_name_or_phone_and_whoever_proves_it_has_it() {
    let app = start().await;
    let (one, other) = (app.open_building(SLUG, "הרצל 7", 4).await, app.open_building("other-1", "אחר 1", 4).await);
    let by = |name: &str, phone: Option<&str>| NewAccount { phone: phone.map(str::to_owned), ..account(Provider::WhatsApp, name, "unused-secret") };
    let taken = |outcome: &Result<bool, Fault>| matches!(outcome, Err(Fault::Refused(error)) if error.code == kit::Code::Conflict);
    // Somebody claims what is another's, under his name and under his phone.
    let squats = [claim(&app, one, by("PN1", None)).await.expect("a claim"), claim(&app, one, by("a-name", Some(PHONE))).await.expect("a claim")];
    assert!(matches!(claim(&app, one, by("another-name", Some(PHONE))).await, Err(Fault::Refused(_))), "not twice by one tenant");
    assert!(matches!(claim(&app, one, by("PN1", None)).await, Err(Fault::Refused(_))), "not twice by one tenant");
    let mine = claim(&app, other, by("PN1", Some(PHONE))).await.expect("the owner is not kept out");
    proving(&app, other, mine.account).await.commit().await.expect("a commit");
    for squat in squats {
        let mut cx = jobs::open_tenant(&app.worker, one, "test".into()).await.expect("a context");
        let refused = prove_account(&mut cx, squat.account, Proof::AskedBack).await;
        assert!(taken(&refused), "{refused:?}");
        // What else its transaction did stands.
        assert_eq!(app.count("select count(*) from intake_accounts where state = 'proven'").await, 1);
        assert!(close_account(&mut cx, squat.account).await.expect("the context goes on"));
        cx.commit().await.expect("a commit");
    }
    // Of another provider it is another account.
    let voice = claim(&app, one, NewAccount { phone: Some(PHONE.into()), ..account(Provider::Voicenter, "PN1", "unused-secret") }).await.expect("connected");
    proving(&app, one, voice.account).await.commit().await.expect("a commit");
    app.drain().await;
    app.finish().await;
}

#[tokio::test]
async fn what_somebody_sent_to_his_own_claim_is_led_to_nobody_who_proves_that_name_and_hides_none_of_his_events() {
    let app = start().await;
    let (one, other) = (app.open_building(SLUG, "הרצל 7", 4).await, app.open_building("other-1", "אחר 1", 4).await);
    // He claims another's bot, with a secret of his own choice, and sends himself what it never said.
    let squat = claim(&app, one, account(Provider::Telegram, "their_bot", "secret-of-his-own")).await.expect("a claim");
    let send = async |path: &str, secret: &str, update: i64| {
        let headers = [("x-telegram-bot-api-secret-token", secret.to_owned())];
        post(&app, path, &headers, json!({ "update_id": update, "message": {} }).to_string()).await.text()
    };
    for update in 1..=3 {
        assert_eq!(send(&squat.path, "secret-of-his-own", update).await, "kept");
        assert_eq!(send(&squat.path, "secret-of-his-own", update).await, "known");
    }
    let theirs = claim(&app, other, account(Provider::Telegram, "their_bot", "secret-of-the-bot")).await.expect("connected");
    // One comes before the proof, and once more after it; another after it, under a number that the claim has used.
    assert_eq!(send(&theirs.path, "secret-of-the-bot", 1).await, "kept");
    proving(&app, other, theirs.account).await.commit().await.expect("a commit");
    app.drain().await;
    assert_eq!(send(&theirs.path, "secret-of-the-bot", 1).await, "known");
    assert_eq!(send(&theirs.path, "secret-of-the-bot", 2).await, "kept");
    assert_eq!(send(&theirs.path, "secret-of-the-bot", 2).await, "known");
    app.drain().await;
    let mut led = events(&app, "telegram").await;
    led.sort();
    let line = |state: &str, tenant: Option<Uuid>| (state.to_owned(), "their_bot".to_owned(), tenant);
    assert_eq!(led, [line("kept", Some(other.0)), line("kept", Some(other.0)), line("unrouted", None), line("unrouted", None), line("unrouted", None)]);
    // Nor does an operator lead them there by hand.
    let forged = app.text("select inbound_id::text from inbound_events where state = 'unrouted' limit 1").await.expect("one");
    let whose: Option<Uuid> = sqlx::query_scalar("select directory.intake_whose($1::uuid)").bind(forged).fetch_one(&app.web.pool).await.expect("an answer");
    assert_eq!(whose, None);
    app.finish().await;
}
