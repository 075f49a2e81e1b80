//! `/operator/health`: what is known of the platform, one sentence a fact.

use leptos::prelude::*;

use super::frame::{ConsoleShell, Place};
use super::live::LiveConsole;
use crate::operator::calls;
use crate::operator::model::health::{self as model, Fact, Part, Stand};
use crate::operator::words::health::{HealthWords, health};
use crate::operator::words::slow::slow;
use crate::ui::{ButtonLink, Chip, Glyph, Load, Note, Size, Tone, lang};

#[component]
pub fn HealthPage() -> impl IntoView {
    view! { <Load future=calls::read_health view=|page: model::HealthPage| view! { <Page page=page/> }/> }
}

#[component]
fn Page(page: model::HealthPage) -> impl IntoView {
    let w = health(lang());
    let actions = || view! { <ButtonLink href="/operator/slow" size=Size::Small glyph=Glyph::TIMER>{slow(lang()).title}</ButtonLink> };
    view! {
        <ConsoleShell place=Place::Health title=w.title actions=actions>
            <LiveConsole now="/operator/health/now"/>
            <HealthNow page=page/>
        </ConsoleShell>
    }
}

/// The parts that `Console` puts in anew.
#[component]
pub fn HealthNow(page: model::HealthPage) -> impl IntoView {
    let w = health(lang());
    let (tone, glyph) = shown(page.worst());
    let lead = (w.lead)(page.unwell());
    let parts = [("console-processes", Part::Processes), ("console-waits", Part::Queues), ("console-clock", Part::Schedules), ("console-kept", Part::Kept)];
    let parts = parts.map(|(id, part)| {
        let facts: Vec<Fact> = page.facts.iter().filter(|fact| fact.part() == part).cloned().collect();
        view! { <Facts id=id title=(w.part)(part) facts=facts w=w/> }
    });
    view! {
        <section id="console-verdict" aria-label=w.title><Note glyph=glyph tone=tone><p class="font-semibold">{lead}</p></Note></section>
        {parts}
    }
}

/// Never by colour alone: a sign and a word go with it.
fn shown(stand: Stand) -> (Tone, Glyph) {
    match stand {
        Stand::Well => (Tone::Ok, Glyph::CIRCLE_CHECK),
        Stand::Watch => (Tone::Warn, Glyph::TRIANGLE_ALERT),
        Stand::Bad => (Tone::Bad, Glyph::CIRCLE_ALERT),
    }
}

#[component]
fn Facts(id: &'static str, title: &'static str, facts: Vec<Fact>, w: &'static HealthWords) -> impl IntoView {
    let none = facts.is_empty();
    let lines = facts.into_iter().map(|fact| {
        let stand = fact.stands();
        let (tone, glyph) = shown(stand);
        view! {
            <li class="px-4 lg:px-5 py-3 flex items-start justify-between gap-3">
                <p class="min-w-0 flex-1">{(w.sentence)(&fact)}</p>
                <Chip text=(w.stand)(stand) tone=tone glyph=glyph/>
            </li>
        }
    });
    let lines = lines.collect_view();
    view! {
        <section id=id class="card overflow-hidden" hidden=none>
            <h2 class="text-lg font-semibold p-4 lg:px-5 pb-2">{title}</h2>
            <ul class="rows">{lines}</ul>
        </section>
    }
}
