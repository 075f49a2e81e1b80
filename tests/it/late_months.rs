//! The system stood still for months and comes back: rows lie in no month's table, and the months are made all the same.

use serde_json::json;
use sqlx::Connection;
use vantera::audit::server::read_all;
use vantera::platform::jobs::{Job, leave_global, open_tenant};
use vantera::platform::{Activity, Audience};

use crate::deliveries::desk::{Desk, Receiver};
use crate::intake::stripe;

/// Each table that is cut into months, its table of no month, and the column it is cut by.
const CUT: [(&str, &str, &str); 6] = [
    ("audit_log", "audit_log_other", "created_at"),
    ("gateway_messages", "gateway_messages_rest", "created_at"),
    ("gateway_deliveries", "gateway_deliveries_rest", "created_at"),
    ("gateway_attempts", "gateway_attempts_rest", "began_at"),
    ("inbound_events", "inbound_events_else", "received_at"),
    ("jobs_runs", "jobs_runs_other", "ended_at"),
];

async fn rows(desk: &Desk, table: &str) -> i64 {
    sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) from {table}"))).fetch_one(&desk.app.all).await.expect("a count")
}

/// A row in each of them, at this moment.
async fn write(desk: &Desk, endpoint: uuid::Uuid, event: &str) {
    let mut cx = open_tenant(&desk.app.web, desk.tenant, "test".into()).await.expect("a context");
    cx.audit("resident.moved", "a subject", json!({ "from": null, "to": "נועה" }));
    cx.commit().await.expect("a commit");
    desk.notices(1).await;
    desk.pump(endpoint).await;
    stripe(&desk.app, event, "of.later_times", json!({})).await;
    sqlx::query("insert into jobs_runs (job_id, revision, task, attempt, outcome, ended_at, error) values (1, 0, 'tests.fail', 1, 'failed', $1, 'x')")
        .bind(desk.app.clock_now())
        .execute(&desk.app.all)
        .await
        .expect("a failure");
}

async fn make_months(desk: &Desk) {
    for task in ["audit.hourly", "gateway.months", "intake.tidy", "platform.tidy", "platform.late_months"] {
        leave_global(&desk.app.worker, Job::new(task, json!({}))).await.expect("a job");
    }
    desk.app.drain().await;
}

#[tokio::test]
async fn months_in_which_nobody_made_any_are_made_later_with_what_was_written_meanwhile() {
    let desk = Desk::granted(&["notice.published"]).await;
    let receiver = Receiver::start().await;
    let (endpoint, _) = desk.endpoint(&receiver.url).await;
    // Past every month that was made ahead: two rows in one month, one in the next.
    desk.app.advance(150 * 86_400);
    write(&desk, endpoint, "evt_1").await;
    desk.app.advance(86_400);
    write(&desk, endpoint, "evt_2").await;
    desk.app.advance(31 * 86_400);
    write(&desk, endpoint, "evt_3").await;
    for (table, late, _) in CUT {
        assert_eq!((rows(&desk, table).await, rows(&desk, late).await), (3, 3), "{table}: kept, in no month");
    }
    make_months(&desk).await;
    for (table, late, by) in CUT {
        assert_eq!((rows(&desk, table).await, rows(&desk, late).await), (3, 0), "{table}: nothing is lost, and all of it in its month");
        let astray = format!("select count(*) from {table} where right(replace(tableoid::regclass::text, '_', ''), 6) <> to_char({by} at time zone 'UTC', 'YYYYMM')");
        let astray: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(astray)).fetch_one(&desk.app.all).await.expect("a count");
        assert_eq!(astray, 0, "{table}");
    }
    // The next row and the next month find their places, and a second making has nothing to do.
    make_months(&desk).await;
    write(&desk, endpoint, "evt_4").await;
    desk.app.advance(31 * 86_400);
    write(&desk, endpoint, "evt_5").await;
    for (table, late, _) in CUT {
        assert_eq!((rows(&desk, table).await, rows(&desk, late).await), (5, 0), "{table}");
    }
    assert_eq!(receiver.got().len(), 5);
    desk.app.drain().await;
    desk.app.finish().await;
}

