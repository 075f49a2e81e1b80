//! `/home`: the way to the one place a person belongs to, or the choice among several; with `?stay` also the person's
//! own page: language, appearance, signing out.

use leptos::prelude::*;

use crate::identity::calls;
use crate::identity::model::{Home, Place};
use crate::identity::words::{Words, words};
use crate::ui::{self, Act, AvatarIcon, ButtonLink, Card, Empty, Glyph, Icon, LangLink, Load, Look, NoIndex, PageTitle, PlainShell, Row, ThemeSwitch, lang, query, redirect};

#[component]
pub fn HomePage() -> impl IntoView {
    let stay = !query("stay").is_empty();
    view! { <Load future=calls::home view=move |home: Home| view! { <Places home=home stay=stay/> }/> }
}

#[component]
fn Places(home: Home, stay: bool) -> impl IntoView {
    let w = words(lang());
    let works_elsewhere = home.is_operator || !home.companies.is_empty() || !home.partners.is_empty();
    if let ([only], false, false) = (home.places.as_slice(), stay, works_elsewhere) {
        redirect(&front_of(only));
    }
    let none = home.places.is_empty() && !works_elsewhere;
    let companies = home.companies.clone().into_iter().map(|company| {
        let href = format!("/companies/{}", company.code);
        view! { <Row title=company.name meta=w.company href=href leading=|| view! { <AvatarIcon of=Glyph::STORE tone=5/> } trailing=Onward/> }
    });
    let companies = companies.collect_view();
    let partners = home.partners.clone().into_iter().map(|partner| {
        let href = format!("/partners/{}", partner.code);
        view! { <Row title=partner.name meta=w.partner href=href leading=|| view! { <AvatarIcon of=Glyph::LINK tone=4/> } trailing=Onward/> }
    });
    let partners = partners.collect_view();
    let places = home.places.iter().cloned().map(|place| view! { <PlaceRow place=place w=w/> }).collect_view();
    view! {
        <PageTitle text=w.home_title/>
        <NoIndex/>
        <PlainShell>
            <div class="grid gap-5">
                <h1 class="text-2xl font-semibold">{if stay { w.home_title } else { w.home_heading }}</h1>
                {if none {
                    view! { <Empty title=w.no_places body=w.no_places_body><ButtonLink href="/open" look=Look::Soft glyph=Glyph::PLUS>{w.open_building}</ButtonLink></Empty> }.into_any()
                } else {
                    view! {
                        <div class="card rows overflow-hidden">
                            {places}
                            {companies}
                            {partners}
                            {home.is_operator.then(|| view! {
                                <Row title=w.operator meta=w.operator_body href="/operator" leading=|| view! { <AvatarIcon of=Glyph::ACTIVITY tone=6/> } trailing=Onward/>
                            })}
                        </div>
                    }.into_any()
                }}
                <Preferences w=w/>
                <div class="card rows overflow-hidden">
                    <Row title=w.devices meta=w.devices_body href="/home/devices" leading=|| view! { <AvatarIcon of=Glyph::SMARTPHONE tone=3/> } trailing=Onward/>
                    <Row title=w.open_company meta=w.open_company_body href="/companies/open" leading=|| view! { <AvatarIcon of=Glyph::STORE tone=5/> } trailing=Onward/>
                </div>
                <SigningOut w=w/>
            </div>
        </PlainShell>
    }
}

/// The page a member lands on.
fn front_of(place: &Place) -> String {
    format!("/b/{}", place.slug)
}

#[component]
fn PlaceRow(place: Place, w: &'static Words) -> impl IntoView {
    let tone = if place.role.has_desk() { 2 } else { 1 };
    view! { <Row title=place.name.clone() meta=(w.role)(place.role) href=front_of(&place) leading=move || view! { <AvatarIcon of=Glyph::BUILDING tone=tone/> } trailing=Onward/> }
}

/// The arrow of a row that leads on.
#[component]
fn Onward() -> impl IntoView {
    view! { <span class="text-ink-3"><Icon of=Glyph::ARROW_RIGHT class="i-sm flip"/></span> }
}

#[component]
fn Preferences(w: &'static Words) -> impl IntoView {
    view! {
        <Card title=w.preferences>
            <div class="grid gap-3">
                <div class="flex items-center justify-between gap-3 flex-wrap"><span class="text-md">{w.appearance}</span><ThemeSwitch/></div>
                <div class="flex items-center justify-between gap-3"><span class="text-md">{w.language}</span><LangLink/></div>
                <p class="text-sm"><a class="link" href="/accessibility">{ui::words(lang()).accessibility}</a></p>
            </div>
        </Card>
    }
}

#[component]
fn SigningOut(w: &'static Words) -> impl IntoView {
    view! {
        <Card>
            <div class="grid gap-3">
                <Act action="/call/identity/sign_out" fields=vec![] text=w.sign_out glyph=Glyph::LOG_OUT class="w-full"/>
                <details>
                    <summary class="link text-sm min-h-11 flex items-center w-fit">{w.sign_out_all}</summary>
                    <p class="text-sm text-ink-2 mb-3">{w.sign_out_all_body}</p>
                    <Act action="/call/identity/sign_out" fields=vec![("everywhere", "true".to_owned())] text=w.sign_out_all look=Look::DangerSoft class="w-full"/>
                </details>
            </div>
        </Card>
    }
}
