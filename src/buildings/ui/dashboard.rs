//! `/b/:slug/committee`: the building at a glance, what waits, how joining goes, what happened.

use kit::Right;
use leptos::prelude::*;

use super::live::LiveDesk;
use super::parts::{Front, Invite, JoinTimes, Person, Waiting, nav, who};
use crate::buildings::calls;
use crate::buildings::model::{self, ActivityRow, ResidentRow, WaitingRow};
use crate::buildings::words::{Words, hazard_words, words};
use crate::ui::{Act, AvatarIcon, Badge, Bar, ButtonLink, Card, CommitteeShell, Empty, Glyph, Icon, Load, Look, PageTitle, Row, Size, lang, param};

/// People shown before "all residents".
const UNVERIFIED: usize = 5;

#[component]
pub fn DashboardPage() -> impl IntoView {
    let slug = param("slug");
    view! { <Load future=move || calls::read_dashboard(slug) view=|page: model::DashboardPage| view! { <Dashboard page=page/> }/> }
}

#[component]
fn Dashboard(page: model::DashboardPage) -> impl IntoView {
    let w = words(lang());
    let slug = page.building.slug.clone();
    let write = format!("/b/{slug}#compose");
    let company = format!("/b/{slug}/committee/company");
    let (h, hazards) = (hazard_words(lang()), format!("/b/{slug}/committee/hazards"));
    let dangers = Right::RaiseHazard.held_by(page.reader.role);
    let manages = Right::ManageBuilding.held_by(page.reader.role);
    view! {
        <PageTitle text=format!("{} · {}", w.overview, page.building.street)/>
        <CommitteeShell
            title=w.overview subtitle=subtitle(&page, w) place=(w.committee_of)(&page.building.street) home=format!("/b/{slug}/committee")
            nav=nav(&page.building, page.reader.role, page.waiting.len(), "overview") who=who(&page.reader) actions=move || view! { <div class="hidden lg:block"><ButtonLink href=write glyph=Glyph::MEGAPHONE>{w.write_to_all}</ButtonLink></div> }
        >
            <div class="grid grid-cols-[minmax(0,1fr)] lg:grid-cols-[minmax(0,1fr)_22.5rem] gap-4 lg:gap-5 items-start">
                <div class="contents lg:grid gap-5 grid-cols-[minmax(0,1fr)]">
                    <Night page=page.clone() w=w/>
                    <Times page=page.clone()/>
                </div>
                <div class="contents lg:grid gap-5 grid-cols-[minmax(0,1fr)]">
                    <Decisions page=page.clone() w=w/>
                    <Latest rows=page.activity w=w/>
                    {dangers.then(|| view! {
                        <div class="order-5 card overflow-hidden">
                            <Row title=h.title meta=h.row_meta href=hazards leading=|| view! { <AvatarIcon of=Glyph::TRIANGLE_ALERT tone=2/> }/>
                        </div>
                    })}
                    {manages.then(|| view! {
                        <div class="order-5 card overflow-hidden">
                            <Row title=w.company meta=w.company_body href=company leading=|| view! { <AvatarIcon of=Glyph::STORE tone=5/> }/>
                        </div>
                    })}
                </div>
            </div>
            <LiveDesk building=slug page="overview" seq=page.seq/>
        </CommitteeShell>
    }
}

/// The parts that `LiveDesk` puts in anew, with what stands under the page's heading.
#[component]
pub fn DashboardNow(page: model::DashboardPage) -> impl IntoView {
    let w = words(lang());
    view! {
        <p id="desk-subtitle">{subtitle(&page, w)}</p>
        <Night page=page.clone() w=w/>
        <Times page=page.clone()/>
        <Decisions page=page.clone() w=w/>
        <Latest rows=page.activity w=w/>
    }
}

fn subtitle(page: &model::DashboardPage, w: &Words) -> String {
    match page.waiting.len() + page.unverified.len() {
        0 => w.nothing_waits.to_owned(),
        decisions => (w.waits)(decisions),
    }
}

#[component]
fn Times(page: model::DashboardPage) -> impl IntoView {
    view! { <div class="order-3" id="desk-times"><JoinTimes funnel=page.funnel/></div> }
}

/// What waits for the committee; the first step when nobody but the founder is there.
#[component]
fn Decisions(page: model::DashboardPage, w: &'static Words) -> impl IntoView {
    let slug = page.building.slug.clone();
    let decisions = page.waiting.len() + page.unverified.len();
    let alone = decisions == 0 && page.people <= 1;
    view! {
        <div class="order-2 grid gap-4 lg:gap-5" id="desk-decisions">
            {(!page.waiting.is_empty()).then(|| view! { <WaitingCard rows=page.waiting building=slug.clone() w=w/> })}
            {(!page.unverified.is_empty()).then(|| view! { <Unverified rows=page.unverified building=slug people=page.people w=w/> })}
            {match (decisions, alone) {
                (_, true) => view! { <Invite building=page.building title=w.first_step url=page.invite_url code=page.invite_code/> }.into_any(),
                (0, false) => view! { <Empty title=w.quiet body=w.quiet_why/> }.into_any(),
                _ => ().into_any(),
            }}
        </div>
    }
}

