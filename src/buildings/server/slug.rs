//! The building's part of its address: readable, and not to be guessed from the street.

/// Crockford's base 32, in small letters: no letter is taken for a digit.
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Characters kept of the street.
const STREET: usize = 40;

/// "ביאליק 14" becomes `bialik-14-` and five letters out of the random bytes (25 bits).
pub fn slug(street: &str, random: [u8; 4]) -> String {
    let bits = u32::from_be_bytes(random);
    let tail: String = (0..5).map(|index| char::from(LETTERS[(bits >> (index * 5) & 31) as usize])).collect();
    let words = transliterate(street);
    if words.is_empty() { format!("building-{tail}") } else { format!("{words}-{tail}") }
}

fn transliterate(street: &str) -> String {
    let mut out = String::new();
    let mut fresh = true;
    let letters: Vec<char> = street.chars().collect();
    for (index, ch) in letters.iter().enumerate() {
        let next = letters.get(index + 1);
        let soft = next.is_some_and(|ch| matches!(ch, '\'' | '\u{5f3}' | '\u{2019}'));
        let piece = match ch {
            'ג' | 'ז' if soft => "j",
            'צ' | 'ץ' if soft => "ch",
            'ו' if next == Some(&'ו') => "",
            'ו' if fresh || index > 0 && letters[index - 1] == 'ו' => "v",
            'א' | 'ע' => "a",
            'ב' => "b",
            'ג' => "g",
            'ד' => "d",
            'ה' => "h",
            'ו' => "o",
            'ז' => "z",
            'ח' => "ch",
            'ט' | 'ת' => "t",
            'י' if fresh => "y",
            'י' => "i",
            'כ' | 'ך' | 'ק' => "k",
            'ל' => "l",
            'מ' | 'ם' => "m",
            'נ' | 'ן' => "n",
            'ס' => "s",
            'פ' => "p",
            'ף' => "f",
            'צ' | 'ץ' => "tz",
            'ר' => "r",
            'ש' => "sh",
            '\'' | '\u{5f3}' | '\u{2019}' | '"' | '\u{5f4}' => "",
            ch if ch.is_ascii_alphanumeric() => {
                out.push(ch.to_ascii_lowercase());
                fresh = false;
                ""
            }
            _ => {
                if !out.is_empty() && !out.ends_with('-') {
                    out.push('-');
                }
                fresh = true;
                ""
            }
        };
        if !piece.is_empty() {
            out.push_str(piece);
            fresh = false;
        }
    }
    out.truncate(STREET);
    out.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_street_is_written_in_latin_letters() {
        for (street, written) in [
            ("ביאליק 14", "bialik-14"),
            ("ז׳בוטינסקי 7", "jbotinski-7"),
            ("ויצמן 3", "vitzmn-3"),
            ("14 Bialik St.", "14-bialik-st"),
            ("יהודה הלוי 2", "yhodh-hloi-2"),
            ("!!!", ""),
            ("רח' הרצל, 5", "rch-hrtzl-5"),
        ] {
            assert_eq!(transliterate(street), written, "{street}");
        }
    }

    #[test]
    fn a_slug_is_what_the_table_takes() {
        assert_eq!(slug("ביאליק 14", [0, 0, 0, 0]), "bialik-14-00000");
        assert_eq!(slug("", [0xff; 4]), "building-zzzzz");
        let long = slug(&"ש".repeat(120), [1, 2, 3, 4]);
        assert!(long.len() <= 60 && long.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'), "{long}");
    }
}
