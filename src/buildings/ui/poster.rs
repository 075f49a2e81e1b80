//! `/b/:slug/committee/poster`: one sheet of paper for the lobby.

use leptos::prelude::*;

use crate::buildings::calls;
use crate::buildings::model;
use crate::buildings::words::words;
use crate::ui::{ButtonLink, Glyph, Icon, Load, Logo, Look, PageTitle, PageTop, lang, param, words as kit_words};

#[component]
pub fn PosterPage() -> impl IntoView {
    let slug = param("slug");
    view! { <Load future=move || calls::read_poster(slug) view=|page: model::PosterPage| view! { <Poster page=page/> }/> }
}

#[component]
fn Poster(page: model::PosterPage) -> impl IntoView {
    let w = words(lang());
    let kit = kit_words(lang());
    let building = page.building;
    let shown = page.invite_url.split("://").nth(1).unwrap_or(&page.invite_url).split('?').next().unwrap_or_default().to_owned();
    let steps = w.poster_steps.into_iter().enumerate().map(|(index, step)| {
        view! {
            <li class="flex items-center gap-3 text-lg font-normal">
                <span class="grid place-items-center w-9 h-10 rounded-sm bg-lamp text-on-lamp font-semibold num flex-none" aria-hidden="true">{index + 1}</span>
                <span>{step}</span>
            </li>
        }
    });
    view! {
        <PageTitle text=w.poster_title/>
        <div class="print:hidden">
            <PageTop/>
            <div class="mx-auto max-w-180 px-5 pt-4 flex items-center gap-3">
                <ButtonLink href=format!("/b/{}/committee/residents", building.slug) look=Look::Ghost after=Glyph::ARROW_LEFT label=kit.back class="-ms-2.5"/>
                <p class="text-sm text-ink-2">{w.poster_print}</p>
            </div>
        </div>
        <main id="main" tabindex="-1" class="mx-auto max-w-180 p-5 print:p-0">
            <article class="card poster p-5 sm:p-8 lg:p-12 grid grid-cols-[minmax(0,1fr)] justify-items-center text-center gap-6">
                <p class="flex items-center gap-2.5 text-lg font-bold"><Logo size=36/>{kit.brand}</p>
                <div>
                    <p class="text-lg text-ink-2 font-normal"><bdi>{building.street}</bdi>", "<bdi>{building.city}</bdi></p>
                    <h1 class="text-3xl lg:text-4xl font-bold mt-2">{w.poster_heading[0]}<br/>{w.poster_heading[1]}</h1>
                    <p class="text-lg text-ink-2 font-normal mt-3">{w.poster_scan}</p>
                </div>
                <svg class="w-72 max-w-full rounded-lg" viewBox=format!("0 0 {0} {0}", page.side) role="img" aria-label=w.poster_alt shape-rendering="crispEdges">
                    <rect width=page.side height=page.side fill="#fff"></rect>
                    <path d=page.path fill="#000"></path>
                </svg>
                <p class="text-md text-ink-2 num break-all"><bdi class="ltr">{shown}</bdi></p>
                {page.invite_code.map(|code| view! { <p class="text-lg font-normal">{w.poster_code}" "<bdi class="mono text-lg font-semibold">{code}</bdi></p> })}
                <ol class="grid gap-3 text-start">{steps.collect_view()}</ol>
                <p class="text-sm text-ink-3 flex items-center gap-2"><Icon of=Glyph::LOCK class="i-sm"/><span>{w.poster_foot}</span></p>
            </article>
        </main>
    }
}
