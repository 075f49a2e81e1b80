//! The small parts: money, names, chips, avatars, rows, tiles, steps and quiet states.

use leptos::prelude::*;

use super::art::NightHouse;
use super::context::lang;
use super::glyph::{Glyph, Icon};
use super::words::words;

/// An amount, isolated: the sign at the left of the digits, the minus leading, cents smaller and only when there are any.
#[component]
pub fn Money(
    of: kit::Money,
    /// A leading `+` for amounts above zero, for differences.
    #[prop(optional)]
    sign: bool,
    /// Write `.00` too, for statements and receipts.
    #[prop(optional)]
    cents: bool,
    #[prop(optional)] class: &'static str,
) -> impl IntoView {
    let lead = if of.amount_minor < 0 {
        "\u{2212}"
    } else if sign && of.amount_minor > 0 {
        "+"
    } else {
        ""
    };
    let cents = of.cents().or_else(|| cents.then(|| "00".to_owned()));
    view! {
        <bdi class=["money ", class].concat().trim_end().to_owned()>
            {lead}<span class="cur">{of.currency.sign()}</span>{of.whole()}{cents.map(|cents| view! { <span class="cents">"."{cents}</span> })}
        </bdi>
    }
}

/// A run of digits or Latin beside Hebrew: a phone, a time, a range, a percentage, an address.
#[component]
pub fn Ltr(#[prop(into)] text: String, #[prop(optional)] class: &'static str) -> impl IntoView {
    view! { <bdi class=["ltr ", class].concat().trim_end().to_owned()>{text}</bdi> }
}

/// A sentence of somebody else's making, with its ranges, times and phones isolated: unisolated, `1–32` reads `32–1`
/// among Hebrew words.
#[component]
pub fn Sentence(#[prop(into)] text: String) -> impl IntoView {
    // Nearly every sentence is one plain run: a single piece of text, without a list around it.
    if matches!(runs(&text).as_slice(), [(_, false)]) {
        return text.into_any();
    }
    let shown = runs(&text).into_iter().map(|(run, isolate)| if isolate { view! { <bdi class="ltr">{run.to_owned()}</bdi> }.into_any() } else { run.to_owned().into_any() });
    shown.collect_view().into_any()
}

/// The same for texts that are set as text: direction marks (U+2066, U+2069) around each run instead of elements.
pub fn isolated(text: &str) -> String {
    runs(text).into_iter().fold(String::with_capacity(text.len() + 8), |mut out, (run, isolate)| {
        if isolate {
            out.push('\u{2066}');
        }
        out.push_str(run);
        if isolate {
            out.push('\u{2069}');
        }
        out
    })
}

/// Cuts a text into runs; true for a run of digits joined by a dash, a hyphen, a slash or a colon.
fn runs(text: &str) -> Vec<(&str, bool)> {
    let joint = |ch: char| matches!(ch, '-' | '\u{2013}' | ':' | '/' | '.' | '+' | ',');
    let mut out = Vec::new();
    let (mut rest, mut plain_from) = (text, 0usize);
    let mut at = 0usize;
    while let Some(start) = rest.find(|ch: char| ch.is_ascii_digit()) {
        let tail = &rest[start..];
        let whole = tail.find(|ch: char| !(ch.is_ascii_digit() || joint(ch))).unwrap_or(tail.len());
        let run = tail[..whole].trim_end_matches(joint);
        let (from, to) = (at + start, at + start + run.len());
        if run.chars().any(joint) {
            if plain_from < from {
                out.push((&text[plain_from..from], false));
            }
            out.push((&text[from..to], true));
            plain_from = to;
        }
        at = to;
        rest = &text[to..];
    }
    if plain_from < text.len() {
        out.push((&text[plain_from..], false));
    }
    out
}

/// What a chip says beside its words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Plain,
    Ok,
    Warn,
    Bad,
    Info,
    Brand,
    Lamp,
    Night,
}

impl Tone {
    fn chip(self) -> &'static str {
        match self {
            Tone::Plain => "chip",
            Tone::Ok => "chip chip-ok",
            Tone::Warn => "chip chip-warn",
            Tone::Bad => "chip chip-bad",
            Tone::Info => "chip chip-info",
            Tone::Brand => "chip chip-brand",
            Tone::Lamp => "chip chip-lamp",
            Tone::Night => "chip chip-night",
        }
    }

    fn note(self) -> &'static str {
        match self {
            Tone::Ok => "rounded-lg bg-ok-soft text-ok-ink p-4 flex gap-3",
            Tone::Warn => "rounded-lg bg-warn-soft text-warn-ink p-4 flex gap-3",
            Tone::Bad => "rounded-lg bg-bad-soft text-bad-ink p-4 flex gap-3",
            Tone::Info => "rounded-lg bg-info-soft text-info-ink p-4 flex gap-3",
            Tone::Lamp => "rounded-lg bg-lamp-soft text-lamp-ink p-4 flex gap-3",
            Tone::Brand => "rounded-lg bg-brand-soft text-brand-ink p-4 flex gap-3",
            Tone::Night => "rounded-lg bg-white/7 text-night-ink p-4 flex gap-3",
            Tone::Plain => "rounded-lg bg-sunken text-ink-2 p-4 flex gap-3",
        }
    }
}

