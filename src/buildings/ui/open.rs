//! `/open`: a building in a minute. One plain form; the list is looked at by the same form, sent to another door.

use kit::{Code, Replay};
use leptos::prelude::*;

use super::list::{List, read};
use super::parts::floors;
use crate::buildings::model::{ListPreview, OPENING_CONSENT};
use crate::buildings::words::{Words, words};
use crate::ui::{
    self, Button, ButtonLink, Facade, FacadeSize, Field, Glyph, Hidden, Icon, LangLink, Logo, Look, PageTitle, PageTop, PhoneField, Problems, Size, TextArea, Typed, lang, replay,
};

#[component]
pub fn OpenPage() -> impl IntoView {
    let w = words(lang());
    let preview = read();
    view! {
        <PageTitle text=w.open_title/>
        <PageTop/>
        <div class="mx-auto max-w-110 lg:max-w-300 min-h-(--fill) lg:grid lg:grid-cols-[25rem_minmax(0,1fr)] lg:gap-10 lg:p-8 items-start">
            <Hero preview=preview.clone() w=w/>
            <Form preview=preview w=w/>
        </div>
    }
}

/// Eight floors of four: a house like many.
fn sample() -> Vec<Vec<(String, &'static str)>> {
    let state = |floor: u32, flat: u32| match (floor, flat) {
        (2, 3) => "you",
        (7, 2) | (5, 0) | (4, 3) | (1, 1) => "dim",
        _ => "off",
    };
    (0..8u32).rev().map(|floor| (0..4u32).map(|flat| ((floor * 4 + flat + 1).to_string(), state(floor, flat))).collect()).collect()
}

#[component]
fn Hero(preview: Option<ListPreview>, w: &'static Words) -> impl IntoView {
    let read = preview.filter(|preview| !preview.facade.floors.is_empty());
    let (drawn, label) = match &read {
        Some(preview) => (floors(&preview.facade), (w.list_good)(preview.flats, preview.phones)),
        None => (sample(), w.sample.to_owned()),
    };
    let steps = w.open_next.map(|step| view! { <li class="flex gap-2.5"><Icon of=Glyph::CHECK class="i-sm text-lamp mt-1 flex-none"/><span>{step}</span></li> });
    view! {
        <header class="on-night night rounded-t-none! lg:rounded-xl! px-5 pt-4 lg:p-7 overflow-hidden lg:sticky lg:top-8">
            <div class="flex items-center justify-between">
                <a href="/" class="flex items-center gap-2 font-semibold min-h-11"><Logo size=30/>{ui::words(lang()).brand}</a>
                <LangLink night=true/>
            </div>
            <div class="flex gap-4 items-end mt-3 lg:mt-8">
                <div class="flex-1 min-w-0 pb-6">
                    <h1 class="text-2xl lg:text-3xl font-semibold">{w.open_heading[0]}<br/>{w.open_heading[1]}</h1>
                    <p class="mt-2.5 text-sm lg:text-md text-night-ink-2">{w.open_lead}</p>
                </div>
                <Facade floors=drawn label=label size=FacadeSize::Small/>
            </div>
            <ul class="hidden lg:grid gap-3 text-md text-night-ink-2 border-t border-white/12 pt-5 mt-1">{steps}</ul>
        </header>
    }
}

