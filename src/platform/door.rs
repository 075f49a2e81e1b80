//! Doors: how a request becomes a context. A door parses, opens the context, calls one verb, commits and answers.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use kit::{AppError, FlatId, Lang, MembershipId, PersonId, Role, SessionId, TenantId, Trust};
use leptos::prelude::{expect_context, use_context};
use leptos_axum::ResponseOptions;

use super::cookies;
use super::cx::{Caller, Cx, Tenant};
use super::fault::Fault;
use super::global::GlobalCx;
use super::session::{self, Claims};
use super::slow::{Learned, SlowRequests};
use super::state::{AppState, Pulse};

/// What the outermost layer learned of a request (security.rs puts it in).
#[derive(Clone, Debug)]
pub struct RequestInfo {
    pub trace: String,
    pub lang: Lang,
    pub theme: Option<String>,
    pub address: Option<String>,
    /// What the browser calls itself, cut short.
    pub agent: String,
    /// Whoever holds a live access token; the session itself is read at every opening.
    pub claims: Option<Claims>,
    /// The secret of this browser's attempt to join.
    pub join_secret: Option<String>,
    /// The phone a code was sent to from this browser.
    pub code_phone: Option<String>,
    pub path: String,
    /// The tenant an API caller names beside his token: header `x-tenant-id`, alias `x-building-id`; an id or a slug.
    pub tenant_header: Option<String>,
    /// Told to whoever measures the request.
    pub learned: Arc<Learned>,
}

impl RequestInfo {
    /// For requests that no layer has seen (tests of single handlers).
    fn unknown(trace: &str) -> Self {
        Self {
            trace: trace.into(),
            lang: Lang::He,
            theme: None,
            address: None,
            agent: String::new(),
            claims: None,
            join_secret: None,
            code_phone: None,
            path: String::new(),
            tenant_header: None,
            learned: Arc::default(),
        }
    }
}

/// A session just begun, to be put into cookies once its transaction is committed.
#[derive(Clone, Debug)]
pub struct Grant {
    pub session: SessionId,
    pub person: PersonId,
    /// Hex; the database keeps its hash.
    pub refresh: String,
    /// Where to go then; app-relative.
    pub next: String,
}

/// How long a device stays signed in without being used.
pub const REFRESH_DAYS: i64 = 60;

/// The request's own facts inside a server function or a page.
pub fn info() -> RequestInfo {
    use_context::<Parts>().and_then(|parts| parts.extensions.get::<RequestInfo>().cloned()).unwrap_or_else(|| RequestInfo::unknown("no-request"))
}

/// Opens the tenant of this slug for the caller of the current server function or page.
pub async fn open(slug: &str) -> Result<Cx, AppError> {
    let state = expect_context::<AppState>();
    let info = info();
    let response = use_context::<ResponseOptions>();
    let (cx, reissue) = open_for(&state, &info, slug).await.map_err(|fault| fault.into_app(info.lang, &info.trace))?;
    if let (Some(token), Some(response)) = (reissue, response) {
        append(&response, &cookies::write(cookies::SESSION, &token, session::ACCESS_SECONDS));
    }
    let mut cx = cx;
    if let Some(Beside(tell)) = use_context::<Beside>()
        && let Err(fault) = tell(&mut cx).await
    {
        return Err(fault.into_app(info.lang, &info.trace));
    }
    Ok(cx)
}

/// What every page of a tenant tells beside its own matter. The rooms stand above the floor, so wiring hands the verb in,
/// for pages only: a call of a script has no frame to tell it in.
#[derive(Clone, Copy)]
pub struct Beside(pub for<'a> fn(&'a mut Cx) -> futures::future::BoxFuture<'a, Result<(), Fault>>);

/// How browsers reach us, without a trailing slash: for links that are handed out.
pub fn public_url() -> String {
    expect_context::<AppState>().config.public_url.clone()
}

/// What this process knows of itself.
pub fn pulse() -> Pulse {
    expect_context::<AppState>().pulse()
}

/// The slowest requests that this process answered.
pub fn slow_requests() -> SlowRequests {
    expect_context::<AppState>().slow
}

/// Opens a context before any tenant.
pub async fn global() -> Result<GlobalCx, AppError> {
    let state = expect_context::<AppState>();
    let info = info();
    let mut cx = GlobalCx::open(&state, info.lang, info.trace.clone()).await.map_err(|fault| fault.into_app(info.lang, &info.trace))?;
    cx.agent = info.agent;
    Ok(cx)
}

