//! What moves on the committee's screens: who joins, who waits and what happens, while one looks. The island asks for
//! the page's moving parts anew and puts each in the place of the one with its id.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::web_sys::Element;

use crate::buildings::words::words;
use crate::ui::dom::{by_id, data, find, put};
use crate::ui::{Glyph, Icon, fetch_text, lang, listen};

/// What `Desk` says, and where it finds what it needs: the stream goes on from `seq`. `page` is `overview` or
/// `residents`.
#[component]
pub(super) fn LiveDesk(building: String, page: &'static str, seq: i64) -> impl IntoView {
    let w = words(lang());
    let stream = format!("/b/{building}/stream?from={seq}");
    let now = format!("/b/{building}/committee/{page}/now");
    let here = if page == "residents" { format!("/b/{building}/committee/residents") } else { format!("/b/{building}/committee") };
    view! {
        <Desk>
            <div id="desk" class="contents" data-stream=stream data-now=now data-told=w.live_told>
                <p id="desk-told" class="sr-only" role="status"></p>
                <p id="desk-more" class="toast text-sm mt-3" hidden><span class="flex-1">{w.live_more}</span><a class="btn btn-night btn-sm" href=here>{w.live_show}</a></p>
                <p id="desk-lost" class="text-xs text-ink-3 flex items-center gap-1.5 px-1 mt-3" role="status" hidden><Icon of=Glyph::WIFI_OFF class="i-sm"/><span>{w.live_lost}</span></p>
            </div>
        </Desk>
    }
}

/// Listens to the building's stream. Without scripts the page is simply loaded again.
#[island]
pub fn Desk(children: Children) -> impl IntoView {
    Effect::new(|| {
        let Some(desk) = by_id("desk") else { return };
        listen(
            &data(&desk, "stream"),
            "building resident join post hazard",
            move |_event, _id| spawn_local(look(desk.clone())),
            |up| {
                if let Some(lost) = by_id("desk-lost") {
                    put(&lost, "hidden", up.then_some(""));
                }
            },
        );
    });
    children()
}

/// Asks once for however many lines came meanwhile.
async fn look(desk: Element) {
    if desk.has_attribute("data-looking") {
        put(&desk, "data-again", Some(""));
        return;
    }
    put(&desk, "data-looking", Some(""));
    loop {
        put(&desk, "data-again", None);
        if let Some(parts) = fetch_text(&data(&desk, "now")).await {
            put_in(&parts);
            if let Some(told) = by_id("desk-told") {
                told.set_text_content(Some(&data(&desk, "told")));
            }
        }
        if !desk.has_attribute("data-again") {
            break;
        }
    }
    put(&desk, "data-looking", None);
}

/// Puts each part in the place of the one with its id. A part that somebody is in stays, and a line says that there is
/// more. The parts are this server's own HTML, escaped where it was written.
fn put_in(parts: &str) {
    let Ok(holder) = document().create_element("div") else { return };
    holder.set_inner_html(parts);
    let busy = document().active_element();
    let mut next = holder.first_element_child();
    while let Some(part) = next {
        next = part.next_element_sibling();
        let id = part.id();
        if id == "desk-subtitle" {
            let line = document().document_element().and_then(|page| find(&page, "header h1 + p"));
            if let Some(line) = line {
                line.set_text_content(part.text_content().as_deref());
            }
            continue;
        }
        let Some(old) = by_id(&id) else { continue };
        if busy.as_ref().is_some_and(|busy| old.contains(Some(busy))) {
            if let Some(more) = by_id("desk-more") {
                put(&more, "hidden", None);
            }
        } else {
            old.set_outer_html(&part.outer_html());
        }
    }
}
