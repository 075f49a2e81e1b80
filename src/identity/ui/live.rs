//! What moves when a code is typed: each digit lights a window, and the sixth sends the form. The island wraps what the
//! server rendered.

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{HtmlFormElement, HtmlInputElement};

use crate::ui::dom::{by_id, field_by_id, put, target_field};

/// Digits of a code.
const LENGTH: usize = 6;

/// One real input under six windows, so that paste and the phone's own filling-in work. Until the page is awake the
/// input is seen as it is.
#[component]
pub fn CodeField(#[prop(into)] label: String, described: &'static str, bad: bool) -> impl IntoView {
    let windows = (0..LENGTH).map(move |_| view! { <i data-bad=bad.then_some("")></i> });
    view! {
        <LiveCode>
            <div class="otp" id="otp">
                {windows.collect_view()}
                <input
                    id="code"
                    name="code"
                    class="num"
                    aria-label=label
                    aria-describedby=described
                    aria-invalid=bad.then_some("true")
                    inputmode="numeric"
                    autocomplete="one-time-code"
                    pattern="[0-9 ]*"
                    maxlength="12"
                    required
                />
            </div>
        </LiveCode>
    }
}

/// Wraps the code's field.
#[island]
pub fn LiveCode(children: Children) -> impl IntoView {
    let typed = |event: leptos::ev::Event| {
        let Some(field) = target_field(&event, "code") else { return };
        let code = digits(&field.value());
        field.set_value(&code);
        draw(&code, false);
        if code.len() == LENGTH {
            submit(&field);
        }
    };
    Effect::new(|| {
        if let Some(field) = field_by_id("code") {
            let bad = field.has_attribute("aria-invalid");
            draw(&digits(&field.value()), bad);
        }
    });
    view! { <div class="contents" on:input=typed>{children()}</div> }
}

/// Lights a window for each digit and marks the one that waits.
fn draw(code: &str, bad: bool) {
    let Some(otp) = by_id("otp") else { return };
    put(&otp, "data-awake", Some(""));
    let windows = otp.children();
    for place in 0..LENGTH {
        let Some(window) = windows.item(place as u32) else { return };
        let digit = code.get(place..place + 1);
        window.set_text_content(digit);
        put(&window, "data-on", digit.map(|_| ""));
        put(&window, "data-now", (place == code.len()).then_some(""));
        put(&window, "data-bad", bad.then_some(""));
    }
}

fn submit(field: &HtmlInputElement) {
    if let Some(form) = field.closest("form").ok().flatten().and_then(|form| form.dyn_into::<HtmlFormElement>().ok()) {
        let _ = form.request_submit();
    }
}

/// The first six digits of what was typed or pasted.
fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).take(LENGTH).collect()
}

#[cfg(test)]
mod tests {
    use super::digits;

    #[test]
    fn a_pasted_message_leaves_its_code() {
        assert_eq!(digits("471 902"), "471902");
        assert_eq!(digits("קוד: 471902."), "471902");
        assert_eq!(digits("4719021"), "471902");
    }
}
