//! The statements of one look at the board, word for word as the product sends them (`floor same` asserts it), and the
//! same with the tenant's filter written out, for a role that no wall stops.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

type Result<T> = std::result::Result<T, sqlx::Error>;
type Moment = jiff_sqlx::Timestamp;

const OPEN: &str = r#"select tenant_id as "tenant_id!", slug as "slug!", name as "name!", time_zone as "time_zone!", person_id, membership_id, role, trust, flat_id, display_name,
                  session_alive as "session_alive!" from directory.open_by_slug($1, $2, $3)"#;
/// What the definer function behind `OPEN` reads, for whoever needs no function to read it.
const OPEN_PLAINLY: &str = "select t.tenant_id, t.slug, t.name, t.time_zone, s.person_id, m.membership_id, m.role, m.trust, m.flat_id, m.display_name, s.session_id is not null
    from tenants t
    left join sessions s on s.session_id = $2 and s.ended_at is null and s.expires_at > $3
    left join memberships m on m.tenant_id = t.tenant_id and m.person_id = s.person_id and m.state = 'active'
    where t.slug = $1";
/// Dangers that stand over every page; none does here.
const HAZARDS: &str =
    "select hazard_id, kind, severity, body, shared, raised_at from hazards where tenant_id = directory.current_tenant() and cleared_at is null order by raised_at desc, hazard_id";
const FRAME: &str = r#"select (select city from buildings where tenant_id = (select directory.current_tenant())) as city,
                  (select count(distinct flat_id) from memberships where tenant_id = (select directory.current_tenant()) and state = 'active') as "joined!",
                  coalesce((select last_seq from activity_heads where tenant_id = (select directory.current_tenant())), 0) as "head!",
                  (select number from flats where tenant_id = (select directory.current_tenant()) and flat_id = $2) as flat_number,
                  v.seen_at as "seen_at?", v.since_at as "since_at?"
           from (select 1) one left join feed_visits v on v.tenant_id = (select directory.current_tenant()) and v.membership_id = $1"#;
const NEW: &str = r#"select count(*) as "count!" from (
             select 1 from posts where tenant_id = directory.current_tenant() and removed_at is null and created_at > $1 and (membership_id is distinct from $2 or kind = 'joined') limit $3) new"#;
const PINNED: &str = "select post_id from posts where tenant_id = directory.current_tenant() and pinned and removed_at is null and (pinned_until is null or pinned_until > $1)
           and not exists (select 1 from post_hides h where h.tenant_id = posts.tenant_id and h.membership_id = $3 and h.post_id = posts.post_id) order by created_at desc limit $2";
const HAPPENING: &str = "select post_id, title, event_at from posts
           where tenant_id = directory.current_tenant() and kind = 'event' and removed_at is null and event_at >= $1 and event_at < $2 order by event_at limit $3";
const NEWEST: &str = "select post_id, created_at from posts where tenant_id = directory.current_tenant() and removed_at is null and (created_at, post_id) < ($1, $2) and post_id <> all($3)
                   and not exists (select 1 from post_hides h where h.tenant_id = posts.tenant_id and h.membership_id = $5 and h.post_id = posts.post_id) order by created_at desc, post_id desc limit $4";
const POSTS: &str = r#"select p.post_id, p.kind, p.title, p.body, p.pinned, p.pinned_until, p.event_at,
                  p.from_committee, p.created_at, p.membership_id, p.edited_at is not null as "edited!",
                  exists (select 1 from post_hides h where h.tenant_id = p.tenant_id and h.membership_id = $2 and h.post_id = p.post_id) as "hidden!",
                  m.display_name as "author?", m.person_id as "person_id?", m.flat_id as "flat_id?", f.number as "flat_number?",
                  (select count(*) from reactions r where r.tenant_id = p.tenant_id and r.post_id = p.post_id) as "reactions!",
                  exists (select 1 from reactions r where r.tenant_id = p.tenant_id and r.post_id = p.post_id and r.membership_id = $2) as "reacted!",
                  (select count(*) from comments c where c.tenant_id = p.tenant_id and c.post_id = p.post_id and c.removed_at is null) as "comments!"
           from posts p
           left join memberships m on m.tenant_id = p.tenant_id and m.membership_id = p.membership_id
           left join flats f on f.tenant_id = m.tenant_id and f.flat_id = m.flat_id
           where p.tenant_id = (select directory.current_tenant()) and p.post_id = any($1) and p.removed_at is null"#;
