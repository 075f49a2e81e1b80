use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use kit::{CheckoutId, FlatId, JoinId, MembershipId};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::platform::phones::KeptPhone;

mod times;

pub use times::{Times, times};

type Result<T> = std::result::Result<T, sqlx::Error>;

/// One attempt.
pub struct JoinRow {
    pub join_id: Uuid,
    pub state: String,
    pub flat_id: Option<Uuid>,
    pub name: Option<String>,
    pub sealed_phone: Option<Vec<u8>>,
    pub new_person: Option<bool>,
    pub signed_in: Option<bool>,
    /// Paid or asked: whether a flat's subscription hangs on this attempt is looked up by its checkouts.
    pub person: Option<Uuid>,
}

/// This browser's attempt; its row is held until the transaction ends, so that two tabs take turns.
pub async fn of_browser(db: &mut PgConnection, hash: &[u8]) -> Result<Option<JoinRow>> {
    let held = sqlx::query_scalar!("select join_id from joins where tenant_id = directory.current_tenant() and browser_hash = $1 for update", hash);
    let held = held.fetch_optional(&mut *db).await?;
    read(db, held).await
}

/// An attempt by its id, held.
pub async fn by_id(db: &mut PgConnection, join: Uuid) -> Result<Option<JoinRow>> {
    let held = sqlx::query_scalar!("select join_id from joins where tenant_id = directory.current_tenant() and join_id = $1 for update", join);
    let held = held.fetch_optional(&mut *db).await?;
    read(db, held).await
}

/// The attempt that made a membership, held.
pub async fn by_membership(db: &mut PgConnection, membership: MembershipId) -> Result<Option<JoinRow>> {
    let held = sqlx::query_scalar!("select join_id from joins where tenant_id = directory.current_tenant() and membership_id = $1 for update", membership.0);
    let held = held.fetch_optional(&mut *db).await?;
    read(db, held).await
}

/// Reads an attempt whose row is held already. A statement of its own: one that both waits for the row and looks up the
/// person would see the row as it is after the wait, and the person as he was before it, which is not at all.
async fn read(db: &mut PgConnection, held: Option<Uuid>) -> Result<Option<JoinRow>> {
    let Some(join) = held else { return Ok(None) };
    sqlx::query_as!(
        JoinRow,
        r#"select j.join_id, j.state, j.flat_id, j.name, j.sealed_phone, j.new_person, j.signed_in_at is not null as signed_in,
                  (select m.person_id from memberships m where m.tenant_id = j.tenant_id and m.membership_id = j.membership_id) as person
           from joins j where j.tenant_id = directory.current_tenant() and j.join_id = $1"#,
        join
    )
    .fetch_optional(db)
    .await
}

