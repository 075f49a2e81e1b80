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
    let (lines, cards) = (preview.lines.clone(), preview.lines.clone());
    view! {
        <div class="grid gap-3" id="list">
            <Note glyph=glyph tone=tone>
                <p class="font-semibold">{told}</p>
                {whole.into_iter().map(|sentence| view! { <p>{sentence}</p> }).collect_view()}
                {good.then(|| view! { <p>{w.list_wins}</p> })}
            </Note>
            {(!lines.is_empty()).then(|| view! {
                <div class="overflow-auto max-h-100 rounded-md border border-line" tabindex="0" role="region" aria-label=w.list_table>
                    <ul class="rows sm:hidden">{cards.into_iter().map(|line| card(line, &preview, w)).collect_view()}</ul>
                    <table class="dtable hidden sm:table [&_td]:px-3 [&_th]:px-3">
                        <thead><tr>
                            <th scope="col" class="n">{w.line}</th><th scope="col">{w.flat}</th><th scope="col">{w.floor}</th>
                            {named.then(|| view! { <th scope="col">{w.name_column}</th> })}
                            <th scope="col">{w.phone_column}</th>
                        </tr></thead>
                        <tbody>{lines.into_iter().map(|line| row(line, &preview, named)).collect_view()}</tbody>
                    </table>
                </div>
            })}
        </div>
    }
}

/// What is wrong in one cell.
fn problems(preview: &ListPreview, line: u32, column: Column) -> Vec<String> {
    preview.problems.iter().filter(|problem| problem.line == line && problem.column == column).map(|problem| problem.sentence.clone()).collect()
}

/// A line on a phone: what it says, and under it what to mend, column by column.
fn card(line: ListLine, preview: &ListPreview, w: &'static Words) -> impl IntoView + use<> {
    let number = line.line;
    let columns = [(Column::Flat, w.flat), (Column::Floor, w.floor), (Column::Name, w.name_column), (Column::Phone, w.phone_column)];
    let wrong: Vec<(&str, String)> = columns.into_iter().flat_map(|(column, label)| problems(preview, number, column).into_iter().map(move |sentence| (label, sentence))).collect();
    let bad = !wrong.is_empty();
    view! {
        <li class=if bad { "p-3 grid gap-1 bg-bad-soft" } else { "p-3 grid gap-1" }>
            <p class="flex items-baseline gap-3 text-sm">
                <span class="font-medium">{w.flat}" "<bdi>{line.flat}</bdi></span>
                {(!line.floor.is_empty()).then(|| view! { <span class="text-ink-2">{w.floor}" "<bdi>{line.floor}</bdi></span> })}
                <span class="text-2xs text-ink-3 ms-auto">{w.line}" "{number}</span>
            </p>
            {(!line.name.is_empty()).then(|| view! { <p class="text-sm text-ink-2"><bdi>{line.name}</bdi></p> })}
            {(!line.phone.is_empty()).then(|| view! { <p class="text-sm text-ink-2 num"><bdi class="ltr">{line.phone}</bdi></p> })}
            {wrong.into_iter().map(|(label, sentence)| view! { <p class="text-xs text-bad-ink"><span class="font-medium">{label}": "</span>{sentence}</p> }).collect_view()}
        </li>
    }
}

fn row(line: ListLine, preview: &ListPreview, named: bool) -> impl IntoView + use<> {
    let number = line.line;
    let cell = |column: Column, texts: Vec<String>| {
        let wrong = problems(preview, number, column);
        let bad = !wrong.is_empty();
        let phone = column == Column::Phone;
        let class = match (bad, phone) {
            (true, true) => "bg-bad-soft min-w-44",
            (true, false) => "bg-bad-soft min-w-32",
            (false, true) => "num whitespace-nowrap",
            (false, false) => "",
        };
        let id = format!("line-{number}-{column:?}").to_lowercase();
        view! {
            <td class=class>
                {texts.into_iter().map(|text| view! { <bdi class=if phone { "ltr block w-fit" } else { "" }>{text}</bdi> }).collect_view()}
                {wrong.into_iter().map(|sentence| view! { <FieldProblem id=id.clone() text=sentence/> }).collect_view()}
            </td>
        }
    };
    view! {
        <tr>
            <td class="n text-ink-3">{number}</td>
            {cell(Column::Flat, vec![line.flat])}
            {cell(Column::Floor, vec![line.floor])}
            {named.then(|| cell(Column::Name, vec![line.name]))}
            {cell(Column::Phone, line.phone.split(", ").map(str::to_owned).collect())}
        </tr>
    }
}
