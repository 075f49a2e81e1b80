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
        // The number stands in its bar, so a short bar is still as wide as a number.
        let width = if bar.count > 0 { (bar.count * 100 / most).max(12) } else { 0 };
        let fill = if index == last { "fill-brand" } else { "fill-h2" };
        let on_fill = index == last && width > 0;
        view! {
            <li>
                {(!bar.between.is_empty()).then(|| view! { <p class="text-xs text-ink-3 ps-3 border-s-2 border-line ms-3">{bar.between}</p> })}
                <div class="grid sm:grid-cols-[7.25rem_minmax(0,1fr)] gap-2 items-center">
                    <span class="text-sm font-medium">{bar.label}</span>
                    <span class="relative block">
                        <svg class="block w-full h-9 rounded-sm flip" viewBox="0 0 100 36" preserveAspectRatio="none" aria-hidden="true">
                            <rect width=width height="36" class=fill></rect>
                        </svg>
                        <span class=["absolute inset-y-0 start-3 flex items-center font-semibold num", if on_fill { " text-on-brand" } else { "" }].concat()>{bar.count}</span>
                    </span>
                </div>
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

/// The shape of a count over time, the newest at the right: a line without axes, for beside the figure itself. Time runs
/// from left to right in both languages, as on every chart.
#[component]
pub fn Spark(
    points: Vec<i64>,
    #[prop(into)] label: String,
    /// Something goes wrong where it is measured.
    #[prop(optional)]
    bad: bool,
) -> impl IntoView {
    let most = points.iter().copied().max().unwrap_or(0).max(1);
    let steps = (points.len().max(2) - 1) as i64;
    let at = |(index, count): (usize, &i64)| format!("{},{}", 3 + 234 * index as i64 / steps, 30 - 25 * (*count).max(0) / most);
    let line = points.iter().enumerate().map(at).collect::<Vec<_>>().join(" ");
    let area = format!("3,34 {line} 237,34");
    let (stroke, fill) = if bad { ("stroke-bad", "fill-bad") } else { ("stroke-brand", "fill-brand") };
    view! {
        <svg class="ltr block w-full h-9" viewBox="0 0 240 34" preserveAspectRatio="none" role="img" aria-label=label>
            <polygon points=area class=fill opacity=".1"></polygon>
            <polyline points=line fill="none" class=stroke stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" vector-effect="non-scaling-stroke"></polyline>
        </svg>
    }
}
