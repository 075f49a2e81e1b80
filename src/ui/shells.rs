//! The frames pages stand in: plain for visitors, and one with navigation for residents and committees. What stands in
//! the navigation is given; the current place is a lit window.

use leptos::prelude::*;

use super::art::{Logo, Wordmark};
use super::bits::{Avatar, AvatarSize, Badge, Note, Ribbon, Tone};
use super::button::{Button, ButtonLink, Look, Size};
use super::context::{Alarm, Alarms, is_demo, lang, theme};
use super::glyph::{Glyph, Icon};
use super::words::words;

/// One place of a navigation.
#[derive(Clone, Debug)]
pub struct NavItem {
    pub href: String,
    pub label: String,
    pub glyph: Glyph,
    pub count: u32,
    /// The count waits on the reader.
    pub urgent: bool,
    pub current: bool,
}

impl NavItem {
    pub fn new(href: impl Into<String>, label: impl Into<String>, glyph: Glyph) -> Self {
        Self { href: href.into(), label: label.into(), glyph, count: 0, urgent: false, current: false }
    }

    pub fn count(mut self, count: u32, urgent: bool) -> Self {
        self.count = count;
        self.urgent = urgent;
        self
    }

    pub fn current(mut self, current: bool) -> Self {
        self.current = current;
        self
    }
}

/// Who is reading, for the foot of the side navigation.
#[derive(Clone, Debug)]
pub struct Who {
    pub name: String,
    /// "דירה 14", "יו״ר ועד הבית".
    pub place: String,
    pub tone: u8,
}

/// The skip link and, in the sandbox, the ribbon: the first things of every page.
#[component]
pub fn PageTop() -> impl IntoView {
    view! {
        <a class="skip" href="#main">{words(lang()).skip}</a>
        {is_demo().then(|| view! { <Ribbon/> })}
    }
}

/// The frame of residents: top bar and bottom navigation on a phone, side navigation on a desk.
#[component]
pub fn ResidentShell(
    /// The page's one heading.
    #[prop(into)]
    title: String,
    #[prop(optional, into)] subtitle: String,
    /// Under the name of the house in the side navigation.
    #[prop(optional, into)]
    place: String,
    /// Leads home: the building's feed.
    #[prop(into)]
    home: String,
    /// At most five; all stand in both navigations.
    nav: Vec<NavItem>,
    who: Who,
    /// A page below another: the way back to it replaces the mark on a phone.
    #[prop(optional, into)]
    back: Option<String>,
    /// At the end of the top bar.
    #[prop(optional, into)]
    actions: ViewFnOnce,
    children: Children,
) -> impl IntoView {
    frame("lg:max-w-330", Frame { title, subtitle, place, home, nav, who, back, actions }, children)
}

/// The committee's frame: the same, wider.
#[component]
pub fn CommitteeShell(
    #[prop(into)] title: String,
    #[prop(optional, into)] subtitle: String,
    #[prop(optional, into)] place: String,
    #[prop(into)] home: String,
    nav: Vec<NavItem>,
    who: Who,
    #[prop(optional, into)] back: Option<String>,
    #[prop(optional, into)] actions: ViewFnOnce,
    children: Children,
) -> impl IntoView {
    frame("lg:max-w-360", Frame { title, subtitle, place, home, nav, who, back, actions }, children)
}

struct Frame {
    title: String,
    subtitle: String,
    place: String,
    home: String,
    nav: Vec<NavItem>,
    who: Who,
    back: Option<String>,
    actions: ViewFnOnce,
}

