//! The browser's door to the building: opening one, and the committee's pages.

use kit::AppError;
use leptos::prelude::*;

use super::model::{DashboardPage, ResidentsPage};

/// Opens a building with flats by range or by the committee's own list, and signs its founder in as the chair.
#[server(prefix = "/call", endpoint = "buildings/open")]
pub async fn open_building(
    street: String,
    city: String,
    name: String,
    phone: String,
    #[server(default)] first_flat: String,
    #[server(default)] last_flat: String,
    #[server(default)] flats_per_floor: String,
    #[server(default)] flats_csv: String,
    #[server(default)] invite_code: String,
    consent_version: String,
) -> Result<(), AppError> {
    let mut cx = crate::platform::door::global().await?;
    let outcome = super::server::open_building(&mut cx, super::server::Opening { street, city, name, phone, first_flat, last_flat, flats_per_floor, flats_csv, invite_code, consent_version }).await;
    crate::platform::door::sign_in_and_go(cx, outcome).await
}

/// The committee's first screen.
#[server(name = LoadDashboardPage, prefix = "/call", endpoint = "buildings/dashboard")]
pub async fn dashboard_page(building: String) -> Result<DashboardPage, AppError> {
    let mut cx = crate::platform::door::open(&building).await?;
    let outcome = super::server::dashboard(&mut cx).await;
    cx.finish(outcome).await
}

/// Who joined.
#[server(name = LoadResidentsPage, prefix = "/call", endpoint = "buildings/residents")]
pub async fn residents_page(building: String) -> Result<ResidentsPage, AppError> {
    let mut cx = crate::platform::door::open(&building).await?;
    let outcome = super::server::residents(&mut cx).await;
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
