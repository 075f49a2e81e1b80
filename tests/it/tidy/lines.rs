//! Checks that look at single lines and at lengths: what may not be left over, where the two builds part, how long a
//! file may be, and what a view may not hold.

use std::collections::BTreeMap;

use super::source::{File, is_word, line_of, lines_with, split};

/// The most lines of a file.
pub const MOST_LINES: usize = 400;

/// Files that are longer, with their lines. A number may only go down; at the limit its line here goes.
pub const LONGER: &[(&str, usize)] = &[];

pub fn lengths(files: &[File], longer: &[(&str, usize)]) -> Vec<String> {
    let mut longer: BTreeMap<&str, usize> = longer.iter().copied().collect();
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        let lines = file.text.lines().count();
        match longer.remove(file.path.as_str()) {
            None if lines > MOST_LINES => found.push(format!("{}: {lines} lines, more than {MOST_LINES}", file.path)),
            Some(noted) if lines > noted => found.push(format!("{}: {lines} lines; it grew from {noted} though it is too long already", file.path)),
            Some(_) if lines <= MOST_LINES => found.push(format!("{}: {lines} lines; it needs no exception any more", file.path)),
            Some(noted) if lines < noted => found.push(format!("{}: {lines} lines; lower its exception from {noted}", file.path)),
            _ => {}
        }
    }
    found.extend(longer.keys().map(|path| format!("{path}: is gone; take it off the exceptions")));
    found
}

/// `cfg(feature …)` stands where the two builds part and nowhere else, so that an edit below a gate leaves the other
/// build fresh: lib.rs, main.rs, one line in each room's mod.rs, and ui/http.rs.
pub fn gates(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.is_rust() && !file.is_under("tests/")) {
        let code = split(&file.text).code;
        let compact: Vec<(usize, String)> = code.lines().enumerate().map(|(at, line)| (at + 1, line.replace(' ', ""))).collect();
        let is_gate = |line: &str| {
            ["cfg", "cfg_attr", "cfg!"].iter().any(|cfg| line.contains(&format!("{cfg}(")))
                && (line.contains("feature=") || line.contains("target_arch=") || line.contains("target_family="))
        };
        let lines: Vec<usize> = compact.iter().filter(|(_, line)| is_gate(line)).map(|(at, _)| *at).collect();
        let is_story = file.is_under("src/") && file.path.ends_with("/mod.rs") && file.path.matches('/').count() == 2;
        match file.path.as_str() {
            "src/lib.rs" | "src/main.rs" | "src/ui/http.rs" => {}
            _ if is_story => found.extend(lines.iter().skip(1).map(|at| format!("{}:{at}: a room has one gate", file.path))),
            _ => found.extend(lines.iter().map(|at| format!("{}:{at}: no gate may stand here", file.path))),
        }
    }
    found
}

/// What a finished change does not leave behind.
pub fn leftovers(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        let parts = split(&file.text);
        for needle in ["todo!(", "unimplemented!(", "dbg!(", "#[allow(", "#![allow(", "#[ignore", "#[cfg(any())]"] {
            found.extend(lines_with(&parts.code, needle).iter().map(|at| format!("{}:{at}: {needle}", file.path)));
        }
        for needle in ["FIXME", "TODO"] {
            found.extend(lines_with(&parts.comments, needle).iter().map(|at| format!("{}:{at}: {needle}", file.path)));
        }
        for (at, _) in parts.code.match_indices("#[expect(") {
            let whole = &parts.code[at..];
            if !whole[..whole.find(")]").unwrap_or(whole.len())].contains("reason =") {
                found.push(format!("{}:{}: #[expect] without a reason", file.path, line_of(&parts.code, at)));
            }
        }
        if file.path.contains("tests/") || file.is_under("crates/testkit/") {
            found.extend(lines_with(&parts.code, "sleep(").iter().map(|at| format!("{}:{at}: a test waits for what it wants, not for time", file.path)));
        }
    }
    for file in files.iter().filter(|file| file.is_under("end2end/")) {
        for needle in [".only(", "waitForTimeout", "FIXME", "TODO"] {
            found.extend(lines_with(&file.text, needle).iter().map(|at| format!("{}:{at}: {needle}", file.path)));
        }
    }
    found
}

/// Hebrew is read from the right: a class that names a side is wrong in one of the two directions.
pub fn sides(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.is_rust() && file.is_under("src/")) {
        for (at, line) in split(&file.text).strings.lines().enumerate() {
            let classes = line.split_whitespace().filter(|class| names_a_side(class));
            found.extend(classes.map(|class| format!("{}:{}: {class} names a side; use the logical one (ms-, pe-, start-, text-end …)", file.path, at + 1)));
        }
    }
    found
}

fn names_a_side(class: &str) -> bool {
    let bare = class.rsplit(':').next().unwrap_or_default().trim_matches(['!', '-', '"', '\\']);
    let sized = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit() || c == '[' || c == '(') || ["auto", "full", "px"].contains(&rest);
    let sides = ["ml-", "mr-", "pl-", "pr-", "left-", "right-", "scroll-ml-", "scroll-mr-", "scroll-pl-", "scroll-pr-", "border-l-", "border-r-"];
    let corner = |side: &str| bare == side || bare.strip_prefix(side).is_some_and(|rest| rest.starts_with('-'));
    sides.iter().any(|side| bare.strip_prefix(side).is_some_and(sized))
        || ["text-left", "text-right", "float-left", "float-right", "clear-left", "clear-right"].contains(&bare)
        || ["rounded-l", "rounded-r", "rounded-tl", "rounded-tr", "rounded-bl", "rounded-br"].iter().any(|side| corner(side))
        || ["border-l", "border-r"].contains(&bare)
}

/// The content policy lets no inline style and no inline handler run; a view that holds one is broken unseen.
pub fn inline(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.is_rust() && file.is_under("src/")) {
        let before_tests = &file.text[..file.text.find("#[cfg(test)]").unwrap_or(file.text.len())];
        let parts = split(before_tests);
        for text in [&parts.code, &parts.strings] {
            for attribute in ["style=", "style:", "onclick=", "onload=", "onerror=", "onsubmit=", "onchange=", "oninput=", "onkeydown=", "onfocus=", "onblur="] {
                for (at, _) in text.match_indices(attribute) {
                    let before = text[..at].chars().next_back().unwrap_or(' ');
                    let after = text[at + attribute.len()..].chars().next().unwrap_or(' ');
                    // `text_style:` and `text::style::` are other words; in a view, a value follows at once.
                    if !is_word(before) && before != '-' && before != ':' && after != ':' && !after.is_whitespace() {
                        found.push(format!("{}:{}: {attribute} in a view", file.path, line_of(text, at)));
                    }
                }
            }
        }
    }
    found
}
