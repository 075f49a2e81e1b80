//! A page: its title, its one awaited source of data, and what stands there when that did not come.

use std::future::Future;

use kit::{AppError, Code};
use leptos::either::Either;
use leptos::prelude::*;
use leptos::tachys::html::InertElement;
use leptos_meta::{Meta, Title};

use super::art::{Logo, NightHouse};
use super::button::{ButtonLink, Look, Size};
use super::context::lang;
use super::glyph::Glyph;
use super::http;
use super::words::words;

/// The document's title. leptos_meta writes titles out as they are (leptos#4819), so this is where they are escaped.
#[component]
pub fn PageTitle(#[prop(into)] text: String) -> impl IntoView {
    let whole = if text.is_empty() { words(lang()).brand.to_owned() } else { format!("{text} · {}", words(lang()).brand) };
    view! { <Title text=escape_text(&whole)/> }
}

/// Escapes a text that goes between tags where the framework does not.
pub(super) fn escape_text(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Keeps a page of private or passing content out of search engines.
#[component]
pub fn NoIndex() -> impl IntoView {
    view! { <Meta name="robots" content="noindex"/> }
}

/// A page over one server function: it is awaited once, on the server, and then either shown or explained. Who is
/// signed out is led to the door and back.
#[component]
pub fn Load<T, F, Fut, V, IV>(future: F, view: V) -> impl IntoView
where
    T: Send + 'static,
    F: FnOnce() -> Fut + Send + 'static,
    Fut: Future<Output = Result<T, AppError>> + Send + 'static,
    V: FnOnce(T) -> IV + Send + 'static,
    IV: IntoView + 'static,
{
    let awaited = future();
    let shown = Suspend::new(async move {
        match awaited.await {
            Ok(data) => Either::Left(written(view(data))),
            Err(error) => Either::Right(refused(error)),
        }
    });
    view! { <Suspense fallback=|| ()>{shown}</Suspense> }
}

/// A view as the text it comes to. Once its data is there nothing in it is left to wait for, so it is written at once
/// instead of asking each of its nodes whether it is ready. No browser wakes it: in islands mode only the islands inside
/// are woken, and those are written as ever.
fn written(view: impl IntoView) -> InertElement {
    InertElement::new(view.into_view().to_html())
}

fn refused(error: AppError) -> impl IntoView {
    http::set_status(error.status());
    if error.code == Code::SignedOut {
        http::redirect(&format!("/signin?next={}", http::query_value(&http::path_and_query())));
    }
    view! { <Problem error=error/> }
}

/// The page that stands where another could not: a calm fact, what is safe, one way on.
#[component]
pub fn Problem(error: AppError) -> impl IntoView {
    let w = words(lang());
    let (title, body) = match error.code {
        Code::NotFound => (w.not_found_title, w.not_found_body.to_owned()),
        Code::Internal => (w.broken_title, w.broken_body.to_owned()),
        Code::Unavailable => (w.unavailable_title, w.unavailable_body.to_owned()),
        Code::TooMany => (w.too_many_title, error.message.clone()),
        Code::Gone => (w.gone_title, error.message.clone()),
        Code::Invalid | Code::TooLarge | Code::Conflict => (w.invalid_title, error.message.clone()),
        Code::Forbidden | Code::SignedOut => (w.forbidden_title, error.message.clone()),
    };
    let lit = matches!(error.code, Code::Internal | Code::Unavailable).then_some(4);
    let signed_out = error.code == Code::SignedOut;
    let again = matches!(error.code, Code::Internal | Code::Unavailable | Code::TooMany);
    let here = http::path_and_query();
    view! {
        <PageTitle text=title/>
        <NoIndex/>
        <StillPage lit=lit status=Some(error.status()) title=title body=body incident=error.incident>
            {signed_out.then(|| view! {
                <ButtonLink href=format!("/signin?next={}", http::query_value(&here)) look=Look::Primary size=Size::Large>{w.sign_in}</ButtonLink>
            })}
            {again.then(|| view! {
                <ButtonLink href=here.clone() look=Look::Primary size=Size::Large glyph=Glyph::REFRESH_CW>{w.retry}</ButtonLink>
            })}
            <ButtonLink href="/home" look=if again || signed_out { Look::Plain } else { Look::Primary } size=Size::Large glyph=Glyph::HOUSE>
                {w.my_building}
            </ButtonLink>
            <ButtonLink href="/" look=Look::Ghost>{w.home}</ButtonLink>
        </StillPage>
    }
}

/// A page on which nothing goes on: the dark house, a calm fact, and the ways on, which the children are. On a desk the
/// words stand beside the house.
#[component]
pub fn StillPage(
    #[prop(default = None)] lit: Option<usize>,
    #[prop(default = None)] status: Option<u16>,
    #[prop(into)] title: String,
    #[prop(into)] body: String,
    #[prop(default = None)] incident: Option<String>,
    children: Children,
) -> impl IntoView {
    let w = words(lang());
    view! {
        <main id="main" tabindex="-1" class="mx-auto max-w-110 lg:max-w-240 min-h-(--fill) flex flex-col px-6 pt-4 lg:pt-6 pb-7">
            <a href="/" class="flex items-center gap-2 font-semibold w-fit min-h-11"><Logo size=30/>{w.brand}</a>
            <div class="flex-1 flex flex-col lg:grid lg:grid-cols-[minmax(0,1fr)_26rem] lg:gap-14 lg:items-center">
                <div class="flex-1 pt-8 grid items-end justify-items-center"><NightHouse lit=lit large=true/></div>
                <div class="flex-1 flex flex-col lg:block">
                    <div class="mb-auto pt-6 pb-8 text-center lg:text-start">
                        {status.map(|status| view! { <p class="text-sm text-ink-3">{w.status}" "<bdi class="num">{status}</bdi></p> })}
                        <h1 class="text-2xl lg:text-3xl font-semibold mt-1">{title}</h1>
                        <p class="text-ink-2 mt-2.5 max-w-80 mx-auto lg:mx-0">{body}</p>
                        {incident.map(|incident| view! {
                            <p class="text-xs text-ink-3 mt-4">{w.incident}" "<bdi class="mono">{incident}</bdi></p>
                        })}
                    </div>
                    <div class="grid gap-2.5">{children()}</div>
                </div>
            </div>
        </main>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_a_title_cannot_open_a_tag() {
        assert_eq!(escape_text("</title><script>alert(1)</script> & co"), "&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt; &amp; co");
    }
}
