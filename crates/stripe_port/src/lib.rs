//! Stripe behind one small trait: hosted checkouts, refunds and the end of a subscription.
//!
//! The rest of Vantera knows [`StripePort`] and the plain types beside it; the SDK (async-stripe) stays inside
//! [`StripeClient`]. Nothing here repeats a call by itself: the job that made it does, with the same idempotency key,
//! and [`StripeError::is_retryable`] says when that helps. What Stripe tells us later comes by webhook; the receiver
//! takes only the id from it and asks [`StripePort::read_checkout`] for the truth.
//!
//! Source: docs.stripe.com/api, version 2026-09-30.endive (the one the SDK sends).

mod checkout;
mod client;
mod error;
mod readings;
mod refund;
mod subscription;

pub use checkout::{CheckoutReading, CheckoutState, Interval, OpenCheckout, OpenedCheckout};
pub use client::{DEFAULT_TIMEOUT_MS, StripeClient, StripeSettings};
pub use error::StripeError;
pub use refund::{RefundReason, RefundRequest, RefundState, Refundable, Refunded};
pub use subscription::{SubscriptionReading, SubscriptionState};

/// What Vantera asks of Stripe.
///
/// Idempotency keys are 1 to 255 visible ASCII characters. Stripe keeps the first outcome under a key for at least a
/// day; the same key with other parameters is [`StripeError::Idempotency`]. Ids that could not be Stripe's are
/// [`StripeError::NotFound`] without a call.
#[async_trait::async_trait]
pub trait StripePort: Send + Sync {
    /// Opens a page where the customer pays. Repeating it with the same key gives the same session.
    async fn open_checkout(&self, request: &OpenCheckout, idempotency_key: &str) -> Result<OpenedCheckout, StripeError>;

    /// What Stripe holds to be true of a session (`cs_…`) now.
    async fn read_checkout(&self, session_id: &str) -> Result<CheckoutReading, StripeError>;

    /// Closes an open page so that nobody can pay there any more, and tells how the session ended: a reading of
    /// [`CheckoutState::Paid`] means that the customer was faster. Needs no key: an expired session stays expired.
    async fn expire_checkout(&self, session_id: &str) -> Result<CheckoutReading, StripeError>;

    /// Gives the whole payment back. For [`Refundable::Subscription`] the subscription is cancelled first (so that
    /// nothing more is taken whatever happens next), then the payment of its latest invoice is refunded; when that
    /// invoice was never paid the answer is [`StripeError::Invalid`] with code `nothing_paid`, and the subscription
    /// is cancelled all the same. A payment already given back in full answers with that earlier refund.
    async fn refund(&self, request: &RefundRequest, idempotency_key: &str) -> Result<Refunded, StripeError>;

    /// Ends a subscription (`sub_…`) now, without a refund or a last invoice. Ending an ended one is fine. Takes no
    /// key: Stripe ignores keys on DELETE, which is idempotent by itself.
    async fn cancel_subscription(&self, subscription_id: &str) -> Result<(), StripeError>;

    /// What Stripe holds to be true of a subscription (`sub_…`) now: whether it is paid, when it is charged next.
    async fn read_subscription(&self, subscription_id: &str) -> Result<SubscriptionReading, StripeError>;
}
