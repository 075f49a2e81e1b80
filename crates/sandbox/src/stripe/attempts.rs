//! The one place where a card is tried: what would come of it, and doing it.

use serde_json::{Value, json};

use super::{
    cards::{AUTHENTICATION_FAILED, AUTHENTICATION_REQUIRED, Behaviour, Decline},
    charges,
    kinds::Kind,
    payment_intents::unexpected_state,
    payment_methods,
};
use crate::{errors::ApiError, state::State};

/// What trying a card leads to.
#[derive(Debug, Clone, Copy)]
pub enum Verdict {
    Pays,
    NeedsAuthentication,
    Declines(&'static Decline),
}

/// Under which circumstances a card is tried.
#[derive(Debug, Clone, Copy, Default)]
pub struct Circumstances {
    /// The payer is not there.
    pub off_session: bool,
    /// The payer has passed the 3-D Secure step.
    pub authenticated: bool,
}

/// What would come of trying a payment method.
pub fn verdict(state: &State, method: &str, at: Circumstances) -> Result<Verdict, ApiError> {
    let saved = !state.get(Kind::PaymentMethod, method)?["customer"].is_null();
    Ok(match payment_methods::card(state, method)?.behaviour {
        Behaviour::Pays => Verdict::Pays,
        Behaviour::Declines(decline) | Behaviour::SavesThenDeclines(decline) => Verdict::Declines(decline),
        Behaviour::Authenticates { then, once } => {
            // Somebody who authenticated when the card was saved is not asked again while away.
            let known = at.authenticated || (once && saved && at.off_session);
            match then {
                _ if !known && at.off_session => Verdict::Declines(&AUTHENTICATION_REQUIRED),
                _ if !known => Verdict::NeedsAuthentication,
                Some(decline) => Verdict::Declines(decline),
                None => Verdict::Pays,
            }
        }
    })
}

/// Tries a payment method on an intent. The inner result tells whether the card held.
pub fn attempt(state: &mut State, id: &str, method: &str, at: Circumstances, return_url: Option<&str>) -> Result<Verdict, ApiError> {
    let card = payment_methods::card(state, method)?;
    let verdict = verdict(state, method, at)?;
    let intent = state.get(Kind::PaymentIntent, id)?.clone();
    match verdict {
        Verdict::NeedsAuthentication => {
            let page = format!("{}/3ds/{id}", state.public_url);
            let next_action = match return_url {
                Some(return_url) => json!({ "type": "redirect_to_url", "redirect_to_url": { "return_url": return_url, "url": page } }),
                None => json!({ "type": "use_stripe_sdk", "use_stripe_sdk": { "type": "three_d_secure_redirect", "stripe_js": page } }),
            };
            let (intent, _) =
                state.set(Kind::PaymentIntent, id, json!({ "status": "requires_action", "payment_method": method, "next_action": next_action, "last_payment_error": null }))?;
            state.record("payment_intent.requires_action", intent);
        }
        Verdict::Declines(decline) => {
            let charge = charges::add(state, &intent, method, card, Some(decline), false)?;
            fail(state, id, method, decline, Some(&charge["id"]))?;
        }
        Verdict::Pays => {
            let held = intent["capture_method"] == "manual";
            let charge = charges::add(state, &intent, method, card, None, !held)?;
            let (status, capturable, received) = if held { ("requires_capture", intent["amount"].clone(), json!(0)) } else { ("succeeded", json!(0), intent["amount"].clone()) };
            let fields = json!({ "status": status, "payment_method": method, "latest_charge": charge["id"], "amount_capturable": capturable, "amount_received": received, "next_action": null, "last_payment_error": null });
            let (intent, _) = state.set(Kind::PaymentIntent, id, fields)?;
            if let (Some(customer), true) = (intent["customer"].as_str(), !intent["setup_future_usage"].is_null()) {
                payment_methods::save(state, method, customer)?;
            }
            state.record(if held { "payment_intent.amount_capturable_updated" } else { "payment_intent.succeeded" }, intent);
        }
    }
    Ok(verdict)
}

fn fail(state: &mut State, id: &str, method: &str, decline: &'static Decline, charge: Option<&Value>) -> Result<(), ApiError> {
    let mut error = charges::card_error(decline).body()["error"].clone();
    error["payment_method"] = state.get(Kind::PaymentMethod, method)?.clone();
    let mut fields = json!({ "status": "requires_payment_method", "payment_method": null, "next_action": null });
    if let Some(charge) = charge {
        error["charge"] = charge.clone();
        fields["latest_charge"] = charge.clone();
    }
    fields["last_payment_error"] = error;
    let (intent, _) = state.set(Kind::PaymentIntent, id, fields)?;
    state.record("payment_intent.payment_failed", intent);
    Ok(())
}

/// The payer answered the 3-D Secure step. The intent's owner is not told: that is the page's to do.
pub fn authenticated(state: &mut State, id: &str, passed: bool) -> Result<Verdict, ApiError> {
    let intent = state.get(Kind::PaymentIntent, id)?;
    let method = intent["payment_method"].as_str().filter(|_| intent["status"] == "requires_action").map(str::to_owned);
    let Some(method) = method else { return Err(unexpected_state(intent, "answer the 3-D Secure step of")) };
    if passed {
        return attempt(state, id, &method, Circumstances { authenticated: true, off_session: false }, None);
    }
    fail(state, id, &method, &AUTHENTICATION_FAILED, None)?;
    Ok(Verdict::Declines(&AUTHENTICATION_FAILED))
}
