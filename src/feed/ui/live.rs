//! What moves on the board: hearts, and posts that arrive while one reads. The islands wrap what the server rendered.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::web_sys::Element;

use crate::feed::words::words;
use crate::ui::dom::{by_id, data, find, put, target};
use crate::ui::{Glyph, Icon, fetch_text, lang, listen, send};

/// The server function behind a heart, and the address of its form.
const REACT: &str = "/call/feed/react";

/// A heart: a plain form, which `Hearts` around it answers at once.
#[component]
pub fn Heart(building: String, post: String, count: i64, on: bool) -> impl IntoView {
    let w = words(lang());
    view! {
        <form method="post" action=REACT class="-ms-2" data-give=w.heart_on data-take=w.heart_off>
            <input type="hidden" name="building" value=building/>
            <input type="hidden" name="post" value=post/>
            <input type="hidden" name="on" value=(!on).to_string()/>
            <button
                type="submit"
                class=if on { HEART_ON } else { HEART_OFF }
                aria-pressed=on.to_string()
                aria-label=format!("{} ({count})", if on { w.heart_off } else { w.heart_on })
            >
                <Icon of=Glyph::HEART class="i-sm"/>
                <span class="num">{count}</span>
            </button>
        </form>
    }
}

const HEART_ON: &str = "btn btn-soft btn-sm heart-on";
const HEART_OFF: &str = "btn btn-ghost btn-sm";

/// Answers every heart inside at once, also on cards that arrive later, and takes it back when the line fails.
#[island]
pub fn Hearts(children: Children) -> impl IntoView {
    let given = |event: leptos::ev::SubmitEvent| {
        let Some(form) = target(&event).filter(|form| form.get_attribute("action").as_deref() == Some(REACT)) else { return };
        event.prevent_default();
        spawn_local(toggle(form));
    };
    view! { <div class="contents" on:submit=given>{children()}</div> }
}

async fn toggle(form: Element) {
    let hidden = |name: &str| find(&form, &format!("input[name={name}]"));
    let (Some(building), Some(post), Some(on)) = (hidden("building"), hidden("post"), hidden("on")) else { return };
    let value = |field: &Element| field.get_attribute("value").unwrap_or_default();
    let now = value(&on) == "true";
    let before = find(&form, ".num").and_then(|number| number.text_content()).and_then(|text| text.parse::<i32>().ok()).unwrap_or(0);
    show(&form, &on, now, if now { before + 1 } else { before - 1 });
    let told = send(REACT, &[("building", &value(&building)), ("post", &value(&post)), ("on", if now { "true" } else { "false" })]).await;
    match told.and_then(|count| count.trim().parse().ok()) {
        Some(count) => show(&form, &on, now, count),
        None => show(&form, &on, !now, before),
    }
}

/// Writes a heart's state where a reader and the next press find it.
fn show(form: &Element, next: &Element, on: bool, count: i32) {
    let count = count.max(0).to_string();
    put(next, "value", Some(if on { "false" } else { "true" }));
    let Some(button) = find(form, "button") else { return };
    put(&button, "aria-pressed", Some(if on { "true" } else { "false" }));
    let label = [&data(form, if on { "take" } else { "give" }), " (", &count, ")"].concat();
    put(&button, "aria-label", Some(&label));
    button.set_class_name(if on { HEART_ON } else { HEART_OFF });
    if let Some(number) = find(&button, ".num") {
        number.set_text_content(Some(&count));
    }
}

/// What `Live` says, and where it finds what it needs: the stream goes on from `seq`; with `insert` posts are put on
/// top, under a filter they are only told of.
#[component]
pub fn LiveLine(building: String, seq: i64, insert: bool) -> impl IntoView {
    let w = words(lang());
    let home = format!("/b/{building}");
    view! {
        <Live>
            <div id="live" class="contents" data-building=building data-seq=seq data-insert=insert.then_some("") data-new=w.live_new>
                <p id="live-told" class="sr-only" role="status"></p>
                <p id="live-more" class="toast text-sm" hidden><span class="flex-1">{w.live_new}</span><a class="btn btn-night btn-sm" href=home>{w.live_show}</a></p>
                <div role="status" class="contents">
                    <p id="live-lost" class="text-xs text-ink-3 flex items-center gap-1.5 px-1" hidden><Icon of=Glyph::WIFI_OFF class="i-sm"/><span>{w.live_lost}</span></p>
                </div>
            </div>
        </Live>
    }
}

/// Listens to the building's stream and puts new posts on top of `#posts`. Says so to screen readers, and says when
/// the line is down. Without scripts the page is simply loaded again.
#[island]
pub fn Live(children: Children) -> impl IntoView {
    Effect::new(|| {
        let Some(live) = by_id("live") else { return };
        let url = ["/b/", &data(&live, "building"), "/stream?from=", &data(&live, "seq")].concat();
        listen(
            &url,
            "post hazard",
            move |event, _id| {
                if let Some(post) = uuid_in(&event).map(str::to_owned) {
                    spawn_local(hear(live.clone(), event, post));
                }
            },
            |up| {
                if let Some(lost) = by_id("live-lost") {
                    put(&lost, "hidden", up.then_some(""));
                }
            },
        );
    });
    children()
}

/// One line of the stream about a post.
async fn hear(live: Element, event: String, post: String) {
    let is = |kind: &str| event.contains(kind);
    if let Some(card) = by_id(&["post-", &post].concat()) {
        if is("post.removed") {
            card.remove();
        } else if is("post.edited")
            && let Some(mended) = fetch_text(&["/b/", &data(&live, "building"), "/posts/", &post, "/card"].concat()).await
        {
            card.set_outer_html(&mended);
        }
        return;
    }
    if !is("post.created") {
        return;
    }
    if !live.has_attribute("data-insert") {
        if let Some(more) = by_id("live-more") {
            put(&more, "hidden", None);
        }
    } else if !put_on_top(&data(&live, "building"), &post).await {
        return;
    }
    if let Some(told) = by_id("live-told") {
        told.set_text_content(Some(&data(&live, "new")));
    }
}

/// Fetches a post's card and puts it first. The card is this server's own HTML, escaped where it was written.
async fn put_on_top(building: &str, post: &str) -> bool {
    let Some(card) = fetch_text(&["/b/", building, "/posts/", post, "/card"].concat()).await else { return false };
    let Some(list) = by_id("posts") else { return false };
    // Two lines about one post may cross while its card is on the way.
    if by_id(&["post-", post].concat()).is_some() || list.insert_adjacent_html("afterbegin", &card).is_err() {
        return false;
    }
    if let Some(first) = list.first_element_child() {
        let _ = first.class_list().add_1("arrived");
    }
    true
}

/// The first UUID of an event's data.
fn uuid_in(data: &str) -> Option<&str> {
    let shape = |text: &[u8]| text.iter().enumerate().all(|(place, byte)| if matches!(place, 8 | 13 | 18 | 23) { *byte == b'-' } else { byte.is_ascii_hexdigit() });
    data.as_bytes().windows(36).position(shape).and_then(|start| data.get(start..start + 36))
}

#[cfg(test)]
mod tests {
    use super::uuid_in;

    #[test]
    fn the_post_of_an_event_is_found_in_any_wrapping() {
        let id = "0193a1f2-7c3e-7abc-8def-0123456789ab";
        assert_eq!(uuid_in(id), Some(id));
        assert_eq!(uuid_in(&format!("{{\"post\":\"{id}\",\"kind\":\"notice\"}}")), Some(id));
        assert_eq!(uuid_in("nothing"), None);
    }
}