#[component]
fn Form(preview: Option<ListPreview>, w: &'static Words) -> impl IntoView {
    let typed = replay("buildings/open");
    // A list that passed comes back without a sentence: there is nothing to mend.
    let mending = typed.sentence().is_some_and(|sentence| !sentence.is_empty());
    let known = use_context::<Replay>().is_some_and(|replay| replay.error.code == Code::Conflict && replay.endpoint == "buildings/open");
    let fields = vec![
        ("street", w.street.to_owned()),
        ("city", w.city.to_owned()),
        ("first_flat", w.first_flat.to_owned()),
        ("last_flat", w.last_flat.to_owned()),
        ("flats_per_floor", w.per_floor.to_owned()),
        ("flats_csv", w.the_list.to_owned()),
        ("name", w.name.to_owned()),
        ("phone", w.phone.to_owned()),
        ("own_flat", w.own_flat.to_owned()),
        ("invite_code", w.invite_code.to_owned()),
    ];
    let ready = preview.as_ref().is_none_or(|preview| preview.problems.is_empty());
    view! {
        <form method="post" action="/call/buildings/open" class="flex flex-col min-w-0" novalidate>
            // Enter sends the form, not the list: a form's first button is the one that Enter presses.
            <button type="submit" class="sr-only" tabindex="-1" aria-hidden="true">{w.open_button}</button>
            <main id="main" tabindex="-1" class="px-5 lg:px-0 pt-6 lg:pt-0 pb-6 grid gap-5 content-start">
                {mending.then(|| view! { <Problems of=typed.clone() fields=fields/> })}
                {known.then(|| view! { <ButtonLink href="/signin?next=/open" look=Look::Soft glyph=Glyph::KEY_ROUND>{w.known_sign_in}</ButtonLink> })}
                <Hidden name="consent_version" value=OPENING_CONSENT/>
                <Address typed=typed.clone() w=w/>
                <Flats typed=typed.clone() preview=preview w=w/>
                <Founder typed=typed.clone() w=w/>
                <Joining typed=typed w=w/>
            </main>
            <footer class="sticky bottom-0 lg:static bg-canvas/94 lg:bg-transparent backdrop-blur-md lg:backdrop-blur-none px-5 lg:px-0 pt-3 pb-5 grid gap-2.5 border-t border-line lg:border-0">
                <Button look=if ready { Look::Primary } else { Look::Plain } size=Size::Large after=Glyph::ARROW_RIGHT class="w-full">{w.open_button}</Button>
                <p class="text-center text-xs text-ink-3">
                    {w.free}" "{w.consent[0]}<a class="link" href="/terms">{w.terms}</a>{w.consent[1]}<a class="link" href="/privacy">{w.privacy}</a>{w.consent[2]}
                    " · "<a class="link" href="/accessibility">{ui::words(lang()).accessibility}</a>
                </p>
            </footer>
        </form>
    }
}

/// One question of the form.
#[component]
fn Part(#[prop(into)] title: String, children: Children) -> impl IntoView {
    view! {
        <fieldset class="card p-4 lg:p-5 min-w-0">
            <legend class="contents"><h2 class="text-lg font-semibold">{title}</h2></legend>
            <div class="grid gap-4 mt-3">{children()}</div>
        </fieldset>
    }
}

#[component]
fn Address(typed: Typed, w: &'static Words) -> impl IntoView {
    view! {
        <Part title=w.address>
            <div class="grid sm:grid-cols-2 gap-4">
                <Field name="street" label=w.street value=typed.value("street", "") problem=typed.problem("street") placeholder=w.street_place autocomplete="address-line1" maxlength=120/>
                <Field name="city" label=w.city value=typed.value("city", "") problem=typed.problem("city") placeholder=w.city_place autocomplete="address-level2" maxlength=80/>
            </div>
        </Part>
    }
}

#[component]
fn Founder(typed: Typed, w: &'static Words) -> impl IntoView {
    view! {
        <Part title=w.founder>
            <div class="grid sm:grid-cols-[minmax(0,1fr)_9rem] gap-4">
                <Field name="name" label=w.name value=typed.value("name", "") problem=typed.problem("name") placeholder=w.name_place autocomplete="name" maxlength=80/>
                <Field name="own_flat" label=w.own_flat value=typed.value("own_flat", "") problem=typed.problem("own_flat") class="num text-center font-semibold" maxlength=12 optional=true/>
            </div>
            <p class="hint -mt-2">{w.own_flat_hint}</p>
            <PhoneField name="phone" label=w.phone value=typed.value("phone", "") hint=w.phone_hint problem=typed.problem("phone")/>
        </Part>
    }
}

