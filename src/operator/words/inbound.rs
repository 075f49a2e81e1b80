//! The words of the page of inbound events.

use kit::Lang;

pub struct InboundWords {
    pub title: &'static str,
    pub lead: &'static str,
    pub provider: &'static str,
    pub state: &'static str,
    pub all: &'static str,
    pub event: &'static str,
    pub event_hint: &'static str,
    pub find: &'static str,
    pub none: &'static str,
    pub none_why: &'static str,
    pub older: &'static str,
    pub newest: &'static str,
    pub looked_at: &'static str,
    pub account: &'static str,
    pub tenant: &'static str,
    pub no_tenant: &'static str,
    pub size: &'static str,
    pub kind: &'static str,
    pub received: &'static str,
    pub processed: &'static str,
    pub replays: &'static str,
    pub hint_only: &'static str,
    pub body: &'static str,
    pub body_why: &'static str,
    pub body_none: &'static str,
    pub body_cut: &'static str,
    pub replay: &'static str,
    pub replay_none: &'static str,
    pub forged: &'static str,
    pub forged_lead: &'static str,
    pub forged_none: &'static str,
    pub hour: &'static str,
    pub count: &'static str,
    pub bytes: &'static str,
}

const HE: InboundWords = InboundWords {
    title: "אירועים נכנסים",
    lead: "כל מה שספקים שלחו, לפי מצב. האחרון ראשון.",
    provider: "ספק",
    state: "מצב",
    all: "הכול",
    event: "מזהה אירוע",
    event_hint: "בדיוק כפי שהוא אצל הספק.",
    find: "חיפוש",
    none: "אין אירועים כאלה",
    none_why: "אפשר להרחיב את הסינון.",
    older: "ישנים יותר",
    newest: "לחדשים ביותר",
    looked_at: "אירוע אחד",
    account: "חשבון",
    tenant: "שייך ל",
    no_tenant: "לא ידוע",
    size: "גודל",
    kind: "סוג",
    received: "התקבל",
    processed: "טופל",
    replays: "קריאות חוזרות",
    hint_only: "לא חתום: נחשב רק אחרי שאלה חוזרת לספק.",
    body: "תוכן",
    body_why: "שמות, מספרים והודעות מוסתרים.",
    body_none: "אין כאן טקסט שאפשר להציג.",
    body_cut: "זה לא הכול.",
    replay: "לקרוא שוב",
    replay_none: "אין מי שקורא אירועים מהסוג הזה.",
    forged: "זיופים",
    forged_lead: "נספרים ולא נשמרים. 48 השעות האחרונות, לפי שעה וספק.",
    forged_none: "לא היו זיופים ביומיים האחרונים.",
    hour: "שעה",
    count: "כמה",
    bytes: "בתים",
};

const EN: InboundWords = InboundWords {
    title: "Inbound events",
    lead: "Everything providers sent, by state. The latest first.",
    provider: "Provider",
    state: "State",
    all: "All",
    event: "Event id",
    event_hint: "Exactly as the provider tells it.",
    find: "Search",
    none: "No such events",
    none_why: "A wider filter may find more.",
    older: "Older",
    newest: "To the latest",
    looked_at: "One event",
    account: "Account",
    tenant: "Belongs to",
    no_tenant: "Not known",
    size: "Size",
    kind: "Kind",
    received: "Received",
    processed: "Processed",
    replays: "Read again",
    hint_only: "Not signed: it counts only once the provider was asked back.",
    body: "Body",
    body_why: "Names, numbers and messages are hidden.",
    body_none: "There is no text here that could be shown.",
    body_cut: "This is not all of it.",
    replay: "Read it again",
    replay_none: "Nobody reads events of this kind.",
    forged: "Forgeries",
    forged_lead: "Counted and never kept. The last 48 hours, by hour and provider.",
    forged_none: "No forgeries in the last two days.",
    hour: "Hour",
    count: "How many",
    bytes: "bytes",
};

pub fn inbound(lang: Lang) -> &'static InboundWords {
    match lang {
        Lang::He => &HE,
        Lang::En => &EN,
    }
}

/// A provider as people call it.
pub fn provider(word: &str) -> &'static str {
    match word {
        "stripe" => "Stripe",
        "whatsapp" => "WhatsApp",
        "messenger" => "Messenger",
        "telegram" => "Telegram",
        "voicenter" => "Voicenter",
        "morning" => "Morning",
        "icount" => "iCount",
        "grow" => "Grow",
        "payme" => "PayMe",
        "google" => "Google",
        _ => "—",
    }
}

/// What an event's state is called.
pub fn state(word: &str, lang: Lang) -> &'static str {
    let (he, en) = match word {
        "received" => ("ממתין לקריאה", "Waiting to be read"),
        "processed" => ("טופל", "Processed"),
        "ignored" => ("נקרא, בלי משמעות", "Read, meant nothing"),
        "kept" => ("נשמר, אין מי שקורא", "Kept, nobody reads it"),
        "unconfirmed" => ("לא אושר מול הספק", "Not confirmed with the provider"),
        "refuted" => ("הספק הכחיש", "The provider denied it"),
        "unrouted" => ("לא ידוע למי שייך", "No one to lead it to"),
        _ => ("—", "—"),
    };
    if lang == Lang::He { he } else { en }
}
