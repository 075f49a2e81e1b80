//! What moves when a code is typed: each digit lights a window, and the sixth sends the form.

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{HtmlFormElement, HtmlInputElement};

/// Digits of a code.
const LENGTH: usize = 6;

/// One real input under six windows, so that paste and the phone's own filling-in work. Until the page is awake the
/// input is seen as it is.
#[island]
pub fn CodeField(label: String, described: String, bad: bool) -> impl IntoView {
    let typed = RwSignal::new(String::new());
    let awake = RwSignal::new(false);
    let wrong = RwSignal::new(bad);
    let field = NodeRef::<leptos::html::Input>::new();
    Effect::new(move || {
        awake.set(true);
        if let Some(field) = field.get() {
            typed.set(digits(&field.value()));
        }
    });
    let on_input = move |event: leptos::ev::Event| {
        let Some(input) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) else { return };
        let code = digits(&input.value());
        input.set_value(&code);
        wrong.set(false);
        let whole = code.len() == LENGTH;
        typed.set(code);
        if whole && let Some(form) = input.closest("form").ok().flatten().and_then(|form| form.dyn_into::<HtmlFormElement>().ok()) {
            let _ = form.request_submit();
        }
    };
    let windows = (0..LENGTH).map(|place| {
        let digit = move || typed.with(|code| code.chars().nth(place).map(String::from));
        view! {
            <i
                data-on=move || digit().is_some().then_some("")
                data-now=move || (awake.get() && typed.with(String::len) == place).then_some("")
                data-bad=move || wrong.get().then_some("")
            >{digit}</i>
        }
    });
    view! {
        <div class="otp" data-awake=move || awake.get().then_some("")>
            {windows.collect_view()}
            <input
                node_ref=field
                id="code"
                name="code"
                class="num"
                aria-label=label
                aria-describedby=described
                aria-invalid=move || wrong.get().then_some("true")
                inputmode="numeric"
                autocomplete="one-time-code"
                pattern="[0-9 ]*"
                maxlength="12"
                required
                on:input=on_input
            />
        </div>
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
