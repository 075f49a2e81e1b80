//! The slowest requests of the process that answers.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::store;
use crate::operator::model::slow::{SlowPage, SlowRow};
use crate::platform::session::Claims;
use crate::platform::slow::{SLOW_FROM, SlowRequests};
use crate::platform::{Fault, GlobalCx, told};

/// Operators' clocks.
const ZONE: &str = "Asia/Jerusalem";

/// The list as it stands now.
pub async fn slow(cx: &mut GlobalCx, claims: Option<Claims>, requests: &SlowRequests) -> Result<SlowPage, Fault> {
    cx.require_operator(claims).await?;
    let (now, lang, zone) = (cx.now, cx.lang, told::zone_named(ZONE));
    let slowest = requests.told(now);
    let mut tenants: Vec<Uuid> = slowest.iter().filter_map(|one| one.tenant).collect();
    tenants.sort_unstable();
    tenants.dedup();
    let names: BTreeMap<Uuid, String> = store::tenant_names(cx.db(), &tenants).await?.into_iter().collect();
    let rows = slowest.into_iter().map(|one| SlowRow {
        method: one.method.to_owned(),
        route: one.route,
        status: one.status,
        took_ms: one.took_ms,
        when_label: told::when_label(now, one.at, &zone, lang),
        trace: one.trace,
        building: one.tenant.and_then(|tenant| names.get(&tenant).cloned()),
        tenant: one.tenant.map(|tenant| tenant.to_string()),
    });
    Ok(SlowPage { process: requests.process().to_owned(), from_ms: u64::try_from(SLOW_FROM.as_millis()).unwrap_or(u64::MAX), requests: rows.collect() })
}
