//! `/`: what the house is, for whom, what it costs.

use kit::Money as Amount;
use leptos::prelude::*;

use super::street::Street;
use super::words::{Audience, Words, words};
use crate::ui::{self, ButtonLink, Facade, Glyph, Icon, LangLink, Logo, Look, Money, PageTitle, PageTop, Size, lang};

/// The price of a flat's month, as everywhere in the house.
const MONTH: Amount = Amount::usd(300);
const WIDE: &str = "max-w-300 mx-auto px-5 lg:px-8";

#[component]
pub fn LandingPage() -> impl IntoView {
    let w = words(lang());
    view! {
        <PageTitle text=w.title/>
        <PageTop/>
        <div class="relative">
        <Top w=w/>
        <main id="main" tabindex="-1">
            <Hero w=w/>
            <How w=w/>
            <Audiences w=w/>
            <Trust w=w/>
            <Prices w=w/>
            <Questions w=w/>
            <section class=[WIDE, " pb-12 lg:pb-16"].concat()>
                <div class="rounded-xl bg-lamp-soft p-6 lg:p-10 flex flex-wrap items-center gap-5">
                    <div class="flex-1 min-w-60"><h2 class="text-2xl font-semibold">{w.last_title}</h2><p class="text-ink-2 mt-1">{w.last_body}</p></div>
                    <ButtonLink href="/open" look=Look::Primary size=Size::Large class="max-sm:w-full">{w.open}</ButtonLink>
                </div>
            </section>
        </main>
        </div>
        <Foot/>
    }
}

/// The bar over the hero's night.
#[component]
fn Top(w: &'static Words) -> impl IntoView {
    let kit = ui::words(lang());
    view! {
        <header class="absolute inset-x-0 top-0 z-10 on-night text-night-ink">
            <div class=[WIDE, " h-17 flex items-center gap-6"].concat()>
                <a href="/" class="flex items-center gap-2.5 font-bold text-lg"><Logo size=34/>{kit.brand}</a>
                <nav class="hidden lg:flex gap-7 text-md text-night-ink-2 ms-6" aria-label=kit.main_nav>
                    <a href="#who" class="hover:text-night-ink">{w.nav_residents}</a>
                    <a href="#price" class="hover:text-night-ink">{w.nav_price}</a>
                    <a href="#trust" class="hover:text-night-ink">{w.nav_trust}</a>
                </nav>
                <div class="ms-auto flex gap-2">
                    <LangLink night=true/>
                    <ButtonLink href="/signin" look=Look::Night size=Size::Small>{w.sign_in}</ButtonLink>
                </div>
            </div>
        </header>
    }
}

#[component]
fn Hero(w: &'static Words) -> impl IntoView {
    view! {
        <section class="on-night night rounded-none! pt-17">
            <div class=[WIDE, " pt-8 lg:pt-14 grid lg:grid-cols-[1fr_1.05fr] gap-8 lg:gap-12 items-end"].concat()>
                <div class="lg:pb-20">
                    <h1 class="text-4xl lg:text-[4rem] lg:leading-[4.25rem] font-bold">{w.hero[0]}<br/>{w.hero[1]}</h1>
                    <p class="text-lg lg:text-xl font-normal text-night-ink-2 mt-4 max-w-115">{w.hero_body}</p>
                    <div class="flex flex-wrap gap-3 mt-7">
                        <ButtonLink href="/open" look=Look::Lamp size=Size::Large after=Glyph::ARROW_RIGHT class="max-sm:w-full">{w.open_long}</ButtonLink>
                        <ButtonLink href="#how" look=Look::Night size=Size::Large class="max-sm:w-full">{w.how}</ButtonLink>
                    </div>
                    <p class="text-sm text-night-ink-2 mt-4 flex items-center gap-2">
                        <Icon of=Glyph::USERS class="i-sm"/><span><Money of=MONTH/>" "{w.hero_price}</span>
                    </p>
                </div>
                <div class="max-lg:pt-2"><Street/></div>
            </div>
        </section>
    }
}

