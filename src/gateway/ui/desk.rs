//! `/partners/:partner`: a partner's endpoints, keys and buildings.

use leptos::prelude::*;

use super::log::{Log, Notices};
use super::parts::{Choices, Entries};
use crate::gateway::calls;
use crate::gateway::model::{BuildingRow, EndpointRow, KeyRow, PartnerDesk, Scope, ShownOnce};
use crate::gateway::words::{Words, words};
use crate::ui::{
    Act, AvatarIcon, Button, ButtonLink, Card, Chip, Field, Glyph, Hidden, Load, Look, Ltr, NoIndex, Note, PageTitle, PlainShell, Problems, Select, Size, Tone, lang, param, replay,
};

#[component]
pub fn PartnerDeskPage() -> impl IntoView {
    let partner = param("partner");
    view! { <Load future=move || calls::read_desk(partner) view=|page: PartnerDesk| view! { <Desk page=page/> }/> }
}

#[component]
fn Desk(page: PartnerDesk) -> impl IntoView {
    let w = words(lang());
    let (code, name) = (page.partner.code, page.partner.name);
    let shown_code = code.clone();
    view! {
        <PageTitle text=name.clone()/>
        <NoIndex/>
        <PlainShell wide=true back="/partners/open".to_owned()>
            <div class="grid grid-cols-[minmax(0,1fr)] gap-5">
                <div class="flex flex-wrap items-start justify-between gap-3">
                    <div>
                        <h1 class="text-2xl font-semibold"><bdi>{name}</bdi></h1>
                        <p class="text-sm text-ink-3 mt-1">{(w.kind)(page.partner.kind)}</p>
                    </div>
                    <ButtonLink href="/developers" glyph=Glyph::FILE_TEXT>{w.docs}</ButtonLink>
                </div>
                {page.shown_once.map(|shown| view! { <Shown shown=shown w=w/> })}
                <Notices rows=page.notices code=code.clone() w=w/>
                <Card title=w.code>
                    <p class="text-2xl font-semibold"><Ltr text=shown_code class="mono"/></p>
                    <p class="text-sm text-ink-2 mt-1">{w.code_hint}</p>
                </Card>
                <Endpoints rows=page.endpoints code=code.clone() w=w/>
                <Log rows=page.log code=code.clone() w=w/>
                <Keys rows=page.keys code=code w=w/>
                <Buildings rows=page.buildings w=w/>
            </div>
        </PlainShell>
    }
}

/// What was made a moment ago. It stands here this once.
#[component]
fn Shown(shown: ShownOnce, w: &'static Words) -> impl IntoView {
    let (title, glyph) = if shown.is_key { (w.shown_key, Glyph::KEY_ROUND) } else { (w.shown_secret, Glyph::LOCK) };
    view! {
        <Note glyph=glyph tone=Tone::Lamp>
            <label class="font-semibold block" for="shown-once">{title}</label>
            <input id="shown-once" class="input num text-sm mt-2" dir="ltr" readonly value=shown.text/>
            <p class="mt-2">{w.shown_hint}</p>
        </Note>
    }
}

