//! Opening a building: what was typed becomes an address, flats and phones; the tenant is made; its founder is its chair.

use std::collections::BTreeMap;

use kit::{AppError, Code, FlatId, Lang, MembershipId, PersonId, PersonName, Phone, Right, TextError, clean_line, shown_line};
use serde_json::json;

use super::error::{BuildingRefusal, OpeningWords, list_sentence, opening_words};
use super::flats::{FlatList, FlatPlan, parse_flats};
use super::slug::slug;
use super::store;
use crate::buildings::model::{FLATS_LIMIT, FLOOR_DEFAULT, FLOOR_LIMIT, OPENING_CONSENT, flat_number};
use crate::identity::server::{begin_session, ensure_person, home, phone_sentence};
use crate::platform::door::Grant;
use crate::platform::phones::roster_row;
use crate::platform::session::Claims;
use crate::platform::{Activity, Audience, Cx, Fault, GlobalCx};

/// Times of a building are told in this zone until it says otherwise.
const ZONE: &str = "Asia/Jerusalem";

/// The form as it was sent.
#[derive(Clone, Debug, Default)]
pub struct Opening {
    pub street: String,
    pub city: String,
    pub name: String,
    pub phone: String,
    pub own_flat: String,
    pub first_flat: String,
    pub last_flat: String,
    pub flats_per_floor: String,
    /// The committee's list; wins over the range.
    pub flats_csv: String,
    /// The name of a file that was chosen and not read yet.
    pub flats_file: String,
    pub invite_code: String,
    pub needs_approval: bool,
    pub consent_version: String,
}

/// A form that passed, ready to be written into its tenant.
#[derive(Debug)]
pub struct Founding {
    street: String,
    city: String,
    invite_code: Option<String>,
    needs_approval: bool,
    flats: Vec<PlannedFlat>,
    own_flat: Option<String>,
    founder: PersonId,
    name: PersonName,
    phone: Phone,
    /// The founder has a session in this browser already.
    signed_in: bool,
}

/// One flat to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PlannedFlat {
    pub number: String,
    pub floor: i32,
    pub roster: Vec<(Phone, Option<String>)>,
}

/// What opening ends with.
pub struct Opened {
    /// `None` when the founder is signed in already.
    pub grant: Option<Grant>,
    /// The committee's dashboard.
    pub next: String,
}

/// Checks the form, finds or makes the founder, and makes the tenant; what follows happens inside it, in the same
/// transaction. A phone we know opens a building only from its own session: anybody can type a number.
pub async fn found(mut cx: GlobalCx, opening: Opening, claims: Option<Claims>) -> Result<(Cx, Founding), AppError> {
    let (lang, trace) = (cx.lang, cx.trace.clone());
    let told = |fault: Fault| fault.into_app(lang, &trace);
    let draft = check(&opening, lang)?;
    let signed_in = who(&mut cx, claims).await.map_err(told)?;
    let (ids, now, vault) = (cx.ids, cx.now, cx.vault.clone());
    let (founder, existed) = ensure_person(cx.db(), &vault, ids, &draft.phone, draft.name.as_str(), now).await.map_err(told)?;
    let signed_in = signed_in == Some(founder);
    if existed && !signed_in {
        return Err(Fault::refused(BuildingRefusal::KnownPhone, lang).into_app(lang, &trace));
    }
    let slug = slug(&draft.street, ids.secret::<4>());
    let founding = Founding { founder, signed_in, ..draft };
    let cx = cx.found_tenant("building", &slug, &founding.street, ZONE).await.map_err(told)?;
    Ok((cx, founding))
}

