//! `/operator/queues`: lanes, what is tried again, dead letters, and what happens by the clock.

use leptos::prelude::*;

use super::frame::{ConsoleShell, Place};
use super::live::LiveConsole;
use crate::operator::calls;
use crate::operator::model::{self, DeadLetter, LaneRow, RetryRow, ScheduleRow};
use crate::operator::words::{QueueWords, queue_words};
use crate::ui::{Act, Bar, Chip, Empty, Glyph, Load, Look, Ltr, Size, Spark, Toast, Tone, lang, query};

#[component]
pub fn QueuesPage() -> impl IntoView {
    view! { <Load future=calls::read_queues view=|page: model::QueuesPage| view! { <Queues page=page/> }/> }
}

#[component]
fn Queues(page: model::QueuesPage) -> impl IntoView {
    let w = queue_words(lang());
    view! {
        <ConsoleShell place=Place::Queues title=w.title subtitle=lead(&page, w) dead=page.dead_count()>
            <LiveConsole now="/operator/queues/now"/>
            <QueuesNow page=page/>
            {did(w)}
        </ConsoleShell>
    }
}

/// The parts that `Console` puts in anew.
#[component]
pub fn QueuesNow(page: model::QueuesPage) -> impl IntoView {
    let w = queue_words(lang());
    view! {
        <Lanes rows=page.lanes.clone() w=w/>
        <Dead page=page.clone() w=w/>
        <Retries rows=page.retrying w=w/>
        <Discarded rows=page.discarded w=w/>
        <Schedules rows=page.schedules w=w/>
    }
}

fn lead(page: &model::QueuesPage, w: &QueueWords) -> String {
    (w.lead)(page.waiting(), page.oldest_s().map(w.span))
}

/// What the operator just did, with the way back where there is one.
fn did(w: &'static QueueWords) -> AnyView {
    let letter = query("letter");
    match query("did").as_str() {
        "replayed" => view! { <Toast text=w.did_replay/> }.into_any(),
        "waits" => view! { <Toast text=w.did_wait/> }.into_any(),
        "some" => view! { <Toast text=w.did_some/> }.into_any(),
        "restored" => view! { <Toast text=w.did_restore/> }.into_any(),
        "late" => view! { <Toast text=w.too_late/> }.into_any(),
        "discarded" if !letter.is_empty() && letter.bytes().all(|byte| byte.is_ascii_digit()) => {
            view! { <Toast text=w.did_discard><Act action="/call/operator/restore" fields=vec![("letter", letter)] look=Look::Night size=Size::Small text=w.restore/></Toast> }
                .into_any()
        }
        _ => ().into_any(),
    }
}

#[component]
fn Lanes(rows: Vec<LaneRow>, w: &'static QueueWords) -> impl IntoView {
    let cards = rows.into_iter().map(|row| {
        let name = if row.lane == "none" || (w.lane)(&row.lane) != (w.lane)("") { (w.lane)(&row.lane).to_owned() } else { row.lane.clone() };
        let (bad, idle) = (row.dead > 0 || row.failed_hour > 0, row.waiting == 0 && row.running == 0);
        let state = match (row.failed_hour, idle) {
            (1.., _) => view! { <Chip text=(w.failed)(row.failed_hour) tone=Tone::Bad glyph=Glyph::CIRCLE_ALERT/> }.into_any(),
            (_, true) => view! { <Chip text=w.empty glyph=Glyph::CHECK/> }.into_any(),
            (_, false) => view! { <Chip text=w.works tone=Tone::Ok glyph=Glyph::CHECK/> }.into_any(),
        };
        let oldest = row.oldest_s.map_or_else(|| "—".to_owned(), w.span);
        let facts = [(w.oldest, oldest), (w.running, row.running.to_string()), (w.later, row.later.to_string()), (w.hour, row.done_hour.to_string())];
        view! {
            <li class="card p-4 pb-3">
                <div class="flex items-start justify-between gap-2">
                    <div class="min-w-0"><h3 class="font-medium">{name}</h3><span class="mono text-ink-3"><bdi>{row.lane}</bdi></span></div>
                    {state}
                </div>
                <div class="flex items-end gap-4 mt-2.5">
                    <div><p class="text-2xl font-semibold num leading-none">{row.waiting}</p><p class="text-xs text-ink-3 mt-1">{w.waiting}</p></div>
                    <dl class="flex-1 text-xs grid grid-cols-2 gap-x-3 gap-y-0.5">
                        {facts.map(|(label, value)| view! { <div class="text-end"><dt class="inline text-ink-3">{label}" "</dt><dd class="inline font-medium"><bdi>{value}</bdi></dd></div> })}
                    </dl>
                </div>
                <div class="mt-2"><Spark points=row.pace label=(w.pace)(row.done_hour) bad=bad/></div>
            </li>
        }
    });
    view! { <section id="console-lanes" aria-label=w.title><ul class="grid sm:grid-cols-2 xl:grid-cols-3 gap-4">{cards.collect_view()}</ul></section> }
}

