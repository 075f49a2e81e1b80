//! A committee's own list becomes flats and phones, with what is wrong named by line and column. Pure.

use std::collections::BTreeMap;

use kit::{PersonName, Phone, PhoneError, TextError};

use super::columns::{Columns, floor};
use super::sheets::{self, Line, SheetError};
use crate::buildings::model::{Column, FLATS_LIMIT, ListLine, flat_number};

/// A list as it was understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlatList {
    /// One a flat, by floor and number.
    pub rows: Vec<FlatPlan>,
    pub problems: Vec<RowProblem>,
    /// The list's lines as they are shown, in its own order.
    pub lines: Vec<ListLine>,
}

/// One flat of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlatPlan {
    pub number: String,
    /// `None` in every flat when the list says nothing about floors.
    pub floor: Option<i32>,
    pub people: Vec<Listed>,
    line: u32,
}

/// A phone of the list, with the name beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub phone: Phone,
    pub name: Option<String>,
}

/// Something to mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowProblem {
    /// As the file counts it; 0 for the list as a whole.
    pub line: u32,
    pub column: Column,
    pub trouble: Trouble,
}

/// What is wrong in one cell, or with the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    Sheet(SheetError),
    NoFlats,
    TooManyFlats,
    NoNumber,
    BadNumber,
    BadFloor,
    NoFloor,
    /// An earlier line puts the flat on another floor.
    OtherFloor {
        line: u32,
    },
    /// An earlier line says the same.
    Repeated {
        line: u32,
    },
    Phone(PhoneError),
    LongName,
}

/// Reads a list. `bytes` are a CSV in UTF-8, UTF-16 or Windows-1255, or an Excel workbook; the file's name is a hint
/// only and decides nothing.
pub fn parse_flats(bytes: &[u8], _file_name: &str) -> FlatList {
    match sheets::read(bytes) {
        Ok(lines) => understand(lines),
        Err(error) => FlatList { problems: vec![RowProblem { line: 0, column: Column::Flat, trouble: Trouble::Sheet(error) }], ..FlatList::default() },
    }
}

impl FlatList {
    /// How many phones the list names.
    pub fn phones(&self) -> usize {
        self.rows.iter().map(|row| row.people.len()).sum()
    }

    /// The list in its plain form: four columns with tabs between them, under our own header, phones as bare digits
    /// (groups of digits would change places in a right-to-left line), and a mark before each line that keeps a line
    /// of numbers alone from turning to the left. Reading it again gives the same list.
    pub fn text(&self) -> String {
        let mut out = String::from("דירה\tקומה\tשם\tטלפון\n");
        for line in &self.lines {
            let phone = line.phone.replace(", ", ",").replace(['-', ' '], "").replace(',', ", ");
            out.push_str(&format!("\u{200f}{}\t{}\t{}\t{}\n", line.flat, line.floor, line.name, phone));
        }
        out
    }
}

fn understand(lines: Vec<Line>) -> FlatList {
    let (columns, body) = Columns::of(&lines);
    let mut list = FlatList::default();
    let Some(columns) = columns else {
        list.problems.push(RowProblem { line: 0, column: Column::Flat, trouble: Trouble::NoFlats });
        return list;
    };
    // Where in `rows` a flat stands.
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for line in &lines[body..] {
        let cells = columns.cells(line);
        let shown = read_line(&mut list, &mut places, line.line, cells);
        list.lines.push(shown);
    }
    if list.rows.is_empty() && list.problems.is_empty() {
        list.problems.push(RowProblem { line: 0, column: Column::Flat, trouble: Trouble::NoFlats });
    }
    if list.rows.len() > FLATS_LIMIT {
        list.problems.push(RowProblem { line: 0, column: Column::Flat, trouble: Trouble::TooManyFlats });
    }
    if list.rows.iter().any(|row| row.floor.is_some()) {
        let unread: Vec<u32> = list.problems.iter().filter(|problem| problem.column == Column::Floor).map(|problem| problem.line).collect();
        let lacking = list.rows.iter().filter(|row| row.floor.is_none() && !unread.contains(&row.line)).map(|row| row.line);
        list.problems.extend(lacking.map(|line| RowProblem { line, column: Column::Floor, trouble: Trouble::NoFloor }));
    }
    list.problems.sort_by_key(|problem| (problem.line, problem.column));
    list.rows.sort_by_cached_key(|row| (row.floor, order(&row.number)));
    list
}

/// Numbers in the order people count: 2 before 10, 14 before 14א, and words last.
fn order(number: &str) -> (bool, u64, String) {
    let digits = number.find(|ch: char| !ch.is_ascii_digit()).unwrap_or(number.len());
    match number[..digits].parse() {
        Ok(value) => (false, value, number[digits..].to_owned()),
        Err(_) => (true, 0, number.to_owned()),
    }
}

