//! `/companies/open` and `/companies/:company`: a company, its staff, and the buildings it was given.

use leptos::prelude::*;

use crate::companies::calls;
use crate::companies::model::{Company, CompanyOpening, Post, StaffRow};
use crate::companies::words::{Words, words};
use crate::ui::{
    Avatar, AvatarIcon, Button, Card, Chip, Field, Glyph, Hidden, Icon, Load, Look, Ltr, NoIndex, PageTitle, PhoneField, PlainShell, Problems, Row, Select, Size, lang, param,
    replay,
};

#[component]
pub fn OpenCompanyPage() -> impl IntoView {
    view! { <Load future=calls::read_opening view=|page: CompanyOpening| view! { <Opening page=page/> }/> }
}

#[component]
fn Opening(page: CompanyOpening) -> impl IntoView {
    let w = words(lang());
    let typed = replay("companies/open");
    view! {
        <PageTitle text=w.open_title/>
        <NoIndex/>
        <PlainShell back="/home?stay=1".to_owned()>
            <h1 class="text-2xl font-semibold">{w.open_title}</h1>
            <p class="text-ink-2 mt-1">{w.open_lead}</p>
            <form method="post" action="/call/companies/open" class="card p-4 lg:p-5 grid gap-4 mt-5" novalidate>
                <Problems of=typed.clone() fields=vec![("company_name", w.company_name.to_owned()), ("name", w.own_name.to_owned())]/>
                <Field name="company_name" label=w.company_name value=typed.value("company_name", "") problem=typed.problem("company_name") autocomplete="organization"/>
                <Field name="name" label=w.own_name value=typed.value("name", page.name) hint=w.own_name_hint problem=typed.problem("name") autocomplete="name"/>
                <Button look=Look::Primary size=Size::Large class="w-full">{w.open}</Button>
            </form>
        </PlainShell>
    }
}

#[component]
pub fn CompanyPage() -> impl IntoView {
    let company = param("company");
    view! { <Load future=move || calls::read_company(company) view=|page: Company| view! { <Whole page=page/> }/> }
}

#[component]
fn Whole(page: Company) -> impl IntoView {
    let w = words(lang());
    let code = page.code.clone();
    let (owns, adding) = (page.owns, page.code.clone());
    let staff = page.staff.into_iter().map(|row| view! { <Member row=row company=code.clone() owns=owns w=w/> }).collect_view();
    let none = page.buildings.is_empty();
    let buildings = page.buildings.into_iter().map(|building| {
        let href = format!("/b/{}", building.slug);
        view! {
            <Row
                title=building.name href=href leading=|| view! { <AvatarIcon of=Glyph::BUILDING tone=2/> }
                trailing=|| view! { <span class="text-ink-3"><Icon of=Glyph::ARROW_RIGHT class="i-sm flip"/></span> }
            />
        }
    });
    let buildings = buildings.collect_view();
    view! {
        <PageTitle text=page.name.clone()/>
        <NoIndex/>
        <PlainShell back="/home?stay=1".to_owned()>
            <div class="grid gap-5">
                <div>
                    <h1 class="text-2xl font-semibold"><bdi>{page.name}</bdi></h1>
                    <p class="text-sm text-ink-3 mt-1">{w.company}</p>
                </div>
                <Problems of=replay("companies/end_staff") fields=vec![]/>
                <Card title=w.code>
                    <p class="text-2xl font-semibold"><Ltr text=page.code.clone() class="mono"/></p>
                    <p class="text-sm text-ink-2 mt-1">{w.code_hint}</p>
                </Card>
                <section class="card overflow-hidden" id="buildings">
                    <h2 class="text-lg font-semibold p-4 pb-1">{w.buildings}</h2>
                    {if none { view! { <p class="text-sm text-ink-2 px-4 pb-4">{w.no_buildings}</p> }.into_any() } else { view! { <div class="rows">{buildings}</div> }.into_any() }}
                </section>
                <section class="card overflow-hidden" id="staff">
                    <h2 class="text-lg font-semibold p-4 pb-1">{w.staff}</h2>
                    <ul class="rows">{staff}</ul>
                </section>
                {owns.then(|| view! { <Adding company=adding w=w/> })}
            </div>
        </PlainShell>
    }
}

#[component]
fn Member(row: StaffRow, company: String, owns: bool, w: &'static Words) -> impl IntoView {
    let end = (owns && !row.is_me).then(|| {
        view! {
            <form method="post" action="/call/companies/end_staff">
                <Hidden name="company" value=company/>
                <Hidden name="staff" value=row.staff.clone()/>
                <Button size=Size::Small label=format!("{}: {}", w.end, row.name)>{w.end}</Button>
            </form>
        }
    });
    let phone = (!row.phone.is_empty()).then(|| view! { " · "<Ltr text=row.phone.clone() class="num"/> });
    view! {
        <li class="flex items-center gap-3 p-4">
            <Avatar name=row.name.clone() tone=3/>
            <div class="flex-1 min-w-0">
                <p class="text-md font-medium truncate"><bdi>{row.name.clone()}</bdi></p>
                <p class="text-sm text-ink-3">{(w.post)(row.post)}{phone}</p>
            </div>
            {row.is_me.then(|| view! { <Chip text=w.me/> })}
            {end}
        </li>
    }
}

#[component]
fn Adding(company: String, w: &'static Words) -> impl IntoView {
    let typed = replay("companies/add_staff");
    let posts = Post::ALL.map(|post| (post.word().to_owned(), (w.post)(post).to_owned())).to_vec();
    view! {
        <Card title=w.add>
            <form method="post" action="/call/companies/add_staff" class="grid gap-4" novalidate>
                <Problems of=typed.clone() fields=vec![("name", w.name.to_owned()), ("phone", w.phone.to_owned())]/>
                <Hidden name="company" value=company/>
                <Field name="name" label=w.name value=typed.value("name", "") problem=typed.problem("name")/>
                <PhoneField name="phone" label=w.phone value=typed.value("phone", "") hint=w.phone_hint problem=typed.problem("phone")/>
                <Select name="post" label=w.post_label options=posts value=typed.value("post", Post::Staff.word())/>
                <Button look=Look::Soft glyph=Glyph::USER_PLUS>{w.add}</Button>
            </form>
        </Card>
    }
}
