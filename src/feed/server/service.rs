//! Reading the feed: one page of it, one post with its comments, one card.

use futures::future::BoxFuture;
use jiff::civil::Time;
use jiff::{SignedDuration, Timestamp, ToSpan};
use kit::{JoinId, Money, PostId, Right};
use uuid::Uuid;

use super::cursor::Cursor;
use super::store;
use super::views::Eye;
use crate::feed::model::{FeedFilter, FeedPage, FirstScreen, Membership, Newcomer, PAGE, PostPage, PostView, WeekEvent};
use crate::platform::told::{day_label, event_day};
use crate::platform::{Cx, Fault};

/// Looks at the feed closer than this to each other are one visit.
const VISIT_GAP: SignedDuration = SignedDuration::from_mins(30);
/// A look is written down at most this often.
const VISIT_STEP: SignedDuration = SignedDuration::from_mins(1);
/// Counting new posts stops here.
const NEW_MOST: i64 = 100;
/// Notices that may stand on top at once; older ones stand in their place among the posts.
const PINNED_MOST: i64 = 5;
/// Events of the coming week on the first screen, and how many days a week has.
const WEEK_MOST: i64 = 10;
const WEEK_DAYS: i32 = 7;
/// The latest comments shown under a post.
const COMMENTS_MOST: i64 = 500;

/// One page of the feed, with what is new, pinned and happening this week. `cursor` is a page's `next`; one that is
/// not ours is the first page.
pub async fn page(cx: &mut Cx, filter: &str, cursor: &str) -> Result<FeedPage, Fault> {
    cx.require(Right::ReadFeed)?;
    let (filter, cursor, eye) = (FeedFilter::from_word(filter), Cursor::read(cursor), Eye::of(cx));
    let (reader, flat, now) = (cx.caller.membership, cx.caller.flat, cx.now);
    // The head of the activity line comes first: what happens while we read is then told again by the live stream.
    let frame = store::frame(cx.db(), reader, flat).await?;
    let new_posts = visit(cx, &frame).await?;
    let pinned = store::pinned(cx.db(), now, reader, PINNED_MOST).await?;
    let this_week = this_week(cx, &eye).await?;
    let mut places = store::newest(cx.db(), filter, cursor, &pinned, reader, PAGE as i64 + 1).await?;
    let more = places.len() > PAGE;
    places.truncate(PAGE);
    let next = places.last().filter(|_| more).map(|last| Cursor { at: last.created_at.to_jiff(), post: PostId(last.post_id) }.write());
    let on_page: Vec<Uuid> = places.into_iter().map(|place| place.post_id).collect();
    let mut shown = shown(cx, &eye, &[pinned.as_slice(), on_page.as_slice()].concat()).await?;
    let mut in_order = |ids: &[Uuid]| -> Vec<PostView> { ids.iter().filter_map(|id| shown.remove(id)).collect() };
    let (pinned, posts) = (in_order(&pinned), in_order(&on_page));
    Ok(FeedPage {
        building_slug: cx.tenant.slug.clone(),
        building_name: cx.tenant.name.clone(),
        city: frame.city.unwrap_or_default(),
        joined: u32::try_from(frame.joined).unwrap_or_default(),
        reader: eye.reader(cx, frame.flat_number),
        first: FirstScreen { membership: None, new_posts, this_week, pinned },
        filter,
        posts,
        next,
        seq: frame.head,
        waiting_flatmates: Vec::new(),
        unconfirmed: Vec::new(),
    })
}

/// Who waits: the attempt and the name.
pub type Waiting = Result<Vec<(JoinId, String)>, Fault>;

/// Asks who waits for a yes of the reader's own flat. Joining stands above the feed, so wiring hands its verb in.
#[derive(Clone, Copy)]
pub struct WhoWaits(pub for<'a> fn(&'a mut Cx) -> BoxFuture<'a, Waiting>);

/// Whom the reader may speak for.
pub type Newcomers = Result<Vec<Newcomer>, Fault>;

/// Asks whom the reader may know and nobody confirmed yet. The members are no matter of the feed, so wiring hands the verb in.
#[derive(Clone, Copy)]
pub struct WhoIsNew(pub for<'a> fn(&'a mut Cx) -> BoxFuture<'a, Newcomers>);

/// What the verbs of other rooms, each of them if it was handed in, put on the first screen.
#[derive(Clone, Copy, Default)]
pub struct Asks {
    pub waits: Option<WhoWaits>,
    pub due: Option<WhatIsDue>,
    pub new: Option<WhoIsNew>,
}

/// What the reader's flat pays, as the rooms of money know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlatCharge {
    Next { price: Money, at: Timestamp },
    Late { price: Money, mend_url: Option<String> },
    Ends { at: Timestamp },
}

/// What the reader's flat pays, if it does.
pub type Charged = Result<Option<FlatCharge>, Fault>;

/// Asks for it. The rooms of money stand above the feed, so wiring hands their verb in.
#[derive(Clone, Copy)]
pub struct WhatIsDue(pub for<'a> fn(&'a mut Cx) -> BoxFuture<'a, Charged>);

/// A charge in the reader's words and the tenant's days.
fn membership(eye: &Eye, charge: FlatCharge) -> Membership {
    let told = |at: Timestamp| (day_label(eye.now, at, &eye.zone, eye.lang), eye.zone.to_datetime(at).date().to_string());
    match charge {
        FlatCharge::Next { price, at } => {
            let (day, date) = told(at);
            Membership::Next { amount: price, day, date }
        }
        FlatCharge::Late { price, mend_url } => Membership::Late { amount: price, pay_at: mend_url },
        FlatCharge::Ends { at } => {
            let (day, date) = told(at);
            Membership::Ends { day, date }
        }
    }
}

