//! What moves on the board: the heart under a post, and posts that arrive while one reads.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::ui::{Glyph, Icon, fetch_text, listen, send, wake_islands};

/// A heart. A plain form until the page is awake; then it answers at once and goes back when the line fails.
#[island]
pub fn Heart(building: String, post: String, count: i64, on: bool, give: String, take: String) -> impl IntoView {
    let lit = RwSignal::new(on);
    let hearts = RwSignal::new(count);
    let (slug, id) = (StoredValue::new(building.clone()), StoredValue::new(post.clone()));
    let toggle = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (before, now) = (hearts.get_untracked(), !lit.get_untracked());
        lit.set(now);
        hearts.set(if now { before + 1 } else { (before - 1).max(0) });
        spawn_local(async move {
            let on = if now { "true" } else { "false" };
            let told = send("/call/feed/react", &[("building", &slug.get_value()), ("post", &id.get_value()), ("on", on)]).await;
            match told.and_then(|count| count.trim().parse().ok()) {
                Some(true_count) => hearts.set(true_count),
                None => {
                    lit.set(!now);
                    hearts.set(before);
                }
            }
        });
    };
    let label = move || format!("{} ({})", if lit.get() { take.clone() } else { give.clone() }, hearts.get());
    view! {
        <form method="post" action="/call/feed/react" class="-ms-2" on:submit=toggle>
            <input type="hidden" name="building" value=building/>
            <input type="hidden" name="post" value=post/>
            <input type="hidden" name="on" value=move || if lit.get() { "false" } else { "true" }/>
            <button
                type="submit"
                class=move || if lit.get() { "btn btn-soft btn-sm heart-on" } else { "btn btn-ghost btn-sm" }
                aria-pressed=move || if lit.get() { "true" } else { "false" }
                aria-label=label
            >
                <Icon of=Glyph::HEART class="i-sm"/>
                <span class="num">{move || hearts.get()}</span>
            </button>
        </form>
    }
}

/// Listens to the building's stream and puts new posts on top of `#posts`. Says so to screen readers, and says when
/// the line is down. Without scripts the page is simply loaded again.
#[island]
pub fn LiveFeed(
    building: String,
    /// The stream goes on from here.
    seq: i64,
    /// New posts are put in; under a filter they are only told of.
    insert: bool,
    new_post: String,
    lost: String,
    show: String,
) -> impl IntoView {
    let told = RwSignal::new(0u32);
    let down = RwSignal::new(false);
    let home = format!("/b/{building}");
    Effect::new({
        let building = building.clone();
        move || {
            let slug = building.clone();
            listen(
                &format!("/b/{building}/stream?from={seq}"),
                "post",
                move |data, _id| {
                    let Some(post) = uuid_in(&data).map(str::to_owned) else { return };
                    if let Some(card) = document().get_element_by_id(&format!("post-{post}")) {
                        if data.contains("post.removed") {
                            card.remove();
                        }
                        return;
                    }
                    if !data.contains("post.created") {
                        return;
                    }
                    if insert {
                        let slug = slug.clone();
                        spawn_local(async move {
                            if put_on_top(&slug, &post).await {
                                told.update(|count| *count += 1);
                            }
                        });
                    } else {
                        told.update(|count| *count += 1);
                    }
                },
                move |up| down.set(!up),
            );
        }
    });
    view! {
        <div role="status" class="live-line">
            {move || (told.get() > 0).then(|| {
                let text = if told.get() > 1 { format!("{new_post} ({})", told.get()) } else { new_post.clone() };
                if insert {
                    view! { <p class="sr-only">{text}</p> }.into_any()
                } else {
                    view! { <p class="toast text-sm"><span class="flex-1">{text}</span><a class="btn btn-night btn-sm" href=home.clone()>{show.clone()}</a></p> }.into_any()
                }
            })}
            {move || down.get().then(|| view! { <p class="text-xs text-ink-3 flex items-center gap-1.5 px-1"><Icon of=Glyph::WIFI_OFF class="i-sm"/><span>{lost.clone()}</span></p> })}
        </div>
    }
}

/// Fetches a post's card and puts it first. The card is this server's own HTML, escaped where it was written.
async fn put_on_top(building: &str, post: &str) -> bool {
    let Some(card) = fetch_text(&format!("/b/{building}/posts/{post}/card")).await else { return false };
    let page = document();
    let Some(list) = page.get_element_by_id("posts") else { return false };
    if page.get_element_by_id(&format!("post-{post}")).is_some() || list.insert_adjacent_html("afterbegin", &card).is_err() {
        return false;
    }
    if let Some(first) = list.first_element_child() {
        let _ = first.class_list().add_1("arrived");
        wake_islands(&first);
    }
    true
}

/// The first UUID of an event's data.
fn uuid_in(data: &str) -> Option<&str> {
    let shape = |text: &[u8]| text.iter().enumerate().all(|(place, byte)| if matches!(place, 8 | 13 | 18 | 23) { *byte == b'-' } else { byte.is_ascii_hexdigit() });
    data.as_bytes().windows(36).position(shape).map(|start| &data[start..start + 36])
}

#[cfg(test)]
mod tests {
    use super::uuid_in;

    #[test]
    fn the_post_of_an_event_is_found_in_any_wrapping() {
        let id = "0193a1f2-7c3e-7abc-8def-0123456789ab";
        assert_eq!(uuid_in(id), Some(id));
        assert_eq!(uuid_in(&format!("{{\"post\":\"{id}\",\"kind\":\"notice\"}}")), Some(id));
        assert_eq!(uuid_in("nothing"), None);
    }
}
