//! The only SQL of the building. `flat_subscriptions` is joining's table: it is read here and never written.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use kit::{FlatId, MembershipId, PersonId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::opening::PlannedFlat;
use crate::platform::phones::KeptPhone;

mod hazards;
mod names;
mod readings;
mod vouches;

pub use hazards::{HazardRow, NewHazard, clear_hazard, hazard_exists, raise_hazard, standing_hazards};
pub use names::{names, people_called};
pub use readings::{ActivityLine, WaitingJoin, activity, funnel, waiting};
pub use vouches::{UnconfirmedRow, unconfirmed, vouch, vouchers, vouches_that_count, withdraw_vouch};

type Result<T> = std::result::Result<T, sqlx::Error>;

// ------------------------------------------------------------------------------------------------ the building
pub struct BuildingRow {
    pub street: String,
    pub city: String,
    pub invite_code: Option<String>,
    pub needs_approval: bool,
    pub people_per_flat: i32,
    pub price_minor: i64,
    pub price_currency: String,
}

pub async fn building(db: &mut PgConnection) -> Result<BuildingRow> {
    sqlx::query_as!(
        BuildingRow,
        "select street, city, invite_code, needs_approval, people_per_flat, price_minor, price_currency
         from buildings where tenant_id = directory.current_tenant()"
    )
    .fetch_one(db)
    .await
}

pub async fn insert_building(db: &mut PgConnection, street: &str, city: &str, invite_code: Option<&str>, needs_approval: bool, now: Timestamp) -> Result<()> {
    sqlx::query!(
        "insert into buildings (tenant_id, street, city, invite_code, needs_approval, created_at) values (directory.current_tenant(), $1, $2, $3, $4, $5)",
        street,
        city,
        invite_code,
        needs_approval,
        now.to_sqlx() as _
    )
    .execute(db)
    .await
    .map(drop)
}

/// One flat of the façade: how many live there, and how many of them are confirmed.
pub struct WindowRow {
    pub flat_id: Uuid,
    pub number: String,
    pub floor: i32,
    pub members: i64,
    pub verified: i64,
}

/// Top floor first, and inside a floor in reading order.
pub async fn windows(db: &mut PgConnection) -> Result<Vec<WindowRow>> {
    sqlx::query_as!(
        WindowRow,
        r#"select f.flat_id, f.number, f.floor, count(m.membership_id) as "members!", count(m.membership_id) filter (where m.trust = 'verified') as "verified!"
           from flats f left join memberships m on m.tenant_id = f.tenant_id and m.flat_id = f.flat_id and m.state = 'active'
           where f.tenant_id = directory.current_tenant()
           group by f.flat_id, f.number, f.floor, f.position order by f.floor desc, f.position"#
    )
    .fetch_all(db)
    .await
}

// ------------------------------------------------------------------------------------------------ flats
pub struct FlatRow {
    pub flat_id: Uuid,
    pub number: String,
    pub floor: i32,
    pub members: i64,
    pub pays: bool,
}

/// Makes the flats, in reading order; `ids` go along with them.
pub async fn insert_flats(db: &mut PgConnection, ids: &[FlatId], flats: &[PlannedFlat]) -> Result<()> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let numbers: Vec<String> = flats.iter().map(|flat| flat.number.clone()).collect();
    let floors: Vec<i32> = flats.iter().map(|flat| flat.floor).collect();
    sqlx::query!(
        "insert into flats (tenant_id, flat_id, number, floor, position)
         select directory.current_tenant(), f.id, f.number, f.floor, f.place::int from unnest($1::uuid[], $2::text[], $3::int[]) with ordinality as f (id, number, floor, place)",
        &ids,
        &numbers,
        &floors
    )
    .execute(db)
    .await
    .map(drop)
}

/// A line of the committee's list of phones.
pub struct ListedPhone {
    pub flat: FlatId,
    pub phone: KeptPhone,
    pub name: Option<String>,
}

/// Writes the committee's phones.
pub async fn insert_roster(db: &mut PgConnection, list: &[ListedPhone]) -> Result<()> {
    let at: Vec<Uuid> = list.iter().map(|line| line.flat.0).collect();
    let sealed: Vec<Vec<u8>> = list.iter().map(|line| line.phone.sealed.clone()).collect();
    let blind: Vec<Vec<u8>> = list.iter().map(|line| line.phone.blind.clone()).collect();
    let names: Vec<Option<String>> = list.iter().map(|line| line.name.clone()).collect();
    sqlx::query!(
        "insert into roster (tenant_id, flat_id, sealed_phone, phone_blind, name)
         select directory.current_tenant(), r.flat, r.sealed, r.blind, r.name from unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::text[]) as r (flat, sealed, blind, name)",
        &at,
        &sealed,
        &blind,
        &names as &[Option<String>]
    )
    .execute(db)
    .await
    .map(drop)
}

