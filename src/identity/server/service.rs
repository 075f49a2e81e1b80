use jiff::SignedDuration;
use kit::{AppError, Code, PersonId, Phone, SessionId};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::error::IdentityRefusal;
use super::store;
use crate::identity::model::{CodePage, CompanyPlace, Home, Place};
use crate::platform::door::{Grant, REFRESH_DAYS, safe_path};
use crate::platform::session::{self, Claims};
use crate::platform::{Fault, GlobalCx, Ids, Job, phones};

/// A code is good for ten minutes and five tries; a phone gets five an hour.
const CODE_LIFE: SignedDuration = SignedDuration::from_mins(10);
const CODE_TRIES: i32 = 5;
const CODES_AN_HOUR: i64 = 5;

/// Where to go after a code was asked for.
pub struct CodeSent {
    pub phone: String,
    pub path: String,
}

/// The six digits of a code: made from its id with a key the database never holds, so that neither a row nor a job carries
/// them. It is the fingerprints' key, which is the same in all processes at all times: whoever asks, sends and compares may
/// be three of them, of which one has newer keys for sessions than another.
pub(super) fn digits(vault: &vault::Vault, code: Uuid) -> String {
    let mac = vault.blind("one-time-code", &code.to_string());
    let number = u64::from_be_bytes(mac[..8].try_into().expect("a MAC has at least eight bytes")) % 1_000_000;
    format!("{number:06}")
}

/// What is kept of a code's answer. Made with the same key: a bare hash of so few digits would be guessed back to the
/// phone.
fn answer_hash(vault: &vault::Vault, phone: &Phone, digits: &str) -> Vec<u8> {
    vault.blind("one-time-answer", &format!("{}:{digits}", phone.e164())).to_vec()
}

/// Sends a code. Known and unknown phones get the same answer: nothing tells who lives where.
pub async fn send_code(cx: &mut GlobalCx, typed: &str, next: &str) -> Result<CodeSent, Fault> {
    let phone = Phone::parse(typed).map_err(|error| Fault::refused(IdentityRefusal::Phone(error), cx.lang))?;
    let now = cx.now;
    let hour_ago = now.checked_sub(SignedDuration::from_hours(1)).map_err(anyhow::Error::from)?;
    let blind = cx.blind_phone(&phone);
    if store::codes_since(cx.db(), &blind, hour_ago).await? >= CODES_AN_HOUR {
        return Err(Fault::refused(IdentityRefusal::TooManyCodes, cx.lang));
    }
    let known = store::person_by_phone(cx.db(), &blind).await?.is_some();
    let code: Uuid = cx.ids.new_id();
    let expires = now.checked_add(CODE_LIFE).map_err(anyhow::Error::from)?;
    let hash = answer_hash(&cx.vault, &phone, &digits(&cx.vault, code));
    let kept = cx.keep_phone("login_codes", code, &phone)?;
    store::begin_code(cx.db(), code, &kept, &hash, now, expires).await?;
    if known {
        cx.enqueue(Job::new("identity.send_code", json!({ "code": code })).watched()).await?;
    }
    let next = safe_path(next);
    let path = if next == "/" { "/signin/code".to_owned() } else { format!("/signin/code?next={}", form_urlencoded::byte_serialize(next.as_bytes()).collect::<String>()) };
    Ok(CodeSent { phone: phone.e164().to_owned(), path })
}

/// What the code page says.
pub fn code_page(phone: Option<String>) -> Result<CodePage, AppError> {
    let masked = phone.as_deref().and_then(|text| Phone::parse(text).ok()).map(|phone| phone.masked());
    Ok(CodePage { masked_phone: masked, sandbox_inbox: None })
}

/// Answers the code and begins a session. The phone is proved by it, which buildings with a list of phones hear of.
pub async fn answer_code(cx: &mut GlobalCx, phone: Option<&str>, code: &str, next: &str) -> Result<Grant, Fault> {
    let lang = cx.lang;
    let refuse = |reason| Err(Fault::refused(reason, lang));
    let Some(phone) = phone.and_then(|text| Phone::parse(text).ok()) else { return refuse(IdentityRefusal::NoCode) };
    let digits: String = code.chars().filter(char::is_ascii_digit).take(12).collect();
    let now = cx.now;
    // The count of tries must stand even when the answer is wrong, so it is written before this verb can fail.
    let (blind, hash) = (cx.blind_phone(&phone), answer_hash(&cx.vault, &phone, &digits));
    let outcome = store::answer_code(cx.db(), &blind, &hash, now, CODE_TRIES).await?;
    match outcome.as_str() {
        "ok" => {}
        "wrong" => return Err(cx.keep_and_refuse(IdentityRefusal::WrongCode).await?),
        "spent" => return refuse(IdentityRefusal::SpentCode),
        _ => return refuse(IdentityRefusal::NoCode),
    }
    let Some(person) = store::person_by_phone(cx.db(), &blind).await? else { return refuse(IdentityRefusal::WrongCode) };
    for place in store::places(cx.db(), person).await? {
        cx.enqueue(Job::new("identity.phone_proved", json!({ "tenant": place.tenant, "person": person }))).await?;
    }
    let (ids, agent) = (cx.ids, cx.agent.clone());
    let next = if safe_path(next) == "/" { "/home" } else { safe_path(next) };
    begin_session(cx.db(), ids, person, &agent, now, next).await
}

