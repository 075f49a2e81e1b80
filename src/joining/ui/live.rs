//! What moves on the join form: the flat's number is looked up while it is typed, and its window lights up.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::HtmlInputElement;

use crate::joining::model::FlatCheck;
use crate::ui::{Glyph, Icon, Sentence, send};

/// How long typing must rest before the flat is looked up.
const REST: Duration = Duration::from_millis(280);

/// Wraps the flat's and the name's fields; the answer stands under both. Without scripts the form's own answer does
/// the same work.
#[island]
pub fn LiveFlat(building: String, asking: String, children: Children) -> impl IntoView {
    let answer = RwSignal::new(None::<FlatCheck>);
    let waiting = RwSignal::new(false);
    let latest = StoredValue::new(0u32);
    let timer = StoredValue::new(None::<TimeoutHandle>);

    let look_up = move |flat: String| {
        latest.update_value(|count| *count += 1);
        let mine = latest.get_value();
        light(None);
        if flat.trim().is_empty() {
            waiting.set(false);
            answer.set(None);
            return;
        }
        let building = building.clone();
        spawn_local(async move {
            waiting.set(true);
            let told = send("/call/joining/flat", &[("building", &building), ("flat", &flat)]).await;
            let told = told.and_then(|json| leptos::serde_json::from_str::<FlatCheck>(&json).ok());
            if latest.get_value() != mine {
                return;
            }
            waiting.set(false);
            if told.as_ref().is_some_and(|check| check.found && !check.full) {
                light(Some(&flat));
            }
            // A line that failed says nothing: the form's answer will.
            answer.set(told);
        });
    };
    let on_input = {
        let look_up = look_up.clone();
        move |event: leptos::ev::Event| {
            let Some(field) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) else { return };
            if field.name() != "flat" {
                return;
            }
            if let Some(handle) = timer.get_value() {
                handle.clear();
            }
            let (look_up, flat) = (look_up.clone(), field.value());
            timer.set_value(set_timeout_with_handle(move || look_up(flat), REST).ok());
        }
    };
    // What the browser kept, or a draft brought back, is looked up once the page is awake.
    Effect::new(move || {
        let field = document().get_element_by_id("flat").and_then(|field| field.dyn_into::<HtmlInputElement>().ok());
        if let Some(flat) = field.map(|field| field.value()).filter(|flat| !flat.is_empty()) {
            look_up(flat);
        }
    });

    let class = move || match answer.get() {
        Some(check) if check.pays_already && !check.full => "col-span-2 -mt-1 empty:-mt-3 text-sm text-info-ink",
        Some(check) if check.found && !check.full => "col-span-2 -mt-1 empty:-mt-3 text-sm text-ok-ink",
        Some(_) => "col-span-2 -mt-1 empty:-mt-3 text-sm text-bad-ink",
        None => "col-span-2 -mt-1 empty:-mt-3 text-sm text-ink-3",
    };
    let line = move || match answer.get() {
        Some(check) => {
            let glyph = if check.found && !check.full { Glyph::CIRCLE_CHECK } else { Glyph::CIRCLE_ALERT };
            Some(view! { <span class="flex items-start gap-1.5"><Icon of=glyph class="i-sm mt-0.5 flex-none"/><span><Sentence text=check.sentence/></span></span> }.into_any())
        }
        None if waiting.get() => Some(view! { <span>{asking.clone()}</span> }.into_any()),
        None => None,
    };
    view! {
        <div class="grid grid-cols-[7rem_1fr] items-start gap-3" on:input=on_input>
            {children()}
            <div id="flat-check" role="status" class=class>{line}</div>
        </div>
    }
}

/// Lights the window of one flat in the façade above, and puts the one before back as it was.
fn light(flat: Option<&str>) {
    let page = document();
    if let Ok(Some(before)) = page.query_selector(".facade .win[data-kept]") {
        let _ = before.set_attribute("data-s", &before.get_attribute("data-kept").unwrap_or_default());
        let _ = before.remove_attribute("data-kept");
    }
    let Some(flat) = flat.map(str::trim).filter(|flat| flat.chars().all(char::is_alphanumeric)) else { return };
    if let Ok(Some(window)) = page.query_selector(&format!(".facade .win[data-flat=\"{flat}\"]")) {
        let _ = window.set_attribute("data-kept", &window.get_attribute("data-s").unwrap_or_default());
        let _ = window.set_attribute("data-s", "you");
    }
}
