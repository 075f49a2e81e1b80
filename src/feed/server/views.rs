//! Rows as a reader sees them: names, places, moments told in words, and what he may do.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use kit::{CommentId, FlatId, Lang, MembershipId, PersonId, PictureId, PostId, Right, Role};
use uuid::Uuid;

use super::posts::may_mend;
use super::store::{CommentRow, PictureRow, PostRow};
use crate::feed::model::{CommentView, PictureView, PostKind, PostView, Reader};
use crate::platform::Cx;
use crate::platform::told::{event_label, when_label, zone_named};

/// Who reads, when, where and in which language.
pub struct Eye {
    pub slug: String,
    pub lang: Lang,
    pub now: Timestamp,
    pub zone: TimeZone,
    pub membership: Option<MembershipId>,
    pub moderates: bool,
}

impl Eye {
    pub fn of(cx: &Cx) -> Self {
        Self {
            slug: cx.tenant.slug.clone(),
            lang: cx.lang,
            now: cx.now,
            zone: zone_named(&cx.tenant.zone),
            membership: cx.caller.membership,
            moderates: Right::ModerateFeed.held_by(cx.caller.role),
        }
    }

    fn is_me(&self, membership: Option<Uuid>) -> bool {
        membership.is_some() && membership == self.membership.map(|id| id.0)
    }

    fn words(&self, he: &str, en: &str) -> String {
        if self.lang == Lang::He { he.to_owned() } else { en.to_owned() }
    }

    /// "דירה 14", or "ועד הבית" for the committee.
    fn place(&self, from_committee: bool, flat: Option<&str>) -> String {
        match flat {
            _ if from_committee => self.words("ועד הבית", "The committee"),
            Some(number) => format!("{} {number}", self.words("דירה", "Flat")),
            None => String::new(),
        }
    }

    pub fn reader(&self, cx: &Cx, flat_number: Option<String>) -> Reader {
        Reader {
            name: cx.caller.name.clone(),
            tone: cx.caller.person.map_or(1, |person| person.tone()),
            flat_number,
            is_committee: cx.caller.role.has_desk(),
            verified: cx.caller.trust == kit::Trust::Verified,
        }
    }

    pub fn picture(&self, row: &PictureRow) -> PictureView {
        PictureView { picture: PictureId(row.picture_id), url: format!("/b/{}/pictures/{}", self.slug, row.picture_id), width: row.width, height: row.height }
    }

    /// A post with its pictures. Posts the building writes by itself have no author and words of ours.
    pub fn post(&self, row: PostRow, pictures: Vec<PictureView>) -> PostView {
        let kind = PostKind::from_word(&row.kind);
        let own = self.is_me(row.membership_id);
        let created = row.created_at.to_jiff();
        let pinned = row.pinned && row.pinned_until.is_none_or(|until| until.to_jiff() > self.now);
        let shown = PostView {
            post: PostId(row.post_id),
            kind,
            author: row.author,
            author_place: self.place(row.from_committee, row.flat_number.as_deref()),
            from_committee: row.from_committee,
            tone: row.person_id.map_or(1, |person| PersonId(person).tone()),
            title: row.title,
            body: row.body,
            pictures,
            when_label: when_label(self.now, created, &self.zone, self.lang),
            when: created.to_string(),
            event_label: row.event_at.map(|at| event_label(self.now, at.to_jiff(), &self.zone, self.lang)),
            reactions: row.reactions,
            reacted: row.reacted,
            comments: row.comments,
            pinned,
            mine: own && kind != PostKind::Joined,
            may_remove: own || self.moderates,
            may_edit: own && kind != PostKind::Joined && may_mend(created, self.now),
            edited: row.edited,
            hidden: row.hidden,
        };
        if kind == PostKind::Joined { self.joined(shown, row.flat_id) } else { shown }
    }

    /// "האור בדירה 14 דולק": a joining, told by the building in the reader's language.
    fn joined(&self, post: PostView, flat: Option<Uuid>) -> PostView {
        let kept = post.title.unwrap_or_default();
        let (number, name) = JoinedTitle::read(&kept);
        PostView {
            author: None,
            author_place: self.place(false, Some(number)),
            tone: flat.map_or(post.tone, |flat| FlatId(flat).tone()),
            title: None,
            body: match self.lang {
                Lang::He => format!("האור בדירה \u{2068}{number}\u{2069} דולק. ברוכים הבאים, \u{2068}{name}\u{2069}!"),
                Lang::En => format!("The light is on in flat \u{2068}{number}\u{2069}. Welcome, \u{2068}{name}\u{2069}!"),
            },
            ..post
        }
    }

    pub fn comment(&self, row: CommentRow) -> CommentView {
        let from_committee = Role::from_word(&row.role).is_some_and(Role::is_committee);
        CommentView {
            comment: CommentId(row.comment_id),
            author: row.author,
            author_place: self.place(from_committee, row.flat_number.as_deref()),
            tone: PersonId(row.person_id).tone(),
            body: row.body,
            when_label: when_label(self.now, row.created_at.to_jiff(), &self.zone, self.lang),
            may_remove: self.is_me(Some(row.membership_id)) || self.moderates,
        }
    }

    /// Posts with their pictures, by id.
    pub fn posts(&self, rows: Vec<PostRow>, pictures: &[PictureRow]) -> HashMap<Uuid, PostView> {
        let mut of_post: HashMap<Uuid, Vec<PictureView>> = HashMap::new();
        for row in pictures {
            if let Some(post) = row.post_id {
                of_post.entry(post).or_default().push(self.picture(row));
            }
        }
        rows.into_iter()
            .map(|row| {
                let pictures = of_post.remove(&row.post_id).unwrap_or_default();
                (row.post_id, self.post(row, pictures))
            })
            .collect()
    }
}

/// How a joining keeps the flat and the name in the post's title: both as they were then, in no language.
pub struct JoinedTitle;

impl JoinedTitle {
    const BETWEEN: &'static str = " · ";

    pub fn write(flat_number: &str, name: &str) -> String {
        format!("{flat_number}{}{name}", Self::BETWEEN)
    }

    fn read(title: &str) -> (&str, &str) {
        title.split_once(Self::BETWEEN).unwrap_or(("", title))
    }
}

#[cfg(test)]
mod tests {
    use super::JoinedTitle;

    #[test]
    fn a_joining_keeps_flat_and_name_apart() {
        let title = JoinedTitle::write("14א", "נועה שגב");
        assert_eq!(JoinedTitle::read(&title), ("14א", "נועה שגב"));
        assert!(JoinedTitle::write(&"9".repeat(12), &"א".repeat(80)).chars().count() <= crate::feed::model::TITLE_LIMIT);
    }
}
