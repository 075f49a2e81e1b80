use std::time::Duration;

use jiff::SignedDuration;

use super::store::{self, TimesRow};
use crate::buildings::model::{FUNNEL_DAYS, JoinFunnel};
use crate::operator::model::{BuildingTimes, JoinTimesPage};
use crate::platform::cache::Shelf;
use crate::platform::session::Claims;
use crate::platform::{Fault, GlobalCx};

/// Percentiles over a month of all buildings: the most that one page has the database add up, and half a minute changes
/// nothing that anybody decides by.
const JOIN_TIMES: Shelf = Shelf { name: "operator.join_times", keep: Duration::from_secs(30) };

/// Join times of the last thirty days, for operators.
pub async fn join_times(cx: &mut GlobalCx, claims: Option<Claims>) -> Result<JoinTimesPage, Fault> {
    cx.require_operator(claims).await?;
    cx.cached(&JOIN_TIMES, "", |cx| Box::pin(measured(cx))).await
}

async fn measured(cx: &mut GlobalCx) -> Result<JoinTimesPage, Fault> {
    let since = cx.now.checked_sub(SignedDuration::from_hours(24 * FUNNEL_DAYS)).map_err(anyhow::Error::from)?;
    let mut page = JoinTimesPage { all: JoinFunnel::of([0; 5], [(None, None); 4], (None, None)), buildings: Vec::new() };
    for row in store::join_times(cx.db(), since).await? {
        let funnel = funnel(&row);
        match (row.slug, row.name) {
            (Some(slug), Some(name)) => page.buildings.push(BuildingTimes { slug, name, funnel }),
            _ => page.all = funnel,
        }
    }
    Ok(page)
}

fn funnel(row: &TimesRow) -> JoinFunnel {
    JoinFunnel::of(
        [row.started, row.sent, row.payment_opened, row.confirmed, row.first_feed],
        [(row.sent_p50, row.sent_p95), (row.payment_p50, row.payment_p95), (row.confirmed_p50, row.confirmed_p95), (row.feed_p50, row.feed_p95)],
        (row.whole_p50, row.whole_p95),
    )
}
