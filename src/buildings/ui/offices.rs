//! Questions of the residents' page, as the page itself: the chair's with `?office=` and `?chair=`, and the flat of a
//! member with `?flat=`.

use kit::Role;
use leptos::prelude::*;

use crate::buildings::model::ResidentRow;
use crate::buildings::words::{Words, office_words};
use crate::ui::{Button, ButtonLink, Field, Glyph, Hidden, Icon, Look, Problems, Select, lang, replay};

/// Which office a member holds, with the way to hand the chair on.
#[component]
pub(super) fn Office(row: ResidentRow, building: String, w: &'static Words) -> impl IntoView {
    let o = office_words(lang());
    let typed = replay("buildings/set_role");
    let typed = if typed.is_about("membership", &row.membership.to_string()) { typed } else { replay("") };
    let back = format!("/b/{building}/committee/residents");
    let hand_over = format!("{back}?chair={}#chair", row.membership);
    let options = [Role::Resident, Role::Committee, Role::Treasurer].map(|role| (role.word().to_owned(), (o.office)(role).to_owned())).to_vec();
    view! {
        <section class="card overflow-hidden order-first scroll-mt-20" id="office" aria-labelledby="office-title">
            <h2 class="text-lg font-semibold p-4 lg:px-5 pb-0" id="office-title">{(o.title)(&row.name)}</h2>
            <form method="post" action="/call/buildings/set_role" class="p-4 lg:p-5 grid gap-4" novalidate>
                <Problems of=typed.clone() fields=vec![("role", o.label.to_owned())]/>
                <Hidden name="building" value=building/>
                <Hidden name="membership" value=row.membership.to_string()/>
                <Select name="role" label=o.label options=options value=typed.value("role", row.role.word()) hint=o.hint problem=typed.problem("role")/>
                <div class="grid grid-cols-2 gap-2.5">
                    <Button>{o.save}</Button>
                    <ButtonLink href=back>{w.remove_no}</ButtonLink>
                </div>
                <ButtonLink href=hand_over look=Look::Ghost>{o.hand_over}</ButtonLink>
            </form>
        </section>
    }
}

/// The question before the chair is handed on.
#[component]
pub(super) fn HandOver(row: ResidentRow, building: String, w: &'static Words) -> impl IntoView {
    let o = office_words(lang());
    let back = format!("/b/{building}/committee/residents");
    view! {
        <section class="card overflow-hidden order-first scroll-mt-20" id="chair" aria-labelledby="chair-title">
            <h2 class="text-lg font-semibold p-4 lg:px-5 pb-0" id="chair-title">{(o.chair_title)(&row.name)}</h2>
            <form method="post" action="/call/buildings/hand_over_chair" class="p-4 lg:p-5 grid gap-4">
                <div class="text-sm text-ink-2 grid gap-2">
                    {o.chair_facts.map(|fact| view! { <p class="flex gap-2"><Icon of=Glyph::CHECK class="i-sm mt-0.5 flex-none text-ink-3"/><span>{fact}</span></p> })}
                </div>
                <Hidden name="building" value=building/>
                <Hidden name="membership" value=row.membership.to_string()/>
                <div class="grid grid-cols-2 gap-2.5">
                    <Button>{o.chair_yes}</Button>
                    <ButtonLink href=back>{w.remove_no}</ButtonLink>
                </div>
            </form>
        </section>
    }
}

/// In which flat a member lives.
#[component]
pub(super) fn Settling(row: ResidentRow, building: String, w: &'static Words) -> impl IntoView {
    let o = office_words(lang());
    let typed = replay("buildings/settle");
    let typed = if typed.is_about("membership", &row.membership.to_string()) { typed } else { replay("") };
    let back = format!("/b/{building}/committee/residents");
    view! {
        <section class="card overflow-hidden order-first scroll-mt-20" id="settle" aria-labelledby="settle-title">
            <h2 class="text-lg font-semibold p-4 lg:px-5 pb-0" id="settle-title">{(o.flat_title)(&row.name)}</h2>
            <form method="post" action="/call/buildings/settle" class="p-4 lg:p-5 grid gap-4" novalidate>
                <Problems of=typed.clone() fields=vec![("flat", o.flat_label.to_owned())]/>
                <Hidden name="building" value=building/>
                <Hidden name="membership" value=row.membership.to_string()/>
                <Field name="flat" label=o.flat_label value=typed.value("flat", row.flat_number) hint=o.flat_hint problem=typed.problem("flat") class="num" maxlength=12/>
                <div class="grid grid-cols-2 gap-2.5">
                    <Button>{o.save}</Button>
                    <ButtonLink href=back>{w.remove_no}</ButtonLink>
                </div>
            </form>
        </section>
    }
}
