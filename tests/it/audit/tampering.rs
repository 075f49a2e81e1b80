//! What may be done to the log by whoever has the database in his hands: a superuser with the triggers off. Every such
//! deed is done in a transaction, the chain is read in it as the worker, and the deed is undone.

use kit::TenantId;
use vantera::audit::server::{How, read_all, read_chain};

use super::{an_hour_passes, read, tenant, write};
use crate::support::{App, SLUG};

/// Lines of the chain; anchors stand at the middle and at the end.
const LINES: i64 = 120;
const DEEDS: usize = 1_000;

/// Throws that are the same in every run (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides.unsigned_abs()) as i64
    }

    fn line(&mut self) -> i64 {
        1 + self.below(LINES)
    }
}

/// What is found at which line; `None` where more than one answer names it rightly.
type Expected = Option<(i64, How)>;

/// Changes that leave every hash as it was.
const COLUMNS: [&str; 12] = [
    "actor = case when actor is null then md5(seq::text)::uuid end",
    "actor_role = 'operator'",
    "act = act || 'x'",
    "subject = subject || 'x'",
    "detail = detail || '{\"x\": 1}'",
    "address = coalesce(address || '1', '')",
    "trace_id = ''",
    "created_at = created_at + interval '1 microsecond'",
    "created_at = created_at - interval '1 month'",
    "audit_id = md5(audit_id::text)::uuid",
    "prev_hash = sha256(prev_hash)",
    "hash = sha256(hash)",
];

/// Hashes lines anew from one on, and the head with them.
fn rechained(from: i64) -> String {
    format!(
        "do $$ declare l record; before bytea := decode(repeat('00', 32), 'hex'); made bytea; begin
           select hash into before from audit_log where seq = {from} - 1;
           before := coalesce(before, decode(repeat('00', 32), 'hex'));
           for l in select * from audit_log where seq >= {from} order by seq loop
             made := directory.audit_hash(l.tenant_id, l.seq, before, l.audit_id, l.actor, l.actor_role, l.act, l.subject, l.detail, l.address, l.trace_id, l.created_at);
             update audit_log set prev_hash = before, hash = made where seq = l.seq;
             before := made;
           end loop;
           update audit_heads set last_hash = before, last_seq = (select max(seq) from audit_log);
         end $$;"
    )
}

/// One deed, as SQL, with its name.
fn deed(dice: &mut Dice) -> (&'static str, String, Expected) {
    let at = dice.line();
    let other = 1 + (at + dice.below(LINES - 1)) % LINES;
    let (first, second) = (at.min(other), at.max(other));
    match dice.below(12) {
        0..=3 => {
            let column = COLUMNS[dice.below(COLUMNS.len() as i64) as usize];
            ("a column changed", format!("update audit_log set {column} where seq = {at}"), Some((at, How::Changed)))
        }
        4 => (
            "two lines swapped",
            format!("update audit_log set seq = case seq when {at} then {other} else {at} end where seq in ({at}, {other})"),
            Some((first, How::Reordered)),
        ),
        5 => {
            let how = if at == LINES { How::TailCut } else { How::Missing };
            ("a line deleted", format!("delete from audit_log where seq = {at}"), Some((at, how)))
        }
        6 => {
            let how = if second == LINES { How::TailCut } else { How::Missing };
            ("lines deleted", format!("delete from audit_log where seq between {first} and {second}"), Some((first, how)))
        }
        7 => (
            "a line inserted",
            format!(
                "insert into audit_log select tenant_id, gen_random_uuid(), actor, actor_role, act, 'forged', detail, address, trace_id, created_at + interval '1 second', seq, prev_hash, hash from audit_log where seq = {at}"
            ),
            Some((at, How::Twice)),
        ),
        8 => (
            "a line inserted in its place, later ones pushed on and hashed anew",
            format!(
                "update audit_log set seq = seq + 1 where seq >= {at};
                 insert into audit_log select tenant_id, gen_random_uuid(), actor, actor_role, act, 'forged', detail, address, trace_id, created_at, {at}, hash, hash from audit_log where seq = {at} + 1; {}",
                rechained(at)
            ),
            None,
        ),
        9 => match dice.below(3) {
            0 => ("the tail cut", format!("delete from audit_log where seq >= {at}"), Some((at, How::TailCut))),
            1 => ("the tail cut and the head moved back", format!("delete from audit_log where seq >= {at}; update audit_heads set last_seq = {at} - 1, last_hash = coalesce((select hash from audit_log where seq = {at} - 1), last_hash)"), Some((at, How::TailCut))),
            _ => ("all of it gone, the head too", "delete from audit_log; delete from audit_heads".into(), Some((1, How::TailCut))),
        },
        10 => {
            // The first anchor from the changed line on keeps what the chain was.
            let anchor = if at <= LINES / 2 { LINES / 2 } else { LINES };
            ("rewritten from a line and hashed anew with the head", format!("update audit_log set subject = 'forged' where seq = {at}; {}", rechained(at)), Some((anchor, How::OffAnchor)))
        }
        _ => match dice.below(3) {
            0 => ("the head gone", "delete from audit_heads".into(), Some((1, How::BeyondHead))),
            1 => ("the head moved back", format!("update audit_heads set last_seq = {at} - 1"), Some((at, How::BeyondHead))),
            _ => ("an anchor changed", format!("update audit_anchors set hash = sha256(hash) where seq = {}", if at <= LINES / 2 { LINES / 2 } else { LINES }), None),
        },
    }
}

