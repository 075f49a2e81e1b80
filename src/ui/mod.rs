//! The house's design language as components: no word of any room stands here.
//!
//! Nouns: `Page` parts (`PageTitle`, `Load`, `Problem`), shells, fields of plain forms, and the small parts. Everything
//! is server-rendered and works without scripts; classes come from style/. Invariants: user text is isolated (`<bdi>`,
//! `dir="auto"`), textareas and titles are written only here, no style attribute and no inline script exists, and only
//! `http` knows on which side it was built.

mod art;
mod bits;
mod button;
mod chart;
mod context;
pub mod dom;
mod entrance;
mod field;
pub mod gallery;
mod glyph;
mod http;
mod page;
mod sheet;
mod shells;
mod words;

pub use art::{Facade, FacadeSize, Flag, Logo, NightHouse, Wordmark};
pub use bits::{Avatar, AvatarIcon, AvatarSize, Badge, Card, Chip, Empty, Ltr, Money, Note, Ribbon, Row, Sentence, Skeleton, StatTile, Steps, Toast, Tone, isolated};
pub use button::{Button, ButtonLink, Look, Size};
pub use chart::{Bar, Funnel, FunnelBar, Spark};
pub use context::{Alarm, Alarms, Demo, FormKey, Theme, Typed, form_key, is_demo, lang, param, query, replay, theme};
pub use entrance::{Brand, ENTRANCE_FOOT, Entrance, NightPage};
pub use field::{Field, FieldProblem, Hidden, PhoneField, Problems, Select, TextArea};
pub use glyph::{Glyph, Icon};
pub use http::{fetch_text, is_relative, json_field, listen, path, path_and_query, query_value, redirect, send, set_status};
pub use page::{Load, NoIndex, PageTitle, Problem, StillPage};
pub use sheet::Sheet;
pub use shells::{Act, AlarmNotes, CommitteeShell, FooterLinks, LangLink, NavItem, PageTop, PlainShell, ResidentShell, ThemeSwitch, Who};
pub use words::{Words, words};

/// Tells tests and styles that the page's islands are awake.
pub fn mark_hydrated() {
    if let Some(root) = leptos::prelude::document().document_element() {
        let _ = root.set_attribute("data-hydrated", "");
    }
}
