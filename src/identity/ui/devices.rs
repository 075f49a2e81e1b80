//! `/home/devices`: where the person is signed in, and ending that.

use leptos::prelude::*;

use crate::identity::calls;
use crate::identity::model::{Device, DeviceKind, DevicesPage as Page};
use crate::identity::words::{DeviceWords, device_words};
use crate::ui::{Act, Button, Chip, Glyph, Hidden, Icon, Load, Look, NoIndex, PageTitle, PlainShell, Problems, Size, Tone, lang, replay};

#[component]
pub fn DevicesPage() -> impl IntoView {
    view! { <Load future=calls::devices view=|page: Page| view! { <Devices page=page/> }/> }
}

#[component]
fn Devices(page: Page) -> impl IntoView {
    let w = device_words(lang());
    let all = page.devices.len();
    let (here, others): (Vec<Device>, Vec<Device>) = page.devices.into_iter().partition(|device| device.is_here);
    let count = others.len();
    let here = here.into_iter().map(|device| view! { <Line device=device w=w/> }).collect_view();
    let others = others.into_iter().map(|device| view! { <Line device=device w=w/> }).collect_view();
    view! {
        <PageTitle text=w.title/>
        <NoIndex/>
        <PlainShell back="/home?stay=1".to_owned()>
            <div class="grid gap-5">
                <div>
                    <h1 class="text-2xl font-semibold">{w.title}</h1>
                    <p class="text-sm text-ink-3 mt-1">{(w.count)(all)}" · "<bdi>{page.name}</bdi></p>
                </div>
                <Problems of=replay("identity/end_device") fields=vec![]/>
                <Problems of=replay("identity/end_other_devices") fields=vec![]/>
                <section class="card overflow-hidden">
                    <h2 class="text-lg font-semibold p-4 pb-1">{w.now}</h2>
                    <ul>{here}</ul>
                </section>
                {(count > 0).then(|| view! {
                    <section class="card overflow-hidden" id="others">
                        <div class="flex items-center justify-between gap-3 p-4 pb-1">
                            <h2 class="text-lg font-semibold">{w.others}</h2>
                            <span class="badge badge-quiet">{count}</span>
                        </div>
                        <ul class="rows">{others}</ul>
                    </section>
                })}
                <p class="text-sm text-ink-3 flex gap-3"><Icon of=Glyph::INFO class="flex-none"/><span>{w.note}</span></p>
                {(count > 0).then(|| view! {
                    <Act action="/call/identity/end_other_devices" fields=vec![] text=w.end_others look=Look::DangerSoft size=Size::Large glyph=Glyph::LOG_OUT class="w-full"/>
                })}
            </div>
        </PlainShell>
    }
}

/// One device: what it is, the browser, when it was seen, and its end.
#[component]
fn Line(device: Device, w: &'static DeviceWords) -> impl IntoView {
    let glyph = match device.system.kind() {
        DeviceKind::Phone => Glyph::SMARTPHONE,
        DeviceKind::Tablet => Glyph::TABLET,
        DeviceKind::Laptop => Glyph::LAPTOP,
        DeviceKind::Computer => Glyph::MONITOR,
    };
    let (system, browser) = ((w.system)(device.system), (w.browser)(device.browser));
    let seen = if device.is_here { (w.here_since)(&device.since_label) } else { device.seen_label };
    let tile = if device.is_here {
        "grid place-items-center size-10 rounded-md bg-lamp-soft text-lamp-ink flex-none"
    } else {
        "grid place-items-center size-10 rounded-md bg-sunken text-ink-2 flex-none"
    };
    let end = (!device.is_here).then(|| {
        let label = format!("{}: {system}", w.end);
        view! {
            <form method="post" action="/call/identity/end_device">
                <Hidden name="session" value=device.session.to_string()/>
                <Button label=label>{w.end}</Button>
            </form>
        }
    });
    view! {
        <li class="flex items-start gap-3 p-4">
            <span class=tile><Icon of=glyph/></span>
            <div class="flex-1 min-w-0 grid gap-0.5">
                <p class="text-md font-medium"><bdi>{system}</bdi></p>
                {(!browser.is_empty()).then(|| view! { <p class="text-sm text-ink-2">{browser}</p> })}
                <p class="text-sm text-ink-3">{seen}</p>
            </div>
            {device.is_here.then(|| view! { <Chip text=w.here tone=Tone::Lamp/> })}
            {end}
        </li>
    }
}
