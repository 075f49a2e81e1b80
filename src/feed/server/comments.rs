//! Comments and hearts under a post.

use kit::{CommentId, MembershipId, Right, TextError, clean_text};
use serde_json::json;

use super::error::FeedRefusal;
use super::posts::{client_key, hour_before, may_take_down, standing};
use super::store;
use crate::feed::model::COMMENT_LIMIT;
use crate::platform::{Activity, Audience, Cx, Fault};

/// Comments one member may write in an hour.
const COMMENTS_AN_HOUR: i64 = 100;

/// Comments under a post; the same form sent again is one comment. Answers the post's path.
pub async fn comment(cx: &mut Cx, post: &str, body: &str, key: &str) -> Result<String, Fault> {
    cx.require(Right::WritePost)?;
    let (member, lang, tenant, now) = (cx.member()?, cx.lang, cx.tenant.id, cx.now);
    let refuse = |reason| Fault::refused(reason, lang);
    let post = standing(cx, post).await?;
    let body = clean_text(body, COMMENT_LIMIT).map_err(|error| refuse(if error == TextError::Empty { FeedRefusal::CommentMissing } else { FeedRefusal::CommentTooLong }))?;
    let next = format!("/b/{}/posts/{post}", cx.tenant.slug);
    if store::comments_since(cx.db(), member, hour_before(now)?).await? >= COMMENTS_AN_HOUR {
        return Err(refuse(FeedRefusal::TooManyComments));
    }
    let comment: CommentId = cx.ids.new_id();
    let new = store::NewComment { comment, post, membership: member, body: &body, client_key: client_key(key) };
    if store::insert_comment(cx.db(), tenant, &new, now).await? {
        // The subject is the post: whoever shows it counts its comments anew.
        cx.record(Activity {
            kind: "comment.created",
            audience: Audience::Everyone,
            subject: Some(post.0),
            payload: json!({ "post": post, "comment": comment, "membership": member }),
        });
    }
    Ok(next)
}

/// Sets the reader's heart or takes it back; asking twice changes nothing. Answers how many hearts the post has.
pub async fn react(cx: &mut Cx, post: &str, on: bool) -> Result<i64, Fault> {
    cx.require(Right::WritePost)?;
    let (member, tenant, now) = (cx.member()?, cx.tenant.id, cx.now);
    let post = standing(cx, post).await?;
    let changed = if on { store::set_reaction(cx.db(), tenant, post, member, now).await? } else { store::take_reaction(cx.db(), post, member).await? };
    if changed {
        cx.record(Activity { kind: "reaction.changed", audience: Audience::Everyone, subject: Some(post.0), payload: json!({ "post": post }) });
    }
    Ok(store::reactions(cx.db(), post).await?)
}

/// Takes a comment down: its author or the committee. Twice is once. Answers the post's path.
pub async fn take_down(cx: &mut Cx, comment: CommentId) -> Result<String, Fault> {
    let head = store::comment_head(cx.db(), comment).await?.ok_or(Fault::NotFound)?;
    let (author, now) = (MembershipId(head.membership_id), cx.now);
    if !may_take_down(cx, Some(author)) {
        return Err(Fault::refused(FeedRefusal::NotYours, cx.lang));
    }
    if store::remove_comment(cx.db(), comment, now).await? {
        cx.record(Activity { kind: "comment.removed", audience: Audience::Everyone, subject: Some(head.post_id), payload: json!({ "post": head.post_id, "comment": comment }) });
        cx.audit("comment.remove", comment, json!({ "author": author, "own": Some(author) == cx.caller.membership }));
    }
    Ok(format!("/b/{}/posts/{}", cx.tenant.slug, head.post_id))
}