#[component]
fn How(w: &'static Words) -> impl IntoView {
    let steps = w.how_steps.iter().enumerate().map(|(index, (title, body))| {
        view! {
            <li class="flex lg:flex-col gap-4 lg:gap-3">
                <span class="grid place-items-center w-10 h-12 rounded-sm bg-lamp text-on-lamp font-semibold num flex-none" aria-hidden="true">{index + 1}</span>
                <div><h3 class="text-lg font-semibold">{*title}</h3><p class="text-ink-2 mt-1">{*body}</p></div>
            </li>
        }
    });
    view! {
        <section id="how" class=[WIDE, " pt-12 lg:pt-20"].concat()>
            <h2 class="text-2xl lg:text-3xl font-semibold">{w.how_title}</h2>
            <ol class="grid lg:grid-cols-3 gap-6 lg:gap-10 mt-6">{steps.collect_view()}</ol>
        </section>
    }
}

#[component]
fn Audiences(w: &'static Words) -> impl IntoView {
    view! {
        <section id="who" class=[WIDE, " py-12 lg:py-20"].concat()>
            <h2 class="text-2xl lg:text-3xl font-semibold">{w.who_title}</h2>
            <div class="grid lg:grid-cols-2 gap-4 lg:gap-5 mt-6">
                <AudienceCard of=&w.residents glyph=Glyph::HOUSE tint="bg-t1 text-t1-ink"/>
                <AudienceCard of=&w.committee glyph=Glyph::LANDMARK tint="bg-t2 text-t2-ink"/>
            </div>
        </section>
    }
}

#[component]
fn AudienceCard(of: &'static Audience, glyph: Glyph, tint: &'static str) -> impl IntoView {
    view! {
        <article class="card p-5 lg:p-7 flex flex-col">
            <div class="flex items-center gap-3">
                <span class=["grid place-items-center size-12 rounded-md flex-none ", tint].concat()><Icon of=glyph class="i-lg"/></span>
                <h3 class="text-xl font-semibold flex-1">{of.title}</h3>
            </div>
            <p class="text-ink-2 mt-3">{of.body}</p>
            <ul class="mt-4 grid gap-2.5 text-md">
                {of.points.iter().map(|point| view! {
                    <li class="flex gap-2.5"><Icon of=Glyph::CHECK class="i-sm text-brand mt-1 flex-none"/><span>{*point}</span></li>
                }).collect_view()}
            </ul>
        </article>
    }
}

#[component]
fn Trust(w: &'static Words) -> impl IntoView {
    let glyphs = [Glyph::SHIELD_CHECK, Glyph::LOCK, Glyph::SMARTPHONE, Glyph::ACCESSIBILITY];
    let points = w.trust.iter().zip(glyphs).map(|((title, body), glyph)| {
        view! {
            <li class="flex gap-3.5">
                <span class="grid place-items-center size-10 rounded-md bg-brand-soft text-brand-ink flex-none"><Icon of=glyph/></span>
                <div><h3 class="font-medium text-base">{*title}</h3><p class="text-sm text-ink-2">{*body}</p></div>
            </li>
        }
    });
    view! {
        <section id="trust" class="bg-surface border-y border-line">
            <div class=[WIDE, " py-12 lg:py-18 grid lg:grid-cols-[1fr_1.15fr] gap-8 lg:gap-14 items-center"].concat()>
                <div>
                    <h2 class="text-2xl lg:text-3xl font-semibold">{w.trust_title}</h2>
                    <p class="text-ink-2 mt-3">{w.trust_body}</p>
                    <ul class="grid gap-3.5 mt-6">{points.collect_view()}</ul>
                </div>
                <figure class="on-night night p-6 lg:p-8 flex items-end gap-6">
                    <div class="flex-1 min-w-0 self-start">
                        <p class="text-sm text-night-ink-2">{w.sample_title}</p>
                        <p class="text-2xl lg:text-3xl font-semibold mt-1">{w.sample_count}</p>
                        <figcaption class="text-xs text-night-ink-2 mt-3 max-w-64">{w.sample_note}</figcaption>
                    </div>
                    <Facade floors=sample() label=w.sample_label numbers=true/>
                </figure>
            </div>
        </section>
    }
}

