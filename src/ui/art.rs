//! The brand's drawings: the mark, the façade of windows, the house at night. All are SVG or plain elements; none
//! needs a style attribute.

use leptos::prelude::*;

use super::context::lang;
use super::words::words;

/// The brand mark: a façade of six windows, one of them lit.
#[component]
pub fn Logo(
    /// Pixels.
    #[prop(default = 32)]
    size: u32,
) -> impl IntoView {
    let windows = [("9", "6.5"), ("17", "6.5"), ("9", "14.25"), ("17", "14.25"), ("9", "22"), ("17", "22")];
    view! {
        <svg width=size height=size viewBox="0 0 32 32" aria-hidden="true" class="flex-none">
            <rect width="32" height="32" rx="9.5" fill="oklch(0.285 0.052 218)"></rect>
            {windows.into_iter().enumerate().map(|(index, (x, y))| view! {
                <rect x=x y=y width="6" height="5.75" rx="1.6" fill=if index == 3 { "oklch(0.87 0.15 88)" } else { "oklch(1 0 0 / .24)" }></rect>
            }).collect_view()}
        </svg>
    }
}

/// The mark with the name, and a line under it.
#[component]
pub fn Wordmark(#[prop(optional, into)] sub: String) -> impl IntoView {
    view! {
        <span class="flex items-center gap-2.5 min-w-0">
            <Logo size=34/>
            <span class="leading-tight min-w-0">
                <span class="block text-lg font-bold">{words(lang()).brand}</span>
                {(!sub.is_empty()).then(|| view! { <span class="block text-2xs text-ink-3 -mt-0.5 truncate"><bdi>{sub}</bdi></span> })}
            </span>
        </span>
    }
}

/// The flag before +972.
#[component]
pub fn Flag() -> impl IntoView {
    view! {
        <svg width="20" height="14" viewBox="0 0 20 14" aria-hidden="true" class="flex-none">
            <rect width="20" height="14" rx="2.5" fill="#fff"></rect>
            <rect y="1.6" width="20" height="2" fill="#2b5fc4"></rect>
            <rect y="10.4" width="20" height="2" fill="#2b5fc4"></rect>
            <path d="M10 4.6 12 8.1H8zM10 9.4 8 5.9h4z" fill="none" stroke="#2b5fc4" stroke-width=".8"></path>
            <rect width="20" height="14" rx="2.5" fill="none" stroke="#0002"></rect>
        </svg>
    }
}

/// The dark house of empty states and errors: a moon, twelve windows, and at most one of them lit (0..=11 in reading
/// order of the drawing).
#[component]
pub fn NightHouse(#[prop(default = None)] lit: Option<usize>) -> impl IntoView {
    let windows = (0..12usize).map(|index| (58 + (index % 3) * 26, 46 + (index / 3) * 25, index));
    view! {
        <svg viewBox="0 0 200 170" class="w-50" aria-hidden="true">
            <circle cx="160" cy="28" r="15" fill="oklch(.93 .05 95)"></circle>
            <circle cx="167" cy="23" r="14" class="fill-canvas in-[.card]:fill-surface"></circle>
            <rect x="46" y="34" width="92" height="126" rx="9" class="fill-night"></rect>
            <rect x="54" y="26" width="76" height="9" rx="4" class="fill-night-2"></rect>
            {windows.map(|(x, y, index)| view! {
                <rect x=x y=y width="17" height="17" rx="4" fill=if lit == Some(index) { "oklch(.87 .15 88)" } else { "oklch(1 0 0 / .13)" }></rect>
            }).collect_view()}
            <rect x="83" y="143" width="18" height="17" rx="6" fill="oklch(1 0 0 / .2)"></rect>
            <path d="M14 160h172" class="stroke-line-strong" stroke-width="2" stroke-linecap="round"></path>
        </svg>
    }
}

/// How wide a façade stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FacadeSize {
    /// 96 px, beside a heading.
    Small,
    /// 144 px, a success screen.
    #[default]
    Middle,
    /// 224 px with wide windows, a dashboard.
    Wide,
}

/// More flats than this are shown as a bar a floor.
const WINDOWS: usize = 60;

/// The building: one window a flat, top floor first, flats in reading order. Each window is its number and its state:
/// off, dim, lit, half, owed or you. Stands on night. `label` is the sentence it says.
#[component]
pub fn Facade(
    floors: Vec<Vec<(String, &'static str)>>,
    #[prop(into)] label: String,
    #[prop(optional)] size: FacadeSize,
    /// Write the flats' numbers into the windows.
    #[prop(optional)]
    numbers: bool,
    /// Lights come on floor by floor, and one's own last.
    #[prop(optional)]
    entering: bool,
) -> impl IntoView {
    let all: usize = floors.iter().map(Vec::len).sum();
    let (width, gap) = match size {
        FacadeSize::Small => ("w-24", " facade-tight"),
        FacadeSize::Middle => ("w-36", ""),
        FacadeSize::Wide => ("w-56 [&_.win]:aspect-[5/3]", ""),
    };
    let body = if all > WINDOWS {
        view! { <div class="grid gap-1">{floors.into_iter().map(floor_bar).collect_view()}</div> }.into_any()
    } else {
        let rows = floors.into_iter().enumerate().map(|(index, floor)| floor_row(index, floor, numbers)).collect_view();
        view! { <div class=["facade", gap, if entering { " facade-enter" } else { "" }].concat()>{rows}</div> }.into_any()
    };
    view! {
        <div class=[width, " flex-none"].concat() role="img" aria-label=label>
            <div class="mx-1 h-2 rounded-t-md bg-white/10"></div>
            <div class="rounded-t-lg bg-white/6 p-2.5 pb-0 grid gap-2">
                {body}
                <div class="grid grid-cols-[1fr_auto_1fr] gap-1.5 items-end">
                    <span class="h-3 rounded-t-xs bg-white/8"></span>
                    <span class="w-6 h-5 rounded-t-md bg-lamp/80"></span>
                    <span class="h-3 rounded-t-xs bg-white/8"></span>
                </div>
            </div>
            <div class="h-px bg-white/25"></div>
        </div>
    }
}

fn floor_row(floor: usize, windows: Vec<(String, &'static str)>, numbers: bool) -> impl IntoView {
    let cells = windows.into_iter().enumerate().map(move |(index, (number, state))| {
        // Neighbours' lamps are not all alike: one of five strengths, by place.
        let strength = ["win", "win win-b", "win win-c", "win win-d", "win win-e"][(index * 7 + floor * 3) % 5];
        let shown = numbers.then(|| number.clone());
        view! { <span class=strength data-s=state data-flat=number>{shown}</span> }
    });
    view! { <div class="floor">{cells.collect_view()}</div> }
}

/// A floor of a tall building: how much of it is lit, from the inline start.
fn floor_bar(windows: Vec<(String, &'static str)>) -> impl IntoView {
    let all = windows.len().max(1);
    let on = windows.iter().filter(|(_, state)| !matches!(*state, "off" | "owed")).count();
    let mine = windows.iter().any(|(_, state)| *state == "you");
    view! {
        <svg class="block w-full h-1.5 rounded-xs flip" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
            <rect width="100" height="6" fill="oklch(1 0 0 / .09)"></rect>
            <rect width=on * 100 / all height="6" fill=if mine { "oklch(0.87 0.15 88)" } else { "oklch(0.62 0.095 85)" }></rect>
        </svg>
    }
}
