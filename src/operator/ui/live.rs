//! An open console keeps its numbers fresh. Without scripts the page is simply loaded again.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::web_sys::Element;

use crate::operator::words::queue_words;
use crate::ui::dom::{by_id, data, put};
use crate::ui::{Glyph, Icon, fetch_text, lang};

/// Where the console finds its moving parts, and what it says when nobody answers.
#[component]
pub(super) fn LiveConsole(#[prop(into)] now: String) -> impl IntoView {
    let w = queue_words(lang());
    view! {
        <Console>
            <div id="console" class="contents" data-now=now>
                <p id="console-lost" class="text-xs text-ink-3 flex items-center gap-1.5 px-1" role="status" hidden><Icon of=Glyph::WIFI_OFF class="i-sm"/><span>{w.lost}</span></p>
            </div>
        </Console>
    }
}

/// Asks every five seconds, while somebody looks.
#[island]
pub fn Console(children: Children) -> impl IntoView {
    Effect::new(|| {
        let Some(console) = by_id("console") else { return };
        set_interval(
            move || {
                if !document().hidden() {
                    spawn_local(look(console.clone()));
                }
            },
            Duration::from_secs(5),
        );
    });
    children()
}

async fn look(console: Element) {
    if console.has_attribute("data-looking") {
        return;
    }
    put(&console, "data-looking", Some(""));
    let parts = fetch_text(&data(&console, "now")).await;
    if let Some(lost) = by_id("console-lost") {
        put(&lost, "hidden", parts.is_some().then_some(""));
    }
    if let Some(parts) = parts {
        put_in(&parts);
    }
    put(&console, "data-looking", None);
}

/// Puts each part in the place of the one with its id. A part that somebody is in, or in which he opened something, stays
/// as it is. The parts are this server's own HTML, escaped where it was written.
fn put_in(parts: &str) {
    let Ok(holder) = document().create_element("div") else { return };
    holder.set_inner_html(parts);
    let busy = document().active_element();
    let mut next = holder.first_element_child();
    while let Some(part) = next {
        next = part.next_element_sibling();
        let Some(old) = by_id(&part.id()) else { continue };
        let inside = busy.as_ref().is_some_and(|busy| old.contains(Some(busy)));
        let opened = old.query_selector("details[open]").ok().flatten().is_some();
        if !inside && !opened {
            old.set_outer_html(&part.outer_html());
        }
    }
}
