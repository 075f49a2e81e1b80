//! The limits of limits.rs at the doors: who is counted, and what he is told. A program gets the error as JSON, a form
//! its page again with what was typed, and whoever goes on all the same a page of one sentence.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use kit::{AppError, Code, Lang};

use super::address::ClientAddress;
use super::cookies;
use super::door::{RequestInfo, error_response, language};
use super::limits::{Key, Limit, Wait, Whose, rule_of};
use super::state::AppState;

/// A form whose sender knocked too often: its door shows it again and does not open.
#[derive(Clone, Copy, Debug)]
struct Over(Wait);

/// The outermost count: everything that is not a file, by session or by address.
pub async fn ceiling(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let address = state.config.trusted_proxies.of_request(request.extensions(), request.headers());
    request.extensions_mut().insert(ClientAddress(address));
    // The token is only looked at: whoever holds one that is no longer alive is counted by it all the same.
    let claims = cookies::read(request.headers(), cookies::SESSION).and_then(|token| state.keys.read(token, state.clock.now()));
    let shares = match &claims {
        Some(claims) => {
            // The narrowest first: what one session is refused takes nothing from its person's share, nor from the building's.
            let own = [Some((Limit::SignedIn, claims.sid)), Some((Limit::Person, claims.sub)), claims.ten.map(|tenant| (Limit::Tenant, tenant))];
            own.into_iter().flatten().map(|(limit, id)| (limit, Key::Id(id))).collect()
        }
        None => vec![(Limit::Requests, Key::of(address))],
    };
    let Err(wait) = check(&state, &shares).await else { return next.run(request).await };
    let is_call = request.method() == Method::POST && request.uri().path().starts_with("/call/");
    if is_call && wants_page(request.headers()) && may_show_again(&state, shares[0].1).await {
        request.extensions_mut().insert(Over(wait));
        return next.run(request).await;
    }
    if wants_page(request.headers()) {
        return short_page(language(request.headers()), wait, request.method() == Method::POST);
    }
    refusal(language(request.headers()), wait)
}

/// Whether this door is knocked at too often from this address, by its own rule; or the form came from someone over
/// the ceiling.
pub async fn over(state: &AppState, parts: &Parts) -> Option<Wait> {
    if let Some(Over(wait)) = parts.extensions.get::<Over>() {
        return Some(*wait);
    }
    let rule = rule_of(parts.uri.path())?;
    let signed_in = parts.extensions.get::<RequestInfo>().is_some_and(|info| info.claims.is_some());
    if rule.strangers_only && signed_in {
        return None;
    }
    check(state, &[(rule.limit, key_of(parts))]).await.err()
}

/// Counts what a door found out by itself to be wrong; true when it was too often.
pub async fn note(state: &AppState, limit: Limit, parts: &Parts) -> Option<Wait> {
    let address = state.config.trusted_proxies.of_request(&parts.extensions, &parts.headers);
    check(state, &[(limit, Key::of(address))]).await.err()
}

/// What a form is shown again with; `None` when even that was done too often, and the short page must do.
pub async fn shown_again(state: &AppState, parts: &Parts, wait: Wait) -> Option<AppError> {
    may_show_again(state, key_of(parts)).await.then(|| {
        let lang = lang_of(parts);
        let kept = if lang == Lang::He { " מה שהוקלד נשמר כאן." } else { " What you typed is kept here." };
        AppError::new(Code::TooMany, format!("{}{kept}", sentence(lang, wait)))
    })
}

/// The refusal of a form that is not shown again, or of a program.
pub fn refuse(parts: &Parts, wait: Wait) -> Response {
    let lang = lang_of(parts);
    if wants_page(&parts.headers) { short_page(lang, wait, parts.method == Method::POST) } else { refusal(lang, wait) }
}

/// Says when to come back.
pub fn with_wait(mut response: Response, wait: Wait) -> Response {
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.seconds));
    response
}

/// Takes one of each of these shares, and counts a refusal.
pub async fn check(state: &AppState, shares: &[(Limit, Key)]) -> Result<(), Wait> {
    let outcome = state.limits.check(shares).await;
    if let Err(wait) = &outcome {
        state.meters.refused(wait.limit.rule().name);
    }
    outcome
}

