//! `/operator/webhooks`: what the gateway sends to partners. Plain forms and links: it stands without scripts.

use leptos::prelude::*;

use super::frame::{ConsoleShell, Place, address};
use super::live::LiveConsole;
use crate::operator::calls;
use crate::operator::model::outgoing::{self as model, SentLook, SentRow, SentTry, TroubledRow};
use crate::operator::words::outgoing::{OutgoingWords, outgoing, state};
use crate::ui::{Act, Button, ButtonLink, Chip, Empty, Field, Glyph, Load, Look, Ltr, Problems, Select, Size, StatTile, Tone, lang, query, replay};

#[component]
pub fn OutgoingPage() -> impl IntoView {
    let (of, stands, event, cursor, open) = (query("partner"), query("state"), query("event"), query("cursor"), query("open"));
    view! { <Load future=move || calls::outgoing_page(of, stands, event, cursor, open) view=|page: model::OutgoingPage| view! { <Page page=page/> }/> }
}

/// An address of this page.
fn here(page: &model::OutgoingPage, more: &[(&str, &str)]) -> String {
    let kept = [("partner", page.partner.as_str()), ("state", page.state.as_str()), ("event", page.event.as_str())];
    address("/operator/webhooks", &[&kept[..], more].concat())
}

#[component]
fn Page(page: model::OutgoingPage) -> impl IntoView {
    let w = outgoing(lang());
    let open = page.open.as_ref().map(|look| look.row.id.clone()).unwrap_or_default();
    let now = here(&page, &[("cursor", &page.cursor), ("open", &open)]).replacen("/operator/webhooks", "/operator/webhooks/now", 1);
    view! {
        <ConsoleShell place=Place::Outgoing title=w.title subtitle=w.lead>
            <LiveConsole now=now/>
            <Stands page=page.clone() w=w/>
            <Problems of=replay("operator/replay_delivery") fields=Vec::new()/>
            <Open page=page.clone() w=w/>
            <Filter page=page.clone() w=w/>
            <List page=page.clone() w=w/>
            <Endpoints rows=page.endpoints w=w/>
        </ConsoleShell>
    }
}

/// The parts that `Console` puts in anew.
#[component]
pub fn OutgoingNow(page: model::OutgoingPage) -> impl IntoView {
    let w = outgoing(lang());
    view! {
        <Stands page=page.clone() w=w/>
        <Open page=page.clone() w=w/>
        <List page=page.clone() w=w/>
        <Endpoints rows=page.endpoints w=w/>
    }
}

#[component]
fn Stands(page: model::OutgoingPage, w: &'static OutgoingWords) -> impl IntoView {
    view! {
        <section id="console-stands" aria-label=w.title class="grid sm:grid-cols-2 xl:grid-cols-3 gap-4">
            <StatTile label=w.waiting value=page.waiting.to_string() context=w.waiting_why glyph=Glyph::HOURGLASS/>
            <StatTile label=w.dead value=page.dead.to_string() context=w.dead_why glyph=Glyph::CIRCLE_ALERT/>
            <StatTile label=w.troubled value=page.endpoints.len().to_string() context=w.troubled_why glyph=Glyph::TRIANGLE_ALERT/>
        </section>
    }
}

#[component]
fn Filter(page: model::OutgoingPage, w: &'static OutgoingWords) -> impl IntoView {
    let all = || std::iter::once((String::new(), w.all.to_owned()));
    let states = all().chain(page.states.into_iter().map(|word| (word.clone(), state(&word, lang()).to_owned()))).collect::<Vec<_>>();
    let events = all().chain(page.events.into_iter().map(|word| (word.clone(), word))).collect::<Vec<_>>();
    view! {
        <form method="get" action="/operator/webhooks" role="search" class="card p-4 grid sm:grid-cols-2 gap-3">
            <Select name="state" label=w.state options=states value=page.state/>
            <Select name="event" label=w.event options=events value=page.event/>
            <Field name="partner" label=w.partner value=page.partner hint=w.partner_hint maxlength=12 optional=true dir="ltr"/>
            <div class="flex items-end justify-end pb-1"><Button look=Look::Primary glyph=Glyph::SEARCH>{w.find}</Button></div>
        </form>
    }
}

