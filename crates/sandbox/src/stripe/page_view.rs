//! The markup of the payment page (mock-up 22) and of the pages around it.

use axum::response::Response;
use http::StatusCode;
use serde_json::Value;

use super::{
    cards::{self, Behaviour, CARDS, Decline, Number, TestCard},
    kinds::Kind,
};
use crate::{
    Options,
    html::{self, ALERT, BACK, CARD, CHECK, CROSS, DOWN, FLASK, LOCK, MARK, SHIELD, escape, icon, money},
    state::State,
};

/// How many cards are listed before "more".
const CARDS_FIRST: usize = 3;

/// What stands in the form.
#[derive(Debug, Clone, Default)]
pub struct Entry {
    pub number: String,
    pub expiry: String,
    pub cvc: String,
    pub name: String,
    pub email: String,
}

/// Why the form is shown again.
#[derive(Debug, Clone, Copy)]
pub enum Wrong {
    Number,
    Expiry,
    Cvc,
    Email,
    Declined(&'static Decline),
}

impl Wrong {
    fn words(self) -> &'static str {
        match self {
            Self::Number => "מספר הכרטיס אינו נכון. כדאי לבדוק אותו ולהקליד שוב.",
            Self::Expiry => "התוקף אינו נכון או שעבר. כותבים חודש ושנה, למשל 08 / 29.",
            Self::Cvc => "חסר קוד האבטחה: שלוש הספרות שבגב הכרטיס.",
            Self::Email => "כתובת הדוא״ל אינה נכונה.",
            Self::Declined(_) => "הכרטיס נדחה. כדאי לבדוק את המספר או לנסות כרטיס אחר.",
        }
    }
}

/// The form, with 200 also after a refusal: a browser writes any other status of a page to its console as an
/// error, and a declined card is none.
pub fn form(state: &State, session: &Value, entry: &Entry, wrong: Option<Wrong>) -> Response {
    let id = session["id"].as_str().unwrap_or_default();
    let heading = match wrong {
        Some(Wrong::Declined(_)) => "התשלום לא עבר",
        _ => "תשלום",
    };
    let business = &state.options().business_name;
    let body = format!(
        "<main class=\"checkout\"><h1 class=\"sr\">{heading}</h1>\n{}\n<div class=\"side\">\n{}{}\n{}\n{}</div></main>",
        summary(state, session),
        alert(wrong),
        card_form(session, entry, wrong),
        small_print(session),
        test_cards(id),
    );
    html::page(StatusCode::OK, &format!("{heading} · {business}"), &body)
}

fn summary(state: &State, session: &Value) -> String {
    let lines = state.plans.get(session["id"].as_str().unwrap_or_default()).map(|plan| plan.lines.as_slice()).unwrap_or_default();
    let currency = session["currency"].as_str().unwrap_or_default();
    let business = escape(&state.options().business_name);
    let back = session["cancel_url"]
        .as_str()
        .map(|url| format!("<a href=\"{}\" class=\"btn btn-night\" aria-label=\"ביטול וחזרה אל {business}\">{}</a>", escape(url), icon(BACK, "i-sm flip")))
        .unwrap_or_default();
    let what = lines.first().and_then(|line| line["description"].as_str()).unwrap_or("תשלום");
    let more = if lines.len() > 1 { format!(" ועוד {}", lines.len() - 1) } else { String::new() };
    let due = session["amount_total"].as_i64().unwrap_or_default();
    let shown = if due == 0 { session["amount_subtotal"].as_i64().unwrap_or_default() } else { due };
    let rows: String = lines.iter().map(|line| row(state, line, currency)).collect();
    let tax = session["total_details"]["amount_tax"]
        .as_i64()
        .filter(|tax| *tax > 0)
        .map(|tax| format!("<div class=\"small\"><dt>מזה מע״מ <bdi dir=\"ltr\" class=\"num\">18%</bdi></dt><dd>{}</dd></div>", money(tax, currency)))
        .unwrap_or_default();
    format!(
        "<section class=\"night summary\" aria-label=\"סיכום ההזמנה\"><div>\n<div class=\"brand\">{back}<span>{MARK}{business}</span></div>\n<p class=\"what\">{}{more}</p>\n<p class=\"price\">{}{}</p>\n<details class=\"details\" open><summary>{}פירוט ההזמנה</summary>\n<dl class=\"lines\">{rows}{tax}<div class=\"strong\"><dt>לתשלום היום</dt><dd>{}</dd></div></dl></details>\n{}</div></section>",
        escape(what),
        money(shown, currency),
        lines.first().and_then(|line| cadence(&line["price"])).map(|words| format!("<span>{words}</span>")).unwrap_or_default(),
        icon(DOWN, "i-sm"),
        money(due, currency),
        facade(),
    )
}

