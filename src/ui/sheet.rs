//! A sheet on a phone, a dialog on a desk: the browser's own `<dialog>`, so focus is kept inside, Esc closes it and
//! focus returns, without a script of ours.

use leptos::prelude::*;

use super::button::{Button, Look, Size};
use super::context::lang;
use super::glyph::Glyph;
use super::words::words;

/// Opened by `<Button opens="id">` and closed by `<Button closes="id">`, by Esc or by its own cross. The title is a
/// question, the children the consequence and the form that answers it, whose button repeats the verb.
#[component]
pub fn Sheet(
    #[prop(into)] id: String,
    #[prop(into)] title: String,
    /// Shown at once, when its form came back.
    #[prop(optional)]
    open: bool,
    children: Children,
) -> impl IntoView {
    let heading = format!("{id}-title");
    let (own, named_by) = (id.clone(), heading.clone());
    view! {
        <dialog id=own class="sheet sheet-place" aria-labelledby=named_by open=open>
            <div class="flex items-start gap-3 px-5 pt-4">
                <h2 class="flex-1 text-lg font-semibold pt-2" id=heading>{title}</h2>
                <Button look=Look::Ghost glyph=Glyph::X label=words(lang()).close closes=id size=Size::Normal class="-me-2.5"/>
            </div>
            <div class="px-5 pt-1 pb-6 grid gap-4">{children()}</div>
        </dialog>
    }
}
