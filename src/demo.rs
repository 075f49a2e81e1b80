//! The demo: one building with a few neighbours, made through the rooms' own verbs, and the links that open it.
//! The people here are made up; their phones answer in the sandbox's inbox only.

use anyhow::{Context, Result, anyhow};
use jiff::{SignedDuration, Timestamp};
use kit::{FlatId, Lang, MembershipId, PersonId, Role, TenantId, Trust};

use crate::buildings::server as buildings;
use crate::feed::server as feed;
use crate::identity::server as identity;
use crate::platform::config::DEMO_OPERATOR;
use crate::platform::jobs::open_tenant;
use crate::platform::{AppState, Caller, Cx, Fault, GlobalCx};

/// Chooses demo mode for this process, before the configuration is read.
pub fn choose() {
    crate::platform::DEMO_CHOSEN.store(true, std::sync::atomic::Ordering::Relaxed);
}

/// The chair of the demo building.
const CHAIR: (&str, &str) = ("רונית אלמוג", "0522345671");
/// Neighbours: name, phone, flat, whether the committee has confirmed them.
const NEIGHBOURS: &[(&str, &str, &str, bool)] = &[
    ("יואב פרידמן", "0522345672", "21", true),
    ("מיכל דהן", "0522345673", "9", true),
    ("דניאל כץ", "0522345674", "3", true),
    ("הילה ברק", "0522345675", "6", true),
    ("עומר לוי", "0522345676", "11", true),
    ("תמר רוזן", "0522345677", "17", false),
    ("אביגיל שרון", "0522345678", "26", true),
    ("נדב ביטון", "0522345679", "30", false),
];

/// Opens the demo building if it is not there yet, and prints how to enter it.
pub async fn open(state: &AppState) -> Result<()> {
    let slug = match existing(state).await? {
        Some(slug) => slug,
        None => build(state).await.map_err(|fault| anyhow!("the demo building could not be opened: {fault:?}"))?,
    };
    know_operator(state).await.map_err(|fault| anyhow!("the operator could not be made known: {fault:?}"))?;
    let base = &state.config.public_url;
    let inbox = format!("{}/sms", state.config.stripe.checkout_origin);
    let operator =
        state.config.operator_phones.first().and_then(|phone| kit::Phone::parse(phone).ok()).map_or_else(|| "nobody (VANTERA_OPERATORS)".into(), |phone| phone.national());
    eprintln!(
        "\n  Vantera is up.\n\n  Join the building     {base}/b/{slug}/join      (card 4242 4242 4242 4242)\n  Open your own         {base}/open\n  Sign in               {base}/signin\n    as a resident       {}    {}\n    as the chair        {}    {}\n    as the operator     {operator}\n  Codes arrive here     {inbox}\n  The design language   {base}/ui\n",
        NEIGHBOURS[0].1, NEIGHBOURS[0].0, CHAIR.1, CHAIR.0
    );
    Ok(())
}

/// Makes the demo's own operator a person: no code is sent to a phone that nobody has.
async fn know_operator(state: &AppState) -> Result<(), Fault> {
    if !state.config.operator_phones.iter().any(|phone| phone == DEMO_OPERATOR) {
        return Ok(());
    }
    let mut cx = GlobalCx::open(state, Lang::He, "demo".into()).await?;
    let (ids, now, vault) = (cx.ids, cx.now, cx.vault.clone());
    let phone = kit::Phone::parse(DEMO_OPERATOR).map_err(|_| anyhow!("the demo operator's phone is wrong"))?;
    identity::ensure_person(cx.db(), &vault, ids, &phone, "תפעול ונטרה", now).await?;
    cx.commit().await
}

async fn existing(state: &AppState) -> Result<Option<String>> {
    let mut cx = GlobalCx::open(state, Lang::He, "demo".into()).await.map_err(|fault| anyhow!("{fault:?}"))?;
    let places = identity::places_of_phone(&mut cx, CHAIR.1).await.map_err(|fault| anyhow!("{fault:?}"))?;
    cx.commit().await.map_err(|fault| anyhow!("{fault:?}"))?;
    Ok(places.into_iter().next().map(|place| place.slug))
}

