//! `/operator/tenants`: buildings and management companies, in counts and moments.

use leptos::prelude::*;

use super::frame::{ConsoleShell, Place, address};
use super::live::LiveConsole;
use crate::operator::calls;
use crate::operator::model::tenants::{self as model, BuildingRow, CompanyRow, Life};
use crate::operator::words::queue_words;
use crate::operator::words::tenants::{TenantsWords, tenants};
use crate::ui::{Button, ButtonLink, Chip, Empty, Field, Glyph, Load, Look, Select, Size, Tone, lang, query};

#[component]
pub fn TenantsPage() -> impl IntoView {
    let (search, what, cursor) = (query("search"), query("what"), query("cursor"));
    view! { <Load future=move || calls::tenants_page(search, what, cursor) view=|page: model::TenantsPage| view! { <Page page=page/> }/> }
}

fn asked(path: &str, page: &model::TenantsPage, cursor: &str) -> String {
    address(path, &[("search", &page.search), ("what", if page.companies { "companies" } else { "" }), ("cursor", cursor)])
}

#[component]
fn Page(page: model::TenantsPage) -> impl IntoView {
    let (w, frame) = (tenants(lang()), queue_words(lang()));
    let actions = move || view! { <ButtonLink href="/operator" size=Size::Small glyph=Glyph::TIMER>{frame.join_times}</ButtonLink> };
    view! {
        <ConsoleShell place=Place::Tenants title=w.title subtitle=w.lead actions=actions>
            <LiveConsole now=asked("/operator/tenants/now", &page, &page.cursor)/>
            <Filter page=page.clone() w=w/>
            <TenantsNow page=page/>
        </ConsoleShell>
    }
}

#[component]
fn Filter(page: model::TenantsPage, w: &'static TenantsWords) -> impl IntoView {
    let what = vec![(String::new(), w.buildings.to_owned()), ("companies".to_owned(), w.companies.to_owned())];
    let chosen = if page.companies { "companies" } else { "" };
    view! {
        <form method="get" action="/operator/tenants" role="search" class="card p-4 grid sm:grid-cols-2 xl:grid-cols-3 gap-3">
            <Field name="search" label=w.search value=page.search maxlength=80 optional=true/>
            <Select name="what" label=w.what options=what value=chosen/>
            <div class="flex items-end justify-end pb-1"><Button look=Look::Primary glyph=Glyph::SEARCH>{w.find}</Button></div>
        </form>
    }
}

/// The part that `Console` puts in anew.
#[component]
pub fn TenantsNow(page: model::TenantsPage) -> impl IntoView {
    let w = tenants(lang());
    let next = page.next.as_ref().map(|next| asked("/operator/tenants", &page, next));
    let newest = (!page.cursor.is_empty()).then(|| asked("/operator/tenants", &page, ""));
    let none = page.buildings.is_empty() && page.firms.is_empty();
    let buildings = page.buildings.into_iter().map(|row| view! { <Building row=row w=w/> }).collect_view();
    let firms = page.firms.into_iter().map(|row| view! { <Company row=row w=w/> }).collect_view();
    view! {
        <section id="console-tenants" aria-label=w.title class="grid grid-cols-[minmax(0,1fr)] gap-5">
            {if none { view! { <Empty title=w.none body=w.none_why/> }.into_any() } else { view! { <ul class="card rows overflow-hidden">{buildings}{firms}</ul> }.into_any() }}
            <div class="flex justify-center gap-3">
                {newest.map(|newest| view! { <ButtonLink href=newest look=Look::Ghost>{w.newest}</ButtonLink> })}
                {next.map(|next| view! { <ButtonLink href=next rel="next">{w.older}</ButtonLink> })}
            </div>
        </section>
    }
}

/// Figures in a line, each before its word.
fn figures(all: &[(i64, &'static str)]) -> impl IntoView + use<> {
    let all = all.iter().map(|(count, word)| view! { <div><dt class="inline text-ink-3">{*word}" "</dt><dd class="inline font-medium num">{*count}</dd></div> });
    let all = all.collect_view();
    view! { <dl class="flex flex-wrap gap-x-4 text-sm mt-1">{all}</dl> }
}

#[component]
fn Building(row: BuildingRow, w: &'static TenantsWords) -> impl IntoView {
    let chip = match row.life {
        Life::Alive => view! { <Chip text=(w.life)(row.life) tone=Tone::Ok glyph=Glyph::CHECK/> }.into_any(),
        Life::Quiet => view! { <Chip text=(w.life)(row.life) tone=Tone::Warn glyph=Glyph::MOON/> }.into_any(),
        Life::Empty => view! { <Chip text=(w.life)(row.life) glyph=Glyph::HOURGLASS/> }.into_any(),
    };
    let last = row.last_label.map_or_else(|| w.never.to_owned(), |label| (w.last)(&label));
    let told = [Some((w.opened)(&row.opened_label)), Some(last), row.company.map(|company| (w.managed)(&company))];
    let told = told.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    view! {
        <li class="px-4 lg:px-5 py-3 flex flex-wrap items-start justify-between gap-3">
            <div class="min-w-0 basis-72 flex-1">
                <p><span class="font-medium"><bdi>{row.name}</bdi></span>" "<bdi class="ltr mono text-ink-3">{row.slug}</bdi></p>
                {figures(&[(row.flats, w.flats), (row.residents, w.residents), (row.jobs, w.jobs), (row.deliveries, w.deliveries)])}
                <p class="text-xs text-ink-3 mt-1">{told}</p>
            </div>
            {chip}
        </li>
    }
}

#[component]
fn Company(row: CompanyRow, w: &'static TenantsWords) -> impl IntoView {
    view! {
        <li class="px-4 lg:px-5 py-3">
            <p class="font-medium"><bdi>{row.name}</bdi></p>
            {figures(&[(row.buildings, w.buildings), (row.staff, w.staff)])}
            <p class="text-xs text-ink-3 mt-1">{(w.opened)(&row.opened_label)}</p>
        </li>
    }
}
