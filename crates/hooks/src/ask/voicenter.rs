//! Voicenter: `POST /hub/cdr/ {"code","fields":[…],"search":{"fromdate","todate","callID",…},"sort":[…]}` gives
//! `{"ERROR_NUMBER":0,"TOTAL_HITS","RETURN_HITS","CDR_LIST":[{CallID, Date, CallerNumber, TargetNumber, DID, Duration,
//! DialStatus, …}]}`. Errors: 1 too often (30 a minute), 2 a wrong code, 4 an address that is not allowed, 5 a wrong
//! range. Dates are GMT. Source: Voicenter's own description of its call log.
//!
//! Believed are calls that ended. A call may have several legs with one id: one of them must agree in all. The log is
//! written beside the webhook, so a call that it does not know yet is asked about again for a quarter of an hour. What a
//! call costs and how it was routed is not in the log's documented fields; the popup of a call under way is in no log.

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::line::{Line, unreadable};
use super::{AskBack, NotAsked, Question, Verdict, facts};

/// How far around its own time a call is looked for, in seconds: the webhook tells it by the clock on the wall, the log by
/// Greenwich's, and nobody says which when that clock is changed.
const AROUND: i64 = 26 * 3_600;
/// How long the log may take to know a call, in seconds.
const PATIENCE: i64 = 15 * 60;
/// What is asked of each leg.
const FIELDS: [&str; 7] = ["CallID", "Date", "CallerNumber", "TargetNumber", "DID", "Duration", "DialStatus"];

pub struct Voicenter {
    line: Line,
    base: String,
}

impl Voicenter {
    pub(super) fn new(line: Line, base: &str) -> Self {
        Self { line, base: base.trim_end_matches('/').to_owned() }
    }
}

#[async_trait]
impl AskBack for Voicenter {
    async fn ask(&self, question: &Question) -> Result<Verdict, NotAsked> {
        let said = if question.form {
            facts::form(question).into_iter().map(|(name, value)| (name, Value::String(value))).collect::<serde_json::Map<_, _>>().into()
        } else {
            serde_json::from_slice(&question.body).unwrap_or(Value::Null)
        };
        let (true, Some(call), Some(state), Some(code)) =
            (question.kind.starts_with("call."), facts::of(&said, "ivruniqueid"), facts::of(&said, "status"), question.credentials.get("code"))
        else {
            return Ok(Verdict::Untold);
        };
        if !facts::is_id(&call) {
            return Ok(Verdict::False);
        }
        let at =
            facts::of(&said, "time").and_then(|time| time.parse::<i64>().ok()).filter(|at| (question.received_unix - at).abs() < 30 * 86_400).unwrap_or(question.received_unix);
        let moment = |second: i64| Timestamp::from_second(second).map(|at| at.strftime("%Y-%m-%dT%H:%M:%S").to_string()).map_err(|_| unreadable());
        let search = json!({ "fromdate": moment(at - AROUND)?, "todate": moment(at + AROUND)?, "phones": [], "extensions": [], "cdrTypes": [], "callID": call });
        let words = json!({ "code": code, "fields": FIELDS, "search": search, "sort": [{ "field": "Date", "order": "asc" }] });
        let answer = self.line.send(self.line.client.post(format!("{}/hub/cdr/", self.base)).json(&words)).await?.json()?;
        match answer["ERROR_NUMBER"].as_i64() {
            Some(0) => {}
            Some(number) => return Err(NotAsked(format!("it refused: error {number}"))),
            None => return Err(unreadable()),
        }
        let legs = answer["CDR_LIST"].as_array().ok_or_else(unreadable)?;
        let agrees = |leg: &Value| {
            facts::of(leg, "CallID").as_ref() == Some(&call)
                && facts::of(leg, "DialStatus").is_some_and(|known| spelled(&known) == spelled(&state))
                && facts::holds(&facts::of(&said, "duration"), &facts::of(leg, "Duration"))
                && [("caller", "CallerNumber"), ("target", "TargetNumber"), ("did", "DID")]
                    .iter()
                    .all(|(ours, theirs)| facts::holds(&facts::of(&said, ours).map(number), &facts::of(leg, theirs).map(number)))
        };
        if legs.iter().any(agrees) {
            return Ok(Verdict::True);
        }
        if question.now_unix - question.received_unix < PATIENCE {
            return Err(NotAsked("its log does not know the call yet".into()));
        }
        Ok(Verdict::False)
    }
}

/// A state without regard to case, and to the two spellings of an abandoned call.
fn spelled(state: &str) -> String {
    let state = state.to_ascii_uppercase();
    if state == "ABANDON" { "ABANDONE".into() } else { state }
}

/// A phone's digits with the country's code; whatever is no phone (an extension, `anonymous`) as it is.
fn number(text: String) -> String {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    match digits.strip_prefix('0') {
        Some(rest) if digits.len() >= 9 => format!("972{rest}"),
        _ if digits.len() >= 9 => digits,
        _ => text.to_ascii_lowercase(),
    }
}