fn row(state: &State, line: &Value, currency: &str) -> String {
    let product = line["price"]["product"].as_str().and_then(|id| state.get(Kind::Product, id).ok());
    let name = line["description"].as_str().unwrap_or_default();
    let described = product.and_then(|product| product["description"].as_str());
    let quantity = line["quantity"].as_i64().filter(|quantity| *quantity > 1).map(|quantity| format!(" × {quantity}")).unwrap_or_default();
    let recurs = renewal(&line["price"], state.now()).map(|words| format!("{words}. אפשר לבטל בכל רגע.")).unwrap_or_default();
    format!(
        "<div><dt><b>{}{quantity}</b><span class=\"small\">{recurs}</span></dt><dd>{}</dd></div>",
        escape(described.unwrap_or(name)),
        money(line["amount_total"].as_i64().unwrap_or_default(), currency)
    )
}

/// "לחודש", "ל־3 חודשים"; none for what is paid once.
fn cadence(price: &Value) -> Option<String> {
    let (one, many) = match price["recurring"]["interval"].as_str()? {
        "day" => ("ליום", "ימים"),
        "week" => ("לשבוע", "שבועות"),
        "year" => ("לשנה", "שנים"),
        _ => ("לחודש", "חודשים"),
    };
    let count = price["recurring"]["interval_count"].as_i64().unwrap_or(1);
    Some(if count == 1 { one.to_owned() } else { format!("ל־{count} {many}") })
}

/// When it is charged again, for a subscription that begins now.
fn renewal(price: &Value, now: i64) -> Option<String> {
    let recurring = &price["recurring"];
    let day = jiff::Timestamp::from_second(now).ok()?.to_zoned(jiff::tz::TimeZone::UTC).day();
    Some(match (recurring["interval"].as_str()?, recurring["interval_count"].as_i64().unwrap_or(1)) {
        ("month", 1) => format!("מתחדש ב־{day} בכל חודש"),
        ("day", 1) => "מתחדש בכל יום".to_owned(),
        ("week", 1) => "מתחדש בכל שבוע".to_owned(),
        ("year", 1) => "מתחדש בכל שנה".to_owned(),
        ("day", count) => format!("מתחדש כל {count} ימים"),
        ("week", count) => format!("מתחדש כל {count} שבועות"),
        ("year", count) => format!("מתחדש כל {count} שנים"),
        (_, count) => format!("מתחדש כל {count} חודשים"),
    })
}

fn facade() -> String {
    const FLOORS: [&str; 8] = ["d-dd", "dddd", "d-dd", "-ddd", "dhdd", "dd-d", "dddd", "dddd"];
    let floors: String = FLOORS
        .iter()
        .map(|floor| {
            let windows: String = floor.chars().map(|window| if window == '-' { "<i></i>".to_owned() } else { format!("<i class=\"{window}\"></i>") }).collect();
            format!("<div class=\"floor\">{windows}</div>")
        })
        .collect();
    format!(
        "<div class=\"house\"><div class=\"facade\" aria-hidden=\"true\"><div class=\"roof\"></div><div class=\"wall\">{floors}<div class=\"street\"><span></span><span class=\"door\"></span><span></span></div></div><div class=\"ground\"></div></div><p>החלון שלך יידלק מיד אחרי התשלום.</p></div>"
    )
}

