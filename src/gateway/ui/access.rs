//! `/b/:slug/committee/access`: the committee says which partner hears what, until when, and takes it back.

use leptos::prelude::*;

use super::parts::{Choices, Entries};
use crate::gateway::calls;
use crate::gateway::model::{self, GrantRow, PastGrant};
use crate::gateway::words::{Words, words};
use crate::ui::{Avatar, Button, Card, Chip, Empty, Field, Glyph, Hidden, Icon, Load, Look, Ltr, NoIndex, PageTitle, PlainShell, Problems, Size, Tone, lang, param, replay};

#[component]
pub fn AccessPage() -> impl IntoView {
    let slug = param("slug");
    view! { <Load future=move || calls::read_access(slug) view=|page: model::AccessPage| view! { <Whole page=page/> }/> }
}

#[component]
fn Whole(page: model::AccessPage) -> impl IntoView {
    let w = words(lang());
    let slug = page.slug;
    let none = page.grants.is_empty();
    let grants = page.grants.into_iter().map(|row| view! { <Grant row=row slug=slug.clone() w=w/> }).collect_view();
    view! {
        <PageTitle text=format!("{} · {}", w.access_title, page.building)/>
        <NoIndex/>
        <PlainShell wide=true back=format!("/b/{slug}/committee")>
            <div class="grid grid-cols-[minmax(0,1fr)] gap-5">
                <div>
                    <h1 class="text-2xl font-semibold">{w.access_title}</h1>
                    <p class="text-ink-2 mt-1">{w.access_lead}</p>
                    <p class="text-sm text-ink-3 mt-1"><bdi>{page.building}</bdi></p>
                </div>
                {if none {
                    view! { <Empty title=w.nobody body=w.nobody_why/> }.into_any()
                } else {
                    view! {
                        <section class="card overflow-hidden" id="granted">
                            <h2 class="text-lg font-semibold p-4 pb-1">{w.connected}</h2>
                            <ul class="rows">{grants}</ul>
                        </section>
                    }.into_any()
                }}
                <p class="rounded-lg bg-sunken text-ink-2 p-4 flex gap-3 text-sm"><Icon of=Glyph::SHIELD_CHECK class="flex-none"/><span>{w.at_once}</span></p>
                <Giving slug=slug w=w/>
                <Past rows=page.past w=w/>
            </div>
        </PlainShell>
    }
}

#[component]
fn Grant(row: GrantRow, slug: String, w: &'static Words) -> impl IntoView {
    let typed = replay("gateway/change_grant");
    let about = typed.is_about("grant", &row.grant);
    let typed = if about { typed } else { Default::default() };
    let until = row.until_label.map_or_else(|| w.no_end.to_owned(), |label| (w.until)(&label));
    let state = if row.over {
        view! { <Chip text=w.over tone=Tone::Warn glyph=Glyph::CLOCK/> }
    } else {
        view! { <Chip text=w.live tone=Tone::Ok glyph=Glyph::CHECK/> }
    };
    let until_id = format!("until-{}", row.grant);
    view! {
        <li class="p-4 grid grid-cols-[minmax(0,1fr)] gap-3">
            <div class="flex flex-wrap items-center gap-3">
                <Avatar name=row.name.clone() tone=5/>
                <div class="flex-1 min-w-56">
                    <p class="text-md font-medium"><bdi>{row.name.clone()}</bdi></p>
                    <p class="text-sm text-ink-3">{(w.kind)(row.kind)}" · "<Ltr text=row.code class="mono"/>" · "{(w.granted)(&row.since_label)}" · "{until}</p>
                </div>
                {state}
                <form method="post" action="/call/gateway/withdraw">
                    <Hidden name="building" value=slug.clone()/>
                    <Hidden name="grant" value=row.grant.clone()/>
                    <Button look=Look::DangerSoft size=Size::Small label=(w.withdraw_of)(&row.name)>{w.withdraw}</Button>
                </form>
            </div>
            <Entries w=w of=row.event_types.clone()/>
            <details open=about>
                <summary class="text-sm link cursor-pointer min-h-11 flex items-center">{w.what_is_told}</summary>
                <form method="post" action="/call/gateway/change_grant" class="grid gap-4 mt-2" novalidate>
                    <Problems of=typed.clone() fields=vec![]/>
                    <Hidden name="building" value=slug/>
                    <Hidden name="grant" value=row.grant.clone()/>
                    <Choices w=w id=row.grant chosen=row.event_types typed=typed.clone()/>
                    <Field name="until" id=until_id label=w.until_label kind="date" value=typed.value("until", row.until) hint=w.until_hint problem=typed.problem("until") optional=true dir="ltr"/>
                    <Button look=Look::Soft>{w.change}</Button>
                </form>
            </details>
        </li>
    }
}

#[component]
fn Giving(slug: String, w: &'static Words) -> impl IntoView {
    let typed = replay("gateway/grant");
    view! {
        <Card title=w.give_title>
            <form method="post" action="/call/gateway/grant" class="grid gap-4" novalidate>
                <Problems of=typed.clone() fields=vec![("code", w.partner_code.to_owned()), ("until", w.until_label.to_owned())]/>
                <p class="text-sm text-ink-2">{w.give_lead}</p>
                <Hidden name="building" value=slug/>
                <Field name="code" label=w.partner_code value=typed.value("code", "") hint=w.partner_code_hint problem=typed.problem("code") dir="ltr"/>
                <fieldset class="grid gap-2">
                    <legend class="label mb-1">{w.what_is_told}</legend>
                    <Choices w=w id="give" chosen=vec![] typed=typed.clone()/>
                </fieldset>
                <Field name="until" label=w.until_label kind="date" value=typed.value("until", "") hint=w.until_hint problem=typed.problem("until") optional=true dir="ltr"/>
                <Button look=Look::Primary glyph=Glyph::PLUS>{w.give}</Button>
            </form>
        </Card>
    }
}

#[component]
fn Past(rows: Vec<PastGrant>, w: &'static Words) -> impl IntoView {
    let some = !rows.is_empty();
    let list = rows.into_iter().map(|row| {
        view! {
            <li class="p-4 grid gap-2">
                <div class="flex flex-wrap items-baseline justify-between gap-x-3">
                    <p class="font-medium"><bdi>{row.name}</bdi></p>
                    <p class="text-sm text-ink-3">{(w.past_line)(&row.since_label, &row.withdrawn_label)}</p>
                </div>
                <Entries w=w of=row.event_types/>
            </li>
        }
    });
    let list: Vec<_> = list.collect();
    some.then(|| {
        view! {
            <section class="card overflow-hidden" id="past">
                <h2 class="text-lg font-semibold p-4 pb-1">{w.past}</h2>
                <ul class="rows">{list}</ul>
            </section>
        }
    })
}
