//! Quotes in a list that somebody typed. A quote that is never closed would swallow every line after it into one
//! cell, and the flats in them would be lost without a word. Pure.

/// A cell in quotes goes on over this many line ends at most.
const LINE_ENDS: usize = 3;

/// The text with a space for each quote that opens a cell and does not close it as a list's program would: before the
/// next mark or the line's end, without taking in a line that has cells of its own. Lengths stay as they were.
pub fn sound(text: &str, delimiter: u8) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let mut at = 0;
    let mut begins = true;
    while at < bytes.len() {
        let byte = bytes[at];
        if begins && byte == b'"' {
            match closing(&bytes, at, delimiter) {
                Some(end) => {
                    at = end + 1;
                    begins = false;
                    continue;
                }
                None => bytes[at] = b' ',
            }
        }
        begins = byte == delimiter || matches!(byte, b'\n' | b'\r');
        at += 1;
    }
    // Only quotes were replaced, and by one byte each.
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// Where the cell that opens here closes.
fn closing(bytes: &[u8], opening: usize, delimiter: u8) -> Option<usize> {
    let mut at = opening + 1;
    let mut line_ends = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' if bytes.get(at + 1) == Some(&b'"') => at += 1,
            b'"' => return matches!(bytes.get(at + 1), None | Some(b'\n' | b'\r')).then_some(at).or_else(|| (bytes[at + 1] == delimiter).then_some(at)),
            b'\n' => {
                line_ends += 1;
                if line_ends > LINE_ENDS {
                    return None;
                }
            }
            byte if byte == delimiter && line_ends > 0 => return None,
            _ => {}
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::sound;

    #[test]
    fn a_quote_that_does_not_close_becomes_a_space_and_the_others_stay() {
        for (text, mended) in [
            ("1,\"נועה\"\n2,דן", "1,\"נועה\"\n2,דן"),
            ("1,\"נועה, שגב\"\n", "1,\"נועה, שגב\"\n"),
            ("1,\"שתי\nשורות\",3\n", "1,\"שתי\nשורות\",3\n"),
            ("1,\"אמר \"\"שלום\"\"\"\n", "1,\"אמר \"\"שלום\"\"\"\n"),
            ("1,ד\"ר כהן\n2,\"דן\"", "1,ד\"ר כהן\n2,\"דן\""),
            ("1,\"נועה\n2,דן\n3,גל", "1, נועה\n2,דן\n3,גל"),
            ("1,\"נועה,05\n2,\"דן\",06\n", "1, נועה,05\n2,\"דן\",06\n"),
            ("1,\"נועה,05\n2,דן\",06\n", "1, נועה,05\n2,דן\",06\n"),
            ("\"", " "),
            ("1,\"נועה\"שגב\n2,דן", "1, נועה\"שגב\n2,דן"),
        ] {
            assert_eq!(sound(text, b','), mended, "{text:?}");
        }
    }

    #[test]
    fn nothing_but_quotes_is_read_in_no_time() {
        let text = ",\"a".repeat(130_000);
        assert_eq!(sound(&text, b',').len(), text.len());
        let text = "\"\n".repeat(190_000);
        assert_eq!(sound(&text, b',').len(), text.len());
    }
}