fn frame(width: &'static str, of: Frame, children: Children) -> impl IntoView {
    let Frame { title, subtitle, place, home, nav, who, back, actions } = of;
    let w = words(lang());
    let (own_name, initials, who_tone) = (who.name.clone(), who.name.clone(), who.tone);
    view! {
        <PageTop/>
        <div class=["lg:flex lg:mx-auto ", width].concat()>
            <aside aria-label=w.side class="hidden lg:flex flex-col w-62 flex-none px-4 py-5 gap-5 sticky top-0 h-dvh">
                <a href=home.clone() class="px-2"><Wordmark sub=place/></a>
                <nav class="sidenav grid gap-0.5 overflow-auto" aria-label=w.main_nav>
                    {nav.iter().cloned().map(side_item).collect_view()}
                </nav>
                <div class="mt-auto grid gap-3">
                    <a href="/home?stay=1" class="flex items-center gap-3 w-full rounded-lg p-2 hover:bg-hover">
                        <Avatar name=who.name.clone() tone=who.tone size=AvatarSize::Small/>
                        <span class="flex-1 leading-tight min-w-0">
                            <span class="block text-sm font-medium truncate"><bdi>{who.name}</bdi></span>
                            <span class="block text-2xs text-ink-3">{who.place}</span>
                        </span>
                    </a>
                    <FooterLinks class="px-2"/>
                </div>
            </aside>
            <div class="flex-1 min-w-0">
                <header class="sticky top-0 z-20 bg-canvas/92 backdrop-blur-md px-4 pt-3 pb-2.5 flex items-center gap-3 lg:static lg:bg-transparent lg:backdrop-blur-none lg:px-6 lg:pt-6 lg:pb-3">
                    {match back {
                        Some(back) => view! {
                            <ButtonLink href=back look=Look::Ghost glyph=Glyph::ARROW_LEFT label=w.back class="-ms-2.5 back"/>
                        }.into_any(),
                        None => view! { <a href=home class="lg:hidden" aria-label=w.brand><Logo size=36/></a> }.into_any(),
                    }}
                    <div class="flex-1 min-w-0 leading-tight">
                        <h1 class="text-lg lg:text-2xl font-semibold truncate"><bdi>{title}</bdi></h1>
                        {(!subtitle.is_empty()).then(|| view! { <p class="text-xs lg:text-md text-ink-3 lg:text-ink-2 truncate">{subtitle}</p> })}
                    </div>
                    {actions.run()}
                    <a href="/home?stay=1" class="lg:hidden flex-none" aria-label=own_name><Avatar name=initials tone=who_tone/></a>
                </header>
                <main id="main" tabindex="-1" class="px-4 pt-1 pb-6 lg:px-6 lg:pb-10"><AlarmBanner/>{children()}</main>
                <FooterLinks class="lg:hidden px-4 pb-28"/>
            </div>
        </div>
        <nav class="bottomnav lg:hidden" aria-label=w.main_nav>{nav.into_iter().map(bottom_item).collect_view()}</nav>
    }
}

/// What danger stands in the building, on every page of it. boot.js asks for it anew when the building's line tells of one.
#[component]
fn AlarmBanner() -> impl IntoView {
    let alarms = use_context::<Alarms>().map(|alarms| alarms.get()).unwrap_or_default();
    let building = super::path().strip_prefix("/b/").and_then(|rest| rest.split('/').next()).map(|slug| format!("/b/{slug}"));
    view! { <div id="alarms" class="contents" data-building=building><AlarmNotes alarms=alarms/></div> }
}

/// The dangers themselves; nothing when there is none.
#[component]
pub fn AlarmNotes(alarms: Vec<Alarm>) -> impl IntoView {
    let notes = alarms.into_iter().map(|alarm| {
        let tone = if alarm.grave { Tone::Bad } else { Tone::Warn };
        view! {
            <Note glyph=Glyph::TRIANGLE_ALERT tone=tone alert=alarm.grave>
                <p class="font-semibold">{alarm.title}</p>
                {(!alarm.body.is_empty()).then(|| view! { <p class="whitespace-pre-line" dir="auto">{alarm.body}</p> })}
                <p class="text-xs">{alarm.since}</p>
                {alarm.href.map(|href| view! { <a class="link inline-block py-2" href=href>{alarm.link}</a> })}
            </Note>
        }
    });
    let notes = notes.collect::<Vec<_>>();
    (!notes.is_empty()).then(|| view! { <div class="grid gap-3 pb-4">{notes}</div> })
}

fn side_item(item: NavItem) -> impl IntoView {
    view! {
        <a href=item.href aria-current=item.current.then_some("page")>
            <span class="navwin"><Icon of=item.glyph/></span>
            <span class="flex-1">{item.label}</span>
            <Badge count=item.count urgent=item.urgent/>
        </a>
    }
}

fn bottom_item(item: NavItem) -> impl IntoView {
    view! {
        <a href=item.href aria-current=item.current.then_some("page")>
            <span class="navwin">
                <Icon of=item.glyph/>
                <Badge count=item.count urgent=item.urgent class="absolute -top-1 -start-0.5 ring-2 ring-surface"/>
            </span>
            {item.label}
        </a>
    }
}

