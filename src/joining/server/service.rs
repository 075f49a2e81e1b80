use jiff::SignedDuration;
use kit::{AppError, Code, Money, PersonName, Phone, Right, Role};
use uuid::Uuid;

use super::error::{JoinRefusal, field_words};
use super::steps;
use super::store::{self, Details, JoinRow};
use crate::buildings::server as buildings;
use crate::identity::server::phone_sentence;
use crate::joining::model::{CONSENT_VERSION, FlatCheck, JoinDraft, JoinPage, Standing, WelcomePage};
use crate::payments::server as payments;
use crate::payments::server::CheckoutStatus;
use crate::platform::session::hash;
use crate::platform::{Activity, Audience, Cx, Fault};

/// Whoever sends the form again has at least this long on the payment page he is led to.
const LEAST_OPEN: SignedDuration = SignedDuration::from_mins(2);

/// What the form sends.
pub struct Typed {
    pub flat: String,
    pub name: String,
    pub phone: String,
    pub consent_version: String,
    pub code: String,
}

/// The hash under which a browser's attempt is kept.
pub(super) fn browser_hash(secret: &str) -> Vec<u8> {
    hash(secret.as_bytes())
}

/// What the form needs; notes that an attempt began.
pub async fn page(cx: &mut Cx, browser: &str) -> Result<JoinPage, Fault> {
    cx.require(Right::Join)?;
    let building = buildings::brief(cx).await?;
    let mut draft = None;
    let mut after_cancel = false;
    if !browser.is_empty() && cx.caller.role == Role::Visitor {
        let key = browser_hash(browser);
        let mut row = store::of_browser(cx.db(), &key).await?;
        if let Some(done) = row.as_ref().filter(|row| row.state == "admitted") {
            // Somebody joined from this phone before and signed out: this is another person's attempt.
            store::retire(cx.db(), done.join_id, &hash(&key)).await?;
            row = None;
        }
        match row {
            Some(row) => {
                after_cancel = row.state == "paying" && matches!(standing(cx, &row).await?, Standing::NotFinished | Standing::NotPaid);
                draft = draft_of(cx, &row).await?;
            }
            None => {
                let (tenant, join, now) = (cx.tenant.id.0, cx.ids.new_id(), cx.now);
                if store::start(cx.db(), tenant, join, &key, now).await? {
                    steps::started(cx);
                }
            }
        }
    }
    Ok(JoinPage { building, consent_version: CONSENT_VERSION.into(), draft, after_cancel })
}

async fn draft_of(cx: &mut Cx, row: &JoinRow) -> Result<Option<JoinDraft>, Fault> {
    let (Some(flat), Some(name), Some(phone)) = (row.flat_id, row.name.clone(), row.sealed_phone.as_deref()) else { return Ok(None) };
    let number = buildings::flat_by_id(cx, flat.into()).await?.map(|flat| flat.number).unwrap_or_default();
    // Whoever finds it empty types it again.
    let phone = cx.shown_phone("joins", row.join_id, Some(phone));
    Ok(Some(JoinDraft { flat: number, name, phone }))
}

/// The live check under the flat's field.
pub async fn check_flat(cx: &mut Cx, typed: &str) -> Result<FlatCheck, Fault> {
    cx.require(Right::Join)?;
    let he = cx.lang == kit::Lang::He;
    let Some(flat) = buildings::find_flat(cx, typed).await? else {
        return Ok(FlatCheck { found: false, pays_already: false, full: false, sentence: buildings::flat_range_sentence(cx).await? });
    };
    let rules = buildings::rules(cx).await?;
    let full = flat.members >= rules.people_per_flat;
    let sentence = match (full, flat.pays, he) {
        (true, _, _) => field_words(cx.lang).flat_full.to_owned(),
        (_, true, true) => format!("דירה {} כבר משלמת. ההצטרפות חינם, אחרי אישור של מי שגר בה.", flat.number),
        (_, true, false) => format!("Flat {} pays already. Joining is free, once a flatmate says yes.", flat.number),
        (_, false, true) => format!("דירה {}, קומה {}. מצאנו אותה בבניין.", flat.number, flat.floor),
        (_, false, false) => format!("Flat {}, floor {}. Found in the building.", flat.number, flat.floor),
    };
    Ok(FlatCheck { found: true, pays_already: flat.pays, full, sentence })
}

