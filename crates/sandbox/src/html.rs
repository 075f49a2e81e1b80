//! What the sandbox's pages share: the frame, the icons, money, and the files they load. No script anywhere, so
//! a page is the same with JavaScript on and off, and the content policy can forbid it outright.

use std::sync::Arc;

use axum::{
    Router,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{StatusCode, header};

use crate::state::App;

/// `form-action` is left out on purpose: a browser also holds it against the redirect that follows a form, and
/// the address after a payment is the caller's to choose.
const CONTENT_POLICY: &str = "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'";

const TOKENS: &str = include_str!("../assets/tokens.css");
const STYLES: &str = include_str!("../assets/sandbox.css");
const RUBIK_HEBREW: &[u8] = include_bytes!("../../../public/fonts/rubik-hebrew-wght-normal.woff2");
const RUBIK_LATIN: &[u8] = include_bytes!("../../../public/fonts/rubik-latin-wght-normal.woff2");

/// Style sheet, fonts and the mark.
pub fn asset_routes() -> Router<Arc<App>> {
    let font = |bytes: &'static [u8]| get(move || async move { ([(header::CONTENT_TYPE, "font/woff2"), (header::CACHE_CONTROL, "public, max-age=86400")], bytes) });
    Router::new()
        .route("/assets/sandbox.css", get(|| async { ([(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")], format!("{TOKENS}\n{STYLES}")) }))
        .route("/assets/mark.svg", get(|| async { ([(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "public, max-age=86400")], MARK) }))
        .route("/assets/rubik-hebrew.woff2", font(RUBIK_HEBREW))
        .route("/assets/rubik-latin.woff2", font(RUBIK_LATIN))
}

/// A whole page. `title` and `body`: `title` is escaped here, `body` is markup.
pub fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html>\n<html lang=\"he\" dir=\"rtl\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1,viewport-fit=cover\"><meta name=\"theme-color\" content=\"#00303b\"><meta name=\"robots\" content=\"noindex\"><link rel=\"icon\" type=\"image/svg+xml\" href=\"/assets/mark.svg\"><link rel=\"stylesheet\" href=\"/assets/sandbox.css\"><title>{}</title></head>\n<body>\n<header><div class=\"ribbon\" role=\"note\">{}<span>סביבת ניסוי: לא יחויב כסף אמיתי</span></div></header>\n{body}\n</body></html>\n",
        escape(title),
        icon(FLASK, "i-sm")
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, headers, html).into_response()
}

/// Text for markup and for attributes in double quotes.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// Currencies without a minor unit (docs.stripe.com/currencies#zero-decimal).
const WHOLE: [&str; 16] = ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf"];

/// Markup of an amount in the minor unit of its currency.
pub fn money(amount: i64, currency: &str) -> String {
    let symbol = match currency {
        "usd" => "$".to_owned(),
        "ils" => "₪".to_owned(),
        "eur" => "€".to_owned(),
        "gbp" => "£".to_owned(),
        other => format!("{} ", other.to_ascii_uppercase()),
    };
    let (whole, cents) = if WHOLE.contains(&currency) { (amount, String::new()) } else { (amount / 100, format!("<span class=\"cents\">.{:02}</span>", amount.abs() % 100)) };
    format!("<bdi class=\"money\"><span class=\"cur\">{}</span>{}{cents}</bdi>", escape(&symbol), thousands(whole))
}

fn thousands(whole: i64) -> String {
    let digits = whole.abs().to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if whole < 0 { format!("-{grouped}") } else { grouped }
}

/// Markup of an icon: strokes on a square of 24.
pub fn icon(strokes: &str, class: &str) -> String {
    format!(
        "<svg class=\"i {class}\" viewBox=\"0 0 24 24\" fill=\"none\" stroke=\"currentColor\" stroke-linecap=\"round\" stroke-linejoin=\"round\" aria-hidden=\"true\">{strokes}</svg>"
    )
}

pub const FLASK: &str =
    "<path d=\"M14 2v6a2 2 0 0 0 .245.96l5.51 10.08A2 2 0 0 1 18 22H6a2 2 0 0 1-1.755-2.96l5.51-10.08A2 2 0 0 0 10 8V2\"/><path d=\"M6.453 15h11.094\"/><path d=\"M8.5 2h7\"/>";
pub const BACK: &str = "<path d=\"m12 19-7-7 7-7\"/><path d=\"M19 12H5\"/>";
pub const DOWN: &str = "<path d=\"m6 9 6 6 6-6\"/>";
pub const LOCK: &str = "<rect width=\"18\" height=\"11\" x=\"3\" y=\"11\" rx=\"2\" ry=\"2\"/><path d=\"M7 11V7a5 5 0 0 1 10 0v4\"/>";
pub const CARD: &str = "<rect width=\"20\" height=\"14\" x=\"2\" y=\"5\" rx=\"2\"/><line x1=\"2\" x2=\"22\" y1=\"10\" y2=\"10\"/><path d=\"M6 14h2\"/>";
pub const ALERT: &str = "<circle cx=\"12\" cy=\"12\" r=\"10\"/><line x1=\"12\" x2=\"12\" y1=\"8\" y2=\"12\"/><line x1=\"12\" x2=\"12.01\" y1=\"16\" y2=\"16\"/>";
pub const CHECK: &str = "<path d=\"M20 6 9 17l-5-5\"/>";
pub const CROSS: &str = "<path d=\"M18 6 6 18\"/><path d=\"m6 6 12 12\"/>";
pub const SHIELD: &str = "<path d=\"M20 13c0 5-3.5 7.5-7.66 8.95a1 1 0 0 1-.67-.01C7.5 20.5 4 18 4 13V6a1 1 0 0 1 1-1c2 0 4.5-1.2 6.24-2.72a1.17 1.17 0 0 1 1.52 0C14.51 3.81 17 5 19 5a1 1 0 0 1 1 1z\"/><path d=\"m9 12 2 2 4-4\"/>";

/// The mark: a façade at dusk with one window lit.
pub const MARK: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"30\" height=\"30\" viewBox=\"0 0 32 32\" aria-hidden=\"true\"><rect width=\"32\" height=\"32\" rx=\"9.5\" fill=\"oklch(0.285 0.052 218)\"/><g fill=\"oklch(1 0 0 / .24)\"><rect x=\"9\" y=\"6.5\" width=\"6\" height=\"5.75\" rx=\"1.6\"/><rect x=\"17\" y=\"6.5\" width=\"6\" height=\"5.75\" rx=\"1.6\"/><rect x=\"9\" y=\"14.25\" width=\"6\" height=\"5.75\" rx=\"1.6\"/><rect x=\"9\" y=\"22\" width=\"6\" height=\"5.75\" rx=\"1.6\"/><rect x=\"17\" y=\"22\" width=\"6\" height=\"5.75\" rx=\"1.6\"/></g><rect x=\"17\" y=\"14.25\" width=\"6\" height=\"5.75\" rx=\"1.6\" fill=\"oklch(0.87 0.15 88)\"/></svg>";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_written_with_its_sign_its_thousands_and_its_cents() {
        assert_eq!(money(300, "usd"), "<bdi class=\"money\"><span class=\"cur\">$</span>3<span class=\"cents\">.00</span></bdi>");
        assert_eq!(money(123_456_705, "ils"), "<bdi class=\"money\"><span class=\"cur\">₪</span>1,234,567<span class=\"cents\">.05</span></bdi>");
        assert_eq!(money(500, "jpy"), "<bdi class=\"money\"><span class=\"cur\">JPY </span>500</bdi>");
    }

    #[test]
    fn what_somebody_typed_cannot_become_markup() {
        assert_eq!(escape("<b class=\"x\">&'"), "&lt;b class=&quot;x&quot;&gt;&amp;&#39;");
    }

    #[test]
    fn the_copied_tokens_are_those_of_the_product() {
        let source = include_str!("../../../style/tokens.css");
        for line in TOKENS.lines().map(str::trim).filter(|line| line.starts_with("--vt-")) {
            assert!(source.contains(line), "assets/tokens.css has {line}, style/tokens.css has not: copy its :root parts again");
        }
    }
}
