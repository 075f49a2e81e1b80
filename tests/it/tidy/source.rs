//! Reading the tree, and telling a file's code from its strings and its comments.

use std::path::Path;

/// One file: its path from the repository's root, and its text.
pub struct File {
    pub path: String,
    pub text: String,
}

impl File {
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: path.into(), text: text.into() }
    }

    /// Whether it lies under this folder, which ends with a slash.
    pub fn is_under(&self, folder: &str) -> bool {
        self.path.starts_with(folder)
    }

    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }
}

/// The files of these folders and these single files, in the order of their paths. What is not text is left out.
pub fn read(places: &[&str]) -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for place in places {
        visit(root, &root.join(place), &mut files);
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    files
}

fn visit(root: &Path, at: &Path, files: &mut Vec<File>) {
    if at.is_dir() {
        let name = at.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if ["node_modules", "target", "test-results", "playwright-report"].contains(&name.as_str()) {
            return;
        }
        for entry in std::fs::read_dir(at).expect("a folder of ours can be read") {
            visit(root, &entry.expect("an entry").path(), files);
        }
    } else if let Ok(text) = std::fs::read_to_string(at) {
        let path = at.strip_prefix(root).expect("inside the repository").to_string_lossy().replace('\\', "/");
        files.push(File { path, text });
    }
}

/// The text of one file among these; empty when it is not there.
pub fn text_of<'a>(files: &'a [File], path: &str) -> &'a str {
    files.iter().find(|file| file.path == path).map_or("", |file| file.text.as_str())
}

/// A Rust file three times, in lines that match: only its code, only its strings' contents, only its comments.
pub struct Parts {
    pub code: String,
    pub strings: String,
    pub comments: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    Words,
    Comment,
}

pub fn split(text: &str) -> Parts {
    let chars: Vec<char> = text.chars().collect();
    let mut parts = Parts { code: String::new(), strings: String::new(), comments: String::new() };
    let mut at = 0;
    while at < chars.len() {
        let (kind, end) = piece(&chars, at);
        for (place, c) in chars[at..end].iter().enumerate() {
            let blank = if *c == '\n' { '\n' } else { ' ' };
            // A string's own quotes stay in the code, so that `x("…")` still reads as a call with something in it.
            let quote = kind == Kind::Words && (place == 0 || at + place + 1 == end);
            parts.code.push(if kind == Kind::Code || quote { *c } else { blank });
            parts.strings.push(if kind == Kind::Words && !quote { *c } else { blank });
            parts.comments.push(if kind == Kind::Comment { *c } else { blank });
        }
        at = end;
    }
    parts
}

/// What begins here, and where it ends.
fn piece(chars: &[char], at: usize) -> (Kind, usize) {
    let next = chars.get(at + 1).copied();
    let end = chars.len();
    match chars[at] {
        '/' if next == Some('/') => (Kind::Comment, chars[at..].iter().position(|c| *c == '\n').map_or(end, |n| at + n)),
        '/' if next == Some('*') => (Kind::Comment, end_of_block(chars, at)),
        '"' => (Kind::Words, end_of_string(chars, at)),
        'r' if at == 0 || !is_word(chars[at - 1]) || chars[at - 1] == 'b' => match raw_string(chars, at) {
            Some(end) => (Kind::Words, end),
            None => (Kind::Code, at + 1),
        },
        '\'' if next == Some('\\') => (Kind::Code, chars[at + 2..].iter().skip(1).position(|c| *c == '\'').map_or(end, |n| at + 4 + n)),
        '\'' if chars.get(at + 2) == Some(&'\'') => (Kind::Code, at + 3),
        _ => (Kind::Code, at + 1),
    }
}

fn end_of_block(chars: &[char], at: usize) -> usize {
    let (mut deep, mut i) = (0, at);
    while i < chars.len() {
        match (chars[i], chars.get(i + 1)) {
            ('/', Some('*')) => (deep, i) = (deep + 1, i + 1),
            ('*', Some('/')) => (deep, i) = (deep - 1, i + 1),
            _ => {}
        }
        i += 1;
        if deep == 0 {
            return i;
        }
    }
    chars.len()
}

fn end_of_string(chars: &[char], at: usize) -> usize {
    let mut i = at + 1;
    while i < chars.len() {
        match chars[i] {
            '\\' => i += 2,
            '"' => return i + 1,
            _ => i += 1,
        }
    }
    chars.len()
}

fn raw_string(chars: &[char], at: usize) -> Option<usize> {
    let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
    let open = at + 1 + hashes;
    if chars.get(open) != Some(&'"') {
        return None;
    }
    let closes = |i: usize| chars[i] == '"' && chars[i + 1..].iter().take_while(|c| **c == '#').count() >= hashes;
    Some((open + 1..chars.len()).find(|i| closes(*i)).map_or(chars.len(), |i| i + 1 + hashes))
}

pub fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The lines that hold this text, counted from 1.
pub fn lines_with(text: &str, needle: &str) -> Vec<usize> {
    text.lines().enumerate().filter(|(_, line)| line.contains(needle)).map(|(at, _)| at + 1).collect()
}

/// The line a byte lies on, counted from 1.
pub fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

#[test]
fn code_strings_and_comments_are_told_apart() {
    let text = "let a = \"x // no\"; // yes \"not a string\"\n/* b /* c */ d */ let e = r#\"raw \"f\" end\"#;\nlet g: &'static str = '\"'; let h = '\\''; // i";
    let parts = split(text);
    assert_eq!(parts.code.lines().count(), text.lines().count());
    assert!(parts.code.contains("let a = \"") && parts.code.contains("let h") && !parts.code.contains("yes") && !parts.code.contains("raw"));
    assert!(parts.strings.contains("x // no") && parts.strings.contains("raw \"f\" end") && !parts.strings.contains("yes"));
    assert!(parts.comments.contains("yes \"not a string\"") && parts.comments.contains("c */ d") && parts.comments.contains("// i") && !parts.comments.contains("let"));
}
