//! The browser's door to management companies.

use kit::AppError;
use leptos::prelude::*;

use super::model::{BuildingCompany, Company, CompanyOpening};

/// The form that opens a company, for whoever is signed in.
#[server(name = ReadOpenCompany, prefix = "/call", endpoint = "companies/opening")]
pub async fn read_opening() -> Result<CompanyOpening, AppError> {
    let mut cx = crate::platform::door::global().await?;
    let outcome = super::server::opening(&mut cx, crate::platform::door::claims()).await;
    cx.finish(outcome).await
}

/// Opens a company, whose first owner is the caller.
#[server(prefix = "/call", endpoint = "companies/open")]
pub async fn open_company(company_name: String, name: String) -> Result<(), AppError> {
    let mut cx = crate::platform::door::global().await?;
    let outcome = super::server::open(&mut cx, crate::platform::door::claims(), &company_name, &name).await;
    let next = cx.finish(outcome).await?;
    crate::platform::door::redirect(&next);
    Ok(())
}

/// A company, for whoever works in it.
#[server(name = ReadCompany, prefix = "/call", endpoint = "companies/page")]
pub async fn read_company(company: String) -> Result<Company, AppError> {
    let mut cx = crate::platform::door::global().await?;
    let outcome = super::server::company(&mut cx, crate::platform::door::claims(), &company).await;
    cx.finish(outcome).await
}

/// An owner takes somebody on.
#[server(prefix = "/call", endpoint = "companies/add_staff")]
pub async fn add_staff(company: String, name: String, phone: String, #[server(default)] post: String) -> Result<(), AppError> {
    let mut cx = crate::platform::door::global().await?;
    let outcome = super::server::add_staff(&mut cx, crate::platform::door::claims(), &company, &name, &phone, &post).await;
    let next = cx.finish(outcome).await?;
    crate::platform::door::redirect(&next);
    Ok(())
}

/// An owner ends somebody's time in the company: he is out of its buildings at once.
#[server(prefix = "/call", endpoint = "companies/end_staff")]
pub async fn end_staff(company: String, staff: String) -> Result<(), AppError> {
    let mut cx = crate::platform::door::global().await?;
    let outcome = super::server::end_staff(&mut cx, crate::platform::door::claims(), &company, &staff).await;
    let next = cx.finish(outcome).await?;
    crate::platform::door::redirect(&next);
    Ok(())
}

/// Who manages the building, for its chair.
#[server(name = ReadBuildingCompany, prefix = "/call", endpoint = "companies/of_building")]
pub async fn read_building_company(building: String) -> Result<BuildingCompany, AppError> {
    let mut cx = crate::platform::door::open(&building).await?;
    let outcome = super::server::of_building(&mut cx).await;
    cx.finish(outcome).await
}

/// The chair gives the building to a company.
#[server(prefix = "/call", endpoint = "companies/grant")]
pub async fn grant_building(building: String, code: String) -> Result<(), AppError> {
    let mut cx = crate::platform::door::open(&building).await?;
    let outcome = super::server::grant(&mut cx, &code).await;
    let next = cx.finish(outcome).await?;
    crate::platform::door::redirect(&next);
    Ok(())
}

/// The chair takes the building back: the company is out at once.
#[server(prefix = "/call", endpoint = "companies/withdraw")]
pub async fn withdraw_building(building: String) -> Result<(), AppError> {
    let mut cx = crate::platform::door::open(&building).await?;
    let outcome = super::server::withdraw(&mut cx).await;
    let next = cx.finish(outcome).await?;
    crate::platform::door::redirect(&next);
    Ok(())
}
