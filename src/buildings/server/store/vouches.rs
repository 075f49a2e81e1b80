//! What neighbours say of one another.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use kit::{FlatId, MembershipId};
use sqlx::PgConnection;
use uuid::Uuid;

type Result<T> = std::result::Result<T, sqlx::Error>;

/// Keeps a neighbour's yes. False when he said it before.
pub async fn vouch(db: &mut PgConnection, candidate: MembershipId, neighbour: MembershipId, now: Timestamp) -> Result<bool> {
    let done = sqlx::query!(
        "insert into vouches (tenant_id, candidate_id, neighbour_id, said_at) values (directory.current_tenant(), $1, $2, $3) on conflict do nothing",
        candidate.0,
        neighbour.0,
        now.to_sqlx() as _
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes a neighbour's yes back. False when there was none.
pub async fn withdraw_vouch(db: &mut PgConnection, candidate: MembershipId, neighbour: MembershipId) -> Result<bool> {
    let done =
        sqlx::query!("delete from vouches where tenant_id = directory.current_tenant() and candidate_id = $1 and neighbour_id = $2", candidate.0, neighbour.0).execute(db).await?;
    Ok(done.rows_affected() == 1)
}

/// How many neighbours' yes counts now: who is still here, is confirmed himself, and lives in another flat.
pub async fn vouches_that_count(db: &mut PgConnection, candidate: MembershipId) -> Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "yeses!" from vouches v
           join memberships c on c.tenant_id = v.tenant_id and c.membership_id = v.candidate_id
           join memberships n on n.tenant_id = v.tenant_id and n.membership_id = v.neighbour_id
           where v.tenant_id = directory.current_tenant() and v.candidate_id = $1 and n.state = 'active' and n.trust = 'verified' and n.flat_id <> c.flat_id"#,
        candidate.0
    )
    .fetch_one(db)
    .await
}

pub struct UnconfirmedRow {
    pub membership_id: Uuid,
    pub name: String,
    pub flat_number: String,
    pub vouched: bool,
}

/// Whom a neighbour of a flat may speak for: those he did not answer yet first, the latest to join before others.
pub async fn unconfirmed(db: &mut PgConnection, neighbour: MembershipId, flat: FlatId, limit: i64) -> Result<Vec<UnconfirmedRow>> {
    sqlx::query_as!(
        UnconfirmedRow,
        r#"select c.membership_id, c.display_name as name, f.number as flat_number,
                  exists (select 1 from vouches v where v.tenant_id = c.tenant_id and v.candidate_id = c.membership_id and v.neighbour_id = $1) as "vouched!"
           from memberships c join flats f on f.tenant_id = c.tenant_id and f.flat_id = c.flat_id
           where c.tenant_id = directory.current_tenant() and c.state = 'active' and c.trust = 'paid' and c.flat_id <> $2
           order by 4, c.joined_at desc, c.membership_id limit $3"#,
        neighbour.0,
        flat.0,
        limit
    )
    .fetch_all(db)
    .await
}

/// Who spoke for whom: of those who are confirmed, everybody who did; of the others, whose yes still stands.
pub async fn vouchers(db: &mut PgConnection) -> Result<Vec<(Uuid, String)>> {
    let rows = sqlx::query!(
        "select v.candidate_id, n.display_name from vouches v
         join memberships c on c.tenant_id = v.tenant_id and c.membership_id = v.candidate_id
         join memberships n on n.tenant_id = v.tenant_id and n.membership_id = v.neighbour_id
         where v.tenant_id = directory.current_tenant() and c.state = 'active' and (c.trust = 'verified' or n.state = 'active') order by v.said_at, n.display_name limit 4000"
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.candidate_id, row.display_name)).collect())
}
