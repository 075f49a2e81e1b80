use kit::{Currency, Money};

use crate::{Refundable, StripeError};

/// How often the price is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interval {
    /// A subscription: now and then every month.
    Month,
    /// One payment.
    Once,
}

/// A page to be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenCheckout {
    /// Above zero. Stripe has minima of its own (about half a dollar).
    pub price: Money,
    pub interval: Interval,
    /// What the customer reads on the page and on the receipt, in the customer's language.
    pub product_name: String,
    /// Where the browser goes after paying. Stripe replaces the literal `{CHECKOUT_SESSION_ID}` in it.
    pub success_url: String,
    pub cancel_url: String,
    /// Our own id of this attempt, at most 200 characters; comes back in every reading.
    pub client_reference_id: String,
    /// At most 50 pairs, keys of 40 and values of 500 characters. Stripe does not copy a session's metadata, so the
    /// same pairs are put on the subscription or the payment intent too.
    pub metadata: Vec<(String, String)>,
    /// Unix seconds, 30 minutes to 24 hours ahead of Stripe's clock; 24 hours when absent. Derive it from a stored
    /// time, never from "now": a repeated call must carry the same value.
    pub expires_at_unix: Option<i64>,
}

/// A page that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedCheckout {
    /// `cs_…`
    pub session_id: String,
    /// Stripe's page; send the browser there.
    pub url: String,
}

/// Where a session stands: Stripe's `status` and `payment_status` read together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CheckoutState {
    /// The customer may still pay.
    Open,
    /// Finished and paid, or finished with nothing to pay (a coupon for everything): compare the amount.
    Paid,
    /// Closed unpaid; final.
    Expired,
    /// Finished, the money not here yet: a delayed method is under way, or it failed afterwards.
    Processing,
}

/// What Stripe holds to be true of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckoutReading {
    /// `cs_…`
    pub session_id: String,
    pub state: CheckoutState,
    /// What the customer pays in all, in minor units of `currency`.
    pub amount_total_minor: i64,
    pub currency: Currency,
    pub client_reference_id: Option<String>,
    /// `sub_…`, once a subscription checkout is finished.
    pub subscription: Option<String>,
    /// `pi_…`, for single payments only; a subscription's payment hangs on its invoice.
    pub payment_intent: Option<String>,
    /// `cus_…`
    pub customer: Option<String>,
    /// The page, while it is open.
    pub url: Option<String>,
}

impl CheckoutReading {
    /// What a refund of this checkout has to name, if anything was begun.
    pub fn refundable(&self) -> Option<Refundable> {
        let subscription = self.subscription.clone().map(Refundable::Subscription);
        subscription.or_else(|| self.payment_intent.clone().map(Refundable::PaymentIntent))
    }

    /// Total and currency together.
    pub fn amount_total(&self) -> Money {
        Money { amount_minor: self.amount_total_minor, currency: self.currency }
    }
}

impl CheckoutState {
    /// Reads Stripe's `status` (open, complete, expired) and `payment_status` (paid, unpaid, no_payment_required).
    pub(crate) fn from_stripe(status: Option<&str>, payment_status: &str) -> Result<Self, StripeError> {
        match (status, payment_status) {
            (Some("open"), _) => Ok(Self::Open),
            (Some("expired"), _) => Ok(Self::Expired),
            (Some("complete"), "paid" | "no_payment_required") => Ok(Self::Paid),
            (Some("complete"), "unpaid") => Ok(Self::Processing),
            (status, payment) => {
                let status = status.unwrap_or("absent");
                Err(StripeError::Malformed(format!("a session of status {status} and payment status {payment}")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_read_from_both_statuses() {
        let cases = [
            (Some("open"), "unpaid", Some(CheckoutState::Open)),
            (Some("complete"), "paid", Some(CheckoutState::Paid)),
            (Some("complete"), "no_payment_required", Some(CheckoutState::Paid)),
            (Some("complete"), "unpaid", Some(CheckoutState::Processing)),
            (Some("expired"), "unpaid", Some(CheckoutState::Expired)),
            (Some("complete"), "bartered", None),
            (Some("paused"), "paid", None),
            (None, "paid", None),
        ];
        for (status, payment, expected) in cases {
            assert_eq!(CheckoutState::from_stripe(status, payment).ok(), expected, "{status:?} {payment}");
        }
    }
}
