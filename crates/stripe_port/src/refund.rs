use kit::Currency;

/// What is to be given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refundable {
    /// `pi_…` of a single payment.
    PaymentIntent(String),
    /// `sub_…`: cancelled, and the payment of its latest invoice refunded.
    Subscription(String),
}

/// Why, in Stripe's words (they show on the dashboard; `fraudulent` is left out because it blocks the card).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundReason {
    Duplicate,
    RequestedByCustomer,
}

/// A refund of a whole payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundRequest {
    pub of: Refundable,
    pub reason: RefundReason,
    /// Put on the refund; the limits of [`crate::OpenCheckout::metadata`] apply.
    pub metadata: Vec<(String, String)>,
}

/// How far a refund is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefundState {
    /// Accepted, the bank has not finished (Stripe: pending, requires_action).
    Pending,
    Succeeded,
    /// The money came back to us (Stripe: failed, canceled): a person must look.
    Failed,
}

/// A refund that Stripe has taken down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refunded {
    /// `re_…`
    pub refund_id: String,
    pub state: RefundState,
    /// Minor units of `currency`.
    pub amount_minor: i64,
    pub currency: Currency,
    /// `pi_…` that was refunded.
    pub payment_intent: String,
}
