//! The audit log: nobody of ours can change it, its chain holds under many commits at once, whatever is done to it behind
//! its back is found, and the committee reads it, and nobody else.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use axum::Extension;
use axum::extract::ConnectInfo;
use http::StatusCode;
use kit::TenantId;
use serde_json::json;
use sqlx::{Connection, PgConnection};
use testkit::Actor;
use vantera::audit::model::ACTS;
use vantera::audit::server::{How, read_all, read_chain};
use vantera::platform::jobs::{Job, leave_global, open_tenant};

use crate::support::{App, SLUG};

mod tampering;

async fn tenant(app: &App, slug: &'static str) -> TenantId {
    TenantId(sqlx::query_scalar("select tenant_id from tenants where slug = $1").bind(slug).fetch_one(&app.all).await.expect("a tenant"))
}

/// Writes so many lines in one commit.
async fn write(app: &App, tenant: TenantId, lines: usize) {
    let mut cx = open_tenant(&app.web, tenant, "test".into()).await.expect("a context");
    for at in 0..lines {
        cx.audit("resident.moved", format!("subject {at}"), json!({ "from": null, "to": format!("{at}"), "שם": "נועה \"שגב\"\n" }));
    }
    cx.commit().await.expect("a commit");
}

/// What a reading of the tenant's chain finds, as the worker.
async fn read(app: &App, tenant: TenantId) -> Result<i64, (i64, How)> {
    let mut cx = open_tenant(&app.worker, tenant, "test".into()).await.expect("a context");
    let found = read_chain(cx.db(), tenant.0).await.expect("the chain is read");
    cx.roll_back().await.expect("nothing was written");
    found.map_err(|found| (found.seq, found.how))
}

/// Runs the hourly job.
async fn an_hour_passes(app: &App) {
    app.advance(3600);
    leave_global(&app.worker, Job::new("audit.hourly", json!({})).once("audit.hourly")).await.expect("a job");
    app.drain().await;
}

async fn chair(app: &App) -> Actor {
    let chair = app.resident("4", "יעל ברק", "0543182705").await;
    sqlx::query("update memberships set role = 'chair' where display_name = 'יעל ברק'").execute(&app.all).await.expect("a chair");
    chair
}

async fn refused(url: &str, sql: &str) -> String {
    let mut connection = PgConnection::connect(url).await.expect("the database answers");
    let answer = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut connection).await;
    answer.map(|_| String::new()).unwrap_or_else(|error| error.to_string())
}

