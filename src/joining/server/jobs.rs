use kit::CheckoutId;
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
