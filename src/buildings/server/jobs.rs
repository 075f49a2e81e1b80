use kit::{MembershipId, PersonId, Right};
use serde_json::json;

use super::places::VerifiedBy;
use super::store;
use crate::platform::jobs::JobRun;
use crate::platform::{Activity, Audience, Cx, Fault};

/// Somebody answered a code: if his phone stands on the committee's list for his own flat, he is confirmed.
/// Safe to run twice: a confirmed member stays as he is.
pub async fn phone_proved(run: JobRun) -> Result<(), Fault> {
    let person: PersonId = run.read("person")?;
    let mut cx = run.cx().await?;
    match prove(&mut cx, person).await {
        Ok(()) => cx.commit().await,
        Err(fault) => {
            cx.roll_back().await?;
            Err(fault)
        }
    }
}

async fn prove(cx: &mut Cx, person: PersonId) -> Result<(), Fault> {
    cx.require(Right::ManageResidents)?;
    let Some(place) = store::place_of(cx.db(), person).await? else { return Ok(()) };
    let (Some(flat), Some(phone)) = (place.flat_id, place.phone_blind) else { return Ok(()) };
    if !store::on_roster(cx.db(), flat.into(), &phone).await? {
        return Ok(());
    }
    let membership = MembershipId(place.membership_id);
    if store::verify(cx.db(), membership, VerifiedBy::Code.word()).await? {
        cx.audit("resident.verified", membership, json!({ "by": VerifiedBy::Code.word() }));
        cx.record(Activity { kind: "resident.verified", audience: Audience::Committee, subject: Some(membership.0), payload: json!({ "by": VerifiedBy::Code.word() }) });
    }
    Ok(())
}
