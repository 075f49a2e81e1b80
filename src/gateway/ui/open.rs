//! `/partners/open`: whoever is signed in opens a partner, and finds his own.

use leptos::prelude::*;

use super::log::Notices;
use crate::gateway::calls;
use crate::gateway::model::{OwnPartner, PartnerKind, PartnerOpening};
use crate::gateway::words::words;
use crate::ui::{AvatarIcon, Button, Field, Glyph, Icon, Load, Look, NoIndex, PageTitle, PlainShell, Problems, Row, Select, Size, lang, replay};

#[component]
pub fn OpenPartnerPage() -> impl IntoView {
    view! { <Load future=calls::read_opening view=|page: PartnerOpening| view! { <Opening page=page/> }/> }
}

#[component]
fn Opening(page: PartnerOpening) -> impl IntoView {
    let w = words(lang());
    let typed = replay("gateway/open");
    let kinds = PartnerKind::ALL.map(|kind| (kind.word().to_owned(), (w.kind)(kind).to_owned())).to_vec();
    let told = page.partners.iter().map(|own| view! { <Notices rows=own.notices.clone() code=own.partner.code.clone() w=w/> }).collect_view();
    let own = page.partners.into_iter().map(|OwnPartner { partner, .. }| {
        view! {
            <Row
                title=partner.name meta=(w.kind)(partner.kind) href=format!("/partners/{}", partner.code) leading=|| view! { <AvatarIcon of=Glyph::STORE tone=5/> }
                trailing=|| view! { <span class="text-ink-3"><Icon of=Glyph::ARROW_RIGHT class="i-sm flip"/></span> }
            />
        }
    });
    let own: Vec<_> = own.collect();
    let has_own = !own.is_empty();
    view! {
        <PageTitle text=w.open_title/>
        <NoIndex/>
        <PlainShell back="/home?stay=1".to_owned()>
            <h1 class="text-2xl font-semibold">{w.open_title}</h1>
            <p class="text-ink-2 mt-1">{w.open_lead}</p>
            <div class="grid gap-3 mt-5 empty:hidden">{told}</div>
            {has_own.then(|| view! {
                <section class="card overflow-hidden mt-5">
                    <h2 class="text-lg font-semibold p-4 pb-1">{w.own}</h2>
                    <div class="rows">{own}</div>
                </section>
            })}
            <form method="post" action="/call/gateway/open" class="card p-4 lg:p-5 grid gap-4 mt-5" novalidate>
                <Problems of=typed.clone() fields=vec![("name", w.name.to_owned()), ("kind", w.kind_label.to_owned())]/>
                <Field name="name" label=w.name value=typed.value("name", "") hint=w.name_hint problem=typed.problem("name") autocomplete="organization"/>
                <Select name="kind" label=w.kind_label options=kinds value=typed.value("kind", PartnerKind::Developer.word()) problem=typed.problem("kind")/>
                <Button look=Look::Primary size=Size::Large class="w-full">{w.open}</Button>
            </form>
            <p class="mt-4 text-center"><a class="link" href="/developers">{w.docs}</a></p>
        </PlainShell>
    }
}