/// Notes that an attempt began; the second of two simultaneous firsts finds the other's row. True when it is new.
pub async fn start(db: &mut PgConnection, tenant: Uuid, join: JoinId, hash: &[u8], now: Timestamp) -> Result<bool> {
    let done = sqlx::query!(
        "insert into joins (tenant_id, join_id, browser_hash, state, started_at) values ($1, $2, $3, 'started', $4) on conflict (tenant_id, browser_hash) do nothing",
        tenant,
        join.0,
        hash,
        now.to_sqlx() as _
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A finished attempt lets go of its browser, so that another person may join from the same phone.
pub async fn retire(db: &mut PgConnection, join: Uuid, retired_hash: &[u8]) -> Result<()> {
    sqlx::query!("update joins set browser_hash = $2 where tenant_id = directory.current_tenant() and join_id = $1", join, retired_hash).execute(db).await.map(drop)
}

pub struct Details<'a> {
    pub join: Uuid,
    pub flat: FlatId,
    pub name: &'a str,
    pub phone: &'a KeptPhone,
    pub consent_version: &'a str,
    pub state: &'a str,
}

pub async fn sent(db: &mut PgConnection, details: Details<'_>, now: Timestamp) -> Result<()> {
    sqlx::query!(
        "update joins set flat_id = $2, name = $3, sealed_phone = $4, phone_blind = $8, consent_version = $5, consented_at = $7, state = $6, sent_at = coalesce(sent_at, $7), failure = null
         where tenant_id = directory.current_tenant() and join_id = $1",
        details.join,
        details.flat.0,
        details.name,
        details.phone.sealed,
        details.consent_version,
        details.state,
        now.to_sqlx() as _,
        details.phone.blind
    )
    .execute(db)
    .await
    .map(drop)
}

pub async fn payment_opened(db: &mut PgConnection, join: Uuid, now: Timestamp) -> Result<()> {
    sqlx::query!("update joins set payment_opened_at = coalesce(payment_opened_at, $2) where tenant_id = directory.current_tenant() and join_id = $1", join, now.to_sqlx() as _)
        .execute(db)
        .await
        .map(drop)
}

pub async fn admitted(db: &mut PgConnection, join: Uuid, membership: MembershipId, new_person: bool, now: Timestamp) -> Result<()> {
    sqlx::query!(
        "update joins set state = 'admitted', membership_id = $2, new_person = $3, confirmed_at = coalesce(confirmed_at, $4), failure = null where tenant_id = directory.current_tenant() and join_id = $1",
        join, membership.0, new_person, now.to_sqlx() as _
    )
    .execute(db)
    .await
    .map(drop)
}

pub async fn waiting(db: &mut PgConnection, join: Uuid) -> Result<()> {
    sqlx::query!("update joins set state = 'waiting' where tenant_id = directory.current_tenant() and join_id = $1", join).execute(db).await.map(drop)
}

pub async fn failed(db: &mut PgConnection, join: Uuid, why: &str) -> Result<()> {
    sqlx::query!("update joins set state = 'failed', failure = $2 where tenant_id = directory.current_tenant() and join_id = $1", join, why).execute(db).await.map(drop)
}

/// True for the one request that may sign this browser in.
pub async fn sign_in_once(db: &mut PgConnection, join: Uuid, now: Timestamp) -> Result<bool> {
    let done = sqlx::query!(
        "update joins set signed_in_at = $2 where tenant_id = directory.current_tenant() and join_id = $1 and signed_in_at is null and state = 'admitted' and new_person",
        join,
        now.to_sqlx() as _
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The attempt whose first view of the feed this is.
pub async fn first_feed(db: &mut PgConnection, hash: &[u8], now: Timestamp) -> Result<Option<Uuid>> {
    sqlx::query_scalar!(
        "update joins set first_feed_at = $2 where tenant_id = directory.current_tenant() and browser_hash = $1 and state = 'admitted' and first_feed_at is null returning join_id",
        hash,
        now.to_sqlx() as _
    )
    .fetch_optional(db)
    .await
}

/// Begins the flat's subscription. False when the flat has one already.
pub async fn begin_subscription(db: &mut PgConnection, tenant: Uuid, flat: FlatId, checkout: CheckoutId, provider: Option<&str>, now: Timestamp) -> Result<bool> {
    let done = sqlx::query!(
        "insert into flat_subscriptions (tenant_id, flat_id, checkout_id, provider_subscription, begun_at) values ($1, $2, $3, $4, $5) on conflict (tenant_id, flat_id) where ended_at is null do nothing",
        tenant, flat.0, checkout.0, provider, now.to_sqlx() as _
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether this checkout began a subscription (a job that runs twice finds its own work).
pub async fn subscription_of(db: &mut PgConnection, checkout: CheckoutId) -> Result<bool> {
    Ok(sqlx::query_scalar!("select 1 from flat_subscriptions where tenant_id = directory.current_tenant() and checkout_id = $1", checkout.0).fetch_optional(db).await?.is_some())
}

/// The checkout that pays for a flat now.
pub async fn paying_checkout(db: &mut PgConnection, flat: FlatId) -> Result<Option<CheckoutId>> {
    let found = sqlx::query_scalar!("select checkout_id from flat_subscriptions where tenant_id = directory.current_tenant() and flat_id = $1 and ended_at is null", flat.0);
    Ok(found.fetch_optional(db).await?.map(CheckoutId))
}

/// A member's attempt is of the flat in which he lives.
pub async fn rehouse(db: &mut PgConnection, membership: MembershipId, flat: FlatId) -> Result<()> {
    sqlx::query!("update joins set flat_id = $2 where tenant_id = directory.current_tenant() and membership_id = $1", membership.0, flat.0).execute(db).await.map(drop)
}

/// What one flat pays is paid for another from now on, unless that one pays itself.
pub async fn move_subscription(db: &mut PgConnection, from: FlatId, to: FlatId) -> Result<()> {
    sqlx::query!(
        "update flat_subscriptions s set flat_id = $2 where s.tenant_id = directory.current_tenant() and s.flat_id = $1 and s.ended_at is null
         and not exists (select 1 from flat_subscriptions o where o.tenant_id = s.tenant_id and o.flat_id = $2 and o.ended_at is null)",
        from.0,
        to.0
    )
    .execute(db)
    .await
    .map(drop)
}

pub async fn end_subscription(db: &mut PgConnection, checkout: CheckoutId, now: Timestamp) -> Result<()> {
    sqlx::query!(
        "update flat_subscriptions set ended_at = $2 where tenant_id = directory.current_tenant() and checkout_id = $1 and ended_at is null",
        checkout.0,
        now.to_sqlx() as _
    )
    .execute(db)
    .await
    .map(drop)
}

/// Who waits for a yes in a flat: (join, name).
pub async fn waiting_in(db: &mut PgConnection, flat: FlatId) -> Result<Vec<(Uuid, String)>> {
    let rows = sqlx::query!(r#"select join_id, name as "name!" from joins where tenant_id = directory.current_tenant() and flat_id = $1 and state = 'waiting' and name is not null order by started_at limit 20"#, flat.0).fetch_all(db).await?;
    Ok(rows.into_iter().map(|row| (row.join_id, row.name)).collect())
}
