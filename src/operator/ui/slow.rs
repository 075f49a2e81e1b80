//! `/operator/slow`: the slowest requests of the process that answers.

use leptos::prelude::*;

use super::frame::{ConsoleShell, Place};
use super::live::LiveConsole;
use crate::operator::calls;
use crate::operator::model::slow::{self as model, SlowRow};
use crate::operator::words::slow::{SlowWords, slow};
use crate::ui::{Chip, Empty, Glyph, Load, Ltr, Tone, lang};

#[component]
pub fn SlowPage() -> impl IntoView {
    view! { <Load future=calls::read_slow view=|page: model::SlowPage| view! { <Page page=page/> }/> }
}

#[component]
fn Page(page: model::SlowPage) -> impl IntoView {
    let w = slow(lang());
    view! {
        <ConsoleShell place=Place::Below title=w.title subtitle=w.lead back="/operator/health">
            <LiveConsole now="/operator/slow/now"/>
            <SlowNow page=page/>
        </ConsoleShell>
    }
}

/// The part that `Console` puts in anew.
#[component]
pub fn SlowNow(page: model::SlowPage) -> impl IntoView {
    let w = slow(lang());
    let none = page.requests.is_empty();
    let lines = page.requests.into_iter().map(|row| view! { <Line row=row w=w/> }).collect_view();
    view! {
        <section id="console-slow" aria-label=w.title class="grid grid-cols-[minmax(0,1fr)] gap-5">
            <p class="text-sm text-ink-2">{(w.process)(&page.process, page.from_ms)}</p>
            {if none { view! { <Empty title=w.none body=w.none_why/> }.into_any() } else { view! { <ol class="card rows overflow-hidden">{lines}</ol> }.into_any() }}
        </section>
    }
}

#[component]
fn Line(row: SlowRow, w: &'static SlowWords) -> impl IntoView {
    let (tone, glyph) = match row.status {
        500.. => (Tone::Bad, Glyph::CIRCLE_ALERT),
        400..500 => (Tone::Warn, Glyph::TRIANGLE_ALERT),
        _ => (Tone::Plain, Glyph::CHECK),
    };
    let route = if row.route == "none" { w.no_route.to_owned() } else { row.route };
    view! {
        <li class="px-4 lg:px-5 py-3 flex flex-wrap items-start justify-between gap-3">
            <div class="min-w-0 basis-72 flex-1">
                <p class="wrap-anywhere"><bdi class="ltr mono font-medium">{row.method}" "{route}</bdi></p>
                <p class="text-xs text-ink-3 mt-1 wrap-anywhere">
                    {row.when_label}
                    {row.building.map(|building| view! { " · "<bdi>{building}</bdi> })}
                    {row.tenant.map(|tenant| view! { " · "<Ltr text=tenant class="mono"/> })}
                    {row.trace.map(|trace| view! { " · "{w.request}" "<Ltr text=trace class="mono"/> })}
                </p>
            </div>
            <p class="flex items-center gap-3"><span class="font-semibold whitespace-nowrap"><Ltr text=format!("{} ms", row.took_ms)/></span><Chip text=row.status.to_string() tone=tone glyph=glyph/></p>
        </li>
    }
}