/// The frame of visitors: a bar with the mark, one column, the legal links. Heroes bring their own night.
#[component]
pub fn PlainShell(
    /// Wide pages (texts, lists) or the narrow column of forms.
    #[prop(optional)]
    wide: bool,
    #[prop(optional)]
    /// Leads back instead of the mark.
    back: Option<String>,
    children: Children,
) -> impl IntoView {
    let w = words(lang());
    let width = if wide { "max-w-180" } else { "max-w-110" };
    view! {
        <PageTop/>
        <div class=["mx-auto min-h-(--fill) flex flex-col px-5 ", width].concat()>
            <header class="flex items-center justify-between gap-3 pt-4">
                {match back {
                    Some(back) => view! { <ButtonLink href=back look=Look::Ghost glyph=Glyph::ARROW_LEFT label=w.back class="-ms-2.5 back"/> }.into_any(),
                    None => view! { <a href="/" class="flex items-center gap-2 font-semibold min-h-11"><Logo size=30/>{w.brand}</a> }.into_any(),
                }}
                <LangLink/>
            </header>
            <main id="main" tabindex="-1" class="flex-1 pt-5 pb-8">{children()}</main>
            <FooterLinks class="pb-5"/>
        </div>
    }
}

/// The other language, as a link: the server keeps the choice and leads back.
#[component]
pub fn LangLink(
    /// On night.
    #[prop(optional)]
    night: bool,
) -> impl IntoView {
    let w = words(lang());
    view! {
        <a href=format!("/prefer/lang/{}", w.other_lang) hreflang=w.other_lang lang=w.other_lang rel="nofollow"
            class=if night { "btn btn-night btn-sm" } else { "btn btn-ghost btn-sm" }>
            <Icon of=Glyph::LANGUAGES class="i-sm"/>
            <span>{w.other_lang_name}</span>
        </a>
    }
}

/// Accessibility statement, privacy, terms: at the foot of every page.
#[component]
pub fn FooterLinks(#[prop(optional)] class: &'static str) -> impl IntoView {
    let w = words(lang());
    view! {
        <footer class=["text-2xs text-ink-3 ", class].concat().trim_end().to_owned()>
            <ul class="flex flex-wrap gap-x-4 gap-y-1">
                <li><a class="inline-block py-1 hover:underline underline-offset-4" href="/accessibility">{w.accessibility}</a></li>
                <li><a class="inline-block py-1 hover:underline underline-offset-4" href="/privacy">{w.privacy}</a></li>
                <li><a class="inline-block py-1 hover:underline underline-offset-4" href="/terms">{w.terms}</a></li>
            </ul>
        </footer>
    }
}

/// Light, dark, or as the device: links, so it works without scripts. The server keeps the choice and leads back.
#[component]
pub fn ThemeSwitch() -> impl IntoView {
    let w = words(lang());
    let now = theme().unwrap_or("auto");
    let choices = [("light", w.theme_light), ("dark", w.theme_dark), ("auto", w.theme_device)];
    view! {
        <div class="seg" role="group" aria-label=w.theme>
            {choices.into_iter().map(|(key, text)| view! {
                <a href=format!("/prefer/theme/{key}") rel="nofollow" aria-current=(key == now).then_some("true")>{text}</a>
            }).collect_view()}
        </div>
    }
}

/// A plain form of one button that posts to a server function: (name, value) pairs go along.
#[component]
pub fn Act(
    /// `/call/room/verb`.
    action: &'static str,
    fields: Vec<(&'static str, String)>,
    #[prop(optional)] look: Look,
    #[prop(optional)] size: Size,
    #[prop(optional)] glyph: Option<Glyph>,
    #[prop(optional, into)] class: String,
    #[prop(into)] text: String,
) -> impl IntoView {
    let button = match glyph {
        Some(glyph) => view! { <Button look=look size=size glyph=glyph class=class>{text}</Button> }.into_any(),
        None => view! { <Button look=look size=size class=class>{text}</Button> }.into_any(),
    };
    view! {
        <form method="post" action=action>
            {fields.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view()}
            {button}
        </form>
    }
}
