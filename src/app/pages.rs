//! Small pages of the frame itself.

use kit::{AppError, Code};
use leptos::either::Either;
use leptos::prelude::*;

use crate::ui::{self, ButtonLink, Glyph, Logo, Look, NightHouse, PageTitle, PageTop, Problem, Size, lang, set_status};

/// Nobody lives here.
#[component]
pub fn NotFound() -> impl IntoView {
    set_status(404);
    view! {
        <PageTop/>
        <Problem error=AppError::new(Code::NotFound, "")/>
    }
}

/// `/offline`: kept by the service worker for when the network is away.
#[component]
pub fn OfflinePage() -> impl IntoView {
    let kit = ui::words(lang());
    view! {
        <PageTitle text=kit.offline_title/>
        <ui::NoIndex/>
        <PageTop/>
        <main id="main" tabindex="-1" class="mx-auto max-w-110 min-h-dvh flex flex-col px-6 pt-4 pb-7">
            <a href="/" class="flex items-center gap-2 font-semibold w-fit min-h-11"><Logo size=30/>{kit.brand}</a>
            <div class="flex-1 grid place-content-center justify-items-center text-center py-8">
                <NightHouse lit=Some(4)/>
                <h1 class="text-2xl font-semibold mt-6">{kit.offline_title}</h1>
                <p class="text-ink-2 mt-2.5 max-w-80">{kit.offline_body}</p>
            </div>
            <div class="grid gap-2.5">
                // The service worker shows this page at the address that was asked for: an empty link asks for it again.
                <ButtonLink href="" look=Look::Primary size=Size::Large glyph=Glyph::REFRESH_CW>{kit.retry}</ButtonLink>
                <ButtonLink href="/home" size=Size::Large glyph=Glyph::HOUSE>{kit.my_building}</ButtonLink>
            </div>
        </main>
    }
}

/// `/ui`: the kit, in the sandbox only.
#[component]
pub fn KitPage() -> impl IntoView {
    if ui::is_demo() { Either::Left(view! { <ui::gallery::GalleryPage/> }) } else { Either::Right(view! { <NotFound/> }) }
}