/// The form checked: what is wrong comes back all at once.
struct Checked {
    flat: buildings::FlatFacts,
    name: PersonName,
    phone: Phone,
    price: Money,
}

async fn check(cx: &mut Cx, typed: &Typed) -> Result<Checked, Fault> {
    let lang = cx.lang;
    let words = field_words(lang);
    let rules = buildings::rules(cx).await?;
    let mut problem = AppError::new(Code::Invalid, words.look_again);
    let flat = if typed.flat.trim().is_empty() {
        problem = problem.and("flat", words.flat_empty);
        None
    } else {
        match buildings::find_flat(cx, &typed.flat).await? {
            None => {
                problem = problem.and("flat", buildings::flat_range_sentence(cx).await?);
                None
            }
            Some(flat) if flat.members >= rules.people_per_flat => {
                problem = problem.and("flat", words.flat_full);
                None
            }
            found => found,
        }
    };
    let name = match PersonName::parse(&typed.name) {
        Ok(name) => Some(name),
        Err(kit::TextError::TooLong { .. }) => {
            problem = problem.and("name", words.name_long);
            None
        }
        Err(kit::TextError::Empty) => {
            problem = problem.and("name", words.name_empty);
            None
        }
    };
    let phone = match Phone::parse(&typed.phone) {
        Ok(phone) if buildings::member_with_phone(cx, &phone).await?.is_some() => {
            problem = problem.and("phone", words.already_here);
            None
        }
        Ok(phone) => Some(phone),
        Err(error) => {
            problem = problem.and("phone", phone_sentence(error, lang));
            None
        }
    };
    if rules.invite_code.as_ref().is_some_and(|code| !kit::shown_line(&typed.code).trim().eq_ignore_ascii_case(code)) {
        problem = problem.and("code", words.code_wrong);
    }
    if typed.consent_version != CONSENT_VERSION {
        problem = problem.and("consent_version", words.consent_old);
    }
    match (flat, name, phone, problem.fields.is_empty()) {
        (Some(flat), Some(name), Some(phone), true) => Ok(Checked { flat, name, phone, price: rules.price }),
        _ => Err(Fault::Refused(problem)),
    }
}

/// Sends the form; answers where to go. Sent twice, from two tabs or after going back, it is one attempt and one checkout.
pub async fn submit(cx: &mut Cx, browser: &str, typed: Typed) -> Result<String, Fault> {
    cx.require(Right::Join)?;
    let slug = cx.tenant.slug.clone();
    if cx.caller.role != Role::Visitor {
        return Ok(format!("/b/{slug}"));
    }
    if browser.is_empty() {
        return Err(Fault::refused(JoinRefusal::NoCookie, cx.lang));
    }
    let key = browser_hash(browser);
    let (tenant, fresh, now) = (cx.tenant.id.0, cx.ids.new_id(), cx.now);
    if store::start(cx.db(), tenant, fresh, &key, now).await? {
        steps::started(cx);
    }
    let row = store::of_browser(cx.db(), &key).await?.ok_or(Fault::NotFound)?;
    if row.state == "admitted" {
        return Ok(format!("/b/{slug}/enter"));
    }
    let checked = check(cx, &typed).await?;
    let free = checked.flat.pays;
    let kept = cx.keep_phone("joins", row.join_id, &checked.phone)?;
    let details = Details {
        join: row.join_id,
        flat: checked.flat.flat,
        name: checked.name.as_str(),
        phone: &kept,
        consent_version: CONSENT_VERSION,
        state: if free { "waiting" } else { "paying" },
    };
    let before = store::times(cx.db(), row.join_id).await?;
    store::sent(cx.db(), details, now).await?;
    steps::sent(cx, &before, free);
    cx.audit("consent.given", row.join_id, serde_json::json!({ "version": CONSENT_VERSION }));
    if free {
        tell_who_waits(cx, row.join_id);
        return Ok(format!("/b/{slug}/welcome"));
    }
    let same_flat = row.flat_id == Some(checked.flat.flat.0);
    let earlier = payments::latest_for(cx, row.join_id).await?;
    // A page that is about to close is no page to be led to.
    let soon = cx.now.checked_add(LEAST_OPEN).map_err(anyhow::Error::from)?;
    let reusable = earlier.is_some_and(|checkout| {
        let lasts = checkout.closes_at.is_none_or(|closes| closes > soon);
        same_flat && (matches!(checkout.status, CheckoutStatus::Intended | CheckoutStatus::Paid) || (checkout.status == CheckoutStatus::Open && lasts))
    });
    if !reusable {
        let he = cx.lang == kit::Lang::He;
        let product_name = if he {
            format!("ונטרה · {} · דירה {}", cx.tenant.name, checked.flat.number)
        } else {
            format!("Vantera · {} · flat {}", cx.tenant.name, checked.flat.number)
        };
        let what = payments::Begin {
            subject: row.join_id,
            flat: checked.flat.flat,
            price: checked.price,
            product_name,
            return_path: format!("/b/{slug}/enter?s={{CHECKOUT_SESSION_ID}}"),
            cancel_path: format!("/b/{slug}/join"),
        };
        payments::begin(cx, what).await?;
    }
    Ok(format!("/b/{slug}/pay"))
}