#[tokio::test]
async fn nobody_of_ours_can_change_or_forge_a_line() {
    let app = App::with_building().await;
    let here = tenant(&app, SLUG).await;
    write(&app, here, 3).await;
    let parts: Vec<String> =
        sqlx::query_scalar("select inhrelid::regclass::text from pg_inherits where inhparent = 'audit_log'::regclass order by 1").fetch_all(&app.all).await.expect("partitions");
    assert!(parts.len() >= 5 && parts.contains(&"audit_log_2026_11".to_owned()) && parts.contains(&"audit_log_other".to_owned()), "{parts:?}");
    let bound = format!("select set_config('app.tenant', '{here}', false);");
    let mut tried = 0;
    for (role, url) in [("web", app.database.web()), ("worker", app.database.worker()), ("payments", app.database.payments()), ("owner", app.database.owner())] {
        for table in parts.iter().map(String::as_str).chain(["audit_log"]) {
            for verb in ["update {} set subject = 'x'", "delete from {}", "truncate {}"] {
                let said = refused(url, &format!("{bound}{}", verb.replace("{}", table))).await;
                let fine = if role == "owner" { said.contains("append-only") } else { said.contains("permission denied") };
                assert!(fine, "{role}: {verb} {table}: {said:?}");
                tried += 1;
            }
        }
        if role == "owner" {
            continue;
        }
        for sql in [
            format!("insert into audit_log_2026_11 select * from audit_log where tenant_id = '{here}'"),
            "select * from audit_log_2026_11".into(),
            "select * from audit_heads".into(),
            format!("update audit_heads set last_seq = 0 where tenant_id = '{here}'"),
            format!("insert into audit_anchors values ('{here}', 1, sha256('x'), 1, now())"),
            "delete from audit_anchors".into(),
            "insert into audit_seals values (1, now(), 0, sha256('x'))".into(),
        ] {
            let said = refused(url, &format!("{bound}{sql}")).await;
            assert!(said.contains("permission denied"), "{role}: {sql}: {said:?}");
            tried += 1;
        }
    }
    println!("{tried} tries, none went through");
    // Number and hashes that are sent along are not taken.
    let forged = format!(
        "{bound}insert into audit_log (tenant_id, audit_id, actor_role, act, subject, detail, trace_id, created_at, seq, prev_hash, hash)
         values ('{here}', gen_random_uuid(), 'chair', 'a.b', 's', '{{}}', 't', now(), 77, sha256('x'), sha256('y'))"
    );
    assert_eq!(refused(app.database.web(), &forged).await, "");
    assert_eq!(read(&app, here).await, Ok(4));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chain_is_right_under_sixteen_commits_at_once() {
    let app = App::with_building().await;
    let here = tenant(&app, SLUG).await;
    let writers = (0..16).map(|_| async {
        for _ in 0..10 {
            write(&app, here, 2).await;
        }
    });
    futures::future::join_all(writers).await;
    let (lines, last): (i64, i64) =
        sqlx::query_as("select count(distinct seq), max(seq) from audit_log where tenant_id = $1").bind(here.0).fetch_one(&app.all).await.expect("lines");
    assert_eq!((lines, last), (320, 320), "no number is missing, and none was given twice");
    assert_eq!(read(&app, here).await, Ok(320));
    app.finish().await;
}

#[tokio::test]
async fn a_line_of_any_month_is_kept_and_a_clock_that_goes_back_does_not_break_the_chain() {
    let app = App::with_building().await;
    let here = tenant(&app, SLUG).await;
    for days in [0, 40, -400, 3_000, -2_600] {
        app.advance(days * 86_400);
        write(&app, here, 1).await;
    }
    assert_eq!(app.count("select count(*) from audit_log_other").await, 2, "no month was made for these");
    assert_eq!(read(&app, here).await, Ok(5));
    // A job makes the months that are missing, and moves there what was kept otherwise.
    let before = app.count("select count(*) from pg_inherits where inhparent = 'audit_log'::regclass").await;
    app.advance(2_600 * 86_400);
    an_hour_passes(&app).await;
    leave_global(&app.worker, Job::new("platform.late_months", json!({}))).await.expect("a job");
    app.drain().await;
    assert!(app.count("select count(*) from pg_inherits where inhparent = 'audit_log'::regclass").await > before);
    assert_eq!(app.count("select count(*) from audit_log_other").await, 0);
    write(&app, here, 1).await;
    assert_eq!(read(&app, here).await, Ok(6));
    app.finish().await;
}

#[tokio::test]
async fn every_hour_is_anchored_and_sealed_once() {
    let app = App::with_building().await;
    app.open_building("other-1", "אחר 1", 4).await;
    let (here, there) = (tenant(&app, SLUG).await, tenant(&app, "other-1").await);
    write(&app, here, 2).await;
    write(&app, there, 1).await;
    an_hour_passes(&app).await;
    leave_global(&app.worker, Job::new("audit.hourly", json!({})).once("audit.hourly")).await.expect("a job");
    app.drain().await;
    assert_eq!((app.count("select count(*) from audit_seals").await, app.count("select count(*) from audit_anchors").await), (1, 2), "twice in an hour is once");
    write(&app, here, 1).await;
    an_hour_passes(&app).await;
    assert_eq!((app.count("select count(*) from audit_seals").await, app.count("select count(*) from audit_anchors").await), (2, 3), "only a head that moved is anchored");
    assert_eq!(app.count("select count(*) from audit_checks where broken_seq is null and lines > 0").await, 2, "and both chains were read");
    let report = read_all(&app.worker.pool, None).await.expect("the chains are read").expect("there are some");
    assert!(report.is_whole() && report.chains == 2 && report.lines == 4 && report.sealed.is_some_and(|(seal, _)| seal == 2), "{report:?}");
    assert!(read_all(&app.worker.pool, Some("nowhere-1")).await.expect("asked").is_none());
    app.finish().await;
}

#[tokio::test]
async fn the_command_names_the_first_broken_line_and_fails() {
    let app = App::with_building().await;
    let here = tenant(&app, SLUG).await;
    write(&app, here, 5).await;
    let run = |words: &'static [&'static str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_vantera"));
        command.args(words).env("DATABASE_URL", app.database.owner()).env("DATABASE_URL_WEB", app.database.web());
        command.env("STRIPE_SECRET_KEY", "sk_test").env("STRIPE_WEBHOOK_SECRETS", "whsec_test").env("SMS_BASE_URL", "https://sms.example");
        let ended = command.env("DATABASE_URL_WORKER", app.database.worker()).env("DATABASE_URL_PAYMENTS", app.database.payments()).output().expect("the program");
        (ended.status.code(), String::from_utf8_lossy(&ended.stdout).into_owned())
    };
    assert_eq!(run(&["audit", "verify"]), (Some(0), "1 chains, 5 lines right\n".into()));
    let mut superuser = PgConnection::connect(app.database.all_seeing()).await.expect("the superuser");
    sqlx::raw_sql("set session_replication_role = replica; update audit_log set address = '10.1.1.1' where seq = 3").execute(&mut superuser).await.expect("a change");
    let told = format!("{SLUG} ({here}), line 3: this line was changed: its content does not fit its hash\n1 chains, 2 lines right\n");
    assert_eq!(run(&["audit", "verify", "--tenant", SLUG]), (Some(1), told));
    assert_eq!(run(&["audit", "verify", "--tenant", "nowhere-1"]).0, Some(1));
    app.finish().await;
}