fn alert(wrong: Option<Wrong>) -> String {
    let Some(Wrong::Declined(decline)) = wrong else { return String::new() };
    let code = match decline.decline_code.filter(|code| *code != decline.code) {
        Some(detail) => format!("{} · {detail}", decline.code),
        None => decline.code.to_owned(),
    };
    format!(
        "<div class=\"alert\" role=\"alert\">{}<div><b>התשלום לא עבר, לא חויבת</b><p>{}</p><p class=\"code\">קוד הדחייה <span class=\"mono\" lang=\"en\">{code}</span></p></div></div>\n",
        icon(ALERT, ""),
        escape(decline.hebrew)
    )
}

fn card_form(session: &Value, entry: &Entry, wrong: Option<Wrong>) -> String {
    let id = session["id"].as_str().unwrap_or_default();
    let due = session["amount_total"].as_i64().unwrap_or_default();
    let amount = money(due, session["currency"].as_str().unwrap_or_default());
    let (of_card, of_email) = (wrong.filter(|wrong| !matches!(wrong, Wrong::Email)), wrong.filter(|wrong| matches!(wrong, Wrong::Email)));
    let invalid = |is: bool, hint: &str| if is { format!(" aria-invalid=\"true\" aria-describedby=\"{hint}\"") } else { String::new() };
    let error =
        |wrong: Option<Wrong>, id: &str| wrong.map(|wrong| format!("<p class=\"err\" id=\"{id}\">{}<span>{}</span></p>", icon(ALERT, "i-sm"), wrong.words())).unwrap_or_default();
    // The number is kept after a refusal and the code is not, so the code is what comes next.
    let focus = |here: bool| if here { " autofocus" } else { "" };
    let verb = match (wrong, due) {
        (Some(Wrong::Declined(_)), _) => format!("ניסיון נוסף של {amount}"),
        (_, 0) => "התחלת המינוי".to_owned(),
        _ => format!("תשלום של {amount}"),
    };
    let network = match cards::read(&entry.number) {
        Number::Test(card) => format!("<span class=\"network\" lang=\"en\">{}</span>", card.brand),
        _ => "<span class=\"network\" lang=\"en\">visa</span>".to_owned(),
    };
    format!(
        "<form class=\"form\" method=\"post\" action=\"/c/pay/{id}\" novalidate id=\"card\">\n\
<fieldset><legend class=\"label\">פרטי הכרטיס</legend>\n<div class=\"card-box{bad}\" dir=\"ltr\">\n\
<div><input class=\"num\" name=\"cardNumber\" aria-label=\"מספר כרטיס\" inputmode=\"numeric\" autocomplete=\"cc-number\" placeholder=\"1234 1234 1234 1234\" maxlength=\"25\" required value=\"{number}\"{number_bad}>{network}<span class=\"rings\"><svg width=\"30\" height=\"24\" viewBox=\"0 0 30 24\" aria-hidden=\"true\"><rect width=\"30\" height=\"24\" rx=\"5\"/><circle cx=\"12\" cy=\"12\" r=\"6\"/><circle cx=\"18\" cy=\"12\" r=\"6\"/></svg></span></div>\n\
<div class=\"halves\"><span><input class=\"num\" name=\"cardExpiry\" aria-label=\"תוקף: חודש ושנה\" inputmode=\"numeric\" autocomplete=\"cc-exp\" placeholder=\"MM / YY\" maxlength=\"9\" required value=\"{expiry}\"{expiry_bad}></span><span><input class=\"num\" name=\"cardCvc\" aria-label=\"שלוש ספרות בגב הכרטיס\" inputmode=\"numeric\" autocomplete=\"cc-csc\" placeholder=\"CVC\" maxlength=\"4\" required value=\"{cvc}\"{cvc_bad}{cvc_focus}>{card_icon}</span></div>\n\
</div>{card_error}</fieldset>\n\
<div class=\"field\"><label class=\"label\" for=\"billingName\">השם שעל הכרטיס <span class=\"opt\">(לא חובה)</span></label><input id=\"billingName\" name=\"billingName\" class=\"input\" autocomplete=\"cc-name\" maxlength=\"150\" value=\"{name}\"></div>\n\
<div class=\"field\"><label class=\"label\" for=\"email\">דוא״ל לקבלה <span class=\"opt\">(לא חובה)</span></label><input id=\"email\" name=\"email\" type=\"email\" dir=\"ltr\" class=\"input\" autocomplete=\"email\" maxlength=\"200\" value=\"{email}\"{email_bad}>{email_error}</div>\n\
<button class=\"btn btn-primary\" type=\"submit\">{lock}<span>{verb}</span></button>\n</form>",
        bad = if of_card.is_some() { " bad" } else { "" },
        number = escape(&entry.number),
        number_bad = invalid(matches!(of_card, Some(Wrong::Number | Wrong::Declined(_))), "card-error"),
        expiry = escape(&entry.expiry),
        expiry_bad = invalid(matches!(of_card, Some(Wrong::Expiry)), "card-error"),
        cvc = escape(&entry.cvc),
        cvc_bad = invalid(matches!(of_card, Some(Wrong::Cvc)), "card-error"),
        cvc_focus = focus(matches!(of_card, Some(Wrong::Cvc | Wrong::Declined(_)))),
        card_icon = icon(CARD, "i-sm"),
        card_error = error(of_card, "card-error"),
        name = escape(&entry.name),
        email = escape(&entry.email),
        email_bad = invalid(of_email.is_some(), "email-error"),
        email_error = error(of_email, "email-error"),
        lock = icon(LOCK, "i-sm"),
    )
}

