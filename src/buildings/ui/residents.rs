//! `/b/:slug/committee/residents`: who joined and who waits, the invite link, confirming and removing. The question
//! before a removal is the page itself with `?remove=`, so it works on every device and comes back with what was typed.

use kit::{MembershipId, Right, Trust};
use leptos::prelude::*;

use super::live::LiveDesk;
use super::offices::{HandOver, Office, Settling};
use super::parts::{Front, Invite, Person, Waiting, nav, who};
use crate::buildings::calls;
use crate::buildings::model::{self, RemovedRow, ResidentRow, WaitingRow, WindowState};
use crate::buildings::words::{Words, office_words, words};
use crate::ui::{
    Act, Badge, Button, ButtonLink, Card, Chip, CommitteeShell, Glyph, Hidden, Icon, Load, Look, Ltr, PageTitle, Problems, Size, TextArea, Tone, lang, param, query, replay,
};

/// Dark flats named one by one; beyond this, only how many.
const NAMED: usize = 14;

#[component]
pub fn ResidentsPage() -> impl IntoView {
    let slug = param("slug");
    view! { <Load future=move || calls::read_residents(slug) view=|page: model::ResidentsPage| view! { <Residents page=page/> }/> }
}

#[component]
fn Residents(page: model::ResidentsPage) -> impl IntoView {
    let w = words(lang());
    let slug = page.building.slug.clone();
    let asked = query("remove");
    let leaving = page.residents.iter().find(|row| row.membership.to_string() == asked && may_remove(row)).cloned();
    let moving = query("flat");
    let settling = page.residents.iter().find(|row| row.membership.to_string() == moving).cloned();
    let giver = giver(&page);
    let gives = giver.is_some();
    // The chair's own office is not given: it is handed on from the successor's row.
    let about = |key: &str| {
        let asked = query(key);
        page.residents.iter().find(|row| gives && row.membership.to_string() == asked && page.reader.membership != Some(row.membership)).cloned()
    };
    let (office, chair) = (about("office"), about("chair"));
    view! {
        <PageTitle text=format!("{} · {}", w.residents, page.building.street)/>
        <CommitteeShell
            title=w.residents subtitle=(w.residents_sub)(page.residents.len(), page.building.joined) place=(w.committee_of)(&page.building.street)
            home=format!("/b/{slug}/committee") nav=nav(&page.building, page.reader.role, page.waiting.len(), "residents") who=who(&page.reader)
        >
            <div class="grid grid-cols-[minmax(0,1fr)] lg:grid-cols-[minmax(0,1fr)_22.5rem] gap-4 lg:gap-5 items-start">
                <div class="contents lg:grid gap-5 grid-cols-[minmax(0,1fr)]">
                    <Night page=page.clone() w=w/>
                    <Joined rows=page.residents.clone() building=slug.clone() giver=giver w=w/>
                    <Removed rows=page.removed.clone() w=w/>
                </div>
                <div class="contents lg:grid gap-5 grid-cols-[minmax(0,1fr)]">
                    {office.map(|row| view! { <Office row=row building=slug.clone() w=w/> })}
                    {chair.map(|row| view! { <HandOver row=row building=slug.clone() w=w/> })}
                    {settling.map(|row| view! { <Settling row=row building=slug.clone() w=w/> })}
                    {leaving.map(|row| view! { <Leaving row=row building=slug.clone() w=w/> })}
                    <WaitingHere rows=page.waiting building=slug.clone() w=w/>
                    <div class="order-5"><Invite building=page.building title=w.invite_title url=page.invite_url code=page.invite_code/></div>
                </div>
            </div>
            <LiveDesk building=slug page="residents" seq=page.seq/>
        </CommitteeShell>
    }
}

