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

/// Takes what a person typed and keeps what can be shown beside other people's words: control characters and the
/// bidirectional overrides that could reorder a neighbour's text are dropped, line ends become `\n`, at most two
/// in a row, and the edges are trimmed. Markup stays as typed: it is escaped where it is shown.
///
/// `limit` is in characters (Unicode scalar values).
pub fn clean_text(typed: &str, limit: usize) -> Result<String, TextError> {
    let unified = typed.replace("\r\n", "\n").replace('\r', "\n");
    let mut out = String::with_capacity(unified.len().min(limit * 4));
    let mut line_ends = 0;
    for ch in unified.trim().chars() {
        let drop = match ch {
            '\n' => {
                line_ends += 1;
                line_ends > 2
            }
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' => true,
            ch if ch.is_control() && ch != '\t' => true,
            ch => {
                if !ch.is_whitespace() {
                    line_ends = 0;
                }
                false
            }
        };
        if !drop {
            out.push(ch);
        }
    }
    let out = out.trim().to_owned();
    if out.is_empty() {
        return Err(TextError::Empty);
    }
    if out.chars().count() > limit {
        return Err(TextError::TooLong { limit });
    }
    Ok(out)
}

/// A person's full name: 2 to 80 characters on one line, with at least one letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonName(String);

impl PersonName {
    /// The longest name kept, in characters.
    pub const LIMIT: usize = 80;

    pub fn parse(typed: &str) -> Result<Self, TextError> {
        let flat: String = clean_text(typed, 400)?.split_whitespace().collect::<Vec<_>>().join(" ");
        if flat.chars().count() > Self::LIMIT {
            return Err(TextError::TooLong { limit: Self::LIMIT });
        }
        if flat.chars().count() < 2 || !flat.chars().any(char::is_alphabetic) {
            return Err(TextError::Empty);
        }
        Ok(Self(flat))
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
        assert_eq!(initials("נועה שגב לוי"), "נש");
    }
}
