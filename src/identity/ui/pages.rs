//! `/signin` asks for a phone, `/signin/code` for the code that was sent to it.

use leptos::either::Either;
use leptos::prelude::*;

use super::live::CodeField;
use crate::identity::calls;
use crate::identity::model;
use crate::identity::words::words;
use crate::ui::{
    self, Button, ButtonLink, Facade, FacadeSize, FieldProblem, FooterLinks, Glyph, Hidden, Icon, LangLink, Load, Logo, Look, NoIndex, Note, PageTitle, PageTop, PhoneField,
    Problems, Size, Tone, lang, query, replay,
};

/// Where to go afterwards: only inside the house.
fn next() -> String {
    Some(query("next")).filter(|next| ui::is_relative(next)).unwrap_or_default()
}

#[component]
pub fn SignInPage() -> impl IntoView {
    let w = words(lang());
    let typed = replay("identity/send_code");
    view! {
        <PageTitle text=w.title/>
        <PageTop/>
        <div class="mx-auto max-w-110 min-h-dvh flex flex-col">
            <header class="on-night night rounded-t-none! px-5 pt-4 pb-0 overflow-hidden">
                <div class="flex items-center justify-between">
                    <a href="/" class="flex items-center gap-2 font-semibold min-h-11"><Logo size=30/>{ui::words(lang()).brand}</a>
                    <LangLink night=true/>
                </div>
                <div class="flex gap-4 items-end mt-4">
                    <div class="flex-1 pb-7"><h1 class="text-2xl font-semibold">{w.heading}</h1><p class="mt-2 text-sm text-night-ink-2">{w.sub}</p></div>
                    <Facade floors=evening() label=w.facade size=FacadeSize::Small/>
                </div>
            </header>
            <main id="main" tabindex="-1" class="flex-1 flex flex-col">
            <form method="post" action="/call/identity/send_code" class="flex-1 flex flex-col" novalidate>
                <div class="px-5 pt-6 pb-6 grid gap-5 flex-1 content-start">
                    <Problems of=typed.clone() fields=vec![("phone", w.phone.to_owned())]/>
                    <Hidden name="next" value=typed.value("next", next())/>
                    <PhoneField name="phone" label=w.phone value=typed.value("phone", "") hint=w.phone_hint problem=typed.problem("phone")/>
                    <div class="card p-4 flex gap-3">
                        <span class="grid place-items-center size-10 rounded-md bg-lamp-soft text-lamp-ink flex-none"><Icon of=Glyph::BUILDING/></span>
                        <div class="text-sm">
                            <h2 class="font-semibold">{w.first_time}</h2>
                            <p class="text-ink-2 mt-0.5">{w.first_time_body}" "<a class="link" href="/open">{w.open_building}</a></p>
                        </div>
                    </div>
                </div>
                <div class="sticky bottom-0 bg-canvas/94 backdrop-blur-md px-5 pt-3 pb-5 grid gap-2.5 border-t border-line">
                    <Button look=Look::Primary size=Size::Large after=Glyph::ARROW_RIGHT class="w-full">{w.send}</Button>
                    <FooterLinks class="[&_ul]:justify-center"/>
                </div>
            </form>
            </main>
        </div>
    }
}

/// A house in the evening: no one's in particular.
fn evening() -> Vec<Vec<(String, &'static str)>> {
    ["d.dd", "dddd", "d.dd", ".ddd", "d.dd", "dd.d", "dddd", "dddd"]
        .iter()
        .map(|floor| floor.chars().map(|mark| (String::new(), if mark == 'd' { "dim" } else { "off" })).collect())
        .collect()
}

#[component]
pub fn CodePage() -> impl IntoView {
    view! { <Load future=calls::code_page view=|page: model::CodePage| view! { <Code page=page/> }/> }
}

#[component]
fn Code(page: model::CodePage) -> impl IntoView {
    let w = words(lang());
    view! {
        <PageTitle text=w.code_title/>
        <NoIndex/>
        <PageTop/>
        <div class="on-night night rounded-none! min-h-dvh">
            <div class="mx-auto max-w-110 min-h-dvh flex flex-col px-6 pt-4 pb-6">
                <header class="flex items-center justify-between">
                    <ButtonLink href=back() look=Look::Night size=Size::Small glyph=Glyph::ARROW_LEFT label=w.code_change class="back"/>
                    <a href="/" class="flex items-center gap-2 font-semibold min-h-11">{ui::words(lang()).brand}<Logo size=30/></a>
                </header>
                {match page.masked_phone {
                    Some(phone) => Either::Left(view! { <Answer phone=phone inbox=page.sandbox_inbox/> }),
                    None => Either::Right(view! {
                        <main id="main" tabindex="-1" class="mt-14 grid gap-6">
                            <div><h1 class="text-3xl font-semibold">{w.code_none}</h1><p class="text-night-ink-2 mt-2">{w.code_none_body}</p></div>
                            <ButtonLink href=back() look=Look::Lamp size=Size::Large>{w.send}</ButtonLink>
                        </main>
                    }),
                }}
            </div>
        </div>
    }
}

/// The page before, with the same way on.
fn back() -> String {
    let next = next();
    if next.is_empty() { "/signin".to_owned() } else { format!("/signin?next={}", ui::query_value(&next)) }
}

#[component]
fn Answer(phone: String, inbox: Option<String>) -> impl IntoView {
    let w = words(lang());
    let typed = replay("identity/answer_code");
    let problem = typed.problem("code").or_else(|| typed.sentence());
    let described = if problem.is_some() { "code-problem code-hint" } else { "code-hint" };
    view! {
        <main id="main" tabindex="-1" class="flex-1 flex flex-col">
            <div class="mt-10">
                <h1 class="text-3xl font-semibold">{w.code_heading}</h1>
                <p class="text-night-ink-2 mt-2">{w.code_sent}<bdi class="ltr">{phone}</bdi>". "<a href=back() class="font-medium underline underline-offset-4 text-night-ink">{w.code_change}</a></p>
            </div>
            <form method="post" action="/call/identity/answer_code" class="mt-8 grid gap-4" novalidate>
                <Hidden name="next" value=typed.value("next", next())/>
                <CodeField label=w.code_label described=described bad=problem.is_some()/>
                {problem.map(|text| view! { <div class="rounded-md bg-bad-soft px-3 py-2.5" role="alert"><FieldProblem id="code-problem" text=text/></div> })}
                <p class="text-sm text-night-ink-2 flex items-center gap-2" id="code-hint"><Icon of=Glyph::CLOCK class="i-sm flex-none"/><span>{w.code_valid}</span></p>
                <Button look=Look::Lamp size=Size::Large class="w-full">{w.code_go}</Button>
            </form>
            {inbox.map(|inbox| view! {
                <div class="mt-5"><Note glyph=Glyph::FLASK_CONICAL tone=Tone::Night>
                    <p>{w.sandbox_inbox}" "<a class="font-medium underline underline-offset-4" href=inbox>{w.sandbox_inbox_go}</a></p>
                </Note></div>
            })}
            <div class="mt-5 rounded-lg bg-white/7 p-4 flex gap-3 text-sm">
                <span class="text-lamp flex-none"><Icon of=Glyph::SHIELD_CHECK/></span><p class="text-night-ink-2">{w.code_warning}</p>
            </div>
            <div class="mt-auto grid gap-2.5 pt-8">
                <ButtonLink href=back() look=Look::Night size=Size::Large>{w.code_again}</ButtonLink>
                <p class="text-center text-xs text-night-ink-2 mt-1">{w.code_auto}</p>
            </div>
        </main>
    }
}
