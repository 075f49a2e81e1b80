//! The console's frame: one navigation for all its pages.

use leptos::prelude::*;

use crate::operator::words::console::console;
use crate::operator::words::queue_words;
use crate::ui::{CommitteeShell, Glyph, NavItem, NoIndex, PageTitle, Who, lang};

/// Where the reader is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Queues,
    Outgoing,
    Inbound,
    Tenants,
    Health,
    /// A page of the console that another leads to.
    Below,
}

#[component]
pub(super) fn ConsoleShell(
    place: Place,
    title: &'static str,
    #[prop(optional, into)] subtitle: String,
    /// Dead letters of the queues, where they are known.
    #[prop(optional)]
    dead: i64,
    #[prop(optional, into)] back: Option<String>,
    #[prop(optional, into)] actions: ViewFnOnce,
    children: Children,
) -> impl IntoView {
    let (w, frame) = (console(lang()), queue_words(lang()));
    let item = |of: Place, href: &'static str, label: &'static str, glyph: Glyph| NavItem::new(href, label, glyph).current(of == place);
    let nav = vec![
        item(Place::Queues, "/operator/queues", w.queues, Glyph::LIST).count(u32::try_from(dead).unwrap_or_default(), true),
        item(Place::Outgoing, "/operator/webhooks", w.outgoing, Glyph::SEND),
        item(Place::Inbound, "/operator/inbound", w.inbound, Glyph::DOWNLOAD),
        item(Place::Tenants, "/operator/tenants", w.tenants, Glyph::BUILDING),
        item(Place::Health, "/operator/health", w.health, Glyph::HEART),
    ];
    let who = Who { name: frame.team.to_owned(), place: frame.console.to_owned(), tone: 6 };
    let inside = move || view! { <div class="grid grid-cols-[minmax(0,1fr)] gap-5">{children()}</div> };
    view! {
        <PageTitle text=format!("{title} · {}", frame.console)/>
        <NoIndex/>
        {match back {
            Some(back) => view! {
                <CommitteeShell title=title subtitle=subtitle place=frame.console home="/operator/queues" nav=nav who=who back=back actions=actions>{inside()}</CommitteeShell>
            }.into_any(),
            None => view! { <CommitteeShell title=title subtitle=subtitle place=frame.console home="/operator/queues" nav=nav who=who actions=actions>{inside()}</CommitteeShell> }.into_any(),
        }}
    }
}

/// A page's address with what was asked for; empty answers are left out.
pub(super) fn address(path: &str, asked: &[(&str, &str)]) -> String {
    let all = asked.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| format!("{name}={}", crate::ui::query_value(value)));
    let all = all.collect::<Vec<_>>().join("&");
    if all.is_empty() { path.to_owned() } else { format!("{path}?{all}") }
}
