//! A building and the company it is given to. Only its chair decides that; an end holds from the next opening on.

use kit::Right;
use serde_json::json;
use uuid::Uuid;

use super::error::CompanyRefusal;
use super::store;
use crate::companies::model::{BuildingCompany, clean_code};
use crate::platform::told::{when_label, zone_named};
use crate::platform::{Cx, Fault};

/// The chair's page.
pub async fn of_building(cx: &mut Cx) -> Result<BuildingCompany, Fault> {
    cx.require(Right::ManageBuilding)?;
    let (now, zone, lang) = (cx.now, zone_named(&cx.tenant.zone), cx.lang);
    let (company, since_label) = match store::current(cx.db()).await? {
        Some(grant) => (Some(grant.company_name), when_label(now, grant.granted_at.to_jiff(), &zone, lang)),
        None => (None, String::new()),
    };
    Ok(BuildingCompany { slug: cx.tenant.slug.clone(), building: cx.tenant.name.clone(), company, since_label })
}

/// Gives the building to the company of this code; to the same one again changes nothing.
pub async fn grant(cx: &mut Cx, typed: &str) -> Result<String, Fault> {
    cx.require(Right::ManageBuilding)?;
    let (lang, tenant, now) = (cx.lang, cx.tenant.id, cx.now);
    let refuse = |why| Fault::refused(why, lang);
    let person = cx.caller.person.ok_or(Fault::SignedOut)?;
    let code = clean_code(typed).ok_or_else(|| refuse(CompanyRefusal::NoSuchCode))?;
    let company = store::by_code(cx.db(), &code).await?.ok_or_else(|| refuse(CompanyRefusal::NoSuchCode))?;
    if let Some(current) = store::current(cx.db()).await? {
        return if current.company_id == company.company_id { Ok(here(cx)) } else { Err(refuse(CompanyRefusal::Given)) };
    }
    let grant: Uuid = cx.ids.new_id();
    if !store::grant(cx.db(), tenant, grant, &company, person, now).await? {
        return Err(refuse(CompanyRefusal::Given));
    }
    cx.audit("company.granted", grant, json!({ "company": company.company_id, "name": company.name }));
    Ok(here(cx))
}

/// Takes the building back; doing it twice does it once.
pub async fn withdraw(cx: &mut Cx) -> Result<String, Fault> {
    cx.require(Right::ManageBuilding)?;
    let (person, now) = (cx.caller.person.ok_or(Fault::SignedOut)?, cx.now);
    if let Some(ended) = store::withdraw(cx.db(), person, now).await? {
        cx.audit("company.withdrawn", ended.grant_id, json!({ "company": ended.company_id, "name": ended.company_name }));
    }
    Ok(here(cx))
}

fn here(cx: &Cx) -> String {
    format!("/b/{}/committee/company", cx.tenant.slug)
}