fn small_print(session: &Value) -> String {
    let told = session["custom_text"]["submit"]["message"].as_str().map(|text| format!("<p class=\"fine\">{}</p>\n", escape(text))).unwrap_or_default();
    if session["mode"] != "subscription" {
        return told;
    }
    let amount = money(session["amount_subtotal"].as_i64().unwrap_or_default(), session["currency"].as_str().unwrap_or_default());
    format!("{told}<p class=\"fine\">התשלום מאשר חיוב מתחדש של {amount} עד לביטול.</p>")
}

fn test_cards(id: &str) -> String {
    let (first, more) = CARDS.split_at(CARDS_FIRST);
    let list = |cards: &[TestCard]| -> String { cards.iter().map(|card| card_link(id, card)).collect() };
    format!(
        "<section class=\"cards\" aria-labelledby=\"test-cards\"><h2 id=\"test-cards\">{}כרטיסים לבדיקה</h2><ul>{}</ul>\n<details><summary>{}עוד כרטיסים</summary><ul>{}</ul></details></section>",
        icon(FLASK, "i-sm"),
        list(first),
        icon(DOWN, "i-sm"),
        list(more)
    )
}

/// A link, not a button: choosing a card fills the form, and only the form's own button pays.
fn card_link(id: &str, card: &TestCard) -> String {
    let (class, mark) = match card.behaviour {
        Behaviour::Pays => ("ok", CHECK),
        Behaviour::Authenticates { .. } => ("info", SHIELD),
        Behaviour::Declines(_) | Behaviour::SavesThenDeclines(_) => ("bad", CROSS),
    };
    format!(
        "<li><a href=\"/c/pay/{id}?card={}#card\"><span class=\"num\"><bdi class=\"ltr\">{}</bdi></span><span class=\"chip chip-{class}\">{}{}</span></a></li>",
        card.number,
        card.grouped(),
        icon(mark, ""),
        card.hebrew
    )
}

/// The bank's step.
pub fn verify(options: &Options, amount: &Value, currency: &Value, action: &str) -> Response {
    let body = format!(
        "<main class=\"center\"><section class=\"card\"><span>{}</span><h1>אימות מול הבנק</h1><p>הבנק שהנפיק את הכרטיס מבקש לאשר תשלום של {} אל {}. בסביבת ניסוי בוחרים כאן מה הבנק יענה.</p>\n<form class=\"form\" method=\"post\" action=\"{action}\"><button class=\"btn btn-primary\" name=\"outcome\" value=\"confirm\">{}אישור התשלום</button><button class=\"btn btn-wide\" name=\"outcome\" value=\"fail\">דחיית האימות</button></form></section></main>",
        icon(SHIELD, ""),
        money(amount.as_i64().unwrap_or_default(), currency.as_str().unwrap_or_default()),
        escape(&options.business_name),
        icon(CHECK, "i-sm"),
    );
    html::page(StatusCode::OK, "אימות מול הבנק", &body)
}

