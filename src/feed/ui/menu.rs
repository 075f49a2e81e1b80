//! A post's menu: mend it, hide it, tell the committee, or take it down. Nested `<details>`, so it opens without scripts.
//! One form holds all of it and each button says where it goes: a board of twenty posts stays light.

use leptos::prelude::*;

use crate::feed::model::PostView;
use crate::feed::words::words;
use crate::ui::{Glyph, Hidden, Icon, lang};

#[component]
pub fn PostMenu(post: PostView, building: String) -> impl IntoView {
    let w = words(lang());
    let may_report = !post.mine;
    let id = post.post.to_string();
    (may_report || post.may_remove || post.may_edit).then(|| {
        let edit = post.may_edit.then(|| view! {
            <a class="flex items-center gap-2.5 min-h-11 px-2.5 rounded-sm hover:bg-hover text-md" href=format!("/b/{building}/posts/{id}?edit=1#edit")><Icon of=Glyph::PENCIL class="i-sm text-ink-3"/><span>{w.edit}</span></a>
        });
        let hide = may_report.then(|| view! { <Hide hidden=post.hidden/> });
        let report = may_report.then(|| view! { <Report/> });
        let remove = post.may_remove.then(|| view! { <Remove/> });
        view! {
            <details class="menu relative -me-1.5">
                <summary class="btn btn-ghost btn-icon btn-sm" aria-label=w.menu><Icon of=Glyph::ELLIPSIS/></summary>
                <form method="post" class="card-pop absolute z-10 end-0 mt-1 w-64 p-1.5 grid gap-0.5">
                    <Hidden name="building" value=building/>
                    <Hidden name="post" value=id/>
                    {edit}{hide}{report}{remove}
                </form>
            </details>
        }
    })
}

/// Not to see a post any more, or to see it again: for the reader alone, at once.
#[component]
fn Hide(hidden: bool) -> impl IntoView {
    let w = words(lang());
    view! {
        <button
            formaction="/call/feed/hide" name="on" value=if hidden { "false" } else { "true" }
            class="flex items-center gap-2.5 min-h-11 px-2.5 w-full rounded-sm hover:bg-hover text-md text-start"
        >
            <Icon of=Glyph::EYE_OFF class="i-sm text-ink-3"/><span>{if hidden { w.show_again } else { w.hide }}</span>
        </button>
    }
}

#[component]
fn Report() -> impl IntoView {
    let w = words(lang());
    let reasons = w.reasons.iter().map(|reason| {
        view! {
            <button class="btn btn-ghost btn-sm justify-start! text-start" formaction="/call/feed/report" name="reason" value=*reason><span>{*reason}</span></button>
        }
    });
    view! {
        <details>
            <summary class="flex items-center gap-2.5 min-h-11 px-2.5 rounded-sm hover:bg-hover text-md"><Icon of=Glyph::FLAG class="i-sm text-ink-3"/><span>{w.report}</span></summary>
            <div class="grid pb-1.5 ps-5">
                <p class="text-xs text-ink-3 px-3 pb-1">{w.report_why}</p>
                {reasons.collect_view()}
            </div>
        </details>
    }
}

#[component]
fn Remove() -> impl IntoView {
    let w = words(lang());
    view! {
        <details>
            <summary class="flex items-center gap-2.5 min-h-11 px-2.5 rounded-sm hover:bg-hover text-md text-bad-ink"><Icon of=Glyph::TRASH class="i-sm"/><span>{w.remove}</span></summary>
            <div class="grid gap-2 p-2.5">
                <p class="text-sm text-ink-2">{w.remove_why}</p>
                <button class="btn btn-danger btn-sm" formaction="/call/feed/remove"><span>{w.remove_go}</span></button>
            </div>
        </details>
    }
}
