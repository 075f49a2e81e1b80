//! The committee's list as it was read, before its building is opened: every line, with what to mend in its place.

use kit::Replay;
use leptos::prelude::*;
use leptos::serde_json;

use crate::buildings::model::{Column, ListLine, ListPreview};
use crate::buildings::words::{Words, words};
use crate::ui::{FieldProblem, Glyph, Note, Tone, lang};

/// The list a form came back with, when it was looked at.
pub(super) fn read() -> Option<ListPreview> {
    let replay = use_context::<Replay>().filter(|replay| replay.endpoint == "buildings/open")?;
    serde_json::from_str(&replay.value("preview")?).ok()
}

#[component]
pub(super) fn List(preview: ListPreview) -> impl IntoView {
    let w = words(lang());
    let good = preview.problems.is_empty();
    let whole: Vec<String> = preview.problems.iter().filter(|problem| problem.line == 0).map(|problem| problem.sentence.clone()).collect();
    let (tone, glyph) = if good { (Tone::Ok, Glyph::CIRCLE_CHECK) } else { (Tone::Bad, Glyph::CIRCLE_ALERT) };
    let told = if good { (w.list_good)(preview.flats, preview.phones) } else { (w.list_bad)(preview.problems.len()) };
    let named = preview.lines.iter().any(|line| !line.name.is_empty());
    let lines = preview.lines.clone();
    view! {
        <div class="grid gap-3" id="list">
            <Note glyph=glyph tone=tone>
                <p class="font-semibold">{told}</p>
                {whole.into_iter().map(|sentence| view! { <p>{sentence}</p> }).collect_view()}
                {good.then(|| view! { <p>{w.list_wins}</p> })}
            </Note>
            {(!lines.is_empty()).then(|| view! {
                <div class="overflow-auto max-h-100 rounded-md border border-line" tabindex="0" role="region" aria-label=w.list_table>
                    <table class="dtable list-table">
                        <thead><tr>
                            <th scope="col" class="n">{w.line}</th><th scope="col">{w.flat}</th><th scope="col">{w.floor}</th>
                            {named.then(|| view! { <th scope="col">{w.name_column}</th> })}
                            <th scope="col">{w.phone_column}</th>
                        </tr></thead>
                        <tbody>{lines.into_iter().map(|line| row(line, &preview, named, w)).collect_view()}</tbody>
                    </table>
                </div>
            })}
        </div>
    }
}

fn row(line: ListLine, preview: &ListPreview, named: bool, _w: &Words) -> impl IntoView + use<> {
    let number = line.line;
    let cell = |column: Column, text: String, ltr: bool| {
        let problems: Vec<_> = preview.problems.iter().filter(|problem| problem.line == number && problem.column == column).map(|problem| problem.sentence.clone()).collect();
        let bad = !problems.is_empty();
        let class = match (bad, ltr) {
            (true, _) => "bg-bad-soft min-w-32",
            (false, true) => "num whitespace-nowrap",
            (false, false) => "",
        };
        let id = format!("line-{number}-{column:?}").to_lowercase();
        view! {
            <td class=class aria-invalid=bad.then_some("true")>
                {if ltr { view! { <bdi class="ltr">{text}</bdi> }.into_any() } else { view! { <bdi>{text}</bdi> }.into_any() }}
                {problems.into_iter().map(|sentence| view! { <FieldProblem id=id.clone() text=sentence/> }).collect_view()}
            </td>
        }
    };
    view! {
        <tr>
            <td class="n text-ink-3">{number}</td>
            {cell(Column::Flat, line.flat, false)}
            {cell(Column::Floor, line.floor, false)}
            {named.then(|| cell(Column::Name, line.name, false))}
            {cell(Column::Phone, line.phone, true)}
        </tr>
    }
}