/// The committee and the flat see at once that somebody waits.
pub(super) fn tell_who_waits(cx: &mut Cx, join: Uuid) {
    cx.record(Activity { kind: "join.waiting", audience: Audience::Committee, subject: Some(join), payload: serde_json::json!({}) });
}

/// Where this browser's attempt stands.
pub async fn welcome(cx: &mut Cx, browser: &str) -> Result<WelcomePage, Fault> {
    cx.require(Right::Join)?;
    let row = store::of_browser(cx.db(), &browser_hash(browser)).await?.ok_or(Fault::NotFound)?;
    let building = buildings::brief(cx).await?;
    let flat = match row.flat_id {
        Some(flat) => buildings::flat_by_id(cx, flat.into()).await?,
        None => None,
    };
    let standing = standing(cx, &row).await?;
    Ok(WelcomePage {
        building,
        flat_number: flat.as_ref().map(|flat| flat.number.clone()).unwrap_or_default(),
        floor: flat.map_or(0, |flat| flat.floor),
        standing,
        name: row.name.unwrap_or_default(),
    })
}

pub(super) async fn standing(cx: &mut Cx, row: &JoinRow) -> Result<Standing, Fault> {
    Ok(match row.state.as_str() {
        "waiting" => Standing::Waiting,
        "admitted" if cx.caller.membership.is_some() => Standing::Admitted,
        "admitted" if row.new_person == Some(true) && row.signed_in != Some(true) => Standing::Checking,
        "admitted" => Standing::SignInFirst,
        "paying" => match payments::latest_for(cx, row.join_id).await? {
            Some(checkout) => match checkout.status {
                CheckoutStatus::Intended => Standing::Preparing,
                CheckoutStatus::Paid => Standing::Checking,
                // Whoever has just come back from the page is not told that nothing was paid before Stripe says so.
                CheckoutStatus::Open if checkout.awaits_answer => Standing::Checking,
                CheckoutStatus::Open => Standing::NotFinished,
                CheckoutStatus::Expired | CheckoutStatus::Failed | CheckoutStatus::Refunded => Standing::NotPaid,
            },
            None => Standing::NotPaid,
        },
        _ => Standing::NotPaid,
    })
}

/// Notes the first view of the feed, the end of the join time.
pub async fn note_first_feed(cx: &mut Cx, browser: &str) -> Result<bool, Fault> {
    let now = cx.now;
    let Some(join) = store::first_feed(cx.db(), &browser_hash(browser), now).await? else { return Ok(false) };
    let times = store::times(cx.db(), join).await?;
    steps::first_feed(cx, &times);
    Ok(true)
}
