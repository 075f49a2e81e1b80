//! What the server says about the page being rendered: language, theme, sandbox, the form that came back.

use kit::{Lang, Replay};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

/// The reader's choice of theme: `light` or `dark`; `None` follows the device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Theme(pub Option<String>);

/// Whether this server is the sandbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Demo(pub bool);

/// A danger that stands on top of every page of its building.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    pub title: String,
    /// What somebody wrote; may be empty.
    pub body: String,
    pub since: String,
    /// More than a word of care.
    pub grave: bool,
    /// Where it is mended, for whoever may, and what the link says.
    pub href: Option<String>,
    pub link: String,
}

/// The dangers of the page being rendered: put in by whoever opens the building, told by the frames.
#[derive(Clone, Debug, Default)]
pub struct Alarms(std::sync::Arc<std::sync::Mutex<Vec<Alarm>>>);

impl Alarms {
    pub fn set(&self, alarms: Vec<Alarm>) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = alarms;
    }

    pub fn get(&self) -> Vec<Alarm> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

/// A fresh key for the page's forms: two submits of one form carry the same key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormKey(pub String);

pub fn lang() -> Lang {
    use_context::<Lang>().unwrap_or_default()
}

/// `light`, `dark`, or `None` for the device's own.
pub fn theme() -> Option<&'static str> {
    match use_context::<Theme>().unwrap_or_default().0.as_deref() {
        Some("light") => Some("light"),
        Some("dark") => Some("dark"),
        _ => None,
    }
}

pub fn is_demo() -> bool {
    use_context::<Demo>().unwrap_or_default().0
}

pub fn form_key() -> String {
    use_context::<FormKey>().unwrap_or_default().0
}

/// A part of the route's path, such as `slug`; empty when the route has none.
pub fn param(name: &str) -> String {
    use_params_map().read_untracked().get(name).unwrap_or_default()
}

/// A value of the page's query; empty when it is missing.
pub fn query(name: &str) -> String {
    use_query_map().read_untracked().get(name).unwrap_or_default()
}

/// A form as it came back: what was typed, and what to mend. Empty on a page's first showing.
#[derive(Clone, Debug, Default)]
pub struct Typed(Option<Replay>);

/// What came back of the form of one server function, such as `joining/submit`.
pub fn replay(endpoint: &str) -> Typed {
    Typed(use_context::<Replay>().filter(|replay| replay.endpoint == endpoint))
}

impl Typed {
    /// What was typed into a field, or else what the page would have put there.
    pub fn value(&self, field: &str, otherwise: impl Into<String>) -> String {
        self.0.as_ref().and_then(|replay| replay.value(field)).unwrap_or_else(|| otherwise.into())
    }

    /// How to mend a field.
    pub fn problem(&self, field: &str) -> Option<String> {
        self.0.as_ref().and_then(|replay| replay.problem(field))
    }

    /// The whole form's sentence; `None` when the form did not come back.
    pub fn sentence(&self) -> Option<String> {
        self.0.as_ref().map(|replay| replay.error.message.clone())
    }

    /// Whether the form came back because of this thing: the hidden field `field` was sent with `value`.
    pub fn is_about(&self, field: &str, value: &str) -> bool {
        self.0.as_ref().is_some_and(|replay| replay.value(field).as_deref() == Some(value))
    }
}
