//! What moves on the join form: the flat's number is looked up while it is typed, and its window lights up. The island
//! wraps the fields the server rendered.

use std::cell::Cell;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::web_sys::Element;

use crate::joining::words::words;
use crate::ui::dom::{by_id, data, field_by_id, find, put, target_field};
use crate::ui::{Glyph, Icon, isolated, json_field, lang, send};

/// How long typing must rest before the flat is looked up.
const REST: Duration = Duration::from_millis(280);

thread_local! {
    /// The number of the latest look-up: an answer to an earlier one is dropped.
    static LATEST: Cell<u32> = const { Cell::new(0) };
    static RESTING: Cell<Option<TimeoutHandle>> = const { Cell::new(None) };
}

/// The line under the flat's field. Without scripts it stays empty, and the form's own answer does the same work.
#[component]
pub fn FlatAnswer(building: String) -> impl IntoView {
    view! {
        <p id="flat-check" role="status" class="flat-check col-span-2" data-building=building data-asking=words(lang()).asking>
            <Icon of=Glyph::CIRCLE_CHECK class="i-sm"/>
            <Icon of=Glyph::CIRCLE_ALERT class="i-sm"/>
            <span></span>
        </p>
    }
}

/// Wraps the flat's and the name's fields and the `FlatAnswer` under both.
#[island]
pub fn LiveFlat(children: Children) -> impl IntoView {
    let typed = |event: leptos::ev::Event| {
        let Some(field) = target_field(&event, "flat") else { return };
        if let Some(handle) = RESTING.take() {
            handle.clear();
        }
        RESTING.set(set_timeout_with_handle(move || look_up(field.value()), REST).ok());
    };
    // What the browser kept, or a draft brought back, is looked up once the page is awake.
    Effect::new(|| {
        if let Some(flat) = field_by_id("flat").map(|field| field.value()).filter(|flat| !flat.is_empty()) {
            look_up(flat);
        }
    });
    view! { <div class="grid grid-cols-[7rem_1fr] items-start gap-3" on:input=typed>{children()}</div> }
}

fn look_up(flat: String) {
    let Some(line) = by_id("flat-check") else { return };
    let mine = LATEST.get().wrapping_add(1);
    LATEST.set(mine);
    light(None);
    if flat.trim().is_empty() {
        return tell(&line, None, "");
    }
    tell(&line, Some("asking"), &data(&line, "asking"));
    spawn_local(async move {
        let told = send("/call/joining/flat", &[("building", &data(&line, "building")), ("flat", &flat)]).await;
        if LATEST.get() != mine {
            return;
        }
        // A line that failed says nothing: the form's answer will.
        let Some(told) = told else { return tell(&line, None, "") };
        let says = |name: &str| json_field(&told, name).as_deref() == Some("true");
        let open = says("found") && !says("full");
        if open {
            light(Some(&flat));
        }
        let tone = if !open {
            "bad"
        } else if says("pays_already") {
            "info"
        } else {
            "ok"
        };
        tell(&line, Some(tone), &isolated(&json_field(&told, "sentence").unwrap_or_default()));
    });
}

fn tell(line: &Element, tone: Option<&str>, sentence: &str) {
    put(line, "data-tone", tone);
    if let Some(words) = find(line, "span") {
        words.set_text_content(Some(sentence));
    }
}

/// Lights the window of one flat in the façade above, and puts the one before back as it was.
fn light(flat: Option<&str>) {
    let page = document();
    if let Ok(Some(before)) = page.query_selector(".facade .win[data-kept]") {
        put(&before, "data-s", Some(&data(&before, "kept")));
        put(&before, "data-kept", None);
    }
    let Some(flat) = flat.map(str::trim).filter(|flat| flat.chars().all(char::is_alphanumeric)) else { return };
    if let Ok(Some(window)) = page.query_selector(&[".facade .win[data-flat=\"", flat, "\"]"].concat()) {
        put(&window, "data-kept", Some(&data(&window, "s")));
        put(&window, "data-s", Some("you"));
    }
}
