//! Whoever leaves a hundred thousand pieces of work keeps nobody else waiting.

use super::*;

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
