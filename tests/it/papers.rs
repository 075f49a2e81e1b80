//! docs/bad-days.md says which test holds which bad day of the issue: each line has one, and each is there.

use std::collections::BTreeSet;
use std::path::Path;

/// The lists of issues 2 and 3, as the tables name their lines.
const LINES: &[&str] = &[
    "flat that does not exist",
    "flat already full",
    "phone in every usual way of writing",
    "foreign and false phones",
    "a neighbour's phone typed by a stranger",
    "the same person twice",
    "two people racing for one flat",
    "double submit",
    "back button",
    "two tabs",
    "two buildings in two tabs",
    "payment declined",
    "payment cancelled",
    "payment abandoned",
    "3-D Secure failed",
    "session expired",
    "webhook before return",
    "return before webhook",
    "webhook ten times",
    "webhook out of order",
    "webhook never",
    "webhook forged",
    "webhook replayed after the tolerance",
    "webhook of 1 MB",
    "Stripe slow",
    "Stripe 500",
    "Stripe gone after it charged",
    "kill -9 between each two steps",
    "refresh token stolen and reused",
    "JWT with alg none",
    "JWT with a wrong key",
    "JWT expired",
    "JWT without claims",
    "removed while signed in",
    "cross-site form posts",
    "HTML, script and bidi characters in text fields",
    "pictures that are not pictures",
    "a 100-megapixel PNG",
    "a broken CSV",
    "Postgres restarted under load",
    "backend terminations 5/s for 60 s",
    "pool exhaustion",
    "10,000 events, ten duplicates each",
    "all orders of four events",
    "forged, replayed, truncated, re-encoded, of another tenant's secret",
    "receiver answers 200, 500, 410, 429",
    "receiver times out, drips, pours or redirects",
    "addresses that must not be called",
    "DNS rebinding",
    "SSE cut 1,000 times across restarts",
    "commits in reverse order",
    "1,000 random tamperings of the audit log",
    "vault ciphertext swapped between rows",
    "key rotation under load",
    "two processes racing for one token",
    "clock jumps and DST",
    "SIGTERM under load",
    "two web processes behind one port",
    "disk full on uploads",
    "Redis killed",
    "a job that kills its worker",
    "a worker killed with work in hand",
];

/// What is wrong with the table; `file` gives a file's text, if it is there.
fn findings(table: &str, file: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut found = Vec::new();
    let (mut told, mut is_counted) = (BTreeSet::new(), false);
    for (at, row) in table.lines().enumerate().filter(|(_, row)| row.starts_with("| ") && !row.starts_with("| ---")) {
        let at = at + 1;
        if row.starts_with("| line ") {
            is_counted = row.ends_with("| found |");
            continue;
        }
        let cells: Vec<&str> = row.strip_prefix('|').and_then(|row| row.strip_suffix('|')).unwrap_or(row).split('|').map(str::trim).collect();
        let ([line, test, path] | [line, test, path, _]) = cells[..] else {
            found.push(format!("{at}: a row has three cells, or four with what was found"));
            continue;
        };
        if let Some(wrong) = cells.get(3).and_then(|cell| miscounted(cell)) {
            found.push(format!("{at}: {wrong}"));
        }
        let tells = cells.get(3).is_some_and(|cell| cell.starts_with("0 of ") || cell.strip_prefix("all ").is_some_and(|all| all.parse::<u32>().is_ok()));
        if is_counted && !tells {
            found.push(format!("{at}: of how many is not told"));
        }
        if !LINES.contains(&line) {
            found.push(format!("{at}: «{line}» is no line of the issue"));
        }
        told.insert(line.to_owned());
        let Some(name) = test.strip_prefix('`').and_then(|test| test.strip_suffix('`')).filter(|name| !name.is_empty()) else {
            found.push(format!("{at}: the test stands between backticks"));
            continue;
        };
        match file(path) {
            None => found.push(format!("{at}: there is no {path}")),
            Some(text) if !holds(&text, path, name) => found.push(format!("{at}: {path} has no test «{name}»")),
            Some(_) => {}
        }
    }
    found.extend(LINES.iter().filter(|line| !told.contains(**line)).map(|line| format!("«{line}» has no test")));
    found
}

/// What is wrong with a cell such as `0 of 10,000 (3/N = 0.0003)`; whatever tells no zero may say what it wants.
fn miscounted(cell: &str) -> Option<String> {
    let rest = cell.strip_prefix("0 of ")?;
    let number = |text: &str| text.replace(',', "").parse::<f64>().ok();
    let read = rest.split_once(" (3/N = ").and_then(|(n, bound)| Some((number(n)?, number(bound.strip_suffix(')')?)?)));
    let right = read.is_some_and(|(n, bound)| (3.0 / n - bound).abs() <= 0.03 * bound);
    (!right).then(|| format!("«{cell}» is not «0 of N (3/N = …)»"))
}

