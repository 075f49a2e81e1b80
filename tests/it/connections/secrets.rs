//! Where tokens are not: with other roles, other tenants, other rows, in logs, errors and answers; and that keys rotate.

use std::sync::Arc;

use serde_json::json;
use uuid::Uuid;
use vantera::platform::AppState;
use vantera::platform::jobs::open_tenant;
use vantera::platform::rotation::{PLACES, Rotated, Sealed, rotate};
use vault::Vault;

use super::LIFE;
use super::desk::{CLIENT_SECRET, Desk};
use crate::logs::Log;

/// Connections whose tokens are refreshed while keys rotate, and how often each.
const TOKENS: usize = 40;
const REFRESHES: usize = 5;

#[tokio::test]
async fn no_role_but_the_worker_reads_tokens_and_no_tenant_anothers() {
    let desk = Desk::open().await;
    let connection = desk.connect("1098", json!({})).await;
    for role in [&desk.app.web, &desk.app.payments] {
        for sql in ["select count(*) from connections", "select sealed_access from connections", "update connections set state = 'ended'"] {
            let refused = sqlx::query(sql).execute(&role.pool).await;
            assert!(refused.is_err_and(|error| error.to_string().contains("permission denied")), "{sql}");
        }
    }
    let there = desk.app.open_building("other-1", "אחר 1", 4).await;
    assert_eq!(sqlx::query_scalar::<_, i64>("select count(*) from connections").fetch_one(&desk.app.worker.pool).await.expect("a count"), 0, "no tenant, no row");
    let mut cx = open_tenant(&desk.app.worker, there, "test".into()).await.expect("a context");
    assert_eq!(sqlx::query_scalar::<_, i64>("select count(*) from connections").fetch_one(cx.db()).await.expect("a count"), 0);
    assert!(!vantera::connections::server::end(&mut cx, connection).await.expect("an answer"), "another tenant ends nothing");
    cx.roll_back().await.expect("an end");
    assert!(vantera::connections::server::access_token(&desk.app.worker, there, connection, "test").await.is_err());
    // A role of another kind could not even ask for a token through our own verb.
    assert!(desk.token(&desk.app.web, connection).await.is_err());
}

