//! Checks between files that must agree: manifests, stories, migrations and the list of settings.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{File, is_word, line_of, split, text_of};

/// The lines of one section of a TOML file, without comments, in an order of their own.
fn section<'a>(text: &'a str, name: &str) -> BTreeSet<&'a str> {
    let header = format!("[{name}]");
    let lines = text.lines().map(str::trim).skip_while(|line| *line != header).skip(1);
    lines.take_while(|line| !line.starts_with('[')).filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

/// A server that is shipped without Cargo.toml reads the same options from Leptos.toml.
pub fn leptos_options(files: &[File]) -> Vec<String> {
    let (shipped, ours) = (section(text_of(files, "Leptos.toml"), "package.metadata.leptos"), section(text_of(files, "Cargo.toml"), "package.metadata.leptos"));
    if ours.is_empty() {
        return vec!["Cargo.toml: no [package.metadata.leptos]".into()];
    }
    let missing = ours.difference(&shipped).map(|line| format!("Leptos.toml lacks: {line}"));
    let more = shipped.difference(&ours).map(|line| format!("Leptos.toml alone says: {line}"));
    missing.chain(more).collect()
}

/// The longest and the shortest story of a room.
const STORY_LINES: std::ops::RangeInclusive<usize> = 3..=15;

/// Every room tells what it is before it does anything.
pub fn stories(files: &[File]) -> Vec<String> {
    let rooms: BTreeSet<&str> = files.iter().filter(|file| file.is_rust()).filter_map(|file| file.path.strip_prefix("src/")?.split_once('/')).map(|(room, _)| room).collect();
    let mut found = Vec::new();
    for room in rooms {
        let path = format!("src/{room}/mod.rs");
        let told = text_of(files, &path).lines().take_while(|line| line.starts_with("//!")).count();
        if !STORY_LINES.contains(&told) {
            found.push(format!("{path}: begins with {told} lines of story, not {} to {}", STORY_LINES.start(), STORY_LINES.end()));
        }
    }
    found
}

/// Two migrations with one number would run in an order that nobody chose.
pub fn migrations(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    let mut numbers: BTreeMap<&str, &str> = BTreeMap::new();
    for path in files.iter().map(|file| file.path.as_str()).filter(|path| path.starts_with("migrations/")) {
        let name = path.trim_start_matches("migrations/");
        match name.split_once('_') {
            Some((number, rest)) if number.len() == 4 && number.bytes().all(|b| b.is_ascii_digit()) && rest.ends_with(".sql") => {
                if let Some(other) = numbers.insert(number, path) {
                    found.push(format!("{path}: has the number of {other}"));
                }
            }
            _ => found.push(format!("{path}: is not called 0001_name.sql")),
        }
    }
    found
}

/// The settings that code reads from the environment, each with where it does.
fn settings(file: &File) -> Vec<(String, usize)> {
    let parts = split(&file.text);
    let mut read = Vec::new();
    for call in ["var(\"", "var_os(\"", "from_env(\"", "env!(\""] {
        for (at, _) in parts.code.match_indices(call) {
            // Code and strings have the same characters at the same places, though not the same bytes.
            let place = parts.code[..at + call.len()].chars().count();
            let name: String = parts.strings.chars().skip(place).take_while(|c| is_word(*c)).collect();
            if name.chars().next().is_some_and(char::is_uppercase) && !name.starts_with("CARGO_") {
                read.push((name, line_of(&parts.code, at)));
            }
        }
    }
    read
}

/// docs/configuration.md lists every setting.
pub fn configuration(files: &[File]) -> Vec<String> {
    let page = text_of(files, "docs/configuration.md");
    let listed: BTreeSet<&str> = page.split(|c: char| !is_word(c)).collect();
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.is_rust() && file.is_under("src/")) {
        let missing = settings(file).into_iter().filter(|(name, _)| !listed.contains(name.as_str()));
        found.extend(missing.map(|(name, at)| format!("{}:{at}: {name} is not in docs/configuration.md", file.path)));
    }
    found
}

/// Crates are leaves: none knows the root package, and of one another they know only kit. The tests' own kit may know
/// more, and so may a crate's tests.
pub fn crates(files: &[File]) -> Vec<String> {
    let manifests: Vec<(&str, &File)> = files.iter().filter_map(|file| Some((file.path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml")?, file))).collect();
    let ours: BTreeSet<&str> = manifests.iter().map(|(name, _)| *name).collect();
    let mut found = Vec::new();
    for (name, manifest) in &manifests {
        let mut header = "";
        for (at, line) in manifest.text.lines().enumerate() {
            if line.starts_with('[') {
                header = line.trim();
            }
            let table = header.trim_matches(['[', ']']);
            let depended = match table.split_once("ependencies.") {
                Some((_, in_header)) if line.starts_with('[') => in_header,
                _ if table.ends_with("ependencies") => line.split(['.', '=', ' ']).next().unwrap_or_default(),
                _ => continue,
            };
            let for_tests = table.contains("dev-dependencies") || *name == "testkit";
            let wrong = depended == "vantera" || (ours.contains(depended) && depended != "kit" && !for_tests);
            if wrong {
                found.push(format!("{}:{}: depends on {depended}", manifest.path, at + 1));
            }
        }
    }
    for file in files.iter().filter(|file| file.is_rust() && file.is_under("crates/")) {
        let code = split(&file.text).code;
        for (at, _) in code.match_indices("vantera::") {
            if !code[..at].chars().next_back().is_some_and(is_word) {
                found.push(format!("{}:{}: knows the root package", file.path, line_of(&code, at)));
            }
        }
    }
    found
}
