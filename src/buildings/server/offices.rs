//! Offices of the building: the chair gives and takes them, and hands his own on. A building has one chair: whoever
//! changes an office holds the chair's row first, so two changes at the same moment follow one another.

use kit::{MembershipId, Right, Role};
use serde_json::json;

use super::error::BuildingRefusal;
use super::residents::{confirm, residents_path};
use super::store::{self, MemberState};
use crate::platform::{Activity, Audience, Cx, Fault};

/// The chair makes a member a resident, of the committee or its treasurer. An office is a yes as well: whoever holds
/// one is confirmed. The chair's own office changes hands only by `hand_over`.
pub async fn set_role(cx: &mut Cx, membership: &str, role: &str) -> Result<String, Fault> {
    let (chair, membership, member) = chair_and(cx, membership).await?;
    let lang = cx.lang;
    let role = Role::from_word(role).filter(|role| matches!(role, Role::Resident | Role::Committee | Role::Treasurer));
    let role = role.ok_or_else(|| Fault::refused(BuildingRefusal::NoSuchOffice, lang))?;
    if membership == chair {
        return Err(Fault::refused(BuildingRefusal::LastChair, lang));
    }
    if role != Role::Resident {
        confirm(cx, &membership.to_string()).await?;
    }
    change(cx, membership, &member, role).await?;
    Ok(residents_path(cx))
}

/// The chair hands his office to another member and stays in the committee. Saying it twice does it once: by then he
/// is the chair no more.
pub async fn hand_over(cx: &mut Cx, membership: &str) -> Result<String, Fault> {
    let (chair, membership, member) = chair_and(cx, membership).await?;
    if membership == chair {
        return Ok(residents_path(cx));
    }
    confirm(cx, &membership.to_string()).await?;
    let own = store::member(cx.db(), chair).await?.ok_or(Fault::NotFound)?;
    change(cx, chair, &own, Role::Committee).await?;
    change(cx, membership, &member, Role::Chair).await?;
    Ok(residents_path(cx))
}

/// The chair who asks and the active member he speaks of, both held until the transaction ends, the chair first.
async fn chair_and(cx: &mut Cx, membership: &str) -> Result<(MembershipId, MembershipId, MemberState), Fault> {
    cx.require(Right::ManageBuilding)?;
    let chair = cx.member()?;
    let membership: MembershipId = membership.parse().map_err(|_| Fault::NotFound)?;
    // Read again under the lock: a moment ago he may have handed the office on.
    store::member(cx.db(), chair).await?.filter(|own| own.state == "active" && own.role == Role::Chair.word()).ok_or(Fault::NotFound)?;
    let member = store::member(cx.db(), membership).await?.filter(|member| member.state == "active").ok_or(Fault::NotFound)?;
    Ok((chair, membership, member))
}

async fn change(cx: &mut Cx, membership: MembershipId, member: &MemberState, role: Role) -> Result<(), Fault> {
    if member.role == role.word() {
        return Ok(());
    }
    store::set_role(cx.db(), membership, role.word()).await?;
    let detail = json!({ "from": member.role, "to": role.word() });
    cx.audit("resident.role_changed", membership, detail.clone());
    cx.record(Activity { kind: "resident.role_changed", audience: Audience::Committee, subject: Some(membership.0), payload: detail });
    Ok(())
}
