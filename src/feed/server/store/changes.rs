//! Finding, mending, putting back and hiding.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use kit::{MembershipId, PostId, TenantId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::super::cursor::Cursor;
use super::Result;
use super::answers::CommentRow;

/// What a search found: a post, or a comment under it.
pub struct Found {
    pub post_id: Uuid,
    pub comment_id: Option<Uuid>,
    pub said_at: jiff_sqlx::Timestamp,
}

/// Posts and comments in which every pattern is found, the latest first.
pub async fn search(db: &mut PgConnection, patterns: &[String], before: Cursor, limit: i32) -> Result<Vec<Found>> {
    sqlx::query_as!(
        Found,
        r#"select post_id as "post_id!", comment_id, said_at as "said_at!" from directory.search_feed($1, $2, $3, $4)"#,
        patterns,
        before.at.to_sqlx() as _,
        before.post.0,
        limit
    )
    .fetch_all(db)
    .await
}

/// Comments by their ids, in no order.
pub async fn comments(db: &mut PgConnection, comments: &[Uuid]) -> Result<Vec<CommentRow>> {
    sqlx::query_as!(
        CommentRow,
        r#"select c.comment_id, c.body, c.created_at, c.membership_id, m.display_name as author, m.role, m.person_id, f.number as "flat_number?"
           from comments c
           join memberships m on m.tenant_id = c.tenant_id and m.membership_id = c.membership_id
           left join flats f on f.tenant_id = m.tenant_id and f.flat_id = m.flat_id
           where c.tenant_id = directory.current_tenant() and c.comment_id = any($1) and c.removed_at is null"#,
        comments
    )
    .fetch_all(db)
    .await
}

/// A post as it is kept, held until the transaction ends.
pub struct AsWritten {
    pub membership_id: Option<Uuid>,
    pub kind: String,
    pub title: Option<String>,
    pub body: String,
    pub created_at: jiff_sqlx::Timestamp,
    pub removed: bool,
    pub removed_at: Option<jiff_sqlx::Timestamp>,
    pub removed_by: Option<Uuid>,
    pub pictures: i64,
}

pub async fn post_as_written(db: &mut PgConnection, post: PostId) -> Result<Option<AsWritten>> {
    sqlx::query_as!(
        AsWritten,
        r#"select membership_id, kind, title, body, created_at, removed_at is not null as "removed!", removed_at, removed_by,
                  (select count(*) from pictures i where i.tenant_id = posts.tenant_id and i.post_id = posts.post_id) as "pictures!"
           from posts where tenant_id = directory.current_tenant() and post_id = $1 for update"#,
        post.0
    )
    .fetch_optional(db)
    .await
}

pub async fn edit_post(db: &mut PgConnection, post: PostId, title: Option<&str>, body: &str, now: Timestamp) -> Result<()> {
    sqlx::query!("update posts set title = $2, body = $3, edited_at = $4 where tenant_id = directory.current_tenant() and post_id = $1", post.0, title, body, now.to_sqlx() as _)
        .execute(db)
        .await
        .map(drop)
}

/// Puts a post back. True when this member had taken it down.
pub async fn restore_post(db: &mut PgConnection, post: PostId, by: MembershipId) -> Result<bool> {
    let done =
        sqlx::query!("update posts set removed_at = null, removed_by = null where tenant_id = directory.current_tenant() and post_id = $1 and removed_by = $2", post.0, by.0)
            .execute(db)
            .await?;
    Ok(done.rows_affected() == 1)
}

pub async fn hide_post(db: &mut PgConnection, tenant: TenantId, post: PostId, by: MembershipId, now: Timestamp) -> Result<()> {
    sqlx::query!(
        "insert into post_hides (tenant_id, membership_id, post_id, created_at) values ($1, $2, $3, $4) on conflict do nothing",
        tenant.0,
        by.0,
        post.0,
        now.to_sqlx() as _
    )
    .execute(db)
    .await
    .map(drop)
}

pub async fn show_post(db: &mut PgConnection, post: PostId, by: MembershipId) -> Result<()> {
    sqlx::query!("delete from post_hides where tenant_id = directory.current_tenant() and membership_id = $1 and post_id = $2", by.0, post.0).execute(db).await.map(drop)
}
