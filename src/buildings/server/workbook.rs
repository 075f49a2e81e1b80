//! A committee's list as an Excel workbook: the first sheet's values, with what merged cells say said in each of them.
//! A workbook is a ZIP archive, and one of 256 kB may unpack to a quarter of a gigabyte: it is unpacked into nothing
//! first, and read only when it stays within a bound. Formulas and macros are never run: the value that the program
//! wrote beside a formula is read. Pure.

use std::io::{Cursor, Read};

use calamine::{DataRef, Dimensions, Reader, Xlsx};

use super::sheets::{CELLS, LINES, Line, SheetError, keep};

/// The most bytes a workbook may have unpacked, whatever its own table says of them.
const UNPACKED_BYTES: u64 = 12 * 1024 * 1024;
/// The most files of the archive, and merged areas of the sheet that are looked at.
const FILES: usize = 400;
const AREAS: usize = 4_000;

/// The first sheet, cell by cell: a workbook that names a far cell must not make us hold all the empty ones before it.
pub fn read(bytes: &[u8]) -> Result<Vec<Line>, SheetError> {
    weigh(bytes)?;
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(|_| SheetError::Unreadable)?;
    let first = book.sheet_names().first().cloned().ok_or(SheetError::Unreadable)?;
    let merged = book.merge_cells_by_sheet_name(&first).unwrap_or_default();
    let mut cells = book.worksheet_cells_reader(&first).map_err(|_| SheetError::Unreadable)?;
    let mut rows: Vec<(u32, Vec<String>)> = Vec::new();
    while let Some(cell) = cells.next_cell().map_err(|_| SheetError::Unreadable)? {
        let (row, column) = cell.get_position();
        if column as usize >= CELLS {
            continue;
        }
        let text = written(cell.get_value());
        if text.is_empty() {
            continue;
        }
        if rows.last().is_none_or(|(last, _)| *last != row) {
            if rows.len() > LINES {
                return Err(SheetError::TooManyLines);
            }
            rows.push((row, Vec::new()));
        }
        if let Some((_, cells)) = rows.last_mut() {
            put(cells, column as usize, text);
        }
    }
    rows.sort_by_key(|(row, _)| *row);
    spread(&mut rows, &merged);
    let mut lines = Vec::new();
    for (row, cells) in rows {
        keep(&mut lines, row + 1, cells);
    }
    Ok(lines)
}

/// Unpacks every file of the archive into nothing, and refuses when there is more than the bound.
fn weigh(bytes: &[u8]) -> Result<(), SheetError> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| SheetError::Unreadable)?;
    if archive.len() > FILES {
        return Err(SheetError::TooLarge);
    }
    let mut left = UNPACKED_BYTES;
    for index in 0..archive.len() {
        let file = archive.by_index(index).map_err(|_| SheetError::Unreadable)?;
        let unpacked = std::io::copy(&mut file.take(left + 1), &mut std::io::sink()).map_err(|_| SheetError::Unreadable)?;
        left = left.checked_sub(unpacked).ok_or(SheetError::TooLarge)?;
    }
    Ok(())
}

fn put(cells: &mut Vec<String>, column: usize, text: String) {
    if cells.len() <= column {
        cells.resize(column + 1, String::new());
    }
    cells[column] = text;
}

