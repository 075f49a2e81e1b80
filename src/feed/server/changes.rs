//! Second thoughts: mending one's own post for a while, putting back what one took down, and not seeing a post.

use jiff::SignedDuration;
use kit::{MembershipId, PostId, Right};
use serde_json::json;

use super::error::FeedRefusal;
use super::posts::{may_mend, standing, text_of};
use super::service::parse;
use super::store;
use crate::feed::model::{EDIT_MINUTES, PostKind, UNDO_MINUTES};
use crate::platform::{Activity, Audience, Cx, Fault};

/// Mends the caller's own post within EDIT_MINUTES of its writing. Answers the post's path.
pub async fn edit(cx: &mut Cx, post: &str, title: &str, body: &str) -> Result<String, Fault> {
    cx.require(Right::WritePost)?;
    let (lang, now) = (cx.lang, cx.now);
    let id = parse(post)?;
    let kept = store::post_as_written(cx.db(), id).await?.filter(|kept| !kept.removed).ok_or(Fault::NotFound)?;
    let kind = PostKind::from_word(&kept.kind);
    if kind == PostKind::Joined || kept.membership_id.map(MembershipId) != cx.caller.membership {
        return Err(Fault::refused(FeedRefusal::NotYoursToEdit, lang));
    }
    if !may_mend(kept.created_at.to_jiff(), now) {
        return Err(Fault::refused(FeedRefusal::EditLate, lang));
    }
    let (title, body) = text_of(kind, title, body, kept.pictures > 0).map_err(|reason| Fault::refused(reason, lang))?;
    if (title.as_deref(), body.as_str()) != (kept.title.as_deref(), kept.body.as_str()) {
        store::edit_post(cx.db(), id, title.as_deref(), &body, now).await?;
        cx.record(Activity { kind: "post.edited", audience: Audience::Everyone, subject: Some(id.0), payload: json!({ "post": id }) });
        cx.audit("post.edit", id, json!({ "minutes": EDIT_MINUTES }));
    }
    Ok(format!("/b/{}/posts/{id}", cx.tenant.slug))
}

/// Puts back a post that the caller took down less than UNDO_MINUTES ago. Twice is once. Answers where to go on.
pub async fn restore(cx: &mut Cx, post: &str) -> Result<String, Fault> {
    cx.require(Right::WritePost)?;
    let (id, me, now) = (parse(post)?, cx.member()?, cx.now);
    let kept = store::post_as_written(cx.db(), id).await?.ok_or(Fault::NotFound)?;
    let next = format!("/b/{}#post-{id}", cx.tenant.slug);
    if !kept.removed {
        return Ok(next);
    }
    if kept.removed_by.map(MembershipId) != Some(me) {
        return Err(Fault::NotFound);
    }
    let since = kept.removed_at.map_or(SignedDuration::MAX, |at| now.duration_since(at.to_jiff()));
    if since > SignedDuration::from_mins(UNDO_MINUTES) {
        return Err(Fault::refused(FeedRefusal::UndoLate, cx.lang));
    }
    if store::restore_post(cx.db(), id, me).await? {
        cx.record(Activity { kind: "post.restored", audience: Audience::Everyone, subject: Some(id.0), payload: json!({ "post": id }) });
        cx.audit("post.restore", id, json!({}));
    }
    Ok(next)
}

/// Hides a post for the caller alone, or shows it again. Nobody is told. Answers where to go on.
pub async fn hide(cx: &mut Cx, post: &str, on: bool) -> Result<String, Fault> {
    cx.require(Right::ReadFeed)?;
    let (me, tenant, now) = (cx.member()?, cx.tenant.id, cx.now);
    let id: PostId = standing(cx, post).await?;
    let slug = cx.tenant.slug.clone();
    if on {
        store::hide_post(cx.db(), tenant, id, me, now).await?;
        Ok(format!("/b/{slug}?hidden={id}"))
    } else {
        store::show_post(cx.db(), id, me).await?;
        Ok(format!("/b/{slug}/posts/{id}"))
    }
}
