//! Words of the feed that both sides share.

use kit::{CommentId, Money, PictureId, PostId};
use serde::{Deserialize, Serialize};

/// Bounds, in characters.
pub const POST_LIMIT: usize = 4000;
pub const COMMENT_LIMIT: usize = 1000;
pub const TITLE_LIMIT: usize = 120;
/// Posts on a page.
pub const PAGE: usize = 20;
/// How long its author may mend a post, and who took one down may put it back.
pub const EDIT_MINUTES: i64 = 30;
pub const UNDO_MINUTES: i64 = 10;
/// Pictures of one post, and the bytes one may have when it is sent.
pub const PICTURES: usize = 4;
pub const PICTURE_BYTES: usize = 10 * 1024 * 1024;

/// What a post is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PostKind {
    Post,
    /// The committee speaks.
    Notice,
    /// Written by itself when somebody joined.
    Joined,
    Event,
}

impl PostKind {
    pub fn word(self) -> &'static str {
        match self {
            PostKind::Post => "post",
            PostKind::Notice => "notice",
            PostKind::Joined => "joined",
            PostKind::Event => "event",
        }
    }

    pub fn from_word(word: &str) -> Self {
        match word {
            "notice" => PostKind::Notice,
            "joined" => PostKind::Joined,
            "event" => PostKind::Event,
            _ => PostKind::Post,
        }
    }
}

/// The filter chips over the feed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FeedFilter {
    #[default]
    All,
    Committee,
    Neighbours,
    Events,
}

impl FeedFilter {
    pub const ALL: [FeedFilter; 4] = [FeedFilter::All, FeedFilter::Committee, FeedFilter::Neighbours, FeedFilter::Events];

    pub fn word(self) -> &'static str {
        match self {
            FeedFilter::All => "all",
            FeedFilter::Committee => "committee",
            FeedFilter::Neighbours => "neighbours",
            FeedFilter::Events => "events",
        }
    }

    pub fn from_word(word: &str) -> Self {
        FeedFilter::ALL.into_iter().find(|filter| filter.word() == word).unwrap_or_default()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureView {
    pub picture: PictureId,
    pub url: String,
    pub width: i32,
    pub height: i32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostView {
    pub post: PostId,
    pub kind: PostKind,
    /// `None` for posts the building writes by itself.
    pub author: Option<String>,
    /// "דירה 14", or "ועד הבית" for the committee.
    pub author_place: String,
    pub from_committee: bool,
    /// 1..=6, the avatar's tone.
    pub tone: u8,
    pub title: Option<String>,
    pub body: String,
    pub pictures: Vec<PictureView>,
    /// "לפני 40 דק׳"
    pub when_label: String,
    /// ISO 8601, for `<time datetime>`.
    pub when: String,
    /// "יום שלישי, 24 בנובמבר, 20:00" for events.
    pub event_label: Option<String>,
    pub reactions: i64,
    pub reacted: bool,
    pub comments: i64,
    pub pinned: bool,
    pub mine: bool,
    /// The reader may take it down.
    pub may_remove: bool,
    /// The reader wrote it a short while ago and may mend it.
    pub may_edit: bool,
    /// Its author mended it.
    pub edited: bool,
    /// The reader does not want to see it.
    pub hidden: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommentView {
    pub comment: CommentId,
    pub author: String,
    pub author_place: String,
    pub tone: u8,
    pub body: String,
    pub when_label: String,
    pub may_remove: bool,
}

/// What the reader's flat pays for its membership.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Membership {
    /// Paid; the next charge: how much, "22 בדצמבר", and the day in ISO 8601.
    Next { amount: Money, day: String, date: String },
    /// The last charge did not go through; the provider's page where it can be paid.
    Late { amount: Money, pay_at: Option<String> },
    /// It was cancelled and ends on this day.
    Ends { day: String, date: String },
}

/// What the first screen says above the posts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstScreen {
    /// `None` for who lives in no flat that pays.
    pub membership: Option<Membership>,
    /// Posts since the reader was last here.
    pub new_posts: i64,
    /// Events of the coming seven days.
    pub this_week: Vec<WeekEvent>,
    pub pinned: Vec<PostView>,
}

/// An event of the coming seven days: its day of the month and of the week, "20:00", and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeekEvent {
    pub day: i8,
    pub weekday: String,
    pub time: String,
    pub title: String,
    pub post: PostId,
}

/// The reader, for the frame and the composer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reader {
    pub name: String,
    pub tone: u8,
    pub flat_number: Option<String>,
    pub is_committee: bool,
    pub verified: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedPage {
    pub building_slug: String,
    pub building_name: String,
    pub city: String,
    pub joined: u32,
    pub reader: Reader,
    pub first: FirstScreen,
    pub filter: FeedFilter,
    pub posts: Vec<PostView>,
    /// Give it back to read on; `None` at the end.
    pub next: Option<String>,
    /// The activity line's head when this page was read: the live stream goes on from here.
    pub seq: i64,
    /// Flatmates waiting for the reader's yes: (join, name).
    pub waiting_flatmates: Vec<(kit::JoinId, String)>,
    /// Neighbours whom the reader may know and nobody confirmed yet.
    pub unconfirmed: Vec<Newcomer>,
}

/// A neighbour whom nobody confirmed yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Newcomer {
    pub membership: kit::MembershipId,
    pub name: String,
    pub flat_number: String,
    /// The reader said that he knows him.
    pub vouched: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostPage {
    pub building_slug: String,
    pub building_name: String,
    pub reader: Reader,
    pub post: PostView,
    pub comments: Vec<CommentView>,
}

/// A text in runs; true for those that were looked for.
pub type Marked = Vec<(String, bool)>;

/// A post or a comment that a search found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchHit {
    pub post: PostId,
    /// `None` when the post itself says it.
    pub comment: Option<CommentId>,
    /// `None` for what the building says by itself.
    pub author: Option<String>,
    pub author_place: String,
    pub tone: u8,
    /// Of the post, also above a comment.
    pub title: Option<Marked>,
    pub excerpt: Marked,
    pub when_label: String,
    pub when: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchPage {
    pub building_slug: String,
    pub building_name: String,
    pub reader: Reader,
    /// The question as it was understood; empty before the first.
    pub asked: String,
    pub hits: Vec<SearchHit>,
    /// Give it back to read on; `None` at the end.
    pub next: Option<String>,
}
