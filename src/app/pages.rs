//! Small pages of the frame itself.

use kit::{AppError, Code};
use leptos::either::Either;
use leptos::prelude::*;

use crate::ui::{self, ButtonLink, Glyph, Look, PageTitle, PageTop, Problem, Size, StillPage, lang, set_status};

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
        <StillPage lit=Some(4) title=kit.offline_title body=kit.offline_body>
            // The service worker shows this page at the address that was asked for: an empty link asks for it again.
            <ButtonLink href="" look=Look::Primary size=Size::Large glyph=Glyph::REFRESH_CW>{kit.retry}</ButtonLink>
            <ButtonLink href="/home" size=Size::Large glyph=Glyph::HOUSE>{kit.my_building}</ButtonLink>
        </StillPage>
    }
}

/// `/ui`: the kit, in the sandbox only.
#[component]
pub fn KitPage() -> impl IntoView {
    if ui::is_demo() { Either::Left(view! { <ui::gallery::GalleryPage/> }) } else { Either::Right(view! { <NotFound/> }) }
}