/// Makes the building, its neighbours and a week of posts.
async fn build(state: &AppState) -> Result<String, Fault> {
    let global = GlobalCx::open(state, Lang::He, "demo".into()).await?;
    let opening = buildings::Opening {
        street: "ביאליק 14".into(),
        city: "רמת גן".into(),
        name: CHAIR.0.into(),
        phone: CHAIR.1.into(),
        own_flat: "2".into(),
        first_flat: "1".into(),
        last_flat: "32".into(),
        flats_per_floor: "4".into(),
        flats_csv: String::new(),
        flats_file: String::new(),
        invite_code: String::new(),
        needs_approval: false,
        consent_version: crate::buildings::model::OPENING_CONSENT.into(),
    };
    let (mut cx, founding) = buildings::found(global, opening, None).await.map_err(Fault::Refused)?;
    let slug = cx.tenant.slug.clone();
    let tenant = cx.tenant.id;
    buildings::fill(&mut cx, founding).await?;
    cx.commit().await?;
    let now = state.clock.now();
    let day = |days: i64| now.checked_sub(SignedDuration::from_hours(24 * days)).unwrap_or(now);
    let mut members = Vec::new();
    for (index, (name, phone, flat, confirmed)) in NEIGHBOURS.iter().enumerate() {
        members.push(move_in(state, tenant, name, phone, flat, *confirmed, day(index as i64 % 6 + 2)).await?);
    }
    let chair = identity_of(state, tenant, CHAIR.1).await?;
    let posts: &[(usize, &str, &str, &str, i64)] = &[
        (1, "post", "", "מחפשת המלצה על מורה לפסנתר לבת 8, באזור ובשעות אחר הצהריים. תודה מראש!", 26),
        (0, "post", "", "נמצא צרור מפתחות עם מחזיק של דג כתום, ליד תיבות הדואר. שמור אצלי, אפשר לעלות לקומה 6.", 3),
    ];
    for (who, kind, title, body, hours) in posts {
        let moment = now.checked_sub(SignedDuration::from_hours(*hours)).unwrap_or(now);
        say(state, tenant, members[*who], Role::Resident, (kind, title, body, ""), moment).await?;
    }
    let tomorrow = now.checked_add(SignedDuration::from_hours(30)).unwrap_or(now);
    say(state, tenant, chair, Role::Chair, ("notice", "הפסקת מים מחר, 09:00–12:00", "החלפת מגוף ראשי. כדאי למלא מים מראש.", ""), now).await?;
    let when = tomorrow.to_zoned(jiff::tz::TimeZone::get("Asia/Jerusalem").unwrap_or(jiff::tz::TimeZone::UTC)).strftime("%Y-%m-%dT20:00").to_string();
    say(state, tenant, chair, Role::Chair, ("event", "ערב דיירים בלובי", "עוגות, קפה והיכרות. אפשר להביא כיסא.", &when), now).await?;
    Ok(slug)
}

async fn move_in(state: &AppState, tenant: TenantId, name: &str, phone: &str, flat: &str, confirmed: bool, moment: Timestamp) -> Result<(PersonId, MembershipId), Fault> {
    let mut cx = at(state, tenant, moment).await?;
    let phone = kit::Phone::parse(phone).map_err(|_| anyhow!("a demo phone is wrong"))?;
    let (ids, now, vault) = (cx.ids, cx.now, cx.vault.clone());
    let (person, _) = identity::ensure_person(cx.db(), &vault, ids, &phone, name, now).await?;
    let place: FlatId = buildings::find_flat(&mut cx, flat).await?.context("the demo's flat")?.flat;
    let (trust, by) = if confirmed { (Trust::Verified, Some(buildings::VerifiedBy::Committee)) } else { (Trust::Paid, None) };
    let new = buildings::NewMember { person, flat: place, name: name.to_owned(), phone, trust, verified_by: by };
    let membership = buildings::add_member(&mut cx, new).await?;
    feed::write_joined_post(&mut cx, membership, name, flat).await?;
    cx.commit().await?;
    Ok((person, membership))
}

async fn identity_of(state: &AppState, tenant: TenantId, phone: &str) -> Result<(PersonId, MembershipId), Fault> {
    let mut cx = at(state, tenant, state.clock.now()).await?;
    let phone = kit::Phone::parse(phone).map_err(|_| anyhow!("a demo phone is wrong"))?;
    let membership = buildings::member_with_phone(&mut cx, &phone).await?.context("the chair is a member")?;
    let (ids, now, vault) = (cx.ids, cx.now, cx.vault.clone());
    let (person, _) = identity::ensure_person(cx.db(), &vault, ids, &phone, CHAIR.0, now).await?;
    cx.commit().await?;
    Ok((person, membership))
}

async fn say(state: &AppState, tenant: TenantId, who: (PersonId, MembershipId), role: Role, what: (&str, &str, &str, &str), moment: Timestamp) -> Result<(), Fault> {
    let mut cx = at(state, tenant, moment).await?;
    cx.caller = Caller { role, person: Some(who.0), membership: Some(who.1), ..Caller::system() };
    let draft = feed::Draft { kind: what.0.into(), title: what.1.into(), body: what.2.into(), event_at: what.3.into(), ..feed::Draft::default() };
    feed::write(&mut cx, &draft, &[]).await?;
    cx.commit().await
}

/// A context whose moment is in the demo's past.
async fn at(state: &AppState, tenant: TenantId, moment: Timestamp) -> Result<Cx, Fault> {
    let mut cx = open_tenant(state, tenant, "demo".into()).await?;
    cx.now = moment;
    Ok(cx)
}