/// A flat by its id or by its number, whichever is given.
pub async fn flat(db: &mut PgConnection, id: Option<Uuid>, number: Option<&str>) -> Result<Option<FlatRow>> {
    sqlx::query_as!(
        FlatRow,
        r#"select f.flat_id, f.number, f.floor,
                  (select count(*) from memberships m where m.tenant_id = f.tenant_id and m.flat_id = f.flat_id and m.state = 'active') as "members!",
                  exists (select 1 from flat_subscriptions s where s.tenant_id = f.tenant_id and s.flat_id = f.flat_id and s.ended_at is null) as "pays!"
           from flats f where f.tenant_id = directory.current_tenant() and (f.flat_id = $1 or f.number = $2)"#,
        id,
        number
    )
    .fetch_optional(db)
    .await
}

/// Every flat's number, in reading order from the ground.
pub async fn numbers(db: &mut PgConnection) -> Result<Vec<String>> {
    sqlx::query_scalar!("select number from flats where tenant_id = directory.current_tenant() order by position").fetch_all(db).await
}

/// Holds the flat's row until the transaction ends, so that two people cannot take its last place.
pub async fn lock_flat(db: &mut PgConnection, flat: FlatId) -> Result<()> {
    sqlx::query_scalar!("select flat_id from flats where tenant_id = directory.current_tenant() and flat_id = $1 for update", flat.0).fetch_one(db).await.map(drop)
}