#[component]
fn Endpoints(rows: Vec<EndpointRow>, code: String, w: &'static Words) -> impl IntoView {
    let none = rows.is_empty();
    let typed = replay("gateway/add_endpoint");
    let list = rows.into_iter().map(|row| view! { <Endpoint row=row code=code.clone() w=w/> }).collect_view();
    view! {
        <section class="card overflow-hidden" id="endpoints">
            <h2 class="text-lg font-semibold p-4 pb-1">{w.endpoints}</h2>
            {none.then(|| view! { <p class="text-sm text-ink-2 px-4 pb-4">{w.no_endpoints}</p> })}
            <ul class="rows">{list}</ul>
        </section>
        <Card title=w.add_endpoint>
            <form method="post" action="/call/gateway/add_endpoint" class="grid gap-4" novalidate>
                <Problems of=typed.clone() fields=vec![("url", w.url.to_owned()), ("description", w.description.to_owned())]/>
                <Hidden name="partner" value=code/>
                <Field name="url" label=w.url value=typed.value("url", "") hint=w.url_hint problem=typed.problem("url") inputmode="url" dir="ltr"/>
                <Field name="description" label=w.description value=typed.value("description", "") problem=typed.problem("description") optional=true/>
                <fieldset class="grid gap-2">
                    <legend class="label mb-1">{w.types}</legend>
                    <p class="hint">{w.types_hint}</p>
                    <Choices w=w id="new" chosen=vec![] typed=typed/>
                </fieldset>
                <Button look=Look::Primary glyph=Glyph::PLUS>{w.add_endpoint}</Button>
            </form>
        </Card>
    }
}

#[component]
fn Endpoint(row: EndpointRow, code: String, w: &'static Words) -> impl IntoView {
    let fields = vec![("partner", code.clone()), ("endpoint", row.endpoint.clone())];
    let mut toggle = fields.clone();
    toggle.push(("on", (!row.active).to_string()));
    let by_us = row.disabled_reason.as_deref() == Some("operator");
    let toggled = if row.active { w.pause } else { w.resume };
    let state = match (row.active, row.disabled_reason.as_deref()) {
        (true, _) => view! { <Chip text=w.active tone=Tone::Ok glyph=Glyph::CHECK/> },
        (false, reason) => view! { <Chip text=(w.disabled)(reason.unwrap_or_default()) tone=Tone::Warn glyph=Glyph::CIRCLE_ALERT/> },
    };
    let typed = replay("gateway/change_endpoint");
    let typed = if typed.is_about("endpoint", &row.endpoint) { typed } else { Default::default() };
    view! {
        <li class="p-4 grid grid-cols-[minmax(0,1fr)] gap-3">
            <div class="flex flex-wrap items-center gap-2">
                {state}
                <span class="num text-sm font-medium min-w-0 break-all" dir="ltr">{row.url}</span>
            </div>
            {(!row.description.is_empty()).then(|| view! { <p class="text-sm text-ink-2"><bdi>{row.description}</bdi></p> })}
            <Entries w=w of=row.event_types.clone()/>
            <p class="text-sm text-ink-3">{(w.secret_since)(&row.secret_label)}{row.overlap_label.map(|label| format!(" · {}", (w.overlap)(&label)))}</p>
            <div class="flex flex-wrap gap-2">
                {row.active.then(|| view! { <Act action="/call/gateway/test_endpoint" fields=fields.clone() size=Size::Small glyph=Glyph::SEND text=w.test/> })}
                <Act action="/call/gateway/rotate_secret" fields=fields.clone() size=Size::Small glyph=Glyph::REFRESH_CW text=w.rotate/>
                {(!by_us).then(|| view! { <Act action="/call/gateway/pause_endpoint" fields=toggle size=Size::Small text=toggled/> })}
            </div>
            <details>
                <summary class="text-sm link cursor-pointer min-h-11 flex items-center">{w.change_types}</summary>
                <form method="post" action="/call/gateway/change_endpoint" class="grid gap-3 mt-2">
                    <Problems of=typed.clone() fields=vec![]/>
                    <Hidden name="partner" value=code/>
                    <Hidden name="endpoint" value=row.endpoint.clone()/>
                    <p class="hint">{w.types_hint}</p>
                    <Choices w=w id=row.endpoint chosen=row.event_types typed=typed/>
                    <Button look=Look::Soft>{w.save}</Button>
                </form>
                <div class="grid gap-2 mt-4">
                    <p class="hint">{w.delete_sure}</p>
                    <Act action="/call/gateway/delete_endpoint" fields=fields look=Look::DangerSoft size=Size::Small glyph=Glyph::TRASH text=w.delete/>
                </div>
            </details>
        </li>
    }
}

