//! Writing posts and taking them down, reports, and the post the building writes when somebody joins.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use kit::{MembershipId, PictureId, PostId, Right, TextError, clean_line, clean_text};
use serde_json::json;
use uuid::Uuid;

use super::error::{FeedRefusal, REASON_LIMIT};
use super::pictures::Picture;
use super::service::parse;
use super::views::JoinedTitle;
use super::{comments, store};
use crate::feed::model::{EDIT_MINUTES, PICTURES, POST_LIMIT, PostKind, TITLE_LIMIT};
use crate::platform::quotas::Meter;
use crate::platform::told::zone_named;
use crate::platform::{Activity, Audience, Cx, Fault};

/// Posts one member may write in an hour.
const POSTS_AN_HOUR: i64 = 20;
/// Events can be set this far ahead.
const EVENT_YEARS: i32 = 2;

/// A post as it was typed.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    pub kind: String,
    pub title: String,
    pub body: String,
    /// Of a datetime-local field, in the tenant's zone.
    pub event_at: String,
    /// A day (its last moment counts) or a datetime-local, for notices.
    pub pinned_until: String,
    /// A UUID that makes two submits of one form one post.
    pub client_key: String,
}

/// A post that may be kept.
#[derive(Debug, PartialEq, Eq)]
struct Checked {
    kind: PostKind,
    title: Option<String>,
    body: String,
    event_at: Option<Timestamp>,
    pinned_until: Option<Timestamp>,
}

/// Asked before a form with pictures is read.
pub fn may_write(cx: &Cx) -> Result<(), Fault> {
    cx.require(Right::WritePost)
}

/// Writes a post. The same form sent again gives the earlier post back.
pub async fn write(cx: &mut Cx, draft: &Draft, pictures: &[Picture]) -> Result<PostId, Fault> {
    cx.require(Right::WritePost)?;
    let (member, lang, tenant, now) = (cx.member()?, cx.lang, cx.tenant.id, cx.now);
    let refuse = |reason| Fault::refused(reason, lang);
    let kind = kind_of(&draft.kind);
    if kind == PostKind::Notice && !Right::PinNotice.held_by(cx.caller.role) {
        return Err(refuse(FeedRefusal::CommitteeOnly));
    }
    let checked = check(kind, draft, pictures.len(), now, &zone_named(&cx.tenant.zone)).map_err(refuse)?;
    let client_key = client_key(&draft.client_key);
    if let Some(key) = client_key
        && let Some(earlier) = store::post_by_key(cx.db(), member, key).await?
    {
        return Ok(earlier);
    }
    if store::posts_since(cx.db(), member, hour_before(now)?).await? >= POSTS_AN_HOUR {
        return Err(refuse(FeedRefusal::TooManyPosts));
    }
    let post: PostId = cx.ids.new_id();
    let new = store::NewPost {
        post,
        membership: member,
        kind,
        title: checked.title.as_deref(),
        body: &checked.body,
        pinned: kind == PostKind::Notice,
        pinned_until: checked.pinned_until,
        event_at: checked.event_at,
        from_committee: cx.caller.role.is_committee(),
        client_key,
    };
    if !store::insert_post(cx.db(), tenant, &new, now).await? {
        // The other of two simultaneous submits was first.
        let key = client_key.ok_or_else(|| anyhow::anyhow!("a post without a key was refused as a duplicate"))?;
        return store::post_by_key(cx.db(), member, key).await?.ok_or(Fault::NotFound);
    }
    if !pictures.is_empty() {
        cx.spend(Meter::FeedPictures, u32::try_from(pictures.len()).unwrap_or(u32::MAX)).await?;
    }
    for (place, picture) in (0i32..).zip(pictures) {
        let id: PictureId = cx.ids.new_id();
        store::insert_picture(cx.db(), tenant, id, post, place, picture, now).await?;
    }
    cx.record(created(post, member, kind));
    if kind == PostKind::Notice {
        cx.publish("notice.published", notice(post, &checked));
    }
    Ok(post)
}

