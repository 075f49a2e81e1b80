//! Checkout sessions after they are made: read, paid, expired (docs.stripe.com/api/checkout/sessions).

use serde_json::{Map, Value, json};

use super::{
    attempts::{self, Circumstances, Verdict},
    cards::{self, Decline, TestCard},
    charges, customers, invoices,
    kinds::Kind,
    lists::Page,
    payment_intents, payment_methods,
    subscriptions::{self, Draft},
};
use crate::{
    errors::ApiError,
    form::Params,
    state::{Owner, State},
};

/// What paying a session does.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Line items, as the API shows them.
    pub lines: Vec<Value>,
    /// Price, quantity and metadata of those that recur.
    pub recurring: Vec<(Value, i64, Value)>,
    /// The same of those that do not.
    pub once: Vec<(Value, i64, Value)>,
    /// `payment_intent_data`
    pub intent_details: Map<String, Value>,
    /// `subscription_data`
    pub subscription_details: Map<String, Value>,
    /// Seconds since 1970.
    pub trial_end: Option<i64>,
    /// The payment intent of the attempts so far.
    pub intent: Option<String>,
    /// Who is being asked for a 3-D Secure step.
    pub payer: Option<Payer>,
}

/// What the payer typed, without the number.
#[derive(Debug, Clone, Default)]
pub struct Payer {
    pub name: Option<String>,
    pub email: Option<String>,
    /// Month and year of the card.
    pub expiry: Option<(u32, u32)>,
}

