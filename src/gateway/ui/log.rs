//! The desk's log of deliveries, and what it has to tell of endpoints that were switched off.

use leptos::prelude::*;

use crate::gateway::model::{LogRow, NoticeRow};
use crate::gateway::words::Words;
use crate::ui::{Act, Card, Glyph, Ltr, Note, Problems, Size, Tone, replay};

#[component]
pub(super) fn Log(rows: Vec<LogRow>, code: String, w: &'static Words) -> impl IntoView {
    let none = rows.is_empty();
    let list = rows.into_iter().map(|row| view! { <Line row=row code=code.clone() w=w/> }).collect_view();
    view! {
        <section class="card overflow-hidden" id="log">
            <h2 class="text-lg font-semibold p-4 pb-1">{w.log}</h2>
            <Problems of=replay("gateway/retry") fields=vec![]/>
            <Problems of=replay("gateway/test_endpoint") fields=vec![]/>
            {if none {
                view! { <p class="text-sm text-ink-2 px-4 pb-4">{w.no_log}</p> }.into_any()
            } else {
                view! {
                    <div class="relative overflow-x-auto" tabindex="0" role="region" aria-label=w.log>
                        <table class="dtable">
                            <thead><tr>{w.columns.map(|column| view! { <th scope="col">{column}</th> })}<th><span class="sr-only">{w.again}</span></th></tr></thead>
                            <tbody>{list}</tbody>
                        </table>
                    </div>
                }.into_any()
            }}
        </section>
    }
}

#[component]
fn Line(row: LogRow, code: String, w: &'static Words) -> impl IntoView {
    let tone = match row.status {
        Some(200..=299) => "ok",
        Some(400..=499) => "warn",
        _ => "bad",
    };
    let answer = row.status.map(|status| {
        let took = row.took_ms.map(|ms| format!("{ms} ms")).unwrap_or_default();
        view! { <span class="http" data-s=tone>{status}</span>" "<Ltr text=took class="text-ink-3"/> }
    });
    let building = row.building.unwrap_or_else(|| w.test_event.to_owned());
    let fields = vec![("partner", code), ("delivery", row.delivery)];
    view! {
        <tr>
            <td class="text-ink-2 whitespace-nowrap">{row.when_label}</td>
            <td><span class="mono">{row.event_type}</span></td>
            <td class="whitespace-nowrap"><bdi>{building}</bdi></td>
            <td>{answer}</td>
            <td class="n">{row.attempts}</td>
            <td>{(w.state)(&row.state)}{row.next_label.map(|label| format!(" · {}", (w.next)(&label)))}</td>
            <td><Act action="/call/gateway/retry" fields=fields size=Size::Small text=w.again/></td>
        </tr>
    }
}

/// His desk and the list of his partners tell him, until he puts it away or switches the endpoint on again.
#[component]
pub(super) fn Notices(rows: Vec<NoticeRow>, code: String, w: &'static Words) -> impl IntoView {
    let some = !rows.is_empty();
    let list = rows.into_iter().map(|row| {
        let fields = vec![("partner", code.clone()), ("notice", row.notice)];
        view! {
            <Note glyph=Glyph::TRIANGLE_ALERT tone=Tone::Warn>
                <p class="break-all"><bdi class="num" dir="ltr">{row.url}</bdi></p>
                <p class="mt-1">{(w.switched_off)(&row.kind, &row.when_label)}</p>
                <Act action="/call/gateway/put_away" fields=fields size=Size::Small class="mt-2" text=w.put_away/>
            </Note>
        }
    });
    let list: Vec<_> = list.collect();
    some.then(|| view! { <Card class="grid gap-3">{list}</Card> })
}
