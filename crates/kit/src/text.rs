use serde::{Deserialize, Serialize};

/// Why a text cannot be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextError {
    Empty,
    /// Longer than the bound, in characters.
    TooLong {
        limit: usize,
    },
}

/// Marks over or under one letter that are kept: pointed and accented Hebrew has at most four.
const MARKS: usize = 6;

/// Takes what a person typed and keeps what can be shown beside other people's words: line ends become `\n`, at most
/// two in a row, the edges are trimmed, and what `shown` takes out is gone. Markup stays as typed: it is escaped where
/// it is shown.
///
/// `limit` is in characters (Unicode scalar values).
pub fn clean_text(typed: &str, limit: usize) -> Result<String, TextError> {
    let sifted = shown(typed);
    let mut out = String::with_capacity(sifted.len());
    let mut line_ends = 0;
    for ch in sifted.trim().chars() {
        match ch {
            '\n' => line_ends += 1,
            ch if !ch.is_whitespace() => line_ends = 0,
            _ => {}
        }
        if ch != '\n' || line_ends <= 2 {
            out.push(ch);
        }
    }
    bounded(out, limit)
}

/// The same for a text of one line, such as a title or a street: runs of white space become one space, and marks of
/// direction go too, so that no two lines look alike and differ.
pub fn clean_line(typed: &str, limit: usize) -> Result<String, TextError> {
    bounded(shown_line(typed).split_whitespace().collect::<Vec<_>>().join(" "), limit)
}

fn bounded(text: String, limit: usize) -> Result<String, TextError> {
    if !text.chars().any(leaves_ink) {
        return Err(TextError::Empty);
    }
    if text.chars().count() > limit {
        return Err(TextError::TooLong { limit });
    }
    Ok(text)
}

/// A text without what is not seen and changes what is: control characters, the bidirectional embeddings, overrides
/// and isolates that could reorder a neighbour's words (so whatever we isolate stays balanced), invisible letters, and
/// towers of marks. Marks of direction (U+200E, U+200F, U+061C) stay: they move only their own neighbours, and Hebrew
/// keyboards have them. Joiners stay where they join: inside emoji, and in scripts that write with them.
pub fn shown(typed: &str) -> String {
    sift(typed, false)
}

/// The same for one line: marks of direction and every line end go.
pub fn shown_line(typed: &str) -> String {
    sift(typed, true)
}

fn sift(typed: &str, one_line: bool) -> String {
    let mut out = String::with_capacity(typed.len());
    let mut chars = typed.chars().peekable();
    let mut last = '\n';
    let mut marks = 0;
    while let Some(ch) = chars.next() {
        let ch = match ch {
            '\r' if chars.peek() == Some(&'\n') => continue,
            '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => '\n',
            ch => ch,
        };
        let ch = if one_line && matches!(ch, '\n' | '\t') { ' ' } else { ch };
        marks = if is_mark(ch) { marks + 1 } else { 0 };
        let keep = match ch {
            '\n' | '\t' => true,
            '\u{200e}' | '\u{200f}' | '\u{61c}' => !one_line,
            '\u{200c}' | '\u{200d}' => chars.peek().is_some_and(|next| (is_picture(last) && is_picture(*next)) || (is_joined(last) && is_joined(*next))),
            '\u{fe0e}' | '\u{fe0f}' => is_picture(last) || matches!(last, '0'..='9' | '#' | '*'),
            // The letters of a flag of a part of a country follow a black flag.
            '\u{e0020}'..='\u{e007f}' => matches!(last, '\u{1f3f4}' | '\u{e0020}'..='\u{e007e}'),
            ch if is_hidden(ch) => false,
            _ => marks == 0 || (marks <= MARKS && !last.is_whitespace()),
        };
        if keep {
            out.push(ch);
            last = ch;
        }
    }
    out
}

