//! Tenants and companies: counts and moments, and nobody's name.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::store::{self, Listing};
use crate::operator::model::tenants::{BuildingRow, CompanyRow, Life, TenantsPage};
use crate::platform::session::Claims;
use crate::platform::{Fault, GlobalCx, told};

/// Rows on one page.
const PAGE: usize = 50;
/// The longest search, in characters.
const SEARCH: usize = 80;
/// Operators' clocks.
const ZONE: &str = "Asia/Jerusalem";

/// Buildings, or companies, whose name or address the search is a part of, from a cursor on; the latest first.
pub async fn tenants(cx: &mut GlobalCx, claims: Option<Claims>, search: &str, companies: bool, cursor: &str) -> Result<TenantsPage, Fault> {
    cx.require_operator(claims).await?;
    let (now, lang, zone) = (cx.now, cx.lang, told::zone_named(ZONE));
    let search: String = kit::shown_line(search).trim().chars().take(SEARCH).collect();
    let listing = Listing { search: Some(search.as_str()).filter(|search| !search.is_empty()), before: read_cursor(cursor), most: PAGE as i32 + 1 };
    let mut page = TenantsPage { companies, cursor: kit::shown_line(cursor).chars().take(64).collect(), ..TenantsPage::default() };
    let when = |at: Timestamp| told::when_label(now, at, &zone, lang);
    if companies {
        let mut rows = store::companies(cx.db(), &listing).await?;
        page.next = next(rows.len(), rows.get(PAGE - 1).map(|row| (row.created_at.to_jiff(), row.company_id)));
        rows.truncate(PAGE);
        page.firms = rows.into_iter().map(|row| CompanyRow { name: row.name, buildings: row.buildings, staff: row.staff, opened_label: when(row.created_at.to_jiff()) }).collect();
    } else {
        let mut rows = store::tenants(cx.db(), &listing).await?;
        page.next = next(rows.len(), rows.get(PAGE - 1).map(|row| (row.created_at.to_jiff(), row.tenant_id)));
        rows.truncate(PAGE);
        let shown: Vec<Uuid> = rows.iter().map(|row| row.tenant_id).collect();
        let jobs: BTreeMap<Uuid, i64> = store::jobs_waiting(cx.db(), &shown).await?.into_iter().collect();
        let told = rows.into_iter().map(|row| {
            let last = row.last_activity.map(|at| at.to_jiff());
            BuildingRow {
                life: Life::of(row.residents, last.map(|last| now.duration_since(last).as_secs())),
                slug: row.slug,
                name: row.name,
                company: row.company,
                flats: row.flats,
                residents: row.residents,
                opened_label: when(row.created_at.to_jiff()),
                last_label: last.map(when),
                jobs: jobs.get(&row.tenant_id).copied().unwrap_or_default(),
                deliveries: row.deliveries,
            }
        });
        page.buildings = told.collect();
    }
    page.search = search;
    Ok(page)
}

/// The cursor after the last row shown, when there were more.
fn next(found: usize, last: Option<(Timestamp, Uuid)>) -> Option<String> {
    last.filter(|_| found > PAGE).map(|(at, id)| format!("{}_{}", at.as_microsecond(), id.simple()))
}

fn read_cursor(text: &str) -> Option<(Timestamp, Uuid)> {
    let (at, id) = text.split_once('_')?;
    Some((Timestamp::from_microsecond(at.parse().ok()?).ok()?, Uuid::parse_str(id).ok()?))
}