const PICTURES: &str = "select picture_id, post_id, width, height from pictures where tenant_id = directory.current_tenant() and post_id = any($1) order by post_id, place";
const PAYING: &str = "select checkout_id from flat_subscriptions where tenant_id = directory.current_tenant() and flat_id = $1 and ended_at is null";
const PLAN: &str = r#"select plan_state as "state!", plan_amount_minor as "amount_minor!", plan_currency as "currency!", next_charge_at as "next_charge_at: _", plan_ends_at as "ends_at: _", mend_url
           from checkouts where tenant_id = directory.current_tenant() and checkout_id = $1 and plan_state is not null"#;
const WAITING: &str = r#"select join_id, name as "name!" from joins where tenant_id = directory.current_tenant() and flat_id = $1 and state = 'waiting' and name is not null order by started_at limit 20"#;

/// Posts of a page, pinned ones, events of the week, and where counting new posts stops, as in src/feed/server/service.rs.
pub const PAGE: usize = 20;
const PINNED_MOST: i64 = 5;
const WEEK_MOST: i64 = 10;
const NEW_MOST: i64 = 100;

/// Who keeps one tenant's rows from another's reader.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// The database's walls.
    Walled,
    /// A filter in each statement, as one would write it by hand.
    Filtered,
}

/// The statements in one of the two ways.
pub struct Statements {
    kept: Kept,
    open: &'static str,
    hazards: &'static str,
    frame: &'static str,
    new: &'static str,
    pinned: &'static str,
    happening: &'static str,
    newest: &'static str,
    posts: &'static str,
    pictures: &'static str,
    paying: &'static str,
    plan: &'static str,
    waiting: &'static str,
}

impl Statements {
    pub fn new(kept: Kept) -> Self {
        // The filter is one more value behind the statement's own.
        let of = |sql: &'static str, values: usize| -> &'static str {
            match kept {
                Kept::Walled => sql,
                Kept::Filtered => {
                    let value = format!("${}", values + 1);
                    sql.replace("(select directory.current_tenant())", &value).replace("directory.current_tenant()", &value).leak()
                }
            }
        };
        Self {
            kept,
            open: if kept == Kept::Walled { OPEN } else { OPEN_PLAINLY },
            hazards: of(HAZARDS, 0),
            frame: of(FRAME, 2),
            new: of(NEW, 3),
            pinned: of(PINNED, 3),
            happening: of(HAPPENING, 3),
            newest: of(NEWEST, 5),
            posts: of(POSTS, 2),
            pictures: of(PICTURES, 1),
            paying: of(PAYING, 1),
            plan: of(PLAN, 1),
            waiting: of(WAITING, 1),
        }
    }
}

/// What one look at the board reads.
pub struct Board {
    pub slug: String,
    pub name: String,
    pub zone: String,
    pub reader: Uuid,
    pub person: Uuid,
    pub reader_name: String,
    pub verified: bool,
    pub city: String,
    pub joined: i64,
    pub head: i64,
    pub flat: String,
    pub new: i64,
    pub pinned: Vec<Uuid>,
    pub happening: Vec<(Uuid, String, Timestamp)>,
    pub places: Vec<(Uuid, Timestamp)>,
    pub posts: Vec<Post>,
    pub pictures: Vec<(Uuid, Uuid, i32, i32)>,
    /// What the flat is charged next: minor units, currency, when. No other state of a plan occurs here.
    pub charge: Option<(i64, String, Timestamp)>,
}

pub struct Post {
    pub post: Uuid,
    pub kind: String,
    pub title: Option<String>,
    pub body: String,
    pub event_at: Option<Timestamp>,
    pub from_committee: bool,
    pub created_at: Timestamp,
    pub membership: Option<Uuid>,
    pub edited: bool,
    pub author: String,
    pub person: Option<Uuid>,
    pub flat_number: Option<String>,
    pub hearts: i64,
    pub hearted: bool,
    pub comments: i64,
}

