//! Fields of plain forms. A problem is told under its field, with an icon and a sentence that says how to mend it.

use leptos::prelude::*;

use super::art::Flag;
use super::bits::Sentence;
use super::context::{Typed, lang};
use super::glyph::{Glyph, Icon};
use super::page::escape_text;
use super::words::words;

/// The sentence under a field that did not pass.
#[component]
pub fn FieldProblem(#[prop(into)] id: String, #[prop(into)] text: String) -> impl IntoView {
    view! {
        <p class="err" id=id><Icon of=Glyph::CIRCLE_ALERT class="i-sm mt-0.5 flex-none"/><span><Sentence text=text/></span></p>
    }
}

/// Label, hint and problem around a control whose id is `id`; the control points at `{id}-hint` and `{id}-problem`.
#[component]
fn Around(id: String, label: String, optional: bool, hint: String, problem: Option<String>, children: Children) -> impl IntoView {
    view! {
        <div class="field">
            <label class="label" for=id.clone()>
                {label}
                {optional.then(|| view! { " "<span class="opt">{words(lang()).optional}</span> })}
            </label>
            {children()}
            {problem.map(|text| view! { <FieldProblem id=format!("{id}-problem") text=text/> })}
            {(!hint.is_empty()).then(|| view! { <p class="hint" id=format!("{id}-hint")>{hint}</p> })}
        </div>
    }
}

fn described_by(id: &str, hint: &str, problem: bool, more: &str) -> Option<String> {
    let mut ids = Vec::new();
    if problem {
        ids.push(format!("{id}-problem"));
    }
    if !hint.is_empty() {
        ids.push(format!("{id}-hint"));
    }
    if !more.is_empty() {
        ids.push(more.to_owned());
    }
    (!ids.is_empty()).then(|| ids.join(" "))
}

/// One line of text. Names and other people's words get their direction from what is typed.
#[component]
pub fn Field(
    name: &'static str,
    #[prop(into)] label: String,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] hint: String,
    /// How to mend it; `None` while nothing is wrong.
    #[prop(default = None)]
    problem: Option<String>,
    /// Another id than the name, where a page holds two such fields.
    #[prop(optional, into)]
    id: Option<String>,
    #[prop(default = "text")] kind: &'static str,
    #[prop(default = "text")] inputmode: &'static str,
    #[prop(default = "off")] autocomplete: &'static str,
    #[prop(optional, into)] placeholder: Option<String>,
    /// More classes, such as `num text-center font-semibold`.
    #[prop(optional)]
    class: &'static str,
    /// Characters.
    #[prop(optional)]
    maxlength: Option<u32>,
    #[prop(optional)] optional: bool,
    /// The id of one more sentence about it, such as a live check.
    #[prop(optional)]
    described: &'static str,
    /// `ltr` for codes, addresses and numbers.
    #[prop(default = "auto")]
    dir: &'static str,
) -> impl IntoView {
    let id = id.unwrap_or_else(|| name.to_owned());
    let bad = problem.is_some();
    let described = described_by(&id, &hint, bad, described);
    // An empty field with dir=auto would turn to the left: it follows the page until something is typed.
    let dir = if dir == "auto" && value.is_empty() && kind == "text" { None } else { Some(dir) };
    view! {
        <Around id=id.clone() label=label optional=optional hint=hint problem=problem>
            <input
                id=id
                name=name
                type=kind
                class=["input ", class].concat().trim_end().to_owned()
                inputmode=inputmode
                autocomplete=autocomplete
                placeholder=placeholder
                maxlength=maxlength
                value=value
                dir=dir
                required=!optional
                aria-invalid=bad.then_some("true")
                aria-describedby=described
            />
        </Around>
    }
}

/// Several lines of text. The framework writes a textarea's text out as it is (leptos#4730), so it is escaped here;
/// the line end before it is the one that HTML drops.
#[component]
pub fn TextArea(
    name: &'static str,
    #[prop(into)] label: String,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] hint: String,
    #[prop(default = None)] problem: Option<String>,
    #[prop(optional, into)] id: Option<String>,
    #[prop(optional, into)] placeholder: Option<String>,
    #[prop(default = 3)] rows: u32,
    #[prop(optional)] maxlength: Option<u32>,
    #[prop(optional)] optional: bool,
    /// Keeps the label for screen readers only.
    #[prop(optional)]
    quiet: bool,
    #[prop(optional)] class: &'static str,
) -> impl IntoView {
    let id = id.unwrap_or_else(|| name.to_owned());
    let bad = problem.is_some();
    let described = described_by(&id, &hint, bad, "");
    let dir = (!value.is_empty()).then_some("auto");
    let area = view! {
        <textarea
            id=id.clone()
            name=name
            rows=rows
            class=["input input-area ", class].concat().trim_end().to_owned()
            placeholder=placeholder
            maxlength=maxlength
            dir=dir
            required=!optional
            aria-invalid=bad.then_some("true")
            aria-describedby=described
            inner_html=format!("\n{}", escape_text(&value))
        ></textarea>
    };
    if quiet {
        view! {
            <div class="field">
                <label class="sr-only" for=id.clone()>{label}</label>
                {area}
                {problem.map(|text| view! { <FieldProblem id=format!("{id}-problem") text=text/> })}
                {(!hint.is_empty()).then(|| view! { <p class="hint" id=format!("{id}-hint")>{hint}</p> })}
            </div>
        }
        .into_any()
    } else {
        view! { <Around id=id label=label optional=optional hint=hint problem=problem>{area}</Around> }.into_any()
    }
}