/// The parts that `LiveDesk` puts in anew, with what stands under the page's heading. The question before a removal
/// stays as it is: somebody may be typing.
#[component]
pub fn ResidentsNow(page: model::ResidentsPage) -> impl IntoView {
    let w = words(lang());
    let slug = page.building.slug.clone();
    let giver = giver(&page);
    view! {
        <p id="desk-subtitle">{(w.residents_sub)(page.residents.len(), page.building.joined)}</p>
        <Night page=page.clone() w=w/>
        <Joined rows=page.residents building=slug.clone() giver=giver w=w/>
        <Removed rows=page.removed w=w/>
        <WaitingHere rows=page.waiting building=slug w=w/>
    }
}

/// The reader, when he may give offices.
fn giver(page: &model::ResidentsPage) -> Option<MembershipId> {
    Right::ManageBuilding.held_by(page.reader.role).then_some(page.reader.membership).flatten()
}

/// Who asks to join; nothing while nobody does.
#[component]
fn WaitingHere(rows: Vec<WaitingRow>, building: String, w: &'static Words) -> impl IntoView {
    let waiting = u32::try_from(rows.len()).unwrap_or(u32::MAX);
    view! {
        <div class="contents" id="desk-waiting">
            {(waiting > 0).then(|| view! {
                <section class="card overflow-hidden order-1" id="waiting">
                    <div class="p-4 lg:px-5 pb-1">
                        <div class="flex items-center justify-between gap-3"><h2 class="text-lg font-semibold">{w.waiting}</h2><Badge count=waiting urgent=true/></div>
                        <p class="text-sm text-ink-2 mt-0.5">{w.waiting_why}</p>
                    </div>
                    <ul class="rows">{rows.into_iter().map(|row| view! { <Waiting row=row building=building.clone()/> }).collect_view()}</ul>
                </section>
            })}
        </div>
    }
}

/// Whoever holds an office hands it over first; the server says the same.
fn may_remove(row: &ResidentRow) -> bool {
    !row.role.is_committee()
}

#[component]
fn Night(page: model::ResidentsPage, w: &'static Words) -> impl IntoView {
    let building = page.building;
    // Floors stand top first; people read a list of flats from the ground up.
    let dark: Vec<String> = building.facade.floors.iter().rev().flatten().filter(|window| window.state == WindowState::Off).map(|window| window.number.clone()).collect();
    let half = building.facade.floors.iter().flatten().any(|window| window.state == WindowState::Half);
    let missing = match dark.len() {
        0 => None,
        1..=NAMED => Some((w.missing)(&dark.join(", "))),
        count => Some((w.missing_many)(u32::try_from(count).unwrap_or(u32::MAX))),
    };
    view! {
        <section class="order-2 on-night night p-5 lg:p-6 flex gap-5 lg:gap-8 items-stretch" id="desk-night">
            <div class="flex-1 min-w-0 flex flex-col">
                <p class="text-sm text-night-ink-2">{w.flats_joined}</p>
                <p class="text-4xl font-semibold mt-1 num">{building.joined}" "<span class="text-lg font-normal text-night-ink-2">{(w.out_of)(building.flats)}</span></p>
                <div class="mt-auto pt-6 grid gap-3">
                    <div class="flex flex-wrap gap-2.5">
                        <ButtonLink href="#invite" look=Look::Lamp glyph=Glyph::LINK>{w.invite}</ButtonLink>
                        <ButtonLink href=format!("/b/{}/committee/poster", building.slug) look=Look::Night glyph=Glyph::QR_CODE>{w.poster}</ButtonLink>
                    </div>
                    {missing.map(|text| view! { <p class="text-xs text-night-ink-2">{text}</p> })}
                </div>
            </div>
            <Front building=building caption=if half { w.half_means } else { w.lit_means }/>
        </section>
    }
}

