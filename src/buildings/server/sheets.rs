//! A committee's own list as it comes: a CSV out of any program, or an Excel workbook, becomes lines of cells. Pure.

use std::io::Cursor;

use calamine::{DataRef, Reader, Xlsx};

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
    /// Neither text nor a workbook.
    Unreadable,
}

/// The most bytes a text may have, and a workbook, which unpacks to many times its size.
pub const TEXT_BYTES: usize = 384 * 1024;
pub const WORKBOOK_BYTES: usize = 256 * 1024;
/// More lines, cells of a line or characters of a cell than this are left unread.
const LINES: usize = 2_000;
const CELLS: usize = 40;
const CHARACTERS: usize = 400;

/// Reads the lines that hold anything. What the bytes are is told by their beginning; a name may be wrong.
pub fn read(bytes: &[u8]) -> Result<Vec<Line>, SheetError> {
    if bytes.starts_with(b"PK\x03\x04") {
        return if bytes.len() > WORKBOOK_BYTES { Err(SheetError::TooLarge) } else { workbook(bytes) };
    }
    if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Err(SheetError::OldExcel);
    }
    if bytes.len() > TEXT_BYTES {
        return Err(SheetError::TooLarge);
    }
    let text = decode(bytes);
    if text.contains('\0') { Err(SheetError::Unreadable) } else { Ok(separated(&text)) }
}

/// UTF-8 and UTF-16 by their marks or by being it, else the Windows code page of Israel.
fn decode(bytes: &[u8]) -> String {
    if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[mark..]).0.into_owned();
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::WINDOWS_1255.decode_without_bom_handling(bytes).0.into_owned(),
    }
}

fn separated(text: &str) -> Vec<Line> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter(text)).from_reader(text.as_bytes());
    let mut lines = Vec::new();
    for record in reader.records().take(LINES) {
        // Text in memory that is UTF-8 and may have any number of cells does not fail; a line that did is left out.
        let Ok(record) = record else { continue };
        // The reader's place is where it was before it stepped over empty lines.
        let line = record.position().map_or(0, |place| {
            let from = usize::try_from(place.byte()).unwrap_or(usize::MAX);
            let skipped = text.as_bytes().get(from..).unwrap_or_default().iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).filter(|byte| **byte == b'\n').count();
            u32::try_from(place.line() + skipped as u64).unwrap_or(u32::MAX)
        });
        keep(&mut lines, line, record.iter().map(str::to_owned).collect());
    }
    lines
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

/// The first sheet, cell by cell: a workbook that names a far cell must not make us hold all the empty ones before it.
fn workbook(bytes: &[u8]) -> Result<Vec<Line>, SheetError> {
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(|_| SheetError::Unreadable)?;
    let first = book.sheet_names().first().cloned().ok_or(SheetError::Unreadable)?;
    let mut cells = book.worksheet_cells_reader(&first).map_err(|_| SheetError::Unreadable)?;
    let mut lines: Vec<Line> = Vec::new();
    let (mut row_now, mut row_cells) = (0u32, Vec::new());
    while let Some(cell) = cells.next_cell().map_err(|_| SheetError::Unreadable)? {
        let (row, column) = cell.get_position();
        if row != row_now {
            keep(&mut lines, row_now + 1, std::mem::take(&mut row_cells));
            row_now = row;
        }
        if lines.len() >= LINES {
            break;
        }
        let column = column as usize;
        if column < CELLS {
            if row_cells.len() <= column {
                row_cells.resize(column + 1, String::new());
            }
            row_cells[column] = written(cell.get_value());
        }
    }
    keep(&mut lines, row_now + 1, row_cells);
    Ok(lines)
}

/// A cell as a person reads it: whole numbers without a point.
fn written(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        _ => String::new(),
    }
}

fn keep(lines: &mut Vec<Line>, line: u32, cells: Vec<String>) {
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
    fn what_is_no_list_is_refused() {
        assert_eq!(read(&[0xd0, 0xcf, 0x11, 0xe0, 0, 0]), Err(SheetError::OldExcel));
        assert_eq!(read(b"PK\x03\x04 and no workbook"), Err(SheetError::Unreadable));
        assert_eq!(read(b"\x89PNG\0\0"), Err(SheetError::Unreadable));
        assert_eq!(read(&vec![b'1'; TEXT_BYTES + 1]), Err(SheetError::TooLarge));
    }

    /// The check sum that a ZIP archive keeps of each of its files (CRC-32).
    fn check_sum(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0u32, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 }))
    }

    /// A ZIP archive of uncompressed files.
    fn archive(files: &[(&str, &str)]) -> Vec<u8> {
        let (mut body, mut contents) = (Vec::new(), Vec::new());
        for (name, text) in files {
            let size = u32::try_from(text.len()).unwrap().to_le_bytes();
            let mut about = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
            about.extend([&check_sum(text.as_bytes()).to_le_bytes()[..], &size, &size, &u16::try_from(name.len()).unwrap().to_le_bytes(), &[0, 0]].concat());
            let place = u32::try_from(body.len()).unwrap().to_le_bytes();
            contents.extend([&b"PK\x01\x02\x14\0"[..], &about, &[0; 10], &place, name.as_bytes()].concat());
            body.extend([&b"PK\x03\x04"[..], &about, name.as_bytes(), text.as_bytes()].concat());
        }
        let (count, size, place) =
            (u16::try_from(files.len()).unwrap().to_le_bytes(), u32::try_from(contents.len()).unwrap().to_le_bytes(), u32::try_from(body.len()).unwrap().to_le_bytes());
        [&body[..], &contents, b"PK\x05\x06\0\0\0\0", &count, &count, &size, &place, &[0, 0]].concat()
    }

    #[test]
    fn a_workbook_is_read_cell_by_cell_and_a_far_cell_costs_nothing() {
        let sheet = r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>
            <row r="1"><c r="A1" t="inlineStr"><is><t>דירה</t></is></c><c r="B1" t="inlineStr"><is><t>טלפון</t></is></c></row>
            <row r="3"><c r="A3"><v>14</v></c><c r="B3"><v>543182704</v></c><c r="XFD3"><v>1</v></c></row>
            <row r="1048576"><c r="A1048576"><v>15</v></c></row></sheetData></worksheet>"#;
        let book = archive(&[
            ("[Content_Types].xml", r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#),
            (
                "_rels/.rels",
                r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
            ),
            (
                "xl/workbook.xml",
                r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="דיירים" sheetId="1" r:id="r1"/></sheets></workbook>"#,
            ),
            (
                "xl/_rels/workbook.xml.rels",
                r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#,
            ),
            ("xl/worksheets/sheet1.xml", sheet),
        ]);
        let lines = read(&book).unwrap();
        assert_eq!(
            lines.iter().map(|line| (line.line, line.cells.iter().map(String::as_str).collect::<Vec<_>>())).collect::<Vec<_>>(),
            [(1, vec!["דירה", "טלפון"]), (3, vec!["14", "543182704"]), (1_048_576, vec!["15"])]
        );
    }
}