/// A status: icon and word, never colour alone.
#[component]
pub fn Chip(#[prop(into)] text: String, #[prop(optional)] tone: Tone, #[prop(optional)] glyph: Option<Glyph>) -> impl IntoView {
    view! { <span class=tone.chip()>{glyph.map(|glyph| view! { <Icon of=glyph/> })}<span>{text}</span></span> }
}

/// A sentence worth a box: icon, words, and what to do. `alert` is for lost connections and failed payments only.
#[component]
pub fn Note(glyph: Glyph, #[prop(optional)] tone: Tone, #[prop(optional)] alert: bool, children: Children) -> impl IntoView {
    view! {
        <div class=tone.note() role=alert.then_some("alert")>
            <Icon of=glyph class="mt-0.5 flex-none"/>
            <div class="flex-1 min-w-0 text-sm">{children()}</div>
        </div>
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AvatarSize {
    Tiny,
    Small,
    #[default]
    Normal,
    Large,
}

/// Initials of a name on a tone of 1..=6, or the number of a flat.
#[component]
pub fn Avatar(#[prop(into)] name: String, #[prop(default = 1)] tone: u8, #[prop(optional)] size: AvatarSize) -> impl IntoView {
    let letters = if name.chars().next().is_some_and(|first| first.is_ascii_digit()) { name } else { kit::initials(&name) };
    view! { <span class=avatar_class(tone, size) aria-hidden="true">{letters}</span> }
}

/// An avatar that holds an icon: the building itself, an automatic post.
#[component]
pub fn AvatarIcon(of: Glyph, #[prop(default = 1)] tone: u8, #[prop(optional)] size: AvatarSize) -> impl IntoView {
    view! { <span class=avatar_class(tone, size) aria-hidden="true"><Icon of=of/></span> }
}

fn avatar_class(tone: u8, size: AvatarSize) -> String {
    let tone = ["t1", "t2", "t3", "t4", "t5", "t6"][usize::from(tone.clamp(1, 6) - 1)];
    let size = match size {
        AvatarSize::Tiny => " av-xs",
        AvatarSize::Small => " av-sm",
        AvatarSize::Normal => "",
        AvatarSize::Large => " av-lg",
    };
    ["av ", tone, size].concat()
}

/// A count. Red only when it waits on the reader.
#[component]
pub fn Badge(count: u32, #[prop(optional)] urgent: bool, #[prop(optional)] class: &'static str) -> impl IntoView {
    let text = if count > 99 { "+99".to_owned() } else { count.to_string() };
    (count > 0).then(|| {
        view! {
            <span class=["badge ", if urgent { "" } else { "badge-quiet " }, class].concat().trim_end().to_owned()>{text}</span>
        }
    })
}

/// A surface. With a title it is a section of the page.
#[component]
pub fn Card(
    #[prop(optional, into)] title: Option<String>,
    /// Beside the title: a link or a count.
    #[prop(optional, into)]
    aside: ViewFnOnce,
    #[prop(default = "card p-4 lg:p-5")] class: &'static str,
    children: Children,
) -> impl IntoView {
    view! {
        <section class=class>
            {title.map(|title| view! {
                <div class="flex items-center justify-between gap-3 mb-3">
                    <h2 class="text-lg font-semibold">{title}</h2>
                    {aside.run()}
                </div>
            })}
            {children()}
        </section>
    }
}

/// One line of a list inside `.rows`: something leading, a title with a line under it, something trailing. With `href`
/// the whole line is a link.
#[component]
pub fn Row(
    #[prop(into)] title: String,
    #[prop(optional, into)] meta: String,
    #[prop(optional, into)] href: Option<String>,
    #[prop(optional, into)] leading: ViewFnOnce,
    #[prop(optional, into)] trailing: ViewFnOnce,
) -> impl IntoView {
    let words = view! {
        <span class="flex-1 min-w-0">
            <span class="block text-md font-medium truncate"><bdi>{title}</bdi></span>
            {(!meta.is_empty()).then(|| view! { <span class="block text-xs text-ink-3 mt-0.5">{meta}</span> })}
        </span>
    };
    match href {
        Some(href) => view! { <a class="row" href=href>{leading.run()}{words}{trailing.run()}</a> }.into_any(),
        None => view! { <div class="row">{leading.run()}{words}{trailing.run()}</div> }.into_any(),
    }
}

/// A figure with its meaning.
#[component]
pub fn StatTile(
    #[prop(into)] label: String,
    /// Written already: `2.4`, `85%`, `47 שנ׳`.
    #[prop(into)]
    value: String,
    /// One line that says what the figure means.
    #[prop(optional, into)]
    context: String,
    #[prop(optional)] glyph: Option<Glyph>,
) -> impl IntoView {
    view! {
        <div class="card p-4 grid gap-1 content-start">
            <p class="text-sm text-ink-2 flex items-center gap-2">{glyph.map(|glyph| view! { <Icon of=glyph class="i-sm text-ink-3"/> })}<span>{label}</span></p>
            <p class="text-2xl font-semibold num"><bdi>{value}</bdi></p>
            {(!context.is_empty()).then(|| view! { <p class="text-xs text-ink-3">{context}</p> })}
        </div>
    }
}

/// Where somebody stands in a short way: step `now` of `of`, counted from 1.
#[component]
pub fn Steps(now: u32, of: u32) -> impl IntoView {
    let marks = (1..=of).map(|step| view! { <i data-done=(step < now).then_some("") data-now=(step == now).then_some("")></i> });
    view! {
        <div
            class="steps flex-1"
            role="progressbar"
            aria-label=(words(lang()).step_of)(now, of)
            aria-valuenow=now
            aria-valuemin="1"
            aria-valuemax=of
        >
            {marks.collect_view()}
        </div>
    }
}

/// Nothing here yet: a quiet house, a fact, a line of why, and one thing to do.
#[component]
pub fn Empty(
    #[prop(into)] title: String,
    #[prop(into)] body: String,
    /// The window that is lit, 0..=11.
    #[prop(default = 4)]
    lit: usize,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <section class="card p-6 grid justify-items-center text-center">
            <div class="scale-90 -my-2"><NightHouse lit=Some(lit)/></div>
            <h2 class="font-semibold text-lg mt-3">{title}</h2>
            <p class="text-sm text-ink-2 mt-1 max-w-70">{body}</p>
            {children.map(|children| view! { <div class="mt-4">{children()}</div> })}
        </section>
    }
}

/// The shape of what is on its way: `lines` of text beside an avatar. Appears after 300 ms (see style/house.css).
#[component]
pub fn Skeleton(#[prop(default = 2)] lines: u32) -> impl IntoView {
    let widths = ["skel h-3.5 w-3/5", "skel h-3.5 w-4/5", "skel h-3.5 w-2/5"];
    view! {
        <div class="skel-late flex items-center gap-3 p-4" role="status" aria-label=words(lang()).loading>
            <span class="skel size-10 rounded-md flex-none"></span>
            <span class="flex-1 grid gap-2">
                {(0..lines as usize).map(|index| view! { <span class=widths[index % 3]></span> }).collect_view()}
            </span>
        </div>
    }
}

/// What just happened, at the bottom of the screen for six seconds; it waits while it is pointed at or focused. For
/// successes only: a failure stands where it happened. Children are an undo form or link.
#[component]
pub fn Toast(#[prop(into)] text: String, #[prop(optional)] children: Option<Children>) -> impl IntoView {
    view! {
        <div class="toast toast-place on-night" role="status">
            <span class="text-lamp flex-none"><Icon of=Glyph::CIRCLE_CHECK/></span>
            <span class="flex-1">{text}</span>
            {children.map(|children| children())}
        </div>
    }
}

/// The first line of every page of the sandbox.
#[component]
pub fn Ribbon() -> impl IntoView {
    let w = words(lang());
    view! { <aside class="ribbon" aria-label=w.sandbox_label><Icon of=Glyph::FLASK_CONICAL class="i-sm"/><span>{w.sandbox}</span></aside> }
}

#[cfg(test)]
mod tests {
    use super::{isolated, runs};

    #[test]
    fn ranges_times_and_phones_are_isolated_and_plain_numbers_are_not() {
        assert_eq!(runs("בבניין יש דירות 1–32. כדאי לבדוק."), vec![("בבניין יש דירות ", false), ("1–32", true), (". כדאי לבדוק.", false)]);
        assert_eq!(runs("ב־24.11, 20:00"), vec![("ב־", false), ("24.11", true), (", ", false), ("20:00", true)]);
        assert_eq!(runs("דירה 14, קומה 4."), vec![("דירה 14, קומה 4.", false)]);
        assert_eq!(runs(""), vec![]);
        assert_eq!(isolated("דירות 1–32."), "דירות \u{2066}1–32\u{2069}.");
    }
}