/// What became of an attempt on the page.
#[derive(Debug)]
pub enum Outcome {
    /// Go to this address.
    Paid(String),
    /// The bank wants the cardholder.
    NeedsAuthentication,
    /// Nothing was taken.
    Declined(&'static Decline),
    /// Nothing can be paid any more.
    Expired,
}

/// Where the payer goes after paying, with the session's id in its place.
pub fn success_url(session: &Value) -> String {
    let id = session["id"].as_str().unwrap_or_default();
    let address = session["success_url"].as_str().unwrap_or_default().replace("{CHECKOUT_SESSION_ID}", id);
    // A header takes ASCII only; the parser writes everything else as percent signs.
    url::Url::parse(&address).map_or(address, |url| url.to_string())
}

/// Tries a card on a session.
pub fn pay(state: &mut State, id: &str, card: &'static TestCard, payer: Payer) -> Result<Outcome, ApiError> {
    let session = state.get(Kind::Session, id)?.clone();
    match session["status"].as_str() {
        Some("complete") => return Ok(Outcome::Paid(success_url(&session))),
        Some("open") => {}
        _ => return Ok(Outcome::Expired),
    }
    let method = payment_methods::add(state, card, payer.expiry, payer.name.as_deref(), payer.email.as_deref())?;
    set_payer(state, id, Some(payer));
    if session["amount_total"] == 0 {
        complete(state, id, &method)?;
        return Ok(Outcome::Paid(success_url(&session)));
    }
    let intent = intent_for(state, &session)?;
    // Stripe makes the customer when the payment is about to go through, and its events in that order.
    if matches!(attempts::verdict(state, &method, Circumstances::default())?, Verdict::Pays) {
        customer_for(state, id, &intent)?;
    }
    let verdict = attempts::attempt(state, &intent, &method, Circumstances::default(), None)?;
    conclude(state, id, &method, verdict)
}

/// The payer answered the 3-D Secure step.
pub fn authenticated(state: &mut State, id: &str, passed: bool) -> Result<Outcome, ApiError> {
    let session = state.get(Kind::Session, id)?.clone();
    match session["status"].as_str() {
        Some("complete") => return Ok(Outcome::Paid(success_url(&session))),
        Some("open") => {}
        _ => return Ok(Outcome::Expired),
    }
    let intent = state.plans.get(id).and_then(|plan| plan.intent.clone()).ok_or_else(|| ApiError::no_such("payment_intent", id))?;
    let method = state.get(Kind::PaymentIntent, &intent)?["payment_method"].as_str().unwrap_or_default().to_owned();
    let will_pay = passed && matches!(attempts::verdict(state, &method, Circumstances { authenticated: true, off_session: false })?, Verdict::Pays);
    if will_pay {
        customer_for(state, id, &intent)?;
    }
    let verdict = attempts::authenticated(state, &intent, passed)?;
    conclude(state, id, &method, verdict)
}

/// Whether a 3-D Secure step is waiting.
pub fn awaits_authentication(state: &State, id: &str) -> bool {
    let intent = state.plans.get(id).and_then(|plan| plan.intent.as_deref()).and_then(|intent| state.get(Kind::PaymentIntent, intent).ok());
    intent.is_some_and(|intent| intent["status"] == "requires_action")
}

fn conclude(state: &mut State, id: &str, method: &str, verdict: Verdict) -> Result<Outcome, ApiError> {
    match verdict {
        Verdict::Declines(decline) => Ok(Outcome::Declined(decline)),
        Verdict::NeedsAuthentication => Ok(Outcome::NeedsAuthentication),
        Verdict::Pays => {
            complete(state, id, method)?;
            Ok(Outcome::Paid(success_url(state.get(Kind::Session, id)?)))
        }
    }
}

fn set_payer(state: &mut State, id: &str, payer: Option<Payer>) {
    if let Some(plan) = state.plans.get_mut(id) {
        plan.payer = payer;
    }
}

/// The payment intent of a session, made at the first attempt.
fn intent_for(state: &mut State, session: &Value) -> Result<String, ApiError> {
    let id = session["id"].as_str().unwrap_or_default().to_owned();
    if let Some(intent) = state.plans.get(&id).and_then(|plan| plan.intent.clone()) {
        return Ok(intent);
    }
    let mut details = state.plans.get(&id).map(|plan| plan.intent_details.clone()).unwrap_or_default();
    details.insert("customer".into(), session["customer"].clone());
    if session["mode"] == "subscription" {
        details.insert("setup_future_usage".into(), "off_session".into());
        details.insert("description".into(), "Subscription creation".into());
    }
    let intent = payment_intents::add(state, session["amount_total"].as_i64().unwrap_or_default(), session["currency"].as_str().unwrap_or_default(), details)?;
    let intent_id = intent["id"].as_str().unwrap_or_default().to_owned();
    state.owners.insert(intent_id.clone(), Owner::Session(id.clone()));
    if session["mode"] == "payment" {
        state.set(Kind::Session, &id, json!({ "payment_intent": intent_id }))?;
    }
    if let Some(plan) = state.plans.get_mut(&id) {
        plan.intent = Some(intent_id.clone());
    }
    Ok(intent_id)
}

/// Makes the session's customer, where one is wanted and missing.
fn customer_for(state: &mut State, id: &str, intent: &str) -> Result<(), ApiError> {
    let session = state.get(Kind::Session, id)?.clone();
    let saves = state.get(Kind::PaymentIntent, intent).is_ok_and(|intent| !intent["setup_future_usage"].is_null());
    let wanted = session["mode"] == "subscription" || session["customer_creation"] == "always" || saves;
    if !session["customer"].is_null() || !wanted {
        return Ok(());
    }
    let payer = state.plans.get(id).and_then(|plan| plan.payer.clone()).unwrap_or_default();
    let email = payer.email.map_or_else(|| session["customer_email"].clone(), Value::String);
    let customer = customers::add(state, email, payer.name.into(), Value::Null, json!({}))?;
    state.record("customer.created", customer.clone());
    state.set(Kind::Session, id, json!({ "customer": customer["id"] }))?;
    if !intent.is_empty() {
        state.set(Kind::PaymentIntent, intent, json!({ "customer": customer["id"] }))?;
    }
    Ok(())
}

/// The money is there (or none was due): what was bought comes into being, and everybody is told.
fn complete(state: &mut State, id: &str, method: &str) -> Result<(), ApiError> {
    let plan = state.plans.get(id).cloned().ok_or_else(|| ApiError::no_such("checkout.session", id))?;
    let intent = plan.intent.clone().unwrap_or_default();
    customer_for(state, id, &intent)?;
    let session = state.get(Kind::Session, id)?.clone();
    let payer = plan.payer.clone().unwrap_or_default();
    let email = payer.email.map_or_else(|| session["customer_details"]["email"].clone(), Value::String);
    let name = payer.name.map_or_else(|| session["customer_details"]["name"].clone(), Value::String);
    let mut fields = json!({
        "status": "complete",
        "url": null,
        "customer_details": { "address": super::empty_address(), "business_name": null, "email": email, "individual_name": null, "name": name, "phone": null, "tax_exempt": "none", "tax_ids": [] },
    });
    if session["amount_total"] != 0 {
        fields["payment_status"] = "paid".into();
    }
    if session["mode"] == "subscription" {
        let (subscription, invoice) = subscribe(state, &session, plan, method)?;
        fields["subscription"] = subscription;
        fields["invoice"] = invoice;
    }
    set_payer(state, id, None);
    let (session, _) = state.set(Kind::Session, id, fields)?;
    state.record("checkout.session.completed", session);
    Ok(())
}

fn subscribe(state: &mut State, session: &Value, plan: Plan, method: &str) -> Result<(Value, Value), ApiError> {
    let customer = session["customer"].as_str().unwrap_or_default().to_owned();
    payment_methods::save(state, method, &customer)?;
    let draft =
        Draft { customer, items: plan.recurring, once: plan.once, default_payment_method: Some(method.to_owned()), trial_end: plan.trial_end, details: plan.subscription_details };
    let (subscription, invoice) = subscriptions::add(state, draft)?;
    let invoice_id = invoice["id"].as_str().unwrap_or_default();
    if let Some(intent) = &plan.intent {
        invoices::link(state, &invoice, intent)?;
        state.owners.insert(intent.clone(), Owner::Invoice(invoice_id.to_owned()));
    }
    invoices::mark_paid(state, invoice_id, plan.intent.as_deref())?;
    Ok((subscription["id"].clone(), invoice["id"].clone()))
}

/// Ends an open session; a payment that was under way is given up with it.
pub fn run_out(state: &mut State, id: &str) -> Result<Value, ApiError> {
    let (session, _) = state.set(Kind::Session, id, json!({ "status": "expired", "url": null }))?;
    if let Some(intent) = state.plans.get(id).and_then(|plan| plan.intent.clone()) {
        let now = state.now();
        let (intent, _) = state.set(Kind::PaymentIntent, &intent, json!({ "status": "canceled", "canceled_at": now, "cancellation_reason": "abandoned", "next_action": null }))?;
        state.record("payment_intent.canceled", intent);
    }
    state.record("checkout.session.expired", session.clone());
    Ok(session)
}

/// `POST /v1/checkout/sessions/{id}/expire`
pub fn expire(state: &mut State, id: &str, params: Params) -> Result<Value, ApiError> {
    params.finish()?;
    let status = state.get(Kind::Session, id)?["status"].clone();
    if status != "open" {
        return Err(ApiError::invalid(format!(
            "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a status of `{}`.",
            status.as_str().unwrap_or_default()
        )));
    }
    run_out(state, id)
}

/// `POST /v1/checkout/sessions/{id}`: metadata only.
pub fn update(state: &mut State, id: &str, mut params: Params) -> Result<Value, ApiError> {
    let metadata = params.metadata(Some(&state.get(Kind::Session, id)?["metadata"]))?;
    params.finish()?;
    Ok(state.set(Kind::Session, id, json!({ "metadata": metadata }))?.0)
}

/// `GET /v1/checkout/sessions/{id}/line_items`
pub fn line_items(state: &State, id: &str, mut params: Params) -> Result<Value, ApiError> {
    let page = Page::take(&mut params)?;
    params.finish()?;
    state.get(Kind::Session, id)?;
    let lines = state.plans.get(id).map(|plan| plan.lines.as_slice()).unwrap_or_default();
    page.of(&format!("/v1/checkout/sessions/{id}/line_items"), Kind::Session, lines.iter())
}

/// `GET /v1/checkout/sessions`
pub fn list(state: &State, mut params: Params) -> Result<Value, ApiError> {
    let page = Page::take(&mut params)?;
    let mut filters = Vec::new();
    for name in ["customer", "payment_intent", "subscription"] {
        filters.push((name, params.text(name)?));
    }
    filters.push(("status", params.one_of("status", &["complete", "expired", "open"])?));
    params.finish()?;
    let wanted = |session: &&Value| filters.iter().all(|(name, wanted)| super::matches(session, name, wanted.as_deref()));
    page.of("/v1/checkout/sessions", Kind::Session, state.all(Kind::Session).filter(wanted))
}

/// A number that is no test card: refused and written down as an attempt that failed, without the number.
pub fn refuse_live_card(state: &mut State, id: &str) -> Result<Outcome, ApiError> {
    let session = state.get(Kind::Session, id)?;
    if session["status"] != "open" {
        return Ok(if session["status"] == "complete" { Outcome::Paid(success_url(session)) } else { Outcome::Expired });
    }
    tracing::info!(error = %charges::card_error(&cards::LIVE_CARD).body(), "a card that is not for testing was typed");
    Ok(Outcome::Declined(&cards::LIVE_CARD))
}