/// A notice as partners are told it: the committee's words to everybody.
fn notice(post: PostId, checked: &Checked) -> serde_json::Value {
    let mut told = json!({ "notice_id": post, "body": checked.body });
    if let Some(title) = &checked.title {
        told["title"] = json!(title);
    }
    told
}

/// The building tells that somebody joined. Called by joining, in the transaction that admits.
pub async fn write_joined_post(cx: &mut Cx, membership: MembershipId, name: &str, flat_number: &str) -> Result<PostId, Fault> {
    cx.require(Right::WritePost)?;
    let (tenant, now) = (cx.tenant.id, cx.now);
    let post: PostId = cx.ids.new_id();
    let title = JoinedTitle::write(flat_number, name);
    let new = store::NewPost {
        post,
        membership,
        kind: PostKind::Joined,
        title: Some(&title),
        body: "",
        pinned: false,
        pinned_until: None,
        event_at: None,
        from_committee: false,
        client_key: None,
    };
    store::insert_post(cx.db(), tenant, &new, now).await?;
    cx.record(created(post, membership, PostKind::Joined));
    Ok(post)
}

/// Takes down what told of a member's joining; asked by the room that puts an impostor out.
pub async fn remove_joined_posts(cx: &mut Cx, membership: MembershipId) -> Result<(), Fault> {
    cx.require(Right::ManageResidents)?;
    for post in store::joined_posts(cx.db(), membership).await? {
        take_down(cx, PostId(post), Some(membership)).await?;
    }
    Ok(())
}

/// Takes down a post, or a comment by its id: its author or the committee. Twice is once. Answers where to go on.
pub async fn remove(cx: &mut Cx, post: &str) -> Result<String, Fault> {
    cx.require(Right::WritePost)?;
    let id = parse(post)?;
    let Some(head) = store::post_head(cx.db(), id).await? else { return comments::take_down(cx, kit::CommentId(id.0)).await };
    let author = head.membership_id.map(MembershipId);
    if !may_take_down(cx, author) {
        return Err(if head.removed { Fault::NotFound } else { Fault::refused(FeedRefusal::NotYours, cx.lang) });
    }
    if !head.removed {
        take_down(cx, id, author).await?;
    }
    // The board offers to put it back for a while.
    Ok(format!("/b/{}?removed={id}", cx.tenant.slug))
}

/// Tells the committee about a post, once a member. The post stays: a few angry neighbours must not silence one.
pub async fn report(cx: &mut Cx, post: &str, reason: &str) -> Result<String, Fault> {
    cx.require(Right::ReportPost)?;
    let (member, lang, tenant, now) = (cx.member()?, cx.lang, cx.tenant.id, cx.now);
    let id = standing(cx, post).await?;
    let reason = clean_text(reason, REASON_LIMIT).map_err(|error| {
        let refusal = if error == TextError::Empty { FeedRefusal::ReasonMissing } else { FeedRefusal::ReasonTooLong };
        Fault::refused(refusal, lang)
    })?;
    if store::report(cx.db(), tenant, id, member, &reason, now).await? {
        cx.record(Activity { kind: "report.created", audience: Audience::Committee, subject: Some(id.0), payload: json!({ "post": id }) });
    }
    Ok(format!("/b/{}/posts/{id}?reported=1", cx.tenant.slug))
}

/// A post that still stands, by its id as typed.
pub(super) async fn standing(cx: &mut Cx, post: &str) -> Result<PostId, Fault> {
    let id = parse(post)?;
    match store::post_head(cx.db(), id).await? {
        Some(head) if !head.removed => Ok(id),
        _ => Err(Fault::NotFound),
    }
}

/// The author, or the committee.
pub(super) fn may_take_down(cx: &Cx, author: Option<MembershipId>) -> bool {
    (author.is_some() && author == cx.caller.membership) || Right::ModerateFeed.held_by(cx.caller.role)
}

pub(super) fn client_key(typed: &str) -> Option<Uuid> {
    Uuid::parse_str(typed.trim()).ok().filter(|key| !key.is_nil())
}

pub(super) fn hour_before(now: Timestamp) -> Result<Timestamp, Fault> {
    Ok(now.checked_sub(SignedDuration::from_hours(1)).map_err(anyhow::Error::from)?)
}

