//! Charts the server draws. Geometry stands in SVG attributes.

use leptos::prelude::*;

/// One bar of a funnel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunnelBar {
    pub label: String,
    pub count: i64,
    /// Between this bar and the one before: how many stopped, and how long the step took. Empty for the first.
    pub between: String,
}

/// How many reached each step: bars from the inline start, the drop written between them.
#[component]
pub fn Funnel(
    bars: Vec<FunnelBar>,
    /// The conclusion, in a sentence.
    #[prop(into)]
    label: String,
) -> impl IntoView {
    let most = bars.iter().map(|bar| bar.count).max().unwrap_or(0).max(1);
    let last = bars.len().saturating_sub(1);
    let rows = bars.into_iter().enumerate().map(|(index, bar)| {
        let width = (bar.count.max(0) * 100 / most).max(1);
        let fill = if index == last { "fill-brand" } else { "fill-h2" };
        view! {
            <li>
                {(!bar.between.is_empty()).then(|| view! { <p class="text-xs text-ink-3 ps-3 border-s-2 border-line ms-3">{bar.between}</p> })}
                <div class="flex items-baseline justify-between gap-3 text-sm">
                    <span class="text-ink-2">{bar.label}</span>
                    <span class="font-semibold num">{bar.count}</span>
                </div>
                <svg class="block w-full h-3 rounded-sm bg-hover flip" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
                    <rect width=width height="10" class=fill></rect>
                </svg>
            </li>
        }
    });
    view! { <ol class="funnel" aria-label=label>{rows.collect_view()}</ol> }
}

/// A share of a whole, from the inline start; `label` says it in words.
#[component]
pub fn Bar(
    /// 0..=100.
    percent: u32,
    #[prop(into)] label: String,
    /// Lamp on night, brand elsewhere.
    #[prop(optional)]
    night: bool,
) -> impl IntoView {
    let percent = percent.min(100);
    let (track, fill) = if night { ("bg-white/12", "fill-lamp") } else { ("bg-hover", "fill-brand") };
    view! {
        <svg class=["block w-full h-2 rounded-full flip ", track].concat() viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label=label>
            <rect width=percent height="8" class=fill></rect>
        </svg>
    }
}