#[tokio::test]
async fn a_token_moved_to_another_row_column_or_tenant_is_refused_and_sent_to_nobody() {
    let desk = Desk::open().await;
    let (mine, other) = (desk.connect("1098", json!({})).await, desk.connect("1099", json!({})).await);
    let there = desk.app.open_building("other-1", "אחר 1", 4).await;
    let strange = desk.connect_in(there, &desk.app.worker, "1100", json!({})).await;
    desk.app.advance(LIFE - 300);
    let swaps: [(&'static str, Uuid); 4] = [
        (
            "update connections set sealed_access = (select sealed_access from connections where connection_id = $2), sealed_refresh = (select sealed_refresh from connections where connection_id = $2) where connection_id = $1",
            other,
        ),
        (
            "update connections set sealed_access = (select sealed_access from connections where connection_id = $2), sealed_refresh = (select sealed_refresh from connections where connection_id = $2) where connection_id = $1",
            strange,
        ),
        ("update connections set sealed_access = sealed_refresh, sealed_refresh = sealed_access where connection_id = $1 and $2 is not null", other),
        ("update connections set connection_id = $1, tenant_id = (select tenant_id from connections where connection_id = $2) where connection_id = $1", strange),
    ];
    for (sql, from) in swaps {
        let whole: (Vec<u8>, Vec<u8>) =
            sqlx::query_as("select sealed_access, sealed_refresh from connections where connection_id = $1").bind(mine).fetch_one(&desk.app.all).await.expect("sealed");
        sqlx::query(sql).bind(mine).bind(from).execute(&desk.app.all).await.expect("a swap");
        let tenant: Uuid = sqlx::query_scalar("select tenant_id from connections where connection_id = $1").bind(mine).fetch_one(&desk.app.all).await.expect("its tenant");
        let tenant = kit::TenantId(tenant);
        let refused = format!("{:?}", vantera::connections::server::access_token(&desk.app.worker, tenant, mine, "test").await.expect_err("refused"));
        assert!(refused.contains("does not belong here"), "{sql}: {refused}");
        let refused = vantera::connections::server::refresh(&desk.app.worker, tenant, mine, vantera::connections::server::AHEAD, "test").await;
        assert!(format!("{refused:?}").contains("does not belong here"), "{sql}: {refused:?}");
        sqlx::query("update connections set sealed_access = $2, sealed_refresh = $3 where connection_id = $1")
            .bind(mine)
            .bind(whole.0)
            .bind(whole.1)
            .execute(&desk.app.all)
            .await
            .expect("back");
    }
    assert_eq!(desk.asked().await, 0, "nothing was sent");
    assert_eq!(desk.app.count("select count(*) from connections where lease is not null").await, 0);
}

fn keys(names: &[&str]) -> Arc<Vault> {
    let text: Vec<String> = names.iter().map(|name| format!("{name}:{}", hex::encode([name.as_bytes()[0]; 32]))).collect();
    Arc::new(Vault::parse(&text.join(",")).expect("keys"))
}

fn with(state: &AppState, vault: &Arc<Vault>) -> AppState {
    AppState { vault: vault.clone(), ..state.clone() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn keys_rotate_while_tokens_are_refreshed_and_none_is_lost() {
    let desk = Desk::open().await;
    let old = with(&desk.app.worker, &keys(&["old"]));
    let mut connections = Vec::new();
    for number in 0..TOKENS {
        connections.push(desk.connect_in(desk.tenant, &old, &format!("account-{number}"), json!({ "rotates": number % 2 == 0 })).await);
    }
    let both = keys(&["new", "old"]);
    let (one, two) = (with(&desk.app.worker, &both), with(&desk.another_worker().await, &both));
    let places: Vec<Sealed> = PLACES.iter().copied().filter(|place| place.table == "connections").collect();
    assert_eq!(places.len(), 2);
    // The clock stands so that each token is always one that is to be refreshed.
    let refreshing = async |state: &AppState| {
        for _ in 0..REFRESHES {
            for connection in &connections {
                vantera::connections::server::refresh(state, desk.tenant, *connection, jiff::SignedDuration::from_hours(2), "job-test").await.expect("an outcome");
            }
        }
    };
    let rotating = async || {
        let mut all = Rotated::default();
        for place in &places {
            let done = rotate(&desk.app.worker.pool, &both, *place).await.expect("rotated");
            all.resealed += done.resealed;
            all.overtaken += done.overtaken;
            all.unreadable.extend(done.unreadable);
        }
        all
    };
    let (first, second, (), ()) = tokio::join!(rotating(), rotating(), refreshing(&one), refreshing(&two));
    assert_eq!((first.unreadable, second.unreadable), (Vec::new(), Vec::new()));
    assert_eq!(rotating().await, Rotated::default(), "nothing is left under the old key");
    // The old key may go: every token opens, is the provider's newest, and is refreshed again.
    let new = with(&desk.app.worker, &keys(&["new"]));
    for (number, connection) in connections.iter().enumerate() {
        let account = format!("account-{number}");
        assert_eq!(desk.text(&new, *connection).await, desk.newest(&account).await, "{account}");
    }
    desk.app.advance(LIFE - 300);
    for (number, connection) in connections.iter().enumerate() {
        desk.refresh(&new, *connection).await.expect("refreshed");
        assert_eq!(desk.text(&new, *connection).await, desk.newest(&format!("account-{number}")).await);
    }
    println!(
        "keys of {} sealed tokens rotated by two while {} refreshes ran: {} and {} sealed anew, {} overtaken, none lost (3/N = {:.3})",
        2 * TOKENS,
        desk.asked().await,
        first.resealed,
        second.resealed,
        first.overtaken + second.overtaken,
        3.0 / (2 * TOKENS) as f64
    );
    desk.app.finish().await;
}

#[tokio::test]
async fn nothing_of_a_token_is_in_the_logs_the_queue_or_the_audit_log() {
    let desk = Desk::open().await;
    let log = Log::default();
    let _heard = log.hear("debug");
    let (good, gone) = (desk.connect("1098", json!({})).await, desk.connect("1099", json!({})).await);
    let mut secrets = vec![CLIENT_SECRET.to_owned()];
    let mut remember = async || {
        for grant in desk.grants().await {
            secrets.extend(["access_token", "refresh_token"].iter().filter_map(|field| grant[field].as_str()).map(str::to_owned));
        }
    };
    remember().await;
    desk.app.advance(LIFE - 300);
    // One goes well after a failure and an answer that is none of ours to read, the other is refused.
    desk.fault(json!({ "mode": "status", "status": 500 })).await;
    desk.refresh(&desk.app.worker, good).await.expect_err("a failure");
    desk.look().await;
    desk.fault(json!({ "mode": "status", "status": 401, "times": 2 })).await;
    desk.app.drain().await;
    desk.app.skip_pauses().await;
    desk.app.drain().await;
    remember().await;
    let given = desk.token(&desk.app.worker, good).await.expect("a token");
    desk.fault(json!({ "mode": "status", "status": 400 })).await;
    desk.app.advance(LIFE);
    let refused = desk.token(&desk.app.worker, gone).await.expect_err("no token");
    remember().await;
    let mut told = serde_json::to_string(&log.lines()).expect("text");
    assert!(told.contains("a job failed and will be tried again") && told.contains("invalid_client"), "what went wrong is told");
    for sql in [
        "select coalesce(string_agg(r::text, ' '), '') from jobs_runs r",
        "select coalesce(string_agg(a::text, ' '), '') from audit_log a",
        "select coalesce(string_agg(d::text, ' '), '') from jobs_dead d",
    ] {
        told.push_str(&desk.app.text(sql).await.unwrap_or_default());
    }
    told.push_str(&format!("{given:?} {refused:?} {:?} {:?}", desk.app.worker.config, desk.app.worker.google));
    assert!(secrets.len() >= 10 && secrets.iter().all(|secret| secret.len() >= 20));
    for secret in &secrets {
        assert!(!told.contains(secret.as_str()), "a secret was told");
    }
}
