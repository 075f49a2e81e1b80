use kit::{Lang, Role};

/// What the chair reads when offices change.
pub struct OfficeWords {
    pub change: &'static str,
    pub title: fn(&str) -> String,
    pub label: &'static str,
    pub hint: &'static str,
    pub office: fn(Role) -> &'static str,
    pub save: &'static str,
    pub hand_over: &'static str,
    pub chair_title: fn(&str) -> String,
    pub chair_facts: [&'static str; 3],
    pub chair_yes: &'static str,
    pub flat: &'static str,
    pub flat_title: fn(&str) -> String,
    pub flat_label: &'static str,
    pub flat_hint: &'static str,
}

pub fn office_words(lang: Lang) -> &'static OfficeWords {
    match lang {
        Lang::He => &HE,
        Lang::En => &EN,
    }
}

const HE: OfficeWords = OfficeWords {
    change: "תפקיד",
    title: |name| format!("התפקיד של \u{2068}{name}\u{2069}"),
    label: "תפקיד",
    hint: "תפקיד בוועד מאמת גם את הדייר. השינוי חל מיד.",
    office: |role| match role {
        Role::Committee => "ועד הבית",
        Role::Treasurer => "גזברות הוועד",
        _ => "בלי תפקיד",
    },
    save: "שמירה",
    hand_over: "העברת תפקיד היו״ר",
    chair_title: |name| format!("להעביר את תפקיד היו״ר אל \u{2068}{name}\u{2069}?"),
    chair_facts: ["בבניין יש יו״ר אחד, וההעברה חלה מיד.", "מקומך בוועד הבית נשמר.", "רק היו״ר הבא יוכל להחזיר את התפקיד."],
    chair_yes: "העברת התפקיד",
    flat: "דירה",
    flat_title: |name| format!("הדירה של \u{2068}{name}\u{2069}"),
    flat_label: "מספר דירה",
    flat_hint: "אם הדירה הקודמת מתרוקנת, החיוב החודשי שלה עובר לדירה הזאת.",
};

const EN: OfficeWords = OfficeWords {
    change: "Role",
    title: |name| format!("The role of \u{2068}{name}\u{2069}"),
    label: "Role",
    hint: "A role in the committee confirms the resident too. It holds at once.",
    office: |role| match role {
        Role::Committee => "Committee",
        Role::Treasurer => "Treasurer",
        _ => "No role",
    },
    save: "Save",
    hand_over: "Hand over the chair",
    chair_title: |name| format!("Hand the chair over to \u{2068}{name}\u{2069}?"),
    chair_facts: ["A building has one chair, and the change holds at once.", "You stay in the committee.", "Only the next chair can give the role back."],
    chair_yes: "Hand over",
    flat: "Flat",
    flat_title: |name| format!("The flat of \u{2068}{name}\u{2069}"),
    flat_label: "Flat number",
    flat_hint: "When the former flat is left empty, its monthly charge moves to this one.",
};
