//! `/b/:slug/committee/audit`: how the chain stands, the lines with their filters and search, and taking a period along.
//! Links and plain forms only; nothing on it moves.

use leptos::prelude::*;

use super::lines::Lines;
use crate::audit::calls;
use crate::audit::model::{self, AuditFilter, ChainState, Standing};
use crate::audit::words::{Words, words};
use crate::buildings::ui::{desk_nav, desk_place, who};
use crate::ui::{
    Act, Button, ButtonLink, CommitteeShell, Empty, Field, FieldProblem, Glyph, Hidden, Icon, Load, Look, Ltr, NoIndex, PageTitle, Problems, Size, lang, param, query, query_value,
    replay,
};

#[component]
pub fn AuditPage() -> impl IntoView {
    let (slug, filter, asked, before) = (param("slug"), query("filter"), query("asked"), query("before"));
    view! { <Load future=move || calls::read_audit(slug, filter, asked, before) view=|page: model::AuditPage| view! { <Whole page=page/> }/> }
}

#[component]
fn Whole(page: model::AuditPage) -> impl IntoView {
    let w = words(lang());
    let slug = page.slug.clone();
    let nav = desk_nav(&slug, page.reader.role, page.waiting, "audit");
    let (filter, asked) = (page.filter, page.asked.clone());
    let none = page.rows.is_empty();
    let narrowed = filter != AuditFilter::All || !asked.is_empty();
    let older = page.next.map(|next| address(&slug, filter, &asked, Some(next)));
    let latest = (!query("before").is_empty()).then(|| address(&slug, filter, &asked, None));
    view! {
        <PageTitle text=format!("{} · {}", w.title, page.building)/>
        <NoIndex/>
        <CommitteeShell
            title=w.title subtitle=w.lead place=desk_place(&page.building) home=format!("/b/{slug}/committee") nav=nav who=who(&page.reader)
            actions=move || view! { <div class="hidden lg:block"><ButtonLink href="#export" glyph=Glyph::DOWNLOAD>{w.export}</ButtonLink></div> }
        >
            <div class="grid grid-cols-[minmax(0,1fr)] gap-4 lg:gap-5">
                <Problems of=replay("audit/check") fields=vec![]/>
                <Chain state=page.chain slug=slug.clone() w=w/>
                <section class="card overflow-hidden">
                    <div class="p-4 lg:px-5 grid grid-cols-[minmax(0,1fr)] gap-3 lg:flex lg:items-center lg:justify-between border-b border-line">
                        <Search slug=slug.clone() filter=filter asked=asked.clone() w=w/>
                        <Filters slug=slug.clone() now=filter asked=asked w=w/>
                    </div>
                    {(!none).then(|| view! { <Lines rows=page.rows w=w/> })}
                    {(older.is_some() || latest.is_some()).then(|| view! {
                        <div class="px-4 lg:px-5 py-3 border-t border-line flex justify-between gap-3">
                            {older.map(|href| view! { <ButtonLink href=href rel="next" size=Size::Small>{w.older}</ButtonLink> })}
                            {latest.map(|href| view! { <ButtonLink href=href look=Look::Ghost size=Size::Small>{w.latest}</ButtonLink> })}
                        </div>
                    })}
                </section>
                {(none && narrowed).then(|| view! { <Empty title=w.none body=w.none_why/> })}
                <p class="text-sm text-ink-3 flex gap-2"><Icon of=Glyph::INFO class="i-sm mt-0.5 flex-none"/><span>{w.support}</span></p>
                <Export slug=slug from=page.export_from to=page.export_to w=w/>
            </div>
        </CommitteeShell>
    }
}

/// The page's address with these choices.
fn address(slug: &str, filter: AuditFilter, asked: &str, before: Option<i64>) -> String {
    let mut parts = Vec::new();
    if filter != AuditFilter::All {
        parts.push(format!("filter={}", filter.word()));
    }
    if !asked.is_empty() {
        parts.push(format!("asked={}", query_value(asked)));
    }
    parts.extend(before.map(|seq| format!("before={seq}")));
    let mark = if parts.is_empty() { "" } else { "?" };
    format!("/b/{slug}/committee/audit{mark}{}", parts.join("&"))
}

