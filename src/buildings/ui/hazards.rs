//! `/b/:slug/committee/hazards`: the committee says that there is a danger in the building, and that it is over.

use leptos::prelude::*;

use crate::buildings::calls;
use crate::buildings::model::hazards::{HAZARD_LIMIT, HazardKind, HazardLine, HazardPage, Severity};
use crate::buildings::words::{HazardWords, hazard_words};
use crate::ui::{Act, Alarm, Button, Card, Glyph, Hidden, Load, Look, NoIndex, Note, PageTitle, PlainShell, Problems, Select, TextArea, Tone, lang, param, replay};

#[component]
pub fn HazardsPage() -> impl IntoView {
    let slug = param("slug");
    view! { <Load future=move || calls::read_hazards(slug) view=|page: HazardPage| view! { <Whole page=page/> }/> }
}

/// Dangers as the frame of every page tells them, with the way to mend them for whoever may.
pub fn alarms_of(standing: Vec<HazardLine>, mends: Option<String>) -> Vec<Alarm> {
    let w = hazard_words(lang());
    let told = |line: HazardLine| Alarm {
        title: (w.banner)((w.kind)(line.kind), (w.severity)(line.severity)),
        body: line.body,
        since: (w.since)(&line.since_label),
        grave: line.severity != Severity::Watch,
        href: mends.clone(),
        link: w.manage.to_owned(),
    };
    standing.into_iter().map(told).collect()
}

#[component]
fn Whole(page: HazardPage) -> impl IntoView {
    let w = hazard_words(lang());
    let slug = page.slug.clone();
    let lines = page.standing.into_iter().map(|line| view! { <Standing line=line slug=page.slug.clone() w=w/> }).collect::<Vec<_>>();
    let quiet = lines.is_empty();
    view! {
        <PageTitle text=format!("{} · {}", w.title, page.building)/>
        <NoIndex/>
        <PlainShell back=format!("/b/{slug}/committee")>
            <div class="grid gap-5">
                <div>
                    <h1 class="text-2xl font-semibold">{w.title}</h1>
                    <p class="text-sm text-ink-3 mt-1"><bdi>{page.building}</bdi></p>
                </div>
                <p class="text-sm text-ink-2">{w.lead}</p>
                <section class="grid gap-3" aria-labelledby="standing-title">
                    <h2 class="text-lg font-semibold" id="standing-title">{w.standing}</h2>
                    {lines}
                    {quiet.then(|| view! { <p class="text-sm text-ink-2">{w.none}</p> })}
                </section>
                <Raising slug=slug w=w/>
            </div>
        </PlainShell>
    }
}

#[component]
fn Standing(line: HazardLine, slug: String, w: &'static HazardWords) -> impl IntoView {
    let tone = if line.severity == Severity::Watch { Tone::Warn } else { Tone::Bad };
    let fields = vec![("building", slug), ("hazard", line.id)];
    view! {
        <div class="grid gap-3">
            <Note glyph=Glyph::TRIANGLE_ALERT tone=tone>
                <p class="font-semibold">{(w.banner)((w.kind)(line.kind), (w.severity)(line.severity))}</p>
                {(!line.body.is_empty()).then(|| view! { <p class="whitespace-pre-line" dir="auto">{line.body}</p> })}
                <p class="text-xs">{(w.since)(&line.since_label)}{line.shared.then(|| format!(" · {}", w.shared))}</p>
            </Note>
            <Act action="/call/buildings/clear_hazard" fields=fields text=w.clear class="w-full"/>
        </div>
    }
}

#[component]
fn Raising(slug: String, w: &'static HazardWords) -> impl IntoView {
    let typed = replay("buildings/raise_hazard");
    let kinds = HazardKind::ALL.map(|kind| (kind.word().to_owned(), (w.kind)(kind).to_owned())).to_vec();
    let severities = Severity::ALL.map(|severity| (severity.word().to_owned(), (w.severity)(severity).to_owned())).to_vec();
    let named = vec![("kind", w.kind_label.to_owned()), ("severity", w.severity_label.to_owned()), ("body", w.body_label.to_owned())];
    let shared = typed.value("shared", "") == "true";
    view! {
        <Card>
            <form method="post" action="/call/buildings/raise_hazard" class="grid gap-4" novalidate>
                <Problems of=typed.clone() fields=named/>
                <Hidden name="building" value=slug/>
                <Select name="kind" label=w.kind_label options=kinds value=typed.value("kind", "water") problem=typed.problem("kind")/>
                <Select name="severity" label=w.severity_label options=severities value=typed.value("severity", "warning") problem=typed.problem("severity")/>
                <TextArea name="body" label=w.body_label value=typed.value("body", "") placeholder=w.body_place.to_owned() maxlength=HAZARD_LIMIT as u32 problem=typed.problem("body") optional=true/>
                <label class="flex items-start gap-3 min-h-11">
                    <input type="checkbox" name="shared" value="true" checked=shared class="size-5 mt-0.5 accent-brand flex-none" aria-describedby="shared-hint"/>
                    <span><span class="block text-md">{w.share}</span><span class="block hint" id="shared-hint">{w.share_hint}</span></span>
                </label>
                <Button look=Look::Danger>{w.raise}</Button>
            </form>
        </Card>
    }
}
