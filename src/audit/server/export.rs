//! The log of a period as a file: CSV that a spreadsheet opens rightly and runs nothing of, or JSON with every field.

use jiff::civil::Date;
use kit::{Lang, Right};
use serde_json::{Value, json};

use super::describe::{Teller, amount, ids_in};
use super::error::AuditRefusal;
use super::store::{self, ShownLine};
use crate::audit::model::act_name;
use crate::buildings::server as buildings;
use crate::platform::told::zone_named;
use crate::platform::{Cx, Fault};

/// Lines of one file: it is made in memory.
const MOST: i64 = 20_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Csv,
    Json,
}

/// A file to be handed out.
pub struct File {
    pub name: String,
    pub kind: &'static str,
    pub bytes: Vec<u8>,
}

/// Lines from the first day to the last, both included, in the building's zone; the month so far when no day is named.
/// That somebody took them along is written into the log as well.
pub async fn export(cx: &mut Cx, from: &str, to: &str, form: Form) -> Result<File, Fault> {
    cx.require(Right::ReadAudit)?;
    let (lang, zone) = (cx.lang, zone_named(&cx.tenant.zone));
    let today = zone.to_datetime(cx.now).date();
    let (first, last) = period(from, to, today).ok_or_else(|| Fault::refused(AuditRefusal::NoPeriod, lang))?;
    let begin = |day: Date| day.to_zoned(zone.clone()).map(|at| at.timestamp()).map_err(|_| Fault::refused(AuditRefusal::NoPeriod, lang));
    let (since, until) = (begin(first)?, begin(last.tomorrow().map_err(|_| Fault::refused(AuditRefusal::NoPeriod, lang))?)?);
    let lines = store::between(cx.db(), since, until, MOST + 1).await?;
    if lines.len() as i64 > MOST {
        return Err(Fault::refused(AuditRefusal::TooManyLines { most: MOST }, lang));
    }
    let names = buildings::names(cx, &ids_in(&lines)).await?;
    let teller = Teller { names: &names, lang, zone, now: cx.now };
    let (ending, kind, bytes) = match form {
        Form::Csv => ("csv", "text/csv; charset=utf-8", csv_of(&lines, &teller).map_err(anyhow::Error::from)?),
        Form::Json => ("json", "application/json", serde_json::to_vec_pretty(&json_of(&lines, &teller)).map_err(anyhow::Error::from)?),
    };
    let name = format!("audit-{}-{first}-{last}.{ending}", cx.tenant.slug);
    cx.audit("audit.exported", cx.tenant.slug.clone(), json!({ "from": first.to_string(), "to": last.to_string(), "form": ending, "lines": lines.len() }));
    Ok(File { name, kind, bytes })
}

/// Days as a form sends them, between the years that the database and people know.
fn period(from: &str, to: &str, today: Date) -> Option<(Date, Date)> {
    let day = |typed: &str, otherwise: Date| if typed.is_empty() { Some(otherwise) } else { typed.parse::<Date>().ok().filter(|day| (2000..=2200).contains(&day.year())) };
    let last = day(to, today)?;
    let first = day(from, last.first_of_month())?;
    (first <= last).then_some((first, last))
}

const COLUMNS: [(&str, &str); 13] = [
    ("מספר", "number"),
    ("מתי", "when"),
    ("מי", "who"),
    ("תפקיד", "role"),
    ("פעולה", "act"),
    ("מילת הפעולה", "act word"),
    ("על מה", "about"),
    ("סכום", "amount"),
    ("לפני", "before"),
    ("אחרי", "after"),
    ("מאיפה", "from"),
    ("פרטים", "detail"),
    ("טביעת אצבע", "hash"),
];

fn csv_of(lines: &[ShownLine], teller: &Teller<'_>) -> csv::Result<Vec<u8>> {
    // A spreadsheet reads UTF-8 only behind this mark.
    let mut bytes = "\u{feff}".as_bytes().to_vec();
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).quote_style(csv::QuoteStyle::Always).from_writer(&mut bytes);
    writer.write_record(COLUMNS.map(|(he, en)| if teller.lang == Lang::He { he } else { en }))?;
    for line in lines {
        let (before, after) = teller.change(line);
        let money = amount(&line.detail).map(|money| format!("{}.{:02} {}", money.amount_minor / 100, money.amount_minor.abs() % 100, money.currency.code().to_uppercase()));
        let cells = [
            line.seq.to_string(),
            line.created_at.to_jiff().to_zoned(teller.zone.clone()).strftime("%Y-%m-%d %H:%M:%S %z").to_string(),
            teller.who(line),
            teller.role(&line.actor_role),
            act_name(&line.act, teller.lang),
            line.act.clone(),
            teller.about(line),
            money.unwrap_or_default(),
            before.unwrap_or_default(),
            after.unwrap_or_default(),
            line.address.clone().unwrap_or_default(),
            line.detail.to_string(),
            hex::encode(&line.hash),
        ];
        writer.write_record(cells.iter().map(|cell| still(&cell.replace(['\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}'], ""))))?;
    }
    writer.flush().map_err(csv::Error::from)?;
    drop(writer);
    Ok(bytes)
}

/// A cell that a spreadsheet would take for a formula begins with an apostrophe, which makes it text.
fn still(cell: &str) -> String {
    let seen = cell.trim_start_matches(['\u{200e}', '\u{200f}', '\u{feff}', ' ']);
    if seen.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '|', '%', '＝', '＋', '－', '＠']) { format!("'{cell}") } else { cell.to_owned() }
}

fn json_of(lines: &[ShownLine], teller: &Teller<'_>) -> Value {
    let line = |line: &ShownLine| {
        json!({
            "seq": line.seq,
            "created_at": line.created_at.to_jiff().to_string(),
            "actor": line.actor,
            "actor_name": teller.who(line),
            "actor_role": line.actor_role,
            "act": line.act,
            "subject": line.subject,
            "about": teller.about(line),
            "detail": line.detail,
            "address": line.address,
            "trace_id": line.trace_id,
            "hash": hex::encode(&line.hash),
        })
    };
    Value::Array(lines.iter().map(line).collect())
}

#[cfg(test)]
mod tests {
    use super::{period, still};

    #[test]
    fn a_cell_that_would_calculate_is_text() {
        for cell in ["=1+1", "+972", "-3", "@sum", "\t=1", "\u{200f}=cmd", " =1", "＝1"] {
            assert_eq!(still(cell), format!("'{cell}"));
        }
        for cell in ["נועה", "3", "a=b", "{\"a\": 1}", ""] {
            assert_eq!(still(cell), cell);
        }
    }

    #[test]
    fn a_period_is_two_days_in_order() {
        let today = "2026-11-22".parse().expect("a day");
        let days = |from, to| period(from, to, today).map(|(first, last)| format!("{first} {last}"));
        assert_eq!(days("", "").as_deref(), Some("2026-11-01 2026-11-22"));
        assert_eq!(days("2026-10-05", "2026-10-05").as_deref(), Some("2026-10-05 2026-10-05"));
        assert_eq!(days("", "2025-02-28").as_deref(), Some("2025-02-01 2025-02-28"));
        for (from, to) in [("2026-11-02", "2026-11-01"), ("2026-02-30", ""), ("אתמול", ""), ("1900-01-01", ""), ("", "9999-12-31"), ("%00", "x")] {
            assert_eq!(days(from, to), None, "{from} {to}");
        }
    }
}