/// An Israeli mobile number: flag, +972 and the national number, left to right; the label stays with the page.
#[component]
pub fn PhoneField(
    name: &'static str,
    #[prop(into)] label: String,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] hint: String,
    #[prop(default = None)] problem: Option<String>,
    #[prop(optional, into)] id: Option<String>,
    #[prop(optional)] optional: bool,
) -> impl IntoView {
    let id = id.unwrap_or_else(|| name.to_owned());
    let bad = problem.is_some();
    let described = described_by(&id, &hint, bad, "");
    view! {
        <Around id=id.clone() label=label optional=optional hint=hint problem=problem>
            <div class="input input-affix" dir="ltr" data-bad=bad.then_some("")>
                <span class="flex items-center gap-2 text-ink-2 pe-2.5 border-e border-line h-6"><Flag/><span class="num">"+972"</span></span>
                <input
                    id=id
                    name=name
                    class="num"
                    type="tel"
                    inputmode="tel"
                    autocomplete="tel-national"
                    placeholder="50-123 4567"
                    maxlength="32"
                    value=value
                    required=!optional
                    aria-invalid=bad.then_some("true")
                    aria-describedby=described
                />
                <span class="text-ink-3"><Icon of=Glyph::SMARTPHONE class="i-sm"/></span>
            </div>
        </Around>
    }
}

/// A choice of a few, as the browser's own list: (value, words).
#[component]
pub fn Select(
    name: &'static str,
    #[prop(into)] label: String,
    options: Vec<(String, String)>,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] hint: String,
    #[prop(default = None)] problem: Option<String>,
    #[prop(optional, into)] id: Option<String>,
    #[prop(optional)] optional: bool,
) -> impl IntoView {
    let id = id.unwrap_or_else(|| name.to_owned());
    let bad = problem.is_some();
    let described = described_by(&id, &hint, bad, "");
    let choices = options.into_iter().map(move |(key, text)| {
        let selected = key == value;
        view! { <option value=key selected=selected>{text}</option> }
    });
    view! {
        <Around id=id.clone() label=label optional=optional hint=hint problem=problem>
            <select id=id name=name class="input select" aria-invalid=bad.then_some("true") aria-describedby=described>
                {choices.collect_view()}
            </select>
        </Around>
    }
}

/// A hidden field.
#[component]
pub fn Hidden(name: &'static str, #[prop(into)] value: String) -> impl IntoView {
    view! { <input type="hidden" name=name value=value/> }
}

/// What stands above a form that came back: its sentence, and a link to each field to mend. `fields` are the form's
/// fields in order: (name, label). Shows nothing for a form's first showing.
#[component]
pub fn Problems(of: Typed, fields: Vec<(&'static str, String)>) -> impl IntoView {
    of.sentence().map(|sentence| {
        let wrong: Vec<_> = fields.into_iter().filter_map(|(name, label)| of.problem(name).map(|text| (name, label, text))).collect();
        let heading = if wrong.is_empty() { sentence } else { words(lang()).mend.to_owned() };
        view! {
            <div class="rounded-lg bg-bad-soft text-bad-ink p-4 flex gap-3" role="alert" id="problems" tabindex="-1">
                <Icon of=Glyph::CIRCLE_ALERT class="mt-0.5"/>
                <div class="text-sm min-w-0">
                    <p class="font-semibold"><Sentence text=heading/></p>
                    {(!wrong.is_empty()).then(|| view! {
                        <ul class="mt-1 grid gap-1">
                            {wrong.into_iter().map(|(name, label, text)| view! {
                                <li><a class="underline underline-offset-4" href=format!("#{name}")>{label}</a>": "<span><Sentence text=text/></span></li>
                            }).collect_view()}
                        </ul>
                    })}
                </div>
            </div>
        }
    })
}

#[cfg(test)]
mod tests {
    use leptos::prelude::*;

    use super::TextArea;

    #[test]
    fn a_text_in_a_textarea_cannot_leave_it() {
        let html = Owner::new().with(|| {
            let value = "</textarea><script>alert(1)</script> & so on";
            view! { <TextArea name="body" label="Text" value=value/> }.to_html()
        });
        assert!(html.contains("&lt;/textarea&gt;&lt;script&gt;alert(1)&lt;/script&gt; &amp; so on</textarea>"), "{html}");
        assert!(!html.contains("<script>"), "{html}");
    }

    #[test]
    fn the_first_line_end_of_a_text_is_kept() {
        let html = Owner::new().with(|| view! { <TextArea name="body" label="Text" value="\nsecond line"/> }.to_html());
        assert!(html.contains(">\n\nsecond line</textarea>"), "{html}");
    }
}
