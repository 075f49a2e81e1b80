//! The hosted payment page: plain forms, no script. `GET` shows, `POST` tries a card and answers with a
//! redirect (paid, or a 3-D Secure step) or with the form again and what went wrong.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{Path, RawQuery, State as Shared},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{StatusCode, header};

use super::{
    attempts::{self, Verdict},
    cards::{self, Number},
    checkout::{self, Outcome, Payer},
    invoices,
    kinds::Kind,
    page_view::{self, Entry, Wrong},
    payment_methods, sweeper,
};
use crate::{
    errors::ApiError,
    state::{App, Owner, State},
};

const TYPED_MAX: usize = 200;

/// The pages.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/c/pay/{session}", get(show).post(pay))
        .route("/c/pay/{session}/verify", get(show_verify).post(verify))
        .route("/3ds/{intent}", get(show_intent).post(verify_intent))
        .route("/i/{invoice}", get(show_invoice).post(pay_invoice))
}

fn redirect(address: &str) -> Response {
    let link = crate::html::escape(address);
    let mut response = page_view::notice(StatusCode::SEE_OTHER, "התשלום כבר הושלם", "אין צורך לשלם שוב, ולא נלקח חיוב נוסף.", Some((&link, "חזרה לאתר")));
    match header::HeaderValue::from_str(address) {
        Ok(location) => {
            response.headers_mut().insert(header::LOCATION, location);
            response
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn not_found() -> Response {
    page_view::notice(StatusCode::NOT_FOUND, "הדף לא נמצא", "הקישור לתשלום אינו מוכר. כדאי לחזור לאתר ולהתחיל את התשלום מחדש.", None)
}

fn trouble(error: &ApiError) -> Response {
    if error.status == 404 {
        return not_found();
    }
    tracing::warn!(?error, "the payment page could not do what it was asked");
    page_view::notice(StatusCode::INTERNAL_SERVER_ERROR, "אירעה תקלה", "לא חויבת. אפשר לרענן את הדף ולנסות שוב.", None)
}

/// Form fields or a query by name, cut to a sensible length.
struct Typed(Vec<(String, String)>);

impl Typed {
    fn read(encoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(encoded).take(20).map(|(name, value)| (name.into_owned(), value.trim().chars().take(TYPED_MAX).collect())).collect())
    }

    fn get(&self, name: &str) -> String {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default()
    }
}

/// A session that can still be paid, or the page that says why not.
fn open_session(state: &mut State, id: &str) -> Result<serde_json::Value, Box<Response>> {
    sweeper::sweep(state);
    let session = state.get(Kind::Session, id).map_err(|_| Box::new(not_found()))?;
    match session["status"].as_str() {
        Some("open") => Ok(session.clone()),
        Some("complete") => Err(Box::new(redirect(&checkout::success_url(session)))),
        _ => Err(Box::new(page_view::expired(session))),
    }
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let typed = Typed::read(query.unwrap_or_default().as_bytes());
    let mut state = app.state();
    let session = match open_session(&mut state, &id) {
        Ok(session) => session,
        Err(response) => return *response,
    };
    let mut entry = Entry { email: session["customer_details"]["email"].as_str().or(session["customer_email"].as_str()).unwrap_or_default().to_owned(), ..Entry::default() };
    if let Number::Test(card) = cards::read(&typed.get("card")) {
        entry = Entry { number: card.grouped(), expiry: "12 / 34".into(), cvc: "123".into(), ..entry };
    }
    page_view::form(&state, &session, &entry, None)
}

async fn pay(Shared(app): Shared<Arc<App>>, Path(id): Path<String>, body: Bytes) -> Response {
    let typed = Typed::read(&body);
    let entry = Entry { number: typed.get("cardNumber"), expiry: typed.get("cardExpiry"), cvc: typed.get("cardCvc"), name: typed.get("billingName"), email: typed.get("email") };
    let mut guard = app.state();
    let state = &mut *guard;
    let session = match open_session(state, &id) {
        Ok(session) => session,
        Err(response) => return *response,
    };
    let again = |state: &State, wrong: Wrong| page_view::form(state, &session, &Entry { cvc: String::new(), ..entry.clone() }, Some(wrong));
    let expiry = match read_card(&entry, state.now()) {
        Ok(expiry) => expiry,
        Err(wrong) => return again(state, wrong),
    };
    let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let payer = Payer { name: said(&entry.name), email: said(&entry.email), expiry: Some(expiry) };
    let outcome = match cards::read(&entry.number) {
        Number::Test(card) => checkout::pay(state, &id, card, payer),
        _ => checkout::refuse_live_card(state, &id),
    };
    match outcome {
        Ok(Outcome::Paid(address)) => redirect(&address),
        Ok(Outcome::NeedsAuthentication) => redirect(&format!("{}/c/pay/{id}/verify", state.public_url)),
        Ok(Outcome::Declined(decline)) => again(state, Wrong::Declined(decline)),
        Ok(Outcome::Expired) => page_view::expired(&session),
        Err(error) => trouble(&error),
    }
}

/// Month and year of a card that can be tried, or what is wrong with what was typed.
fn read_card(entry: &Entry, now: i64) -> Result<(u32, u32), Wrong> {
    let number = cards::read(&entry.number);
    if matches!(number, Number::Wrong) {
        return Err(Wrong::Number);
    }
    let expiry = read_expiry(&entry.expiry, now).ok_or(Wrong::Expiry)?;
    let wanted = if matches!(number, Number::Test(card) if card.brand == "amex") { 3..=4 } else { 3..=3 };
    if !wanted.contains(&entry.cvc.len()) || !entry.cvc.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Wrong::Cvc);
    }
    if !entry.email.is_empty() && !entry.email.contains('@') {
        return Err(Wrong::Email);
    }
    Ok(expiry)
}

