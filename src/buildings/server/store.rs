//! The only SQL of the building. `joins` is joining's table and `flat_subscriptions` the payments': both are read
//! here and never written.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use kit::{FlatId, MembershipId, PersonId};
use sqlx::PgConnection;
use uuid::Uuid;

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
    pub phones: Vec<String>,
}

/// A flat by its id or by its number, whichever is given.
pub async fn flat(db: &mut PgConnection, id: Option<Uuid>, number: Option<&str>) -> Result<Option<FlatRow>> {
    sqlx::query_as!(
        FlatRow,
        r#"select f.flat_id, f.number, f.floor,
                  (select count(*) from memberships m where m.tenant_id = f.tenant_id and m.flat_id = f.flat_id and m.state = 'active') as "members!",
                  exists (select 1 from flat_subscriptions s where s.tenant_id = f.tenant_id and s.flat_id = f.flat_id and s.ended_at is null) as "pays!",
                  array(select r.phone from roster r where r.tenant_id = f.tenant_id and r.flat_id = f.flat_id) as "phones!"
           from flats f where f.tenant_id = directory.current_tenant() and (f.flat_id = $1 or f.number = $2)"#,
        id, number
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

pub async fn on_roster(db: &mut PgConnection, flat: FlatId, phone: &str) -> Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select 1 from roster where tenant_id = directory.current_tenant() and flat_id = $1 and phone = $2) as "there!""#,
        flat.0, phone
    )
    .fetch_one(db)
    .await
}

// ------------------------------------------------------------------------------------------------ members
pub struct PlaceRow {
    pub membership_id: Uuid,
    pub flat_id: Option<Uuid>,
    pub trust: String,
    pub phone: Option<String>,
}

/// The active place of a person in this building.
pub async fn place_of(db: &mut PgConnection, person: PersonId) -> Result<Option<PlaceRow>> {
    sqlx::query_as!(
        PlaceRow,
        "select membership_id, flat_id, trust, phone from memberships where tenant_id = directory.current_tenant() and person_id = $1 and state = 'active'",
        person.0
    )
    .fetch_optional(db)
    .await
}

pub async fn people_in(db: &mut PgConnection, flat: FlatId) -> Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "people!" from memberships where tenant_id = directory.current_tenant() and flat_id = $1 and state = 'active'"#,
        flat.0
    )
    .fetch_one(db)
    .await
}

pub async fn member_with_phone(db: &mut PgConnection, phone: &str) -> Result<Option<MembershipId>> {
    Ok(sqlx::query_scalar!(
        "select membership_id from memberships where tenant_id = directory.current_tenant() and phone = $1 and state = 'active' order by joined_at limit 1",
        phone
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
    pub phone: &'a str,
    pub verified_by: Option<&'a str>,
}

pub async fn insert_member(db: &mut PgConnection, new: MemberInsert<'_>, now: Timestamp) -> Result<()> {
    sqlx::query!(
        "insert into memberships (tenant_id, membership_id, person_id, role, trust, state, flat_id, display_name, phone, joined_at, verified_by)
         values (directory.current_tenant(), $1, $2, $3, $4, 'active', $5, $6, $7, $8, $9)",
        new.membership.0, new.person.0, new.role, new.trust, new.flat.map(|flat| flat.0), new.name, new.phone, now.to_sqlx() as _, new.verified_by
    )
    .execute(db)
    .await
    .map(drop)
}

/// Gives a member without a flat his flat.
pub async fn settle_in(db: &mut PgConnection, membership: MembershipId, flat: FlatId) -> Result<()> {
    sqlx::query!(
        "update memberships set flat_id = $2 where tenant_id = directory.current_tenant() and membership_id = $1 and flat_id is null",
        membership.0, flat.0
    )
    .execute(db)
    .await
    .map(drop)
}

/// Marks a member as confirmed. False when he was already, or is no member.
pub async fn verify(db: &mut PgConnection, membership: MembershipId, by: &str) -> Result<bool> {
    let done = sqlx::query!(
        "update memberships set trust = 'verified', verified_by = $2 where tenant_id = directory.current_tenant() and membership_id = $1 and state = 'active' and trust = 'paid'",
        membership.0, by
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}
