//! Buttons, and links that look like one.

use leptos::prelude::*;

use super::glyph::{Glyph, Icon};

/// What a button is for. At most one `Primary` (or `Lamp`, on night) is visible on a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Look {
    #[default]
    Plain,
    Primary,
    Soft,
    Ghost,
    Danger,
    DangerSoft,
    Lamp,
    Night,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Size {
    Small,
    #[default]
    Normal,
    Large,
}

fn class_of(look: Look, size: Size, icon_only: bool, more: &str) -> String {
    let look = match look {
        Look::Plain => "btn",
        Look::Primary => "btn btn-primary",
        Look::Soft => "btn btn-soft",
        Look::Ghost => "btn btn-ghost",
        Look::Danger => "btn btn-danger",
        Look::DangerSoft => "btn btn-danger-soft",
        Look::Lamp => "btn btn-lamp",
        Look::Night => "btn btn-night",
    };
    let size = match size {
        Size::Small => " btn-sm",
        Size::Normal => "",
        Size::Large => " btn-lg",
    };
    let icon_only = if icon_only { " btn-icon" } else { "" };
    [look, size, icon_only, " ", more].concat().trim_end().to_owned()
}

fn inside(glyph: Option<Glyph>, after: Option<Glyph>, children: Option<Children>) -> impl IntoView {
    let icon_class = if children.is_some() { "i-sm" } else { "" };
    view! {
        {glyph.map(|glyph| view! { <Icon of=glyph class=icon_class/> })}
        {children.map(|children| view! { <span>{children()}</span> })}
        {after.map(|glyph| view! { <Icon of=glyph class="flip"/> })}
    }
}

/// A button of a form. Without children it is an icon alone and needs `label`.
#[component]
pub fn Button(
    #[prop(optional)] look: Look,
    #[prop(optional)] size: Size,
    /// submit, button or reset.
    #[prop(default = "submit")]
    kind: &'static str,
    /// Before the words.
    #[prop(optional)]
    glyph: Option<Glyph>,
    /// After the words, pointing onward along the reading line.
    #[prop(optional)]
    after: Option<Glyph>,
    /// What it is called, when its words do not say it.
    #[prop(optional, into)]
    label: Option<String>,
    #[prop(optional, into)] name: Option<String>,
    #[prop(optional, into)] value: Option<String>,
    /// The id of the `Sheet` it opens.
    #[prop(optional, into)]
    opens: Option<String>,
    /// The id of the `Sheet` it closes.
    #[prop(optional, into)]
    closes: Option<String>,
    #[prop(optional)] disabled: bool,
    #[prop(optional, into)] class: String,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let command = if opens.is_some() {
        Some("show-modal")
    } else if closes.is_some() {
        Some("close")
    } else {
        None
    };
    let kind = if command.is_some() { "button" } else { kind };
    let class = class_of(look, size, children.is_none(), &class);
    let target = opens.or(closes);
    view! {
        <button
            type=kind
            class=class
            aria-label=label
            name=name
            value=value
            disabled=disabled
            command=command
            commandfor=target
        >
            {inside(glyph, after, children)}
        </button>
    }
}

/// A link that looks like a button.
#[component]
pub fn ButtonLink(
    #[prop(into)] href: String,
    #[prop(optional)] look: Look,
    #[prop(optional)] size: Size,
    #[prop(optional)] glyph: Option<Glyph>,
    #[prop(optional)] after: Option<Glyph>,
    #[prop(optional, into)] label: Option<String>,
    /// A download, or a link to leave the page's history alone.
    #[prop(optional, into)]
    rel: Option<String>,
    #[prop(optional, into)] class: String,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let class = class_of(look, size, children.is_none(), &class);
    view! {
        <a href=href class=class aria-label=label rel=rel>
            {inside(glyph, after, children)}
        </a>
    }
}
