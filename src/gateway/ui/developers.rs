//! `/developers`: how a partner's developers connect, what they are sent, and how they verify it.

use leptos::prelude::*;

use crate::gateway::calls;
use crate::gateway::model::{self, EventDoc, Sample};
use crate::gateway::words::{Words, words};
use crate::ui::{ButtonLink, Card, Chip, Glyph, Icon, Load, Look, PageTitle, PlainShell, Tone, lang};

#[component]
pub fn DevelopersPage() -> impl IntoView {
    view! { <Load future=calls::read_developers view=|page: model::DevelopersPage| view! { <Whole page=page/> }/> }
}

#[component]
fn Whole(page: model::DevelopersPage) -> impl IntoView {
    let w = words(lang());
    let events = page.events.into_iter().map(|event| view! { <Event event=event w=w/> }).collect_view();
    let samples = page.samples.into_iter().map(|sample| view! { <Code sample=sample/> }).collect_view();
    view! {
        <PageTitle text=w.dev_title/>
        <PlainShell wide=true>
            <div class="grid grid-cols-[minmax(0,1fr)] gap-5 pt-4">
                <div>
                    <h1 class="text-2xl font-semibold">{w.dev_title}</h1>
                    <p class="text-ink-2 mt-1">{w.dev_lead}</p>
                </div>
                <Card title=w.dev_steps_title>
                    <ol class="grid gap-2.5 list-decimal ps-5">{w.dev_steps.map(|step| view! { <li>{step}</li> })}</ol>
                    <dl class="grid gap-2 mt-4 text-sm">
                        <div><dt class="text-ink-3">{w.dev_base}</dt><dd class="break-all"><bdi class="num" dir="ltr">{page.api_url}</bdi></dd></div>
                    </dl>
                    <div class="flex flex-wrap gap-2.5 mt-4">
                        <ButtonLink href="/partners/open" look=Look::Primary>{w.dev_start}</ButtonLink>
                        <ButtonLink href="/api/v1/openapi.json" rel="external" glyph=Glyph::FILE_TEXT>{w.dev_openapi}</ButtonLink>
                    </div>
                </Card>
                <Card title=w.dev_rules_title>
                    <ul class="grid gap-2 text-sm text-ink-2">
                        {w.dev_rules.map(|rule| view! { <li class="flex gap-2"><Icon of=Glyph::CHECK class="i-sm mt-0.5 flex-none text-ink-3"/><span>{rule}</span></li> })}
                    </ul>
                </Card>
                <section class="card overflow-hidden" id="events">
                    <div class="p-4 pb-2">
                        <h2 class="text-lg font-semibold">{w.dev_events}</h2>
                        <p class="text-sm text-ink-2 mt-1">{w.dev_events_lead}</p>
                    </div>
                    <ul class="rows">{events}</ul>
                </section>
                <Card title=w.dev_verify>
                    <p class="text-sm text-ink-2">{w.dev_verify_lead}</p>
                    <div class="grid grid-cols-[minmax(0,1fr)] gap-4 mt-4">{samples}</div>
                </Card>
            </div>
        </PlainShell>
    }
}

#[component]
fn Event(event: EventDoc, w: &'static Words) -> impl IntoView {
    let (title, told) = (w.entry)(&event.event_type);
    let id = event.event_type.clone();
    let (schema, label) = (format!("/api/v1/event-types/{id}"), format!("{}: {id}", w.dev_schema));
    let state = if event.published {
        view! { <Chip text=w.dev_published tone=Tone::Ok/> }
    } else {
        view! { <Chip text=w.dev_to_come/> }
    };
    view! {
        <li class="p-4 grid grid-cols-[minmax(0,1fr)] gap-2" id=id>
            <div class="flex flex-wrap items-center gap-2"><h3 class="font-medium">{title}</h3><span class="mono text-ink-2">{event.event_type}</span>{state}</div>
            <p class="text-sm text-ink-2">{told}</p>
            <p class="text-sm"><a class="link" href=schema rel="external" aria-label=label>{w.dev_schema}</a></p>
            <pre class="code" tabindex="0" dir="ltr">{event.example}</pre>
        </li>
    }
}

#[component]
fn Code(sample: Sample) -> impl IntoView {
    let label = sample.language.clone();
    view! {
        <div class="grid grid-cols-[minmax(0,1fr)] gap-1.5">
            <h3 class="font-medium"><bdi>{sample.language}</bdi></h3>
            <pre class="code" tabindex="0" dir="ltr" aria-label=label>{sample.code}</pre>
        </div>
    }
}