/// The sample building: 32 flats on 8 floors, five of them dark.
fn sample() -> Vec<Vec<(String, &'static str)>> {
    (0..8u32)
        .rev()
        .map(|floor| {
            (1..=4u32)
                .map(|place| {
                    let number = floor * 4 + place;
                    let state = match number {
                        3 | 11 | 18 | 22 | 30 => "off",
                        14 => "you",
                        _ => "dim",
                    };
                    (number.to_string(), state)
                })
                .collect()
        })
        .collect()
}

#[component]
fn Prices(w: &'static Words) -> impl IntoView {
    view! {
        <section id="price" class=[WIDE, " py-12 lg:py-20"].concat()>
            <h2 class="text-2xl lg:text-3xl font-semibold">{w.price_title}</h2>
            <div class="grid lg:grid-cols-2 gap-4 lg:gap-5 mt-6">
                <article class="card p-6 lg:p-7 flex flex-col">
                    <div class="flex items-center gap-2.5"><span class="lamp-dot"></span><h3 class="font-semibold text-lg">{w.price_flat}</h3></div>
                    <p class="mt-3 flex items-baseline gap-2"><Money of=MONTH class="text-4xl font-bold"/><span class="text-ink-2">{w.price_month}</span></p>
                    <p class="text-ink-2 mt-2">{w.price_flat_body}</p>
                    <div class="mt-6"><ButtonLink href="/signin" look=Look::Soft size=Size::Large class="w-full">{w.price_flat_go}</ButtonLink></div>
                </article>
                <article class="card p-6 lg:p-7 flex flex-col">
                    <h3 class="font-semibold text-lg">{w.price_committee}</h3>
                    <p class="mt-3 text-4xl font-bold">{w.price_free}</p>
                    <p class="text-ink-2 mt-2">{w.price_committee_body}</p>
                    <div class="mt-6"><ButtonLink href="/open" size=Size::Large class="w-full">{w.open}</ButtonLink></div>
                </article>
            </div>
        </section>
    }
}

#[component]
fn Questions(w: &'static Words) -> impl IntoView {
    let items = w.questions.iter().enumerate().map(|(index, (question, answer))| {
        view! {
            <details class="py-1 group" open=index == 0>
                <summary class="flex items-center gap-3 min-h-13 font-medium text-base">
                    <span class="flex-1">{*question}</span>
                    <Icon of=Glyph::CHEVRON_DOWN class="text-ink-3 transition-transform group-open:rotate-180"/>
                </summary>
                <p class="text-ink-2 pb-4 max-w-150">{*answer}</p>
            </details>
        }
    });
    view! {
        <section class=[WIDE, " pb-12 lg:pb-20 grid lg:grid-cols-[1fr_1.6fr] gap-6"].concat()>
            <h2 class="text-2xl lg:text-3xl font-semibold">{w.questions_title}</h2>
            <div class="rows">{items.collect_view()}</div>
        </section>
    }
}

#[component]
fn Foot() -> impl IntoView {
    let kit = ui::words(lang());
    view! {
        <footer class="border-t border-line">
            <div class=[WIDE, " py-7 flex flex-wrap gap-x-6 gap-y-3 text-sm text-ink-2 items-center"].concat()>
                <span class="font-semibold text-ink flex items-center gap-2"><Logo size=26/>{kit.brand}</span>
                <a href="/terms" class="min-h-6 hover:underline underline-offset-4">{kit.terms}</a>
                <a href="/privacy" class="min-h-6 hover:underline underline-offset-4">{kit.privacy}</a>
                <a href="/accessibility" class="min-h-6 hover:underline underline-offset-4">{kit.accessibility}</a>
                <span class="lg:ms-auto"><ui::ThemeSwitch/></span>
            </div>
        </footer>
    }
}
