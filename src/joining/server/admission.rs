use kit::{CheckoutId, FlatId, JoinId, MembershipId, PersonName, Right, Trust};
use serde_json::json;
use uuid::Uuid;

use super::error::JoinRefusal;
use super::steps;
use super::store::{self, JoinRow};
use crate::buildings::server as buildings;
use crate::feed::model::Newcomer;
use crate::feed::server as feed;
use crate::identity::server as identity;
use crate::payments::server as payments;
use crate::platform::{Activity, Audience, Cx, Fault};

/// How an admission ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Admission {
    Admitted,
    Full,
    AlreadyHere,
}

/// Makes a member of an attempt: the person, his place in the flat, the post that tells it. Once.
pub(super) async fn admit(cx: &mut Cx, row: &JoinRow, trust: Trust, verified_by: Option<buildings::VerifiedBy>) -> Result<Admission, Fault> {
    let (Some(flat), Some(name), Some(phone)) = (row.flat_id, row.name.as_deref(), row.sealed_phone.as_deref()) else { return Err(Fault::NotFound) };
    let name = PersonName::parse(name).map_err(|error| anyhow::anyhow!("a kept name is wrong: {error:?}"))?;
    let phone = cx.read_phone("joins", row.join_id, phone)?;
    if buildings::member_with_phone(cx, &phone).await?.is_some() {
        store::failed(cx.db(), row.join_id, "already_here").await?;
        return Ok(Admission::AlreadyHere);
    }
    let (ids, now, vault) = (cx.ids, cx.now, cx.vault.clone());
    let (person, existed) = identity::ensure_person(cx.db(), &vault, ids, &phone, name.as_str(), now).await?;
    let member = buildings::NewMember { person, flat: FlatId(flat), name: name.as_str().to_owned(), phone, trust, verified_by };
    let membership = match buildings::add_member(cx, member).await {
        Ok(membership) => membership,
        // The flat is full, or the person lives in another one.
        Err(Fault::Refused(_)) => {
            store::failed(cx.db(), row.join_id, "full").await?;
            return Ok(Admission::Full);
        }
        Err(fault) => return Err(fault),
    };
    let before = store::times(cx.db(), row.join_id).await?;
    store::admitted(cx.db(), row.join_id, membership, !existed, now).await?;
    steps::confirmed(cx, &before);
    let number = buildings::flat_by_id(cx, FlatId(flat)).await?.map(|flat| flat.number).unwrap_or_default();
    feed::write_joined_post(cx, membership, name.as_str(), &number).await?;
    cx.publish("resident.joined", json!({ "flat": number }));
    Ok(Admission::Admitted)
}

/// A checkout of an attempt is paid: the flat's subscription begins and its payer is admitted, or waits where the
/// building wants its yes. A payment that came second, or for which there is no place, goes back by itself.
pub(super) async fn paid(cx: &mut Cx, join: Uuid, checkout: CheckoutId, subscription: Option<&str>) -> Result<(), Fault> {
    let row = store::by_id(cx.db(), join).await?.ok_or(Fault::NotFound)?;
    if store::subscription_of(cx.db(), checkout).await? {
        return Ok(());
    }
    if row.state == "admitted" {
        payments::refund(cx, checkout, "second_payment").await?;
        return Ok(());
    }
    let flat = FlatId(row.flat_id.ok_or(Fault::NotFound)?);
    buildings::hold_flat(cx, flat).await?;
    let (tenant, now) = (cx.tenant.id.0, cx.now);
    if !store::begin_subscription(cx.db(), tenant, flat, checkout, subscription, now).await? {
        // Another of the flat paid a moment earlier: this one joins free, after a yes.
        payments::refund(cx, checkout, "flat_pays_already").await?;
        store::waiting(cx.db(), join).await?;
        super::service::tell_who_waits(cx, join);
        return Ok(());
    }
    tell_payment(cx, flat, checkout).await?;
    if buildings::rules(cx).await?.needs_approval {
        store::waiting(cx.db(), join).await?;
        super::service::tell_who_waits(cx, join);
        return Ok(());
    }
    if admit(cx, &row, Trust::Paid, None).await? != Admission::Admitted {
        store::end_subscription(cx.db(), checkout, now).await?;
        payments::refund(cx, checkout, "no_place").await?;
    }
    Ok(())
}

/// Tells partners of a payment that stays; which flat it is of stands here, and payments knows only the sum.
async fn tell_payment(cx: &mut Cx, flat: FlatId, checkout: CheckoutId) -> Result<(), Fault> {
    let price = payments::price_of(cx, checkout).await?;
    let number = buildings::flat_by_id(cx, flat).await?.map(|flat| flat.number).unwrap_or_default();
    cx.publish("payment.succeeded", json!({ "flat": number, "amount_minor": price.amount_minor, "currency": price.currency.code().to_ascii_uppercase(), "purpose": "membership" }));
    Ok(())
}