/// `08 / 29`, `0829`, `8/2029`; none when it is unreadable or in the past.
fn read_expiry(typed: &str, now: i64) -> Option<(u32, u32)> {
    let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
    let (month, year) = match typed.split_once(['/', '-']) {
        Some((month, year)) => (month.trim().parse().ok()?, year.trim().parse().ok()?),
        None if digits.len() == 4 || digits.len() == 6 => (digits[..2].parse().ok()?, digits[2..].parse().ok()?),
        None => return None,
    };
    let year: u32 = if year < 100 { 2_000 + year } else { year };
    let today = jiff::Timestamp::from_second(now).ok()?.to_zoned(jiff::tz::TimeZone::UTC);
    let this_month = (u32::try_from(today.year()).ok()?, u32::try_from(today.month()).ok()?);
    ((1..=12).contains(&month) && (year, month) >= this_month && year < this_month.0 + 50).then_some((month, year))
}

async fn show_verify(Shared(app): Shared<Arc<App>>, Path(id): Path<String>) -> Response {
    let mut state = app.state();
    match open_session(&mut state, &id) {
        Ok(session) if checkout::awaits_authentication(&state, &id) => {
            page_view::verify(state.options(), &session["amount_total"], &session["currency"], &format!("/c/pay/{id}/verify"))
        }
        Ok(_) => redirect(&format!("{}/c/pay/{id}", state.public_url)),
        Err(response) => *response,
    }
}

async fn verify(Shared(app): Shared<Arc<App>>, Path(id): Path<String>, body: Bytes) -> Response {
    let passed = Typed::read(&body).get("outcome") == "confirm";
    let mut guard = app.state();
    let state = &mut *guard;
    let session = match open_session(state, &id) {
        Ok(session) => session,
        Err(response) => return *response,
    };
    if !checkout::awaits_authentication(state, &id) {
        return redirect(&format!("{}/c/pay/{id}", state.public_url));
    }
    let payer = state.plans.get(&id).and_then(|plan| plan.payer.clone()).unwrap_or_default();
    match checkout::authenticated(state, &id, passed) {
        Ok(Outcome::Paid(address)) => redirect(&address),
        Ok(Outcome::NeedsAuthentication) => redirect(&format!("{}/c/pay/{id}/verify", state.public_url)),
        Ok(Outcome::Declined(decline)) => {
            let entry = Entry { name: payer.name.unwrap_or_default(), email: payer.email.unwrap_or_default(), ..Entry::default() };
            page_view::form(state, &session, &entry, Some(Wrong::Declined(decline)))
        }
        Ok(Outcome::Expired) => page_view::expired(&session),
        Err(error) => trouble(&error),
    }
}

async fn show_intent(Shared(app): Shared<Arc<App>>, Path(id): Path<String>) -> Response {
    let state = app.state();
    match state.get(Kind::PaymentIntent, &id) {
        Ok(intent) if intent["status"] == "requires_action" => page_view::verify(state.options(), &intent["amount"], &intent["currency"], &format!("/3ds/{id}")),
        Ok(_) => page_view::notice(StatusCode::OK, "אין מה לאמת", "התשלום הזה אינו ממתין לאימות.", None),
        Err(_) => not_found(),
    }
}

