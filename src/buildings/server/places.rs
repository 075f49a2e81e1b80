//! Who may live where: what other rooms ask before they admit somebody, and the admitting itself.

use kit::{FlatId, MembershipId, Money, PersonId, Phone, Right, Trust};
use serde_json::json;

use super::error::BuildingRefusal;
use super::store;
use crate::buildings::model::{FlatSpan, flat_number};
use crate::platform::{Activity, Audience, Cx, Fault};

/// What is true of a flat now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlatFacts {
    pub flat: FlatId,
    pub number: String,
    pub floor: i32,
    /// Active people.
    pub members: i64,
    /// A subscription of the flat runs.
    pub pays: bool,
}

/// The building's rules of joining.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildingRules {
    /// A short word that must come with the link; upper case.
    pub invite_code: Option<String>,
    /// The committee says yes to every newcomer.
    pub needs_approval: bool,
    /// The most active people a flat holds.
    pub people_per_flat: i64,
    /// A month, a flat.
    pub price: Money,
}

/// Who says that a member belongs to his flat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerifiedBy {
    Code,
    Committee,
    Neighbours,
    Founder,
}

impl VerifiedBy {
    pub fn word(self) -> &'static str {
        match self {
            VerifiedBy::Code => "code",
            VerifiedBy::Committee => "committee",
            VerifiedBy::Neighbours => "neighbours",
            VerifiedBy::Founder => "founder",
        }
    }
}

/// Somebody to admit into a flat.
#[derive(Clone, Debug)]
pub struct NewMember {
    pub person: PersonId,
    pub flat: FlatId,
    /// A name that `PersonName` has read.
    pub name: String,
    pub phone: Phone,
    pub trust: Trust,
    pub verified_by: Option<VerifiedBy>,
}

/// A flat by what somebody typed: "14", "דירה 14", " 014 ", "14 א".
pub async fn find_flat(cx: &mut Cx, typed: &str) -> Result<Option<FlatFacts>, Fault> {
    cx.require(Right::Join)?;
    let Some(number) = flat_number(typed) else { return Ok(None) };
    Ok(store::flat(cx.db(), None, Some(&number)).await?.map(facts))
}

pub async fn flat_by_id(cx: &mut Cx, flat: FlatId) -> Result<Option<FlatFacts>, Fault> {
    cx.require(Right::Join)?;
    Ok(store::flat(cx.db(), Some(flat.0), None).await?.map(facts))
}

fn facts(row: store::FlatRow) -> FlatFacts {
    FlatFacts { flat: FlatId(row.flat_id), number: row.number, floor: row.floor, members: row.members, pays: row.pays }
}

/// What to say under a flat's number that the building does not have: "בבניין יש דירות 1–32. כדאי לבדוק את המספר."
pub async fn flat_range_sentence(cx: &mut Cx) -> Result<String, Fault> {
    cx.require(Right::Join)?;
    let numbers = store::numbers(cx.db()).await?;
    Ok(FlatSpan::of(&numbers).sentence(cx.lang))
}

pub async fn rules(cx: &mut Cx) -> Result<BuildingRules, Fault> {
    cx.require(Right::Join)?;
    let row = store::building(cx.db()).await?;
    Ok(BuildingRules { price: super::facade::price(&row)?, invite_code: row.invite_code, needs_approval: row.needs_approval, people_per_flat: row.people_per_flat.into() })
}

/// Holds the flat's row until the transaction ends: whoever decides about its places or its subscription comes alone.
pub async fn hold_flat(cx: &mut Cx, flat: FlatId) -> Result<(), Fault> {
    cx.require(Right::Join)?;
    Ok(store::lock_flat(cx.db(), flat).await?)
}

/// Whether the committee's list names this phone for this flat.
pub async fn on_roster(cx: &mut Cx, flat: FlatId, phone: &Phone) -> Result<bool, Fault> {
    cx.require(Right::Join)?;
    let blind = cx.blind_phone(phone);
    Ok(store::on_roster(cx.db(), flat, &blind).await?)
}

/// The active member with this phone.
pub async fn member_with_phone(cx: &mut Cx, phone: &Phone) -> Result<Option<MembershipId>, Fault> {
    cx.require(Right::Join)?;
    let blind = cx.blind_phone(phone);
    Ok(store::member_with_phone(cx.db(), &blind).await?)
}

/// Admits somebody into a flat, under a lock of the flat's row, with its audit line and the activity line
/// `resident.joined`. Safe to run twice: who lives in the flat already keeps his place, and a member without a flat
/// (a founder) gets this one. Refuses a full flat, and a person of another flat.
pub async fn add_member(cx: &mut Cx, new: NewMember) -> Result<MembershipId, Fault> {
    cx.require(Right::Join)?;
    store::lock_flat(cx.db(), new.flat).await?;
    let lang = cx.lang;
    let place = store::place_of(cx.db(), new.person).await?;
    if let Some(place) = &place {
        match place.flat_id {
            Some(flat) if flat == new.flat.0 => return Ok(MembershipId(place.membership_id)),
            Some(_) => return Err(Fault::refused(BuildingRefusal::LivesElsewhere, lang)),
            None => {}
        }
    }
    let most = i64::from(store::building(cx.db()).await?.people_per_flat);
    if store::people_in(cx.db(), new.flat).await? >= most {
        return Err(Fault::refused(BuildingRefusal::FlatFull { people: most }, lang));
    }
    let membership = match place {
        Some(place) => {
            let membership = MembershipId(place.membership_id);
            store::settle_in(cx.db(), membership, new.flat).await?;
            membership
        }
        None => {
            let membership: MembershipId = cx.ids.new_id();
            let now = cx.now;
            let phone = cx.keep_phone("memberships", membership, &new.phone)?;
            let row = store::MemberInsert {
                membership,
                person: new.person,
                role: "resident",
                trust: new.trust.word(),
                flat: Some(new.flat),
                name: &new.name,
                phone: &phone,
                verified_by: new.verified_by.map(VerifiedBy::word),
            };
            store::insert_member(cx.db(), row, now).await?;
            membership
        }
    };
    cx.audit("resident.joined", membership, json!({ "flat": new.flat, "trust": new.trust, "verified_by": new.verified_by.map(VerifiedBy::word) }));
    cx.record(Activity { kind: "resident.joined", audience: Audience::Everyone, subject: Some(membership.0), payload: json!({ "flat": new.flat }) });
    Ok(membership)
}
