//! The lines: a table on a desk, cards on a phone; lines of one day stand under their day.

use leptos::prelude::*;

use crate::audit::model::{AuditRow, Family};
use crate::audit::words::Words;
use crate::ui::{Avatar, AvatarIcon, AvatarSize, Chip, Glyph, Icon, Ltr, Money, Tone};

#[component]
pub fn Lines(rows: Vec<AuditRow>, w: &'static Words) -> impl IntoView {
    let days = by_day(rows);
    let bodies = days.clone().into_iter().map(|(day, rows)| {
        view! {
            <tbody>
                <tr><th colspan="7" scope="rowgroup" class="py-2! bg-sunken text-xs font-medium text-ink-2">{day}</th></tr>
                {rows.into_iter().map(|row| view! { <Line row=row w=w/> }).collect_view()}
            </tbody>
        }
    });
    let cards = days.into_iter().map(|(day, rows)| {
        view! {
            <li>
                <h3 class="px-4 py-2 bg-sunken text-xs font-medium text-ink-2">{day}</h3>
                <ul class="rows">{rows.into_iter().map(|row| view! { <LineCard row=row w=w/> }).collect_view()}</ul>
            </li>
        }
    });
    view! {
        <table class="dtable hidden lg:table">
            <thead><tr>{[w.hour, w.who, w.act, w.about, w.change, w.from, w.print].map(|text| view! { <th scope="col">{text}</th> })}</tr></thead>
            {bodies.collect_view()}
        </table>
        <ul class="lg:hidden">{cards.collect_view()}</ul>
    }
}

/// Lines come the latest first, so a day's stand together; a clock that went back begins the day again.
fn by_day(rows: Vec<AuditRow>) -> Vec<(String, Vec<AuditRow>)> {
    let mut days: Vec<(String, Vec<AuditRow>)> = Vec::new();
    for row in rows {
        match days.last_mut() {
            Some((day, rows)) if *day == row.day => rows.push(row),
            _ => days.push((row.day.clone(), vec![row])),
        }
    }
    days
}

#[component]
fn Line(row: AuditRow, w: &'static Words) -> impl IntoView {
    let (about, change, from) = (about(&row), change(&row, w), from(&row, w));
    view! {
        <tr>
            <td><time datetime=row.when.clone()><Ltr text=row.clock.clone() class="text-ink-2 num"/></time></td>
            <td>{person(&row)}</td>
            <td>{chip(&row)}</td>
            <td class="max-w-60 break-words">{about}</td>
            <td class="max-w-60 break-words">{change}</td>
            <td class="text-ink-2 text-xs">{from}</td>
            <td class="mono text-xs text-ink-3"><Ltr text=row.fingerprint/></td>
        </tr>
    }
}

#[component]
fn LineCard(row: AuditRow, w: &'static Words) -> impl IntoView {
    let (about, change, from) = (about(&row), change(&row, w), from(&row, w));
    view! {
        <li class="p-4 grid gap-2.5">
            <div class="flex items-center justify-between gap-3">{person(&row)}<time datetime=row.when.clone()><Ltr text=row.clock.clone() class="text-sm text-ink-2 num"/></time></div>
            <div class="flex flex-wrap items-center gap-x-3 gap-y-1.5 text-sm break-words min-w-0">{chip(&row)}{about}</div>
            <div class="text-sm break-words min-w-0">{change}</div>
            <div class="flex justify-between gap-3 text-xs text-ink-3">{from}<span class="mono"><Ltr text=row.fingerprint/></span></div>
        </li>
    }
}

fn person(row: &AuditRow) -> impl IntoView + use<> {
    let face = if row.automatic {
        view! { <AvatarIcon of=Glyph::SETTINGS tone=row.tone size=AvatarSize::Small/> }.into_any()
    } else {
        view! { <Avatar name=row.who.clone() tone=row.tone size=AvatarSize::Small/> }.into_any()
    };
    view! {
        <span class="flex items-center gap-2.5 min-w-0">
            {face}
            <span class="leading-tight min-w-0"><span class="block font-medium truncate"><bdi>{row.who.clone()}</bdi></span><span class="block text-xs text-ink-3">{row.who_place.clone()}</span></span>
        </span>
    }
}

fn chip(row: &AuditRow) -> impl IntoView + use<> {
    let (tone, glyph) = match row.family {
        Family::Money => (Tone::Ok, Glyph::WALLET),
        Family::People => (Tone::Info, Glyph::USERS),
        Family::Access => (Tone::Warn, Glyph::KEY_ROUND),
        Family::Other => (Tone::Plain, Glyph::FILE_TEXT),
    };
    view! { <Chip text=row.act.clone() tone=tone glyph=glyph/> }
}

fn about(row: &AuditRow) -> impl IntoView + use<> {
    view! { <span><bdi>{row.about.clone()}</bdi>{row.amount.map(|amount| view! { " "<Money of=amount/> })}</span> }
}

/// What it was, what it is, and why.
fn change(row: &AuditRow, w: &'static Words) -> impl IntoView + use<> {
    let nothing = row.before.is_none() && row.after.is_none() && row.note.is_none();
    let both = row.before.is_some() && row.after.is_some();
    view! {
        <span class="inline-flex flex-wrap items-center gap-2">
            {nothing.then_some("—")}
            {row.before.clone().map(|before| view! { <del class="text-ink-3"><bdi>{before}</bdi></del> })}
            {both.then(|| view! { <span class="text-ink-3"><Icon of=Glyph::ARROW_RIGHT class="i-sm flip"/><span class="sr-only">{w.became}</span></span> })}
            {row.after.clone().map(|after| view! { <ins class="font-medium no-underline"><bdi>{after}</bdi></ins> })}
            {row.note.clone().map(|note| view! { <q class="text-ink-2" dir="auto">{note}</q> })}
        </span>
    }
}

fn from(row: &AuditRow, w: &'static Words) -> impl IntoView + use<> {
    if row.automatic {
        view! { <span>{w.ours}</span> }.into_any()
    } else if row.from.is_empty() {
        view! { <span>"—"</span> }.into_any()
    } else {
        view! { <Ltr text=row.from.clone()/> }.into_any()
    }
}