impl Post {
    fn read(row: &PgRow) -> Self {
        let moment = |at: usize| row.get::<Option<Moment>, _>(at).map(|moment| moment.to_jiff());
        Self {
            post: row.get(0),
            kind: row.get(1),
            title: row.get(2),
            body: row.get(3),
            event_at: moment(6),
            from_committee: row.get(7),
            created_at: row.get::<Moment, _>(8).to_jiff(),
            membership: row.get(9),
            edited: row.get(10),
            author: row.get::<Option<String>, _>(12).unwrap_or_default(),
            person: row.get(13),
            flat_number: row.get(15),
            hearts: row.get(16),
            hearted: row.get(17),
            comments: row.get(18),
        }
    }
}

/// A statement, with the tenant behind its own values where the filter is written out.
macro_rules! ask {
    ($sql:expr, $filter:expr $(, $value:expr)*) => {{
        let query = sqlx::query($sql)$(.bind($value))*;
        match $filter {
            Some(tenant) => query.bind(tenant),
            None => query,
        }
    }};
}

/// Reads the board for whoever holds this session, in an open transaction.
pub async fn board(db: &mut PgConnection, sql: &Statements, slug: &str, session: Uuid, now: Timestamp, week: (Timestamp, Timestamp)) -> Result<Board> {
    let who = sqlx::query(sql.open).bind(slug).bind(session).bind(now.to_sqlx()).fetch_one(&mut *db).await?;
    let filter: Option<Uuid> = (sql.kept == Kept::Filtered).then(|| who.get(0));
    let (reader, flat): (Uuid, Uuid) = (who.get(5), who.get(8));
    let hazards = ask!(sql.hazards, filter).fetch_all(&mut *db).await?;
    debug_assert!(hazards.is_empty(), "the page written by hand shows none");
    let frame = ask!(sql.frame, filter, reader, flat).fetch_one(&mut *db).await?;
    let since: Option<Moment> = frame.get(5);
    let new = match since {
        Some(since) => ask!(sql.new, filter, since, reader, NEW_MOST).fetch_one(&mut *db).await?.get(0),
        None => 0,
    };
    let pinned: Vec<Uuid> = ask!(sql.pinned, filter, now.to_sqlx(), PINNED_MOST, reader).fetch_all(&mut *db).await?.iter().map(|row| row.get(0)).collect();
    let happening = ask!(sql.happening, filter, week.0.to_sqlx(), week.1.to_sqlx(), WEEK_MOST).fetch_all(&mut *db).await?;
    let happening = happening.iter().map(|row| (row.get(0), row.get::<Option<String>, _>(1).unwrap_or_default(), row.get::<Moment, _>(2).to_jiff())).collect();
    let newest = ask!(sql.newest, filter, Timestamp::MAX.to_sqlx(), Uuid::max(), &pinned, PAGE as i64 + 1, reader).fetch_all(&mut *db).await?;
    let places: Vec<(Uuid, Timestamp)> = newest.iter().map(|row| (row.get(0), row.get::<Moment, _>(1).to_jiff())).collect();
    let shown: Vec<Uuid> = pinned.iter().copied().chain(places.iter().take(PAGE).map(|(post, _)| *post)).collect();
    let posts = ask!(sql.posts, filter, &shown, reader).fetch_all(&mut *db).await?.iter().map(Post::read).collect();
    let pictures = ask!(sql.pictures, filter, &shown).fetch_all(&mut *db).await?;
    let pictures = pictures.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3))).collect();
    let paying: Option<Uuid> = ask!(sql.paying, filter, flat).fetch_optional(&mut *db).await?.map(|row| row.get(0));
    let plan = match paying {
        Some(checkout) => ask!(sql.plan, filter, checkout).fetch_optional(&mut *db).await?,
        None => None,
    };
    ask!(sql.waiting, filter, flat).fetch_all(&mut *db).await?;
    Ok(Board {
        slug: who.get(1),
        name: who.get(2),
        zone: who.get(3),
        reader,
        person: who.get(4),
        reader_name: who.get(9),
        verified: who.get::<Option<String>, _>(7).as_deref() == Some("verified"),
        city: frame.get::<Option<String>, _>(0).unwrap_or_default(),
        joined: frame.get(1),
        head: frame.get(2),
        flat: frame.get::<Option<String>, _>(3).unwrap_or_default(),
        new,
        pinned,
        happening,
        places,
        posts,
        pictures,
        charge: plan.and_then(|row| Some((row.get(1), row.get(2), row.get::<Option<Moment>, _>(3)?.to_jiff()))),
    })
}