/// Whether a file holds a test of this name: a function marked as a test, a browser story, or a moment of the chaos.
fn holds(text: &str, path: &str, name: &str) -> bool {
    if path.ends_with(".rs") {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let signature = format!("fn {name}() ");
        let is_test = |above: &[&str]| above.iter().rev().take_while(|line| line.starts_with("#[")).any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"));
        return lines.iter().enumerate().any(|(at, line)| line.trim_start_matches("async ").starts_with(&signature) && is_test(&lines[..at]));
    }
    if path.ends_with(".spec.ts") { text.contains(&format!("test(\"{name}\"")) } else { text.contains(&format!("\"{name}\"")) }
}

fn of_the_tree(path: &str) -> Option<String> {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).ok()
}

#[test]
fn every_bad_day_has_a_test_that_exists() {
    let table = of_the_tree("docs/bad-days.md").expect("the table");
    assert_eq!(findings(&table, of_the_tree), Vec::<String>::new());
}

#[test]
fn a_bad_day_without_its_test_is_noticed() {
    let whole: String = LINES.iter().map(|line| format!("| {line} | `one` | a.rs |\n")).collect();
    let file = |path: &str| match path {
        "a.rs" => Some("#[test]\nfn one() {}\n#[tokio::test]\nasync fn two() {}\nfn three() {}\n#[test]\n#[should_panic]\nfn four() {}\n".to_owned()),
        "b.spec.ts" => Some("test(\"five\", async () => {});".to_owned()),
        "c.mjs" => Some("const GAPS = [\"six\"];".to_owned()),
        _ => None,
    };
    let with = |row: &str| findings(&format!("# A title\n\n| line of the issue | test | file |\n| --- | --- | --- |\n{whole}{row}\n"), file);
    for row in [
        "",
        "| two tabs | `two` | a.rs |",
        "| two tabs | `four` | a.rs |",
        "| two tabs | `five` | b.spec.ts |",
        "| two tabs | `six` | c.mjs |",
        "| two tabs | `one` | a.rs | 0 of 3,000 (3/N = 0.001) |",
        "| two tabs | `one` | a.rs | |",
    ] {
        assert_eq!(with(row), Vec::<String>::new(), "{row}");
    }
    for (row, says) in [
        ("| two tabs | `three` | a.rs |", "a.rs has no test «three»"),
        ("| two tabs | `on` | a.rs |", "a.rs has no test «on»"),
        ("| two tabs | `six` | b.spec.ts |", "b.spec.ts has no test «six»"),
        ("| two tabs | `seven` | c.mjs |", "c.mjs has no test «seven»"),
        ("| two tabs | `one` | gone.rs |", "there is no gone.rs"),
        ("| three tabs | `one` | a.rs |", "«three tabs» is no line"),
        ("| two tabs | one | a.rs |", "between backticks"),
        ("| two tabs | `one` |", "three cells"),
        ("| two tabs | `one` | a.rs | 0 of 300 (3/N = 0.02) |", "is not «0 of N"),
        ("| two tabs | `one` | a.rs | 0 of 300 |", "is not «0 of N"),
    ] {
        let found = with(row);
        assert!(found.len() == 1 && found[0].contains(says), "«{says}» was looked for in {found:?}");
    }
    let counted = |row: &str| findings(&format!("{whole}\n| line of the issue | test | file | found |\n| --- | --- | --- | --- |\n{row}\n"), file);
    for row in ["| two tabs | `one` | a.rs | 0 of 300 (3/N = 0.01) |", "| two tabs | `one` | a.rs | 0 of 1 (3/N = 3) |", "| two tabs | `one` | a.rs | all 24 |"] {
        assert_eq!(counted(row), Vec::<String>::new(), "{row}");
    }
    for row in ["| two tabs | `one` | a.rs | |", "| two tabs | `one` | a.rs |", "| two tabs | `one` | a.rs | none |", "| two tabs | `one` | a.rs | all |"] {
        let found = counted(row);
        assert!(found.len() == 1 && found[0].contains("of how many is not told"), "{row}: {found:?}");
    }
    let without = whole.replacen("| two tabs | `one` | a.rs |\n", "", 1);
    assert_eq!(findings(&without, file), ["«two tabs» has no test"]);
}
