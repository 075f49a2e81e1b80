//! The few fields we read of Stripe's objects. The SDK's own response types want every field that Stripe documents;
//! a refund must not count as failed because an unrelated field of the answer is missing or new.

use kit::{Currency, Money};
use miniserde::Deserialize;

use crate::{CheckoutReading, CheckoutState, OpenedCheckout, RefundState, Refunded, StripeError, SubscriptionReading, SubscriptionState};

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

/// A subscription with `latest_invoice` expanded: what it charges, and when.
#[derive(Deserialize)]
pub(crate) struct SubscriptionPlan {
    id: String,
    status: String,
    cancel_at: Option<i64>,
    cancel_at_period_end: Option<bool>,
    ended_at: Option<i64>,
    items: SubscriptionItems,
    latest_invoice: Option<LatestInvoice>,
}

#[derive(Deserialize)]
struct SubscriptionItems {
    data: Vec<SubscriptionItem>,
}

/// docs.stripe.com/api/subscription_items/object; periods stand here since 2025-03-31.
#[derive(Deserialize)]
struct SubscriptionItem {
    current_period_end: i64,
    quantity: Option<i64>,
    price: ItemPrice,
}

#[derive(Deserialize)]
struct ItemPrice {
    unit_amount: Option<i64>,
    currency: String,
}

/// docs.stripe.com/api/invoices/object
#[derive(Deserialize)]
struct LatestInvoice {
    status: Option<String>,
    hosted_invoice_url: Option<String>,
    next_payment_attempt: Option<i64>,
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

impl SubscriptionPlan {
    pub(crate) fn reading(self) -> Result<SubscriptionReading, StripeError> {
        let state = match self.status.as_str() {
            "active" | "trialing" => SubscriptionState::Active,
            "past_due" | "unpaid" | "incomplete" => SubscriptionState::Late,
            "canceled" | "incomplete_expired" => SubscriptionState::Ended,
            other => return Err(StripeError::Malformed(format!("a subscription of status {other}"))),
        };
        let [item] = &self.items.data[..] else { return Err(StripeError::Malformed(format!("a subscription of {} items", self.items.data.len()))) };
        let amount_minor = item.price.unit_amount.ok_or_else(|| StripeError::Malformed("a price without its amount".into()))? * item.quantity.unwrap_or(1);
        let price = Money { amount_minor, currency: currency(&item.price.currency)? };
        let period_end = item.current_period_end;
        let invoice = self.latest_invoice;
        let ends_at_unix = match state {
            SubscriptionState::Ended => self.ended_at,
            _ => self.cancel_at.or_else(|| self.cancel_at_period_end.unwrap_or(false).then_some(period_end)),
        };
        let next_charge_unix = match state {
            SubscriptionState::Active => Some(period_end).filter(|next| ends_at_unix.is_none_or(|ends| *next < ends)),
            SubscriptionState::Late => invoice.as_ref().and_then(|invoice| invoice.next_payment_attempt),
            SubscriptionState::Ended => None,
        };
        let open = invoice.filter(|invoice| state == SubscriptionState::Late && invoice.status.as_deref() == Some("open"));
        Ok(SubscriptionReading { subscription_id: self.id, state, price, next_charge_unix, ends_at_unix, mend_url: open.and_then(|invoice| invoice.hosted_invoice_url) })
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
