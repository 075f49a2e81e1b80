//! The feed's tables, and three read-only joins: an author's name and role (memberships), flats by number, the
//! building's city. The head of the activity line is read so that a page knows where the live stream goes on.

mod answers;
mod changes;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use kit::{FlatId, MembershipId, PictureId, PostId, TenantId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::cursor::Cursor;
use super::pictures::Picture;
use crate::feed::model::{FeedFilter, PostKind};

pub use answers::{CommentRow, NewComment, comment_head, comments_of, comments_since, insert_comment, reactions, remove_comment, report, set_reaction, take_reaction};
pub use changes::{Found, comments, edit_post, hide_post, post_as_written, restore_post, search, show_post};

type Result<T> = std::result::Result<T, sqlx::Error>;

/// What a page of the feed says around the posts.
pub struct Frame {
    pub city: Option<String>,
    /// Flats with an active member.
    pub joined: i64,
    pub head: i64,
    pub flat_number: Option<String>,
    pub seen_at: Option<jiff_sqlx::Timestamp>,
    pub since_at: Option<jiff_sqlx::Timestamp>,
}

/// Tables with one row a building are read from end to end: `(select …)` asks for the tenant once, not once a row.
pub async fn frame(db: &mut PgConnection, reader: Option<MembershipId>, flat: Option<FlatId>) -> Result<Frame> {
    sqlx::query_as!(
        Frame,
        r#"select (select city from buildings where tenant_id = (select directory.current_tenant())) as city,
                  (select count(distinct flat_id) from memberships where tenant_id = (select directory.current_tenant()) and state = 'active') as "joined!",
                  coalesce((select last_seq from activity_heads where tenant_id = (select directory.current_tenant())), 0) as "head!",
                  (select number from flats where tenant_id = (select directory.current_tenant()) and flat_id = $2) as flat_number,
                  v.seen_at as "seen_at?", v.since_at as "since_at?"
           from (select 1) one left join feed_visits v on v.tenant_id = (select directory.current_tenant()) and v.membership_id = $1"#,
        reader.map(|id| id.0),
        flat.map(|id| id.0)
    )
    .fetch_one(db)
    .await
}

pub async fn note_visit(db: &mut PgConnection, tenant: TenantId, reader: MembershipId, seen: Timestamp, since: Option<Timestamp>) -> Result<()> {
    let since = since.map(|moment| moment.to_sqlx());
    sqlx::query!(
        "insert into feed_visits (tenant_id, membership_id, seen_at, since_at) values ($1, $2, $3, $4)
         on conflict (tenant_id, membership_id) do update set seen_at = excluded.seen_at, since_at = excluded.since_at",
        tenant.0,
        reader.0,
        seen.to_sqlx() as _,
        since as _
    )
    .execute(db)
    .await
    .map(drop)
}

/// How many posts of others came after a moment; counting stops at `most`.
pub async fn count_new(db: &mut PgConnection, reader: MembershipId, since: Timestamp, most: i64) -> Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from (
             select 1 from posts where tenant_id = directory.current_tenant() and removed_at is null and created_at > $1 and (membership_id is distinct from $2 or kind = 'joined') limit $3) new"#,
        since.to_sqlx() as _, reader.0, most
    )
    .fetch_one(db)
    .await
}

/// Where a post stands in the feed's order.
pub struct Place {
    pub post_id: Uuid,
    pub created_at: jiff_sqlx::Timestamp,
}

/// The next posts of a filter, newest first, leaving out some and what the reader does not want to see. Each filter has
/// its own index.
pub async fn newest(db: &mut PgConnection, filter: FeedFilter, before: Cursor, without: &[Uuid], reader: Option<MembershipId>, limit: i64) -> Result<Vec<Place>> {
    let reader = reader.map(|id| id.0);
    macro_rules! places {
        ($which:tt) => {
            sqlx::query_as!(
                Place,
                r#"select post_id, created_at from posts where tenant_id = directory.current_tenant() and removed_at is null and (created_at, post_id) < ($1, $2) and post_id <> all($3)
                   and not exists (select 1 from post_hides h where h.tenant_id = posts.tenant_id and h.membership_id = $5 and h.post_id = posts.post_id)"#
                    + $which
                    + " order by created_at desc, post_id desc limit $4",
                before.at.to_sqlx() as _, before.post.0, without, limit, reader
            )
            .fetch_all(db)
            .await
        };
    }
    match filter {
        FeedFilter::All => places!(""),
        FeedFilter::Committee => places!(" and from_committee"),
        FeedFilter::Neighbours => places!(" and not from_committee"),
        FeedFilter::Events => places!(" and kind = 'event'"),
    }
}

