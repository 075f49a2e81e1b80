//! `/signin` asks for a phone, `/signin/code` for the code that was sent to it.

use leptos::either::Either;
use leptos::prelude::*;

use super::live::CodeField;
use crate::identity::calls;
use crate::identity::model;
use crate::identity::words::words;
use crate::ui::{
    self, Brand, Button, ButtonLink, ENTRANCE_FOOT, Entrance, Facade, FacadeSize, FieldProblem, FooterLinks, Glyph, Hidden, Icon, Load, Look, NightPage, NoIndex, Note, PageTitle,
    PhoneField, Problems, Size, Tone, lang, query, replay,
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
        <Entrance
            hero=move || view! {
                <h1 class="text-2xl lg:text-3xl font-semibold">{w.heading}</h1>
                <p class="mt-2 text-sm lg:text-lg text-night-ink-2">{w.sub}</p>
            }
            art=move || view! { <Facade floors=evening() label=w.facade size=FacadeSize::Grand/> }
        >
            <main id="main" tabindex="-1" class="flex-1 lg:flex-none flex flex-col">
            <form method="post" action="/call/identity/send_code" class="flex-1 flex flex-col" novalidate>
                <div class="px-5 pt-6 pb-6 grid gap-5 flex-1 lg:flex-none content-start">
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
                <div class=ENTRANCE_FOOT>
                    <Button look=Look::Primary size=Size::Large after=Glyph::ARROW_RIGHT class="w-full">{w.send}</Button>
                    <FooterLinks class="[&_ul]:justify-center"/>
                </div>
            </form>
            </main>
        </Entrance>
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
        <NightPage
            tall=true
            bar=move || view! {
                <ButtonLink href=back() look=Look::Night size=Size::Small glyph=Glyph::ARROW_LEFT label=w.code_change class="back"/>
                <Brand/>
            }
            art=move || view! { <div class="hidden lg:block mx-auto"><Facade floors=evening() label=w.facade size=FacadeSize::Tall/></div> }
        >
            {match page.masked_phone {
                Some(phone) => Either::Left(view! { <Answer phone=phone inbox=page.sandbox_inbox/> }),
                None => Either::Right(view! {
                    <div class="mt-14 lg:mt-0 grid gap-6">
                        <div><h1 class="text-3xl font-semibold">{w.code_none}</h1><p class="text-night-ink-2 mt-2">{w.code_none_body}</p></div>
                        <ButtonLink href=back() look=Look::Lamp size=Size::Large>{w.send}</ButtonLink>
                    </div>
                }),
            }}
        </NightPage>
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
    // A number with dots in it is a riddle to read, aloud most of all: its last digits are enough to know it by.
    let ending: String = phone.chars().skip(phone.chars().count().saturating_sub(2)).collect();
    let problem = typed.problem("code").or_else(|| typed.sentence());
    let described = if problem.is_some() { "code-problem code-hint" } else { "code-hint" };
    view! {
            <div class="mt-10 lg:mt-0">
                <h1 class="text-3xl font-semibold">{w.code_heading}</h1>
                <p class="text-night-ink-2 mt-2">{w.code_sent}<bdi class="ltr" dir="ltr">{ending}</bdi>". "<a href=back() class="font-medium underline underline-offset-4 text-night-ink">{w.code_change}</a></p>
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
            <div class="mt-auto lg:mt-0 grid gap-2.5 pt-8">
                <ButtonLink href=back() look=Look::Night size=Size::Large>{w.code_again}</ButtonLink>
                <p class="text-center text-xs text-night-ink-2 mt-1">{w.code_auto}</p>
            </div>
    }
}