/// A yes or a no to somebody who waits: by the committee, or by one who lives in the same flat.
pub async fn answer(cx: &mut Cx, join: &str, yes: bool) -> Result<(), Fault> {
    cx.require(Right::ReadFeed)?;
    let join: JoinId = join.parse().map_err(|_| Fault::NotFound)?;
    let row = store::by_id(cx.db(), join.0).await?.ok_or(Fault::NotFound)?;
    let committee = Right::ManageResidents.held_by(cx.caller.role);
    let flatmate = cx.caller.flat.is_some() && cx.caller.flat.map(|flat| flat.0) == row.flat_id;
    if !committee && !flatmate {
        return Err(Fault::NotFound);
    }
    if row.state != "waiting" {
        return Err(Fault::refused(JoinRefusal::NotWaiting, cx.lang));
    }
    let flat = FlatId(row.flat_id.ok_or(Fault::NotFound)?);
    buildings::hold_flat(cx, flat).await?;
    let outcome = if yes {
        let (trust, by) = if committee { (Trust::Verified, Some(buildings::VerifiedBy::Committee)) } else { (Trust::Paid, None) };
        admit(cx, &row, trust, by).await?
    } else {
        store::failed(cx.db(), row.join_id, "refused").await?;
        Admission::Full
    };
    if outcome != Admission::Admitted {
        give_back(cx, row.join_id).await?;
    }
    cx.audit(if yes { "join.accepted" } else { "join.refused" }, join, json!({}));
    cx.record(Activity { kind: "join.answered", audience: Audience::Committee, subject: Some(join.0), payload: json!({ "yes": yes }) });
    Ok(())
}

/// Whoever paid and is not let in gets the payment back.
async fn give_back(cx: &mut Cx, join: Uuid) -> Result<(), Fault> {
    if let Some(checkout) = payments::latest_for(cx, join).await? {
        let now = cx.now;
        store::end_subscription(cx.db(), checkout.id, now).await?;
        if checkout.status == payments::CheckoutStatus::Paid {
            payments::refund(cx, checkout.id, "not_let_in").await?;
        }
    }
    Ok(())
}

/// A flat's subscription is over at the provider.
pub(super) async fn plan_ended(cx: &mut Cx, checkout: CheckoutId) -> Result<(), Fault> {
    let now = cx.now;
    Ok(store::end_subscription(cx.db(), checkout, now).await?)
}

/// What the flat of the reader pays, for the first screen: only who lives in a flat that pays is told.
pub async fn charge_of_flat(cx: &mut Cx) -> Result<Option<feed::FlatCharge>, Fault> {
    let Some(flat) = cx.caller.flat else { return Ok(None) };
    let Some(checkout) = store::paying_checkout(cx.db(), flat).await? else { return Ok(None) };
    let Some(plan) = payments::plan_of(cx, checkout).await? else { return Ok(None) };
    Ok(match plan.state {
        payments::PlanState::Late => Some(feed::FlatCharge::Late { price: plan.price, mend_url: plan.mend_url }),
        payments::PlanState::Active => match (plan.next_charge_at, plan.ends_at) {
            (Some(at), _) => Some(feed::FlatCharge::Next { price: plan.price, at }),
            (None, Some(at)) => Some(feed::FlatCharge::Ends { at }),
            (None, None) => None,
        },
        payments::PlanState::Ended => None,
    })
}

/// The committee said in which flat a member lives. Safe to run twice.
pub(super) async fn moved(cx: &mut Cx, membership: MembershipId, from: Option<FlatId>, to: FlatId) -> Result<(), Fault> {
    store::rehouse(cx.db(), membership, to).await?;
    let Some(from) = from else { return Ok(()) };
    let mut held = [from, to];
    held.sort_by_key(|flat| flat.0);
    for flat in held {
        buildings::hold_flat(cx, flat).await?;
    }
    let empty = buildings::flat_by_id(cx, from).await?.is_some_and(|flat| flat.members == 0);
    if empty {
        store::move_subscription(cx.db(), from, to).await?;
    }
    Ok(())
}

/// Somebody was removed by the committee.
pub(super) async fn removed(cx: &mut Cx, membership: MembershipId) -> Result<(), Fault> {
    feed::remove_joined_posts(cx, membership).await?;
    let Some(row) = store::by_membership(cx.db(), membership).await? else { return Ok(()) };
    let Some(flat) = row.flat_id.map(FlatId) else { return Ok(()) };
    buildings::hold_flat(cx, flat).await?;
    let empty = buildings::flat_by_id(cx, flat).await?.is_some_and(|flat| flat.members == 0);
    if empty {
        give_back(cx, row.join_id).await?;
    }
    Ok(())
}

/// Who waits for the yes of the caller's own flat.
pub async fn waiting_in_flat(cx: &mut Cx) -> Result<Vec<(JoinId, String)>, Fault> {
    let Some(flat) = cx.caller.flat else { return Ok(Vec::new()) };
    Ok(store::waiting_in(cx.db(), flat).await?.into_iter().map(|(join, name)| (JoinId(join), name)).collect())
}

/// Whom the reader may know and nobody confirmed yet, for the first screen.
pub async fn newcomers(cx: &mut Cx) -> Result<Vec<Newcomer>, Fault> {
    let told = |one: buildings::Unconfirmed| Newcomer { membership: one.membership, name: one.name, flat_number: one.flat_number, vouched: one.vouched };
    Ok(buildings::unconfirmed_neighbours(cx).await?.into_iter().map(told).collect())
}