/// Notices that are still pinned and not hidden by the reader, newest first.
pub async fn pinned(db: &mut PgConnection, now: Timestamp, reader: Option<MembershipId>, limit: i64) -> Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "select post_id from posts where tenant_id = directory.current_tenant() and pinned and removed_at is null and (pinned_until is null or pinned_until > $1)
           and not exists (select 1 from post_hides h where h.tenant_id = posts.tenant_id and h.membership_id = $3 and h.post_id = posts.post_id) order by created_at desc limit $2",
        now.to_sqlx() as _, limit, reader.map(|id| id.0)
    )
    .fetch_all(db)
    .await
}

pub struct Happening {
    pub post_id: Uuid,
    pub title: Option<String>,
    pub event_at: Option<jiff_sqlx::Timestamp>,
}

/// Events between two moments, the nearest first.
pub async fn happening(db: &mut PgConnection, from: Timestamp, to: Timestamp, limit: i64) -> Result<Vec<Happening>> {
    sqlx::query_as!(
        Happening,
        r#"select post_id, title, event_at from posts
           where tenant_id = directory.current_tenant() and kind = 'event' and removed_at is null and event_at >= $1 and event_at < $2 order by event_at limit $3"#,
        from.to_sqlx() as _,
        to.to_sqlx() as _,
        limit
    )
    .fetch_all(db)
    .await
}

/// A post with its author, as views.rs shows it.
pub struct PostRow {
    pub post_id: Uuid,
    pub kind: String,
    pub title: Option<String>,
    pub body: String,
    pub pinned: bool,
    pub pinned_until: Option<jiff_sqlx::Timestamp>,
    pub event_at: Option<jiff_sqlx::Timestamp>,
    pub from_committee: bool,
    pub created_at: jiff_sqlx::Timestamp,
    pub membership_id: Option<Uuid>,
    pub author: Option<String>,
    pub person_id: Option<Uuid>,
    pub flat_id: Option<Uuid>,
    pub flat_number: Option<String>,
    pub reactions: i64,
    pub reacted: bool,
    pub comments: i64,
    pub edited: bool,
    pub hidden: bool,
}

/// The posts of these ids that still stand, in no order. The tenant is asked for once, as in `frame`.
pub async fn posts(db: &mut PgConnection, posts: &[Uuid], reader: Option<MembershipId>) -> Result<Vec<PostRow>> {
    sqlx::query_as!(
        PostRow,
        r#"select p.post_id, p.kind, p.title, p.body, p.pinned, p.pinned_until, p.event_at,
                  p.from_committee, p.created_at, p.membership_id, p.edited_at is not null as "edited!",
                  exists (select 1 from post_hides h where h.tenant_id = p.tenant_id and h.membership_id = $2 and h.post_id = p.post_id) as "hidden!",
                  m.display_name as "author?", m.person_id as "person_id?", m.flat_id as "flat_id?", f.number as "flat_number?",
                  (select count(*) from reactions r where r.tenant_id = p.tenant_id and r.post_id = p.post_id) as "reactions!",
                  exists (select 1 from reactions r where r.tenant_id = p.tenant_id and r.post_id = p.post_id and r.membership_id = $2) as "reacted!",
                  (select count(*) from comments c where c.tenant_id = p.tenant_id and c.post_id = p.post_id and c.removed_at is null) as "comments!"
           from posts p
           left join memberships m on m.tenant_id = p.tenant_id and m.membership_id = p.membership_id
           left join flats f on f.tenant_id = m.tenant_id and f.flat_id = m.flat_id
           where p.tenant_id = (select directory.current_tenant()) and p.post_id = any($1) and p.removed_at is null"#,
        posts,
        reader.map(|id| id.0)
    )
    .fetch_all(db)
    .await
}

pub struct PictureRow {
    pub picture_id: Uuid,
    pub post_id: Option<Uuid>,
    pub width: i32,
    pub height: i32,
}

pub async fn pictures_of(db: &mut PgConnection, posts: &[Uuid]) -> Result<Vec<PictureRow>> {
    sqlx::query_as!(
        PictureRow,
        "select picture_id, post_id, width, height from pictures where tenant_id = directory.current_tenant() and post_id = any($1) order by post_id, place",
        posts
    )
    .fetch_all(db)
    .await
}

