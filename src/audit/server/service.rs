use kit::{Right, clean_line};
use uuid::Uuid;

use super::describe::{Teller, ids_in, short};
use super::error::AuditRefusal;
use super::store::{self, Wanted};
use super::verify;
use crate::audit::model::{ACTS, AuditFilter, AuditPage, ChainState, Standing};
use crate::buildings::server as buildings;
use crate::platform::told::{when_label, zone_named};
use crate::platform::{Cx, Fault};

/// Lines on a page.
const ROWS: i64 = 50;
/// The longest question, in characters; a shorter one than LEAST asks nothing.
const QUESTION: usize = 80;
const LEAST: usize = 2;
/// How far back a question looks, in lines: it reads each of them.
const LOOKED_THROUGH: i64 = 200_000;
/// Lines of a chain that is read while somebody waits.
const READ_NOW: i64 = 50_000;

/// The screen. `before` is a page's `next`; what is none is the first page.
pub async fn page(cx: &mut Cx, filter: &str, asked: &str, before: &str) -> Result<AuditPage, Fault> {
    cx.require(Right::ReadAudit)?;
    let filter = AuditFilter::from_word(filter);
    let asked: String = clean_line(asked, usize::MAX).unwrap_or_default().chars().take(QUESTION).collect();
    let chain = standing(cx).await?;
    let question = Question::of(cx, &asked).await?;
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let (families, acts) = (filter.families().map(owned), owned(filter.acts()));
    let wanted = Wanted {
        families: families.as_deref(),
        acts: &acts,
        automatic: filter == AuditFilter::Automatic,
        pattern: question.pattern.as_deref(),
        asked_acts: &question.acts,
        asked_people: &question.people,
        asked_amount: question.amount.as_deref(),
    };
    let after = if question.pattern.is_some() { chain.lines - LOOKED_THROUGH } else { 0 };
    let before = before.parse().ok().filter(|seq: &i64| *seq > 0).unwrap_or(i64::MAX);
    let mut lines = store::latest(cx.db(), before, after, &wanted, ROWS + 1).await?;
    let more = lines.len() as i64 > ROWS;
    lines.truncate(ROWS as usize);
    let next = lines.last().filter(|_| more).map(|last| last.seq);
    let names = buildings::names(cx, &ids_in(&lines)).await?;
    let teller = Teller { names: &names, lang: cx.lang, zone: zone_named(&cx.tenant.zone), now: cx.now };
    let rows = lines.iter().map(|line| teller.row(line)).collect();
    let today = teller.zone.to_datetime(cx.now).date();
    Ok(AuditPage {
        slug: cx.tenant.slug.clone(),
        building: cx.tenant.name.clone(),
        reader: buildings::reader(cx),
        waiting: buildings::waiting_count(cx).await?,
        chain,
        filter,
        asked,
        rows,
        next,
        export_from: today.first_of_month().to_string(),
        export_to: today.to_string(),
    })
}

/// How the chain stands.
async fn standing(cx: &mut Cx) -> Result<ChainState, Fault> {
    let (now, zone, lang) = (cx.now, zone_named(&cx.tenant.zone), cx.lang);
    let (lines, hash) = store::head(cx.db()).await?.unwrap_or_default();
    let since = store::first_at(cx.db()).await?.map(|at| zone.to_datetime(at).date()).map(|day| format!("{}.{}.{}", day.day(), day.month(), day.year()));
    let check = store::last_check(cx.db()).await?;
    let checked = check.as_ref().map(|check| when_label(now, check.checked_at.to_jiff(), &zone, lang));
    let standing = match check {
        None => Standing::Unread,
        Some(check) => match (check.broken_seq, check.broken_how) {
            (Some(seq), Some(how)) => Standing::Broken { seq, how },
            _ => Standing::Whole { lines: check.lines },
        },
    };
    Ok(ChainState { lines, since: since.unwrap_or_default(), standing, checked, fingerprint: short(&hash, 3, 2) })
}

/// What was asked, as the store looks for it: in the lines' own words, and in the names that we give acts and people.
#[derive(Default)]
struct Question {
    pattern: Option<String>,
    acts: Vec<String>,
    people: Vec<Uuid>,
    amount: Option<String>,
}

impl Question {
    async fn of(cx: &mut Cx, asked: &str) -> Result<Self, Fault> {
        if asked.chars().count() < LEAST {
            return Ok(Self::default());
        }
        let escaped = asked.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let pattern = format!("%{escaped}%");
        let lower = asked.to_lowercase();
        let acts = ACTS.iter().filter(|act| act.he.contains(asked) || act.en.to_lowercase().contains(&lower) || act.word.contains(&lower)).map(|act| act.word.to_owned()).collect();
        let people = buildings::people_called(cx, &pattern).await?;
        Ok(Self { acts, people, amount: minor_units(asked), pattern: Some(pattern) })
    }
}

/// "₪2,200.50" as 220050.
fn minor_units(typed: &str) -> Option<String> {
    let bare: String = typed.chars().filter(|ch| !matches!(ch, '₪' | '$' | ',' | ' ')).collect();
    let (whole, cents) = bare.split_once('.').unwrap_or((&bare, "00"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (digits(whole) && digits(cents) && cents.len() == 2 && whole.len() < 14).then(|| format!("{}{cents}", whole.trim_start_matches('0')))
}

/// Reads this tenant's chain through; where to go then.
pub async fn check_now(cx: &mut Cx) -> Result<String, Fault> {
    cx.require(Right::ReadAudit)?;
    let (now, tenant, lang) = (cx.now, cx.tenant.id.0, cx.lang);
    let lines = store::head(cx.db()).await?.map_or(0, |(seq, _)| seq);
    if lines > READ_NOW {
        let checked = standing(cx).await?.checked;
        return Err(Fault::refused(AuditRefusal::TooLong { lines, checked }, lang));
    }
    let outcome = verify::read_chain(cx.db(), tenant).await?;
    store::note_check(cx.db(), tenant, now, outcome).await?;
    if let Err(found) = outcome {
        tracing::error!(tenant = %cx.tenant.id, building = cx.tenant.slug, seq = found.seq, how = found.how.word(), "an audit log is broken");
    }
    Ok(format!("/b/{}/committee/audit", cx.tenant.slug))
}

#[cfg(test)]
mod tests {
    use super::minor_units;

    #[test]
    fn an_amount_is_looked_for_in_minor_units() {
        for (typed, found) in
            [("3", Some("300")), ("₪2,200", Some("220000")), ("$3.50", Some("350")), ("0.50", Some("50")), ("3.5", None), ("רונית", None), ("", None), ("12/3", None)]
        {
            assert_eq!(minor_units(typed).as_deref(), found, "{typed}");
        }
    }
}