/// A page of the feed, and on top of the first one whoever waits for the reader's yes, and what the flat pays.
pub async fn page_with_waiting(cx: &mut Cx, filter: &str, cursor: &str, asks: Asks) -> Result<FeedPage, Fault> {
    let mut page = page(cx, filter, cursor).await?;
    if let Some(WhatIsDue(ask)) = asks.due {
        page.first.membership = ask(cx).await?.map(|charge| membership(&Eye::of(cx), charge));
    }
    if let Some(WhoWaits(ask)) = asks.waits {
        page.waiting_flatmates = ask(cx).await?;
    }
    if let Some(WhoIsNew(ask)) = asks.new.filter(|_| cursor.is_empty()) {
        page.unconfirmed = ask(cx).await?;
    }
    Ok(page)
}

/// One post with its comments, the oldest of the shown ones first.
pub async fn post_page(cx: &mut Cx, post: &str) -> Result<PostPage, Fault> {
    cx.require(Right::ReadFeed)?;
    let eye = Eye::of(cx);
    let id = parse(post)?;
    let (reader, flat) = (cx.caller.membership, cx.caller.flat);
    let post = one(cx, &eye, id).await?;
    let frame = store::frame(cx.db(), reader, flat).await?;
    let rows = store::comments_of(cx.db(), id, COMMENTS_MOST).await?;
    Ok(PostPage {
        building_slug: cx.tenant.slug.clone(),
        building_name: cx.tenant.name.clone(),
        reader: eye.reader(cx, frame.flat_number),
        post,
        comments: rows.into_iter().rev().map(|row| eye.comment(row)).collect(),
    })
}

/// One post as the feed shows it, for the live stream's readers.
pub async fn card(cx: &mut Cx, post: &str) -> Result<PostView, Fault> {
    cx.require(Right::ReadFeed)?;
    let eye = Eye::of(cx);
    one(cx, &eye, parse(post)?).await
}

/// A picture's JPEG.
pub async fn picture(cx: &mut Cx, picture: &str) -> Result<Vec<u8>, Fault> {
    cx.require(Right::ReadFeed)?;
    let picture = picture.parse().map_err(|_| Fault::NotFound)?;
    store::picture(cx.db(), picture).await?.ok_or(Fault::NotFound)
}

/// What is no id is nothing of ours.
pub(super) fn parse(post: &str) -> Result<PostId, Fault> {
    post.trim().parse().map_err(|_| Fault::NotFound)
}

async fn one(cx: &mut Cx, eye: &Eye, post: PostId) -> Result<PostView, Fault> {
    shown(cx, eye, &[post.0]).await?.remove(&post.0).ok_or(Fault::NotFound)
}

async fn shown(cx: &mut Cx, eye: &Eye, posts: &[Uuid]) -> Result<std::collections::HashMap<Uuid, PostView>, Fault> {
    if posts.is_empty() {
        return Ok(Default::default());
    }
    let rows = store::posts(cx.db(), posts, eye.membership).await?;
    let pictures = store::pictures_of(cx.db(), posts).await?;
    Ok(eye.posts(rows, &pictures))
}

/// Notes that the reader is here, and counts what others wrote since his last visit. On the first visit nothing
/// counts as new: everything would.
async fn visit(cx: &mut Cx, frame: &store::Frame) -> Result<i64, Fault> {
    let Some(reader) = cx.caller.membership else { return Ok(0) };
    let (tenant, now) = (cx.tenant.id, cx.now);
    let (seen, since) = (frame.seen_at.map(|at| at.to_jiff()), frame.since_at.map(|at| at.to_jiff()));
    let (since, note) = match seen {
        None => (None, true),
        Some(seen) if now.duration_since(seen) >= VISIT_GAP => (Some(seen), true),
        Some(seen) => (since, now.duration_since(seen) >= VISIT_STEP),
    };
    if note {
        store::note_visit(cx.db(), tenant, reader, now, since).await?;
    }
    match since {
        Some(since) => Ok(store::count_new(cx.db(), reader, since, NEW_MOST).await?),
        None => Ok(0),
    }
}

/// Events from this morning to this time next week.
async fn this_week(cx: &mut Cx, eye: &Eye) -> Result<Vec<WeekEvent>, Fault> {
    let (from, to) = week(eye).map_err(anyhow::Error::from)?;
    let rows = store::happening(cx.db(), from, to, WEEK_MOST).await?;
    let told = rows.into_iter().filter_map(|row| {
        let (day, weekday, time) = event_day(row.event_at?.to_jiff(), &eye.zone, eye.lang);
        Some(WeekEvent { day, weekday: weekday.to_owned(), time, title: row.title.unwrap_or_default(), post: PostId(row.post_id) })
    });
    Ok(told.collect())
}

fn week(eye: &Eye) -> Result<(Timestamp, Timestamp), jiff::Error> {
    let here = eye.now.to_zoned(eye.zone.clone());
    let morning = here.date().to_datetime(Time::midnight()).to_zoned(eye.zone.clone())?;
    Ok((morning.timestamp(), here.checked_add(WEEK_DAYS.days())?.timestamp()))
}
