//! The ways in, composed for both sizes. On a phone the night with its building stands over the form; on a desk they are
//! the two halves of one page, as the hosted payment page is.

use leptos::prelude::*;

use super::art::Logo;
use super::context::lang;
use super::shells::{LangLink, PageTop};
use super::words::words;

/// A visitor's page with a form: signing in, joining. The children are the page's `<main>`; what it ends with (the
/// button) wears `ENTRANCE_FOOT`, so that it stays in reach of a thumb and simply follows the form on a desk.
#[component]
pub fn Entrance(
    /// The heading and what stands around it.
    #[prop(into)]
    hero: ViewFnOnce,
    /// The building.
    #[prop(into)]
    art: ViewFnOnce,
    children: Children,
) -> impl IntoView {
    view! {
        <PageTop/>
        <div class="mx-auto max-w-110 lg:max-w-none min-h-(--fill) flex flex-col lg:grid lg:grid-cols-2">
            <header class="on-night night rounded-t-none! lg:rounded-none! px-5 overflow-clip">
                <div class="pt-4 lg:pt-6 lg:sticky lg:top-0 lg:h-(--fill) lg:flex lg:flex-col lg:max-w-142 lg:mx-auto">
                    <div class="flex items-center justify-between">
                        <Brand/>
                        <LangLink night=true/>
                    </div>
                    <div class="flex gap-4 lg:gap-8 items-end mt-4 lg:mt-auto">
                        <div class="flex-1 min-w-0 pb-6 lg:pb-[16vh]">{hero.run()}</div>
                        {art.run()}
                    </div>
                </div>
            </header>
            <div class="flex-1 flex flex-col lg:w-full lg:max-w-120 lg:mx-auto lg:justify-center">{children()}</div>
        </div>
    }
}

/// How the last part of an `Entrance` is dressed.
pub const ENTRANCE_FOOT: &str =
    "sticky bottom-0 lg:static bg-canvas/94 lg:bg-transparent backdrop-blur-md lg:backdrop-blur-none px-5 pt-3 pb-5 grid gap-2.5 border-t border-line lg:border-0";

/// A page that is night from edge to edge: the code, the success. On a desk the building stands beside the words.
#[component]
pub fn NightPage(
    /// Across the top.
    #[prop(into)]
    bar: ViewFnOnce,
    /// The building, first on the page.
    #[prop(into)]
    art: ViewFnOnce,
    /// Under everything.
    #[prop(optional, into)]
    foot: ViewFnOnce,
    /// On a phone the words reach to the bottom of the screen; otherwise the building takes what is left.
    #[prop(optional)]
    tall: bool,
    children: Children,
) -> impl IntoView {
    view! {
        <PageTop/>
        <div class="on-night night rounded-none! min-h-(--fill)">
            <div class="mx-auto max-w-110 lg:max-w-240 min-h-(--fill) flex flex-col px-6 pt-4 pb-5 lg:pt-6">
                <header class="flex items-center justify-between">{bar.run()}</header>
                <main id="main" tabindex="-1" class="flex-1 flex flex-col lg:grid lg:grid-cols-[minmax(0,1fr)_26rem] lg:gap-14 lg:items-center">
                    {art.run()}
                    <div class=if tall { "flex-1 flex flex-col" } else { "flex flex-col" }>{children()}</div>
                </main>
                {foot.run()}
            </div>
        </div>
    }
}

/// The mark and the name: the way to the front page.
#[component]
pub fn Brand() -> impl IntoView {
    view! { <a href="/" class="flex items-center gap-2 font-semibold min-h-11 w-fit"><Logo size=30/>{words(lang()).brand}</a> }
}
