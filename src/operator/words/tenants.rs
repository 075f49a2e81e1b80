//! The words of the page of tenants.

use kit::Lang;

use crate::operator::model::tenants::Life;

pub struct TenantsWords {
    pub title: &'static str,
    pub companies: &'static str,
    pub lead: &'static str,
    pub search: &'static str,
    pub what: &'static str,
    pub buildings: &'static str,
    pub find: &'static str,
    pub none: &'static str,
    pub none_why: &'static str,
    pub older: &'static str,
    pub newest: &'static str,
    pub life: fn(Life) -> &'static str,
    pub flats: &'static str,
    pub residents: &'static str,
    pub opened: fn(&str) -> String,
    pub last: fn(&str) -> String,
    pub never: &'static str,
    pub managed: fn(&str) -> String,
    pub jobs: &'static str,
    pub deliveries: &'static str,
    pub staff: &'static str,
}

const HE: TenantsWords = TenantsWords {
    title: "בניינים וחברות",
    companies: "חברות ניהול",
    lead: "בלי שמות של דיירים",
    search: "חלק משם או מכתובת",
    what: "מה להציג",
    buildings: "בניינים",
    find: "חיפוש",
    none: "לא נמצא דבר",
    none_why: "אפשר לחפש חלק קצר יותר מהשם.",
    older: "ותיקים יותר",
    newest: "לחדשים ביותר",
    life: |life| match life {
        Life::Empty => "עוד אין דיירים",
        Life::Alive => "פעיל",
        Life::Quiet => "שקט חודש ויותר",
    },
    flats: "דירות",
    residents: "דיירים",
    opened: |when| format!("נפתח {when}"),
    last: |when| format!("פעילות אחרונה {when}"),
    never: "עוד לא הייתה פעילות",
    managed: |company| format!("בניהול \u{2068}{company}\u{2069}"),
    jobs: "עבודות ממתינות",
    deliveries: "משלוחים ממתינים",
    staff: "אנשי צוות",
};

const EN: TenantsWords = TenantsWords {
    title: "Buildings and companies",
    companies: "Management companies",
    lead: "No resident is named",
    search: "Part of a name or address",
    what: "Show",
    buildings: "Buildings",
    find: "Search",
    none: "Nothing was found",
    none_why: "A shorter part of the name may find more.",
    older: "Older",
    newest: "To the latest",
    life: |life| match life {
        Life::Empty => "Nobody lives here yet",
        Life::Alive => "Alive",
        Life::Quiet => "Quiet for a month or more",
    },
    flats: "flats",
    residents: "residents",
    opened: |when| format!("opened {when}"),
    last: |when| format!("last activity {when}"),
    never: "nothing happened yet",
    managed: |company| format!("managed by \u{2068}{company}\u{2069}"),
    jobs: "jobs wait",
    deliveries: "deliveries wait",
    staff: "staff",
};

pub fn tenants(lang: Lang) -> &'static TenantsWords {
    match lang {
        Lang::He => &HE,
        Lang::En => &EN,
    }
}
