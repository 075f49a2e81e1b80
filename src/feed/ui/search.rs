//! `/b/:slug/search`: plain words over what was written. A plain form that asks with GET, so a search has an address.

use leptos::prelude::*;

use super::parts::{resident_nav, who};
use crate::feed::calls;
use crate::feed::model::{self, Marked, SearchHit};
use crate::feed::words::{Words, words};
use crate::ui::{Avatar, AvatarIcon, AvatarSize, Button, ButtonLink, Empty, Field, Glyph, Load, Look, NoIndex, PageTitle, ResidentShell, lang, param, query, query_value};

#[component]
pub fn SearchPage() -> impl IntoView {
    let (slug, asked, cursor) = (param("slug"), query("asked"), query("cursor"));
    view! { <Load future=move || calls::search_page(slug, asked, cursor) view=|page: model::SearchPage| view! { <Found page=page/> }/> }
}

#[component]
fn Found(page: model::SearchPage) -> impl IntoView {
    let w = words(lang());
    let slug = page.building_slug;
    let home = format!("/b/{slug}");
    let here = format!("/b/{slug}/search");
    let nav = resident_nav(&slug, page.reader.is_committee, "board");
    let (asked, none) = (page.asked.clone(), page.hits.is_empty());
    let hits = page.hits.into_iter().map(|hit| view! { <Hit hit=hit building=slug.clone() w=w/> }).collect_view();
    view! {
        <PageTitle text=w.search/>
        <NoIndex/>
        <ResidentShell title=w.search subtitle=page.building_name.clone() place=page.building_name home=home.clone() nav=nav who=who(&page.reader) back=home>
            <div class="grid grid-cols-[minmax(0,1fr)] gap-4 max-w-160">
                <form method="get" action=here.clone() role="search" class="card p-4 grid gap-3">
                    <Field name="asked" label=w.search_label value=page.asked hint=w.search_hint inputmode="search" maxlength=80/>
                    <div class="flex justify-end"><Button look=Look::Primary glyph=Glyph::SEARCH>{w.search_go}</Button></div>
                </form>
                {(none && !asked.is_empty()).then(|| view! { <Empty title=w.search_none body=w.search_none_body/> })}
                {(!none).then(|| view! { <ol class="grid gap-3" aria-label=w.search_found>{hits}</ol> })}
                {page.next.map(|next| view! {
                    <div class="flex justify-center"><ButtonLink href=format!("{here}?asked={}&cursor={}", query_value(&asked), query_value(&next)) rel="next">{w.older}</ButtonLink></div>
                })}
            </div>
        </ResidentShell>
    }
}

#[component]
fn Hit(hit: SearchHit, building: String, w: &'static Words) -> impl IntoView {
    let place = match hit.comment {
        Some(comment) => format!("/b/{building}/posts/{}#comment-{comment}", hit.post),
        None => format!("/b/{building}/posts/{}", hit.post),
    };
    let face = match &hit.author {
        Some(name) => view! { <Avatar name=name.clone() tone=hit.tone size=AvatarSize::Small/> }.into_any(),
        None => view! { <AvatarIcon of=Glyph::LIGHTBULB tone=hit.tone size=AvatarSize::Small/> }.into_any(),
    };
    let author = hit.author.unwrap_or_else(|| w.building.to_owned());
    view! {
        <li>
            <a href=place class="card p-4 flex gap-3 hover:bg-hover">
                {face}
                <span class="flex-1 min-w-0">
                    <span class="block text-sm leading-tight">
                        <bdi class="font-semibold">{author}</bdi>" "<span class="text-xs text-ink-3">{hit.author_place}" · "<time datetime=hit.when>{hit.when_label}</time></span>
                        {hit.comment.is_some().then(|| view! { <span class="text-xs text-ink-3">" · "{w.comment}</span> })}
                    </span>
                    {hit.title.map(|title| view! { <span class="block text-md font-semibold mt-1 break-words" dir="auto"><Runs of=title/></span> })}
                    <span class="block text-md mt-1 said" dir="auto"><Runs of=hit.excerpt/></span>
                </span>
            </a>
        </li>
    }
}

/// A text with what was looked for marked; each mark keeps its own direction.
#[component]
fn Runs(of: Marked) -> impl IntoView {
    of.into_iter()
        .map(|(run, found)| if found { view! { <mark class="bg-lamp-soft text-lamp-ink rounded-sm"><bdi>{run}</bdi></mark> }.into_any() } else { run.into_any() })
        .collect_view()
}