/// What nobody sees: controls, formats that reorder or glue, fillers, characters that are none.
fn is_hidden(ch: char) -> bool {
    ch.is_control()
        || u32::from(ch) & 0xfffe == 0xfffe
        || matches!(ch,
            '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fdd0}'..='\u{fdef}' | '\u{fe00}'..='\u{fe0d}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Marks that stand over, under or in the letter before them: niqqud and accents among them.
fn is_mark(ch: char) -> bool {
    matches!(ch,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}' | '\u{5c2}' | '\u{5c4}' | '\u{5c5}' | '\u{5c7}'
        | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6dc}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

fn is_picture(ch: char) -> bool {
    matches!(ch, '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{27bf}' | '\u{2900}'..='\u{2bff}' | '\u{fe0f}' | '\u{1f000}'..='\u{1faff}')
}

/// Scripts whose spelling needs joiners: Arabic and those of India.
fn is_joined(ch: char) -> bool {
    matches!(ch, '\u{600}'..='\u{6ff}' | '\u{750}'..='\u{77f}' | '\u{900}'..='\u{dff}')
}

fn leaves_ink(ch: char) -> bool {
    !ch.is_whitespace() && !matches!(ch, '\u{200c}'..='\u{200f}' | '\u{61c}' | '\u{2800}' | '\u{fe0e}' | '\u{fe0f}')
}

/// A person's full name: 2 to 80 characters on one line, with at least one letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonName(String);

impl PersonName {
    /// The longest name kept, in characters.
    pub const LIMIT: usize = 80;

    pub fn parse(typed: &str) -> Result<Self, TextError> {
        let name = clean_line(typed, Self::LIMIT)?;
        if name.chars().count() < 2 || !name.chars().any(char::is_alphabetic) {
            return Err(TextError::Empty);
        }
        Ok(Self(name))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One or two letters that stand for a name in an avatar.
pub fn initials(name: &str) -> String {
    name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric())).take(2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn direction_overrides_and_control_characters_do_not_pass() {
        assert_eq!(clean_text("שלום\u{202e}דלת\u{0007}\u{2066}", 50).as_deref(), Ok("שלוםדלת"));
        assert_eq!(clean_text("\u{202e}\u{200b}", 50), Err(TextError::Empty));
        assert_eq!(clean_text("א\r\n\r\n\r\n\r\nב", 50).as_deref(), Ok("א\n\nב"));
        assert_eq!(clean_text("א\u{2028}ב\u{2029}ג\u{85}ד\0ה", 50).as_deref(), Ok("א\nב\nג\nדה"));
        for hidden in ['\u{ad}', '\u{34f}', '\u{180e}', '\u{2060}', '\u{2064}', '\u{206f}', '\u{3164}', '\u{fe00}', '\u{feff}', '\u{fffe}', '\u{1d173}', '\u{e0001}', '\u{10ffff}']
        {
            assert_eq!(clean_text(&format!("א{hidden}ב"), 50).as_deref(), Ok("אב"), "{:x}", u32::from(hidden));
        }
    }

    #[test]
    fn what_people_write_with_is_kept() {
        for text in ["שָׁלוֹם", "ז׳בוטינסקי, ד״ר", "👨‍👩‍👧‍👦 ❤️ 1️⃣ 👍🏽", "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}", "می\u{200c}خواهم", "\u{200f}14 א", "café", "<b>&amp;"]
        {
            assert_eq!(clean_text(text, 50).as_deref(), Ok(text));
        }
        assert_eq!(clean_text("א\u{200d}ב\u{200c}ג\u{fe0f}", 50).as_deref(), Ok("אבג"), "nothing to join");
    }

    #[test]
    fn a_tower_of_marks_does_not_climb_out_of_its_line() {
        let tower = format!("א{}ב", "\u{301}".repeat(400));
        assert_eq!(clean_text(&tower, 20).map(|text| text.chars().count()), Ok(2 + MARKS));
        assert_eq!(clean_text("\u{301}\u{5b8}א", 20).as_deref(), Ok("א"), "a mark without its letter would sit on ours");
    }

    #[test]
    fn what_leaves_no_ink_is_empty() {
        for typed in ["", " \n\t ", "\u{200f}\u{200e}", "\u{2800}\u{a0}", "\u{200d}\u{fe0f}"] {
            assert_eq!(clean_text(typed, 50), Err(TextError::Empty), "{typed:?}");
            assert_eq!(clean_line(typed, 50), Err(TextError::Empty), "{typed:?}");
        }
    }

    #[test]
    fn a_line_is_one_line_without_marks_of_direction() {
        assert_eq!(clean_line(" ביאליק \n 14\u{200f} ", 50).as_deref(), Ok("ביאליק 14"));
        assert_eq!(clean_line(&"א".repeat(51), 50), Err(TextError::TooLong { limit: 50 }));
    }

    #[test]
    fn a_name_that_mimics_another_by_what_is_not_seen_is_the_other() {
        for mimic in
            ["נועה\u{200b} שגב", "\u{202e}נועה שגב\u{202c}", "נועה \u{2067}שגב\u{2069}", "נו\u{200d}עה שגב", "נועה\u{a0}\u{200e}שגב", "נועה שגב\u{e0041}", "נו\u{ad}עה\u{2028}שגב"]
        {
            assert_eq!(PersonName::parse(mimic).as_ref().map(PersonName::as_str), Ok("נועה שגב"), "{mimic:?}");
        }
    }

    #[test]
    fn markup_is_kept_as_typed_because_views_escape_it() {
        assert_eq!(clean_text("<script>alert(1)</script>", 50).as_deref(), Ok("<script>alert(1)</script>"));
    }

    #[test]
    fn names_are_bounded_and_need_a_letter() {
        assert!(PersonName::parse("נועה  שגב").is_ok_and(|n| n.as_str() == "נועה שגב"));
        assert_eq!(PersonName::parse("123"), Err(TextError::Empty));
        assert_eq!(PersonName::parse(&"א".repeat(81)), Err(TextError::TooLong { limit: 80 }));
        assert_eq!(PersonName::parse(&"א".repeat(100_000)), Err(TextError::TooLong { limit: 80 }));
        assert_eq!(initials("נועה שגב לוי"), "נש");
    }
}
