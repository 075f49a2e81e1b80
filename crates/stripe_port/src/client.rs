use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::time::Duration;

use kit::{Currency, Money};
use stripe::{Client, ClientBuilder, IdempotencyKey, RequestStrategy, StripeRequest};
use stripe_billing::subscription::{CancelSubscription, RetrieveSubscription};
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionLineItems, CreateCheckoutSessionLineItemsPriceData, CreateCheckoutSessionLineItemsPriceDataRecurring,
    CreateCheckoutSessionLineItemsPriceDataRecurringInterval, CreateCheckoutSessionPaymentIntentData, CreateCheckoutSessionSubscriptionData, ExpireCheckoutSession, ProductData,
    RetrieveCheckoutSession,
};
use stripe_client_core::RequestBuilder;
use stripe_core::refund::{CreateRefund, CreateRefundReason, ListRefund};
use stripe_shared::CheckoutSessionMode;

use crate::readings::{Refund, RefundList, Session, SubscriptionPayments, SubscriptionPlan, SubscriptionStatus};
use crate::{
    CheckoutReading, CheckoutState, Interval, OpenCheckout, OpenedCheckout, RefundReason, RefundRequest, Refundable, Refunded, StripeError, StripePort, SubscriptionReading,
};

/// Eight seconds: a checkout opens in well under one, and a job's lease is longer.
pub const DEFAULT_TIMEOUT_MS: u64 = 8_000;

/// Where Stripe is and who we are there.
#[derive(Clone)]
pub struct StripeSettings {
    /// `https://api.stripe.com`, or a stand-in's address.
    pub base_url: String,
    /// `sk_…` or `rk_…`; never printed.
    pub secret_key: String,
    /// For one verb of the port in all, its several requests included. See [`DEFAULT_TIMEOUT_MS`].
    pub timeout_ms: u64,
}

/// The real thing, over the network.
#[derive(Clone)]
pub struct StripeClient {
    client: Client,
    base_url: String,
    timeout: Duration,
}

impl fmt::Debug for StripeSettings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("StripeSettings").field("base_url", &self.base_url).field("secret_key", &"(hidden)").field("timeout_ms", &self.timeout_ms).finish()
    }
}

impl fmt::Debug for StripeClient {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("StripeClient").field("base_url", &self.base_url).field("timeout", &self.timeout).finish()
    }
}

