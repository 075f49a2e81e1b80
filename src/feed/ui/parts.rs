//! One post as it stands on the board; other rooms and the live stream's fragment show the same.

use leptos::prelude::*;

use super::live::Heart;
use super::menu::PostMenu;
use crate::feed::model::{PictureView, PostKind, PostView, Reader};
use crate::feed::words::{Words, words};
use crate::ui::{Avatar, Chip, Glyph, Icon, NavItem, Sentence, Tone, Who, lang};

/// Longer texts are cut on the board and whole on their own page.
const CUT_CHARACTERS: usize = 420;
const CUT_LINES: usize = 6;

/// Where a resident may go. `current` is one of `board`, `events`, `committee`.
pub fn resident_nav(slug: &str, is_committee: bool, current: &str) -> Vec<NavItem> {
    let w = words(lang());
    let mut items = vec![NavItem::new(format!("/b/{slug}"), w.board, Glyph::HOUSE).current(current == "board")];
    items.push(NavItem::new(format!("/b/{slug}?filter=events"), w.events, Glyph::CALENDAR_DAYS).current(current == "events"));
    items.push(NavItem::new(format!("/b/{slug}#compose"), w.write_nav, Glyph::PLUS));
    if is_committee {
        items.push(NavItem::new(format!("/b/{slug}/committee"), w.committee_nav, Glyph::LAYOUT_DASHBOARD).current(current == "committee"));
    }
    items.push(NavItem::new("/home?stay=1", w.more_nav, Glyph::MENU));
    items
}

/// The reader, as the frame shows him.
pub(super) fn who(reader: &Reader) -> Who {
    let w = words(lang());
    let place = match (&reader.flat_number, reader.is_committee) {
        (Some(flat), _) => (w.flat)(flat),
        (None, true) => w.committee.to_owned(),
        (None, false) => String::new(),
    };
    Who { name: reader.name.clone(), place, tone: reader.tone }
}

/// A post. On its own page (`alone`) it is whole and has no link to itself.
#[component]
pub fn PostCard(
    post: PostView,
    /// The building's slug.
    #[prop(into)]
    building: String,
    #[prop(optional)] alone: bool,
) -> impl IntoView {
    let w = words(lang());
    if post.kind == PostKind::Joined {
        return view! { <JoinedCard post=post w=w/> }.into_any();
    }
    let here = format!("/b/{building}/posts/{}", post.post);
    let author = post.author.clone().unwrap_or_else(|| w.building.to_owned());
    let named = format!("by-{}", post.post);
    let naming = named.clone();
    let long = !alone && is_long(&post.body);
    let chip = match post.kind {
        PostKind::Notice => Some(view! { <Chip text=w.notice tone=Tone::Info glyph=Glyph::MEGAPHONE/> }),
        PostKind::Event => Some(view! { <Chip text=w.event tone=Tone::Brand glyph=Glyph::CALENDAR_DAYS/> }),
        PostKind::Post | PostKind::Joined => None,
    };
    let read_on = long.then(|| view! { <a class="link inline-flex items-center min-h-9 text-sm" href=here.clone()>{w.read_on}</a> });
    let heading = post.title.clone().map(|title| view! { <p class="text-md font-semibold break-words" dir="auto"><Sentence text=title/></p> });
    let when = post.event_label.clone().map(|label| {
        view! {
            <p class="mt-2 flex items-center gap-2 rounded-md bg-sunken px-3.5 py-2.5 text-sm font-medium">
                <Icon of=Glyph::CALENDAR_DAYS class="i-sm text-ink-3"/><span><Sentence text=label/></span>
            </p>
        }
    });
    view! {
        <article class="card p-4 lg:p-5 scroll-mt-20" id=format!("post-{}", post.post) aria-labelledby=naming>
            <header class="flex items-center gap-3">
                <Avatar name=author.clone() tone=post.tone/>
                <div class="flex-1 min-w-0 leading-tight">
                    <p class="font-semibold text-md truncate" id=named><bdi>{author.clone()}</bdi></p>
                    <p class="text-xs text-ink-3 mt-0.5 truncate">{post.author_place.clone()}" · "<time datetime=post.when.clone()>{post.when_label.clone()}</time>{post.edited.then(|| format!(" · {}", w.edited))}</p>
                </div>
                {chip}
                <PostMenu post=post.clone() building=building.clone()/>
            </header>
            <div class="mt-3">
                {heading}
                <p class=if long { "text-md said line-clamp-6" } else { "text-md said" } dir="auto"><Sentence text=post.body.clone()/></p>
                {read_on}
                {when}
                {(!post.pictures.is_empty()).then(|| view! { <Pictures of=post.pictures.clone() author=author.clone()/> })}
            </div>
            <footer class="mt-3 -mb-1.5 flex items-center gap-1 text-sm text-ink-2">
                <Heart building=building post=post.post.to_string() count=post.reactions on=post.reacted/>
                <a class="btn btn-ghost btn-sm" href=format!("{here}#comments") aria-label=(w.comments)(post.comments)>
                    <Icon of=Glyph::MESSAGE_CIRCLE class="i-sm"/><span class="num">{post.comments}</span>
                </a>
                {(!alone).then(|| view! {
                    <a class="btn btn-ghost btn-sm ms-auto" href=format!("{here}#write")><Icon of=Glyph::REPLY class="i-sm flip-en"/><span>{w.comment}</span></a>
                })}
            </footer>
        </article>
    }
    .into_any()
}

/// A light went on: the building says so by itself.
#[component]
fn JoinedCard(post: PostView, w: &'static Words) -> impl IntoView {
    view! {
        <article class="card px-4 lg:px-5 py-2.5 flex items-center gap-3 scroll-mt-20" id=format!("post-{}", post.post)>
            <span class="grid place-items-center size-10 rounded-md bg-lamp-soft text-lamp-ink flex-none"><Icon of=Glyph::LIGHTBULB/></span>
            <div class="flex-1 min-w-0">
                <p class="text-md" dir="auto"><Sentence text=post.body/></p>
                <p class="text-xs text-ink-3 mt-0.5">{w.building}" · "<time datetime=post.when>{post.when_label}</time></p>
            </div>
        </article>
    }
}

#[component]
fn Pictures(of: Vec<PictureView>, author: String) -> impl IntoView {
    let w = words(lang());
    let one = of.len() == 1;
    let label = (w.picture_of)(&author);
    let shown = of.into_iter().map(|picture| {
        view! {
            <li class="rounded-md overflow-hidden bg-sunken">
                <a href=picture.url.clone() class="block">
                    <img
                        src=picture.url.clone() width=picture.width height=picture.height alt=label.clone() loading="lazy" decoding="async"
                        class=if one { "block w-full h-auto max-h-120 object-cover" } else { "block w-full aspect-square object-cover" }
                    />
                </a>
            </li>
        }
    });
    view! { <ul class=if one { "mt-3 grid" } else { "mt-3 grid grid-cols-2 gap-2" }>{shown.collect_view()}</ul> }
}

fn is_long(body: &str) -> bool {
    body.chars().nth(CUT_CHARACTERS).is_some() || body.lines().count() > CUT_LINES
}

#[cfg(test)]
mod tests {
    use super::is_long;

    #[test]
    fn a_text_is_cut_by_its_length_or_its_lines() {
        assert!(!is_long("שלום לכולם"));
        assert!(is_long(&"א".repeat(421)));
        assert!(is_long("1\n2\n3\n4\n5\n6\n7"));
    }
}
