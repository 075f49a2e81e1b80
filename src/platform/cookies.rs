//! Cookies by name: reading them from a request and writing them with the attributes each needs.

use http::HeaderMap;

/// The access token.
pub const SESSION: &str = "__Host-session";
/// The refresh token.
pub const REFRESH: &str = "__Host-refresh";
/// The secret that ties an attempt to join to this browser.
pub const JOIN: &str = "__Host-join";
/// The phone a one-time code was sent to from this browser.
pub const CODE_PHONE: &str = "__Host-code-phone";
/// Which page stands at the address a failed form was sent to.
pub const FORM_PAGE: &str = "__Host-form-page";
/// What the next page shows once, sealed.
pub const SHOWN: &str = "__Host-shown";
/// The reader's language; no secret.
pub const LANG: &str = "lang";
/// light or dark; no secret.
pub const THEME: &str = "theme";

/// The first cookie of that name.
pub fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(http::header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

/// A cookie for our server only: HttpOnly, Secure, SameSite=Lax, the whole host. Lax, not Strict, because the
/// payment page and the lobby's QR lead here from outside.
pub fn write(name: &str, value: &str, max_age_seconds: i64) -> String {
    format!("{name}={value}; Path=/; Max-Age={max_age_seconds}; HttpOnly; Secure; SameSite=Lax")
}

/// A preference the page may carry; not secret.
pub fn write_preference(name: &str, value: &str) -> String {
    format!("{name}={value}; Path=/; Max-Age=31536000; SameSite=Lax")
}

pub fn remove(name: &str) -> String {
    write(name, "", 0)
}