/// A new session of a person on this device, known by what its browser calls itself; the caller puts it into cookies
/// once committed.
pub async fn begin_session(db: &mut PgConnection, ids: Ids, person: PersonId, agent: &str, now: jiff::Timestamp, next: &str) -> Result<Grant, Fault> {
    let session: SessionId = ids.new_id();
    let refresh = ids.secret::<32>();
    let expires = now.checked_add(SignedDuration::from_hours(24 * REFRESH_DAYS)).map_err(anyhow::Error::from)?;
    store::begin_session(db, session, person, &session::hash(&refresh), &super::devices::word(agent), now, expires).await?;
    Ok(Grant { session, person, refresh: hex::encode(refresh), next: next.to_owned() })
}

/// The person of a phone, made when there is none; true when he was known before.
pub async fn ensure_person(db: &mut PgConnection, vault: &vault::Vault, ids: Ids, phone: &Phone, name: &str, now: jiff::Timestamp) -> Result<(PersonId, bool), Fault> {
    let fresh: PersonId = ids.new_id();
    let kept = phones::keep(vault, phones::PLATFORM, "people", &fresh.to_string(), phone)?;
    Ok(store::ensure_person(db, fresh, &kept, name, now).await?)
}

/// Ends this device's session, or every device's.
pub async fn sign_out(cx: &mut GlobalCx, claims: Option<Claims>, everywhere: bool) -> Result<(), Fault> {
    let Some(claims) = claims else { return Ok(()) };
    let now = cx.now;
    if everywhere && let Some(person) = store::alive(cx.db(), claims.sid, now).await? {
        store::end_all(cx.db(), person.0, "everywhere", now).await?;
    }
    store::end_session(cx.db(), claims.sid, "sign_out", now).await?;
    Ok(())
}

/// Ends every session of a person; asked by rooms that put somebody out.
pub async fn sign_out_person(db: &mut PgConnection, person: PersonId, now: jiff::Timestamp) -> Result<(), Fault> {
    store::end_all(db, person.0, "removed", now).await?;
    Ok(())
}

/// The person of a living session.
pub async fn signed_in(cx: &mut GlobalCx, claims: Option<Claims>) -> Result<PersonId, Fault> {
    let claims = claims.ok_or(Fault::SignedOut)?;
    let now = cx.now;
    store::alive(cx.db(), claims.sid, now).await?.ok_or(Fault::SignedOut)
}

/// What a person is called where no place of his says it.
pub async fn name_of(db: &mut PgConnection, person: PersonId) -> Result<String, Fault> {
    Ok(store::name_of(db, person).await?.unwrap_or_default())
}

/// The places a person belongs to.
pub async fn home(cx: &mut GlobalCx, claims: Option<Claims>) -> Result<Home, Fault> {
    let now = cx.now;
    let person = match claims {
        Some(claims) => store::alive(cx.db(), claims.sid, now).await?,
        None => None,
    };
    let Some(person) = person else { return Err(Fault::SignedOut) };
    let places = places_of(cx, person).await?;
    let company = |row: store::CompanyRow| CompanyPlace { code: row.code, name: row.name };
    let companies = store::companies(cx.db(), person).await?.into_iter().map(company).collect();
    let partners = store::partners(cx.db(), person).await?.into_iter().map(company).collect();
    // By fingerprint: to be known as an operator no number is opened.
    let operators: Vec<Vec<u8>> = cx.operators.iter().filter_map(|known| Phone::parse(known).ok()).map(|known| cx.blind_phone(&known)).collect();
    let is_operator = !operators.is_empty() && store::has_one_of(cx.db(), person, &operators).await?;
    Ok(Home { places, companies, partners, is_operator })
}

/// The places of whoever has this phone.
pub async fn places_of_phone(cx: &mut GlobalCx, typed: &str) -> Result<Vec<Place>, Fault> {
    let Ok(phone) = Phone::parse(typed) else { return Ok(Vec::new()) };
    let blind = cx.blind_phone(&phone);
    let Some(person) = store::person_by_phone(cx.db(), &blind).await? else { return Ok(Vec::new()) };
    places_of(cx, person).await
}

async fn places_of(cx: &mut GlobalCx, person: PersonId) -> Result<Vec<Place>, Fault> {
    let rows = store::places(cx.db(), person).await?;
    Ok(rows.into_iter().filter_map(|row| Some(Place { slug: row.slug, name: row.name, role: kit::Role::from_word(&row.role)? })).collect())
}

impl GlobalCx {
    /// Commits what this context wrote so far, then refuses: for counts that must survive the refusal.
    pub async fn keep_and_refuse(&mut self, reason: IdentityRefusal) -> Result<Fault, Fault> {
        self.keep().await?;
        Ok(Fault::refused(reason, self.lang))
    }

    /// Who may open the operator's pages: the signed-in person, when his phone is on the list.
    pub async fn require_operator(&mut self, claims: Option<Claims>) -> Result<(), Fault> {
        let home = home(self, claims).await?;
        if home.is_operator { Ok(()) } else { Err(Fault::Refused(AppError::new(Code::NotFound, "לא מצאנו את מה שחיפשת."))) }
    }
}