/// How the chain stands, and reading it now.
#[component]
fn Chain(state: ChainState, slug: String, w: &'static Words) -> impl IntoView {
    let (told, tone, glyph) = match (&state.standing, state.lines) {
        (Standing::Broken { seq, .. }, _) => ((w.broken)(*seq), "bg-bad-soft text-bad-ink", Glyph::TRIANGLE_ALERT),
        (_, 0) => (w.nothing.to_owned(), "bg-sunken text-ink-2", Glyph::LINK),
        (Standing::Whole { .. }, lines) => ((w.whole)(lines, &state.since), "bg-ok-soft text-ok-ink", Glyph::LINK),
        (Standing::Unread, lines) => ((w.unread)(lines, &state.since), "bg-sunken text-ink-2", Glyph::LINK),
    };
    let why = match &state.standing {
        Standing::Broken { how, .. } => (w.broken_how)(how),
        _ => w.chained,
    };
    let since = match state.standing {
        Standing::Whole { lines } if state.lines > lines => Some((w.since_read)(state.lines - lines)),
        _ => None,
    };
    let read = state.checked.map(|when| (w.read)(&when));
    let more: String = [read, since].into_iter().flatten().map(|sentence| [" ", &sentence].concat()).collect();
    view! {
        <section class="card p-4 lg:p-5 flex flex-wrap items-center gap-x-4 gap-y-3" role=matches!(state.standing, Standing::Broken { .. }).then_some("alert")>
            <span class=["grid place-items-center size-10 rounded-md flex-none ", tone].concat()><Icon of=glyph/></span>
            <div class="flex-1 min-w-56">
                <h2 class="font-semibold">{told}</h2>
                <p class="text-sm text-ink-2">{why}{more}</p>
            </div>
            {(!state.fingerprint.is_empty()).then(|| view! { <span class="mono text-xs text-ink-2" title=w.fingerprint><Ltr text=state.fingerprint/></span> })}
            <Act action="/call/audit/check" fields=vec![("building", slug)] look=Look::Soft glyph=Glyph::SHIELD_CHECK text=w.check/>
        </section>
    }
}

#[component]
fn Search(slug: String, filter: AuditFilter, asked: String, w: &'static Words) -> impl IntoView {
    view! {
        <form method="get" action=format!("/b/{slug}/committee/audit") role="search" class="flex items-end gap-2 lg:w-110">
            {(filter != AuditFilter::All).then(|| view! { <Hidden name="filter" value=filter.word()/> })}
            <div class="flex-1 min-w-0"><Field name="asked" label=w.search value=asked placeholder=w.search_hint inputmode="search" maxlength=80 optional=true/></div>
            <Button glyph=Glyph::SEARCH label=w.go/>
        </form>
    }
}

#[component]
fn Filters(slug: String, now: AuditFilter, asked: String, w: &'static Words) -> impl IntoView {
    let chips = AuditFilter::ALL.into_iter().map(|filter| {
        let href = address(&slug, filter, &asked, None);
        view! { <li><a class="filter" href=href aria-current=(filter == now).then_some("true")>{(w.filter)(filter)}</a></li> }
    });
    view! {
        <nav aria-label=w.filters class="-mx-4 lg:mx-0">
            <ul class="flex gap-2 overflow-x-auto px-4 py-1 lg:px-0">{chips.collect_view()}</ul>
        </nav>
    }
}

/// A period as a file. What was refused is told here, where the browser was led back to.
#[component]
fn Export(slug: String, from: String, to: String, w: &'static Words) -> impl IntoView {
    let problem = match query("export").as_str() {
        "period" => Some(w.export_period),
        "many" => Some(w.export_many),
        _ => None,
    };
    view! {
        <section class="card p-4 lg:p-5 grid gap-3 scroll-mt-20" id="export">
            <div><h2 class="text-lg font-semibold">{w.export}</h2><p class="text-sm text-ink-2 mt-0.5">{w.export_lead}</p></div>
            {problem.map(|text| view! { <FieldProblem id="export-problem" text=text/> })}
            <form method="get" action=format!("/b/{slug}/committee/audit/export") class="grid sm:flex sm:items-end gap-3">
                <Field name="from" label=w.export_from value=from kind="date" dir="ltr"/>
                <Field name="to" label=w.export_to value=to kind="date" dir="ltr"/>
                <div class="flex gap-2">
                    <Button name="form" value="csv" glyph=Glyph::DOWNLOAD>"CSV"</Button>
                    <Button name="form" value="json" look=Look::Ghost glyph=Glyph::DOWNLOAD>"JSON"</Button>
                </div>
            </form>
        </section>
    }
}