#[component]
fn Retries(rows: Vec<RetryRow>, w: &'static QueueWords) -> impl IntoView {
    let lines = rows.into_iter().map(|row| {
        let done = u32::try_from(row.attempts * 100 / row.most_attempts.max(1)).unwrap_or(0);
        let tries = (w.tries)(row.attempts, row.most_attempts);
        let next = if row.in_s > 0 { (w.next_in)(&(w.span)(row.in_s)) } else { w.now.to_owned() };
        view! {
            <li class="px-4 lg:px-5 py-3 grid grid-cols-[minmax(0,1fr)] gap-1.5">
                <div class="flex items-baseline justify-between gap-3">
                    <p class="min-w-0"><span class="mono font-medium">{row.task}</span>{row.tenant.map(|tenant| view! { <span class="text-sm text-ink-2">" · "<bdi>{tenant}</bdi></span> })}</p>
                    <p class="text-sm text-ink-2 whitespace-nowrap">{next}</p>
                </div>
                <div class="flex items-center gap-3"><div class="flex-1"><Bar percent=done label=tries.clone()/></div><Ltr text=tries class="text-xs text-ink-2"/></div>
                <p dir="ltr" class="text-xs text-ink-3 wrap-anywhere">{short(&row.error)}</p>
            </li>
        }
    });
    let lines = lines.collect::<Vec<_>>();
    view! {
        <section id="console-retries" class="card overflow-hidden">
            <h2 class="text-lg font-semibold p-4 lg:px-5 pb-2">{w.retrying}</h2>
            {if lines.is_empty() { view! { <p class="text-sm text-ink-2 px-4 lg:px-5 pb-4">{w.retrying_none}</p> }.into_any() } else { view! { <ul class="rows">{lines}</ul> }.into_any() }}
        </section>
    }
}

#[component]
fn Dead(page: model::QueuesPage, w: &'static QueueWords) -> impl IntoView {
    let all = page.tasks_with_several_dead().into_iter().map(|task| {
        let text = (w.replay_all)(&task);
        view! { <Act action="/call/operator/replay_task" fields=vec![("task", task)] size=Size::Small glyph=Glyph::REFRESH_CW text=text/> }
    });
    let all = all.collect_view();
    let letters = page.dead.into_iter().map(|letter| view! { <Letter letter=letter w=w/> }).collect::<Vec<_>>();
    view! {
        <section id="console-dead">
            {if letters.is_empty() {
                view! { <Empty title=w.dead_none body=w.dead_none_why/> }.into_any()
            } else {
                view! {
                    <div class="card overflow-hidden">
                        <div class="flex flex-wrap items-center justify-between gap-3 p-4 lg:px-5 pb-2"><h2 class="text-lg font-semibold">{w.dead}</h2><div class="flex flex-wrap gap-2">{all}</div></div>
                        <ul class="rows">{letters}</ul>
                    </div>
                }.into_any()
            }}
        </section>
    }
}

