use kit::Lang;

use crate::buildings::model::hazards::{HazardKind, Severity};

/// What is said of a danger in the building.
pub struct HazardWords {
    pub title: &'static str,
    pub lead: &'static str,
    pub row_meta: &'static str,
    pub kind_label: &'static str,
    pub kind: fn(HazardKind) -> &'static str,
    pub severity_label: &'static str,
    pub severity: fn(Severity) -> &'static str,
    pub body_label: &'static str,
    pub body_place: &'static str,
    pub share: &'static str,
    pub share_hint: &'static str,
    pub raise: &'static str,
    pub standing: &'static str,
    pub none: &'static str,
    pub shared: &'static str,
    pub clear: &'static str,
    pub banner: fn(&str, &str) -> String,
    pub since: fn(&str) -> String,
    pub manage: &'static str,
}

pub fn hazard_words(lang: Lang) -> &'static HazardWords {
    match lang {
        Lang::He => &HE,
        Lang::En => &EN,
    }
}

const HE: HazardWords = HazardWords {
    title: "מצב חירום",
    lead: "הודעה שעומדת בראש כל מסך של הבניין, עד שמכריזים שהסכנה חלפה.",
    row_meta: "להכריז על סכנה, ולהודיע שחלפה",
    kind_label: "מה קרה",
    kind: |kind| match kind {
        HazardKind::Water => "מים",
        HazardKind::Gas => "גז",
        HazardKind::Fire => "אש",
        HazardKind::Electricity => "חשמל",
        HazardKind::Lift => "מעלית",
        HazardKind::Structure => "מבנה",
        HazardKind::Security => "ביטחון",
        HazardKind::Other => "אחר",
    },
    severity_label: "כמה זה חמור",
    severity: |severity| match severity {
        Severity::Watch => "לשים לב",
        Severity::Warning => "אזהרה",
        Severity::Emergency => "חירום",
    },
    body_label: "מה חשוב לדעת עכשיו",
    body_place: "ריח גז בחדר המדרגות. לא מדליקים אור, יוצאים ברגל.",
    share: "גם שותפים מורשים יקראו את המילים",
    share_hint: "בלי הסימון הם יודעים רק שיש סכנה, מאיזה סוג וממתי.",
    raise: "הכרזה לכל הבניין",
    standing: "עומד עכשיו",
    none: "אין סכנה בבניין.",
    shared: "המילים נמסרו לשותפים",
    clear: "הסכנה חלפה",
    banner: |kind, severity| format!("{severity}: {kind}"),
    since: |when| format!("מאז \u{2068}{when}\u{2069}"),
    manage: "לעדכון המצב",
};

const EN: HazardWords = HazardWords {
    title: "Crisis status",
    lead: "A notice on top of every screen of the building, until you say that the danger is over.",
    row_meta: "Say that there is a danger, and that it is over",
    kind_label: "What happened",
    kind: |kind| match kind {
        HazardKind::Water => "Water",
        HazardKind::Gas => "Gas",
        HazardKind::Fire => "Fire",
        HazardKind::Electricity => "Electricity",
        HazardKind::Lift => "Lift",
        HazardKind::Structure => "Structure",
        HazardKind::Security => "Security",
        HazardKind::Other => "Other",
    },
    severity_label: "How bad it is",
    severity: |severity| match severity {
        Severity::Watch => "Take care",
        Severity::Warning => "Warning",
        Severity::Emergency => "Emergency",
    },
    body_label: "What matters now",
    body_place: "Smell of gas on the stairs. Switch no light, walk out.",
    share: "Partners who are allowed may read the words too",
    share_hint: "Otherwise they learn only that there is a danger, of which kind and since when.",
    raise: "Tell the whole building",
    standing: "Standing now",
    none: "There is no danger in the building.",
    shared: "Partners were told the words",
    clear: "The danger is over",
    banner: |kind, severity| format!("{severity}: {kind}"),
    since: |when| format!("Since \u{2068}{when}\u{2069}"),
    manage: "Update",
};
