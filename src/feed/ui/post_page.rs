//! `/b/:slug/posts/:post`: one post and what neighbours answered.

use leptos::prelude::*;

use super::live::Hearts;
use super::parts::{PostCard, resident_nav, who};
use crate::feed::calls;
use crate::feed::model::{self, COMMENT_LIMIT, CommentView, POST_LIMIT, PostKind, PostView, TITLE_LIMIT};
use crate::feed::words::words;
use crate::ui::{
    Act, Avatar, AvatarSize, Button, ButtonLink, Field, Glyph, Hidden, Load, Look, NoIndex, Note, PageTitle, Problems, ResidentShell, Sentence, Size, TextArea, Toast, form_key,
    lang, param, query, replay,
};

#[component]
pub fn PostPage() -> impl IntoView {
    let (slug, post) = (param("slug"), param("post"));
    view! { <Load future=move || calls::post_page(slug, post) view=|page: model::PostPage| view! { <Thread page=page/> }/> }
}

#[component]
fn Thread(page: model::PostPage) -> impl IntoView {
    let w = words(lang());
    let slug = page.building_slug.clone();
    let home = format!("/b/{slug}");
    let nav = resident_nav(&slug, page.reader.is_committee, "board");
    let title = page.post.title.clone().or_else(|| page.post.author.clone()).unwrap_or_else(|| w.post_title.to_owned());
    let count = page.comments.len() as i64;
    let (post, own) = (page.post.post.to_string(), slug.clone());
    let comments = page.comments.into_iter().map(|comment| view! { <Comment of=comment/> }).collect_view();
    view! {
        <PageTitle text=title.clone()/>
        <NoIndex/>
        <ResidentShell title=title subtitle=page.building_name.clone() place=page.building_name home=home.clone() nav=nav who=who(&page.reader) back=home>
            <div class="grid grid-cols-[minmax(0,1fr)] gap-4 max-w-160">
                {["feed/react", "feed/report", "feed/remove", "feed/restore", "feed/hide"].map(|endpoint| view! { <Problems of=replay(endpoint) fields=vec![]/> }).collect_view()}
                {page.post.hidden.then(|| view! { <HiddenNote building=slug.clone() post=post.clone()/> })}
                <Mend post=page.post.clone() building=slug.clone()/>
                <Hearts><PostCard post=page.post building=own alone=true/></Hearts>
                <section id="comments" class="card p-4 lg:p-5 scroll-mt-20" aria-labelledby="comments-title">
                    <h2 class="text-lg font-semibold" id="comments-title">{w.comments_title}" "<span class="text-ink-3 font-normal num">{count}</span></h2>
                    {if count == 0 {
                        view! { <p class="text-sm text-ink-3 mt-2">{w.no_comments}</p> }.into_any()
                    } else {
                        view! { <ol class="mt-3 grid gap-4">{comments}</ol> }.into_any()
                    }}
                    <Write building=slug post=post/>
                </section>
            </div>
            {(!query("reported").is_empty()).then(|| view! { <Toast text=w.reported/> })}
        </ResidentShell>
    }
}

/// The reader hid this post; here is the way back.
#[component]
fn HiddenNote(building: String, post: String) -> impl IntoView {
    let w = words(lang());
    let fields = vec![("building", building), ("post", post), ("on", "false".to_owned())];
    view! {
        <Note glyph=Glyph::EYE_OFF>
            <div class="flex items-center justify-between gap-3"><p>{w.hidden_note}</p><Act action="/call/feed/hide" fields=fields size=Size::Small text=w.show_again/></div>
        </Note>
    }
}

/// Mending one's own post: asked for by `?edit`, or come back with what was typed.
#[component]
fn Mend(post: PostView, building: String) -> impl IntoView {
    let w = words(lang());
    let typed = replay("feed/edit");
    if !post.may_edit || (query("edit").is_empty() && typed.sentence().is_none()) {
        return view! { <Problems of=typed fields=vec![]/> }.into_any();
    }
    let titled = post.kind != PostKind::Post;
    let back = format!("/b/{building}/posts/{}", post.post);
    view! {
        <form method="post" action="/call/feed/edit" class="card p-4 lg:p-5 grid gap-4 scroll-mt-20" id="edit" novalidate>
            <Problems of=typed.clone() fields=vec![]/>
            <Hidden name="building" value=building/>
            <Hidden name="post" value=post.post.to_string()/>
            {titled.then(|| view! {
                <Field name="title" id="edit-title" label=w.compose_title value=typed.value("title", post.title.clone().unwrap_or_default()) problem=typed.problem("title") optional=true maxlength=TITLE_LIMIT as u32/>
            })}
            <TextArea name="body" id="edit-body" label=w.compose_body value=typed.value("body", post.body.clone()) problem=typed.problem("body") hint=w.edit_hint rows=5 optional=true maxlength=POST_LIMIT as u32/>
            <div class="flex gap-2.5 justify-end"><ButtonLink href=back look=Look::Ghost>{w.cancel}</ButtonLink><Button look=Look::Primary glyph=Glyph::CHECK>{w.save}</Button></div>
        </form>
    }
    .into_any()
}

#[component]
fn Comment(of: CommentView) -> impl IntoView {
    view! {
        <li class="flex gap-3" id=format!("comment-{}", of.comment)>
            <Avatar name=of.author.clone() tone=of.tone size=AvatarSize::Small/>
            <div class="flex-1 min-w-0">
                <p class="text-sm leading-tight"><bdi class="font-semibold">{of.author}</bdi>" "<span class="text-xs text-ink-3">{of.author_place}" · "{of.when_label}</span></p>
                <p class="text-md mt-1 said" dir="auto"><Sentence text=of.body/></p>
            </div>
        </li>
    }
}

#[component]
fn Write(building: String, post: String) -> impl IntoView {
    let w = words(lang());
    let typed = replay("feed/comment");
    view! {
        <form method="post" action="/call/feed/comment" class="mt-5 pt-4 border-t border-line grid gap-3 scroll-mt-20" id="write" novalidate>
            <Problems of=typed.clone() fields=vec![("body", w.comment_label.to_owned())]/>
            <Hidden name="building" value=building/>
            <Hidden name="post" value=post/>
            <Hidden name="client_key" value=typed.value("client_key", form_key())/>
            <TextArea name="body" label=w.comment_label quiet=true value=typed.value("body", "") problem=typed.problem("body") placeholder=w.comment_place rows=2 maxlength=COMMENT_LIMIT as u32/>
            <div class="flex justify-end"><Button look=Look::Primary glyph=Glyph::SEND class="mirror">{w.comment_go}</Button></div>
        </form>
    }
}