#[component]
fn Standing(word: String) -> impl IntoView {
    let (tone, glyph) = match word.as_str() {
        "delivered" => (Tone::Ok, Glyph::CHECK),
        "pending" => (Tone::Info, Glyph::HOURGLASS),
        "failed" => (Tone::Bad, Glyph::CIRCLE_ALERT),
        _ => (Tone::Plain, Glyph::INFO),
    };
    view! { <Chip text=state(&word, lang()) tone=tone glyph=glyph/> }
}

/// The last answer: its status and how long it took, or why there was none.
fn answer(status: Option<i32>, took_ms: Option<i32>, outcome: Option<String>) -> String {
    let took = took_ms.map(|ms| format!("{ms} ms"));
    [status.map(|status| status.to_string()).or(outcome), took].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

#[component]
fn List(page: model::OutgoingPage, w: &'static OutgoingWords) -> impl IntoView {
    let next = page.next.as_ref().map(|next| here(&page, &[("cursor", next)]));
    let rows: Vec<_> = page.sent.iter().map(|row| (here(&page, &[("cursor", &page.cursor), ("open", &row.id)]), row.clone())).collect();
    let none = rows.is_empty();
    view! {
        <section id="console-sent" aria-label=w.looked_at class="grid grid-cols-[minmax(0,1fr)] gap-5">
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
fn Line(href: String, row: SentRow, w: &'static OutgoingWords) -> impl IntoView {
    let answered = answer(row.status, row.took_ms, row.outcome);
    let building = match row.building {
        Some(slug) => view! { <bdi class="ltr">{slug}</bdi> }.into_any(),
        None => w.test_event.into_any(),
    };
    view! {
        <li>
            <a class="row flex-wrap" href=href>
                <span class="flex-1 min-w-0">
                    <span class="block text-md font-medium"><bdi class="ltr break-words">{row.event}</bdi>" · "<bdi>{row.partner}</bdi></span>
                    <span class="block text-xs text-ink-3 mt-0.5 break-words"><bdi class="ltr mono">{row.host}</bdi></span>
                    <span class="block text-xs text-ink-3 mt-0.5">
                        <time datetime=row.when>{row.when_label}</time>" · "{building}" · "{(w.attempts)(row.attempts)}
                        {(!answered.is_empty()).then(|| view! { " · "<Ltr text=answered/> })}
                    </span>
                </span>
                <Standing word=row.state/>
            </a>
        </li>
    }
}

#[component]
fn Open(page: model::OutgoingPage, w: &'static OutgoingWords) -> impl IntoView {
    let back = here(&page, &[]);
    page.open.map(|look| view! { <One look=look back=back w=w/> })
}

#[component]
fn One(look: SentLook, back: String, w: &'static OutgoingWords) -> impl IntoView {
    let SentLook { row, message, finished_label, replay_of, tries, preview, cut } = look;
    let none = || "—".to_owned();
    let facts = [
        (w.partner, format!("{} · {}", row.partner, row.code)),
        (w.endpoint, row.host),
        (w.building, row.building.unwrap_or_else(|| w.test_event.to_owned())),
        (w.message, message),
        (w.made, row.when_label),
        (w.finished, finished_label.unwrap_or_else(none)),
        (w.next, row.next_label.unwrap_or_else(none)),
        (w.repeats, replay_of.unwrap_or_else(none)),
    ];
    view! {
        <section id="console-open" class="card p-4 lg:p-5 grid grid-cols-[minmax(0,1fr)] gap-4" aria-labelledby="looked-at">
            <div class="flex items-start justify-between gap-3 flex-wrap">
                <h2 id="looked-at" class="text-lg font-semibold">{w.looked_at}" · "<bdi class="ltr">{row.event}</bdi></h2>
                <Standing word=row.state/>
            </div>
            <dl class="grid sm:grid-cols-2 gap-3 text-sm">
                {facts.map(|(label, value)| view! { <div class="min-w-0"><dt class="text-xs text-ink-3">{label}</dt><dd class="font-medium break-words"><bdi>{value}</bdi></dd></div> })}
            </dl>
            <Tries tries=tries w=w/>
            <div>
                <h3 class="text-sm font-semibold">{w.body}</h3>
                {if preview.is_empty() {
                    view! { <p class="text-sm text-ink-2 mt-1">{w.body_none}</p> }.into_any()
                } else {
                    view! {
                        <p class="text-xs text-ink-3 mt-0.5">{w.body_why}</p>
                        // A long body scrolls inside; whoever uses a keyboard reaches it.
                        <pre class="mono block whitespace-pre-wrap wrap-anywhere text-xs bg-sunken rounded-md p-3 mt-2 overflow-auto max-h-96" dir="auto" tabindex="0" role="region" aria-label=w.body>{preview}</pre>
                    }.into_any()
                }}
                {cut.then(|| view! { <p class="text-xs text-ink-3 mt-1">{w.body_cut}</p> })}
            </div>
            <div class="flex items-center gap-3 flex-wrap">
                <Act action="/call/operator/replay_delivery" fields=vec![("delivery", row.id)] look=Look::Soft glyph=Glyph::REFRESH_CW text=w.replay/>
                <ButtonLink href=back look=Look::Ghost size=Size::Small>{w.newest}</ButtonLink>
            </div>
        </section>
    }
}

#[component]
fn Tries(tries: Vec<SentTry>, w: &'static OutgoingWords) -> impl IntoView {
    let none = tries.is_empty();
    let lines = tries.into_iter().map(|one| {
        let status = one.status.map_or_else(|| w.no_answer.to_owned(), |status| status.to_string());
        view! {
            <li class="flex flex-wrap gap-x-3">
                <span class="text-ink-3"><Ltr text=format!("{}.", one.number)/>" "{one.at_label}</span>
                <span><bdi>{status}</bdi>" · "<Ltr text=format!("{} ms", one.took_ms)/>" · "<bdi class="mono">{one.outcome}</bdi></span>
            </li>
        }
    });
    let lines = lines.collect_view();
    view! {
        <div>
            <h3 class="text-sm font-semibold">{w.tries}</h3>
            {if none { view! { <p class="text-sm text-ink-2 mt-1">{w.tries_none}</p> }.into_any() } else { view! { <ol class="grid gap-2 mt-2 text-sm">{lines}</ol> }.into_any() }}
        </div>
    }
}

#[component]
fn Endpoints(rows: Vec<TroubledRow>, w: &'static OutgoingWords) -> impl IntoView {
    let none = rows.is_empty();
    let lines = rows.into_iter().map(|row| {
        let chip = match row.trouble.as_str() {
            "gone" | "given_up" | "operator" => view! { <Chip text=w.off tone=Tone::Bad glyph=Glyph::CIRCLE_ALERT/> }.into_any(),
            "owner" => view! { <Chip text=w.off glyph=Glyph::INFO/> }.into_any(),
            "paused" | "asked" => view! { <Chip text=w.held tone=Tone::Warn glyph=Glyph::HOURGLASS/> }.into_any(),
            _ => view! { <Chip text=w.failing tone=Tone::Warn glyph=Glyph::TRIANGLE_ALERT/> }.into_any(),
        };
        let (since, until) = (row.since_label.map(|label| (w.since)(&label)), row.until_label.map(|label| (w.until)(&label)));
        let wait = (row.waiting > 0).then(|| (w.wait)(row.waiting));
        let when = [since, until, wait].into_iter().flatten().collect::<Vec<_>>().join(" · ");
        view! {
            <li class="px-4 lg:px-5 py-3 flex flex-wrap items-start justify-between gap-3">
                <div class="min-w-0 basis-72 flex-1">
                    <p class="font-medium"><bdi>{row.partner}</bdi>" · "<bdi class="ltr mono">{row.code}</bdi></p>
                    <p class="text-xs text-ink-3 break-words"><bdi class="ltr mono">{row.host}</bdi></p>
                    <p class="text-sm text-ink-2 mt-1">{(w.trouble)(&row.trouble, row.failures)}</p>
                    <p class="text-xs text-ink-3 mt-0.5">{when}</p>
                </div>
                {chip}
            </li>
        }
    });
    let lines = lines.collect_view();
    view! {
        <section id="console-endpoints" class="card overflow-hidden">
            <h2 class="text-lg font-semibold p-4 lg:px-5 pb-2">{w.endpoints}</h2>
            {if none { view! { <p class="text-sm text-ink-2 px-4 lg:px-5 pb-4">{w.endpoints_none}</p> }.into_any() } else { view! { <ul class="rows">{lines}</ul> }.into_any() }}
        </section>
    }
}
