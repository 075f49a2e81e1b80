//! What stands beside or above the posts: what is due, what is new, who waits for the reader, and the coming week.

use kit::JoinId;
use leptos::prelude::*;

use crate::feed::model::{FirstScreen, Membership, Newcomer, PostView, WeekEvent};
use crate::feed::words::words;
use crate::ui::{Button, ButtonLink, Glyph, Hidden, Icon, Look, Money, Sentence, Size, lang};

/// What is due and what is new, in one night card.
#[component]
pub fn Today(first: FirstScreen) -> impl IntoView {
    let w = words(lang());
    view! {
        <section class="on-night night p-5">
            {first.membership.map(|membership| view! { <div class="mb-3 pb-3 border-b border-white/12"><FlatMembership of=membership/></div> })}
            <p class="text-sm text-night-ink-2 flex items-center gap-2">
                <span class={if first.new_posts > 0 { "lamp-dot" } else { "dot" }}></span>
                <span>{(w.new_posts)(first.new_posts)}</span>
            </p>
        </section>
    }
}

/// The flat's membership: when it is charged next, or that a charge did not go through and where to pay it.
#[component]
fn FlatMembership(of: Membership) -> impl IntoView {
    let w = words(lang());
    match of {
        Membership::Next { amount, day, date } => view! {
            <div class="flex items-center gap-3">
                <span class="text-lamp"><Icon of=Glyph::CIRCLE_CHECK class="i-lg"/></span>
                <div>
                    <h2 class="font-semibold text-lg">{w.paid_title}</h2>
                    <p class="text-sm text-night-ink-2">{w.next_charge[0]}<Money of=amount/>{w.next_charge[1]}<time datetime=date>{day}</time>{w.next_charge[2]}</p>
                </div>
            </div>
        }
        .into_any(),
        Membership::Late { amount, pay_at } => view! {
            <div>
                <h2 class="font-semibold text-lg">{w.late_title}</h2>
                <p class="text-sm text-night-ink-2 mt-1">{w.late_body[0]}<Money of=amount/>{w.late_body[1]}</p>
                {pay_at.map(|href| view! { <p class="mt-3"><ButtonLink href=href look=Look::Lamp size=Size::Small>{w.late_go}</ButtonLink></p> })}
            </div>
        }
        .into_any(),
        Membership::Ends { day, date } => view! {
            <div><h2 class="font-semibold text-lg">{w.ends_title}</h2><p class="text-sm text-night-ink-2">{w.ends_body}<time datetime=date>{day}</time>"."</p></div>
        }
        .into_any(),
    }
}

/// Events of the coming seven days.
#[component]
pub fn Week(building: String, events: Vec<WeekEvent>) -> impl IntoView {
    let w = words(lang());
    let empty = events.is_empty();
    let rows = events.into_iter().map(|event| view! {
        <li>
            <a href=format!("/b/{building}/posts/{}", event.post) class="flex gap-3 items-center rounded-md hover:bg-hover -mx-2 px-2 py-1.5">
                <span class="grid place-content-center text-center size-12 rounded-md bg-sunken flex-none leading-tight">
                    <span class="font-semibold num">{event.day}</span><span class="text-2xs text-ink-2">{event.weekday}</span>
                </span>
                <span class="flex-1 min-w-0"><span class="block font-medium truncate"><bdi>{event.title}</bdi></span><bdi class="ltr text-ink-3 text-xs">{event.time}</bdi></span>
            </a>
        </li>
    });
    view! {
        <section class="card p-4 lg:p-5">
            <h2 class="font-semibold">{w.this_week}</h2>
            {if empty {
                view! { <p class="text-sm text-ink-3 mt-2">{w.quiet_week}</p> }.into_any()
            } else {
                view! { <ul class="mt-2 grid gap-1 text-sm">{rows.collect_view()}</ul> }.into_any()
            }}
        </section>
    }
}

/// A notice that stays on top.
#[component]
pub fn Pinned(building: String, post: PostView) -> impl IntoView {
    let here = format!("/b/{building}/posts/{}", post.post);
    let (title, body) = match post.title {
        Some(title) => (title, Some(post.body)),
        None => (post.body, None),
    };
    view! {
        <article class="rounded-lg bg-info-soft p-4 flex gap-3" id=format!("post-{}", post.post)>
            <span class="text-info-ink flex-none mt-0.5"><Icon of=Glyph::PIN/></span>
            <div class="flex-1 min-w-0">
                <h2 class="font-semibold text-info-ink text-base break-words" dir="auto"><a href=here class="hover:underline underline-offset-4"><Sentence text=title/></a></h2>
                {body.map(|body| view! { <p class="text-sm text-ink-2 mt-0.5 said line-clamp-4" dir="auto"><Sentence text=body/></p> })}
                <p class="text-xs text-ink-2 mt-1.5">{post.author_place}" · "<time datetime=post.when>{post.when_label}</time></p>
            </div>
        </article>
    }
}

/// Somebody of the reader's own flat waits for a yes.
#[component]
pub fn WaitingFlatmate(building: String, join: JoinId, name: String) -> impl IntoView {
    let w = words(lang());
    let [before, name] = (w.waiting_title)(&name);
    let answer = |yes: bool| {
        let (look, text) = if yes { (Look::Soft, w.yes) } else { (Look::Plain, w.no) };
        view! {
            <form method="post" action="/call/joining/answer">
                <Hidden name="building" value=building.clone()/>
                <Hidden name="join" value=join.to_string()/>
                <Hidden name="yes" value=yes.to_string()/>
                <Button look=look size=Size::Small>{text}</Button>
            </form>
        }
    };
    view! {
        <section class="card p-4 flex gap-3 ring-2 ring-lamp">
            <span class="grid place-items-center size-10 rounded-md bg-lamp-soft text-lamp-ink flex-none"><Icon of=Glyph::USER_PLUS/></span>
            <div class="flex-1 min-w-0">
                <h2 class="font-semibold text-base">{before}<bdi>{name}</bdi></h2>
                <p class="text-sm text-ink-2 mt-0.5">{w.waiting_body}</p>
                <div class="flex gap-2 mt-3">{answer(true)}{answer(false)}</div>
            </div>
        </section>
    }
}

/// Neighbours whom nobody confirmed yet: whoever knows them says so, and may take it back.
#[component]
pub fn Newcomers(building: String, of: Vec<Newcomer>) -> impl IntoView {
    let w = words(lang());
    let rows = of.into_iter().map(|one| {
        let (parts, look, text) = if one.vouched { (w.known, Look::Ghost, w.known_undo) } else { (w.know, Look::Soft, w.know_yes) };
        view! {
            <li class="flex items-center gap-3 py-2">
                <p class="flex-1 min-w-0 text-sm">{parts[0]}<bdi class="font-medium">{one.name}</bdi>{parts[1]}<bdi>{one.flat_number}</bdi>{parts[2]}</p>
                <form method="post" action="/call/buildings/vouch" class="flex-none">
                    <Hidden name="building" value=building.clone()/>
                    <Hidden name="membership" value=one.membership.to_string()/>
                    <Hidden name="yes" value=(!one.vouched).to_string()/>
                    <Button look=look size=Size::Small>{text}</Button>
                </form>
            </li>
        }
    });
    view! {
        <section class="card p-4" aria-labelledby="newcomers">
            <h2 class="font-semibold text-base" id="newcomers">{w.newcomers}</h2>
            <p class="text-xs text-ink-3 mt-0.5">{w.newcomers_why}</p>
            <ul class="rows mt-1">{rows.collect_view()}</ul>
        </section>
    }
}
