//! Writing to the building: one plain form with pictures, closed until it is wanted. What was typed comes back when
//! the form does.

use leptos::prelude::*;

use crate::feed::model::{POST_LIMIT, Reader, TITLE_LIMIT};
use crate::feed::words::words;
use crate::ui::{Avatar, Button, Field, Glyph, Hidden, Icon, Look, Problems, Select, TextArea, form_key, lang, replay};

/// The name under which the form comes back.
const FORM: &str = "feed/write";

#[component]
pub fn Composer(building: String, reader: Reader) -> impl IntoView {
    let w = words(lang());
    let typed = replay(FORM);
    let back = typed.sentence().is_some();
    let fields = vec![("title", w.compose_title.to_owned()), ("body", w.compose_body.to_owned()), ("event_at", w.event_at.to_owned()), ("pictures", w.pictures.to_owned())];
    let mut kinds = vec![("post".to_owned(), w.kind_post.to_owned())];
    if reader.is_committee {
        kinds.push(("notice".to_owned(), w.kind_notice.to_owned()));
    }
    kinds.push(("event".to_owned(), w.kind_event.to_owned()));
    let action = format!("/b/{building}/posts");
    let wrong_picture = typed.problem("pictures");
    view! {
        <details class="card composer" open=back id="compose">
            <summary class="p-3 flex items-center gap-3 rounded-lg">
                <Avatar name=reader.name tone=reader.tone/>
                <span class="flex-1 text-ink-3 min-h-11 flex items-center">{w.compose}</span>
                <span class="text-ink-2 size-11 grid place-items-center"><Icon of=Glyph::IMAGE/></span>
            </summary>
            <form method="post" action=action enctype="multipart/form-data" class="px-4 pb-4 grid gap-4" novalidate>
                <Problems of=typed.clone() fields=fields/>
                <Hidden name="building" value=building/>
                <Hidden name="client_key" value=typed.value("client_key", form_key())/>
                <TextArea name="body" label=w.compose_body value=typed.value("body", "") problem=typed.problem("body") placeholder=w.compose_place rows=4 maxlength=POST_LIMIT as u32/>
                <Select name="kind" label=w.compose_kind options=kinds value=typed.value("kind", "post") problem=typed.problem("kind")/>
                // A neighbour's post has no title (feed/server/posts.rs), so none is asked for.
                <div class="only-titled">
                    <Field name="title" label=w.compose_title value=typed.value("title", "") problem=typed.problem("title") optional=true maxlength=TITLE_LIMIT as u32/>
                </div>
                <div class="only-event">
                    <Field name="event_at" label=w.event_at value=typed.value("event_at", "") problem=typed.problem("event_at") hint=w.event_hint kind="datetime-local" inputmode="none" optional=true dir="ltr"/>
                </div>
                <div class="field">
                    <label class="label" for="pictures">{w.pictures}" "<span class="opt">{crate::ui::words(lang()).optional}</span></label>
                    <input id="pictures" name="pictures" type="file" multiple accept="image/*" class="input input-file"
                        aria-invalid=wrong_picture.is_some().then_some("true") aria-describedby="pictures-hint"/>
                    {wrong_picture.map(|text| view! { <crate::ui::FieldProblem id="pictures-problem" text=text/> })}
                    <p class="hint" id="pictures-hint">{w.pictures_hint}</p>
                </div>
                <div class="flex justify-end"><Button look=Look::Primary glyph=Glyph::SEND class="mirror">{w.publish}</Button></div>
            </form>
        </details>
    }
}
