//! `/b/:slug/committee/company`: the chair gives the building to a company, or takes it back.

use leptos::prelude::*;

use crate::companies::calls;
use crate::companies::model::BuildingCompany;
use crate::companies::words::{Words, words};
use crate::ui::{Act, Button, Card, Field, Glyph, Hidden, Icon, Load, Look, NoIndex, PageTitle, PlainShell, Problems, lang, param, replay};

#[component]
pub fn BuildingCompanyPage() -> impl IntoView {
    let slug = param("slug");
    view! { <Load future=move || calls::read_building_company(slug) view=|page: BuildingCompany| view! { <Whole page=page/> }/> }
}

#[component]
fn Whole(page: BuildingCompany) -> impl IntoView {
    let w = words(lang());
    let slug = page.slug.clone();
    view! {
        <PageTitle text=format!("{} · {}", w.building_title, page.building)/>
        <NoIndex/>
        <PlainShell back=format!("/b/{slug}/committee")>
            <div class="grid gap-5">
                <div>
                    <h1 class="text-2xl font-semibold">{w.building_title}</h1>
                    <p class="text-sm text-ink-3 mt-1"><bdi>{page.building}</bdi></p>
                </div>
                {match page.company {
                    Some(company) => view! { <Given company=company since=page.since_label slug=slug w=w/> }.into_any(),
                    None => view! { <Giving slug=slug w=w/> }.into_any(),
                }}
                <Card title=w.may_title>
                    <ul class="grid gap-2 text-sm text-ink-2">
                        {w.may.map(|fact| view! { <li class="flex gap-2"><Icon of=Glyph::CHECK class="i-sm mt-0.5 flex-none text-ink-3"/><span>{fact}</span></li> })}
                    </ul>
                </Card>
            </div>
        </PlainShell>
    }
}

#[component]
fn Given(company: String, since: String, slug: String, w: &'static Words) -> impl IntoView {
    view! {
        <Card>
            <div class="grid gap-4">
                <Problems of=replay("companies/grant") fields=vec![]/>
                <div>
                    <p class="text-sm text-ink-3">{w.given_to}</p>
                    <p class="text-lg font-semibold"><bdi>{company}</bdi></p>
                    <p class="text-sm text-ink-2 mt-0.5">{(w.since)(&since)}</p>
                </div>
                <Act action="/call/companies/withdraw" fields=vec![("building", slug)] text=w.withdraw look=Look::DangerSoft class="w-full"/>
            </div>
        </Card>
    }
}

#[component]
fn Giving(slug: String, w: &'static Words) -> impl IntoView {
    let typed = replay("companies/grant");
    view! {
        <Card>
            <form method="post" action="/call/companies/grant" class="grid gap-4" novalidate>
                <Problems of=typed.clone() fields=vec![("code", w.code.to_owned())]/>
                <p class="text-sm text-ink-2">{w.give_lead}</p>
                <Hidden name="building" value=slug/>
                <Field name="code" label=w.code value=typed.value("code", "") hint=w.give_hint problem=typed.problem("code")/>
                <Button look=Look::Primary>{w.give}</Button>
            </form>
        </Card>
    }
}
