//! Checks of what browsers reach: where routes are registered, how server functions are named, and the few places in
//! which markup and awaited data may be handled at all.

use super::source::{File, is_word, line_of, lines_with, split, text_of};

const WIRING: &str = "src/wiring.rs";
/// Server functions have a door of their own, which doors.rs reads from the library's list.
const CALLS: &str = "/call/{*endpoint}";

/// Routes stand in wiring.rs only, and each in its PLAIN_ROUTES, from which doors.rs demands a row.
pub fn routes(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.is_rust() && file.is_under("src/") && file.path != WIRING) {
        let code = split(&file.text).code;
        for needle in [".route(", ".route_service(", ".nest(", ".nest_service("] {
            found.extend(lines_with(&code, needle).iter().map(|at| format!("{}:{at}: a route outside wiring.rs", file.path)));
        }
    }
    let wiring = text_of(files, WIRING);
    let table = wiring.split_once("PLAIN_ROUTES").and_then(|(_, rest)| rest.split_once("];")).map_or("", |(table, _)| table);
    let listed: Vec<(String, String)> =
        table.lines().filter_map(|line| line.trim().strip_prefix("(\"")?.split_once("\", \"")).map(|(method, rest)| (method.to_owned(), until_quote(rest))).collect();
    let mut registered = Vec::new();
    for (at, start) in wiring.match_indices(".route(\"") {
        let path = until_quote(&wiring[at + start.len()..]);
        let line = wiring[at..].lines().next().unwrap_or_default();
        let handlers = line.split_once("\", ").map_or("", |(_, handlers)| handlers);
        let methods = ["get", "post", "put", "patch", "delete", "any"].into_iter().filter(|method| calls(handlers, method)).map(str::to_uppercase);
        registered.extend(methods.filter(|_| path != CALLS).map(|method| (method, path.clone())));
    }
    found.extend(registered.iter().filter(|route| !listed.contains(route)).map(|(method, path)| format!("{WIRING}: {method} {path} is not in PLAIN_ROUTES")));
    found.extend(listed.iter().filter(|route| !registered.contains(route)).map(|(method, path)| format!("{WIRING}: PLAIN_ROUTES lists {method} {path}, which is no route")));
    found
}

fn until_quote(text: &str) -> String {
    text.split('"').next().unwrap_or_default().to_owned()
}

fn calls(text: &str, name: &str) -> bool {
    text.match_indices(&format!("{name}(")).any(|(at, _)| !text[..at].ends_with(|c| is_word(c) || c == ':'))
}

/// A job that nobody takes waits for ever, and a handler that nobody calls is dead: names on both sides are the same.
pub fn jobs(files: &[File]) -> Vec<String> {
    let wiring = text_of(files, WIRING);
    let handled: Vec<String> =
        wiring.lines().filter_map(|line| line.trim().strip_prefix('"')).filter(|line| line.contains("\" in ") && line.contains(" => ")).map(until_quote).collect();
    let others: Vec<&File> = files.iter().filter(|file| file.is_rust() && file.is_under("src/") && file.path != WIRING).collect();
    let mut found = Vec::new();
    for file in &others {
        for (at, start) in file.text.match_indices("Job::new(\"") {
            let name = until_quote(&file.text[at + start.len()..]);
            if !handled.contains(&name) {
                found.push(format!("{}:{}: nobody in wiring.rs takes the job {name}", file.path, line_of(&file.text, at)));
            }
        }
    }
    // What happens by the clock is left by wiring.rs's own table.
    let by_clock = |name: &str| wiring.contains(&format!("Job::new(\"{name}\""));
    // A trigger may leave one too, with the row that calls for it.
    let by_row = |name: &str| files.iter().any(|file| file.is_under("migrations/") && file.text.contains(&format!("jobs.enqueue('{name}'")));
    let idle = handled.iter().filter(|name| !by_clock(name) && !by_row(name) && !others.iter().any(|file| file.text.contains(&format!("\"{name}\""))));
    found.extend(idle.map(|name| format!("{WIRING}: nobody leaves the job {name}")));
    found
}

/// Server functions are a public API: each stands in its room's calls.rs with an address that is written down, so that
/// no rename and no build folder changes it.
pub fn endpoints(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.is_rust() && file.is_under("src/")) {
        let code = split(&file.text).code;
        let room = file.path.split('/').nth(1).unwrap_or_default();
        // An argument's `#[server(default)]` is no function.
        for line in lines_with(&code, "#[server").into_iter().filter(|line| !code.lines().nth(line - 1).is_some_and(|code| code.contains("#[server(default"))) {
            let text = file.text.lines().nth(line - 1).unwrap_or_default();
            let named = text.contains("prefix = \"/call\"") && text.contains(&format!("endpoint = \"{room}/"));
            if file.path != format!("src/{room}/calls.rs") {
                found.push(format!("{}:{line}: a server function outside calls.rs", file.path));
            } else if !named {
                found.push(format!("{}:{line}: a server function without prefix = \"/call\" and endpoint = \"{room}/…\"", file.path));
            }
        }
    }
    found
}

/// What may stand in one place only, and why.
const ONLY: &[(&str, &[&str], &str)] = &[
    ("inner_html", &["src/ui/field.rs", "src/ui/glyph.rs"], "markup that is not escaped"),
    ("<textarea", &["src/ui/field.rs"], "the framework does not escape a textarea's text (leptos#4730)"),
    ("<Title", &["src/ui/page.rs"], "the framework does not escape a title (leptos#4819)"),
    ("Suspense", &["src/ui/page.rs"], "a page awaits one thing, in ui::Load; boundaries that share data may never end (leptos#4578)"),
    ("Suspend", &["src/ui/page.rs"], "a page awaits one thing, in ui::Load"),
    ("Transition", &[], "what moves is an island that calls a server function"),
    // OpenTelemetry calls so what a process is.
    ("Resource", &["src/platform/telemetry.rs"], "a page awaits one thing, in ui::Load"),
    ("ActionForm", &[], "forms are plain ones"),
];

pub fn places(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.is_rust() && file.is_under("src/")) {
        let code = split(&file.text).code;
        for (needle, allowed, why) in ONLY.iter().filter(|(_, allowed, _)| !allowed.contains(&file.path.as_str())) {
            let whole = code.match_indices(needle).filter(|(at, _)| {
                let before = code[..*at].ends_with(is_word);
                let after = code[at + needle.len()..].starts_with(is_word);
                !before && !after
            });
            let place = allowed.first().map_or(String::new(), |place| format!(" outside {place}"));
            found.extend(whole.map(|(at, _)| format!("{}:{}: {needle}{place}: {why}", file.path, line_of(&code, at))));
        }
    }
    found
}