#[component]
fn Keys(rows: Vec<KeyRow>, code: String, w: &'static Words) -> impl IntoView {
    let none = rows.is_empty();
    let typed = replay("gateway/add_key");
    let scopes = Scope::ALL.map(|scope| (scope.word().to_owned(), (w.scope)(scope).to_owned())).to_vec();
    let list = rows.into_iter().map(|row| view! { <Key row=row code=code.clone() w=w/> }).collect_view();
    view! {
        <section class="card overflow-hidden" id="keys">
            <h2 class="text-lg font-semibold p-4 pb-1">{w.keys}</h2>
            {none.then(|| view! { <p class="text-sm text-ink-2 px-4 pb-4">{w.no_keys}</p> })}
            <ul class="rows">{list}</ul>
        </section>
        <Card title=w.add_key>
            <form method="post" action="/call/gateway/add_key" class="grid gap-4" novalidate>
                <Problems of=typed.clone() fields=vec![("key_name", w.key_name.to_owned()), ("scope", w.scope_label.to_owned())]/>
                <Hidden name="partner" value=code/>
                <Field name="key_name" label=w.key_name value=typed.value("key_name", "") hint=w.key_name_hint problem=typed.problem("key_name")/>
                <Select name="scope" label=w.scope_label options=scopes value=typed.value("scope", Scope::Read.word()) problem=typed.problem("scope")/>
                <Button look=Look::Soft glyph=Glyph::KEY_ROUND>{w.add_key}</Button>
            </form>
        </Card>
    }
}

#[component]
fn Key(row: KeyRow, code: String, w: &'static Words) -> impl IntoView {
    let used = row.used_label.map_or_else(|| w.never_used.to_owned(), |label| (w.used)(&label));
    let revoke = (!row.revoked).then(|| {
        view! {
            <form method="post" action="/call/gateway/revoke_key">
                <Hidden name="partner" value=code/>
                <Hidden name="key" value=row.key/>
                <Button size=Size::Small label=format!("{}: {}", w.revoke, row.name)>{w.revoke}</Button>
            </form>
        }
    });
    view! {
        <li class="flex flex-wrap items-center gap-3 p-4">
            <AvatarIcon of=Glyph::KEY_ROUND tone=3/>
            <div class="flex-1 min-w-0">
                <p class="text-md font-medium truncate"><bdi>{row.name}</bdi></p>
                <p class="text-sm text-ink-3"><Ltr text=format!("{}…", row.prefix) class="mono"/>" · "{(w.scope)(row.scope)}" · "{(w.made)(&row.made_label)}" · "{used}</p>
            </div>
            {row.revoked.then(|| view! { <Chip text=w.revoked/> })}
            {revoke}
        </li>
    }
}

#[component]
fn Buildings(rows: Vec<BuildingRow>, w: &'static Words) -> impl IntoView {
    let none = rows.is_empty();
    let list = rows.into_iter().map(|row| {
        let until = row.until_label.map_or_else(|| w.no_end.to_owned(), |label| (w.until)(&label));
        view! {
            <li class="p-4 grid gap-2">
                <div class="flex flex-wrap items-baseline justify-between gap-x-3">
                    <p class="font-medium"><bdi>{row.name}</bdi>" "<span class="mono text-ink-3">{row.slug}</span></p>
                    <p class="text-sm text-ink-3">{(w.building_since)(&row.since_label)}" · "{until}</p>
                </div>
                <Entries w=w of=row.event_types/>
            </li>
        }
    });
    let list = list.collect_view();
    view! {
        <section class="card overflow-hidden" id="buildings">
            <h2 class="text-lg font-semibold p-4 pb-1">{w.buildings}</h2>
            {none.then(|| view! { <p class="text-sm text-ink-2 px-4 pb-4">{w.no_buildings}</p> })}
            <ul class="rows">{list}</ul>
        </section>
    }
}
