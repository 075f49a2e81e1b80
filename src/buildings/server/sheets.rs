//! A committee's own list as it comes: a CSV out of any program, or an Excel workbook, becomes lines of cells. Pure.

use super::{quotes, workbook};

/// One line of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// As the program that wrote the list counts it, from 1.
    pub line: u32,
    pub cells: Vec<String>,
}

/// Why nothing could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SheetError {
    TooLarge,
    /// The workbook format of before 2007.
    OldExcel,
    /// More lines than are read: nothing of a list is left out without a word.
    TooManyLines,
    /// A page of the web, whatever its name ends in: many programs "export to Excel" that way.
    WebPage,
    Pdf,
    /// Neither text nor a workbook.
    Unreadable,
}

/// The most bytes a text may have, and a workbook, which unpacks to many times its size.
pub const TEXT_BYTES: usize = 384 * 1024;
pub const WORKBOOK_BYTES: usize = 256 * 1024;
/// The most lines of a list.
pub(super) const LINES: usize = 4_000;
/// More cells of a line or characters of a cell than this are left unread.
pub(super) const CELLS: usize = 40;
const CHARACTERS: usize = 400;

/// Reads the lines that hold anything. What the bytes are is told by their beginning; a name may be wrong.
pub fn read(bytes: &[u8]) -> Result<Vec<Line>, SheetError> {
    if bytes.starts_with(b"PK\x03\x04") {
        return if bytes.len() > WORKBOOK_BYTES { Err(SheetError::TooLarge) } else { workbook::read(bytes) };
    }
    if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Err(SheetError::OldExcel);
    }
    if bytes.len() > TEXT_BYTES {
        return Err(SheetError::TooLarge);
    }
    if bytes.starts_with(b"%PDF") {
        return Err(SheetError::Pdf);
    }
    let text = decode(bytes);
    if is_web_page(&text) {
        return Err(SheetError::WebPage);
    }
    let strange = text.chars().filter(|ch| ch.is_control() && !matches!(ch, '\t' | '\n' | '\r')).count();
    if text.contains('\0') || strange * 50 > text.len() { Err(SheetError::Unreadable) } else { separated(&text) }
}

fn is_web_page(text: &str) -> bool {
    let start: String = text.trim_start().chars().take(400).collect::<String>().to_ascii_lowercase();
    start.starts_with('<') && ["<html", "<!doctype", "<table", "<meta", "<?xml", "<head"].iter().any(|tag| start.contains(tag))
}

/// UTF-8 and UTF-16 by their marks or by being it, else the Windows code page of Israel.
fn decode(bytes: &[u8]) -> String {
    if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[mark..]).0.into_owned();
    }
    let text = String::from_utf8_lossy(bytes);
    // One bad byte does not make a list in UTF-8 one in Windows-1255, in which no Hebrew letter reads as UTF-8.
    let lost = text.chars().filter(|ch| *ch == '\u{fffd}').count();
    let hebrew = text.chars().filter(|ch| ('א'..='ת').contains(ch)).count();
    if lost * 20 <= hebrew { text.into_owned() } else { encoding_rs::WINDOWS_1255.decode_without_bom_handling(bytes).0.into_owned() }
}

fn separated(text: &str) -> Result<Vec<Line>, SheetError> {
    let delimiter = delimiter(text);
    let text = &quotes::sound(text, delimiter);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
    let mut lines = Vec::new();
    for record in reader.records() {
        // Text in memory that is UTF-8 and may have any number of cells does not fail; a line that did is left out.
        let Ok(record) = record else { continue };
        // The reader's place is where it was before it stepped over empty lines.
        let line = record.position().map_or(0, |place| {
            let from = usize::try_from(place.byte()).unwrap_or(usize::MAX);
            let skipped = text.as_bytes().get(from..).unwrap_or_default().iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).filter(|byte| **byte == b'\n').count();
            u32::try_from(place.line() + skipped as u64).unwrap_or(u32::MAX)
        });
        if lines.len() >= LINES {
            return Err(SheetError::TooManyLines);
        }
        keep(&mut lines, line, record.iter().take(CELLS).map(str::to_owned).collect());
    }
    Ok(lines)
}

/// A tab wins wherever there is one, since names and phones hold commas; else what the first telling line uses most.
fn delimiter(text: &str) -> u8 {
    for line in text.lines().filter(|line| !line.trim().is_empty()).take(10) {
        let count = |mark: char| line.matches(mark).count();
        match (count('\t'), count(';'), count(',')) {
            (0, 0, 0) => {}
            (0, semicolons, commas) => return if semicolons >= commas { b';' } else { b',' },
            _ => return b'\t',
        }
    }
    b','
}

