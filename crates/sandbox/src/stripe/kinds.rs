//! The kinds of objects, their id prefixes and what Stripe calls them in messages.

/// A kind of object that is kept and can be looked up by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Charge,
    Customer,
    Event,
    Invoice,
    InvoicePayment,
    PaymentIntent,
    PaymentMethod,
    Price,
    Product,
    Refund,
    Session,
    Subscription,
    WebhookEndpoint,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        Self::Charge,
        Self::Customer,
        Self::Event,
        Self::Invoice,
        Self::InvoicePayment,
        Self::PaymentIntent,
        Self::PaymentMethod,
        Self::Price,
        Self::Product,
        Self::Refund,
        Self::Session,
        Self::Subscription,
        Self::WebhookEndpoint,
    ];

    /// The noun of "No such …" messages.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Charge => "charge",
            Self::Customer => "customer",
            Self::Event => "event",
            Self::Invoice => "invoice",
            Self::InvoicePayment => "invoice_payment",
            Self::PaymentIntent => "payment_intent",
            Self::PaymentMethod => "PaymentMethod",
            Self::Price => "price",
            Self::Product => "product",
            Self::Refund => "refund",
            Self::Session => "checkout.session",
            Self::Subscription => "subscription",
            Self::WebhookEndpoint => "webhook endpoint",
        }
    }

    /// The kind an id belongs to, by its prefix.
    pub fn of_id(id: &str) -> Option<Self> {
        let (prefix, _) = id.split_once('_')?;
        Some(match prefix {
            "ch" => Self::Charge,
            "cus" => Self::Customer,
            "evt" => Self::Event,
            "in" => Self::Invoice,
            "inpay" => Self::InvoicePayment,
            "pi" => Self::PaymentIntent,
            "pm" => Self::PaymentMethod,
            "price" => Self::Price,
            "prod" => Self::Product,
            "re" => Self::Refund,
            "cs" => Self::Session,
            "sub" => Self::Subscription,
            "we" => Self::WebhookEndpoint,
            _ => return None,
        })
    }
}
