//! `/operator`: how long joining takes, across buildings.

use leptos::prelude::*;

use super::frame::{ConsoleShell, Place};
use super::live::LiveConsole;
use crate::buildings::model::JOIN_TARGET_MS;
use crate::buildings::ui::{JoinTimes, duration};
use crate::operator::calls;
use crate::operator::model::{self, BuildingTimes};
use crate::operator::words::{Words, words};
use crate::ui::{Chip, Empty, Glyph, Load, Tone, lang};

#[component]
pub fn JoinTimesPage() -> impl IntoView {
    view! { <Load future=calls::read_join_times view=|page: model::JoinTimesPage| view! { <Times page=page/> }/> }
}

#[component]
fn Times(page: model::JoinTimesPage) -> impl IntoView {
    let w = words(lang());
    view! {
        <ConsoleShell place=Place::Below title=w.title subtitle=w.lead back="/operator/tenants">
            <LiveConsole now="/operator/now"/>
            <JoinTimesNow page=page/>
        </ConsoleShell>
    }
}

/// The part that `Console` puts in anew.
#[component]
pub fn JoinTimesNow(page: model::JoinTimesPage) -> impl IntoView {
    let w = words(lang());
    let empty = page.buildings.is_empty();
    view! {
        <section id="console-times" aria-label=w.title class="grid grid-cols-[minmax(0,1fr)] gap-5">
            {if empty {
                view! { <Empty title=w.none body=w.none_why/> }.into_any()
            } else {
                view! { <JoinTimes funnel=page.all/><ByBuilding rows=page.buildings w=w/> }.into_any()
            }}
        </section>
    }
}

/// A table on a desk, cards on a phone.
#[component]
fn ByBuilding(rows: Vec<BuildingTimes>, w: &'static Words) -> impl IntoView {
    let lines = rows.clone().into_iter().map(|row| {
        let (began, entered) = row.funnel.ends();
        view! {
            <tr>
                <td class="font-medium"><bdi>{row.name.clone()}</bdi><span class="block text-xs text-ink-3"><bdi class="ltr">{row.slug.clone()}</bdi></span></td>
                <td class="n">{began}</td>
                <td class="n">{entered}</td>
                <td class="n whitespace-nowrap">{told(row.funnel.whole_p50_ms)}</td>
                <td class="n whitespace-nowrap">{told(row.funnel.whole_p95_ms)}</td>
                <td>{verdict(&row, w)}</td>
            </tr>
        }
    });
    let cards = rows.clone().into_iter().map(|row| {
        let (began, entered) = row.funnel.ends();
        view! {
            <li class="p-4 grid gap-2.5">
                <div class="flex items-start justify-between gap-3"><p class="font-medium"><bdi>{row.name.clone()}</bdi></p>{verdict(&row, w)}</div>
                <dl class="grid grid-cols-4 gap-2 text-sm">
                    {[(w.began, began.to_string()), (w.entered, entered.to_string()), (w.half, told(row.funnel.whole_p50_ms)), (w.nearly_all, told(row.funnel.whole_p95_ms))]
                        .map(|(label, value)| view! { <div><dt class="text-xs text-ink-3">{label}</dt><dd class="font-medium num"><bdi>{value}</bdi></dd></div> })}
                </dl>
            </li>
        }
    });
    view! {
        <section class="card overflow-hidden">
            <h2 class="text-lg font-semibold p-4 lg:px-5 pb-2">{w.buildings}</h2>
            <table class="dtable hidden sm:table">
                <thead><tr>
                    <th scope="col">{w.building}</th><th scope="col" class="n">{w.began}</th><th scope="col" class="n">{w.entered}</th>
                    <th scope="col" class="n">{w.half}</th><th scope="col" class="n">{w.nearly_all}</th><th scope="col">{w.target}</th>
                </tr></thead>
                <tbody>{lines.collect_view()}</tbody>
            </table>
            <ul class="rows sm:hidden">{cards.collect_view()}</ul>
        </section>
    }
}

fn told(ms: Option<i64>) -> String {
    ms.map_or_else(|| "—".to_owned(), duration)
}

fn verdict(row: &BuildingTimes, w: &Words) -> impl IntoView + use<> {
    match row.funnel.whole_p95_ms {
        None => view! { <Chip text=w.unknown/> }.into_any(),
        Some(most) if most <= JOIN_TARGET_MS => view! { <Chip text=w.met tone=Tone::Ok glyph=Glyph::CHECK/> }.into_any(),
        Some(_) => view! { <Chip text=w.missed tone=Tone::Warn glyph=Glyph::TIMER/> }.into_any(),
    }
}
