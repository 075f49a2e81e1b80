//! Text with slots, and writing text into HTML.

/// Text between slots: `(text, slot behind it)`.
pub struct Template(Vec<(&'static str, &'static str)>);

impl Template {
    /// Reads `{{slot}}`s of a file, once. Lines are joined; a line's indentation does not count.
    pub fn read(path: &str) -> Self {
        let file = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let joined: &'static str = file.lines().map(str::trim_start).collect::<String>().leak();
        let mut pieces = Vec::new();
        let mut rest = joined;
        while let Some((before, after)) = rest.split_once("{{") {
            let (slot, after) = after.split_once("}}").expect("a slot ends");
            pieces.push((before, slot));
            rest = after;
        }
        pieces.push((rest, ""));
        Self(pieces)
    }

    pub fn write(&self, out: &mut String, mut fill: impl FnMut(&'static str, &mut String)) {
        for (text, slot) in &self.0 {
            out.push_str(text);
            if !slot.is_empty() {
                fill(slot, out);
            }
        }
    }
}

/// Between tags.
pub fn text(text: &str, out: &mut String) {
    escape(text, out, false);
}

/// Between the quotes of an attribute.
pub fn attribute(text: &str, out: &mut String) {
    escape(text, out, true);
}

fn escape(text: &str, out: &mut String, quotes: bool) {
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let written = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' if quotes => "&quot;",
            _ => continue,
        };
        out.push_str(&text[from..at]);
        out.push_str(written);
        from = at + 1;
    }
    out.push_str(&text[from..]);
}

/// Between tags, with ranges, times and phones isolated as the product isolates them.
pub fn sentence(said: &str, out: &mut String) {
    let marked = vantera::ui::isolated(said);
    let mut rest = marked.as_str();
    while let Some((before, after)) = rest.split_once('\u{2066}') {
        let (run, after) = after.split_once('\u{2069}').unwrap_or((after, ""));
        text(before, out);
        out.push_str("<bdi class=\"ltr\">");
        text(run, out);
        out.push_str("</bdi>");
        rest = after;
    }
    text(rest, out);
}
