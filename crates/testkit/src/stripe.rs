use std::collections::HashMap;
use std::sync::Mutex;

use kit::{Currency, Money};
use stripe_port::{
    CheckoutReading, CheckoutState, OpenCheckout, OpenedCheckout, RefundRequest, RefundState, Refundable, Refunded, StripeError, StripePort, SubscriptionReading, SubscriptionState,
};

/// What goes wrong at the next call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No answer, and nothing was done.
    Unavailable,
    /// No answer, though it was done.
    GoneAfter,
    /// A refusal that repeating does not mend.
    Invalid,
}

#[derive(Default)]
struct Inner {
    sessions: HashMap<String, CheckoutReading>,
    by_key: HashMap<String, String>,
    /// What was asked under each key: a repeated call carries the same words, or it is refused as Stripe refuses it.
    asked: HashMap<String, OpenCheckout>,
    refunds: Vec<String>,
    faults: Vec<Fault>,
    calls: usize,
}

/// A Stripe in memory that does as it is told. The stand-in of crates/sandbox speaks the protocol; this one is for
/// tests of our own decisions.
#[derive(Default)]
pub struct FakeStripe(Mutex<Inner>);

impl FakeStripe {
    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().expect("no test panics while it holds this")
    }

    /// The next calls fail like this, one each.
    pub fn fail_next(&self, faults: &[Fault]) {
        self.inner().faults.extend_from_slice(faults);
    }

    /// The customer pays on the page of this session.
    pub fn pay(&self, session: &str) {
        let mut inner = self.inner();
        let reading = inner.sessions.get_mut(session).expect("the session was opened");
        reading.state = CheckoutState::Paid;
        reading.subscription = Some(format!("sub_{session}"));
    }

    /// The page of this session closes unpaid.
    pub fn expire(&self, session: &str) {
        self.inner().sessions.get_mut(session).expect("the session was opened").state = CheckoutState::Expired;
    }

    /// Lets a session lie about what was paid.
    pub fn tamper(&self, session: &str, amount_minor: i64) {
        self.inner().sessions.get_mut(session).expect("the session was opened").amount_total_minor = amount_minor;
    }

    /// The sessions opened so far.
    pub fn sessions(&self) -> Vec<String> {
        let mut ids: Vec<String> = self.inner().sessions.keys().cloned().collect();
        ids.sort();
        ids
    }

    /// The session of a checkout of ours.
    pub fn session_of(&self, checkout: &str) -> Option<String> {
        self.inner().sessions.values().find(|reading| reading.client_reference_id.as_deref() == Some(checkout)).map(|reading| reading.session_id.clone())
    }

    /// What was given back, in order.
    pub fn refunds(&self) -> Vec<String> {
        self.inner().refunds.clone()
    }

    /// What was asked to open pages, by key.
    pub fn asked(&self) -> HashMap<String, OpenCheckout> {
        self.inner().asked.clone()
    }

    /// Calls so far.
    pub fn calls(&self) -> usize {
        self.inner().calls
    }

    /// Counts the call; an error that comes before the work, or the promise of one that comes after.
    fn begin(inner: &mut Inner) -> Result<bool, StripeError> {
        inner.calls += 1;
        match (!inner.faults.is_empty()).then(|| inner.faults.remove(0)) {
            Some(Fault::Unavailable) => Err(StripeError::Unavailable("told to fail".into())),
            Some(Fault::Invalid) => Err(StripeError::Invalid { code: None, param: None, message: "told to refuse".into() }),
            Some(Fault::GoneAfter) => Ok(true),
            None => Ok(false),
        }
    }
}

fn end<T>(gone: bool, value: T) -> Result<T, StripeError> {
    if gone { Err(StripeError::Unavailable("gone after the work".into())) } else { Ok(value) }
}

#[async_trait::async_trait]
impl StripePort for FakeStripe {
    async fn open_checkout(&self, request: &OpenCheckout, idempotency_key: &str) -> Result<OpenedCheckout, StripeError> {
        let mut inner = self.inner();
        let gone = Self::begin(&mut inner)?;
        if inner.asked.entry(idempotency_key.to_owned()).or_insert_with(|| request.clone()) != request {
            return Err(StripeError::Idempotency(format!("{idempotency_key} holds another request")));
        }
        let session = match inner.by_key.get(idempotency_key) {
            Some(session) => session.clone(),
            None => {
                let session = format!("cs_test_{:04}", inner.sessions.len() + 1);
                let reading = CheckoutReading {
                    session_id: session.clone(),
                    state: CheckoutState::Open,
                    amount_total_minor: request.price.amount_minor,
                    currency: request.price.currency,
                    client_reference_id: Some(request.client_reference_id.clone()),
                    subscription: None,
                    payment_intent: None,
                    customer: None,
                    url: Some(format!("http://stripe.test/c/pay/{session}")),
                };
                inner.sessions.insert(session.clone(), reading);
                inner.by_key.insert(idempotency_key.to_owned(), session.clone());
                session
            }
        };
        end(gone, OpenedCheckout { url: format!("http://stripe.test/c/pay/{session}"), session_id: session })
    }

    async fn read_checkout(&self, session_id: &str) -> Result<CheckoutReading, StripeError> {
        let mut inner = self.inner();
        let gone = Self::begin(&mut inner)?;
        let reading = inner.sessions.get(session_id).cloned().ok_or(StripeError::NotFound)?;
        end(gone, reading)
    }

    async fn expire_checkout(&self, session_id: &str) -> Result<CheckoutReading, StripeError> {
        let mut inner = self.inner();
        let gone = Self::begin(&mut inner)?;
        let reading = inner.sessions.get_mut(session_id).ok_or(StripeError::NotFound)?;
        if reading.state == CheckoutState::Open {
            reading.state = CheckoutState::Expired;
        }
        let reading = reading.clone();
        end(gone, reading)
    }

    async fn refund(&self, request: &RefundRequest, idempotency_key: &str) -> Result<Refunded, StripeError> {
        let mut inner = self.inner();
        let gone = Self::begin(&mut inner)?;
        let of = match &request.of {
            Refundable::PaymentIntent(id) | Refundable::Subscription(id) => id.clone(),
        };
        let known = inner.by_key.contains_key(idempotency_key) || inner.refunds.contains(&of);
        if !known {
            inner.by_key.insert(idempotency_key.to_owned(), of.clone());
            inner.refunds.push(of.clone());
        }
        end(gone, Refunded { refund_id: format!("re_{of}"), state: RefundState::Succeeded, amount_minor: 300, currency: Currency::Usd, payment_intent: "pi_test".into() })
    }

    /// Paid, and charged again on 22 December 2026.
    async fn read_subscription(&self, subscription_id: &str) -> Result<SubscriptionReading, StripeError> {
        let mut inner = self.inner();
        let gone = Self::begin(&mut inner)?;
        let known = inner.sessions.values().find(|reading| reading.subscription.as_deref() == Some(subscription_id)).ok_or(StripeError::NotFound)?;
        let price = Money { amount_minor: known.amount_total_minor, currency: known.currency };
        let reading = SubscriptionReading {
            subscription_id: subscription_id.to_owned(),
            state: SubscriptionState::Active,
            price,
            next_charge_unix: Some(1_797_930_000),
            ends_at_unix: None,
            mend_url: None,
        };
        end(gone, reading)
    }

    async fn cancel_subscription(&self, _subscription_id: &str) -> Result<(), StripeError> {
        let mut inner = self.inner();
        let gone = Self::begin(&mut inner)?;
        end(gone, ())
    }
}