/// Opens a tenant by its slug: one call finds it, binds the transaction to it and reads session and membership.
/// A member whose token was issued in another tenant gets a new token along with the context.
pub async fn open_for(state: &AppState, info: &RequestInfo, slug: &str) -> Result<(Cx, Option<String>), Fault> {
    if !is_slug(slug) {
        return Err(Fault::NotFound);
    }
    let now = state.clock.now();
    let mut tx = state.pool.begin().await?;
    let session = info.claims.as_ref().map(|claims| claims.sid);
    let row = sqlx::query!(
        r#"select tenant_id as "tenant_id!", slug as "slug!", name as "name!", time_zone as "time_zone!", person_id, membership_id, role, trust, flat_id, display_name,
                  session_alive as "session_alive!" from directory.open_by_slug($1, $2, $3)"#,
        slug,
        session,
        now.to_sqlx() as _
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(Fault::NotFound)?;
    tracing::Span::current().record("tenant", tracing::field::display(row.tenant_id));
    // A request that opens two tenants is told by the first.
    let _ = info.learned.tenant.set(row.tenant_id);
    let role = row.role.as_deref().and_then(Role::from_word).unwrap_or(Role::Visitor);
    let caller = Caller {
        role,
        trust: row.trust.as_deref().and_then(Trust::from_word).unwrap_or(Trust::Paid),
        person: row.person_id.map(PersonId),
        membership: row.membership_id.map(MembershipId),
        flat: row.flat_id.map(FlatId),
        name: row.display_name.unwrap_or_default(),
        session: session.filter(|_| row.session_alive).map(SessionId),
        address: info.address.clone(),
    };
    let reissue = match (&info.claims, role) {
        (Some(claims), role) if role != Role::Visitor && claims.ten != Some(row.tenant_id) => {
            Some(state.keys.issue(claims.sid, claims.sub, Some(row.tenant_id), Some(role.word()), now)?)
        }
        _ => None,
    };
    let tenant = Tenant { id: TenantId(row.tenant_id), slug: row.slug, name: row.name, zone: row.time_zone };
    if info.tenant_header.as_ref().is_some_and(|named| *named != tenant.slug && *named != tenant.id.to_string()) {
        // The caller means two tenants at once: nothing is opened, and the one he reached for keeps the try.
        let cx = Cx::new(tx, state.pool.clone(), tenant, caller, info.lang, now, info.trace.clone(), state.vault.clone(), state.meters.clone());
        return Err(cx.refuse_other_tenant().await);
    }
    let mut cx = Cx::new(tx, state.pool.clone(), tenant, caller, info.lang, now, info.trace.clone(), state.vault.clone(), state.meters.clone());
    cx.agent.clone_from(&info.agent);
    Ok((cx, reissue))
}

/// Opens a tenant for several readers at once, to read what each of them may hear: the sessions that are alive, each with
/// the role its person has here now. Nobody's own context: it asks for no right, which its one caller (the live line) does.
pub async fn open_for_many(state: &AppState, slug: &str, sessions: &[uuid::Uuid]) -> Result<(Cx, Vec<(uuid::Uuid, Role)>), Fault> {
    if !is_slug(slug) {
        return Err(Fault::NotFound);
    }
    let now = state.clock.now();
    let mut tx = state.pool.begin().await?;
    let rows = sqlx::query!(
        r#"select asked.session as "session!", found.tenant_id as "tenant_id!", found.slug as "slug!", found.name as "name!", found.time_zone as "time_zone!", found.role,
                  found.session_alive as "session_alive!"
           from unnest($2::uuid[]) as asked(session) cross join lateral directory.open_by_slug($1, asked.session, $3) as found"#,
        slug,
        sessions,
        now.to_sqlx() as _
    )
    .fetch_all(&mut *tx)
    .await?;
    let first = rows.first().ok_or(Fault::NotFound)?;
    let tenant = Tenant { id: TenantId(first.tenant_id), slug: first.slug.clone(), name: first.name.clone(), zone: first.time_zone.clone() };
    let role = |word: Option<&str>| word.and_then(Role::from_word).unwrap_or(Role::Visitor);
    let present = rows.iter().filter(|row| row.session_alive).map(|row| (row.session, role(row.role.as_deref()))).collect();
    let cx = Cx::new(tx, state.pool.clone(), tenant, Caller::system(), Lang::He, now, String::new(), state.vault.clone(), state.meters.clone());
    Ok((cx, present))
}

/// Whether a text can be a tenant's slug at all. What cannot (a NUL, a page of text) is asked of nobody.
fn is_slug(text: &str) -> bool {
    (3..=60).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// The secret of this browser's attempt to join; the layer gives every browser on the join pages one.
pub fn join_cookie(_cx: &Cx) -> String {
    info().join_secret.unwrap_or_default()
}

/// Whoever holds the access token, for verbs before any tenant.
pub fn claims() -> Option<Claims> {
    info().claims
}

/// Notes, in a cookie of this browser, which phone a code was sent to.
pub fn remember_phone(phone: &str) {
    set_cookie(&cookies::write(cookies::CODE_PHONE, &phone.replace('+', ""), 15 * 60));
}

/// The phone a code was sent to from this browser, E.164.
pub fn remembered_phone() -> Option<String> {
    info().code_phone
}

/// Hands the next page what it shows once (a key, a secret), over this browser and sealed by the caller. It is gone after
/// two minutes, shown or not.
pub fn show_once(sealed: &str) {
    set_cookie(&cookies::write(cookies::SHOWN, sealed, 120));
}

/// What is to be shown once, still sealed; this browser forgets it.
pub fn take_shown() -> Option<String> {
    let parts = use_context::<Parts>()?;
    let sealed = cookies::read(&parts.headers, cookies::SHOWN).filter(|sealed| !sealed.is_empty())?.to_owned();
    set_cookie(&cookies::remove(cookies::SHOWN));
    Some(sealed)
}

/// Whether a partner's endpoint may be this very machine.
pub fn may_loop_back() -> bool {
    expect_context::<AppState>().config.webhooks_loopback
}

/// Takes the session's cookies away.
pub fn forget_session() {
    set_cookie(&cookies::remove(cookies::SESSION));
    set_cookie(&cookies::remove(cookies::REFRESH));
}

/// Commits and signs the person in on this browser; leads to the grant's next page.
pub async fn sign_in_and_go(cx: GlobalCx, outcome: Result<Grant, Fault>) -> Result<(), AppError> {
    let grant = cx.finish(outcome).await?;
    hand_over(&grant)
}

/// Puts a committed grant into this browser's cookies and leads to its next page.
pub fn hand_over(grant: &Grant) -> Result<(), AppError> {
    let state = expect_context::<AppState>();
    let info = info();
    for cookie in grant_cookies(&state, grant, state.clock.now()).map_err(|fault| fault.into_app(info.lang, &info.trace))? {
        set_cookie(&cookie);
    }
    redirect(&grant.next);
    Ok(())
}

/// The two cookies of a grant.
pub fn grant_cookies(state: &AppState, grant: &Grant, now: Timestamp) -> Result<[String; 2], Fault> {
    let access = state.keys.issue(grant.session.0, grant.person.0, None, None, now)?;
    Ok([cookies::write(cookies::SESSION, &access, session::ACCESS_SECONDS), cookies::write(cookies::REFRESH, &grant.refresh, REFRESH_DAYS * 86_400)])
}

/// Leads the browser to a path of ours. Anything but an app-relative path leads home: an open redirect is a hole,
/// and bad header bytes would panic further in.
pub fn redirect(path: &str) {
    leptos_axum::redirect(safe_path(path));
}

/// The path itself when it is app-relative and plain, else `/`.
pub fn safe_path(path: &str) -> &str {
    let plain = path.starts_with('/') && !path.starts_with("//") && !path.starts_with("/\\") && path.len() <= 512 && path.bytes().all(|b| (0x21..=0x7e).contains(&b) && b != b'\\');
    if plain { path } else { "/" }
}

fn set_cookie(cookie: &str) {
    if let Some(response) = use_context::<ResponseOptions>() {
        append(&response, cookie);
    }
}

fn append(response: &ResponseOptions, cookie: &str) {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.append_header(http::header::SET_COOKIE, value);
    }
}

impl GlobalCx {
    /// Ends the context: commits what went well, undoes what did not, and says so in the caller's language.
    pub async fn finish<T>(self, outcome: Result<T, Fault>) -> Result<T, AppError> {
        let (lang, trace) = (self.lang, self.trace.clone());
        match outcome {
            Ok(value) => self.commit().await.map(|()| value).map_err(|fault| fault.into_app(lang, &trace)),
            Err(fault) => Err(fault.into_app(lang, &trace)),
        }
    }
}

/// The request's facts for plain handlers.
impl<S: Send + Sync> FromRequestParts<S> for RequestInfo {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        parts.extensions.get::<RequestInfo>().cloned().ok_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// An error as a plain handler answers it: JSON for programs; people are led by the pages.
pub fn error_response(error: &AppError) -> axum::response::Response {
    use axum::response::IntoResponse;
    (StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), axum::Json(error.clone())).into_response()
}

/// Reads the language: the cookie, else the browser's first wish, else Hebrew.
pub fn language(headers: &HeaderMap) -> Lang {
    cookies::read(headers, cookies::LANG).map(Lang::from_tag).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{is_slug, safe_path};

    #[test]
    fn what_cannot_be_a_slug_is_asked_of_nobody() {
        assert!(is_slug("bialik-14-00000"));
        for text in ["", "ab", "a\0b", "ביאליק", "a/b", "A-1", &"a".repeat(61)] {
            assert!(!is_slug(text), "{text:?}");
        }
    }

    #[test]
    fn only_app_relative_paths_are_led_to() {
        for (path, led) in [("/b/x", "/b/x"), ("//evil", "/"), ("https://evil", "/"), ("/\\evil", "/"), ("/a\r\nb", "/"), ("/א", "/"), ("", "/")] {
            assert_eq!(safe_path(path), led);
        }
    }
}
