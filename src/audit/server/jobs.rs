//! What the log needs without anybody asking: months to come, anchors, and a reading of the chains.

use kit::{Lang, TenantId};

use super::{store, verify};
use crate::platform::jobs::{JobRun, open_tenant};
use crate::platform::{AppState, Fault, GlobalCx};

/// Months made ahead of the present one.
const AHEAD: i32 = 3;
/// Lines read in one run. While all chains together are shorter, each is read every hour; beyond, those come first that
/// were not read for longest, and the screen says when each was.
const LINES: i64 = 500_000;
/// Hours of knocks told in one transaction.
const KNOCKS: i32 = 500;

/// Once an hour: makes the months, tells how often strangers knocked in hours that are over, anchors every head that moved
/// and prints the seal, and reads chains. Each part is a transaction of its own, and all of it may run twice.
pub async fn hourly(run: JobRun) -> Result<(), Fault> {
    let mut cx = GlobalCx::open(&run.state, Lang::He, run.trace.clone()).await?;
    let now = cx.now;
    let made = store::make_months(cx.db(), now, AHEAD).await?;
    cx.keep().await?;
    loop {
        let told = store::knocks_end(cx.db(), &run.trace, now, KNOCKS).await?;
        cx.keep().await?;
        if told < KNOCKS {
            break;
        }
    }
    let sealed = store::anchor(cx.db(), now).await?;
    cx.keep().await?;
    let chains = store::chains(cx.db(), None).await?;
    cx.commit().await?;
    if made > 0 {
        tracing::info!(made, "months of the audit log were made");
    }
    if let Some((seal, anchors, digest)) = sealed {
        // This line is what leaves the machine: `vantera audit verify` prints the same number and digest.
        tracing::info!(seal, anchors, digest = hex::encode(digest), "the audit log's hour is sealed");
    }
    let mut budget = LINES;
    for chain in chains {
        if budget <= 0 {
            break;
        }
        budget -= chain.last_seq.max(1);
        check(&run.state, TenantId(chain.tenant_id), &run.trace).await?;
    }
    Ok(())
}

/// Reads one tenant's chain and notes what was found.
async fn check(state: &AppState, tenant: TenantId, trace: &str) -> Result<(), Fault> {
    let mut cx = open_tenant(state, tenant, trace.to_owned()).await?;
    let now = cx.now;
    let outcome = verify::read_chain(cx.db(), tenant.0).await?;
    store::note_check(cx.db(), tenant.0, now, outcome).await?;
    if let Err(found) = outcome {
        tracing::error!(tenant = %tenant, building = cx.tenant.slug, seq = found.seq, how = found.how.word(), "an audit log is broken");
    }
    cx.commit().await
}

/// Tells Prometheus when the last hour was sealed and how many logs are broken.
pub async fn measure(state: &AppState) -> Result<(), Fault> {
    let now = state.clock.now();
    let (sealed_at, broken) = store::measures(&mut *state.pool.acquire().await?).await?;
    state.meters.audit(sealed_at.map(|at| now.duration_since(at).as_secs_f64()), broken);
    Ok(())
}
