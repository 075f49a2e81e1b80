//! `vantera audit verify` over the log of ten buildings: every hash computed anew from what the database hands out.

use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;
use vantera::audit::server::{Line, NOTHING_BEFORE, read_all};
use vantera::platform::jobs::open_tenant;

use crate::measure::{limited, moment, single};
use crate::on_workers;
use crate::support::App;

const BUILDINGS: usize = 10;
/// Lines put in at once.
const BATCH: usize = 5_000;
/// The longest that a million lines may take, in milliseconds.
const LIMIT: f64 = 60_000.0;
/// Readings measured.
const READINGS: usize = 3;

pub fn measure(lines: usize) -> Vec<Value> {
    on_workers(2, async {
        let app = App::start().await;
        let each = (lines / BUILDINGS).max(1);
        for building in 0..BUILDINGS {
            let tenant = app.open_building(&format!("house-{building}"), "בית", 1).await;
            fill(&app.all, tenant.0, i64::try_from(each).unwrap_or_default()).await.expect("a log");
            // The trigger goes on where the rows made here end: both say the same form, or nothing below would be whole.
            let mut cx = open_tenant(&app.web, tenant, "bench".into()).await.expect("a context");
            cx.audit("building.opened", "x", serde_json::json!({}));
            cx.commit().await.expect("a commit");
        }
        sqlx::raw_sql("vacuum analyze").execute(&app.all).await.expect("known to the planner");
        let all = (each + 1) * BUILDINGS;
        let mut took = Vec::new();
        for _ in 0..READINGS {
            let begun = moment();
            let report = read_all(&app.worker.pool, None).await.expect("the chains are read").expect("there are some");
            took.push(begun.elapsed().as_secs_f64() * 1e3);
            assert!(report.is_whole() && usize::try_from(report.lines) == Ok(all), "{report:?}");
        }
        let slowest = took.iter().copied().fold(0.0, f64::max);
        vec![
            limited(&format!("audit verify, {all} lines of {BUILDINGS} buildings (7)"), "s", &took, "most", LIMIT * all as f64 / 1e6),
            single("– a thousand lines, at the slowest", "ms", all, slowest * 1e3 / all as f64, LIMIT / 1e3),
        ]
    })
}

/// Lines as the trigger would have chained them, put in with the triggers off: through it a building's million lines
/// would take longer to write than to read a hundred times.
async fn fill(all: &PgPool, tenant: Uuid, lines: i64) -> Result<(), sqlx::Error> {
    let mut tx = all.begin().await?;
    sqlx::raw_sql("set local session_replication_role = replica").execute(&mut *tx).await?;
    let mut before = NOTHING_BEFORE;
    let mut seq = 0;
    while seq < lines {
        let batch: Vec<Line> = (0..BATCH as i64)
            .take_while(|at| seq + at < lines)
            .map(|at| {
                let line = chained(tenant, seq + at + 1, before);
                before.copy_from_slice(&line.hash);
                line
            })
            .collect();
        seq += batch.len() as i64;
        put_in(&mut tx, tenant, &batch).await?;
    }
    sqlx::query("insert into audit_heads (tenant_id, last_seq, last_hash) values ($1, $2, $3)").bind(tenant).bind(lines).bind(before.as_slice()).execute(&mut *tx).await?;
    tx.commit().await
}

/// A line like those of a building's day: most by somebody, some by jobs.
fn chained(tenant: Uuid, seq: i64, before: [u8; 32]) -> Line {
    let id = Uuid::from_u128(u128::from(seq.unsigned_abs()) << 64 | 7);
    let mut line = Line {
        seq,
        audit_id: id,
        actor: (seq % 3 != 0).then_some(Uuid::from_u128(u128::from(seq.unsigned_abs() % 40))),
        actor_role: if seq % 3 == 0 { "system".into() } else { "committee".into() },
        act: "resident.role_changed".into(),
        subject: id.to_string(),
        detail: format!("{{\"to\": \"treasurer\", \"from\": \"resident\", \"note\": \"הסבר קצר מספר {seq}\"}}"),
        address: (seq % 3 != 0).then(|| format!("10.0.{}.{}", seq % 200, seq % 250)),
        trace_id: format!("trace-{seq:012}"),
        // From November 2026 on, a line every half minute or so.
        at_us: 1_793_500_000_000_000 + seq * 31_000_000,
        prev_hash: before.to_vec(),
        hash: Vec::new(),
    };
    line.hash = line.hash_as(tenant, seq).to_vec();
    line
}

async fn put_in(db: &mut sqlx::PgConnection, tenant: Uuid, lines: &[Line]) -> Result<(), sqlx::Error> {
    fn each<T>(lines: &[Line], of: impl Fn(&Line) -> T) -> Vec<T> {
        lines.iter().map(of).collect()
    }
    // The text goes through jsonb as everything does; it is what jsonb writes, or the chain would not be whole.
    sqlx::query(
        "insert into audit_log (tenant_id, seq, audit_id, actor, actor_role, act, subject, detail, address, trace_id, created_at, prev_hash, hash)
         select $1, x.seq, x.audit_id, x.actor, x.actor_role, x.act, x.subject, x.detail::jsonb, x.address, x.trace_id, timestamptz 'epoch' + x.at_us * interval '1 microsecond', x.prev_hash, x.hash
         from unnest($2::bigint[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::bigint[], $12::bytea[], $13::bytea[])
           as x (seq, audit_id, actor, actor_role, act, subject, detail, address, trace_id, at_us, prev_hash, hash)",
    )
    .bind(tenant)
    .bind(each(lines, |line| line.seq))
    .bind(each(lines, |line| line.audit_id))
    .bind(each(lines, |line| line.actor))
    .bind(each(lines, |line| line.actor_role.clone()))
    .bind(each(lines, |line| line.act.clone()))
    .bind(each(lines, |line| line.subject.clone()))
    .bind(each(lines, |line| line.detail.clone()))
    .bind(each(lines, |line| line.address.clone()))
    .bind(each(lines, |line| line.trace_id.clone()))
    .bind(each(lines, |line| line.at_us))
    .bind(each(lines, |line| line.prev_hash.clone()))
    .bind(each(lines, |line| line.hash.clone()))
    .execute(db)
    .await
    .map(drop)
}
