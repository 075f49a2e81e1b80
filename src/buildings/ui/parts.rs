//! Pieces of the building's screens; the façade and the join times are for other rooms too.

use kit::{Right, Role};
use leptos::prelude::*;

use crate::buildings::model::{BuildingBrief, FUNNEL_DAYS, Facade, JOIN_TARGET_MS, JoinFunnel, Reader, WaitingRow, WindowState};
use crate::buildings::words::{Words, words};
use crate::ui::{self, Act, Avatar, AvatarSize, ButtonLink, Card, Chip, FacadeSize, Funnel, FunnelBar, Glyph, Icon, Look, Ltr, NavItem, Size, Tone, Who, lang, query_value};

/// The façade as the kit draws it.
pub fn floors(facade: &Facade) -> Vec<Vec<(String, &'static str)>> {
    facade.floors.iter().map(|floor| floor.iter().map(|window| (window.number.clone(), word(window.state))).collect()).collect()
}

fn word(state: WindowState) -> &'static str {
    match state {
        WindowState::Off => "off",
        WindowState::Dim => "dim",
        WindowState::Lit => "lit",
        WindowState::Half => "half",
        WindowState::You => "you",
    }
}

/// The building on the committee's night card: small beside the words on a phone, with its flats' numbers on a desk.
#[component]
pub(super) fn Front(building: BuildingBrief, #[prop(into)] caption: String) -> impl IntoView {
    let label = (words(lang()).facade)(building.joined, building.flats);
    view! {
        <figure class="flex-none">
            <div class="lg:hidden"><ui::Facade floors=floors(&building.facade) label=label.clone() size=FacadeSize::Small/></div>
            <div class="hidden lg:block"><ui::Facade floors=floors(&building.facade) label=label size=FacadeSize::Wide numbers=true/></div>
            <figcaption class="text-xs text-night-ink-2 mt-2.5 text-center max-w-24 lg:max-w-56">{caption}</figcaption>
        </figure>
    }
}

/// The committee's places.
pub(super) fn nav(building: &BuildingBrief, role: Role, waiting: usize, current: &str) -> Vec<NavItem> {
    desk_nav(&building.slug, role, u32::try_from(waiting).unwrap_or(u32::MAX), current)
}

/// The same for the committee's screens of other rooms; a place that the reader may not enter is not shown.
pub fn desk_nav(slug: &str, role: Role, waiting: u32, current: &str) -> Vec<NavItem> {
    let w = words(lang());
    let audit = NavItem::new(format!("/b/{slug}/committee/audit"), w.audit, Glyph::SCROLL_TEXT).current(current == "audit");
    let mut places = vec![
        NavItem::new(format!("/b/{slug}/committee"), w.overview, Glyph::LAYOUT_DASHBOARD).current(current == "overview"),
        NavItem::new(format!("/b/{slug}/committee/residents"), w.residents, Glyph::USERS).count(waiting, true).current(current == "residents"),
    ];
    places.extend(Right::ManageAccess.held_by(role).then(|| NavItem::new(format!("/b/{slug}/committee/access"), w.access, Glyph::LINK).current(current == "access")));
    places.extend(Right::ReadAudit.held_by(role).then_some(audit));
    places.extend([NavItem::new(format!("/b/{slug}"), w.board, Glyph::HOUSE), NavItem::new("/home?stay=1", w.more, Glyph::MENU)]);
    places
}

/// "ועד הבית · הרצל 7", under the mark.
pub fn desk_place(building: &str) -> String {
    (words(lang()).committee_of)(building)
}

/// The reader at the foot of the navigation.
pub fn who(reader: &Reader) -> Who {
    Who { name: reader.name.clone(), place: (words(lang()).role)(reader.role).to_owned(), tone: reader.tone }
}

/// Somebody who asked to join, with the committee's yes and no.
#[component]
pub(super) fn Waiting(row: WaitingRow, building: String) -> impl IntoView {
    let w = words(lang());
    let fields = |yes: &str| vec![("building", building.clone()), ("join", row.join.to_string()), ("yes", yes.to_owned())];
    let (yes, no) = (fields("true"), fields("false"));
    let (tone, glyph, told) = if row.on_roster { (Tone::Ok, Glyph::CHECK, w.on_roster) } else { (Tone::Plain, Glyph::INFO, w.not_on_roster) };
    view! {
        <li class="p-4 lg:px-5 grid gap-3">
            <div class="flex items-center gap-3">
                <Avatar name=row.flat_number.clone() tone=2/>
                <div class="flex-1 min-w-0 leading-tight">
                    <p class="font-medium truncate"><bdi>{row.name}</bdi></p>
                    <p class="text-xs text-ink-3 mt-1">{(w.asked)(&row.flat_number, &row.asked_label)}</p>
                </div>
                <Ltr text=row.phone class="text-sm text-ink-2 num"/>
            </div>
            <div class="flex flex-wrap items-center gap-2">
                <Chip text=told tone=tone glyph=glyph/>
                <div class="flex gap-2 ms-auto">
                    <Act action="/call/joining/answer" fields=no look=Look::Ghost size=Size::Small text=w.no/>
                    <Act action="/call/joining/answer" fields=yes look=Look::Soft size=Size::Small glyph=Glyph::CHECK text=w.yes/>
                </div>
            </div>
        </li>
    }
}