impl StripeClient {
    /// Makes no call. [`StripeError::Invalid`] with code `settings` when the address or the key cannot be used, or
    /// when a live key would travel in the clear.
    pub fn new(settings: StripeSettings) -> Result<Self, StripeError> {
        let StripeSettings { base_url, secret_key, timeout_ms } = settings;
        let wrong = |param, message| Err(StripeError::invalid("settings", param, message));
        if secret_key.is_empty() || !secret_key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return wrong("secret_key", "the secret key must be visible ASCII characters");
        }
        if timeout_ms == 0 {
            return wrong("timeout_ms", "the time-out must be above zero");
        }
        let encrypted = base_url.starts_with("https://");
        if !encrypted && !base_url.starts_with("http://") {
            return wrong("base_url", "the address must begin with https:// or http://");
        }
        if !encrypted && secret_key.contains("_live_") {
            return wrong("base_url", "a live key may only be sent over https");
        }
        // The SDK appends "v1/…" to the address as it stands.
        let base_url = format!("{}/", base_url.trim_end_matches('/'));
        let client = ClientBuilder::new(secret_key).url(&base_url).request_strategy(RequestStrategy::Once).build()?;
        Ok(Self { client, base_url, timeout: Duration::from_millis(timeout_ms) })
    }

    async fn within<T>(&self, work: impl Future<Output = Result<T, StripeError>> + Send) -> Result<T, StripeError> {
        let late = |_| StripeError::Unavailable(format!("no answer within {} ms", self.timeout.as_millis()));
        tokio::time::timeout(self.timeout, work).await.map_err(late)?
    }

    async fn send<T>(&self, request: RequestBuilder, idempotency_key: Option<&str>) -> Result<T, StripeError>
    where
        T: miniserde::Deserialize + Send,
    {
        let request = in_one_order(request).customize::<T>();
        let request = match idempotency_key {
            Some(key) => request.request_strategy(RequestStrategy::Idempotent(usable_key(key)?)),
            None => request,
        };
        Ok(request.send(&self.client).await?)
    }

    async fn session(&self, session_id: &str) -> Result<CheckoutReading, StripeError> {
        let request = RetrieveCheckoutSession::new(usable_id(session_id)?).build();
        self.send::<Session>(request, None).await?.reading()
    }

    async fn expire(&self, session_id: &str) -> Result<CheckoutReading, StripeError> {
        let request = ExpireCheckoutSession::new(usable_id(session_id)?).build();
        match self.send::<Session>(request, None).await {
            Ok(session) => session.reading(),
            // Only open sessions can be expired: look how this one ended.
            Err(refusal @ StripeError::Invalid { .. }) => match self.session(session_id).await? {
                reading if reading.state == CheckoutState::Open => Err(refusal),
                reading => Ok(reading),
            },
            Err(error) => Err(error),
        }
    }

    async fn cancel(&self, subscription_id: &str) -> Result<(), StripeError> {
        let id = usable_id(subscription_id)?;
        match self.send::<SubscriptionStatus>(CancelSubscription::new(id).build(), None).await {
            Ok(_) => Ok(()),
            // Stripe answers so for an ended subscription too; reading it tells the two apart.
            Err(refusal @ (StripeError::NotFound | StripeError::Invalid { .. })) => {
                let request = RetrieveSubscription::new(id).build();
                let subscription = self.send::<SubscriptionStatus>(request, None).await?;
                if subscription.has_ended() { Ok(()) } else { Err(refusal) }
            }
            Err(error) => Err(error),
        }
    }

    async fn give_back(&self, request: &RefundRequest, idempotency_key: &str) -> Result<Refunded, StripeError> {
        let payment_intent = match &request.of {
            Refundable::PaymentIntent(id) => usable_id(id)?.to_owned(),
            Refundable::Subscription(id) => self.end_for_refund(id).await?,
        };
        let outcome = self.send::<Refund>(refund_form(request, &payment_intent), Some(idempotency_key)).await;
        match outcome {
            Ok(refund) => refund.refunded(payment_intent),
            Err(StripeError::Invalid { code: Some(code), param, message }) if code == "charge_already_refunded" => {
                let earlier = ListRefund::new().payment_intent(payment_intent.as_str()).limit(10).build();
                let earlier = self.send::<RefundList>(earlier, None).await?.data.into_iter().find(Refund::stands);
                let refusal = StripeError::Invalid { code: Some(code), param, message };
                earlier.ok_or(refusal)?.refunded(payment_intent)
            }
            Err(error) => Err(error),
        }
    }

    /// Cancels and names the payment intent of the latest invoice.
    async fn end_for_refund(&self, subscription_id: &str) -> Result<String, StripeError> {
        let expand = vec!["latest_invoice.payments".to_owned()];
        let request = RetrieveSubscription::new(usable_id(subscription_id)?).expand(expand).build();
        let subscription = self.send::<SubscriptionPayments>(request, None).await?;
        self.cancel(subscription_id).await?;
        let unpaid = || StripeError::invalid("nothing_paid", "subscription", "the latest invoice was not paid");
        subscription.paid_intent().ok_or_else(unpaid)
    }
}

#[async_trait::async_trait]
impl StripePort for StripeClient {
    async fn open_checkout(&self, request: &OpenCheckout, idempotency_key: &str) -> Result<OpenedCheckout, StripeError> {
        self.within(self.send::<Session>(checkout_form(request), Some(idempotency_key))).await?.opened()
    }

    async fn read_checkout(&self, session_id: &str) -> Result<CheckoutReading, StripeError> {
        self.within(self.session(session_id)).await
    }

    async fn expire_checkout(&self, session_id: &str) -> Result<CheckoutReading, StripeError> {
        self.within(self.expire(session_id)).await
    }

    async fn refund(&self, request: &RefundRequest, idempotency_key: &str) -> Result<Refunded, StripeError> {
        usable_key(idempotency_key)?;
        self.within(self.give_back(request, idempotency_key)).await
    }

