//! `/b/:slug/welcome`: where an attempt stands, from "checking" to "the light is on". The page asks again by itself,
//! without scripts.

use leptos::prelude::*;
use leptos_meta::Meta;

use crate::buildings::ui::floors;
use crate::joining::calls;
use crate::joining::model::{self, Standing};
use crate::joining::words::{Words, words};
use crate::ui::{self, Brand, ButtonLink, Chip, Facade, FacadeSize, FooterLinks, Glyph, Load, Look, Money, NightPage, NoIndex, PageTitle, Size, Tone, lang, param};

#[component]
pub fn WelcomePage() -> impl IntoView {
    let slug = param("slug");
    view! { <Load future=move || calls::welcome_page(slug) view=|page: model::WelcomePage| view! { <Standings page=page/> }/> }
}

#[component]
fn Standings(page: model::WelcomePage) -> impl IntoView {
    let w = words(lang());
    let slug = page.building.slug.clone();
    let screen = match page.standing {
        Standing::Preparing => Screen { refresh: Some("pay"), busy: true, title: w.preparing_title.into(), body: w.preparing_body.into(), ..Screen::default() },
        Standing::Checking => Screen { refresh: Some("enter"), busy: true, title: w.checking_title.into(), body: w.checking_body.into(), ..Screen::default() },
        Standing::Admitted => {
            Screen { title: (w.lit_title)(&page.flat_number), chip: Some((w.lit_chip, Glyph::CHECK)), go: Some((format!("/b/{slug}"), w.enter)), lit: true, ..Screen::default() }
        }
        Standing::Waiting => Screen {
            again: Some("15"),
            go: Some((String::new(), w.waiting_again)),
            title: w.waiting_title.into(),
            body: if page.building.needs_approval { w.waiting_approval.into() } else { w.waiting_body.into() },
            chip: Some((w.waiting_chip, Glyph::CLOCK)),
            foot: w.waiting_refresh,
            ..Screen::default()
        },
        Standing::SignInFirst => Screen {
            title: w.sign_in_title.into(),
            body: w.sign_in_body.into(),
            go: Some((format!("/signin?next={}", ui::query_value(&format!("/b/{slug}/welcome"))), w.sign_in_go)),
            ..Screen::default()
        },
        Standing::NotFinished => Screen {
            title: w.unfinished_title.into(),
            body: w.unfinished_body.into(),
            go: Some((format!("/b/{slug}/pay"), w.unfinished_go)),
            others: vec![(format!("/b/{slug}/join"), w.unfinished_change), (format!("/b/{slug}/enter?s=again"), w.unfinished_paid)],
            ..Screen::default()
        },
        Standing::NotPaid => {
            Screen { title: w.unpaid_title.into(), body: w.unpaid_body.into(), go: Some((format!("/b/{slug}/join"), w.unpaid_go)), alert: true, ..Screen::default() }
        }
    };
    view! { <Shown page=page screen=screen w=w/> }
}

#[derive(Default)]
struct Screen {
    /// The door that is tried again every two seconds: only `pay` leads on to the payment page, and only `enter` signs in.
    refresh: Option<&'static str>,
    /// The same by public/boot.js, for a wait without an end in sight; without scripts there is a link.
    again: Option<&'static str>,
    busy: bool,
    title: String,
    body: String,
    chip: Option<(&'static str, Glyph)>,
    go: Option<(String, &'static str)>,
    /// Quieter ways on.
    others: Vec<(String, &'static str)>,
    foot: &'static str,
    /// The light is on: neighbours first, then one's own window.
    lit: bool,
    alert: bool,
}

#[component]
fn Shown(page: model::WelcomePage, screen: Screen, w: &'static Words) -> impl IntoView {
    let building = page.building;
    let (drawn, label) = (floors(&building.facade), (w.facade)(building.joined, building.flats));
    let first_name = page.name.split_whitespace().next().unwrap_or_default().to_owned();
    view! {
        <PageTitle text=screen.title.clone()/>
        <NoIndex/>
        {screen.refresh.map(|door| view! { <Meta http_equiv="refresh" content=format!("2;url=/b/{}/{door}", building.slug)/> })}
        <NightPage
            bar=move || view! { <Brand/>{screen.chip.map(|(text, glyph)| view! { <Chip text=text tone=Tone::Night glyph=glyph/> })} }
            art=move || view! {
                <div class="flex-1 grid place-items-center py-6">
                    <div class=if screen.lit { "relative glow" } else { "relative" }>
                        <div class="relative"><Facade floors=drawn label=label size=FacadeSize::Tall entering=screen.lit/></div>
                    </div>
                </div>
            }
            foot=|| view! { <FooterLinks class="mt-5 text-night-ink-2!"/> }
        >
            <div class="text-center lg:text-start mt-2" data-again=screen.again role=if screen.alert { "alert" } else { "status" }>
                {screen.busy.then(|| view! { <span class="spin mx-auto lg:mx-0 mb-3 block" aria-hidden="true"></span> })}
                <h1 class="text-3xl lg:text-4xl font-semibold">{screen.title}</h1>
                {if screen.lit {
                    view! {
                        <p class="text-night-ink-2 mt-2 lg:text-lg">{w.lit_greeting}" "<bdi>{first_name}</bdi>". "{(w.lit_count)(building.joined)}</p>
                    }.into_any()
                } else {
                    view! { <p class="text-night-ink-2 mt-2 lg:text-lg">{screen.body}</p> }.into_any()
                }}
            </div>
            {screen.lit.then(|| view! {
                <dl class="mt-5 rounded-lg bg-white/7 text-sm divide-y divide-white/10">
                    <div class="flex justify-between gap-3 px-4 py-2.5">
                        <dt class="text-night-ink-2"><bdi>{building.street.clone()}</bdi></dt>
                        <dd>{(w.place)(&page.flat_number, page.floor)}</dd>
                    </div>
                    <div class="flex justify-between gap-3 px-4 py-2.5">
                        <dt class="text-night-ink-2">{w.membership}</dt>
                        <dd><span class="font-semibold"><Money of=building.price/></span>" · "{w.monthly}</dd>
                    </div>
                </dl>
            })}
            <div class="grid gap-2.5 mt-5">
                {screen.go.map(|(href, text)| view! {
                    <ButtonLink href=href look=Look::Lamp size=Size::Large after=Glyph::ARROW_RIGHT>{text}</ButtonLink>
                })}
                {screen.others.into_iter().map(|(href, text)| view! {
                    <p class="text-center lg:text-start"><a class="link text-night-ink-2! inline-flex items-center min-h-11" href=href>{text}</a></p>
                }).collect_view()}
                {(!screen.foot.is_empty()).then(|| view! { <p class="text-center lg:text-start text-xs text-night-ink-2 mt-1">{screen.foot}</p> })}
            </div>
        </NightPage>
    }
}
