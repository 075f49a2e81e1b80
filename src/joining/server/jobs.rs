use kit::{CheckoutId, MembershipId};
use uuid::Uuid;

use super::admission;
use crate::payments::server as payments;
use crate::platform::Fault;
use crate::platform::jobs::JobRun;

/// `payments.checkout_paid`: admits whoever paid.
pub async fn checkout_paid(run: JobRun) -> Result<(), Fault> {
    let checkout: CheckoutId = run.read("checkout")?;
    let subject: Uuid = run.read("subject")?;
    let mut cx = run.cx().await?;
    let subscription = payments::subscription_of(&mut cx, checkout).await?;
    admission::paid(&mut cx, subject, checkout, subscription.as_deref()).await?;
    cx.wake();
    cx.commit().await
}

/// `payments.plan_ended`: the provider takes nothing more for a flat; whoever joins it next pays for it again.
pub async fn plan_ended(run: JobRun) -> Result<(), Fault> {
    let mut cx = run.cx().await?;
    admission::plan_ended(&mut cx, run.read("checkout")?).await?;
    cx.commit().await
}

/// `buildings.resident_moved`: his joining is of the flat where he lives; what a flat that was left empty pays goes along.
pub async fn resident_moved(run: JobRun) -> Result<(), Fault> {
    let (membership, from, to) = (run.read("membership")?, run.read("from")?, run.read("to")?);
    let mut cx = run.cx().await?;
    admission::moved(&mut cx, membership, from, to).await?;
    cx.commit().await
}

/// `buildings.resident_removed`: what an impostor's joining brought goes with him. His post is taken down; when nobody
/// is left in the flat, its subscription ends and its payment goes back.
pub async fn resident_removed(run: JobRun) -> Result<(), Fault> {
    let membership: MembershipId = run.read("membership")?;
    let mut cx = run.cx().await?;
    admission::removed(&mut cx, membership).await?;
    cx.wake();
    cx.commit().await
}
