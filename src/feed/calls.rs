//! The browser's door to the feed.

use kit::AppError;
use leptos::prelude::*;

use super::model::{FeedPage, PostPage, SearchPage};

/// One page of the feed; `cursor` is a page's `next`, `filter` one of all, committee, neighbours, events.
#[server(name = LoadFeedPage, prefix = "/call", endpoint = "feed/page")]
pub async fn feed_page(building: String, #[server(default)] filter: String, #[server(default)] cursor: String) -> Result<FeedPage, AppError> {
    let asks = super::server::Asks { waits: use_context(), due: use_context(), new: use_context() };
    let mut cx = crate::platform::door::open(&building).await?;
    let outcome = super::server::page_with_waiting(&mut cx, &filter, &cursor, asks).await;
    cx.finish(outcome).await
}

/// One post with its comments.
#[server(name = LoadPostPage, prefix = "/call", endpoint = "feed/post")]
pub async fn post_page(building: String, post: String) -> Result<PostPage, AppError> {
    let mut cx = crate::platform::door::open(&building).await?;
    let outcome = super::server::post_page(&mut cx, &post).await;
    cx.finish(outcome).await
}

/// Comments under a post. `client_key` makes a double submit one comment.
#[server(prefix = "/call", endpoint = "feed/comment")]
pub async fn comment(building: String, post: String, body: String, #[server(default)] client_key: String) -> Result<(), AppError> {
    let mut cx = crate::platform::door::open(&building).await?;
    let outcome = super::server::comment(&mut cx, &post, &body, &client_key).await;
    let next = cx.finish(outcome).await?;
    crate::platform::door::redirect(&next);
    Ok(())
}

/// Sets or takes back the reader's heart. Answers the new count.
#[server(prefix = "/call", endpoint = "feed/react")]
pub async fn react(building: String, post: String, on: bool) -> Result<i64, AppError> {
    let mut cx = crate::platform::door::open(&building).await?;
    let outcome = super::server::react(&mut cx, &post, on).await;
    cx.finish(outcome).await
}

/// Tells the committee about a post.
#[server(prefix = "/call", endpoint = "feed/report")]
pub async fn report(building: String, post: String, reason: String) -> Result<(), AppError> {
    let mut cx = crate::platform::door::open(&building).await?;
    let outcome = super::server::report(&mut cx, &post, &reason).await;
    let next = cx.finish(outcome).await?;
    crate::platform::door::redirect(&next);
    Ok(())
}

/// Takes a post down: its author or the committee.
#[server(prefix = "/call", endpoint = "feed/remove")]
pub async fn remove(building: String, post: String) -> Result<(), AppError> {
    let mut cx = crate::platform::door::open(&building).await?;
    let outcome = super::server::remove(&mut cx, &post).await;
    let next = cx.finish(outcome).await?;
    crate::platform::door::redirect(&next);
    Ok(())
}

/// Mends the caller's own post within half an hour of its writing.
#[server(prefix = "/call", endpoint = "feed/edit")]
pub async fn edit(building: String, post: String, body: String, #[server(default)] title: String) -> Result<(), AppError> {
    let mut cx = crate::platform::door::open(&building).await?;
    let outcome = super::server::edit(&mut cx, &post, &title, &body).await;
    let next = cx.finish(outcome).await?;
    crate::platform::door::redirect(&next);
    Ok(())
}

/// Puts back a post within ten minutes of its removal, by whoever took it down.
#[server(prefix = "/call", endpoint = "feed/restore")]
pub async fn restore(building: String, post: String) -> Result<(), AppError> {
    let mut cx = crate::platform::door::open(&building).await?;
    let outcome = super::server::restore(&mut cx, &post).await;
    let next = cx.finish(outcome).await?;
    crate::platform::door::redirect(&next);
    Ok(())
}

/// Hides a post for the caller alone, or shows it again.
#[server(prefix = "/call", endpoint = "feed/hide")]
pub async fn hide(building: String, post: String, on: bool) -> Result<(), AppError> {
    let mut cx = crate::platform::door::open(&building).await?;
    let outcome = super::server::hide(&mut cx, &post, on).await;
    let next = cx.finish(outcome).await?;
    crate::platform::door::redirect(&next);
    Ok(())
}

/// What was found for plain words over posts and comments, the latest first; `cursor` is a page's `next`.
#[server(name = LoadSearchPage, prefix = "/call", endpoint = "feed/search")]
pub async fn search_page(building: String, #[server(default)] asked: String, #[server(default)] cursor: String) -> Result<SearchPage, AppError> {
    let mut cx = crate::platform::door::open(&building).await?;
    let outcome = super::server::search(&mut cx, &asked, &cursor).await;
    cx.finish(outcome).await
}
