//! `/b/:slug/join`: three fields and a price. Complete without scripts; looking up the flat while typing is extra.

use leptos::prelude::*;

use super::live::{FlatAnswer, LiveFlat};
use crate::buildings::ui::floors;
use crate::joining::calls;
use crate::joining::model::{self, JoinDraft};
use crate::joining::words::{Words, words};
use crate::ui::{
    self, Button, ENTRANCE_FOOT, Entrance, Facade, FacadeSize, Field, Glyph, Hidden, Icon, Load, Look, Money, Note, PageTitle, PhoneField, Problems, Size, Steps, Tone, Typed,
    lang, param, query, replay,
};

#[component]
pub fn JoinPage() -> impl IntoView {
    let slug = param("slug");
    view! { <Load future=move || calls::join_page(slug) view=|page: model::JoinPage| view! { <JoinScreen page=page/> }/> }
}

#[component]
fn JoinScreen(page: model::JoinPage) -> impl IntoView {
    let w = words(lang());
    let title = (w.title)(&page.building.street);
    let building = page.building.clone();
    let (drawn, label) = (floors(&building.facade), (w.facade)(building.joined, building.flats));
    view! {
        <PageTitle text=title/>
        <Entrance
            hero=move || view! {
                <p class="text-sm lg:text-lg text-night-ink-2"><bdi>{building.street}</bdi>", "<bdi>{building.city}</bdi></p>
                <h1 class="text-2xl lg:text-3xl font-semibold mt-1.5">{w.heading[0]}<br/>{w.heading[1]}</h1>
                <p class="mt-3 text-sm lg:text-md text-night-ink-2 flex items-center gap-2">
                    <Icon of=Glyph::USERS class="i-sm flex-none"/><span>{(w.joined)(building.joined, building.flats)}</span>
                </p>
            }
            art=move || view! { <Facade floors=drawn label=label size=FacadeSize::Grand/> }
        >
            <Form page=page/>
        </Entrance>
    }
}

#[component]
fn Form(page: model::JoinPage) -> impl IntoView {
    let w = words(lang());
    let typed = replay("joining/submit");
    let draft = page.draft.clone().unwrap_or_default();
    let building = page.building;
    let fields = vec![("flat", w.flat.to_owned()), ("name", w.name.to_owned()), ("phone", w.phone.to_owned()), ("code", w.code.to_owned())];
    let (typed_first, draft_first) = (typed.clone(), draft.clone());
    let sign_in = format!("/signin?next={}", ui::query_value(&format!("/b/{}", building.slug)));
    let cancelled = page.after_cancel && typed.sentence().is_none();
    view! {
        <main id="main" tabindex="-1" class="flex-1 lg:flex-none flex flex-col">
        <form method="post" action="/call/joining/submit" class="flex-1 flex flex-col" novalidate>
            <div class="px-5 pt-6 pb-6 grid gap-5 flex-1 lg:flex-none content-start">
                <div class="flex items-center gap-3"><Steps now=1 of=3/><span class="text-xs text-ink-3">{w.quick}</span></div>
                {cancelled.then(|| view! { <Note glyph=Glyph::CIRCLE_ALERT tone=Tone::Warn alert=true><p>{w.cancelled}</p></Note> })}
                <Problems of=typed.clone() fields=fields/>
                <Hidden name="building" value=building.slug.clone()/>
                <Hidden name="consent_version" value=page.consent_version/>
                <LiveFlat>
                    <FlatAndName w=w typed=typed_first draft=draft_first/>
                    <FlatAnswer building=building.slug/>
                </LiveFlat>
                <PhoneField name="phone" label=w.phone value=typed.value("phone", draft.phone) hint=w.phone_hint problem=typed.problem("phone")/>
                {typed.problem("phone").map(|_| view! { <p class="text-sm text-ink-2 -mt-3">{w.member}" "<a class="link" href=sign_in.clone()>{w.sign_in}</a></p> })}
                {building.needs_code.then(|| view! {
                    <Field name="code" label=w.code value=typed.value("code", query("code")) hint=w.code_hint problem=typed.problem("code") class="num" dir="ltr" maxlength=32/>
                })}
                {building.needs_approval.then(|| view! { <Note glyph=Glyph::USER_CHECK tone=Tone::Info><p>{w.approval}</p></Note> })}
                <div class="card p-4 flex items-start gap-3">
                    <span class="grid place-items-center size-10 rounded-md bg-lamp-soft text-lamp-ink flex-none"><Icon of=Glyph::LIGHTBULB/></span>
                    <div class="text-sm">
                        <p class="font-semibold"><Money of=building.price/>" "{w.price}</p>
                        <p class="text-ink-2 mt-0.5">{w.price_body}</p>
                    </div>
                </div>
                {typed.problem("phone").is_none().then(|| view! { <p class="text-sm text-ink-2">{w.member}" "<a class="link" href=sign_in.clone()>{w.sign_in}</a></p> })}
                <p class="text-2xs text-ink-3"><a class="inline-block py-1 hover:underline underline-offset-4" href="/accessibility">{ui::words(lang()).accessibility}</a></p>
            </div>
            <div class=ENTRANCE_FOOT>
                <Button look=Look::Primary size=Size::Large after=Glyph::ARROW_RIGHT class="w-full">{w.go}</Button>
                <p class="text-center text-xs text-ink-3">
                    {w.consent[0]}<a class="link" href="/terms">{w.terms}</a>{w.consent[1]}<a class="link" href="/privacy">{w.privacy}</a>{w.consent[2]}
                </p>
            </div>
        </form>
        </main>
    }
}

#[component]
fn FlatAndName(w: &'static Words, typed: Typed, draft: JoinDraft) -> impl IntoView {
    view! {
        <Field
            name="flat" label=w.flat value=typed.value("flat", draft.flat) problem=typed.problem("flat")
            class="num text-center font-semibold" inputmode="numeric" maxlength=12 described="flat-check"
        />
        <Field
            name="name" label=w.name value=typed.value("name", draft.name) problem=typed.problem("name")
            autocomplete="name" placeholder=w.name_place maxlength=80
        />
    }
}