#[component]
fn Letter(letter: DeadLetter, w: &'static QueueWords) -> impl IntoView {
    let id = letter.letter.to_string();
    let tries = letter.tries.into_iter().map(|one| {
        view! {
            <li class="grid grid-cols-[minmax(0,1fr)] gap-0.5">
                <p class="text-ink-3"><Ltr text=format!("{}.", one.attempt)/>" "{one.at_label}" · "<Ltr text=(w.took)(one.took_ms)/></p>
                <p dir="ltr" class="wrap-anywhere whitespace-pre-wrap">{one.error}</p>
            </li>
        }
    });
    view! {
        <li class="px-4 lg:px-5 py-3 grid grid-cols-[minmax(0,1fr)] gap-2">
            <div class="flex flex-wrap items-start justify-between gap-3">
                <div class="min-w-0 basis-72 flex-1">
                    <p><span class="mono font-medium">{letter.task}</span>{letter.tenant.map(|tenant| view! { <span class="text-sm text-ink-2">" · "<bdi>{tenant}</bdi></span> })}</p>
                    <p dir="ltr" class="text-sm text-ink-2 wrap-anywhere">{short(&letter.reason)}</p>
                    <p class="text-xs text-ink-3 mt-1">{w.tries_head}" "<Ltr text=(w.tries)(letter.attempts, letter.most_attempts)/>" · "{(w.since)(&(w.span)(letter.ago_s))}</p>
                </div>
                <div class="flex gap-2">
                    <Act action="/call/operator/replay" fields=vec![("letter", id.clone())] look=Look::Soft size=Size::Small glyph=Glyph::REFRESH_CW text=w.replay/>
                    <Act action="/call/operator/discard" fields=vec![("letter", id)] look=Look::Ghost size=Size::Small text=w.discard/>
                </div>
            </div>
            <details class="text-xs">
                <summary class="text-ink-2 cursor-pointer min-h-6">{w.history}</summary>
                <ol class="grid grid-cols-[minmax(0,1fr)] gap-2 mt-2 max-h-80 overflow-auto" tabindex="0" aria-label=w.history>{tries.collect_view()}</ol>
            </details>
        </li>
    }
}

#[component]
fn Discarded(rows: Vec<DeadLetter>, w: &'static QueueWords) -> impl IntoView {
    let lines = rows.into_iter().map(|letter| {
        view! {
            <li class="px-4 lg:px-5 py-3 flex items-center justify-between gap-3">
                <p class="min-w-0"><span class="mono">{letter.task}</span>{letter.tenant.map(|tenant| view! { <span class="text-sm text-ink-2">" · "<bdi>{tenant}</bdi></span> })}</p>
                <Act action="/call/operator/restore" fields=vec![("letter", letter.letter.to_string())] look=Look::Ghost size=Size::Small text=w.restore/>
            </li>
        }
    });
    let lines = lines.collect::<Vec<_>>();
    let none = lines.is_empty();
    view! {
        <section id="console-discarded" hidden=none>
            {(!none).then(|| view! { <div class="card overflow-hidden"><h2 class="text-lg font-semibold p-4 lg:px-5 pb-2">{w.discarded}</h2><ul class="rows">{lines}</ul></div> })}
        </section>
    }
}

#[component]
fn Schedules(rows: Vec<ScheduleRow>, w: &'static QueueWords) -> impl IntoView {
    let lines = rows.into_iter().map(|row| {
        let places = if row.places > 1 { format!("{} {}", row.places, w.places) } else { w.platform.to_owned() };
        view! {
            <li class="px-4 lg:px-5 py-3 flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1">
                <p><span class="mono font-medium">{row.name}</span><span class="text-sm text-ink-2">" · "{places}</span></p>
                <dl class="flex flex-wrap gap-x-4 text-sm">
                    <div><dt class="inline text-ink-3">{w.last}" "</dt><dd class="inline">{row.last_label}</dd></div>
                    <div><dt class="inline text-ink-3">{w.next}" "</dt><dd class="inline"><bdi>{row.next_label}</bdi></dd></div>
                </dl>
            </li>
        }
    });
    let lines = lines.collect::<Vec<_>>();
    view! {
        <section id="console-schedules" class="card overflow-hidden">
            <h2 class="text-lg font-semibold p-4 lg:px-5 pb-2">{w.schedules}</h2>
            {if lines.is_empty() { view! { <p class="text-sm text-ink-2 px-4 lg:px-5 pb-4">{w.schedules_none}</p> }.into_any() } else { view! { <ul class="rows">{lines}</ul> }.into_any() }}
        </section>
    }
}

/// The first line of an error, for a glance; the whole of it stands in the history.
fn short(error: &str) -> String {
    let line = error.lines().next().unwrap_or_default();
    if line.chars().count() > 200 { line.chars().take(200).chain("…".chars()).collect() } else { line.to_owned() }
}
