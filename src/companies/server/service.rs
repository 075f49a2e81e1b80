//! A company and its staff. Whoever does not work in a company is told that there is none.

use kit::{PersonId, PersonName, Phone, TextError, clean_line};
use uuid::Uuid;

use super::error::CompanyRefusal;
use super::store::{self, SeenCompany};
use crate::companies::model::{CODE_LENGTH, Company, CompanyOpening, ManagedBuilding, NAME_LIMIT, Post, StaffRow, clean_code};
use crate::identity::server as identity;
use crate::platform::session::Claims;
use crate::platform::{Fault, GlobalCx};

/// Companies of one person.
const MOST_COMPANIES: usize = 10;
/// People on one company's staff.
const MOST_STAFF: usize = 200;
/// Crockford's base 32: no letter is taken for a digit.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

pub async fn opening(cx: &mut GlobalCx, claims: Option<Claims>) -> Result<CompanyOpening, Fault> {
    let person = identity::signed_in(cx, claims).await?;
    Ok(CompanyOpening { name: identity::name_of(cx.db(), person).await? })
}

/// Opens a company; the path of its page.
pub async fn open(cx: &mut GlobalCx, claims: Option<Claims>, company_name: &str, name: &str) -> Result<String, Fault> {
    let person = identity::signed_in(cx, claims).await?;
    let (lang, now) = (cx.lang, cx.now);
    let refuse = |why| Fault::refused(why, lang);
    let company_name = named(company_name).map_err(|error| refuse(CompanyRefusal::CompanyName(error)))?;
    let name = PersonName::parse(name).map_err(|error| refuse(CompanyRefusal::PersonName(error)))?;
    if store::companies_of(cx.db(), person).await? >= MOST_COMPANIES {
        return Err(refuse(CompanyRefusal::TooManyCompanies));
    }
    let code = code(cx.ids.secret());
    let (company, staff): (Uuid, Uuid) = (cx.ids.new_id(), cx.ids.new_id());
    store::open(cx.db(), &store::NewCompany { company, code: &code, name: &company_name, staff, person, person_name: name.as_str() }, now).await?;
    Ok(page_of(&code))
}

/// The company's page, for its staff.
pub async fn company(cx: &mut GlobalCx, claims: Option<Claims>, typed: &str) -> Result<Company, Fault> {
    let (person, code, seen) = seen(cx, claims, typed).await?;
    let owns = seen.post == Post::Owner;
    let mut staff = Vec::new();
    for row in store::staff(cx.db(), seen.company).await? {
        let Some(post) = Post::from_word(&row.role) else { continue };
        let phone = if owns { cx.shown_phone("people", row.person_id, row.sealed_phone.as_deref()) } else { String::new() };
        staff.push(StaffRow { staff: row.staff_id.to_string(), name: row.name, phone, post, is_me: row.person_id == person.0 });
    }
    let buildings = store::buildings(cx.db(), seen.company).await?.into_iter().map(|row| ManagedBuilding { slug: row.slug, name: row.name }).collect();
    Ok(Company { code, name: seen.name, owns, staff, buildings })
}

/// Takes somebody on by phone. Who has that phone, and whether anybody here knows it, is told to nobody.
pub async fn add_staff(cx: &mut GlobalCx, claims: Option<Claims>, company: &str, name: &str, phone: &str, post: &str) -> Result<String, Fault> {
    let (by, code, seen) = owned(cx, claims, company).await?;
    let (lang, now) = (cx.lang, cx.now);
    let refuse = |why| Fault::refused(why, lang);
    let name = PersonName::parse(name).map_err(|error| refuse(CompanyRefusal::PersonName(error)))?;
    let phone = Phone::parse(phone).map_err(|error| refuse(CompanyRefusal::Phone(error)))?;
    let post = Post::from_word(post).unwrap_or(Post::Staff);
    if store::staff(cx.db(), seen.company).await?.len() >= MOST_STAFF {
        return Err(refuse(CompanyRefusal::TooManyStaff));
    }
    let (ids, vault) = (cx.ids, cx.vault.clone());
    let (person, _) = identity::ensure_person(cx.db(), &vault, ids, &phone, name.as_str(), now).await?;
    let new = store::NewStaff { company: seen.company, staff: ids.new_id(), person, post, name: name.as_str(), by };
    if !store::add_staff(cx.db(), &new, now).await? {
        return Err(refuse(CompanyRefusal::AlreadyStaff));
    }
    Ok(page_of(&code))
}

/// Ends somebody's time in the company; ending what is over changes nothing.
pub async fn end_staff(cx: &mut GlobalCx, claims: Option<Claims>, company: &str, staff: &str) -> Result<String, Fault> {
    let (by, code, seen) = owned(cx, claims, company).await?;
    let staff: Uuid = staff.parse().map_err(|_| Fault::NotFound)?;
    let (lang, now) = (cx.lang, cx.now);
    match store::end_staff(cx.db(), seen.company, staff, by, now).await?.as_str() {
        "last_owner" => Err(Fault::refused(CompanyRefusal::LastOwner, lang)),
        _ => Ok(page_of(&code)),
    }
}

async fn seen(cx: &mut GlobalCx, claims: Option<Claims>, typed: &str) -> Result<(PersonId, String, SeenCompany), Fault> {
    let person = identity::signed_in(cx, claims).await?;
    let code = clean_code(typed).ok_or(Fault::NotFound)?;
    let seen = store::seen_by(cx.db(), &code, person).await?.ok_or(Fault::NotFound)?;
    Ok((person, code, seen))
}

async fn owned(cx: &mut GlobalCx, claims: Option<Claims>, typed: &str) -> Result<(PersonId, String, SeenCompany), Fault> {
    let found = seen(cx, claims, typed).await?;
    if found.2.post == Post::Owner { Ok(found) } else { Err(Fault::NotFound) }
}

fn named(typed: &str) -> Result<String, TextError> {
    let name = clean_line(typed, NAME_LIMIT)?;
    if name.chars().count() < 2 { Err(TextError::Empty) } else { Ok(name) }
}

/// Forty random bits as eight letters and digits.
fn code(random: [u8; CODE_LENGTH]) -> String {
    random.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect()
}

fn page_of(code: &str) -> String {
    format!("/companies/{code}")
}
