//! `/b/:slug/posts/:post`: one post and what neighbours answered.

use leptos::prelude::*;

use super::live::Hearts;
use super::parts::{PostCard, resident_nav, who};
use crate::feed::calls;
use crate::feed::model::{self, COMMENT_LIMIT, CommentView};
use crate::feed::words::words;
use crate::ui::{
    Avatar, AvatarSize, Button, Glyph, Hidden, Load, Look, NoIndex, PageTitle, Problems, ResidentShell, Sentence, TextArea, Toast, form_key, lang, param, query, replay,
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
                {["feed/react", "feed/report", "feed/remove"].map(|endpoint| view! { <Problems of=replay(endpoint) fields=vec![]/> }).collect_view()}
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
