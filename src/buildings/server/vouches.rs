//! Two neighbours confirm a third: a confirmed member of another flat says that he knows him, and may take it back
//! while nobody confirmed him. The second yes confirms.

use kit::{MembershipId, Right, Trust};
use serde_json::json;

use super::error::BuildingRefusal;
use super::places::VerifiedBy;
use super::store;
use crate::platform::{Activity, Audience, Cx, Fault};

/// How many neighbours confirm a newcomer.
const YESES: i64 = 2;
/// How many people one is asked about at once.
const ASKED: i64 = 3;

/// Somebody whom the reader may know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unconfirmed {
    pub membership: MembershipId,
    pub name: String,
    pub flat_number: String,
    /// The reader said yes.
    pub vouched: bool,
}

/// A neighbour says that he knows somebody, or takes it back. Said twice it counts once; once somebody is confirmed
/// nothing changes any more.
pub async fn vouch(cx: &mut Cx, candidate: &str, yes: bool) -> Result<(), Fault> {
    cx.require(Right::VouchForNeighbour)?;
    let candidate: MembershipId = candidate.parse().map_err(|_| Fault::NotFound)?;
    let neighbour = cx.member()?;
    let (lang, now) = (cx.lang, cx.now);
    if candidate == neighbour {
        return Err(Fault::refused(BuildingRefusal::NotForOneself, lang));
    }
    // The neighbour's row first, as every verb holds the acting one first; then the candidate's, so that two yeses at
    // the same moment follow one another and the second sees the first.
    let own = store::member(cx.db(), neighbour).await?.filter(|own| own.state == "active").ok_or(Fault::NotFound)?;
    let asked = store::member(cx.db(), candidate).await?.filter(|asked| asked.state == "active").ok_or(Fault::NotFound)?;
    if cx.caller.trust != Trust::Verified || own.flat_id.is_none() || own.flat_id == asked.flat_id {
        return Err(Fault::refused(BuildingRefusal::NoNeighbour, lang));
    }
    if asked.trust != Trust::Paid.word() {
        return Ok(());
    }
    if !yes {
        if store::withdraw_vouch(cx.db(), candidate, neighbour).await? {
            tell(cx, "resident.vouch_withdrawn", candidate, json!({}));
        }
        return Ok(());
    }
    if store::vouch(cx.db(), candidate, neighbour, now).await? {
        tell(cx, "resident.vouched", candidate, json!({}));
    }
    if store::vouches_that_count(cx.db(), candidate).await? >= YESES && store::verify(cx.db(), candidate, VerifiedBy::Neighbours.word()).await? {
        tell(cx, "resident.verified", candidate, json!({ "by": VerifiedBy::Neighbours.word() }));
    }
    Ok(())
}

fn tell(cx: &mut Cx, act: &'static str, candidate: MembershipId, detail: serde_json::Value) {
    cx.audit(act, candidate, detail.clone());
    cx.record(Activity { kind: act, audience: Audience::Committee, subject: Some(candidate.0), payload: detail });
}

/// Whom the reader is asked about: nobody, while he is not confirmed himself or lives in no flat.
pub async fn unconfirmed_neighbours(cx: &mut Cx) -> Result<Vec<Unconfirmed>, Fault> {
    cx.require(Right::ReadFeed)?;
    let (Some(own), Some(flat), Trust::Verified) = (cx.caller.membership, cx.caller.flat, cx.caller.trust) else { return Ok(Vec::new()) };
    let told = |row: store::UnconfirmedRow| Unconfirmed { membership: MembershipId(row.membership_id), name: row.name, flat_number: row.flat_number, vouched: row.vouched };
    Ok(store::unconfirmed(cx.db(), own, flat, ASKED).await?.into_iter().map(told).collect())
}