/// Reads one line into the list; answers how to show it.
fn read_line(list: &mut FlatList, places: &mut BTreeMap<String, usize>, line: u32, cells: [String; 4]) -> ListLine {
    let [flat, floor_cell, name, phone] = cells;
    let mut wrong = Vec::new();
    let number = match flat_number(&flat) {
        Some(number) => Some(number),
        None => {
            wrong.push((Column::Flat, if flat.is_empty() { Trouble::NoNumber } else { Trouble::BadNumber }));
            None
        }
    };
    let on_floor = match floor(&floor_cell) {
        Ok(on_floor) => on_floor,
        Err(()) => {
            wrong.push((Column::Floor, Trouble::BadFloor));
            None
        }
    };
    let kept_name = match PersonName::parse(&name) {
        Ok(kept) => Some(kept.as_str().to_owned()),
        Err(TextError::TooLong { .. }) => {
            wrong.push((Column::Name, Trouble::LongName));
            None
        }
        // A dash or a dot in place of a name.
        Err(TextError::Empty) => None,
    };
    let phones = match phones(&phone) {
        Ok(phones) => phones,
        Err(error) => {
            wrong.push((Column::Phone, Trouble::Phone(error)));
            Vec::new()
        }
    };
    let shown = ListLine {
        line,
        flat: number.clone().unwrap_or_else(|| flat.clone()),
        floor: if wrong.iter().any(|(column, _)| *column == Column::Floor) { floor_cell } else { on_floor.map(|n| n.to_string()).unwrap_or_default() },
        name: kept_name.clone().unwrap_or(name),
        phone: if phones.is_empty() { phone } else { phones.iter().map(Phone::national).collect::<Vec<_>>().join(", ") },
    };
    if let Some(number) = number {
        let people: Vec<Listed> = phones.into_iter().map(|phone| Listed { phone, name: kept_name.clone() }).collect();
        wrong.extend(place(list, places, FlatPlan { number, floor: on_floor, people, line }, kept_name.is_some()));
    }
    list.problems.extend(wrong.into_iter().map(|(column, trouble)| RowProblem { line, column, trouble }));
    shown
}

/// Puts a line's flat into the list: a new one, or more people of one that stands there already.
fn place(list: &mut FlatList, places: &mut BTreeMap<String, usize>, new: FlatPlan, named: bool) -> Option<(Column, Trouble)> {
    let Some(index) = places.get(&new.number).copied() else {
        places.insert(new.number.clone(), list.rows.len());
        list.rows.push(new);
        return None;
    };
    let known = &mut list.rows[index];
    if let (Some(before), Some(now)) = (known.floor, new.floor)
        && before != now
    {
        return Some((Column::Floor, Trouble::OtherFloor { line: known.line }));
    }
    known.floor = known.floor.or(new.floor);
    let silent = new.people.is_empty();
    let told: Vec<Listed> = new.people.into_iter().filter(|person| known.people.iter().all(|other| other.phone != person.phone)).collect();
    // A second line of a flat that adds nobody is a copy; a flatmate without a phone is not.
    if told.is_empty() && !(named && silent) {
        return Some((Column::Flat, Trouble::Repeated { line: known.line }));
    }
    known.people.extend(told);
    None
}

/// The mobile numbers of one cell, however they are set apart. An empty cell has none.
fn phones(cell: &str) -> Result<Vec<Phone>, PhoneError> {
    if cell.chars().all(|ch| !ch.is_alphanumeric()) {
        return Ok(Vec::new());
    }
    if let Ok(only) = Phone::parse(cell) {
        return Ok(vec![only]);
    }
    let parts: Vec<&str> = cell.split(['/', ',', ';', '|', '&']).flat_map(|part| part.split(" ו")).map(str::trim).filter(|part| !part.is_empty()).collect();
    let parts = if parts.len() == 1 { spaced(parts[0]) } else { parts.into_iter().map(str::to_owned).collect() };
    let mut found = Vec::new();
    for part in parts {
        let phone = Phone::parse(&part)?;
        if !found.contains(&phone) {
            found.push(phone);
        }
    }
    Ok(found)
}