/// A duration in the reader's language.
pub fn duration(ms: i64) -> String {
    words(lang()).duration(ms)
}

/// How long joining takes, and where people stop.
#[component]
pub fn JoinTimes(funnel: JoinFunnel, #[prop(default = "card p-4 lg:p-5")] class: &'static str) -> impl IntoView {
    let w = words(lang());
    let (began, ended) = funnel.ends();
    let whole = funnel.whole_p50_ms.zip(funnel.whole_p95_ms);
    view! {
        <Card title=w.funnel class=class aside=move || view! { <span class="text-sm text-ink-3">{(w.funnel_days)(FUNNEL_DAYS)}</span> }>
            {if began == 0 {
                view! { <p class="text-sm text-ink-2 flex gap-2.5"><Icon of=Glyph::LINK class="i-sm mt-0.5 flex-none text-ink-3"/><span>{w.funnel_none}</span></p> }.into_any()
            } else {
                view! {
                    <p class="text-md text-ink-2 mb-4">{(w.funnel_label)(began, ended)}</p>
                    <div class="grid lg:grid-cols-[minmax(0,1fr)_13rem] gap-5 lg:gap-8 items-start">
                        <Funnel bars=bars(&funnel, w) label=(w.funnel_label)(began, ended)/>
                        <Whole times=whole w=w/>
                    </div>
                }.into_any()
            }}
        </Card>
    }
}

/// Half and nearly all, beside the target.
#[component]
fn Whole(times: Option<(i64, i64)>, w: &'static Words) -> impl IntoView {
    view! {
        <div class="rounded-md bg-sunken p-4 grid gap-3">
            <h3 class="text-sm font-medium">{w.times}</h3>
            {match times {
                None => view! { <p class="text-sm text-ink-2">{w.no_times}</p> }.into_any(),
                Some((half, most)) => {
                    let met = most <= JOIN_TARGET_MS;
                    view! {
                        <dl class="grid grid-cols-2 lg:grid-cols-1 gap-3">
                            <div><dt class="text-xs text-ink-3">{w.half}</dt><dd class="text-2xl font-semibold num"><bdi>{w.duration(half)}</bdi></dd></div>
                            <div><dt class="text-xs text-ink-3">{w.nearly_all}</dt><dd class="text-2xl font-semibold num"><bdi>{w.duration(most)}</bdi></dd></div>
                        </dl>
                        <p class="text-xs text-ink-2 flex gap-2">
                            <Icon of=if met { Glyph::CIRCLE_CHECK } else { Glyph::TIMER } class="i-sm flex-none"/>
                            <span>{if met { w.target_met } else { w.target_missed }}</span>
                        </p>
                    }.into_any()
                }
            }}
        </div>
    }
}

fn bars(funnel: &JoinFunnel, w: &Words) -> Vec<FunnelBar> {
    let mut before = None;
    let bars = funnel.steps.iter().zip(w.steps).map(|(step, label)| {
        let stopped = before.map(|count: i64| (w.stopped)((count - step.reached).max(0)));
        before = Some(step.reached);
        let within = step.p50_ms.zip(step.p95_ms).map(|(half, most)| (w.reached_within)(&w.duration(half), &w.duration(most)));
        let between = [stopped, within].into_iter().flatten().collect::<Vec<_>>().join(" · ");
        FunnelBar { label: label.to_owned(), count: step.reached, between }
    });
    bars.collect()
}

/// A person's avatar with the flat under the name, as rows and cards begin.
#[component]
pub(super) fn Person(name: String, tone: u8, place: String) -> impl IntoView {
    view! {
        <span class="flex items-center gap-3 min-w-0">
            <Avatar name=name.clone() tone=tone size=AvatarSize::Small/>
            <span class="leading-tight min-w-0">
                <span class="block font-medium text-md truncate"><bdi>{name}</bdi></span>
                <span class="block text-xs text-ink-3 mt-0.5">{place}</span>
            </span>
        </span>
    }
}

/// The link to hand out.
#[component]
pub(super) fn Invite(building: BuildingBrief, title: &'static str, url: String, code: Option<String>) -> impl IntoView {
    let w = words(lang());
    let whatsapp = format!("https://wa.me/?text={}", query_value(&(w.whatsapp_text)(&building.street, &url)));
    view! {
        <section class="card p-4 lg:p-5 grid gap-3 scroll-mt-20" id="invite">
            <div><h2 class="text-lg font-semibold">{title}</h2><p class="text-sm text-ink-2 mt-0.5">{w.invite_body}</p></div>
            <label class="sr-only" for="invite-link">{w.invite_link}</label>
            <input id="invite-link" class="input num text-sm" dir="ltr" readonly value=url/>
            {code.map(|code| view! { <p class="text-sm text-ink-2">{w.invite_with_code}": "<bdi class="mono font-semibold">{code}</bdi></p> })}
            <div class="grid grid-cols-2 gap-2.5">
                <ButtonLink href=whatsapp rel="noopener noreferrer" glyph=Glyph::MESSAGE_CIRCLE>{w.whatsapp}</ButtonLink>
                <ButtonLink href=format!("/b/{}/committee/poster", building.slug) glyph=Glyph::QR_CODE>{w.poster}</ButtonLink>
            </div>
        </section>
    }
}