/// The person of this browser's live session.
async fn who(cx: &mut GlobalCx, claims: Option<Claims>) -> Result<Option<PersonId>, Fault> {
    let Some(claims) = claims else { return Ok(None) };
    let person = PersonId(claims.sub);
    match home(cx, Some(claims)).await {
        Ok(_) => Ok(Some(person)),
        Err(Fault::SignedOut) => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// Writes the building, its flats and its list, makes the founder its chair and signs him in.
pub async fn fill(cx: &mut Cx, founding: Founding) -> Result<Opened, Fault> {
    cx.require(Right::ManageBuilding)?;
    let (ids, now) = (cx.ids, cx.now);
    store::insert_building(cx.db(), &founding.street, &founding.city, founding.invite_code.as_deref(), founding.needs_approval, now).await?;
    let flat_ids: Vec<FlatId> = founding.flats.iter().map(|_| ids.new_id()).collect();
    store::insert_flats(cx.db(), &flat_ids, &founding.flats).await?;
    let list = listed(cx, &flat_ids, &founding.flats)?;
    store::insert_roster(cx.db(), &list).await?;
    let membership: MembershipId = ids.new_id();
    let phone = cx.keep_phone("memberships", membership, &founding.phone)?;
    let row = store::MemberInsert {
        membership,
        person: founding.founder,
        role: "chair",
        trust: "verified",
        flat: home_of(&founding).map(|index| flat_ids[index]),
        name: founding.name.as_str(),
        phone: &phone,
        verified_by: Some("founder"),
    };
    store::insert_member(cx.db(), row, now).await?;
    cx.caller.person = Some(founding.founder);
    cx.audit("building.opened", membership, json!({ "flats": founding.flats.len(), "consent": OPENING_CONSENT }));
    cx.record(Activity { kind: "building.opened", audience: Audience::Everyone, subject: Some(membership.0), payload: json!({ "flats": founding.flats.len() }) });
    let next = format!("/b/{}/committee", cx.tenant.slug);
    let grant = match founding.signed_in {
        true => None,
        false => {
            let agent = cx.agent.clone();
            Some(begin_session(cx.db(), ids, founding.founder, &agent, now, &next).await?)
        }
    };
    Ok(Opened { grant, next })
}

/// The committee's list as it is kept; `ids` go along with the flats.
fn listed(cx: &Cx, ids: &[FlatId], flats: &[PlannedFlat]) -> Result<Vec<store::ListedPhone>, Fault> {
    let mut list = Vec::new();
    for (flat, planned) in ids.iter().zip(flats) {
        for (phone, name) in &planned.roster {
            let row = roster_row(flat.0, &cx.blind_phone(phone));
            list.push(store::ListedPhone { flat: *flat, phone: cx.keep_phone("roster", row, phone)?, name: name.clone() });
        }
    }
    Ok(list)
}

/// The founder's own flat: the one he named, else the only one of the list with his phone.
fn home_of(founding: &Founding) -> Option<usize> {
    if let Some(own) = &founding.own_flat {
        return founding.flats.iter().position(|flat| flat.number == *own);
    }
    let mut mine = founding.flats.iter().enumerate().filter(|(_, flat)| flat.roster.iter().any(|(phone, _)| *phone == founding.phone));
    match (mine.next(), mine.next()) {
        (Some((index, _)), None) => Some(index),
        _ => None,
    }
}

/// The form checked: what is wrong comes back all at once.
fn check(opening: &Opening, lang: Lang) -> Result<Founding, AppError> {
    let words = opening_words(lang);
    let mut wrong: BTreeMap<&'static str, String> = BTreeMap::new();
    let street = clean_line(&opening.street, 120).map_err(|error| wrong.insert("street", sentence(error, words.street_empty, words.too_long))).ok();
    let city = clean_line(&opening.city, 80).map_err(|error| wrong.insert("city", sentence(error, words.city_empty, words.too_long))).ok();
    let name = PersonName::parse(&opening.name).map_err(|error| wrong.insert("name", sentence(error, words.name_empty, words.too_long))).ok();
    let phone = Phone::parse(&opening.phone).map_err(|error| wrong.insert("phone", phone_sentence(error, lang).to_owned())).ok();
    let invite_code = invite_code(&opening.invite_code).map_err(|()| wrong.insert("invite_code", words.bad_code.to_owned())).ok().flatten();
    if opening.consent_version != OPENING_CONSENT {
        wrong.insert("consent_version", words.consent_old.to_owned());
    }
    let flats = flats(opening, words, lang).map_err(|(field, told)| wrong.insert(field, told)).unwrap_or_default();
    let own_flat = flat_number(&opening.own_flat);
    let lives = own_flat.is_none() || flats.is_empty() || flats.iter().any(|flat| Some(&flat.number) == own_flat.as_ref());
    if !lives || (own_flat.is_none() && !opening.own_flat.trim().is_empty()) {
        wrong.insert("own_flat", words.own_flat.to_owned());
    }
    match (street, city, name, phone, wrong.is_empty()) {
        (Some(street), Some(city), Some(name), Some(phone), true) => {
            // Whose he is stands in the database, which is asked next.
            let founder = PersonId(uuid::Uuid::nil());
            Ok(Founding { street, city, invite_code, needs_approval: opening.needs_approval, flats, own_flat, founder, name, phone, signed_in: false })
        }
        _ => Err(wrong.into_iter().fold(AppError::new(Code::Invalid, words.look_again), |error, (field, told)| error.and(field, told))),
    }
}

fn sentence(error: TextError, empty: &str, long: fn(usize) -> String) -> String {
    match error {
        TextError::Empty => empty.to_owned(),
        TextError::TooLong { limit } => long(limit),
    }
}

/// Upper case, 4 to 12 letters and digits; nothing typed is no code.
fn invite_code(typed: &str) -> Result<Option<String>, ()> {
    let code: String = shown_line(typed).split_whitespace().collect::<String>().to_ascii_uppercase();
    match code.len() {
        0 => Ok(None),
        4..=12 if code.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()) => Ok(Some(code)),
        _ => Err(()),
    }
}

/// The flats to make: the list's when there is one, else the range's.
fn flats(opening: &Opening, words: &OpeningWords, lang: Lang) -> Result<Vec<PlannedFlat>, (&'static str, String)> {
    if !opening.flats_csv.trim().is_empty() {
        let list = parse_flats(opening.flats_csv.as_bytes(), "");
        if !list.problems.is_empty() {
            return Err(("flats_csv", list_sentence(&list.problems, lang)));
        }
        return Ok(plan(list, per_floor(&opening.flats_per_floor).unwrap_or(FLOOR_DEFAULT)));
    }
    if !opening.flats_file.trim().is_empty() {
        return Err(("flats_csv", words.file_unread.to_owned()));
    }
    let number = |typed: &str| flat_number(typed).and_then(|text| text.parse::<u32>().ok());
    let first = if opening.first_flat.trim().is_empty() { Some(1) } else { number(&opening.first_flat) };
    let (Some(first), Some(last)) = (first, number(&opening.last_flat)) else {
        return Err(("last_flat", words.range_empty.to_owned()));
    };
    if last < first {
        return Err(("last_flat", words.range_backwards.to_owned()));
    }
    if (last - first) as usize >= FLATS_LIMIT {
        return Err(("last_flat", words.too_many.to_owned()));
    }
    let per_floor = per_floor(&opening.flats_per_floor).ok_or(("flats_per_floor", words.per_floor.to_owned()))?;
    Ok(range(first, last, per_floor))
}

fn per_floor(typed: &str) -> Option<u32> {
    flat_number(typed)?.parse().ok().filter(|count| (1..=FLOOR_LIMIT).contains(count))
}

/// Flats by number, so many a floor, from floor 1 up.
pub(super) fn range(first: u32, last: u32, per_floor: u32) -> Vec<PlannedFlat> {
    let on_floor = |index: u32| i32::try_from(index / per_floor + 1).unwrap_or(i32::MAX);
    (first..=last)
        .enumerate()
        .map(|(index, number)| PlannedFlat { number: number.to_string(), floor: on_floor(u32::try_from(index).unwrap_or(u32::MAX)), roster: Vec::new() })
        .collect()
}

/// Flats of a list; where it says nothing about floors, so many a floor in the order of their numbers.
pub(super) fn plan(list: FlatList, per_floor: u32) -> Vec<PlannedFlat> {
    let on_floor = |index: usize| i32::try_from(index / per_floor as usize + 1).unwrap_or(i32::MAX);
    let planned = |(index, row): (usize, FlatPlan)| PlannedFlat {
        number: row.number,
        floor: row.floor.unwrap_or_else(|| on_floor(index)),
        roster: row.people.into_iter().map(|person| (person.phone, person.name)).collect(),
    };
    list.rows.into_iter().enumerate().map(planned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> Opening {
        Opening {
            street: " ביאליק  14 ".into(),
            city: "רמת גן".into(),
            name: "רונית אלמוג".into(),
            phone: "054-318 2704".into(),
            last_flat: "32".into(),
            flats_per_floor: "4".into(),
            consent_version: OPENING_CONSENT.into(),
            ..Opening::default()
        }
    }

    fn wrong(change: impl FnOnce(&mut Opening)) -> Vec<String> {
        let mut opening = form();
        change(&mut opening);
        check(&opening, Lang::He).unwrap_err().fields.into_keys().collect()
    }

    #[test]
    fn a_range_fills_floors_from_the_first_up() {
        let founding = check(&form(), Lang::He).unwrap();
        assert_eq!(founding.street, "ביאליק 14");
        let floors: Vec<(&str, i32)> = founding.flats.iter().map(|flat| (flat.number.as_str(), flat.floor)).collect();
        assert_eq!(floors.len(), 32);
        assert_eq!((floors[0], floors[3], floors[4], floors[31]), (("1", 1), ("4", 1), ("5", 2), ("32", 8)));
    }

    #[test]
    fn a_list_wins_and_names_the_founders_flat() {
        let mut opening = form();
        opening.flats_csv = "דירה,טלפון\n1,0521234567\n2,0543182704\n3,".into();
        let founding = check(&opening, Lang::He).unwrap();
        assert_eq!(home_of(&founding), Some(1));
        assert_eq!(founding.flats.len(), 3);
        opening.own_flat = "דירה 3".into();
        assert_eq!(home_of(&check(&opening, Lang::He).unwrap()), Some(2));
    }

    #[test]
    fn everything_wrong_comes_back_at_once() {
        let all = check(&Opening::default(), Lang::He).unwrap_err();
        assert_eq!(all.fields.keys().map(String::as_str).collect::<Vec<_>>(), ["city", "consent_version", "last_flat", "name", "phone", "street"]);
        assert_eq!(wrong(|form| form.last_flat = "0".into()), ["last_flat"]);
        assert_eq!(wrong(|form| form.last_flat = "601".into()), ["last_flat"]);
        assert_eq!(wrong(|form| form.flats_per_floor = "0".into()), ["flats_per_floor"]);
        assert_eq!(wrong(|form| form.invite_code = "אבג".into()), ["invite_code"]);
        assert_eq!(wrong(|form| form.own_flat = "33".into()), ["own_flat"]);
        assert_eq!(wrong(|form| form.flats_csv = "דירה\n,\n".into()), ["flats_csv"]);
        assert_eq!(
            wrong(|form| {
                form.last_flat.clear();
                form.flats_file = "list.xlsx".into();
            }),
            ["flats_csv"]
        );
    }
}
