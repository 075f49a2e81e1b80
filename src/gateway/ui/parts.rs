//! Pieces of the gateway's screens.

use leptos::prelude::*;

use crate::gateway::model::{CHOICES, EVENT_TYPES, entry_names};
use crate::gateway::words::Words;
use crate::ui::{FieldProblem, Typed};

/// What may be told, one box each. Each box has a number of its own, so that a form that came back keeps them all.
#[component]
pub(super) fn Choices(
    w: &'static Words,
    /// Told apart where a page holds several such forms.
    #[prop(into)]
    id: String,
    /// What is chosen now.
    chosen: Vec<String>,
    typed: Typed,
) -> impl IntoView {
    let came_back = typed.sentence().is_some();
    let problem = typed.problem("event_types");
    // What was chosen elsewhere and is no box of ours (a single type of a family) stays chosen as it is.
    let others: Vec<String> = chosen.iter().filter(|entry| !CHOICES.contains(&entry.as_str())).cloned().collect();
    let boxes = CHOICES.iter().enumerate().map(|(at, choice)| {
        let name = format!("event_types[{at}]");
        let checked = if came_back { typed.value(&name, "") == *choice } else { chosen.iter().any(|entry| entry == choice) };
        choice_box(format!("{id}-{at}"), name, choice, checked, w)
    });
    let boxes = boxes.collect_view();
    let kept = others.into_iter().enumerate().map(|(at, entry)| {
        let (known, at) = (EVENT_TYPES.iter().any(|known| entry_names(&entry, known)), CHOICES.len() + at);
        known.then(|| {
            let checked = !came_back || typed.value(&format!("event_types[{at}]"), "") == entry;
            choice_box(format!("{id}-{at}"), format!("event_types[{at}]"), &entry, checked, w)
        })
    });
    let kept = kept.collect_view();
    view! {
        <div class="rows rounded-md border border-line" id=format!("{id}-event_types")>{boxes}{kept}</div>
        {problem.map(|text| view! { <FieldProblem id=format!("{id}-event_types-problem") text=text/> })}
    }
}

fn choice_box(id: String, name: String, entry: &str, checked: bool, w: &'static Words) -> impl IntoView + use<> {
    let (title, told) = (w.entry)(entry);
    let (hint, value, owner) = (format!("{id}-hint"), entry.to_owned(), id.clone());
    view! {
        <label class="flex items-start gap-3 p-3 min-h-11" for=owner>
            <input id=id type="checkbox" name=name value=value.clone() checked=checked class="size-5 mt-0.5 accent-brand flex-none" aria-describedby=hint.clone()/>
            <span class="flex-1 min-w-0">
                <span class="flex flex-wrap items-baseline justify-between gap-x-3"><span class="font-medium">{title}</span><span class="mono text-ink-3">{value}</span></span>
                <span class="block text-sm text-ink-2 mt-0.5" id=hint>{told}</span>
            </span>
        </label>
    }
}

/// A list of entries by their names; nothing chosen is everything.
#[component]
pub(super) fn Entries(w: &'static Words, of: Vec<String>) -> impl IntoView {
    if of.is_empty() {
        return view! { <p class="text-sm text-ink-2">{w.hears_all}</p> }.into_any();
    }
    let chips = of.into_iter().map(|entry| {
        let title = (w.entry)(&entry).0;
        view! { <li class="chip"><span>{title}</span><span class="mono text-ink-3">{entry}</span></li> }
    });
    view! { <ul class="flex flex-wrap gap-1.5">{chips.collect_view()}</ul> }.into_any()
}