/// What stood aside while lines were moved stands again, and the lines are what they were.
#[tokio::test]
async fn the_log_is_as_closed_as_before_once_its_lines_were_moved() {
    let desk = Desk::open().await;
    let line = async || {
        let mut cx = open_tenant(&desk.app.web, desk.tenant, "test".into()).await.expect("a context");
        cx.audit("resident.moved", "a subject", json!({ "from": null, "to": "נועה" }));
        cx.commit().await.expect("a commit");
    };
    line().await;
    desk.app.advance(200 * 86_400);
    line().await;
    line().await;
    let lines = "select string_agg(a::text, '|' order by a.seq) from audit_log a";
    let before = desk.app.text(lines).await;
    make_months(&desk).await;
    assert_eq!(rows(&desk, "audit_log_other").await, 0);
    assert_eq!(desk.app.text(lines).await, before, "not a byte is another");
    let report = read_all(&desk.app.worker.pool, None).await.expect("read").expect("chains");
    assert!(report.is_whole() && report.lines == 3, "{report:?}");
    let open = "select count(*) from pg_class c where (c.oid = 'audit_log'::regclass or c.oid in (select inhrelid from pg_inherits where inhparent = 'audit_log'::regclass))
        and not (c.relrowsecurity and c.relforcerowsecurity and exists (select 1 from pg_trigger t where t.tgrelid = c.oid and t.tgname = 'audit_is_append_only' and t.tgenabled = 'O')
                 and exists (select 1 from pg_policy p where p.polrelid = c.oid and p.polname = 'tenant_wall'))";
    assert_eq!(desk.app.count(open).await, 0, "each part has its wall and its refusal");
    let parts: Vec<String> =
        sqlx::query_scalar("select inhrelid::regclass::text from pg_inherits where inhparent = 'audit_log'::regclass").fetch_all(&desk.app.all).await.expect("parts");
    assert!(parts.contains(&"audit_log_2027_06".to_owned()), "{parts:?}");
    for (url, said) in [(desk.app.database.owner(), "append-only"), (desk.app.database.worker(), "permission denied"), (desk.app.database.web(), "permission denied")] {
        let mut connection = sqlx::PgConnection::connect(url).await.expect("the database");
        for part in &parts {
            for verb in ["update {} set subject = 'x'", "delete from {}", "truncate {}"] {
                let refused = sqlx::raw_sql(sqlx::AssertSqlSafe(verb.replace("{}", part))).execute(&mut connection).await;
                assert!(refused.as_ref().is_err_and(|error| error.to_string().contains(said)), "{verb} {part}: {refused:?}");
            }
        }
        if said == "permission denied" {
            for inside in ["make_months('audit_log', 'created_at', 'YYYY_MM', now(), 0, 0)", "make_late_month('audit_log', 'audit_log_other', 'created_at', 'YYYY_MM')"] {
                let called = sqlx::query(sqlx::AssertSqlSafe(format!("select directory.{inside}"))).execute(&mut connection).await;
                assert!(called.is_err_and(|error| error.to_string().contains(said)), "only the owner's own functions move lines: {inside}");
            }
        }
    }
    desk.app.finish().await;
}

/// A building's line is cut into months by the same functions; its numbers go on across them.
#[tokio::test]
async fn a_buildings_line_goes_on_across_months_and_is_kept_for_a_year() {
    let desk = Desk::open().await;
    let tell = async |count: usize| {
        let mut cx = open_tenant(&desk.app.web, desk.tenant, "test".into()).await.expect("a context");
        for _ in 0..count {
            cx.record(Activity { kind: "post.created", audience: Audience::Everyone, subject: None, payload: json!({}) });
        }
        cx.commit().await.expect("a commit");
    };
    let numbers = async || -> Vec<i64> {
        sqlx::query_scalar("select seq from activity where tenant_id = $1 order by seq").bind(desk.tenant.0).fetch_all(&desk.app.all).await.expect("numbers")
    };
    tell(2).await;
    let first = numbers().await;
    // Past every month that was made ahead.
    desk.app.advance(150 * 86_400);
    tell(2).await;
    desk.app.advance(31 * 86_400);
    tell(1).await;
    assert_eq!(rows(&desk, "activity_rest").await, 3, "kept, in no month");
    make_months(&desk).await;
    let all = numbers().await;
    assert_eq!((rows(&desk, "activity_rest").await, all.len()), (0, first.len() + 3));
    assert!(all.windows(2).all(|pair| pair[1] == pair[0] + 1), "one line without a gap: {all:?}");
    let mut cx = open_tenant(&desk.app.web, desk.tenant, "test".into()).await.expect("a context");
    let catching_up = "select seq from activity where tenant_id = directory.current_tenant() and seq > $1 order by seq limit 100";
    let caught_up: Vec<i64> = sqlx::query_scalar(catching_up).bind(first[first.len() - 1]).fetch_all(cx.db()).await.expect("lines");
    assert_eq!(caught_up, all[first.len()..], "a page that was shut since then hears all of it, in order");
    cx.roll_back().await.expect("an end");
    // A year later the first months are over for longer than they are kept; nothing else goes, and the numbers go on.
    desk.app.advance(300 * 86_400);
    make_months(&desk).await;
    assert_eq!(numbers().await, all[first.len()..]);
    tell(1).await;
    assert_eq!(numbers().await.last(), Some(&(all[all.len() - 1] + 1)));
    desk.app.drain().await;
    desk.app.finish().await;
}