#[tokio::test]
async fn the_committee_reads_the_log_and_nobody_else() {
    let app = App::with_building().await;
    let mut noa = app.resident("3", "נועה שגב", "0543182704").await;
    let mut chair = chair(&app).await;
    let path = format!("/b/{SLUG}/committee/audit");
    assert_eq!(noa.get(&path).await.status, StatusCode::NOT_FOUND);
    let page = chair.get(&path).await.text();
    for told in ["יומן ביקורת", "נועה שגב", "הצטרפות", "תשלום התקבל", "הסכמה לתנאים", "אוטומטי", "aria-current=\"page\""] {
        assert!(page.contains(told), "the page tells {told}");
    }
    let money = chair.get(&format!("{path}?filter=money")).await.text();
    assert!(money.contains("תשלום התקבל") && !money.contains("הסכמה לתנאים"));
    let searched = |text: &str, words: &[(&str, bool)]| words.iter().all(|(word, there)| text.contains(word) == *there);
    let by_act = chair.get(&format!("{path}?asked=%D7%94%D7%A1%D7%9B%D7%9E%D7%94")).await.text();
    assert!(searched(&by_act, &[("הסכמה לתנאים", true), ("תשלום התקבל", false)]));
    let by_amount = chair.get(&format!("{path}?asked=3.00")).await.text();
    assert!(searched(&by_amount, &[("תשלום התקבל", true), ("הסכמה לתנאים", false)]));
    assert!(chair.get(&format!("{path}?asked=100%25")).await.text().contains("לא נמצאו רשומות"), "a sign of LIKE is a sign like any other");
    app.finish().await;
}

