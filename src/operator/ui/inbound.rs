//! `/operator/inbound`: what providers sent. Plain forms and links: it stands without scripts.

use leptos::prelude::*;

use super::frame::{ConsoleShell, Place, address};
use super::live::LiveConsole;
use crate::operator::calls;
use crate::operator::model::inbound::{self as model, ForgedHour, InboundLook, InboundRow};
use crate::operator::words::inbound::{InboundWords, inbound, provider, state};
use crate::ui::{Button, ButtonLink, Chip, Empty, Field, Glyph, Hidden, Load, Look, Ltr, Problems, Select, Size, Tone, lang, query, replay};

#[component]
pub fn InboundPage() -> impl IntoView {
    let (of, stands, event, cursor, open) = (query("provider"), query("state"), query("event"), query("cursor"), query("open"));
    view! { <Load future=move || calls::inbound_page(of, stands, event, cursor, open) view=|page: model::InboundPage| view! { <Page page=page/> }/> }
}

/// An address of this page.
fn here(page: &model::InboundPage, more: &[(&str, &str)]) -> String {
    let kept = [("provider", page.provider.as_str()), ("state", page.state.as_str()), ("event", page.event.as_str())];
    address("/operator/inbound", &[&kept[..], more].concat())
}

#[component]
fn Page(page: model::InboundPage) -> impl IntoView {
    let w = inbound(lang());
    let open = page.open.as_ref().map(|look| look.row.id.clone()).unwrap_or_default();
    let now = here(&page, &[("cursor", &page.cursor), ("open", &open)]).replacen("/operator/inbound", "/operator/inbound/now", 1);
    view! {
        <ConsoleShell place=Place::Inbound title=w.title subtitle=w.lead>
            <LiveConsole now=now/>
            <Problems of=replay("operator/replay_inbound") fields=Vec::new()/>
            <Open page=page.clone() w=w/>
            <Filter page=page.clone() w=w/>
            <List page=page.clone() w=w/>
            <Forgeries hours=page.forged w=w/>
        </ConsoleShell>
    }
}

/// The parts that `Console` puts in anew.
#[component]
pub fn InboundNow(page: model::InboundPage) -> impl IntoView {
    let w = inbound(lang());
    view! {
        <Open page=page.clone() w=w/>
        <List page=page.clone() w=w/>
        <Forgeries hours=page.forged w=w/>
    }
}

#[component]
fn Open(page: model::InboundPage, w: &'static InboundWords) -> impl IntoView {
    let back = here(&page, &[]);
    page.open.map(|look| view! { <One look=look back=back w=w/> })
}

#[component]
fn List(page: model::InboundPage, w: &'static InboundWords) -> impl IntoView {
    let next = page.next.as_ref().map(|next| here(&page, &[("cursor", next)]));
    let rows: Vec<_> = page.events.iter().map(|row| (here(&page, &[("cursor", &page.cursor), ("open", &row.id)]), row.clone())).collect();
    let none = rows.is_empty();
    view! {
        <section id="console-inbound" aria-label=w.title class="grid grid-cols-[minmax(0,1fr)] gap-5">
            {if none {
                view! { <Empty title=w.none body=w.none_why/> }.into_any()
            } else {
                view! { <ul class="card rows overflow-hidden">{rows.into_iter().map(|(href, row)| view! { <Line href=href row=row w=w/> }).collect_view()}</ul> }.into_any()
            }}
            {next.map(|next| view! { <div class="flex justify-center"><ButtonLink href=next rel="next">{w.older}</ButtonLink></div> })}
        </section>
    }
}

#[component]
fn Filter(page: model::InboundPage, w: &'static InboundWords) -> impl IntoView {
    let all = || (String::new(), w.all.to_owned());
    let providers = std::iter::once(all())
        .chain(page.providers.into_iter().map(|word| {
            let told = provider(&word).to_owned();
            (word, told)
        }))
        .collect::<Vec<_>>();
    let states = std::iter::once(all())
        .chain(page.states.into_iter().map(|word| {
            let told = state(&word, lang()).to_owned();
            (word, told)
        }))
        .collect::<Vec<_>>();
    view! {
        <form method="get" action="/operator/inbound" role="search" class="card p-4 grid sm:grid-cols-2 gap-3">
            <Select name="provider" label=w.provider options=providers value=page.provider/>
            <Select name="state" label=w.state options=states value=page.state/>
            <Field name="event" label=w.event value=page.event hint=w.event_hint maxlength=255 optional=true dir="ltr"/>
            <div class="flex items-end justify-end pb-1"><Button look=Look::Primary glyph=Glyph::SEARCH>{w.find}</Button></div>
        </form>
    }
}

#[component]
fn Standing(word: String) -> impl IntoView {
    let (tone, glyph) = match word.as_str() {
        "processed" => (Tone::Ok, Glyph::CHECK),
        "received" => (Tone::Info, Glyph::HOURGLASS),
        "unconfirmed" | "unrouted" => (Tone::Warn, Glyph::TRIANGLE_ALERT),
        "refuted" => (Tone::Bad, Glyph::CIRCLE_ALERT),
        _ => (Tone::Plain, Glyph::INFO),
    };
    view! { <Chip text=state(&word, lang()) tone=tone glyph=glyph/> }
}

