//! What becomes of a dead letter whose work was left anew meanwhile.

use super::*;

#[tokio::test]
async fn a_letter_whose_job_waits_or_runs_already_stays_open_and_the_operator_is_told() {
    let app = App::with_lanes().await;
    let mut operator = app.resident("3", "עמית רז", "0520000001").await;
    let owner = app.owner().await;
    app.spend("printer").await;
    let letter = app.text("select dead_id::text from jobs_dead").await.expect("a letter");
    app.leave(app.tenant(SLUG).await, Job::new("tests.fail", json!({ "who": "anew" })).keyed("printer")).await;
    let open = "select count(*) from jobs_dead where settled is null and settled_at is null and settled_by is null";
    for sql in ["select 1", "update graphile_worker._private_jobs set locked_by = 'x', locked_at = now()"] {
        sqlx::query(sql).execute(&owner).await.expect("it waits, then it runs");
        for (call, fields) in [("replay", [("letter", letter.as_str())]), ("replay_task", [("task", "tests.fail")])] {
            let told = operator.submit(&format!("/call/operator/{call}"), &fields).await.location();
            assert!(told.ends_with("did=waits"), "{call}: {told}");
            let page = operator.get(&told).await.text();
            assert!(page.contains("אותה עבודה כבר ממתינה או רצה, ולכן זו נשארה ברשימה") && page.contains("printer at try 3"), "{page}");
            assert_eq!(app.count(open).await, 1, "{call}: nothing was put in, so nothing is settled");
            assert_eq!(app.count("select count(*) from graphile_worker._private_jobs").await, 1);
        }
    }
    // Of all of a task only those are put in that can be.
    sqlx::query("delete from graphile_worker._private_jobs").execute(&owner).await.expect("it is done");
    app.spend("scanner").await;
    app.leave(app.tenant(SLUG).await, Job::new("tests.fail", json!({ "who": "anew" })).keyed("printer")).await;
    let told = operator.submit("/call/operator/replay_task", &[("task", "tests.fail")]).await.location();
    assert!(told.ends_with("did=some"), "{told}");
    assert!(operator.get(&told).await.text().contains("חלק מהעבודות חזרו לתור"));
    assert_eq!((app.text("select key from jobs_dead where settled = 'replayed'").await.as_deref(), app.count(open).await), (Some("scanner"), 1));
    *BROKEN.lock().expect("nobody panicked") = false;
    app.run_tests_jobs().await;
    assert!(operator.submit("/call/operator/replay", &[("letter", &letter)]).await.location().ends_with("did=replayed"), "now there is room for it");
    app.run_tests_jobs().await;
    let mut ran = ran();
    ran.sort_unstable();
    assert_eq!(ran, ["anew", "printer", "scanner"]);
    app.finish().await;
}