#[tokio::test]
async fn the_page_tells_what_was_what_is_and_from_where_it_was_done() {
    let app = App::with_building().await;
    app.resident("3", "נועה שגב", "0543182704").await;
    let chair = chair(&app).await;
    let membership = app.text("select membership_id::text from memberships where display_name = 'נועה שגב'").await.expect("a member");
    let peer: SocketAddr = "203.0.113.77:4000".parse().expect("an address");
    let mut chair = chair.at(app.router.clone().layer(Extension(ConnectInfo(peer))));
    let moved = chair.submit("/call/buildings/settle", &[("building", SLUG), ("membership", &membership), ("flat", "5")]).await;
    assert_eq!(moved.location(), format!("/b/{SLUG}/committee/residents"), "{}", moved.text());
    app.drain().await;
    let page = chair.get(&format!("/b/{SLUG}/committee/audit?asked=%D7%9E%D7%A2%D7%91%D7%A8")).await.text();
    // The same line twice: in the table of a desk and on the card of a phone.
    let between = |open: &str, close: &str| page.split(open).skip(1).filter_map(|rest| rest.split(close).next()?.split_once('>')).map(|(_, words)| words).collect::<Vec<_>>();
    for (what, shown, hidden) in [("del", "דירה \u{2068}3\u{2069}", "דירה \u{2068}5\u{2069}"), ("ins", "דירה \u{2068}5\u{2069}", "דירה \u{2068}3\u{2069}")] {
        let told = between(&format!("<{what} "), &format!("</{what}>"));
        assert!(told.len() == 2 && told.iter().all(|words| words.contains(shown) && !words.contains(hidden)), "{what}: {told:?}");
    }
    for (row, end) in [("<tr><td", "</tr>"), ("<li class=\"p-4 ", "</li>")] {
        let row = page.split(row).skip(1).filter_map(|rest| rest.split(end).next()).find(|row| row.contains("<del ")).unwrap_or_else(|| panic!("a line in {row}: {page}"));
        assert!(["מעבר דירה", "יעל ברק", "נועה שגב", "203.0.113.77"].iter().all(|told| row.contains(told)), "{row}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_long_log_is_read_page_by_page_without_a_line_twice() {
    let app = App::with_building().await;
    let mut chair = chair(&app).await;
    let here = tenant(&app, SLUG).await;
    write(&app, here, 130).await;
    let (mut seen, mut path) = (Vec::new(), Some(format!("/b/{SLUG}/committee/audit")));
    while let Some(at) = path {
        let page = chair.get(&at).await.text();
        let table = page.split("<table").nth(1).and_then(|rest| rest.split("</table>").next()).expect("a table").to_owned();
        seen.extend(table.split("subject ").skip(1).filter_map(|rest| rest.split('<').next()?.parse::<u32>().ok()));
        path = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).find(|href| href.contains("before=")).map(|href| href.replace("&amp;", "&"));
    }
    assert_eq!(seen, (0..130).rev().collect::<Vec<_>>());
    app.finish().await;
}

#[tokio::test]
async fn the_chain_is_checked_on_request_and_a_break_is_told() {
    let app = App::with_building().await;
    let mut chair = chair(&app).await;
    let path = format!("/b/{SLUG}/committee/audit");
    assert!(!chair.get(&path).await.text().contains("הרצף שלם"), "nobody read it yet");
    assert_eq!(chair.submit("/call/audit/check", &[("building", SLUG)]).await.location(), path);
    let lines = app.count("select last_seq from audit_heads").await;
    let page = chair.get(&path).await.text();
    assert!(page.contains(&format!("הרצף שלם: {lines} רשומות")) && page.contains("נבדק \u{2068}עכשיו\u{2069}"));
    let mut superuser = PgConnection::connect(app.database.all_seeing()).await.expect("the superuser");
    sqlx::raw_sql("set session_replication_role = replica; delete from audit_log where seq = 2").execute(&mut superuser).await.expect("a deletion");
    chair.submit("/call/audit/check", &[("building", SLUG)]).await;
    let page = chair.get(&path).await.text();
    assert!(page.contains("הרצף נשבר ברשומה 2") && page.contains("הרשומה הזאת חסרה."));
    // A chain too long to wait for is left to the hourly job, and the page says when that read it.
    sqlx::raw_sql("update audit_heads set last_seq = 60000").execute(&mut superuser).await.expect("a long log");
    let answer = chair.submit("/call/audit/check", &[("building", SLUG)]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.text().contains("יותר ממה שנבדק תוך כדי המתנה"));
    app.finish().await;
}

#[tokio::test]
async fn a_period_is_taken_along_as_csv_and_json_and_that_is_written_too() {
    let app = App::with_building().await;
    app.open_building("other-1", "אחר 1", 4).await;
    let there = tenant(&app, "other-1").await;
    let mut cx = open_tenant(&app.web, there, "test".into()).await.expect("a context");
    cx.audit("resident.moved", "סוד של אחרים", json!({}));
    cx.commit().await.expect("a commit");
    let mut chair = chair(&app).await;
    let here = tenant(&app, SLUG).await;
    let mut cx = open_tenant(&app.web, here, "test".into()).await.expect("a context");
    cx.audit("company.granted", "x", json!({ "name": "=HYPERLINK(\"http://x\")" }));
    cx.commit().await.expect("a commit");
    let export = format!("/b/{SLUG}/committee/audit/export");
    let csv = chair.get(&export).await;
    assert_eq!(csv.headers["content-disposition"], format!("attachment; filename=\"audit-{SLUG}-2026-11-01-2026-11-22.csv\""));
    let text = csv.text();
    assert!(text.starts_with("\u{feff}\"מספר\",\"מתי\"") && text.contains("\r\n"), "{text}");
    assert!(text.contains("\"'=HYPERLINK(\"\"http://x\"\")\""), "a formula is text: {text}");
    assert!(!text.contains("סוד של אחרים"));
    let json: serde_json::Value = serde_json::from_slice(&chair.get(&format!("{export}?form=json&from=2026-11-22&to=2026-11-22")).await.body).expect("JSON");
    let lines = json.as_array().expect("lines");
    assert!(lines.iter().enumerate().all(|(at, line)| line["seq"] == at + 1), "in the order of the chain");
    assert!(lines.iter().any(|line| line["act"] == "audit.exported" && line["detail"]["form"] == "csv"));
    let empty: serde_json::Value = serde_json::from_slice(&chair.get(&format!("{export}?form=json&from=2026-10-01&to=2026-10-31")).await.body).expect("JSON");
    assert_eq!(empty, json!([]));
    let back = chair.get(&format!("{export}?from=2026-11-02&to=2026-11-01")).await.location();
    assert_eq!(back, format!("/b/{SLUG}/committee/audit?export=period#export"));
    assert!(chair.get(&back).await.text().contains("כדאי לבחור יום התחלה ויום סיום"));
    app.finish().await;
}

#[tokio::test]
async fn another_tenants_log_and_anchors_are_invisible() {
    let app = App::with_building().await;
    app.open_building("other-1", "אחר 1", 4).await;
    let (here, there) = (tenant(&app, SLUG).await, tenant(&app, "other-1").await);
    write(&app, here, 2).await;
    write(&app, there, 3).await;
    an_hour_passes(&app).await;
    for state in [&app.web, &app.worker] {
        let mut cx = open_tenant(state, here, "test".into()).await.expect("a context");
        for (table, mine) in [("audit_log", 2), ("audit_anchors", 1), ("audit_checks", 1)] {
            let sql = format!("select count(*), count(*) filter (where tenant_id <> $1) from {table}");
            let seen: (i64, i64) = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(here.0).fetch_one(cx.db()).await.expect("a count");
            assert_eq!(seen, (mine, 0), "{table}");
        }
        cx.roll_back().await.expect("nothing was written");
    }
    // A line for another tenant is refused, and moves nobody's head.
    let mut tx = app.web.pool.begin().await.expect("a transaction");
    sqlx::query("select set_config('app.tenant', $1, true)").bind(here.to_string()).execute(&mut *tx).await.expect("a setting");
    let strange = sqlx::query(
        "insert into audit_log (tenant_id, audit_id, actor_role, act, subject, detail, trace_id, created_at) values ($1, gen_random_uuid(), 'chair', 'a', 's', '{}', 't', now())",
    );
    assert!(strange.bind(there.0).execute(&mut *tx).await.is_err_and(|error| error.to_string().contains("row-level security")));
    tx.rollback().await.expect("undone");
    assert_eq!((read(&app, here).await, read(&app, there).await), (Ok(2), Ok(3)));
    app.finish().await;
}

/// The acts that the code writes, read from it.
fn acts_in(text: &str) -> Vec<String> {
    let literals = |piece: &str| piece.split('"').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let calls = text.split(".audit(").skip(1).filter_map(|rest| rest.split(',').next()).flat_map(literals);
    let told = text.split("tell(cx, \"").skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned);
    let denied = text.split("audit_denial($1, $2, $3, '").skip(1).filter_map(|rest| rest.split('\'').next()).map(str::to_owned);
    calls.chain(told).chain(denied).collect()
}

#[test]
fn every_act_of_the_code_has_its_name() {
    fn files(folder: &std::path::Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).expect("a folder").filter_map(Result::ok).map(|entry| entry.path()) {
            if entry.is_dir() {
                files(&entry, found);
            } else if entry.extension().is_some_and(|ending| ending == "rs") {
                found.extend(acts_in(&std::fs::read_to_string(&entry).expect("a file")));
            }
        }
    }
    let mut written = BTreeSet::new();
    files(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut written);
    let named: BTreeSet<String> = ACTS.iter().map(|act| act.word.to_owned()).collect();
    assert!(written.len() > 20, "{written:?}");
    assert_eq!(written, named);
    assert_eq!(acts_in("cx.audit(if yes { \"a.b\" } else { \"a.c\" }, x); cx.audit(act, x, \"y\")"), ["a.b", "a.c"]);
}
