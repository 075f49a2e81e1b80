//! The building as anybody with its link sees it: one window a flat.

use anyhow::Context;
use kit::{Currency, Money, Right};

use super::store::{self, BuildingRow, WindowRow};
use crate::buildings::model::{BuildingBrief, Facade, Window, WindowState};
use crate::platform::{Caller, Cx, Fault};

/// The address, the rules a newcomer must know and the façade, as the caller may see it.
pub async fn brief(cx: &mut Cx) -> Result<BuildingBrief, Fault> {
    cx.require(Right::Join)?;
    let row = store::building(cx.db()).await?;
    let windows = store::windows(cx.db()).await?;
    let price = price(&row)?;
    let flats = u32::try_from(windows.len()).unwrap_or(u32::MAX);
    let joined = windows.iter().filter(|window| window.members > 0).count();
    Ok(BuildingBrief {
        slug: cx.tenant.slug.clone(),
        street: row.street,
        city: row.city,
        flats,
        joined: u32::try_from(joined).unwrap_or(u32::MAX),
        price,
        needs_code: row.invite_code.is_some(),
        needs_approval: row.needs_approval,
        facade: facade(windows, &cx.caller),
    })
}

pub(super) fn price(row: &BuildingRow) -> Result<Money, Fault> {
    let currency = Currency::from_code(&row.price_currency).context("the building's price has an unknown currency")?;
    Ok(Money { amount_minor: row.price_minor, currency })
}

/// Rows come top floor first.
fn facade(rows: Vec<WindowRow>, reader: &Caller) -> Facade {
    let mut floors: Vec<(i32, Vec<Window>)> = Vec::new();
    for row in rows {
        let window = Window { state: state(&row, reader), number: row.number };
        match floors.last_mut() {
            Some((floor, windows)) if *floor == row.floor => windows.push(window),
            _ => floors.push((row.floor, vec![window])),
        }
    }
    Facade { floors: floors.into_iter().map(|(_, windows)| windows).collect() }
}

/// Visitors learn that somebody lives there and no more; members also see who still waits for a yes.
fn state(row: &WindowRow, reader: &Caller) -> WindowState {
    match (row.members, reader.membership) {
        (_, Some(_)) if reader.flat.is_some_and(|flat| flat.0 == row.flat_id) => WindowState::You,
        (0, _) => WindowState::Off,
        (_, None) => WindowState::Dim,
        _ if row.verified == 0 => WindowState::Half,
        _ => WindowState::Lit,
    }
}

#[cfg(test)]
mod tests {
    use kit::{FlatId, MembershipId};
    use uuid::Uuid;

    use super::*;

    fn row(flat: u128, floor: i32, members: i64, verified: i64) -> WindowRow {
        WindowRow { flat_id: Uuid::from_u128(flat), number: flat.to_string(), floor, members, verified }
    }

    #[test]
    fn a_visitor_sees_dim_windows_and_a_member_his_own() {
        let rows = || vec![row(3, 2, 1, 1), row(4, 2, 0, 0), row(1, 1, 1, 0), row(2, 1, 2, 1)];
        let states = |reader: &Caller| -> Vec<Vec<WindowState>> { facade(rows(), reader).floors.iter().map(|floor| floor.iter().map(|window| window.state).collect()).collect() };
        let visitor = Caller::system();
        assert_eq!(states(&visitor), [[WindowState::Dim, WindowState::Off], [WindowState::Dim, WindowState::Dim]]);
        let member = Caller { membership: Some(MembershipId(Uuid::nil())), flat: Some(FlatId(Uuid::from_u128(3))), ..Caller::system() };
        assert_eq!(states(&member), [[WindowState::You, WindowState::Off], [WindowState::Half, WindowState::Lit]]);
    }
}
