//! The committee's first screen.

use jiff::SignedDuration;
use kit::{Lang, Right, Trust};

use super::residents::{invite_url, reader, rows, waiting};
use super::store::{self, ActivityLine};
use crate::buildings::model::{ActivityRow, DashboardPage, FUNNEL_DAYS};
use crate::platform::told::{when_label, zone_named};
use crate::platform::{Cx, Fault};

/// `public_url` begins the link that is handed out.
pub async fn dashboard(cx: &mut Cx, public_url: &str) -> Result<DashboardPage, Fault> {
    cx.require(Right::SeeDashboard)?;
    // First: what happens while the rest is read is told again by the stream.
    let (seq, activity) = activity(cx).await?;
    let building = super::brief(cx).await?;
    let waiting = waiting(cx).await?;
    let residents = rows(cx).await?;
    let people = i64::try_from(residents.len()).unwrap_or(i64::MAX);
    let since = cx.now.checked_sub(SignedDuration::from_hours(24 * FUNNEL_DAYS)).map_err(anyhow::Error::from)?;
    let people_new = store::joined_since(cx.db(), since).await?;
    let funnel = super::funnel::of_building(cx).await?;
    let unverified = residents.into_iter().filter(|row| row.trust == Trust::Paid).collect();
    let invite_code = super::rules(cx).await?.invite_code;
    let invite_url = invite_url(&building, invite_code.as_deref(), public_url);
    Ok(DashboardPage { reader: reader(cx), building, people, people_new, waiting, unverified, funnel, activity, invite_url, invite_code, seq })
}

/// The number of the activity's last line, and the latest lines that have a sentence.
async fn activity(cx: &mut Cx) -> Result<(i64, Vec<ActivityRow>), Fault> {
    let (now, zone, lang) = (cx.now, zone_named(&cx.tenant.zone), cx.lang);
    let lines = store::activity(cx.db()).await?;
    let head = lines.first().map_or(0, |line| line.seq);
    let rows = lines
        .into_iter()
        .filter_map(|line| {
            Some(ActivityRow { seq: line.seq, sentence: sentence(&line, lang)?, when_label: when_label(now, line.created_at.to_jiff(), &zone, lang), kind: line.kind })
        })
        .take(SHOWN)
        .collect();
    Ok((head, rows))
}

/// The number of the activity's last line.
pub(super) async fn head(cx: &mut Cx) -> Result<i64, Fault> {
    Ok(store::activity(cx.db()).await?.first().map_or(0, |line| line.seq))
}

const SHOWN: usize = 6;

/// What a line says. A kind without a sentence here is for other screens.
fn sentence(line: &ActivityLine, lang: Lang) -> Option<String> {
    let he = lang == Lang::He;
    let say = |hebrew: String, english: String| Some(if he { hebrew } else { english });
    let name = line.name.as_deref().map(isolated).unwrap_or_default();
    let flat = |number: &Option<String>| match number {
        Some(number) if he => format!(", דירה {}", isolated(number)),
        Some(number) => format!(", flat {}", isolated(number)),
        None => String::new(),
    };
    let flat = flat(&line.flat_number);
    match line.kind.as_str() {
        "building.opened" => say("הבניין נפתח".into(), "The building was opened".into()),
        "resident.joined" => say(format!("הצטרפות: {name}{flat}"), format!("Joined: {name}{flat}")),
        "resident.verified" => say(format!("אימות: {name}{flat}"), format!("Confirmed: {name}{flat}")),
        "resident.vouched" => say(format!("היכרות של שכנים: {name}{flat}"), format!("Known to a neighbour: {name}{flat}")),
        "resident.moved" => say(format!("מעבר דירה: {name}{flat}"), format!("Flat corrected: {name}{flat}")),
        "resident.role_changed" => say(format!("תפקיד חדש: {name}{flat}"), format!("New role: {name}{flat}")),
        "resident.removed" => say(format!("הסרה: {name}{flat}"), format!("Removed: {name}{flat}")),
        "join.waiting" => say(format!("בקשת הצטרפות: {name}{flat}"), format!("Asked to join: {name}{flat}")),
        "join.answered" => say(format!("תשובה לבקשה של {name}{flat}"), format!("Answered: {name}{flat}")),
        "hazard.raised" => say("הוכרזה סכנה בבניין".into(), "A danger was told of".into()),
        "hazard.cleared" => say("סכנה בבניין חלפה".into(), "A danger is over".into()),
        "post.created" if name.is_empty() => None,
        "post.created" => say(format!("הודעה חדשה בלוח: {name}"), format!("New on the board: {name}")),
        _ => None,
    }
}

/// A name or a number inside a sentence keeps its own direction.
fn isolated(text: &str) -> String {
    format!("\u{2068}{text}\u{2069}")
}
