//! Whoever leaves a hundred thousand pieces of work keeps nobody else waiting.

use vantera::intake::server::{NewAccount, Provider, Secrets};

use super::*;
use crate::intake::{connect, post};

#[tokio::test]
async fn a_tenant_with_a_hundred_thousand_jobs_does_not_starve_one_with_ten() {
    let app = App::with_lanes().await;
    let (many, few) = (app.tenant(SLUG).await, app.open_building("few-1", "מעט 1", 4).await);
    let owner = app.owner().await;
    let runner = lanes::runner(&app.worker, Lane::Messages, &table()).await.expect("a runner");
    let sql = "insert into graphile_worker._private_jobs (task_id, payload) select t.id, json_build_object('tenant', $1, 'who', 'many') from graphile_worker._private_tasks t, generate_series(1, 100000) where t.identifier = 'tests.note'";
    sqlx::query(sql).bind(many.0).execute(&owner).await.expect("many jobs");
    for _ in 0..10 {
        app.leave(few, told("few")).await;
    }
    let all_few = async {
        app.until("select count(*) from (select 1 where not exists (select 1 from graphile_worker._private_jobs where payload ->> 'who' = 'few')) gone", 1).await;
        runner.request_shutdown();
    };
    let (ended, ()) = tokio::join!(lanes::work(&app.worker, Lane::Messages, &runner), all_few);
    ended.expect("a runner ends well");
    let ran = ran();
    let last = ran.iter().rposition(|who| who == "few").expect("they ran");
    assert_eq!(ran.iter().filter(|who| *who == "few").count(), 10);
    assert!(last < 36, "the ten ran among the first {}", last + 1);
    assert!(ran[..last].contains(&"many".to_owned()), "and the many were served as well");
}

/// The tasks of the lane of webhooks, as wiring.rs names them; what is noted is which of them ran.
fn webhooks() -> Vec<LaneJob> {
    async fn confirm(_: JobRun) -> Result<(), Fault> {
        noted("confirm")
    }
    async fn pump(_: JobRun) -> Result<(), Fault> {
        noted("pump")
    }
    async fn refresh(_: JobRun) -> Result<(), Fault> {
        noted("refresh")
    }
    fn noted(what: &str) -> Result<(), Fault> {
        RAN.lock().expect("nobody panicked").push(what.into());
        Ok(())
    }
    job_table! {
        "intake.confirm" in Webhooks of platform => confirm,
        "gateway.pump" in Webhooks of platform => pump,
        "connections.refresh" in Webhooks => refresh,
    }
}

#[tokio::test]
async fn a_tenant_with_a_hundred_thousand_unsigned_events_does_not_starve_partners_and_other_tenants() {
    let app = App::with_lanes().await;
    lanes::declare(&app.worker, &webhooks()).await.expect("lanes");
    let (many, few) = (app.tenant(SLUG).await, app.open_building("few-1", "מעט 1", 4).await);
    let path = connect(&app, many, NewAccount { provider: Provider::Voicenter, account: "calls-1".into(), phone: None, secrets: Secrets::default(), own_address: true })
        .await
        .expect("connected")
        .path;
    for call in 0..25 {
        let body = json!({ "ivruniqueid": format!("2026-{call}"), "type": "Queue", "status": "ABANDONE" }).to_string();
        assert_eq!(post(&app, &path, &[], body).await.status, StatusCode::OK);
    }
    // As the receiver left them: known by their tenant, and spread over his places.
    assert_eq!(
        app.text("select string_agg(distinct coalesce(payload ->> 'tenant', 'nobody'), ',') from graphile_worker._private_jobs where payload ->> 'inbound' is not null").await,
        Some(many.0.to_string())
    );
    let places: Vec<(i16, i64)> =
        sqlx::query_as("select priority, count(*) from graphile_worker._private_jobs where payload ->> 'inbound' is not null group by priority order by priority")
            .fetch_all(&app.all)
            .await
            .expect("places");
    assert_eq!(places, [(0, 10), (1, 10), (2, 5)]);
    let sql = "insert into graphile_worker._private_jobs (task_id, payload) select j.task_id, j.payload from (select task_id, payload from graphile_worker._private_jobs where payload ->> 'inbound' is not null limit 1) j, generate_series(1, 100000)";
    sqlx::query(sql).execute(&app.owner().await).await.expect("many events");
    for one in 0..10 {
        leave_global(&app.worker, Job::new("gateway.pump", json!({ "endpoint": one }))).await.expect("a job");
        app.leave(few, Job::new("connections.refresh", json!({ "connection": one }))).await;
    }
    let runner = lanes::runner(&app.worker, Lane::Webhooks, &webhooks()).await.expect("a runner");
    let theirs = "select count(*) from (select 1 where not exists (select 1 from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id where t.identifier in ('gateway.pump', 'connections.refresh'))) gone";
    let all_theirs = async {
        app.until(theirs, 1).await;
        runner.request_shutdown();
    };
    let (ended, ()) = tokio::join!(lanes::work(&app.worker, Lane::Webhooks, &runner), all_theirs);
    ended.expect("a runner ends well");
    let ran = ran();
    let of = |what: &str| ran.iter().filter(|ran| *ran == what).count();
    assert_eq!((of("pump"), of("refresh")), (10, 10));
    let last = ran.iter().rposition(|what| what != "confirm").expect("they ran");
    assert!(last < 70, "the twenty ran among the first {}", last + 1);
}