/// Keeps a line that holds anything.
pub(super) fn keep(lines: &mut Vec<Line>, line: u32, cells: Vec<String>) {
    let cells: Vec<String> = cells.into_iter().take(CELLS).map(|cell| tidy(&cell)).collect();
    if cells.iter().any(|cell| !cell.is_empty()) {
        lines.push(Line { line, cells });
    }
}

/// One line, without marks that could reorder its neighbours or break the list's own form. A straight double quote
/// in Hebrew stands for gershayim.
fn tidy(cell: &str) -> String {
    let plain: String = cell
        .chars()
        .take(CHARACTERS)
        .filter_map(|ch| match ch {
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => None,
            '"' => Some('\u{5f4}'),
            '\n' | '\r' | '\t' | '\u{a0}' => Some(' '),
            ch if ch.is_control() => None,
            ch => Some(ch),
        })
        .collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(bytes: &[u8]) -> Vec<Vec<String>> {
        read(bytes).unwrap().into_iter().map(|line| line.cells).collect()
    }

    #[test]
    fn every_usual_way_of_writing_a_list_gives_the_same_cells() {
        let windows = encoding_rs::WINDOWS_1255.encode("דירה,שם\r\n1,נועה\r\n").0.into_owned();
        let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain("דירה\tשם\n1\tנועה\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        for bytes in [
            "דירה,שם\n1,נועה\n".as_bytes(),
            "\u{feff}דירה;שם\n1;נועה\n".as_bytes(),
            "דירה\tשם\n\n1\tנועה".as_bytes(),
            "\"דירה\",\"שם\"\n\"1\",\"נועה\"".as_bytes(),
            &windows,
            &utf16,
        ] {
            assert_eq!(cells(bytes), [["דירה", "שם"], ["1", "נועה"]]);
        }
    }

    #[test]
    fn lines_are_counted_as_in_the_file() {
        let lines: Vec<u32> = read("דירה,שם\n\n\n1,נועה\n2,\"שתי\nשורות\"\n3,דן\n".as_bytes()).unwrap().into_iter().map(|line| line.line).collect();
        assert_eq!(lines, [1, 4, 5, 7]);
    }

    #[test]
    fn a_quote_inside_a_name_is_gershayim() {
        assert_eq!(cells("1,ד\"ר כהן".as_bytes()), [["1", "ד״ר כהן"]]);
    }

    #[test]
    fn a_quote_that_is_never_closed_swallows_no_line() {
        assert_eq!(
            cells("דירה,שם,טלפון\n1,\"נועה שגב,0543182704\n2,דן,\n3,\"גל\",\n".as_bytes()),
            [vec!["דירה", "שם", "טלפון"], vec!["1", "נועה שגב", "0543182704"], vec!["2", "דן", ""], vec!["3", "גל", ""]]
        );
    }

    #[test]
    fn one_bad_byte_leaves_the_other_letters_as_they_are() {
        let mut bytes = "דירה,שם\n1,נועה שגב\n2,דן לוי\n3,מיכל דהן".as_bytes().to_vec();
        bytes.push(0xd7);
        assert_eq!(cells(&bytes)[1], ["1", "נועה שגב"]);
    }

    #[test]
    fn fifty_thousand_lines_are_told_and_not_cut() {
        let long: String = (1..=50_000).map(|n| format!("{n}\n")).collect();
        assert_eq!(read(long.as_bytes()), Err(SheetError::TooManyLines));
        let full: String = (1..=50_000).map(|n| format!("{n},1,נועה שגב,0543182704\n")).collect();
        assert_eq!(read(full.as_bytes()), Err(SheetError::TooLarge));
        let most: String = (1..=LINES).map(|n| format!("{n}\n")).collect();
        assert_eq!(read(most.as_bytes()).map(|lines| lines.len()), Ok(LINES));
    }

    #[test]
    fn a_web_page_and_a_pdf_are_called_by_their_names() {
        for page in ["<html><table><tr><td>1</td></tr></table></html>", "\u{feff}\n<!DOCTYPE html>\n", "<table border=1>", "<?xml version=\"1.0\"?><Workbook/>"] {
            assert_eq!(read(page.as_bytes()), Err(SheetError::WebPage), "{page}");
        }
        assert_eq!(read(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3"), Err(SheetError::Pdf));
        assert_eq!(read(&[1, 2, 3, 4, 5, b'a', b'b']), Err(SheetError::Unreadable));
    }

    #[test]
    fn what_is_no_list_is_refused() {
        assert_eq!(read(&[0xd0, 0xcf, 0x11, 0xe0, 0, 0]), Err(SheetError::OldExcel));
        assert_eq!(read(b"PK\x03\x04 and no workbook"), Err(SheetError::Unreadable));
        assert_eq!(read(b"\x89PNG\0\0"), Err(SheetError::Unreadable));
        assert_eq!(read(&vec![b'1'; TEXT_BYTES + 1]), Err(SheetError::TooLarge));
    }
}