/// A table on a wide desk, cards elsewhere.
#[component]
fn Joined(rows: Vec<ResidentRow>, building: String, giver: Option<MembershipId>, w: &'static Words) -> impl IntoView {
    let slug = building.clone();
    let lines = rows.clone().into_iter().map(move |row| {
        let took = row.join_ms.map(|ms| (w.took)(&w.duration(ms)));
        view! {
            <tr>
                <td><Person name=row.name.clone() tone=row.tone place=place(&row, w)/></td>
                <td class="text-ink-2 whitespace-nowrap"><Ltr text=row.phone.clone() class="num"/></td>
                <td class="text-ink-2 whitespace-nowrap">{row.joined_label.clone()}{took.map(|took| view! { <span class="block text-xs text-ink-3">{took}</span> })}</td>
                <td>{state_chip(&row, w)}</td>
                <td class="e"><div class="flex gap-2 justify-end">{acts(&row, &slug, giver, w)}</div></td>
            </tr>
        }
    });
    let cards = rows.clone().into_iter().map(move |row| {
        let took = row.join_ms.map(|ms| (w.took)(&w.duration(ms)));
        view! {
            <li class="p-4 grid gap-3">
                <div class="flex items-center gap-3">
                    <div class="flex-1 min-w-0"><Person name=row.name.clone() tone=row.tone place=place(&row, w)/></div>
                    <p class="text-end text-xs text-ink-3">{row.joined_label.clone()}{took.map(|took| view! { <span class="block">{took}</span> })}</p>
                </div>
                <div class="flex flex-wrap items-center gap-2">
                    {state_chip(&row, w)}
                    <Ltr text=row.phone.clone() class="text-sm text-ink-2 num"/>
                    <div class="flex flex-wrap justify-end gap-2 ms-auto">{acts(&row, &building, giver, w)}</div>
                </div>
            </li>
        }
    });
    view! {
        <section class="card overflow-hidden order-3" id="desk-joined">
            <h2 class="text-lg font-semibold p-4 lg:px-5 pb-2">{w.joined}</h2>
            <table class="dtable hidden min-[104rem]:table [&_td]:px-3 [&_th]:px-3">
                <thead><tr>
                    <th scope="col">{w.who}</th><th scope="col">{w.phone_column}</th><th scope="col">{w.when}</th><th scope="col">{w.state}</th>
                    <th scope="col" class="e"><span class="sr-only">{w.actions}</span></th>
                </tr></thead>
                <tbody>{lines.collect_view()}</tbody>
            </table>
            <ul class="rows min-[104rem]:hidden">{cards.collect_view()}</ul>
        </section>
    }
}

fn place(row: &ResidentRow, w: &Words) -> String {
    let flat = if row.flat_number.is_empty() { w.no_flat.to_owned() } else { (w.place)(&row.flat_number, row.floor) };
    if row.role.is_committee() { format!("{flat} · {}", (w.role)(row.role)) } else { flat }
}

fn state_chip(row: &ResidentRow, w: &Words) -> impl IntoView + use<> {
    let chip = match row.trust {
        Trust::Verified => view! { <Chip text=w.verified tone=Tone::Ok glyph=Glyph::CHECK/> },
        Trust::Paid => view! { <Chip text=w.paid tone=Tone::Warn glyph=Glyph::CLOCK/> },
    };
    let names: Vec<String> = row.vouched_by.iter().map(|name| format!("\u{2068}{name}\u{2069}")).collect();
    let known = (!names.is_empty()).then(|| (w.vouched_by)(&names.join(", ")));
    view! { {chip}{known.map(|text| view! { <span class="text-xs text-ink-3">{text}</span> })} }
}

