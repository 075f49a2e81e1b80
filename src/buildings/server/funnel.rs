//! How long joining takes, measured from its own moments.

use jiff::SignedDuration;
use kit::Right;

use super::store;
use crate::buildings::model::{FUNNEL_DAYS, JoinFunnel};
use crate::platform::{Cx, Fault};

/// This building's last thirty days.
pub async fn of_building(cx: &mut Cx) -> Result<JoinFunnel, Fault> {
    cx.require(Right::SeeDashboard)?;
    let since = cx.now.checked_sub(SignedDuration::from_hours(24 * FUNNEL_DAYS)).map_err(anyhow::Error::from)?;
    let row = store::funnel(cx.db(), since).await?;
    Ok(JoinFunnel::of(
        [row.started, row.sent, row.payment_opened, row.confirmed, row.first_feed],
        [(row.sent_p50, row.sent_p95), (row.payment_p50, row.payment_p95), (row.confirmed_p50, row.confirmed_p95), (row.feed_p50, row.feed_p95)],
        (row.whole_p50, row.whole_p95),
    ))
}