async fn may_show_again(state: &AppState, key: Key) -> bool {
    state.limits.check(&[(Limit::ShownAgain, key)]).await.is_ok()
}

fn key_of(parts: &Parts) -> Key {
    Key::of(parts.extensions.get::<ClientAddress>().and_then(|client| client.0))
}

fn lang_of(parts: &Parts) -> Lang {
    parts.extensions.get::<RequestInfo>().map_or_else(|| language(&parts.headers), |info| info.lang)
}

fn wants_page(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
}

/// As a program is told.
fn refusal(lang: Lang, wait: Wait) -> Response {
    with_wait(error_response(&AppError::new(Code::TooMany, sentence(lang, wait))), wait)
}

fn short_page(lang: Lang, wait: Wait, was_form: bool) -> Response {
    let title = if lang == Lang::He { "יותר מדי בקשות" } else { "Too many requests" };
    with_wait(plain_page(lang, StatusCode::TOO_MANY_REQUESTS, title, &sentence(lang, wait), was_form), wait)
}

/// What a form's sender sees when there is no database to show the form from again.
pub fn away_page(lang: Lang) -> Response {
    let (title, sentence) = match lang {
        Lang::He => ("יש כרגע עומס", "הפעולה לא בוצעה. כדאי לנסות שוב בעוד כמה שניות."),
        Lang::En => ("We are very busy right now", "Nothing was done. Please try again in a few seconds."),
    };
    plain_page(lang, StatusCode::SERVICE_UNAVAILABLE, title, sentence, true)
}

/// Costs nothing to make: no database, no rendering.
fn plain_page(lang: Lang, status: StatusCode, title: &str, sentence: &str, was_form: bool) -> Response {
    let back = match (was_form, lang) {
        (false, _) => "",
        (true, Lang::He) => " חזרה אחורה בדפדפן מחזירה את מה שהוקלד.",
        (true, Lang::En) => " Going back in the browser brings back what you typed.",
    };
    let html = format!(
        "<!DOCTYPE html><html lang=\"{}\" dir=\"{}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title></head><body><main><h1>{title}</h1><p>{sentence}{back}</p></main></body></html>",
        lang.tag(),
        lang.dir(),
    );
    let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_SECURITY_POLICY, "default-src 'none'")];
    (status, headers, html).into_response()
}

fn sentence(lang: Lang, wait: Wait) -> String {
    let minutes = wait.seconds.div_ceil(60);
    match lang {
        Lang::He => {
            let when = match (wait.seconds, minutes) {
                (..=10, _) => "כמה שניות".to_owned(),
                (_, 1) => "דקה".to_owned(),
                (_, 2) => "שתי דקות".to_owned(),
                _ => format!("{minutes} דקות"),
            };
            let whence = match wait.limit.rule().whose {
                Whose::Network => "מהרשת הזאת",
                Whose::Person => "מהחשבון הזה",
                Whose::Building => "מהבניין הזה",
            };
            format!("הגיעו {whence} הרבה בקשות בזמן קצר. אפשר לנסות שוב בעוד {when}.")
        }
        Lang::En => {
            let when = match (wait.seconds, minutes) {
                (..=10, _) => "a few seconds".to_owned(),
                (_, 1) => "a minute".to_owned(),
                _ => format!("{minutes} minutes"),
            };
            let whence = match wait.limit.rule().whose {
                Whose::Network => "network",
                Whose::Person => "account",
                Whose::Building => "building",
            };
            format!("Many requests came from this {whence} in a short time. Please try again in {when}.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_is_told_as_people_tell_time() {
        for (seconds, he, en) in
            [(1, "בעוד כמה שניות.", "in a few seconds."), (45, "בעוד דקה.", "in a minute."), (90, "בעוד שתי דקות.", "in 2 minutes."), (300, "בעוד 5 דקות.", "in 5 minutes.")]
        {
            let wait = Wait { seconds, limit: Limit::Requests };
            assert!(sentence(Lang::He, wait).ends_with(he), "{seconds}");
            assert!(sentence(Lang::En, wait).ends_with(en), "{seconds}");
        }
    }
}