async fn done(app: &App, tenant: TenantId, sql: String) -> Result<i64, (i64, How)> {
    let mut tx = app.all.begin().await.expect("a transaction");
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("set local session_replication_role = replica; {sql}; set local role vantera_worker")))
        .execute(&mut *tx)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
    sqlx::query("select set_config('app.tenant', $1, true)").bind(tenant.to_string()).execute(&mut *tx).await.expect("a setting");
    let found = read_chain(&mut tx, tenant.0).await.expect("the chain is read");
    tx.rollback().await.expect("undone");
    found.map_err(|found| (found.seq, found.how))
}

/// A chain of LINES lines, each second later than the one before, anchored in the middle and at the end.
async fn chained() -> (App, TenantId) {
    let app = App::with_building().await;
    let here = tenant(&app, SLUG).await;
    for _ in 0..2 {
        for _ in 0..LINES / 4 {
            app.advance(7);
            write(&app, here, 1).await;
            app.advance(7);
            write(&app, here, 1).await;
        }
        an_hour_passes(&app).await;
    }
    assert_eq!(app.count("select count(*) from audit_anchors").await, 2);
    assert_eq!(read(&app, here).await, Ok(LINES));
    (app, here)
}

#[tokio::test]
async fn a_thousand_random_tamperings_are_all_found() {
    let (app, here) = chained().await;
    let (mut dice, mut missed, mut kinds) = (Dice(0x5eed_1234_abcd_0001), Vec::new(), std::collections::BTreeMap::new());
    for _ in 0..DEEDS {
        let (name, sql, expected) = deed(&mut dice);
        *kinds.entry(name).or_insert(0) += 1;
        let found = done(&app, here, sql.clone()).await;
        let right = match (found, expected) {
            (Ok(_), _) => false,
            (Err(found), Some(expected)) => found == expected,
            (Err(_), None) => true,
        };
        if !right {
            missed.push(format!("{name}: {found:?} instead of {expected:?}: {sql}"));
        }
    }
    println!("tamperings: {DEEDS}, not found or wrongly named: {} (3/N = {})", missed.len(), 3.0 / DEEDS as f64);
    kinds.iter().for_each(|(name, count)| println!("  {count:>4} {name}"));
    assert!(kinds.len() >= 12, "every kind was done: {kinds:?}");
    assert!(missed.is_empty(), "{} of {DEEDS}:\n{}\n", missed.len(), missed[..missed.len().min(20)].join("\n"));
    assert_eq!(read(&app, here).await, Ok(LINES), "each deed was undone");
    app.finish().await;
}

#[tokio::test]
async fn without_its_anchors_a_chain_made_anew_would_pass_and_then_its_seal_does_not() {
    let (app, here) = chained().await;
    let rewritten = format!("update audit_log set subject = 'forged' where seq = 5; {}", rechained(5));
    assert_eq!(done(&app, here, rewritten.clone()).await, Err((LINES / 2, How::OffAnchor)));
    let anchors = "update audit_anchors a set hash = l.hash from audit_log l where l.tenant_id = a.tenant_id and l.seq = a.seq";
    let all = format!("set session_replication_role = replica; {rewritten}; {anchors}");
    assert_eq!(done(&app, here, format!("{rewritten}; {anchors}")).await, Ok(LINES), "whoever rewrites the anchors too passes the chain's own reading");
    let mut connection = app.all.acquire().await.expect("a connection");
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("{all}; reset session_replication_role"))).execute(&mut *connection).await.expect("rewritten");
    let report = read_all(&app.worker.pool, None).await.expect("read").expect("chains");
    assert_eq!((report.broken.len(), report.broken_seal), (0, Some(1)), "the seal of that hour does not match: {report:?}");
    app.finish().await;
}