#[component]
fn Flats(typed: Typed, preview: Option<ListPreview>, w: &'static Words) -> impl IntoView {
    let number = "num text-center font-semibold";
    let listed = preview.is_some() || typed.problem("flats_csv").is_some() || !typed.value("flats_csv", "").is_empty();
    let range = view! {
        <div class="grid grid-cols-3 gap-3">
            <Field name="first_flat" label=w.first_flat value=typed.value("first_flat", "1") problem=typed.problem("first_flat") class=number inputmode="numeric" maxlength=6/>
            <Field name="last_flat" label=w.last_flat value=typed.value("last_flat", "") problem=typed.problem("last_flat") class=number inputmode="numeric" placeholder="32" maxlength=6/>
            <Field name="flats_per_floor" label=w.per_floor value=typed.value("flats_per_floor", "4") problem=typed.problem("flats_per_floor") class=number inputmode="numeric" maxlength=3/>
        </div>
        <p class="hint -mt-2">{w.flats_hint}</p>
    };
    let good = preview.as_ref().is_some_and(|preview| preview.problems.is_empty());
    let check = if preview.is_some() { w.check_again } else { w.check_list };
    let look = if preview.is_some() && !good { "btn btn-primary w-fit" } else { "btn btn-soft w-fit" };
    // The list itself says what to mend, line by line.
    let problem = if preview.is_some() { None } else { typed.problem("flats_csv") };
    let area = view! {
        <TextArea
            name="flats_csv" label=if preview.is_some() { w.edit_list } else { w.paste } value=typed.value("flats_csv", "") problem=problem
            placeholder=w.paste_place rows=4 optional=true class="text-sm"
        />
    };
    view! {
        <Part title=w.flats>
            {range}
            <details class="group rounded-md border border-line" open=listed>
                <summary class="flex items-center gap-3 min-h-12 px-4 cursor-pointer font-medium text-md">
                    <Icon of=Glyph::FILE_TEXT class="text-ink-3"/><span class="flex-1">{w.own_list}</span><Icon of=Glyph::CHEVRON_DOWN class="i-sm text-ink-3 group-open:rotate-180"/>
                </summary>
                <div class="grid gap-4 p-4 pt-1">
                    {preview.map(|preview| view! { <List preview=preview/> })}
                    <p class="hint">{w.own_list_hint}</p>
                    <div class="field">
                        <label class="label" for="flats_file">{w.file}</label>
                        <input id="flats_file" name="flats_file" type="file" class="input input-file" accept=".csv,.tsv,.txt,.xlsx,text/csv,text/plain,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"/>
                    </div>
                    {if good {
                        view! { <details><summary class="link text-sm w-fit py-2">{w.edit_list}</summary>{area}</details> }.into_any()
                    } else {
                        area.into_any()
                    }}
                    <button type="submit" class=look formaction="/open/preview" formenctype="multipart/form-data"><Icon of=Glyph::LIST class="i-sm"/><span>{check}</span></button>
                </div>
            </details>
        </Part>
    }
}

#[component]
fn Joining(typed: Typed, w: &'static Words) -> impl IntoView {
    let asks = typed.value("needs_approval", "") == "true";
    view! {
        <Part title=w.joining>
            <label class="flex items-start gap-3 min-h-11">
                <input type="checkbox" name="needs_approval" value="true" checked=asks class="size-5 mt-0.5 accent-brand flex-none" aria-describedby="needs_approval-hint"/>
                <span><span class="block text-md">{w.approval}</span><span class="block hint" id="needs_approval-hint">{w.approval_hint}</span></span>
            </label>
            <Field name="invite_code" label=w.invite_code value=typed.value("invite_code", "") hint=w.invite_code_hint problem=typed.problem("invite_code") class="num" dir="ltr" maxlength=12 optional=true/>
        </Part>
    }
}