/// The session ran out.
pub fn expired(session: &Value) -> Response {
    let link = session["cancel_url"].as_str().map(escape);
    notice(StatusCode::OK, "פג תוקפו של דף התשלום", "לא חויבת. כדי לשלם, חוזרים לאתר ומתחילים מחדש.", link.as_deref().map(|link| (link, "חזרה לאתר")))
}

/// A page that says one thing. `link`: an escaped address and its words.
pub fn notice(status: StatusCode, heading: &str, words: &str, link: Option<(&str, &str)>) -> Response {
    let link = link.map(|(address, words)| format!("<a class=\"btn btn-primary\" href=\"{address}\">{words}</a>")).unwrap_or_default();
    html::page(status, heading, &format!("<main class=\"center\"><section class=\"card\"><h1>{heading}</h1><p>{words}</p>{link}</section></main>"))
}

/// An invoice, as the payer sees it.
pub fn invoice(invoice: &Value, entry: &Entry, wrong: Option<Wrong>) -> Response {
    let currency = invoice["currency"].as_str().unwrap_or_default();
    let status = match invoice["status"].as_str() {
        Some("paid") => "<span class=\"chip chip-ok\">שולמה</span>",
        Some("void") => "<span class=\"chip\">בוטלה</span>",
        _ => "<span class=\"chip chip-bad\">לתשלום</span>",
    };
    let lines: String = invoice["lines"]["data"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|line| {
            format!("<div><dt>{}</dt><dd>{}</dd></div>", escape(line["description"].as_str().unwrap_or_default()), money(line["amount"].as_i64().unwrap_or_default(), currency))
        })
        .collect();
    let body = format!(
        "<main class=\"center\"><section class=\"card\"><h1>חשבונית <bdi class=\"ltr\">{}</bdi></h1><p>{status}</p><dl>{lines}<div><dt>סך הכול</dt><dd>{}</dd></div><div><dt>שולם</dt><dd>{}</dd></div></dl>{}</section></main>",
        escape(invoice["number"].as_str().unwrap_or_default()),
        money(invoice["total"].as_i64().unwrap_or_default(), currency),
        money(invoice["amount_paid"].as_i64().unwrap_or_default(), currency),
        if invoice["status"] == "open" { invoice_form(invoice, entry, wrong) } else { String::new() },
    );
    html::page(StatusCode::OK, "חשבונית", &body)
}

/// A card for an open invoice.
fn invoice_form(invoice: &Value, entry: &Entry, wrong: Option<Wrong>) -> String {
    let due = money(invoice["amount_remaining"].as_i64().unwrap_or_default(), invoice["currency"].as_str().unwrap_or_default());
    let said = wrong.map(|wrong| format!("<p class=\"err\" role=\"alert\">{}<span>{}</span></p>", icon(ALERT, "i-sm"), wrong.words())).unwrap_or_default();
    format!(
        "<form class=\"form\" method=\"post\" action=\"/i/{id}\" novalidate>{said}\n\
<div class=\"field\"><label class=\"label\" for=\"cardNumber\">מספר כרטיס</label><input id=\"cardNumber\" name=\"cardNumber\" class=\"input num\" dir=\"ltr\" inputmode=\"numeric\" maxlength=\"25\" required value=\"{number}\"></div>\n\
<div class=\"field\"><label class=\"label\" for=\"cardExpiry\">תוקף: חודש ושנה</label><input id=\"cardExpiry\" name=\"cardExpiry\" class=\"input num\" dir=\"ltr\" placeholder=\"MM / YY\" maxlength=\"9\" required value=\"{expiry}\"></div>\n\
<div class=\"field\"><label class=\"label\" for=\"cardCvc\">שלוש ספרות בגב הכרטיס</label><input id=\"cardCvc\" name=\"cardCvc\" class=\"input num\" dir=\"ltr\" inputmode=\"numeric\" maxlength=\"4\" required></div>\n\
<button class=\"btn btn-primary\" type=\"submit\">{lock}<span>תשלום של {due}</span></button>\n</form>",
        id = escape(invoice["id"].as_str().unwrap_or_default()),
        number = escape(&entry.number),
        expiry = escape(&entry.expiry),
        lock = icon(LOCK, "i-sm"),
    )
}
