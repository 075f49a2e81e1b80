//! What each type tells.

use serde_json::{Value, json};

use super::Field;

type Told = (&'static str, &'static str, Vec<Field>);

fn must(name: &'static str, schema: Value, says: &'static str, example: Value) -> Field {
    Field { name, schema, says, example, required: true }
}

fn may(name: &'static str, schema: Value, says: &'static str, example: Value) -> Field {
    Field { required: false, ..must(name, schema, says, example) }
}

fn text(most: u32) -> Value {
    json!({ "type": "string", "maxLength": most })
}

fn one_of(words: &[&str]) -> Value {
    json!({ "type": "string", "enum": words })
}

fn id() -> Value {
    json!({ "type": "string", "format": "uuid" })
}

fn moment() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

fn count() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

fn share() -> Value {
    json!({ "type": "number", "minimum": 0, "maximum": 1 })
}

fn flat() -> Field {
    must("flat", text(20), "The flat's number, as it stands on its door.", json!("14"))
}

fn amount(says: &'static str, example: i64) -> Field {
    must("amount_minor", json!({ "type": "integer" }), says, json!(example))
}

fn currency() -> Field {
    must("currency", one_of(&["ILS", "USD"]), "ISO 4217.", json!("ILS"))
}

/// In Hebrew, in English, and field by field.
pub(super) fn of(event_type: &str) -> Option<Told> {
    Some(match event_type {
        "resident.joined" => ("דייר הצטרף לבניין. מספר הדירה בלבד.", "Somebody joined the building. The flat's number and nothing else.", vec![flat()]),
        "payment.succeeded" => (
            "תשלום של דירה הצליח: מספר דירה, סכום ומטרה.",
            "A flat's payment went through: its number, the amount and what for.",
            vec![flat(), amount("What was paid, in agorot or cents.", 2900), currency(), must("purpose", text(40), "What was paid for.", json!("membership"))],
        ),
        "notice.published" => (
            "הוועד פרסם הודעה לכל הבניין.",
            "The committee published a notice to the whole building.",
            vec![
                must("notice_id", id(), "The same in whatever is told about this notice later.", json!("01931f6e-0000-7000-8000-0000000000a1")),
                may("title", text(200), "As the committee wrote it.", json!("הפסקת מים ביום שלישי")),
                may("body", text(5_000), "As the committee wrote it.", json!("המים ייסגרו בין 09:00 ל־12:00 לצורך תיקון.")),
            ],
        ),
        "hazard.raised" | "hazard.cleared" => hazard(event_type == "hazard.raised"),
        "building.health.changed" => (
            "הדופק של הבניין השתנה.",
            "The building's pulse changed.",
            vec![
                must("health", one_of(&["good", "watch", "poor", "critical"]), "How the building is now.", json!("watch")),
                must("before", one_of(&["good", "watch", "poor", "critical"]), "How it was.", json!("good")),
                must("score", json!({ "type": "integer", "minimum": 0, "maximum": 100 }), "The pulse, from 0 to 100.", json!(72)),
            ],
        ),
        "anomaly.detected" | "anomaly.resolved" => anomaly(event_type == "anomaly.detected"),
        "maintenance.created" | "maintenance.status_changed" | "maintenance.completed" => maintenance(event_type),
        "ledger.milestone" => (
            "אבן דרך בקופת הבניין: גבייה, תקציב או יתרה.",
            "A milestone of the building's till: collection, budget or balance.",
            vec![
                must("milestone", one_of(&["collection_80", "collection_100", "budget_overrun", "till_under_floor"]), "Which one.", json!("collection_80")),
                must("period", text(10), "The month it is about, as yyyy-mm.", json!("2026-11")),
                amount("The sum it is about, in agorot or cents.", 1_840_000),
                currency(),
            ],
        ),
        "lead.created" => (
            "פנייה חדשה לעסק. בלי פרטי הפונה.",
            "A business got a new lead. Nothing of who asked.",
            vec![
                must("lead_id", id(), "Ask the business for the rest.", json!("01931f6e-0000-7000-8000-0000000000c1")),
                must("channel", one_of(&["whatsapp", "messenger", "telegram", "phone", "web", "email"]), "How it came.", json!("whatsapp")),
            ],
        ),
        "appointment.booked" => (
            "נקבע תור בעסק. בלי פרטי הלקוח.",
            "An appointment was booked at a business. Nothing of who comes.",
            vec![
                must("appointment_id", id(), "The same when it is moved.", json!("01931f6e-0000-7000-8000-0000000000d1")),
                must("starts_at", moment(), "UTC.", json!("2026-12-01T08:30:00Z")),
                must("ends_at", moment(), "UTC.", json!("2026-12-01T09:00:00Z")),
            ],
        ),
        "review.received" => (
            "התקבלה ביקורת על העסק. בלי שם הכותב.",
            "A business was reviewed. Not by whom.",
            vec![
                must("review_id", id(), "The same when it is answered.", json!("01931f6e-0000-7000-8000-0000000000e1")),
                must("stars", json!({ "type": "integer", "minimum": 1, "maximum": 5 }), "From one to five.", json!(5)),
                must("source", text(40), "Where it was written.", json!("google")),
            ],
        ),
        "gateway.test" => (
            "אירוע ניסיון, לבקשת השותף. אין מאחוריו בניין.",
            "A test, asked for by the partner. No building stands behind it.",
            vec![must("test", json!({ "type": "boolean" }), "Always true.", json!(true))],
        ),
        _ => return None,
    })
}