/// A picture's JPEG, while its post stands.
pub async fn picture(db: &mut PgConnection, picture: PictureId) -> Result<Option<Vec<u8>>> {
    sqlx::query_scalar!(
        "select i.bytes from pictures i join posts p on p.tenant_id = i.tenant_id and p.post_id = i.post_id where i.tenant_id = directory.current_tenant() and i.picture_id = $1 and p.removed_at is null",
        picture.0
    )
    .fetch_optional(db)
    .await
}

/// What is needed to decide about a post.
pub struct PostHead {
    pub membership_id: Option<Uuid>,
    pub removed: bool,
}

pub async fn post_head(db: &mut PgConnection, post: PostId) -> Result<Option<PostHead>> {
    sqlx::query_as!(PostHead, r#"select membership_id, removed_at is not null as "removed!" from posts where tenant_id = directory.current_tenant() and post_id = $1"#, post.0)
        .fetch_optional(db)
        .await
}

pub struct NewPost<'a> {
    pub post: PostId,
    pub membership: MembershipId,
    pub kind: PostKind,
    pub title: Option<&'a str>,
    pub body: &'a str,
    pub pinned: bool,
    pub pinned_until: Option<Timestamp>,
    pub event_at: Option<Timestamp>,
    pub from_committee: bool,
    pub client_key: Option<Uuid>,
}

/// False when the same form was sent before.
pub async fn insert_post(db: &mut PgConnection, tenant: TenantId, new: &NewPost<'_>, now: Timestamp) -> Result<bool> {
    let (pinned_until, event_at) = (new.pinned_until.map(|at| at.to_sqlx()), new.event_at.map(|at| at.to_sqlx()));
    let done = sqlx::query!(
        "insert into posts (tenant_id, post_id, membership_id, kind, title, body, pinned, pinned_until, event_at, from_committee, client_key, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         on conflict (tenant_id, membership_id, client_key) where client_key is not null do nothing",
        tenant.0,
        new.post.0,
        new.membership.0,
        new.kind.word(),
        new.title,
        new.body,
        new.pinned,
        pinned_until as _,
        event_at as _,
        new.from_committee,
        new.client_key,
        now.to_sqlx() as _
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The post this form made when it was sent before.
pub async fn post_by_key(db: &mut PgConnection, member: MembershipId, key: Uuid) -> Result<Option<PostId>> {
    Ok(sqlx::query_scalar!("select post_id from posts where tenant_id = directory.current_tenant() and membership_id = $1 and client_key = $2", member.0, key)
        .fetch_optional(db)
        .await?
        .map(PostId))
}

pub async fn insert_picture(db: &mut PgConnection, tenant: TenantId, id: PictureId, post: PostId, place: i32, picture: &Picture, now: Timestamp) -> Result<()> {
    sqlx::query!(
        "insert into pictures (tenant_id, picture_id, post_id, place, width, height, bytes, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8)",
        tenant.0,
        id.0,
        post.0,
        place,
        picture.width,
        picture.height,
        picture.bytes,
        now.to_sqlx() as _
    )
    .execute(db)
    .await
    .map(drop)
}

/// How many posts one member wrote since a moment, taken down or not. The building wrote of his joining, not he.
pub async fn posts_since(db: &mut PgConnection, member: MembershipId, since: Timestamp) -> Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from posts where tenant_id = directory.current_tenant() and membership_id = $1 and created_at > $2 and kind <> 'joined'"#,
        member.0,
        since.to_sqlx() as _
    )
    .fetch_one(db)
    .await
}

/// Takes a post down. True for the first who does.
pub async fn remove_post(db: &mut PgConnection, post: PostId, by: Option<MembershipId>, now: Timestamp) -> Result<bool> {
    let done = sqlx::query!(
        "update posts set removed_at = $2, removed_by = $3 where tenant_id = directory.current_tenant() and post_id = $1 and removed_at is null",
        post.0,
        now.to_sqlx() as _,
        by.map(|id| id.0)
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The posts that told of a member's joining and still stand.
pub async fn joined_posts(db: &mut PgConnection, member: MembershipId) -> Result<Vec<Uuid>> {
    sqlx::query_scalar!("select post_id from posts where tenant_id = directory.current_tenant() and membership_id = $1 and kind = 'joined' and removed_at is null", member.0)
        .fetch_all(db)
        .await
}
