//! The few fields we read of Stripe's objects. The SDK's own response types want every field that Stripe documents;
//! a refund must not count as failed because an unrelated field of the answer is missing or new.

use kit::Currency;
use miniserde::Deserialize;

use crate::{CheckoutReading, CheckoutState, OpenedCheckout, RefundState, Refunded, StripeError};

/// docs.stripe.com/api/checkout/sessions/object
#[derive(Deserialize)]
pub(crate) struct Session {
    id: String,
    url: Option<String>,
    status: Option<String>,
    payment_status: String,
    amount_total: Option<i64>,
    currency: Option<String>,
    client_reference_id: Option<String>,
    subscription: Option<String>,
    payment_intent: Option<String>,
    customer: Option<String>,
}

/// docs.stripe.com/api/refunds/object
#[derive(Deserialize)]
pub(crate) struct Refund {
    id: String,
    status: Option<String>,
    amount: i64,
    currency: String,
}

#[derive(Deserialize)]
pub(crate) struct RefundList {
    pub(crate) data: Vec<Refund>,
}

/// docs.stripe.com/api/subscriptions/object
#[derive(Deserialize)]
pub(crate) struct SubscriptionStatus {
    status: String,
}

/// A subscription with `latest_invoice.payments` expanded.
#[derive(Deserialize)]
pub(crate) struct SubscriptionPayments {
    latest_invoice: Option<Invoice>,
}

#[derive(Deserialize)]
struct Invoice {
    payments: Option<InvoicePayments>,
}

#[derive(Deserialize)]
struct InvoicePayments {
    data: Vec<InvoicePayment>,
}

/// docs.stripe.com/api/invoice-payment/object
#[derive(Deserialize)]
struct InvoicePayment {
    status: String,
    payment: InvoicePaymentSource,
}

#[derive(Deserialize)]
struct InvoicePaymentSource {
    payment_intent: Option<String>,
}

fn currency(code: &str) -> Result<Currency, StripeError> {
    Currency::from_code(code).ok_or_else(|| StripeError::Malformed(format!("the currency {code}")))
}

impl Session {
    pub(crate) fn opened(self) -> Result<OpenedCheckout, StripeError> {
        let url = self.url.ok_or_else(|| StripeError::Malformed("an open session without its page".into()))?;
        Ok(OpenedCheckout { session_id: self.id, url })
    }

    pub(crate) fn reading(self) -> Result<CheckoutReading, StripeError> {
        let absent = |field: &str| StripeError::Malformed(format!("a session without its {field}"));
        Ok(CheckoutReading {
            state: CheckoutState::from_stripe(self.status.as_deref(), &self.payment_status)?,
            amount_total_minor: self.amount_total.ok_or_else(|| absent("amount_total"))?,
            currency: currency(self.currency.as_deref().ok_or_else(|| absent("currency"))?)?,
            session_id: self.id,
            client_reference_id: self.client_reference_id,
            subscription: self.subscription,
            payment_intent: self.payment_intent,
            customer: self.customer,
            url: self.url,
        })
    }
}

impl Refund {
    fn state(&self) -> Result<RefundState, StripeError> {
        match self.status.as_deref() {
            Some("succeeded") => Ok(RefundState::Succeeded),
            Some("pending" | "requires_action") => Ok(RefundState::Pending),
            Some("failed" | "canceled") => Ok(RefundState::Failed),
            other => Err(StripeError::Malformed(format!("a refund of status {}", other.unwrap_or("absent")))),
        }
    }

    /// True unless the money came back to us.
    pub(crate) fn stands(&self) -> bool {
        !matches!(self.status.as_deref(), Some("failed" | "canceled"))
    }

    pub(crate) fn refunded(self, payment_intent: String) -> Result<Refunded, StripeError> {
        let state = self.state()?;
        let currency = currency(&self.currency)?;
        Ok(Refunded { refund_id: self.id, state, amount_minor: self.amount, currency, payment_intent })
    }
}

impl SubscriptionStatus {
    pub(crate) fn has_ended(&self) -> bool {
        matches!(self.status.as_str(), "canceled" | "incomplete_expired")
    }
}

impl SubscriptionPayments {
    /// The payment intent (`pi_…`) that paid the latest invoice.
    pub(crate) fn paid_intent(self) -> Option<String> {
        let payments = self.latest_invoice?.payments?.data;
        payments.into_iter().filter(|payment| payment.status == "paid").find_map(|paid| paid.payment.payment_intent)
    }
}
