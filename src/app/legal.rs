//! The three texts every page links to.

use leptos::prelude::*;

use super::texts::{self, Text};
use super::words::words;
use crate::ui::{PageTitle, PlainShell, lang};

#[component]
pub fn AccessibilityPage() -> impl IntoView {
    view! { <Shown text=texts::accessibility(lang())/> }
}

#[component]
pub fn PrivacyPage() -> impl IntoView {
    view! { <Shown text=texts::privacy(lang())/> }
}

#[component]
pub fn TermsPage() -> impl IntoView {
    view! { <Shown text=texts::terms(lang())/> }
}

#[component]
fn Shown(text: &'static Text) -> impl IntoView {
    let sections = text.sections.iter().map(|section| {
        view! {
            <section>
                <h2 class="text-lg font-semibold">{section.title}</h2>
                {section.body.iter().map(|paragraph| view! { <p class="text-ink-2 mt-2">{*paragraph}</p> }).collect_view()}
                {(!section.points.is_empty()).then(|| view! {
                    <ul class="text-ink-2 mt-2 grid gap-1.5 list-disc ps-5">
                        {section.points.iter().map(|point| view! { <li>{*point}</li> }).collect_view()}
                    </ul>
                })}
            </section>
        }
    });
    view! {
        <PageTitle text=text.title/>
        <PlainShell wide=true>
            <article class="grid gap-7 max-w-165">
                <header><h1 class="text-3xl font-semibold">{text.title}</h1><p class="text-sm text-ink-3 mt-1">{words(lang()).updated}</p></header>
                {sections.collect_view()}
                {text.contact.map(|(before, address)| view! {
                    <p class="text-ink-2">{before}" "<a class="link underline" href=format!("mailto:{address}")><bdi class="ltr">{address}</bdi></a></p>
                })}
            </article>
        </PlainShell>
    }
}