async fn take_down(cx: &mut Cx, post: PostId, author: Option<MembershipId>) -> Result<(), Fault> {
    let (by, now) = (cx.caller.membership, cx.now);
    if store::remove_post(cx.db(), post, by, now).await? {
        cx.record(Activity { kind: "post.removed", audience: Audience::Everyone, subject: Some(post.0), payload: json!({ "post": post }) });
        cx.audit("post.remove", post, json!({ "author": author, "own": author.is_some() && author == by }));
    }
    Ok(())
}

fn created(post: PostId, member: MembershipId, kind: PostKind) -> Activity {
    Activity { kind: "post.created", audience: Audience::Everyone, subject: Some(post.0), payload: json!({ "post": post, "membership": member, "kind": kind.word() }) }
}

/// What a form may ask for; the building alone tells of joinings.
fn kind_of(word: &str) -> PostKind {
    match PostKind::from_word(word.trim()) {
        PostKind::Joined => PostKind::Post,
        kind => kind,
    }
}

/// Whether a post may still be mended by its author.
pub(super) fn may_mend(written: Timestamp, now: Timestamp) -> bool {
    now.duration_since(written) <= SignedDuration::from_mins(EDIT_MINUTES)
}

/// Title and text of a post as they may be kept.
pub(super) fn text_of(kind: PostKind, title: &str, body: &str, pictures: bool) -> Result<(Option<String>, String), FeedRefusal> {
    let body = optional(clean_text(body, POST_LIMIT)).map_err(|_| FeedRefusal::BodyTooLong)?;
    let title = match kind {
        PostKind::Post => None,
        _ => optional(clean_line(title, TITLE_LIMIT)).map_err(|_| FeedRefusal::TitleTooLong)?,
    };
    if kind == PostKind::Event && title.is_none() {
        return Err(FeedRefusal::TitleMissing);
    }
    if body.is_none() && title.is_none() && !pictures {
        return Err(FeedRefusal::BodyMissing);
    }
    Ok((title, body.unwrap_or_default()))
}

fn check(kind: PostKind, draft: &Draft, pictures: usize, now: Timestamp, zone: &TimeZone) -> Result<Checked, FeedRefusal> {
    if pictures > PICTURES {
        return Err(FeedRefusal::TooManyPictures);
    }
    let (title, body) = text_of(kind, &draft.title, &draft.body, pictures > 0)?;
    let event_at = match kind {
        PostKind::Event => Some(event_moment(&draft.event_at, now, zone)?),
        _ => None,
    };
    let pinned_until = match kind {
        PostKind::Notice => pin_end(&draft.pinned_until, now, zone)?,
        _ => None,
    };
    Ok(Checked { kind, title, body, event_at, pinned_until })
}

fn optional(cleaned: Result<String, TextError>) -> Result<Option<String>, TextError> {
    match cleaned {
        Ok(text) => Ok(Some(text)),
        Err(TextError::Empty) => Ok(None),
        Err(error) => Err(error),
    }
}

fn event_moment(typed: &str, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, FeedRefusal> {
    let at = moment(typed, zone).ok_or(FeedRefusal::EventWhenMissing)?;
    let furthest = now.to_zoned(zone.clone()).checked_add(EVENT_YEARS.years()).map_or(Timestamp::MAX, |day| day.timestamp());
    match at {
        at if at <= now => Err(FeedRefusal::EventWhenPast),
        at if at > furthest => Err(FeedRefusal::EventWhenFar),
        at => Ok(at),
    }
}

/// Empty stays pinned until it is taken down; a day counts to its last moment.
fn pin_end(typed: &str, now: Timestamp, zone: &TimeZone) -> Result<Option<Timestamp>, FeedRefusal> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    let end = match typed.parse::<jiff::civil::Date>() {
        Ok(day) if !typed.contains('T') => day.checked_add(1.day()).ok().and_then(|next| next.to_zoned(zone.clone()).ok()).map(|next| next.timestamp()),
        _ => moment(typed, zone),
    };
    end.filter(|end| *end > now).map(Some).ok_or(FeedRefusal::PinnedUntil)
}