pub async fn on_roster(db: &mut PgConnection, flat: FlatId, blind: &[u8]) -> Result<bool> {
    sqlx::query_scalar!(r#"select exists (select 1 from roster where tenant_id = directory.current_tenant() and flat_id = $1 and phone_blind = $2) as "there!""#, flat.0, blind)
        .fetch_one(db)
        .await
}

// ------------------------------------------------------------------------------------------------ members
pub struct PlaceRow {
    pub membership_id: Uuid,
    pub flat_id: Option<Uuid>,
    pub phone_blind: Option<Vec<u8>>,
}

/// The active place of a person in this building.
pub async fn place_of(db: &mut PgConnection, person: PersonId) -> Result<Option<PlaceRow>> {
    sqlx::query_as!(
        PlaceRow,
        "select membership_id, flat_id, phone_blind from memberships where tenant_id = directory.current_tenant() and person_id = $1 and state = 'active'",
        person.0
    )
    .fetch_optional(db)
    .await
}

pub async fn people_in(db: &mut PgConnection, flat: FlatId) -> Result<i64> {
    sqlx::query_scalar!(r#"select count(*) as "people!" from memberships where tenant_id = directory.current_tenant() and flat_id = $1 and state = 'active'"#, flat.0)
        .fetch_one(db)
        .await
}

pub async fn member_with_phone(db: &mut PgConnection, blind: &[u8]) -> Result<Option<MembershipId>> {
    Ok(sqlx::query_scalar!(
        "select membership_id from memberships where tenant_id = directory.current_tenant() and phone_blind = $1 and state = 'active' order by joined_at limit 1",
        blind
    )
    .fetch_optional(db)
    .await?
    .map(MembershipId))
}

pub struct MemberInsert<'a> {
    pub membership: MembershipId,
    pub person: PersonId,
    pub role: &'a str,
    pub trust: &'a str,
    pub flat: Option<FlatId>,
    pub name: &'a str,
    pub phone: &'a KeptPhone,
    pub verified_by: Option<&'a str>,
}

pub async fn insert_member(db: &mut PgConnection, new: MemberInsert<'_>, now: Timestamp) -> Result<()> {
    sqlx::query!(
        "insert into memberships (tenant_id, membership_id, person_id, role, trust, state, flat_id, display_name, sealed_phone, phone_blind, joined_at, verified_by)
         values (directory.current_tenant(), $1, $2, $3, $4, 'active', $5, $6, $7, $8, $9, $10)",
        new.membership.0,
        new.person.0,
        new.role,
        new.trust,
        new.flat.map(|flat| flat.0),
        new.name,
        new.phone.sealed,
        new.phone.blind,
        now.to_sqlx() as _,
        new.verified_by
    )
    .execute(db)
    .await
    .map(drop)
}

/// Gives a member without a flat his flat.
pub async fn settle_in(db: &mut PgConnection, membership: MembershipId, flat: FlatId) -> Result<()> {
    sqlx::query!("update memberships set flat_id = $2 where tenant_id = directory.current_tenant() and membership_id = $1 and flat_id is null", membership.0, flat.0)
        .execute(db)
        .await
        .map(drop)
}

/// Puts a member into a flat.
pub async fn move_to(db: &mut PgConnection, membership: MembershipId, flat: FlatId) -> Result<()> {
    sqlx::query!("update memberships set flat_id = $2 where tenant_id = directory.current_tenant() and membership_id = $1 and state = 'active'", membership.0, flat.0)
        .execute(db)
        .await
        .map(drop)
}

/// Marks a member as confirmed. False when he was already, or is no member.
pub async fn verify(db: &mut PgConnection, membership: MembershipId, by: &str) -> Result<bool> {
    let done = sqlx::query!(
        "update memberships set trust = 'verified', verified_by = $2 where tenant_id = directory.current_tenant() and membership_id = $1 and state = 'active' and trust = 'paid'",
        membership.0,
        by
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub async fn set_role(db: &mut PgConnection, membership: MembershipId, role: &str) -> Result<()> {
    sqlx::query!("update memberships set role = $2 where tenant_id = directory.current_tenant() and membership_id = $1 and state = 'active'", membership.0, role)
        .execute(db)
        .await
        .map(drop)
}

/// One member of the committee's list.
pub struct MemberRow {
    pub membership_id: Uuid,
    pub person_id: Uuid,
    pub name: String,
    pub role: String,
    pub trust: String,
    pub flat_id: Option<Uuid>,
    pub flat_number: Option<String>,
    pub floor: Option<i32>,
    pub sealed_phone: Option<Vec<u8>>,
    pub joined_at: jiff_sqlx::Timestamp,
    pub on_roster: bool,
    pub join_ms: Option<i64>,
}

/// More people than a building of the most flats usually has; a page does not grow without end.
const PEOPLE: i64 = 2_000;

/// Active people, the latest first.
pub async fn members(db: &mut PgConnection) -> Result<Vec<MemberRow>> {
    sqlx::query_as!(
        MemberRow,
        r#"select m.membership_id, m.person_id, m.display_name as name, m.role, m.trust, m.flat_id, f.number as "flat_number?", f.floor as "floor?", m.sealed_phone, m.joined_at,
                  exists (select 1 from roster r where r.tenant_id = m.tenant_id and r.flat_id = m.flat_id and r.phone_blind = m.phone_blind) as "on_roster!",
                  (select (extract(epoch from j.first_feed_at - j.started_at) * 1000)::bigint from joins j
                   where j.tenant_id = m.tenant_id and j.membership_id = m.membership_id and j.payment_opened_at is not null order by j.started_at limit 1) as join_ms
           from memberships m left join flats f on f.tenant_id = m.tenant_id and f.flat_id = m.flat_id
           where m.tenant_id = directory.current_tenant() and m.state = 'active' order by m.joined_at desc, m.membership_id limit $1"#,
        PEOPLE
    )
    .fetch_all(db)
    .await
}

pub async fn joined_since(db: &mut PgConnection, since: Timestamp) -> Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "people!" from memberships where tenant_id = directory.current_tenant() and state = 'active' and joined_at >= $1"#,
        since.to_sqlx() as _
    )
    .fetch_one(db)
    .await
}

pub struct RemovedMember {
    pub membership_id: Uuid,
    pub name: String,
    pub flat_number: Option<String>,
    pub reason: Option<String>,
    pub removed_at: Option<jiff_sqlx::Timestamp>,
}

/// Who was taken out, the latest first.
pub async fn removed(db: &mut PgConnection) -> Result<Vec<RemovedMember>> {
    sqlx::query_as!(
        RemovedMember,
        r#"select m.membership_id, m.display_name as name, f.number as "flat_number?", m.removed_reason as reason, m.removed_at
           from memberships m left join flats f on f.tenant_id = m.tenant_id and f.flat_id = m.flat_id
           where m.tenant_id = directory.current_tenant() and m.state = 'removed' order by m.removed_at desc limit 30"#
    )
    .fetch_all(db)
    .await
}

pub struct MemberState {
    pub state: String,
    pub role: String,
    pub trust: String,
    pub person_id: Uuid,
    pub flat_id: Option<Uuid>,
}

/// A member, held until the transaction ends.
pub async fn member(db: &mut PgConnection, membership: MembershipId) -> Result<Option<MemberState>> {
    sqlx::query_as!(
        MemberState,
        "select state, role, trust, person_id, flat_id from memberships where tenant_id = directory.current_tenant() and membership_id = $1 for update",
        membership.0
    )
    .fetch_optional(db)
    .await
}

pub async fn remove(db: &mut PgConnection, membership: MembershipId, reason: &str, now: Timestamp) -> Result<()> {
    sqlx::query!(
        "update memberships set state = 'removed', removed_at = $3, removed_reason = $2 where tenant_id = directory.current_tenant() and membership_id = $1 and state = 'active'",
        membership.0,
        reason,
        now.to_sqlx() as _
    )
    .execute(db)
    .await
    .map(drop)
}
