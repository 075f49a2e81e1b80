//! The street at dusk on the front page: four houses, drawn as façades. Decoration only.

use leptos::prelude::*;

// One line a floor: `l` lit, `d` dim, `y` one's own, `.` dark.
const CORNER: [&str; 5] = ["d.d", "..d", "d.d", "..d", "d.."];
const TOWER: [&str; 8] = ["l.ld", "...d", "dddd", "ly.d", "..d.", "d..l", "dl..", ".ddl"];
const SHOP: [&str; 3] = ["d.d", "dld", "dd."];
const TERRACE: [&str; 6] = ["ldd", "l.d", "l.l", ".l.", "d.d", ".dl"];

#[component]
pub fn Street() -> impl IntoView {
    view! {
        <div class="flex items-end justify-center gap-2 lg:gap-3 [&_.win]:rounded-[3px]" aria-hidden="true">
            <House floors=&CORNER width="w-20 lg:w-28 max-[379px]:hidden"/>
            <House floors=&TOWER width="w-28 lg:w-44"/>
            <div class="flex-none w-24 lg:w-36">
                <div class="mx-2 h-1.5 rounded-t-md bg-white/8"></div>
                <div class="rounded-t-md bg-white/6 p-2 pb-0 grid gap-2">
                    <Windows floors=&SHOP/>
                    <div class="h-3 rounded-t-sm awning"></div>
                    <div class="h-9 lg:h-12 bg-lamp/85 rounded-t-[3px] flex items-end justify-end p-1.5">
                        <span class="w-4 h-6 lg:h-8 rounded-t-[3px] bg-night"></span>
                    </div>
                </div>
            </div>
            <House floors=&TERRACE width="w-20 lg:w-28 max-lg:hidden"/>
        </div>
        <div class="h-px bg-white/25"></div>
    }
}

#[component]
fn House(floors: &'static [&'static str], width: &'static str) -> impl IntoView {
    view! {
        <div class=["flex-none ", width].concat()>
            <div class="mx-2 h-1.5 rounded-t-md bg-white/8"></div>
            <div class="rounded-t-md bg-white/6 p-2 pb-0"><Windows floors=floors/><div class="h-2"></div></div>
        </div>
    }
}

#[component]
fn Windows(floors: &'static [&'static str]) -> impl IntoView {
    let rows = floors.iter().enumerate().map(|(floor, line)| {
        let cells = line.chars().enumerate().map(move |(place, mark)| {
            let state = match mark {
                'l' => "lit",
                'd' => "dim",
                'y' => "you",
                _ => "off",
            };
            let strength = ["win win-far", "win win-b", "win win-d", "win win-c", "win win-e"][(floor * 3 + place * 7) % 5];
            view! { <span class=strength data-s=state></span> }
        });
        view! { <div class="floor">{cells.collect_view()}</div> }
    });
    let columns = if floors.iter().any(|line| line.chars().count() > 3) { "facade facade-tight [--n:4]" } else { "facade facade-tight [--n:3]" };
    view! { <div class=columns>{rows.collect_view()}</div> }
}