async fn verify_intent(Shared(app): Shared<Arc<App>>, Path(id): Path<String>, body: Bytes) -> Response {
    let passed = Typed::read(&body).get("outcome") == "confirm";
    let mut guard = app.state();
    let state = &mut *guard;
    let Ok(intent) = state.get(Kind::PaymentIntent, &id).cloned() else { return not_found() };
    if let Some(Owner::Session(session)) = state.owners.get(&id) {
        return redirect(&format!("{}/c/pay/{session}/verify", state.public_url));
    }
    let verdict = match attempts::authenticated(state, &id, passed) {
        Ok(verdict) => verdict,
        Err(error) => return trouble(&error),
    };
    if let (Verdict::Pays, Some(Owner::Invoice(invoice))) = (verdict, state.owners.get(&id).cloned())
        && let Err(error) = super::invoices::mark_paid(state, &invoice, Some(&id))
    {
        return trouble(&error);
    }
    if let Some(address) = intent["next_action"]["redirect_to_url"]["return_url"].as_str() {
        let mut address = address.to_owned();
        if let Ok(mut url) = url::Url::parse(&address) {
            let secret = intent["client_secret"].as_str().unwrap_or_default();
            url.query_pairs_mut()
                .append_pair("payment_intent", &id)
                .append_pair("payment_intent_client_secret", secret)
                .append_pair("redirect_status", if matches!(verdict, Verdict::Pays) { "succeeded" } else { "failed" });
            address = url.to_string();
        }
        return redirect(&address);
    }
    match verdict {
        Verdict::Pays => page_view::notice(StatusCode::OK, "האימות הושלם", "התשלום עבר. אפשר לסגור את הדף.", None),
        _ => page_view::notice(StatusCode::OK, "האימות לא הושלם", "לא חויבת. אפשר לנסות שוב, או לבחור כרטיס אחר.", None),
    }
}

async fn show_invoice(Shared(app): Shared<Arc<App>>, Path(id): Path<String>) -> Response {
    let state = app.state();
    match state.get(Kind::Invoice, &id) {
        Ok(invoice) => page_view::invoice(invoice, &Entry::default(), None),
        Err(_) => not_found(),
    }
}

/// An open invoice paid with a card, as Stripe's own page of it allows.
async fn pay_invoice(Shared(app): Shared<Arc<App>>, Path(id): Path<String>, body: Bytes) -> Response {
    let typed = Typed::read(&body);
    let entry = Entry { number: typed.get("cardNumber"), expiry: typed.get("cardExpiry"), cvc: typed.get("cardCvc"), ..Entry::default() };
    let mut guard = app.state();
    let state = &mut *guard;
    let Ok(invoice) = state.get(Kind::Invoice, &id).cloned() else { return not_found() };
    let here = format!("{}/i/{id}", state.public_url);
    if invoice["status"] != "open" {
        return redirect(&here);
    }
    let again = |wrong: Wrong| page_view::invoice(&invoice, &Entry { cvc: String::new(), ..entry.clone() }, Some(wrong));
    let expiry = match read_card(&entry, state.now()) {
        Ok(expiry) => expiry,
        Err(wrong) => return again(wrong),
    };
    let Number::Test(card) = cards::read(&entry.number) else { return again(Wrong::Declined(&cards::LIVE_CARD)) };
    let at = attempts::Circumstances { off_session: false, authenticated: false };
    let paid = payment_methods::add(state, card, Some(expiry), None, None).and_then(|method| invoices::charge(state, &id, &method, at));
    match paid {
        Ok(Verdict::Pays) => redirect(&here),
        Ok(Verdict::Declines(decline)) => again(Wrong::Declined(decline)),
        Ok(Verdict::NeedsAuthentication) => match invoices::intent_for(state, &id) {
            Ok(intent) => redirect(&format!("{}/3ds/{intent}", state.public_url)),
            Err(error) => trouble(&error),
        },
        Err(error) => trouble(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::read_expiry;

    #[test]
    fn a_date_is_read_however_people_write_it() {
        let now = 1_795_219_200; // 2026-11-21
        assert_eq!(read_expiry("08 / 29", now), Some((8, 2029)));
        assert_eq!(read_expiry("1134", now), Some((11, 2034)));
        assert_eq!(read_expiry("11/2026", now), Some((11, 2026)));
        assert_eq!(read_expiry("10/26", now), None);
        assert_eq!(read_expiry("13/30", now), None);
        assert_eq!(read_expiry("", now), None);
    }
}