/// Two numbers with only a space between them: each has its nine digits or more.
fn spaced(text: &str) -> Vec<String> {
    let digits = |word: &str| word.chars().filter(char::is_ascii_digit).count();
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.len() > 1 && words.iter().all(|word| digits(word) >= 9) { words.into_iter().map(str::to_owned).collect() } else { vec![text.to_owned()] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> FlatList {
        parse_flats(text.as_bytes(), "list.csv")
    }

    fn flats(list: &FlatList) -> Vec<(&str, Option<i32>, usize)> {
        list.rows.iter().map(|row| (row.number.as_str(), row.floor, row.people.len())).collect()
    }

    fn problems(text: &str) -> Vec<(u32, Column, Trouble)> {
        read(text).problems.into_iter().map(|problem| (problem.line, problem.column, problem.trouble)).collect()
    }

    #[test]
    fn a_list_in_any_order_and_language_gives_flats_and_phones() {
        for text in [
            "דירה,קומה,שם,טלפון\n1,1,נועה שגב,054-318 2704\n2,1,דן לוי,0521234567\n10,קרקע,,",
            "Phone;Name;Floor;Flat\n054-3182704;נועה שגב;1;דירה 1\n+972521234567;דן לוי;1;2\n;;0;10",
            "רשימת דיירים ביאליק 14\n\nמס׳ דירה\tשם הדייר\tנייד\tקומה\n01\tנועה שגב\t543182704\tקומה 1\n2\tדן לוי\t052 123 4567\t1\n10\t-\t-\t0",
            // No header: columns are known by what stands in them.
            "1,1,נועה שגב,0543182704\n2,1,דן לוי,0521234567\n10,0,,",
            "נועה שגב,1,0543182704,1\nדן לוי,2,0521234567,1\n,10,,0",
        ] {
            let list = read(text);
            assert_eq!(list.problems, [], "{text}");
            assert_eq!(flats(&list), [("10", Some(0), 0), ("1", Some(1), 1), ("2", Some(1), 1)], "{text}");
            assert_eq!(list.rows[1].people[0], Listed { phone: Phone::parse("0543182704").unwrap(), name: Some("נועה שגב".into()) });
        }
    }

    #[test]
    fn a_flat_may_have_several_people_and_a_cell_several_phones() {
        let list = read("דירה,שם,טלפון,טלפון 2\n3,נועה שגב,0543182704,052-1234567\n3,דן לוי,\"053-1111111 / 053-2222222\",\n4,,0543182704 0521234567,");
        assert_eq!(list.problems, []);
        assert_eq!(flats(&list), [("3", None, 4), ("4", None, 2)]);
        assert_eq!(list.phones(), 6);
    }

    #[test]
    fn each_mistake_is_named_in_its_place() {
        assert_eq!(
            problems("דירה,קומה,שם,טלפון\n,1,נועה,\n--,1,,\n3,גבוהה,,\n4,1,,03-5551234\n5,1,,054318\n6,1,,+1 415 555 2671\n7,,,\n8,300,,"),
            [
                (2, Column::Flat, Trouble::NoNumber),
                (3, Column::Flat, Trouble::BadNumber),
                (4, Column::Floor, Trouble::BadFloor),
                (5, Column::Phone, Trouble::Phone(PhoneError::NotMobile)),
                (6, Column::Phone, Trouble::Phone(PhoneError::Malformed)),
                (7, Column::Phone, Trouble::Phone(PhoneError::Foreign)),
                (8, Column::Floor, Trouble::NoFloor),
                (9, Column::Floor, Trouble::BadFloor),
            ]
        );
    }

    #[test]
    fn copies_and_quarrels_between_lines_are_named() {
        assert_eq!(problems("דירה,קומה\n1,1\n1,1"), [(3, Column::Flat, Trouble::Repeated { line: 2 })]);
        assert_eq!(problems("דירה,קומה\n1,1\n01,2"), [(3, Column::Floor, Trouble::OtherFloor { line: 2 })]);
        assert_eq!(problems("דירה,טלפון\n1,0543182704\n1,054-318-2704"), [(3, Column::Flat, Trouble::Repeated { line: 2 })]);
        assert_eq!(problems("דירה,שם\n1,נועה\n1,דן"), []);
    }

    #[test]
    fn a_list_without_flats_says_so() {
        for text in ["", "\n\n", "שם,טלפון\nנועה,0543182704", "דירה,קומה\n"] {
            assert_eq!(problems(text), [(0, Column::Flat, Trouble::NoFlats)], "{text:?}");
        }
        let long: String = (1..=FLATS_LIMIT + 1).map(|n| format!("{n}\n")).collect();
        assert_eq!(problems(&long), [(0, Column::Flat, Trouble::TooManyFlats)]);
    }

    #[test]
    fn the_plain_form_reads_back_as_the_same_list() {
        for text in ["דירה,קומה,שם,טלפון\n2,1,נועה שגב,\"0543182704, 0521234567\"\n1,1,ד\"ר כהן,\n14 א,2,,", "דירה,קומה\nx--,1\n5,בערך"] {
            let list = read(text);
            let again = read(&list.text());
            let plain = |list: &FlatList| list.rows.iter().map(|row| (row.number.clone(), row.floor, row.people.clone())).collect::<Vec<_>>();
            assert_eq!(plain(&again), plain(&list));
            assert_eq!(again.problems.len(), list.problems.len());
            assert_eq!(again.text(), list.text());
        }
    }
}
