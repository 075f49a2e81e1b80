//! What neighbours answer to a post: comments, hearts, reports.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use kit::{CommentId, MembershipId, PostId, TenantId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::Result;

/// Keeps a report, once a member. True when it is new.
pub async fn report(db: &mut PgConnection, tenant: TenantId, post: PostId, by: MembershipId, reason: &str, now: Timestamp) -> Result<bool> {
    let kept = sqlx::query!(
        "insert into post_reports (tenant_id, post_id, membership_id, reason, created_at) values ($1, $2, $3, $4, $5) on conflict do nothing",
        tenant.0,
        post.0,
        by.0,
        reason,
        now.to_sqlx() as _
    )
    .execute(&mut *db)
    .await?;
    if kept.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query!("update posts set reports = reports + 1 where tenant_id = directory.current_tenant() and post_id = $1", post.0).execute(db).await?;
    Ok(true)
}

/// A comment with its author, as views.rs shows it.
pub struct CommentRow {
    pub comment_id: Uuid,
    pub body: String,
    pub created_at: jiff_sqlx::Timestamp,
    pub membership_id: Uuid,
    pub author: String,
    pub role: String,
    pub person_id: Uuid,
    pub flat_number: Option<String>,
}

/// The latest comments under a post, the latest first.
pub async fn comments_of(db: &mut PgConnection, post: PostId, limit: i64) -> Result<Vec<CommentRow>> {
    sqlx::query_as!(
        CommentRow,
        r#"select c.comment_id, c.body, c.created_at, c.membership_id, m.display_name as author, m.role, m.person_id, f.number as "flat_number?"
           from comments c
           join memberships m on m.tenant_id = c.tenant_id and m.membership_id = c.membership_id
           left join flats f on f.tenant_id = m.tenant_id and f.flat_id = m.flat_id
           where c.tenant_id = directory.current_tenant() and c.post_id = $1 and c.removed_at is null order by c.created_at desc, c.comment_id desc limit $2"#,
        post.0,
        limit
    )
    .fetch_all(db)
    .await
}

pub struct NewComment<'a> {
    pub comment: CommentId,
    pub post: PostId,
    pub membership: MembershipId,
    pub body: &'a str,
    pub client_key: Option<Uuid>,
}

/// False when the same form was sent before.
pub async fn insert_comment(db: &mut PgConnection, tenant: TenantId, new: &NewComment<'_>, now: Timestamp) -> Result<bool> {
    let done = sqlx::query!(
        "insert into comments (tenant_id, comment_id, post_id, membership_id, body, client_key, created_at) values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (tenant_id, membership_id, client_key) where client_key is not null do nothing",
        tenant.0,
        new.comment.0,
        new.post.0,
        new.membership.0,
        new.body,
        new.client_key,
        now.to_sqlx() as _
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub async fn comments_since(db: &mut PgConnection, member: MembershipId, since: Timestamp) -> Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from comments where tenant_id = directory.current_tenant() and membership_id = $1 and created_at > $2"#,
        member.0,
        since.to_sqlx() as _
    )
    .fetch_one(db)
    .await
}

/// What is needed to decide about a comment.
pub struct CommentHead {
    pub post_id: Uuid,
    pub membership_id: Uuid,
}

pub async fn comment_head(db: &mut PgConnection, comment: CommentId) -> Result<Option<CommentHead>> {
    sqlx::query_as!(CommentHead, "select post_id, membership_id from comments where tenant_id = directory.current_tenant() and comment_id = $1", comment.0).fetch_optional(db).await
}

/// Takes a comment down. True for the first who does.
pub async fn remove_comment(db: &mut PgConnection, comment: CommentId, now: Timestamp) -> Result<bool> {
    let done =
        sqlx::query!("update comments set removed_at = $2 where tenant_id = directory.current_tenant() and comment_id = $1 and removed_at is null", comment.0, now.to_sqlx() as _)
            .execute(db)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// Sets a member's heart. True when it was not there.
pub async fn set_reaction(db: &mut PgConnection, tenant: TenantId, post: PostId, by: MembershipId, now: Timestamp) -> Result<bool> {
    let done = sqlx::query!(
        "insert into reactions (tenant_id, post_id, membership_id, created_at) values ($1, $2, $3, $4) on conflict do nothing",
        tenant.0,
        post.0,
        by.0,
        now.to_sqlx() as _
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes a member's heart back. True when it was there.
pub async fn take_reaction(db: &mut PgConnection, post: PostId, by: MembershipId) -> Result<bool> {
    let done = sqlx::query!("delete from reactions where tenant_id = directory.current_tenant() and post_id = $1 and membership_id = $2", post.0, by.0).execute(db).await?;
    Ok(done.rows_affected() == 1)
}

pub async fn reactions(db: &mut PgConnection, post: PostId) -> Result<i64> {
    sqlx::query_scalar!(r#"select count(*) as "count!" from reactions where tenant_id = directory.current_tenant() and post_id = $1"#, post.0).fetch_one(db).await
}
