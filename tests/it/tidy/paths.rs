//! Every path of a Rust file that begins at its crate's root, with use-groups unfolded and `super` resolved.

use super::source::{is_word, split};

/// A path and the line it stands on.
#[derive(Debug, PartialEq, Eq)]
pub struct Mention {
    pub line: usize,
    pub path: Vec<String>,
}

/// The module a file is: `src/feed/server/mod.rs` is feed, server; `src/lib.rs` is nothing.
pub fn module_of(file: &str) -> Vec<String> {
    let inner = file.trim_start_matches("src/").trim_end_matches(".rs");
    inner.split('/').filter(|name| !["mod", "lib", "main"].contains(name)).map(str::to_owned).collect()
}

pub fn root_paths(file: &str, text: &str) -> Vec<Mention> {
    let code = split(text).code;
    let tokens = tokens(&code);
    let module = module_of(file);
    // Tests stand at a file's foot, in a module of their own.
    let tests_from = code.lines().position(|line| line.trim_start().starts_with("mod tests {")).map_or(usize::MAX, |at| at + 1);
    let mut found = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        let inner = i > 0 && tokens[i - 1].1 == "::";
        let starts = |word: &str| !inner && tokens[i].1 == word && tokens.get(i + 1).is_some_and(|(_, next)| next == "::");
        if starts("crate") || starts("vantera") {
            i = follow(&tokens, i + 2, &[], &mut found);
        } else if starts("super") {
            let line = tokens[i].0;
            let mut here = module.clone();
            if line > tests_from {
                here.push("tests".into());
            }
            let mut at = i;
            while tokens[at].1 == "super" && tokens.get(at + 1).is_some_and(|(_, next)| next == "::") {
                here.pop();
                at += 2;
            }
            i = follow(&tokens, at, &here, &mut found);
        } else {
            i += 1;
        }
    }
    found
}

/// Reads the path that goes on at `i`, below `prefix`; answers where it ends.
fn follow(tokens: &[(usize, String)], mut i: usize, prefix: &[String], found: &mut Vec<Mention>) -> usize {
    let mut path = prefix.to_vec();
    let line = tokens.get(i).map_or(0, |(line, _)| *line);
    while let Some((_, token)) = tokens.get(i) {
        match token.as_str() {
            "{" => return follow_group(tokens, i + 1, &path, found),
            "self" => i += 1,
            word if word == "*" || word.starts_with(is_word) => {
                path.push(word.to_owned());
                i += 1;
            }
            _ => break,
        }
        if tokens.get(i).is_some_and(|(_, token)| token == "::") {
            i += 1;
        } else {
            break;
        }
    }
    found.push(Mention { line, path });
    i
}

fn follow_group(tokens: &[(usize, String)], mut i: usize, prefix: &[String], found: &mut Vec<Mention>) -> usize {
    while let Some((_, token)) = tokens.get(i) {
        match token.as_str() {
            "}" => return i + 1,
            "," => i += 1,
            // The name after `as` is nobody's path.
            "as" => i += 2,
            _ => i = follow(tokens, i, prefix, found).max(i + 1),
        }
    }
    i
}

fn tokens(code: &str) -> Vec<(usize, String)> {
    let mut tokens: Vec<(usize, String)> = Vec::new();
    for (at, line) in code.lines().enumerate() {
        let chars: Vec<char> = line.chars().collect();
        let mut i = 0;
        while i < chars.len() {
            let end = match chars[i] {
                c if c.is_whitespace() => i,
                c if is_word(c) => i + chars[i..].iter().take_while(|c| is_word(**c)).count(),
                ':' if chars.get(i + 1) == Some(&':') => i + 2,
                _ => i + 1,
            };
            if end > i {
                tokens.push((at + 1, chars[i..end].iter().collect()));
            }
            i = end.max(i + 1);
        }
    }
    tokens
}

#[test]
fn groups_supers_and_plain_mentions_are_read() {
    let text = "use crate::feed::server::{self as feed, page};\nuse crate::{ui, platform::{Cx, door::{self, open}}};\nfn f() { super::super::model::x(); crate::a::b::<T>(); other::crate_x(); }\nmod tests {\n use super::super::store; }";
    let read: Vec<String> = root_paths("src/joining/server/service.rs", text).iter().map(|m| format!("{} {}", m.line, m.path.join("::"))).collect();
    assert_eq!(
        read,
        [
            "1 feed::server",
            "1 feed::server::page",
            "2 ui",
            "2 platform::Cx",
            "2 platform::door",
            "2 platform::door::open",
            "3 joining::model::x",
            "3 a::b",
            "5 joining::server::store"
        ]
    );
}
