//! What keeps tokens fresh: a look each minute for those that end, and a job for each.

use kit::{Lang, TenantId};
use serde_json::json;
use uuid::Uuid;

use super::refreshing::{self, AHEAD};
use super::store::{self, DueRow};
use crate::platform::jobs::{JobRun, open_tenant};
use crate::platform::{Fault, GlobalCx, Job};

/// Connections read at once, and how many times in one look: ten thousand a minute.
const PAGE: i32 = 200;
const PAGES_MOST: usize = 50;

/// `connections.due`: leaves a job for each connection whose token ends within five minutes.
pub async fn due(run: JobRun) -> Result<(), Fault> {
    let providers = refreshing::providers(&run.state);
    let mut last: Option<DueRow> = None;
    for _ in 0..PAGES_MOST {
        let mut cx = GlobalCx::open(&run.state, Lang::He, run.trace.clone()).await?;
        let (now, before) = (cx.now, cx.now.checked_add(AHEAD).map_err(anyhow::Error::from)?);
        let found = store::due(cx.db(), &providers, now, before, last.as_ref(), PAGE).await?;
        cx.commit().await?;
        let whole = found.len() == PAGE as usize;
        for row in found {
            if let Err(fault) = leave(&run, &row).await {
                // It is found again in a minute; it must not keep the others waiting.
                tracing::warn!(connection = %row.connection_id, error = ?fault, "a token's refresh could not be left");
            }
            last = Some(row);
        }
        if !whole {
            return Ok(());
        }
    }
    tracing::warn!("more tokens end at once than one look finds");
    Ok(())
}

async fn leave(run: &JobRun, row: &DueRow) -> Result<(), Fault> {
    let mut cx = open_tenant(&run.state, TenantId(row.tenant_id), run.trace.clone()).await?;
    cx.enqueue(Job::new("connections.refresh", json!({ "connection": row.connection_id })).once(format!("refresh-{}", row.connection_id))).await?;
    cx.commit().await
}

/// `connections.refresh`: refreshes one connection, if it still is to be refreshed and nobody is at it. A provider that does
/// not answer is asked again after the queue's pauses; one that refuses the token is not.
pub async fn refresh(run: JobRun) -> Result<(), Fault> {
    let connection: Uuid = run.read("connection")?;
    refreshing::refresh(&run.state, run.read("tenant")?, connection, AHEAD, &run.trace).await.map(drop)
}
