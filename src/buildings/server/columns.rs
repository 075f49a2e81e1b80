//! Which column of a list is which: by the header's words where there is one, else by what stands in the columns.

use std::collections::BTreeSet;

use kit::Phone;

use super::sheets::Line;
use crate::buildings::model::{Column, flat_number};

/// The places of the columns we read; several may hold names or phones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    flat: usize,
    floor: Option<usize>,
    names: Vec<usize>,
    phones: Vec<usize>,
}

/// A header stands in one of the first lines; a title may stand above it.
const HEADER_LINES: usize = 5;
/// Lines looked at to guess columns without a header.
const SAMPLE: usize = 60;

impl Columns {
    /// The columns, and where the list's body begins. `None` when no column holds flats.
    pub fn of(lines: &[Line]) -> (Option<Self>, usize) {
        for (index, line) in lines.iter().take(HEADER_LINES).enumerate() {
            if is_header(line) {
                return (Self::named(line), index + 1);
            }
        }
        (Self::guessed(lines), 0)
    }

    /// A line's four cells: flat, floor, name, phones.
    pub fn cells(&self, line: &Line) -> [String; 4] {
        let cell = |place: usize| line.cells.get(place).cloned().unwrap_or_default();
        let joined = |places: &[usize], between: &str| places.iter().map(|place| cell(*place)).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(between);
        [cell(self.flat), self.floor.map(cell).unwrap_or_default(), joined(&self.names, " "), joined(&self.phones, ", ")]
    }

    fn named(header: &Line) -> Option<Self> {
        let mut columns = Columns::default();
        let mut flat = None;
        for (place, cell) in header.cells.iter().enumerate() {
            match meaning(cell) {
                Some(Column::Flat) => flat = flat.or(Some(place)),
                Some(Column::Floor) => columns.floor = columns.floor.or(Some(place)),
                Some(Column::Name) => columns.names.push(place),
                Some(Column::Phone) => columns.phones.push(place),
                None => {}
            }
        }
        flat.map(|flat| Columns { flat, ..columns })
    }

    /// Phones look like phones, names have letters and no digits; of two columns of numbers, flats differ from line
    /// to line more than floors do, and stand first when they do not.
    fn guessed(lines: &[Line]) -> Option<Self> {
        let sample = &lines[..lines.len().min(SAMPLE)];
        let width = sample.iter().map(|line| line.cells.len()).max()?;
        let mut columns = Columns::default();
        let mut numbers: Vec<(usize, usize)> = Vec::new();
        for place in 0..width {
            let cells: Vec<&str> = sample.iter().filter_map(|line| line.cells.get(place)).map(String::as_str).filter(|cell| !cell.is_empty()).collect();
            let most = |test: fn(&str) -> bool| !cells.is_empty() && cells.iter().filter(|cell| test(cell)).count() * 2 > cells.len();
            if most(like_phone) {
                columns.phones.push(place);
            } else if most(like_name) {
                columns.names.push(place);
            } else if most(|cell| cell.chars().any(|ch| ch.is_ascii_digit()) && flat_number(cell).is_some()) {
                numbers.push((place, cells.iter().collect::<BTreeSet<_>>().len()));
            }
        }
        let flat = numbers.iter().copied().reduce(|best, other| if other.1 > best.1 { other } else { best })?.0;
        columns.floor = numbers.iter().map(|(place, _)| *place).find(|place| *place != flat);
        Some(Columns { flat, ..columns })
    }
}

fn like_phone(cell: &str) -> bool {
    Phone::parse(cell).is_ok() || cell.chars().filter(char::is_ascii_digit).count() >= 8
}

fn like_name(cell: &str) -> bool {
    cell.chars().any(char::is_alphabetic) && !cell.chars().any(|ch| ch.is_ascii_digit()) && floor(cell).is_err()
}

/// A header names a column and holds no data.
fn is_header(line: &Line) -> bool {
    let told: Vec<Column> = line.cells.iter().filter_map(|cell| meaning(cell)).collect();
    let data = line.cells.iter().any(|cell| like_phone(cell) || cell.chars().next().is_some_and(|ch| ch.is_ascii_digit()));
    // One word alone may be a title ("רשימת דיירים"), unless the list has one column.
    !data && (told.len() > 1 || (told.len() == 1 && line.cells.len() == 1 && told[0] == Column::Flat && line.cells[0].chars().count() <= 12))
}

fn meaning(cell: &str) -> Option<Column> {
    let text = cell.to_lowercase();
    let text = text.trim();
    if text.is_empty() || text.chars().count() > 30 {
        return None;
    }
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if says(&["טלפון", "נייד", "סלולר", "פלאפון", "phone", "mobile", "cell", "tel"]) {
        Some(Column::Phone)
    } else if says(&["קומה", "floor", "level", "storey"]) {
        Some(Column::Floor)
    } else if says(&["שם", "דייר", "בעל", "שוכר", "name", "resident", "owner", "tenant"]) {
        Some(Column::Name)
    } else if says(&["דיר", "flat", "apartment", "apt", "unit"]) {
        Some(Column::Flat)
    } else {
        None
    }
}

/// A floor as people write it. `Ok(None)` for an empty cell.
pub fn floor(cell: &str) -> Result<Option<i32>, ()> {
    let text = cell.trim().trim_start_matches("קומת").trim_start_matches("קומה").trim_start_matches("floor").trim_start_matches("Floor").trim();
    match text.to_lowercase().as_str() {
        "" if cell.trim().is_empty() => return Ok(None),
        "-" | "—" | "–" => return Ok(None),
        "קרקע" | "הקרקע" | "כניסה" | "ק" | "ק׳" | "ק'" | "ground" | "g" | "lobby" | "לובי" => return Ok(Some(0)),
        "מרתף" | "basement" | "b" => return Ok(Some(-1)),
        _ => {}
    }
    // A number in a right-to-left line may carry its minus at the end.
    let (minus, digits) = match (text.strip_prefix(['-', '\u{2212}']), text.strip_suffix(['-', '\u{2212}'])) {
        (Some(rest), _) | (_, Some(rest)) => (true, rest.trim()),
        _ => (false, text),
    };
    let number: i32 = digits.parse().map_err(|_| ())?;
    let number = if minus { -number } else { number };
    if (-10..=200).contains(&number) { Ok(Some(number)) } else { Err(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floors_are_read_as_people_write_them() {
        for (cell, read) in [
            ("4", Ok(Some(4))),
            ("קומה 4", Ok(Some(4))),
            ("קרקע", Ok(Some(0))),
            ("קומת קרקע", Ok(Some(0))),
            ("-1", Ok(Some(-1))),
            ("1-", Ok(Some(-1))),
            ("מרתף", Ok(Some(-1))),
            ("", Ok(None)),
            ("201", Err(())),
            ("גבוהה", Err(())),
        ] {
            assert_eq!(floor(cell), read, "{cell:?}");
        }
    }
}