fn hazard(raised: bool) -> Told {
    let mut fields = vec![
        must("hazard_id", id(), "The same when it is raised and when it is cleared.", json!("01931f6e-0000-7000-8000-0000000000b1")),
        must("kind", one_of(&["fire", "gas", "water", "electricity", "structure", "lift", "security", "other"]), "What the danger is.", json!("gas")),
        must("since", moment(), "When it was raised first, UTC.", json!("2026-11-25T17:05:22Z")),
    ];
    if raised {
        fields.push(must("severity", one_of(&["watch", "warning", "emergency"]), "How bad it is.", json!("warning")));
        fields.push(may("message", text(500), "As the committee wrote it.", json!("ריח גז בחדר המדרגות. לא מדליקים אור.")));
        ("הוועד הכריז על סכנה בבניין.", "The committee says that there is a danger in the building.", fields)
    } else {
        ("הסכנה חלפה.", "The danger is over.", fields)
    }
}

fn anomaly(detected: bool) -> Told {
    let mut fields = vec![
        must("anomaly_id", id(), "The same when it is detected and when it is resolved.", json!("01931f6e-0000-7000-8000-0000000000f1")),
        must("kind", one_of(&["leak", "burst", "consumption", "pump", "lift", "other"]), "What was noticed.", json!("leak")),
    ];
    if detected {
        fields.push(may("floor", json!({ "type": "integer" }), "Only when a meter of its own carries it.", json!(4)));
        fields.push(may("precision", share(), "How many alerts of this class were right, as measured.", json!(0.85)));
        ("זוהתה חריגה במדידות של הבניין.", "Something unusual was noticed in the building's meters.", fields)
    } else {
        fields.push(must("outcome", one_of(&["fixed", "false_alarm", "went_away"]), "What it came to.", json!("fixed")));
        ("החריגה טופלה או חלפה.", "What was unusual is over.", fields)
    }
}

fn maintenance(event_type: &str) -> Told {
    const STATES: [&str; 5] = ["open", "assigned", "in_progress", "waiting", "done"];
    let mut fields = vec![
        must("ticket_id", id(), "The same in everything that is told of this call.", json!("01931f6e-0000-7000-8000-0000000000aa")),
        must("ticket", count(), "Its number in the building.", json!(318)),
        must("category", one_of(&["plumbing", "electricity", "lift", "cleaning", "garden", "roof", "door", "other"]), "What it is about.", json!("plumbing")),
    ];
    match event_type {
        "maintenance.created" => {
            fields.push(must("urgency", one_of(&["low", "normal", "high"]), "How soon it is needed.", json!("high")));
            ("נפתחה קריאת תחזוקה. בלי שם ובלי דירה.", "A maintenance call was opened. Neither by whom nor for which flat.", fields)
        }
        "maintenance.status_changed" => {
            fields.push(must("status", one_of(&STATES), "How it stands now.", json!("assigned")));
            fields.push(must("before", one_of(&STATES), "How it stood.", json!("open")));
            ("המצב של קריאת תחזוקה השתנה.", "A maintenance call moved on.", fields)
        }
        _ => {
            fields.push(must("days", count(), "From opening to completion.", json!(2)));
            fields.push(may("cost_minor", count(), "What it cost the building, in agorot or cents.", json!(84_000)));
            fields.push(may("currency", one_of(&["ILS", "USD"]), "ISO 4217.", json!("ILS")));
            ("קריאת תחזוקה הושלמה.", "A maintenance call was completed.", fields)
        }
    }
}