fn acts(row: &ResidentRow, slug: &str, giver: Option<MembershipId>, w: &'static Words) -> impl IntoView + use<> {
    let fields = vec![("building", slug.to_owned()), ("membership", row.membership.to_string())];
    let confirm =
        (row.trust == Trust::Paid).then(|| view! { <Act action="/call/buildings/confirm" fields=fields look=Look::Soft size=Size::Small glyph=Glyph::USER_CHECK text=w.confirm/> });
    let remove = may_remove(row).then(|| {
        view! { <ButtonLink href=format!("/b/{slug}/committee/residents?remove={}#remove", row.membership) look=Look::Ghost size=Size::Small class="text-ink-2">{w.remove}</ButtonLink> }
    });
    let office = giver.filter(|own| *own != row.membership).map(|_| {
        let text = office_words(lang()).change;
        view! { <ButtonLink href=format!("/b/{slug}/committee/residents?office={}#office", row.membership) look=Look::Ghost size=Size::Small class="text-ink-2">{text}</ButtonLink> }
    });
    let flat = view! {
        <ButtonLink href=format!("/b/{slug}/committee/residents?flat={}#settle", row.membership) look=Look::Ghost size=Size::Small class="text-ink-2">{office_words(lang()).flat}</ButtonLink>
    };
    view! { {confirm}{office}{flat}{remove} }
}

/// The question before somebody is taken out.
#[component]
fn Leaving(row: ResidentRow, building: String, w: &'static Words) -> impl IntoView {
    let typed = replay("buildings/remove_resident");
    let mine = typed.is_about("membership", &row.membership.to_string());
    let typed = if mine { typed } else { replay("") };
    let back = format!("/b/{building}/committee/residents");
    view! {
        <section class="card overflow-hidden order-first scroll-mt-20" id="remove" aria-labelledby="remove-title">
            <div class="bg-bad-soft px-4 lg:px-5 py-3 flex items-center gap-2.5 text-bad-ink">
                <Icon of=Glyph::USER_X class="flex-none"/><h2 class="font-semibold" id="remove-title">{(w.remove_title)(&row.name, &row.flat_number)}</h2>
            </div>
            <form method="post" action="/call/buildings/remove_resident" class="p-4 lg:p-5 grid gap-4" novalidate>
                <Problems of=typed.clone() fields=vec![("reason", w.reason.to_owned())]/>
                <div class="text-sm text-ink-2 grid gap-2">
                    <p class="font-medium text-ink">{w.remove_body}</p>
                    {w.remove_facts.map(|fact| view! { <p class="flex gap-2"><Icon of=Glyph::CHECK class="i-sm mt-0.5 flex-none text-ink-3"/><span>{fact}</span></p> })}
                </div>
                <Hidden name="building" value=building/>
                <Hidden name="membership" value=row.membership.to_string()/>
                <TextArea name="reason" label=w.reason value=typed.value("reason", "") problem=typed.problem("reason") placeholder=w.reason_place rows=2 maxlength=300/>
                <div class="grid grid-cols-2 gap-2.5">
                    <Button look=Look::Danger>{w.remove_yes}</Button>
                    <ButtonLink href=back>{w.remove_no}</ButtonLink>
                </div>
            </form>
        </section>
    }
}

/// Who was taken out, and why; not seen while there is nobody.
#[component]
fn Removed(rows: Vec<RemovedRow>, w: &'static Words) -> impl IntoView {
    let count = rows.len();
    let lines = rows.into_iter().map(|row| {
        let flat = if row.flat_number.is_empty() { String::new() } else { format!("{} {} · ", w.flat, row.flat_number) };
        view! {
            <li class="py-3 text-sm">
                <p class="flex justify-between gap-3"><span class="font-medium"><bdi>{row.name}</bdi></span><span class="text-xs text-ink-3">{flat}{row.when_label}</span></p>
                <p class="text-ink-2 mt-0.5" dir="auto">{row.reason}</p>
            </li>
        }
    });
    view! {
        <div class=if count == 0 { "hidden" } else { "order-6" } id="desk-removed">
            <Card class="card px-4 lg:px-5">
                <details>
                    <summary class="flex items-center justify-between gap-3 min-h-14 cursor-pointer font-medium">{(w.removed)(count)}<Icon of=Glyph::CHEVRON_DOWN class="i-sm text-ink-3"/></summary>
                    <ul class="rows pb-2">{lines.collect_view()}</ul>
                </details>
            </Card>
        </div>
    }
}
