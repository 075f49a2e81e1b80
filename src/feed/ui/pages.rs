//! `/b/:slug`: the building's board.

use leptos::prelude::*;

use super::composer::Composer;
use super::first::{Newcomers, Pinned, Today, WaitingFlatmate, Week};
use super::live::{Hearts, LiveLine};
use super::parts::{PostCard, resident_nav, who};
use crate::feed::calls;
use crate::feed::model::{self, FeedFilter};
use crate::feed::words::{Words, words};
use crate::ui::{Act, ButtonLink, Empty, Glyph, Icon, Load, Look, NoIndex, Note, PageTitle, Problems, ResidentShell, Size, Toast, Tone, lang, param, query, replay};

#[component]
pub fn FeedPage() -> impl IntoView {
    let (slug, filter, cursor) = (param("slug"), query("filter"), query("cursor"));
    let first = cursor.is_empty();
    view! { <Load future=move || calls::feed_page(slug, filter, cursor) view=move |page: model::FeedPage| view! { <Board page=page first=first/> }/> }
}

#[component]
fn Board(page: model::FeedPage, first: bool) -> impl IntoView {
    let w = words(lang());
    let slug = page.building_slug.clone();
    let nav = resident_nav(&slug, page.reader.is_committee, if page.filter == FeedFilter::Events { "events" } else { "board" });
    let reader = who(&page.reader);
    let subtitle = (w.city_and_lights)(&page.city, page.joined);
    let place = format!("{}, {}", page.building_name, page.city);
    view! {
        <PageTitle text=page.building_name.clone()/>
        <NoIndex/>
        <ResidentShell title=page.building_name.clone() subtitle=subtitle place=place home=format!("/b/{slug}") nav=nav who=reader>
            <div class="grid grid-cols-[minmax(0,1fr)] lg:grid-cols-[minmax(0,1fr)_21.5rem] gap-4 lg:gap-6 items-start">
                <div class="grid grid-cols-[minmax(0,1fr)] gap-3.5 content-start">
                    <Refusals/>
                    {first.then(|| view! { <Top page=page.clone()/> })}
                    <Filters w=w slug=slug.clone() now=page.filter/>
                    {first.then(|| view! {
                        <LiveLine building=slug.clone() seq=page.seq insert=page.filter == FeedFilter::All/>
                    })}
                    <Posts page=page.clone() first=first/>
                </div>
                <Undo building=slug.clone() w=w/>
                {first.then(|| view! {
                    <aside aria-label=w.today class="hidden lg:grid content-start gap-4 sticky top-6">
                        <Today first=page.first.clone()/>
                        <Week building=slug events=page.first.this_week/>
                    </aside>
                })}
            </div>
        </ResidentShell>
    }
}

/// What was just taken down or hidden, and the way back.
#[component]
fn Undo(building: String, w: &'static Words) -> impl IntoView {
    let (removed, hidden) = (query("removed"), query("hidden"));
    let (text, action, mut fields) = match (removed.is_empty(), hidden.is_empty()) {
        (false, _) => (w.removed_told, "/call/feed/restore", vec![("post", removed)]),
        (true, false) => (w.hidden_told, "/call/feed/hide", vec![("post", hidden), ("on", "false".to_owned())]),
        (true, true) => return ().into_any(),
    };
    fields.push(("building", building));
    view! { <Toast text=text><Act action=action fields=fields look=Look::Night size=Size::Small text=w.undo/></Toast> }.into_any()
}

/// What a small form of this page could not do.
#[component]
fn Refusals() -> impl IntoView {
    ["feed/react", "feed/report", "feed/remove", "feed/restore", "feed/hide", "joining/answer", "buildings/vouch"]
        .map(|endpoint| view! { <Problems of=replay(endpoint) fields=vec![]/> })
        .collect_view()
}

/// Above the posts, on a reader's first page.
#[component]
fn Top(page: model::FeedPage) -> impl IntoView {
    let w = words(lang());
    let slug = page.building_slug;
    let first = page.first;
    let waiting = page.waiting_flatmates.into_iter().map(|(join, name)| view! { <WaitingFlatmate building=slug.clone() join=join name=name/> }).collect_view();
    let pinned = first.pinned.iter().cloned().map(|post| view! { <Pinned building=slug.clone() post=post/> }).collect_view();
    view! {
        {waiting}
        {pinned}
        <div class="lg:hidden grid gap-3.5"><Today first=first.clone()/><Week building=slug.clone() events=first.this_week/></div>
        {(!page.unconfirmed.is_empty()).then(|| view! { <Newcomers building=slug.clone() of=page.unconfirmed/> })}
        {(!page.reader.verified).then(|| view! { <Note glyph=Glyph::HOURGLASS tone=Tone::Plain><p>{w.unverified}</p></Note> })}
        <Composer building=slug reader=page.reader/>
    }
}

#[component]
fn Filters(w: &'static Words, slug: String, now: FeedFilter) -> impl IntoView {
    let chips = FeedFilter::ALL.into_iter().map(|filter| {
        let text = match filter {
            FeedFilter::All => w.all,
            FeedFilter::Committee => w.from_committee,
            FeedFilter::Neighbours => w.neighbours,
            FeedFilter::Events => w.events,
        };
        let href = if filter == FeedFilter::All { format!("/b/{slug}") } else { format!("/b/{slug}?filter={}", filter.word()) };
        view! { <li><a class="filter" href=href aria-current=(filter == now).then_some("true")>{text}</a></li> }
    });
    view! {
        <nav aria-label=w.filter class="-mx-4 lg:mx-0">
            <ul class="flex gap-2 overflow-x-auto px-4 py-1 lg:px-0">
                {chips.collect_view()}
                <li class="ms-auto"><a class="filter" href=format!("/b/{slug}/search")><Icon of=Glyph::SEARCH class="i-sm"/><span>{w.search}</span></a></li>
            </ul>
        </nav>
    }
}

#[component]
fn Posts(page: model::FeedPage, first: bool) -> impl IntoView {
    let w = words(lang());
    let slug = page.building_slug;
    let none = page.posts.is_empty();
    let all = page.filter == FeedFilter::All;
    let cards = page.posts.into_iter().map(|post| view! { <PostCard post=post building=slug.clone()/> }).collect_view();
    let filter = if all { String::new() } else { format!("&filter={}", page.filter.word()) };
    view! {
        <section aria-label=w.posts class="grid grid-cols-[minmax(0,1fr)] gap-3.5">
            <Hearts><div id="posts" class="grid grid-cols-[minmax(0,1fr)] gap-3.5 empty:hidden">{cards}</div></Hearts>
            {none.then(|| if all {
                view! { <Empty title=w.empty_title body=w.empty_body lit=7><ButtonLink href="#compose" look=Look::Soft glyph=Glyph::MESSAGE_CIRCLE>{w.compose}</ButtonLink></Empty> }.into_any()
            } else {
                view! { <p class="text-sm text-ink-3 text-center py-8">{w.empty_filter}</p> }.into_any()
            })}
            <div class="flex flex-wrap justify-center gap-2.5">
                {(!first).then(|| view! { <ButtonLink href=format!("/b/{slug}") look=Look::Ghost>{w.newest}</ButtonLink> })}
                {page.next.map(|next| view! {
                    <ButtonLink href=format!("/b/{slug}?cursor={}{filter}", crate::ui::query_value(&next)) rel="next">{w.older}</ButtonLink>
                })}
            </div>
        </section>
    }
}