/// The one most important fact: how much of the house is lit.
#[component]
fn Night(page: model::DashboardPage, w: &'static Words) -> impl IntoView {
    let building = page.building;
    let decisions = page.waiting.len() + page.unverified.len();
    let figures = w.figures.into_iter().zip([page.people.to_string(), page.people_new.to_string(), decisions.to_string()]).map(|(label, value)| {
        view! { <div><dt class="text-sm text-night-ink-2">{label}</dt><dd class="text-xl font-semibold num">{value}</dd></div> }
    });
    let figures = figures.collect_view();
    let percent = (building.joined * 100).checked_div(building.flats).unwrap_or(0);
    let (invite, poster) = (format!("/b/{}/committee/residents#invite", building.slug), format!("/b/{}/committee/poster", building.slug));
    view! {
        <section class="order-1 on-night night p-5 lg:p-6 flex gap-5 lg:gap-8 items-stretch" id="desk-night">
            <div class="flex-1 min-w-0 flex flex-col">
                <p class="text-sm text-night-ink-2">{w.flats_joined}</p>
                <p class="text-4xl font-semibold mt-1 num">{building.joined}" "<span class="text-lg font-normal text-night-ink-2">{(w.out_of)(building.flats)}</span></p>
                <p class="text-sm text-night-ink-2 mt-1.5 lg:hidden">{(w.people)(page.people, page.people_new)}</p>
                <dl class="hidden lg:flex gap-8 mt-7">{figures}</dl>
                <div class="mt-auto pt-6 grid gap-2 max-w-100">
                    <Bar percent=percent night=true label=(w.share)(percent)/>
                    <p class="text-sm text-night-ink-2">{(w.share)(percent)}</p>
                </div>
                <div class="flex flex-wrap gap-2.5 mt-5">
                    <ButtonLink href=invite look=Look::Lamp glyph=Glyph::LINK>{w.invite}</ButtonLink>
                    <ButtonLink href=poster look=Look::Night glyph=Glyph::QR_CODE>{w.poster}</ButtonLink>
                </div>
            </div>
            <Front building=building caption=w.lit_means/>
        </section>
    }
}

#[component]
fn WaitingCard(rows: Vec<WaitingRow>, building: String, w: &'static Words) -> impl IntoView {
    let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
    view! {
        <section class="card overflow-hidden" id="waiting">
            <div class="p-4 lg:px-5 pb-1">
                <div class="flex items-center justify-between gap-3"><h2 class="text-lg font-semibold">{w.waiting}</h2><Badge count=count urgent=true/></div>
                <p class="text-sm text-ink-2 mt-0.5">{w.waiting_why}</p>
            </div>
            <ul class="rows">{rows.into_iter().map(|row| view! { <Waiting row=row building=building.clone()/> }).collect_view()}</ul>
        </section>
    }
}

#[component]
fn Unverified(rows: Vec<ResidentRow>, building: String, people: i64, w: &'static Words) -> impl IntoView {
    let all = format!("/b/{building}/committee/residents");
    let lines = rows.into_iter().take(UNVERIFIED).map(|row| {
        let place = if row.flat_number.is_empty() { w.no_flat.to_owned() } else { (w.place)(&row.flat_number, row.floor) };
        let fields = vec![("building", building.clone()), ("membership", row.membership.to_string())];
        view! {
            <li class="p-4 lg:px-5 flex items-center gap-3">
                <div class="flex-1 min-w-0"><Person name=row.name tone=row.tone place=format!("{place} · {}", row.joined_label)/></div>
                <Act action="/call/buildings/confirm" fields=fields look=Look::Soft size=Size::Small glyph=Glyph::USER_CHECK text=w.confirm/>
            </li>
        }
    });
    view! {
        <section class="card overflow-hidden">
            <div class="p-4 lg:px-5 pb-1">
                <h2 class="text-lg font-semibold">{w.unverified}</h2>
                <p class="text-sm text-ink-2 mt-0.5">{w.unverified_why}</p>
            </div>
            <ul class="rows">{lines.collect_view()}</ul>
            <p class="px-4 lg:px-5 pb-4 pt-1"><a class="link text-sm inline-block py-2" href=all>{(w.all_residents)(people)}</a></p>
        </section>
    }
}

#[component]
fn Latest(rows: Vec<ActivityRow>, w: &'static Words) -> impl IntoView {
    let lines = rows.into_iter().map(|row| {
        view! {
            <li class="flex gap-3 py-3">
                <span class="grid place-items-center size-8 rounded-sm bg-sunken text-ink-2 flex-none"><Icon of=glyph_of(&row.kind) class="i-sm"/></span>
                <span class="flex-1 min-w-0 text-sm pt-1.5">{row.sentence}</span>
                <span class="text-xs text-ink-3 pt-2 flex-none">{row.when_label}</span>
            </li>
        }
    });
    let lines = lines.collect::<Vec<_>>();
    view! {
        <div class="order-4" id="desk-latest"><Card title=w.activity>
            {if lines.is_empty() {
                view! { <p class="text-sm text-ink-2">{w.activity_none}</p> }.into_any()
            } else {
                view! { <ul class="rows -my-2">{lines}</ul> }.into_any()
            }}
        </Card></div>
    }
}

fn glyph_of(kind: &str) -> Glyph {
    match kind {
        "building.opened" => Glyph::BUILDING,
        "resident.joined" => Glyph::LIGHTBULB,
        "resident.verified" => Glyph::SHIELD_CHECK,
        "resident.removed" => Glyph::USER_X,
        "hazard.raised" | "hazard.cleared" => Glyph::TRIANGLE_ALERT,
        "join.waiting" => Glyph::HOURGLASS,
        "join.answered" => Glyph::USER_CHECK,
        _ => Glyph::ACTIVITY,
    }
}
