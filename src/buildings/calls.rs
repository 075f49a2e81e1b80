//! The browser's door to the building: opening one, and the committee's pages.

use kit::AppError;
use leptos::prelude::*;

use super::model::hazards::HazardPage;
use super::model::{DashboardPage, PosterPage, ResidentsPage};

/// Opens a building with flats by range or by the committee's own list, and signs its founder in as the chair.
/// Numbers come as they were typed; `flats_csv` is the list and wins over the range; `flats_file` is the name of a
/// file that was chosen but not sent along.
#[server(prefix = "/call", endpoint = "buildings/open")]
pub async fn open_building(
    street: String,
    city: String,
    name: String,
    phone: String,
    #[server(default)] own_flat: String,
    #[server(default)] first_flat: String,
    #[server(default)] last_flat: String,
    #[server(default)] flats_per_floor: String,
    #[server(default)] flats_csv: String,
    #[server(default)] flats_file: String,
    #[server(default)] invite_code: String,
    #[server(default)] needs_approval: bool,
    consent_version: String,
) -> Result<(), AppError> {
    use crate::platform::door;
    let opening =
        super::server::Opening { street, city, name, phone, own_flat, first_flat, last_flat, flats_per_floor, flats_csv, flats_file, invite_code, needs_approval, consent_version };
    let cx = door::global().await?;
    let (mut cx, founding) = super::server::found(cx, opening, door::claims()).await?;
    let outcome = super::server::fill(&mut cx, founding).await;
    let opened = cx.finish(outcome).await?;
    match opened.grant {
        Some(grant) => door::hand_over(&grant),
        None => {
            door::redirect(&opened.next);
            Ok(())
        }
    }
}

/// The committee's first screen.
#[server(prefix = "/call", endpoint = "buildings/dashboard")]
pub async fn read_dashboard(building: String) -> Result<DashboardPage, AppError> {
    let public_url = expect_context::<crate::platform::AppState>().config.public_url.clone();
    let mut cx = crate::platform::door::open(&building).await?;
    let outcome = super::server::dashboard(&mut cx, &public_url).await;
    cx.finish(outcome).await
}

/// Who joined.
#[server(prefix = "/call", endpoint = "buildings/residents")]
pub async fn read_residents(building: String) -> Result<ResidentsPage, AppError> {
    let public_url = expect_context::<crate::platform::AppState>().config.public_url.clone();
    let mut cx = crate::platform::door::open(&building).await?;
    let outcome = super::server::residents(&mut cx, &public_url).await;
    cx.finish(outcome).await
}

/// The sheet for the lobby.
#[server(prefix = "/call", endpoint = "buildings/poster")]
pub async fn read_poster(building: String) -> Result<PosterPage, AppError> {
    let public_url = expect_context::<crate::platform::AppState>().config.public_url.clone();
    let mut cx = crate::platform::door::open(&building).await?;
    let outcome = super::server::poster(&mut cx, &public_url).await;
    cx.finish(outcome).await
}

/// The committee confirms that a resident belongs to his flat.
#[server(prefix = "/call", endpoint = "buildings/confirm")]
pub async fn confirm_resident(building: String, membership: String) -> Result<(), AppError> {
    let mut cx = crate::platform::door::open(&building).await?;
    let outcome = super::server::confirm(&mut cx, &membership).await;
    let next = cx.finish(outcome).await?;
    crate::platform::door::redirect(&next);
    Ok(())
}

/// The committee removes an impostor: he is out at once, on every device.
#[server(prefix = "/call", endpoint = "buildings/remove_resident")]
pub async fn remove_resident(building: String, membership: String, reason: String) -> Result<(), AppError> {
    let mut cx = crate::platform::door::open(&building).await?;
    let outcome = super::server::remove(&mut cx, &membership, &reason).await;
    let next = cx.finish(outcome).await?;
    crate::platform::door::redirect(&next);
    Ok(())
}

/// A confirmed neighbour of another flat says that he knows a member, or takes that back.
#[server(prefix = "/call", endpoint = "buildings/vouch")]
pub async fn vouch(building: String, membership: String, yes: bool) -> Result<(), AppError> {
    let mut cx = crate::platform::door::open(&building).await?;
    let outcome = super::server::vouch(&mut cx, &membership, yes).await;
    cx.finish(outcome).await
}

/// The committee says in which flat a member lives.
#[server(prefix = "/call", endpoint = "buildings/settle")]
pub async fn settle(building: String, membership: String, flat: String) -> Result<(), AppError> {
    let mut cx = crate::platform::door::open(&building).await?;
    let outcome = super::server::settle(&mut cx, &membership, &flat).await;
    let next = cx.finish(outcome).await?;
    crate::platform::door::redirect(&next);
    Ok(())
}

/// The chair gives a member an office or takes it: resident, committee or treasurer.
#[server(prefix = "/call", endpoint = "buildings/set_role")]
pub async fn set_role(building: String, membership: String, role: String) -> Result<(), AppError> {
    let mut cx = crate::platform::door::open(&building).await?;
    let outcome = super::server::set_role(&mut cx, &membership, &role).await;
    let next = cx.finish(outcome).await?;
    crate::platform::door::redirect(&next);
    Ok(())
}

/// The chair hands his office to another member and stays in the committee.
#[server(prefix = "/call", endpoint = "buildings/hand_over_chair")]
pub async fn hand_over_chair(building: String, membership: String) -> Result<(), AppError> {
    let mut cx = crate::platform::door::open(&building).await?;
    let outcome = super::server::hand_over(&mut cx, &membership).await;
    let next = cx.finish(outcome).await?;
    crate::platform::door::redirect(&next);
    Ok(())
}

/// The committee's page of dangers in the building.
#[server(name = ReadHazards, prefix = "/call", endpoint = "buildings/hazards")]
pub async fn read_hazards(building: String) -> Result<HazardPage, AppError> {
    let mut cx = crate::platform::door::open(&building).await?;
    let outcome = super::server::hazards(&mut cx).await;
    cx.finish(outcome).await
}

/// The committee says that there is a danger: it stands on every screen of the building until it is cleared.
#[server(prefix = "/call", endpoint = "buildings/raise_hazard")]
pub async fn raise_hazard(building: String, kind: String, severity: String, #[server(default)] body: String, #[server(default)] shared: bool) -> Result<(), AppError> {
    let mut cx = crate::platform::door::open(&building).await?;
    let outcome = super::server::raise_hazard(&mut cx, super::server::TypedHazard { kind: &kind, severity: &severity, body: &body, shared }).await;
    let next = cx.finish(outcome).await?;
    crate::platform::door::redirect(&next);
    Ok(())
}

/// The committee says that a danger is over.
#[server(prefix = "/call", endpoint = "buildings/clear_hazard")]
pub async fn clear_hazard(building: String, hazard: String) -> Result<(), AppError> {
    let mut cx = crate::platform::door::open(&building).await?;
    let outcome = super::server::clear_hazard(&mut cx, &hazard).await;
    let next = cx.finish(outcome).await?;
    crate::platform::door::redirect(&next);
    Ok(())
}