/// A datetime-local field in the tenant's zone. An hour that summer time skips becomes the one after.
fn moment(typed: &str, zone: &TimeZone) -> Option<Timestamp> {
    let civil: DateTime = typed.trim().parse().ok()?;
    Some(civil.to_zoned(zone.clone()).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-21T08:00:00Z";

    fn checked(kind: PostKind, draft: Draft, pictures: usize) -> Result<Checked, FeedRefusal> {
        check(kind, &draft, pictures, NOW.parse().unwrap(), &TimeZone::get("Asia/Jerusalem").unwrap())
    }

    #[test]
    fn a_post_needs_words_or_a_picture() {
        assert_eq!(checked(PostKind::Post, Draft::default(), 0), Err(FeedRefusal::BodyMissing));
        assert_eq!(checked(PostKind::Post, Draft { body: " \u{202e} ".into(), ..Draft::default() }, 0), Err(FeedRefusal::BodyMissing));
        assert!(checked(PostKind::Post, Draft::default(), 1).is_ok());
        assert_eq!(checked(PostKind::Post, Draft::default(), PICTURES + 1), Err(FeedRefusal::TooManyPictures));
        let long = Draft { body: "א".repeat(POST_LIMIT + 1), ..Draft::default() };
        assert_eq!(checked(PostKind::Post, long, 0), Err(FeedRefusal::BodyTooLong));
        let titled = Draft { title: "כותרת".into(), body: "גוף".into(), ..Draft::default() };
        assert_eq!(checked(PostKind::Post, titled, 0).unwrap().title, None, "only the committee's posts have titles");
    }

    #[test]
    fn an_event_has_a_title_and_a_time_to_come_in_the_tenants_zone() {
        let event = |title: &str, at: &str| checked(PostKind::Event, Draft { title: title.into(), event_at: at.into(), ..Draft::default() }, 0);
        assert_eq!(event("", "2026-11-24T20:00"), Err(FeedRefusal::TitleMissing));
        for (at, refusal) in [
            ("", FeedRefusal::EventWhenMissing),
            ("מחר", FeedRefusal::EventWhenMissing),
            ("2026-11-21T09:59", FeedRefusal::EventWhenPast),
            ("2029-01-01T10:00", FeedRefusal::EventWhenFar),
        ] {
            assert_eq!(event("קידוש", at), Err(refusal), "{at}");
        }
        let kept = event("  קידוש\n שכנים ", "2026-11-24T20:00").unwrap();
        assert_eq!(kept.title.as_deref(), Some("קידוש שכנים"));
        assert_eq!(kept.event_at, Some("2026-11-24T18:00:00Z".parse().unwrap()));
        // The night summer time begins, 02:30 does not exist.
        assert_eq!(event("לילה", "2027-03-26T02:30").unwrap().event_at, Some("2027-03-26T00:30:00Z".parse().unwrap()));
    }

    #[test]
    fn a_notice_is_pinned_to_the_end_of_its_day() {
        let notice = |until: &str| checked(PostKind::Notice, Draft { body: "הפסקת מים".into(), pinned_until: until.into(), ..Draft::default() }, 0).map(|kept| kept.pinned_until);
        assert_eq!(notice(""), Ok(None));
        assert_eq!(notice("2026-11-24"), Ok(Some("2026-11-24T22:00:00Z".parse().unwrap())));
        assert_eq!(notice("2026-11-21"), Ok(Some("2026-11-21T22:00:00Z".parse().unwrap())), "today still counts");
        assert_eq!(notice("2026-11-24T12:00"), Ok(Some("2026-11-24T10:00:00Z".parse().unwrap())));
        assert_eq!(notice("2026-11-20"), Err(FeedRefusal::PinnedUntil));
        assert_eq!(notice("אתמול"), Err(FeedRefusal::PinnedUntil));
    }

    #[test]
    fn a_form_cannot_tell_of_a_joining() {
        assert_eq!(kind_of("joined"), PostKind::Post);
        assert_eq!(kind_of("notice"), PostKind::Notice);
        assert_eq!(kind_of("?"), PostKind::Post);
    }
}
