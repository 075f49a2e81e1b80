//! Which flat a member lives in: the committee corrects it, and a founder without a flat takes one.

use kit::{FlatId, MembershipId, Right};
use serde_json::json;

use super::error::BuildingRefusal;
use super::places::{find_flat, flat_by_id, flat_range_sentence, hold_flat, rules};
use super::residents::residents_path;
use super::store;
use crate::platform::{Activity, Audience, Cx, Fault, Job};

/// The committee says in which flat a member lives, by the number as it is typed. What the flat that he leaves empty
/// pays goes with him; two flats that pay do not become one. Saying it twice says it once.
pub async fn settle(cx: &mut Cx, membership: &str, typed: &str) -> Result<String, Fault> {
    cx.require(Right::ManageResidents)?;
    let membership: MembershipId = membership.parse().map_err(|_| Fault::NotFound)?;
    let lang = cx.lang;
    let Some(flat) = find_flat(cx, typed).await? else {
        let range = flat_range_sentence(cx).await?;
        return Err(Fault::refused(BuildingRefusal::NoSuchFlat { range }, lang));
    };
    let member = store::member(cx.db(), membership).await?.filter(|member| member.state == "active").ok_or(Fault::NotFound)?;
    let from = member.flat_id.map(FlatId);
    if from == Some(flat.flat) {
        return Ok(residents_path(cx));
    }
    // Both flats are held, in one order for everybody; what is true of them is read again under the locks.
    let mut held: Vec<FlatId> = from.into_iter().chain([flat.flat]).collect();
    held.sort_by_key(|flat| flat.0);
    for flat in held {
        hold_flat(cx, flat).await?;
    }
    let to = flat_by_id(cx, flat.flat).await?.ok_or(Fault::NotFound)?;
    let most = rules(cx).await?.people_per_flat;
    if to.members >= most {
        return Err(Fault::refused(BuildingRefusal::FlatFull { people: most }, lang));
    }
    let left = match from {
        Some(from) => flat_by_id(cx, from).await?.filter(|left| left.members <= 1 && left.pays),
        None => None,
    };
    if left.is_some() && to.pays {
        return Err(Fault::refused(BuildingRefusal::BothPay, lang));
    }
    store::move_to(cx.db(), membership, to.flat).await?;
    let detail = json!({ "from": from, "to": to.flat });
    cx.audit("resident.moved", membership, detail.clone());
    cx.record(Activity { kind: "resident.moved", audience: Audience::Committee, subject: Some(membership.0), payload: detail });
    // What his joining brought follows him.
    cx.enqueue(Job::new("buildings.resident_moved", json!({ "membership": membership, "from": from, "to": to.flat }))).await?;
    Ok(residents_path(cx))
}