    async fn cancel_subscription(&self, subscription_id: &str) -> Result<(), StripeError> {
        self.within(self.cancel(subscription_id)).await
    }

    async fn read_subscription(&self, subscription_id: &str) -> Result<SubscriptionReading, StripeError> {
        let request = RetrieveSubscription::new(usable_id(subscription_id)?).expand(vec!["latest_invoice".to_owned()]).build();
        self.within(self.send::<SubscriptionPlan>(request, None)).await?.reading()
    }
}

/// Source: docs.stripe.com/api/checkout/sessions/create
fn checkout_form(request: &OpenCheckout) -> RequestBuilder {
    let Money { amount_minor, currency } = request.price;
    let currency = match currency {
        Currency::Ils => stripe_types::Currency::ILS,
        Currency::Usd => stripe_types::Currency::USD,
    };
    let mut price = CreateCheckoutSessionLineItemsPriceData::new(currency);
    price.unit_amount = Some(amount_minor);
    price.product_data = Some(ProductData::new(request.product_name.as_str()));
    let metadata = metadata(&request.metadata);
    let form =
        CreateCheckoutSession::new().success_url(request.success_url.as_str()).cancel_url(request.cancel_url.as_str()).client_reference_id(request.client_reference_id.as_str());
    let form = match &metadata {
        Some(pairs) => form.metadata(pairs.clone()),
        None => form,
    };
    let form = match request.interval {
        Interval::Month => {
            let month = CreateCheckoutSessionLineItemsPriceDataRecurringInterval::Month;
            price.recurring = Some(CreateCheckoutSessionLineItemsPriceDataRecurring::new(month));
            let mut subscription = CreateCheckoutSessionSubscriptionData::new();
            subscription.metadata = metadata;
            form.mode(CheckoutSessionMode::Subscription).subscription_data(subscription)
        }
        Interval::Once => {
            let mut payment = CreateCheckoutSessionPaymentIntentData::new();
            payment.metadata = metadata;
            form.mode(CheckoutSessionMode::Payment).payment_intent_data(payment)
        }
    };
    let mut line = CreateCheckoutSessionLineItems::new();
    line.price_data = Some(price);
    line.quantity = Some(1);
    let form = form.line_items(vec![line]);
    match request.expires_at_unix {
        Some(at) => form.expires_at(at).build(),
        None => form.build(),
    }
}

/// Source: docs.stripe.com/api/refunds/create
fn refund_form(request: &RefundRequest, payment_intent: &str) -> RequestBuilder {
    let reason = match request.reason {
        RefundReason::Duplicate => CreateRefundReason::Duplicate,
        RefundReason::RequestedByCustomer => CreateRefundReason::RequestedByCustomer,
    };
    let form = CreateRefund::new().payment_intent(payment_intent).reason(reason);
    match metadata(&request.metadata) {
        Some(pairs) => form.metadata(pairs).build(),
        None => form.build(),
    }
}

/// None when there is none: an empty map would be written as `metadata=`, which is Stripe's word for erasing it.
fn metadata(pairs: &[(String, String)]) -> Option<HashMap<String, String>> {
    (!pairs.is_empty()).then(|| pairs.iter().cloned().collect())
}

/// Sorts the form. The SDK keeps metadata in hash maps, so that the same request would be written differently each
/// time; a repetition under one idempotency key should be the same bytes. Safe because list items carry their index.
fn in_one_order(mut request: RequestBuilder) -> RequestBuilder {
    if let Some(body) = &mut request.body {
        let mut pairs: Vec<&str> = body.split('&').collect();
        pairs.sort_unstable();
        *body = pairs.join("&");
    }
    request
}

/// The SDK writes ids into the path as they are.
fn usable_id(id: &str) -> Result<&str, StripeError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let usable = !id.is_empty() && id.len() <= 255 && id.bytes().all(plain);
    usable.then_some(id).ok_or(StripeError::NotFound)
}

fn usable_key(key: &str) -> Result<IdempotencyKey, StripeError> {
    let refused = || StripeError::invalid("settings", "idempotency_key", "a key is 1 to 255 visible ASCII characters");
    if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(refused());
    }
    IdempotencyKey::new(key).map_err(|_| refused())
}
