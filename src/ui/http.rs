//! The page's edge to the world around it: the answer's status and redirects on the server, the live stream in the
//! browser. The one file of the house's screens that knows on which side it was built.

/// Sets the HTTP status of the page that is being rendered.
pub fn set_status(status: u16) {
    #[cfg(feature = "ssr")]
    if let (Some(options), Ok(status)) = (leptos::prelude::use_context::<leptos_axum::ResponseOptions>(), http::StatusCode::from_u16(status)) {
        options.set_status(status);
    }
    #[cfg(not(feature = "ssr"))]
    let _ = status;
}

/// Leads the browser elsewhere in the house. Anything but an app-relative path of plain characters is ignored.
pub fn redirect(path: &str) {
    #[cfg(feature = "ssr")]
    if is_relative(path) && leptos::prelude::use_context::<leptos_axum::ResponseOptions>().is_some() {
        leptos_axum::redirect(path);
    }
    #[cfg(not(feature = "ssr"))]
    let _ = path;
}

/// The path of the page that is being rendered, without its query; "/" when nobody asked for one.
pub fn path() -> String {
    #[cfg(feature = "ssr")]
    if let Some(parts) = leptos::prelude::use_context::<http::request::Parts>() {
        return parts.uri.path().to_owned();
    }
    "/".to_owned()
}

/// The path and query of the page that is being rendered.
pub fn path_and_query() -> String {
    #[cfg(feature = "ssr")]
    if let Some(parts) = leptos::prelude::use_context::<http::request::Parts>() {
        return parts.uri.path_and_query().map_or_else(|| parts.uri.path().to_owned(), |whole| whole.as_str().to_owned());
    }
    "/".to_owned()
}

/// Listens to a stream of server-sent events, in the browser only, for the events of these names, with spaces between
/// them. `heard` gets an event's data and id; `state` learns whether the line stands. The listener lives as long as the
/// page.
pub fn listen(url: &str, events: &'static str, heard: impl Fn(String, String) + 'static, state: impl Fn(bool) + 'static) {
    #[cfg(feature = "hydrate")]
    {
        use std::rc::Rc;
        use wasm_bindgen::{JsCast, closure::Closure};
        let Ok(source) = web_sys::EventSource::new(url) else { return };
        let on_event = Closure::<dyn Fn(web_sys::MessageEvent)>::new(move |message: web_sys::MessageEvent| {
            let told = message.data().as_string().unwrap_or_default();
            // The frame's banner is not the island's: boot.js, which watches it, asks for it anew.
            if told.contains("\"hazard.")
                && let Some(alarms) = super::dom::by_id("alarms")
            {
                super::dom::put(&alarms, "data-news", Some(""));
            }
            heard(told, message.last_event_id());
        });
        for event in events.split(' ') {
            let _ = source.add_event_listener_with_callback(event, on_event.as_ref().unchecked_ref());
        }
        let state = Rc::new(state);
        let up = Rc::clone(&state);
        let on_open = Closure::<dyn Fn()>::new(move || up(true));
        let on_error = Closure::<dyn Fn()>::new(move || state(false));
        source.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        source.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        on_event.forget();
        on_open.forget();
        on_error.forget();
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (url, events, heard, state);
}

/// Fetches a fragment of this server's own HTML, in the browser only; `None` when that did not go well.
pub async fn fetch_text(path: &str) -> Option<String> {
    ask(path, None).await
}

/// Calls a server function as a form would and hands back its JSON, in the browser only; `None` when that did not go
/// well. Small islands use this instead of the function itself, whose client brings some 60 kB of code with it. The
/// call outlives the page: a heart given on the way out is not lost.
pub async fn send(path: &str, fields: &[(&str, &str)]) -> Option<String> {
    let body = fields.iter().map(|(name, value)| format!("{name}={}", query_value(value))).collect::<Vec<_>>().join("&");
    ask(path, Some(body)).await
}

async fn ask(path: &str, form: Option<String>) -> Option<String> {
    if !is_relative(path) {
        return None;
    }
    #[cfg(feature = "hydrate")]
    {
        use js_sys::{Function, Object, Promise, Reflect, global};
        use leptos::__reexports::wasm_bindgen_futures::JsFuture;
        use wasm_bindgen::{JsCast, JsValue};
        let set = |object: &Object, name: &str, value: &JsValue| Reflect::set(object, &name.into(), value).ok();
        let init = Object::new();
        if let Some(form) = form {
            let headers = Object::new();
            set(&headers, "accept", &"application/json".into())?;
            set(&headers, "content-type", &"application/x-www-form-urlencoded".into())?;
            set(&init, "method", &"POST".into())?;
            set(&init, "headers", &headers)?;
            set(&init, "body", &form.into())?;
            set(&init, "keepalive", &JsValue::TRUE)?;
        }
        let fetch: Function = Reflect::get(&global(), &"fetch".into()).ok()?.dyn_into().ok()?;
        let sent: Promise = fetch.call2(&global(), &path.into(), &init).ok()?.dyn_into().ok()?;
        let answer = JsFuture::from(sent).await.ok()?;
        let ok = Reflect::get(&answer, &"ok".into()).ok()?.is_truthy();
        let text: Function = Reflect::get(&answer, &"text".into()).ok()?.dyn_into().ok()?;
        let body: Promise = text.call0(&answer).ok()?.dyn_into().ok()?;
        JsFuture::from(body).await.ok().filter(|_| ok)?.as_string()
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = form;
        None
    }
}

/// One field of a JSON object as text, in the browser only: words as they are, truths as `true` and `false`. The
/// browser's own reader costs nothing; ours would be another 10 kB.
pub fn json_field(json: &str, name: &str) -> Option<String> {
    #[cfg(feature = "hydrate")]
    {
        let value = js_sys::Reflect::get(&js_sys::JSON::parse(json).ok()?, &name.into()).ok()?;
        value.as_string().or_else(|| value.as_bool().map(|truth| if truth { "true".to_owned() } else { "false".to_owned() }))
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = (json, name);
        None
    }
}

/// Whether a path leads inside the house: one leading slash, no scheme, no host, no control characters.
pub fn is_relative(path: &str) -> bool {
    path.starts_with('/') && !path.starts_with("//") && !path.contains('\\') && path.bytes().all(|byte| (0x21..0x7f).contains(&byte))
}

/// Writes a text as the value of a query: unreserved characters stay, the rest is percent-encoded (RFC 3986).
pub fn query_value(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_never_leaves_the_house() {
        for inside in ["/", "/b/bialik-14", "/signin?next=/home"] {
            assert!(is_relative(inside), "{inside}");
        }
        for outside in ["", "b", "//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nSet-Cookie: x", "/א"] {
            assert!(!is_relative(outside), "{outside}");
        }
    }

    #[test]
    fn a_query_value_keeps_paths_readable_and_escapes_the_rest() {
        assert_eq!(query_value("/b/x?filter=all&a=א"), "/b/x%3Ffilter%3Dall%26a%3D%D7%90");
    }
}
