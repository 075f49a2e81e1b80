//! Reading chains through: one tenant's, all of them, and the seals. Every hash is computed here.

use kit::TenantId;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::chain::{Break, Chain, Hash};
use super::seals::Seals;
use super::store;
use crate::platform::Fault;

/// Numbers read at once: some two megabytes of lines.
const PAGE: i64 = 5_000;
/// Seals read at once.
const SEALS: i32 = 200;

/// Reads one tenant's chain in the transaction that is bound to it. Lines that are committed meanwhile are left to the
/// next reading: the head is read first, and bounds it.
pub async fn read_chain(db: &mut PgConnection, tenant: Uuid) -> Result<Result<i64, Break>, Fault> {
    let head = store::head(db).await?;
    let mut chain = Chain::new(tenant, store::anchors(db, tenant).await?);
    let end = head.as_ref().map_or(0, |(seq, _)| *seq);
    let mut upto = 0;
    while upto < end {
        let (from, next) = (upto, upto.saturating_add(PAGE).min(end));
        let lines = store::lines(db, tenant, from, next).await?;
        if lines.is_empty() {
            // A hole wider than a page: go on behind it, where the next line names it.
            match store::next_seq(db, tenant, next, end).await? {
                Some(seq) => upto = seq - 1,
                None => break,
            }
            continue;
        }
        for line in &lines {
            if let Err(found) = chain.read(line) {
                return Ok(Err(found));
            }
        }
        upto = next;
    }
    let beyond = store::beyond_head(db, tenant).await?;
    Ok(chain.end(head, beyond))
}

/// Where a chain is broken, for who runs the command.
#[derive(Debug)]
pub struct BrokenChain {
    pub slug: String,
    pub tenant: TenantId,
    pub found: Break,
}

/// What a reading of all chains found.
#[derive(Debug, Default)]
pub struct Report {
    pub chains: u64,
    pub lines: i64,
    pub broken: Vec<BrokenChain>,
    /// The last seal that is right, to be compared with what the log printed; absent when one tenant was asked for.
    pub sealed: Option<(i64, Hash)>,
    /// The first seal that is wrong.
    pub broken_seal: Option<i64>,
}

impl Report {
    pub fn is_whole(&self) -> bool {
        self.broken.is_empty() && self.broken_seal.is_none()
    }
}

/// Reads every tenant's chain, or one's, and with all of them the seals. `pool` is the worker's: it may ask which
/// tenants there are, and reads each behind its wall. `None` when the tenant asked for is not there.
pub async fn read_all(pool: &PgPool, slug: Option<&str>) -> Result<Option<Report>, Fault> {
    let mut report = Report::default();
    let chains = store::chains(&mut *pool.acquire().await?, slug).await?;
    if slug.is_some() && chains.is_empty() {
        return Ok(None);
    }
    for row in chains {
        let mut tx = pool.begin().await?;
        store::bind(&mut tx, row.tenant_id).await?;
        report.chains += 1;
        match read_chain(&mut tx, row.tenant_id).await? {
            Ok(lines) => report.lines += lines,
            Err(found) => {
                report.lines += found.seq - 1;
                report.broken.push(BrokenChain { slug: row.slug, tenant: TenantId(row.tenant_id), found });
            }
        }
        tx.rollback().await?;
    }
    if slug.is_none() {
        let (sealed, broken) = read_seals(&mut *pool.acquire().await?).await?;
        (report.sealed, report.broken_seal) = (Some(sealed), broken);
    }
    Ok(Some(report))
}

/// The last seal that is right, and the first that is wrong.
async fn read_seals(db: &mut PgConnection) -> Result<((i64, Hash), Option<i64>), Fault> {
    let mut seals = Seals::default();
    loop {
        let page = store::seals_after(db, seals.last().0, SEALS).await?;
        if page.is_empty() {
            return Ok((seals.last(), None));
        }
        for seal in &page {
            if let Err(broken) = seals.read(seal) {
                return Ok((seals.last(), Some(broken)));
            }
        }
    }
}
