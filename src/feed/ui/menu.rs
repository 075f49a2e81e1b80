//! A post's menu: mend it, hide it, tell the committee, or take it down. Nested `<details>`, so it opens without scripts.

use leptos::prelude::*;

use crate::feed::model::PostView;
use crate::feed::words::words;
use crate::ui::{Button, Glyph, Hidden, Icon, Look, Size, lang};

#[component]
pub fn PostMenu(post: PostView, building: String) -> impl IntoView {
    let w = words(lang());
    let may_report = !post.mine;
    let id = post.post.to_string();
    (may_report || post.may_remove || post.may_edit).then(|| {
        let edit = post.may_edit.then(|| view! {
            <a class="flex items-center gap-2.5 min-h-11 px-2.5 rounded-sm hover:bg-hover text-md" href=format!("/b/{building}/posts/{id}?edit=1#edit")><Icon of=Glyph::PENCIL class="i-sm text-ink-3"/><span>{w.edit}</span></a>
        });
        let hide = may_report.then(|| view! { <Hide post=id.clone() building=building.clone() hidden=post.hidden/> });
        let report = may_report.then(|| view! { <Report post=id.clone() building=building.clone()/> });
        let remove = post.may_remove.then(|| view! { <Remove post=id.clone() building=building.clone()/> });
        view! {
            <details class="menu relative -me-1.5">
                <summary class="btn btn-ghost btn-icon btn-sm" aria-label=w.menu><Icon of=Glyph::ELLIPSIS/></summary>
                <div class="card-pop absolute z-10 end-0 mt-1 w-64 p-1.5 grid gap-0.5">{edit}{hide}{report}{remove}</div>
            </details>
        }
    })
}

/// Not to see a post any more, or to see it again: for the reader alone, at once.
#[component]
fn Hide(post: String, building: String, hidden: bool) -> impl IntoView {
    let w = words(lang());
    view! {
        <form method="post" action="/call/feed/hide">
            <Hidden name="building" value=building/>
            <Hidden name="post" value=post/>
            <Hidden name="on" value=(!hidden).to_string()/>
            <button class="flex items-center gap-2.5 min-h-11 px-2.5 w-full rounded-sm hover:bg-hover text-md text-start">
                <Icon of=Glyph::EYE_OFF class="i-sm text-ink-3"/><span>{if hidden { w.show_again } else { w.hide }}</span>
            </button>
        </form>
    }
}

#[component]
fn Report(post: String, building: String) -> impl IntoView {
    let w = words(lang());
    let reasons = w.reasons.iter().map(|reason| {
        view! {
            <button class="btn btn-ghost btn-sm justify-start! text-start" name="reason" value=*reason><span>{*reason}</span></button>
        }
    });
    view! {
        <details>
            <summary class="flex items-center gap-2.5 min-h-11 px-2.5 rounded-sm hover:bg-hover text-md"><Icon of=Glyph::FLAG class="i-sm text-ink-3"/><span>{w.report}</span></summary>
            <form method="post" action="/call/feed/report" class="grid pb-1.5 ps-5">
                <Hidden name="building" value=building/>
                <Hidden name="post" value=post/>
                <p class="text-xs text-ink-3 px-3 pb-1">{w.report_why}</p>
                {reasons.collect_view()}
            </form>
        </details>
    }
}

#[component]
fn Remove(post: String, building: String) -> impl IntoView {
    let w = words(lang());
    view! {
        <details>
            <summary class="flex items-center gap-2.5 min-h-11 px-2.5 rounded-sm hover:bg-hover text-md text-bad-ink"><Icon of=Glyph::TRASH class="i-sm"/><span>{w.remove}</span></summary>
            <form method="post" action="/call/feed/remove" class="grid gap-2 p-2.5">
                <Hidden name="building" value=building/>
                <Hidden name="post" value=post/>
                <p class="text-sm text-ink-2">{w.remove_why}</p>
                <Button look=Look::Danger size=Size::Small>{w.remove_go}</Button>
            </form>
        </details>
    }
}