#[component]
fn Line(href: String, row: InboundRow, w: &'static InboundWords) -> impl IntoView {
    let InboundRow { provider: of, event, kind, state, tenant, bytes, when, when_label, .. } = row;
    view! {
        <li>
            <a class="row flex-wrap" href=href>
                <span class="flex-1 min-w-0">
                    <span class="block text-md font-medium">{provider(&of)}" · "<bdi class="ltr break-words">{kind}</bdi></span>
                    <span class="block text-xs text-ink-3 mt-0.5 break-words"><bdi class="ltr mono">{event}</bdi></span>
                    <span class="block text-xs text-ink-3 mt-0.5">
                        <time datetime=when>{when_label}</time>" · "<bdi class="num">{bytes}</bdi>" "{w.bytes}
                        {tenant.map(|slug| view! { " · "<bdi class="ltr">{slug}</bdi> })}
                    </span>
                </span>
                <Standing word=state/>
            </a>
        </li>
    }
}

#[component]
fn One(look: InboundLook, back: String, w: &'static InboundWords) -> impl IntoView {
    let InboundLook { row, tenant_name, processed_label, content_type, preview, cut, may_replay } = look;
    let tenant = tenant_name.unwrap_or_else(|| w.no_tenant.to_owned());
    let facts = [
        (w.kind, row.kind.clone()),
        (w.event, row.event.clone()),
        (w.account, if row.account.is_empty() { "—".to_owned() } else { row.account.clone() }),
        (w.tenant, tenant),
        (w.received, row.when_label.clone()),
        (w.processed, processed_label.unwrap_or_else(|| "—".into())),
        (w.size, format!("{} {}", row.bytes, w.bytes)),
        (w.replays, row.replays.to_string()),
    ];
    view! {
        <section id="console-open" class="card p-4 lg:p-5 grid grid-cols-[minmax(0,1fr)] gap-4" aria-labelledby="looked-at">
            <div class="flex items-start justify-between gap-3 flex-wrap">
                <h2 id="looked-at" class="text-lg font-semibold">{w.looked_at}" · "{provider(&row.provider)}</h2>
                <Standing word=row.state.clone()/>
            </div>
            <dl class="grid sm:grid-cols-2 gap-3 text-sm">
                {facts.map(|(label, value)| view! { <div class="min-w-0"><dt class="text-xs text-ink-3">{label}</dt><dd class="font-medium break-words"><bdi>{value}</bdi></dd></div> })}
            </dl>
            {(!row.proven).then(|| view! { <p class="text-sm text-warn-ink">{w.hint_only}</p> })}
            <div>
                <h3 class="text-sm font-semibold">{w.body}" "<span class="text-xs text-ink-3 font-normal"><Ltr text=content_type/></span></h3>
                <p class="text-xs text-ink-3 mt-0.5">{w.body_why}</p>
                {if preview.is_empty() {
                    view! { <p class="text-sm text-ink-2 mt-2">{w.body_none}</p> }.into_any()
                } else {
                    // A long body scrolls inside; whoever uses a keyboard reaches it.
                    view! { <pre class="mono block whitespace-pre-wrap wrap-anywhere text-xs bg-sunken rounded-md p-3 mt-2 overflow-auto max-h-96" dir="auto" tabindex="0" role="region" aria-label=w.body>{preview}</pre> }.into_any()
                }}
                {cut.then(|| view! { <p class="text-xs text-ink-3 mt-1">{w.body_cut}</p> })}
            </div>
            <div class="flex items-center gap-3 flex-wrap">
                {if may_replay {
                    view! {
                        <form method="post" action="/call/operator/replay_inbound">
                            <Hidden name="inbound" value=row.id.clone()/>
                            <Button look=Look::Soft glyph=Glyph::REFRESH_CW>{w.replay}</Button>
                        </form>
                    }.into_any()
                } else {
                    view! { <p class="text-sm text-ink-3">{w.replay_none}</p> }.into_any()
                }}
                <ButtonLink href=back look=Look::Ghost size=Size::Small>{w.newest}</ButtonLink>
            </div>
        </section>
    }
}

#[component]
fn Forgeries(hours: Vec<ForgedHour>, w: &'static InboundWords) -> impl IntoView {
    let none = hours.is_empty();
    let lines = hours.into_iter().map(|one| {
        view! { <tr><td><time datetime=one.hour><Ltr text=one.hour_label/></time></td><td>{provider(&one.provider)}</td><td class="n">{one.count}</td></tr> }
    });
    view! {
        <section id="console-forged" class="card overflow-hidden">
            <h2 class="text-lg font-semibold p-4 lg:px-5 pb-1">{w.forged}</h2>
            <p class="text-sm text-ink-2 px-4 lg:px-5 pb-3">{if none { w.forged_none } else { w.forged_lead }}</p>
            {(!none).then(|| view! {
                <table class="dtable">
                    <thead><tr><th scope="col">{w.hour}</th><th scope="col">{w.provider}</th><th scope="col" class="n">{w.count}</th></tr></thead>
                    <tbody>{lines.collect_view()}</tbody>
                </table>
            })}
        </section>
    }
}
