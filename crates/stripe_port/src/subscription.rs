use kit::Money;

/// How a subscription stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SubscriptionState {
    /// What was due is paid (Stripe: active, trialing).
    Active,
    /// A charge did not go through; Stripe tries again, or waits for another card (past_due, unpaid, incomplete).
    Late,
    /// Over for good (canceled, incomplete_expired).
    Ended,
}

/// What Stripe holds to be true of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionReading {
    /// `sub_…`
    pub subscription_id: String,
    pub state: SubscriptionState,
    /// What one charge takes.
    pub price: Money,
    /// Unix seconds of the next charge, or of the next try at one that did not go through; none when none comes.
    pub next_charge_unix: Option<i64>,
    /// Unix seconds of its end, when that is settled.
    pub ends_at_unix: Option<i64>,
    /// Stripe's page where an open invoice can be paid with any card.
    pub mend_url: Option<String>,
}