/// What stands in a merged area is said of each of its lines that says anything: a floor is often written once for
/// all its flats. Titles that reach over several columns stay where they are.
fn spread(rows: &mut [(u32, Vec<String>)], merged: &[Dimensions]) {
    for area in merged.iter().take(AREAS).filter(|area| area.start.1 == area.end.1 && area.start.0 < area.end.0) {
        let column = area.start.1 as usize;
        let from = rows.partition_point(|(row, _)| *row < area.start.0);
        let to = rows.partition_point(|(row, _)| *row <= area.end.0);
        let Some(said) = rows.get(from).filter(|(row, _)| *row == area.start.0).and_then(|(_, cells)| cells.get(column).cloned()) else { continue };
        if said.is_empty() || column >= CELLS {
            continue;
        }
        for (_, cells) in &mut rows[from..to] {
            if cells.get(column).is_none_or(String::is_empty) {
                put(cells, column, said.clone());
            }
        }
    }
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

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const PACKED: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
    const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";

    /// A workbook of one sheet, and of files beside it.
    fn book(sheet: &str, beside: &[(&str, &[u8])]) -> Vec<u8> {
        let sheet = format!("<worksheet xmlns=\"{MAIN}\">{sheet}</worksheet>");
        let types = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>";
        let top = format!("<Relationships xmlns=\"{PACKED}\"><Relationship Id=\"r1\" Type=\"{OFFICE}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>");
        let work = format!("<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\"><sheets><sheet name=\"דיירים\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>");
        let inner = format!(
            "<Relationships xmlns=\"{PACKED}\"><Relationship Id=\"r1\" Type=\"{OFFICE}/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"r2\" Type=\"{OFFICE}/sharedStrings\" Target=\"sharedStrings.xml\"/></Relationships>"
        );
        let files: [(&str, &[u8]); 5] = [
            ("[Content_Types].xml", types.as_bytes()),
            ("_rels/.rels", top.as_bytes()),
            ("xl/workbook.xml", work.as_bytes()),
            ("xl/_rels/workbook.xml.rels", inner.as_bytes()),
            ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
        ];
        let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files.iter().chain(beside) {
            archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            archive.write_all(bytes).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    fn text(cell: &str, text: &str) -> String {
        format!("<c r=\"{cell}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
    }

    fn cells(book: &[u8]) -> Vec<(u32, Vec<String>)> {
        read(book).unwrap().into_iter().map(|line| (line.line, line.cells)).collect()
    }

    #[test]
    fn a_workbook_is_read_cell_by_cell_and_a_far_cell_costs_nothing() {
        let sheet = format!(
            "<sheetData><row r=\"1\">{}{}</row><row r=\"3\"><c r=\"A3\"><v>14</v></c><c r=\"B3\"><v>543182704</v></c><c r=\"XFD3\"><v>1</v></c></row>
             <row r=\"1048576\"><c r=\"A1048576\"><v>15</v></c></row></sheetData>",
            text("A1", "דירה"),
            text("B1", "טלפון")
        );
        let expected = [(1, vec!["דירה", "טלפון"]), (3, vec!["14", "543182704"]), (1_048_576, vec!["15"])];
        assert_eq!(cells(&book(&sheet, &[])), expected.map(|(line, cells)| (line, cells.into_iter().map(str::to_owned).collect::<Vec<_>>())));
    }

    #[test]
    fn formulas_and_macros_are_not_run_and_merged_cells_speak_for_each_line() {
        let sheet = format!(
            "<sheetData><row r=\"1\">{}{}</row>
             <row r=\"2\"><c r=\"A2\"><v>1</v></c>{}</row><row r=\"3\"><c r=\"A3\"><f>A2+1</f><v>2</v></c></row><row r=\"4\"><c r=\"A4\"><f>HYPERLINK(\"http://evil\")</f></c></row></sheetData>
             <mergeCells count=\"2\"><mergeCell ref=\"B2:B3\"/><mergeCell ref=\"A1:C1\"/></mergeCells>",
            text("A1", "דירה"),
            text("B1", "קומה"),
            text("B2", "קרקע")
        );
        let made = book(&sheet, &[("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0 Sub AutoOpen()")]);
        let said: Vec<Vec<String>> = cells(&made).into_iter().map(|(_, cells)| cells).collect();
        assert_eq!(said, [["דירה", "קומה"], ["1", "קרקע"], ["2", "קרקע"]]);
    }

    #[test]
    fn a_zip_bomb_named_xlsx_is_refused_before_it_is_held() {
        // 40 MB of nothing in 40 kB, where every workbook keeps its words.
        let words = vec![b' '; 40 * 1024 * 1024];
        let bomb = book("<sheetData/>", &[("xl/sharedStrings.xml", &words)]);
        assert!(bomb.len() < 256 * 1024, "{}", bomb.len());
        assert_eq!(read(&bomb), Err(SheetError::TooLarge));
        // A table of contents that lies about the size changes nothing.
        let mut liar = bomb.clone();
        let size = u32::try_from(words.len()).unwrap().to_le_bytes();
        for at in 0..liar.len() - 4 {
            if liar[at..at + 4] == size {
                liar[at..at + 4].copy_from_slice(&64u32.to_le_bytes());
            }
        }
        assert!(read(&liar).is_err());
        let many: Vec<(String, &[u8])> = (0..FILES).map(|n| (format!("xl/{n}"), &b""[..])).collect();
        let many: Vec<(&str, &[u8])> = many.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
        assert_eq!(read(&book("<sheetData/>", &many)), Err(SheetError::TooLarge));
    }

    #[test]
    fn more_lines_than_are_read_are_told_and_not_cut() {
        let rows: String = (1..=LINES + 2).map(|n| format!("<row r=\"{n}\"><c r=\"A{n}\"><v>{n}</v></c></row>")).collect();
        assert_eq!(read(&book(&format!("<sheetData>{rows}</sheetData>"), &[])), Err(SheetError::TooManyLines));
    }
}
