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
pub fn NightHouse(
    #[prop(default = None)] lit: Option<usize>,
    /// As large as a page on a desk wants it.
    #[prop(optional)]
    large: bool,
) -> impl IntoView {
    let windows = (0..12usize).map(|index| (58 + (index % 3) * 26, 46 + (index / 3) * 25, index));
    view! {
        <svg viewBox="0 0 200 170" class=if large { "w-50 lg:w-80" } else { "w-50" } aria-hidden="true">
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
    /// 96 px on a phone; on a desk as high as the night half it stands in.
    Grand,
    /// 144 px.
    #[default]
    Middle,
    /// 144 px on a phone, as high as the screen on a desk: the success screen.
    Tall,
    /// 224 px with wide windows, a dashboard.
    Wide,
}

/// More flats than this, or more on one floor, are shown as a bar a floor.
const WINDOWS: usize = 60;
const ACROSS: usize = 12;

/// The building: one window a flat, top floor first, flats in reading order. Each window is its number and its state:
/// off, dim, lit, half, owed or you. Stands on night. `label` is the sentence it says. Every window of a house is as
/// wide as its neighbours, also one that is alone on its floor; a high house has lower windows, so that it stays in
/// its frame.
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
    let across = floors.iter().map(Vec::len).max().unwrap_or(0);
    let body = if all > WINDOWS || across > ACROSS {
        view! { <div class="grid gap-1">{floors.into_iter().map(floor_bar).collect_view()}</div> }.into_any()
    } else {
        let class = ["facade ", columns(across), height(floors.len(), across, size), if entering { " facade-enter" } else { "" }].concat();
        let rows = floors.into_iter().enumerate().map(|(index, floor)| floor_row(index, floor, numbers)).collect_view();
        view! { <div class=class>{rows}</div> }.into_any()
    };
    view! {
        <div class=[width(size, across), " flex-none"].concat() role="img" aria-label=label>
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

/// A long floor needs a wider house, or its windows are specks.
fn width(size: FacadeSize, across: usize) -> &'static str {
    match (size, across > 6) {
        (FacadeSize::Small, false) => "w-24",
        (FacadeSize::Small, true) => "w-36",
        (FacadeSize::Grand, false) => "w-24 lg:w-[min(15rem,30vh)]",
        (FacadeSize::Grand, true) => "w-36 lg:w-80",
        (FacadeSize::Middle, false) => "w-36",
        (FacadeSize::Middle, true) => "w-64",
        (FacadeSize::Tall, false) => "w-36 lg:w-[min(15rem,30vh)]",
        (FacadeSize::Tall, true) => "w-64 lg:w-80",
        (FacadeSize::Wide, false) => "w-56",
        (FacadeSize::Wide, true) => "w-72",
    }
}

/// Windows side by side on the longest floor: style/components.css makes each window one share of it. A house of one
/// flat a floor is two wide, with its windows in the middle.
fn columns(across: usize) -> &'static str {
    match across {
        ..=2 => "[--n:2]",
        3 => "[--n:3]",
        4 => "[--n:4]",
        5 => "[--n:5]",
        6 => "[--n:6]",
        7 | 8 => "[--n:8] facade-tight",
        9 | 10 => "[--n:10] facade-tight",
        _ => "[--n:12] facade-tight",
    }
}

/// How high a window is: the house never grows much higher than two and a half times its width.
fn height(floors: usize, across: usize, size: FacadeSize) -> &'static str {
    let slim = floors * 10 / across.max(2);
    match (slim, size) {
        (..=22, FacadeSize::Wide) => " [--a:5/3]",
        (..=22, FacadeSize::Small) => " facade-tight",
        (..=22, FacadeSize::Grand) => " [--g:.25rem] lg:[--g:.5rem]",
        (..=22, FacadeSize::Tall) => " lg:[--g:.5rem]",
        (..=22, FacadeSize::Middle) => "",
        (23..=32, _) => " facade-tight [--a:4/3]",
        (33..=48, _) => " facade-tight [--a:2]",
        _ => " facade-tight [--a:3]",
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

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(floors: &[usize]) -> String {
        let floors = floors.iter().map(|count| (1..=*count).map(|flat| (flat.to_string(), "lit")).collect()).collect::<Vec<_>>();
        Owner::new().with(|| view! { <Facade floors=floors label="a house"/> }.to_html())
    }

    #[test]
    fn a_lone_flat_is_as_wide_as_its_neighbours() {
        assert!(drawn(&[1, 4, 4, 2]).contains("[--n:4]"), "every window is a share of the longest floor");
        assert!(drawn(&[1, 1, 1]).contains("[--n:2]"), "and never a whole wall");
    }

    #[test]
    fn a_high_house_has_lower_windows_and_a_tower_bars() {
        assert!(!drawn(&[4; 8]).contains("[--a:"));
        assert!(drawn(&[4; 15]).contains("[--a:2]"));
        assert!(drawn(&[3; 20]).contains("[--a:3]"));
        assert!(drawn(&[4; 16]).contains("<rect") && !drawn(&[4; 16]).contains("class=\"win"));
        assert!(drawn(&[13, 13]).contains("<rect"));
    }
}
